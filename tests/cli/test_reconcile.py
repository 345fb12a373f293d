"""`ringup reconcile`: files and a running simulator against a ledger."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

import ringup
from ringup.testing import Simulator
from tests.cli.conftest import Run


@pytest.fixture
def ledger(sim: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two calls of the simulator."""
    path = tmp_path / "calls.db"
    monkeypatch.setenv("RINGUP_LEDGER", str(path))
    kept = ringup.Ledger(path)
    with ringup.Client("gpt-4o-mini", max_tokens=40, ledger=kept) as client:
        client.ask("Hello!")
        client.ask("What is the capital of France?")
    kept.flush()
    return path


def test_a_running_simulator_and_its_saved_invoice_agree(
    run: Run, sim: Simulator, ledger: Path, tmp_path: Path
) -> None:
    (tmp_path / "invoice.csv").write_text(sim.invoice.csv())
    for named in (sim.url, f"{sim.url}/_ringup/invoice", f"{sim.openai_url}", str(tmp_path / "invoice.csv")):
        done = run("reconcile", named)
        assert done.exit_code == 0, done.output
        assert "They agree to the cent." in done.stderr
        assert done.stdout.splitlines()[1].split() == ["lines,", "tries", "2", "2"]
    assert run("reconcile", "-", stdin=sim.invoice.json()).exit_code == 0


def test_what_differs_is_listed(run: Run, sim: Simulator, ledger: Path, tmp_path: Path) -> None:
    with ringup.Client("gpt-4o-mini", max_tokens=40, ledger=tmp_path / "another.db") as client:
        other = client.ask("Name three planets.")
    done = run("reconcile", sim.url)
    assert done.exit_code == 7
    assert other.request_id in done.stdout
    assert "another program made it" in done.stdout
    assert "They differ." in done.stderr
    told = json.loads(run("reconcile", sim.url, "--json").stdout)
    assert (told["agrees"], told["per_request"], told["providers"]) == (False, True, ["openai"])
    assert told["difference"] == f"-{other.cost}"
    (difference,) = told["differences"]
    assert (difference["kind"], difference["ledger_cost"]) == ("not in the ledger", None)
    (row,) = csv.DictReader(io.StringIO(run("reconcile", sim.url, "--csv").stdout))
    assert row["request_id"] == other.request_id
    assert run("reconcile", sim.url, "--ledger", str(tmp_path / "another.db")).stdout.count("no such request") == 2
    short = run("reconcile", sim.url, "--ledger", str(tmp_path / "another.db"), "-n", "1")
    assert "and 1 more" in short.stderr
    assert run("reconcile", sim.url, "--until", "2020-01-01").exit_code == 0  # nothing was then


def test_a_usage_export(run: Run, ledger: Path, tmp_path: Path) -> None:
    export = tmp_path / "usage.csv"
    export.write_text("start_time,end_time,model,input_tokens,output_tokens\n0,86400,gpt-4o-mini,10,5\n")
    done = run("reconcile", str(export))
    assert done.exit_code == 7
    assert "the ledger has no call of this provider in that time" in " ".join(done.stdout.split())
    assert "they are of another time: 2 tries of openai" in done.stderr
    assert "by day, model and class of tokens" in done.stderr


def test_what_cant_be_read(run: Run, sim: Simulator, ledger: Path, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("a,b\n1,2\n")
    for given, words in (
        ([str(tmp_path / "x.csv")], "Console's CSV"),
        ([str(tmp_path / "none.csv")], "No such file"),
        (["https://api.openai.com/v1/organization/costs"], "download the invoice"),
        ([sim.url, "--ledger", str(tmp_path / "none.db")], "there is no ledger"),
        ([], "INVOICE"),
    ):
        done = run("reconcile", *given)
        assert done.exit_code == 2
        assert words in done.stderr
    assert run("reconcile", "http://127.0.0.1:9").exit_code == 5


def test_an_invoice_that_lacks_a_page_agrees_with_nothing(run: Run, ledger: Path, tmp_path: Path) -> None:
    page = {"data": [{"start_time": 1_600_000_000, "end_time": 1_600_086_400, "results": []}], "has_more": True}
    (tmp_path / "page.json").write_text(json.dumps(page))
    done = run("reconcile", str(tmp_path / "page.json"))
    assert done.exit_code == 7
    assert "they agree to the token, but its last page is missing" in done.stderr
    assert "They differ" not in done.stderr
    (tmp_path / "last.json").write_text(json.dumps({**page, "has_more": False}))
    assert run("reconcile", str(tmp_path / "page.json"), str(tmp_path / "last.json")).exit_code == 0


@pytest.mark.parametrize("text", ["{}", "[{}]", "[]"])
def test_json_with_nothing_in_it(text: str, run: Run, ledger: Path) -> None:
    done = run("reconcile", "-", stdin=text)
    assert done.exit_code == 2
    assert "its JSON has none of the known fields" in done.stderr
