"""Why the cache did or didn't help: each cause, on the simulator and from the log."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import ringup
from ringup.cli.app import app
from ringup.fingerprint import read
from ringup.ledger import rows
from ringup.messages import Message, Text
from ringup.testing import Simulator

CLAUDE, OLD, NEW = "claude-sonnet-5", "gpt-4o-mini", "gpt-5.6"
LONG = "The quick brown fox jumps over the lazy dog near the river bank. " * 100


def f(city: str) -> str:
    """A tool."""
    return city


def g(city: str) -> str:
    """Another one."""
    return city


def ask(simulator: Simulator, model: str = CLAUDE, text: str = "Hello", **more: Any) -> ringup.Reply:
    options: dict[str, Any] = {"system": LONG, "max_tokens": 50, "cache": True}
    return simulator.client(model).ask(text, **{**options, **more})


CHANGES = [
    ({"text": "Bye"}, "hit", "message 1 (user text), from character 1 on: 'Hello' became 'Bye'"),
    ({}, "hit", None),
    ({"system": LONG[:5] + "X" + LONG[5:]}, "changed", "the system, from character 6 on: 'The q"),
    ({"model": "claude-opus-5"}, "model", "the model, from claude-sonnet-5 to claude-opus-5"),
    ({"tools": [f, g]}, "changed", "the tool g is new"),
    ({"tools": []}, "changed", "the tool f is gone"),
    ({"tools": [g]}, "changed", "the tool g is new"),
    ({"cache": False}, "no_mark", None),
]


@pytest.mark.parametrize(("change", "cause", "changed"), CHANGES)
def test_the_first_change_is_named(
    simulator: Simulator, change: dict[str, Any], cause: str, changed: str | None
) -> None:
    first = ask(simulator, tools=[f], tool_choice="none")
    second = ask(simulator, **{"tools": [f], "tool_choice": "none", **change} if change.get("tools") != [] else {})
    report = ringup.explain_cache(first, second)
    assert report.cause == cause, report
    assert report.hit is (cause == "hit")
    assert (report.changed or "").startswith(changed or "")
    assert (report.changed is None) is (changed is None)
    assert report.hit is str(report).startswith("a hit: ")


def test_a_talk_that_goes_on_has_changed_nothing(simulator: Simulator) -> None:
    chat = simulator.client(CLAUDE, cache=True, max_tokens=50).chat(system=LONG)
    first, second = chat.ask("Hello"), chat.ask("And now?")
    report = ringup.explain_cache(first, second)
    assert (report.hit, report.changed, report.estimated) == (True, None, False)
    assert report.same_tokens == first.usage.input_tokens
    assert report.read_tokens == second.usage.cache_read_tokens
    back = ringup.explain_cache(second, first)
    assert back.changed == "the second prompt ends before message 2 (assistant text)"


@pytest.mark.parametrize("model", [CLAUDE, OLD, NEW])
def test_time_size_and_keys(simulator: Simulator, model: str) -> None:
    short = [ask(simulator, model, system="Be brief.") for _ in range(2)]
    assert ringup.explain_cache(*short).cause == "too_short"
    first = ask(simulator, model)
    simulator.advance(7200)
    late = ask(simulator, model)
    assert ringup.explain_cache(first, late).cause == "unknown"  # by the clock of this machine it is there
    attempts = (ringup.Attempt(number=1, started=late.attempts[0].started + 7200),)
    aged = type(late)(**{name: getattr(late, name) for name in late.__struct_fields__} | {"attempts": attempts})
    assert ringup.explain_cache(first, aged).cause == "expired"
    other = simulator.client(model, api_key="sim-another-00000000000000").ask("Hello", system=LONG, max_tokens=50)
    assert ringup.explain_cache(late, other).cause == "key"
    if model == OLD:
        mine = ask(simulator, model, extra={"prompt_cache_key": "mine"})
        assert ringup.explain_cache(late, mine).cause == "cache_key"


def test_the_look_back(simulator: Simulator) -> None:
    """More than 20 blocks since the first call's mark, and no mark in between."""
    client = simulator.client(CLAUDE, max_tokens=50)
    talk = [Message("user", (Text(LONG),))]
    first = client.ask(talk, extra={"cache_control": {"type": "ephemeral"}})
    talk += [Message("assistant", (Text("Yes."),)), Message("user", tuple([Text(f"{at}") for at in range(25)]))]
    second = client.ask(talk, extra={"cache_control": {"type": "ephemeral"}})
    report = ringup.explain_cache(first, second)
    assert (report.cause, report.changed) == ("look_back", None)
    again = client.ask(talk, cache=True)
    assert again.usage.cache_read_tokens
    assert ringup.explain_cache(first, again).hit


def test_a_message_and_its_part_are_named(simulator: Simulator) -> None:
    one, other = (
        ask(simulator, text=[ringup.Text("a"), ringup.Text(last)])  # type: ignore[arg-type]
        for last in ("same old", "same new")
    )
    report = ringup.explain_cache(one, other)
    assert report.changed == "message 1 (user text, part 2), from character 6 on: 'same old' became 'same new'"


def test_it_works_on_a_pickled_reply_without_the_prompt_in_it(simulator: Simulator) -> None:
    first, second = ask(simulator), ask(simulator, system=LONG[:1000] + "X" + LONG[1000:])
    kept = pickle.dumps([first, second])
    assert b"lazy dog" not in kept
    report = ringup.explain_cache(*pickle.loads(kept))
    assert report.cause == "changed"
    assert report.changed == "the system, within the 200 characters after the first 1,000"
    assert len(repr(first.sent)) < 40


def test_a_large_request_is_not_kept(simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ringup.outcome.MAX_KEPT_BYTES", 5000)
    big = ask(simulator, OLD)
    assert big.sent
    assert big.sent.request is None
    assert big.sent.fingerprint
    assert ringup.explain_cache(big, ask(simulator, OLD)).cause == "hit"


def test_who_was_never_asked_cant_be_explained() -> None:
    bare = ringup.Reply(message=Message("assistant", ()), finish_reason="stop")
    with pytest.raises(ringup.ParameterError, match="first reply"):
        ringup.explain_cache(bare, bare)


def test_a_long_prompt_has_digests_of_bounded_size(simulator: Simulator) -> None:
    talk = [Message(role, (Text(f"turn {at}"),)) for at in range(1000) for role in ("user", "assistant")]
    reply = ask(simulator, OLD, text=[*talk, Message("user", (Text("end"),))])  # type: ignore[arg-type]
    assert reply.sent
    assert reply.sent.fingerprint
    assert len(reply.sent.fingerprint.blocks) == 1000
    assert len(pickle.dumps(reply.sent)) < 200_000


# The log


def test_the_log_explains_too_and_holds_no_prompt(simulator: Simulator, tmp_path: Path, monkeypatch: Any) -> None:
    path = tmp_path / "calls.db"
    monkeypatch.setenv("RINGUP_LEDGER", str(path))
    client = simulator.client(CLAUDE, ledger=path, cache=True, max_tokens=50)
    client.ask("Hello", system=LONG)
    client.ask("Bye", system=LONG)
    client.ask("Bye", system=LONG[:450] + "X" + LONG[450:])
    client.close()
    kept = [row["prompt"] for row in rows(path)]
    assert len(kept) == 3
    assert "lazy dog" not in str(rows(path))
    assert read(kept[0]).wire == "anthropic_messages"

    def run(*words: str) -> Any:
        return CliRunner().invoke(app, ["log", *words])

    hit, miss = run("explain-cache", "1", "2"), run("explain-cache", "2", "3", "--json")
    assert hit.exit_code == miss.exit_code == 0, hit.output + miss.output
    assert hit.output.startswith("a hit: ")
    assert "message 1 (user text)" in hit.output
    report = json.loads(miss.output)
    assert (report["cause"], report["changed"]) == (
        "changed",
        "the system, within the 200 characters after the first 400",
    )
    assert run("explain-cache", "1", "9").exit_code == 2
    assert "prompt" not in run("show", "1").output.split()


def test_a_key_shows_in_none_of_it(simulator: Simulator) -> None:
    key = "sk-canary-0123456789abcdef"
    reply = simulator.client(OLD, api_key=key).ask("Hello")
    assert reply.sent
    assert key not in repr(reply.sent)
    assert key.encode() not in pickle.dumps(reply)
    assert len(reply.sent.key) == 4
