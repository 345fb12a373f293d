"""What a call leaves in the ledger: one row, one for each attempt, its times, its costs, its names."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import pytest

import ringup
from ringup import ledger
from ringup.ledger._account import account_of
from ringup.ledger._late import bills
from ringup.ledger._private import Privacy, Secrets
from ringup.ledger._rows import make_rows
from ringup.ledger._schema import ATTEMPTS, CALLS
from tests.ledger.kit import CANARY, client, look, table
from tests.test_client import AsyncWire, chunks, completion

TOOL = {"id": "call_1", "type": "function", "function": {"name": "get_time", "arguments": '{"city": "Oslo"}'}}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "calls.db"


def test_the_times_are_in_order_and_exact_to_the_microsecond(path: Path) -> None:
    before = time.time()
    with client(path, chunks("Hel", "lo")) as asked:
        stream = asked.stream("Hi")
        list(stream)
    [row] = table(path, "calls")
    times = [row[name] for name in ("queued", "sent", "first_byte", "first_token", "ended")]
    assert times == sorted(times)
    assert before * 1e6 - 1 <= times[0] <= times[-1] <= time.time() * 1e6 + 1
    assert row["sent"] == round(stream.reply.attempts[0].started * 1e6)
    [shown] = ledger.rows(path)
    assert shown["started"].endswith(f".{row['sent'] % 1_000_000:06d}+00:00")
    assert shown["latency"] == pytest.approx(stream.reply.latency, abs=2e-6)
    assert shown["time_to_first_token"] == pytest.approx(stream.reply.time_to_first_token, abs=2e-6)


def test_every_attempt_has_a_row(path: Path) -> None:
    with client(path, 500, 429, completion()) as asked:
        asked.ask("Hi")
    found = ledger.call(path, 1)
    assert found is not None
    assert (found["attempts"], found["outcome"], found["status"]) == (3, "answered", 200)
    assert [(one["number"], one["outcome"], one["status"], one["error_type"]) for one in found["tries"]] == [
        (1, "failed", 500, "InternalServerError"),
        (2, "failed", 429, "RateLimitError"),
        (3, "answered", 200, None),
    ]
    assert all(one["wait"] > 0 for one in found["tries"][:2])
    assert [one["input_tokens"] for one in found["tries"]] == [None, None, 9]
    assert found["bytes_sent"] == sum(one["bytes_sent"] for one in found["tries"])
    assert found["sent"] < found["tries"][2]["sent"] <= found["ended"]


def test_a_stream_that_broke_off_may_be_billed(path: Path) -> None:
    with client(path, chunks("Hel", "lo", done=False)) as asked, pytest.raises(ringup.StreamTruncatedError):
        list(asked.stream("Hi"))
    [row] = table(path, "calls")
    assert (row["outcome"], row["error_type"], row["maybe_billed"]) == ("failed", "StreamTruncatedError", 1)
    assert (row["finish_reason"], row["input_tokens"], row["cost_usd"]) == (None, None, None)
    assert [turn["text"] for turn in ledger.conversation(path, 1)] == ["Hi", "Hello"]
    assert table(path, "attempts")[0]["maybe_billed"] == 1


def test_a_stream_that_was_left_is_cancelled(path: Path) -> None:
    with client(path, chunks("Hel", "lo")) as asked, asked.stream("Hi") as stream:
        next(stream)
    [row] = table(path, "calls")
    assert (row["outcome"], row["maybe_billed"], row["attempts"]) == ("cancelled", 1, 1)
    assert look(path, "SELECT outcome, maybe_billed FROM attempts") == [("cancelled", 1)]


def test_a_task_that_was_cancelled_has_a_row(path: Path) -> None:
    class Slow(AsyncWire):
        async def exchange(self, *args: Any) -> Any:
            await asyncio.sleep(60)

    async def go() -> None:
        async with ringup.AsyncClient("gpt-4o-mini", api_key=CANARY, transport=Slow(), ledger=path) as asked:
            task = asyncio.ensure_future(asked.ask("Hi"))
            await asyncio.sleep(0.05)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    asyncio.run(go())
    [row] = table(path, "calls")
    assert (row["outcome"], row["maybe_billed"], row["status"]) == ("cancelled", 1, None)


def test_a_call_that_was_too_late_has_a_row(path: Path) -> None:
    with client(path) as asked:
        asked._settings["transport"].exchange = lambda *_: (_ for _ in ()).throw(TimeoutError)
        with pytest.raises(ringup.APITimeoutError):
            asked.ask("Hi", retries=0, timeout=5)
    [row] = table(path, "calls")
    assert (row["outcome"], row["error_type"], row["attempts"]) == ("failed", "APITimeoutError", 1)
    assert row["maybe_billed"] == 1


def test_names_are_kept(path: Path) -> None:
    with client(path, *[completion()] * 3, tags={"team": "docs", "run": 7}, session="monday") as asked:
        asked.ask("a")
        asked.ask("b", session="tuesday", tags={"run": 8, "user": "ann"})
        asked.ask("c", session=None)
    assert look(path, "SELECT session FROM calls") == [("monday",), ("tuesday",), (None,)]
    tags = [ledger.call(path, number) for number in (1, 2)]
    assert [found and found["tags"] for found in tags] == [
        {"team": "docs", "run": "7"},
        {"team": "docs", "run": "8", "user": "ann"},
    ]


@pytest.mark.parametrize("wrong", [{"session": 5}, {"tags": ["a"]}, {"tags": {"a": ["b"]}}])
def test_names_that_can_not_be_kept_are_refused(path: Path, wrong: dict[str, Any]) -> None:
    with client(path) as asked, pytest.raises(ringup.ParameterError, match=next(iter(wrong)).rstrip("s")):
        asked.ask("a", **wrong)


def test_the_calls_of_an_ask_know_each_other(path: Path) -> None:
    def get_time(city: str) -> str:
        """The time in a city."""
        return f"noon in {city}"

    calls = {**completion(None, tool_calls=[TOOL])}  # type: ignore[arg-type]
    calls["choices"][0]["finish_reason"] = "tool_calls"
    with client(path, calls, completion("Noon."), completion()) as asked:
        asked.ask("What time is it?", tools=[get_time])
        asked.ask("Hi")
    first, second, other = table(path, "calls")
    assert first["ask"] == second["ask"] != other["ask"]
    assert (first["step"], second["step"], other["step"]) == (0, 1, 0)
    assert first["tools"] == second["tools"] is not None
    assert [turn["role"] for turn in ledger.conversation(path, 2)] == ["user", "assistant", "tool", "assistant"]


def test_embeddings_have_a_row(path: Path) -> None:
    answer = {
        "object": "list",
        "data": [{"object": "embedding", "index": 0, "embedding": [0.5, 0.25]}],
        "model": "text-embedding-3-small",
        "usage": {"prompt_tokens": 3, "total_tokens": 3},
    }
    with client(path, answer, answer) as asked:
        asked.embed(["a cat"], model="text-embedding-3-small", session="s", tags={"k": "v"})
        asked.embed("a dog", model="text-embedding-3-small")
    first, second = table(path, "calls")
    assert (first["kind"], first["finish_reason"], first["input_tokens"], first["session"]) == (
        "embeddings",
        None,
        3,
        "s",
    )
    assert first["ask"] != second["ask"]
    assert ledger.conversation(path, 1)[0]["text"] == "a cat"
    assert ledger.request_of(path, 1) is None
    assert b"0.5" not in path.read_bytes()


def test_what_was_sent_can_be_made_again(path: Path) -> None:
    tools = [{"type": "function", "function": {"name": "f", "description": "d", "parameters": {"type": "object"}}}]
    prompt = [
        ringup.Message(
            "user", (ringup.Text("What is this?"), ringup.Image(data=b"\x89PNG" * 99, media_type="image/png"))
        ),
    ]
    with client(path, completion()) as asked:
        asked.ask(
            prompt, system="Be brief.", temperature=0.5, stop=["a", "b"], max_tokens=50, tools=tools, tool_choice="auto"
        )
        sent = asked._transport.requests[0].body
    request = ledger.request_of(path, 1)
    assert request is not None
    wire = ringup.wires.find("chat_completions")
    rules = ringup.models.rules("openai", "gpt-4o-mini")
    assert wire.write_request(request, rules)[0].body == sent


def test_the_parameters_are_those_that_were_sent(path: Path) -> None:
    with client(path, completion(), level="full") as asked:
        asked.ask("secret words", system="more words", max_tokens=5, stop="END", extra={"user": "ann"})
    [row] = table(path, "calls")
    assert json.loads(row["parameters"]) == {
        "model": "gpt-4o-mini",
        "max_completion_tokens": 5,
        "stop": ["END"],
        "user": "ann",
    }


def test_costs_are_kept_with_their_source(path: Path) -> None:
    with client(path, completion()) as asked:
        reply = asked.ask("Hi")
    [row] = table(path, "calls")
    assert row["cost_usd"] == str(reply.cost)
    assert json.loads(row["cost_lines"]) == {name: str(amount) for name, amount in reply.bill.lines}
    assert row["prices"] == reply.bill.prices
    assert "genai-prices" in row["prices"]


def test_an_unknown_cost_has_its_reason(path: Path) -> None:
    with client(path, {**completion(), "model": "nobody-knows-me"}) as asked:
        asked.ask("Hi")
    [row] = table(path, "calls")
    assert row["cost_usd"] is None
    assert "nobody-knows-me" in row["cost_unknown"]


def test_rows_are_in_the_order_of_their_columns(path: Path) -> None:
    kept: list[Any] = []
    with client(path, completion()) as asked:
        add = asked._ledger.add
        asked._ledger.add = lambda record, receipt=None: (kept.append(record), add(record, receipt))
        asked.ask("Hi")
    account = account_of(kept[0], False)
    rows = make_rows(account, Privacy("metadata"), bills(account), Secrets(), None)
    row, [attempt] = rows.call, rows.attempts
    assert len(row) == len(CALLS)
    assert row[list(CALLS).index("outcome")] == "answered"
    assert row[list(CALLS).index("level")] == "metadata"
    assert len(attempt) == len(ATTEMPTS)
    assert attempt[list(ATTEMPTS).index("outcome")] == "answered"
    assert attempt[-6:-3] == row[list(CALLS).index("cost_usd") :][:3]
    assert attempt[-1] == row[-1] is None


@pytest.mark.parametrize("level", ["metadata", "full"])
def test_what_a_bill_needs_of_a_short_request_with_a_picture_is_kept(path: Path, level: Any) -> None:
    """Its tokens are far more than its bytes: so it is cached, and by lifetimes that Chat Completions doesn't tell."""
    counted = {"prompt_tokens": 5000, "completion_tokens": 10, "prompt_tokens_details": {"cache_write_tokens": 4900}}
    answer = {**completion(), "model": "gpt-5.6-luna", "usage": counted}
    prompt = [ringup.Image(url="https://example.com/page.png"), ringup.cached("What is on this page?", "12h"), "Why?"]
    with client(path, answer, level=level) as asked:
        reply = asked.ask(prompt, model="gpt-5.6-luna", wire="chat_completions")
    [row] = table(path, "calls")
    assert row["bytes_sent"] < 1024
    assert (row["cost_usd"], row["cost_unknown"]) == (None, reply.bill.reason)
    assert "12 hours" in row["cost_unknown"]


def test_a_prompt_that_may_be_cached_has_digests(path: Path) -> None:
    with client(path, completion(), completion(), level="metadata") as asked:
        asked.ask("short")
        asked.ask("long " * 500)
    short, long = table(path, "calls")
    assert short["prompt"] is None
    assert "blocks" in long["prompt"]
    assert "long long" not in long["prompt"]


def test_what_waits_to_be_written_without_words_has_none(path: Path) -> None:
    kept: list[Any] = []
    with client(path, completion("a secret answer")) as asked:
        add = asked._ledger.add
        asked._ledger.add = lambda record, receipt=None: (kept.append(record), add(record, receipt))
        reply = asked.ask("Hi")
    [record] = kept
    small, whole = account_of(record, False), account_of(record, True)
    assert small.record is None
    assert "secret answer" not in str([getattr(small, name) for name in small.__struct_fields__])
    assert "Hi" not in repr(whole)
    assert record.reply.text == reply.text == "a secret answer"
    alone = Privacy("metadata"), bills(whole), Secrets(), None
    assert make_rows(small, *alone) == make_rows(whole, *alone)
    assert bills(small) == bills(whole)
