"""What no server of Chat Completions could read in a request: values of a wrong type where the wire looks into them.

All else passes: what a vendor refuses (lengths, ranges, words, tools without answers) is for who knows which vendor is
meant. The words are OpenAI's (`ringup.openai_checks`).
"""

from __future__ import annotations

from typing import Any

from ringup.openai_checks import bad, check_numeric, expect, missing, not_json, wrong_type, wrong_value

__all__ = ["FIELDS", "ROLES", "check_messages", "check_prompt", "check_request"]

FIELDS = frozenset(
    {
        *("model", "messages", "stream", "stream_options", "max_completion_tokens", "max_tokens"),
        *("temperature", "top_p", "n", "stop", "frequency_penalty", "presence_penalty", "logit_bias"),
        *("logprobs", "top_logprobs", "seed", "response_format", "tools", "tool_choice"),
        *("parallel_tool_calls", "reasoning_effort", "verbosity", "modalities", "audio", "prediction"),
        *("store", "metadata", "service_tier", "prompt_cache_key", "prompt_cache_options"),
        *("prompt_cache_retention", "safety_identifier", "user", "moderation", "web_search_options"),
        *("functions", "function_call"),
    }
)
"""The top-level fields that OpenAI knows (openai-python 3.54); any other is its `unknown_parameter`."""

ROLES = ("system", "assistant", "user", "function", "tool", "developer")

_TYPES: dict[str, type] = {"stream": bool, "parallel_tool_calls": bool, "metadata": dict, "tools": list}
_NUMBERS = ("temperature", "top_p", "n", "max_tokens", "max_completion_tokens", "seed")
Body = dict[str, Any]


def check_request(body: Any) -> None:
    """Raise BadRequestError for the first thing that can't be read. A null counts as a field left out."""
    if not isinstance(body, dict):
        raise not_json()
    if body.get("model") in (None, ""):
        raise bad("you must provide a model parameter")
    expect(body["model"], str, "model")
    for name, kind in _TYPES.items():
        if body.get(name) is not None:
            expect(body[name], kind, name)
    for name in _NUMBERS:
        check_numeric(body.get(name), name)
    _check_stop(body.get("stop"))
    choice = body.get("tool_choice")
    if choice is not None and not isinstance(choice, str):
        expect(choice, dict, "tool_choice", "a string or an object")
    for index, tool in enumerate(body.get("tools") or []):
        expect(tool, dict, f"tools[{index}]")
    check_messages(body.get("messages"))


def _check_stop(stop: Any) -> None:
    if stop is None or isinstance(stop, str):
        return
    expect(stop, list, "stop", "a string or an array of strings")
    for index, text in enumerate(stop):
        expect(text, str, f"stop[{index}]")


def check_messages(messages: Any) -> None:
    """Each message by itself, whatever stands beside it."""
    if messages is None:
        raise missing("messages")
    expect(messages, list, "messages", "an array of objects")
    for index, message in enumerate(messages):
        expect(message, dict, f"messages[{index}]")
        _check_message(message, f"messages[{index}]")


def check_prompt(messages: list[Body]) -> None:
    """Raise BadRequestError for what is a slip of the pen in messages that somebody wrote by hand."""
    for index, message in enumerate(messages):
        where = f"messages[{index}]"
        if message["role"] not in ROLES:
            raise wrong_value(f"{where}.role", message["role"], ROLES)
        content = message.get("content")
        for place, part in enumerate(content if isinstance(content, list) else ()):
            if isinstance(part, dict):
                _check_part(part, f"{where}.content[{place}]")
        for place, call in enumerate(message.get("tool_calls") or ()):
            expect(call, dict, f"{where}.tool_calls[{place}]")
            _check_call(call, f"{where}.tool_calls[{place}]")
        if message["role"] == "tool":
            _need(message, "tool_call_id", where, str)


def _check_part(part: Body, where: str) -> None:
    kind = _need(part, "type", where, str)
    if kind in ("text", "refusal"):
        _need(part, kind, where, str)
    elif kind in ("image_url", "input_audio", "file"):
        _need(part, kind, where, (str, dict))


def _check_call(call: Body, where: str) -> None:
    _need(call, "id", where, str)
    kind = call.get("type") or "function"
    if kind in ("function", "custom"):
        _need(_need(call, kind, where, dict), "name", f"{where}.{kind}", str)


def _need(held: Body, name: str, where: str, kinds: type | tuple[type, ...]) -> Any:
    value = held.get(name)
    if value is None:
        raise missing(f"{where}.{name}")
    if not isinstance(value, kinds):
        raise wrong_type(f"{where}.{name}", "a string" if kinds is str else "an object", value)
    return value


def _check_message(message: Body, where: str) -> None:
    if message.get("role") is None:
        raise missing(f"{where}.role")
    for name in ("role", "name"):
        if message.get(name) is not None:
            expect(message[name], str, f"{where}.{name}")
    content = message.get("content")
    if content is not None and not isinstance(content, str):
        if not isinstance(content, list):
            raise wrong_type(f"{where}.content", "one of a string or array of objects", content)
        for index, part in enumerate(content):
            if not isinstance(part, str):  # vLLM, Mistral take texts among the objects
                expect(part, dict, f"{where}.content[{index}]")
    if message.get("tool_calls") is not None:
        expect(message["tool_calls"], list, f"{where}.tool_calls", "an array of objects")
