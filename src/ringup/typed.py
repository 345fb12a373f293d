"""From a Python type to the JSON schema of its values, and from JSON to a value of the type.

A type is a msgspec Struct, a dataclass, a TypedDict, an Enum, a Literal, a list, a union, a scalar (date, Decimal, UUID
among them), a pydantic model or anything that contains one (pydantic is never imported here: who has a model has it
loaded), or a JSON schema as a dict.
"""

from __future__ import annotations

import re
import sys
import typing
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

import msgspec
from msgspec import Struct, inspect

from ringup.errors import MissingExtraError, ParameterError

__all__ = ["Kind", "kind_of"]


class Kind(Struct, frozen=True, eq=False):
    """A type of answer. `read` turns plain JSON values into one of the type, and raises ValueError, in words that a
    model can act on, for what isn't one. Each is equal only to itself."""

    name: str
    schema: dict[str, Any]
    read: Callable[[Any], Any]


def kind_of(given: Any) -> Kind:
    """What a type, or a JSON schema, asks for. Raises ParameterError for a type that can't be put as JSON."""
    if isinstance(given, Mapping):
        return _of_schema(dict(given))
    try:
        return _known(given)
    except TypeError:  # it isn't hashable: an Annotated with a list in it, say
        return _kind_of(given)


def _kind_of(given: Any) -> Kind:
    if _is_data(given):
        raise ParameterError(
            f"output={given!r} is a value, not a type",
            parameter="output",
            advice="Give the type itself: output=int, output=list[str], output=Person.",
        )
    if _has_pydantic(given):
        return _of_pydantic(given)
    try:
        schema = _with_times(msgspec.json.schema(given), msgspec.inspect.type_info(given))
    except (TypeError, ValueError, NameError, RuntimeError) as error:
        raise ParameterError(
            f"output={_shown(given)} can't be put as a JSON schema: {error}",
            parameter="output",
            advice="Use a dataclass, TypedDict, msgspec.Struct, pydantic model, Enum, Literal, list or scalar, or "
            "give a JSON schema as a dict.",
        ) from None
    return Kind(_name(given), schema, _reader(given))


_known = lru_cache(maxsize=256, typed=True)(_kind_of)
"""A type's schema is made once."""


def _is_data(given: Any) -> bool:
    return isinstance(given, (str, bytes, int, float, list, tuple, set))


def _reader(given: Any) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        try:
            return msgspec.convert(value, given, str_keys=True)
        except msgspec.ValidationError as error:
            raise ValueError(str(error)) from None

    return read


def _shown(given: Any) -> str:
    return given.__name__ if isinstance(given, type) else repr(given)[:100]


def _name(given: Any) -> str:
    """A name that every vendor takes: letters, digits, _ and -, at most 64."""
    name = given if isinstance(given, str) else getattr(given, "__name__", "") or "answer"
    return re.sub(r"[^A-Za-z0-9_-]+", "_", name)[:64].strip("_") or "answer"


# Dates and times, of which msgspec tells a schema only those with a time zone

_DAY = "[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
_HOUR = "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]{1,6})?"
_TIMES: dict[type, tuple[str, str, str]] = {
    inspect.DateTimeType: ("date-time", f"^{_DAY}T{_HOUR}$", "Date and time without time zone: 2026-11-23T09:30:00"),
    inspect.TimeType: ("time", f"^{_HOUR}$", "Time of day without time zone: 09:30:00"),
}


def _with_times(schema: dict[str, Any], root: inspect.Type) -> dict[str, Any]:
    """The schema with a format, or a pattern, for each date and time in it. The type is walked beside the schema."""
    seen: set[str] = set()

    def walk(held: Any, kind: Any) -> None:
        while isinstance(kind, inspect.Metadata):
            kind = kind.type
        if not isinstance(held, dict):
            return
        if isinstance(ref := held.get("$ref"), str):
            if ref not in seen:
                seen.add(ref)
                walk(schema["$defs"][ref.removeprefix("#/$defs/")], kind)
        elif type(kind) in _TIMES and held.get("format") in (None, "partial-time"):
            _tell_time(held, kind)
        else:
            for part, inner in _beside(held, kind):
                walk(part, inner)
            if isinstance(kind, inspect.TypedDictType) and "properties" in held:  # msgspec sorts those by name
                order = {name: at for at, name in enumerate(typing.get_type_hints(kind.cls))}
                held["properties"] = dict(sorted(held["properties"].items(), key=lambda field: order[field[0]]))

    walk(schema, root)
    return schema


def _tell_time(held: dict[str, Any], kind: Any) -> None:
    form, pattern, words = _TIMES[type(kind)]
    if kind.tz is False:
        held.pop("format", None)
        held["pattern"] = pattern
        held.setdefault("description", words)
    else:
        held["format"] = form


def _beside(held: dict[str, Any], kind: Any) -> Iterator[tuple[Any, Any]]:
    """The parts of a schema, each with its type."""
    match kind:
        case inspect.UnionType():
            times = [part for part in kind.types if type(_bare(part)) in _TIMES]
            texts = [part for part in held.get("anyOf", ()) if part.get("type") == "string" and "enum" not in part]
            yield from zip(texts, times, strict=False)
            others = [part for part in kind.types if type(_bare(part)) not in _TIMES]
            yield from _alike(held.get("anyOf", ()), others)
        case inspect.StructType() | inspect.DataclassType() | inspect.TypedDictType() | inspect.NamedTupleType():
            fields = list(held["properties"].values()) if "properties" in held else held.get("prefixItems", [])
            yield from zip(fields[len(fields) - len(kind.fields) :], [field.type for field in kind.fields], strict=True)
        case inspect.TupleType():
            yield from zip(held.get("prefixItems", ()), kind.item_types, strict=False)
        case inspect.CollectionType():
            yield held.get("items"), kind.item_type
        case inspect.DictType():
            yield held.get("additionalProperties"), kind.value_type


def _bare(kind: Any) -> Any:
    while isinstance(kind, inspect.Metadata):
        kind = kind.type
    return kind


def _alike(parts: Any, kinds: list[Any]) -> Iterator[tuple[Any, Any]]:
    """The alternatives of a union with their types: objects by their name, lists and maps by there being one."""
    for part in parts:
        if "anyOf" in part:
            yield from _alike(part["anyOf"], kinds)
        elif "$ref" in part:
            name = part["$ref"].removeprefix("#/$defs/")
            yield from [(part, kind) for kind in kinds if _called(_bare(kind)) == name]
        elif part.get("type") == "array":
            yield from [
                (part, kind) for kind in kinds if isinstance(_bare(kind), (inspect.CollectionType, inspect.TupleType))
            ]
        elif part.get("type") == "object":
            yield from [(part, kind) for kind in kinds if isinstance(_bare(kind), inspect.DictType)]


def _called(kind: Any) -> str:
    return re.sub(r"[^a-zA-Z0-9.\-_]", "_", getattr(getattr(kind, "cls", None), "__name__", ""))


# pydantic


def _is_pydantic(given: Any) -> bool:
    return isinstance(given, type) and hasattr(given, "model_json_schema") and hasattr(given, "model_validate")


def _has_pydantic(given: Any, seen: tuple[Any, ...] = ()) -> bool:
    """Whether a type is a pydantic model, or is made with one."""
    if "pydantic" not in sys.modules or given in seen:
        return False
    if _is_pydantic(given) or hasattr(given, "__pydantic_config__") or hasattr(given, "__pydantic_fields__"):
        return True
    if type(given).__module__.partition(".")[0] in ("pydantic", "annotated_types"):
        return True  # a Field, or a limit, in an Annotated
    inner = list(typing.get_args(given))
    if hasattr(given, "__dataclass_fields__") or typing.is_typeddict(given):
        try:
            inner += typing.get_type_hints(given, include_extras=True).values()
        except NameError:
            return False
    return any(_has_pydantic(part, (*seen, given)) for part in inner)


def _of_pydantic(given: Any) -> Kind:
    pydantic: Any = sys.modules["pydantic"]
    try:
        adapter = pydantic.TypeAdapter(given)
        schema = adapter.json_schema(mode="validation")
    except Exception as error:
        raise ParameterError(
            f"output={_shown(given)} can't be put as a JSON schema: {error}", parameter="output"
        ) from None

    def read(value: Any) -> Any:
        try:
            return adapter.validate_json(msgspec.json.encode(value))
        except ValueError as error:  # pydantic's ValidationError is one
            raise ValueError(_told(error)) from None

    return Kind(_name(given), schema, read)


def _told(error: Any) -> str:
    """The first mistakes that pydantic found, each with its place."""
    found = [f"{'.'.join(str(step) for step in item['loc']) or 'value'}: {item['msg']}" for item in error.errors()[:5]]
    return "; ".join(found)


# A schema as a dict


def _of_schema(schema: dict[str, Any]) -> Kind:
    if not schema.keys() & {"type", "properties", "anyOf", "oneOf", "allOf", "enum", "const", "$ref", "$defs"}:
        raise ParameterError(
            "output= is a dict, but no JSON schema: it names no type",
            parameter="output",
            advice='For example: {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}.',
        )
    return Kind(_name(schema.get("title", "answer")), schema, _validator(schema))


def _validator(schema: dict[str, Any]) -> Callable[[Any], Any]:
    try:
        from jsonschema import Draft202012Validator, exceptions
    except ModuleNotFoundError:
        raise MissingExtraError(
            "an answer is validated against a JSON schema with jsonschema, which isn't installed.",
            advice="Install it: pip install 'ringup[schema]'; or give a type instead of a schema.",
        ) from None
    try:
        Draft202012Validator.check_schema(schema)
    except exceptions.SchemaError as error:
        raise ParameterError(f"output= is no valid JSON schema: {error.message}", parameter="output") from None
    found = Draft202012Validator(schema)

    def read(value: Any) -> Any:
        mistakes = [f"{mistake.json_path}: {mistake.message}" for mistake in list(found.iter_errors(value))[:5]]
        if mistakes:
            raise ValueError("; ".join(mistakes))
        return value

    return read
