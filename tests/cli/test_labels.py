"""The JSON that `--wire` prints: it is still that JSON, and what matters in it is pointed out."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ringup.cli.labels import ANSWERS, EVENTS, REQUESTS, layout, point_out

values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=20,
)


@given(values)
def test_what_is_printed_is_the_same_json(value: Any) -> None:
    printed = "\n".join([line for line, _, _ in layout(value, {})])
    assert json.loads(printed) == value


def meanings(found: Any) -> dict[str, str]:
    return {path: said for _, path, said in found if said}


def test_the_fields_of_an_openai_answer_are_pointed_out() -> None:
    answer = {
        "model": "gpt-4o-mini-2024-07-18",
        "choices": [{"message": {"content": "Paris.", "refusal": None}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 14, "completion_tokens": 7, "total_tokens": 21},
    }
    assert meanings(layout(answer, ANSWERS["chat_completions"])) == {
        "model": "who answered",
        "choices[0].message.content": "the text",
        "choices[0].finish_reason": "why it stopped",
        "usage.prompt_tokens": "input tokens",
        "usage.completion_tokens": "output tokens",
    }


def test_the_fields_of_an_anthropic_answer_are_pointed_out() -> None:
    answer = {
        "content": [{"type": "thinking", "thinking": "Hm."}, {"type": "text", "text": "Paris."}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 14, "cache_read_input_tokens": 0, "output_tokens": 7},
    }
    found = meanings(layout(answer, ANSWERS["anthropic_messages"]))
    assert found["content[1].text"] == "the text"
    assert found["content[0].thinking"] == "its reasoning"
    assert found["stop_reason"] == "why it stopped"
    assert found["usage.cache_read_input_tokens"] == "input tokens read from the cache"
    assert "stop_sequence" not in found  # a null says nothing


def test_an_event_is_told_by_path_and_value() -> None:
    event = {"choices": [{"delta": {"content": "Par"}, "finish_reason": None}], "usage": None}
    found = list(point_out(event, EVENTS["chat_completions"]))
    assert found == [("choices[0].delta.content", '"Par"', "a piece of the text")]
    event = {"type": "message_delta", "delta": {"stop_reason": "max_tokens"}, "usage": {"output_tokens": 9}}
    assert [path for path, _, _ in point_out(event, EVENTS["anthropic_messages"])] == [
        "delta.stop_reason",
        "usage.output_tokens",
    ]


def test_a_picture_is_shown_by_its_beginning() -> None:
    lines = [line for line, _, _ in layout({"data": "x" * 5000}, REQUESTS["chat_completions"])]
    assert "5,000 characters" in lines[1]
    assert len(lines[1]) < 1000
