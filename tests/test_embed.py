"""Embeddings by the clients: splitting, order, limits, failures, numpy. The same tests for sync and async."""

from __future__ import annotations

import asyncio
import gc
import importlib
import itertools
import math
import pickle
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

import ringup
from ringup import embedders, vocabulary
from ringup.embed_job import CAUTIOUS_TEXTS, Job, read_texts, sizes, split
from ringup.embedders import EmbedRules
from ringup.embeddings import Embeddings, floats, pack
from ringup.ledger import rows
from ringup.reply import Attempt
from ringup.script import Record, Script
from ringup.similarity import nearest, similarity
from ringup.simulator.vectors import vector
from ringup.testing import Simulator

SMALL = "text-embedding-3-small"
OPENAI = embedders.rules("openai", SMALL)


class Embedder:
    """One client with plain calls, whichever kind it is."""

    def __init__(self, simulator: Simulator, kind: str, model: str = SMALL, **options: Any) -> None:
        self.sync = kind == "sync"
        gemini = model.startswith("gemini")
        given = {
            "provider": "gemini" if gemini else "openai",
            "base_url": simulator.gemini_url if gemini else simulator.openai_url,
            "api_key": simulator.gemini_key if gemini else simulator.openai_key,
            **options,
        }
        make: Any = ringup.Client if self.sync else ringup.AsyncClient
        self.client = make(model, **given)

    def embed(self, texts: Any, **params: Any) -> Embeddings:
        if self.sync:
            found: Embeddings = self.client.embed(texts, **params)
            return found
        return asyncio.run(self.client.embed(texts, **params))

    def close(self) -> None:
        asyncio.run(self.client.close()) if not self.sync else self.client.close()


@pytest.fixture(params=["sync", "async"])
def make(request: pytest.FixtureRequest, simulator: Simulator) -> Any:
    made: list[Embedder] = []

    def make_one(model: str = SMALL, **options: Any) -> Embedder:
        made.append(Embedder(simulator, request.param, model, **options))
        return made[-1]

    yield make_one
    for one in made:
        one.close()


Make = Callable[..., Embedder]


def expected(texts: Sequence[str], dimensions: int, model: str = SMALL) -> bytes:
    return b"".join([vector(text, model, 1536, dimensions) for text in texts])


# A few texts


def test_a_few_texts(make: Make, simulator: Simulator) -> None:
    found = make().embed(["a cat", "a dog", "a house"])
    assert (len(found), found.count, found.dimensions) == (3, 3, 1536)
    assert found.data == expected(["a cat", "a dog", "a house"], 1536)
    assert (found.model, found.provider, found.wire) == (SMALL, "openai", "embeddings")
    assert found.usage.input_tokens == 6
    assert found.cost == Decimal("1.2E-7")
    assert found.bill.lines == (("input", Decimal("1.2E-7")),)
    assert found.request_id
    assert found.latency
    (attempt,) = found.attempts
    assert (attempt.outcome, attempt.status) == ("answered", 200)
    (sent,) = [call.request.json for call in simulator.calls]
    assert sent == {"model": SMALL, "input": ["a cat", "a dog", "a house"], "encoding_format": "base64"}


def test_one_text_and_any_iterable(make: Make) -> None:
    embedder = make()
    one = embedder.embed("a cat", dimensions=8)
    assert (len(one), one.dimensions) == (1, 8)
    assert one.indexes is None
    many = embedder.embed((text for text in ("a dog", "a cat")), dimensions=8)
    assert list(many[1]) == list(one[0])


def test_the_module_has_it_too(simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", simulator.openai_url)
    monkeypatch.setenv("OPENAI_API_KEY", simulator.openai_key)
    assert ringup.embed(["a"], model=SMALL, dimensions=4).dimensions == 4


def test_gemini(make: Make, simulator: Simulator) -> None:
    texts = [f"text {number}" for number in range(250)]
    found = make("gemini-embedding-001").embed(texts, dimensions=8, task="CLUSTERING")
    assert (len(found), found.dimensions, found.provider) == (250, 8, "gemini")
    assert sorted(len(call.request.json["requests"]) for call in simulator.calls) == [50, 100, 100]
    assert simulator.calls[0].request.json["requests"][0]["taskType"] == "CLUSTERING"
    assert found.usage.input_tokens is None
    assert found.cost is None
    assert "how many tokens" in (found.bill.reason or "")
    alone = make("gemini-embedding-001").embed(texts[222], dimensions=8)
    assert list(found[222]) == list(alone[0])


def test_geminis_newer_model_tells_its_usage_and_costs(make: Make) -> None:
    found = make("gemini-embedding-2").embed([f"text {number}" for number in range(101)])
    assert found.usage.input_tokens == 303
    assert found.cost == Decimal("0.0000606")


def test_the_simulators_own_models() -> None:
    found = ringup.embed(["a", "b"], model="sim/any", dimensions=4)
    assert len(found) == 2
    assert "costs nothing" in (found.bill.reason or "")


# Many texts


def test_five_thousand_short_texts(make: Make, simulator: Simulator) -> None:
    texts = [f"text number {number}" for number in range(5000)]
    told: list[tuple[int, int]] = []
    found = make().embed(texts, dimensions=16, on_progress=lambda done, total: told.append((done, total)))
    assert found.data == expected(texts, 16)
    assert sorted(len(call.request.json["input"]) for call in simulator.calls) == [904, 2048, 2048]
    assert told[-1] == (5000, 5000)
    assert [done for done, _ in told] == sorted({done for done, _ in told})
    assert found.usage.input_tokens == sum(call.json["usage"]["prompt_tokens"] for call in simulator.calls)
    assert found.cost == found.usage.input_tokens * Decimal("0.02") / 1_000_000
    assert [attempt.number for attempt in found.attempts] == [1, 2, 3]
    assert found.latency is not None
    assert found.latency >= max(a.ended - a.started for a in found.attempts if a.ended)


def test_texts_are_split_by_their_tokens_too(make: Make, simulator: Simulator) -> None:
    texts = ["word " * 8_000] * 80
    found = make().embed(texts, dimensions=2)
    assert len(found) == 80
    tokens = [call.json["usage"]["prompt_tokens"] for call in simulator.calls]
    assert len(tokens) == 3
    assert max(tokens) <= 300_000


def test_batch_and_order(make: Make, simulator: Simulator) -> None:
    simulator.fault(path="*embed*", latency=0.2)  # the first one comes last
    texts = [f"number {number}" for number in range(50)]
    assert make().embed(texts, dimensions=4, batch=7).data == expected(texts, 4)
    assert len(simulator.calls) == 8


def test_an_unknown_server_gets_few_at_a_time(simulator: Simulator) -> None:
    with ringup.Client(base_url=simulator.openai_url, api_key=simulator.openai_key) as client:
        assert len(client.embed(["a"] * 100, model=SMALL, dimensions=2)) == 100
    assert sorted(len(call.request.json["input"]) for call in simulator.calls) == [4, 32, 32, 32]


def test_never_more_at_once_than_asked(make: Make) -> None:
    under_way, most = set[int](), [0]
    lock = threading.Lock()

    def watch(attempt: Attempt) -> None:
        with lock:
            key = hash((attempt.started, attempt.number))
            under_way.discard(key) if attempt.outcome else under_way.add(key)
            most[0] = max(most[0], len(under_way))

    make(on_event=watch).embed(["a"] * 60, dimensions=2, batch=5, at_once=3)
    assert 1 < most[0] <= 3


# Splitting, as laws


@given(
    st.lists(st.integers(1, 500), min_size=1, max_size=200),
    st.integers(1, 50),
    st.integers(1, 2_000),
    st.none() | st.integers(1, 60),
)
def test_pieces_are_whole_in_order_and_within_the_limits(
    counts: list[int], texts: int, tokens: int, batch: int | None
) -> None:
    pieces = split(counts, EmbedRules(texts=texts, total_tokens=tokens), batch)
    assert [at for piece in pieces for at in piece] == list(range(len(counts)))
    for piece in pieces:
        assert 0 < len(piece) <= min(texts, batch or texts)
        assert len(piece) == 1 or sum(counts[at] for at in piece) <= tokens
    for one, other in itertools.pairwise(pieces):  # as few as can be, in order
        full = len(one) == min(texts, batch or texts)
        assert full or sum(counts[at] for at in one) + counts[other.start] > tokens


def test_what_isnt_known_is_taken_with_caution() -> None:
    assert {len(piece) for piece in split([1] * 64, embedders.rules("vllm", "bge-m3"))} == {CAUTIOUS_TEXTS}


@given(st.text(min_size=1, max_size=300))
def test_a_text_lies_between_its_bounds(text: str) -> None:
    tokens = vocabulary.count(text, "cl100k_base")
    assert tokens is not None
    assert vocabulary.least(text) <= tokens <= vocabulary.most(text)


@given(st.lists(st.text(min_size=1, max_size=50), min_size=1, max_size=20))
def test_short_texts_are_never_counted(texts: list[str]) -> None:
    assert sizes(texts, OPENAI, SMALL) == [len(text.encode("utf-8", "surrogatepass")) for text in texts]


# What is refused before anything is sent


def test_a_text_that_is_too_long_is_named_with_its_count(make: Make, simulator: Simulator) -> None:
    with pytest.raises(ringup.ParameterError, match=r"texts\[1\] .* 9,001 tokens, and .* 8,192") as caught:
        make().embed(["short", "word " * 9_000])
    assert caught.value.parameter == "texts[1]"
    with pytest.raises(ringup.ParameterError, match=r"texts\[0\] .*; texts\[2\] has 8,501 tokens"):
        make().embed(["word " * 9_000, "short", "word " * 8_500])
    assert simulator.calls == []


def test_a_text_just_short_enough_goes(make: Make) -> None:
    assert make().embed("word " * 8_190, dimensions=2).usage.input_tokens == 8_191


def test_without_the_vocabulary_only_what_is_certain_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vocabulary, "encoding", lambda _: None)
    with pytest.raises(ringup.ParameterError, match=r"at least 9,000 tokens"):
        sizes(["word " * 9_000], OPENAI, SMALL)
    assert sizes(["extraordinarily " * 5_000], OPENAI, SMALL) == [80_000]
    with pytest.raises(ringup.ParameterError, match=r"at least 2,049 tokens, and gemini-embedding-001 takes 2,048"):
        sizes(["word " * 2_049], embedders.rules("gemini", "gemini-embedding-001"), "gemini-embedding-001")


def test_a_run_of_letters_without_end_is_not_counted() -> None:
    begun = time.monotonic()
    assert sizes(["a" * 200_000], OPENAI, SMALL) == [200_000]
    assert time.monotonic() - begun < 5  # counted, it would take minutes


@pytest.mark.parametrize(
    ("texts", "parameter"),
    [
        ([], "texts"),
        ("", "texts[0]"),
        (["a", ""], "texts[1]"),
        (["a", None], "texts[1]"),
        (["a", ["b"]], "texts[1]"),
        (b"a", "texts"),
        ({"a": "b"}, "texts"),
        (7, "texts"),
        (None, "texts"),
    ],
)
def test_what_is_no_text(texts: Any, parameter: str) -> None:
    with pytest.raises(ringup.ParameterError) as caught:
        read_texts(texts)
    assert caught.value.parameter == parameter


@pytest.mark.parametrize(
    ("params", "parameter"),
    [
        ({"dimensions": 0}, "dimensions"),
        ({"dimensions": 1537}, "dimensions"),
        ({"dimensions": True}, "dimensions"),
        ({"dimensions": 8, "model": "text-embedding-ada-002"}, "dimensions"),
        ({"batch": 0}, "batch"),
        ({"at_once": 0}, "at_once"),
        ({"timeout": 0}, "timeout"),
        ({"retries": -1}, "retries"),
        ({"on_progress": 7}, "on_progress"),
        ({"task": 7}, "task"),
        ({"task": "CLUSTERING", "strict": True}, "task"),
        ({"extra": {"input": ["b"]}}, "extra"),
        ({"extra": {"user": object()}}, "extra"),
        ({"headers": {"Authorization": "Bearer x"}}, "headers"),
        ({"headers": {"content-type": "x"}}, "headers"),
        ({"model": "gpt-4o-mini"}, "model"),
    ],
)
def test_parameters_out_of_range(make: Make, simulator: Simulator, params: dict[str, Any], parameter: str) -> None:
    with pytest.raises(ringup.ParameterError) as caught:
        make().embed(["a"], **params)
    assert caught.value.parameter == parameter
    assert simulator.calls == []


def test_other_mistakes(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(TypeError, match="embed has no parameter 'temperature'"):
        make().embed(["a"], temperature=0)
    with pytest.raises(ringup.UnknownModelError, match="no model for embeddings"):
        ringup.Client().embed(["a"])
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-0123456789abcdef")
    with pytest.raises(ringup.ConfigurationError, match="anthropic has no API for embeddings"):
        ringup.Client("claude-haiku-4-5").embed(["a"])
    closed = make()
    closed.close()
    with pytest.raises(ringup.ConfigurationError, match="closed"):
        closed.embed(["a"])


def test_what_the_api_cant_say_is_told(make: Make) -> None:
    with pytest.warns(ringup.RingupWarning, match="no tasks"):
        found = make().embed(["a"], task="CLUSTERING")
    assert [notice.what for notice in found.notices if notice.kind == "dropped"] == ["task"]


def test_dimensions_that_a_server_passes_over_are_told(simulator: Simulator) -> None:
    body = {"object": "list", "data": [{"index": 0, "embedding": [0.5, 0.25]}], "model": "m"}
    simulator.fault(path="*embed*", body=body, status=200)
    with (
        ringup.Client(base_url=simulator.openai_url, api_key=simulator.openai_key) as client,
        pytest.warns(ringup.RingupWarning, match="vectors of 2 numbers, not of 1"),
    ):
        assert client.embed(["a"], model="m", dimensions=1).dimensions == 2


def test_a_clients_defaults_hold_but_for_what_is_for_chats(simulator: Simulator) -> None:
    options: dict[str, Any] = {"temperature": 0, "extra": {"frequency_penalty": 1}, "headers": {"x-team": "docs"}}
    with simulator.client("gpt-4o-mini", **options) as client:
        client.embed(["a"], model=SMALL, extra={"user": "ada"})
    (call,) = simulator.calls
    assert call.request.json.keys() == {"model", "input", "encoding_format", "user"}
    assert call.request.headers["x-team"] == "docs"


def test_mistral_has_another_word_for_dimensions(simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MISTRAL_API_KEY", "0123456789abcdef0123456789abcdef")
    body = {"object": "list", "data": [{"index": 0, "embedding": [0.5, 0.25]}], "model": "codestral-embed"}
    simulator.fault(path="*embed*", body=body, status=200)
    with ringup.Client(provider="mistral", base_url=simulator.openai_url, api_key=simulator.key) as client:
        client.embed(["a"], model="codestral-embed", dimensions=2)
    assert simulator.calls[0].request.json["output_dimension"] == 2
    assert "dimensions" not in simulator.calls[0].request.json


# Failures


TEXTS = [f"text {number}" for number in range(60)]


def test_a_429_is_obeyed_and_the_job_goes_on(make: Make, simulator: Simulator) -> None:
    simulator.fault(path="*embed*", status=429, headers={"retry-after-ms": "50"}, after=1, times=3)
    found = make().embed(TEXTS, dimensions=4, batch=5)
    assert found.data == expected(TEXTS, 4)
    assert [attempt.status for attempt in found.attempts].count(429) == 3
    assert all(attempt.wait == 0.05 for attempt in found.attempts if attempt.status == 429)


def test_a_500_is_tried_again(make: Make, simulator: Simulator) -> None:
    simulator.fault(path="*embed*", status=500, after=2)
    found = make().embed(TEXTS, dimensions=4, batch=20)
    assert found.data == expected(TEXTS, 4)
    assert len(found.attempts) == 4


def test_a_cut_answer_is_tried_again(make: Make, simulator: Simulator) -> None:
    simulator.fault(path="*embed*", truncate=1000)
    found = make().embed(TEXTS, batch=20)
    assert len(found) == 60
    assert found.attempts[0].outcome != found.attempts[-1].outcome or len(found.attempts) == 4


def test_one_that_fails_for_good_fails_the_job_and_keeps_the_rest(make: Make, simulator: Simulator) -> None:
    simulator.fault(path="*embed*", status=400, message="no such thing", after=2, times=0)
    with pytest.raises(
        ringup.BadRequestError, match=r"no such thing \(for the texts 40 to 59 of 60\); 40 are"
    ) as caught:
        make().embed(TEXTS, dimensions=4, batch=20, at_once=1)
    error = caught.value
    assert isinstance(error.partial, Embeddings)
    assert error.partial.data == expected(TEXTS[:40], 4)
    assert error.partial.indexes == tuple(range(40))
    assert error.partial.usage.input_tokens == 120
    assert error.status == 400
    assert len(simulator.calls) == 3
    copied = pickle.loads(pickle.dumps(error))
    assert str(copied) == str(error)


def test_a_job_of_one_request_has_the_errors_of_any_call(make: Make, simulator: Simulator) -> None:
    simulator.fault(path="*embed*", status=401)
    with pytest.raises(ringup.AuthenticationError) as caught:
        make().embed(TEXTS)
    assert caught.value.partial is None
    assert "texts" not in caught.value.message


def test_the_time_is_for_the_whole_job(make: Make, simulator: Simulator) -> None:
    simulator.fault(path="*embed*", latency=1.5, after=1, times=0)
    with pytest.raises(
        ringup.APITimeoutError, match=r"the 60 texts weren't embedded within 1 s; 20 are done"
    ) as caught:
        make().embed(TEXTS, dimensions=4, batch=20, timeout=1, at_once=1)
    assert caught.value.partial.indexes == tuple(range(20))
    assert "timeout" in caught.value.advice


def test_too_few_vectors_are_an_error(make: Make, simulator: Simulator) -> None:
    body = {"object": "list", "data": [{"index": 0, "embedding": [0.5, 0.25]}], "model": SMALL}
    simulator.fault(path="*embed*", body=body, status=200)
    with pytest.raises(ringup.ProtocolError, match="1 embeddings for 2 texts"):
        make().embed(["a", "b"])


def test_vectors_of_two_lengths_are_an_error(make: Make, simulator: Simulator) -> None:
    body = {"object": "list", "data": [{"index": 0, "embedding": [0.5, 0.25]}], "model": SMALL}
    simulator.fault(path="*embed*", body=body, status=200, after=1)
    with pytest.raises(ringup.ProtocolError, match="embeddings of 2 numbers, and others of 1536"):
        make().embed(["a", "b"], batch=1, at_once=1)


def test_an_exception_of_on_progress_ends_the_job(make: Make, simulator: Simulator) -> None:
    def stop(done: int, total: int) -> None:
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        make().embed(TEXTS, batch=1, at_once=1, on_progress=stop)
    assert len(simulator.calls) == 1


def test_cancelling_stops_all(simulator: Simulator) -> None:
    simulator.fault(path="*embed*", stall=True, times=0)
    ended: list[str | None] = []

    async def main() -> None:
        options: dict[str, Any] = {"base_url": simulator.openai_url, "api_key": simulator.openai_key}
        watch = lambda attempt: ended.append(attempt.outcome) if attempt.outcome else None  # noqa: E731
        async with ringup.AsyncClient(SMALL, provider="openai", on_event=watch, **options) as client:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(client.embed(TEXTS, batch=10), 0.3)
            assert len(asyncio.all_tasks()) == 1

    asyncio.run(main())
    assert ended == ["cancelled"] * 4


CTRL_C = """
import os, ringup, signal, sys, threading
threading.Timer(0.7, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
key = "sk-simulator-0000000000000000"
client = ringup.Client("text-embedding-3-small", provider="openai", base_url=sys.argv[1], api_key=key)
try:
    client.embed([f"text {n}" for n in range(60)], batch=10)
except KeyboardInterrupt:
    print("stopped")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="a signal can't be sent so")
@pytest.mark.parametrize("fault", [{"stall": True}, {"status": 429, "headers": {"retry-after": "60"}}])
def test_ctrl_c_stops_all(simulator: Simulator, fault: dict[str, Any]) -> None:
    simulator.fault(path="*embed*", times=0, **fault)
    done = subprocess.run(
        [sys.executable, "-c", CTRL_C, simulator.openai_url], capture_output=True, text=True, timeout=30, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "stopped\n", "")


def test_a_thread_that_waits_ends_with_the_job(simulator: Simulator) -> None:
    simulator.script(
        [
            {"path": "*embed*", "status": 429, "headers": {"retry-after": "60"}},
            {"path": "*embed*", "status": 400, "latency": 0.3},
        ]
    )
    embedder = Embedder(simulator, "sync")
    with pytest.raises(ringup.BadRequestError):
        embedder.embed(TEXTS, batch=30)
    for thread in threading.enumerate():
        if thread.name == "ringup-embed":
            thread.join(10)
            assert not thread.is_alive()
    embedder.close()
    assert len(simulator.calls) == 2


def test_every_request_is_in_the_log(make: Make, simulator: Simulator, tmp_path: Any) -> None:
    simulator.fault(path="*embed*", status=400, after=2)
    embedder = make(ledger=tmp_path / "calls.db")
    with pytest.raises(ringup.BadRequestError):
        embedder.embed(TEXTS, batch=20, at_once=1)
    embedder.close()
    failed, *answered = rows(tmp_path / "calls.db")
    assert [row["outcome"] for row in answered] == ["answered", "answered"]
    assert all(
        (row["wire"], row["input_tokens"], row["cost_usd"]) == ("embeddings", 60, "0.0000012") for row in answered
    )
    assert (failed["outcome"], failed["status"], failed["input_tokens"]) == ("failed", 400, None)


# The job by itself


class Clock:
    time = 0.0

    def clock(self) -> float:
        return self.time

    now = clock
    chance = clock


def made_job(count: int, at_once: int = 4, **options: Any) -> tuple[Job, list[Record], Clock]:
    records: list[Record] = []
    clock = Clock()

    def begin(texts: tuple[str, ...], left: float) -> tuple[Record, Script]:
        record = Record(None)  # type: ignore[arg-type]
        record.reply = Embeddings(data=pack([1.0, 0.0] * len(texts)), count=len(texts), dimensions=2)
        record.attempts = [Attempt(number=1, started=clock.time)]
        records.append(record)
        return record, iter(())  # type: ignore[return-value]

    pieces = [range(at, at + 1) for at in range(count)]
    given = {"model": "m", "timeout": 10.0, "at_once": at_once, **options}
    return Job(tuple("abcdefghijkl"[:count]), pieces, begin, clock, **given), records, clock


def too_fast(record: Record, wait: float | None) -> None:
    record.attempts = [Attempt(number=1, started=0.0, status=429, wait=wait), *record.attempts[: 0 if wait else 1]]


def test_while_one_waits_for_its_turn_no_other_begins() -> None:
    job, records, _ = made_job(12)
    assert [number for number, _ in job.ready()] == [0, 1, 2, 3]
    too_fast(records[1], wait=5.0)
    job.landed(0)
    assert job.ready() == []
    records[1].attempts.append(Attempt(number=2, started=1.0))
    assert [number for number, _ in job.ready()] == [4]


def test_after_a_429_half_as_many_and_then_one_more_with_each() -> None:
    job, records, _ = made_job(12)
    job.ready()
    too_fast(records[0], wait=None)
    job.landed(0)
    assert job.ready() == []  # three are under way, and two may be
    job.landed(1)
    assert [number for number, _ in job.ready()] == [4]  # three may be
    job.landed(2)
    assert [number for number, _ in job.ready()] == [5, 6]  # four again


def test_after_the_deadline_nothing_begins() -> None:
    job, _, clock = made_job(3, at_once=1)
    job.ready()
    job.landed(0)
    clock.time = 10.0
    with pytest.raises(ringup.APITimeoutError, match="the 3 texts weren't embedded within 10 s; 1 are done") as caught:
        job.ready()
    assert caught.value.partial.indexes == (0,)
    assert caught.value.retryable is False


# The vectors


def test_numpy_takes_them_without_a_copy(make: Make) -> None:
    found = make().embed(TEXTS, dimensions=4, batch=20)
    table = numpy.asarray(found)
    assert (table.shape, table.dtype) == ((60, 4), numpy.float32)
    flat = numpy.frombuffer(found.data, "<f4")
    assert numpy.shares_memory(table, flat)
    assert table.tolist() == [list(row) for row in found]
    data = table.tolist()
    del found, flat
    gc.collect()
    assert table.tolist() == data


def test_vectors_are_shown_in_a_line() -> None:
    found = Embeddings(data=pack([0.5] * 3072), count=2, dimensions=1536, model="m")
    assert repr(found).startswith("Embeddings(count=2, dimensions=1536, model='m', usage=")
    assert len(repr(found)) < 300
    assert found.cost is None
    assert found.bill.reason


numbers = st.floats(-1, 1, width=32).filter(lambda number: number == 0 or abs(number) > 1e-3)
tables = st.integers(1, 8).flatmap(
    lambda size: st.tuples(
        st.lists(st.lists(numbers, min_size=size, max_size=size), min_size=1, max_size=12),
        st.lists(numbers, min_size=size, max_size=size),
    )
)


@given(tables, st.integers(1, 15))
def test_nearest_is_the_same_with_numpy_and_without(case: tuple[list[list[float]], list[float]], k: int) -> None:
    table, query = case
    found = Embeddings(data=b"".join([pack(row) for row in table]), count=len(table), dimensions=len(query))
    with_numpy = found.nearest(query, k)
    with pytest.MonkeyPatch.context() as patch:
        patch.delitem(sys.modules, "numpy")
        plain = found.nearest(query, k)
    assert [match.similarity for match in plain] == pytest.approx([match.similarity for match in with_numpy], abs=1e-5)
    assert [match.similarity for match in plain] == sorted([match.similarity for match in plain], reverse=True)
    assert len(plain) == min(k, len(table))
    for match in plain:
        assert match.similarity == pytest.approx(similarity(floats(pack(table[match.index])), query), abs=1e-6)


@given(st.lists(numbers, min_size=1, max_size=30), st.floats(0.1, 10))
def test_the_similarity_of_a_vector_with_itself(values: list[float], factor: float) -> None:
    if math.hypot(*values) == 0:
        assert similarity(values, values) == 0.0
        return
    assert similarity(values, [number * factor for number in values]) == pytest.approx(1.0)
    assert similarity(values, [-number for number in values]) == pytest.approx(-1.0)


def test_what_cant_be_compared() -> None:
    with pytest.raises(ringup.ParameterError, match="2 numbers can't be compared with one of 3"):
        similarity([1.0, 2.0], [1.0, 2.0, 3.0])
    with pytest.raises(ringup.ParameterError, match="2 numbers can't be compared with one of 1"):
        nearest([[1.0, 2.0]], [1.0], 1)
    with pytest.raises(ringup.ParameterError, match="k=0"):
        nearest([[1.0, 2.0]], [1.0, 1.0], 0)
    assert nearest([], [1.0], 1) == []


def test_numpy_is_never_imported_for_it() -> None:
    code = (
        "import sys, ringup; from ringup.embeddings import Embeddings, pack\n"
        "found = Embeddings(data=pack([1.0, 0.0, 0.0, 1.0]), count=2, dimensions=2)\n"
        "print(found.nearest([1.0, 0.5], 1)[0].index, 'numpy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "0 False\n"


def test_the_table_of_models() -> None:
    assert set(embedders.known("openai")) == set(importlib.import_module("ringup.simulator.embed").MODELS)
    assert embedders.rules("gemini", "models/gemini-embedding-2").tokens == 8192
    assert embedders.known("anthropic") == ()
    for provider in ("openai", "gemini", "mistral"):
        for model in embedders.known(provider):
            assert embedders.rules(provider, model).source
