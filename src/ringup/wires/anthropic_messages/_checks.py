"""What no server of the Messages API could read in a request: values of a wrong type where the wire looks into them.

All else passes: what Anthropic refuses (versions, lengths, ranges, words, calls without results) is for who knows that
it is meant. The sentences are pydantic's, as Anthropic sends them.
"""

from __future__ import annotations

from typing import Any, NoReturn

from ringup.errors import BadRequestError

__all__ = ["check_body", "check_messages", "refuse"]

_TYPES: dict[str, tuple[type | tuple[type, ...], str]] = {
    **dict.fromkeys(("model",), (str, "string")),
    **dict.fromkeys(("messages", "tools", "stop_sequences"), (list, "list")),
    **dict.fromkeys(("metadata", "tool_choice", "thinking", "output_config"), (dict, "dictionary")),
    "system": ((str, list), "list"),
    "stream": (bool, "boolean"),
}
_NUMBERS = ("max_tokens", "temperature", "top_p")

Body = dict[str, Any]


def refuse(path: str, message: str) -> NoReturn:
    """The API's 400 for a field; `path` is where it stands, or "" when the sentence names it."""
    raise BadRequestError(
        f"{path}: {message}" if path else message, status=400, type="invalid_request_error", param=path or None
    )


def check_body(body: Any) -> None:
    """Raise BadRequestError for the first thing that can't be read. A null counts as a field left out."""
    if not isinstance(body, dict):
        refuse("", "Input should be a valid dictionary")
    for name in ("model", "messages"):
        if body.get(name) is None:
            refuse(name, "Field required")
    for name, (kinds, word) in _TYPES.items():
        _expect(name, body.get(name), kinds, word)
    for name in _NUMBERS:
        if isinstance(body.get(name), bool):
            refuse(name, "Input should be a valid number")
        _expect(name, body.get(name), (int, float, str), "number")
    for at, stop in enumerate(body.get("stop_sequences") or ()):
        _need(f"stop_sequences.{at}", stop, str, "string")
    for at, tool in enumerate(body.get("tools") or ()):
        _need(f"tools.{at}", tool, dict, "dictionary")
    _content("system", body.get("system"))
    check_messages(body["messages"])
    if all(message["role"] == "system" for message in body["messages"]):
        refuse("messages", "at least one message is required")
    if not any(message.get("content") or message["role"] == "assistant" for message in body["messages"]):
        refuse("messages", "all messages must have non-empty content except for the optional final assistant message")


def check_messages(messages: list[Any]) -> None:
    """Each message by itself, whatever stands beside it."""
    for at, message in enumerate(messages):
        path = f"messages.{at}"
        _need(path, message, dict, "dictionary")
        if message.get("role") is None:
            refuse(f"{path}.role", "Field required")
        if message["role"] not in ("user", "assistant", "system"):
            refuse(f"{path}.role", "Input should be 'user', 'assistant' or 'system'")
        content = message.get("content")
        _expect(f"{path}.content", content, (str, list), "list")
        _content(f"{path}.content", content)


def _content(path: str, content: Any) -> None:
    for at, block in enumerate(content if isinstance(content, list) else ()):
        _need(f"{path}.{at}", block, dict, "dictionary")


def _need(path: str, value: Any, kinds: type | tuple[type, ...], word: str) -> None:
    if not isinstance(value, kinds):
        refuse(path, f"Input should be a valid {word}")


def _expect(path: str, value: Any, kinds: type | tuple[type, ...], word: str) -> None:
    if value is not None:
        _need(path, value, kinds, word)
