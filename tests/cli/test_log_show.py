"""`ringup log show`, its drawing of the tries, and `--wire`."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import ringup
from ringup.cli.log.timeline import bar, timeline
from ringup.cli.log.words import turn
from ringup.messages import Audio, Document, Image, Message, Opaque, Refusal, Text, Thinking, ToolCall, ToolResult
from tests.cli.conftest import Run
from tests.ledger.kit import CANARY, client
from tests.test_client import Wire, chunks, completion

CALL = {"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": '{"city": "Oslo"}'}}


def get_weather(city: str) -> str:
    """The weather."""
    return f"12 °C in {city}"


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RINGUP_LEDGER", str(tmp_path / "calls.db"))
    return tmp_path / "calls.db"


@pytest.fixture
def sent(path: Path) -> Wire:
    """What was sent: 1 with a picture, 2 and 3 with a tool, 4 refused, 5 a stream."""
    tool = completion("", tool_calls=[CALL])
    tool["choices"][0]["finish_reason"] = "tool_calls"
    wire = Wire(completion("A dot."), tool, completion("It is 12 °C."), 400, chunks("Pa", "ris."))
    picture = ringup.Image(data=b"\x89PNG\r\n\x1a\n" + bytes(62), media_type="image/png")
    with ringup.Client(
        "gpt-4o-mini", api_key=CANARY, transport=wire, ledger=ringup.Ledger(path, level="full"), retries=0
    ) as asked:
        asked.ask([picture, "What is this?"], system="Be short.", temperature=0.5, session="monday", tags={"a": "b"})
        asked.ask("And in Oslo?", tools=[get_weather])
        with suppress(ringup.APIError):
            asked.ask("Refused")
        assert "".join(asked.stream("France?")) == "Paris."
    return wire


def shown(run: Run, *words: str) -> str:
    done = run("log", "show", *words)
    assert done.exit_code == 0, done.output
    return done.stdout


def facts(text: str) -> dict[str, str]:
    """The lines of the head: a word, and what is said of it."""
    lines = text.partition("\n\n")[0].splitlines()[1:]
    return {line[2:14].strip(): line[14:] for line in lines}


def test_the_head(sent: Wire, run: Run) -> None:
    text = shown(run, "1")
    assert text.splitlines()[0] == "call 1: openai/gpt-4o-mini, stop"
    told = facts(text)
    assert told["tokens"] == "9 in, 2 out"
    assert told["cost"].startswith("$0.0000026 = input $0.0000014 + output $0.0000012 (genai-prices")
    assert told["took"].endswith(" ms, 1 try")
    assert (told["session"], told["tags"], told["level"]) == ("monday", "a=b", "full")
    assert (told["API"], told["request id"]) == ("chat_completions", "req_1")
    assert told["parameter"] == "temperature 0.5"


def test_what_was_said(sent: Wire, run: Run) -> None:
    assert shown(run, "1").endswith(
        "\n--- instructions\nBe short.\n"
        "\n--- user\n[image image/png, 70 bytes]\nWhat is this?\n"
        "\n--- the answer\nA dot.\n"
    )
    assert shown(run, "3").endswith(
        '\n--- assistant\n-> get_weather(city="Oslo")  [call_1]\n'
        "\n--- tool\n<- [call_1] 12 °C in Oslo\n"
        "\n--- the answer\nIt is 12 °C.\n"
    )


def test_what_was_said_is_no_command_for_a_terminal(path: Path, run: Run) -> None:
    with client(path, completion("a\x1b]52;c;eA==\x07b\x9bc"), level="full") as asked:
        asked.ask("\x1b[2Jd")
    assert shown(run, "1").endswith("\n--- user\n[2Jd\n\n--- the answer\na]52;c;eA==bc\n")


def test_a_stream_that_was_begun_later(path: Path, run: Run) -> None:
    with client(path, chunks("a")) as asked:
        stream = asked.stream("a")
        time.sleep(0.05)
        list(stream)
    told, call = facts(shown(run, "1")), ringup.ledger.call(path, 1)
    assert call is not None
    assert told["waited"].endswith(" s before it was sent")
    assert told["asked"].endswith(f".{call['queued'] % 1_000_000:06}")


def test_a_call_that_was_refused(sent: Wire, run: Run) -> None:
    text = shown(run, "4")
    assert text.startswith("call 4: openai/gpt-4o-mini, BadRequestError: ")
    assert facts(text)["cost"] == "none: nothing is billed"
    assert "  400 BadRequestError, " in text
    assert "--- the answer" not in text


def test_the_newest_calls_have_names(sent: Wire, run: Run) -> None:
    assert shown(run, "last") == shown(run, "-1") == shown(run, "5")
    assert shown(run, "-5") == shown(run, "1")


@pytest.mark.parametrize(
    ("id", "said"),
    [
        ("6", "has no call 6; the newest is 5."),
        ("0", "has no call 0"),
        ("-6", "has 5 calls."),
        (str(10**30), "has no call 1"),
        ("frist", "'frist' is no call: give an id of `ringup log`, or `last`."),
        ("--jsn", "'--jsn' is no call"),
    ],
)
def test_a_call_that_is_not_there(sent: Wire, run: Run, id: str, said: str) -> None:
    done = run("log", "show", id)
    assert (done.exit_code, done.stdout) == (2, "")
    assert said in done.stderr


def test_an_empty_log(path: Path, run: Run) -> None:
    assert "it is empty" in run("log", "show", "1").stderr
    assert "has 0 calls" in run("log", "show", "last").stderr


def test_without_the_words(path: Path, run: Run) -> None:
    with client(path, completion(), level="metadata") as asked:
        asked.ask("A secret question")
    done = run("log", "show", "1")
    assert "weren't kept (level metadata). RINGUP_LEDGER_LEVEL=full" in done.stderr
    assert "secret question" not in done.output
    done = run("log", "show", "1", "--wire")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "RINGUP_LEDGER_LEVEL=full" in done.stderr


def test_json(sent: Wire, run: Run) -> None:
    call = json.loads(shown(run, "1", "--json"))
    assert {"started", "latency", "queued", "url", "cost_lines"} <= set(call)
    assert (call["tags"], call["tries"][0]["status"]) == ({"a": "b"}, 200)
    assert [(turn["role"], turn["text"]) for turn in call["turns"]] == [
        ("instructions", "Be short."),
        ("user", "What is this?"),
        ("assistant", "A dot."),
    ]
    assert call["turns"][1]["message"]["parts"][0]["media_type"] == "image/png"


# The wire


@pytest.mark.parametrize("id", [1, 2, 3, 4, 5])
def test_the_wire_is_what_was_sent(sent: Wire, run: Run, id: int) -> None:
    done = run("log", "show", str(id), "--wire", "--json")
    shown = json.loads(done.stdout)
    assert shown["request"]["body"] == sent.sent[id - 1]
    assert shown["request"]["url"] == sent.urls[id - 1]
    assert shown["request"]["headers"]["authorization"] == "Bearer ***"
    assert CANARY not in done.output
    if id == 4:
        assert shown["answer"] is None
    else:
        assert shown["answer"]["choices"][0]["finish_reason"] == ("tool_calls" if id == 2 else "stop")
    if id == 1:
        assert shown["answer"]["choices"][0]["message"]["content"] == "A dot."
        assert shown["answer"]["usage"]["prompt_tokens"] == 9


def test_the_wire_for_a_person(sent: Wire, run: Run) -> None:
    done = run("log", "show", "5", "--wire")
    size = len(sent.requests[4].body)
    assert "written again from what it keeps" in done.stderr
    assert f"--- what goes out: {size:,} bytes, as were sent\nPOST https://api.openai.com/v1/" in done.stdout
    assert "what came back, put together as a whole answer\nHTTP 200\n" in done.stdout
    assert "No answer is kept: BadRequestError" in run("log", "show", "4", "--wire").stderr


def test_vectors_have_no_wire_here(path: Path, run: Run) -> None:
    vectors = {"object": "list", "model": "m", "data": [{"index": 0, "embedding": [0.5, 0.5]}], "usage": {}}
    with client(path, vectors) as asked:
        asked.embed("a cat", model="text-embedding-3-small")
    assert shown(run, "1").endswith("\n--- texts\na cat\n")
    assert run("log", "show", "1", "--wire").exit_code == 2


# The drawing

TRY: dict[str, Any] = {
    **{"number": 1, "sent": 0, "first_byte": None, "first_token": None, "ended": 0, "status": None, "error": None},
    **{"error_type": None, "outcome": "failed", "maybe_billed": 0, "request_id": None},
    **{"cost_usd": None, "cost_unknown": None, "cost_estimated": 0},
}


def test_bars_are_in_proportion(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ringup.cli.log.timeline.width", lambda: 80)  # 40 letters for 4 s
    second = 1_000_000
    tries = [
        TRY | {"sent": second, "first_byte": None, "ended": 2 * second, "error_type": "APITimeoutError"},
        TRY
        | {"number": 2, "sent": 25 * second // 10, "first_byte": 3 * second, "first_token": 35 * second // 10}
        | {"ended": 4 * second, "status": 200, "outcome": "answered"},
    ]
    rows = timeline({"queued": 0, "ended": 4 * second, "tries": tries, "provider": "openai"})
    assert [(row.label, row.bar, row.text) for row in rows] == [
        ("waiting", "·" * 10 + " " * 30, "1.00 s before it was sent"),
        ("try 1", " " * 10 + "░" * 10 + " " * 20, "no status APITimeoutError, 1.00 s"),
        ("pause", " " * 20 + "·" * 5 + " " * 15, "0.50 s"),
        ("try 2", " " * 25 + "░" * 5 + "▒" * 5 + "█" * 5, "200 answered, 1.50 s"),
    ]
    assert rows[3].below == ("first byte 0.50 s · first token 1.00 s",)


def test_a_log_without_tries() -> None:
    assert timeline({"queued": 0, "ended": 1, "tries": []}) == []


@given(st.lists(st.integers(0, 10**9), min_size=3, max_size=3), st.integers(1, 100))
def test_a_bar_is_never_lost(times: list[int], room: int) -> None:
    start, middle, end = sorted(times)
    drawn = bar(start, [(middle, "a"), (end, "b")], end, room)
    assert len(drawn) == room
    assert drawn.strip()
    letters = drawn.strip()
    assert all(before <= after for before, after in pairwise(letters))


# The words


def test_every_part_can_be_read() -> None:
    parts = (
        Text("Hi"),
        Thinking("Well"),
        Thinking("", signature="x", redacted=True),
        Refusal("No."),
        ToolCall("c1", "look", '{"at": "it"}'),
        ToolCall("c2", "look", "{broken"),
        ToolResult("c1", (Text("seen"), Image(url="https://x.org/a.png")), is_error=True),
        Image(data=b"", media_type="image/png"),
        Document(data=b"1234", media_type="application/pdf", name="a.pdf"),
        Document(text="words", name="b.txt"),
        Audio(data=b"12", format="wav", transcript="hello"),
        Opaque("responses", {"type": "web_search_call", "id": 1}),
    )
    who, said = turn({"role": "user", "text": "", "message": Message("user", parts, name="ann")})
    assert who == "user (ann)"
    assert said.splitlines() == [
        "Hi",
        "[thinking] Well",
        "[thinking] (withheld)",
        "[refusal] No.",
        '-> look(at="it")  [c1]',
        "-> look({broken)  [c2]",
        "<- [c1] error: seen",
        "[image, https://x.org/a.png]",
        "[image image/png, not kept]",
        "[document application/pdf, 4 bytes, a.pdf]",
        "[document, b.txt]",
        "words",
        "[audio wav, 2 bytes]",
        "hello",
        '[web_search_call] {"type":"web_search_call","id":1}',
    ]
