"""Values as Python code, laid out as a person would: on one line where there is room, else a line for each item."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any

from msgspec import NODEFAULT, Struct
from msgspec.structs import FieldInfo, fields

__all__ = ["Call", "Code", "written"]

_WIDTH = 110
_BREAKS = {code: f"\\u{code:04x}" for code in (0x85, 0x2028, 0x2029)}
"""What some tools take as the end of a line."""


class Call(Struct, frozen=True):
    """A call: what is called, and its arguments, each with what stands before it ("model=", or nothing)."""

    name: str
    arguments: list[tuple[str, Any]]


class Code(Struct, frozen=True):
    """Code as it stands."""

    text: str


def written(value: Any, indent: int = 0, before: int = 0) -> str:
    """A value as an expression. It begins `before` letters into a line that is indented so far.

    Values of ringup are written as `ringup.Text(...)`, without what they have by default.
    """
    flat = _flat(value)
    if indent + before + len(flat) <= _WIDTH:
        return flat
    inner, end = " " * (indent + 4), "\n" + " " * indent
    if isinstance(value, str):
        lines = value.splitlines(keepends=True) if "\n" in value else []
        return f"(\n{''.join([f'{inner}{_flat(line)}' + chr(10) for line in lines])}{end[1:]})" if lines else flat
    opening, items, closing = _shape(value) or (flat, [], "")
    if not items:
        return flat
    body = [f"\n{inner}{name}{written(item, indent + 4, len(name) + 1)}," for name, item in items]
    return f"{opening}{''.join(body)}{end}{closing}"


def _flat(value: Any) -> str:
    """All on one line."""
    if isinstance(value, Code):
        return value.text
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).translate(_BREAKS)
    if (shape := _shape(value)) is None:
        return repr(value)
    opening, items, closing = shape
    comma = "," if isinstance(value, tuple) and len(value) == 1 else ""
    return f"{opening}{', '.join([name + _flat(item) for name, item in items])}{comma}{closing}"


def _shape(value: Any) -> tuple[str, list[tuple[str, Any]], str] | None:
    """What stands around a value's items, and the items; None for one that has none."""
    match value:
        case dict():
            return "{", [(f"{_flat(name)}: ", item) for name, item in value.items()], "}"
        case list():
            return "[", [("", item) for item in value], "]"
        case tuple():
            return "(", [("", item) for item in value], ")"
        case bytes():
            return "base64.b64decode(", [("", b64encode(value).decode())], ")"
        case Call():
            return f"{value.name}(", value.arguments, ")"
        case Struct():
            return f"ringup.{type(value).__name__}(", _fields(value), ")"
    return None


def _fields(value: Struct) -> list[tuple[str, Any]]:
    held = [(field, getattr(value, field.name)) for field in fields(value)]
    return [(f"{field.name}=", item) for field, item in held if item != _default(field)]


def _default(field: FieldInfo) -> Any:
    return field.default if field.default_factory is NODEFAULT else field.default_factory()
