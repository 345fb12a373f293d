"""What was sent, as digests of its blocks: enough to tell where two prompts part, and nothing of what they say.

A Reply refers to the request that it answers, and makes the digests when somebody asks for them. One that is pickled,
or whose request was large, has the digests only.
"""

from __future__ import annotations

from binascii import crc32
from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from ringup.messages import Document, Image, Message, Opaque, Refusal, Request, Text, Thinking, ToolResult
from ringup.wire_tools import encode

__all__ = ["PIECE", "Block", "Fingerprint", "Sent", "block_at", "fingerprint", "read"]

PIECE = 200
"""The system has a digest of its own for every so many characters."""

_MOST_PIECES = 100
_MOST_BLOCKS = 1000
_PICTURE = 6000
"""A picture counts as so many characters at most: its bytes aren't what it costs."""

_CLAUDE = "anthropic_messages"
_MARKS = {_CLAUDE: ("cache_control", "5m")}
_BREAKPOINT = ("prompt_cache_breakpoint", "30m")
"""The field of a mark, and how long it holds where it doesn't say."""


class Block(Struct, frozen=True, array_like=True):
    """One block: `place` is "tool", "system" or "message", or "schema" and "settings" for what stands beside them and
    counts as well. `what` is a tool's name, or role and kind of a part; `size` is in characters; `mark` is for how long
    it was marked, or None. `pieces` are digests of the beginning, 4 letters for every `PIECE` characters.
    """

    place: str
    number: int
    part: int
    what: str
    digest: str
    size: int
    mark: str | None = None
    pieces: str = ""


class Fingerprint(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A prompt. `key` has 16 bits that tell two API keys apart, `cache_key` is OpenAI's prompt_cache_key. Of a very
    long prompt only the first 1,000 blocks are here; `size` is that of all."""

    provider: str
    model: str
    wire: str
    server: str = ""
    key: str = ""
    cache_key: str = ""
    size: int = 0
    blocks: tuple[Block, ...] = ()


class Sent(Struct, frozen=True, kw_only=True):
    """What a call sent: the request, or (`made`) only what is left of it."""

    provider: str
    wire: str
    server: str = ""
    key: str = ""
    breakpoints: bool = False
    request: Request | None = None
    made: Fingerprint | None = None

    @property
    def fingerprint(self) -> Fingerprint | None:
        """The digests, made anew each time where the request is still here."""
        return fingerprint(self) if self.request else self.made

    def small(self) -> Sent:
        """The same without the request."""
        return replace(self, request=None, made=self.fingerprint)

    def __repr__(self) -> str:
        return f"<Sent to {self.provider}>"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [("provider", self.provider)]

    def __reduce__(self) -> tuple[Any, ...]:
        kept = {name: getattr(self, name) for name in self.__struct_fields__ if name != "request"}
        return _again, ({**kept, "made": self.fingerprint},)


def _again(fields: dict[str, Any]) -> Sent:
    return Sent(**fields)


def fingerprint(sent: Sent) -> Fingerprint:
    """The digests of a request."""
    request = sent.request
    assert request
    blocks = list(_marked(request, list(_blocks(request, sent)), sent))
    return Fingerprint(
        provider=sent.provider,
        model=request.model,
        wire=sent.wire,
        server=sent.server,
        key=sent.key,
        cache_key=str(request.extra.get("prompt_cache_key") or ""),
        size=sum([block.size for block in blocks]),
        blocks=tuple(blocks[:_MOST_BLOCKS]),
    )


def block_at(request: Request, block: Block) -> Any:
    """The part, tool or other value that a block is the digest of."""
    match block.place:
        case "tool":
            return request.tools[block.number]
        case "system":
            return request.system[block.number]
        case "message":
            return request.messages[block.number].parts[block.part]
    return None


def _blocks(request: Request, sent: Sent) -> Iterator[Block]:
    from hashlib import blake2b  # here, for its import takes longer than ours

    def block(at: tuple[str, int, int], what: str, value: Any, beside: Any = None) -> Block:
        place, number, part = at
        said = _said(value, sent.wire)
        pieces = _pieces(value.text) if place == "system" and isinstance(value, Text) else ""
        digest = blake2b(said + f"\0{what}\0{beside or ''}".encode(), digest_size=6).hexdigest()
        mark = _mark(value, sent) if isinstance(value, Opaque | ToolResult) or getattr(value, "extra", None) else None
        return Block(place, number, part, what, digest, _size(value, said), mark, pieces)

    if request.output_schema is not None:
        yield block(("schema", 0, 0), "the schema of the output", request.output_schema)
    for at, tool in enumerate(request.tools):
        yield block(("tool", at, 0), tool.kind if isinstance(tool, Opaque) else tool.name, tool)
    for at, said in enumerate(request.system):
        yield block(("system", at, 0), "text", said)
    if sent.wire == _CLAUDE:  # there a change of these spoils the messages
        reasoning = request.reasoning and (request.reasoning.mode, request.reasoning.budget_tokens)
        yield Block("settings", 0, 0, "tool_choice or thinking", _short([request.tool_choice, reasoning]), 0)
    for number, message in enumerate(request.messages):
        for at, part in enumerate(message.parts):
            yield block(("message", number, at), f"{message.role} {_kind(part)}", part, message.name)


def _said(value: Any, wire: str) -> bytes:
    """What a block says, without its mark."""
    bare = _bare(value, wire)
    return bare.text.encode("utf-8", "replace") if type(bare) is Text and not bare.extra else encode(bare)


def _short(value: Any) -> str:
    return f"{crc32(encode(value)):08x}"


def _kind(part: Any) -> str:
    kind: str = part.kind if isinstance(part, Opaque) else type(part).__name__
    return {"ToolCall": "tool call", "ToolResult": "tool result"}.get(kind, kind.lower())


def _size(value: Any, said: bytes) -> int:
    if isinstance(value, Text | Refusal | Thinking):
        return len(value.text)
    return min(len(said), _PICTURE) if isinstance(value, Image | Document) else len(said)


def _pieces(text: str) -> str:
    cut = [text[at : at + PIECE] for at in range(0, min(len(text), PIECE * _MOST_PIECES), PIECE)]
    return "".join([f"{crc32(piece.encode('utf-8', 'replace')) & 0xFFFF:04x}" for piece in cut])


# Marks


def _field(sent: Sent) -> tuple[str, str]:
    return _MARKS.get(sent.wire) or (_BREAKPOINT if sent.breakpoints else ("cache_control", "5m"))


def _mark(value: Any, sent: Sent) -> str | None:
    """For how long a block was marked, itself or inside."""
    field, usual = _field(sent)
    fields = value.data if isinstance(value, Opaque) else getattr(value, "extra", {}).get(sent.wire, {})
    mark = fields.get(field)
    if isinstance(mark, dict):
        return str(mark.get("ttl") or usual)
    inner = [_mark(part, sent) for part in value.parts] if isinstance(value, ToolResult) else []
    return next((found for found in inner if found), None)


def _bare(value: Any, wire: str) -> Any:
    """A block without its mark, which is no part of what it says."""
    names = ("cache_control", "prompt_cache_breakpoint")
    if type(value) is Text and not value.extra:
        return value
    if isinstance(value, Opaque):
        return replace(value, data={name: held for name, held in value.data.items() if name not in names})
    if isinstance(value, ToolResult):
        value = replace(value, parts=tuple([_bare(part, wire) for part in value.parts]))
    fields = getattr(value, "extra", {}).get(wire)
    if not fields or not any(name in fields for name in names):
        return value
    rest = {name: held for name, held in fields.items() if name not in names}
    extra = {name: held for name, held in value.extra.items() if name != wire}
    return replace(value, extra=extra | ({wire: rest} if rest else {}))


def _marked(request: Request, blocks: list[Block], sent: Sent) -> Iterator[Block]:
    """The blocks, with the marks that the provider sets by itself."""
    at, life = -1, ""
    whole, options = request.extra.get("cache_control"), request.extra.get("prompt_cache_options")
    options = options if isinstance(options, dict) else {}
    if isinstance(whole, dict):
        at = max([index for index, block in enumerate(blocks) if not block.what.endswith("thinking")], default=-1)
        life = str(whole.get("ttl") or "5m")
    elif sent.breakpoints and options.get("mode") != "explicit":
        asked = [number for number, message in enumerate(request.messages) if _is_asked(message)]
        latest = ("message", asked[-1]) if asked else ()
        at = max([i for i, block in enumerate(blocks) if (block.place, block.number) == latest], default=-1)
        life = str(options.get("ttl") or "30m")
    for index, block in enumerate(blocks):
        yield replace(block, mark=life) if index == at and block.mark is None else block


def _is_asked(message: Message) -> bool:
    return message.role != "assistant"


def read(text: str | bytes) -> Fingerprint:
    """What was written as JSON. Raises msgspec.MsgspecError."""
    return msgspec.json.decode(text, type=Fingerprint)
