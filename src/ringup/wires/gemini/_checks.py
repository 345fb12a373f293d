"""What Google refuses in a request, told as it tells it: status 400 INVALID_ARGUMENT, with a violation for each field.

The JSON is read as protocol buffers: either name of a field, numbers as strings, one value where several may stand; a
value of another type is refused ("Invalid value at ..."), and so, if wanted, is an unknown name ("Cannot find field").
What the service itself refuses then, having read it, is for who knows which one is meant. The sentences are those of
answers that were recorded or reported up to November 2026.
"""

from __future__ import annotations

from typing import Any, NoReturn

from ringup.errors import BadRequestError
from ringup.wire_tools import encode
from ringup.wires.gemini._fields import MESSAGES, NAMES, plain_name
from ringup.wires.gemini._parts import Block, from_base64

__all__ = ["refuse", "tidy"]

_TYPE = "type.googleapis.com/google.ai.generativelanguage.v1beta."
_ROOT = "GenerateContentRequest"


def refuse(message: str, violations: list[tuple[str, str]] | None = None) -> NoReturn:
    """Google's 400. `violations` are fields and what is wrong with each; the first one's is the error's `param`."""
    details = [
        {"field": field, "description": text} if field else {"description": text} for field, text in violations or ()
    ]
    error: Block = {"code": 400, "message": message, "status": "INVALID_ARGUMENT"}
    if details:
        error["details"] = [{"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": details}]
    param = next((field for field, _ in violations or () if field), None)
    raise BadRequestError(message, status=400, type="INVALID_ARGUMENT", param=param, body={"error": error})


# As protocol buffers


def tidy(body: Any, strict: bool) -> Block:
    """The body with every field under Google's own name, and of its own type; nulls are left out.

    Raises BadRequestError for every value of a wrong type at once; if `strict`, for every unknown name too. Else those
    stay as they are.
    """
    if not isinstance(body, dict):
        refuse("Invalid JSON payload received. Unexpected token.\nRoot element must be a message.")
    found = _Found(strict)
    tidied = found.message(_ROOT, body, "")
    if found.problems:
        refuse("\n".join([text for _, text in found.problems]), found.problems)
    return tidied


class _Found:
    """What is wrong with a body, as it is walked through."""

    __slots__ = ("_strict", "problems")

    def __init__(self, strict: bool) -> None:
        self._strict = strict
        self.problems: list[tuple[str, str]] = []

    def message(self, kind: str, value: Block, path: str) -> Block:
        names, kinds = NAMES[kind], MESSAGES[kind]
        tidied: Block = {}
        for key, item in value.items():
            name = names.get(key)
            if name is None:
                tidied[key] = item
                self._strange(key, path, "Cannot find field.")
            elif item is not None:
                where = f"{path}.{plain_name(name)}" if path else plain_name(name)
                tidied[name] = self._field(kinds[name], item, where)
        return tidied

    def _strange(self, key: str, path: str, what: str, always: bool = False) -> None:
        if self._strict or always:
            at = f" at '{path}'" if path else ""
            self.problems.append((path, f'Invalid JSON payload received. Unknown name "{key}"{at}: {what}'))

    def _field(self, kind: str, value: Any, path: str) -> Any:
        if kind.endswith("*"):
            items = value if isinstance(value, list) else [value]
            return [self._value(kind[:-1], item, f"{path}[{at}]") for at, item in enumerate(items)]
        if isinstance(value, list) and kind != "any":
            parent, _, name = path.rpartition(".")
            self._strange(name, parent, "Proto field is not repeating, cannot start list.", always=True)
            return value
        return self._value(kind, value, path)

    def _value(self, kind: str, value: Any, path: str) -> Any:
        if kind in MESSAGES:
            return self.message(kind, value, path) if isinstance(value, dict) else self._wrong(kind, value, path)
        read = _SCALARS[kind](value)
        return self._wrong(kind, value, path) if read is None else read

    def _wrong(self, kind: str, value: Any, path: str) -> Any:
        word = f"TYPE_{kind.upper()}" if kind in ("string", "int32", "float", "bool", "bytes") else _TYPE + kind
        shown = "Starting an object on a scalar field" if isinstance(value, dict) else encode(value).decode()[:200]
        self.problems.append((path, f"Invalid value at '{path}' ({word}), {shown}"))
        return value


def _int(value: Any) -> int | None:
    number = _float(value)
    return int(number) if number is not None and number == int(number) and abs(number) < 2**31 else None


def _float(value: Any) -> float | None:
    try:
        number = float(value) if isinstance(value, str) else value
    except ValueError:
        return None
    fits = isinstance(number, (int, float)) and not isinstance(number, bool) and abs(number) < 2**1000
    return number if fits else None


def _enum(value: Any) -> str | int | None:
    """A word, which Google takes in any case, or its number."""
    return value if isinstance(value, str) or type(value) is int else None


_SCALARS: dict[str, Any] = {
    "any": lambda value: value,
    "string": lambda value: value if isinstance(value, str) else None,
    "bool": lambda value: value if isinstance(value, bool) else None,
    "object": lambda value: value if isinstance(value, dict) else None,
    "bytes": lambda value: value if from_base64(value) is not None else None,
    "int32": _int,
    "float": _float,
    "enum": _enum,
}
"""How a value of each kind is read; None for one of another type."""
