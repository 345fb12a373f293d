"""Hypothesis strategies: requests and replies that the Gemini wire can say in full, and JSON that was spoilt."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from ringup.messages import (
    Audio,
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
from ringup.wire_tools import encode

NAME = "gemini"

any_text = st.text(st.characters(codec="utf-8"), max_size=20)
words = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12)
names = st.from_regex(r"[a-zA-Z_][a-zA-Z0-9_-]{0,12}", fullmatch=True)
signatures = st.binary(min_size=1, max_size=9).map(lambda data: encode(data).decode().strip('"'))
numbers = st.integers(-(2**60), 2**60) | st.floats(allow_nan=False, allow_infinity=False)
json_values = st.recursive(
    st.none() | st.booleans() | numbers | any_text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(any_text, inner, max_size=3),
    max_leaves=6,
)
objects = st.dictionaries(any_text, json_values, max_size=3)
arguments = objects.map(lambda value: encode(value).decode())
schemas = st.dictionaries(names, st.sampled_from(["string", "integer"]), max_size=2).map(
    lambda fields: {"type": "object", "properties": {name: {"type": kind} for name, kind in fields.items()}}
)


def extra(**fields: Any) -> dict[str, dict[str, Any]]:
    return {NAME: fields}


plain = st.builds(Text, words)
signed = st.builds(lambda text, seal: Text(text, extra(thoughtSignature=seal)), any_text, signatures)
thoughts = st.builds(lambda text: Thinking(text, extra=extra(thought=True)), words)
signed_thoughts = st.builds(lambda text, seal: Thinking(text, seal, extra=extra(thought=True)), any_text, signatures)
kept_thoughts = st.builds(lambda text: Thinking(text, extra=extra(thought=True, partMetadata={"a": 1})), words)
pictures = st.builds(Image, data=st.binary(max_size=9), media_type=st.sampled_from(["image/png", "image/webp"]))
urls = names.map(lambda name: f"https://example.test/{name}")
files = names.map(lambda name: f"files/{name}")
titles = st.none() | words
images = st.one_of(
    pictures,
    st.builds(Image, url=urls, media_type=st.just("image/png")),
    st.builds(Image, file_id=files, media_type=st.just("image/jpeg")),
)
documents = st.one_of(
    st.builds(Document, data=st.binary(max_size=9), media_type=st.just("application/pdf"), name=titles),
    st.builds(Document, data=st.binary(max_size=9), media_type=st.just("video/mp4")),
    st.builds(Document, text=any_text, media_type=st.just("text/plain"), name=titles),
    st.builds(Document, url=urls, media_type=st.none() | st.just("video/mp4"), name=titles),
    st.builds(Document, file_id=files, media_type=st.just("application/pdf")),
)
sounds = st.one_of(
    st.builds(Audio, data=st.binary(max_size=9), format=st.sampled_from(["wav", "mp3", "flac"])),
    st.just(Audio(data=b"\1\2", format="mp3", extra=extra(inlineData={"mimeType": "audio/mpeg"}))),
)
opaques = st.sampled_from(
    [
        Opaque(NAME, {"executableCode": {"code": "print(1)", "language": "PYTHON"}}),
        Opaque(NAME, {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "1\n"}}),
        Opaque(NAME, {"toolCall": {"toolType": "GOOGLE_SEARCH_WEB"}, "thoughtSignature": "QUJD"}),
    ]
)
user_parts = plain | images | documents | sounds | opaques
said_parts = plain | signed | thoughts | signed_thoughts | pictures | opaques

# Requests

plain_words = words.filter(lambda text: not text.lstrip().startswith("{"))
results = st.one_of(
    st.tuples(plain_words.map(lambda text: (Text(text),)), st.booleans()),
    st.tuples(st.just((Text(""),)), st.just(False)),
    st.tuples(st.just(()), st.booleans()),
    st.tuples(st.dictionaries(names.map(lambda name: f"k{name}"), json_values, min_size=1, max_size=2), st.booleans()),
)


@st.composite
def result_of(draw: st.DrawFn, call: ToolCall, newer: bool) -> ToolResult:
    given, failed = draw(results)
    parts: tuple[Any, ...] = (Text(encode(given).decode()),) if isinstance(given, dict) else given
    if newer and not failed:
        parts += tuple(draw(st.lists(images | documents, max_size=1)))
    return ToolResult(call.id, parts, failed)


@st.composite
def conversations(draw: st.DrawFn, newer: bool) -> tuple[Message, ...]:
    messages: list[Message] = []
    for turn in range(draw(st.integers(1, 3))):
        messages.append(Message("user", tuple(draw(st.lists(user_parts, min_size=1, max_size=3)))))
        count = draw(st.integers(0, 2))
        calls = [
            ToolCall(f"id{turn}{index}", draw(names), draw(arguments), extra=draw(seals)) for index in range(count)
        ]
        said = draw(st.lists(said_parts, min_size=0 if calls else 1, max_size=2))
        messages.append(Message("assistant", (*said, *calls)))
        if calls:
            messages.append(Message("tool", tuple([draw(result_of(call, newer)) for call in calls])))
    return tuple(messages)


seals = st.just({}) | signatures.map(lambda seal: extra(thoughtSignature=seal))
tools = st.one_of(
    st.builds(Tool, names, st.none() | words, st.none() | schemas),
    st.builds(Tool, names, st.none(), schemas, extra=st.just(extra(behavior="BLOCKING"))),
)
choices = st.one_of(
    st.sampled_from([ToolChoice("auto"), ToolChoice("none"), ToolChoice("required")]),
    st.builds(ToolChoice, st.just("tool"), names),
    st.just(Opaque(NAME, {"mode": "VALIDATED", "allowedFunctionNames": ["a", "b"]})),
)
reasonings = st.builds(
    Reasoning,
    effort=st.none() | st.sampled_from(["minimal", "low", "high", "xhigh"]),
    display=st.sampled_from(["summarized", "omitted"]),
)
budgets = st.one_of(
    st.builds(Reasoning, budget_tokens=st.integers(1, 9999)),
    st.sampled_from([Reasoning(mode="disabled"), Reasoning(mode="adaptive", display="summarized")]),
)
extras = st.fixed_dictionaries(
    {},
    optional={
        "safetySettings": st.just([{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_NONE"}]),
        "cachedContent": st.just("cachedContents/x"),
        "generationConfig": st.just({"topK": 5, "responseModalities": ["TEXT"]}),
        "toolConfig": st.just({"includeServerSideToolInvocations": True}),
        "brandNew": st.just({"a": [1]}),
    },
)


@st.composite
def requests(draw: st.DrawFn) -> Request:
    """A request as reading gives it."""
    newer = draw(st.booleans())
    stream = draw(st.booleans())
    more = draw(extras)
    if stream and draw(st.booleans()):
        more = more | {"alt": "json"}
    functions = draw(st.lists(tools, max_size=2, unique_by=lambda tool: tool.name))
    others = draw(st.lists(st.just(Opaque(NAME, {"googleSearch": {}})), max_size=1))
    return Request(
        model=draw(st.sampled_from(["gemini-3-flash", "gemini-flash-latest", "tunedModels/mine"]))
        if newer
        else "gemini-2.5-pro",
        messages=draw(conversations(newer)),
        system=tuple(draw(st.lists(plain | signed, max_size=2))),
        max_tokens=draw(st.none() | st.integers(1, 2**31 - 1)),
        temperature=draw(st.none() | st.floats(0, 2)),
        top_p=draw(st.none() | st.floats(0, 1)),
        stop=tuple(draw(st.lists(words, max_size=5))),
        seed=draw(st.none() | st.integers(-(2**31) + 1, 2**31 - 1)),
        n=draw(st.none() | st.integers(1, 8)),
        tools=(*functions, *others),
        tool_choice=draw(st.none() | choices),
        output_schema=draw(st.none() | st.just(OutputSchema()) | st.builds(OutputSchema, schemas)),
        reasoning=draw(st.none() | (reasonings if newer else budgets)),
        stream=stream,
        extra=more,
    )


# Replies

blocks = st.sampled_from(["SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "IMAGE_SAFETY"])
failures = st.sampled_from(["MALFORMED_FUNCTION_CALL", "OTHER", "UNEXPECTED_TOOL_CALL"])
answer_extras = st.fixed_dictionaries(
    {},
    optional={
        "groundingMetadata": st.just({"webSearchQueries": ["x"]}),
        "safetyRatings": st.just([{"category": "HARM_CATEGORY_HARASSMENT", "probability": "LOW"}]),
        "avgLogprobs": st.just(-0.5),
        "promptFeedback": st.just({"safetyRatings": []}),
        "createTime": st.just("later"),
        "brandNew": st.just(1),
    },
)
counts = st.integers(1, 10**6)


@st.composite
def usages(draw: st.DrawFn) -> Usage:
    thoughts = draw(st.none() | counts)
    total = draw(st.none() | st.integers(0, 10**6))
    details = draw(
        st.fixed_dictionaries(
            {},
            optional={
                "promptTokensDetails": st.just([{"modality": "TEXT", "tokenCount": 3}]),
                "toolUsePromptTokenCount": counts,
                "trafficType": st.just("ON_DEMAND"),
            },
        )
    )
    prompt = draw(counts) if total is not None else draw(st.none() | counts)
    prompt = None if prompt is None else prompt + details.get("toolUsePromptTokenCount", 0)
    return Usage(
        input_tokens=prompt,
        output_tokens=None if total is None else total + (thoughts or 0),
        cache_read_tokens=draw(st.none() | counts),
        reasoning_tokens=None if total is None else thoughts,
        details=details,
    )


def _joins(before: Part | None, part: Part) -> bool:
    """Whether a stream would join the two."""
    if isinstance(part, Text):
        return not part.extra and isinstance(before, Text) and not before.extra
    unsigned = isinstance(before, Thinking) and before.signature is None and before.extra == extra(thought=True)
    return unsigned and isinstance(part, Thinking) and part.extra == extra(thought=True)


@st.composite
def answers(draw: st.DrawFn, answer: str) -> tuple[Part, ...]:
    parts: list[Part] = []
    calls = 0
    for part in draw(st.lists(said_parts | kept_thoughts | st.just(None), max_size=4)):
        if part is None:
            given = draw(st.none() | names)
            inner = {} if given else {"functionCall": {"id": None}}
            own = inner | draw(seals).get(NAME, {})
            call_id = given or f"call_{calls}_{answer}"
            parts.append(ToolCall(call_id, draw(names), draw(arguments), extra={NAME: own} if own else {}))
            calls += 1
        elif not _joins(parts[-1] if parts else None, part):
            parts.append(part)
    return tuple(parts)


@st.composite
def replies(draw: st.DrawFn) -> Reply:
    """A reply as reading gives it."""
    answer = draw(st.from_regex(r"[a-zA-Z0-9]{1,20}", fullmatch=True))
    message = Message("assistant", draw(answers(answer)))
    more = draw(answer_extras)
    kind = draw(st.sampled_from(["stop", "length", "content_filter", "error", "pause", "blocked"]))
    reason, raw = kind, {"stop": "STOP", "length": "MAX_TOKENS", "pause": "CONTINUATION"}.get(kind)
    if kind == "blocked":
        reason, raw = "content_filter", draw(st.sampled_from(["SAFETY", "OTHER", "JAILBREAK"]))
        message, more = Message("assistant", ()), {"promptFeedback": {"blockReason": raw}}
    elif kind == "stop" and message.tool_calls:
        reason = "tool_calls"
    elif raw is None:
        raw = draw(blocks if kind == "content_filter" else failures)
    return Reply(
        message=message,
        finish_reason=reason,  # type: ignore[arg-type]
        raw_finish_reason=raw,
        usage=draw(usages()),
        id=answer,
        model=draw(names),
        extra=more,
    )


# Anything


def spoil(draw: Any, body: Any, odd: Any) -> None:
    """Put `odd` in the place of one value, anywhere in `body`."""
    at = body
    while True:
        key = draw(st.sampled_from(list(at) if isinstance(at, dict) else list(range(len(at)))))
        if not isinstance(at[key], dict | list) or not at[key] or draw(st.booleans()):
            at[key] = odd
            return
        at = at[key]
