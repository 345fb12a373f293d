"""Anthropic's message batches from the simulator, by Anthropic's own SDK and a clock that is set forward."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import anthropic
import httpx2
import pytest
from anthropic.types import Message
from anthropic.types.messages import DeletedMessageBatch, MessageBatch, MessageBatchIndividualResponse

from ringup.secret import Secret
from ringup.testing import Simulator
from tests.simulator.strictly import strictly

NOW = 1_800_000_000
BEGAN = datetime.fromtimestamp(NOW, UTC)
DAY = 86_400
MODEL = "claude-haiku-4-5"


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    """One whose clock stands still unless it is set forward."""
    with Simulator(clock=lambda: float(NOW)) as sim:
        yield sim


@pytest.fixture
def client(simulator: Simulator) -> Iterator[Any]:
    with anthropic.Anthropic(base_url=simulator.anthropic_url, api_key=simulator.key, max_retries=0) as found:
        yield found


def request(custom_id: str, **params: Any) -> Any:
    usual = {"model": MODEL, "max_tokens": 50, "messages": [{"role": "user", "content": "What is 2+2?"}]}
    return {"custom_id": custom_id, "params": {**usual, **params}}


def requests(count: int) -> list[Any]:
    return [request(f"r{number}") for number in range(count)]


def create(client: Any, given: list[Any]) -> MessageBatch:
    made: MessageBatch = client.messages.batches.create(requests=given)
    return made


def results(client: Any, batch: MessageBatch) -> dict[str, Any]:
    return {row.custom_id: row.result for row in client.messages.batches.results(batch.id)}


def counted(batch: MessageBatch) -> dict[str, int]:
    """The counts that aren't 0."""
    return {
        name: number for name, number in batch.request_counts.to_dict().items() if isinstance(number, int) if number
    }


def after(client: Any, simulator: Simulator, batch: MessageBatch, seconds: float = DAY) -> MessageBatch:
    simulator.advance(seconds)
    found: MessageBatch = client.messages.batches.retrieve(batch.id)
    return found


def test_a_batch_goes_its_way_by_the_clock(client: Any, simulator: Simulator) -> None:
    batch = create(client, requests(4))
    strictly(MessageBatch, simulator.calls[-1].body)
    assert batch.id.startswith("msgbatch_01")
    assert (batch.processing_status, counted(batch)) == ("in_progress", {"processing": 4})
    assert (batch.created_at, batch.expires_at) == (BEGAN, BEGAN + timedelta(days=1))
    assert batch.results_url is batch.ended_at is batch.archived_at is batch.cancel_initiated_at is None
    assert after(client, simulator, batch, 9) == batch
    assert simulator.calls[-1].headers["retry-after"] == "10"
    batch = after(client, simulator, batch, 1)
    strictly(MessageBatch, simulator.calls[-1].body)
    assert (batch.processing_status, counted(batch)) == ("ended", {"succeeded": 4})
    assert batch.ended_at == BEGAN + timedelta(seconds=10)
    assert batch.results_url == f"{simulator.url}/v1/messages/batches/{batch.id}/results"


def test_results_are_what_the_api_answers(client: Any, simulator: Simulator) -> None:
    given = [
        request("good"),
        request("lost", model="claude-none"),
        request("stream", stream=True),
        request("plain", stream=False),
        request("zero", max_tokens=0),
        request("much", max_tokens=9_999_999),
        {"custom_id": "empty", "params": {}},
    ]
    batch = after(client, simulator, create(client, given))
    assert counted(batch) == {"succeeded": 2, "errored": 5}
    found = results(client, batch)
    assert simulator.calls[-1].headers["content-type"] == "application/x-jsonl"
    for row in simulator.calls[-1].body.splitlines():
        strictly(MessageBatchIndividualResponse, row)
    assert found.keys() == {one["custom_id"] for one in given}
    good = found["good"].message
    assert isinstance(good, Message)
    assert "4" in good.content[0].text
    assert good.usage.service_tier == "batch"
    assert good.id != found["plain"].message.id
    for name, kind, words in (
        ("lost", "not_found_error", "model: claude-none"),
        ("stream", "invalid_request_error", '"stream=True" is not supported in the Message Batches API'),
        ("zero", "invalid_request_error", "max_tokens: must be greater than or equal to 1"),
        ("much", "invalid_request_error", "max_tokens"),
        ("empty", "invalid_request_error", "Field required"),
    ):
        assert (found[name].type, found[name].error.type) == ("errored", "error")
        assert found[name].error.error.type == kind
        assert words in found[name].error.error.message
        assert found[name].error.request_id is None


def test_thinking_and_caching_work_inside(client: Any, simulator: Simulator) -> None:
    system = [{"type": "text", "text": "You know this by heart. " * 900, "cache_control": {"type": "ephemeral"}}]
    thinking = {"type": "enabled", "budget_tokens": 1024}
    given = [request(f"r{number}", system=system, thinking=thinking, max_tokens=2000) for number in range(3)]
    found = results(client, after(client, simulator, create(client, given)))
    for result in found.values():
        assert [block.type for block in result.message.content] == ["thinking", "text"]
        assert result.message.content[0].signature
    usages = [result.message.usage for result in found.values()]
    assert sorted(usage.cache_read_input_tokens > 4096 for usage in usages) == [False, True, True]
    assert sorted(usage.cache_creation_input_tokens > 4096 for usage in usages) == [False, False, True]


def test_the_version_of_the_batch_is_that_of_its_requests(client: Any, simulator: Simulator) -> None:
    old = client.with_options(default_headers={"anthropic-version": "2023-06-01"})
    found = {}
    for name, one in (("old", old), ("new", client)):
        found[name] = results(one, after(one, simulator, create(one, [request("a", temperature=0.5)])))["a"]
    assert found["old"].type == "succeeded"
    assert found["new"].error.error.message == "temperature: Extra inputs are not permitted"


def test_it_follows_from_the_seed(client: Any, simulator: Simulator) -> None:
    def rows(steps: int) -> bytes:
        simulator.reset()
        batch = create(client, requests(12))
        for _ in range(steps):
            batch = after(client, simulator, batch, DAY / steps)
        list(client.messages.batches.results(batch.id))
        return simulator.calls[-1].body

    first = rows(1)
    assert rows(5) == first
    simulator.reset()
    batch = after(client, simulator, create(client, requests(12)))
    order = list(results(client, batch))
    assert order != [f"r{number}" for number in range(12)]
    assert sorted(order) == sorted(f"r{number}" for number in range(12))


def test_a_batch_is_canceled(client: Any, simulator: Simulator) -> None:
    batch = create(client, requests(4))
    simulator.advance(5)
    batch = client.messages.batches.cancel(batch.id)
    strictly(MessageBatch, simulator.calls[-1].body)
    assert (batch.processing_status, counted(batch)) == ("canceling", {"processing": 4})
    assert batch.cancel_initiated_at == BEGAN + timedelta(seconds=5)
    assert client.messages.batches.cancel(batch.id) == batch
    assert after(client, simulator, batch, 4) == batch
    batch = after(client, simulator, batch, 1)
    assert (batch.processing_status, counted(batch)) == ("ended", {"succeeded": 2, "canceled": 2})
    assert sorted(result.type for result in results(client, batch).values()) == ["canceled"] * 2 + ["succeeded"] * 2
    assert client.messages.batches.cancel(batch.id) == batch


def test_a_batch_expires_with_what_was_done(client: Any, simulator: Simulator) -> None:
    batch = create(client, [*requests(2), request("sim-expire_1")])
    batch = after(client, simulator, batch, DAY - 1)
    assert (batch.processing_status, counted(batch)) == ("in_progress", {"processing": 3})
    batch = after(client, simulator, batch, 1)
    assert (batch.processing_status, counted(batch)) == ("ended", {"succeeded": 2, "expired": 1})
    assert batch.ended_at == batch.expires_at
    assert results(client, batch)["sim-expire_1"].type == "expired"


def test_results_are_there_when_it_has_ended_and_for_29_days(client: Any, simulator: Simulator) -> None:
    batch = create(client, requests(1))
    with pytest.raises(anthropic.AnthropicError, match="No batch `results_url`|results_url"):
        list(client.messages.batches.results(batch.id))
    address = f"{simulator.url}/v1/messages/batches/{batch.id}/results"
    headers = {"x-api-key": simulator.key, "anthropic-version": "2023-06-01"}
    early = httpx2.get(address, headers=headers, trust_env=False)
    words = f"Message Batch {batch.id} has no available results."
    assert (early.status_code, early.json()["error"]) == (404, {"type": "not_found_error", "message": words})
    batch = after(client, simulator, batch, 29 * DAY - 1)
    assert batch.archived_at is None
    assert len(httpx2.get(address, headers=headers, trust_env=False).text.splitlines()) == 1
    batch = after(client, simulator, batch, 1)
    assert (batch.archived_at, batch.results_url) == (BEGAN + timedelta(days=29), None)
    assert httpx2.get(address, headers=headers, trust_env=False).status_code == 404


def test_a_batch_is_deleted_when_it_has_ended(client: Any, simulator: Simulator) -> None:
    batch = create(client, requests(1))
    with pytest.raises(anthropic.BadRequestError, match="In progress batches cannot be deleted"):
        client.messages.batches.delete(batch.id)
    simulator.advance(DAY)
    gone = DeletedMessageBatch(id=batch.id, type="message_batch_deleted")
    assert client.messages.batches.delete(batch.id) == gone
    for call in (client.messages.batches.retrieve, client.messages.batches.cancel, client.messages.batches.delete):
        with pytest.raises(anthropic.NotFoundError, match=f"Message Batch {batch.id} not found."):
            call(batch.id)
    assert client.messages.batches.list().data == []


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "requests: Field required"),
        ([], "Input should be a valid dictionary"),
        ({"requests": {}}, "requests: Input should be a valid list"),
        ({"requests": []}, "requests: List should have at least 1 item after validation, not 0"),
        ({"requests": [1]}, "requests.0: Input should be a valid dictionary"),
        ({"requests": [{"params": {}}]}, "requests.0.custom_id: Field required"),
        ({"requests": [{"custom_id": 1, "params": {}}]}, "requests.0.custom_id: Input should be a valid string"),
        ({"requests": [{"custom_id": "a"}]}, "requests.0.params: Field required"),
        ({"requests": [{"custom_id": "a", "params": []}]}, "requests.0.params: Input should be a valid dictionary"),
        ({"requests": [request("a"), request("a" * 65)]}, "requests.1.custom_id: String should have at most 64 char"),
        ({"requests": [request("")]}, "requests.0.custom_id: String should have at least 1 character"),
        ({"requests": [request("a b")]}, "requests.0.custom_id: String should match pattern '^[a-zA-Z0-9_-]{1,64}$'"),
        ({"requests": [request("a\n")]}, "requests.0.custom_id: String should match pattern"),
        ({"requests": [request("a") | {"more": 1}]}, "requests.0.more: Extra inputs are not permitted"),
        ({"requests": [request("a")], "more": 1}, "more: Extra inputs are not permitted"),
        ({"requests": [request("a"), request("a")]}, "requests: custom_id's must be unique within a batch. Duplicate"),
    ],
    ids=str,
)
def test_what_is_asked_wrongly_is_refused(client: Any, simulator: Simulator, body: Any, message: str) -> None:
    with pytest.raises(anthropic.BadRequestError) as refused:
        client.post("/v1/messages/batches", body=body, cast_to=MessageBatch)
    assert refused.value.type == "invalid_request_error"
    assert message in refused.value.message
    assert client.messages.batches.list().data == []


def test_there_are_not_too_many_and_a_version_is_needed(client: Any, simulator: Simulator) -> None:
    address = f"{simulator.url}/v1/messages/batches"
    headers = {"x-api-key": simulator.key, "content-type": "application/json"}
    body = b'{"requests": [' + b",".join([b"{}"] * 100_001) + b"]}"
    many = httpx2.post(
        address, headers=headers | {"anthropic-version": "2023-06-01"}, content=body, trust_env=False, timeout=60
    )
    assert (
        many.json()["error"]["message"]
        == "requests: List should have at most 100000 items after validation, not 100001"
    )
    bare = httpx2.post(address, headers=headers, content=b"{}", trust_env=False)
    assert bare.json()["error"]["message"] == "anthropic-version: header is required"
    assert httpx2.get(address, trust_env=False).status_code == 401


def test_batches_are_listed_page_by_page(client: Any, simulator: Simulator) -> None:
    made = [create(client, requests(1)).id for _ in range(5)][::-1]
    assert [batch.id for batch in client.messages.batches.list(limit=2)] == made
    first = client.messages.batches.list(limit=2)
    assert (first.first_id, first.last_id, first.has_more) == (made[0], made[1], True)
    back = client.messages.batches.list(limit=2, before_id=made[3])
    assert ([batch.id for batch in back.data], back.has_more) == ([made[1], made[2]], True)
    assert [batch.id for batch in client.messages.batches.list(after_id=made[3])] == [made[4]]
    assert client.messages.batches.list(before_id=made[0]).data == []
    for wrong in ({"limit": 0}, {"limit": 1001}, {"after_id": "msgbatch_no"}, {"before_id": "msgbatch_no"}):
        with pytest.raises(anthropic.BadRequestError):
            client.messages.batches.list(**wrong)


def test_a_batch_belongs_to_its_key(client: Any, simulator: Simulator) -> None:
    batch = create(client, requests(1))
    key = simulator.anthropic_key
    with anthropic.Anthropic(base_url=simulator.anthropic_url, api_key=key, max_retries=0) as other:
        with pytest.raises(anthropic.NotFoundError):
            other.messages.batches.retrieve(batch.id)
        assert other.messages.batches.list().data == []


def test_the_beta_sends_the_same(client: Any, simulator: Simulator) -> None:
    address = f"{simulator.url}/v1/messages/batches?beta=true"
    headers = {"x-api-key": simulator.key, "anthropic-version": "2023-06-01", "anthropic-beta": "some-beta-2024-09-24"}
    made = httpx2.post(address, headers=headers, json={"requests": requests(1)}, trust_env=False).json()
    assert client.messages.batches.retrieve(made["id"]).processing_status == "in_progress"


def test_what_each_request_used_can_be_found(client: Any, simulator: Simulator) -> None:
    batch = after(client, simulator, create(client, [request("a"), request("lost", model="claude-none")]))
    job = simulator._app._engine.world.message_batches.find(Secret(simulator.key), batch.id)
    assert job
    used = {done.custom_id: (done.model, done.usage) for done in job.done}
    assert used["lost"] == ("", None)
    model, usage = used["a"]
    assert model == "claude-haiku-4-5-20251001"
    assert usage
    assert usage.details["service_tier"] == "batch"
    assert usage.input_tokens == results(client, batch)["a"].message.usage.input_tokens


def test_calls_faults_and_resets_know_batches(client: Any, simulator: Simulator) -> None:
    batch = create(client, requests(2))
    simulator.fault(path="/v1/messages/batches/*", kind="overloaded")
    with pytest.raises(anthropic.APIStatusError) as refused:
        client.messages.batches.retrieve(batch.id)
    assert refused.value.status_code == 529
    results(client, after(client, simulator, batch))
    shown = [call.plain() for call in simulator.calls]
    assert [call["request"]["path"].removeprefix(f"/v1/messages/batches/{batch.id}") for call in shown] == [
        "/v1/messages/batches",
        "",
        "",
        "",
        "/results",
    ]
    assert shown[-1]["answer"]["body"].count("succeeded") == 2
    simulator.reset()
    assert client.messages.batches.list().data == []
    assert create(client, requests(2)).id != batch.id  # the list was call 1
