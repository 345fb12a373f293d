"""What no server of the Responses API could read in a request: values of a wrong type where the wire looks into them.

All else passes: what a vendor refuses (lengths, ranges, words, calls without results) is for who knows which vendor is
meant. The words are OpenAI's (`ringup.openai_checks`).
"""

from __future__ import annotations

from typing import Any

from ringup.openai_checks import check_numeric, expect, missing, not_json, wrong_type

__all__ = ["FIELDS", "ROLES", "check_request"]

FIELDS = frozenset(
    {
        *("access_programs", "background", "background_options", "context_management", "conversation", "image"),
        *("include", "input", "instructions", "max_output_tokens", "max_tool_calls", "metadata", "model"),
        *("moderation", "parallel_tool_calls", "previous_response_id", "prompt", "prompt_cache_key"),
        *("prompt_cache_options", "prompt_cache_retention", "reasoning", "safety_identifier", "service_tier"),
        *("store", "stream", "stream_options", "temperature", "text", "tool_choice", "tools", "top_logprobs"),
        *("top_p", "truncation", "user"),
    }
)
"""The top-level fields that OpenAI knows (openai-python 3.54); any other is its `unknown_parameter`."""

ROLES = ("user", "assistant", "system", "developer")

_TYPES: dict[str, type] = {
    **dict.fromkeys(("model",), str),
    **dict.fromkeys(("parallel_tool_calls", "store", "stream"), bool),
    **dict.fromkeys(("metadata", "reasoning", "text"), dict),
    **dict.fromkeys(("include", "tools"), list),
}
_NUMBERS = ("max_output_tokens", "temperature", "top_p")
_EITHER = "one of an array of objects or string"

Body = dict[str, Any]


def check_request(body: Any) -> None:
    """Raise BadRequestError for the first thing that can't be read. A null counts as a field left out."""
    if not isinstance(body, dict):
        raise not_json()
    for name, kind in _TYPES.items():
        if body.get(name) is not None:
            expect(body[name], kind, name)
    for name in _NUMBERS:
        check_numeric(body.get(name), name)
    if not (body.get("model") or body.get("prompt")):
        raise missing("model")
    choice = body.get("tool_choice")
    if choice is not None and not isinstance(choice, str):
        expect(choice, dict, "tool_choice", "a string or an object")
    for index, tool in enumerate(body.get("tools") or []):
        expect(tool, dict, f"tools[{index}]")
    _check_input(body.get("input"))


def _check_input(given: Any) -> None:
    if given is None or isinstance(given, str):
        return
    expect(given, list, "input", _EITHER)
    for index, item in enumerate(given):
        expect(item, dict, f"input[{index}]")
        for name in ("content", "output"):
            _check_content(item.get(name), f"input[{index}].{name}")


def _check_content(content: Any, where: str) -> None:
    """A message's content, or a tool's result; those of other items may be objects."""
    if isinstance(content, int | float):
        raise wrong_type(where, _EITHER, content)
