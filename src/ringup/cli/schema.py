"""The option --schema: a JSON schema in a file or in the line, a Python type, or a few words; and the JSON of the
answer."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import msgspec

from ringup.cli.imports import attribute, load, split
from ringup.errors import ConfigurationError, ParameterError
from ringup.typed import kind_of
from ringup.wire_tools import decode

__all__ = ["plain", "read_schema"]

_ADVICE = (
    "--schema takes a file (person.json), a JSON schema ('{\"type\": ...}'), a Python type (models:Person), or fields: "
    '"name, age int, tags [str]".'
)
_TYPES = {"str": "string", "int": "integer", "float": "number", "bool": "boolean"}
_OUTPUT = re.compile(r"^output=(?:\w+)?")
_FIELDS = re.compile(r"\s*\w+(?:[\s,]+[\w\[\]]+)+\s*,?\s*")
_FIELD = re.compile(r"([A-Za-z_]\w*)(?:\s+(?:(\w+)|\[(\w+)\]))?")


def read_schema(given: str) -> Any:
    """A schema, or a type, as `output=` takes it. Raises ConfigurationError for what is none."""
    output = _read(given)
    try:
        kind_of(output)
    except ParameterError as error:
        words = error.message.replace(" is a dict, but no JSON schema", " is no JSON schema")
        where = "--schema" if given.lstrip().startswith("{") else given.strip()
        raise ConfigurationError(_OUTPUT.sub(where, words), advice=error.advice) from None
    return output


def _read(given: str) -> Any:
    text = given.strip()
    if text.startswith("{"):
        return _parsed(text, "--schema")
    if _is_file(text):
        return _parsed(_content(Path(text)), text)
    if split(text)[1]:
        return _type(text)
    if _FIELDS.fullmatch(text):
        return _of_fields(text)
    looked = "" if Path(text).is_absolute() else f" (looked for in {Path.cwd()})"
    raise ConfigurationError(f"there is no file {text!r}{looked}.", advice=_ADVICE)


def _is_file(text: str) -> bool:
    try:
        return Path(text).is_file()
    except (OSError, ValueError):
        return False


def _content(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ConfigurationError(f"{path} can't be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise ConfigurationError(f"{path} isn't text in UTF-8, so it is no JSON schema.") from None


def _parsed(text: str, where: str) -> dict[str, Any]:
    try:
        schema = decode(text)
    except ValueError:
        raise ConfigurationError(f"{where} isn't valid JSON: {_mistake(text)}.", advice=_ADVICE) from None
    if not isinstance(schema, dict):
        raise ConfigurationError(f"{where} is no JSON schema: it isn't an object in {{ }}.", advice=_ADVICE)
    return schema


def _mistake(text: str) -> str:
    """What Python's parser says of it, which counts in lines."""
    import json  # here, for only a mistake needs it

    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return f"{error.msg} (line {error.lineno}, column {error.colno})"
    except RecursionError:
        pass
    return "it is nested too deeply"


def _type(named: str) -> Any:
    source, name = split(named)
    module = load(source)
    types = [key for key, held in vars(module).items() if isinstance(held, type) and held.__module__ == module.__name__]
    found = attribute(module, name, "type", types)
    if isinstance(found, (str, bytes, int, float, list, tuple, set, type(None))):
        raise ConfigurationError(f"{named} is a value ({type(found).__name__}), not a type.", advice=_ADVICE)
    return found


def _of_fields(text: str) -> dict[str, Any]:
    """A flat object from fields in words. All of them are required."""
    fields = dict(_field(field.strip()) for field in text.split(",") if field.strip())
    return {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": False}


def _field(text: str) -> tuple[str, dict[str, Any]]:
    found = _FIELD.fullmatch(text)
    kind = (found[2] or found[3] or "str") if found else ""
    if found is None or kind not in _TYPES:
        raise ConfigurationError(
            f"--schema: the field {text!r} can't be understood.",
            advice=f"A field is a name and a type: {', '.join(_TYPES)}, or a list of these, like [str]. For anything "
            "else give a JSON schema, or a Python type.",
        )
    schema: dict[str, Any] = {"type": _TYPES[kind]}
    return found[1], {"type": "array", "items": schema} if found[3] else schema


def plain(output: Any) -> Any:
    """A value of the answer's type as plain values, for JSON."""
    return msgspec.to_builtins(output, enc_hook=_dumped, str_keys=True)


def _dumped(value: Any) -> Any:
    """What msgspec doesn't know: a pydantic model, or, at last, the value's own words."""
    dump = getattr(value, "model_dump", None)
    return dump(mode="json") if callable(dump) else str(value)
