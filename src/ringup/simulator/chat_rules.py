"""What OpenAI refuses in a Chat Completions request, in its own words (`ringup.openai_checks`): status 400 with `param`
and `code`. Servers that are compatible with it take more, and so does the wire.

Some dialects pass here too (Mistral's "any", its document_url, tools without a type, reasoning in a message).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ringup.errors import BadRequestError
from ringup.openai_checks import (
    bad,
    check_metadata,
    check_name,
    check_number,
    check_range,
    check_types,
    empty,
    expect,
    missing,
    not_json,
    too_long,
    wrong_type,
    wrong_value,
)

__all__ = ["check_request"]

_ROLES = ("system", "assistant", "user", "function", "tool", "developer")
_DIALECT_PARTS = frozenset(
    {
        *("thinking", "document_url", "reference", "tool_reference", "file_url", "pdf_url", "video_url"),
        *("audio_url", "video", "input_video", "document", "image_embeds", "audio_embeds"),
    }
)
"""Content that only compatible servers take (Mistral, OpenRouter, vLLM, Groq, Perplexity, Qwen)."""
_PARTS = ("text", "image_url", "input_audio", "refusal", "audio", "file")
_INNER = {"text": "text", "refusal": "refusal", "image_url": "image_url", "input_audio": "input_audio", "file": "file"}
_FORMATS = ("text", "json_object", "json_schema")
_DIALECT_FORMATS = ("json", "regex", "grammar", "structural_tag")
_EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")

_MAX_TOOLS = 128
_MAX_STOPS = 4
_NUMBERS = {"temperature": (0, 2), "top_p": (0, 1), "frequency_penalty": (-2, 2), "presence_penalty": (-2, 2)}
_INTEGERS: dict[str, tuple[int, int | None]] = {
    "n": (1, 128),
    "max_tokens": (1, None),
    "max_completion_tokens": (1, None),
    "top_logprobs": (0, 20),
    "seed": (-(2**63), 2**63 - 1),
}
_TYPES: dict[type, tuple[str, ...]] = {
    bool: ("stream", "parallel_tool_calls", "store"),
    str: ("user", "safety_identifier", "prompt_cache_key", "service_tier"),
    dict: ("stream_options", "logit_bias", "metadata", "response_format", "audio", "prediction", "web_search_options"),
    list: ("tools", "modalities", "functions"),
}
_CHOICES = {
    "reasoning_effort": (*_EFFORTS, "default"),  # "default" is Groq's
    "verbosity": ("low", "medium", "high"),
}
Body = dict[str, Any]


# The whole body


def check_request(body: Any) -> None:
    """Raise BadRequestError for the first thing that the API would refuse. A null counts as a field left out."""
    if not isinstance(body, dict):
        raise not_json()
    if body.get("model") is None:
        raise bad("you must provide a model parameter")
    expect(body["model"], str, "model")
    if not body["model"]:
        raise bad("you must provide a model parameter")
    for name, value in body.items():
        if value is not None:
            _check_setting(name, value)
    _check_combinations(body)
    _check_messages(body.get("messages"))
    _check_answers(body["messages"])
    _check_tools(body.get("tools") or [])


def _check_setting(name: str, value: Any) -> None:
    for kind, names in _TYPES.items():
        if name in names:
            expect(value, kind, name)
    if name in _NUMBERS:
        check_number(value, name, whole=False)
        check_range(name, value, *_NUMBERS[name], "decimal")
    elif name in _INTEGERS:
        check_number(value, name, whole=True)
        check_range(name, value, *_INTEGERS[name], "integer")
    elif name in _CHOICES:
        expect(value, str, name)
        if value not in _CHOICES[name]:
            raise wrong_value(name, value, _CHOICES[name])
    elif name in _SETTINGS:
        _SETTINGS[name](value)


def _check_stop(stop: Any) -> None:
    if isinstance(stop, str):
        return
    expect(stop, list, "stop", "a string or an array of strings")
    if len(stop) > _MAX_STOPS:
        raise too_long("stop", "array", _MAX_STOPS, len(stop))
    for index, text in enumerate(stop):
        expect(text, str, f"stop[{index}]")


def _check_bias(bias: Body) -> None:
    for token, value in bias.items():
        check_number(value, f"logit_bias.{token}", whole=False)
        check_range(f"logit_bias.{token}", value, -100, 100, "decimal")


def _check_format(wanted: Body) -> None:
    kind = wanted.get("type")
    if kind is None:
        raise missing("response_format.type")
    if kind not in _FORMATS and kind not in _DIALECT_FORMATS:
        raise wrong_value("response_format.type", kind, _FORMATS)
    if kind != "json_schema" or "schema" in wanted:  # llama.cpp has the schema beside the type
        return
    inner = wanted.get("json_schema")
    if inner is None:
        raise missing("response_format.json_schema")
    expect(inner, dict, "response_format.json_schema")
    check_name(inner.get("name"), "response_format.json_schema.name")
    check_types(inner, {"schema": dict, "description": str, "strict": bool}, "response_format.json_schema")


def _check_tool_choice(choice: Any) -> None:
    if isinstance(choice, str):
        if choice not in ("none", "auto", "required", "any"):  # "any" is Mistral's
            raise wrong_value("tool_choice", choice, ("none", "auto", "required"))
        return
    expect(choice, dict, "tool_choice", "a string or an object")
    kind = choice.get("type")
    if kind is None:
        raise missing("tool_choice.type")
    if kind == "function":
        inner = choice.get("function")
        if inner is None:
            raise missing("tool_choice.function")
        expect(inner, dict, "tool_choice.function")
        if inner.get("name") is None:
            raise missing("tool_choice.function.name")
        expect(inner["name"], str, "tool_choice.function.name")


def _check_logprobs(wanted: Any) -> None:
    if not isinstance(wanted, int):  # Together takes a number
        raise wrong_type("logprobs", "a boolean", wanted)


_SETTINGS: dict[str, Callable[[Any], None]] = {
    "stop": _check_stop,
    "logit_bias": _check_bias,
    "metadata": check_metadata,
    "response_format": _check_format,
    "tool_choice": _check_tool_choice,
    "logprobs": _check_logprobs,
}


def _check_combinations(body: Body) -> None:
    if body.get("stream_options") is not None and not body.get("stream"):
        raise bad("The 'stream_options' parameter is only allowed when 'stream' is enabled.", "stream_options")
    if body.get("top_logprobs") is not None and not body.get("logprobs"):
        raise bad("The 'top_logprobs' parameter is only allowed when 'logprobs' is enabled.", "top_logprobs")
    if body.get("max_tokens") is not None and body.get("max_completion_tokens") is not None:
        raise bad(
            "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.",
            "max_tokens",
            "invalid_parameter_combination",
        )
    for name in ("tool_choice", "parallel_tool_calls"):
        if body.get(name) not in (None, "none", "auto") and not body.get("tools"):
            raise bad(f"Invalid value for '{name}': '{name}' is only allowed when 'tools' are specified.", name)


def _check_tools(tools: list[Any]) -> None:
    if len(tools) > _MAX_TOOLS:
        raise too_long("tools", "array", _MAX_TOOLS, len(tools))
    for index, tool in enumerate(tools):
        where = f"tools[{index}]"
        expect(tool, dict, where)
        kind = tool.get("type", "function")  # Mistral doesn't ask for it
        expect(kind, str, f"{where}.type")
        if kind not in ("function", "custom"):
            continue  # a server's own tool
        inner = tool.get(kind)
        if inner is None:
            raise missing(f"{where}.{kind}")
        expect(inner, dict, f"{where}.{kind}")
        check_name(inner.get("name"), f"{where}.{kind}.name")
        check_types(inner, {"parameters": dict, "description": str, "strict": bool}, f"{where}.{kind}")


# Messages


def _check_messages(messages: Any) -> None:
    """Each message by itself, whatever stands beside it."""
    if messages is None:
        raise missing("messages")
    expect(messages, list, "messages", "an array of objects")
    if not messages:
        raise empty("messages")
    for index, message in enumerate(messages):
        expect(message, dict, f"messages[{index}]")
        _check_message(message, f"messages[{index}]")


def _check_message(message: Body, where: str) -> None:
    role = message.get("role")
    if role is None:
        raise missing(f"{where}.role")
    if role not in _ROLES:
        raise wrong_value(f"{where}.role", role, _ROLES)
    if message.get("name") is not None:
        expect(message["name"], str, f"{where}.name")
    content = message.get("content")
    if content is not None:
        _check_content(content, f"{where}.content")
    if role == "assistant":
        _check_assistant(message, where)
    elif content is None:
        raise missing(f"{where}.content") if "content" not in message else _no_content(f"{where}.content", content)
    if role == "tool":
        if message.get("tool_call_id") is None:
            raise missing(f"{where}.tool_call_id")
        expect(message["tool_call_id"], str, f"{where}.tool_call_id")
    if role == "function" and message.get("name") is None:
        raise missing(f"{where}.name")


def _no_content(param: str, content: Any) -> BadRequestError:
    return wrong_type(param, "one of a string or array of objects", content)


def _check_content(content: Any, where: str) -> None:
    if isinstance(content, str):
        return
    if not isinstance(content, list):
        raise _no_content(where, content)
    for index, part in enumerate(content):
        expect(part, dict, f"{where}[{index}]")
        _check_part(part, f"{where}[{index}]")


def _check_part(part: Body, where: str) -> None:
    kind = part.get("type")
    if kind is None:
        raise missing(f"{where}.type")
    expect(kind, str, f"{where}.type")
    if kind not in _PARTS and kind not in _DIALECT_PARTS:
        raise wrong_value(f"{where}.type", kind, _PARTS)
    inner = _INNER.get(kind)
    if inner is None:
        return
    held = part.get(inner)
    if held is None:
        raise missing(f"{where}.{inner}")
    if inner in ("text", "refusal"):
        expect(held, str, f"{where}.{inner}")
    elif not isinstance(held, str):  # Mistral and Ollama take the URL alone
        expect(held, dict, f"{where}.{inner}")
        _check_inner(inner, held, f"{where}.{inner}")


def _check_inner(kind: str, held: Body, where: str) -> None:
    required = {"image_url": ("url",), "input_audio": ("data", "format"), "file": ()}[kind]
    for name in required:
        if held.get(name) is None:
            raise missing(f"{where}.{name}")
    names = ("url", "detail", "data", "format", "file_data", "file_id", "filename")
    check_types(held, dict.fromkeys(names, str), where)
    if kind == "file" and held.get("file_data") is None and held.get("file_id") is None:
        raise missing(f"{where}.file_id")


_INSTEAD = (
    "tool_calls",
    "function_call",
    "refusal",
    "audio",
    "reasoning",
    "reasoning_content",
    "reasoning_details",
)
"""What lets an assistant's message do without content."""


def _check_assistant(message: Body, where: str) -> None:
    if message.get("content") is None and not any(message.get(name) for name in _INSTEAD):
        raise bad(f"Invalid value for 'content': expected a string, got null. ({where}.content)", f"{where}.content")
    calls = message.get("tool_calls")
    if calls is not None:
        expect(calls, list, f"{where}.tool_calls", "an array of objects")
        for index, call in enumerate(calls):
            expect(call, dict, f"{where}.tool_calls[{index}]")
            _check_call(call, f"{where}.tool_calls[{index}]")
    if message.get("function_call") is not None:
        expect(message["function_call"], dict, f"{where}.function_call")
        _check_function(message["function_call"], f"{where}.function_call", "arguments")
    if message.get("audio") is not None:
        expect(message["audio"], dict, f"{where}.audio")
    if message.get("refusal") is not None:
        expect(message["refusal"], str, f"{where}.refusal")


def _check_call(call: Body, where: str) -> None:
    if call.get("id") is None:
        raise missing(f"{where}.id")
    expect(call["id"], str, f"{where}.id")
    kind = call.get("type") or "function"
    if kind not in ("function", "custom"):
        raise wrong_value(f"{where}.type", kind, ("function", "custom"))
    if call.get(kind) is None:
        raise missing(f"{where}.{kind}")
    expect(call[kind], dict, f"{where}.{kind}")
    _check_function(call[kind], f"{where}.{kind}", "input" if kind == "custom" else "arguments")


def _check_function(inner: Body, where: str, words: str) -> None:
    if inner.get("name") is None:
        raise missing(f"{where}.name")
    expect(inner["name"], str, f"{where}.name")
    if inner.get(words) is None:
        raise missing(f"{where}.{words}")
    if not isinstance(inner[words], dict):  # Mistral takes the object itself
        expect(inner[words], str, f"{where}.{words}")


def _check_answers(messages: list[Body]) -> None:
    """Every tool call is answered right after it, and every answer has its call."""
    asked: list[str] = []  # by the last message that wasn't a tool's
    waiting: list[str] = []
    for index, message in enumerate(messages):
        if message["role"] == "tool":
            _check_asked(message["tool_call_id"], asked, index)
            waiting = [call for call in waiting if call != message["tool_call_id"]]
            continue
        _check_answered(waiting, index)
        calls = message.get("tool_calls") if message["role"] == "assistant" else None
        asked = waiting = [call["id"] for call in calls or []]
    _check_answered(waiting, len(messages))


def _check_asked(call: str, asked: list[str], index: int) -> None:
    if not asked:
        raise bad(
            "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with "
            "'tool_calls'.",
            f"messages.[{index}].role",
        )
    if call not in asked:
        raise bad(
            f"Invalid parameter: 'tool_call_id' of '{call}' not found in 'tool_calls' of previous message.",
            f"messages.[{index}].tool_call_id",
        )


def _check_answered(open_calls: list[str], index: int) -> None:
    if open_calls:
        raise bad(
            "An assistant message with 'tool_calls' must be followed by tool messages responding to each "
            f"'tool_call_id'. The following tool_call_ids did not have response messages: {', '.join(open_calls)}",
            f"messages.[{index}].role",
        )
