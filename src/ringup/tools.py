"""Python functions as tools: what a model is told of them, how its arguments are checked, and what it is told back.

The schema comes from the type hints (descriptions in `Annotated[str, "..."]`, defaults, Literal, nested types), the
description from the docstring: Google, NumPy and reST styles are read with docstring-parser (the extra `tools`);
without it the docstring's first paragraph is the tool's description, and parameters have none but those in `Annotated`.
"""

from __future__ import annotations

import re
import typing
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from ringup.errors import ParameterError
from ringup.masks import Quiet
from ringup.messages import Document, Image, Opaque, Text, Tool, ToolCall, ToolResult
from ringup.typed import Kind, kind_of

if TYPE_CHECKING:
    import inspect

__all__ = ["Function", "answered", "failed", "function", "read_tools"]

Schema = dict[str, Any]


class Function(Struct, frozen=True):
    """A function as a tool. `read` checks the arguments of a call, and raises ValueError in words for the model."""

    tool: Tool
    run: Callable[..., Any]
    kinds: dict[str, Kind]
    required: frozenset[str]
    is_async: bool

    def read(self, call: ToolCall) -> dict[str, Any]:
        """The arguments as the function wants them. Raises ValueError, naming the argument."""
        given = call.arguments
        mistakes = [f"{name} is missing" for name in sorted(self.required - given.keys())]
        mistakes += [f"{name} isn't one of its parameters" for name in given if name not in self.kinds]
        found = {}
        for name, value in given.items():
            if name in self.kinds:
                try:
                    found[name] = self.kinds[name].read(value)
                except ValueError as error:
                    mistakes.append(f"{name}: {error}")
        if mistakes:
            raise ValueError(f"The arguments of {call.name} don't fit: {'; '.join(mistakes)}.")
        return found


def read_tools(given: Any) -> tuple[tuple[Tool | Opaque, ...], dict[str, Function]]:
    """The tools of a call, and those among them that ringup runs: functions. The others are for a loop of one's own:
    `Tool` values, and dicts in a vendor's shape.

    Raises ParameterError, naming the tool.
    """
    if given is None:
        return (), {}
    if isinstance(given, (str, bytes, Mapping)) or not isinstance(given, Sequence):
        raise _bad("tools", f"tools is of the type {type(given).__name__}, not a list of functions")
    tools: list[Tool | Opaque] = []
    functions: dict[str, Function] = {}
    for at, item in enumerate(given):
        found = _read_tool(item, f"tools[{at}]")
        if isinstance(found, Function):
            functions[found.tool.name] = found
            found = found.tool
        if isinstance(found, Tool) and any(isinstance(tool, Tool) and tool.name == found.name for tool in tools):
            raise _bad(f"tools[{at}]", f"two tools are called {found.name!r}")
        tools.append(found)
    return tuple(tools), functions


def _bad(where: str, why: str) -> ParameterError:
    return ParameterError(
        why, parameter=where, advice="Give plain functions with type hints: tools=[get_weather, search]."
    )


def _read_tool(item: Any, where: str) -> Function | Tool | Opaque:
    match item:
        case Function() | Tool() | Opaque():
            return item
        case Mapping():
            return _read_dict(Quiet(item), where)
    if callable(item):
        return function(item)
    raise _bad(where, f"{where} is of the type {type(item).__name__}, not a function")


def _read_dict(item: dict[str, Any], where: str) -> Tool:
    """A tool in OpenAI's shape (nested or flat), Anthropic's, or the plain one."""
    inner = item["function"] if isinstance(item.get("function"), Mapping) else item
    schema = inner.get("parameters", inner.get("input_schema"))
    name, kind = inner.get("name"), item.get("type", "function")
    if not isinstance(name, str) or kind not in ("function", "custom") or not isinstance(schema, Mapping | None):
        raise _bad(where, f'{where} is no tool: a dict has its "name", "description" and "parameters"')
    return Tool(name, inner.get("description"), None if schema is None else dict(schema), inner.get("strict"))


def function(given: Callable[..., Any]) -> Function:
    """A function as a tool: also a method, an object that can be called, or a functools.partial, whose filled
    parameters the model doesn't see. Raises ParameterError for one whose name or parameters can't be put to a model."""
    try:
        return _known(given)
    except TypeError:  # it isn't hashable: an object of a class that is compared by value
        return _function(given)


def _function(given: Callable[..., Any]) -> Function:
    import inspect  # here, for its import takes longer than ours

    told_by = _with_hints(given)
    called = _name(given)
    what, told = _docstring(given, told_by)
    kinds, required = {}, []
    for parameter in _parameters(given, told_by, called):
        hint, said = _hint(parameter.annotation)
        kind = _kind(hint, called, parameter.name)
        if parameter.default is inspect.Parameter.empty:
            required.append(parameter.name)
        schema = _described(kind.schema, said or told.get(parameter.name), parameter.default)
        kinds[parameter.name] = Kind(kind.name, schema, kind.read)
    return Function(
        tool=Tool(called, what, _schema(kinds, required)),
        run=given,
        kinds=kinds,
        required=frozenset(required),
        is_async=inspect.iscoroutinefunction(given) or inspect.iscoroutinefunction(told_by),
    )


_known = lru_cache(maxsize=256)(_function)
"""A function is looked at once."""


def _with_hints(given: Any) -> Any:
    """What has the hints and the docstring: the function itself, that in a partial, or an object's `__call__`."""
    while isinstance(given, partial):
        given = given.func
    if isinstance(given, type):
        return vars(given).get("__init__", given)
    return given if hasattr(given, "__code__") or hasattr(given, "__wrapped__") else type(given).__call__


def _name(given: Any) -> str:
    while isinstance(given, partial):
        given = given.func
    name = str(getattr(given, "__name__", type(given).__name__))
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", name):
        raise _bad(
            "tools", f"a model can't call a tool by the name {name!r}: that takes up to 64 letters, digits, _ and -"
        )
    return name


def _parameters(given: Any, told_by: Any, called: str) -> list[inspect.Parameter]:
    import inspect  # here, for its import takes longer than ours

    try:
        found = list(inspect.signature(given).parameters.values())
        hints = typing.get_type_hints(told_by, include_extras=True)
    except (TypeError, ValueError, NameError) as error:
        raise _bad("tools", f"the parameters of {called} can't be told: {error}") from None
    filled = set(given.keywords) if isinstance(given, partial) else set()
    found = [parameter for parameter in found if parameter.name not in filled]
    for parameter in found:
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD, parameter.POSITIONAL_ONLY):
            raise _bad("tools", f"{called} has the parameter {parameter}, and a model can only fill named ones")
    return [parameter.replace(annotation=hints.get(parameter.name, str)) for parameter in found]


def _described(schema: Schema, said: str | None, default: Any) -> Schema:
    """A parameter's schema with its description and its default."""
    notes: Schema = {"description": said} if said else {}
    notes |= _default(default)
    if not notes:
        return schema
    if "$ref" not in schema:
        return {**schema, **notes}
    defs = {"$defs": schema["$defs"]} if "$defs" in schema else {}
    return {"anyOf": [{"$ref": schema["$ref"]}], **notes, **defs}  # beside $ref, Google takes nothing


def _hint(hint: Any) -> tuple[Any, str | None]:
    """The type, and the description that stands in its `Annotated`: a string, or a Meta or Field that has one."""
    if typing.get_origin(hint) is not Annotated:
        return hint, None
    bare, *notes = typing.get_args(hint)
    said = next((note for note in notes if isinstance(note, str)), None)
    said = said or next((note.description for note in notes if getattr(note, "description", None)), None)
    kept = tuple([note for note in notes if not isinstance(note, str)])
    return (Annotated[(bare, *kept)] if kept else bare), said


def _kind(hint: Any, called: str, name: str) -> Kind:
    try:
        return kind_of(hint)
    except ParameterError as error:
        raise _bad(
            "tools", f"the parameter {name} of {called} can't be described to a model: {error.message}"
        ) from None


def _default(value: Any) -> Schema:
    """The default, where there is one, and it can be put as JSON."""
    import inspect  # here, for its import takes longer than ours

    if value is inspect.Parameter.empty:
        return {}
    try:
        return {"default": msgspec.to_builtins(value, enc_hook=_refuse, str_keys=True)}
    except (TypeError, NotImplementedError):
        return {}


def _refuse(value: Any) -> Any:
    raise NotImplementedError(type(value).__name__)


def _schema(kinds: dict[str, Kind], required: list[str]) -> Schema:
    """The parameters together. What the types refer to is gathered at the root."""
    properties: Schema = {}
    defs: Schema = {}
    for name, kind in kinds.items():
        schema = _apart(kind.schema, defs)
        defs |= schema.pop("$defs", {})
        properties[name] = schema
    schema = {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
    return {**schema, "$defs": defs} if defs else schema


def _apart(schema: Schema, taken: Schema) -> Schema:
    """The schema, with other names for those of its definitions whose names stand for something else already."""
    own = schema.get("$defs", {})
    names = {name: name for name in own}
    for name in [name for name, held in own.items() if taken.get(name, held) != held]:
        names[name] = next(new for at in range(2, 1000) if (new := f"{name}_{at}") not in taken and new not in own)
    if all(name == new for name, new in names.items()):
        return dict(schema)
    moved: Schema = _renamed({key: held for key, held in schema.items() if key != "$defs"}, names)
    return {**moved, "$defs": {new: _renamed(own[name], names) for name, new in names.items()}}


def _renamed(held: Any, names: dict[str, str]) -> Any:
    match held:
        case dict():
            found = {key: _renamed(item, names) for key, item in held.items()}
            if isinstance(ref := held.get("$ref"), str):
                name = ref.removeprefix("#/$defs/")
                found["$ref"] = f"#/$defs/{names.get(name, name)}"
            return found
        case list():
            return [_renamed(item, names) for item in held]
    return held


def _docstring(given: Any, told_by: Any) -> tuple[str | None, dict[str, str]]:
    """What a function does, and what its parameters are, as its docstring says. Of an object that can be called, that
    of its `__call__`, or else of its class."""
    import inspect  # here, for its import takes longer than ours

    while isinstance(given, partial):
        given = given.func
    text = inspect.cleandoc((None if isinstance(given, type) else told_by.__doc__) or _class_of(given).__doc__ or "")
    if not text:
        return None, {}
    try:
        import docstring_parser
    except ModuleNotFoundError:
        return text.split("\n\n")[0].strip(), {}
    found = docstring_parser.parse(text)
    what = "\n\n".join([part for part in (found.short_description, found.long_description) if part])
    return what or None, {one.arg_name: one.description for one in found.params if one.description}


def _class_of(given: Any) -> Any:
    """What has the docstring, where `__call__` has none."""
    if isinstance(given, type) or hasattr(given, "__code__"):
        return given
    return type(given)


# What the model is told back


def answered(call: ToolCall, value: Any) -> ToolResult:
    """The result of a call: words and parts as they are, anything else as JSON, and nothing as "null"."""
    match value:
        case ToolResult():
            return replace(value, call_id=call.id)
        case str():
            return ToolResult(call.id, (Text(value),))
        case Text() | Image() | Document():
            return ToolResult(call.id, (value,))
        case list() | tuple() if value and all(isinstance(part, (str, Text, Image, Document)) for part in value):
            if not all(isinstance(part, str) for part in value):
                parts = [Text(part) if isinstance(part, str) else part for part in value]
                return ToolResult(call.id, tuple(parts))
    return ToolResult(call.id, (Text(_as_json(value)),))


def _as_json(value: Any) -> str:
    return msgspec.json.encode(value, enc_hook=_plain).decode()


def _plain(value: Any) -> Any:
    """What msgspec doesn't know: a pydantic model, or, at last, the value's own words."""
    dump = getattr(value, "model_dump", None)
    return dump(mode="json") if callable(dump) else str(value)


def failed(call: ToolCall, error: BaseException | str) -> ToolResult:
    """What went wrong, for the model to act on."""
    words = error if isinstance(error, str) else f"{type(error).__name__}: {error}"
    return ToolResult(call.id, (Text(words),), is_error=True)
