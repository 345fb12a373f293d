"""`ringup compare`: several models side by side, streaming, and a table at the end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ringup.cli.results import speed
from ringup.ledger import rows
from ringup.messages import Message, Text, Thinking
from ringup.reply import Reply
from ringup.testing import Simulator
from ringup.usage import Usage
from tests.cli.conftest import ANTHROPIC_KEY, OPENAI_KEY, Run, Screen, Spawn

QUESTION = "What is the capital of France?"
STORY = "Tell me a long story."
BOTH = ("-m", "gpt-4o-mini", "-m", "claude-haiku-4-5")
POSIX = pytest.mark.skipif(os.name == "nt", reason="signals and pipes as POSIX has them")
WAIT = 60


def parts(out: str) -> tuple[dict[str, str], list[list[str]]]:
    """The answers by their headings, and the table's rows as cells (the last one whole)."""
    answers: dict[str, str] = {}
    body, _, table = out.partition("\nmodel ")
    for block in body.split("==> ")[1:]:
        name, _, text = block.partition(" <==\n")
        answers[name] = text.strip("\n")
    lines = table.splitlines()[1:]
    return answers, [[cell for cell in line.split("  ") if cell] for line in lines]


def cells(row: list[str]) -> dict[str, str]:
    names = ("model", "first", "total", "tok/s", "in", "out", "cost", "end")
    return dict(zip(names, [cell.strip() for cell in row], strict=True))


def test_several_models_answer_and_the_table_compares_them(sim: Simulator, run: Run) -> None:
    done = run("compare", QUESTION, *BOTH, "-m", "sim/small")
    assert done.exit_code == 0
    answers, table = parts(done.stdout)
    assert list(answers) == ["gpt-4o-mini", "claude-haiku-4-5", "sim/small"]
    assert all("Paris" in text for text in answers.values())
    openai, anthropic, simulator = [cells(row) for row in table]
    assert (openai["model"], anthropic["model"]) == ("gpt-4o-mini-2024-07-18", "claude-haiku-4-5-20251001")
    for row in (openai, anthropic):
        assert row["first"].endswith(" s")
        assert row["total"].endswith(" s")
        assert int(row["in"]) > 0
        assert int(row["out"]) > 0
        assert row["cost"].startswith("$0.0")
        assert row["end"] == "stop"
    assert (simulator["model"], simulator["cost"]) == ("sim/small", "free")
    assert [call.request.json["stream"] for call in sim.calls] == [True, True]
    assert "\x1b" not in done.output


def test_they_run_at_the_same_time(sim: Simulator, spawn: Spawn) -> None:
    sim.script([{"stream": True, "stall_after": 3}] * 3)
    spawn("compare", STORY, *BOTH, "-m", "gpt-4o", stdin=subprocess.DEVNULL)
    deadline = time.monotonic() + WAIT
    while len(sim.calls) < 3:  # none of them ever ends
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_options_reach_every_model(sim: Simulator, run: Run) -> None:
    options = ["--system", "Briefly.", "--max-tokens", "50", "--temperature", "0", "--stop", "A"]
    assert run("compare", *BOTH, *options, stdin=QUESTION).exit_code == 0
    bodies = {call.request.json["model"]: call.request.json for call in sim.calls}
    openai, anthropic = bodies["gpt-4o-mini"], bodies["claude-haiku-4-5"]
    assert (openai["temperature"], openai["max_completion_tokens"], openai["stop"]) == (0, 50, ["A"])
    assert (anthropic["temperature"], anthropic["max_tokens"], anthropic["system"]) == (0, 50, "Briefly.")
    assert openai["messages"][-1]["content"] == QUESTION


def test_one_object_for_each_model(sim: Simulator, run: Run) -> None:
    done = run("compare", "--json", QUESTION, *BOTH, "-m", "no-such-model")
    openai, anthropic, failed = [json.loads(line) for line in done.stdout.splitlines()]
    assert [reply["asked"] for reply in (openai, anthropic, failed)] == [*BOTH[1::2], "no-such-model"]
    assert openai["text"]
    assert (openai["wire"], anthropic["wire"]) == ("chat_completions", "anthropic_messages")
    assert anthropic["raw_finish_reason"] == "end_turn"
    assert openai["time_to_first_token"] <= openai["latency"]
    assert openai["tokens_per_second"] > 0
    assert (failed["error"], failed["exit_code"]) == ("UnknownModelError", 2)
    assert done.exit_code == 2
    assert set(json.loads(run("ask", "--json", "-m", "gpt-4o-mini", QUESTION).stdout)) < set(openai)


def test_the_same_model_twice(sim: Simulator, run: Run) -> None:
    done = run("compare", QUESTION, "-m", "gpt-4o-mini", "-m", "gpt-4o-mini")
    assert done.exit_code == 0
    assert done.stdout.count("==> gpt-4o-mini <==") == 2
    assert len(parts(done.stdout)[1]) == len(sim.calls) == 2


def test_no_model_says_what_to_type(sim: Simulator, run: Run) -> None:
    done = run("compare", QUESTION)
    assert done.exit_code == 2
    assert "no model was named" in done.stderr
    assert "-m sim/small -m sim/large" in done.stderr
    assert sim.calls == []


def test_models_without_an_m_each(sim: Simulator, run: Run) -> None:
    done = run("compare", QUESTION, "-m", "gpt-4o-mini", "claude-haiku-4-5")
    assert done.exit_code == 2
    assert "Each model needs its own -m." in done.stderr
    assert sim.calls == []


def test_no_key_is_needed_for_the_simulator(run: Run) -> None:
    done = run("compare", QUESTION, "-m", "sim/small", "-m", "sim/large")
    assert done.exit_code == 0
    assert [cells(row)["cost"] for row in parts(done.stdout)[1]] == ["free", "free"]
    assert done.stderr == ""


def test_a_missing_key_is_a_row_and_no_end_of_the_others(run: Run) -> None:
    done = run("compare", QUESTION, "-m", "gpt-4o-mini", "-m", "sim/small")
    assert done.exit_code == 2
    answers, table = parts(done.stdout)
    assert answers["gpt-4o-mini"] == "(failed)"
    assert "Paris" in answers["sim/small"]
    said = cells(table[0])["end"]
    assert said.startswith(
        "failed: there is no API key for openai: the variable OPENAI_API_KEY isn't set. Make one at "
    )
    assert said.endswith("The built-in simulator needs no key: -m sim/small.")
    assert cells(table[0])["cost"] == "-"
    assert "error: gpt-4o-mini: there is no API key for openai" in done.stderr


def test_a_rate_limit_is_retried_and_told(sim: Simulator, run: Run) -> None:
    sim.script([{"model": "gpt-*", "status": 429, "headers": {"retry-after-ms": "30"}}])
    done = run("compare", QUESTION, *BOTH)
    assert done.exit_code == 0
    assert done.stderr.count("gpt-4o-mini: 429, trying again in 0.03 s") == 1
    assert "Paris" in parts(done.stdout)[0]["gpt-4o-mini"]


def test_a_stream_that_breaks_leaves_its_words_and_a_row(sim: Simulator, run: Run) -> None:
    sim.script([{"model": "gpt-*", "stream": True, "truncate": 2500}])
    done = run("compare", STORY, *BOTH, "--retries", "0", "--max-tokens", "60")
    assert done.exit_code == 5
    answers, table = parts(done.stdout)
    assert len(answers["gpt-4o-mini"]) > len("(failed)")
    assert answers["gpt-4o-mini"].endswith("\n(failed)")
    row = cells(table[0])
    assert "failed: the stream " in row["end"]
    assert row["cost"] == "unknown"
    assert cells(table[1])["end"] == "length"
    assert "claude-haiku-4-5: The answer is cut off: raise --max-tokens above 60" in done.stderr


@pytest.mark.parametrize(("kind", "code"), [("authentication", 3), ("quota", 4), ("not_found", 1)])
def test_the_exit_code_is_that_of_the_first_that_failed(sim: Simulator, run: Run, kind: str, code: int) -> None:
    sim.script([{"model": "gpt-*", "kind": kind}])
    done = run("compare", QUESTION, "-m", "sim/small", "-m", "gpt-4o-mini", "-m", "no-such-model")
    assert done.exit_code == code
    assert OPENAI_KEY not in done.output


def test_an_unknown_cost_is_said_and_never_zero(sim: Simulator, run: Run) -> None:
    done = run("compare", QUESTION, "-m", "openai/sim-new")
    assert done.exit_code == 0
    assert cells(parts(done.stdout)[1][0])["cost"] == "unknown"
    (reply,) = [
        json.loads(line) for line in run("compare", "--json", QUESTION, "-m", "openai/sim-new").stdout.splitlines()
    ]
    assert (reply["cost"], bool(reply["cost_unknown"])) == (None, True)


def test_what_a_model_refuses_is_said_once(sim: Simulator, run: Run) -> None:
    done = run("compare", QUESTION, "-m", "claude-opus-4-8", "-m", "claude-opus-4-8", "--temperature", "0.5")
    assert done.exit_code == 0
    assert done.stderr.count("temperature=0.5 was not sent") == 1


def test_verbose_has_the_ids_and_the_api(sim: Simulator, run: Run) -> None:
    done = run("compare", "-v", QUESTION, *BOTH)
    for call in sim.calls:
        assert (call.headers.get("x-request-id") or call.headers["request-id"]) in done.stderr
    assert "API anthropic_messages" in done.stderr


def test_every_call_is_in_the_log(sim: Simulator, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RINGUP_LEDGER", str(tmp_path / "calls.db"))
    sim.script([{"model": "gpt-*", "kind": "quota"}])
    run("compare", QUESTION, *BOTH, "-m", "sim/small")
    logged = {call["model"]: call["outcome"] for call in rows(tmp_path / "calls.db")}
    assert logged == {"gpt-4o-mini": "failed", "claude-haiku-4-5": "answered", "sim/small": "answered"}
    run("compare", QUESTION, "--no-log", *BOTH)
    assert len(rows(tmp_path / "calls.db")) == 3


@POSIX
def test_ctrl_c_ends_all_and_shows_what_came(sim: Simulator, spawn: Spawn, tmp_path: Path) -> None:
    sim.script([{"model": "claude-*", "stream": True, "stall_after": 12}, {"model": "gpt-4o", "stall": True}])
    ledger = tmp_path / "calls.db"
    program = spawn(
        *("compare", STORY, "-m", "claude-haiku-4-5", "-m", "gpt-4o", "-m", "gpt-4o-mini"),
        stdin=subprocess.DEVNULL,
        env={"RINGUP_LEDGER": str(ledger)},
    )
    assert program.stdout
    first = program.stdout.read(30)
    program.send_signal(signal.SIGINT)
    rest, err = program.communicate(timeout=WAIT)
    assert program.returncode == 130
    assert err.strip().endswith("stopped")
    assert "Traceback" not in err
    answers, table = parts(first + rest)
    assert answers["claude-haiku-4-5"].endswith("\n(stopped)")
    assert answers["gpt-4o"] == "(stopped)"
    assert cells(table[0])["end"] == cells(table[1])["end"] == "stopped: stopped with Ctrl-C"
    logged = {call["model"]: call["outcome"] for call in rows(ledger)}
    assert (logged["claude-haiku-4-5"], logged["gpt-4o"]) == ("cancelled", "cancelled")
    assert len(logged) == 3


@POSIX
def test_ctrl_c_in_json(sim: Simulator, spawn: Spawn) -> None:
    sim.script([{"model": "claude-*", "stall": True}])
    program = spawn(
        "compare", "--json", QUESTION, "-m", "gpt-4o-mini", "-m", "claude-haiku-4-5", stdin=subprocess.DEVNULL
    )
    assert program.stdout
    first = json.loads(program.stdout.readline())
    program.send_signal(signal.SIGINT)
    rest, _ = program.communicate(timeout=WAIT)
    assert first["finish_reason"] == "stop"
    stopped = json.loads(rest)
    assert (stopped["asked"], stopped["exit_code"], stopped["partial_text"]) == ("claude-haiku-4-5", 130, "")


@POSIX
def test_head_ends_it_quietly(sim: Simulator, spawn: Spawn) -> None:
    sim.script([{"stream": True, "token": 0.01}] * 2)
    program = spawn("compare", STORY, *BOTH, stdin=subprocess.DEVNULL)
    assert program.stdout
    program.stdout.read(40)
    program.stdout.close()
    program.stdout = None
    _, err = program.communicate(timeout=WAIT)
    assert program.returncode == 141
    assert "Broken" not in err
    assert "Exception" not in err


def test_a_bug_in_one_lane_leaves_the_others(sim: Simulator, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("nothing to divide by")

    monkeypatch.setattr("ringup.wires.anthropic_messages.Reader", broken)
    done = run("compare", QUESTION, *BOTH)
    assert done.exit_code == 1
    answers, table = parts(done.stdout)
    assert "Paris" in answers["gpt-4o-mini"]
    assert "ZeroDivisionError: nothing to divide by" in cells(table[1])["end"]
    monkeypatch.setenv("RINGUP_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        run("compare", QUESTION, *BOTH)
    assert ANTHROPIC_KEY not in done.output


def test_the_page_shows_what_is_printed(sim: Simulator, run: Run) -> None:
    page = (Path(__file__).parents[2] / "docs" / "cli.md").read_text()
    shown = page.partition("## Several models")[2].partition("```text\n")[2].partition("```")[0]
    answers, table = parts(shown)
    done = run("compare", QUESTION, "-m", "sim/small", "-m", "gpt-4o-mini")
    said, printed = parts(done.stdout)
    assert list(said) == list(answers)
    assert [cells(row)["model"] for row in printed] == [cells(row)["model"] for row in table]
    head = [line.split() for text in (shown, done.stdout) for line in text.splitlines() if line.startswith("model ")]
    assert head[0] == head[1]
    assert [name for name in head[0] if f"`{name}`" not in page] == []


# At a terminal


def test_words_grow_side_by_side_at_a_terminal(sim: Simulator, screen: Callable[..., Screen]) -> None:
    sim.script([{"stream": True, "stall_after": 25}] * 2)
    view = screen("compare", STORY, *BOTH, COLUMNS="140", LINES="24", NO_COLOR="1")
    view.type("", "╭─ gpt-4o-mini ")
    heads = next(line for line in view.seen.splitlines() if "╭─ gpt-4o-mini " in line)
    assert "╭─ claude-haiku-4-5 " in heads
    view.type("", " s ─╯")  # the seconds that have passed
    view.program.send_signal(signal.SIGINT)
    assert view.program.wait(WAIT) == 130
    view.type("", "stopped with Ctrl-C")
    assert "Traceback" not in view.seen
    assert view.seen.rfind("\x1b[?25h") > view.seen.rfind("\x1b[?25l")  # the cursor is there again


def test_the_end_at_a_terminal(sim: Simulator, screen: Callable[..., Screen]) -> None:
    sim.script([{"model": "claude-*", "kind": "not_found"}])
    view = screen("compare", QUESTION, *BOTH, COLUMNS="100", LINES="24", NO_COLOR="1")
    assert view.program.wait(WAIT) == 1
    view.type("", "gpt-4o-mini-2024-07-18 ")
    table = view.seen[view.seen.rfind("tok/s") :]
    assert " failed\r\n  " in table  # what went wrong stands below its row
    assert "Paris" in view.seen


@pytest.mark.parametrize(("columns", "lines"), [("60", "24"), ("60", "5"), ("20", "4")])
def test_a_small_terminal(sim: Simulator, screen: Callable[..., Screen], columns: str, lines: str) -> None:
    view = screen("compare", QUESTION, *BOTH, COLUMNS=columns, LINES=lines, NO_COLOR="1")
    assert view.program.wait(WAIT) == 0
    view.type("", "  end stop\r\nclaude-haiku-4-5-20251001\r\n")
    assert "╭" not in view.seen


def test_a_dumb_terminal_gets_plain_text(sim: Simulator, screen: Callable[..., Screen]) -> None:
    view = screen("compare", QUESTION, *BOTH, TERM="dumb")
    assert view.program.wait(WAIT) == 0
    view.type("", "==> claude-haiku-4-5 <==")
    assert "\x1b[" not in view.seen


def test_a_models_control_codes_do_nothing(sim: Simulator, screen: Callable[..., Screen]) -> None:
    view = screen("compare", 'Say "a\x1b]0;title\x07[bold]b"', "-m", "gpt-4o-mini", COLUMNS="100")
    assert view.program.wait(WAIT) == 0
    view.type("", "[bold]b")
    assert "\x1b]0;" not in view.seen


# Tokens per second


def timed(output: int | None, first: float | None, whole: float | None, **more: object) -> Reply:
    message = more.pop("message", Message("assistant", (Text("Hi"),)))
    return Reply(
        message=message,  # type: ignore[arg-type]
        finish_reason="stop",
        usage=Usage(output_tokens=output, **more),  # type: ignore[arg-type]
        time_to_first_token=first,
        latency=whole,
    )


def test_the_speed_is_that_after_the_first_token() -> None:
    assert speed(timed(101, 1.0, 3.0)) == 50
    hidden = timed(151, 1.0, 3.0, reasoning_tokens=50)
    assert speed(hidden) == 50
    seen = Message("assistant", (Thinking("Hm.", None), Text("Hi")))
    assert speed(timed(101, 1.0, 3.0, reasoning_tokens=50, message=seen)) == 50


@pytest.mark.parametrize(
    ("output", "first", "whole"),
    [(None, 1.0, 2.0), (10, None, 2.0), (10, 1.0, None), (1, 1.0, 2.0), (10, 2.0, 2.0), (0, 1.0, 2.0)],
)
def test_a_speed_that_is_not_known(output: int | None, first: float | None, whole: float | None) -> None:
    assert speed(timed(output, first, whole)) is None
