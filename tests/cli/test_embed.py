"""`ringup embed`: texts from everywhere; vectors as a summary, as lines of JSON, or as a NumPy file."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy
import pytest

from ringup.cli.embed import _complete_model
from ringup.cli.npy import write_npy
from ringup.embeddings import Embeddings, pack
from ringup.errors import ConfigurationError
from ringup.testing import Simulator
from tests.cli.conftest import Run, Screen

SMALL = "text-embedding-3-small"


def test_a_summary_and_how_alike_the_texts_are(sim: Simulator, run: Run) -> None:
    done = run("embed", "-m", SMALL, "a cat sat on the mat", "the cat sat on a mat", "interest rates rose")
    assert done.exit_code == 0
    head, first, second, third, summary = done.stdout.splitlines()
    assert head.split() == ["1", "2", "3", "text"]
    cells = [line.split()[1:4] for line in (first, second, third)]
    assert [row[at] for at, row in enumerate(cells)] == ["1.000"] * 3
    assert float(cells[0][1]) > 0.7 > float(cells[0][2])
    assert first.endswith("a cat sat on the mat")
    assert re.fullmatch(rf"3 texts × 1,536 numbers · \d+ tokens · \$0\.0000\d+ · \d\.\d\d s · {SMALL}", summary)
    assert done.stderr == ""


def test_one_text_and_many_have_no_table(sim: Simulator, run: Run) -> None:
    one = run("embed", "-m", SMALL, "--dimensions", "8", "a cat")
    assert one.stdout.startswith("1 text × 8 numbers · 2 tokens")
    many = run("embed", "-m", SMALL, "--dimensions", "8", *[f"text {number}" for number in range(11)])
    assert many.stdout.startswith("11 texts × 8 numbers")


def test_lines_of_json_from_a_pipe(sim: Simulator, run: Run) -> None:
    done = run("embed", "--json", "--dimensions", "3", "--batch", "2", stdin="a cat\n\na dog\na house\n")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(line["index"], line["text"]) for line in lines] == [(0, "a cat"), (1, "a dog"), (2, "a house")]
    assert all(len(line["embedding"]) == 3 for line in lines)
    assert "left out, being empty: 1 of 4 lines" in done.stderr
    assert f"asking openai/{SMALL}" in done.stderr
    assert len(sim.calls) == 2
    sent = {
        text: vector
        for call in sim.calls
        for text, vector in zip(call.request.json["input"], call.json["data"], strict=True)
    }
    assert set(sent) == {"a cat", "a dog", "a house"}


def test_a_file_in_and_a_numpy_file_out(sim: Simulator, run: Run, tmp_path: Path) -> None:
    (tmp_path / "texts.txt").write_text("".join(f"text {number}\n" for number in range(20)))
    target = tmp_path / "vectors.npy"
    done = run("embed", "-m", SMALL, "--dimensions", "8", "-f", str(tmp_path / "texts.txt"), "-o", str(target))
    assert done.exit_code == 0
    assert f"numpy.load({str(target)!r})" in done.stderr
    table = numpy.load(target)
    assert (table.shape, table.dtype, table.flags.c_contiguous) == ((20, 8), numpy.float32, True)
    alone = run("embed", "--json", "-m", SMALL, "--dimensions", "8", "text 7")
    assert json.loads(alone.stdout)["embedding"] == pytest.approx(table[7].tolist(), abs=1e-7)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["texts.txt", "vectors.npy"]


@pytest.mark.parametrize(("count", "size"), [(1, 1), (3, 1536), (123_456, 7)])
def test_the_file_is_as_numpy_writes_it(tmp_path: Path, count: int, size: int) -> None:
    found = Embeddings(data=pack([0.5]) * (count * size), count=count, dimensions=size)
    write_npy(tmp_path / "ours.npy", found)
    numpy.save(tmp_path / "numpys.npy", numpy.asarray(found))
    assert (tmp_path / "ours.npy").read_bytes() == (tmp_path / "numpys.npy").read_bytes()


def test_a_file_that_cant_be_written(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="can't be written"):
        write_npy(tmp_path / "none" / "x.npy", Embeddings(data=pack([0.5]), count=1, dimensions=1))


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ((), "there is no text"),
        (("a", "-o", "x.txt"), "name it x.npy"),
        (("a", "-o", "nowhere/x.npy"), "no folder nowhere"),
        (("a", "-f", "/nowhere/at/all"), "does not exist"),
        (("a", "-m", SMALL, "--dimensions", "9999"), "from 1 to 1,536"),
        (("a", "-m", "gpt-4o-mini"), "-m text-embedding-3-small"),
        (("a", "-m", "claude-haiku-4-5"), "anthropic has no API for embeddings"),
    ],
)
def test_misuse(sim: Simulator, run: Run, args: tuple[str, ...], said: str) -> None:
    done = run("embed", *args, stdin="")
    assert done.exit_code == 2
    assert said in done.stderr
    assert sim.calls == []


def test_an_error_in_json(sim: Simulator, run: Run) -> None:
    sim.fault(path="*embed*", status=400, message="no such thing", after=1)
    done = run("embed", "--json", "-m", SMALL, "--batch", "1", "--at-once", "1", "a", "b")
    said = json.loads(done.stdout)
    assert done.exit_code == said["exit_code"] == 1
    assert (said["error"], said["partial_text"]) == ("BadRequestError", None)
    assert "1 are done" in said["message"]
    assert ".partial" not in said["message"]


def test_without_a_key_the_simulator_answers(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RINGUP_MODEL", "gpt-4o-mini")  # is for chats
    done = run("embed", "a cat", "a dog")
    assert done.exit_code == 0
    assert "free" in done.stdout
    assert "simulator" in done.stderr


def test_a_terminal_shows_a_bar(sim: Simulator, screen: Callable[..., Screen], tmp_path: Path) -> None:
    (tmp_path / "texts.txt").write_text("".join(f"text {number}\n" for number in range(30)))
    shown = screen("embed", "-m", SMALL, "--batch", "10", "--dimensions", "2", "-f", str(tmp_path / "texts.txt"))
    shown.type("", until="30 texts × 2 numbers")
    assert "embedding" in shown.seen
    assert "100%" in shown.seen


def test_the_log_has_it(sim: Simulator, run: Run) -> None:
    run("embed", "-m", SMALL, "a cat")
    assert re.search(rf"openai/{SMALL} +answered +2 +\? ", run("log").stdout)


def test_models_are_completed() -> None:
    found = _complete_model(None, None, "text-emb")  # type: ignore[arg-type]
    assert SMALL in found
    assert f"openai/{SMALL}" in _complete_model(None, None, "openai/")  # type: ignore[arg-type]
