"""What the two vendors refuse and the wires let pass, because servers that are compatible with them take it.

The fields are those of the request types of openai-python 3.54 and anthropic-python 2.12; the words are those of error
bodies that users of the APIs have quoted, up to November 2026.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from ringup.errors import BadRequestError
from ringup.openai_checks import bad, empty, expect, not_json

__all__ = ["check_anthropic", "check_media_type", "check_openai", "read_json"]

Body = dict[str, Any]


def read_json(body: bytes, vendor: str) -> Any:
    """The body as OpenAI and Anthropic read it: strictly. Raises BadRequestError also for NaN, for half of a pair of
    surrogates and for lists in lists without end.
    """
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        if vendor == "openai":
            raise not_json() from None
        message = f"The request body is not valid JSON: {error}"
        raise BadRequestError(message, status=400, type="invalid_request_error") from None


def check_media_type(media_type: str | None, wanted: str = "application/json") -> None:
    """Raises OpenAI's 400 for a body that is said to be something else than JSON. One that isn't said passes."""
    if media_type and media_type.partition(";")[0].strip().lower() != wanted:
        raise bad(
            f"Unsupported content type: '{media_type}'. This API method only accepts '{wanted}' requests, but "
            f"you specified the header 'Content-Type: {media_type}'. Please try again with a supported content type.",
            code="unsupported_content_type",
        )


# OpenAI

_SAID = frozenset({"role", "content", "name", "refusal", "audio", "tool_calls", "function_call", "tool_call_id"})
_MESSAGE = _SAID | {"annotations"}
"""A message's fields; the last one comes with an answer, and may be sent back with it."""
_PARTS = {
    "text": {"type", "text", "prompt_cache_breakpoint"},
    "image_url": {"type", "image_url", "prompt_cache_breakpoint"},
    "input_audio": {"type", "input_audio", "prompt_cache_breakpoint"},
    "file": {"type", "file", "prompt_cache_breakpoint"},
    "refusal": {"type", "refusal"},
}


def check_openai(body: Body) -> None:
    """Raises what OpenAI answers to a Chat Completions body that is good otherwise."""
    messages: list[Body] = body["messages"]
    for at, message in enumerate(messages):
        _check_message(message, f"messages[{at}]")
    _check_tools(body)
    wanted = body.get("response_format") or {}
    if wanted.get("type") == "json_object" and not any("json" in text.lower() for text in _texts(messages)):
        raise bad(
            "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.",
            "messages",
        )


def _check_message(message: Body, path: str) -> None:
    _refuse_unknown(message, _MESSAGE, path)
    if message.get("tool_calls") == []:
        raise empty(f"{path}.tool_calls")
    content = message.get("content")
    for at, part in enumerate(content if isinstance(content, list) else []):
        where = f"{path}.content[{at}]"
        _refuse_unknown(part, _PARTS.get(part.get("type"), part.keys()), where)
        if part.get("type") == "image_url":
            expect(part["image_url"], dict, f"{where}.image_url")


def _refuse_unknown(held: Body, known: Any, path: str) -> None:
    for name in held:
        if name not in known:
            raise bad(f"Unknown parameter: '{path}.{name}'.", f"{path}.{name}", "unknown_parameter")


def _check_tools(body: Body) -> None:
    tools, choice = body.get("tools"), body.get("tool_choice")
    if tools == []:
        raise empty("tools")
    if choice is not None and tools is None:
        words = "Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are specified."
        raise bad(words, "tool_choice")
    if isinstance(choice, dict) and choice.get("type") in ("function", "custom"):
        name = (choice.get(choice["type"]) or {}).get("name")
        if name not in [(tool.get(tool.get("type")) or {}).get("name") for tool in tools or []]:
            raise bad(f"Tool choice '{name}' not found in 'tools' parameter.", "tool_choice")


def _texts(messages: list[Body]) -> Iterator[str]:
    for message in messages:
        content = message.get("content")
        parts = content if isinstance(content, list) else [{"text": content}]
        yield from (str(part["text"]) for part in parts if part.get("text"))


# Anthropic

_CACHED = {"type", "cache_control"}
_BLOCKS = {
    "text": _CACHED | {"text", "citations"},
    "image": _CACHED | {"source", "transformations"},
    "document": _CACHED | {"source", "citations", "context", "title"},
    "search_result": _CACHED | {"content", "source", "title", "citations"},
    "thinking": {"type", "thinking", "signature"},
    "redacted_thinking": {"type", "data"},
    "tool_use": _CACHED | {"id", "name", "input", "caller", "toolset_name"},
    "tool_result": _CACHED | {"tool_use_id", "content", "is_error", "toolset_name"},
}


def check_anthropic(body: Body) -> None:
    """Raises what Anthropic answers to a Messages body that is good otherwise.

    The simulator holds no threads. It says so with the API's own code; then the SDK's tool runner goes on without one.
    """
    if body.get("thread") is not None:
        message = "thread: the simulator holds no conversations. Send the whole one, without `thread`."
        raise BadRequestError(
            message, status=400, type="invalid_request_error", param="thread", code="thread_unsupported_request"
        )
    for at, message in enumerate(body["messages"]):
        _forbid_extra(message, {"role", "content"}, f"messages.{at}")
        _check_blocks(message["content"], f"messages.{at}.content")
    _check_blocks(body.get("system"), "system")


def _check_blocks(blocks: Any, path: str) -> None:
    for at, block in enumerate(blocks if isinstance(blocks, list) else []):
        kind = block.get("type")
        _forbid_extra(block, _BLOCKS.get(kind, block.keys()), f"{path}.{at}.{kind}")


def _forbid_extra(held: Body, known: Any, path: str) -> None:
    for name in held:
        if name not in known:
            raise BadRequestError(
                f"{path}.{name}: Extra inputs are not permitted",
                status=400,
                type="invalid_request_error",
                param=f"{path}.{name}",
            )
