"""Responses in the background, streams told again, and talks made short, by OpenAI's own SDK."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import openai
import pytest
from openai.types.responses import CompactedResponse

from ringup.events import Finish, Start
from ringup.testing import Simulator
from ringup.wires import responses
from tests.simulator.strictly import strictly, unknown

MODEL = "gpt-4o-mini"


@pytest.fixture
def client(simulator: Simulator) -> Iterator[Any]:
    with openai.OpenAI(base_url=simulator.openai_url, api_key=simulator.key, max_retries=0) as found:
        yield found


def test_the_clock_brings_it_to_its_end(client: Any, simulator: Simulator) -> None:
    made = client.responses.create(model=MODEL, input="Count to 3", background=True)
    assert (made.status, made.background, made.output, made.usage) == ("queued", True, [], None)
    simulator.advance(1.5)
    found = client.responses.retrieve(made.id)
    assert (found.status, found.output, found.usage) == ("in_progress", [], None)
    simulator.advance(2)
    found = client.responses.retrieve(made.id)
    assert (found.status, found.output_text) == ("completed", "1, 2, 3")
    assert found.usage.output_tokens
    assert not unknown(found) or unknown(found) == [".store"]


def test_one_that_is_cut_is_incomplete_in_the_end(client: Any, simulator: Simulator) -> None:
    made = client.responses.create(model=MODEL, input="Write a long story.", background=True, max_output_tokens=16)
    assert (made.status, made.incomplete_details) == ("queued", None)
    simulator.advance(4)
    found = client.responses.retrieve(made.id)
    assert (found.status, found.incomplete_details.reason) == ("incomplete", "max_output_tokens")


def test_what_runs_can_be_stopped(client: Any, simulator: Simulator) -> None:
    made = client.responses.create(model=MODEL, input="Hi", background=True)
    assert client.responses.cancel(made.id).status == "cancelled"
    simulator.advance(10)
    assert client.responses.retrieve(made.id).status == "cancelled"
    assert client.responses.cancel(made.id).output == []
    done = client.responses.create(model=MODEL, input="Hi", background=True)
    simulator.advance(10)
    assert client.responses.cancel(done.id).status == "completed"
    client.responses.delete(done.id)
    with pytest.raises(openai.NotFoundError):
        client.responses.cancel(done.id)


def test_what_runs_cannot_be_built_upon(client: Any, simulator: Simulator) -> None:
    made = client.responses.create(model=MODEL, input="My name is Grace.", background=True)
    after: dict[str, Any] = {"model": MODEL, "input": "What is my name?", "previous_response_id": made.id}
    with pytest.raises(openai.BadRequestError, match="isn't done yet"):
        client.responses.create(**after)
    simulator.advance(10)
    assert "Grace" in client.responses.create(**after).output_text


def test_its_stream_can_be_told_again(client: Any, simulator: Simulator) -> None:
    fields: dict[str, Any] = {"model": MODEL, "input": "Count to 5", "background": True, "stream": True}
    with client.responses.create(**fields) as stream:
        events = list(stream)
    kinds = [event.type for event in events]
    assert kinds[:3] == ["response.created", "response.queued", "response.in_progress"]
    assert [event.response.status for event in events[:3]] == ["queued", "queued", "in_progress"]
    assert kinds[-1] == "response.completed"
    assert [event.sequence_number for event in events] == list(range(len(events)))
    made = events[0].response.id
    assert client.responses.retrieve(made) == events[-1].response
    assert list(client.responses.retrieve(made, stream=True)) == events
    assert list(client.responses.retrieve(made, stream=True, starting_after=4)) == events[5:]
    assert list(client.responses.retrieve(made, stream=True, starting_after=999)) == []
    read = [event for event in _read(simulator.calls[0].body) if isinstance(event, (Start, Finish))]
    assert [type(event) for event in read] == [Start, Finish]


def _read(body: bytes) -> list[Any]:
    reader = responses.Reader()
    events = list(reader.feed(body))
    reader.close()
    return events


def test_what_is_refused(client: Any) -> None:
    waited = client.responses.create(model=MODEL, input="Hi")
    polled = client.responses.create(model=MODEL, input="Hi", background=True)
    for made in (waited, polled):
        with pytest.raises(openai.BadRequestError) as caught:
            client.responses.retrieve(made.id, stream=True)
        assert caught.value.param == "stream"
    streamed = client.responses.create(model=MODEL, input="Hi", background=True, stream=True)
    made = next(iter(streamed)).response
    streamed.close()
    with pytest.raises(openai.BadRequestError) as caught:
        client.responses.retrieve(made.id, stream=True, extra_query={"starting_after": "x"})
    assert caught.value.param == "starting_after"
    with pytest.raises(openai.BadRequestError) as caught:
        client.responses.create(model=MODEL, input="Hi", background=True, store=False)
    assert caught.value.param == "store"


# Made short


def test_a_talk_is_made_short_and_goes_on(client: Any, simulator: Simulator) -> None:
    first = client.responses.create(model=MODEL, input="My name is Grace.")
    short = client.responses.compact(model=MODEL, previous_response_id=first.id)
    strictly(CompactedResponse, simulator.calls[-1].body)
    assert [item.type for item in short.output] == ["compaction"]
    assert short.usage.total_tokens == short.usage.input_tokens + short.usage.output_tokens
    turns: Any = [*short.output, {"role": "user", "content": "What is my name?"}]
    answer = client.responses.create(model=MODEL, input=turns)
    assert answer.usage.input_tokens > client.responses.create(model=MODEL, input=turns[1:]).usage.input_tokens
    assert client.responses.input_items.list(answer.id).data[0].type == "message"
    foreign: Any = [{"type": "compaction", "id": "cmp_0", "encrypted_content": "gAAAAA=="}, turns[-1]]
    assert client.responses.create(model=MODEL, input=foreign).status == "completed"


def test_a_talk_made_short_needs_words(client: Any) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        client.responses.compact(model=MODEL)
    assert caught.value.param == "input"
    with pytest.raises(openai.BadRequestError) as caught:
        client.responses.compact(model=MODEL, input="Hi", extra_body={"temperature": 1})
    assert caught.value.param == "temperature"
    with pytest.raises(openai.BadRequestError) as caught:
        client.responses.input_tokens.count(model=MODEL, input="Hi", extra_body={"store": True})
    assert caught.value.param == "store"


def test_a_fine_tuned_model_can_be_deleted(client: Any) -> None:
    name = "ft:gpt-4o-mini:acme::abc123"
    assert client.responses.create(model=name, input="Hi").status == "completed"
    assert client.models.delete(name).deleted is True
    for call in (client.models.delete, client.models.retrieve):
        with pytest.raises(openai.NotFoundError):
            call(name)
    with pytest.raises(openai.NotFoundError):
        client.responses.create(model=name, input="Hi")
    with pytest.raises(openai.PermissionDeniedError):
        client.models.delete("gpt-4o-mini")
