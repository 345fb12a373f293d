"""Google's Python SDK on generateContent and streamGenerateContent."""

from __future__ import annotations

import base64
import gc
import json
from typing import Any

from pydantic import BaseModel

from conformance.clients import google_trouble, samples
from conformance.clients.checks import Checks, Kit, Unmet, each, got, holds, listed, raised, same
from conformance.clients.samples import CITY, PDF, PNG, WEATHER, WEATHER_SCHEMA

__all__ = ["GENERATE", "MODEL", "STREAM", "ask", "enter", "stream"]

GENERATE, STREAM = "generateContent", "streamGenerateContent"
MODEL = "gemini-2.5-flash"
_TOOLS = {"tools": [{"function_declarations": [{"name": "get_weather", "description": WEATHER, "parameters": CITY}]}]}
_CITIES = [{"city": "Oslo"}, {"city": "Paris"}]


class Weather(BaseModel):
    """What is to be filled in."""

    city: str
    temperature: float
    sky: str


def filled(**fields: Any) -> dict[str, Any]:
    """The fields of a small call."""
    return {"model": MODEL, "contents": samples.CAPITAL, **fields}


def ask(client: Any, **fields: Any) -> Any:
    """A small call."""
    return client.models.generate_content(**filled(**fields))


def stream(client: Any, **fields: Any) -> Any:
    """A small call that streams."""
    return client.models.generate_content_stream(**filled(**fields))


def enter(checks: Checks) -> None:
    """Enters the checks."""
    _replies(checks)
    _accounts(checks)
    _inputs(checks)
    _streams(checks)
    _tools(checks)
    _runner(checks)
    _typed(checks)
    _refused(checks)


def _replies(checks: Checks) -> None:
    @checks(GENERATE, "whole reply")
    async def whole(kit: Kit) -> None:
        answer = await got(ask(kit.client))
        holds("Paris", "Paris" in answer.text, answer.text)
        same("why it stopped", answer.candidates[0].finish_reason.value, "STOP")
        same("model", answer.model_version, MODEL)
        holds("an id", answer.response_id, answer)
        used = answer.usage_metadata
        parts = (used.prompt_token_count, used.candidates_token_count, used.thoughts_token_count)
        holds("tokens", all(part > 0 for part in parts), used)
        same("the sum", used.total_token_count, sum(parts))
        same("the key's header", "x-goog-api-key" in kit.call.request.headers, True)

    @checks(GENERATE, "conversation")
    async def conversation(kit: Kit) -> None:
        chat = kit.client.chats.create(model=MODEL, config={"system_instruction": "You are a concise Python tutor."})
        answer: Any = None
        for question in samples.TALK:
            answer = await got(chat.send_message(question))
        holds("Ada", "Ada" in answer.text, answer.text)
        same("the turns that the SDK keeps", len(chat.get_history()), 6)
        alone = await got(ask(kit.client, contents=samples.TALK[-1]))
        holds("no Ada without the history", "Ada" not in alone.text, alone.text)

    @checks(GENERATE, "stop sequences")
    async def stop(kit: Kit) -> None:
        answer = await got(ask(kit.client, contents=samples.PLANETS, config={"stop_sequences": ["4."]}))
        same("the text", answer.text, samples.THREE_PLANETS)
        same("why it stopped", answer.candidates[0].finish_reason.value, "STOP")

    @checks(GENERATE, "length limit")
    async def length(kit: Kit) -> None:
        config = {"max_output_tokens": 7, "thinking_config": {"thinking_budget": 0}}
        answer = await got(ask(kit.client, contents=samples.STORY, config=config))
        same("why it stopped", answer.candidates[0].finish_reason.value, "MAX_TOKENS")
        same("tokens", answer.usage_metadata.candidates_token_count, 7)

    @checks(GENERATE, "several choices")
    async def several(kit: Kit) -> None:
        config = {"candidate_count": 3, "temperature": 1.3}
        answer = await got(ask(kit.client, contents="Write a short poem.", config=config))
        texts = {candidate.content.parts[0].text for candidate in answer.candidates}
        same("different texts", len(texts), 3)

    @checks(GENERATE, "logprobs")
    async def logprobs(kit: Kit) -> None:
        answer = await got(ask(kit.client, config={"response_logprobs": True, "logprobs": 2}))
        (candidate,) = answer.candidates
        found = candidate.logprobs_result
        same("the tokens together", "".join(token.token for token in found.chosen_candidates), answer.text)
        holds("two alternatives each", all(len(row.candidates) == 2 for row in found.top_candidates), found)
        holds("their average", candidate.avg_logprobs < 0, candidate.avg_logprobs)


def _accounts(checks: Checks) -> None:
    @checks(GENERATE, "reasoning")
    async def reasoning(kit: Kit) -> None:
        config = {"thinking_config": {"include_thoughts": True, "thinking_budget": 512}}
        answer = await got(ask(kit.client, config=config))
        parts = answer.candidates[0].content.parts
        same("thoughts", [bool(part.thought) for part in parts], [True, False])
        holds("the text without them", answer.text == parts[1].text and "Paris" in answer.text, answer.text)
        holds("their tokens", answer.usage_metadata.thoughts_token_count > 0, answer.usage_metadata)

    @checks(GENERATE, "reasoning returned")
    async def returned(kit: Kit) -> None:
        given: Any = {"model": "gemini-3-pro-preview", "config": _TOOLS}
        first = (await got(ask(kit.client, contents=samples.ONE_PLACE, **given))).candidates[0].content
        call = next(part for part in first.parts if part.function_call)
        holds("a signature on the call", call.thought_signature, call)
        response = {"function_response": {"name": "get_weather", "response": json.loads(samples.RESULT)}}
        said = {"role": "user", "parts": [{"text": samples.ONE_PLACE}]}
        answer = await got(ask(kit.client, contents=[said, first, {"role": "user", "parts": [response]}], **given))
        holds("the result in the answer", "12" in answer.text, answer.text)
        call.thought_signature = None
        bad = [said, first, {"role": "user", "parts": [response]}]
        await raised(google_trouble.client_error(kit), lambda: got(ask(kit.client, contents=bad, **given)))

    @checks(GENERATE, "cache usage")
    async def cache(kit: Kit) -> None:
        config = {"system_instruction": samples.LONG}
        cold = (await got(ask(kit.client, config=config))).usage_metadata
        warm = (await got(ask(kit.client, config=config))).usage_metadata
        same("cached at first", cold.cached_content_token_count, None)
        hit = warm.cached_content_token_count
        holds("a part of the prompt cached", hit and 1024 <= hit <= warm.prompt_token_count, warm)

    @checks(GENERATE, "raw headers")
    async def raw(kit: Kit) -> None:
        answer = await got(ask(kit.client))
        holds("who answered", "server-timing" in answer.sdk_http_response.headers, answer.sdk_http_response)


def _inputs(checks: Checks) -> None:
    async def about(kit: Kit, kind: str, data: str) -> str:
        part = {"inline_data": {"mime_type": kind, "data": base64.b64decode(data)}}
        answer = await got(ask(kit.client, contents=[{"role": "user", "parts": [{"text": "What is it?"}, part]}]))
        text: str = answer.text
        return text

    @checks(GENERATE, "image input")
    async def image(kit: Kit) -> None:
        text = await about(kit, "image/png", PNG)
        holds("the image's type", "image/png" in text, text)

    @checks(GENERATE, "document input")
    async def document(kit: Kit) -> None:
        text = await about(kit, "application/pdf", PDF)
        holds("the document's type", "pdf" in text, text)


def _streams(checks: Checks) -> None:
    @checks(STREAM, "raw events")
    async def raw(kit: Kit) -> None:
        chunks = await listed(await got(stream(kit.client)))
        text = "".join(chunk.text or "" for chunk in chunks)
        holds("Paris, in pieces", "Paris" in text and len(chunks) > 3, text)
        ends = [chunk.candidates[0].finish_reason for chunk in chunks if chunk.candidates[0].finish_reason]
        same("why it stopped", [end.value for end in ends], ["STOP"])
        kit.sim.reset()
        whole = await got(ask(kit.client))
        same("the text", text, whole.text)
        same("the usage", chunks[-1].usage_metadata, whole.usage_metadata)

    @checks(STREAM, "helper")
    async def helper(kit: Kit) -> None:
        chat = kit.client.chats.create(model=MODEL)
        chunks: list[Any] = []
        for question in samples.TALK:
            chunks = await listed(await got(chat.send_message_stream(question)))
        text = "".join(chunk.text or "" for chunk in chunks)
        holds("Ada", "Ada" in text, text)
        kept = "".join(part.text for turn in chat.get_history()[-1:] for part in turn.parts)
        holds("what the SDK keeps of the answer", kept in text, kept)

    @checks(STREAM, "tools streamed")
    async def tools(kit: Kit) -> None:
        chunks = await listed(await got(stream(kit.client, contents=samples.TWO_PLACES, config=_TOOLS)))
        calls = [call.args for chunk in chunks for call in chunk.function_calls or ()]
        same("the calls", calls, _CITIES)

    @checks(STREAM, "JSON schema")
    async def schema(kit: Kit) -> None:
        config = {"response_mime_type": "application/json", "response_schema": Weather}
        chunks = await listed(await got(stream(kit.client, contents=samples.FILL_IN, config=config)))
        samples.fits("".join(chunk.text or "" for chunk in chunks))

    @checks(STREAM, "left early")
    async def left(kit: Kit) -> None:
        kit.sim.fault(token=0.05)
        chunks = await got(stream(kit.client, contents=samples.STORY))
        async for chunk in each(chunks):
            holds("a chunk", chunk.candidates, chunk)
            break
        await got(chunks.aclose() if hasattr(chunks, "aclose") else chunks.close())
        for _ in range(60):
            if await samples.outcome(kit, patience=0.05) != "open":
                break
            gc.collect()  # only that closes the connection: the SDK's answer and its generator hold each other
        same("the outcome", await samples.outcome(kit), "client left")


def _tools(checks: Checks) -> None:
    @checks(GENERATE, "tool loop")
    async def loop(kit: Kit) -> None:
        text = await _told(kit, samples.ONE_PLACE, _CITIES[:1])
        holds("the result in the answer", "12" in text, text)

    @checks(GENERATE, "parallel tools")
    async def parallel(kit: Kit) -> None:
        text = await _told(kit, samples.TWO_PLACES, _CITIES)
        holds("both results", "12" in text and "21" in text, text)

    @checks(GENERATE, "forced tool")
    async def forced(kit: Kit) -> None:
        def mode(name: str) -> dict[str, Any]:
            return {**_TOOLS, "tool_config": {"function_calling_config": {"mode": name}}}

        calls = (await got(ask(kit.client, config=mode("ANY")))).function_calls
        same("the call", [call.name for call in calls], ["get_weather"])
        none = await got(ask(kit.client, contents=samples.ONE_PLACE, config=mode("NONE")))
        same("calls when none may be", none.function_calls, None)


async def _told(kit: Kit, question: str, expected: list[dict[str, str]]) -> str:
    """What is answered after the tools were called and their results given back."""
    first = await got(ask(kit.client, contents=question, config=_TOOLS))
    same("the calls", [call.args for call in first.function_calls], expected)
    results = [
        {"function_response": {"name": call.name, "response": {"temperature": degrees}}}
        for call, degrees in zip(first.function_calls, (12, 21), strict=False)
    ]
    turns = [{"role": "user", "parts": [{"text": question}]}, first.candidates[0].content]
    second = await got(ask(kit.client, contents=[*turns, {"role": "user", "parts": results}], config=_TOOLS))
    text: str = second.text
    return text


def _runner(checks: Checks) -> None:
    @checks(GENERATE, "tool runner")
    async def runner(kit: Kit) -> None:
        asked: list[str] = []

        def get_weather(city: str) -> dict[str, int]:
            """Get the current weather.

            Args:
                city: The name of the city.
            """
            asked.append(city)
            return {"temperature": 12 if city == "Oslo" else 21}

        chat = kit.client.chats.create(model=MODEL, config={"tools": [get_weather]})
        text = (await got(chat.send_message(samples.TWO_PLACES))).text
        same("the cities asked for", sorted(asked), ["Oslo", "Paris"])
        holds("both results", "12" in text and "21" in text, text)
        same("the number of calls", len(kit.sim.calls), 2)


def _typed(checks: Checks) -> None:
    @checks(GENERATE, "JSON schema")
    async def schema(kit: Kit) -> None:
        config = {"response_mime_type": "application/json", "response_json_schema": WEATHER_SCHEMA}
        samples.fits((await got(ask(kit.client, contents=samples.FILL_IN, config=config))).text)

    @checks(GENERATE, "typed reply")
    async def typed(kit: Kit) -> None:
        config = {"response_mime_type": "application/json", "response_schema": Weather}
        parsed = (await got(ask(kit.client, contents=samples.FILL_IN, config=config))).parsed
        if not isinstance(parsed, Weather) or parsed.city != "Oslo":
            raise Unmet(f"expected a Weather of Oslo, got {parsed!r}")


def _refused(checks: Checks) -> None:
    google_trouble.refused(checks, GENERATE, ask, lambda client: ask(client, config={"temperature": 3}), "temperature")
    wrong = {"config": {"temperature": 3}}
    google_trouble.refused(checks, STREAM, stream, lambda client: stream(client, **wrong), "temperature")
