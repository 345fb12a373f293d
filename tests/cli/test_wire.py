"""`--wire`: how a call travels, out and back, on both wires; and never a key."""

from __future__ import annotations

import re

import pytest

from ringup.testing import Simulator
from tests.cli.conftest import ANTHROPIC_KEY, OPENAI_KEY, Run

QUESTION = "What is the capital of France?"


def line_with(text: str, shown: str) -> str:
    return next(line for line in shown.splitlines() if text in line)


def test_a_whole_answer_on_the_openai_wire(sim: Simulator, run: Run) -> None:
    done = run("ask", "--wire", "--no-stream", "-m", "gpt-4o-mini", "--max-tokens", "50", QUESTION)
    out, _, back = done.stderr.partition("what comes back")
    assert f"POST {sim.openai_url}/chat/completions" in out
    assert "authorization: Bearer ***tail" in out
    assert "who is asked" in line_with('"model": "gpt-4o-mini"', out)
    assert "what is said" in line_with(QUESTION, out)
    assert "the longest answer" in line_with('"max_completion_tokens": 50', out)
    assert "HTTP 200" in back
    assert "to quote" in line_with("x-request-id: ", back)
    assert line_with('"content": ', back).endswith("<- the text  choices[0].message.content")
    assert "<- why it stopped  choices[0].finish_reason" in line_with('"finish_reason": "stop"', back)
    assert "<- input tokens  usage.prompt_tokens" in line_with('"prompt_tokens": ', back)
    assert "<- output tokens  usage.completion_tokens" in line_with('"completion_tokens": ', back)
    assert "Paris" in done.stdout
    assert OPENAI_KEY not in done.output


def test_a_whole_answer_on_the_anthropic_wire(sim: Simulator, run: Run) -> None:
    done = run("ask", "--wire", "--no-stream", "-m", "claude-haiku-4-5", QUESTION)
    out, _, back = done.stderr.partition("what comes back")
    assert f"POST {sim.anthropic_url}/v1/messages" in out
    assert "x-api-key: ***last" in out
    assert "anthropic-version: " in out
    assert "<- the text  content[0].text" in line_with('"text": ', back)
    assert "<- why it stopped" in line_with('"stop_reason": "end_turn"', back)
    assert "<- input tokens" in line_with('"input_tokens": ', back)
    assert "<- output tokens" in line_with('"output_tokens": ', back)
    assert ANTHROPIC_KEY not in done.output


@pytest.mark.parametrize(
    ("model", "piece", "stop", "output"),
    [
        ("gpt-4o-mini", "choices[0].delta.content", 'choices[0].finish_reason = "stop"', "usage.completion_tokens"),
        ("claude-haiku-4-5", "delta.text", 'delta.stop_reason = "end_turn"', "usage.output_tokens"),
    ],
)
def test_the_events_of_a_stream(  # noqa: PLR0917
    sim: Simulator, run: Run, model: str, piece: str, stop: str, output: str
) -> None:
    done = run("ask", "--wire", "-m", model, QUESTION)
    assert "content-type: text/event-stream" in done.stderr
    assert f'{piece} = "' in done.stderr
    assert "<- a piece of the text" in line_with(piece, done.stderr)
    assert "<- why it stopped" in line_with(stop, done.stderr)
    assert re.search(rf"{re.escape(output)} = \d+ +<- output tokens", done.stderr)
    assert "Paris" in done.stdout  # the whole answer, at the end


def test_many_like_events_are_counted_and_v_shows_all(sim: Simulator, run: Run) -> None:
    args = ("ask", "--wire", "-m", "claude-haiku-4-5", "--max-tokens", "100", "Tell me a long story.")
    done = run(*args)
    counted = re.search(r"\.\.\. and (\d+) more like these", done.stderr)
    assert counted
    assert done.stderr.count("content_block_delta  data") == 2
    whole = run(*args, "-v")
    assert whole.stderr.count("content_block_delta  data") == int(counted[1]) + 2
    assert "more like these" not in whole.stderr


def test_each_try_and_the_wait_between(sim: Simulator, run: Run) -> None:
    sim.script([{"status": 503, "headers": {"retry-after-ms": "20"}}])
    done = run("ask", "--wire", "-m", "gpt-4o-mini", QUESTION)
    order = ["try 1: what goes out", "HTTP 503", "what is wrong", "503, trying again in 0.02 s", "try 2:", "HTTP 200"]
    places = [done.stderr.index(text) for text in order]
    assert places == sorted(places)
    assert done.exit_code == 0


def test_a_connection_that_breaks_is_shown(sim: Simulator, run: Run) -> None:
    sim.script([{"reset": True}])
    done = run("ask", "--wire", "--retries", "0", "-m", "gpt-4o-mini", QUESTION)
    assert "no answer after" in done.stderr
    assert "APIConnectionError: " in done.stderr
    sim.script([{"stream": True, "truncate": 1500}])
    done = run("ask", "--wire", "--retries", "0", "-m", "gpt-4o-mini", "Tell me a long story.")
    assert "a piece of the text" in done.stderr
    assert "the answer broke off" in done.stderr
    assert done.exit_code == 5


def test_a_page_instead_of_json_is_shown_as_it_is(sim: Simulator, run: Run) -> None:
    sim.script([{"html": True}])
    done = run("ask", "--wire", "--retries", "0", "-m", "gpt-4o-mini", QUESTION)
    assert "<h1>502 Bad Gateway</h1>" in done.stderr
    assert done.exit_code == 1


def test_googles_wire_is_labelled_too(sim: Simulator, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", sim.gemini_url)
    monkeypatch.setenv("GEMINI_API_KEY", sim.gemini_key)
    shown = run("ask", "--wire", "-m", "gemini-2.5-flash", QUESTION).stderr
    assert "<- what is said" in line_with(f'"text": "{QUESTION}"', shown)
    assert "<- a piece of the text" in line_with("candidates[0].content.parts[0].text", shown)
    assert "<- why it stopped" in line_with("candidates[0].finishReason", shown)
    assert "<- input tokens" in line_with("usageMetadata.promptTokenCount = ", shown)
    assert sim.gemini_key not in shown


def test_openais_newer_wire_is_labelled_too(sim: Simulator, run: Run) -> None:
    whole = run("ask", "--wire", "--no-stream", "--api", "responses", "-m", "gpt-4o-mini", QUESTION).stderr
    out, _, back = whole.partition("what comes back")
    assert "<- what is said" in line_with(QUESTION, out)
    assert "<- the text" in line_with('"text": "', back)
    assert "<- why it stopped" in line_with('"status": "completed"', back)
    assert "<- output tokens" in line_with('"output_tokens": ', back)
    stream = run("ask", "--wire", "--api", "responses", "-m", "gpt-4o-mini", QUESTION).stderr
    assert "<- a piece of the answer" in line_with("delta = ", stream)
    assert "<- output tokens" in line_with("response.usage.output_tokens = ", stream)
