"""OpenAI's addresses of stored chat completions: found again, listed, labelled, deleted.

Facts: OpenAI's API reference, openai-python 3.54.
"""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from ringup.openai_checks import bad, check_metadata, expect, missing
from ringup.simulator import completions, schema
from ringup.simulator.answers import Answer, json_answer
from ringup.simulator.completions import Completion
from ringup.simulator.routes import Route
from ringup.simulator.shelf import page
from ringup.simulator.world import Visit, World

__all__ = ["ROUTES", "listed"]


def listed(world: World, visit: Visit) -> Answer:
    """The stored completions of a key, the oldest first."""
    found = completions.chosen(world.completions.all(visit.key), visit.http.query)
    return json_answer(page(found, visit.http.query, order="asc"))


def _find(world: World, visit: Visit) -> Completion:
    found = world.completions.get(visit.key, visit.names[0])
    if found is None:
        raise completions.unknown(visit.names[0])
    return found


def _retrieve(world: World, visit: Visit) -> Answer:
    return json_answer(_find(world, visit).body)


def _update(world: World, visit: Visit) -> Answer:
    schema.check_media_type(visit.http.headers.get("content-type"))
    found = _find(world, visit)
    metadata = _metadata(schema.read_json(visit.http.body, "openai"))
    found = replace(found, body=found.body | {"metadata": metadata})
    world.completions.put(visit.key, visit.names[0], found)
    return json_answer(found.body)


def _metadata(body: Any) -> dict[str, str]:
    """The labels in the body. Raises BadRequestError."""
    expect(body, dict, "body")
    if unknown := next((name for name in body if name != "metadata"), None):
        raise bad(f"Unknown parameter: '{unknown}'.", unknown, "unknown_parameter")
    if "metadata" not in body:
        raise missing("metadata")
    if body["metadata"] is None:
        return {}
    expect(body["metadata"], dict, "metadata")
    check_metadata(body["metadata"])
    return dict(body["metadata"])


def _delete(world: World, visit: Visit) -> Answer:
    _find(world, visit)
    world.completions.drop(visit.key, visit.names[0])
    return json_answer(completions.deleted(visit.names[0]))


def _messages(world: World, visit: Visit) -> Answer:
    return json_answer(page(completions.messages(_find(world, visit)), visit.http.query, order="asc"))


def _is_open(world: World, visit: Visit) -> bool:
    """Whether a completion was stored for nobody."""
    return world.completions.get(None, visit.names[0]) is not None


_ONE = r"/v1/chat/completions/([^/]+)"
_WIRE = "chat_completions"

ROUTES = (
    Route(_ONE, _WIRE, {"GET": _retrieve, "POST": _update, "DELETE": _delete}, _is_open),
    Route(_ONE + "/messages", _WIRE, {"GET": _messages}, _is_open),
)
"""Behind the address of chat completions itself, which answers and lists."""
