"""Requests and replies of every kind that Chat Completions can say, for the laws of that wire.

Only what the wire can say exactly: parts in the wire's order (reasoning, content, refusal, audio, tool calls), no
empty texts, tool calls that are answered.
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
    Role,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
)
from ringup.reply import FinishReason, Reply
from ringup.usage import Usage

NAME = "chat_completions"

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


cached = extras({"cache_control": {"type": "ephemeral", "ttl": "5m"}})
plain = st.builds(Text, texts)
words = st.builds(Text, texts, cached)
images = st.builds(
    lambda data, media, detail, extra: Image(data=data, media_type=media, detail=detail, extra=extra),
    data,
    media,
    optional(st.sampled_from(["auto", "low", "high"])),
    cached,
) | st.builds(lambda url: Image(url=url), st.sampled_from(["https://example.com/a.png", "data:odd", "data:;x,y"]))
documents = st.one_of(
    st.builds(lambda data, media, name: Document(data=data, media_type=media, name=name), data, media, texts),
    st.builds(lambda file, name: Document(file_id=file, name=name), texts, optional(texts)),
    st.builds(lambda name: Document(url="https://example.com/a.pdf", name=name), optional(texts)),
)
sounds = st.builds(lambda data, extra: Audio(data=data, format="wav", extra=extra), data, cached)
opaques = st.builds(lambda url: Opaque(NAME, {"type": "document_url", "document_url": url}), texts)


@st.composite
def thoughts(draw: st.DrawFn) -> list[Part]:
    """Reasoning that stands in fields of a message: under one plain name, or as a list of details."""
    field = draw(st.sampled_from(["", "reasoning_content", "reasoning", "reasoning_details"]))
    if field == "reasoning_details":
        count = draw(st.integers(1, 3))
        return [draw(details(index)) for index in range(count)]
    return [Thinking(draw(texts), extra={NAME: {"field": field}})] if field else []


def details(index: int) -> st.SearchStrategy[Part]:
    def made(kind: str, text: str, signature: str | None) -> Part:
        extra = {NAME: {"field": "reasoning_details", "detail": {"type": kind, "index": index}}}
        if kind == "reasoning.encrypted":
            return Thinking("", signature or "sealed", redacted=True, extra=extra)
        return Thinking(text, signature if kind == "reasoning.text" else None, extra=extra)

    kinds = st.sampled_from(["reasoning.text", "reasoning.summary", "reasoning.encrypted"])
    return st.builds(made, kinds, texts, optional(texts))


chunks = st.builds(
    lambda text, signature, more: Thinking(text, signature, extra={NAME: {"field": "thinking", **more}}),
    texts,
    optional(texts),
    st.sampled_from([{}, {"closed": True}]),
)


@st.composite
def listed(draw: st.DrawFn) -> list[Part]:
    """The content of an assistant's message in the form of a list; no two neighbours of one kind."""
    kinds = draw(st.lists(st.integers(0, 2), max_size=4))
    kinds = [kind for at, kind in enumerate(kinds) if at == 0 or kinds[at - 1] != kind]
    strategies: list[st.SearchStrategy[Part]] = [chunks, plain, opaques]
    return [draw(strategies[kind]) for kind in kinds]


def calls(id: str) -> st.SearchStrategy[ToolCall]:
    return st.builds(
        ToolCall,
        st.just(id),
        names,
        st.sampled_from(["{}", '{"city": "Oslo", "n": 1.0}', "not json", ""]) | st.text(letters, max_size=10),
        st.sampled_from(["function", "custom"]),
        extras({"extra_content": {"google": {"thought_signature": "c2ln"}}}),
    )


@st.composite
def answers(draw: st.DrawFn, prefix: str = "call") -> list[Part]:
    """The parts of an assistant's message, in a request or a reply."""
    parts = draw(thoughts())
    parts += draw(st.one_of(st.lists(plain, max_size=1), listed()))
    parts += [Refusal(text) for text in draw(st.lists(texts, max_size=1))]
    ids = [f"{prefix}_{number}" for number in range(draw(st.integers(0, 3)))]
    return parts + [draw(calls(id)) for id in ids]


@st.composite
def turns(draw: st.DrawFn, number: int) -> list[Message]:
    """A user's message, or an assistant's with the answers to its tool calls."""
    if draw(st.booleans()):
        roles: list[Role] = ["user", "user", "developer"]
        role = draw(st.sampled_from(roles))
        kinds = [words, images, documents, sounds, opaques] if role == "user" else [words]
        parts = draw(st.lists(st.one_of(*kinds), min_size=1, max_size=3))
        return [Message(role, tuple(parts), draw(optional(names)), draw(extras({"weight": 1})))]
    parts = draw(answers(prefix=f"call_{number}"))
    if draw(st.booleans()):
        ids = [part for part in parts if isinstance(part, ToolCall)]
        parts[len(parts) - len(ids) : len(parts) - len(ids)] = [Audio(id="audio_1")]
    message = Message("assistant", tuple(parts), draw(optional(names)), draw(extras({"prefix": True})))
    results = [
        ToolResult(call.id, tuple(draw(st.lists(words | opaques, max_size=2))), extra=draw(cached))
        for call in message.tool_calls
    ]
    return [message, *[Message("tool", (result,), draw(optional(names))) for result in results]]


tools = st.builds(Tool, names, optional(texts), optional(objects), optional(st.booleans()), cached)
own_tools = st.builds(lambda: Opaque(NAME, {"type": "web_search_preview", "parameters": {"max_uses": 2}}))
schemas = st.just(OutputSchema()) | st.builds(OutputSchema, objects, names, optional(texts), optional(st.booleans()))
others = st.fixed_dictionaries(
    {},
    optional={
        "frequency_penalty": st.floats(-2, 2),
        "logit_bias": st.just({"50256": -100}),
        "user": texts,
        "response_format": st.just({"type": "text"}),
        "top_k": st.integers(1, 50),
        "web_search_options": st.just({}),
    },
)


@st.composite
def requests(draw: st.DrawFn) -> Request:
    messages: list[Message] = [Message("user", (Text("Hi"),))]
    for number in range(draw(st.integers(0, 4))):
        messages += draw(turns(number))
    given = tuple(draw(st.lists(tools | own_tools, max_size=3)))
    stream = draw(st.booleans())
    extra = draw(others)
    if stream:
        extra |= draw(
            st.sampled_from([{}, {"stream_options": None}, {"stream_options": {"include_obfuscation": False}}])
        )
    choices = [ToolChoice("none"), ToolChoice("auto"), ToolChoice("required"), ToolChoice("tool", "f")]
    schema = None if "response_format" in extra else draw(optional(schemas))
    return Request(
        model=draw(texts),
        messages=tuple(messages),
        system=tuple(draw(st.lists(words, max_size=2))),
        max_tokens=draw(optional(st.integers(1, 10**6))),
        temperature=draw(optional(st.floats(0, 2))),
        top_p=draw(optional(st.floats(0, 1))),
        stop=tuple(draw(st.lists(texts, max_size=4))),
        seed=draw(optional(st.integers(-(2**63), 2**63 - 1))),
        n=draw(optional(st.integers(1, 128))),
        tools=given,
        tool_choice=draw(optional(st.sampled_from(choices))) if given else None,
        parallel_tool_calls=draw(optional(st.booleans())) if given else None,
        output_schema=schema,
        reasoning=draw(optional(st.builds(Reasoning, effort=st.sampled_from(["none", "low", "xhigh"])))),
        metadata=draw(optional(st.dictionaries(names, texts, max_size=3))),
        stream=stream,
        extra=extra,
    )


counts = optional(st.integers(0, 10**9))
usages = st.builds(
    Usage,
    input_tokens=counts,
    output_tokens=counts,
    cache_read_tokens=counts,
    cache_write_tokens=counts,
    reasoning_tokens=counts,
    details=st.dictionaries(
        st.sampled_from(["prompt_tokens_details.audio_tokens", "completion_tokens_details.audio_tokens", "queue_time"]),
        st.integers(0, 1000),
    ),
)

FINISHES: list[tuple[str, FinishReason]] = [
    ("stop", "stop"),
    ("length", "length"),
    ("tool_calls", "tool_calls"),
    ("function_call", "tool_calls"),
    ("content_filter", "content_filter"),
]


@st.composite
def replies(draw: st.DrawFn) -> Reply:
    parts = draw(answers())
    if draw(st.booleans()):
        number = sum(isinstance(part, ToolCall) for part in parts)
        sound = Audio(data=draw(st.binary(min_size=1)), id="audio_1", transcript=draw(texts))
        sound = Audio(data=sound.data, id=sound.id, transcript=sound.transcript, extra={NAME: {"expires_at": 17}})
        parts.insert(len(parts) - number, sound)
    raw, reason = draw(st.sampled_from(FINISHES))
    if reason == "stop" and any(isinstance(part, Refusal) for part in parts):
        reason = "refusal"
    choices = [
        {},
        {"service_tier": "default", "system_fingerprint": "fp_1"},
        {"logprobs": {"content": [{"token": "a", "logprob": -0.5}]}, "citations": ["https://example.com"]},
    ]
    noted = extras({"annotations": [{"type": "url_citation", "url_citation": {"url": "https://example.com"}}]})
    return Reply(
        message=Message("assistant", tuple(parts), extra=draw(noted)),
        finish_reason=reason,
        raw_finish_reason=raw,
        usage=draw(usages),
        id=draw(optional(texts)),
        model=draw(optional(texts)),
        created=draw(optional(st.integers(1, 2**33))),
        extra=draw(st.sampled_from(choices)),
    )
