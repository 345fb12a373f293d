"""The main thing: a prompt is read, thought about and answered, whole or as a stream, on any of the wires."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from ringup import wires
from ringup.reply import Reply
from ringup.simulator import stored, strict
from ringup.simulator.answers import Answer, json_answer
from ringup.simulator.maker import Asked, events, make
from ringup.simulator.world import Visit, World
from ringup.wire import StreamWriter

__all__ = ["complete"]

_GEMINI, _RESPONSES = "gemini", "responses"


def complete(world: World, visit: Visit) -> Answer:
    """The answer of a model. Raises the APIError that the request deserves."""
    http, key, call = visit.http, visit.key, visit.call
    previous = None
    if call.wire == _RESPONSES:
        previous, http = stored.previous(http), world.store.whole(key, http)
    request, provider, rules, read = strict.read(call.wire, http)
    if previous:
        request = msgspec.structs.replace(request, extra=request.extra | {"previous_response_id": previous})
    asked = Asked(
        request=request,
        rules=rules,
        provider=provider,
        wire=call.wire,
        seed=world.seed,
        call=call.number,
        created=int(world.clock()),
        cached=world.caches.look(key, request, rules, provider=provider, wire=call.wire, tokens=read),
    )
    replies = make(asked)
    written = replies[0].usage.output_tokens or 0
    free = asked.cached.read if asked.claude else 0
    world.take(key, strict.vendor_of(call.wire), request.model, read - free, written)
    world.caches.keep(asked.cached)
    wire = wires.find(call.wire)
    if call.wire == _RESPONSES:
        body = msgspec.json.decode(wire.write_reply(*replies))
        world.store.keep(key, body, stored.items(http, body["id"]))
    if not request.stream:
        return json_answer(wire.write_reply(*replies))
    array = request.extra.get("alt") == "json" and call.wire == _GEMINI
    kind = "application/json; charset=utf-8" if array else "text/event-stream; charset=utf-8"
    headers = {"content-type": kind, "cache-control": "no-cache"}
    chunks = _written(asked, replies, wire.Writer(request))
    return Answer(status=200, headers=headers, chunks=chunks, stream=True)


def _written(asked: Asked, replies: list[Reply], writer: StreamWriter) -> Iterator[bytes]:
    """The bytes of a stream, made as they are wanted."""
    for event, choice in events(replies, asked):
        if data := writer.feed(event, choice):
            yield data
    if data := writer.close():
        yield data
