"""What a tool gave back, as this API has it: under the function's name, as a JSON object, and back.

Facts: google-genai 3.4.0 (types.FunctionResponse): `response` has the result under "output" or "error", or is itself
the result. From Gemini 3 on its `parts` hold pictures and files; older models get those beside it, as a user's parts.
"""

from __future__ import annotations

from typing import Any

from ringup.messages import Document, Image, Opaque, Part, Text, ToolCall, ToolResult
from ringup.reply import Notice
from ringup.wire_tools import encode
from ringup.wires.gemini._parts import NAME, Block, has_no_id, merge, own, raw_object, read_part, write_part

__all__ = ["Results", "read_response", "read_response_parts"]

_NO_CALL = "no call with this id stands before its result, so the id was sent as the function's name"
_BESIDE = "on this model a tool's result holds no pictures and files; they follow it"


class Results:
    """Writes the parts of a conversation. It remembers the calls: a result is sent under its function's name."""

    __slots__ = ("_calls", "_notices", "_older")

    def __init__(self, older: bool, notices: list[Notice]) -> None:
        self._older = older
        self._notices = notices
        self._calls: dict[str, ToolCall] = {}

    def write(self, part: Part, where: str, moved: list[Block]) -> list[Block]:
        """A part as this API has it, or nothing where it can't say it; what must stand after all others is `moved`."""
        if isinstance(part, ToolResult):
            return [self._result(part, where, moved)]
        if isinstance(part, ToolCall):
            self._calls[part.id] = part
        block = write_part(part, where, self._notices)
        return [] if block is None else [block]

    def _result(self, result: ToolResult, where: str, moved: list[Block]) -> Block:
        call = self._calls.get(result.call_id)
        extra = own(result)
        inner: Block = {"id": result.call_id, "name": call.name if call else result.call_id}
        if call is not None and has_no_id(call):
            del inner["id"]
        if call is None and "name" not in extra.get("functionResponse", {}):
            self._notices.append(Notice("added", f"{where}.tool_result", _NO_CALL))
        inner["response"] = _response(result)
        if media := self._media(result, where):
            if self._older:
                moved += [{"text": f"From the call of {inner['name']}:"}, *media]
                self._notices.append(Notice("moved", f"{where}.tool_result", _BESIDE))
            else:
                inner["parts"] = media
        return merge({"functionResponse": inner}, extra) if extra else {"functionResponse": inner}

    def _media(self, result: ToolResult, where: str) -> list[Block]:
        others = [part for part in result.parts if type(part) is not Text]
        return [block for part in others if (block := write_part(part, where, self._notices)) is not None]


def _response(result: ToolResult) -> Any:
    """The result as an object: the one that its text holds, or its text as "output"; a failure as "error"."""
    words = any(type(part) is Text for part in result.parts)
    value = raw_object(result.text) or result.text
    if result.is_error:
        return {"error": value}
    if not words:
        return {}
    return {"output": value} if isinstance(value, str) else value


def read_response(response: Any) -> tuple[tuple[Text, ...], bool]:
    """The words of a result, and whether it is a failure. What isn't just words is the text of its JSON."""
    match response:
        case None | {} if not response:
            return (), False
        case {"output": str(text), **rest} if not rest and raw_object(text) is None:
            return (Text(text),), False
        case {"error": str(text), **rest} if not rest and raw_object(text) is None:
            return ((Text(text),) if text else ()), True
        case {"error": dict(value), **rest} if not rest:
            return (Text(encode(value).decode()),), True
    return (Text(encode(response).decode()),), False


def read_response_parts(blocks: list[Block]) -> tuple[Image | Document | Opaque, ...]:
    """The pictures and files of a result."""
    read = [(read_part(block, ""), block) for block in blocks]
    return tuple([part if isinstance(part, (Image, Document)) else Opaque(NAME, block) for part, block in read])
