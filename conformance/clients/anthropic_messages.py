"""Anthropic's Python SDK on Messages."""

from __future__ import annotations

import json
from typing import Any

import anthropic
from pydantic import BaseModel

from conformance.clients import samples
from conformance.clients.checks import Checks, Kit, each, got, holds, listed, opened, raised, same
from conformance.clients.samples import CITY, PDF, PNG, WEATHER, WEATHER_SCHEMA

__all__ = ["MESSAGES", "MODEL", "TOOL", "ask", "enter", "stream", "user"]

MESSAGES = "messages"
MODEL = "claude-haiku-4-5"
TOOL = {"name": "get_weather", "description": WEATHER, "input_schema": CITY}
THINKING = {"type": "enabled", "budget_tokens": 1024}
_CITIES = [{"city": "Oslo"}, {"city": "Paris"}]


class Weather(BaseModel):
    """What is to be filled in."""

    city: str
    temperature: float
    sky: str


def user(*content: Any) -> list[dict[str, Any]]:
    """One message of the user's."""
    return [{"role": "user", "content": content[0] if len(content) == 1 else list(content)}]


def fields(**given: Any) -> dict[str, Any]:
    """The fields of a small call."""
    return {"model": MODEL, "max_tokens": 300, "messages": user(samples.CAPITAL), **given}


def ask(client: Any, **given: Any) -> Any:
    """A small call."""
    return client.messages.create(**fields(**given))


def stream(client: Any, **given: Any) -> Any:
    """A small call that streams."""
    return ask(client, stream=True, **given)


def enter(checks: Checks) -> None:
    """Enters the checks."""
    _replies(checks)
    _thinking(checks)
    _accounts(checks)
    _inputs(checks)
    _streams(checks)
    _helpers(checks)
    _tools(checks)
    _runner(checks)
    _typed(checks)
    _refused(checks)


def _replies(checks: Checks) -> None:
    @checks(MESSAGES, "whole reply")
    async def whole(kit: Kit) -> None:
        answer = await got(ask(kit.client))
        (block,) = answer.content
        holds("Paris", "Paris" in block.text, block.text)
        same("stop_reason", answer.stop_reason, "end_turn")
        same("model", answer.model, "claude-haiku-4-5-20251001")
        holds("an id", answer.id.startswith("msg_01"), answer.id)
        holds("tokens", answer.usage.input_tokens > 5 and answer.usage.output_tokens > 1, answer.usage)
        same("the request's id", answer._request_id, kit.call.headers["request-id"])

    @checks(MESSAGES, "conversation")
    async def conversation(kit: Kit) -> None:
        messages: list[Any] = []
        answer: Any = None
        for question in samples.TALK:
            messages += user(question)
            answer = await got(ask(kit.client, messages=messages, system="You are a concise Python tutor."))
            messages.append({"role": "assistant", "content": answer.content})
        holds("Ada", "Ada" in answer.content[0].text, answer.content)

    @checks(MESSAGES, "stop sequences")
    async def stop(kit: Kit) -> None:
        answer = await got(ask(kit.client, messages=user(samples.PLANETS), stop_sequences=["4.", "6."]))
        same("the text", answer.content[0].text, samples.THREE_PLANETS)
        same("why it stopped", (answer.stop_reason, answer.stop_sequence), ("stop_sequence", "4."))

    @checks(MESSAGES, "length limit")
    async def length(kit: Kit) -> None:
        answer = await got(ask(kit.client, messages=user(samples.STORY), max_tokens=7))
        same("stop_reason, tokens", (answer.stop_reason, answer.usage.output_tokens), ("max_tokens", 7))


def _thinking(checks: Checks) -> None:
    @checks(MESSAGES, "reasoning")
    async def thinking(kit: Kit) -> None:
        answer = await got(ask(kit.client, thinking=THINKING, max_tokens=2000))
        same("the blocks", [block.type for block in answer.content], ["thinking", "text"])
        holds("a thought, signed", answer.content[0].thinking and answer.content[0].signature, answer.content[0])
        hidden = answer.usage.output_tokens_details.thinking_tokens
        holds("thinking tokens within the output", 0 < hidden < answer.usage.output_tokens, answer.usage)

    @checks(MESSAGES, "reasoning returned")
    async def returned(kit: Kit) -> None:
        given: Any = {"thinking": THINKING, "max_tokens": 2000, "tools": [TOOL]}
        messages = user(samples.ONE_PLACE)
        first = await got(ask(kit.client, messages=messages, **given))
        same("the blocks", [block.type for block in first.content], ["thinking", "tool_use"])
        result = {"type": "tool_result", "tool_use_id": first.content[1].id, "content": samples.RESULT}
        rest = user([result])
        second = await got(
            ask(kit.client, messages=[*messages, {"role": "assistant", "content": first.content}, *rest], **given)
        )
        holds("the result in the answer", "12" in second.content[-1].text, second.content)


def _accounts(checks: Checks) -> None:
    @checks(MESSAGES, "cache usage")
    async def cache(kit: Kit) -> None:
        system = [{"type": "text", "text": samples.LONG, "cache_control": {"type": "ephemeral", "ttl": "1h"}}]
        cold = (await got(ask(kit.client, system=system))).usage
        warm = (await got(ask(kit.client, system=system))).usage
        written = cold.cache_creation_input_tokens
        holds("a long prefix written", written > 4096, cold)
        same("under which time to live", cold.cache_creation.ephemeral_1h_input_tokens, written)
        same("read at first", cold.cache_read_input_tokens, 0)
        same("then", (warm.cache_read_input_tokens, warm.cache_creation_input_tokens), (written, 0))
        same("what is not cached", warm.input_tokens, cold.input_tokens)

    @checks(MESSAGES, "raw headers")
    async def raw(kit: Kit) -> None:
        answer = await got(kit.client.messages.with_raw_response.create(**fields()))
        same("request-id", answer.headers["request-id"], kit.call.headers["request-id"])
        left = int(answer.headers["anthropic-ratelimit-requests-remaining"])
        limit = int(answer.headers["anthropic-ratelimit-requests-limit"])
        holds("requests that are left", 0 < left <= limit, left)
        holds("Paris", "Paris" in (await got(answer.parse())).content[0].text, answer)


def _inputs(checks: Checks) -> None:
    @checks(MESSAGES, "image input")
    async def image(kit: Kit) -> None:
        picture = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}}
        answer = await got(ask(kit.client, messages=user({"type": "text", "text": "What is it?"}, picture)))
        holds("the image's type", "image/png" in answer.content[0].text, answer.content)
        picture["source"] = {"type": "base64", "media_type": "image/tiff", "data": PNG}
        await raised(anthropic.BadRequestError, lambda: got(ask(kit.client, messages=user([picture]))))

    @checks(MESSAGES, "document input")
    async def document(kit: Kit) -> None:
        file: dict[str, Any] = {"type": "document", "title": "A"}
        file["source"] = {"type": "base64", "media_type": "application/pdf", "data": PDF}
        answer = await got(ask(kit.client, messages=user(file, {"type": "text", "text": "What is it?"})))
        holds("the document's type", "pdf" in answer.content[0].text.lower(), answer.content)
        file["source"] = {"type": "text", "media_type": "text/plain", "data": "The sky is blue."}
        answer = await got(ask(kit.client, messages=user(file, {"type": "text", "text": "What is it?"})))
        holds("an answer", answer.content[0].text, answer.content)


def _streams(checks: Checks) -> None:
    @checks(MESSAGES, "raw events")
    async def raw(kit: Kit) -> None:
        events = await listed(await got(stream(kit.client)))
        kinds = [event.type for event in events]
        same("the first", kinds[:2], ["message_start", "content_block_start"])
        same("the last", kinds[-3:], ["content_block_stop", "message_delta", "message_stop"])
        said = "".join(event.delta.text for event in events if event.type == "content_block_delta")
        same("why it stopped", events[-2].delta.stop_reason, "end_turn")
        kit.sim.reset()
        whole = await got(ask(kit.client))
        same("the text", said, whole.content[0].text)
        counted = (events[0].message.usage.input_tokens, events[-2].usage.output_tokens)
        same("the usage", counted, (whole.usage.input_tokens, whole.usage.output_tokens))

    @checks(MESSAGES, "left early")
    async def left(kit: Kit) -> None:
        kit.sim.fault(token=0.05)
        async with opened(kit.client.messages.stream(**fields(messages=user(samples.STORY)))) as events:
            async for text in each(events.text_stream):
                holds("a text", text, text)
                break
        same("the outcome", await samples.outcome(kit), "client left")


def _helpers(checks: Checks) -> None:
    @checks(MESSAGES, "helper")
    async def helper(kit: Kit) -> None:
        async with opened(kit.client.messages.stream(**fields(thinking=THINKING, max_tokens=2000))) as events:
            seen = await listed(events)
            final = await got(events.get_final_message())
            text = await got(events.get_final_text())
        same("the text", "".join(event.text for event in seen if event.type == "text"), text)
        holds("Paris", "Paris" in text, text)
        thought = "".join(event.thinking for event in seen if event.type == "thinking")
        same("the thought", final.content[0].thinking, thought)
        holds("its signature", [event.signature for event in seen if event.type == "signature"], seen)
        same("why it stopped", final.stop_reason, "end_turn")
        holds("tokens", final.usage.input_tokens > 5 and final.usage.output_tokens > 5, final.usage)
        same("the request's id", events.request_id, kit.call.headers["request-id"])

    @checks(MESSAGES, "tools streamed")
    async def tools(kit: Kit) -> None:
        given = fields(messages=user(samples.TWO_PLACES), tools=[TOOL])
        async with opened(kit.client.messages.stream(**given)) as events:
            seen = await listed(events)
            final = await got(events.get_final_message())
        calls = [block for block in final.content if block.type == "tool_use"]
        same("the calls", [call.input for call in calls], _CITIES)
        pieces = [event.partial_json for event in seen if event.type == "input_json"]
        same("the JSON in pieces", "".join(pieces).replace("}{", "}\n{").splitlines(), _as_sent(_CITIES))
        same("why it stopped", final.stop_reason, "tool_use")

    @checks(MESSAGES, "typed stream")
    async def typed(kit: Kit) -> None:
        given = fields(messages=user(samples.FILL_IN))
        async with opened(kit.client.messages.stream(**given, output_format=Weather)) as events:
            parsed = (await got(events.get_final_message())).parsed_output
        holds("a Weather of Oslo", isinstance(parsed, Weather) and parsed.city == "Oslo", parsed)


def _as_sent(values: list[dict[str, str]]) -> list[str]:
    return [json.dumps(value, separators=(",", ":")) for value in values]


def _tools(checks: Checks) -> None:
    @checks(MESSAGES, "tool loop")
    async def loop(kit: Kit) -> None:
        messages = user(samples.ONE_PLACE)
        first = await got(ask(kit.client, messages=messages, tools=[TOOL]))
        call = first.content[-1]
        facts = (first.stop_reason, call.type, call.name, call.input)
        same("the call", facts, ("tool_use", "tool_use", "get_weather", {"city": "Oslo"}))
        messages.append({"role": "assistant", "content": first.content})
        result = {"type": "tool_result", "tool_use_id": call.id, "content": samples.RESULT}
        second = await got(ask(kit.client, messages=[*messages, *user([result])], tools=[TOOL]))
        holds("the result in the answer", "12" in second.content[0].text, second.content)
        bad = [*messages, *user([result | {"tool_use_id": "toolu_other"}])]
        await raised(anthropic.BadRequestError, lambda: got(ask(kit.client, messages=bad, tools=[TOOL])))

    @checks(MESSAGES, "parallel tools")
    async def parallel(kit: Kit) -> None:
        messages = user(samples.TWO_PLACES)
        first = await got(ask(kit.client, messages=messages, tools=[TOOL]))
        calls = [block for block in first.content if block.type == "tool_use"]
        same("the calls", [call.input for call in calls], _CITIES)
        results = [
            {"type": "tool_result", "tool_use_id": call.id, "content": f'{{"temperature": {degrees}}}'}
            for call, degrees in zip(calls, (12, 21), strict=True)
        ]
        whole = [*messages, {"role": "assistant", "content": first.content}, *user(results)]
        text = (await got(ask(kit.client, messages=whole, tools=[TOOL]))).content[0].text
        holds("both results", "12" in text and "21" in text, text)
        one = await got(
            ask(
                kit.client,
                messages=messages,
                tools=[TOOL],
                tool_choice={"type": "auto", "disable_parallel_tool_use": True},
            )
        )
        same("calls when only one may be", [block.type for block in one.content].count("tool_use"), 1)

    @checks(MESSAGES, "forced tool")
    async def forced(kit: Kit) -> None:
        for choice in ({"type": "any"}, {"type": "tool", "name": "get_weather"}):
            answer = await got(ask(kit.client, tools=[TOOL], tool_choice=choice))
            same("the block", answer.content[-1].type, "tool_use")
        none = await got(ask(kit.client, messages=user(samples.ONE_PLACE), tools=[TOOL], tool_choice={"type": "none"}))
        same("the blocks when none may be", [block.type for block in none.content], ["text"])


def _runner(checks: Checks) -> None:
    @checks(MESSAGES, "tool runner")
    async def runner(kit: Kit) -> None:
        asked: list[str] = []

        def get_weather(city: str) -> str:
            """Get the current weather.

            Args:
                city: The name of the city.
            """
            asked.append(city)
            return f'{{"temperature": {12 if city == "Oslo" else 21}}}'

        async def awaited(city: str) -> str:
            return get_weather(city)

        if isinstance(kit.client, anthropic.AsyncAnthropic):
            awaited.__name__, awaited.__doc__ = get_weather.__name__, get_weather.__doc__
            tool: Any = anthropic.beta_async_tool(awaited)
        else:
            tool = anthropic.beta_tool(get_weather)
        run = kit.client.beta.messages.tool_runner(**fields(messages=user(samples.TWO_PLACES)), tools=[tool])
        final = await got(run.until_done())
        same("the cities asked for", sorted(asked), ["Oslo", "Paris"])
        text = final.content[-1].text
        holds("both results", "12" in text and "21" in text, text)
        said = [(call.request.path, call.status) for call in kit.sim.calls]
        same("the calls", said, [("/v1/messages", 400), ("/v1/messages", 200), ("/v1/messages", 200)])
        same(
            "the first, refused", kit.sim.calls[0].json["error"]["details"]["error_code"], "thread_unsupported_request"
        )


def _typed(checks: Checks) -> None:
    @checks(MESSAGES, "JSON schema")
    async def schema(kit: Kit) -> None:
        wanted = {"format": {"type": "json_schema", "schema": WEATHER_SCHEMA}}
        answer = await got(ask(kit.client, messages=user(samples.FILL_IN), output_config=wanted))
        samples.fits(answer.content[0].text)

    @checks(MESSAGES, "typed reply")
    async def typed(kit: Kit) -> None:
        parse = kit.client.messages.parse
        answer = await got(parse(**fields(messages=user(samples.FILL_IN)), output_format=Weather))
        parsed = answer.parsed_output
        holds("a Weather of Oslo", isinstance(parsed, Weather) and parsed.city == "Oslo", parsed)


def _refused(checks: Checks) -> None:
    @checks(MESSAGES, "wrong parameter")
    async def parameter(kit: Kit) -> None:
        error = await raised(anthropic.BadRequestError, lambda: got(ask(kit.client, max_tokens=-1)))
        same("type", error.type, "invalid_request_error")
        holds("the parameter's name", "max_tokens" in error.api_message, error.api_message)

    @checks(MESSAGES, "unknown model")
    async def model(kit: Kit) -> None:
        error = await raised(anthropic.NotFoundError, lambda: got(ask(kit.client, model="claude-0")))
        same("type, message", (error.type, error.api_message), ("not_found_error", "model: claude-0"))

    @checks(MESSAGES, "wrong key")
    async def key(kit: Kit) -> None:
        await samples.wrong_keys(kit, ask)
