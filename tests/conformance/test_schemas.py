"""The quick part of `make conformance`: the client and the simulator before the vendors' schemas.

The documents are found as conformance/specs.py says; without them, what needs them skips.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from conformance import schemas, specs, steady
from conformance.addresses import visit_errors, visit_openai, visit_others
from conformance.exceptions import AMENDMENTS, EXCEPTIONS, amended, excuse
from conformance.judge import UNKNOWN, Complaint, Judge
from conformance.made import each
from conformance.operations import Exchange, events, vendor
from conformance.schemas import (
    NOT_SERVED,
    exchange_of,
    judge_answer,
    judge_made,
    judge_request,
    missing,
    provider_of,
    sent_calls,
)
from conformance.table import Tally

from ringup.testing import Simulator

needs_specs = pytest.mark.skipif(
    any(specs.find(name) is None for name in specs.FILES),
    reason="no documents of the vendors here (RINGUP_SPECS names a folder)",
)

# The judge itself, on documents of our own

TEXT = {
    "type": "object",
    "properties": {"type": {"enum": ["text"]}, "text": {"type": "string"}},
    "required": ["type", "text"],
}
URL = {
    "type": "object",
    "properties": {"type": {"enum": ["url"]}, "url": {"type": "string"}},
    "required": ["type", "url"],
}
DOCUMENT = {
    "components": {
        "schemas": {
            "Text": TEXT,
            "Part": {"oneOf": [{"$ref": "#/components/schemas/Text"}, URL]},
            "Base": {"type": "object", "properties": {"id": {"type": "string"}}},
            "Turn": {
                "allOf": [
                    {"$ref": "#/components/schemas/Base"},
                    {
                        "type": "object",
                        "properties": {
                            "parts": {"type": "array", "items": {"$ref": "#/components/schemas/Part"}},
                            "note": {"type": "string", "nullable": True},
                            "free": {"type": "object"},
                            "tags": {"type": "object", "additionalProperties": {"$ref": "#/components/schemas/Text"}},
                            "share": {"type": "number", "minimum": 0, "exclusiveMinimum": True},
                        },
                        "required": ["parts"],
                    },
                ]
            },
        }
    }
}


def complaints(value: Any, schema: str = "Turn") -> list[str]:
    judge = Judge(specs.mended(DOCUMENT))
    return [str(found) for found in judge.complaints({"$ref": f"{specs.ROOT}#/components/schemas/{schema}"}, value)]


def test_a_good_value_has_no_complaints() -> None:
    text = {"type": "text", "text": "a"}
    assert complaints({"id": "1", "parts": [text, {"type": "url", "url": "b"}], "note": None, "share": 0.5}) == []
    assert complaints({"parts": [], "free": {"any": {"thing": 1}}, "tags": {"any": text}}) == []


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({}, "(the whole): 'parts' is a required property"),
        ({"parts": [], "bogus": 1}, f"bogus: {UNKNOWN}"),
        ({"parts": [{"type": "text", "text": "a", "bogus": 1}]}, f"parts.*.bogus: {UNKNOWN}"),
        ({"parts": [], "tags": {"any": {"type": "text", "text": "a", "x": 1}}}, f"tags.any.x: {UNKNOWN}"),
        ({"parts": [{"type": "url", "text": "a"}]}, "parts.*: 'url' is a required property"),
        ({"parts": [{"type": "text", "text": 1}]}, "parts.*.text: int instead of string"),
        ({"parts": [{"type": "sound"}]}, "parts.*: fits none of 2 variants"),
        ({"parts": {}}, "parts: dict instead of array"),
        ({"parts": [], "note": 1}, "note: int instead of string"),
        ({"parts": [], "share": 0}, "share: breaks exclusiveMinimum 0"),
    ],
)
def test_a_complaint_names_the_field_and_the_variant_that_was_meant(value: Any, expected: str) -> None:
    assert expected in complaints(value)


def test_a_tally_prints_each_failure_once(capsys: pytest.CaptureFixture[str]) -> None:
    tally = Tally()
    assert not tally.well  # nothing was tried
    tally.add("row")
    assert tally.well
    tally.add("row", [Complaint("a.*", "unknown field")])
    tally.add("row", [Complaint("a.*", "unknown field")])
    tally.show("title")
    printed = capsys.readouterr().out
    assert not tally.well
    assert re.search(r"^row +3 +2$", printed, re.MULTILINE)
    assert printed.count("FAILED") == 1
    assert "a.*: unknown field   (2 times)" in printed


def test_events_are_read_in_every_dress() -> None:
    assert list(events(b'event: a\r\ndata: {"x": 1}\r\n\r\n: hush\n\ndata:{"x":\ndata: 2}\n\ndata: [DONE]\n\n')) == [
        {"x": 1},
        {"x": 2},
    ]


# The vendors' documents


@needs_specs
@pytest.mark.parametrize("name", specs.FILES)
def test_what_is_amended_is_there(name: str) -> None:
    before, after = specs.load(name), amended(name, specs.load(name))
    assert [row for row in AMENDMENTS if row.vendor == name]
    assert before != after


def test_exceptions_excuse_only_what_they_say() -> None:
    assert excuse("openai", "POST /responses, answer | store: unknown field")
    assert excuse("openai", "POST /responses, answer | stored: unknown field") is None
    assert excuse("anthropic", "POST /responses, answer | store: unknown field") is None
    assert len({row.pattern for row in EXCEPTIONS}) == len(EXCEPTIONS)


@needs_specs
@pytest.mark.parametrize(
    ("provider", "path", "body", "expected"),
    [
        (
            "openai",
            "/v1/chat/completions",
            b'{"model":"m","messages":[{"role":"user","content":"a"}],"bogus":1}',
            "bogus",
        ),
        ("openai", "/v1/responses", b'{"model":"m","input":[{"role":"nobody","content":"a"}]}', "input.*"),
        ("anthropic", "/v1/messages", b'{"model":"m","messages":[{"role":"user","content":"a"}]}', "max_tokens"),
        ("anthropic", "/v1/nothing", b"{}", "no such address"),
    ],
)
def test_a_bad_request_is_found_out(provider: str, path: str, body: bytes, expected: str) -> None:
    wrong, _ = judge_request(provider, Exchange(method="POST", path=path, request=body))
    assert expected in "\n".join(wrong)


@needs_specs
def test_a_bad_answer_is_found_out() -> None:
    body = b'{"id":"a","object":"chat.completion","created":1,"model":"m","choices":[{"index":0}]}'
    json = {"content-type": "application/json"}
    exchange = Exchange(method="POST", path="/v1/chat/completions", headers=json, body=body)
    name, (wrong, _) = judge_answer("openai", exchange)
    assert name == "POST /chat/completions"
    assert any("'message' is a required property" in complaint for complaint in wrong)


@needs_specs
def test_the_address_in_letters_comes_before_the_one_with_a_name() -> None:
    found = vendor("openai").find("POST", "/v1/responses/input_tokens")
    assert found
    assert found.name == "POST /responses/input_tokens"


@needs_specs
def test_the_calls_of_the_table_and_their_answers_are_valid() -> None:
    tally = Tally()
    with Simulator() as sim:
        for call in sent_calls(sim, tally):
            exchange = exchange_of(call)
            assert judge_request(provider_of(call), exchange)[0] == [], exchange.request
            assert judge_answer(provider_of(call), exchange)[1][0] == [], exchange.body
    assert tally.failures == []


@needs_specs
def test_the_simulator_s_answers_at_every_address_are_valid() -> None:
    with Simulator() as sim:
        visit_openai(sim)
        visit_others(sim)
        visit_errors(sim)
        exchanges = [(provider_of(call), exchange_of(call), False) for call in sim.calls]
    for provider, exchange, _ in exchanges:
        assert judge_answer(provider, exchange)[1][0] == [], exchange.body
    assert {name for provider in specs.FILES for name in missing(provider, exchanges)} <= set(NOT_SERVED)


@needs_specs
@pytest.mark.parametrize("wire", ["chat_completions", "responses", "anthropic_messages"])
def test_what_hypothesis_makes_is_written_validly(wire: str) -> None:
    wrong: list[str] = []
    each(wire, 30, lambda request: wrong.extend(judge_made(wire, request)))
    assert wrong == []


# Where the documents aren't


def test_without_the_documents_nothing_is_judged_and_that_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RINGUP_SPECS", str(tmp_path))
    assert schemas.run()
    assert steady.run()
    assert capsys.readouterr().out.count("skipped: the vendors' documents aren't here") == 2
    with pytest.raises(FileNotFoundError, match="RINGUP_SPECS"):
        specs.load("openai")


# What the mock server says


@needs_specs
@pytest.mark.parametrize(
    ("provider", "row", "reason"),
    [(row.provider, steady.Asked("", "", row.path, b"", [row.said]), row.reason) for row in steady.MISTAKEN],
)
def test_a_mistake_of_the_mock_server_is_known_by_its_smallest_case(
    provider: str, row: steady.Asked, reason: str
) -> None:
    body = next(json.dumps(known.smallest).encode() for known in steady.MISTAKEN if known.reason == reason)
    assert steady.judge_refusal(provider, row._replace(body=body)) == ([], reason)


@needs_specs
def test_a_refusal_is_excused_only_where_the_request_is_valid() -> None:
    asked = steady.Asked("", "a", "/v1/messages", b"{}", ["body: no"])
    good = {"model": "m", "max_tokens": 1, "messages": [{"role": "user", "content": "a"}]}
    newer = {**good, "thinking": {"type": "between_tools"}}

    def judged(body: Any, *complaints: str) -> tuple[list[str], str]:
        sent = asked._replace(body=json.dumps(body).encode(), complaints=list(complaints))
        return steady.judge_refusal("anthropic", sent)

    assert judged(good) == ([], "")
    assert judged(newer, "body: no") == ([], steady.OLD)
    assert judged(good, "body: no") == (["a: body: no, but the document has nothing against it"], "")
    assert any("max_tokens" in wrong for wrong in judged({**good, "max_tokens": "1"}, "body: no")[0])
