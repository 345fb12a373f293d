"""`ringup models`: each provider's models, their limits, and what each refuses."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ringup import models, providers
from ringup.cli.models import _REFUSALS
from ringup.testing import Simulator
from tests.cli.conftest import Run
from tests.loopback import Peer, Server, reply


def is_local(name: str) -> bool:
    """Whether its server is on the user's own machine, where there may be one."""
    provider = providers.find(name)
    return (
        name != "sim" and provider is not None and "//localhost" in provider.base_url.replace("127.0.0.1", "localhost")
    )


def test_models_with_their_limits_and_refusals(run: Run) -> None:
    lines = {line.split()[0]: line for line in run("models").stdout.splitlines()}
    assert len(lines) == 1 + sum(len(models.known(provider)) for provider in ("openai", "anthropic", "gemini"))
    assert "128,000" in lines["openai/gpt-4o-mini"]
    assert "temperature" not in lines["openai/gpt-4o-mini"]
    assert "temperature" in lines["openai/o3"]


def test_models_of_one_provider_as_json(run: Run) -> None:
    rows = json.loads(run("models", "-p", "anthropic", "--json").stdout)
    assert {row["provider"] for row in rows} == {"anthropic"}
    haiku = next(row for row in rows if row["id"] == "claude-haiku-4-5")
    assert haiku["max_output_tokens"] == 64_000
    assert "seed" in haiku["refuses"]
    assert haiku["source"]


def test_models_that_the_provider_has(sim: Simulator, run: Run) -> None:
    done = run("models", "-p", "openai", "--live")
    assert done.exit_code == 0
    assert "openai/gpt-4o-mini-2024-07-18" in done.stdout
    assert run("models", "--live").exit_code == 2


def test_the_simulators_models_are_told_in_words(run: Run) -> None:
    assert "sim/... is the built-in simulator" in run("models", "-p", "sim").stderr


def test_a_part_of_the_name_chooses(run: Run) -> None:
    lines = run("models", "opus-4").stdout.splitlines()[1:]
    assert len(lines) > 3
    assert all("opus-4" in line for line in lines)
    done = run("models", "no-such-thing")
    assert (done.exit_code, done.stdout) == (0, "")
    assert "No model has 'no-such-thing' in its name." in done.stderr
    assert json.loads(run("models", "no-such-thing", "--json").stdout) == []


def test_a_providers_name_is_understood_without_p(run: Run) -> None:
    assert run("models", "gemini").stdout == run("models", "-p", "gemini").stdout


def test_all_that_a_model_refuses(run: Run) -> None:
    (_, short), (_, whole) = [run("models", "claude-opus-4-7", *more).stdout.splitlines() for more in ([], ["-v"])]
    assert short.endswith("temperature, top_p, seed")
    assert "temperature, top_p, seed, frequency_penalty, " in whole
    for name in models.rules("anthropic", "claude-opus-4-7").refuses:
        assert _REFUSALS.get(name, name) in whole
    assert "image, pdf, text" in whole
    assert "temperature with top_p" in run("models", "claude-haiku-4-5").stdout


def test_live_snapshots_have_the_rules_of_their_model(sim: Simulator, run: Run) -> None:
    lines = {line.split()[0]: line for line in run("models", "-p", "openai", "--live").stdout.splitlines()}
    assert "128,000" in lines["openai/gpt-4o-mini-2024-07-18"]
    assert "temperature" in lines["openai/o3-2025-04-16"]
    done = run("models", "-p", "anthropic", "--live")
    assert f"as {sim.anthropic_url} lists them:" in done.stderr
    assert "anthropic/claude-haiku-4-5-20251001" in done.stdout


def test_google_lists_its_models(sim: Simulator, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", sim.gemini_url)
    monkeypatch.setenv("GEMINI_API_KEY", sim.gemini_key)
    lines = {line.split()[0]: line for line in run("models", "-p", "gemini", "--live").stdout.splitlines()}
    assert "1,048,576" in lines["gemini/gemini-2.5-flash"]


def test_without_a_key_the_table_is_there_and_live_says_so(run: Run) -> None:
    assert "claude-haiku-4-5" in run("models", "-p", "anthropic").stdout
    done = run("models", "-p", "anthropic", "--live")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "ANTHROPIC_API_KEY" in done.stderr
    assert "Without --live, ringup's own table is listed" in done.stderr


def test_the_simulator_as_json(run: Run) -> None:
    assert [row["id"] for row in json.loads(run("models", "-p", "sim", "--json").stdout)] == ["sim/small"]
    assert run("models", "sim").stdout.splitlines()[1].startswith("sim/small ")


@pytest.mark.parametrize("provider", [name for name in providers.names() if not is_local(name)])
def test_every_provider_can_be_asked_for(run: Run, provider: str) -> None:
    """Also one without a table or a key: then it says what is missing."""
    done = run("models", "-p", provider, "--json")
    if done.exit_code == 0:
        assert json.loads(done.stdout)
    else:
        assert done.stderr.startswith("error: ")
        assert "Traceback" not in done.stderr


# What servers answer


def ask(run: Run, monkeypatch: pytest.MonkeyPatch, *answers: Any) -> tuple[Any, list[str]]:
    """What `models -p ollama` makes of a server's answers, and what the server was asked."""
    left, asked = list(answers), []

    def answer(peer: Peer) -> None:
        asked.append(peer.target)
        peer.send(reply(json.dumps(left.pop(0)).encode(), content_type="application/json"))

    with Server(answer) as server:
        monkeypatch.setenv("OLLAMA_HOST", server.address)
        return run("models", "-p", "ollama", "--json"), asked


@pytest.mark.parametrize(
    ("answer", "window", "longest"),
    [
        ({"object": "list", "data": [{"id": "m", "context_window": 10, "max_completion_tokens": 5}]}, 10, 5),
        ({"data": [{"id": "m", "context_length": 10, "top_provider": {"max_completion_tokens": 5}}]}, 10, 5),
        ({"data": [{"id": "m", "context_length": None, "top_provider": None}]}, None, None),
        ({"data": [{"id": "m", "max_context_length": 10}]}, 10, None),
        ({"data": [{"id": "m", "max_model_len": 10, "max_tokens": 0}]}, 10, None),
        ([{"id": "m", "context_length": 10}], 10, None),
        ({"models": [{"name": "m"}], "data": [{"id": "m"}]}, None, None),
    ],
)
def test_limits_in_all_their_places(
    run: Run, monkeypatch: pytest.MonkeyPatch, answer: Any, window: int | None, longest: int | None
) -> None:
    done, asked = ask(run, monkeypatch, answer)
    (row,) = json.loads(done.stdout)
    assert asked == ["/v1/models"]
    assert (row["provider"], row["id"]) == ("ollama", "m")
    assert (row["context_window"], row["max_output_tokens"]) == (window, longest)
    assert "image_url" in row["refuses"]


@pytest.mark.parametrize("empty", [{"object": "list", "data": None}, {"data": []}, []])
def test_a_server_without_models(run: Run, monkeypatch: pytest.MonkeyPatch, empty: Any) -> None:
    done, _ = ask(run, monkeypatch, empty)
    assert (done.exit_code, json.loads(done.stdout)) == (0, [])


@pytest.mark.parametrize("other", [{}, {"data": "x"}, "x", {"data": [1]}])
def test_a_server_with_something_else(run: Run, monkeypatch: pytest.MonkeyPatch, other: Any) -> None:
    done, _ = ask(run, monkeypatch, other)
    assert done.exit_code == 1
    assert "isn't a list of models" in done.stderr


def test_lists_of_several_pages(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    pages = [{"models": [{"name": "models/b"}], "nextPageToken": "2"}, {"models": [{"name": "models/a"}]}]
    asked = []

    def answer(peer: Peer) -> None:
        asked.append(peer.target)
        peer.send(reply(json.dumps(pages[len(asked) - 1]).encode()))

    with Server(answer) as server:
        monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", f"http://{server.address}")
        monkeypatch.setenv("GEMINI_API_KEY", "AIzaSomething000000000000000000000000000")
        rows = json.loads(run("models", "-p", "gemini", "--live", "--json").stdout)
        assert [row["id"] for row in rows] == ["a", "b"]
        assert asked == ["/v1beta/models?pageSize=1000", "/v1beta/models?pageSize=1000&pageToken=2"]
        pages[:] = [{"data": [{"id": "b"}], "has_more": True, "last_id": "b"}, {"data": [{"id": "a"}]}]
        asked.clear()
        monkeypatch.setenv("ANTHROPIC_BASE_URL", f"http://{server.address}")
        monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-0000000000000000000000")
        assert len(json.loads(run("models", "-p", "anthropic", "--live", "--json").stdout)) == 2
        assert asked[1] == "/v1/models?limit=1000&after_id=b"
