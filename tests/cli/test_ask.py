"""`ringup ask`: what goes to stdout, what to stderr, and the exit code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ringup.testing import Simulator
from tests.cli.conftest import OPENAI_KEY, Run

QUESTION = "What is the capital of France?"


def sent(sim: Simulator, index: int = -1) -> dict[str, object]:
    """The body of a request that the simulator saw."""
    body = sim.calls[index].request.json
    assert isinstance(body, dict)
    return body


@pytest.mark.parametrize("model", ["gpt-4o-mini", "claude-haiku-4-5", "openai/gpt-4o-mini"])
@pytest.mark.parametrize("more", [[], ["--no-stream"]])
def test_the_answer_goes_to_stdout_and_nothing_else_does(sim: Simulator, run: Run, model: str, more: list[str]) -> None:
    done = run("ask", "-m", model, QUESTION, *more)
    assert done.exit_code == 0
    assert "Paris" in done.stdout
    assert done.stdout.endswith("\n")
    assert "tokens in" not in done.stderr  # no terminal, no closing line
    assert sent(sim).get("stream", False) is not bool(more)


def test_the_prompt_comes_from_a_pipe(sim: Simulator, run: Run) -> None:
    assert "Paris" in run("ask", "-m", "gpt-4o-mini", stdin=QUESTION + "\n").stdout
    assert sent(sim)["messages"] == [{"role": "user", "content": QUESTION}]


def test_an_argument_stands_before_what_is_piped(sim: Simulator, run: Run) -> None:
    run("ask", "-m", "gpt-4o-mini", "Translate this:", stdin="Guten Tag\n")
    assert sent(sim)["messages"] == [{"role": "user", "content": "Translate this:\n\nGuten Tag"}]


def test_no_prompt_is_misuse(run: Run) -> None:
    for args, stdin in ((["ask"], ""), (["ask", " "], None), (["ask"], "\n\n")):
        done = run(*args, stdin=stdin)
        assert done.exit_code == 2
        assert "there is no prompt" in done.stderr


def test_a_prompt_without_its_quotes(sim: Simulator, run: Run) -> None:
    done = run("ask", "What", "is", "2+2?")
    assert done.exit_code == 2
    assert 'ringup ask "What is 2+2?"' in done.stderr
    assert sim.calls == []


def test_a_prompt_that_is_no_text(sim: Simulator, run: Run) -> None:
    for args, stdin in ((["bad \udcff byte"], None), ([], b"bad \xff byte")):
        done = run("ask", "-m", "gpt-4o-mini", *args, stdin=stdin)
        assert done.exit_code == 2
        assert "isn't text in UTF-8" in done.stderr
    assert sim.calls == []


def test_every_option_reaches_the_wire(sim: Simulator, run: Run) -> None:
    options = [
        "--system",
        "Briefly.",
        "--max-tokens",
        "50",
        "--temperature",
        "0",
        "--top-p",
        "0.5",
        "--stop",
        "A",
        "--stop",
        "B",
        "--seed",
        "0",
    ]
    assert run("ask", "-m", "gpt-4o-mini", *options, QUESTION).exit_code == 0
    body = sent(sim)
    assert body["messages"] == [{"role": "system", "content": "Briefly."}, {"role": "user", "content": QUESTION}]
    assert (body["temperature"], body["top_p"], body["seed"]) == (0, 0.5, 0)
    assert body["max_completion_tokens"] == 50
    assert body["stop"] == ["A", "B"]


def test_json_is_one_object_with_all_of_it(sim: Simulator, run: Run) -> None:
    done = run("ask", "--json", "-m", "claude-haiku-4-5", "--max-tokens", "50", QUESTION)
    reply = json.loads(done.stdout)
    assert done.exit_code == 0
    assert "Paris" in reply["text"]
    assert (reply["finish_reason"], reply["raw_finish_reason"]) == ("stop", "end_turn")
    assert reply["usage"]["total_tokens"] == reply["usage"]["input_tokens"] + reply["usage"]["output_tokens"]
    assert float(reply["cost"]) > 0
    assert isinstance(reply["cost"], str)
    assert reply["model"].startswith("claude-haiku-4-5")
    assert reply["request_id"] == sim.calls[-1].headers["request-id"]
    assert reply["latency"] > 0
    assert [attempt["status"] for attempt in reply["attempts"]] == [200]
    assert done.stdout.count("\n") == 1


@pytest.mark.parametrize(
    ("api", "path"), [("responses", "/v1/responses"), ("chat_completions", "/v1/chat/completions")]
)
def test_an_api_of_choice(sim: Simulator, run: Run, api: str, path: str) -> None:
    done = run("ask", "--api", api, "--json", "-m", "gpt-4o-mini", QUESTION)
    assert sim.calls[-1].request.path == path
    assert json.loads(done.stdout)["wire"] == api
    assert f"API {api}" in run("ask", "-v", "--api", api, "-m", "gpt-4o-mini", QUESTION).stderr
    newest = run("log", "-n", "1").stdout.splitlines()[1].split()[0]
    assert f"API         {api}, as a stream\n" in run("log", "show", newest).stdout


def test_json_of_an_error(sim: Simulator, run: Run) -> None:
    sim.script([{"kind": "quota"}])
    done = run("ask", "--json", "-m", "gpt-4o-mini", QUESTION)
    error = json.loads(done.stdout)
    assert done.exit_code == error["exit_code"] == 4
    assert (error["error"], error["status"], error["retryable"]) == ("QuotaExceededError", 429, False)
    assert error["request_id"]
    assert "error: " in done.stderr
    advice = json.loads(run("ask", "--json", "-m", "gpt-nope", QUESTION).stdout)["advice"]
    assert "--base-url" in advice


def test_a_server_that_wants_a_key_and_got_none(sim: Simulator, run: Run) -> None:
    """The environment's key isn't sent to --base-url: what to do is told in words of the command line."""
    done = run("ask", "-m", "gpt-4o-mini", "--base-url", sim.openai_url, QUESTION)
    assert done.exit_code == 3
    assert "OPENAI_BASE_URL" in done.stderr
    assert "api_key" not in done.stderr


def test_a_length_stop_says_what_to_raise(sim: Simulator, run: Run) -> None:
    done = run("ask", "-m", "gpt-4o-mini", "--max-tokens", "5", "Tell me a long story.")
    assert done.exit_code == 0
    assert "raise --max-tokens above 5" in done.stderr


def test_verbose_closes_with_reason_tokens_cost_and_time(sim: Simulator, run: Run) -> None:
    done = run("ask", "-v", "-m", "claude-haiku-4-5", QUESTION)
    assert "stop (end_turn) · " in done.stderr
    assert " tokens in, " in done.stderr
    assert " · $0.00" in done.stderr
    assert " s · claude-haiku-4-5-20251001" in done.stderr
    assert f"request id {sim.calls[-1].headers['request-id']}" in done.stderr


def test_what_the_model_refuses_is_said_once(sim: Simulator, run: Run) -> None:
    done = run("ask", "-m", "claude-opus-4-8", "--temperature", "0.5", QUESTION)
    assert done.exit_code == 0
    assert done.stderr.count("temperature=0.5 was not sent") == 1
    done = run("ask", "-m", "claude-opus-4-8", "--temperature", "0.5", "--strict", QUESTION)
    assert done.exit_code == 2
    assert "temperature" in done.stderr
    assert done.stdout == ""


def test_a_retry_is_told(sim: Simulator, run: Run) -> None:
    sim.script([{"status": 429, "headers": {"retry-after-ms": "30"}}])
    done = run("ask", "-m", "gpt-4o-mini", QUESTION)
    assert done.exit_code == 0
    assert "429, trying again in 0.03 s" in done.stderr


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ({"status": 400}, 1),
        ({"status": 401}, 3),
        ({"status": 403}, 3),
        ({"status": 404}, 1),
        ({"status": 429}, 4),
        ({"kind": "quota"}, 4),
        ({"status": 503}, 1),
        ({"status": 529}, 1),
        ({"reset": True}, 5),
        ({"stream": True, "truncate": 400}, 5),
    ],
)
def test_exit_codes(sim: Simulator, run: Run, fault: dict[str, object], code: int) -> None:
    sim.script([fault])
    done = run("ask", "-m", "gpt-4o-mini", "--retries", "0", QUESTION)
    assert done.exit_code == code
    assert done.stderr.count("error: ") == 1
    assert "Traceback" not in done.stderr
    assert OPENAI_KEY not in done.stdout + done.stderr


def test_a_stream_that_breaks_leaves_what_came(sim: Simulator, run: Run) -> None:
    sim.script([{"stream": True, "truncate": 2500}])
    done = run("ask", "-m", "gpt-4o-mini", "--retries", "0", "Tell me a long story.")
    assert done.exit_code == 5
    assert len(done.stdout) > 5
    assert done.stdout.endswith("\n")


def test_time_is_up(sim: Simulator, run: Run) -> None:
    sim.script([{"stall": True}])
    done = run("ask", "-m", "gpt-4o-mini", "--timeout", "0.3", QUESTION)
    assert done.exit_code == 5
    assert "--timeout" in done.stderr


@pytest.mark.parametrize(
    "args",
    [
        ["--max-tokens", "0"],
        ["--temperature", "3"],
        ["--timeout", "0"],
        ["--retries", "-1"],
        ["-m", "no-such-family"],
        ["--provider", "nobody"],
        ["--max-tokens", "many"],
    ],
)
def test_misuse_is_code_2_and_sends_nothing(sim: Simulator, run: Run, args: list[str]) -> None:
    done = run("ask", "-m", "gpt-4o-mini", *args, QUESTION)
    assert done.exit_code == 2
    assert done.stdout == ""
    assert sim.calls == []


# Which model


def test_without_key_and_model_the_simulator_answers_and_says_so(run: Run) -> None:
    done = run("ask", QUESTION)
    assert done.exit_code == 0
    assert "Paris" in done.stdout
    assert "No API key is set" in done.stderr
    assert "simulator" in done.stderr
    assert "OPENAI_API_KEY" in done.stderr


def test_a_key_for_which_no_model_is_chosen(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GROQ_API_KEY", "gsk_0123456789abcdefghij")
    done = run("ask", QUESTION)
    assert "Paris" in done.stdout
    assert "No API key is set" not in done.stderr
    assert "GROQ_API_KEY is set: -m groq/MODEL asks groq." in done.stderr


def test_a_named_model_never_falls_back_to_the_simulator(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    done = run("ask", "-m", "gpt-4o-mini", QUESTION)
    assert done.exit_code == 2
    assert "OPENAI_API_KEY" in done.stderr
    assert "The built-in simulator needs no key: -m sim/small." in done.stderr
    monkeypatch.setenv("RINGUP_MODEL", "claude-haiku-4-5")
    done = run("ask", QUESTION)
    assert done.exit_code == 2
    assert "ANTHROPIC_API_KEY" in done.stderr


def test_with_a_key_its_vendors_small_model_answers(sim: Simulator, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    done = run("ask", QUESTION)
    assert sent(sim)["model"] == "gpt-4o-mini"
    assert "asking openai/gpt-4o-mini" in done.stderr
    monkeypatch.delenv("OPENAI_API_KEY")
    monkeypatch.delenv("OPENAI_BASE_URL")
    done = run("ask", QUESTION)
    assert sent(sim)["model"] == "claude-haiku-4-5"
    assert "asking anthropic/claude-haiku-4-5" in done.stderr
    monkeypatch.delenv("ANTHROPIC_API_KEY")
    monkeypatch.setenv("GEMINI_API_KEY", sim.gemini_key)
    monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", sim.gemini_url)
    done = run("ask", QUESTION)
    assert "/models/gemini-2.5-flash:" in sim.calls[-1].request.path
    assert "asking gemini/gemini-2.5-flash" in done.stderr


def test_another_server_by_its_base_url(server: Simulator, run: Run) -> None:
    server.reset()
    done = run("ask", "--base-url", server.openai_url, "--provider", "sim", "-m", "sim/small", QUESTION)
    assert (done.exit_code, sent(server)["model"]) == (0, "sim/small")
    done = run("ask", "--base-url", server.openai_url, QUESTION)
    assert done.exit_code == 2
    assert "no model was named" in done.stderr
    assert "ringup ask -m" in done.stderr


# The log


def test_no_log_leaves_no_trace(sim: Simulator, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RINGUP_LEDGER", str(tmp_path / "calls.db"))
    assert run("ask", "--no-log", "-m", "gpt-4o-mini", QUESTION).exit_code == 0
    assert not (tmp_path / "calls.db").exists()
    run("ask", "-m", "gpt-4o-mini", QUESTION)
    assert (tmp_path / "calls.db").exists()


def test_a_home_that_cannot_be_written_is_no_reason_not_to_answer(
    sim: Simulator, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    for name in ("HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "file" / "home"))
    done = run("ask", "-m", "gpt-4o-mini", QUESTION)
    assert done.exit_code == 0
    assert "Paris" in done.stdout


def test_a_bug_is_one_line_and_a_traceback_only_on_request(
    sim: Simulator, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("nothing to divide by")

    monkeypatch.setattr("ringup.cli.ask._answer", broken)
    done = run("ask", QUESTION)
    assert done.exit_code == 1
    assert "error: ZeroDivisionError: nothing to divide by\nRINGUP_DEBUG=1" in done.stderr
    monkeypatch.setenv("RINGUP_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        run("ask", QUESTION)


def test_bytes_that_are_no_text(run: Run) -> None:
    from click.testing import CliRunner

    from ringup.cli.app import app

    done = CliRunner().invoke(app, ["ask"], input=b"\xff\xfe\x00", prog_name="ringup")
    assert done.exit_code == 2
    assert "UTF-8" in done.stderr
