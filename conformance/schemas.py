"""All that the client sends and the simulator answers, held against the vendors' schemas."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from functools import partial

from tests import recorded

from conformance import specs
from conformance.addresses import visit_errors, visit_openai, visit_others
from conformance.calls import EMBEDDINGS, PROVIDERS, WIRES, Caller, calls, follow_up
from conformance.exceptions import AMENDMENTS, EXCEPTIONS, Excused, excuse
from conformance.gemini import PACKAGE, Google
from conformance.made import each
from conformance.operations import Exchange, Finding, Vendor, events, vendor
from conformance.table import Tally, print_rows
from ringup import wires
from ringup.embeddings import EmbedRequest
from ringup.http import HttpRequest
from ringup.messages import Request
from ringup.rules import Rules
from ringup.simulator.calls import Call
from ringup.testing import Simulator

__all__ = ["Judged", "judge_answer", "judge_made", "judge_request", "missing", "run", "sent_calls", "written"]

Judged = tuple[list[str], list[Excused]]
"""What is wrong, and what would be but for a row of the exceptions."""

_FAMILIES = {
    "openai": r"\w+ /(chat/completions|responses|embeddings|models|files|batches)(/.*)?",
    "anthropic": r"\w+ /v1/(messages|models)(/.*)?",
}
NOT_SERVED: dict[str, str] = {}
"""Addresses that the simulator may do without."""

_HOSTS = {"api.openai.com": "openai", "api.anthropic.com": "anthropic"}


def run() -> bool:
    """Judge everything, and print it. Without the vendors' documents there is nothing to judge by."""
    if any(specs.find(name) is None for name in specs.FILES):
        print("skipped: the vendors' documents aren't here (RINGUP_SPECS names the folder of them)")
        return True
    sent, answered = Tally(), Tally()
    used: Counter[Excused] = Counter()
    exchanges = _battery(sent)
    for provider, exchange, own in exchanges:
        if own:
            _note(sent, f"{provider}, from the table", judge_request(provider, exchange), used)
        name, judged = judge_answer(provider, exchange)
        _note(answered, name, judged, used)
    for wire in WIRES[:3]:
        each(wire, 300, partial(_note_made, sent, wire))
    for provider in specs.FILES:
        _unserved(answered, provider, exchanges)
    sent.show("sent by the client")
    answered.show("answered by the simulator")
    _print_exceptions(used)
    return _google(exchanges) and sent.well and answered.well


def _note_made(tally: Tally, wire: str, request: Request) -> None:
    tally.add(f"{wire}, made by hypothesis", judge_made(wire, request))


def _note(tally: Tally, row: str, judged: Judged, used: Counter[Excused]) -> None:
    wrong, excused = judged
    used.update(set(excused))
    tally.add(row, dict.fromkeys(wrong))


# What is judged


def exchange_of(call: Call) -> Exchange:
    """What the simulator saw and answered."""
    return Exchange(
        method=call.request.method,
        path=call.request.path,
        query=call.request.query,
        request_headers=call.request.headers,
        request=call.request.body,
        status=call.status or 0,
        headers=call.headers,
        body=call.body,
    )


def provider_of(call: Call) -> str:
    """Whose API the simulator played."""
    return PROVIDERS[call.wire]


def sent_calls(sim: Simulator, tally: Tally) -> list[Call]:
    """Make every call of the table against a simulator, and go on from its answer; give what it saw.

    A call that is refused is a failure.
    """
    urls = {"openai": sim.openai_url, "anthropic": sim.anthropic_url, "gemini": sim.gemini_url}
    caller = Caller(urls, sim.key)
    for name, request in calls(*WIRES):
        tally.add("calls answered", _failure(caller, name, request))
    for name, asked in EMBEDDINGS:
        answer = caller.embed(asked)
        tally.add("calls answered", [f"{name}: {answer.body.decode()}"] if answer.status >= 400 else ())
    asked = EmbedRequest(model="gemini-embedding-001", texts=("a", "b"), dimensions=8, task="CLUSTERING")
    caller.embed(asked, "gemini")
    for provider in urls:
        tally.add("models listed", () if caller.models(provider) else [f"{provider} has none"])
    caller.close()
    return sim.calls


def _failure(caller: Caller, name: str, request: Request) -> Iterator[str]:
    wire = name.partition("/")[0]
    try:
        reply = caller.send(wire, request)
        caller.send(wire, follow_up(request, reply.message))
    except Exception as error:
        yield f"{name}: {type(error).__name__}: {error}"


def _battery(tally: Tally) -> list[tuple[str, Exchange, bool]]:
    """(provider, exchange, whether ringup's client sent it) of all calls of the table, and visits to all addresses."""
    with Simulator() as sim:
        own = [(provider_of(call), exchange_of(call), True) for call in sent_calls(sim, tally)]
    with Simulator() as sim:
        visit_openai(sim)
        visit_others(sim)
        visit_errors(sim)
        return own + [(provider_of(call), exchange_of(call), False) for call in sim.calls]


# How it is judged


def _sorted(provider: str, findings: list[Finding]) -> Judged:
    wrong: list[str] = []
    excused: list[Excused] = []
    for finding in findings:
        row = excuse(provider, str(finding))
        if row:
            excused.append(row)
        else:
            wrong.append(str(finding))
    return wrong, excused


def judge_request(provider: str, exchange: Exchange) -> Judged:
    """A request by the document of its vendor; Google has none here."""
    if provider not in specs.FILES:
        return [], []
    return _sorted(provider, vendor(provider).of_request(exchange))


def judge_answer(provider: str, exchange: Exchange) -> tuple[str, Judged]:
    """The row of the table that an answer belongs to, and what is wrong with it."""
    if provider not in specs.FILES:
        return f"{provider} (see below)", ([], [])
    of = vendor(provider)
    operation = of.find(exchange.method, exchange.path)
    name = operation.name if operation else f"{exchange.method} {exchange.path}"
    kind = "" if exchange.status < 400 else ", errors"
    return f"{name}{kind}", _sorted(provider, of.of_answer(exchange))


def written(wire: str, request: Request) -> HttpRequest:
    """What a wire writes of a request to a model of which nothing is known."""
    rules = Rules(max_tokens_field="max_completion_tokens" if wire == "chat_completions" else "max_tokens")
    return wires.find(wire).write_request(request, rules)[0]


def judge_made(wire: str, request: Request) -> list[str]:
    """What is wrong with what a wire writes of a request."""
    http = written(wire, request)
    path = http.path if http.path.startswith("/v1") else f"/v1{http.path}"
    exchange = Exchange(method=http.method, path=path, request=http.body, request_headers=http.headers)
    return judge_request(PROVIDERS[wire], exchange)[0]


def missing(provider: str, exchanges: list[tuple[str, Exchange, bool]]) -> list[str]:
    """The operations that the simulator should serve, and didn't answer well even once."""
    of = vendor(provider)
    good = {
        operation.name
        for whose, exchange, _ in exchanges
        if whose == provider and exchange.status < 400
        if (operation := of.find(exchange.method, exchange.path))
    }
    return [name for name in of.names if re.fullmatch(_FAMILIES[provider], name) and name not in good]


def _unserved(tally: Tally, provider: str, exchanges: list[tuple[str, Exchange, bool]]) -> None:
    for name in missing(provider, exchanges):
        if name in NOT_SERVED:
            print(f"not served, and needn't be: {name}, for {NOT_SERVED[name]}\n")
        else:
            tally.add("every address served", [f"{name} was never answered well"])


# Exceptions, and what real traffic says of them


def _print_exceptions(used: Counter[Excused]) -> None:
    real, rest = _real()
    print("Excused, and in how many exchanges: the client's and simulator's, and real ones that were recorded")
    known = [row for row in EXCEPTIONS if row.vendor in specs.FILES]
    rows = [(row.vendor, str(used[row]), str(real[row] or "-"), row.pattern, row.reason) for row in known]
    print_rows(("document", "ours", "real", "complaint", "reason"), rows)
    print_rows(
        ("document", "lacks in", "reason"), [(row.vendor, row.at.split("/")[3], row.reason) for row in AMENDMENTS]
    )
    if rest:
        print(f"Beyond those, real traffic has {len(rest)} kinds of complaint that nothing of ours has.\n")


def _real() -> tuple[Counter[Excused], set[str]]:
    """How many recorded exchanges each row would excuse, and the findings that no row does."""
    counts: Counter[Excused] = Counter()
    rest: set[str] = set()
    for path in ("/chat/completions", "/responses", "/embeddings", "/messages", "/count_tokens"):
        for found in recorded.exchanges(path):
            provider = _HOSTS.get(found.host)
            if provider and found.request:
                wrong, excused = _judge_real(vendor(provider), found)
                counts.update(set(excused))
                rest.update(wrong)
    return counts, rest


def _judge_real(of: Vendor, found: recorded.Exchange) -> Judged:
    path, _, query = found.path.partition("?")
    exchange = Exchange(
        method="POST",
        path=path,
        query=query,
        request=json.dumps(found.request).encode(),
        status=found.status,
        headers=found.headers,
        body=found.body.encode(),
    )
    try:
        return _sorted(of.name, of.of_request(exchange) + of.of_answer(exchange))
    except ValueError:  # a body that isn't JSON
        return [], []


# Gemini


_GOOGLES = (
    (r".*:(stream)?generateContent", "GenerateContentRequest", "GenerateContentResponse"),
    (r".*:countTokens", "", "CountTokensResponse"),
    (r".*:batchEmbedContents", "BatchEmbedContentsRequest", "BatchEmbedContentsResponse"),
)


def _google(exchanges: list[tuple[str, Exchange, bool]]) -> bool:
    """Google's wire by google-genai's types."""
    tally = Tally()
    with Google() as google:
        for provider, exchange, own in exchanges:
            if provider == "gemini" and exchange.status < 400:
                _judge_google(tally, google, exchange, own)
        each("gemini", 200, lambda request: tally.add("made by hypothesis", _judge_made(google, request)))
    tally.show(f"Gemini, by {PACKAGE}")
    print_rows(("excused", "reason"), [(row.pattern, row.reason) for row in EXCEPTIONS if row.vendor == "gemini"])
    return tally.well


def _judge_made(google: Google, request: Request) -> list[str]:
    return google.judge("GenerateContentRequest", json.loads(written("gemini", request).body))


def _judge_google(tally: Tally, google: Google, exchange: Exchange, own: bool) -> None:
    for pattern, asked, answer in _GOOGLES:
        if re.fullmatch(pattern, exchange.path, re.IGNORECASE):
            if own and asked:
                tally.add("sent, from the table", google.judge(asked, json.loads(exchange.request)))
            found = [wrong for value in _values(exchange) for wrong in google.judge(answer, value)]
            tally.add(f"answered, {answer}", [wrong for wrong in found if not excuse("gemini", f"{answer} | {wrong}")])


def _values(exchange: Exchange) -> list[object]:
    """The values of an answer: one, or those of a stream in either of its forms."""
    if "event-stream" in exchange.headers.get("content-type", ""):
        return list(events(exchange.body))
    value = json.loads(exchange.body)
    return value if isinstance(value, list) else [value]
