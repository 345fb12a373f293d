"""What users do wrong, or rarely: each is met with an error that helps, and no key shows."""

from __future__ import annotations

import asyncio
import inspect
import json
import subprocess
import sys
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import ringup
from ringup.messages import Message, Opaque, Text, Thinking, ToolResult
from tests.test_client import CANARY, AsyncWire, Face, Wire, chunks, completion


def client(*answers: Any, model: str = "gpt-4o-mini", **options: Any) -> ringup.Client:
    return ringup.Client(model, **{"api_key": CANARY, "transport": Wire(*answers), **options})


def chat() -> ringup.Chat:
    return client().chat()


# ── Values of a wrong type ──


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"extra": ["x"]}, "extra is of the type list, not a dict"),
        ({"extra": "x"}, "extra is of the type str"),
        ({"extra": {"x": object()}}, "can't be written as JSON"),
        ({"headers": [("a", "b")]}, "headers is of the type list"),
        ({"headers": "x"}, "headers is of the type str"),
        ({"timeout": 10**400}, "timeout"),
        ({"idle_timeout": 1e300}, "idle_timeout"),
    ],
)
def test_a_value_of_a_wrong_type_is_a_parameter_error(params: dict[str, Any], words: str) -> None:
    with pytest.raises(ringup.ParameterError, match=words) as caught:
        client().ask("Hi", **params)
    assert caught.value.parameter in params


@pytest.mark.parametrize(
    ("prompt", "words"),
    [
        (["a", 5], r"prompt\[1\] is of the type int"),
        ([{"role": "user", "content": "x"}, None], r"prompt\[1\] is of the type NoneType"),
        ([{"content": "x"}], r'prompt\[0\] .* it lacks its "role"'),
        ([{"role": "user", "content": "x"}, "a"], r"prompt\[1\] is of the type str.* don't mix"),
    ],
)
def test_the_item_that_is_wrong_is_named(prompt: Any, words: str) -> None:
    with pytest.raises(ringup.ParameterError, match=words):
        client().ask(prompt)


def test_advice_on_a_system_instruction_is_about_one() -> None:
    system: Any = 5
    with pytest.raises(ringup.ParameterError) as caught:
        client().ask("Hi", system=system)
    assert "role" not in caught.value.advice


# ── Keys in the wrong place ──


def _locals(error: BaseException) -> str:
    trace = traceback.TracebackException.from_exception(error, capture_locals=True)
    ours = [str(frame.locals) for frame in trace.stack if "ringup" in frame.filename and "tests" not in frame.filename]
    assert ours
    return "".join(ours)


@pytest.mark.parametrize(
    "call",
    [
        lambda **wrong: ringup.ask("Hi", model="gpt-4o-mini", **wrong),
        lambda **wrong: ringup.stream("Hi", model="gpt-4o-mini", **wrong),
        ringup.chat,
        lambda **wrong: client().ask("Hi", **wrong),
        lambda **wrong: client().stream("Hi", **wrong),
        lambda **wrong: client().chat(**wrong),
        lambda **wrong: chat().ask("Hi", **wrong),
        lambda **wrong: chat().stream("Hi", **wrong),
        lambda **wrong: asyncio.run(ringup.AsyncClient("gpt-4o-mini").ask("Hi", **wrong)),
        lambda **wrong: ringup.Client("gpt-4o-mini", **{name + "x": value for name, value in wrong.items()}),
    ],
)
def test_a_key_in_a_wrong_place_shows_in_no_frame(call: Callable[..., Any]) -> None:
    with pytest.raises(TypeError) as caught:
        call(api_key=CANARY)
    assert "api_key" in str(caught.value)
    assert "ringup.Client(" in str(caught.value) or "of a client: api_key" in str(caught.value)
    assert "canary" not in _locals(caught.value)


def test_what_a_client_alone_takes_is_told_whatever_it_is() -> None:
    for name, parameter in inspect.signature(ringup.Client).parameters.items():
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY:
            with pytest.raises(TypeError, match=f"^{name} is given to a client"):
                client().ask("Hi", **{name: None})


@pytest.mark.parametrize("name", ["Authorization", "x-api-key", "Api-Key"])
def test_a_key_in_a_header_shows_in_no_frame(name: str) -> None:
    with pytest.raises(ringup.ParameterError, match=name) as caught:
        client().ask("Hi", headers={name: f"Bearer {CANARY}"})
    assert "canary" not in _locals(caught.value)
    with pytest.raises(ringup.ParameterError, match=name) as caught:
        client(headers={name: f"Bearer {CANARY}"})
    assert "canary" not in _locals(caught.value)


def test_a_client_that_could_not_be_made_can_be_shown() -> None:
    key: Any = [CANARY]
    with pytest.raises(ringup.ParameterError) as caught:
        ringup.Client("gpt-4o-mini", api_key=key)
    assert "ringup.Client(model='gpt-4o-mini')" in _locals(caught.value)


def test_advice_names_the_place_that_the_key_came_from(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", CANARY)
    for options, place in (({}, "api_key="), ({"api_key": None}, "OPENAI_API_KEY")):
        with pytest.raises(ringup.AuthenticationError) as caught:
            client(401, **options).ask("Hi")
        assert place in caught.value.advice


def test_a_server_of_ones_own_that_wants_a_key_is_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", CANARY)
    one = client(401, api_key=None, base_url="https://llm.example/v1")
    with pytest.raises(ringup.AuthenticationError, match="no key was sent"):
        one.ask("Hi")


def test_a_wrong_address_is_not_taken_for_a_wrong_model() -> None:
    with pytest.raises(ringup.NotFoundError) as caught:
        client(404).ask("Hi")
    assert "base_url" in caught.value.advice
    assert "https://api.openai.com/v1" in caught.value.advice


# ── Warnings ──


def test_a_warning_in_a_task_points_at_the_users_code() -> None:
    one = ringup.AsyncClient("o3", api_key=CANARY, transport=AsyncWire(completion()))

    async def gather() -> None:
        await asyncio.gather(one.ask("Hi", temperature=0.5))

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        asyncio.run(gather())
    assert [warning.filename for warning in caught if warning.category is ringup.RingupWarning] == [__file__]


def test_a_module_whose_name_begins_like_ours_is_the_users(tmp_path: Path) -> None:
    (tmp_path / "ringup_user.py").write_text("def ask(client):\n    return client.ask('Hi', temperature=0.5)\n")
    code = (
        "import warnings, ringup, ringup_user\n"
        "from tests.test_client import Wire, completion\n"
        "client = ringup.Client('o3', api_key='sk-x', transport=Wire(completion()))\n"
        "with warnings.catch_warnings(record=True) as caught:\n"
        "    warnings.simplefilter('always')\n"
        "    ringup_user.ask(client)\n"
        "print(caught[0].filename)\n"
    )
    root = Path(__file__).parents[1]
    path = f"import sys; sys.path[:0] = [{str(tmp_path)!r}, {str(root)!r}]\n"
    done = subprocess.run([sys.executable, "-c", path + code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == str(tmp_path / "ringup_user.py")


# ── Conversations ──


def test_undo_takes_a_turn_without_words_too() -> None:
    one = chat()
    one.add(Message("user", (Text("a"),)), Message("assistant", (Text("b"),)))
    turn = (
        Message("user", (ringup.Image(url="https://x.example/y.png"),)),
        Message("assistant", (ringup.ToolCall("c", "f"),)),
        Message("user", (ToolResult("c", (Text("d"),)),)),
        Message("assistant", (Text("e"),)),
    )
    one.add(*turn)
    assert one.undo() == turn
    assert [message.text for message in one.messages] == ["a", "b"]


def test_a_conversation_with_text_that_is_not_unicode_is_saved(tmp_path: Path) -> None:
    one = chat()
    one.add(
        Message("user", (Text("\ud800"), ringup.Image(data=b"\x00\xff", media_type="image/png"))),
        Message("assistant", (Thinking("t", "s\udfff"), Opaque("w", {"n": 2**70, "x": 1.5, "s": "\ud83d"}))),
    )
    one.save(tmp_path / "chat.json")
    assert client().load_chat(tmp_path / "chat.json").messages == one.messages


@pytest.mark.parametrize("name", ["", ".", "none/chat.json", "a\0b"])
def test_what_can_not_be_saved_is_told(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ringup.ConfigurationError, match="can't be saved"):
        chat().save(name)
    with pytest.raises(ringup.ConfigurationError, match="can't be saved"):
        client().chat(extra={"x": object()}).save("chat.json")
    assert list(tmp_path.iterdir()) == []


SAVED = {"format": "ringup-conversation", "version": 1}


@pytest.mark.parametrize(
    ("held", "words"),
    [
        ({}, "isn't a saved conversation"),
        ([], "isn't a saved conversation"),
        ({**SAVED, "format": "other"}, "isn't a saved conversation"),
        ({**SAVED, "version": "x"}, "isn't a saved conversation"),
        ({**SAVED, "messages": [{"role": "user", "parts": [{"type": "new"}]}]}, "isn't a saved conversation"),
        ({**SAVED, "version": 2, "messages": [{"new": 1}]}, "was saved by a newer ringup"),
        ({**SAVED, "params": {"new": 1}}, "'new'"),
    ],
)
@pytest.mark.parametrize("kind", [ringup.Client, ringup.AsyncClient])
def test_what_is_not_a_conversation_is_told(kind: Any, held: Any, words: str, tmp_path: Path) -> None:
    (tmp_path / "chat.json").write_text(json.dumps(held))
    with pytest.raises(ringup.ConfigurationError, match=words):
        kind("gpt-4o-mini").load_chat(tmp_path / "chat.json")


def test_a_conversation_that_is_nested_without_end_is_told(tmp_path: Path) -> None:
    (tmp_path / "chat.json").write_text('{"format": "ringup-conversation", "params": ' + "[" * 100_000)
    with pytest.raises(ringup.ConfigurationError, match="isn't a saved conversation"):
        client().load_chat(tmp_path / "chat.json")


# ── Types, and what a package's user may name ──


def test_parameters_can_be_kept_in_a_variable() -> None:
    params: ringup.Params = {"max_tokens": 5, "temperature": 0.5}
    f = Face("sync", completion(), chunks("Hi"))
    f.ask("a", **params)
    assert list(f.client.stream("b", **params)) == ["Hi"]
    assert [sent["temperature"] for sent in f.wire.sent] == [0.5, 0.5]
    f.loop.close()
