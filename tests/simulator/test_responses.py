"""The Responses API from the simulator, by OpenAI's own SDK: created, streamed, stored, built upon and counted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx2
import msgspec
import openai
import pytest
from openai.types.responses import Response, ResponseItemList

from ringup.testing import Simulator
from tests.simulator.strictly import strictly, unknown

MODEL = "gpt-4o-mini"
WEATHER: Any = {
    "type": "function",
    "name": "get_weather",
    "description": "Get the current weather",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    "strict": False,
}


@pytest.fixture
def client(simulator: Simulator) -> Iterator[Any]:
    with openai.OpenAI(base_url=simulator.openai_url, api_key=simulator.key, max_retries=0) as found:
        yield found


def test_it_answers(client: Any, simulator: Simulator) -> None:
    answer = client.responses.create(model=MODEL, input="What is the capital of France?", instructions="Be kind.")
    assert "Paris" in answer.output_text
    assert (answer.status, answer.error, answer.incomplete_details) == ("completed", None, None)
    assert answer.model == "gpt-4o-mini-2024-07-18"
    assert answer.id.startswith("resp_")
    assert answer.output[0].id
    assert answer.output[0].id.startswith("msg_")
    assert (answer.instructions, answer.store) == ("Be kind.", True)
    assert answer.usage
    assert answer.usage.total_tokens == answer.usage.input_tokens + answer.usage.output_tokens
    assert answer._request_id == simulator.calls[0].headers["x-request-id"]
    assert simulator.calls[0].wire == "responses"
    assert "Paris" in client.responses.create(model="sim/any", input="What is the capital of France?").output_text


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"tools": [WEATHER], "tool_choice": "required"},
        {"model": "gpt-5"},
        {"model": "gpt-5", "reasoning": {"effort": "low", "summary": "auto"}},
        {"model": "gpt-5", "include": ["reasoning.encrypted_content"], "store": False},
        {"max_output_tokens": 16, "input": "Write a long story."},
        {"text": {"format": {"type": "json_object"}}, "input": "Give me json about Oslo."},
    ],
    ids=str,
)
def test_answers_fit_the_vendors_types(client: Any, simulator: Simulator, fields: dict[str, Any]) -> None:
    given = {"model": MODEL, "input": "What is the weather in Oslo?", **fields}
    whole = client.responses.create(**given)
    body = simulator.calls[0].json
    assert body.pop("store") is given.get("store", True)  # OpenAI sends it, and its SDK has no field for it
    strictly(Response, msgspec.json.encode(body))
    with client.responses.create(**given, stream=True) as stream:
        events = list(stream)
    assert {field for event in events for field in unknown(event)} <= {".response.store", ".name"}
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert [event.type for event in events[:2]] == ["response.created", "response.in_progress"]
    last = events[-1].response
    assert events[-1].type == f"response.{whole.status}"
    assert last.usage
    assert last.usage.input_tokens == whole.usage.input_tokens
    assert [item.type for item in last.output] == [item.type for item in whole.output]
    assert last.output_text == "".join([event.delta for event in events if event.type == "response.output_text.delta"])
    if given.get("store", True):
        assert client.responses.retrieve(last.id) == last


def test_it_streams_word_by_word(client: Any) -> None:
    with client.responses.create(model=MODEL, input="Count to 5", stream=True) as stream:
        pieces = [event.delta for event in stream if event.type == "response.output_text.delta"]
    assert "".join(pieces) == "1, 2, 3, 4, 5"
    assert len(pieces) > 5


def test_a_reasoning_item_tells_what_was_asked_for(client: Any) -> None:
    plain = client.responses.create(model="gpt-5", input="Hi")
    assert (plain.output[0].type, plain.output[0].summary) == ("reasoning", [])
    assert plain.output[0].encrypted_content is None
    assert plain.usage
    assert plain.usage.output_tokens_details.reasoning_tokens == 64
    shown = client.responses.create(
        model="gpt-5",
        input="Hi",
        reasoning={"effort": "low", "summary": "auto"},
        include=["reasoning.encrypted_content"],
        store=False,
    )
    assert shown.output[0].type == "reasoning"
    assert shown.output[0].summary[0].text
    assert shown.output[0].encrypted_content
    again: Any = [{"role": "user", "content": "Hi"}, *shown.output, {"role": "user", "content": "Count to 3"}]
    assert client.responses.create(model="gpt-5", input=again, store=False).output_text == "1, 2, 3"


def test_the_answer_is_cut_at_the_limit(client: Any) -> None:
    cut = client.responses.create(model=MODEL, input="Write a long story.", max_output_tokens=16)
    assert cut.status == "incomplete"
    assert cut.incomplete_details
    assert cut.incomplete_details.reason == "max_output_tokens"
    assert cut.usage
    assert cut.usage.output_tokens == 16


# Stored


def test_the_previous_response_is_remembered(client: Any) -> None:
    first = client.responses.create(model=MODEL, input="My name is Grace.", instructions="Be kind.")
    second = client.responses.create(model=MODEL, input="I like tea.", previous_response_id=first.id)
    third = client.responses.create(model=MODEL, input="What is my name?", previous_response_id=second.id)
    assert "Grace" in third.output_text
    assert (third.previous_response_id, third.instructions) == (second.id, None)
    assert third.usage
    assert second.usage
    assert third.usage.input_tokens > second.usage.input_tokens
    assert "Grace" not in client.responses.create(model=MODEL, input="What is my name?").output_text


def test_a_streamed_response_is_remembered_too(client: Any) -> None:
    with client.responses.create(model=MODEL, input="My name is Grace.", stream=True) as stream:
        last = list(stream)[-1]
    assert last.type == "response.completed"
    with client.responses.create(
        model=MODEL, input="What is my name?", previous_response_id=last.response.id, stream=True
    ) as stream:
        end = list(stream)[-1]
    assert end.type == "response.completed"
    assert "Grace" in end.response.output_text
    assert end.response.previous_response_id == last.response.id


def test_a_tools_result_goes_to_the_stored_call(client: Any) -> None:
    first = client.responses.create(model=MODEL, input="What's the weather in Oslo?", tools=[WEATHER])
    call = first.output[0]
    assert call.type == "function_call"
    assert (call.name, call.arguments) == ("get_weather", '{"city":"Oslo"}')
    result: Any = [{"type": "function_call_output", "call_id": call.call_id, "output": "17 degrees, fog"}]
    second = client.responses.create(model=MODEL, input=result, previous_response_id=first.id, tools=[WEATHER])
    assert "17" in second.output_text
    with pytest.raises(openai.BadRequestError, match="No tool output found for function call"):
        client.responses.create(model=MODEL, input="And now?", previous_response_id=first.id)


def test_it_is_retrieved_and_deleted(client: Any, simulator: Simulator) -> None:
    answer = client.responses.create(model=MODEL, input="Hi")
    assert client.responses.retrieve(answer.id) == answer
    client.responses.delete(answer.id)
    for call in (client.responses.retrieve, client.responses.delete, client.responses.input_items.list):
        with pytest.raises(openai.NotFoundError, match=f"Response with id '{answer.id}' not found"):
            call(answer.id)
    with pytest.raises(openai.BadRequestError) as caught:
        client.responses.create(model=MODEL, input="Hi", previous_response_id=answer.id)
    assert (caught.value.code, caught.value.param) == ("previous_response_not_found", "previous_response_id")
    assert simulator.calls[2].json == {"id": answer.id, "object": "response", "deleted": True}


def test_what_isnt_stored_isnt_found(client: Any, simulator: Simulator) -> None:
    answer = client.responses.create(model=MODEL, input="Hi", store=False)
    assert answer.store is False
    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve(answer.id)
    kept = client.responses.create(model=MODEL, input="Hi")
    with pytest.raises(openai.NotFoundError):
        client.with_options(api_key="sk-another-key-0000000000").responses.retrieve(kept.id)
    simulator.advance(31 * 86_400)
    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve(kept.id)
    simulator.reset()
    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve(kept.id)


def test_its_input_items_are_listed(client: Any, simulator: Simulator) -> None:
    first = client.responses.create(model=MODEL, input="My name is Grace.")
    turns: Any = [{"role": "user", "content": "One"}, {"role": "user", "content": "Two"}]
    second = client.responses.create(model=MODEL, input=turns, previous_response_id=first.id)
    listed = list(client.responses.input_items.list(second.id, order="asc"))
    strictly(ResponseItemList, simulator.calls[-1].body)
    assert [getattr(item, "role", None) for item in listed] == ["user", "assistant", "user", "user"]
    ids = [item.id for item in listed]
    assert len(set(ids)) == 4
    assert [item.id for item in client.responses.input_items.list(second.id)] == ids[::-1]
    assert [item.id for item in client.responses.input_items.list(second.id, limit=1)] == ids[::-1]  # page by page
    after = client.responses.input_items.list(second.id, order="asc", after=str(ids[1]))
    assert [item.id for item in after.data] == ids[2:]
    for query in ({"limit": 0}, {"order": "up"}, {"after": "item_0"}):
        with pytest.raises(openai.BadRequestError):
            client.responses.input_items.list(second.id, extra_query=query)


def test_tokens_are_counted(client: Any) -> None:
    answer = client.responses.create(model=MODEL, input="My name is Grace.")
    assert answer.usage
    counted = client.responses.input_tokens.count(model=MODEL, input="My name is Grace.")
    assert counted.input_tokens == answer.usage.input_tokens
    after = client.responses.input_tokens.count(model=MODEL, input="Hi", previous_response_id=answer.id)
    assert after.input_tokens > counted.input_tokens


# Refused


@pytest.mark.parametrize(
    ("fields", "param", "code"),
    [
        ({"temprature": 1}, "temprature", "unknown_parameter"),
        ({"max_output_tokens": 3}, "max_output_tokens", "integer_below_min_value"),
        ({"max_output_tokens": 20_000}, "max_output_tokens", "invalid_value"),
        ({"model": "gpt-5", "temperature": 0.3}, "temperature", None),
        ({"input": [{"role": "nobody", "content": "Hi"}]}, "input[0].role", "invalid_value"),
        ({"previous_response_id": "resp_0"}, "previous_response_id", "previous_response_not_found"),
    ],
)
def test_what_it_refuses(client: Any, fields: dict[str, Any], param: str, code: str | None) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        client.responses.create(**{"model": MODEL, "input": "Hi", "extra_body": fields})
    assert caught.value.param == param
    if code:
        assert caught.value.code == code


def test_mistakes_after_a_previous_response_are_told_by_their_own_place(client: Any) -> None:
    first = client.responses.create(model=MODEL, input="Hi")
    wrong: Any = [{"role": "user"}]
    with pytest.raises(openai.BadRequestError) as caught:
        client.responses.create(model=MODEL, input=wrong, previous_response_id=first.id)
    assert caught.value.param == "input[0].content"


def test_other_refusals(client: Any, simulator: Simulator) -> None:
    with pytest.raises(openai.NotFoundError):
        client.responses.create(model="gpt-99", input="Hi")
    with pytest.raises(openai.NotFoundError):
        client.responses.create(model=MODEL, input="Hi", conversation="conv_1")
    with pytest.raises(openai.AuthenticationError):
        client.with_options(api_key="wrong").responses.retrieve("resp_0")
    answer = client.responses.create(model=MODEL, input="Hi")
    with pytest.raises(openai.BadRequestError, match="Cannot cancel a synchronous response"):
        client.responses.cancel(answer.id)
    with httpx2.Client(headers={"authorization": f"Bearer {simulator.key}"}, trust_env=False) as http:
        assert http.put(f"{simulator.openai_url}/responses/{answer.id}").status_code == 405
        assert http.get(f"{simulator.openai_url}/responses").status_code == 405
        assert http.get(f"{simulator.openai_url}/responses/{answer.id}/nothing").status_code == 404


def test_errors_inside_a_stream(client: Any, simulator: Simulator) -> None:
    simulator.fault(error_after=4, wire="responses")
    with client.responses.create(model=MODEL, input="Count to 5", stream=True) as stream:
        last = list(stream)[-1]
    assert last.type == "error"
    assert last.code == "server_is_overloaded"
    simulator.fault(kind="overloaded", wire="responses")
    with pytest.raises(openai.InternalServerError):
        client.responses.create(model=MODEL, input="Hi")
