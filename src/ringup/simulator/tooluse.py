"""When to ask for a tool, with which arguments, and what to say of a tool's result.

What the last question asks is planned in the same way at each step: the calls that it takes, in order. Those that were
made since are done; of the rest, the ones whose arguments are known are asked for now. So each is asked for once, and
the words follow when there is none left. A call that must be made (tool_choice) is made at each step, as the vendors
have it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

import msgspec

from ringup.messages import Request, Text, ToolCall, ToolResult
from ringup.simulator.conversation import MAX_TEXT, Conversation, Draft
from ringup.simulator.freeform import free_text
from ringup.simulator.offers import Offer, choice_of, offers_of
from ringup.simulator.planning import ENOUGH, Ask, asks, nearest, nearness, provides, several
from ringup.simulator.shapes import Shaper, items_for

__all__ = ["Results", "Wanted", "report", "results_of", "wanted"]

MAX_CALLS = 32
"""How many calls one answer may ask for."""


class Wanted(NamedTuple):
    """A tool that is to be called, and the JSON text of its arguments; the text itself for a custom tool."""

    name: str
    json: str
    kind: Literal["function", "custom", "old"] = "function"


class Results(NamedTuple):
    """What tools gave since the last question: their results, the calls that were made, and the values by name."""

    given: list[ToolResult]
    calls: list[ToolCall]
    values: dict[str, list[Any]]

    @property
    def texts(self) -> list[str]:
        """The words of the results that aren't errors, as much of each as is looked at."""
        return [_plain(result.text[: 20 * MAX_TEXT])[:MAX_TEXT] for result in self.given[:50] if not _failed(result)]


class _Filled(NamedTuple):
    wanted: Wanted
    ready: bool


def wanted(talk: Conversation) -> tuple[Wanted, ...]:
    """The tools that the model asks for now; none when it answers in words."""
    request = talk.request
    choice = choice_of(request)
    offers = [offer for offer in offers_of(request) if choice.only is None or offer.name in choice.only]
    if not offers or choice.mode == "none":
        return ()
    results = results_of(request)
    todo = _left(_planned(talk, offers), results)
    if not todo and choice.mode == "required":
        called = {call.name for message in request.messages for call in message.tool_calls}
        offer = nearest([offer for offer in offers if offer.name not in called] or offers, talk.asked)
        todo = [Ask(offer, text) for text in several(offer, talk.asked)]
    calls = _now([(ask, _filled(talk, ask, results)) for ask in todo], results)
    one = request.parallel_tool_calls is False or any(call.kind == "old" for call in calls)
    return tuple(list(dict.fromkeys(calls))[: 1 if one else MAX_CALLS])


def _planned(talk: Conversation, offers: list[Offer]) -> list[Ask]:
    """The calls that the question takes, each after those that it needs the results of."""
    plan = asks(talk.asked, offers) if talk.asked else []
    plan = plan or _asked_again(talk, offers)
    found: list[Ask] = []
    for ask in plan[:MAX_CALLS]:
        for field in _arguments(talk, ask, None)[1]:
            if provider := _provider(talk, ask, field, [*found, *plan], offers):
                found.append(provider)
        found.append(ask)
    return found


def _asked_again(talk: Conversation, offers: list[Offer]) -> list[Ask]:
    """ "And in Rome?" asks for the tool that the question before asked for."""
    if not re.match(r"(?i)^(?:and|what about|how about|also|same for|now|then|or|ok(?:ay)?,? and)\b", talk.asked):
        return []
    before = next((found for text in talk.questions[:10] if (found := asks(text, offers))), [])
    offer = before[-1].offer if before else None
    if (
        offer is None
        or len(talk.asked.split()) > 8
        or not any(items_for(name, talk.asked) for name in offer.properties)
    ):
        return []
    return [Ask(offer, text) for text in several(offer, talk.asked)]


def _provider(talk: Conversation, ask: Ask, field: str, plan: list[Ask], offers: list[Offer]) -> Ask | None:
    """A further tool that can tell what a call lacks, and lacks nothing itself."""
    known = {one.offer.name for one in plan}
    for offer in offers:
        if offer.name in known or offer.kind == "custom":
            continue
        if provides(offer, field) or nearness(offer, ask.text) >= ENOUGH:
            one = Ask(offer, ask.text)
            if not _arguments(talk, one, None)[1]:
                return one
    return None


def _left(plan: list[Ask], results: Results) -> list[Ask]:
    """The calls that weren't made yet: of each tool so many of the first ones are done."""
    done = Counter(call.name for call in results.calls)
    left = []
    for ask in plan:
        if done[ask.offer.name] > 0:
            done[ask.offer.name] -= 1
        else:
            left.append(ask)
    return left


def _now(filled: list[tuple[Ask, _Filled]], results: Results) -> list[Wanted]:
    """The calls to make now. One that lacks an argument waits for what is asked for before it; it isn't made at all
    after an error, and with what can be made up when there is nothing to wait for.
    """
    calls: list[Wanted] = []
    for at, (ask, (call, ready)) in enumerate(filled):
        waits = at > 0 and re.search(_REFERS, ask.text)
        if (ready and not waits) or (not calls and not results.given):
            calls.append(call)
        elif not calls and not all(_failed(result) for result in results.given):
            calls.append(call)
            break
    return calls


def _filled(talk: Conversation, ask: Ask, results: Results) -> _Filled:
    offer = ask.offer
    if offer.kind == "custom":
        return _Filled(Wanted(offer.name, free_text(ask.text, offer.form), "custom"), True)
    value, lacking = _arguments(talk, ask, results)
    return _Filled(Wanted(offer.name, msgspec.json.encode(value).decode(), offer.kind), not lacking)


def _arguments(talk: Conversation, ask: Ask, results: Results | None) -> tuple[dict[str, Any], list[str]]:
    """The arguments of a call, and the names of those for which nothing was found."""
    if not ask.offer.parameters or ask.offer.kind == "custom":
        return {}, []
    texts = [] if re.search(_REFERS, ask.text) and ask.text != talk.asked else [talk.asked]
    texts = [*(results.texts if results else ()), *texts, *talk.questions[:10]]
    known = dict(results.values) if results else {}
    if results and results.texts and re.search(_REFERS, ask.text):
        known |= {name: ["; ".join(results.texts)] for name in ("body", "text", "message", "content")}
    shaper = Shaper(ask.text, beside=texts, known=known, today=talk.today)
    value = shaper.fill({**ask.offer.parameters, "type": "object"})
    return (value if isinstance(value, dict) else {}), shaper.made_up


_REFERS = (
    r"(?i)\b(?:the|that|this) (?:result|sum|product|total|answer|output|outcome|number|difference)\b|"
    r"(?<!\bis )(?<!\bwas )(?<!\bdoes )(?<!\bwill )\b(?:it|its|that|them|their|those)\b(?! is\b)"
)
"""Words for what an earlier call is to bring."""


# Results


def results_of(request: Request) -> Results:
    """What came of tools since the user last said something."""
    messages = request.messages
    last = max((at for at, one in enumerate(messages) if one.role == "user" and _says(one.parts)), default=0)
    given = [part for message in messages[last:] for part in message.parts if isinstance(part, ToolResult)]
    calls = [call for message in messages[last + 1 :] for call in message.tool_calls]
    values: dict[str, list[Any]] = {}
    for result in given:
        if not _failed(result):
            _gather(_decoded(result.text), values)
    return Results(given, calls, values)


def _says(parts: tuple[Any, ...]) -> bool:
    return any(isinstance(part, Text) and part.text.strip() for part in parts)


def _decoded(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None


def _gather(value: Any, found: dict[str, list[Any]], depth: int = 0) -> None:
    """All values of a result by their names, those further out first."""
    if depth > 6:
        return
    inner = (
        list(value.items())
        if isinstance(value, dict)
        else [("", item) for item in value]
        if isinstance(value, list)
        else []
    )
    for name, item in inner:
        if name and item is not None and not isinstance(item, dict):
            found.setdefault(name, []).append(item)
    for _, item in inner:
        _gather(item, found, depth + 1)


def _failed(result: ToolResult) -> bool:
    """Whether a result is an error. OpenAI's wires have no flag for it, so there its words tell."""
    if result.is_error:
        return True
    value = _decoded(result.text)
    if isinstance(value, dict):
        return bool(value.get("error"))
    return bool(re.match(r"(?i)\s*(?:\w*error\b|\w*exception\b|failed\b|traceback)", result.text))


def report(talk: Conversation) -> Draft | None:
    """What the results of the tools say, if results have come."""
    results = results_of(talk.request)
    if not results.given:
        return None
    calls = {call.id: call for message in talk.request.messages for call in message.tool_calls}
    asked = [calls.get(result.call_id) for result in results.given]
    told = [_told(call, result, asked) for call, result in zip(asked, results.given, strict=True)]
    return Draft((" ".join(told),), told[0])


def _told(call: ToolCall | None, result: ToolResult, asked: list[ToolCall | None]) -> str:
    name, what = (call.name, _distinct(call, asked)) if call else ("tool", "")
    if _failed(result):
        return f"The tool {name} failed{what}: {_reason(result).rstrip('. ') or 'no reason was given'}."
    text = _plain(result.text).rstrip(". ")
    return f"According to {name}{what}: {text}." if text else f"The tool {name} is done{what}."


def _distinct(call: ToolCall, asked: list[ToolCall | None]) -> str:
    """For what a tool was called, where it was called for other things, too: its arguments that differ."""
    given = [_scalars(one) for one in asked if one is not None and one.name == call.name]
    own = _scalars(call)
    differing = [value for name, value in own.items() if any(other.get(name) != value for other in given)]
    return f" for {', '.join([_short(value) for value in differing])}" if differing else ""


def _scalars(call: ToolCall) -> dict[str, Any]:
    value = _decoded(call.json)
    found = value if isinstance(value, dict) else {"": call.json}
    return {name: inner for name, inner in found.items() if isinstance(inner, str | int | float)}


def _short(value: Any) -> str:
    text = " ".join(_plain_value(value).split())
    return text if len(text) <= 60 else f"{text[:57]}..."


def _reason(result: ToolResult) -> str:
    """Why a tool failed: its words without the word or the key that only says that it did."""
    value = _decoded(result.text)
    told = value.items() if isinstance(value, dict) else ()
    inner = [pair for key, one in told for pair in (one.items() if isinstance(one, dict) else [(key, one)])]
    if inner:
        return ", ".join(
            [one for key, said in inner if said is not True for one in _phrases(said, _unless_error(key), 1)]
        )
    return re.sub(r"(?i)^\s*(?:error|exception|failed)\s*:\s*", "", _plain(result.text))


def _unless_error(key: str) -> str:
    return "" if key.lower() in ("error", "errors", "message", "detail", "reason") else key.replace("_", " ")


def _plain(text: str) -> str:
    """A result in words: the fields of a JSON object one after another, anything else as it is."""
    value = _decoded(text)
    return text if value is None else ", ".join(_phrases(value, "", 0))


def _phrases(value: Any, name: str, depth: int) -> Iterator[str]:
    """The values of a result, each with its name before it."""
    if isinstance(value, dict) and depth < 5:
        for key, inner in value.items():
            yield from _phrases(inner, f"{name} {key.replace('_', ' ')}".strip(), depth + 1)
    elif isinstance(value, list) and depth < 5 and any(isinstance(item, dict | list) for item in value):
        for item in value:
            yield from _phrases(item, name, depth + 1)
    else:
        yield f"{name} {_plain_value(value)}".strip()


def _plain_value(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join([_plain_value(item) for item in value])
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
