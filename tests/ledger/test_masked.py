"""What is masked can be read all the same, and made again."""

from __future__ import annotations

import base64
import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ringup
from ringup import ledger
from ringup.ledger import Secrets
from tests.ledger.kit import CANARY, client, files, look, table
from tests.test_client import completion

PICTURE = ringup.Image(data=b"\x89PNG-picture" * 9, media_type="image/png")
CODED = ("parameters", "notices", "request", "reply", "usage", "cost_lines")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "calls.db"


def search(query: str) -> str:
    """Search by GET "https://api.x/v1?api_key=YOUR_API_KEY" or so."""
    return query


def check(path: Path, id: int = 1) -> ringup.Request:
    """All JSON of a call is JSON, and the request can be made again."""
    row = ledger.call(path, id)
    assert row
    for name in CODED:
        json.loads(row[name] or "null")
    for turn in table(path, "turns"):
        json.loads(turn["parts"] or "null")
    assert ledger.conversation(path, id)[-1]["text"] == "Paris."
    again = ledger.request_of(path, id)
    assert again
    return again


@pytest.mark.parametrize(
    ("prompt", "options", "kept", "gone"),
    [
        ("Hi", {"tools": [search]}, '"https://api.x/v1?***" or so', b"YOUR_API_KEY"),
        ([PICTURE, 'See "https://a.b/c?key=abcdefgh12" there'], {}, 'See "https://a.b/c?***" there', b"abcdefgh12"),
        ("Hi", {"stop": '"?key=abcdefgh12"'}, '"?***"', b"abcdefgh12"),
        ([PICTURE, "-----BEGIN RSA PRIVATE KEY-----\nMIIE"], {}, "***", b"MIIE"),
        ([PICTURE, "http://host:8080\nann@example.com"], {}, "http://host:8080\nann@example.com", b"http://***"),
        ([PICTURE, "a line\nsk-0123456789abcdefghij"], {}, "a line\n***", b"sk-0123"),
        ("Hi", {"extra": {"user": "a\nsk-0123456789abcdefghij"}}, "a\n***", b"sk-0123"),
    ],
)
def test_a_masked_call_can_be_made_again(path: Path, prompt: Any, options: Any, kept: str, gone: bytes) -> None:
    with client(path, completion()) as asked:
        asked.ask(prompt, **options)
    assert kept in _strings(check(path))
    assert gone not in files(path)


def _strings(request: ringup.Request) -> str:
    """All that stands in a request, as it is."""
    extra = [str(value) for value in request.extra.values()]
    tools = [getattr(tool, "description", "") or "" for tool in request.tools]
    return "\n".join([*(message.text for message in request.messages), *request.stop, *extra, *tools])


def test_arguments_of_a_tool_stay_json(path: Path) -> None:
    held = json.dumps({"pem": "-----BEGIN RSA PRIVATE KEY-----\nMIIE", "to": "Oslo"})
    call = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": held}}
    with client(path, completion(None, tool_calls=[call])) as asked:  # type: ignore[arg-type]
        asked.ask("Hi")
    message = ledger.conversation(path, 1)[-1]["message"]
    assert json.loads(message.parts[0].json) == {"pem": "***", "to": "Oslo"}


PIECES = st.one_of(
    st.text(max_size=5),
    st.sampled_from(
        ["\n", '"', "\\", "{", "}", "[", "]", " ", "://", "a:b", "@", "?key=", "&sig=", "bearer ", "basic "]
    ),
    st.sampled_from(["-----BEGIN PRIVATE KEY-----", "abcdefgh12", "sk-0123456789abcdefghij", CANARY, "ä", "\ud800"]),
)
TEXTS = st.lists(PIECES, min_size=1, max_size=8).map("".join)


@settings(max_examples=60, deadline=None)
@given(TEXTS, TEXTS, TEXTS, TEXTS)
def test_whatever_is_said_is_stored_as_json_without_secrets(said: str, told: str, stop: str, more: str) -> None:
    tool = ringup.Tool(name="f", description=told, parameters={"type": "object", "properties": {"a": {"enum": [more]}}})
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "calls.db"
        with client(path, completion()) as asked:
            asked.ask([PICTURE, f"x{said}"], tools=[tool], stop=f"x{stop}", extra={"user": {"b": more}})
        check(path)
        clean = Secrets()
        clean.know(None)
        for text in _all_strings(path):
            assert CANARY not in text
            assert "sk-0123456789abcdefghij" not in text or clean.clean(text) == text


def _all_strings(path: Path) -> list[str]:
    coded = [row[name] for row in table(path, "calls") for name in CODED]
    coded += [row["parts"] for row in table(path, "turns")]
    coded += [row["data"] for row in table(path, "blobs") if row["media_type"] == "application/json"]
    found: list[str] = [row["text"] for row in table(path, "turns")]
    waiting = [json.loads(text) for text in coded if text]
    while waiting:
        match waiting.pop():
            case str(text):
                found.append(text)
            case dict(held):
                found += held
                waiting += held.values()
            case list(held):
                waiting += held
    return found


def test_rows_that_an_older_ringup_spoiled_are_told_of(path: Path) -> None:
    with client(path, completion()) as asked:
        asked.ask([PICTURE, "Hi"], tools=[search], stop="x")
    for change in (
        "UPDATE calls SET parameters = '{\"a\": \"***}', notices = '[\"***]', reply = '{***'",
        'UPDATE turns SET parts = \'{"parts": "***}\' WHERE parts IS NOT NULL',
    ):
        look_and_change(path, change)
    row = ledger.call(path, 1)
    assert row
    assert "an older ringup spoiled this" in json.loads(row["parameters"])["unreadable"]
    assert "an older ringup spoiled this" in json.loads(row["notices"])[0]
    assert [turn["message"].text for turn in ledger.conversation(path, 1)] == ["Hi", "Paris."]
    with pytest.raises(ringup.ConfigurationError, match="call 1 can't be made again: an older ringup spoiled"):
        ledger.request_of(path, 1)


def look_and_change(path: Path, change: str) -> None:
    import sqlite3

    connection = sqlite3.connect(path)
    connection.execute(change)
    connection.commit()
    connection.close()


def test_tags_that_become_the_same_are_told_apart(path: Path) -> None:
    names = ["sk-0123456789abcdefghij", "sk-0123456789abcdefghik", "plain"]
    with client(path, completion()) as asked:
        asked.ask("Hi", tags={name: str(at) for at, name in enumerate(names)})
    row = ledger.call(path, 1)
    assert row
    assert row["tags"] == {"***": "0", "*** (2)": "1", "plain": "2"}


@pytest.mark.parametrize("before", ["", "u", "us", "user:", "ab:", "abc:"])
@pytest.mark.parametrize("after", ["", "!", "::"])
def test_a_key_in_base64_is_found_whatever_stands_around_it(
    path: Path, monkeypatch: pytest.MonkeyPatch, before: str, after: str
) -> None:
    monkeypatch.setenv("MY_DATABASE_PASSWORD", "Kanarienvogel4711")
    coded = base64.b64encode(f"{before}Kanarienvogel4711{after}".encode()).decode()
    with client(path, completion()) as asked:
        asked.ask(f"It is {coded}.")
    kept = ledger.conversation(path, 1)[0]["text"]
    assert "***" in kept
    assert base64.b64encode(b"narienvogel471").decode()[:12] not in kept
    assert coded[6:-6] not in kept


def test_headers_that_hold_a_secret_are_known(path: Path) -> None:
    headers = {"X-Gateway-Pass": "Nachtigall4711", "X-Auth": "Bearer Zaunkoenig0815", "X-Team": "Rotkehlchen"}
    with client(path, completion(), headers=headers) as asked:
        asked.ask([PICTURE, "Nachtigall4711 Zaunkoenig0815 Rotkehlchen"])
    kept = files(path)
    assert b"Nachtigall4711" not in kept
    assert b"Zaunkoenig0815" not in kept
    assert ledger.conversation(path, 1)[0]["text"] == "*** *** Rotkehlchen"
    assert look(path, "SELECT count(*) FROM calls WHERE request LIKE '%Rotkehlchen%'") == [(1,)]


def test_where_there_is_no_file_nothing_was_said(path: Path) -> None:
    assert ledger.conversation(path, 1) == []
    assert ledger.request_of(path, 1) is None
    assert not path.exists()
