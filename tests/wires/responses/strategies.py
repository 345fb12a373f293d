"""Requests and replies of every kind that the Responses API can say, for the laws of that wire.

Only what the wire can say exactly: no two turns of the assistant in a row, calls that are answered, reasoning that is
sealed, items of an answer that have an id and a status.
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from ringup.messages import (
    Audio,
    Document,
    Extra,
    Image,
    Message,
    Opaque,
    OutputSchema,
    Part,
    Reasoning,
    Refusal,
    Request,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
)
from ringup.reply import FinishReason, Reply
from ringup.usage import Usage

NAME = "responses"
SEALED = "reasoning.encrypted_content"

letters = st.characters(exclude_categories=["Cs"])
texts = st.text(letters, min_size=1, max_size=20)
names = st.from_regex(r"[a-zA-Z0-9_-]{1,12}", fullmatch=True)
media = st.sampled_from(["image/png", "application/pdf", "text/plain"])
data = st.binary(max_size=30)
json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
objects = st.dictionaries(names, json_values, max_size=3)


def optional(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


def extras(fields: dict[str, Any]) -> st.SearchStrategy[Extra]:
    return st.sampled_from([{}, {NAME: fields}])


# What a user says, and what tools give

cached = extras({"prompt_cache_breakpoint": {"mode": "explicit", "ttl": "30m"}})
details = st.sampled_from([None, "low", "high", "original"])
words = st.builds(Text, texts, cached)
images = st.one_of(
    st.builds(
        lambda data, media, detail, extra: Image(data=data, media_type=media, detail=detail, extra=extra),
        data,
        media,
        details,
        cached,
    ),
    st.builds(
        lambda url, detail: Image(url=url, detail=detail),
        st.sampled_from(["https://example.com/a.png", "data:odd", "data:;x,y"]),
        details,
    ),
    st.builds(lambda file, detail: Image(file_id=file, detail=detail), texts, details),
)
documents = st.one_of(
    st.builds(
        lambda data, media, name, extra: Document(data=data, media_type=media, name=name, extra=extra),
        data,
        media,
        texts,
        extras({"detail": "low"}),
    ),
    st.builds(lambda file, name: Document(file_id=file, name=name), texts, optional(texts)),
    st.builds(lambda name: Document(url="https://example.com/a.pdf", name=name), optional(texts)),
)
sounds = st.builds(lambda data: Audio(data=data, format="wav"), data)
unknown_input = st.builds(lambda text: Opaque(NAME, {"type": "input_video", "video": text}), texts)


@st.composite
def said(draw: st.DrawFn) -> Message:
    """A message of somebody who isn't the model."""
    role: Any = draw(st.sampled_from(["user", "user", "developer", "system"]))
    kinds = [words, images, documents, sounds, unknown_input] if role == "user" else [words]
    parts = draw(st.lists(st.one_of(*kinds), max_size=3))
    return Message(role, tuple(parts), extra=draw(extras({"id": "msg_user", "status": "completed"})))


# What the model says

annotation = {"type": "url_citation", "url": "https://example.com", "title": "A", "start_index": 0, "end_index": 1}
logprob = {"token": "a", "logprob": -0.5, "bytes": [97], "top_logprobs": []}
noted = st.sampled_from([{}, {"annotations": [annotation]}, {"annotations": [annotation] * 2, "logprobs": [logprob]}])
unknown_output = st.builds(lambda text: Opaque(NAME, {"type": "output_audio", "data": text}), texts)
hosted: st.SearchStrategy[Any] = st.sampled_from(
    [
        {"type": "web_search_call", "status": "completed", "action": {"type": "search", "query": "x"}},
        {"type": "image_generation_call", "status": "completed", "result": "QUJD"},
        {"type": "hologram", "light": [1, 2]},
    ]
)


@st.composite
def messages(draw: st.DrawFn, id: str) -> list[Part]:
    """The parts of one message item."""
    item = {"id": id, "status": "completed", **draw(st.sampled_from([{}, {"phase": "commentary"}]))}
    parts: list[Part] = []
    for number in range(draw(st.integers(1, 3))):
        place: dict[str, Any] = {"joins": True} if number else {"item": item}
        kind = draw(st.sampled_from(["text", "text", "refusal"]))
        if kind == "refusal":
            parts.append(Refusal(draw(texts), {NAME: place}))
        else:
            parts.append(Text(draw(texts), {NAME: {**draw(noted), **place}}))
    return parts + draw(st.lists(unknown_output, max_size=1))


@st.composite
def thoughts(draw: st.DrawFn, id: str) -> Thinking:
    """A reasoning item: a summary in none, one or more pieces, or an open model's own words."""
    kind = draw(st.sampled_from(["none", "one", "more", "content", "both"]))
    seal = draw(texts)
    if kind in ("content", "both"):
        summary = {"summary": [{"type": "summary_text", "text": draw(texts)}]} if kind == "both" else {}
        fields = {"field": "content", "id": id, "status": "completed", **summary}
        return Thinking(draw(texts), draw(optional(st.just(seal))), extra={NAME: fields})
    if kind == "more":
        pieces = draw(st.lists(texts, min_size=2, max_size=3))
        summary = {"summary": [{"type": "summary_text", "text": piece} for piece in pieces]}
        return Thinking("\n\n".join(pieces), seal, extra={NAME: {"field": "summary", "id": id, **summary}})
    text = "" if kind == "none" else draw(texts)
    return Thinking(text, seal, extra={NAME: {"field": "summary", "id": id}})


def calls(call: str, id: str) -> st.SearchStrategy[ToolCall]:
    return st.builds(
        ToolCall,
        st.just(call),
        names,
        st.sampled_from(["{}", '{"city": "Oslo", "n": 1.0}', "not json", ""]) | st.text(letters, max_size=10),
        st.sampled_from(["function", "custom"]),
        st.sampled_from([{"id": id, "status": "completed"}, {"id": id, "status": "completed", "namespace": "n"}]).map(
            lambda fields: {NAME: fields}
        ),
    )


@st.composite
def answers(draw: st.DrawFn, prefix: str = "") -> list[Part]:
    """The parts of an assistant's turn, as an answer has them."""
    parts: list[Part] = []
    for number in range(draw(st.integers(0, 4))):
        id = f"{prefix}{number}"
        match draw(st.sampled_from(["message", "message", "thought", "call", "hosted"])):
            case "message":
                parts += draw(messages(f"msg_{id}"))
            case "thought":
                parts.append(draw(thoughts(f"rs_{id}")))
            case "call":
                parts.append(draw(calls(f"call_{id}", f"fc_{id}")))
            case _:
                parts.append(Opaque(NAME, {"id": f"ws_{id}", **draw(hosted)}))
    return parts


# Requests


@st.composite
def turns(draw: st.DrawFn, number: int) -> list[Message]:
    """A message, or an assistant's turn with the results of its calls and what follows."""
    if draw(st.booleans()):
        return [draw(said())]
    parts = [*draw(answers(prefix=f"{number}_")), *draw(st.lists(st.builds(Text, texts), max_size=2))]
    parts = parts or [Text("Hm.")]
    message = Message("assistant", tuple(parts))
    results = [draw(result(call)) for call in message.tool_calls]
    others = [Opaque(NAME, {"type": "mcp_approval_response", "approval_request_id": "a", "approve": True})]
    gave: list[Any] = [*results, *draw(st.sampled_from([[], others]))]
    return [message, *([Message("tool", tuple(gave))] if gave else []), Message("user", (Text("Go on."),))]


@st.composite
def result(draw: st.DrawFn, call: ToolCall) -> ToolResult:
    parts = draw(st.lists(words | images | documents | unknown_input, max_size=2))
    return ToolResult(call.id, tuple(parts), extra=draw(extras({"id": "fco_1", "status": "completed"})))


tools = st.builds(
    Tool, names, optional(texts), optional(objects), optional(st.booleans()), extras({"defer_loading": True})
)
own_tools = st.sampled_from([{"type": "web_search"}, {"type": "custom", "name": "sql"}]).map(
    lambda tool: Opaque(NAME, tool)
)
schemas = st.just(OutputSchema()) | st.builds(OutputSchema, objects, names, optional(texts), optional(st.booleans()))
reasonings = st.builds(
    lambda effort, summary: Reasoning(effort=effort, display=summary),
    st.sampled_from(["none", "low", "xhigh"]),
    st.sampled_from([None, "auto", "detailed"]),
)
others = st.fixed_dictionaries(
    {},
    optional={
        "user": texts,
        "top_logprobs": st.integers(0, 20),
        "truncation": st.sampled_from(["auto", "disabled"]),
        "stream_options": st.just({"include_obfuscation": False}),
        "text": st.just({"verbosity": "low"}),
        "reasoning": st.just({"mode": "pro", "context": "all_turns"}),
        "prompt": st.just({"id": "p", "version": "1"}),
        "top_k": st.integers(1, 50),
    },
)
storing: st.SearchStrategy[Any] = st.sampled_from(
    [
        {},
        {},
        {"store": True},
        {"store": None},
        {"store": True, "include": [SEALED]},
        {"previous_response_id": "resp_0"},
        {"previous_response_id": "resp_0", "store": False, "include": ["file_search_call.results"]},
        {"conversation": {"id": "conv_1"}, "store": True},
        {"background": True},
        {"include": ["file_search_call.results", SEALED]},
    ]
)


@st.composite
def requests(draw: st.DrawFn) -> Request:
    history: list[Message] = [Message("user", (Text("Hi"),))]
    for number in range(draw(st.integers(0, 4))):
        history += draw(turns(number))
    choices: list[Any] = [ToolChoice("none"), ToolChoice("auto"), ToolChoice("required"), ToolChoice("tool", "f")]
    choices.append(Opaque(NAME, {"type": "mcp", "server_label": "s"}))
    return Request(
        model=draw(texts),
        messages=tuple(history),
        system=tuple(draw(st.lists(st.builds(Text, texts), max_size=1))),
        max_tokens=draw(optional(st.integers(16, 10**6))),
        temperature=draw(optional(st.floats(0, 2))),
        top_p=draw(optional(st.floats(0, 1))),
        tools=tuple(draw(st.lists(tools | own_tools, max_size=3))),
        tool_choice=draw(optional(st.sampled_from(choices))),
        parallel_tool_calls=draw(optional(st.booleans())),
        output_schema=draw(optional(schemas)),
        reasoning=draw(optional(reasonings)),
        metadata=draw(optional(st.dictionaries(names, texts, max_size=3))),
        stream=draw(st.booleans()),
        extra={**draw(others), **draw(storing)},
    )


# Replies

counts = optional(st.integers(0, 10**9))
usages = st.just(Usage()) | st.builds(
    Usage,
    input_tokens=st.integers(0, 10**9),
    output_tokens=st.integers(0, 10**9),
    cache_read_tokens=counts,
    cache_write_tokens=counts,
    reasoning_tokens=counts,
    details=st.dictionaries(
        st.sampled_from(["input_tokens_details.audio_tokens", "cost_in_usd_ticks"]), st.integers(0, 1000)
    ),
)

INCOMPLETE: list[tuple[str, FinishReason]] = [
    ("max_output_tokens", "length"),
    ("content_filter", "content_filter"),
    ("max_messages", "length"),
    ("steered", "pause"),
    ("cancelled", "error"),
]


@st.composite
def replies(draw: st.DrawFn) -> Reply:
    parts = draw(answers())
    kinds = {type(part) for part in parts}
    completed: FinishReason = "tool_calls" if ToolCall in kinds else "refusal" if Refusal in kinds else "stop"
    raw, reason = draw(st.sampled_from([("completed", completed)] * 3 + INCOMPLETE))
    choices: list[dict[str, Any]] = [
        {},
        {"service_tier": "flex", "completed_at": 17},
        {"temperature": 0.5, "tools": [{"type": "web_search"}], "content_filters": [{"blocked": False}]},
    ]
    return Reply(
        message=Message("assistant", tuple(parts)),
        finish_reason=reason,
        raw_finish_reason=raw,
        usage=draw(usages),
        id=draw(optional(texts)),
        model=draw(optional(texts)),
        created=draw(optional(st.integers(1, 2**33))),
        extra=draw(st.sampled_from(choices)),
    )
