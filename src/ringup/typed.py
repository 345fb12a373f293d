"""From a Python type to the JSON schema of its values, and from JSON to a value of the type.

A type is a msgspec Struct, a dataclass, a TypedDict, an Enum, a Literal, a list, a union, a scalar (date, Decimal, UUID
among them), a pydantic model or anything that contains one (pydantic is never imported here: who has a model has it
loaded), or a JSON schema as a dict.
"""

from __future__ import annotations

import re
import sys
import typing
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from msgspec import Struct

from ringup.errors import MissingExtraError, ParameterError

__all__ = ["Kind", "kind_of"]


class Kind(Struct, frozen=True):
    """A type of answer. `read` turns plain JSON values into one of the type, and raises ValueError, in words that a
    model can act on, for what isn't one."""

    name: str
    schema: dict[str, Any]
    read: Callable[[Any], Any]


def kind_of(given: Any) -> Kind:
    """What a type, or a JSON schema, asks for. Raises ParameterError for a type that can't be put as JSON."""
    if isinstance(given, Mapping):
        return _of_schema(dict(given))
    if _has_pydantic(given):
        return _of_pydantic(given)
    try:
        schema = msgspec.json.schema(given)
    except (TypeError, NameError, RuntimeError) as error:
        raise ParameterError(
            f"output={_shown(given)} can't be put as a JSON schema: {error}",
            parameter="output",
            advice="Use a dataclass, TypedDict, msgspec.Struct, pydantic model, Enum, Literal, list or scalar, or "
            "give a JSON schema as a dict.",
        ) from None
    return Kind(_name(given), schema, _reader(given))


def _reader(given: Any) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        try:
            return msgspec.convert(value, given)
        except msgspec.ValidationError as error:
            raise ValueError(str(error)) from None

    return read


def _shown(given: Any) -> str:
    return given.__name__ if isinstance(given, type) else repr(given)[:100]


def _name(given: Any) -> str:
    """A name that every vendor takes: letters, digits, _ and -, at most 64."""
    name = given if isinstance(given, str) else getattr(given, "__name__", "") or "answer"
    return re.sub(r"[^A-Za-z0-9_-]+", "_", name)[:64].strip("_") or "answer"


# pydantic


def _is_pydantic(given: Any) -> bool:
    return isinstance(given, type) and hasattr(given, "model_json_schema") and hasattr(given, "model_validate")


def _has_pydantic(given: Any, seen: tuple[Any, ...] = ()) -> bool:
    """Whether a type is a pydantic model, or is made with one."""
    if "pydantic" not in sys.modules or given in seen:
        return False
    if _is_pydantic(given) or hasattr(given, "__pydantic_config__") or hasattr(given, "__pydantic_fields__"):
        return True
    inner = list(typing.get_args(given))
    if hasattr(given, "__dataclass_fields__") or typing.is_typeddict(given):
        try:
            inner += typing.get_type_hints(given).values()
        except NameError:
            return False
    return any(_has_pydantic(part, (*seen, given)) for part in inner if isinstance(part, type) or typing.get_args(part))


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
