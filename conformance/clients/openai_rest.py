"""OpenAI's Python SDK on embeddings and models."""

from __future__ import annotations

import math
from typing import Any

import openai

from conformance.clients import samples
from conformance.clients.checks import Checks, Kit, got, holds, listed, raised, same

__all__ = ["EMBEDDINGS", "MODELS", "embed", "enter", "list_models"]

EMBEDDINGS, MODELS = "embeddings", "models"
_SMALL = "text-embedding-3-small"


def embed(client: Any, **fields: Any) -> Any:
    """A small call for a vector."""
    return client.embeddings.create(**{"model": _SMALL, "input": "A cat sat on the mat.", **fields})


def list_models(client: Any) -> Any:
    """The list of models."""
    return client.models.list()


def enter(checks: Checks) -> None:
    """Enters the checks."""
    _vectors(checks)
    _forms(checks)
    _models(checks)


def near(one: list[float], other: list[float]) -> float:
    """The cosine of two vectors of length 1."""
    return sum(a * b for a, b in zip(one, other, strict=True))


def _vectors(checks: Checks) -> None:
    @checks(EMBEDDINGS, "whole reply")
    async def whole(kit: Kit) -> None:
        answer = await got(embed(kit.client))
        (found,) = answer.data
        same("the size", len(found.embedding), 1536)
        holds("length 1", math.isclose(near(found.embedding, found.embedding), 1, abs_tol=1e-3), found.embedding[:3])
        same("what the SDK asks for by itself", kit.call.request.json["encoding_format"], "base64")
        holds("tokens", 4 < answer.usage.prompt_tokens == answer.usage.total_tokens, answer.usage)

    @checks(EMBEDDINGS, "several inputs")
    async def several(kit: Kit) -> None:
        texts = ["A cat sat on the mat.", "The cat sat on a mat.", "Interest rates rose in March."]
        answer = await got(embed(kit.client, input=texts))
        same("the indexes", [item.index for item in answer.data], [0, 1, 2])
        cat, mat, bank = [item.embedding for item in answer.data]
        holds("near texts nearer than far ones", near(cat, mat) > near(cat, bank), (near(cat, mat), near(cat, bank)))
        tokens = await got(embed(kit.client, input=[[32, 8415], [791]]))
        same("vectors of tokens", len(tokens.data), 2)
        for wrong in ([], "", ["a"] * 2049):
            await raised(openai.BadRequestError, lambda wrong=wrong: got(embed(kit.client, input=wrong)))  # type: ignore[misc]

    @checks(EMBEDDINGS, "raw headers")
    async def raw(kit: Kit) -> None:
        answer = await got(kit.client.embeddings.with_raw_response.create(model=_SMALL, input="Hi"))
        same("x-request-id", answer.headers["x-request-id"], kit.call.headers["x-request-id"])
        same("the size", len((await got(answer.parse())).data[0].embedding), 1536)


def _forms(checks: Checks) -> None:
    @checks(EMBEDDINGS, "dimensions")
    async def dimensions(kit: Kit) -> None:
        (found,) = (await got(embed(kit.client, dimensions=256))).data
        same("the size", len(found.embedding), 256)
        holds("length 1", math.isclose(near(found.embedding, found.embedding), 1, abs_tol=1e-3), found.embedding[:3])
        await raised(openai.BadRequestError, lambda: got(embed(kit.client, dimensions=4000)))
        old = {"model": "text-embedding-ada-002", "dimensions": 256}
        await raised(openai.BadRequestError, lambda: got(embed(kit.client, **old)))

    @checks(EMBEDDINGS, "encodings")
    async def encodings(kit: Kit) -> None:
        numbers = (await got(embed(kit.client, encoding_format="float"))).data[0].embedding
        decoded = (await got(embed(kit.client))).data[0].embedding
        holds("the same numbers", max(abs(a - b) for a, b in zip(numbers, decoded, strict=True)) < 1e-6, numbers[:3])
        text = (await got(embed(kit.client, encoding_format="base64"))).data[0].embedding
        holds("text when base64 is asked for", isinstance(text, str), text[:20])

    @checks(EMBEDDINGS, "wrong parameter")
    async def parameter(kit: Kit) -> None:
        error = await raised(openai.BadRequestError, lambda: got(embed(kit.client, encoding_format="hex")))
        same("type, param", (error.type, error.param), ("invalid_request_error", "encoding_format"))

    @checks(EMBEDDINGS, "unknown model")
    async def model(kit: Kit) -> None:
        error = await raised(openai.NotFoundError, lambda: got(embed(kit.client, model="text-embedding-0")))
        same("code", error.code, "model_not_found")

    @checks(EMBEDDINGS, "wrong key")
    async def key(kit: Kit) -> None:
        await samples.wrong_keys(kit, embed)


def _models(checks: Checks) -> None:
    @checks(MODELS, "list, all pages")
    async def pages(kit: Kit) -> None:
        names = [model.id for model in await listed(list_models(kit.client))]
        holds("known models", {"gpt-4o-mini", "gpt-5", _SMALL} <= set(names), names)
        same("the number of calls", len(kit.sim.calls), 1)

    @checks(MODELS, "one by name")
    async def one(kit: Kit) -> None:
        found = await got(kit.client.models.retrieve("gpt-4o-mini"))
        same("id, object", (found.id, found.object), ("gpt-4o-mini", "model"))
        holds("when it was made, by whom", found.created > 1.6e9 and found.owned_by, found)

    @checks(MODELS, "unknown model")
    async def unknown(kit: Kit) -> None:
        error = await raised(openai.NotFoundError, lambda: got(kit.client.models.retrieve("gpt-0")))
        same("code", error.code, "model_not_found")

    @checks(MODELS, "raw headers")
    async def raw(kit: Kit) -> None:
        answer = await got(kit.client.models.with_raw_response.list())
        same("x-request-id", answer.headers["x-request-id"], kit.call.headers["x-request-id"])

    @checks(MODELS, "wrong key")
    async def key(kit: Kit) -> None:
        await samples.wrong_keys(kit, list_models)
