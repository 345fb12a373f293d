"""Whether two requests mean the same, and what tells of a difference."""

from __future__ import annotations

from typing import Any

import pytest

from ringup.replay.same import Difference, differences, told_of
from ringup.reply import Notice


def calling(arguments: Any, **more: Any) -> dict[str, Any]:
    return {"messages": [{"tool_calls": [{"id": "1", **more, "function": {"name": "f", "arguments": arguments}}]}]}


def taking(parameters: Any) -> dict[str, Any]:
    return {"tools": [{"type": "function", "function": {"name": "f", "parameters": parameters}}]}


def said_by_user(content: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": content}]}


def assistant(**fields: Any) -> dict[str, Any]:
    return {"messages": [{"role": "assistant", **fields}]}


def answering(output: Any) -> dict[str, Any]:
    return {"input": [{"type": "function_call_output", "output": output}]}


_DECLARED = {"tools": [{"functionDeclarations": [{"name": "f"}]}]}
_AUTO = {"type": "auto", "disable_parallel_tool_use": False}
_REASONING = "messages[].reasoning_content"
IMAGE = {"type": "image_url", "image_url": {"url": "u"}}
SAME: list[tuple[str, Any, Any]] = [
    ("chat_completions", {"stop": "x", "n": None, "stream": False}, {"stop": ["x"]}),
    ("chat_completions", {"tool_choice": "any", "tools": []}, {"tool_choice": "required"}),
    ("chat_completions", said_by_user([{"type": "text", "text": "a", "name": None}]), said_by_user("a")),
    ("chat_completions", calling({"b": 1, "a": 2}), calling('{"a": 2, "b": 1}', type="function", index=0)),
    (
        "anthropic_messages",
        {"messages": [{"role": "user", "content": "a"}, {"role": "user", "content": "b"}, {"role": "assistant"}]},
        said_by_user([{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]),
    ),
    ("anthropic_messages", {"system": "a"}, {"system": [{"type": "text", "text": "a"}], "tools": []}),
    ("anthropic_messages", {"tools": [{"name": "f", "type": "custom"}]}, {"tools": [{"name": "f"}]}),
    ("responses", {"input": "a"}, {"input": [{"role": "user", "content": [{"type": "input_text", "text": "a"}]}]}),
    (
        "gemini",
        {"system_instruction": "a", "contents": {"parts": {"inline_data": {"data": "_-8="}}}},
        {
            "systemInstruction": {"parts": [{"text": "a"}]},
            "contents": [{"role": "user", "parts": [{"inlineData": {"data": "/+8="}}]}],
        },
    ),
    (
        "gemini",
        {"tools": [{"functionDeclarations": [{"name": "f"}]}, {"function_declarations": [{"name": "g"}]}]},
        {"tools": [{"functionDeclarations": [{"name": "f"}, {"name": "g"}]}]},
    ),
    (
        "gemini",
        {"contents": [{"role": "function", "parts": [{"function_call": {"name": "f"}}]}]},
        {"contents": [{"role": "user", "parts": [{"functionCall": {"name": "f", "args": {}}}]}]},
    ),
    (
        "gemini",
        {"generationConfig": {"seed": "7", "thinking_config": {"thinking_level": "low"}}},
        {"generationConfig": {"seed": 7, "thinkingConfig": {"thinkingLevel": "LOW"}}},
    ),
    ("chat_completions", said_by_user([{"type": "image_url", "image_url": "u"}]), said_by_user([IMAGE])),
    ("chat_completions", assistant(content=[{"type": "refusal", "refusal": "no"}]), assistant(refusal="no")),
    ("chat_completions", assistant(reasoning="a", reasoning_content="a"), assistant(reasoning_content="a")),
    (
        "chat_completions",
        assistant(content=[{"type": "thinking", "thinking": [{"type": "text", "text": "a"}, {"text": "b"}]}]),
        assistant(content=[{"type": "thinking", "thinking": [{"type": "text", "text": "ab"}]}]),
    ),
    (
        "responses",
        {"input": [{"type": "function_call_output", "output": [{"type": "input_image", "detail": "auto"}]}]},
        {"input": [{"type": "function_call_output", "output": [{"type": "input_image"}]}], "instructions": ""},
    ),
    ("responses", {"text": {"format": None}, "reasoning": {}}, {}),
    ("responses", {"input": [{"type": "function_call_output", "output": []}]}, answering("")),
    (
        "anthropic_messages",
        {"output_config": {"effort": None}, "tool_choice": _AUTO},
        {"tool_choice": {"type": "auto"}},
    ),
    (
        "gemini",
        {"tools": [{"googleSearch": {}, "urlContext": {}}]},
        {"tools": [{"googleSearch": {}}, {"urlContext": {}}]},
    ),
    ("embeddings", {"input": "a", "dimensions": None}, {"input": ["a"]}),
    ("embeddings", {"input": [1, 2]}, {"input": [[1, 2]]}),
    (
        "gemini.embeddings",
        {"content": {"parts": [{"text": "a"}]}, "task_type": "CLUSTERING"},
        {"requests": [{"model": "models/m", "content": {"parts": [{"text": "a"}]}, "taskType": "CLUSTERING"}]},
    ),
]


@pytest.mark.parametrize(("wire", "sent", "written"), SAME)
def test_what_means_the_same(wire: str, sent: Any, written: Any) -> None:
    assert differences(wire, sent, written) == []


@pytest.mark.parametrize(
    ("wire", "sent", "written", "where"),
    [
        ("chat_completions", {"seed": 1}, {"seed": True}, "seed"),
        ("chat_completions", {"parallel_tool_calls": False}, {}, "parallel_tool_calls"),
        ("chat_completions", taking({"default": None}), taking({}), "tools[].function.parameters.default"),
        ("anthropic_messages", {"messages": [{"role": "user", "content": "a"}]}, {"messages": []}, "messages"),
        ("chat_completions", assistant(reasoning="a", reasoning_content="b"), assistant(reasoning="a"), _REASONING),
        ("responses", {"store": False}, {}, "store"),
        ("gemini", {"generation_config": {"topK": 1}}, {}, "generationConfig"),
        ("gemini", {"tools": [{"functionDeclarations": [{"name": "f"}], "googleSearch": {}}]}, _DECLARED, "tools"),
        ("responses", {"reasoning": {"effort": "low"}}, {"reasoning": {}}, "reasoning"),
        ("embeddings", {"input": ["a", "b"]}, {"input": ["a"]}, "input"),
        ("gemini.embeddings", {"requests": [{"content": "a", "title": "t"}]}, {"content": "a"}, "requests[].title"),
    ],
)
def test_what_doesnt(wire: str, sent: Any, written: Any, where: str) -> None:
    assert [each.where for each in differences(wire, sent, written)] == [where]


def test_a_notice_covers_what_it_names_and_nothing_else() -> None:
    seed = Difference(("seed",), "left out")
    assert told_of(seed, (Notice("dropped", "seed", ""),))
    assert told_of(Difference(("reasoning_effort",), "changed"), (Notice("dropped", "reasoning.effort", ""),))
    assert told_of(Difference(("messages", 3, "content"), "changed"), (Notice("moved", "tool_result", ""),))
    assert not told_of(seed, (Notice("dropped", "top_k", ""), Notice("moved", "tool_result", "")))
    assert Difference((), "changed").where == "the body"
