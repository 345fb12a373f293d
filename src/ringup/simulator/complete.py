"""The main thing: a prompt is read, thought about and answered, whole or as a stream, on any of the wires."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import msgspec

from ringup import wires
from ringup.messages import Thinking
from ringup.reply import Reply
from ringup.simulator import stored, strict
from ringup.simulator.answers import Answer, json_answer, stream_answer
from ringup.simulator.completions import completion
from ringup.simulator.ids import Ids
from ringup.simulator.maker import Asked, events, make, tier
from ringup.simulator.metering import Charge, Meter, sound
from ringup.simulator.world import Visit, World
from ringup.wire import StreamWriter

__all__ = ["complete"]

_CHAT, _GEMINI, _RESPONSES = "chat_completions", "gemini", "responses"


def complete(world: World, visit: Visit) -> Answer:
    """The answer of a model. Raises the APIError that the request deserves."""
    http, key, call = visit.http, visit.key, visit.call
    previous = None
    if call.wire == _RESPONSES:
        previous, http = stored.previous(http), world.store.whole(key, http)
    request, provider, rules, read = strict.read(call.wire, http)
    world.check_model(key, strict.vendor_of(call.wire), request.model)
    if call.wire == _RESPONSES:
        stored.check_background(request)
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
        read=read,
    )
    replies = make(asked)
    written = replies[0].usage.output_tokens or 0
    free = asked.cached.read if asked.claude else 0
    world.take(key, strict.vendor_of(call.wire), request.model, read - free, written)
    world.caches.keep(asked.cached)
    charge = _charge(asked, replies, read, call.started)
    stream = partial(_told, asked, replies)
    stores = call.wire == _RESPONSES or (call.wire == _CHAT and request.extra.get("store"))
    body = wires.find(call.wire).write_reply(*replies) if stores or not request.stream else b""
    if stores:
        body = _stored(world, Visit(http, key, call), body, stream if request.stream else None, charge)
    if not request.stream:
        return json_answer(body, charge)
    if not (call.wire == _RESPONSES and request.extra.get("background")):  # which goes on, whoever listens
        charge.meter = _meter(asked, replies)
    array = request.extra.get("alt") == "json" and call.wire == _GEMINI
    return stream_answer(_told(asked, replies, charge.meter), array, charge)


def _charge(asked: Asked, replies: list[Reply], read: int, started: float) -> Charge:
    """What the answer costs, if all of it is made: the first reply has the sum of them all."""
    cached = asked.cached
    return Charge(
        kind="answer",
        provider=asked.provider,
        model=replies[0].model or asked.request.model,
        time=started,
        read=read,
        written=replies[0].usage.output_tokens or 0,
        cache_read=cached.read,
        short=cached.short,
        long=cached.long,
        audio=sound(asked.request, asked.provider),
        tier=tier(asked.request, asked.wire),
    )


def _meter(asked: Asked, replies: list[Reply]) -> Meter:
    thought = replies[0].usage.reasoning_tokens or 0
    parts = [part for reply in replies for part in reply.message.parts]
    shows = asked.wire != _RESPONSES and any(isinstance(part, Thinking) and part.text for part in parts)
    return Meter(asked.tokenizer, choices=len(replies), hidden=0 if shows else thought, shows=shows)


def _stored(world: World, visit: Visit, body: bytes, stream: stored.Chunks | None, charge: Charge) -> bytes:
    """The answer, kept for later: as far as it has come by now, where it runs in the background."""
    if visit.call.wire == _CHAT:
        request_id = Ids(world.seed, visit.call.number).request("openai")
        found = completion(body, visit.http.body, request_id)
        world.completions.put(visit.key, found.body["id"], found)
        return body
    response = msgspec.json.decode(body)
    kept = world.store.keep(visit.key, response, stored.items(visit.http, response["id"]), stream, charge)
    return msgspec.json.encode(kept.at(world.clock()))


def _told(asked: Asked, replies: list[Reply], meter: Meter | None = None) -> Iterator[bytes]:
    """The bytes of a stream, made as they are wanted. What is made is metered."""
    writer: StreamWriter = wires.find(asked.wire).Writer(asked.request)
    for event, choice in events(replies, asked):
        if meter:
            meter.see(event, choice)
        if data := writer.feed(event, choice):
            yield data
    if data := writer.close():
        yield data
