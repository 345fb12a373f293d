"""Who is measured, and what each must be able to do. A contestant's module is imported in its own process only."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import AsyncIterator, Iterator
from typing import Any, Protocol

__all__ = ["COLD", "EMBEDDER", "KEY", "MODELS", "NAMES", "Contestant", "contestants", "make"]

MODELS = {"openai": "gpt-4.1-mini", "anthropic": "claude-haiku-4-5"}
EMBEDDER = "text-embedding-3-small"
KEY = {"openai": "sk-bench-0123456789abcdef", "anthropic": "sk-ant-bench-0123456789abcdef"}

NAMES = {
    "openai": ("raw", "ringup", "openai", "litellm"),
    "anthropic": ("raw", "ringup", "anthropic", "litellm"),
}
"""Who is measured on which wire, if installed. "raw" is http.client or asyncio streams, with msgspec: the limit."""


class Contestant(Protocol):
    """A client under measurement. `messages` are dicts with a role and a text; replies are their text. `embed`
    gives rows of numbers, and is asked for on OpenAI's wire only. `flush` writes what is still to be logged: ringup's.
    """

    def __init__(self, wire: str, origin: str) -> None: ...

    def ask(self, messages: list[dict[str, Any]]) -> str: ...

    def stream(self, messages: list[dict[str, Any]]) -> Iterator[str]: ...

    def embed(self, texts: list[str]) -> Any: ...

    def flush(self) -> None: ...

    async def ask_async(self, messages: list[dict[str, Any]]) -> str: ...

    def stream_async(self, messages: list[dict[str, Any]]) -> AsyncIterator[str]: ...


def contestants(wire: str) -> list[str]:
    """Those that are installed here."""
    return [name for name in NAMES[wire] if name == "raw" or importlib.util.find_spec(name)]


def make(name: str, wire: str, origin: str, ledger: str = "") -> Contestant:
    """A contestant, ready to call the server at `origin` (such as http://127.0.0.1:4010). `ledger`: see `Row`."""
    more = (ledger,) if ledger else ()
    contestant: Contestant = importlib.import_module(f"bench.with_{name}").make(wire, origin, *more)
    return contestant


_CHAT = '"gpt-4.1-mini", messages=[{"role": "user", "content": "Hello!"}]'
_CLAUDE = 'model="claude-haiku-4-5", max_tokens=64, messages=[{"role": "user", "content": "Hello!"}]'
COLD = {
    ("raw", "openai"): "import bench.with_raw as raw, os\n"
    'print(raw.make("openai", os.environ["OPENAI_BASE_URL"][:-3]).ask([{"role": "user", "content": "Hello!"}]))',
    ("raw", "anthropic"): "import bench.with_raw as raw, os\n"
    'print(raw.make("anthropic", os.environ["ANTHROPIC_BASE_URL"]).ask([{"role": "user", "content": "Hello!"}]))',
    ("ringup", "openai"): 'import ringup\nprint(ringup.ask("Hello!", model="gpt-4.1-mini").text)',
    ("ringup", "anthropic"): 'import ringup\nprint(ringup.ask("Hello!", model="claude-haiku-4-5").text)',
    ("openai", "openai"): "import openai\n"
    f"print(openai.OpenAI().chat.completions.create(model={_CHAT}).choices[0].message.content)",
    ("anthropic", "anthropic"): "import anthropic\n"
    f"print(anthropic.Anthropic().messages.create({_CLAUDE}).content[0].text)",
    ("litellm", "openai"): f"import litellm\nprint(litellm.completion({_CHAT}).choices[0].message.content)",
    ("litellm", "anthropic"): "import litellm\n"
    'print(litellm.completion("anthropic/claude-haiku-4-5", messages=[{"role": "user", "content": "Hello!"}])'
    ".choices[0].message.content)",
}
"""The shortest program that gets a reply, for each contestant and wire."""
