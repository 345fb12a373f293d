"""What the simulator charges for: every rule of its invoice, and how it is told."""

from __future__ import annotations

import csv
import io
import json
import sys
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx2
import pytest

import ringup
from ringup.errors import APIError, ConfigurationError
from ringup.simulator import server, tariff
from ringup.simulator.metering import Charge
from ringup.testing import InvoiceLine, Simulator
from tests.samples import wav

HTTP = httpx2.Client(trust_env=False)
SEA = "Tell me a long story of the sea, in 300 words."
LONG = "You know all of this by heart, and much more besides. " * 110


@pytest.fixture(scope="module")
def one() -> Iterator[Simulator]:
    with Simulator() as sim, HTTP:
        yield sim


@pytest.fixture
def sim(one: Simulator) -> Simulator:
    one.reset()
    return one


def only(sim: Simulator, count: int = 1) -> InvoiceLine:
    """The last line, when there are so many: an answer that was left is over a moment later."""
    until = time.monotonic() + 10
    while len(sim.invoice.lines) < count and time.monotonic() < until:
        time.sleep(0.005)
    assert len(sim.invoice.lines) == count
    return sim.invoice.lines[-1]


def post(sim: Simulator, path: str, body: Any = None, **headers: str) -> Any:
    headers = {"authorization": f"Bearer {sim.key}", "anthropic-version": "2023-06-01"} | headers
    answer = HTTP.post(f"{sim.url}{path}", json={} if body is None else body, headers=headers)
    return answer.json()


# Answers


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("model", "options"),
    [
        ("gpt-4o-mini", {}),
        ("gpt-4o-mini", {"wire": "responses"}),
        ("gpt-5-mini", {"extra": {"service_tier": "flex"}}),
        ("gpt-5-mini", {"extra": {"service_tier": "fast"}, "wire": "responses"}),
        ("gpt-5.6-luna", {"wire": "responses", "cache": "12h", "system": LONG}),
        ("claude-opus-5", {"cache": "1h", "system": LONG}),
        ("claude-haiku-4-5", {"reasoning": 1024, "max_tokens": 1100}),
        ("gemini-2.5-flash", {"system": LONG + LONG}),
        ("gemini-2.5-flash", {"extra": {"generationConfig": {"candidateCount": 2}}}),
    ],
)
def test_a_reply_costs_what_the_invoice_says(sim: Simulator, model: str, options: Any, stream: bool) -> None:
    client = sim.client(model, **{"max_tokens": 200, **options})
    for count in (1, 2):  # the second time, from the cache
        if stream:
            with client.stream("Name three planets.") as told:
                list(told)
            reply = told.reply
        else:
            reply = client.ask("Name three planets.")
        line = only(sim, count)
        usage = reply.usage
        assert (line.outcome, line.kind, line.provider, line.model) == (
            "answered",
            "answer",
            reply.provider,
            reply.model,
        )
        assert (line.input_tokens, line.output_tokens) == (usage.input_tokens, usage.output_tokens)
        assert line.cache_read_tokens == (usage.cache_read_tokens or 0)
        assert line.cache_write_tokens == (usage.cache_write_tokens or 0)
        assert line.request_id == reply.request_id
        assert line.cost_usd == reply.cost == sum([part.cost_usd for part in line.parts], Decimal(0))
        assert line.cost_usd
        assert line.service_tier in (None, *reply.bill.terms)
    assert (line.cache_read_tokens > 0) == ("system" in options)


def test_chat_completions_hides_how_much_is_kept_for_12_hours_so_that_the_client_knows_no_cost(sim: Simulator) -> None:
    reply = sim.client("gpt-5.6-luna", wire="chat_completions", strict=False).ask(
        ["Hello!", ringup.cached(LONG, "12h"), "And?"]
    )
    line = only(sim)
    assert "cache write, 12 h" in {part.what for part in line.parts}
    assert (reply.cost, reply.usage.cache_write_tokens) == (None, line.cache_write_tokens)
    assert "Responses API" in (reply.bill.reason or "")
    again = sim.client("gpt-5.6-luna", wire="chat_completions").ask([LONG, "For 30 minutes?"])
    assert again.usage.cache_write_tokens
    assert again.cost == sim.invoice.lines[-1].cost_usd != None  # noqa: E711


def test_all_choices_are_charged(sim: Simulator) -> None:
    body = {"model": "gpt-4o-mini", "n": 3, "messages": [{"role": "user", "content": SEA}], "max_tokens": 20}
    told = post(sim, "/v1/chat/completions", body)
    assert only(sim).output_tokens == told["usage"]["completion_tokens"] == 60


def test_a_refusal_is_charged_as_an_answer(sim: Simulator) -> None:
    reply = sim.client("claude-opus-5").ask("ANTHROPIC_MAGIC_STRING_TRIGGER_REFUSAL")
    assert reply.finish_reason == "refusal"
    assert only(sim).cost_usd == reply.cost != 0


def test_sound_has_a_price_of_its_own(sim: Simulator) -> None:
    heard = ringup.Audio(data=wav(3.0), format="wav")
    reply = sim.client("gemini-2.5-flash").ask(["What is this?", heard])
    line = only(sim)
    parts = {part.what: part for part in line.parts}
    assert parts["audio input"].tokens == 97  # of 3 s and the file's head
    assert parts["audio input"].cost_usd == Decimal("0.000097")  # 1 USD a million, and text 0.30
    assert line.cost_usd == reply.cost


def test_what_is_answered_with_an_error_costs_nothing(sim: Simulator) -> None:
    client = sim.client("gpt-4o-mini", retries=0)
    for fault in ({"status": 429}, {"status": 500}, {"html": True}, {"body": "<p>No</p>"}):
        sim.fault(**fault)
        with pytest.raises(APIError):
            client.ask(SEA)
    wrong: list[Any] = [{"model": "gpt-0"}, {"extra": {"temperatur": 1}}]
    for bad in wrong:
        with pytest.raises(APIError):
            client.ask(SEA, **bad)
    client.count_tokens(SEA, model="gpt-4o-mini", wire="responses")
    HTTP.get(f"{sim.openai_url}/models", headers={"authorization": f"Bearer {sim.key}"})
    assert sim.invoice.lines == ()
    assert sim.invoice.total == 0


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        ({"truncate": 40}, "truncated"),
        ({"reset_after": 40}, "reset"),
        ({"reset": True}, "reset"),
        ({"close": True}, "closed"),
        ({"error_after": 0}, "failed"),
    ],
)
def test_a_whole_answer_is_charged_that_never_arrived(sim: Simulator, fault: Any, outcome: str) -> None:
    client = sim.client("gpt-4o-mini", retries=0, temperature=0)
    whole = client.ask(SEA).usage.output_tokens
    sim.fault(**fault)
    with pytest.raises(APIError):
        client.ask(SEA)
    line = only(sim, 2)
    assert (line.outcome, line.output_tokens) == (outcome, whole)


def test_a_whole_answer_is_charged_that_nobody_waited_for(sim: Simulator) -> None:
    sim.fault(stall=True)
    with pytest.raises(ringup.APITimeoutError):
        sim.client("gpt-4o-mini").ask(SEA, timeout=0.2, retries=0)
    line = only(sim)
    assert (line.outcome, line.output_tokens > 100) == ("client left", True)


# Streams that break off


@pytest.mark.parametrize("model", ["gpt-4o-mini", "gpt-5-mini", "claude-opus-5", "gemini-2.5-flash"])
@pytest.mark.parametrize(
    ("fault", "outcome"),
    [({"error_after": 12}, "failed"), ({"truncate": 4_000}, "truncated"), ({"malformed": 9}, "client left")],
)
def test_of_a_stream_is_charged_what_was_made(sim: Simulator, model: str, fault: Any, outcome: str) -> None:
    client = sim.client(model, max_tokens=2_000, retries=0)
    with client.stream(SEA) as stream:
        list(stream)
    whole = only(sim)
    sim.fault(**fault, token=0.002 if "malformed" in fault else 0.0)
    with pytest.raises(APIError), client.stream(SEA) as stream:
        list(stream)
    line = only(sim, 2)
    assert line.outcome == outcome
    assert line.input_tokens == whole.input_tokens
    thought = 64 if model in ("gpt-5-mini", "gemini-2.5-flash") else 0
    assert thought < line.output_tokens < whole.output_tokens
    if outcome == "failed":  # of 12 events, some only begin: the model is one token ahead
        scale = 1.4 if "claude" in model else 1
        assert 5 <= (line.output_tokens - thought) / scale <= 13


@pytest.mark.parametrize("fault", [{"close": True}, {"reset": True}, {"stall": True}, {"first_token": 30.0}])
def test_of_a_stream_that_never_began_the_prompt_is_charged(sim: Simulator, fault: Any) -> None:
    sim.fault(**fault)
    client = sim.client("gpt-5-mini", retries=0, timeout=0.3)
    with pytest.raises(APIError), client.stream(SEA) as stream:
        list(stream)
    line = only(sim)
    assert [part.what for part in line.parts] == ["input"]
    assert line.output_tokens == 0


def test_a_stream_that_is_left_is_charged_until_then(sim: Simulator) -> None:
    sim.fault(token=0.01)
    with sim.client("claude-opus-5", max_tokens=500).stream(SEA) as stream:
        for _ in range(5):
            next(stream)
    line = only(sim)
    assert (line.outcome, 5 <= line.output_tokens <= 40) == ("client left", True)


def test_a_stream_with_thoughts_and_calls_is_metered_by_its_parts(sim: Simulator) -> None:
    tool = {"name": "weather", "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}}}
    body = {
        **{"model": "claude-haiku-4-5", "max_tokens": 2_000, "stream": True, "tools": [tool]},
        "messages": [{"role": "user", "content": "What is the weather in Paris?"}],
        "thinking": {"type": "enabled", "budget_tokens": 1_024},
    }
    headers = {"x-api-key": sim.anthropic_key, "anthropic-version": "2023-06-01"}
    made: list[int] = []
    for events in (60, 3, None):
        if events:
            sim.fault(error_after=events)
        HTTP.post(f"{sim.url}/v1/messages", json=body, headers=headers)
        made.append(only(sim, len(made) + 1).output_tokens)
    assert 0 <= made[1] < 8 < made[0] <= made[2]


# In the background, in batches, and beside answers


def test_what_runs_in_the_background_is_charged_when_it_is_done(sim: Simulator) -> None:
    body = {"model": "gpt-4o-mini", "input": SEA, "background": True, "temperature": 0}
    ids = [post(sim, "/v1/responses", body)["id"] for _ in range(3)]
    assert not sim.invoice.lines
    post(sim, f"/v1/responses/{ids[0]}/cancel")  # before it was begun
    sim.advance(2)
    post(sim, f"/v1/responses/{ids[1]}/cancel")  # in its middle
    assert [line.outcome for line in sim.invoice.lines] == ["cancelled"]
    sim.advance(2)
    half, whole = sim.invoice.lines
    assert whole.outcome == "answered"
    assert half.input_tokens == whole.input_tokens
    assert 0.4 < half.output_tokens / whole.output_tokens < 0.8  # a little after the middle
    post(sim, f"/v1/responses/{ids[2]}/cancel")  # too late
    assert len(sim.invoice.lines) == 2


def test_a_stream_in_the_background_goes_on_without_its_client(sim: Simulator) -> None:
    body = {"model": "gpt-4o-mini", "input": SEA, "background": True, "stream": True}
    sim.fault(truncate=2_000)
    with pytest.raises(httpx2.HTTPError):
        post(sim, "/v1/responses", body)
    assert only(sim).output_tokens > 100


def test_batches_have_their_price(sim: Simulator) -> None:
    asked = {"model": "gpt-4o-mini", "temperature": 0, "messages": [{"role": "user", "content": "Hello!"}]}
    rows = [{"custom_id": f"{n}", "method": "POST", "url": "/v1/chat/completions", "body": asked} for n in range(3)]
    rows[1]["body"] = asked | {"temperature": 9}
    text = "\n".join(json.dumps(row) for row in rows)
    headers = {"authorization": f"Bearer {sim.key}"}
    files = {"file": ("in.jsonl", text.encode())}
    file = HTTP.post(f"{sim.openai_url}/files", headers=headers, data={"purpose": "batch"}, files=files).json()["id"]
    batch = {"input_file_id": file, "endpoint": "/v1/chat/completions", "completion_window": "24h"}
    made = post(sim, "/v1/batches", batch)
    sim.advance(3_600)
    told = HTTP.get(f"{sim.url}/_ringup/invoice").json()  # has done what is due
    assert len(told["lines"]) == 2
    done = HTTP.get(f"{sim.openai_url}/batches/{made['id']}", headers=headers).json()
    output = HTTP.get(f"{sim.openai_url}/files/{done['output_file_id']}/content", headers=headers).text
    ids = {json.loads(row)["response"]["request_id"] for row in output.splitlines()}
    assert {line.request_id for line in sim.invoice.lines} == ids
    assert {line.kind for line in sim.invoice.lines} == {"batch"}
    post(sim, "/v1/chat/completions", asked)
    costs = [line.cost_usd or 0 for line in sim.invoice.lines]
    assert costs == [costs[0], costs[0], costs[0] * 2]


def test_of_a_cancelled_batch_is_charged_what_was_done(sim: Simulator) -> None:
    params = {"model": "claude-haiku-4-5", "max_tokens": 20, "messages": [{"role": "user", "content": SEA}]}
    requests = [{"custom_id": f"{n}", "params": params} for n in range(10)]
    key = {"x-api-key": sim.anthropic_key}
    batch = post(sim, "/v1/messages/batches", {"requests": requests}, **key)
    sim.advance(5)
    post(sim, f"/v1/messages/batches/{batch['id']}/cancel", **key)
    sim.advance(10)
    lines = HTTP.get(f"{sim.url}/_ringup/invoice").json()["lines"]
    assert 3 <= len(lines) < 10
    assert all(line["kind"] == "batch" and line["request_id"] is None for line in lines)
    assert lines[0]["cost_usd"] == str(Decimal("0.0000005") * lines[0]["input_tokens"] + Decimal("0.0000025") * 20)


def test_embeddings_are_charged_for_their_input(sim: Simulator) -> None:
    found = sim.client().embed(["sea", "ship"], model="text-embedding-3-small", dimensions=4)
    line = only(sim)
    assert (line.kind, line.input_tokens, line.output_tokens) == ("embeddings", found.usage.input_tokens, 0)
    assert line.cost_usd == found.cost != 0
    sim.client("gemini-2.5-flash").embed("sea", model="gemini-embedding-001", dimensions=4)
    assert only(sim, 2).cost_usd == Decimal("0.00000015")  # whose answers don't tell


def test_compacting_is_charged(sim: Simulator) -> None:
    told = post(sim, "/v1/responses/compact", {"model": "gpt-4o-mini", "input": SEA})
    assert only(sim).output_tokens == told["usage"]["output_tokens"]
    assert only(sim).cost_usd


# Prices


def charge(model: str, read: int, written: int = 0, **fields: Any) -> Decimal:
    provider = "anthropic" if "claude" in model else "gemini" if "gemini" in model else "openai"
    made = Charge(kind="answer", provider=provider, model=model, time=1_795_000_000.0, read=read, written=written)
    for name, value in fields.items():
        setattr(made, name, value)
    return sum([part.cost_usd for part in tariff.reckon(made)], Decimal(0))


@pytest.mark.parametrize(
    ("cost", "usd"),
    [
        (charge("gpt-5.5", 272_000, 1_000), "1.39"),
        (charge("gpt-5.5", 272_001, 1_000), "2.76501"),  # above a size, all of it
        (charge("gpt-5.5", 1_000, 100, tier="flex"), "0.004"),
        (charge("gpt-5.5", 1_000, 100, tier="priority"), "0.02"),
        (charge("gpt-5.5", 1_000, 100, kind="batch"), "0.004"),
        (charge("gpt-4o-mini", 2_000, 0, cache_read=1_920, kind="batch"), "0.00015"),  # read at the usual price
        (charge("claude-sonnet-4-5", 10_000, 0, cache_read=1_000, short=2_000, long=3_000), "0.0378"),
        (charge("claude-sonnet-4-5", 300_000, 1_000), "1.8225"),
        (charge("gemini-2.5-pro", 200_001), "0.5000025"),
    ],
)
def test_rates_are_those_of_the_list(cost: Decimal, usd: str) -> None:
    assert cost == Decimal(usd)


def test_twelve_hours_in_the_cache_cost_twice_thirty_minutes() -> None:
    half, whole = charge("gpt-5.6-luna", 1_000, short=1_000), charge("gpt-5.6-luna", 1_000, long=1_000)
    assert whole == 2 * half != 0


@pytest.mark.parametrize(
    ("model", "fields", "words"),
    [
        ("gpt-0", {}, "no price is listed for gpt-0"),
        ("gpt-4o-mini", {"tier": "flex"}, "service tier 'flex'"),
        ("gpt-4o-mini", {"kind": "batch", "time": 1_790_000_000.0}, "processing 'batch'"),  # before the list has it
        ("sim/small", {"provider": "sim"}, "the simulator's own"),
    ],
)
def test_what_has_no_price_says_why(model: str, fields: Any, words: str) -> None:
    with pytest.raises(tariff.UnlistedError, match=words):
        charge(model, 10, 10, **fields)


def test_without_a_price_list_there_are_tokens_and_reasons(sim: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    sim.client("gpt-4.1").ask("Hello!")
    tariff._rates.cache_clear()
    monkeypatch.setitem(sys.modules, "genai_prices", None)
    monkeypatch.setitem(sys.modules, "genai_prices.data", None)
    invoice = sim.invoice
    assert invoice.prices is None
    assert invoice.total == 0
    assert invoice.lines[0].cost_usd is None
    assert "pip install 'ringup[prices]'" in (invoice.lines[0].reason or "")
    assert json.loads(invoice.json())["lines"][0]["cost_usd"] is None


# How it is told


def test_it_is_json_and_csv(sim: Simulator) -> None:
    sim.client("gpt-4o-mini").ask("Hello!")
    sim.client("sim/small").ask("Hello!")
    url = f"{sim.url}/_ringup/invoice"
    told = HTTP.get(url).json()
    assert (told["currency"], told["prices"]) == ("USD", ringup.prices_version())
    first, second = told["lines"]
    assert (first["number"], first["parts"][0]["what"]) == (1, "input")
    assert Decimal(told["total"]) == Decimal(first["cost_usd"]) == sim.invoice.total
    assert "E" not in told["total"]
    assert first["time"] == sim.invoice.lines[0].time.isoformat(timespec="microseconds")
    assert second["cost_usd"] is None
    answer = HTTP.get(url, params={"format": "csv"})
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["model"] for row in rows] == [first["model"], "sim/small"]
    assert rows[0].keys() == first.keys() - {"parts"}
    assert (rows[0]["cost_usd"], rows[1]["cost_usd"]) == (first["cost_usd"], "")
    assert HTTP.delete(url).json()["lines"] == []
    assert sim.invoice.lines == ()
    assert HTTP.put(url).status_code == 405


def test_a_stream_is_charged_when_it_is_over_and_never_after_a_reset(sim: Simulator) -> None:
    sim.fault(token=0.02)
    with sim.client("gpt-4o-mini").stream(SEA) as stream:
        next(stream)
        assert sim.invoice.lines == ()
        call = sim.calls[-1]
        sim.reset()
    until = time.monotonic() + 10
    while call.outcome == "open" and time.monotonic() < until:
        time.sleep(0.005)
    assert call.outcome == "client left"
    assert sim.invoice.lines == ()


@pytest.mark.parametrize("name", ["invoice.json", "invoice.csv"])
def test_the_command_leaves_it_in_a_file(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server._Server, "run", lambda self, sockets: None)
    out = io.StringIO()
    server.serve(port=0, out=out, invoice=str(tmp_path / name))
    written = (tmp_path / name).read_text()
    assert written.startswith("number,time" if name.endswith("csv") else '{"currency":"USD"')
    assert f"Its invoice is in {tmp_path / name}: 0 lines, 0 USD." in out.getvalue()


def test_a_file_that_cannot_be_written_is_told_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="invoice can't be written"):
        server.serve(port=0, invoice=str(tmp_path / "none" / "invoice.json"))
