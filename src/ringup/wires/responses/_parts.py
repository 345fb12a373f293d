"""The parts of a turn as items of the Responses API, both ways.

Facts: openai-python 3.54 (types/responses). An answer is a list of items. A message item holds a list of content, and
each of these is a part of its own; every other item is one part: a reasoning item a Thinking, a call of a function or
of a custom tool a ToolCall, whatever else an Opaque with the whole item. What an item or a content has beyond what a
part can say stays in the part's `extra` under this wire's name, and these say how it came:

    item    of the first part of a message item: the item's own fields (id, status, phase)
    joins   True for the further parts of the same message item
    field   of a Thinking: "summary" or "content", where its text stood
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ringup.messages import Extra, Opaque, Part, Refusal, Text, Thinking, ToolCall
from ringup.wire_tools import encode, filled, word

__all__ = [
    "CALLS",
    "CUSTOM",
    "GAP",
    "NAME",
    "PATH",
    "belongs",
    "call_item",
    "content_block",
    "extra_of",
    "field_of",
    "group_fields",
    "groups",
    "is_content",
    "item_fields",
    "kind_of",
    "looks_like_content",
    "message_fields",
    "own",
    "read_content",
    "read_item",
    "read_thinking",
    "thinking_item",
    "words_block",
]

NAME = "responses"
PATH = "/responses"

CUSTOM = "custom_tool_call"
CALLS = {"function_call": "arguments", CUSTOM: "input"}
"""The items that are calls, and the field of each that holds what the model wrote for the tool."""

GAP = "\n\n"
"""What stands between the pieces of a reasoning item's summary in a Thinking's text."""

_PLACE = ("item", "joins")
_WORDS = {"summary": "summary_text", "content": "reasoning_text"}
_CONTENT = frozenset({"text", "refusal", "summary_text", "reasoning_text", "computer_screenshot"})


def own(extra: Extra) -> dict[str, Any]:
    """This wire's fields of an `extra`."""
    return extra.get(NAME) or {}


def extra_of(fields: dict[str, Any]) -> Extra:
    """Fields as an `extra` of this wire; nothing for none."""
    return {NAME: fields} if fields else {}


def field_of(part: Thinking) -> str | None:
    """Where the text of a Thinking stood in this wire's item, or None when it didn't come from this wire."""
    field = own(part.extra).get("field")
    return field if field in _WORDS else None


def kind_of(item: dict[str, Any]) -> str:
    """An item's type. A message may leave it out, and so may a reference to a stored item."""
    kind = item.get("type")
    if isinstance(kind, str):
        return kind
    return "message" if "role" in item else "item_reference"


def looks_like_content(data: dict[str, Any]) -> bool:
    """Whether something is content of a message, and not an item, by its type."""
    kind = data.get("type")
    return isinstance(kind, str) and (kind.startswith(("input_", "output_")) or kind in _CONTENT)


def item_fields(item: dict[str, Any], known: tuple[str, ...]) -> dict[str, Any]:
    """The fields of an item that aren't `known`, without nulls."""
    return {key: value for key, value in item.items() if key not in known and value is not None}


# Reading


def read_item(item: Any) -> list[Part]:
    """An item that the model made, as parts. What isn't known, or isn't shaped as we know it, is kept whole."""
    if not isinstance(item, dict):
        return []
    kind = kind_of(item)
    if kind == "message":
        return _read_message(item)
    if kind == "reasoning":
        return [read_thinking(item)]
    return [read_call(item)] if kind in CALLS else [Opaque(NAME, item)]


def message_fields(item: dict[str, Any]) -> dict[str, Any]:
    """A message item's own fields: id, status, phase."""
    return item_fields(item, ("type", "role", "content"))


def _read_message(item: dict[str, Any]) -> list[Part]:
    content, fields = item.get("content"), message_fields(item)
    if isinstance(content, str):
        return [Text(content, extra_of({"item": fields} if fields else {}))]
    if not isinstance(content, list) or not content:
        return [Opaque(NAME, item)]
    return [read_content(block, fields, position > 0) for position, block in enumerate(content)]


def read_content(block: Any, fields: dict[str, Any], joins: bool) -> Part:
    """A piece of a message item's content. `fields` are the item's own."""
    place: dict[str, Any] = {"joins": True} if joins else {"item": fields} if fields else {}
    if not isinstance(block, dict):
        return Text(block if isinstance(block, str) else encode(block).decode(), extra_of(place))
    kind, text, refusal = block.get("type"), block.get("text"), block.get("refusal")
    if kind in ("output_text", "input_text", "text") and isinstance(text, str):
        return Text(text, extra_of({**filled(block, ("type", "text")), **place}))
    if kind == "refusal" and isinstance(refusal, str):
        return Refusal(refusal, extra_of({**filled(block, ("type", "refusal")), **place}))
    if looks_like_content(block):
        return Opaque(NAME, block)
    return Opaque(NAME, {"type": "message", "role": "assistant", "content": [block]})


def read_thinking(item: dict[str, Any], field: str = "") -> Thinking:
    """A reasoning item. Its text is that of `content` where there is any (open models give it), else the summary's.

    `field` settles which of the two it is. The other one, and pieces that the text alone can't tell, are kept.
    """
    if field not in _WORDS:
        field = "content" if any(_texts(item.get("content"))) else "summary"
    text = GAP.join(_texts(item.get(field)))
    rest = item_fields(item, ("type", "encrypted_content", *_WORDS))
    for name in _WORDS:
        given = item.get(name)
        if given and given != words_block(name, text if name == field else ""):
            rest[name] = given
    return Thinking(text, word(item.get("encrypted_content")), extra=extra_of({"field": field, **rest}))


def _texts(pieces: Any) -> list[str]:
    found = [piece.get("text") for piece in pieces if isinstance(piece, dict)] if isinstance(pieces, list) else []
    return [text for text in found if isinstance(text, str)]


def words_block(field: str, text: str) -> list[dict[str, Any]]:
    """The words of a reasoning item in one piece, as its `field` has them."""
    return [{"type": _WORDS[field], "text": text}] if text else []


def read_call(item: dict[str, Any]) -> ToolCall:
    """A function_call or custom_tool_call item. The id is the one that the result names (call_id)."""
    custom = item.get("type") == CUSTOM
    words = CALLS[CUSTOM if custom else "function_call"]
    given = item.get(words)
    return ToolCall(
        word(item.get("call_id")) or word(item.get("id")) or "",
        word(item.get("name")) or "",
        given if isinstance(given, str) else "" if given is None else encode(given).decode(),
        "custom" if custom else "function",
        extra_of(item_fields(item, ("type", "call_id", "name", words))),
    )


# Writing


def belongs(part: Part, group: list[Part]) -> bool:
    """Whether a piece of content stands in the same message item as those of the group."""
    if isinstance(part, Opaque) or all(isinstance(other, Opaque) for other in group):
        return True
    return isinstance(part, (Text, Refusal)) and "joins" in own(part.extra)


def groups(parts: Iterable[Part]) -> Iterator[list[Part]]:
    """The parts of an assistant's turn by the item that they stand in: one part, or all the content of a message."""
    group: list[Part] = []
    for part in parts:
        content = is_content(part)
        if group and not (content and belongs(part, group)):
            yield group
            group = []
        group.append(part)
        if not content:
            yield group
            group = []
    if group:
        yield group


def is_content(part: Part) -> bool:
    """Whether a part of an assistant's turn stands inside a message item."""
    return isinstance(part, (Text, Refusal)) or (isinstance(part, Opaque) and looks_like_content(part.data))


def content_block(part: Part) -> dict[str, Any]:
    """A part as the content of an assistant's message item."""
    if isinstance(part, Opaque):
        return part.data
    assert isinstance(part, (Text, Refusal))
    block: dict[str, Any] = {"type": "refusal", "refusal": part.text}
    if isinstance(part, Text):
        block = {"type": "output_text", "text": part.text, "annotations": [], "logprobs": []}
    block.update({key: value for key, value in own(part.extra).items() if key not in _PLACE})
    return block


def group_fields(group: list[Part]) -> dict[str, Any]:
    """The own fields of the message item that a group of parts stands in."""
    found = [own(part.extra).get("item") for part in group if isinstance(part, (Text, Refusal))]
    return next((fields for fields in found if fields), {})


def thinking_item(part: Thinking) -> dict[str, Any]:
    """A Thinking as a reasoning item."""
    fields = dict(own(part.extra))
    field = fields.pop("field", "summary")
    item: dict[str, Any] = {"type": "reasoning", "summary": [], field: words_block(field, part.text)}
    if part.signature:
        item["encrypted_content"] = part.signature
    return item | fields


def call_item(part: ToolCall) -> dict[str, Any]:
    """A ToolCall as an item."""
    kind = CUSTOM if part.kind == "custom" else "function_call"
    return {"type": kind, "call_id": part.id, "name": part.name, CALLS[kind]: part.json, **own(part.extra)}
