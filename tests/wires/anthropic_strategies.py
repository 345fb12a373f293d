"""Hypothesis strategies: requests and replies that the Anthropic Messages wire can say in full."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

from ringup.messages import (
    Document,
    Image,
    Message,
    Opaque,
    OutputSchema,
    Part,
    Reasoning,
    Request,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
)
from ringup.reply import Reply
from ringup.usage import Usage

NAME = "anthropic_messages"

characters = st.characters(codec="utf-8")
any_text = st.text(characters, max_size=30)
words = any_text.map(lambda text: text.strip() or "a")
names = st.from_regex(r"[a-zA-Z0-9_-]{1,20}", fullmatch=True)
ids = st.from_regex(r"toolu_[a-zA-Z0-9]{1,12}", fullmatch=True)
numbers = st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    st.none() | st.booleans() | numbers | any_text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(any_text, inner, max_size=3),
    max_leaves=6,
)
objects = st.dictionaries(any_text, values, max_size=3)
inputs = st.builds(
    lambda value, indent, ascii_only: json.dumps(value, indent=indent, ensure_ascii=ascii_only),
    objects,
    st.sampled_from([None, 1]),
    st.booleans(),
)
schemas = st.dictionaries(names, st.sampled_from(["string", "integer"]), max_size=2).map(
    lambda fields: {"type": "object", "properties": {name: {"type": kind} for name, kind in fields.items()}}
)
marks = st.sampled_from([{"type": "ephemeral"}, {"type": "ephemeral", "ttl": "1h"}])


def extra(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, dict[str, Any]]]:
    """Nothing, or all of these fields under the wire's name."""
    return st.just({}) | st.fixed_dictionaries({NAME: st.fixed_dictionaries(fields)})


citation = st.fixed_dictionaries(
    {
        "type": st.just("char_location"),
        "cited_text": words,
        "document_index": st.integers(0, 3),
        "document_title": st.none() | words,
        "start_char_index": st.integers(0, 9),
        "end_char_index": st.integers(10, 20),
    }
)
plain = st.builds(Text, words)
cited = st.builds(Text, words, extra(citations=st.lists(citation, min_size=1, max_size=2)))
images = st.one_of(
    st.builds(Image, data=st.binary(max_size=20), media_type=st.sampled_from(["image/png", "image/webp"])),
    st.builds(Image, url=words),
    st.builds(Image, file_id=words),
)
titles = st.none() | words
documents = st.one_of(
    st.builds(Document, data=st.binary(max_size=20), media_type=st.just("application/pdf"), name=titles),
    st.builds(Document, text=any_text, media_type=st.just("text/plain"), name=titles),
    st.builds(Document, url=words, name=titles, extra=extra(citations=st.just({"enabled": True}), context=words)),
    st.builds(Document, file_id=words, name=titles),
)
search_results = words.map(
    lambda text: Opaque(
        NAME, {"type": "search_result", "source": "s", "title": "t", "content": [{"type": "text", "text": text}]}
    )
)
thoughts = st.one_of(
    st.builds(Thinking, any_text, words),
    st.builds(Thinking, st.just(""), words, redacted=st.just(True)),
)
server_calls = st.builds(
    lambda value: Opaque(NAME, {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": value}),
    objects,
)
server_results = st.builds(
    lambda text: Opaque(NAME, {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": text}), values
)
callers = extra(caller=st.just({"type": "direct"}))
calls = st.builds(ToolCall, ids, names, inputs, extra=callers)
result_parts = st.lists(plain | images | documents | search_results, max_size=2).map(tuple)


@st.composite
def results(draw: st.DrawFn, call: ToolCall) -> ToolResult:
    return ToolResult(call.id, draw(result_parts), draw(st.booleans()))


@st.composite
def conversations(draw: st.DrawFn) -> tuple[Message, ...]:
    """Turns that the API takes: every call answered, first in the next user turn."""
    user = st.lists(plain | images | documents | search_results, min_size=1, max_size=3).map(tuple)
    messages = [Message("user", draw(user))]
    seen: set[str] = set()
    for _ in range(draw(st.integers(0, 3))):
        parts: list[Part] = draw(st.lists(thoughts | cited | server_calls | server_results, min_size=1, max_size=3))
        asked = [
            call for call in draw(st.lists(calls, max_size=2, unique_by=lambda call: call.id)) if call.id not in seen
        ]
        seen.update(call.id for call in asked)
        messages.append(Message("assistant", (*parts, *asked)))
        if asked:
            answers = tuple([draw(results(call)) for call in asked])
            if draw(st.booleans()):
                messages.append(Message("tool", answers))
            else:
                messages.append(Message("user", (*answers, *draw(user))))
        if draw(st.booleans()):
            messages.append(Message("user", draw(user)))
        if draw(st.booleans()):
            messages.append(Message("system", (draw(plain),)))
    return tuple(messages)


@st.composite
def reasonings(draw: st.DrawFn) -> Reasoning | None:
    effort = draw(st.none() | st.sampled_from(["low", "medium", "high", "xhigh", "max"]))
    mode = draw(st.sampled_from([None, "adaptive", "enabled", "disabled", "between_tools"]))
    if effort is None and mode is None:
        return None
    budget = draw(st.integers(1024, 4000)) if mode == "enabled" else None
    display = draw(st.sampled_from([None, "summarized", "omitted"])) if mode in ("adaptive", "enabled") else None
    return Reasoning(effort=effort, budget_tokens=budget, mode=mode, display=display)


tools = st.builds(
    Tool,
    names,
    st.none() | any_text,
    schemas,
    st.none() | st.booleans(),
    extra(cache_control=marks) | extra(eager_input_streaming=st.just(True), defer_loading=st.booleans()),
)
server_tools = st.sampled_from(["web_search_20260318", "bash_20250124"]).map(
    lambda kind: Opaque(NAME, {"type": kind, "name": kind.rpartition("_")[0]})
)
systems = st.one_of(
    st.just(()),
    st.tuples(plain),
    st.lists(st.builds(Text, words, extra(cache_control=marks)), min_size=1, max_size=2).map(tuple),
)
unit = st.floats(0, 1)
passed = st.fixed_dictionaries(
    {},
    optional={
        "top_k": st.integers(0, 100),
        "service_tier": st.sampled_from(["auto", "standard_only"]),
        "container": words,
        "mcp_servers": st.just([{"type": "url", "name": "n", "url": "https://example.com/mcp"}]),
    },
)


@st.composite
def requests(draw: st.DrawFn) -> Request:
    """A request in the form that reading gives it."""
    reasoning = draw(reasonings())
    thinks = reasoning is not None and reasoning.mode in ("adaptive", "enabled")
    given = draw(st.lists(tools | server_tools, max_size=2, unique_by=_name))
    modes = ["auto", "none"] if thinks else ["auto", "none", "required", "tool"]
    choice = ToolChoice(draw(st.sampled_from(modes))) if given and draw(st.booleans()) else None
    if choice and choice.mode == "tool":
        choice = ToolChoice("tool", _name(given[0]))
    parallel = draw(st.none() | st.booleans()) if choice and choice.mode != "none" else None
    extras = draw(passed)
    if thinks:
        extras.pop("top_k", None)
    return Request(
        model=draw(names),
        messages=draw(conversations()),
        system=draw(systems),
        max_tokens=draw(st.integers(4001, 100_000)),
        temperature=None if thinks else draw(st.none() | unit),
        top_p=draw(st.none() | unit),
        stop=tuple(draw(st.lists(words, max_size=2))),
        tools=tuple(given),
        tool_choice=choice,
        parallel_tool_calls=parallel,
        output_schema=draw(st.none() | st.builds(OutputSchema, schemas)),
        reasoning=reasoning,
        metadata=draw(st.none() | st.fixed_dictionaries({"user_id": words})),
        stream=draw(st.booleans()),
        extra=extras,
        headers=draw(st.just({}) | st.just({"anthropic-beta": "a-2026-01-01,b-2026-02-02"})),
    )


def _name(tool: Tool | Opaque) -> str:
    return tool.data["name"] if isinstance(tool, Opaque) else tool.name


counts = st.integers(0, 10**6)


@st.composite
def usages(draw: st.DrawFn) -> Usage:
    fresh, read, written = draw(st.none() | counts), draw(st.none() | counts), draw(st.none() | counts)
    details = st.fixed_dictionaries(
        {},
        optional={
            "service_tier": st.just("standard"),
            "cache_creation": st.just({"ephemeral_5m_input_tokens": 3, "ephemeral_1h_input_tokens": 0}),
            "server_tool_use": st.just({"web_search_requests": 2, "web_fetch_requests": 0}),
        },
    )
    return Usage(
        input_tokens=None if fresh is None else fresh + (read or 0) + (written or 0),
        output_tokens=draw(st.none() | counts),
        cache_read_tokens=read,
        cache_write_tokens=written,
        reasoning_tokens=draw(st.none() | counts),
        details=draw(details),
    )


stops = st.sampled_from(
    [
        ("stop", "end_turn"),
        ("length", "max_tokens"),
        ("length", "model_context_window_exceeded"),
        ("tool_calls", "tool_use"),
        ("pause", "pause_turn"),
        ("refusal", "refusal"),
        (None, "something_new"),
    ]
)
answer_parts = st.one_of(
    st.builds(Text, any_text, extra(citations=st.lists(citation, min_size=1, max_size=2))),
    st.builds(Thinking, any_text, st.none() | words),
    st.builds(Thinking, st.just(""), words, redacted=st.just(True)),
    calls,
    server_calls,
    server_results,
)


@st.composite
def replies(draw: st.DrawFn) -> Reply:
    """An answer as reading gives it."""
    reason, raw = draw(stops)
    stop = None
    if reason == "stop" and draw(st.booleans()):
        raw, stop = "stop_sequence", draw(words)
    return Reply(
        message=Message("assistant", tuple(draw(st.lists(answer_parts, max_size=4)))),
        finish_reason=reason,
        raw_finish_reason=raw,
        stop_sequence=stop,
        usage=draw(usages()),
        id=draw(names),
        model=draw(names),
        extra=draw(st.just({}) | st.just({"container": {"id": "c_1", "expires_at": "2026-11-23T09:40:59Z"}})),
    )


@st.composite
def spoilt(draw: st.DrawFn, whole: st.SearchStrategy[Any]) -> Any:
    """JSON in which one value, however deep, was replaced by another."""
    value = draw(whole)
    if not isinstance(value, (dict, list)) or not value or draw(st.integers(0, 6)) == 0:
        return draw(
            st.none() | st.booleans() | st.integers(-2, 2) | any_text | st.just([]) | st.just({}) | st.just([{}])
        )
    if isinstance(value, list):
        at = draw(st.integers(0, len(value) - 1))
        return [*value[:at], draw(spoilt(st.just(value[at]))), *value[at + 1 :]]
    key = draw(st.sampled_from(sorted(value)))
    return value | {key: draw(spoilt(st.just(value[key])))}
