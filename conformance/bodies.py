"""For the same call, what ringup sends and what the vendor's own SDK sends: equal, but for what is listed here.

Both call the same simulator, which writes down what it sees: method, address, body, and the headers that matter.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

import anthropic
import msgspec
import openai
from msgspec.structs import replace

from conformance import sdk_calls
from conformance.calls import EMBEDDINGS, PNG, WIRES, Caller, calls
from conformance.gemini import Google
from conformance.table import Tally, print_rows
from ringup.embeddings import EmbedRequest
from ringup.simulator.calls import Received
from ringup.testing import Simulator

__all__ = ["ALLOWED", "Allowed", "compare", "differences", "judge", "run"]

HEADERS = ("content-type", "accept", "anthropic-version", "anthropic-beta", "openai-beta", "authorization", "x-api-key")
"""The headers that a server looks at; those of keys are compared by their kind."""


class Allowed(NamedTuple):
    """A difference that is meant."""

    pattern: str
    reason: str


ALLOWED: tuple[Allowed, ...] = (
    Allowed(
        r"chat_completions/.*: body\.stream_options(\.include_usage)?: only ours, .*",
        "ringup asks for the usage of every stream; with the SDK one has to ask",
    ),
    Allowed(
        r"chat_completions/one stop sequence: body\.stop: .*",
        "one sequence goes as a list of one, which the API takes alike",
    ),
    Allowed(
        r"responses/.*: body\.(store: only ours, False|include: only ours, \['reasoning\.encrypted_content'\])",
        "ringup sends the whole history itself: nothing is stored at OpenAI unless asked for, and reasoning is sealed",
    ),
    Allowed(
        r"gemini/.*: body\.(systemInstruction|requests\[\d\]\.content)\.role: only theirs, 'user'",
        "the SDK names a role where the API has no choice of one",
    ),
    Allowed(r"gemini/.*: body\.generationConfig: only theirs, \{\}", "the SDK sends settings that hold nothing"),
    Allowed(
        r"models/anthropic: header anthropic-version: .*",
        "the list is the same in both versions, and the older one is known to more servers",
    ),
    Allowed(
        r"anthropic_messages/temperature: header anthropic-version: .*",
        "ringup asks for the older version, which takes a temperature; the SDK can't, and gets a 400",
    ),
    Allowed(
        r"embeddings/(one text|a user): body\.input: .*", "one text goes as a list of one, which the API takes alike"
    ),
    Allowed(
        r"(anthropic_messages/.*|models/anthropic): header (authorization|x-api-key): .*",
        "the API takes a key under both names; ringup uses the one that older servers know too",
    ),
    Allowed(
        r"(anthropic_messages|embeddings|gemini|models)/.*: header accept: .*",
        "ringup takes what comes, which is JSON or events",
    ),
)


def run() -> bool:
    """Compare all calls, and print the table."""
    tally = Tally()
    used: Counter[Allowed] = Counter()
    for name, ours, theirs in compare():
        wrong, meant = judge(name, ours, theirs)
        used.update(meant)
        tally.add(name.partition("/")[0], wrong)
    tally.show("the same call, by ringup and by the SDK")
    print("Allowed, and how often it was met")
    print_rows(("met", "difference", "reason"), [(str(used[row]), row.pattern, row.reason) for row in ALLOWED])
    print("Not compared: user-agent, x-stainless-*, accept-encoding and the like, which tell who is calling.\n")
    return tally.well


def judge(name: str, ours: Received, theirs: Received) -> tuple[list[str], list[Allowed]]:
    """The differences that aren't allowed, and the rows that allow the others."""
    wrong: list[str] = []
    meant: list[Allowed] = []
    for difference in differences(ours, theirs):
        told = f"{name}: {difference}"
        row = next((row for row in ALLOWED if re.fullmatch(row.pattern, told)), None)
        if row:
            meant.append(row)
        else:
            wrong.append(told)
    return wrong, meant


# The two callers


class _Spy:
    """A simulator, and what it saw last."""

    def __init__(self, sim: Simulator) -> None:
        self.sim = sim
        urls = {"openai": sim.openai_url, "anthropic": sim.anthropic_url, "gemini": sim.gemini_url}
        self.caller = Caller(urls, sim.key)

    def saw(self, act: Callable[[], object]) -> Received:
        """The request that an act sends; what the act makes of the answer is of no interest here."""
        self.sim.reset()
        failure: Exception | None = None
        try:
            act()
        except Exception as error:
            failure = error
        if not self.sim.calls:
            raise RuntimeError(f"nothing was sent: {failure}") from failure
        return self.sim.calls[0].request


def compare(gemini: bool = True) -> Iterator[tuple[str, Received, Received]]:
    """(name, what ringup sent, what the SDK sent) for each call that both can make; with Google's SDK too, or not."""
    with Simulator() as sim:
        spy = _Spy(sim)
        ours = dict(calls(*WIRES))
        for name, theirs in _sdk_calls(sim):
            yield name, spy.saw(_own(spy, name, ours)), spy.saw(theirs)
        if gemini:
            yield from _gemini(spy)
        spy.caller.close()


def _own(spy: _Spy, name: str, ours: dict[str, Any]) -> Callable[[], object]:
    """The call of that name by ringup."""
    kind, _, what = name.partition("/")
    match kind:
        case "embeddings":
            return _embed(spy, name)
        case "models":
            return partial(spy.caller.models, what)
    return _ask(spy, name, ours)


def _ask(spy: _Spy, name: str, ours: dict[str, Any]) -> Callable[[], object]:
    wire, request = name.partition("/")[0], ours[name]
    if wire == "anthropic_messages" and request.max_tokens is None:
        request = replace(request, max_tokens=1024)
    return lambda: spy.caller.send(wire, request)


def _embed(spy: _Spy, name: str) -> Callable[[], object]:
    request = dict(EMBEDDINGS)[name]
    return lambda: spy.caller.embed(request)


def _sdk_calls(sim: Simulator) -> Iterator[tuple[str, Callable[[], object]]]:
    first = openai.OpenAI(base_url=sim.openai_url, api_key=sim.key, max_retries=0)
    second = anthropic.Anthropic(base_url=sim.anthropic_url, api_key=sim.key, max_retries=0)
    tables: list[tuple[str, Callable[..., Any], sdk_calls.Table]] = [
        ("chat_completions", first.chat.completions.create, sdk_calls.CHAT),
        ("responses", first.responses.create, sdk_calls.RESPONSES),
        ("anthropic_messages", second.messages.create, sdk_calls.MESSAGES),
        ("embeddings", first.embeddings.create, sdk_calls.EMBEDDINGS),
    ]
    with first, second:
        for wire, create, table in tables:
            for name, fields in table.items():
                yield f"{wire}/{name}", _made(create, fields)
        yield "models/openai", first.models.list
        yield "models/anthropic", partial(second.models.list, limit=1000)


def _made(create: Callable[..., Any], fields: dict[str, Any]) -> Callable[[], object]:
    def act() -> None:
        answer = create(**fields)
        if fields.get("stream"):
            with answer:
                list(answer)

    return act


def _gemini(spy: _Spy) -> Iterator[tuple[str, Received, Received]]:
    """Google's SDK, in its own process."""
    ours = dict(calls("gemini"))
    with Google() as google:
        for theirs in google.ask(do="names"):
            name = f"gemini/{theirs}"
            yield name, spy.saw(partial(spy.caller.send, "gemini", ours[name])), _theirs(spy, google, theirs)
        asked = EmbedRequest(model="gemini-embedding-001", texts=("a", "b"), dimensions=8, task="RETRIEVAL_QUERY")
        yield (
            "gemini/embeddings",
            spy.saw(lambda: spy.caller.embed(asked, "gemini")),
            _theirs(spy, google, "embeddings"),
        )


def _theirs(spy: _Spy, google: Google, name: str) -> Received:
    """What the SDK sends, as ringup would write it: it has underscores in some names, and the base64 of addresses in
    data. The API takes either."""
    asked = {"base_url": spy.sim.gemini_url, "key": spy.sim.key, "picture": b64encode(PNG).decode()}
    seen = spy.saw(lambda: google.ask(do="call", name=name, **asked))
    return replace(seen, body=msgspec.json.encode(_plain(seen.json)))


def _plain(value: Any) -> Any:
    match value:
        case dict():
            plain = {_camel(key): _plain(inner) for key, inner in value.items()}
            if "mimeType" in plain and "data" in plain:
                plain["data"] = plain["data"].replace("-", "+").replace("_", "/")
            return plain
        case list():
            return [_plain(item) for item in value]
    return value


def _camel(name: str) -> str:
    return re.sub(r"_([a-z])", lambda found: found[1].upper(), name)


# What differs


def differences(ours: Received, theirs: Received) -> list[str]:
    """What differs between two requests, in words: "body.stop: ours 'END', theirs ['END']"."""
    found = [
        _told(name, getattr(ours, name), getattr(theirs, name))
        for name in ("method", "path", "query")
        if getattr(ours, name) != getattr(theirs, name)
    ]
    for name in HEADERS:
        a, b = (_header(request.headers, name) for request in (ours, theirs))
        if a != b:
            found.append(_told(f"header {name}", a, b))
    return found + list(_unequal("body", _body(ours), _body(theirs)))


def _header(headers: dict[str, str], name: str) -> str:
    """A header's value; of one that holds a key its kind only."""
    value = headers.get(name, "")
    return "a key" if value and name in ("authorization", "x-api-key") else value


def _body(request: Received) -> Any:
    return request.json if request.body else None


def _told(what: str, ours: Any, theirs: Any) -> str:
    return f"{what}: ours {_short(ours)}, theirs {_short(theirs)}"


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


def _unequal(where: str, ours: Any, theirs: Any) -> Iterator[str]:
    """The places in two values that differ. The order of fields doesn't count."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key in [*ours, *(key for key in theirs if key not in ours)]:
            if key not in theirs:
                yield f"{where}.{key}: only ours, {_short(ours[key])}"
            elif key not in ours:
                yield f"{where}.{key}: only theirs, {_short(theirs[key])}"
            else:
                yield from _unequal(f"{where}.{key}", ours[key], theirs[key])
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for at, (a, b) in enumerate(zip(ours, theirs, strict=True)):
            yield from _unequal(f"{where}[{at}]", a, b)
    elif ours != theirs or type(ours) is not type(theirs):
        yield _told(where, ours, theirs)
