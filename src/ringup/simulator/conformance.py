"""A lenient way in for the vendors' own test suites: `ringup simulate --conformance`.

Those suites were written for a mock that looks at the shapes of things only. They send keys with spaces, ids of things
that nobody made, models of the past, and bodies with every parameter at once, at its lowest value, also where one
excludes another. So here, and only here, a request that is refused is mended where its refusal says what is wrong, and
asked again, until it is good or no mend is known. A request that is good is answered as without the flag, and every
answer is one that the simulator gives: nothing is prepared for any test. What was mended stands in the answer's header
`x-ringup-mended`.

    refused                                  mended
    the key looks like none                  another, made of it, that does
    the model isn't known                    one of the vendor's small ones stands for it
    the id names nothing                     the thing is made, by the usual way, in the state that the request needs
    no model, no input (Responses)           a plain one: OpenAI's own schema doesn't ask for them
    a field has a value that can't be,       it is left out; if it can't be missing where it stands, so is what
    or the model or another forbids it       holds it
    the key, and vectors are wanted in       they are given as numbers, because OpenAI's SDK, when it checks answers
    base64                                   strictly, as its suite has it do, refuses the base64 that it asks for
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import quote

import msgspec
from msgspec.structs import replace

from ringup.errors import APIStatusError, AuthenticationError, BadRequestError, NotFoundError
from ringup.http import HttpRequest
from ringup.secret import Secret
from ringup.simulator import routes, strict
from ringup.simulator.answers import Answer
from ringup.simulator.headers import MENDED
from ringup.simulator.routes import Route
from ringup.simulator.world import Visit, World

__all__ = ["serve"]

_MOST = 100
"""How many mends one request may have."""
_SHOWN = 2_000

_MODELS = {"openai": "gpt-4o-mini", "anthropic": "claude-haiku-4-5"}
_EMBEDDER = "text-embedding-3-small"
_PLAIN = {"model": _MODELS["openai"], "input": "Hello"}

Body = dict[str, Any]


def serve(site: Iterable[Route], world: World, visit: Visit) -> Answer:
    """The answer to a request, mended as often as it needs. Raises the error that no mend is known for."""
    return _Mender(site, world, visit).serve()


class _Mender:
    """One request on its way to being good."""

    def __init__(self, site: Iterable[Route], world: World, visit: Visit) -> None:
        self._site = site
        self._world = world
        self._visit = visit
        self._mended: list[str] = []
        self._blamed: dict[str, APIStatusError] = {}

    def serve(self) -> Answer:
        """The answer. Raises the first error about a field that can't be mended."""
        while True:
            try:
                answer = routes.serve(self._site, self._world, self._visit)
            except APIStatusError as error:
                first = self._blamed.setdefault(_top(error), error) if _top(error) else error
                what = self._mend(error) if len(self._mended) < _MOST else None
                if what is None:
                    raise first from None
                self._mended.append(what)
            else:
                return _marked(answer, self._mended)

    def _mend(self, error: APIStatusError) -> str | None:
        """Mend what the error names, and say it; None for what isn't mended."""
        match error:
            case AuthenticationError():
                return self._key()
            case NotFoundError() if re.match("The model |model: ", error.message):
                return self._model()
            case NotFoundError() if _top(error) not in _body(self._visit.http):
                return self._path()
            case BadRequestError() | NotFoundError():
                return self._field(error)
        return None

    def _key(self) -> str | None:
        key = self._visit.key
        if key is None or key.reveal().startswith(_ANY):
            return None
        self._visit = replace(self._visit, key=Secret(_ANY + key.reveal()))
        body = _body(self._visit.http)
        if self._visit.http.path != "/v1/embeddings" or body.pop("encoding_format", None) != "base64":
            return "key"
        self._send(body)
        return "key; without encoding_format"

    def _model(self) -> str | None:
        body, vendor = _body(self._visit.http), strict.vendor_of(self._visit.call.wire)
        if vendor not in _MODELS or "model" not in body:
            return self._path()
        model = _EMBEDDER if self._visit.http.path == "/v1/embeddings" else _MODELS[vendor]
        self._send(body | {"model": model})
        return f"model={model}"

    def _path(self) -> str | None:
        """Make what the path names."""
        http = self._visit.http
        for pattern, make in _NAMED.items():
            if found := re.fullmatch(pattern, http.path):
                made = make(self, self._visit)
                path = http.path[: found.start(1)] + made + http.path[found.end(1) :]
                self._visit = replace(self._visit, http=replace(http, path=path))
                return f"{found[1]}={made}"
        return None

    def _field(self, error: APIStatusError) -> str | None:
        """Give a field another value, or none."""
        http = self._visit.http
        body, name = _body(http), _name(error, http)
        if name in http.query:
            self._visit = replace(
                self._visit, http=replace(http, query={key: value for key, value in http.query.items() if key != name})
            )
            return f"without {name}"
        if name in _IDS and name in body:
            self._send(body | {name: _IDS[name](self, self._visit)})
        elif name in _PLAIN and name not in body and self._visit.call.wire == "responses":
            self._send(body | {name: _PLAIN[name]})
        else:
            gone = _without(body, _steps(name))
            self._send(body)
            return f"without {gone}" if gone else None
        return f"{name}={_body(self._visit.http)[name]}"

    def _send(self, body: Body) -> None:
        self._visit = replace(self._visit, http=replace(self._visit.http, body=msgspec.json.encode(body)))

    # What is made on the spot

    def make(self, path: str, body: Body, ago: float = 0.0) -> str:
        """Make a thing as if the same client had asked for it so many seconds ago. Its id."""
        headers = {"content-type": "application/json", "anthropic-version": "2023-06-01"}
        http = HttpRequest(path=path, headers=headers, body=msgspec.json.encode(body))
        return self.send(http, str(body.get("model", "")), ago)

    def send(self, http: HttpRequest, model: str = "", ago: float = 0.0) -> str:
        """Ask for a thing to be made. Its id, which is the first in the answer."""
        world = copy.copy(self._world)
        world.clock = lambda: self._world.clock() - ago
        found = routes.find(self._site, http.path)
        number = self._visit.call.number * _MOST + len(self._mended)
        call = replace(self._visit.call, number=-number, wire=found[0].wire if found else "", model=model)
        answer = routes.serve(self._site, world, Visit(http, self._visit.key, call))
        while ago and world.work():  # what is due by now is done
            continue
        made = re.search(rb'"id":"([^"]+)"', b"".join(answer.chunks))
        assert made, f"{http.path} answered without an id"
        return made[1].decode()


_ANY = "sim-"
"""What a good key begins with, on every wire."""


def _top(error: APIStatusError) -> str:
    return (_steps(error.param or "") or [""])[0]


def _marked(answer: Answer, mended: list[str]) -> Answer:
    if mended:
        words = quote("; ".join(mended)[:_SHOWN], safe=" ;=:.,[]_-/")
        answer.headers = answer.headers | {MENDED: words}
    return answer


# Bodies


def _body(http: HttpRequest) -> Body:
    """The body, where it is a JSON object."""
    try:
        value = msgspec.json.decode(http.body)
    except (msgspec.DecodeError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _name(error: APIStatusError, http: HttpRequest) -> str:
    """Which field an error is about: as it says, or the first that its words name."""
    if error.param:
        return error.param
    body = _body(http)
    words = re.match(r"([\w.]+): ", error.message)
    if words:
        return words[1]
    named = re.findall(r"'([\w.\[\]]+)'", error.message)
    return next((name for name in named if name in http.query or (_steps(name) or [""])[0] in body), "")


def _steps(name: str) -> list[str]:
    """The way to a field: messages[0].content and messages.0.content are the same."""
    return re.findall(r"[^.\[\]]+", name)


def _without(body: Body, steps: list[str]) -> str:
    """Takes out the field at the end of the way, or, where there is none, the last thing before it. What that was."""
    for length in range(len(steps), 0, -1):
        *way, last = steps[:length]
        held: Any = body
        for step in way:
            held = _inner(held, step)
        if _inner(held, last) is not _NONE:
            del held[int(last) if isinstance(held, list) else last]
            return ".".join(steps[:length])
    return ""


_NONE = object()


def _inner(held: Any, step: str) -> Any:
    if isinstance(held, dict):
        return held.get(step, _NONE)
    if isinstance(held, list) and step.isdecimal() and int(step) < len(held):
        return held[int(step)]
    return _NONE


# Things


def _response(mender: _Mender, visit: Visit) -> str:
    """One that runs in the background, where it is to be cancelled or streamed again."""
    stream = visit.http.query.get("stream") == "true"
    background = stream or visit.http.path.endswith("/cancel")
    return mender.make("/v1/responses", _PLAIN | {"background": background, "stream": stream})


def _completion(mender: _Mender, _: Visit) -> str:
    """One after a message of the assistant: OpenAI's SDK takes no other role in a list of stored messages."""
    said = [{"role": "assistant", "content": "Hello"}]
    return mender.make("/v1/chat/completions", {"model": _MODELS["openai"], "messages": said, "store": True})


def _file(mender: _Mender, _: Visit) -> str:
    """One that may be read again: for a batch of one request."""
    asked = {"model": _MODELS["openai"], "messages": [{"role": "user", "content": "Hello"}]}
    line = {"custom_id": "request-1", "method": "POST", "url": "/v1/chat/completions", "body": asked}
    body = b"".join(
        [
            b'--ringup\r\ncontent-disposition: form-data; name="purpose"\r\n\r\nbatch\r\n',
            b'--ringup\r\ncontent-disposition: form-data; name="file"; filename="batch.jsonl"\r\n\r\n',
            msgspec.json.encode(line) + b"\n\r\n--ringup--\r\n",
        ]
    )
    headers = {"content-type": "multipart/form-data; boundary=ringup"}
    return mender.send(HttpRequest(path="/v1/files", headers=headers, body=body))


def _batch(mender: _Mender, visit: Visit) -> str:
    """One that has just begun, where it is to be cancelled; else one that has ended."""
    asked = {"endpoint": "/v1/chat/completions", "completion_window": "24h", "input_file_id": _file(mender, visit)}
    return mender.make("/v1/batches", asked, ago=_ago(visit))


def _message_batch(mender: _Mender, visit: Visit) -> str:
    said = [{"role": "user", "content": "Hello"}]
    asked = {"model": _MODELS["anthropic"], "max_tokens": 64, "messages": said}
    return mender.make("/v1/messages/batches", {"requests": [{"custom_id": "request-1", "params": asked}]}, _ago(visit))


def _ago(visit: Visit) -> float:
    """How long ago a batch is to have begun, in seconds. A minute is enough for one request."""
    return 0.0 if visit.http.path.endswith("/cancel") else 60.0


def _listed_model(_: _Mender, visit: Visit) -> str:
    """One of the vendor's own; to be deleted, one that is taken for fine-tuned."""
    if visit.http.method == "DELETE":
        return f"ft:{_MODELS['openai']}:ringup::{visit.call.number}"
    return _MODELS[strict.vendor_of(visit.call.wire)]


Make = Callable[[_Mender, Visit], str]

_NAMED: dict[str, Make] = {
    r"/v1/models/(.+)": _listed_model,
    r"/v1/chat/completions/([^/]+)(?:/messages)?": _completion,
    r"/v1/responses/([^/]+)(?:/input_items|/cancel)?": _response,
    r"/v1/files/([^/]+)(?:/content)?": _file,
    r"/v1/batches/([^/]+)(?:/cancel)?": _batch,
    r"/v1/messages/batches/([^/]+)(?:/cancel|/results)?": _message_batch,
}
"""What stands in a path, by what makes it."""
_IDS: dict[str, Make] = {"previous_response_id": _response}
"""What stands in a body, by what makes it."""
