"""OpenAI's Python SDK on Chat Completions."""

from __future__ import annotations

from typing import Any

import openai
from pydantic import BaseModel

from conformance.clients import samples
from conformance.clients.checks import Checks, Kit, each, got, holds, listed, opened, raised, same
from conformance.clients.samples import CITY, PDF, PNG, WEATHER, WEATHER_SCHEMA

__all__ = ["CHAT", "MODEL", "ask", "enter", "stream", "user"]

CHAT = "chat completions"
MODEL = "gpt-4o-mini"
TOOL = {"type": "function", "function": {"name": "get_weather", "description": WEATHER, "parameters": CITY}}


class Weather(BaseModel):
    """What is to be filled in."""

    city: str
    temperature: float
    sky: str


class GetWeather(BaseModel):
    """Get the current weather."""

    city: str


def user(*content: Any) -> list[dict[str, Any]]:
    """One message of the user's."""
    return [{"role": "user", "content": content[0] if len(content) == 1 else list(content)}]


def ask(client: Any, **fields: Any) -> Any:
    """A small call."""
    return client.chat.completions.create(**{"model": MODEL, "messages": user(samples.CAPITAL), **fields})


def stream(client: Any, **fields: Any) -> Any:
    """A small call that streams."""
    return ask(client, stream=True, **fields)


def enter(checks: Checks) -> None:
    """Enters the checks."""
    _replies(checks)
    _inputs(checks)
    _streams(checks)
    _tools(checks)
    _typed(checks)
    _refused(checks)
    checks.lacks(CHAT, ["tool runner"], "only the SDK for Node.js has one, for chat completions")


def _replies(checks: Checks) -> None:
    @checks(CHAT, "whole reply")
    async def whole(kit: Kit) -> None:
        answer = await got(ask(kit.client))
        (choice,) = answer.choices
        holds("Paris", "Paris" in choice.message.content, choice.message.content)
        same("finish_reason", choice.finish_reason, "stop")
        same("model", answer.model, "gpt-4o-mini-2024-07-18")
        holds("an id", answer.id.startswith("chatcmpl-"), answer.id)
        used = answer.usage
        holds("tokens", used.prompt_tokens > 5 and used.completion_tokens > 1, used)
        same("the sum", used.total_tokens, used.prompt_tokens + used.completion_tokens)
        same("the request's id", answer._request_id, kit.call.headers["x-request-id"])

    @checks(CHAT, "conversation")
    async def conversation(kit: Kit) -> None:
        messages: list[Any] = [{"role": "system", "content": "You are a concise Python tutor."}]
        for question in samples.TALK:
            messages += user(question)
            messages.append((await got(ask(kit.client, messages=messages))).choices[0].message)
        holds("Ada", "Ada" in messages[-1].content, messages[-1].content)
        alone = await got(ask(kit.client, messages=user(samples.TALK[-1])))
        holds("no Ada without the history", "Ada" not in alone.choices[0].message.content, alone)

    @checks(CHAT, "stop sequences")
    async def stop(kit: Kit) -> None:
        (choice,) = (await got(ask(kit.client, messages=user(samples.PLANETS), stop=["4."]))).choices
        same("the text", choice.message.content, samples.THREE_PLANETS)
        same("finish_reason", choice.finish_reason, "stop")

    @checks(CHAT, "length limit")
    async def length(kit: Kit) -> None:
        answer = await got(ask(kit.client, messages=user(samples.STORY), max_completion_tokens=7))
        same("finish_reason", answer.choices[0].finish_reason, "length")
        same("tokens", answer.usage.completion_tokens, 7)

    @checks(CHAT, "several choices")
    async def several(kit: Kit) -> None:
        answer = await got(ask(kit.client, messages=user("Write a short poem."), n=3, temperature=1.3))
        same("indexes", [choice.index for choice in answer.choices], [0, 1, 2])
        texts = {choice.message.content for choice in answer.choices}
        same("different texts", len(texts), 3)

    @checks(CHAT, "logprobs")
    async def logprobs(kit: Kit) -> None:
        (choice,) = (await got(ask(kit.client, logprobs=True, top_logprobs=2))).choices
        tokens = choice.logprobs.content
        same("the tokens together", "".join(token.token for token in tokens), choice.message.content)
        holds("two alternatives each", all(len(token.top_logprobs) == 2 for token in tokens), tokens[0])
        holds("logarithms", all(token.logprob <= 0 for token in tokens), tokens[0])
        same("the bytes", bytes(tokens[0].bytes).decode(), tokens[0].token)

    _accounts(checks)


def _accounts(checks: Checks) -> None:
    @checks(CHAT, "reasoning")
    async def reasoning(kit: Kit) -> None:
        answer = await got(ask(kit.client, model="gpt-5-mini", reasoning_effort="high"))
        hidden = answer.usage.completion_tokens_details.reasoning_tokens
        holds("reasoning tokens within the output", 0 < hidden < answer.usage.completion_tokens, answer.usage)

    @checks(CHAT, "cache usage")
    async def cache(kit: Kit) -> None:
        messages = [{"role": "system", "content": samples.LONG}, *user(samples.CAPITAL)]
        cold = await got(ask(kit.client, messages=messages))
        warm = await got(ask(kit.client, messages=messages))
        same("cached at first", cold.usage.prompt_tokens_details.cached_tokens, 0)
        hit = warm.usage.prompt_tokens_details.cached_tokens
        holds("1,024 or more cached, in steps of 128", hit >= 1024 and hit % 128 == 0, hit)

    @checks(CHAT, "raw headers")
    async def raw(kit: Kit) -> None:
        answer = await got(ask_raw(kit.client))
        same("x-request-id", answer.headers["x-request-id"], kit.call.headers["x-request-id"])
        same("request_id", answer.request_id, kit.call.headers["x-request-id"])
        left = int(answer.headers["x-ratelimit-remaining-requests"])
        holds("requests that are left", 0 < left <= int(answer.headers["x-ratelimit-limit-requests"]), left)
        holds("Paris", "Paris" in (await got(answer.parse())).choices[0].message.content, answer.text)
        manager = kit.client.chat.completions.with_streaming_response.create(model=MODEL, messages=user("Hi"))
        async with opened(manager) as streamed:
            lines = await listed(streamed.iter_lines())
        holds("JSON in lines", "chat.completion" in "".join(lines), lines)

    @checks(CHAT, "stored state")
    async def stored(kit: Kit) -> None:
        completions = kit.client.chat.completions
        answer = await got(ask(kit.client, store=True, metadata={"topic": "capitals"}))
        found = await got(completions.retrieve(answer.id))
        same("the text", found.choices[0].message.content, answer.choices[0].message.content)
        asked = await listed(completions.messages.list(answer.id))
        same("the messages", [message.content for message in asked], [samples.CAPITAL])
        await got(completions.update(answer.id, metadata={"topic": "cities"}))
        listing = await listed(completions.list(metadata={"topic": "cities"}))
        same("the list", [each_one.id for each_one in listing], [answer.id])
        holds("it is deleted", (await got(completions.delete(answer.id))).deleted, None)
        await raised(openai.NotFoundError, lambda: got(completions.retrieve(answer.id)))


def ask_raw(client: Any) -> Any:
    """A small call whose answer keeps its headers."""
    return client.chat.completions.with_raw_response.create(model=MODEL, messages=user(samples.CAPITAL))


def _inputs(checks: Checks) -> None:
    @checks(CHAT, "image input")
    async def image(kit: Kit) -> None:
        picture = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}", "detail": "low"}}
        answer = await got(ask(kit.client, messages=user({"type": "text", "text": "What is it?"}, picture)))
        text = answer.choices[0].message.content
        holds("the image's type", "image/png" in text, text)

    @checks(CHAT, "document input")
    async def document(kit: Kit) -> None:
        file = {"filename": "a.pdf", "file_data": f"data:application/pdf;base64,{PDF}"}
        content = ({"type": "text", "text": "What is it?"}, {"type": "file", "file": file})
        answer = await got(ask(kit.client, messages=user(*content)))
        text = answer.choices[0].message.content
        holds("the document's name or type", "pdf" in text.lower(), text)


def _streams(checks: Checks) -> None:
    @checks(CHAT, "raw events")
    async def raw(kit: Kit) -> None:
        chunks = await listed(await got(stream(kit.client, stream_options={"include_usage": True})))
        same("one id", len({chunk.id for chunk in chunks}), 1)
        same("the role", chunks[0].choices[0].delta.role, "assistant")
        text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
        holds("Paris, in pieces", "Paris" in text and len(chunks) > 4, text)
        ends = [choice.finish_reason for chunk in chunks for choice in chunk.choices if choice.finish_reason]
        same("the reasons", ends, ["stop"])
        same("the last chunk's choices", chunks[-1].choices, [])
        kit.sim.reset()
        whole = await got(ask(kit.client))
        same("the usage", chunks[-1].usage, whole.usage)
        same("the text", text, whole.choices[0].message.content)

    @checks(CHAT, "helper")
    async def helper(kit: Kit) -> None:
        asked = kit.client.chat.completions.stream(
            model=MODEL, messages=user(samples.CAPITAL), stream_options={"include_usage": True}
        )
        async with opened(asked) as events:
            seen = await listed(events)
            final = await got(events.get_final_completion())
        said = "".join(event.delta for event in seen if event.type == "content.delta")
        (done,) = [event for event in seen if event.type == "content.done"]
        same("the text", [said, done.content], [final.choices[0].message.content] * 2)
        holds("Paris", "Paris" in said, said)
        same("finish_reason", final.choices[0].finish_reason, "stop")
        holds("usage", final.usage.completion_tokens > 1, final.usage)

    @checks(CHAT, "tools streamed")
    async def tools(kit: Kit) -> None:
        asked = kit.client.chat.completions.stream(
            model=MODEL, messages=user(samples.TWO_PLACES), tools=[openai.pydantic_function_tool(GetWeather)]
        )
        async with opened(asked) as events:
            seen = await listed(events)
            final = await got(events.get_final_completion())
        done = [event for event in seen if event.type == "tool_calls.function.arguments.done"]
        same("the arguments", [event.parsed_arguments for event in done], _CITIES)
        calls = final.choices[0].message.tool_calls
        same("the calls", [call.function.parsed_arguments for call in calls], _CITIES)
        same("finish_reason", final.choices[0].finish_reason, "tool_calls")
        holds("pieces of arguments", any(event.type == "tool_calls.function.arguments.delta" for event in seen), seen)

    @checks(CHAT, "typed stream")
    async def typed(kit: Kit) -> None:
        asked = kit.client.chat.completions.stream(model=MODEL, messages=user(samples.FILL_IN), response_format=Weather)
        async with opened(asked) as events:
            final = await got(events.get_final_completion())
        parsed = final.choices[0].message.parsed
        holds("a Weather of Oslo", isinstance(parsed, Weather) and parsed.city == "Oslo", parsed)

    @checks(CHAT, "left early")
    async def left(kit: Kit) -> None:
        kit.sim.fault(token=0.05)
        events = await got(stream(kit.client, messages=user(samples.STORY)))
        async for chunk in each(events):
            holds("a chunk", chunk.choices, chunk)
            break
        await got(events.close())
        same("the outcome", await samples.outcome(kit), "client left")


_CITIES = [GetWeather(city="Oslo"), GetWeather(city="Paris")]


def _tools(checks: Checks) -> None:
    @checks(CHAT, "tool loop")
    async def loop(kit: Kit) -> None:
        messages = user(samples.ONE_PLACE)
        first = (await got(ask(kit.client, messages=messages, tools=[TOOL]))).choices[0]
        (call,) = first.message.tool_calls
        same("finish_reason", first.finish_reason, "tool_calls")
        same("the call", (call.function.name, call.function.arguments), ("get_weather", '{"city":"Oslo"}'))
        result = {"role": "tool", "tool_call_id": call.id, "content": samples.RESULT}
        second = await got(ask(kit.client, messages=[*messages, first.message, result], tools=[TOOL]))
        holds("the result in the answer", "12" in second.choices[0].message.content, second.choices[0])
        other = result | {"tool_call_id": "call_other"}
        bad = [*messages, first.message, other]
        await raised(openai.BadRequestError, lambda: got(ask(kit.client, messages=bad, tools=[TOOL])))

    @checks(CHAT, "parallel tools")
    async def parallel(kit: Kit) -> None:
        messages = user(samples.TWO_PLACES)
        first = (await got(ask(kit.client, messages=messages, tools=[TOOL]))).choices[0].message
        asked = [call.function.arguments for call in first.tool_calls]
        same("the calls", asked, ['{"city":"Oslo"}', '{"city":"Paris"}'])
        same("different ids", len({call.id for call in first.tool_calls}), 2)
        results = [
            {"role": "tool", "tool_call_id": call.id, "content": f'{{"temperature": {degrees}}}'}
            for call, degrees in zip(first.tool_calls, (12, 21), strict=True)
        ]
        second = await got(ask(kit.client, messages=[*messages, first, *results], tools=[TOOL]))
        text = second.choices[0].message.content
        holds("both results", "12" in text and "21" in text, text)
        one = await got(ask(kit.client, messages=messages, tools=[TOOL], parallel_tool_calls=False))
        same("calls when only one may be", len(one.choices[0].message.tool_calls), 1)

    @checks(CHAT, "forced tool")
    async def forced(kit: Kit) -> None:
        named = {"type": "function", "function": {"name": "get_weather"}}
        for choice in ("required", named):
            answer = await got(ask(kit.client, tools=[TOOL], tool_choice=choice))
            calls = answer.choices[0].message.tool_calls
            same("the call", [call.function.name for call in calls], ["get_weather"])
        none = await got(ask(kit.client, messages=user(samples.ONE_PLACE), tools=[TOOL], tool_choice="none"))
        same("calls when none may be", none.choices[0].message.tool_calls, None)


def _typed(checks: Checks) -> None:
    @checks(CHAT, "JSON schema")
    async def schema(kit: Kit) -> None:
        wanted = {"name": "weather", "strict": True, "schema": WEATHER_SCHEMA}
        form = {"type": "json_schema", "json_schema": wanted}
        answer = await got(ask(kit.client, messages=user(samples.FILL_IN), response_format=form))
        samples.fits(answer.choices[0].message.content)

    @checks(CHAT, "typed reply")
    async def typed(kit: Kit) -> None:
        parse = kit.client.chat.completions.parse
        answer = await got(parse(model=MODEL, messages=user(samples.FILL_IN), response_format=Weather))
        parsed = answer.choices[0].message.parsed
        holds("a Weather of Oslo", isinstance(parsed, Weather) and parsed.city == "Oslo", parsed)
        short = {"model": MODEL, "messages": user(samples.FILL_IN), "response_format": Weather, "max_tokens": 2}
        await raised(openai.LengthFinishReasonError, lambda: got(parse(**short)))


def _refused(checks: Checks) -> None:
    @checks(CHAT, "wrong parameter")
    async def parameter(kit: Kit) -> None:
        error = await raised(openai.BadRequestError, lambda: got(ask(kit.client, temperature=3)))
        facts = (error.type, error.param, error.code)
        same("type, param, code", facts, ("invalid_request_error", "temperature", "decimal_above_max_value"))
        error = await raised(openai.BadRequestError, lambda: got(ask(kit.client, model="o3", max_tokens=5)))
        same("param, code", (error.param, error.code), ("max_tokens", "unsupported_parameter"))

    @checks(CHAT, "unknown model")
    async def model(kit: Kit) -> None:
        error = await raised(openai.NotFoundError, lambda: got(ask(kit.client, model="gpt-0")))
        same("code", error.code, "model_not_found")

    @checks(CHAT, "wrong key")
    async def key(kit: Kit) -> None:
        await samples.wrong_keys(kit, ask)
