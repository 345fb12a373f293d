"""What Google's service refuses in a request that it could read: "* GenerateContentRequest.contents: ...".

The sentences are those of answers that were recorded or reported up to November 2026.
"""

from __future__ import annotations

import re
from typing import Any

from ringup.wires.gemini import plain_name, refuse

__all__ = ["check_request"]

_ROOT = "GenerateContentRequest"
_ROLES = ("user", "model", "function")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.:-]{0,127}")
_NAME_RULE = (
    "Invalid function name. Must start with a letter or an underscore. Must be alphanumeric (a-z, A-Z, 0-9), "
    "underscores (_), dots (.), colons (:), or dashes (-), with a maximum length of 128."
)
_ABOUT = frozenset({"thought", "videoMetadata", "partMetadata", "mediaResolution", "mediaProcessing"})
"""What a part may say of its data; a part must have some data beside it."""
_RANGES: dict[str, tuple[float, float]] = {"temperature": (0.0, 2.0), "topP": (0.0, 1.0), "candidateCount": (1, 8)}

Block = dict[str, Any]


def check_request(body: Block) -> None:
    """Raise BadRequestError for all that the service refuses whichever the model is.

    `body` has the names that Google writes, as `gemini.tidy` gives them.
    """
    found: list[str] = []
    _check_contents(body.get("contents"), found)
    _check_settings(body.get("generationConfig", {}), found)
    _check_tools(body.get("tools", []), found)
    if found:
        refuse("\n".join([f"* {_ROOT}.{line}" for line in found]) + "\n")


def _check_contents(contents: Any, found: list[str]) -> None:
    if not contents:
        found.append("contents: contents is not specified")
        return
    for at, content in enumerate(contents):
        if (content.get("role") or "user") not in _ROLES:
            refuse("Please use a valid role: user, model.")
        parts = content.get("parts")
        if not parts:
            found.append(f"contents[{at}].parts: contents.parts must not be empty.")
        for index, part in enumerate(parts or ()):
            found += _wrong_with(part, f"contents[{at}].parts[{index}]")


def _wrong_with(part: Block, where: str) -> list[str]:
    if part.keys() <= _ABOUT:
        return [f"{where}.data: required oneof field 'data' must have one initialized field"]
    called = [name for name in ("functionCall", "functionResponse") if name in part]
    return [f"{where}.{plain_name(name)}.name: Name cannot be empty." for name in called if not part[name].get("name")]


def _check_settings(config: Block, found: list[str]) -> None:
    for name, (low, high) in _RANGES.items():
        if name in config and not low <= config[name] <= high:
            found.append(f"generation_config.{plain_name(name)}: must be in the range [{low}, {high}].")
    if config.get("maxOutputTokens", 1) < 1:
        found.append("generation_config.max_output_tokens: max_output_tokens must be positive.")
    if len(config.get("stopSequences", ())) > 5:
        found.append("generation_config.stop_sequences: at most 5 stop sequences are supported.")
    if {"thinkingBudget", "thinkingLevel"} <= config.get("thinkingConfig", {}).keys():
        refuse("You can only set only one of thinking budget and thinking level.")


def _check_tools(tools: list[Block], found: list[str]) -> None:
    names: set[str] = set()
    for at, tool in enumerate(tools):
        for index, declared in enumerate(tool.get("functionDeclarations", ())):
            name = declared.get("name", "")
            if not _NAME.fullmatch(name):
                found.append(f"tools[{at}].function_declarations[{index}].name: {_NAME_RULE}")
            elif name in names:
                refuse(f"Duplicate function declaration found: {name}")
            names.add(name)
