"""Requests that nobody would think of, made by hypothesis: all that ringup's own values can say, and no vendor's own.

Held to what the APIs take: names of tools, ranges of numbers, calls that are answered. What a wire can't say it leaves
out with a notice; what it sends must be right.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ringup.messages import (
    Audio,
    Document,
    Image,
    Message,
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

__all__ = ["each", "requests"]

letters = st.characters(exclude_categories=["Cs"])
texts = st.text(letters, min_size=1, max_size=12).filter(lambda text: not text.isspace())
names = st.from_regex(r"[a-zA-Z0-9_-]{1,12}", fullmatch=True)
data = st.binary(min_size=1, max_size=12)
pictures = st.sampled_from(["image/png", "image/jpeg", "image/gif", "image/webp"])
json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | texts,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(names, inner, max_size=2),
    max_leaves=4,
)
schemas = st.fixed_dictionaries(
    {"type": st.just("object"), "properties": st.dictionaries(names, st.just({"type": "string"}), max_size=2)},
    optional={"required": st.just([]), "additionalProperties": st.just(False), "description": texts},
)

words = st.builds(Text, texts)
images = st.one_of(
    st.builds(
        lambda data, kind, detail: Image(data=data, media_type=kind, detail=detail),
        data,
        pictures,
        st.sampled_from([None, "auto", "low", "high"]),
    ),
    st.just(Image(url="https://example.com/a.png")),
    st.just(Image(file_id="file-abc")),
)
documents = st.one_of(
    st.builds(lambda data, name: Document(data=data, media_type="application/pdf", name=name), data, st.none() | names),
    st.builds(lambda text, name: Document(text=text, name=name), texts, st.none() | names),
    st.just(Document(url="https://example.com/a.pdf", media_type="application/pdf")),
    st.just(Document(file_id="file-abc")),
)
sounds = st.builds(lambda data, kind: Audio(data=data, format=kind), data, st.sampled_from(["wav", "mp3"]))
thoughts = st.builds(Thinking, texts, st.none() | st.just("c2ln")) | st.just(Thinking("", "c2ln", redacted=True))
spoken = st.builds(lambda words: Audio(id="audio_1", transcript=words), texts)


@st.composite
def asked(draw: st.DrawFn) -> Message:
    """A message of somebody who isn't the model."""
    roles: list[Role] = ["user", "user", "user", "developer", "system"]
    role = draw(st.sampled_from(roles))
    kinds = [words, images, documents, sounds] if role == "user" else [words]
    return Message(role, tuple(draw(st.lists(st.one_of(*kinds), min_size=1, max_size=3))), draw(st.none() | names))


@st.composite
def answered(draw: st.DrawFn, number: int) -> list[Message]:
    """A turn of the model, and the results of what it called."""
    parts: list[Part] = draw(st.lists(thoughts, max_size=1))
    parts += draw(st.lists(words | st.builds(Refusal, texts) | spoken, max_size=2))
    count = draw(st.integers(0 if any(isinstance(part, Text) for part in parts) else 1, 2))
    arguments = st.dictionaries(names, json_values, max_size=2)
    calls = [ToolCall(f"call_{number}_{at}", draw(names), json.dumps(draw(arguments))) for at in range(count)]
    turn = Message("assistant", (*parts, *calls))
    results = tuple(
        [
            ToolResult(call.id, tuple(draw(st.lists(words | images | documents, max_size=2))), draw(st.booleans()))
            for call in calls
        ]
    )
    return [turn, Message("tool", results)] if results else [turn]


tools = st.lists(st.builds(Tool, names, st.none() | texts, st.none() | schemas, st.none() | st.booleans()), max_size=3)


@st.composite
def requests(draw: st.DrawFn, wire: str) -> Request:
    """A request that the wire's API should take."""
    claude = wire == "anthropic_messages"
    messages = [Message("user", (Text("Hi"),))]
    for number in range(draw(st.integers(0, 3))):
        messages += draw(answered(number))
        messages.append(Message("user", (Text("Go on."),)) if draw(st.booleans()) else draw(asked()))
    given = draw(tools)
    choices = [ToolChoice("auto"), ToolChoice("none"), ToolChoice("required")]
    choices += [ToolChoice("tool", tool.name) for tool in given]
    metadata = {"user_id": "u"} if claude else draw(st.dictionaries(names, texts, max_size=2))
    return Request(
        model="some-model",
        messages=tuple(messages),
        system=tuple(draw(st.lists(words, max_size=2))),
        max_tokens=draw(st.none() | st.integers(2048, 10**5)),
        temperature=draw(st.none() | st.floats(0, 1 if claude else 2)),
        top_p=draw(st.none() | st.floats(0, 1)),
        stop=tuple(draw(st.lists(texts, max_size=4))),
        seed=draw(st.none() | st.integers(0, 2**31 - 1)),
        tools=tuple(given),
        tool_choice=draw(st.none() | st.sampled_from(choices)) if given else None,
        parallel_tool_calls=draw(st.none() | st.booleans()) if given else None,
        output_schema=draw(
            st.none() | st.builds(OutputSchema, schemas, names, st.none() | texts, st.none() | st.booleans())
        ),
        reasoning=draw(st.none() | _reasoning(wire)),
        metadata=draw(st.none() | st.just(metadata)),
        stream=draw(st.booleans()),
    )


def _reasoning(wire: str) -> st.SearchStrategy[Reasoning]:
    efforts = st.builds(lambda effort: Reasoning(effort=effort), st.sampled_from(["low", "medium", "high", "xhigh"]))
    match wire:
        case "anthropic_messages":
            enabled = st.just(Reasoning(mode="enabled", budget_tokens=1024))
            shown = st.builds(
                lambda how: Reasoning(mode="adaptive", display=how), st.sampled_from(["summarized", "omitted"])
            )
            return efforts | enabled | shown | st.just(Reasoning(mode="disabled"))
        case "gemini":
            return efforts | st.just(Reasoning(budget_tokens=1024, display="summarized"))
        case "responses":
            return efforts | st.builds(lambda how: Reasoning(display=how), st.sampled_from(["auto", "detailed"]))
    return efforts


def each(wire: str, examples: int, act: Callable[[Request], None]) -> None:
    """Make so many requests, always the same, and do something with each."""

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=[HealthCheck.too_slow],
    )
    @given(requests(wire))
    def run(request: Request) -> None:
        act(request)

    run()
