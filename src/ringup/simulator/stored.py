"""The Responses API beyond one call: what is stored, and how the next request builds on it.

A response is stored unless `store` is false, for 30 days, under the key that asked for it; of all keys together, the
last 10,000. `previous_response_id` puts what was said before a stored answer, and the answer, in front of the input;
instructions aren't carried over. Facts: OpenAI's API reference, openai-python 3.54.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from msgspec import Struct

from ringup.errors import APIStatusError, BadRequestError, NotFoundError
from ringup.http import HttpRequest
from ringup.openai_checks import bad
from ringup.secret import Secret
from ringup.wires import responses

__all__ = ["Store", "Stored", "counted", "items", "not_cancelled", "page", "previous"]

_MOST = 10_000
_KEPT = 30 * 86_400.0
_INPUTS = 8000
"""From here on count the ids of input items; those of the output count from 0."""
_INVALID = "invalid_request_error"

Block = dict[str, Any]


class Stored(Struct, frozen=True):
    """A response as it was answered, the items that it was made from, and until when it is kept."""

    body: Block
    input: list[Block]
    until: float


class Store:
    """The responses of all keys. `clock` gives seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._kept: OrderedDict[tuple[Secret | None, str], Stored] = OrderedDict()

    def clear(self) -> None:
        """Forget everything."""
        self._kept.clear()

    def keep(self, key: Secret | None, body: Block, given: list[Block]) -> None:
        """Store a response, unless it says that it isn't to be."""
        if body.get("store") is False:
            return
        self._kept[key, body["id"]] = Stored(body, given, self._clock() + _KEPT)
        while len(self._kept) > _MOST:
            self._kept.popitem(last=False)

    def find(self, key: Secret | None, response_id: str) -> Stored:
        """A stored response. Raises NotFoundError."""
        found = self._kept.get((key, response_id))
        if found is None or found.until <= self._clock():
            raise NotFoundError(f"Response with id '{response_id}' not found.", status=404, type=_INVALID)
        return found

    def holds(self, key: Secret | None, response_id: str) -> bool:
        """Whether a response was stored, for this key."""
        return (key, response_id) in self._kept

    def delete(self, key: Secret | None, response_id: str) -> Block:
        """Forget a response. Raises NotFoundError."""
        self.find(key, response_id)
        del self._kept[key, response_id]
        return {"id": response_id, "object": "response", "deleted": True}

    def whole(self, key: Secret | None, http: HttpRequest) -> HttpRequest:
        """The request with all that its `previous_response_id` stands for in its input.

        Raises BadRequestError, or NotFoundError for a conversation.
        """
        body = _decoded(http.body)
        if body and body.get("conversation"):
            message = "The simulator keeps no conversations: build on an answer, with previous_response_id."
            raise NotFoundError(message, status=404, type=_INVALID, param="conversation")
        if body is None or not body.get("previous_response_id"):
            return http
        responses.read_request(http)  # its own mistakes are told by their places in its own input
        response_id = body.pop("previous_response_id")
        try:
            before = self.find(key, response_id)
        except NotFoundError:
            message = f"Previous response with id '{response_id}' not found."
            raise bad(message, "previous_response_id", "previous_response_not_found") from None
        body["input"] = [*before.input, *before.body["output"], *_listed(body.get("input"))]
        return msgspec.structs.replace(http, body=msgspec.json.encode(body))


def _decoded(body: bytes) -> Block | None:
    try:
        value = msgspec.json.decode(body)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def previous(http: HttpRequest) -> str | None:
    """The id of the response that a request builds on."""
    return (_decoded(http.body) or {}).get("previous_response_id") or None


def _listed(given: Any) -> list[Block]:
    if isinstance(given, str):
        return [{"type": "message", "role": "user", "content": given}]
    return given or []


def items(http: HttpRequest, response_id: str) -> list[Block]:
    """The input of a request that was found good, as items that can be listed: each with an id, which follows from
    the response's.
    """
    given = _listed((_decoded(http.body) or {}).get("input"))
    return [_item(item, f"{response_id.removeprefix('resp_')}{at + _INPUTS:04d}") for at, item in enumerate(given)]


def _item(item: Block, tail: str) -> Block:
    """One item, with all that its type must have."""
    kind = item.get("type") or "message"
    if kind != "message":
        return {"id": f"{_PREFIXES.get(kind, 'item')}_{tail}", **item}
    content = item.get("content")
    if isinstance(content, str):
        assistant = item.get("role") == "assistant"
        block: Block = {"type": "output_text" if assistant else "input_text", "text": content}
        content = [block | ({"annotations": [], "logprobs": []} if assistant else {})]
    return {"id": f"msg_{tail}", "status": "completed", **item, "type": "message", "content": content}


_PREFIXES = {"function_call": "fc", "function_call_output": "fco", "reasoning": "rs"}


def page(found: list[Block], query: Mapping[str, str]) -> Block:
    """A page of items: `limit` (20, up to 100), `order` ("desc"), `after`. Raises BadRequestError."""
    limit, order = query.get("limit", "20"), query.get("order", "desc")
    if not (limit.isascii() and limit.isdecimal()) or not 1 <= int(limit) <= 100:
        raise bad(f"Invalid 'limit': expected an integer from 1 to 100, but got '{limit}' instead.", "limit")
    if order not in ("asc", "desc"):
        raise bad(f"Invalid value: '{order}'. Supported values are: 'asc' and 'desc'.", "order", "invalid_value")
    ordered = found if order == "asc" else found[::-1]
    ids = [item["id"] for item in ordered]
    after = query.get("after")
    if after is not None and after not in ids:
        raise bad(f"Item with id '{after}' not found.", "after")
    start = 0 if after is None else ids.index(after) + 1
    shown = ordered[start : start + int(limit)]
    return {
        "object": "list",
        "data": shown,
        "first_id": shown[0]["id"] if shown else None,
        "last_id": shown[-1]["id"] if shown else None,
        "has_more": start + len(shown) < len(ordered),
    }


def counted(tokens: int) -> Block:
    """The answer to `POST /v1/responses/input_tokens`."""
    return {"object": "response.input_tokens", "input_tokens": tokens}


def not_cancelled() -> APIStatusError:
    """400: only what runs in the background can be cancelled, and here nothing does."""
    return BadRequestError("Cannot cancel a synchronous response.", status=400, type=_INVALID)
