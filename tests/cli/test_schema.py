"""`ringup ask --schema`: what it takes, what goes to stdout, and an answer that doesn't fit."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ringup.cli.exits import NOT_OF_TYPE
from ringup.testing import Simulator
from tests.cli.conftest import Run, Screen, Spawn

ADA = "Ada Lovelace, 36, from London"
PERSON = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
    "required": ["name", "age"],
}
ASK = ("ask", "-m", "gpt-4o-mini")
MODELS = """
from dataclasses import dataclass
from datetime import date
from enum import Enum

import msgspec
from pydantic import BaseModel

print("loading")

@dataclass
class Person:
    name: str
    age: int

class Struct(msgspec.Struct):
    name: str
    day: date

class Model(BaseModel):
    name: str

class Outer:
    class Inner(msgspec.Struct):
        city: str

class Mood(Enum):
    GOOD = "good"

people = list[Person]
number = 3
"""


def saying(content: str) -> dict[str, Any]:
    """A fault that makes the next answer these words."""
    message = {"role": "assistant", "content": content}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    usage = {"prompt_tokens": 9, "completion_tokens": 5, "total_tokens": 14}
    body = {"id": "1", "object": "chat.completion", "created": 1, "model": "gpt-4o-mini", "choices": [choice]}
    return {"status": 200, "body": {**body, "usage": usage}}


@pytest.mark.parametrize("how", [(), ("--no-stream",)])
def test_a_file_a_line_and_fields(sim: Simulator, run: Run, here: Path, how: tuple[str, ...]) -> None:
    (here / "person.json").write_text(json.dumps(PERSON))
    for given in ("person.json", str(here / "person.json"), json.dumps(PERSON), "name, age int"):
        done = run(*ASK, *how, "--schema", given, ADA)
        assert done.exit_code == 0
        assert done.stdout == '{"name": "Ada Lovelace", "age": 36}\n'
        sent = sim.calls[-1].request.json
        assert sent["response_format"]["json_schema"]["schema"]["properties"].keys() == {"name", "age"}
        assert sent.get("stream", False) is not bool(how)


def test_a_python_type(sim: Simulator, run: Run, here: Path) -> None:
    (here / "models.py").write_text(MODELS)
    for given in ("models:Person", "models.py:Person", str(here / "models.py") + ":Person"):
        done = run(*ASK, "--schema", given, ADA)
        assert done.stdout == '{"name": "Ada Lovelace", "age": 36}\n'
    for given, keys in (("Struct", {"name", "day"}), ("Model", {"name"}), ("Outer.Inner", {"city"})):
        assert json.loads(run(*ASK, "--schema", f"models:{given}", ADA).stdout).keys() == keys
    assert json.loads(run(*ASK, "--schema", "models:Mood", ADA).stdout) == "good"
    people = json.loads(run(*ASK, "--schema", "models:people", ADA).stdout)
    assert isinstance(people, list)


def test_a_file_goes_before_what_else_the_name_may_mean(sim: Simulator, run: Run, here: Path) -> None:
    (here / "name, age int").write_text('{"type": "integer"}')
    assert json.loads(run(*ASK, "--schema", "name, age int", ADA).stdout) == 36


def test_fields_in_words(sim: Simulator, run: Run) -> None:
    run(*ASK, "--schema", " name,age  int, tall bool,share float, tags [str], years [int], ", ADA)
    schema = sim.calls[-1].request.json["response_format"]["json_schema"]["schema"]
    types = {name: field["type"] for name, field in schema["properties"].items()}
    assert types == {
        **{"name": "string", "age": "integer", "tall": "boolean", "share": "number"},
        **{"tags": "array", "years": "array"},
    }
    assert schema["properties"]["years"]["items"] == {"type": "integer"}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("nope.json", "there is no file 'nope.json' (looked for in "),
        ("name", "there is no file 'name'"),
        ("/no/such/schema.json", "there is no file '/no/such/schema.json'."),
        ("", "there is no file ''"),
        ("x" * 5000, "there is no file"),
        ("broken.json", "broken.json isn't valid JSON: Expecting property name enclosed in double quotes (line 2, "),
        ('{"type"', "--schema isn't valid JSON: Expecting ':' delimiter (line 1, column 8)."),
        ('{"a":' * 20_000, "--schema isn't valid JSON: it is nested too deeply."),
        ("list.json", "list.json is no JSON schema: it isn't an object"),
        ("latin.json", "latin.json isn't text in UTF-8"),
        ("empty.json", "empty.json is no JSON schema: it names no type"),
        ('{"type": "strin"}', "--schema is no valid JSON schema: 'strin' is not valid"),
        ("name, age integer", "the field 'age integer' can't be understood."),
        ("name, 2nd int", "the field '2nd int' can't be understood."),
        ("models:Persona", "models.py has no type Persona.\nIt has: Person, Struct, "),
        ("models:number", "models:number is a value (int), not a type."),
        ("models:Outer", "models:Outer can't be put as a JSON schema"),
        ("nowhere:Person", "there is no module nowhere in "),
        ("nowhere/models.py:Person", "there is no file nowhere/models.py (looked for in "),
    ],
    ids=lambda text: text[:24],
)
def test_what_is_no_schema_is_told_before_anything_is_sent(
    sim: Simulator, run: Run, here: Path, given: str, said: str
) -> None:
    (here / "models.py").write_text(MODELS)
    (here / "broken.json").write_text('{"type":\n "object",}\n'.replace("object", "string"))
    (here / "list.json").write_text("[]")
    (here / "latin.json").write_bytes(b'{"type": "\xfc"}')
    (here / "empty.json").write_text("{}")
    done = run(*ASK, "--schema", given, ADA)
    assert done.exit_code == 2
    assert said in done.stderr
    assert "output=" not in done.stderr
    assert (done.stdout, sim.calls) == ("", [])


def test_json_keeps_its_shape(sim: Simulator, run: Run) -> None:
    reply = json.loads(run(*ASK, "--json", "--schema", "name, age int", ADA).stdout)
    assert reply["output"] == {"name": "Ada Lovelace", "age": 36}
    assert (reply["output_way"], reply["ended"], reply["finish_reason"]) == ("native", "answered", "stop")
    assert json.loads(reply["text"]) == reply["output"]
    assert json.loads(run(*ASK, "--json", "Hello!").stdout)["output"] is None


def test_an_answer_that_does_not_fit(sim: Simulator, run: Run) -> None:
    sim.script([saying('{"name": "Ada", "age": "old"}')])
    done = run(*ASK, "--no-stream", "--schema", "name, age int", ADA)
    assert done.exit_code == NOT_OF_TYPE == 6
    assert done.stdout == ""
    assert done.stderr.startswith(
        "error: the answer isn't what --schema asks for: $.age: 'old' is not of type 'integer'\n"
        'What came:\n{"name": "Ada", "age": "old"}\n'
        "--repair 1 asks the model again, with this message.\n"
    )


def test_an_answer_that_does_not_fit_as_json(sim: Simulator, run: Run) -> None:
    sim.script([saying("I don't know.")])
    done = run(*ASK, "--no-stream", "--json", "--schema", "name, age int", ADA)
    told = json.loads(done.stdout)
    assert (told["error"], told["reason"], told["text"]) == ("OutputError", "invalid", "I don't know.")
    assert told["exit_code"] == done.exit_code == NOT_OF_TYPE


def test_an_answer_that_was_cut_off(sim: Simulator, run: Run) -> None:
    done = run(*ASK, "--max-tokens", "3", "--schema", "name, age int", ADA)
    assert done.exit_code == NOT_OF_TYPE
    assert done.stdout == ""
    assert "cut off" in done.stderr
    assert "Raise --max-tokens" in done.stderr
    assert 'What came:\n{"' in done.stderr


def test_a_long_answer_that_does_not_fit_is_shown_in_part(sim: Simulator, run: Run) -> None:
    sim.script([saying("word " * 2000)])
    done = run(*ASK, "--no-stream", "--schema", "name, age int", ADA)
    assert "... and 6,000 more characters" in done.stderr
    assert len(done.stderr) < 5000


def test_repair(sim: Simulator, run: Run) -> None:
    sim.script([saying('{"name": "Ada"}')])
    done = run(*ASK, "--no-stream", "-v", "--repair", "1", "--schema", "name, age int", ADA)
    assert done.exit_code == 0
    assert json.loads(done.stdout) == {"name": "Ada Lovelace", "age": 36}
    assert "steps 2" in done.stderr
    assert "'age' is a required property" in sim.calls[1].request.json["messages"][-1]["content"]


def test_the_wire_of_a_typed_answer(sim: Simulator, run: Run) -> None:
    done = run(*ASK, "--wire", "--schema", "name, age int", ADA)
    assert done.stdout == '{"name": "Ada Lovelace", "age": 36}\n'
    assert "json_schema" in done.stderr


@pytest.mark.parametrize("more", [{}, {"NO_COLOR": "1"}])
def test_a_pipe_gets_the_json_in_one_piece(sim: Simulator, spawn: Spawn, more: dict[str, str]) -> None:
    program = spawn(*ASK, "--schema", "name, age int", env=more)
    out, err = program.communicate(ADA, timeout=60)
    assert (out, program.returncode) == ('{"name": "Ada Lovelace", "age": 36}\n', 0)
    assert "\x1b" not in err
    assert "Ada" not in err


def test_a_stream_that_breaks_leaves_nothing_on_stdout(sim: Simulator, spawn: Spawn) -> None:
    sim.script([{"stream": True, "truncate": 900}])
    program = spawn(*ASK, "--schema", "name, age int", ADA, stdin=subprocess.DEVNULL)
    out, err = program.communicate(timeout=60)
    assert (out, program.returncode) == ("", 5)
    assert err.startswith("error: ")


def test_a_terminal_sees_it_grow_and_gets_it_on_several_lines(
    sim: Simulator, screen: Callable[..., Screen], here: Path
) -> None:
    sim.script([{"stream": True, "token": 0.02}])
    asked = screen(*ASK, "--schema", "name, age int", ADA)
    asked.type("", "tokens in")
    growth, _, rest = asked.seen.rpartition("\x1b[K")
    assert '{"name": "Ada"}' in growth  # a part of it, on a line that is written over
    assert "\n" not in growth
    assert '{\r\n  "name": "Ada Lovelace",\r\n  "age": 36\r\n}\r\n' in rest
    plain = screen(*ASK, "--schema", "name, age int", ADA, NO_COLOR="1", TERM="dumb")
    plain.type("", "tokens in")
    assert "\x1b" not in plain.seen


def test_the_growth_of_a_long_answer_keeps_to_its_line(
    sim: Simulator, screen: Callable[..., Screen], here: Path
) -> None:
    sim.script([{"stream": True, "token": 0.002}])
    asked = screen(*ASK, "--schema", "story str", "Tell me a long story.", COLUMNS="60")
    asked.type("", "tokens in")
    growth = asked.seen.rpartition("\x1b[K")[0].split("\x1b[K\r")
    shown = [re.sub(r"\x1b\[\d*m", "", line) for line in growth]
    assert max(len(line) for line in shown) == 59
    assert sum(line.startswith("...") for line in shown) > 2
    assert shown[-2].endswith('"}')


def test_a_schema_file_that_cannot_be_read(run: Run, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> str:
        raise PermissionError(13, "Permission denied")

    (here / "secret.json").write_text("{}")
    monkeypatch.setattr(Path, "read_text", refuse)
    done = run(*ASK, "--schema", "secret.json", ADA)
    assert done.stderr.startswith("error: secret.json can't be read: Permission denied.")
    assert done.exit_code == 2


def test_debug_shows_where_an_import_broke(run: Run, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (here / "broken_types.py").write_text("1 / 0\n")
    done = run(*ASK, "--schema", "broken_types:Person", ADA)
    assert "broken_types can't be loaded: ZeroDivisionError: division by zero." in done.stderr
    assert "RINGUP_DEBUG=1" in done.stderr
    monkeypatch.setenv("RINGUP_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        run(*ASK, "--schema", "broken_types:Person", ADA)
