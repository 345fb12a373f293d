"""What OpenAI refuses in a request of the Responses API, in its own words: status 400 with `param` and `code`.

Types, ranges and words: openai-python 3.54 and openai-openapi v2.3.0; the sentences are those of the API's recorded
errors (2025 to 2026). Item types, tools and settings that aren't known here pass: the API adds new ones all the time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

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
from ringup.wires.responses import CALLS, kind_of

__all__ = ["check_request"]

_ROLES = ("user", "assistant", "system", "developer")
_INPUT = ("input_text", "input_image", "input_file")
_OUTPUT = ("output_text", "refusal")
_CONTENT = ("input_text", "input_image", "output_text", "refusal", "input_file", "computer_screenshot", "summary_text")
_WORDS = {"input_text": "text", "output_text": "text", "refusal": "refusal"}
_EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
_SUMMARIES = ("auto", "concise", "detailed")
_FORMATS = ("text", "json_object", "json_schema")
_MAX_TOOLS = 128
_RESULTS = frozenset({f"{kind}_output" for kind in CALLS})
_HIDES_CALLS = frozenset({"item_reference", "compaction"})
"""Items behind which calls may stand that aren't in the input themselves."""

_TYPES: dict[type, tuple[str, ...]] = {
    bool: ("background", "parallel_tool_calls", "store", "stream"),
    str: (
        *("instructions", "model", "previous_response_id", "prompt_cache_key", "safety_identifier", "service_tier"),
        *("truncation", "user"),
    ),
    dict: (
        *("access_programs", "background_options", "image", "metadata", "moderation", "prompt"),
        *("prompt_cache_options", "reasoning", "stream_options", "text"),
    ),
    list: ("context_management", "include", "tools"),
}
_NUMBERS = {"temperature": (0, 2), "top_p": (0, 1)}
_INTEGERS: dict[str, tuple[int, int | None]] = {
    "max_output_tokens": (16, None),
    "max_tool_calls": (0, None),
    "top_logprobs": (0, 20),
}

Body = dict[str, Any]


def check_request(body: Any) -> None:
    """Raise BadRequestError for the first thing that the API would refuse. A null counts as a field left out."""
    if not isinstance(body, dict):
        raise not_json()
    for name, value in body.items():
        if value is not None:
            _check_setting(name, value)
    if not (body.get("model") or body.get("prompt")):
        raise missing("model")
    if body.get("previous_response_id") and body.get("conversation"):
        raise bad(
            "Mutually exclusive parameters: 'conversation', 'previous_response_id'. Ensure you are only providing one "
            "of: 'previous_response_id' or 'conversation'.",
            None,
            "mutually_exclusive_parameters",
        )
    _check_tools(body.get("tools") or [])
    _check_input(body)


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
    elif name in _SETTINGS:
        _SETTINGS[name](value)


def _one_of(value: Any, words: tuple[str, ...], where: str) -> None:
    if value is not None:
        expect(value, str, where)
        if value not in words:
            raise wrong_value(where, value, words)


def _check_reasoning(wanted: Body) -> None:
    _one_of(wanted.get("effort"), _EFFORTS, "reasoning.effort")
    _one_of(wanted.get("summary"), _SUMMARIES, "reasoning.summary")


def _check_text(wanted: Body) -> None:
    _one_of(wanted.get("verbosity"), ("low", "medium", "high"), "text.verbosity")
    form = wanted.get("format")
    if form is None:
        return
    expect(form, dict, "text.format")
    if form.get("type") is None:
        raise missing("text.format.type")
    _one_of(form["type"], _FORMATS, "text.format.type")
    if form["type"] == "json_schema":
        check_name(form.get("name"), "text.format.name")
        if form.get("schema") is None:
            raise missing("text.format.schema")
        check_types(form, {"schema": dict, "description": str, "strict": bool}, "text.format")


def _check_include(include: list[Any]) -> None:
    for index, name in enumerate(include):
        expect(name, str, f"include[{index}]")


def _check_conversation(value: Any) -> None:
    if isinstance(value, str):
        return
    expect(value, dict, "conversation", "a string or an object")
    expect(value.get("id"), str, "conversation.id")


def _check_tool_choice(choice: Any) -> None:
    if isinstance(choice, str):
        _one_of(choice, ("none", "auto", "required"), "tool_choice")
        return
    expect(choice, dict, "tool_choice", "a string or an object")
    if choice.get("type") is None:
        raise missing("tool_choice.type")
    if choice["type"] in ("function", "custom"):
        check_name(choice.get("name"), "tool_choice.name")


_SETTINGS: dict[str, Callable[[Any], None]] = {
    "metadata": check_metadata,
    "reasoning": _check_reasoning,
    "text": _check_text,
    "include": _check_include,
    "conversation": _check_conversation,
    "tool_choice": _check_tool_choice,
    "truncation": lambda value: _one_of(value, ("auto", "disabled"), "truncation"),
}


def _check_tools(tools: list[Any]) -> None:
    if len(tools) > _MAX_TOOLS:
        raise too_long("tools", "array", _MAX_TOOLS, len(tools))
    for index, tool in enumerate(tools):
        where = f"tools[{index}]"
        expect(tool, dict, where)
        if tool.get("type") is None:
            raise missing(f"{where}.type")
        expect(tool["type"], str, f"{where}.type")
        if tool["type"] in ("function", "custom"):
            check_name(tool.get("name"), f"{where}.name")
            check_types(tool, {"description": str, "parameters": dict, "strict": bool}, where)


# Input


def _check_input(body: Body) -> None:
    given = body.get("input")
    stored = body.get("previous_response_id") or body.get("conversation")
    if given is None:
        if not (stored or body.get("prompt")):
            raise missing("input")
        return
    if isinstance(given, str):
        return
    expect(given, list, "input", "one of an array of objects or string")
    if not given and not (stored or body.get("prompt")):
        raise empty("input")
    for index, item in enumerate(given):
        expect(item, dict, f"input[{index}]")
        _check_item(item, f"input[{index}]")
    if not stored and not any(kind_of(item) in _HIDES_CALLS for item in given):
        _check_answers(given)


def _check_item(item: Body, where: str) -> None:
    if item.get("type") is None and "role" not in item and "id" not in item:
        raise missing(f"{where}.type")
    kind = kind_of(item)
    if kind == "message":
        _check_message(item, where)
    elif kind in CALLS:
        _check_words(item, ("call_id", "name", CALLS[kind]), where)
    elif kind in _RESULTS:
        _check_result(item, where)
    elif kind == "reasoning":
        if item.get("summary") is None:
            raise missing(f"{where}.summary")
        check_types(item, {"summary": list, "content": list, "encrypted_content": str}, where)


def _check_words(item: Body, names: tuple[str, ...], where: str) -> None:
    for name in names:
        if item.get(name) is None:
            raise missing(f"{where}.{name}")
        expect(item[name], str, f"{where}.{name}")


def _check_message(item: Body, where: str) -> None:
    role = item.get("role")
    if role is None:
        raise missing(f"{where}.role")
    _one_of(role, _ROLES, f"{where}.role")
    content = item.get("content")
    if content is None:
        raise missing(f"{where}.content")
    if isinstance(content, str):
        return
    expect(content, list, f"{where}.content", "one of an array of objects or string")
    for index, block in enumerate(content):
        _check_content(block, _OUTPUT if role == "assistant" else _INPUT, f"{where}.content[{index}]")


def _check_content(block: Any, allowed: tuple[str, ...], where: str) -> None:
    expect(block, dict, where)
    kind = block.get("type")
    if kind is None:
        raise missing(f"{where}.type")
    expect(kind, str, f"{where}.type")
    if kind in (*_INPUT, *_OUTPUT) and kind not in allowed:
        raise wrong_value(f"{where}.type", kind, allowed)
    if kind not in _CONTENT and not kind.startswith(("input_", "output_")):
        raise wrong_value(f"{where}.type", kind, _CONTENT)
    if kind in _WORDS:
        _check_words(block, (_WORDS[kind],), where)
    elif kind == "input_image":
        check_types(block, {"image_url": str, "file_id": str, "detail": str}, where)
        if block.get("image_url") is None and block.get("file_id") is None:
            raise missing(f"{where}.image_url")
    elif kind == "input_file":
        check_types(block, {"file_data": str, "file_id": str, "file_url": str, "filename": str}, where)
        if all(block.get(name) is None for name in ("file_data", "file_id", "file_url")):
            raise missing(f"{where}.file_id")


def _check_result(item: Body, where: str) -> None:
    if item.get("call_id") is None and item.get("name") is None:
        raise missing(f"{where}.call_id")
    check_types(item, {"call_id": str, "name": str}, where)
    output = item.get("output")
    if output is None:
        raise missing(f"{where}.output")
    if isinstance(output, str):
        return
    if not isinstance(output, list):
        raise wrong_type(f"{where}.output", "one of an array of objects or string", output)
    for index, block in enumerate(output):
        _check_content(block, _INPUT, f"{where}.output[{index}]")


def _check_answers(items: list[Body]) -> None:
    """Every call has its result in the input, and every result its call."""
    calls = dict.fromkeys([item["call_id"] for item in items if kind_of(item) in CALLS])
    results = dict.fromkeys([item.get("call_id") for item in items if kind_of(item) in _RESULTS])
    for call in results:
        if call is not None and call not in calls:
            raise bad(f"No tool call found for function call output with call_id {call}.", "input")
    for call in calls:
        if call not in results:
            raise bad(f"No tool output found for function call {call}.", "input")
