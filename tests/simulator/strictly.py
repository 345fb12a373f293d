"""A value of a vendor's SDK, looked at strictly: nothing unknown in it, nothing of the wrong type."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import BaseModel, TypeAdapter

__all__ = ["strictly", "unknown"]

T = TypeVar("T")


def unknown(value: Any, path: str = "") -> list[str]:
    """The fields, at any depth, that the SDK's types don't have."""
    if isinstance(value, BaseModel):
        found = [f"{path}.{name}" for name in value.model_extra or {} if not name.startswith("_")]
        return found + [deep for name, inner in value for deep in unknown(inner, f"{path}.{name}")]
    if isinstance(value, (list, tuple)):
        return [deep for at, inner in enumerate(value) for deep in unknown(inner, f"{path}[{at}]")]
    return []


def strictly(kind: type[T], body: bytes | str) -> T:
    """A body as a value of the SDK's type: every required field there, each of its type, and no other."""
    value = TypeAdapter(kind).validate_json(body, strict=True)
    assert unknown(value) == []
    return value
