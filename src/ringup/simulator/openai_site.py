"""OpenAI's addresses, and what answers at each. Facts: OpenAI's API reference, openai-python 3.54."""

from __future__ import annotations

from ringup.simulator import (
    catalog,
    embed,
    files,
    openai_batches,
    openai_completions,
    openai_responses,
    refusals,
    schema,
)
from ringup.simulator.answers import Answer, json_answer
from ringup.simulator.complete import complete
from ringup.simulator.routes import Route
from ringup.simulator.world import Visit, World
from ringup.wires import embeddings

__all__ = ["ROUTES"]

CHAT = "chat_completions"


def _complete(world: World, visit: Visit) -> Answer:
    schema.check_media_type(visit.http.headers.get("content-type"))
    return complete(world, visit)


def _embed(world: World, visit: Visit) -> Answer:
    schema.check_media_type(visit.http.headers.get("content-type"))
    schema.read_json(visit.http.body, "openai")
    asked = embed.read(visit.http)
    world.take(visit.key, "openai", asked.request.model, asked.tokens, 0)
    body = embeddings.write_reply(embed.answer(asked), asked.request.encoding)
    return json_answer(body, world.embedded("openai", asked.request.model, asked.tokens))


def _models(world: World, visit: Visit) -> Answer:
    name = visit.names[0]
    world.check_model(visit.key, "openai", name)
    return json_answer(catalog.openai_model(name) if name else catalog.openai_list())


def _delete_model(world: World, visit: Visit) -> Answer:
    """A model that was fine-tuned (ft:…) goes; OpenAI's own can't be deleted."""
    name = visit.names[0]
    if not name:
        raise refusals.no_method("openai", "DELETE", visit.http.path, "GET")
    world.check_model(visit.key, "openai", name)
    catalog.openai_model(name)
    if not name.startswith("ft:"):
        raise refusals.of_kind("openai", "permission")
    world.deleted.add((visit.key, name))
    return json_answer({"id": name, "object": "model", "deleted": True})


_LIVE = (
    Route(r"/v1/chat/completions", CHAT, {"POST": _complete, "GET": openai_completions.listed}),
    Route(r"/v1/embeddings", CHAT, {"POST": _embed}),
    Route(r"/v1/models(?:/(.+))?", CHAT, {"GET": _models, "DELETE": _delete_model}),
    *openai_completions.ROUTES,
    *openai_responses.ROUTES,
)
ROUTES = (*_LIVE, *files.ROUTES, *openai_batches.routes_for(_LIVE))
"""The first that fits answers."""
