"""The examples of docs/cli.md about answers as JSON and tools: they are run, and give what the page says."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ringup.testing import Simulator
from tests.cli.conftest import Screen

PAGE = (Path(__file__).parents[2] / "docs" / "cli.md").read_text()
PARTS = [PAGE.partition(f"## {title}\n")[2].partition("\n## ")[0] for title in ("An answer as JSON", "Tools")]
PERSON = (
    '{"type": "object", "properties": {"name": {"type": "string"}, "age": {"type": "integer"}}, "required": ["name"]}'
)
MODELS = "from dataclasses import dataclass\n\n@dataclass\nclass Person:\n    name: str\n    age: int\n"

pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="the examples are for a shell")


def blocks(part: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", part, re.MULTILINE | re.DOTALL)


def examples() -> list[tuple[str, str]]:
    """Each command, and what it prints."""
    shown = "".join(block for part in PARTS for block in blocks(part, "console"))
    pairs = [piece.partition("\n") for piece in re.split(r"^\$ ", shown, flags=re.MULTILINE) if piece]
    return [(command, output) for command, _, output in pairs]


@pytest.fixture
def folder(sim: Simulator, here: Path) -> Path:
    """The folder that the page speaks of."""
    (here / "person.json").write_text(PERSON)
    (here / "models.py").write_text(MODELS)
    (here / "weather.py").write_text(blocks(PARTS[1], "python")[0])
    return here


@pytest.mark.parametrize(
    ("command", "output"), [pair for pair in examples() if "--tool" not in pair[0] or "--yes" in pair[0]]
)
def test_a_command_prints_what_the_page_says(folder: Path, command: str, output: str) -> None:
    line = f'ringup() {{ "{sys.executable}" -m ringup "$@"; }}; {command}'
    done = subprocess.run(
        ["bash", "-c", line], capture_output=True, text=True, timeout=60, check=False, stdin=subprocess.DEVNULL
    )
    assert (done.returncode, done.stdout) == (0, output), done.stderr
    if ">" in command:
        said = (folder / command.rpartition("> ")[2]).read_text()
        assert json.loads(said) == {"name": "Ada Lovelace", "age": 36} if "schema" in command else "20 C" in said


def test_the_question_is_as_on_the_page(folder: Path, screen: Callable[..., Screen]) -> None:
    (dialogue,) = blocks(PARTS[1], "text")
    asked = screen("ask", "--tool", "weather:get_weather", "What is the weather in Oslo?", NO_COLOR="1")
    call, question, result, answer = dialogue.splitlines()
    asked.type("", question.removesuffix(" y"))
    assert call in asked.seen
    asked.type("y\r", "tokens in")
    assert result in asked.seen
    assert answer in asked.seen


def test_there_are_examples() -> None:
    assert len(examples()) >= 8
