"""OpenAI's Python SDK on Responses."""

from __future__ import annotations

from typing import Any

import openai

from conformance.clients import samples
from conformance.clients.checks import Checks, Kit, each, got, holds, listed, opened, raised, same
from conformance.clients.openai_chat import MODEL, GetWeather, Weather, user
from conformance.clients.samples import CITY, PDF, PNG, WEATHER, WEATHER_SCHEMA

__all__ = ["RESPONSES", "ask", "enter", "stream"]

RESPONSES = "responses"
TOOL = {"type": "function", "name": "get_weather", "description": WEATHER, "parameters": CITY, "strict": True}
_CITIES = [GetWeather(city="Oslo"), GetWeather(city="Paris")]


def ask(client: Any, **fields: Any) -> Any:
    """A small call."""
    return client.responses.create(**{"model": MODEL, "input": samples.CAPITAL, **fields})


def stream(client: Any, **fields: Any) -> Any:
    """A small call that streams."""
    return ask(client, stream=True, **fields)


def enter(checks: Checks) -> None:
    """Enters the checks."""
    _replies(checks)
    _state(checks)
    _accounts(checks)
    _streams(checks)
    _helpers(checks)
    _tools(checks)
    _typed(checks)
    _refused(checks)
    checks.lacks(RESPONSES, ["tool runner"], "only the SDK for Node.js has one, for chat completions")


def _replies(checks: Checks) -> None:
    @checks(RESPONSES, "whole reply")
    async def whole(kit: Kit) -> None:
        answer = await got(ask(kit.client))
        holds("Paris", "Paris" in answer.output_text, answer.output_text)
        same("status, error", (answer.status, answer.error), ("completed", None))
        same("model", answer.model, "gpt-4o-mini-2024-07-18")
        holds("an id", answer.id.startswith("resp_"), answer.id)
        used = answer.usage
        holds("tokens", used.input_tokens > 5 and used.output_tokens > 1, used)
        same("the sum", used.total_tokens, used.input_tokens + used.output_tokens)
        same("the request's id", answer._request_id, kit.call.headers["x-request-id"])

    @checks(RESPONSES, "conversation")
    async def conversation(kit: Kit) -> None:
        items: list[Any] = []
        answer: Any = None
        for question in samples.TALK:
            items += user(question)
            answer = await got(ask(kit.client, input=items, instructions="You are a concise Python tutor."))
            items += answer.output
        holds("Ada", "Ada" in answer.output_text, answer.output_text)

    @checks(RESPONSES, "length limit")
    async def length(kit: Kit) -> None:
        answer = await got(ask(kit.client, input=samples.STORY, max_output_tokens=16))
        facts = (answer.status, answer.incomplete_details.reason)
        same("status, reason", facts, ("incomplete", "max_output_tokens"))
        same("tokens", answer.usage.output_tokens, 16)

    @checks(RESPONSES, "logprobs")
    async def logprobs(kit: Kit) -> None:
        answer = await got(ask(kit.client, include=["message.output_text.logprobs"], top_logprobs=2))
        tokens = answer.output[0].content[0].logprobs
        same("the tokens together", "".join(token.token for token in tokens), answer.output_text)
        holds("two alternatives each", all(len(token.top_logprobs) == 2 for token in tokens), tokens[0])

    @checks(RESPONSES, "image input")
    async def image(kit: Kit) -> None:
        picture = {"type": "input_image", "image_url": f"data:image/png;base64,{PNG}", "detail": "low"}
        answer = await got(ask(kit.client, input=user({"type": "input_text", "text": "What is it?"}, picture)))
        holds("the image's type", "image/png" in answer.output_text, answer.output_text)

    @checks(RESPONSES, "document input")
    async def document(kit: Kit) -> None:
        file = {"type": "input_file", "filename": "a.pdf", "file_data": f"data:application/pdf;base64,{PDF}"}
        answer = await got(ask(kit.client, input=user({"type": "input_text", "text": "What is it?"}, file)))
        holds("the document's name or type", "pdf" in answer.output_text.lower(), answer.output_text)


def _state(checks: Checks) -> None:
    @checks(RESPONSES, "stored state")
    async def stored(kit: Kit) -> None:
        first = await got(ask(kit.client, input=samples.TALK[0]))
        second = await got(ask(kit.client, input=samples.TALK[-1], previous_response_id=first.id))
        holds("Ada", "Ada" in second.output_text, second.output_text)
        same("previous_response_id", second.previous_response_id, first.id)
        found = await got(kit.client.responses.retrieve(second.id))
        same("what is kept", (found.id, found.output_text), (second.id, second.output_text))
        items = await listed(kit.client.responses.input_items.list(second.id, order="asc", limit=1))
        same("the last item", items[-1].content[0].text, samples.TALK[-1])
        await got(kit.client.responses.delete(first.id))
        await raised(openai.NotFoundError, lambda: got(kit.client.responses.retrieve(first.id)))
        error = await raised(openai.BadRequestError, lambda: got(ask(kit.client, previous_response_id=first.id)))
        same("code", error.code, "previous_response_not_found")

    @checks(RESPONSES, "list, all pages")
    async def pages(kit: Kit) -> None:
        texts = [f"Number {number}" for number in range(5)]
        answer = await got(ask(kit.client, input=[message for text in texts for message in user(text)]))
        items = await listed(kit.client.responses.input_items.list(answer.id, order="asc", limit=2))
        same("the items", [item.content[0].text for item in items], texts)
        same("the pages", [call.request.method for call in kit.sim.calls[1:]], ["GET"] * 3)

    @checks(RESPONSES, "token count")
    async def count(kit: Kit) -> None:
        counted = await got(kit.client.responses.input_tokens.count(model=MODEL, input=samples.CAPITAL))
        answer = await got(ask(kit.client))
        same("the count", counted.input_tokens, answer.usage.input_tokens)


def _accounts(checks: Checks) -> None:
    @checks(RESPONSES, "reasoning")
    async def reasoning(kit: Kit) -> None:
        wanted: Any = {"effort": "high", "summary": "detailed"}
        answer = await got(ask(kit.client, model="gpt-5-mini", reasoning=wanted))
        hidden = answer.usage.output_tokens_details.reasoning_tokens
        holds("reasoning tokens within the output", 0 < hidden < answer.usage.output_tokens, answer.usage)
        same("the items", [item.type for item in answer.output], ["reasoning", "message"])
        holds("a summary", answer.output[0].summary[0].text, answer.output[0])

    @checks(RESPONSES, "reasoning returned")
    async def returned(kit: Kit) -> None:
        fields: Any = {"model": "gpt-5-mini", "store": False, "include": ["reasoning.encrypted_content"]}
        first = await got(ask(kit.client, **fields, input=samples.ONE_PLACE, tools=[TOOL]))
        same("the items", [item.type for item in first.output], ["reasoning", "function_call"])
        holds("encrypted content", first.output[0].encrypted_content, first.output[0])
        result = {"type": "function_call_output", "call_id": first.output[1].call_id, "output": samples.RESULT}
        items = [*user(samples.ONE_PLACE), *first.output, result]
        second = await got(ask(kit.client, **fields, input=items, tools=[TOOL]))
        holds("the result in the answer", "12" in second.output_text, second.output_text)

    @checks(RESPONSES, "cache usage")
    async def cache(kit: Kit) -> None:
        cold = await got(ask(kit.client, instructions=samples.LONG))
        warm = await got(ask(kit.client, instructions=samples.LONG))
        same("cached at first", cold.usage.input_tokens_details.cached_tokens, 0)
        hit = warm.usage.input_tokens_details.cached_tokens
        holds("1,024 or more cached, in steps of 128", hit >= 1024 and hit % 128 == 0, hit)

    @checks(RESPONSES, "raw headers")
    async def raw(kit: Kit) -> None:
        answer = await got(kit.client.responses.with_raw_response.create(model=MODEL, input=samples.CAPITAL))
        same("x-request-id", answer.headers["x-request-id"], kit.call.headers["x-request-id"])
        left = int(answer.headers["x-ratelimit-remaining-requests"])
        holds("requests that are left", 0 < left <= int(answer.headers["x-ratelimit-limit-requests"]), left)
        holds("Paris", "Paris" in (await got(answer.parse())).output_text, answer.text)


def _streams(checks: Checks) -> None:
    @checks(RESPONSES, "raw events")
    async def raw(kit: Kit) -> None:
        events = await listed(await got(stream(kit.client)))
        kinds = [event.type for event in events]
        same("the first", kinds[:2], ["response.created", "response.in_progress"])
        same("the last", kinds[-1], "response.completed")
        same("the numbers", [event.sequence_number for event in events], list(range(len(events))))
        final = events[-1].response
        said = "".join(event.delta for event in events if event.type == "response.output_text.delta")
        same("the text", said, final.output_text)
        holds("Paris", "Paris" in said, said)
        kit.sim.reset()
        whole = await got(ask(kit.client))
        same("text and usage", (final.output_text, final.usage), (whole.output_text, whole.usage))

    @checks(RESPONSES, "left early")
    async def left(kit: Kit) -> None:
        kit.sim.fault(token=0.05)
        events = await got(stream(kit.client, input=samples.STORY))
        async for event in each(events):
            same("the first event", event.type, "response.created")
            break
        await got(events.close())
        same("the outcome", await samples.outcome(kit), "client left")

    @checks(RESPONSES, "error in a stream")
    async def inside(kit: Kit) -> None:
        """The error is an event like any other to the SDK: it is handed out, not raised."""
        kit.sim.fault(error_after=3)
        events = await listed(await got(stream(kit.client)))
        same("the last event", events[-1].type, "error")
        same("its code", events[-1].code, "server_is_overloaded")
        same("the numbers", [event.sequence_number for event in events], list(range(len(events))))
        holds("its words", events[-1].message, events[-1])


def _helpers(checks: Checks) -> None:
    @checks(RESPONSES, "helper")
    async def helper(kit: Kit) -> None:
        async with opened(kit.client.responses.stream(model=MODEL, input=samples.CAPITAL)) as events:
            seen = await listed(events)
            final = await got(events.get_final_response())
        deltas = [event for event in seen if event.type == "response.output_text.delta"]
        same("the text", "".join(event.delta for event in deltas), final.output_text)
        same("the snapshot", deltas[-1].snapshot, final.output_text)
        holds("Paris", "Paris" in final.output_text, final.output_text)
        same("status", final.status, "completed")

    @checks(RESPONSES, "tools streamed")
    async def tools(kit: Kit) -> None:
        asked = kit.client.responses.stream(
            model=MODEL,
            input=samples.TWO_PLACES,
            tools=[openai.pydantic_function_tool(GetWeather)],
        )
        async with opened(asked) as events:
            seen = await listed(events)
            final = await got(events.get_final_response())
        done = [event.arguments for event in seen if event.type == "response.function_call_arguments.done"]
        same("the arguments", done, ['{"city":"Oslo"}', '{"city":"Paris"}'])
        same("the calls", [item.parsed_arguments for item in final.output], _CITIES)

    @checks(RESPONSES, "typed stream")
    async def typed(kit: Kit) -> None:
        asked = kit.client.responses.stream(model=MODEL, input=samples.FILL_IN, text_format=Weather)
        async with opened(asked) as events:
            parsed = (await got(events.get_final_response())).output_parsed
        holds("a Weather of Oslo", isinstance(parsed, Weather) and parsed.city == "Oslo", parsed)


def _tools(checks: Checks) -> None:
    @checks(RESPONSES, "tool loop")
    async def loop(kit: Kit) -> None:
        first = await got(ask(kit.client, input=samples.ONE_PLACE, tools=[TOOL]))
        (call,) = first.output
        facts = (call.type, call.name, call.arguments)
        same("the call", facts, ("function_call", "get_weather", '{"city":"Oslo"}'))
        result = {"type": "function_call_output", "call_id": call.call_id, "output": samples.RESULT}
        fields: Any = {"input": [result], "tools": [TOOL], "previous_response_id": first.id}
        second = await got(ask(kit.client, **fields))
        holds("the result in the answer", "12" in second.output_text, second.output_text)
        other = fields | {"input": [result | {"call_id": "call_other"}]}
        await raised(openai.BadRequestError, lambda: got(ask(kit.client, **other)))

    @checks(RESPONSES, "parallel tools")
    async def parallel(kit: Kit) -> None:
        first = await got(ask(kit.client, input=samples.TWO_PLACES, tools=[TOOL]))
        calls = [item.arguments for item in first.output]
        same("the calls", calls, ['{"city":"Oslo"}', '{"city":"Paris"}'])
        results = [
            {"type": "function_call_output", "call_id": call.call_id, "output": f'{{"temperature": {degrees}}}'}
            for call, degrees in zip(first.output, (12, 21), strict=True)
        ]
        items = [*user(samples.TWO_PLACES), *first.output, *results]
        second = await got(ask(kit.client, input=items, tools=[TOOL]))
        holds("both results", "12" in second.output_text and "21" in second.output_text, second.output_text)
        one = await got(ask(kit.client, input=samples.TWO_PLACES, tools=[TOOL], parallel_tool_calls=False))
        same("calls when only one may be", len(one.output), 1)

    @checks(RESPONSES, "forced tool")
    async def forced(kit: Kit) -> None:
        for choice in ("required", {"type": "function", "name": "get_weather"}):
            answer = await got(ask(kit.client, tools=[TOOL], tool_choice=choice))
            same("the items", [item.type for item in answer.output], ["function_call"])
        none = await got(ask(kit.client, input=samples.ONE_PLACE, tools=[TOOL], tool_choice="none"))
        same("the items when none may be", [item.type for item in none.output], ["message"])


def _typed(checks: Checks) -> None:
    @checks(RESPONSES, "JSON schema")
    async def schema(kit: Kit) -> None:
        wanted = {"type": "json_schema", "name": "weather", "strict": True, "schema": WEATHER_SCHEMA}
        answer = await got(ask(kit.client, input=samples.FILL_IN, text={"format": wanted}))
        samples.fits(answer.output_text)

    @checks(RESPONSES, "typed reply")
    async def typed(kit: Kit) -> None:
        answer = await got(kit.client.responses.parse(model=MODEL, input=samples.FILL_IN, text_format=Weather))
        parsed = answer.output_parsed
        holds("a Weather of Oslo", isinstance(parsed, Weather) and parsed.city == "Oslo", parsed)


def _refused(checks: Checks) -> None:
    @checks(RESPONSES, "wrong parameter")
    async def parameter(kit: Kit) -> None:
        error = await raised(openai.BadRequestError, lambda: got(ask(kit.client, temperature=3)))
        facts = (error.type, error.param, error.code)
        same("type, param, code", facts, ("invalid_request_error", "temperature", "decimal_above_max_value"))

    @checks(RESPONSES, "unknown model")
    async def model(kit: Kit) -> None:
        error = await raised(openai.APIStatusError, lambda: got(ask(kit.client, model="gpt-0")))
        same("code", error.code, "model_not_found")

    @checks(RESPONSES, "wrong key")
    async def key(kit: Kit) -> None:
        await samples.wrong_keys(kit, ask)
