"""What the fields of a provider's JSON mean, for `--wire`: by wire, and by the field's path ("choices[].message").

Sources: OpenAI's API reference for Chat Completions and Responses, Anthropic's for Messages and Google's for
generateContent, November 2026.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

__all__ = ["ANSWERS", "ERRORS", "EVENTS", "HEADERS", "REQUESTS", "layout", "point_out"]

Labels = Mapping[str, str]

REQUESTS: Mapping[str, Labels] = {
    "chat_completions": {
        "model": "who is asked",
        "messages[].role": "who speaks",
        "messages[].content": "what is said",
        "messages[].content[].text": "what is said",
        "max_completion_tokens": "the longest answer, reasoning included",
        "max_tokens": "the longest answer",
        "temperature": "0: the likeliest words; more: varied ones",
        "top_p": "only the likeliest words of this share",
        "stop": "the answer ends before this",
        "stop[]": "the answer ends before this",
        "seed": "makes answers more repeatable",
        "stream": "the answer comes in pieces",
        "stream_options.include_usage": "and its token counts at the end",
    },
    "anthropic_messages": {
        "model": "who is asked",
        "system": "the instruction",
        "system[].text": "the instruction",
        "messages[].role": "who speaks",
        "messages[].content": "what is said",
        "messages[].content[].text": "what is said",
        "max_tokens": "the longest answer (this API wants it always)",
        "temperature": "0: the likeliest words; 1: varied ones",
        "top_p": "only the likeliest words of this share",
        "stop_sequences[]": "the answer ends before this",
        "stream": "the answer comes in pieces",
    },
    "responses": {
        "model": "who is asked",
        "instructions": "the instruction",
        "input": "what is said",
        "input[].role": "who speaks",
        "input[].content": "what is said",
        "input[].content[].text": "what is said",
        "max_output_tokens": "the longest answer, reasoning included",
        "temperature": "0: the likeliest words; more: varied ones",
        "top_p": "only the likeliest words of this share",
        "reasoning.effort": "how long it thinks",
        "include[]": "what more the answer holds",
        "store": "whether the provider keeps the answer",
        "stream": "the answer comes in pieces",
    },
    "gemini": {
        "systemInstruction.parts[].text": "the instruction",
        "contents[].role": "who speaks",
        "contents[].parts[].text": "what is said",
        "generationConfig.maxOutputTokens": "the longest answer, reasoning included",
        "generationConfig.temperature": "0: the likeliest words; more: varied ones",
        "generationConfig.topP": "only the likeliest words of this share",
        "generationConfig.stopSequences[]": "the answer ends before this",
        "generationConfig.seed": "makes answers more repeatable",
    },
}

ANSWERS: Mapping[str, Labels] = {
    "chat_completions": {
        "id": "the answer's id",
        "model": "who answered",
        "choices[].message.content": "the text",
        "choices[].message.refusal": "why the model won't",
        "choices[].message.tool_calls[].function.name": "the tool it asks for",
        "choices[].finish_reason": "why it stopped",
        "usage.prompt_tokens": "input tokens",
        "usage.completion_tokens": "output tokens",
        "usage.prompt_tokens_details.cached_tokens": "of the input, read from the cache",
        "usage.completion_tokens_details.reasoning_tokens": "of the output, spent on reasoning",
    },
    "anthropic_messages": {
        "id": "the answer's id",
        "model": "who answered",
        "content[].text": "the text",
        "content[].thinking": "its reasoning",
        "content[].name": "the tool it asks for",
        "stop_reason": "why it stopped",
        "stop_sequence": "at which of the stop texts",
        "usage.input_tokens": "input tokens, without the cached ones",
        "usage.cache_read_input_tokens": "input tokens read from the cache",
        "usage.cache_creation_input_tokens": "input tokens written to the cache",
        "usage.output_tokens": "output tokens",
    },
    "responses": {
        "id": "the answer's id",
        "model": "who answered",
        "status": "why it stopped",
        "incomplete_details.reason": "why it stopped too early",
        "output[].content[].text": "the text",
        "output[].content[].refusal": "why the model won't",
        "output[].summary[].text": "its reasoning, in short",
        "output[].encrypted_content": "its reasoning, for the provider to read again",
        "output[].name": "the tool it asks for",
        "usage.input_tokens": "input tokens",
        "usage.input_tokens_details.cached_tokens": "of the input, read from the cache",
        "usage.output_tokens": "output tokens",
        "usage.output_tokens_details.reasoning_tokens": "of the output, spent on reasoning",
    },
    "gemini": {
        "responseId": "the answer's id",
        "modelVersion": "who answered",
        "candidates[].content.parts[].text": "the text",
        "candidates[].content.parts[].functionCall.name": "the tool it asks for",
        "candidates[].finishReason": "why it stopped",
        "promptFeedback.blockReason": "why the prompt was refused",
        "usageMetadata.promptTokenCount": "input tokens",
        "usageMetadata.cachedContentTokenCount": "of the input, read from the cache",
        "usageMetadata.candidatesTokenCount": "output tokens, without the reasoning",
        "usageMetadata.thoughtsTokenCount": "output tokens, spent on reasoning",
    },
}


def _streamed(wire: str, usage: str, above: str = "") -> dict[str, str]:
    """The labels of the token counts, where a stream has them as a whole answer does."""
    return {above + name: label for name, label in ANSWERS[wire].items() if name.startswith(f"{usage}.")}


EVENTS: Mapping[str, Labels] = {
    "chat_completions": {
        "choices[].delta.content": "a piece of the text",
        "choices[].delta.refusal": "a piece of why the model won't",
        "choices[].finish_reason": "why it stopped",
        **_streamed("chat_completions", "usage"),
    },
    "anthropic_messages": {
        "message.model": "who answers",
        "message.usage.input_tokens": "input tokens, without the cached ones",
        "message.usage.cache_read_input_tokens": "input tokens read from the cache",
        "delta.text": "a piece of the text",
        "delta.thinking": "a piece of its reasoning",
        "delta.stop_reason": "why it stopped",
        "delta.stop_sequence": "at which of the stop texts",
        "usage.output_tokens": "output tokens, all in all",
    },
    "responses": {
        "delta": "a piece of the answer",
        "response.status": "how far it is, at the end why it stopped",
        "response.incomplete_details.reason": "why it stopped too early",
        **_streamed("responses", "usage", "response."),
    },
    "gemini": {
        "candidates[].content.parts[].text": "a piece of the text",
        "candidates[].finishReason": "why it stopped",
        "promptFeedback.blockReason": "why the prompt was refused",
        **_streamed("gemini", "usageMetadata"),
    },
}

ERRORS: Labels = {
    "error.message": "what is wrong",
    "error.type": "the kind of error",
    "error.code": "the kind of error",
    "error.param": "where in the request",
    "request_id": "to quote to the provider's support",
}

HEADERS: Labels = {
    "x-request-id": "to quote to the provider's support",
    "request-id": "to quote to the provider's support",
    "retry-after": "seconds to wait before the next try",
    "retry-after-ms": "milliseconds to wait before the next try",
    "x-ratelimit-remaining-requests": "how many more for now",
    "x-ratelimit-remaining-tokens": "how many more for now",
    "anthropic-ratelimit-requests-remaining": "how many more for now",
    "anthropic-ratelimit-tokens-remaining": "how many more for now",
    "anthropic-version": "the API's version, which this API wants always",
}

_LONGEST = 400


def meaning(labels: Labels, path: str, value: Any) -> str:
    """What a field says; nothing for a null or an empty text, which say nothing yet."""
    return "" if value in (None, "") else labels.get(re.sub(r"\[\d+\]", "[]", path), "")


def leaf(value: Any) -> str:
    """A value as JSON; of a long text (a picture, mostly) only the beginning."""
    if isinstance(value, str) and len(value) > 2 * _LONGEST:
        value = f"{value[:_LONGEST]}... ({len(value):,} characters)"
    return msgspec.json.encode(value).decode()


def _fields(value: Any, path: str) -> list[tuple[str, str, Any]]:
    """What an object or a list holds: (title, path, value)."""
    if isinstance(value, dict):
        return [(f"{leaf(key)}: ", f"{path}.{key}".lstrip("."), item) for key, item in value.items()]
    return [("", f"{path}[{index}]", item) for index, item in enumerate(value)]


def layout(
    value: Any, labels: Labels, path: str = "", title: str = "", depth: int = 0
) -> Iterator[tuple[str, str, str]]:
    """A JSON value on several lines: (line, path, meaning), the last two empty where there is nothing to say."""
    indent = "  " * depth
    if not isinstance(value, (dict, list)) or not value:
        said = meaning(labels, path, value)
        yield indent + title + leaf(value), path if said else "", said
        return
    opened, closed = "{}" if isinstance(value, dict) else "[]"
    yield indent + title + opened, "", ""
    fields = _fields(value, path)
    for left, (name, inner, item) in zip(range(len(fields) - 1, -1, -1), fields, strict=True):
        *lines, (last, where, said) = layout(item, labels, inner, name, depth + 1)
        yield from lines
        yield last + ("," if left else ""), where, said
    yield indent + closed, "", ""


def point_out(value: Any, labels: Labels, path: str = "") -> Iterator[tuple[str, str, str]]:
    """The fields of a JSON value that have a meaning: (path, value as JSON, meaning)."""
    if isinstance(value, (dict, list)):
        for _, inner, item in _fields(value, path):
            yield from point_out(item, labels, inner)
    elif said := meaning(labels, path, value):
        yield path, leaf(value), said
