"""The options --tool, --yes and --max-steps: the functions that a model may call from the command line, run before the
user's eyes."""

from __future__ import annotations

import inspect
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import click
from msgspec.structs import replace

from ringup.cli.approval import Approval, call_line
from ringup.cli.imports import attribute, load, split
from ringup.cli.output import cut, is_terminal, note
from ringup.errors import ConfigurationError
from ringup.messages import ToolCall, ToolResult
from ringup.tools import Function, answered, function

__all__ = ["Toolbox", "tool_options"]

F = TypeVar("F", bound=Callable[..., Any])


def tool_options(command: F) -> F:
    """Gives a command the options of tools."""
    for option in (
        click.option("--max-steps", type=click.IntRange(1, 1000), help="How many calls the tools may take. [10]"),
        click.option("--yes", is_flag=True, help="Run the tools without asking."),
        click.option(
            "--tool",
            "tool_names",
            multiple=True,
            metavar="MODULE:FUNCTION",
            help="A Python function that the model may call, after you have said yes: module:function, "
            "path/to/file.py:function, or a module for all of its public ones. May be given several times.",
        ),
    ):
        command = option(command)
    return command


class Toolbox:
    """The functions by their names, and what happens around a call of one: the question, and a line on stderr for what
    came of it. What the functions print goes to stderr too.

    `stop` is what "quit" does to an ask: it raises, or gives what `approve=` may give.
    """

    def __init__(self, names: tuple[str, ...], yes: bool, stop: Callable[[], Any]) -> None:
        self.functions: dict[str, Function] = {}
        self._approval = Approval(stop)
        self._approval.all = yes
        self._told: set[str] = set()
        self._out, self._lock = sys.stdout, threading.Lock()
        self._running, self._turn = 0, 0
        for name in names:
            self.add(name)

    @property
    def params(self) -> dict[str, Any]:
        """What an ask is given; nothing without functions."""
        return {"tools": list(self.functions.values()), "approve": self._approve} if self.functions else {}

    def add(self, named: str) -> None:
        """Take up what `module:function`, or a module alone, names. Raises ConfigurationError."""
        if not self._approval.all and not (is_terminal(sys.stdin) and is_terminal(sys.stderr)):
            raise ConfigurationError(
                "there is nobody to ask before a tool runs, for this isn't a terminal.",
                advice="--yes runs the tools without asking.",
            )
        for given in _functions(named):
            found = function(given)
            _check_types(given, found)
            if found.tool.name in self.functions:
                raise ConfigurationError(f"two tools are called {found.tool.name}.", advice="Rename one of them.")
            self.functions[found.tool.name] = replace(found, run=self._watched(found))

    def _approve(self, call: ToolCall) -> Any:
        known = self.functions[call.name]
        self._told.add(call.id)
        try:
            known.read(call)
        except ValueError as error:  # nobody is asked about a call that can't run
            note(cut(call_line(call)))
            self._tell(call.name, str(error), failed=True)
            return str(error)
        if not self._approval.all:
            return self._approval(known, call)
        note(cut(call_line(call)))
        return True

    def tell_unseen(self, call: ToolCall, result: ToolResult) -> None:
        """Say what the model was told of a call that couldn't even be asked about."""
        if call.id not in self._told:
            self._tell(call.name, result.text, failed=True)

    def stop(self) -> None:
        """The ask was stopped: what a tool that still runs says, nobody hears."""
        with self._lock:
            self._running, self._turn = 0, self._turn + 1
            sys.stdout = self._out

    def _watched(self, found: Function) -> Callable[..., Any]:
        """What runs the function, and tells what came of it."""

        async def waited(**arguments: Any) -> Any:
            with self._watch(found.tool.name) as tell:
                return tell(await found.run(**arguments))

        def watched(**arguments: Any) -> Any:
            with self._watch(found.tool.name) as tell:
                return tell(found.run(**arguments))

        return waited if found.is_async else watched

    @contextmanager
    def _watch(self, name: str) -> Iterator[Callable[[Any], Any]]:
        turn = self._turn

        def tell(value: Any) -> Any:
            if turn == self._turn:
                self._tell(name, answered(ToolCall("", name), value).text)
            return value

        self._enter()
        try:
            yield tell
        except Exception as error:
            if turn == self._turn:
                self._tell(name, f"{type(error).__name__}: {error}", failed=True)
            raise
        finally:
            self._leave(turn)

    def _enter(self) -> None:
        with self._lock:
            self._running += 1
            sys.stdout = sys.stderr

    def _leave(self, turn: int) -> None:
        with self._lock:
            if turn == self._turn:
                self._running -= 1
                if not self._running:
                    sys.stdout = self._out

    def _tell(self, name: str, text: str, failed: bool = False) -> None:
        note(cut(f"{name} {'failed:' if failed else '->'} {text}", before="  "), **({"fg": "yellow"} if failed else {}))


def _functions(named: str) -> list[Any]:
    source, name = split(named)
    module = load(source)
    public = [key for key in getattr(module, "__all__", vars(module)) if not key.startswith("_")]
    own = [key for key in public if _is_own(vars(module).get(key), module.__name__)]
    if not name:
        if not own:
            raise ConfigurationError(f"{source} defines no public function.", advice="Name one: module:function.")
        return [getattr(module, key) for key in own]
    found = attribute(module, name, "function", own)
    if not callable(found):
        raise ConfigurationError(f"{named} is a value ({type(found).__name__}), not a function.")
    return [found]


def _is_own(held: Any, module: str) -> bool:
    return inspect.isfunction(held) and held.__module__ == module


def _check_types(given: Any, found: Function) -> None:
    """A parameter without a type would get text, whatever it is for."""
    for parameter in inspect.signature(given).parameters.values():
        if parameter.annotation is parameter.empty and parameter.name in found.kinds:
            name = found.tool.name
            raise ConfigurationError(
                f"the parameter {parameter.name} of {name} has no type, so the model can't be told what to give.",
                advice=f"Write its type: def {name}({parameter.name}: int), or str, list[str], ...",
            )
