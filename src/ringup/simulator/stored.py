"""The Responses API beyond one call: what is stored, what runs in the background, what the next request builds on.

A response is stored unless `store` is false, for 30 days, under the key that asked for it; of all keys together, the
last 10,000. `previous_response_id` puts what was said before a stored answer, and the answer, in front of the input;
instructions aren't carried over. One with `background` is queued for a second of the clock and is done after three; one
that is streamed besides goes on whether or not anybody reads, so it is found done. Facts: OpenAI's API reference
(responses, background mode), openai-python 3.54.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from ringup.errors import APIStatusError, BadRequestError, NotFoundError
from ringup.http import HttpRequest
from ringup.messages import Request
from ringup.openai_checks import bad
from ringup.secret import Secret
from ringup.simulator import strict
from ringup.simulator.compaction import unfolded
from ringup.simulator.metering import Charge
from ringup.simulator.shelf import Shelf, page, whole
from ringup.wires import responses

__all__ = ["Chunks", "Store", "Stored", "check_background", "counted", "items", "listed", "previous", "told_again"]

_INPUTS = 8000
"""From here on count the ids of input items; those of the output count from 0."""
_INVALID = "invalid_request_error"
_QUEUED, _DONE = 1.0, 3.0
"""When what runs in the background is begun, and when it is done, in seconds."""

Block = dict[str, Any]
Chunks = Callable[[], Iterable[bytes]]
"""Tells a stream, as often as it is called."""


class Stored(Struct, frozen=True, kw_only=True):
    """A response as it is when it is done, and the items that it was made from.

    started  since when it runs in the background; None for one that was waited for
    stream   its stream, for one that runs in the background and was asked for as a stream
    charge   what the invoice has of it
    """

    body: Block
    input: list[Block]
    started: float | None = None
    stream: Chunks | None = None
    charge: Charge | None = None

    def status(self, now: float) -> str:
        """What has become of it by now."""
        if self.started is None or now >= self.started + _DONE:
            return str(self.body["status"])
        return "queued" if now < self.started + _QUEUED else "in_progress"

    def at(self, now: float) -> Block:
        """The response as far as it has come by now."""
        status = self.status(now)
        return self.body if status == self.body["status"] else _unfinished(self.body, status)


def _unfinished(body: Block, status: str) -> Block:
    return body | {"status": status, "output": [], "incomplete_details": None, "error": None, "usage": None}


class Store:
    """The responses of all keys. `clock` gives seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._kept: Shelf[Stored] = Shelf(clock)

    def clear(self) -> None:
        """Forget everything."""
        self._kept.clear()

    def keep(
        self,
        key: Secret | None,
        body: Block,
        given: list[Block],
        stream: Chunks | None = None,
        charge: Charge | None = None,
    ) -> Stored:
        """Store a response, unless it says that it isn't to be. `stream` tells it again, for one asked for as a
        stream. What runs in the background is charged when it is done."""
        background = bool(body.get("background"))
        waiting = background and stream is None
        made = Stored(
            body=body,
            input=given,
            started=self._clock() if waiting else None,
            stream=stream if background else None,
            charge=charge,
        )
        if charge and made.started is not None:
            charge.due = made.started + _DONE
        if body.get("store") is not False:
            self._kept.put(key, body["id"], made)
        return made

    def find(self, key: Secret | None, response_id: str) -> Stored:
        """A stored response. Raises NotFoundError."""
        found = self._kept.get(key, response_id)
        if found is None:
            raise NotFoundError(f"Response with id '{response_id}' not found.", status=404, type=_INVALID)
        return found

    def holds(self, key: Secret | None, response_id: str) -> bool:
        """Whether a response is stored, for this key."""
        return self._kept.get(key, response_id) is not None

    def delete(self, key: Secret | None, response_id: str) -> Block:
        """Forget a response. Raises NotFoundError."""
        self.find(key, response_id)
        self._kept.drop(key, response_id)
        return {"id": response_id, "object": "response", "deleted": True}

    def page(self, key: Secret | None, response_id: str, query: Mapping[str, str]) -> Block:
        """A page of the items that a response was made from, the last one first. Raises NotFoundError, or
        BadRequestError."""
        return page(self.find(key, response_id).input, query)

    def cancel(self, key: Secret | None, response_id: str) -> Block:
        """Stop what runs in the background; what is done stays as it is. Raises NotFoundError, or BadRequestError for
        a response that was waited for."""
        found = self.find(key, response_id)
        if not found.body.get("background"):
            raise _not_cancelled()
        if found.status(self._clock()) in ("queued", "in_progress"):
            if found.charge and found.started is not None:
                found.charge.stop(self._clock(), found.started + _QUEUED, found.started + _DONE)
            found = replace(found, body=_unfinished(found.body, "cancelled"), started=None)
            self._kept.put(key, response_id, found)
        return found.body

    def whole(self, key: Secret | None, http: HttpRequest) -> HttpRequest:
        """The request with all that its `previous_response_id` and its compacted items stand for in its input.

        Raises BadRequestError, or NotFoundError for a conversation.
        """
        body = _decoded(http.body)
        if body and body.get("conversation"):
            strict.read_request("responses", http)
            message = "The simulator keeps no conversations: build on an answer, with previous_response_id."
            raise NotFoundError(message, status=404, type=_INVALID, param="conversation")
        if body is None or not (body.get("previous_response_id") or _holds_compaction(body)):
            return http
        strict.read_request("responses", http)  # its own mistakes are told by their places in its own input
        before = self._before(key, body.pop("previous_response_id", None))
        body["input"] = unfolded([*before, *listed(body.get("input"))])
        return msgspec.structs.replace(http, body=msgspec.json.encode(body))

    def _before(self, key: Secret | None, response_id: str | None) -> list[Block]:
        """What was said up to a stored answer, and the answer."""
        if not response_id:
            return []
        found = self._kept.get(key, response_id)
        if found is None:
            message = f"Previous response with id '{response_id}' not found."
            raise bad(message, "previous_response_id", "previous_response_not_found")
        if found.status(self._clock()) in ("queued", "in_progress"):
            raise bad(f"Previous response with id '{response_id}' isn't done yet.", "previous_response_id")
        return [*found.input, *found.body["output"]]


def _holds_compaction(body: Block) -> bool:
    given = body.get("input")
    return isinstance(given, list) and any(isinstance(i, dict) and i.get("type") == "compaction" for i in given)


def _decoded(body: bytes) -> Block | None:
    try:
        value = msgspec.json.decode(body)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def previous(http: HttpRequest) -> str | None:
    """The id of the response that a request builds on."""
    return (_decoded(http.body) or {}).get("previous_response_id") or None


def listed(given: Any) -> list[Block]:
    """An input as items: a text is a message of the user."""
    if isinstance(given, str):
        return [{"type": "message", "role": "user", "content": given}]
    return given or []


def items(http: HttpRequest, response_id: str) -> list[Block]:
    """The input of a request that was found good, as items that can be listed: each with an id, which follows from
    the response's.
    """
    given = listed((_decoded(http.body) or {}).get("input"))
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


_PREFIXES = {"function_call": "fc", "function_call_output": "fco", "reasoning": "rs", "compaction": "cmp"}


def counted(tokens: int) -> Block:
    """The answer to `POST /v1/responses/input_tokens`."""
    return {"object": "response.input_tokens", "input_tokens": tokens}


def check_background(request: Request) -> None:
    """Raises the 400 for a response that is to run in the background and not to be stored."""
    if request.extra.get("background") and responses.is_stateless(request.extra):
        raise bad("Background mode requires 'store' to be true: nobody could fetch the answer.", "store")


def told_again(found: Stored, after: str | None) -> Iterator[bytes]:
    """The events of a stream from the one behind number `after` on, from the first if that is None.

    Raises BadRequestError for a response that wasn't asked for as a stream in the background, and for what is no
    number.
    """
    if found.stream is None:
        message = "Only a response that was created with background=true and stream=true can be streamed again."
        raise bad(message, "stream")
    if after is not None and not whole(after, 0, 10**12):
        message = f"Invalid 'starting_after': expected an integer from 0, but got '{after}' instead."
        raise bad(message, "starting_after")
    return _from(found.stream(), 0 if after is None else int(after) + 1)


def _from(chunks: Iterable[bytes], first: int) -> Iterator[bytes]:
    """The events from that number on. A chunk may hold several."""
    number = 0
    for chunk in chunks:
        for event in chunk.split(b"\n\n")[:-1]:
            if number >= first:
                yield event + b"\n\n"
            number += 1


def _not_cancelled() -> APIStatusError:
    """400: only what was to run in the background can be cancelled."""
    return BadRequestError("Cannot cancel a synchronous response.", status=400, type=_INVALID)
