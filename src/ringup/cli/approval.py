"""Tools and the person at the terminal: what a call looks like, and the question whether it may run."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from ringup.cli.output import note, width
from ringup.cli.terminal import ask_line, forget_typed
from ringup.messages import ToolCall
from ringup.steps import PAUSE
from ringup.tools import Function
from ringup.wire_tools import decode

__all__ = ["Approval", "call_line", "leave", "pause", "signature", "tell_call"]

_QUESTION = "Run it? [y]es [n]o [e]dit [a]ll [q]uit: "
_LONGEST = 40
"""How many lines of a call are shown at most."""

_SPOOFS = {code: f"\\u{code:04x}" for code in (0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))}
"""Marks that turn the direction of writing: what runs must be what is seen."""


class Approval:
    """Asks about each call. `stop` is what "quit" does; after "all" nothing is asked any more."""

    def __init__(self, stop: Callable[[], Any]) -> None:
        self._stop = stop
        self.all = False

    def __call__(self, function: Function, call: ToolCall) -> Any:
        """What `approve=` gives: True, words, other arguments; or what `stop` gives."""
        tell_call(call)
        forget_typed()
        while True:
            answer = ask_line(_QUESTION)
            letter, _, rest = (answer if answer is not None else "q").strip().partition(" ")
            match letter.lower():
                case "y" | "yes":
                    return True
                case "n" | "no":
                    return _reason(rest.strip())
                case "e" | "edit":
                    if (arguments := _edited(function, call)) is not None:
                        return arguments
                case "a" | "all":
                    self.all = True
                    return True
                case "q" | "quit":
                    return self._stop()
                case _:
                    _explain()


def _explain() -> None:
    note("  y  run it\n  n  don't, and tell the model why\n  e  change its arguments, and run it")
    note("  a  run it, and all that follow, unasked\n  q  stop here: nothing of this turn is run")


def _reason(given: str) -> str | bool:
    words = given or ask_line("Why? (the model is told; Enter: no reason) ")
    return f"The user didn't allow this call: {words.strip()}" if words and words.strip() else False


def _edited(function: Function, call: ToolCall) -> dict[str, Any] | None:
    """The arguments as the person writes them; None to go back."""
    text = json.dumps(call.arguments, ensure_ascii=False)
    while text := ask_line("Arguments: ", text) or "":
        try:
            arguments = _object(text)
            function.read(replace(call, json=json.dumps(arguments)))
        except ValueError as error:
            note(f"{error}", fg="yellow")
        else:
            return arguments
    return None


def _object(text: str) -> dict[str, Any]:
    try:
        value = decode(text)
    except ValueError as error:
        raise ValueError(f"That isn't valid JSON: {error}.") from None
    if not isinstance(value, dict):
        raise ValueError('That is no JSON object, like {"city": "Oslo"}.')
    return value


def tell_call(call: ToolCall) -> None:
    """A call as a person reads it: on one line, or with a line, or a block, for each argument."""
    line = call_line(call)
    if len(line) <= width() and not any(_is_block(value) for value in call.arguments.values()):
        return note(line, bold=True)
    lines = [line for name, value in call.arguments.items() for line in _argument(name, value)]
    note(f"{call.name}(", bold=True)
    for line in lines[:_LONGEST]:
        note(f"  {line}")
    if len(lines) > _LONGEST:
        note(f"  ... and {len(lines) - _LONGEST} more lines (e shows all of it)", fg="yellow")
    return note(")", bold=True)


def _argument(name: str, value: Any) -> list[str]:
    if _is_block(value):
        return [f"{name} =", *[f"  | {line.translate(_SPOOFS)}" for line in value.splitlines()]]
    return [f"{name} = {_json(value)}"]


def _is_block(value: Any) -> bool:
    return isinstance(value, str) and "\n" in value.strip()


def call_line(call: ToolCall) -> str:
    """A call on one line: get_weather(city="Oslo")."""
    return f"{call.name}({', '.join(f'{name}={_json(value)}' for name, value in call.arguments.items())})"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False).translate(_SPOOFS)


def signature(function: Function) -> str:
    """A tool and what it takes: get_weather(city, unit=...)."""
    given = [name if name in function.required else f"{name}=..." for name in function.kinds]
    return f"{function.tool.name}({', '.join(given)})"


def pause() -> Any:
    """In a chat, "quit" leaves the calls for later."""
    return PAUSE


def leave() -> Any:
    """In a single question, "quit" is the end of it."""
    raise KeyboardInterrupt
