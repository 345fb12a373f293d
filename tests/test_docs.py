"""The documentation is true: its Python runs, its links lead somewhere, its commands exist."""

from __future__ import annotations

import inspect
import itertools
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from click.testing import CliRunner

from ringup import errors
from ringup.cli import exits
from ringup.cli.app import app
from ringup.cli.talk import COMMANDS
from ringup.given import Params
from ringup.simulator import faults
from ringup.simulator.refusals import KINDS
from ringup.testing import Simulator

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", ROOT / "examples" / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def server() -> Iterator[Simulator]:
    with Simulator() as simulator:
        yield simulator


@pytest.fixture
def user(server: Simulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A user whose environment leads to the simulator, in an empty folder."""
    server.reset()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OPENAI_BASE_URL", server.openai_url)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-docs-0123456789abcdef")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", server.anthropic_url)
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-docs-0123456789abcdef")


def blocks(page: Path, language: str) -> list[str]:
    return [code for name, code in BLOCK.findall(page.read_text()) if name == language]


def run(page: Path) -> ModuleType:
    """Run a page's Python blocks one after another, as one program. Lines keep their numbers in the page."""
    module = ModuleType("__main__")
    text = page.read_text()
    for found in BLOCK.finditer(text):
        if found[1] == "python":
            line = text.count("\n", 0, found.start(2))
            exec(compile("\n" * line + found[2], str(page), "exec"), module.__dict__)
    return module


WITH_PYTHON = [page for page in PAGES if page.exists() and blocks(page, "python")]


@pytest.mark.parametrize("page", WITH_PYTHON, ids=lambda page: page.stem)
def test_the_python_of_a_page_runs(page: Path, user: None) -> None:
    run(page)


def test_there_are_pages() -> None:
    assert len(WITH_PYTHON) >= 8


def test_the_first_five_things(user: None, server: Simulator, capsys: pytest.CaptureFixture[str]) -> None:
    run(ROOT / "README.md")
    asked, tokens, streamed, chatted, failed, billed = capsys.readouterr().out.splitlines()
    assert "Paris" in asked
    assert re.fullmatch(r"stop \d+ \d+", tokens)
    assert len(streamed) > 20
    assert "Ada" in chatted
    assert "did you mean gpt-4o-mini" in failed
    assert re.fullmatch(r"0\.000\d+ dollars: input 0\.000\d+ output 0\.000\d+", billed)
    assert len(server.calls) == 6


def test_the_quick_start_gives_what_it_says(user: None, capsys: pytest.CaptureFixture[str]) -> None:
    run(ROOT / "docs" / "quickstart.md")
    said = capsys.readouterr().out
    assert said.count("Paris") == 2
    assert "stop anthropic" in said
    assert "gpt-4o-mimi" in said
    assert re.search(r"^output 0\.000\d+$", said, re.MULTILINE)


def test_parameters_do_what_the_page_says(user: None, capsys: pytest.CaptureFixture[str]) -> None:
    page = run(ROOT / "docs" / "parameters.md")
    assert page.cut.finish_reason == "length"
    assert page.stopped.finish_reason == "stop"
    assert "Earth" not in page.stopped.text.partition("4.")[2]
    assert "Mercury" in page.stopped.text
    said = capsys.readouterr().out
    assert said.startswith("temperature\n")
    assert "dropped seed" in said


def test_files_arrive_as_the_page_says(user: None, server: Simulator, capsys: pytest.CaptureFixture[str]) -> None:
    run(ROOT / "docs" / "media.md")
    said = capsys.readouterr().out
    assert "https://example.com/photo.png" in said
    assert "cities.csv" in said
    assert "messages[0].parts[1] None None\n" in said
    assert len(server.calls) == 2


def test_counting_does_what_the_page_says(user: None, capsys: pytest.CaptureFixture[str]) -> None:
    page = run(ROOT / "docs" / "counting.md")
    assert (page.plain.error, page.tools.error) == (0.05, 0.5)
    said = capsys.readouterr().out.splitlines()
    assert said[0].endswith(" False")
    assert "10000 8192" in said
    assert "[]" in said
    assert said[-1] == "10 What was said so far:"


def test_every_parameter_is_in_the_table() -> None:
    table = (ROOT / "docs" / "parameters.md").read_text()
    assert [name for name in Params.__annotations__ if f"\n| `{name}` |" not in table] == []


def test_every_error_is_in_the_table() -> None:
    page = (ROOT / "docs" / "errors.md").read_text()
    bases = {"APIError", "APIStatusError", "ConfigurationError", "RingupError", "RingupWarning", "status_error"}
    assert [name for name in errors.__all__ if name not in bases and f"`{name}`" not in page] == []


def test_the_tests_of_the_testing_page_pass(user: None, simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    given = {"simulator": simulator, "monkeypatch": monkeypatch}
    tests = [value for name, value in vars(run(ROOT / "docs" / "testing.md")).items() if name.startswith("test_")]
    assert len(tests) == 3
    for test in tests:
        simulator.reset()
        test(**{name: given[name] for name in inspect.signature(test).parameters})


def test_the_file_of_faults_can_be_read(tmp_path: Path) -> None:
    (content,) = blocks(ROOT / "docs" / "simulator.md", "toml")
    (tmp_path / "faults.toml").write_text(content)
    found, rpm, tpm = faults.load(tmp_path / "faults.toml")
    assert (len(found), rpm, tpm) == (4, 60, 40_000)


def test_every_fault_is_in_the_tables() -> None:
    page = (ROOT / "docs" / "simulator.md").read_text()
    fields = set(faults.Fault.__struct_fields__) - {"name"}
    assert [name for name in (*fields, *KINDS) if f"`{name}`" not in page] == []


def test_exit_codes_and_chat_commands_are_in_the_page() -> None:
    page = (ROOT / "docs" / "cli.md").read_text()
    codes = re.findall(r"^(\d+)", exits.TABLE, re.MULTILINE)
    assert re.findall(r"^\| (\d+) \|", page, re.MULTILINE) == codes
    assert [name for name in COMMANDS if f"`/{name}" not in page] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text())
    assert [target for target in targets if "://" not in target and not (page.parent / target).exists()] == []


def commands() -> list[str]:
    """Each `ringup ...` of the console blocks, without the comments behind it, once."""
    lines = [
        line for page in PAGES if page.exists() for block in blocks(page, "console") for line in block.splitlines()
    ]
    found = [line[2:] for line in lines if line.startswith("$ ringup ")]
    return sorted({shlex.join(shlex.split(line, comments=True)) for line in found})


def test_commands_and_options_exist() -> None:
    """Each command shown is understood: with --help behind it, the command line parser accepts all of it."""
    shown = commands()
    assert len(shown) > 5
    for command in shown:
        words = shlex.split(command)
        words = list(itertools.takewhile(lambda word: word not in ("|", "<", ">"), words))
        done = CliRunner().invoke(app, [*words[1:], "--help"], prog_name="ringup")
        assert done.exit_code == 0, f"{command}\n{done.output}"
