"""When to ask for a tool, with which arguments, and what to say of a tool's result."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import msgspec

from ringup.messages import Request, Tool, ToolResult
from ringup.simulator.conversation import Conversation, Draft, words
from ringup.simulator.shapes import Shaper, places

__all__ = ["Wanted", "report", "wanted"]


class Wanted(NamedTuple):
    """A tool that is to be called, and the JSON text of its arguments."""

    name: str
    json: str


_EMPTY_WORDS = frozenset(
    words(
        "a an the get set fetch find do run make current tool function call api data info information of for in "
        "to by with "
        "and or from use this that given return returns it is as on at user name named value values string"
    )
)
_PLACE_FIELD = r"(?i)city|location|place|town"


def wanted(talk: Conversation) -> tuple[Wanted, ...]:
    """The tools that the model asks for now; none when it answers in words."""
    request = talk.request
    tools = [tool for tool in request.tools if isinstance(tool, Tool)]
    choice = request.tool_choice
    mode = getattr(choice, "mode", "auto")
    if not tools or mode == "none" or (mode == "auto" and _results(request)):
        return ()
    if mode == "tool":
        tool = next((tool for tool in tools if tool.name == getattr(choice, "name", None)), None)
    else:
        tool = max(tools, key=lambda tool: _score(tool, talk.low))
        if mode == "auto" and _score(tool, talk.low) < 2:
            return ()
    return _calls(talk, tool) if tool else ()


def _words(text: str) -> list[str]:
    text = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text)
    return [word for word in re.findall(r"[a-z]+", text.lower()) if word not in _EMPTY_WORDS]


def _score(tool: Tool, low: str) -> float:
    """How plainly a question names what a tool does."""
    asked = set(_words(low))
    stems = {word[:5] for word in asked if len(word) > 3}

    def meant(word: str) -> bool:
        return word in asked or (len(word) > 3 and word[:5] in stems)

    named = sum(2 for word in set(_words(tool.name)) if meant(word))
    described = sum(0.5 for word in set(_words(tool.description or "")) if len(word) > 3 and meant(word))
    sums = re.search(r"calc|math|arithm|evaluat|multipl|\badd\b", f"{tool.name} {tool.description or ''}".lower())
    return named + described + (2 if sums and re.search(r"\d\s*[-+*/^x×]\s*\d", low) else 0)


def _calls(talk: Conversation, tool: Tool) -> tuple[Wanted, ...]:
    """One call, or one for each place that is asked about, where the tool takes one place."""
    properties: dict[str, Any] = (tool.parameters or {}).get("properties") or {}
    one_place = len([name for name in properties if re.search(_PLACE_FIELD, name)]) == 1
    found = places(talk.asked) if one_place and talk.request.parallel_tool_calls is not False else []
    several = len(found) > 1 and re.search(r"\band\b|,|&", talk.asked)
    texts = [_only(place, found, talk.asked) for place in found] if several else [talk.asked]
    return tuple([Wanted(tool.name, _arguments(talk, tool, text)) for text in texts])


def _only(place: str, found: list[str], text: str) -> str:
    """The text without the other places."""
    for other in found:
        text = text if other == place else text.replace(other, "")
    return text


def _arguments(talk: Conversation, tool: Tool, text: str) -> str:
    if not tool.parameters:
        return "{}"
    value = Shaper(text, talk.chance, lambda: talk.asked).fill({"type": "object", **tool.parameters})
    return msgspec.json.encode(value).decode()


def _results(request: Request) -> list[ToolResult]:
    """The results that came after the last thing that the model said."""
    found: list[ToolResult] = []
    for message in reversed(request.messages):
        if message.role == "assistant":
            break
        found = [part for part in message.parts if isinstance(part, ToolResult)] + found
    return found


def report(talk: Conversation) -> Draft | None:
    """What the results of the tools say, if results have come."""
    results = _results(talk.request)
    if not results:
        return None
    names = {call.id: call.name for message in talk.request.messages for call in message.tool_calls}
    told = [_told(names.get(result.call_id, "tool"), result) for result in results]
    return Draft((" ".join(told),), told[0])


def _told(name: str, result: ToolResult) -> str:
    text = _plain(result.text).rstrip(". ")
    if result.is_error:
        return f"The tool {name} failed: {text or 'no reason was given'}."
    return f"According to {name}: {text}." if text else f"The tool {name} is done."


def _plain(text: str) -> str:
    """A result in words: the fields of a JSON object one after another, anything else as it is."""
    try:
        value = msgspec.json.decode(text)
    except (msgspec.DecodeError, ValueError):
        return text
    if isinstance(value, dict):
        return ", ".join(f"{key.replace('_', ' ')} {_plain_value(inner)}" for key, inner in value.items())
    return _plain_value(value)


def _plain_value(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
