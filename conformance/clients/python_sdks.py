"""The SDKs in Python: how each makes its clients, and its checks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType
from typing import Any, NamedTuple

import anthropic
import openai

from conformance.clients import anthropic_messages, anthropic_rest, openai_chat, openai_responses, openai_rest
from conformance.clients.checks import Checks, Kit, got
from conformance.clients.matrix import Cell
from conformance.clients.trouble import Trouble
from conformance.clients.trouble import enter as enter_trouble
from ringup.testing import Simulator

__all__ = ["SDKS", "PythonSdk"]


class PythonSdk(NamedTuple):
    """One SDK in one of its two styles. `make` gives a client for a simulator; its options are the SDK's own."""

    vendor: str
    name: str
    sdk: ModuleType
    checks: Checks
    make: Callable[..., Any]

    def run(self, wires: Sequence[str]) -> list[Cell]:
        """Runs its checks of these wires: side by side, each with a simulator of its own."""
        with ThreadPoolExecutor(len(wires)) as pool:
            return [cell for cells in pool.map(self._wire, wires) for cell in cells]

    def _wire(self, wire: str) -> list[Cell]:
        with Simulator() as sim:
            return asyncio.run(self._checked(sim, wire))

    async def _checked(self, sim: Simulator, wire: str) -> list[Cell]:
        made: list[Any] = []

        def make(**options: Any) -> Any:
            made.append(self.make(sim, **options))
            return made[-1]

        kit = Kit(sim, self.sdk, make(), make)
        try:
            return await self.checks.run(self.name, wire, kit)
        finally:
            for client in made:
                await got((getattr(client, "aclose", None) or client.close)())


def _openai_facts(error: Any) -> dict[str, Any]:
    return {"type": error.type, "code": error.code}


def _openai() -> Checks:
    checks = Checks()
    trouble = Trouble("openai", openai, _openai_facts, "x-request-id")
    openai_chat.enter(checks)
    enter_trouble(checks, openai_chat.CHAT, trouble, openai_chat.ask, openai_chat.stream)
    openai_responses.enter(checks)
    enter_trouble(checks, openai_responses.RESPONSES, trouble, openai_responses.ask, openai_responses.stream)
    openai_rest.enter(checks)
    enter_trouble(checks, openai_rest.EMBEDDINGS, trouble, openai_rest.embed)
    enter_trouble(checks, openai_rest.MODELS, trouble, openai_rest.list_models)
    return checks


def _anthropic_facts(error: Any) -> dict[str, Any]:
    return {"type": error.type, "code": error.error_code}


def _anthropic() -> Checks:
    checks = Checks()
    trouble = Trouble("anthropic", anthropic, _anthropic_facts, "request-id")
    anthropic_messages.enter(checks)
    enter_trouble(checks, anthropic_messages.MESSAGES, trouble, anthropic_messages.ask, anthropic_messages.stream)
    anthropic_rest.enter(checks)
    enter_trouble(checks, anthropic_rest.COUNT, trouble, anthropic_rest.count)
    enter_trouble(checks, anthropic_rest.MODELS, trouble, anthropic_rest.list_models)
    return checks


def _at_openai(kind: Any) -> Callable[..., Any]:
    return lambda sim, **options: kind(**{"base_url": sim.openai_url, "api_key": sim.openai_key} | _ONCE | options)


def _at_azure(sim: Simulator, **options: Any) -> Any:
    """Azure's addresses: in front of them stands the deployment, which has the model's name."""
    base: dict[str, Any] = {"azure_endpoint": sim.url} if "base_url" not in options else {}
    given: dict[str, Any] = {"api_version": "2025-04-01-preview", "api_key": sim.openai_key} | base | _ONCE | options
    return openai.AzureOpenAI(**given)


def _at_anthropic(kind: Any) -> Callable[..., Any]:
    return lambda sim, **options: kind(
        **{"base_url": sim.anthropic_url, "api_key": sim.anthropic_key} | _ONCE | options
    )


_ONCE: dict[str, Any] = {"max_retries": 0}
SDKS = (
    PythonSdk("openai", "py", openai, _openai(), _at_openai(openai.OpenAI)),
    PythonSdk("openai", "async", openai, _openai(), _at_openai(openai.AsyncOpenAI)),
    PythonSdk("azure", "py", openai, _openai(), _at_azure),
    PythonSdk("anthropic", "py", anthropic, _anthropic(), _at_anthropic(anthropic.Anthropic)),
    PythonSdk("anthropic", "async", anthropic, _anthropic(), _at_anthropic(anthropic.AsyncAnthropic)),
)
