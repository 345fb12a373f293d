"""Google's Python SDK on the count of tokens, embeddings and models."""

from __future__ import annotations

import math
from typing import Any

from conformance.clients import google_trouble, samples
from conformance.clients.checks import Checks, Kit, got, holds, listed, same
from conformance.clients.google_content import MODEL, ask
from conformance.clients.openai_rest import near

__all__ = ["COUNT", "EMBED", "MODELS", "count", "embed", "enter", "list_models"]

COUNT, EMBED, MODELS = "countTokens", "embedContent", "models"


def count(client: Any, **fields: Any) -> Any:
    """A small count."""
    return client.models.count_tokens(**{"model": MODEL, "contents": samples.CAPITAL, **fields})


def embed(client: Any, **fields: Any) -> Any:
    """A small call for a vector."""
    given = {"model": "gemini-embedding-001", "contents": "A cat sat on the mat.", **fields}
    return client.models.embed_content(**given)


def list_models(client: Any) -> Any:
    """The list of models."""
    return client.models.list(config={"page_size": 3})


def enter(checks: Checks) -> None:
    """Enters the checks."""
    _counts(checks)
    _vectors(checks)
    _models(checks)


def _counts(checks: Checks) -> None:
    @checks(COUNT, "token count")
    async def counted(kit: Kit) -> None:
        for contents in (samples.CAPITAL, [samples.CAPITAL, "And of Norway?"]):
            number = (await got(count(kit.client, contents=contents))).total_tokens
            answer = await got(ask(kit.client, contents=contents))
            same("the count", number, answer.usage_metadata.prompt_token_count)

    wrong = {"contents": [{"role": "nobody", "parts": [{"text": "Hi"}]}]}
    google_trouble.refused(checks, COUNT, count, lambda client: count(client, **wrong), "role")


def _vectors(checks: Checks) -> None:
    @checks(EMBED, "whole reply")
    async def whole(kit: Kit) -> None:
        (found,) = (await got(embed(kit.client))).embeddings
        same("the size", len(found.values), 3072)
        holds("length 1", math.isclose(near(found.values, found.values), 1, abs_tol=1e-3), found.values[:3])

    @checks(EMBED, "several inputs")
    async def several(kit: Kit) -> None:
        texts = ["A cat sat on the mat.", "The cat sat on a mat.", "Interest rates rose in March."]
        cat, mat, bank = [item.values for item in (await got(embed(kit.client, contents=texts))).embeddings]
        holds("near texts nearer than far ones", near(cat, mat) > near(cat, bank), (near(cat, mat), near(cat, bank)))

    @checks(EMBED, "dimensions")
    async def dimensions(kit: Kit) -> None:
        (found,) = (await got(embed(kit.client, config={"output_dimensionality": 256}))).embeddings
        same("the size", len(found.values), 256)

    wrong = {"config": {"output_dimensionality": 4000}}
    google_trouble.refused(checks, EMBED, embed, lambda client: embed(client, **wrong), "dimension")


def _models(checks: Checks) -> None:
    @checks(MODELS, "list, all pages")
    async def pages(kit: Kit) -> None:
        names = [model.name for model in await listed(await got(list_models(kit.client)))]
        holds("many, each once", len(names) == len(set(names)) > 3 and f"models/{MODEL}" in names, names)
        same("the pages", len(kit.sim.calls), -(-len(names) // 3))

    @checks(MODELS, "one by name")
    async def one(kit: Kit) -> None:
        found = await got(kit.client.models.get(model=MODEL))
        same("its name", (found.name, found.display_name), (f"models/{MODEL}", "Gemini 2.5 Flash"))
        holds("its limits, and what it does", found.input_token_limit > 10_000 and found.supported_actions, found)

    google_trouble.wrong_key(checks, MODELS, list_models)
    google_trouble.unknown_model(checks, MODELS, lambda client, model: client.models.get(model=model))
