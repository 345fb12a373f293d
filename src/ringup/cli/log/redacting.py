"""What was said without what is personal or secret in it, so that it may be put into a repository."""

from __future__ import annotations

import json
from base64 import b64decode
from typing import Any

import msgspec
from msgspec.structs import replace

from ringup.ledger import Secrets, distinct, personal
from ringup.messages import Image, Message, Request, Text, ToolCall
from ringup.reply import Reply

__all__ = ["PIXEL", "Redactor"]

_LEFT_OUT = b"left out"
PIXEL = b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
"""A picture that stands for any: a PNG of a single pixel."""


class Redactor:
    """Replaces what `level="redacted"` of a ledger does, and secrets; leaves pictures and files out."""

    def __init__(self) -> None:
        self._secrets = Secrets()
        self._secrets.know(None)

    def text(self, text: str) -> str:
        """A text without them."""
        return personal(self._secrets.clean(text))

    def request(self, request: Request) -> Request:
        """A request. The names of the model and of the parameters stay."""
        parts = ("messages", "system", "tools", "stop", "metadata", "extra", "output_schema", "headers")
        changed = {name: self._changed(getattr(request, name)) for name in parts}
        return replace(request, **changed)

    def reply(self, reply: Reply, is_json: bool) -> Reply:
        """An answer. Where its words are JSON, they are JSON still."""
        message = self._changed(reply.message)
        if is_json:
            pairs = zip(reply.message.parts, message.parts, strict=True)
            parts = [Text(self._json(old.text)) if type(old) is Text else new for old, new in pairs]
            message = replace(message, parts=tuple(parts))
        stop = self._changed(reply.stop_sequence)
        return replace(reply, message=message, stop_sequence=stop, extra=self._changed(reply.extra))

    def _changed(self, value: Any) -> Any:
        match value:
            case str():
                return self.text(value)
            case bytes():
                return _LEFT_OUT
            case dict():
                names = distinct([self.text(name) for name in value])
                return dict(zip(names, map(self._changed, value.values()), strict=True))
            case list() | tuple():
                return type(value)([self._changed(held) for held in value])
            case Image(data=bytes()):
                return replace(value, data=PIXEL, media_type="image/png")
            case ToolCall():
                return replace(self._fields(value), json=self._json(value.json), name=value.name)
            case Message():
                return replace(self._fields(value), role=value.role)
            case msgspec.Struct():
                return self._fields(value)
        return value

    def _fields(self, value: Any) -> Any:
        return replace(value, **{name: self._changed(getattr(value, name)) for name in value.__struct_fields__})

    def _json(self, text: str) -> str:
        """A text that may be JSON: it is left as it is where nothing in it has to go, and is valid JSON after."""
        if self.text(text) == text:
            return text
        try:
            return json.dumps(self._numbers(self._changed(json.loads(text))), ensure_ascii=False)
        except ValueError:
            return self.text(text)

    def _numbers(self, value: Any) -> Any:
        """Without numbers that are a card's, or a telephone's."""
        if isinstance(value, dict):
            return {name: self._numbers(held) for name, held in value.items()}
        if isinstance(value, list):
            return [self._numbers(held) for held in value]
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return 0 if is_number and self.text(str(value)) != str(value) else value
