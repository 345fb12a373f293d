"""A function call that comes in pieces, as Vertex sends it where streamFunctionCallArguments was asked for.

The first piece has the name, and each says `willContinue` but for the last. Arguments are told by their place:
{"jsonPath": "$.city", "stringValue": "Par", "willContinue": true}. Facts: google-genai 3.4.0 (types.PartialArg).
"""

from __future__ import annotations

import re
from typing import Any

from ringup.wires.gemini._parts import Block

__all__ = ["Calling", "is_piece"]

_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d{1,4})\]|\[['\"]([^'\"]*)['\"]\]")
_VALUES = ("stringValue", "numberValue", "boolValue", "nullValue")
_PIECES = ("partialArgs", "willContinue")
_LONGEST = 500


def is_piece(call: Block) -> bool:
    """Whether a call isn't whole: more of it follows, or it has pieces of arguments."""
    return call.get("willContinue") is True or isinstance(call.get("partialArgs"), list)


class Calling:
    """A call as it comes: `block` is its first part, the one with the name and the signature."""

    __slots__ = ("_args", "block")

    def __init__(self, block: Block) -> None:
        self.block = {key: value for key, value in block.items() if key != "text"}
        self._args: Any = {}

    def add(self, call: Block) -> None:
        """Take a piece. What has no place is left alone."""
        if isinstance(call.get("args"), dict) and isinstance(self._args, dict):
            self._args |= call["args"]
        pieces = call.get("partialArgs")
        for piece in pieces if isinstance(pieces, list) else ():
            if isinstance(piece, dict) and isinstance(piece.get("jsonPath"), str):
                self._put(_STEP.findall(piece["jsonPath"][:_LONGEST]), piece)

    def _put(self, steps: list[tuple[str, str, str]], piece: Block) -> None:
        name = next((name for name in _VALUES if name in piece), None)
        if name is not None and steps:
            self._args = _put(self._args, steps, None if name == "nullValue" else piece[name])

    def whole(self) -> Block:
        """The call's part with all its arguments."""
        call = {key: value for key, value in self.block["functionCall"].items() if key not in _PIECES}
        return self.block | {"functionCall": call | {"args": self._args}}


def _put(holder: Any, steps: list[tuple[str, str, str]], value: Any) -> Any:
    """`holder` with a value at a place; words grow, anything else is replaced."""
    if not steps:
        return holder + value if isinstance(holder, str) and isinstance(value, str) else value
    (field, index, quoted), rest = steps[0], steps[1:]
    if index:
        items = holder if isinstance(holder, list) else []
        items += [None] * (int(index) + 1 - len(items))
        items[int(index)] = _put(items[int(index)], rest, value)
        return items
    fields = holder if isinstance(holder, dict) else {}
    fields[field or quoted] = _put(fields.get(field or quoted), rest, value)
    return fields
