"""What an ask is given beyond the prompt: tools, a type, how much to think. Read once, and checked, before the first
call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, cast

from msgspec import Struct, convert

from ringup.errors import ParameterError
from ringup.later import later
from ringup.messages import Opaque, Tool, ToolCall, ToolChoice

if TYPE_CHECKING:
    from ringup import tools as tooling
    from ringup import typed
    from ringup.tools import Function
    from ringup.typed import Kind
else:
    tooling = later("tools")
    typed = later("typed")

__all__ = ["NAMES", "Approve", "Ask", "read_ask"]

MAX_STEPS = 10

Approve = Callable[[ToolCall], Any]
"""Sees each call before it runs. Gives True to allow it, False or words to deny it (the model is told), a dict of other
arguments, or `ringup.PAUSE`. In async code it may be a coroutine function."""

_MODES = ("auto", "none", "required")


class Ask(Struct, frozen=True, kw_only=True):
    """Tools, with those of them that ringup runs, and the type of the answer."""

    tools: tuple[Tool | Opaque, ...] = ()
    functions: dict[str, Function] = {}
    choice: ToolChoice | None = None
    parallel: bool | None = None
    kind: Kind | None = None
    max_steps: int = MAX_STEPS
    approve: Approve | None = None
    raise_errors: bool = False
    repair: int = 0

    @property
    def is_plain(self) -> bool:
        """Whether one call is all that it takes."""
        return not self.functions and self.kind is None

    def choice_at(self, step: int) -> ToolChoice | None:
        """Whether a tool must be called: a demand holds for the first call only, or there would be no end."""
        return self.choice if step == 0 or self.choice is None or self.choice.mode == "none" else None


_PLAIN = Ask()
_NAMES = ("tools", "output", "tool_choice", "parallel_tool_calls", "max_steps", "approve", "repair")

NAMES = frozenset({*_NAMES, "raise_tool_errors"})
"""The parameters that an `Ask` is read from."""


def read_ask(given: Mapping[str, Any]) -> Ask:
    """Raises ParameterError, naming the parameter."""
    if all(given.get(name) is None for name in _NAMES):
        return _PLAIN
    tools, functions = tooling.read_tools(given.get("tools"))
    output = given.get("output")
    approve = given.get("approve")
    if approve is not None and not callable(approve):
        raise _wrong("approve", approve, "a function that sees each call: approve=lambda call: call.name != 'delete'")
    return Ask(
        tools=tools,
        functions=functions,
        choice=_choice(given.get("tool_choice"), tools),
        parallel=_flag(given, "parallel_tool_calls"),
        kind=None if output is None else typed.kind_of(output),
        max_steps=_count(given, "max_steps", MAX_STEPS, 1),
        approve=approve,
        raise_errors=bool(_flag(given, "raise_tool_errors")),
        repair=_count(given, "repair", 0, 0),
    )


def _choice(given: Any, tools: tuple[Tool | Opaque, ...]) -> ToolChoice | None:
    """ "auto", "none", "required", or a tool by its name or its function."""
    if given is None or isinstance(given, ToolChoice):
        return given
    if isinstance(given, dict) and given.get("mode") in (*_MODES, "tool"):  # from a saved conversation
        return convert(given, ToolChoice)
    name = given if isinstance(given, str) else tooling.function(given).tool.name if callable(given) else None
    if name in _MODES:
        return ToolChoice(cast("Any", name))
    names = [tool.name for tool in tools if isinstance(tool, Tool)]
    if name in names:
        return ToolChoice("tool", name)
    raise _wrong("tool_choice", given, f"one of {', '.join(map(repr, (*_MODES, *names)))}")


def _flag(given: Mapping[str, Any], name: str) -> bool | None:
    value = given.get(name)
    if value is None or isinstance(value, bool):
        return value
    raise _wrong(name, value, "True or False")


def _count(given: Mapping[str, Any], name: str, default: int, least: int) -> int:
    value = given.get(name)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= 1000:
        raise _wrong(name, value, f"a whole number from {least} to 1000")
    return value


def _wrong(name: str, value: Any, wanted: str) -> ParameterError:
    return ParameterError(f"{name}={value!r} can't be used: give {wanted}", parameter=name)
