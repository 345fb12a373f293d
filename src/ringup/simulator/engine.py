"""From a request over HTTP to the answer, without a socket: routes, keys, limits, faults, and the makers of answers."""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Callable, Iterable, Iterator

import msgspec
from msgspec import Struct

from ringup import wires
from ringup.errors import APIError, BadRequestError
from ringup.events import Failed
from ringup.http import HttpRequest
from ringup.messages import Request
from ringup.reply import Reply
from ringup.secret import Secret
from ringup.simulator import catalog, embed, refusals, schema, stored, strict
from ringup.simulator.buckets import Buckets
from ringup.simulator.cache import Caches
from ringup.simulator.calls import Call
from ringup.simulator.faults import PAGE, Fault, Faults, spoiled
from ringup.simulator.headers import vendor_headers
from ringup.simulator.ids import Ids
from ringup.simulator.maker import Asked, events, make
from ringup.simulator.stored import Store
from ringup.wire import StreamWriter
from ringup.wire_tools import decode
from ringup.wires import embeddings

__all__ = ["Answer", "Engine", "wire_of"]

log = logging.getLogger("ringup.simulator")

CHAT, CLAUDE, GEMINI, RESPONSES = "chat_completions", "anthropic_messages", "gemini", "responses"
_POSTS = {
    "/v1/chat/completions": CHAT,
    "/v1/embeddings": CHAT,
    "/v1/responses": RESPONSES,
    "/v1/responses/input_tokens": RESPONSES,
    "/v1/messages": CLAUDE,
    "/v1/messages/count_tokens": CLAUDE,
}
_MODELS = r"/v1/models(?:/(.+))?"
_RESPONSE = r"/v1/responses/([^/]+)(?:/(input_items|cancel))?"
_GEMINI_MODELS = r"/v1beta/models(?:/([^/:]+))?"
_GEMINI_POST = r"/v1beta/models/([^/:]+):(generateContent|streamGenerateContent|countTokens)"


class Answer(Struct, kw_only=True):
    """An answer, ready to be sent: `chunks` are the pieces of its body, for a stream one for each event.

    `early`: the request wasn't read to its end.
    """

    status: int
    headers: dict[str, str]
    chunks: Iterable[bytes]
    stream: bool = False
    early: bool = False


def wire_of(http: HttpRequest) -> str:
    """The wire that a request means: by its path, else by the headers that only Anthropic's clients send."""
    if found := _POSTS.get(http.path):
        return found
    if http.path.startswith("/v1beta/"):
        return GEMINI
    if http.path.startswith("/v1/responses/"):
        return RESPONSES
    claude = "anthropic-version" in http.headers or "x-api-key" in http.headers or http.path.startswith("/v1/messages")
    return CLAUDE if claude else CHAT


def _peek(http: HttpRequest) -> tuple[str, bool]:
    """The model and whether a stream is asked for, before the request is read in earnest; as far as it can be told."""
    if named := re.fullmatch(_GEMINI_POST, http.path):
        return named[1], named[2] == "streamGenerateContent"
    try:
        body = decode(http.body)
    except ValueError:
        return "", False
    if not isinstance(body, dict):
        return "", False
    model = body.get("model")
    return model if isinstance(model, str) else "", body.get("stream") is True


class Engine:
    """Answers requests. `clock` gives seconds since the epoch; the rest follows from the seed and the call's number."""

    def __init__(self, seed: int, clock: Callable[[], float], faults: Faults, buckets: Buckets) -> None:
        self._seed = seed
        self._clock = clock
        self.faults = faults
        self.buckets = buckets
        self.caches = Caches(clock)
        self.store = Store(clock)

    def answer(self, http: HttpRequest, key: Secret | None, call: Call) -> tuple[Answer, Fault | None]:
        """The answer to one request, and the fault that its delivery is to show."""
        started = self._clock()
        call.wire = wire_of(http)
        call.model, stream = _peek(http)
        vendor = strict.vendor_of(call.wire)
        request_id = Ids(self._seed, call.number).request(vendor)
        fault = self.faults.take(http.path, call.wire, call.model, stream)
        call.fault = fault.label if fault else None
        try:
            answer = _faulty(fault, vendor) if fault and fault.answers else self._honest(http, key, call, fault)
        except APIError as error:
            error.request_id = None if vendor == "gemini" else request_id  # Google's answers have none
            answer = _told(call.wire, error)
        levels = self.buckets.levels(key) if key and answer.status not in (401, 403) else None
        took = self._clock() - started
        own = vendor_headers(vendor, request_id, levels, took, started)
        given = {name.lower(): value for name, value in fault.headers.items()} if fault else {}
        answer.headers = own | answer.headers | given
        return answer, fault

    def too_large(self, http: HttpRequest, call: Call) -> Answer:
        """The answer to a request whose body wasn't read to its end."""
        call.wire = wire_of(http)
        vendor = strict.vendor_of(call.wire)
        error = refusals.too_large(vendor, strict.MAX_BODY[call.wire])
        request_id = Ids(self._seed, call.number).request(vendor)
        error.request_id = None if vendor == "gemini" else request_id
        answer = _told(call.wire, error)
        own = vendor_headers(vendor, request_id, None, 0.0, self._clock())
        answer.headers = own | answer.headers | {"connection": "close"}
        return answer

    def _honest(self, http: HttpRequest, key: Secret | None, call: Call, fault: Fault | None) -> Answer:
        """The answer that is due; `fault` may have it broken inside. Raises the error that the request deserves."""
        try:
            answer = self._route(http, key, call)
        except APIError:
            raise
        except Exception:
            log.exception("the simulator failed on %s %s", http.method, http.path)
            raise refusals.of_kind(strict.vendor_of(call.wire), "server_error") from None
        return _spoil(answer, fault, call.wire) if fault else answer

    def _route(self, http: HttpRequest, key: Secret | None, call: Call) -> Answer:
        vendor = strict.vendor_of(call.wire)
        if http.path not in _POSTS and (found := re.fullmatch(_RESPONSE, http.path)):
            return self._stored(http, key, found[1], found[2])
        listed = re.fullmatch(_GEMINI_MODELS if vendor == "gemini" else _MODELS, http.path)
        if not (listed or http.path in _POSTS or re.fullmatch(_GEMINI_POST, http.path)):
            raise refusals.no_url(vendor, http.method, http.path)
        allowed = "GET" if listed else "POST"
        if http.method not in (allowed, "HEAD" if listed else allowed):
            raise refusals.no_method(vendor, http.method, http.path, allowed)
        if not (key is None and strict.is_own_model(call.model)):
            strict.check_key(call.wire, key)
        if listed:
            return _models(vendor, listed[1], http.query)
        if vendor == "openai":
            schema.check_media_type(http.headers.get("content-type"))
        if http.path.endswith("/count_tokens"):
            return _count_tokens(http)
        if http.path.endswith("/input_tokens"):
            _, _, _, tokens = strict.read(RESPONSES, self.store.whole(key, http))
            return _json(msgspec.json.encode(stored.counted(tokens)))
        if http.path.endswith(":countTokens"):
            return _count_for_gemini(http)
        if http.path.endswith("/embeddings"):
            return self._embed(http, key)
        return self._complete(http, key, call)

    def _complete(self, http: HttpRequest, key: Secret | None, call: Call) -> Answer:
        previous = None
        if call.wire == RESPONSES:
            previous, http = stored.previous(http), self.store.whole(key, http)
        request, provider, rules, read = strict.read(call.wire, http)
        if previous:
            request = msgspec.structs.replace(request, extra=request.extra | {"previous_response_id": previous})
        asked = Asked(
            request=request,
            rules=rules,
            provider=provider,
            wire=call.wire,
            seed=self._seed,
            call=call.number,
            created=int(self._clock()),
            cached=self.caches.look(key, request, rules, provider=provider, claude=call.wire == CLAUDE, tokens=read),
        )
        replies = make(asked)
        written = replies[0].usage.output_tokens or 0
        free = asked.cached.read if asked.claude else 0
        self._take(key, strict.vendor_of(call.wire), request.model, read - free, written)
        self.caches.keep(asked.cached)
        wire = wires.find(call.wire)
        if call.wire == RESPONSES:
            body = msgspec.json.decode(wire.write_reply(*replies))
            self.store.keep(key, body, stored.items(http, body["id"]))
        if not request.stream:
            return _json(wire.write_reply(*replies))
        array = request.extra.get("alt") == "json" and call.wire == GEMINI
        kind = "application/json; charset=utf-8" if array else "text/event-stream; charset=utf-8"
        headers = {"content-type": kind, "cache-control": "no-cache"}
        chunks = _written(asked, replies, wire.Writer(request))
        return Answer(status=200, headers=headers, chunks=chunks, stream=True)

    def _stored(self, http: HttpRequest, key: Secret | None, name: str, what: str | None) -> Answer:
        """The addresses of one stored response. `what` is "input_items", "cancel" or None."""
        allowed = {"cancel": ("POST",), "input_items": ("GET", "HEAD")}.get(what or "", ("GET", "HEAD", "DELETE"))
        if http.method not in allowed:
            raise refusals.no_method("openai", http.method, http.path, allowed[0])
        if key is not None or not self.store.holds(None, name):
            strict.check_key(RESPONSES, key)
        if http.method == "DELETE":
            return _json(msgspec.json.encode(self.store.delete(key, name)))
        found = self.store.find(key, name)
        if what == "cancel":
            raise stored.not_cancelled()
        answer = stored.page(found.input, http.query) if what else found.body
        return _json(msgspec.json.encode(answer))

    def _embed(self, http: HttpRequest, key: Secret | None) -> Answer:
        schema.read_json(http.body, "openai")
        asked = embed.read(http)
        self._take(key, "openai", asked.request.model, asked.tokens, 0)
        return _json(embeddings.write_reply(embed.answer(asked), asked.request.encoding))

    def _take(self, key: Secret | None, vendor: refusals.Vendor, model: str, read: int, written: int) -> None:
        """Raises the 429 of a key that has had its requests or tokens."""
        if short := self.buckets.take(key, read, written):
            raise refusals.too_fast(
                vendor,
                model,
                what=short.what,
                limit=short.limit,
                used=short.limit - short.remaining,
                wanted=short.wanted,
                wait=math.ceil(short.wait) if vendor == "anthropic" else max(short.wait, 0.001),
            )


_NOTHING = Request(model="", messages=())


def _spoil(answer: Answer, fault: Fault, wire: str) -> Answer:
    """The answer with the fault inside: the status stays 200."""
    inside = refusals.of_kind(strict.vendor_of(wire), fault.kind or "overloaded", message=fault.message)
    if answer.stream:
        answer.chunks = spoiled(answer.chunks, fault, _error_event(answer, fault, wire, inside))
    elif fault.error_after is not None:
        return _told(wire, inside, status=200)
    return answer


def _error_event(answer: Answer, fault: Fault, wire: str, inside: APIError) -> bytes:
    """The error as a piece of the stream. In Gemini's array it is the last item."""
    if not answer.headers["content-type"].startswith("application/json"):
        return wires.find(wire).Writer(_NOTHING).feed(Failed(inside))
    item = wires.find(wire).Writer(msgspec.structs.replace(_NOTHING, extra={"alt": "json"})).feed(Failed(inside))
    return (b",\r\n" + item[1:] if fault.error_after else item) + b"]"


def _written(asked: Asked, replies: list[Reply], writer: StreamWriter) -> Iterator[bytes]:
    """The bytes of a stream, made as they are wanted."""
    for event, choice in events(replies, asked):
        if data := writer.feed(event, choice):
            yield data
    if data := writer.close():
        yield data


def _json(body: bytes) -> Answer:
    return Answer(status=200, headers={"content-type": "application/json"}, chunks=[body])


def _told(wire: str, error: APIError, status: int | None = None) -> Answer:
    """The error in the vendor's shape; with `status`, under that one."""
    response = wires.find(wire).write_error(error)
    return Answer(
        status=response.status if status is None else status, headers=dict(response.headers), chunks=[response.body]
    )


def _models(vendor: refusals.Vendor, name: str | None, query: dict[str, str]) -> Answer:
    match vendor:
        case "anthropic":
            found = catalog.anthropic_model(name) if name else catalog.anthropic_list(query)
        case "gemini":
            found = catalog.gemini_model(name) if name else catalog.gemini_list(query)
        case _:
            found = catalog.openai_model(name) if name else catalog.openai_list()
    return _json(msgspec.json.encode(found))


_NOT_COUNTED = ("max_tokens", "stream", "stop_sequences", "metadata")


def _count_tokens(http: HttpRequest) -> Answer:
    """Anthropic's count: the body of a message without what belongs to the answer."""
    body = schema.read_json(http.body, "anthropic")
    if isinstance(body, dict):
        for field in _NOT_COUNTED:
            if field in body:
                message = f"{field}: Extra inputs are not permitted"
                raise BadRequestError(message, status=400, type="invalid_request_error", param=field)
        whole = msgspec.json.encode(body | {"max_tokens": 1})
        http = msgspec.structs.replace(http, body=whole)
    _, _, _, tokens = strict.read(CLAUDE, http)
    return _json(msgspec.json.encode({"input_tokens": tokens}))


def _count_for_gemini(http: HttpRequest) -> Answer:
    """Google's count: of `contents`, or of a whole `generateContentRequest`."""
    try:
        body = decode(http.body)
    except ValueError:
        body = None
    if isinstance(body, dict):
        whole = body.get("generateContentRequest", body.get("generate_content_request"))
        http = msgspec.structs.replace(http, body=msgspec.json.encode(whole if isinstance(whole, dict) else body))
    path = http.path.removesuffix(":countTokens") + ":generateContent"
    _, _, _, tokens = strict.read(GEMINI, msgspec.structs.replace(http, path=path))
    details = [{"modality": "TEXT", "tokenCount": tokens}]
    return _json(msgspec.json.encode({"totalTokens": tokens, "promptTokensDetails": details}))


def _faulty(fault: Fault, vendor: refusals.Vendor) -> Answer:
    """The answer that a fault brings. Raises the error that it means."""
    if fault.html:
        headers = {"content-type": "text/html"}
        return Answer(status=fault.status or 502, headers=headers, chunks=[PAGE.encode()])
    if fault.body is not msgspec.UNSET:
        return _given(fault)
    if fault.status is not None and fault.status < 400:
        return Answer(status=fault.status, headers={}, chunks=[b""])
    raise refusals.of_kind(vendor, fault.kind, fault.status, fault.message)


def _given(fault: Fault) -> Answer:
    body, kind = fault.body, "application/json"
    data = body.encode() if isinstance(body, str) else msgspec.json.encode(body)
    if isinstance(body, str) and not body.lstrip().startswith(("{", "[")):
        kind = "text/plain; charset=utf-8"
    status = fault.status or (refusals.KINDS[fault.kind] if fault.kind else 200)
    return Answer(status=status, headers={"content-type": kind}, chunks=[data])
