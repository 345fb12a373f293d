"""OpenAI's addresses of responses: made, counted, compacted, found again, followed, stopped, deleted.

Facts: OpenAI's API reference, openai-python 3.54.
"""

from __future__ import annotations

from typing import Any

import msgspec

from ringup import models
from ringup.messages import Request
from ringup.openai_checks import bad
from ringup.simulator import compaction, schema, stored, strict
from ringup.simulator.answers import Answer, json_answer, stream_answer
from ringup.simulator.complete import complete
from ringup.simulator.ids import Ids
from ringup.simulator.maker import tier
from ringup.simulator.metering import Charge, sound
from ringup.simulator.routes import Route
from ringup.simulator.world import Visit, World
from ringup.tokens import tokenizer

__all__ = ["ROUTES"]

_WIRE = "responses"
_COUNTED = frozenset(
    {
        *("conversation", "input", "instructions", "model", "parallel_tool_calls", "personality"),
        *("previous_response_id", "reasoning", "text", "tool_choice", "tools", "truncation"),
    }
)
"""The fields of a request to count (openai-python 3.54, input_token_count_params)."""


def _create(world: World, visit: Visit) -> Answer:
    schema.check_media_type(visit.http.headers.get("content-type"))
    return complete(world, visit)


def _read(world: World, visit: Visit, fields: frozenset[str]) -> tuple[Request, str, int]:
    """A request that asks for no answer, as one for an answer is read: with its provider and its tokens.

    Raises BadRequestError also for a field that isn't one of its own.
    """
    schema.check_media_type(visit.http.headers.get("content-type"))
    body = schema.read_json(visit.http.body, "openai")
    http = visit.http
    if isinstance(body, dict):
        if unknown := next((name for name in body if name not in fields), None):
            raise bad(f"Unknown parameter: '{unknown}'.", unknown, "unknown_parameter")
        http = msgspec.structs.replace(http, body=msgspec.json.encode(_answerable(body)))
    request, provider, _, tokens = strict.read(_WIRE, world.store.whole(visit.key, http))
    return request, provider, tokens


def _answerable(body: dict[str, Any]) -> dict[str, Any]:
    """Without the fields that a request for an answer hasn't."""
    return {name: value for name, value in body.items() if name != "personality"}


def _count(world: World, visit: Visit) -> Answer:
    return json_answer(stored.counted(_read(world, visit, _COUNTED)[-1]))


def _compact(world: World, visit: Visit) -> Answer:
    request, provider, tokens = _read(world, visit, compaction.FIELDS)
    ids = Ids(world.seed, visit.call.number)
    response_id = ids.reply(_WIRE)
    item = compaction.folded(request, f"cmp_{response_id.removeprefix('resp_')}")
    written = tokenizer(provider, request.model).count(item["encrypted_content"])
    world.take(visit.key, "openai", request.model, tokens, written)
    charge = Charge(
        kind="answer",
        provider=provider,
        model=models.snapshot(provider, request.model),
        time=visit.call.started,
        read=tokens,
        written=written,
        audio=sound(request, provider),
        tier=tier(request, _WIRE),
    )
    return json_answer(compaction.answer(response_id, int(world.clock()), item, tokens, written), charge)


def _is_open(world: World, visit: Visit) -> bool:
    """Whether a response was stored for nobody."""
    return world.store.holds(None, visit.names[0])


def _retrieve(world: World, visit: Visit) -> Answer:
    found, query = world.store.find(visit.key, visit.names[0]), visit.http.query
    if query.get("stream") == "true":
        return stream_answer(stored.told_again(found, query.get("starting_after")))
    return json_answer(found.at(world.clock()))


def _delete(world: World, visit: Visit) -> Answer:
    return json_answer(world.store.delete(visit.key, visit.names[0]))


def _cancel(world: World, visit: Visit) -> Answer:
    return json_answer(world.store.cancel(visit.key, visit.names[0]))


def _items(world: World, visit: Visit) -> Answer:
    return json_answer(world.store.page(visit.key, visit.names[0], visit.http.query))


_ONE = r"/v1/responses/([^/]+)"

ROUTES = (
    Route(r"/v1/responses", _WIRE, {"POST": _create}),
    Route(r"/v1/responses/input_tokens", _WIRE, {"POST": _count}),
    Route(r"/v1/responses/compact", _WIRE, {"POST": _compact}),
    Route(_ONE, _WIRE, {"GET": _retrieve, "DELETE": _delete}, _is_open),
    Route(_ONE + "/cancel", _WIRE, {"POST": _cancel}, _is_open),
    Route(_ONE + "/input_items", _WIRE, {"GET": _items}, _is_open),
)
