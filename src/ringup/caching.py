"""Prompt caching: which parts of a request are marked, for how long, and under which key, as each provider wants it.

    Anthropic         marks (`cache_control`), 4 at most: after the tools and the system, after the last block, and
                      where more than 20 blocks came since the last call, also where that one ended
    OpenAI            by itself; a `prompt_cache_key` leads calls with the same beginning to the same cache. From
                      GPT-5.6 on a mark too (`prompt_cache_breakpoint`), after the system: without it only whole
                      prompts are found again
    OpenRouter        for Claude as Anthropic: a mark after the system, and its own for the end (`cache_control`)
    all others        by themselves, or not at all: nothing is sent

Facts: the vendors' guides to prompt caching up to November 2026, openai-python 3.54, anthropic-python 2.12, and
OpenRouter's reference (AnthropicCacheControlDirective).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar, cast

from msgspec.structs import replace

from ringup.errors import ParameterError
from ringup.messages import Audio, Document, Image, Opaque, Refusal, Request, Text, Tool, ToolCall, ToolResult
from ringup.reply import Notice, Notices
from ringup.rules import Rules
from ringup.wire_tools import encode

__all__ = ["LIFETIMES", "LOOK_BACK", "MADE_KEY", "cached", "is_for_long", "marked", "read_cache"]

T = TypeVar("T", Image, Document, Audio, Text, ToolResult, Tool)

LIFETIMES = {"5m": 300.0, "30m": 1_800.0, "1h": 3_600.0, "12h": 43_200.0, "24h": 86_400.0}
"""The lifetimes that some vendor has, in seconds."""

LOOK_BACK = 20
"""So many blocks before a mark, and with it, Anthropic looks for what it has already."""

MADE_KEY = "ringup-"
"""What a prompt_cache_key begins with that was made here."""

_OWN = "ringup"
"""Under this name a part's `extra` holds its mark, in nobody's words yet: {"ringup": {"cache": "1h"}}."""

_FIELDS = ("cache_control", "prompt_cache_breakpoint")
_CAN = (Text, Image, Document, ToolCall, ToolResult, Refusal)

Place = tuple[str, int, int]
"""Where a block stands: ("tools", 0, 0), ("system", 2, 0), ("messages", 5, 1)."""


class _Scheme:
    """How marks are made on a wire: the field and what it holds, the lifetimes (the first is the vendor's own choice),
    and how many marks a request may have."""

    def __init__(self, wire: str, field: str, mark: dict[str, str], lifetimes: tuple[str, ...], most: int) -> None:
        self.wire = wire
        self.field = field
        self.mark = mark
        self.lifetimes = lifetimes
        self.most = most


_CLAUDE = _Scheme("anthropic_messages", "cache_control", {"type": "ephemeral"}, ("5m", "1h"), 4)
_ROUTED = _Scheme("chat_completions", "cache_control", {"type": "ephemeral"}, ("5m", "1h"), 4)
_CHAT = _Scheme("chat_completions", "prompt_cache_breakpoint", {"mode": "explicit"}, ("30m", "12h"), 3)
_RESPONSES = _Scheme("responses", _CHAT.field, _CHAT.mark, _CHAT.lifetimes, _CHAT.most)


# What a user says


def cached(part: str | T, ttl: str | None = None) -> T:
    """A part (a string, Text, Image, Document, ToolResult or Tool) up to which the prompt is to be kept in the cache.

    `ttl` is for how long: "5m", "30m", "1h", "12h" or "24h", or the nearest that the provider has; None is its own
    choice. Where a provider takes no marks, a notice says so. Raises ParameterError.
    """
    whole: Any = Text(part) if isinstance(part, str) else part
    if not isinstance(whole, (Text, Image, Document, Audio, ToolResult, Tool)):
        kind = type(part).__name__
        raise ParameterError(f"cached() takes a string, a part or a ringup.Tool, not {kind}", parameter="cached")
    if ttl is not None and ttl not in LIFETIMES:
        raise _wrong("ttl", ttl, ", ".join(map(repr, LIFETIMES)))
    marked: Any = replace(whole, extra={**whole.extra, _OWN: {"cache": ttl or True}})
    return cast("T", marked)


def read_cache(given: Any) -> str | bool:
    """What `cache=` is given: True, a lifetime, or False (None is that too). Raises ParameterError."""
    if given is None or isinstance(given, bool):
        return bool(given)
    if isinstance(given, str) and given in LIFETIMES:
        return given
    raise _wrong("cache", given, f"True, False, or a lifetime: {', '.join(map(repr, LIFETIMES))}")


def _wrong(name: str, value: Any, wanted: str) -> ParameterError:
    return ParameterError(f"{name}={value!r} can't be used: give {wanted}", parameter=name)


# What is sent


def marked(
    request: Request, rules: Rules, wire: str, provider: str, wanted: str | bool = False
) -> tuple[Request, tuple[Notice, ...]]:
    """The request as it is to be cached on that wire, and a notice of each wish that can't be sent.

    `wanted` is what `read_cache` gave; marks that were set by `cached` are sent also without it.
    """
    asked = _asked(request) if _has_marks(request) else {}
    if not wanted and not asked:
        return request, ()
    notices = Notices()
    scheme = _scheme(request, rules, wire, provider)
    request = _put(request, {place: _bare(_at(request, place)) for place in asked})
    if scheme is None:
        _tell_unmarkable(asked, wanted, notices)
    else:
        request = _with_marks(request, scheme, asked, wanted, notices)
    if wanted and provider in ("openai", "azure"):
        request = _with_key(request)
    return request, tuple(notices.values())


def is_for_long(request: Request, rules: Rules, wanted: str | bool) -> bool:
    """Whether a prompt is to be kept for 12 hours by an OpenAI model that has two lifetimes."""
    if not rules.cache_breakpoints:
        return False
    marks = [wanted, *(_asked(request).values() if _has_marks(request) else ())]
    return any(_lifetime(mark, _CHAT, Notices()) == "12h" for mark in marks)


def _scheme(request: Request, rules: Rules, wire: str, provider: str) -> _Scheme | None:
    if wire == _CLAUDE.wire:
        return _CLAUDE
    if rules.cache_breakpoints and wire in (_CHAT.wire, _RESPONSES.wire):
        return _CHAT if wire == _CHAT.wire else _RESPONSES
    routed = provider == "openrouter" and request.model.startswith(("anthropic/", "~anthropic/"))
    return _ROUTED if routed and wire == _ROUTED.wire else None


def _tell_unmarkable(asked: dict[Place, str | bool], wanted: str | bool, notices: Notices) -> None:
    if asked:
        text = "this model takes no marks for its cache: it keeps prompts by itself, or not at all"
        notices.add("dropped", "cached", text)
    if isinstance(wanted, str):
        text = f"this model's cache has no lifetime that can be asked for: {wanted!r} was not sent"
        notices.add("dropped", "cache", text)


def _with_key(request: Request) -> Request:
    """OpenAI sends calls with the same key to the same cache: those with the same tools and system, unless told."""
    if "prompt_cache_key" in request.extra:
        return request
    from hashlib import blake2b  # here, for its import takes longer than ours

    tools = [_bare(tool) for tool in request.tools]
    said = encode([request.model, tools, [_bare(block) for block in request.system], request.output_schema])
    key = f"{MADE_KEY}{blake2b(said, digest_size=16).hexdigest()}"
    return replace(request, extra={**request.extra, "prompt_cache_key": key})


# Places


def _blocks(request: Request) -> Iterator[tuple[Place, Any]]:
    for at, tool in enumerate(request.tools):
        yield ("tools", at, 0), tool
    for at, block in enumerate(request.system):
        yield ("system", at, 0), block
    for number, message in enumerate(request.messages):
        for at, part in enumerate(message.parts):
            yield ("messages", number, at), part


def _at(request: Request, place: Place) -> Any:
    where, number, at = place
    return request.messages[number].parts[at] if where == "messages" else getattr(request, where)[number]


def _put(request: Request, blocks: dict[Place, Any]) -> Request:
    """The request with other blocks at these places."""
    if not blocks:
        return request
    changed: dict[str, Any] = {name: list(getattr(request, name)) for name in {place[0] for place in blocks}}
    for (where, number, at), block in blocks.items():
        held = changed[where][number]
        parts = held.parts if where == "messages" else ()
        new = replace(held, parts=(*parts[:at], block, *parts[at + 1 :])) if where == "messages" else block
        changed[where][number] = new
    return replace(request, **{name: tuple(value) for name, value in changed.items()})


def _has_marks(request: Request) -> bool:
    """Whether `cached` was used anywhere: quick, for most requests have none."""
    for message in request.messages:
        for part in message.parts:
            if type(part) is not Text:
                if _mark(part) is not None:
                    return True
            elif part.extra and _OWN in part.extra:
                return True
    beside = (*request.tools, *request.system)
    return bool(beside) and any(_mark(block) is not None for block in beside)


def _asked(request: Request) -> dict[Place, str | bool]:
    return {place: mark for place, block in _blocks(request) if (mark := _mark(block)) is not None}


def _mark(block: Any) -> str | bool | None:
    """The mark that `cached` set on a block, or on a part inside a result."""
    if isinstance(block, Opaque):
        return None
    if _OWN in block.extra:
        found: str | bool | None = block.extra[_OWN].get("cache")
        return found
    inner = [_mark(part) for part in block.parts] if isinstance(block, ToolResult) else []
    return next((mark for mark in inner if mark is not None), None)


def _bare(block: Any) -> Any:
    """A block without the mark that `cached` set."""
    if isinstance(block, Opaque):
        return block
    if isinstance(block, ToolResult):
        block = replace(block, parts=tuple([_bare(part) for part in block.parts]))
    if _OWN not in block.extra:
        return block
    return replace(block, extra={name: fields for name, fields in block.extra.items() if name != _OWN})


# Marks


def _with_marks(
    request: Request, scheme: _Scheme, asked: dict[Place, str | bool], wanted: str | bool, notices: Notices
) -> Request:
    own = {
        place: sent
        for place, block in _blocks(request)
        if (type(block) is not Text or block.extra) and (sent := _sent_mark(block, scheme)) is not None
    }
    marks: dict[Place, str | bool] = {}
    for place, mark in asked.items():
        if _takes(request, place, scheme):
            marks[place] = mark
        else:
            notices.add("dropped", "cached", f"no mark for the cache can stand on {_name(request, place)}")
    room = scheme.most - len(own) - ("cache_control" in request.extra or (scheme is _ROUTED and bool(wanted)))
    if len(marks) > room:
        text = f"a request may have {scheme.most} marks for the cache: the last ones were sent"
        notices.add("dropped", "cached", text)
        marks = dict(list(marks.items())[len(marks) - max(room, 0) :])
    if wanted:
        free = [place for place in _automatic(request, scheme) if place not in marks and place not in own]
        marks |= dict.fromkeys(free[: max(room - len(marks), 0)], wanted)
        request = _with_options(request, scheme, wanted, notices)
    lives = _falling({place: _lifetime(mark, scheme, notices) for place, mark in marks.items()}, asked, own, scheme)
    return _put(request, {place: _written(_at(request, place), scheme, life) for place, life in lives.items()})


def _automatic(request: Request, scheme: _Scheme) -> list[Place]:
    """Where marks go by themselves, the most useful first."""
    head: list[Place] = []
    if request.system and _takes(request, ("system", len(request.system) - 1, 0), scheme):
        head = [("system", len(request.system) - 1, 0)]
    if scheme is not _CLAUDE:
        return head
    if not head:
        head = [("tools", at, 0) for at in range(len(request.tools)) if _takes(request, ("tools", at, 0), scheme)][-1:]
    if "cache_control" in request.extra:  # the user's own mark for the end
        return head
    tail = _last(request, len(request.messages))
    if tail is None:
        return head
    before = _last(request, _latest_answer(request))
    far = before is not None and _distance(request, before, tail) >= LOOK_BACK
    return [tail, *head, *([before] if before and far else [])]


def _latest_answer(request: Request) -> int:
    """Where the latest turn of the assistant stands that isn't the last message: there the last call ended."""
    numbers = range(len(request.messages) - 2, -1, -1)
    return next((number for number in numbers if request.messages[number].role == "assistant"), 0)


def _last(request: Request, end: int) -> Place | None:
    """The last block before that message that can be marked."""
    for number in range(end - 1, -1, -1):
        for at in range(len(request.messages[number].parts) - 1, -1, -1):
            place = ("messages", number, at)
            if _takes(request, place, _CLAUDE):
                return place
    return None


def _distance(request: Request, before: Place, after: Place) -> int:
    """How many blocks lie between two places of the messages, with the second one."""
    between = sum([len(request.messages[number].parts) for number in range(before[1], after[1])])
    return between - before[2] + after[2]


def _takes(request: Request, place: Place, scheme: _Scheme) -> bool:
    """Whether a block can bear a mark."""
    where, number, _ = place
    block = _at(request, place)
    if isinstance(block, Opaque):
        return scheme is _CLAUDE and block.wire == scheme.wire
    if isinstance(block, Text | Refusal) and not block.text.strip():
        return False
    if scheme is _CLAUDE:
        return isinstance(block, (Tool, *_CAN))
    if where == "messages" and request.messages[number].role == "assistant":
        return False
    if isinstance(block, ToolResult):
        return any(type(part) is Text and part.text.strip() for part in block.parts)
    return isinstance(block, (Text, Image, Document, Audio))


def _name(request: Request, place: Place) -> str:
    kind = type(_at(request, place)).__name__
    return f"{place[0]}[{place[1]}]" + (f".parts[{place[2]}]" if place[0] == "messages" else "") + f", a {kind}"


def _sent_mark(block: Any, scheme: _Scheme) -> dict[str, Any] | None:
    """A mark in the wire's own words, which a user gave in `extra` or in a dict."""
    fields = block.data if isinstance(block, Opaque) else block.extra.get(scheme.wire)
    mark = fields.get(scheme.field) if fields else None
    if mark is None and isinstance(block, ToolResult):
        return next((found for part in block.parts if (found := _sent_mark(part, scheme)) is not None), None)
    return mark if isinstance(mark, dict) else None


def _written(block: Any, scheme: _Scheme, life: str | None) -> Any:
    """The block with a mark on it. On OpenAI's wires a result has it on the words inside."""
    mark = scheme.mark | ({"ttl": life} if life else {})
    if isinstance(block, Opaque):
        return replace(block, data={**block.data, scheme.field: mark})
    if isinstance(block, ToolResult) and scheme is not _CLAUDE:
        at = max([at for at, part in enumerate(block.parts) if type(part) is Text and part.text.strip()])
        inner: Any = _written(block.parts[at], scheme, life)
        return replace(block, parts=(*block.parts[:at], inner, *block.parts[at + 1 :]))
    fields = {**block.extra.get(scheme.wire, {}), scheme.field: mark}
    return replace(block, extra={**block.extra, scheme.wire: fields})


# Lifetimes


def _lifetime(mark: str | bool, scheme: _Scheme, notices: Notices) -> str | None:
    """The word for a lifetime, or for the nearest that the vendor has; None for the vendor's own choice."""
    if not isinstance(mark, str):
        return None
    seconds = LIFETIMES[mark]
    known = {life: LIFETIMES[life] for life in scheme.lifetimes}
    near = min(known, key=lambda life: max(known[life], seconds) / min(known[life], seconds))
    if near != mark:
        notices.add("renamed", "cache", f"this API's cache has no lifetime of {mark}: {near} was sent, the nearest")
    return None if near == scheme.lifetimes[0] else near


def _falling(
    lives: dict[Place, str | None], asked: dict[Place, str | bool], own: dict[Place, dict[str, Any]], scheme: _Scheme
) -> dict[Place, str | None]:
    """Lifetimes that never grow from the first mark to the last, as Anthropic wants: ours follow the user's own."""
    if scheme.field != _CLAUDE.field:
        return lives
    fixed: dict[Place, str | None] = {place: lives[place] for place in asked if place in lives} | {
        place: mark.get("ttl") if mark.get("ttl") != "5m" else None for place, mark in own.items()
    }

    def falling(place: Place) -> str | None:
        if place in fixed:
            return fixed[place]
        if any(other and _order(at) > _order(place) for at, other in fixed.items()):
            return "1h"
        earlier = any(other is None and _order(at) < _order(place) for at, other in fixed.items())
        return None if earlier else lives[place]

    return {place: falling(place) for place in lives}


def _order(place: Place) -> tuple[int, int, int]:
    return ("tools", "system", "messages").index(place[0]), place[1], place[2]


def _with_options(request: Request, scheme: _Scheme, wanted: str | bool, notices: Notices) -> Request:
    """What stands beside the messages: the end of the prompt is marked by the provider itself."""
    life = _lifetime(wanted, scheme, notices)
    if scheme is _ROUTED and "cache_control" not in request.extra:
        mark = scheme.mark | ({"ttl": life} if life else {})
        return replace(request, extra={**request.extra, "cache_control": mark})
    if scheme in (_CHAT, _RESPONSES) and isinstance(wanted, str) and "prompt_cache_options" not in request.extra:
        if scheme is _CHAT and life:
            text = f"Chat Completions keeps what has no mark for 30m: only the system was marked for {life}"
            notices.add("dropped", "cache.ttl", text)
            return request
        options = {"ttl": life or scheme.lifetimes[0]}
        return replace(request, extra={**request.extra, "prompt_cache_options": options})
    return request
