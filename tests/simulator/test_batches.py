"""OpenAI's batches from the simulator, by its own SDK: all ways that they can go, by a clock that is set forward."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx2
import openai
import pytest
from openai.types import Batch, CreateEmbeddingResponse
from openai.types.chat import ChatCompletion
from openai.types.responses import Response

from ringup.secret import Secret
from ringup.simulator import batchlines
from ringup.simulator.jobs import Job
from ringup.testing import Simulator
from tests.simulator.strictly import strictly

NOW = 1_800_000_000
DAY = 86_400
CHAT = "/v1/chat/completions"
MODEL = "gpt-4o-mini"


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    """One whose clock stands still unless it is set forward."""
    with Simulator(clock=lambda: float(NOW)) as sim:
        yield sim


@pytest.fixture
def client(simulator: Simulator) -> Iterator[Any]:
    with openai.OpenAI(base_url=simulator.openai_url, api_key=simulator.key, max_retries=0) as found:
        yield found


def line(custom_id: str, url: str = CHAT, **body: Any) -> dict[str, Any]:
    if url == CHAT and "messages" not in body:
        body["messages"] = [{"role": "user", "content": f"What is 1+{len(custom_id)}?"}]
    return {"custom_id": custom_id, "method": "POST", "url": url, "body": {"model": MODEL, **body}}


def lines(count: int) -> list[dict[str, Any]]:
    return [line(f"r{number}") for number in range(count)]


def upload(client: Any, rows: list[dict[str, Any]] | bytes) -> str:
    data = rows if isinstance(rows, bytes) else b"".join([json.dumps(row).encode() + b"\n" for row in rows])
    return str(client.files.create(file=("in.jsonl", data), purpose="batch").id)


def create(client: Any, rows: list[dict[str, Any]] | bytes, endpoint: str = CHAT, **more: Any) -> Batch:
    made: Batch = client.batches.create(
        input_file_id=upload(client, rows), endpoint=endpoint, completion_window="24h", **more
    )
    return made


def read(client: Any, file_id: str | None) -> dict[str, dict[str, Any]]:
    """The rows of a file, by their custom ids."""
    rows = [json.loads(row) for row in client.files.content(file_id).text.splitlines()]
    return {row["custom_id"]: row for row in rows}


def done(client: Any, simulator: Simulator, batch: Batch) -> Batch:
    """The batch after a day."""
    simulator.advance(DAY)
    found: Batch = client.batches.retrieve(batch.id)
    return found


def counted(batch: Batch) -> tuple[int, int, int]:
    """How many lines, how many done, how many failed."""
    counts = batch.request_counts
    assert counts
    return counts.total, counts.completed, counts.failed


# The way that it goes


def test_a_batch_goes_its_way_by_the_clock(client: Any, simulator: Simulator) -> None:
    batch = create(client, lines(5), metadata={"for": "tests"})
    raw = simulator.calls[-1].json
    assert raw["errors"] is raw["output_file_id"] is raw["completed_at"] is None
    strictly(Batch, simulator.calls[-1].body)
    assert batch.id.startswith("batch_")
    assert (batch.status, batch.created_at, batch.expires_at) == ("validating", NOW, NOW + DAY)
    assert (batch.endpoint, batch.completion_window, batch.metadata) == (CHAT, "24h", {"for": "tests"})
    seen = []
    for _ in range(14):
        simulator.advance(1)
        batch = client.batches.retrieve(batch.id)
        seen.append((batch.status, *counted(batch)[:2]))
    assert seen == [
        ("validating", 0, 0),
        *[("in_progress", 5, number // 2) for number in range(10)],
        *[("finalizing", 5, 5)] * 2,
        ("completed", 5, 5),
    ]
    strictly(Batch, simulator.calls[-1].body)
    assert (batch.in_progress_at, batch.finalizing_at, batch.completed_at) == (NOW + 2, NOW + 12, NOW + 14)
    assert batch.failed_at is batch.expired_at is batch.cancelling_at is batch.cancelled_at is batch.errors is None
    assert batch.model == "gpt-4o-mini-2024-07-18"


def test_the_output_holds_what_the_api_answers(client: Any, simulator: Simulator) -> None:
    rows = [line("good"), line("warm", temperature=9), line("none", messages=[]), line("two", n=2)]
    batch = done(client, simulator, create(client, rows))
    assert (batch.status, counted(batch)) == ("completed", (4, 2, 2))
    good = read(client, batch.output_file_id)
    assert good.keys() == {"good", "two"}
    total = 0
    for row in good.values():
        assert row.keys() == {"id", "custom_id", "response", "error"}
        assert (row["error"], row["response"]["status_code"]) == (None, 200)
        answer = strictly(ChatCompletion, json.dumps(row["response"]["body"]))
        assert answer.service_tier == "default"
        assert answer.usage
        total += answer.usage.total_tokens
    assert "1 + 4" in good["good"]["response"]["body"]["choices"][0]["message"]["content"]
    assert batch.usage
    assert batch.usage.total_tokens == batch.usage.input_tokens + batch.usage.output_tokens == total
    bad = read(client, batch.error_file_id)
    assert bad.keys() == {"warm", "none"}
    assert bad["warm"]["error"] is None
    assert bad["warm"]["response"]["status_code"] == 400
    assert bad["warm"]["response"]["body"]["error"]["param"] == "temperature"
    every = [*good.values(), *bad.values()]
    assert len({row["id"] for row in every}) == len({row["response"]["request_id"] for row in every}) == 4


def test_its_files_are_files_like_others(client: Any, simulator: Simulator) -> None:
    after: Any = {"anchor": "created_at", "seconds": 7200}
    batch = create(client, lines(2), output_expires_after=after)
    simulator.advance(60)
    (output,) = client.files.list(purpose="batch_output").data  # before anybody asked for the batch
    batch = client.batches.retrieve(batch.id)
    assert (batch.output_file_id, batch.error_file_id) == (output.id, None)
    assert output.filename == f"{batch.id}_output.jsonl"
    assert (output.created_at, output.expires_at) == (NOW + 14, NOW + 14 + 7200)
    simulator.advance(7200)
    with pytest.raises(openai.NotFoundError):
        client.files.content(output.id)
    longer = done(client, simulator, create(client, lines(1)))
    kept = client.files.retrieve(longer.output_file_id)
    assert kept.expires_at - kept.created_at == 30 * DAY


def test_responses_and_embeddings_too(client: Any, simulator: Simulator) -> None:
    rows = [line("a", "/v1/responses", input="Hi", instructions="Be brief."), line("b", "/v1/responses", input="Hi")]
    batch = done(client, simulator, create(client, rows, "/v1/responses"))
    body = read(client, batch.output_file_id)["a"]["response"]["body"]
    assert body.pop("store") is True
    answer = strictly(Response, json.dumps(body))
    assert client.responses.retrieve(answer.id).output_text == answer.output_text
    assert batch.usage
    assert batch.usage.output_tokens > 0
    small = {"model": "text-embedding-3-small"}
    texts = [line("a", "/v1/embeddings", input=["x", "y"], **small), line("b", "/v1/embeddings", input="", **small)]
    batch = done(client, simulator, create(client, texts, "/v1/embeddings"))
    row = read(client, batch.output_file_id)["a"]
    assert len(strictly(CreateEmbeddingResponse, json.dumps(row["response"]["body"])).data[0].embedding) == 1536
    assert read(client, batch.error_file_id).keys() == {"b"}
    assert batch.usage
    assert (batch.usage.input_tokens, batch.usage.output_tokens) == (2, 0)
    assert batch.model == "text-embedding-3-small"


def test_what_the_simulator_does_not_serve_fails_line_by_line(client: Any, simulator: Simulator) -> None:
    batch = done(client, simulator, create(client, [line("a", "/v1/moderations", input="x")], "/v1/moderations"))
    assert (batch.status, batch.output_file_id) == ("completed", None)
    assert read(client, batch.error_file_id)["a"]["response"]["status_code"] == 404


def test_it_follows_from_the_seed(client: Any, simulator: Simulator) -> None:
    def outputs(sim: Simulator, steps: int) -> bytes:
        sim.reset()
        with openai.OpenAI(base_url=sim.openai_url, api_key=sim.key, max_retries=0) as own:
            batch = create(own, lines(12))
            for _ in range(steps):
                sim.advance(DAY / steps)
                batch = own.batches.retrieve(batch.id)
            return bytes(own.files.content(str(batch.output_file_id)).content)

    first = outputs(simulator, 1)
    assert outputs(simulator, 1) == first
    assert outputs(simulator, 7) == first
    asked = [row["custom_id"] for row in lines(12)]
    ids = [json.loads(row)["custom_id"] for row in first.splitlines()]
    assert ids != asked
    assert sorted(ids) == sorted(asked)
    with Simulator(seed=1, clock=lambda: float(NOW)) as other:
        assert outputs(other, 1) != first


def test_a_batch_has_a_cache_and_limits_of_its_own() -> None:
    long = [{"role": "system", "content": "You know this by heart. " * 300}, {"role": "user", "content": "Hi"}]
    with (
        Simulator(clock=lambda: float(NOW), rpm=3) as sim,
        openai.OpenAI(base_url=sim.openai_url, api_key=sim.key, max_retries=0) as client,
    ):
        batch = create(client, [line(f"r{number}", messages=long) for number in range(8)])
        batch = done(client, sim, batch)
        assert counted(batch) == (8, 8, 0)
        assert batch.usage
        assert batch.usage.input_tokens_details.cached_tokens >= 7 * 1024
        live: Any = long
        answer = client.chat.completions.create(model=MODEL, messages=live)
        assert answer.usage
        assert answer.usage.prompt_tokens_details
        assert answer.usage.prompt_tokens_details.cached_tokens == 0


def test_what_each_line_used_can_be_found(client: Any, simulator: Simulator) -> None:
    batch = done(client, simulator, create(client, [*lines(2), line("bad", temperature=9)]))
    job = simulator._app._engine.world.batches.find(Secret(simulator.key), batch.id)
    assert isinstance(job, Job)
    used = {found.custom_id: found.usage for found in job.done}
    assert used["bad"] is None
    assert {found.model for found in job.done} == {"gpt-4o-mini-2024-07-18"}
    assert batch.usage
    assert sum([usage.total_tokens or 0 for usage in used.values() if usage]) == batch.usage.total_tokens


def test_many_lines_do_not_stop_others(client: Any, simulator: Simulator) -> None:
    batch = create(client, [line(f"r{number}", input="Hi") for number in range(2)] + lines(600)[2:])
    simulator.advance(DAY)
    for _ in range(60):
        live = client.chat.completions.create(model="sim/any", messages=[{"role": "user", "content": "Hi"}])
        assert live.choices
        batch = client.batches.retrieve(batch.id)
        if batch.status == "completed":
            break
        assert batch.status in ("in_progress", "finalizing")
    assert counted(batch) == (600, 598, 2)


# Ended early


def test_a_batch_is_cancelled(client: Any, simulator: Simulator) -> None:
    batch = create(client, lines(5))
    simulator.advance(7)
    batch = client.batches.cancel(batch.id)
    assert (batch.status, batch.cancelling_at, batch.cancelled_at) == ("cancelling", NOW + 7, None)
    assert client.batches.cancel(batch.id) == batch
    simulator.advance(4)
    assert client.batches.retrieve(batch.id) == batch
    simulator.advance(1)
    batch = client.batches.retrieve(batch.id)
    assert (batch.status, batch.cancelled_at, batch.completed_at) == ("cancelled", NOW + 12, None)
    assert counted(batch) == (5, 2, 3)
    strictly(Batch, simulator.calls[-1].body)
    good, bad = read(client, batch.output_file_id), read(client, batch.error_file_id)
    assert good.keys() | bad.keys() == {f"r{number}" for number in range(5)}
    assert all((row["response"], row["error"]["code"]) == (None, "batch_cancelled") for row in bad.values())
    assert len({row["id"] for row in (*good.values(), *bad.values())}) == 5
    assert client.batches.cancel(batch.id).status == "cancelled"


def test_a_batch_is_cancelled_before_it_began(client: Any, simulator: Simulator) -> None:
    batch = create(client, lines(2))
    client.batches.cancel(batch.id)
    batch = done(client, simulator, batch)
    assert (batch.status, batch.in_progress_at, batch.output_file_id) == ("cancelled", None, None)
    assert len(read(client, batch.error_file_id)) == 2


def test_a_batch_expires_with_what_was_done(client: Any, simulator: Simulator) -> None:
    batch = create(client, [*lines(3), line("sim-expire-1")])
    simulator.advance(DAY - 1)
    batch = client.batches.retrieve(batch.id)
    assert (batch.status, batch.output_file_id) == ("in_progress", None)
    assert counted(batch) == (4, 3, 0)
    simulator.advance(1)
    batch = client.batches.retrieve(batch.id)
    assert (batch.status, batch.expired_at, batch.completed_at) == ("expired", NOW + DAY, None)
    assert counted(batch) == (4, 3, 1)
    assert len(read(client, batch.output_file_id)) == 3
    (row,) = read(client, batch.error_file_id).values()
    assert (row["custom_id"], row["response"], row["error"]["code"]) == ("sim-expire-1", None, "batch_expired")


@pytest.mark.parametrize("rows", [[line("a")], [line("a", stream=True)], [line("sim-expire")]], ids=str)
def test_what_has_ended_is_not_cancelled(client: Any, simulator: Simulator, rows: list[dict[str, Any]]) -> None:
    batch = done(client, simulator, create(client, rows))
    assert batch.status in ("completed", "failed", "expired")
    with pytest.raises(openai.ConflictError, match=f"Cannot cancel a batch with status '{batch.status}'"):
        client.batches.cancel(batch.id)


# Input that isn't right


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in line("a").items() if key != name}


OTHER = (
    "The model 'gpt-4o' for this request does not match the rest of the batch. Each batch must contain requests for a "
)


@pytest.mark.parametrize(
    ("bad", "told"),
    [
        (b"{no", ("invalid_json_line", "This line is not parseable as valid JSON.", None)),
        (b"[]", ("invalid_json_line", "This line is not parseable as valid JSON.", None)),
        (without("custom_id"), ("missing_required_parameter", "Missing required parameter: 'custom_id'.", "custom_id")),
        (without("method"), ("missing_required_parameter", "Missing required parameter: 'method'.", "method")),
        (without("url"), ("missing_required_parameter", "Missing required parameter: 'url'.", "url")),
        (without("body"), ("missing_required_parameter", "Missing required parameter: 'body'.", "body")),
        (line("a") | {"custom_id": 5}, ("missing_required_parameter", "'custom_id'", "custom_id")),
        (line("a") | {"method": "GET"}, ("invalid_method", "'GET'", "method")),
        (line("a", "/v1/responses", input="x"), ("invalid_url", "does not match the batch endpoint.", "url")),
        (line("first"), ("duplicate_custom_id", "The custom_id 'first' for this request is a duplicate", "custom_id")),
        (line("a", stream=True), ("streaming_unsupported", "Streaming is not supported", "body.stream")),
        (line("a", model="gpt-4o"), ("mismatched_model", OTHER, "body.model")),
        (line("a", model=None), ("invalid_request", "Model parameter is required.", "body.model")),
        (line("a", messages=None), ("invalid_request", "Messages parameter is required.", "body.messages")),
    ],
    ids=str,
)
def test_bad_lines_fail_the_batch(
    client: Any, simulator: Simulator, bad: Any, told: tuple[str, str, str | None]
) -> None:
    second = bad if isinstance(bad, bytes) else json.dumps(bad).encode()
    batch = create(client, json.dumps(line("first")).encode() + b"\n\n" + second + b"\n")
    assert batch.status == "validating"
    assert batch.errors is None
    simulator.advance(2)
    batch = client.batches.retrieve(batch.id)
    strictly(Batch, simulator.calls[-1].body)
    assert (batch.status, batch.failed_at, batch.in_progress_at) == ("failed", NOW + 2, None)
    assert counted(batch) == (0, 0, 0)
    assert batch.output_file_id is batch.error_file_id is None
    assert batch.errors
    assert batch.errors.data
    (error,) = batch.errors.data
    assert (error.code, error.param, error.line) == (told[0], told[2], 3)
    assert error.message
    assert told[1] in error.message


def test_every_bad_line_is_told(client: Any, simulator: Simulator) -> None:
    rows = [line("a", model="gpt-none"), line("b"), without("url"), line("b")]
    batch = done(client, simulator, create(client, rows))
    assert batch.errors
    assert [(error.code, error.line) for error in batch.errors.data or []] == [
        ("model_not_found", 1),
        ("missing_required_parameter", 3),
        ("duplicate_custom_id", 4),
    ]


def test_the_file_has_to_be_there_and_for_batches(client: Any, simulator: Simulator) -> None:
    image = client.files.create(file=b"x", purpose="vision").id
    for file_id, words in (("file-no", "Cannot find file file-no"), (image, "purpose 'vision'")):
        batch = client.batches.create(input_file_id=file_id, endpoint=CHAT, completion_window="24h")
        batch = done(client, simulator, batch)
        assert batch.status == "failed"
        (error,) = batch.errors.data
        assert (error.code, error.line, error.param) == ("invalid_request", None, "file_id")
        assert words in error.message


def test_a_file_has_lines_and_not_too_many() -> None:
    assert [error["code"] for error in batchlines.read(b"\n \n", CHAT).errors] == ["empty_file"]
    many = b"\n".join([b"{}"] * 50_001)
    assert [error["code"] for error in batchlines.read(many, CHAT).errors] == ["too_many_tasks"]
    mark = batchlines.read(b"\xef\xbb\xbf" + json.dumps(line("a")).encode(), CHAT)
    assert [error["code"] for error in mark.errors] == ["invalid_json_line"]
    assert len(batchlines.read(b"\n".join([b"{}"] * 1_000), CHAT).errors) == 500


def test_embeddings_have_a_limit_of_texts() -> None:
    def rows(texts: Any) -> bytes:
        small = {"model": "text-embedding-3-small"}
        return json.dumps(line("a", "/v1/embeddings", input=texts, **small)).encode()

    assert not batchlines.read(rows(["x"] * 50_000), "/v1/embeddings").errors
    assert not batchlines.read(rows([1] * 50_001), "/v1/embeddings").errors
    assert batchlines.read(rows(["x"] * 50_001), "/v1/embeddings").errors[0]["param"] == "body.input"


@pytest.mark.parametrize(
    ("fields", "message", "param"),
    [
        ({"input_file_id": None}, "Missing required parameter: 'input_file_id'.", "input_file_id"),
        ({"endpoint": None}, "Missing required parameter: 'endpoint'.", "endpoint"),
        ({"completion_window": None}, "Missing required parameter: 'completion_window'.", "completion_window"),
        ({"endpoint": "/v1/files"}, "Invalid value: '/v1/files'. Supported values are: '/v1/responses', ", "endpoint"),
        ({"completion_window": "1h"}, "Invalid value: '1h'. Supported values are: '24h'.", "completion_window"),
        ({"input_file_id": 5}, "expected a string, but got an integer", "input_file_id"),
        ({"metadata": {"tags": ["a"]}}, "expected a string, but got an array instead.", "metadata.tags"),
        ({"metadata": "x"}, "expected an object", "metadata"),
        ({"output_expires_after": {"anchor": "created_at", "seconds": 5}}, ">= 3600", "output_expires_after.seconds"),
        ({"output_expires_after": {"anchor": "created_at"}}, "Missing", "output_expires_after.seconds"),
        ({"more": 1}, "Unknown parameter: 'more'.", "more"),
    ],
    ids=str,
)
def test_what_is_asked_wrongly_is_refused(
    client: Any, simulator: Simulator, fields: dict[str, Any], message: str, param: str
) -> None:
    body = {"input_file_id": "file-x", "endpoint": CHAT, "completion_window": "24h", **fields}
    given = {name: value for name, value in body.items() if value is not None}
    with pytest.raises(openai.BadRequestError) as refused:
        client.post("/batches", body=given, cast_to=Batch)
    assert message in refused.value.message
    assert refused.value.param == param
    assert client.batches.list().data == []


# Found again


def test_batches_are_listed_page_by_page(client: Any, simulator: Simulator) -> None:
    file_id = upload(client, lines(1))
    made = [client.batches.create(input_file_id=file_id, endpoint=CHAT, completion_window="24h").id for _ in range(5)]
    assert [batch.id for batch in client.batches.list(limit=2)] == made[::-1]
    first = client.batches.list(limit=2)
    assert first.has_more is True
    assert [batch.id for batch in client.batches.list(after=made[1])] == [made[0]]
    with pytest.raises(openai.BadRequestError, match="1 to 100"):
        client.batches.list(limit=101)


def test_a_batch_belongs_to_its_key(client: Any, simulator: Simulator) -> None:
    batch = create(client, lines(1))
    with openai.OpenAI(base_url=simulator.openai_url, api_key=simulator.openai_key, max_retries=0) as other:
        for call in (other.batches.retrieve, other.batches.cancel):
            with pytest.raises(openai.NotFoundError, match=f"No batch found with id '{batch.id}'"):
                call(batch.id)
        assert other.batches.list().data == []


def test_faults_and_calls_know_batches(client: Any, simulator: Simulator) -> None:
    batch = create(client, lines(3))
    simulator.fault(path="/v1/batches/*", status=500)
    with pytest.raises(openai.InternalServerError):
        client.batches.retrieve(batch.id)
    simulator.advance(DAY)
    assert client.batches.retrieve(batch.id).status == "completed"
    calls = httpx2.get(f"{simulator.url}/_ringup/calls", trust_env=False).json()["calls"]
    assert [call["request"]["path"] for call in calls[:2]] == ["/v1/files", "/v1/batches"]
    assert len(calls) == 4  # the lines are no calls
    assert calls[-1]["answer"]["body"]["status"] == "completed"
    simulator.reset()
    assert client.batches.list().data == []


def test_the_oldest_batches_go(client: Any, simulator: Simulator) -> None:
    jobs = simulator._app._engine.world.batches
    jobs._kept._most = 2
    made = [create(client, lines(1)).id for _ in range(3)]
    simulator.advance(60)
    assert [batch.id for batch in client.batches.list()] == [made[2], made[1]]
    assert not jobs._open
