"""What a call costs, on the command line: a limit, and the parts of a bill."""

from __future__ import annotations

import json
from decimal import Decimal

from ringup.testing import Simulator
from tests.cli.conftest import Run

ASK = ("ask", "-m", "gpt-4o-mini", "What is the capital of France?")


def test_what_may_cost_more_is_not_sent(sim: Simulator, run: Run) -> None:
    done = run(*ASK, "--max-cost", "0.0001")
    assert done.exit_code == 2
    assert "of 0.0001 USD has $0.0001 left, and this call may cost $0.009" in done.stderr
    assert "--max-tokens" in done.stderr
    assert sim.calls == []
    assert run(*ASK, "--max-cost", "much").exit_code == 2
    assert "Paris" in run(*ASK, "--max-cost", "0.01", "--max-tokens", "100").stdout


def test_a_limit_is_told_of_in_words_of_the_command_line(sim: Simulator, run: Run) -> None:
    unknown = ("ask", "-m", "openai/gpt-of-tomorrow", "--max-tokens", "9", "Hi", "--max-cost", "1")
    wrong = (*ASK, "--max-cost", "much"), (*ASK, "--max-cost", "0,05")
    said = [run(*args).stderr for args in (unknown, *wrong)]
    assert "Without --max-cost it is sent all the same." in said[0]
    assert "--max-cost 0.05" in said[1]
    assert "after a point" in said[2]
    for python in ("prices=", "budget_unknown", "max_cost"):
        assert python not in "".join(said)
    assert sim.calls == []


def test_verbose_tells_the_parts(sim: Simulator, run: Run) -> None:
    said = run(*ASK, "-v").stderr
    assert " · cost input $0.000" in said
    assert ", output $0.000" in said
    assert "cost unknown" not in said
    assert "cost" not in run("ask", "-m", "sim/small", "Hi", "-v").stderr.replace("free", "")


def test_json_has_the_parts(sim: Simulator, run: Run) -> None:
    reply = json.loads(run(*ASK, "--json").stdout)
    assert {"input", "output"} <= reply["cost_parts"].keys()
    assert sum(map(Decimal, reply["cost_parts"].values())) == Decimal(reply["cost"])
    assert (reply["cost_estimated"], reply["cost_unknown"], reply["cost_terms"]) == (False, None, [])
