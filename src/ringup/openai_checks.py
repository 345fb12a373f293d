"""How OpenAI's APIs refuse a request: status 400 with a message, `param` and `code`, and checks of single values.

The words, codes and ranges are OpenAI's (2026-11: error bodies as recorded, openai-openapi v2.3.0 for the limits).
"""

from __future__ import annotations

import math
import re
from typing import Any

from ringup.errors import BadRequestError

__all__ = [
    "bad",
    "check_metadata",
    "check_name",
    "check_number",
    "check_numeric",
    "check_range",
    "check_types",
    "empty",
    "expect",
    "missing",
    "not_json",
    "number",
    "too_long",
    "whole",
    "wrong_type",
    "wrong_value",
]

_NAME = re.compile(r"[a-zA-Z0-9_-]+")
_KINDS: dict[type, str] = {
    type(None): "null",
    bool: "a boolean",
    int: "an integer",
    float: "a decimal number",
    str: "a string",
    list: "an array",
    dict: "an object",
}


def bad(message: str, param: str | None = None, code: str | None = None) -> BadRequestError:
    """A refusal as OpenAI words it."""
    return BadRequestError(message, status=400, type="invalid_request_error", param=param, code=code)


def not_json() -> BadRequestError:
    """The refusal of a body that isn't JSON."""
    return bad(
        "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP library "
        "correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON.)"
    )


def missing(param: str) -> BadRequestError:
    """The refusal of a body without a parameter that it needs."""
    return bad(f"Missing required parameter: '{param}'.", param, "missing_required_parameter")


def wrong_type(param: str, expected: str, value: Any) -> BadRequestError:
    """The refusal of a value of another type than the `expected` one ("a string")."""
    kind = _KINDS.get(type(value), "an unsupported value")
    return bad(f"Invalid type for '{param}': expected {expected}, but got {kind} instead.", param, "invalid_type")


def wrong_value(param: str, value: Any, supported: tuple[str, ...]) -> BadRequestError:
    """The refusal of a word that isn't among the `supported` ones."""
    shown = [f"'{word}'" for word in supported]
    listed = f"{', '.join(shown[:-1])}{',' if len(shown) > 2 else ''} and {shown[-1]}" if shown[1:] else shown[0]
    return bad(f"Invalid value: '{value}'. Supported values are: {listed}.", param, "invalid_value")


def too_long(param: str, kind: str, limit: int, length: int) -> BadRequestError:
    """The refusal of a "string" or "array" (`kind`) above its limit."""
    one = "a string" if kind == "string" else "an array"
    return bad(
        f"Invalid '{param}': {kind} too long. Expected {one} with maximum length {limit}, "
        f"but got {one} with length {length} instead.",
        param,
        f"{kind}_above_max_length",
    )


def empty(param: str) -> BadRequestError:
    """The refusal of a list that holds nothing."""
    return bad(
        f"Invalid '{param}': empty array. Expected an array with minimum length 1, but got an empty array instead.",
        param,
        "empty_array",
    )


def check_range(param: str, value: Any, low: float, high: float | None, kind: str) -> None:
    """Refuse an "integer" or "decimal" (`kind`) outside its range, ends included; no `high` means no upper end."""
    side, sign, limit = ("below", ">=", low) if value < low else ("above", "<=", high)
    if limit is not None and not (low <= value and (high is None or value <= high)):
        edge = "minimum" if side == "below" else "maximum"
        raise bad(
            f"Invalid '{param}': {kind} {side} {edge} value. Expected a value {sign} {limit}, but got {value} instead.",
            param,
            f"{kind}_{side}_{edge[:3]}_value",
        )


def expect(value: Any, kind: type, param: str, expected: str | None = None) -> None:
    """Refuse a value of another type."""
    if value is None or not isinstance(value, kind):
        raise wrong_type(param, expected or _KINDS[kind], value)


def check_types(held: dict[str, Any], kinds: dict[str, type], where: str) -> None:
    """Refuse an object whose fields, where given, are of other types."""
    for name, kind in kinds.items():
        if held.get(name) is not None:
            expect(held[name], kind, f"{where}.{name}")


def check_number(value: Any, param: str, whole: bool) -> None:
    """Refuse what isn't a number, or isn't a `whole` one; 1.0 is whole."""
    fits = isinstance(value, int | float) and not isinstance(value, bool)
    if not fits or (whole and not float(value).is_integer()):
        raise wrong_type(param, "an integer" if whole else "a decimal", value)


def check_numeric(value: Any, param: str) -> None:
    """Refuse what is neither a number nor a text that says one, which servers that coerce values take."""
    try:
        said = isinstance(value, str) and math.isfinite(float(value))
    except ValueError:
        said = False
    if value is not None and not said:
        check_number(value, param, whole=False)


def check_name(name: Any, param: str) -> None:
    """Refuse a name that a function or schema can't have."""
    if name is None:
        raise missing(param)
    expect(name, str, param)
    if not _NAME.fullmatch(name):
        raise bad(
            f"Invalid '{param}': string does not match pattern. Expected a string that matches the pattern "
            "'^[a-zA-Z0-9_-]+$'.",
            param,
            "invalid_value",
        )
    if len(name) > 64:
        raise too_long(param, "string", 64, len(name))


def check_metadata(metadata: dict[str, Any]) -> None:
    """Refuse more than 16 pairs, keys above 64 letters, and values that aren't texts of at most 512."""
    if len(metadata) > 16:
        raise bad(
            f"Invalid 'metadata': too many properties. Expected an object with at most 16 properties, "
            f"but got an object with {len(metadata)} properties instead.",
            "metadata",
            "object_above_max_properties",
        )
    for key, value in metadata.items():
        if len(key) > 64:
            raise bad(
                f"Invalid property name in 'metadata': '{key[:64]}...' is too long. Expected a property name with "
                f"maximum length 64, but got a property name with length {len(key)} instead.",
                "metadata",
                "property_name_above_max_length",
            )
        expect(value, str, f"metadata.{key}")
        if len(value) > 512:
            raise too_long(f"metadata.{key}", "string", 512, len(value))


# What a request holds


def whole(value: Any) -> int | None:
    """A whole number, also one that is written 3.0; None for what is none."""
    if value is None or isinstance(value, str) or (isinstance(value, float) and not value.is_integer()):
        return None
    return int(value)


def number(value: Any) -> float | None:
    """A number; None for a word."""
    return None if isinstance(value, str) else value
