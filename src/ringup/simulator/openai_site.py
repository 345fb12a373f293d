"""OpenAI's addresses, and what answers at each. Facts: OpenAI's API reference, openai-python 3.54."""

from __future__ import annotations

from ringup.simulator import catalog, embed, schema, stored, strict
from ringup.simulator.answers import Answer, json_answer
from ringup.simulator.complete import complete
from ringup.simulator.routes import Route
from ringup.simulator.world import Visit, World
from ringup.wires import embeddings

__all__ = ["ROUTES"]

CHAT, RESPONSES = "chat_completions", "responses"


def _complete(world: World, visit: Visit) -> Answer:
    schema.check_media_type(visit.http.headers.get("content-type"))
    return complete(world, visit)


def _embed(world: World, visit: Visit) -> Answer:
    schema.check_media_type(visit.http.headers.get("content-type"))
    schema.read_json(visit.http.body, "openai")
    asked = embed.read(visit.http)
    world.take(visit.key, "openai", asked.request.model, asked.tokens, 0)
    return json_answer(embeddings.write_reply(embed.answer(asked), asked.request.encoding))


def _models(_: World, visit: Visit) -> Answer:
    name = visit.names[0]
    return json_answer(catalog.openai_model(name) if name else catalog.openai_list())


def _count(world: World, visit: Visit) -> Answer:
    schema.check_media_type(visit.http.headers.get("content-type"))
    tokens = strict.read(RESPONSES, world.store.whole(visit.key, visit.http))[-1]
    return json_answer(stored.counted(tokens))


def _is_open(world: World, visit: Visit) -> bool:
    """Whether a response was stored for nobody."""
    return world.store.holds(None, visit.names[0])


def _response(world: World, visit: Visit) -> Answer:
    return json_answer(world.store.find(visit.key, visit.names[0]).body)


def _delete_response(world: World, visit: Visit) -> Answer:
    return json_answer(world.store.delete(visit.key, visit.names[0]))


def _cancel_response(world: World, visit: Visit) -> Answer:
    world.store.find(visit.key, visit.names[0])
    raise stored.not_cancelled()


def _input_items(world: World, visit: Visit) -> Answer:
    return json_answer(stored.page(world.store.find(visit.key, visit.names[0]).input, visit.http.query))


_RESPONSE = r"/v1/responses/([^/]+)"

ROUTES = (
    Route(r"/v1/chat/completions", CHAT, {"POST": _complete}),
    Route(r"/v1/embeddings", CHAT, {"POST": _embed}),
    Route(r"/v1/models(?:/(.+))?", CHAT, {"GET": _models}),
    Route(r"/v1/responses", RESPONSES, {"POST": _complete}),
    Route(r"/v1/responses/input_tokens", RESPONSES, {"POST": _count}),
    Route(_RESPONSE, RESPONSES, {"GET": _response, "DELETE": _delete_response}, _is_open),
    Route(_RESPONSE + "/cancel", RESPONSES, {"POST": _cancel_response}, _is_open),
    Route(_RESPONSE + "/input_items", RESPONSES, {"GET": _input_items}, _is_open),
)
"""The first that fits answers."""
