"""Anthropic's Python SDK on the count of tokens and on models."""

from __future__ import annotations

from typing import Any

import anthropic

from conformance.clients import samples
from conformance.clients.anthropic_messages import MODEL, THINKING, TOOL, ask, user
from conformance.clients.checks import Checks, Kit, got, holds, listed, raised, same
from conformance.clients.samples import PNG

__all__ = ["COUNT", "MODELS", "count", "enter", "list_models"]

COUNT, MODELS = "count_tokens", "models"


def count(client: Any, **fields: Any) -> Any:
    """A small count."""
    return client.messages.count_tokens(**{"model": MODEL, "messages": user(samples.CAPITAL), **fields})


def list_models(client: Any) -> Any:
    """The list of models."""
    return client.models.list()


def enter(checks: Checks) -> None:
    """Enters the checks."""
    _count(checks)
    _refused(checks)
    _models(checks)


def _count(checks: Checks) -> None:
    @checks(COUNT, "token count")
    async def counted(kit: Kit) -> None:
        for fields in ({}, {"system": "You are a scientist."}, {"tools": [TOOL]}):
            number = (await got(count(kit.client, **fields))).input_tokens
            same(f"the count with {list(fields)}", number, (await got(ask(kit.client, **fields))).usage.input_tokens)
        thinking = await got(count(kit.client, thinking=THINKING))
        holds("a count with thinking", thinking.input_tokens > 5, thinking)

    @checks(COUNT, "image input")
    async def image(kit: Kit) -> None:
        picture = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}}
        plain = (await got(count(kit.client))).input_tokens
        more = await got(count(kit.client, messages=user({"type": "text", "text": samples.CAPITAL}, picture)))
        holds("more tokens than without it", more.input_tokens > plain, (more.input_tokens, plain))

    @checks(COUNT, "raw headers")
    async def raw(kit: Kit) -> None:
        asked = kit.client.messages.with_raw_response.count_tokens(model=MODEL, messages=user("Hi"))
        answer = await got(asked)
        same("request-id", answer.headers["request-id"], kit.call.headers["request-id"])


def _refused(checks: Checks) -> None:
    @checks(COUNT, "wrong parameter")
    async def parameter(kit: Kit) -> None:
        body = {"max_tokens": 5}
        error = await raised(anthropic.BadRequestError, lambda: got(count(kit.client, extra_body=body)))
        same("type", error.type, "invalid_request_error")
        holds("the parameter's name", "max_tokens" in error.api_message, error.api_message)

    @checks(COUNT, "unknown model")
    async def model(kit: Kit) -> None:
        error = await raised(anthropic.NotFoundError, lambda: got(count(kit.client, model="claude-0")))
        same("type", error.type, "not_found_error")

    @checks(COUNT, "wrong key")
    async def key(kit: Kit) -> None:
        await samples.wrong_keys(kit, count)


def _models(checks: Checks) -> None:
    @checks(MODELS, "list, all pages")
    async def pages(kit: Kit) -> None:
        first = await got(kit.client.models.list(limit=5))
        same("a page", (len(first.data), first.has_more), (5, True))
        names = [model.id for model in await listed(kit.client.models.list(limit=5))]
        holds("many, each once", len(names) == len(set(names)) > 15, names)
        same("the pages", len(kit.sim.calls) - 1, -(-len(names) // 5))
        before = await got(kit.client.models.list(limit=3, before_id=names[3]))
        same("the page before", [model.id for model in before.data], names[:3])

    @checks(MODELS, "one by name")
    async def one(kit: Kit) -> None:
        found = await got(kit.client.models.retrieve(MODEL))
        same("id, name", (found.id, found.display_name), ("claude-haiku-4-5-20251001", "Claude Haiku 4.5"))
        holds("limits", found.max_input_tokens >= 100_000, found)

    @checks(MODELS, "unknown model")
    async def unknown(kit: Kit) -> None:
        error = await raised(anthropic.NotFoundError, lambda: got(kit.client.models.retrieve("claude-0")))
        same("type", error.type, "not_found_error")

    @checks(MODELS, "raw headers")
    async def raw(kit: Kit) -> None:
        answer = await got(kit.client.models.with_raw_response.list())
        same("request-id", answer.headers["request-id"], kit.call.headers["request-id"])

    @checks(MODELS, "wrong key")
    async def key(kit: Kit) -> None:
        await samples.wrong_keys(kit, list_models)
