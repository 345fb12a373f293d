"""Anthropic's addresses, and what answers at each. Facts: Anthropic's API reference, anthropic-python 2.12."""

from __future__ import annotations

from typing import Any

import msgspec

from ringup.errors import BadRequestError
from ringup.simulator import catalog, message_batches, schema, strict
from ringup.simulator.answers import Answer, json_answer
from ringup.simulator.complete import complete
from ringup.simulator.routes import Route
from ringup.simulator.world import Visit, World

__all__ = ["ROUTES"]

CLAUDE = "anthropic_messages"
_NOT_COUNTED = ("max_tokens", "stream", "stop_sequences", "metadata")


def _models(_: World, visit: Visit) -> Answer:
    name = visit.names[0]
    return json_answer(catalog.anthropic_model(name) if name else catalog.anthropic_list(visit.http.query))


def _room(body: dict[str, Any]) -> int:
    """A limit of the answer under which the body is good: above the budget for thinking, where there is one."""
    thinking = body.get("thinking")
    budget = thinking.get("budget_tokens") if isinstance(thinking, dict) else None
    return budget + 1 if isinstance(budget, int) else 1


def _count(_: World, visit: Visit) -> Answer:
    """The body is that of a message, without what belongs to the answer."""
    http = visit.http
    body = schema.read_json(http.body, "anthropic")
    if isinstance(body, dict):
        for field in _NOT_COUNTED:
            if field in body:
                message = f"{field}: Extra inputs are not permitted"
                raise BadRequestError(message, status=400, type="invalid_request_error", param=field)
        http = msgspec.structs.replace(http, body=msgspec.json.encode(body | {"max_tokens": _room(body)}))
    return json_answer({"input_tokens": strict.read(CLAUDE, http)[-1]})


ROUTES = (
    Route(r"/v1/messages", CLAUDE, {"POST": complete}),
    Route(r"/v1/messages/count_tokens", CLAUDE, {"POST": _count}),
    Route(r"/v1/models(?:/(.+))?", CLAUDE, {"GET": _models}),
    *message_batches.ROUTES,
)
"""The first that fits answers."""
