"""A prompt as the prefixes by which it is cached: each with a digest of all that stands in it.

Where marks count (`cache_control` of Anthropic, `prompt_cache_breakpoint` of OpenAI's newer models): a prefix ends
after a block, in the order tools, system, messages.
Elsewhere (OpenAI's older models, Google's): a prefix ends after every 128 tokens.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from hashlib import blake2b
from typing import Any
from zlib import crc32

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from ringup.messages import Message, Opaque, Part, Refusal, Request, Text, Thinking, Tool, ToolResult
from ringup.tokens import prompt_tokens, tokenizer
from ringup.wires.anthropic_messages import NAME as ANTHROPIC

__all__ = ["STEP", "Prefix", "blocks", "steps"]

Block = Part | Tool

STEP = 128
"""After so many tokens a prefix ends where no marks count."""

_MARKS = ("prompt_cache_breakpoint", "cache_control")
"""What marks are called: OpenAI's and Anthropic's."""

_FRAME = 3
"""What `prompt_tokens` adds to a whole prompt: the beginning of the answer, which no prefix has."""


class Prefix(Struct, frozen=True):
    """The beginning of a request, up to one block: so many tools, parts of the system, whole messages, and parts of the
    message after those. `mark` is the block's own, or None.
    """

    digest: bytes
    mark: dict[str, Any] | None
    size: tuple[int, int, int, int]

    def tokens(self, request: Request, provider: str) -> int:
        """How many tokens of the request it has."""
        tools, system, whole, parts = self.size
        messages = request.messages[:whole]
        if parts:
            last = request.messages[whole]
            messages = (*messages, Message(last.role, last.parts[:parts]))
        cut = replace(request, tools=request.tools[:tools], system=request.system[:system], messages=messages)
        return prompt_tokens(cut, provider) - _FRAME


# By blocks


def blocks(request: Request, wire: str) -> list[Prefix]:
    """Every prefix of a request that ends after a block, the shortest first."""
    parts = list(_blocks(request, wire))
    marks = [_mark(block, wire) for _, block, _ in parts]
    if whole := request.extra.get("cache_control"):
        last = max((at for at, (_, block, _) in enumerate(parts) if _is_cacheable(block)), default=-1)
        marks = [whole if at == last and mark is None else mark for at, mark in enumerate(marks)]
    digest = blake2b(_json([request.model, request.output_schema]), digest_size=16)
    found = []
    for (what, block, size), mark in zip(parts, marks, strict=True):
        digest.update(_json([what, _unmarked(block)]))
        found.append(Prefix(digest.digest(), mark if isinstance(mark, dict) else None, size))
    return found


def _blocks(request: Request, wire: str) -> Iterator[tuple[Any, Block, tuple[int, int, int, int]]]:
    """Each block, with what the cache must know beside it, and the size of the request up to it."""
    tools, system = len(request.tools), len(request.system)
    for at, tool in enumerate(request.tools):
        yield "tool", tool, (at + 1, 0, 0, 0)
    for at, said in enumerate(request.system):
        yield "system", said, (tools, at + 1, 0, 0)
    # With Anthropic, a change of these spoils the messages
    about = [request.tool_choice, request.reasoning and request.reasoning.mode] if wire == ANTHROPIC else []
    for number, message in enumerate(request.messages):
        for at, part in enumerate(message.parts):
            yield [message.role, about], part, (tools, system, number, at + 1)


def _is_cacheable(block: Block) -> bool:
    return not isinstance(block, Thinking) and block != Text("")


def _mark(block: Block, wire: str) -> Any:
    """The mark of a block, or of the last block inside a result."""
    field = _MARKS[wire == ANTHROPIC]
    if isinstance(block, Opaque):
        return block.data.get(field)
    found = block.extra.get(wire, {}).get(field)
    if found is None and isinstance(block, ToolResult):
        marks = [mark for part in block.parts if (mark := _mark(part, wire)) is not None]
        return marks[-1] if marks else None
    return found


def _unmarked(block: Block) -> Block:
    """The block as it is to be compared: a mark is no part of what it says."""
    if isinstance(block, Opaque):
        return Opaque(block.wire, _without(block.data))
    if isinstance(block, ToolResult):
        inner = tuple([_unmarked(part) for part in block.parts])
        return replace(block, parts=inner, extra=_extra(block.extra))
    return replace(block, extra=_extra(block.extra))


def _extra(extra: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {wire: left for wire, fields in extra.items() if (left := _without(fields))}


def _without(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name not in _MARKS}


def _json(value: Any) -> bytes:
    return msgspec.json.encode(value)


# By tokens


def steps(request: Request, provider: str) -> list[bytes]:
    """The digest of every prefix that ends after 128 tokens, the shortest first."""
    digest = blake2b(digest_size=16)
    found, held = [], array("Q")
    for run in _runs(request, provider):
        held.extend(run)
        whole = len(held) - len(held) % STEP
        for at in range(0, whole, STEP):
            digest.update(held[at : at + STEP].tobytes())
            found.append(digest.digest())
        del held[:whole]
    return found


def _runs(request: Request, provider: str) -> Iterator[list[int]]:
    """The tokens of the whole prompt, bit by bit. What is no text has stand-ins, as many as it counts."""
    bare = replace(request, system=(), messages=())
    head = [request.output_schema, request.tools]
    yield _stand_ins(head, prompt_tokens(bare, provider) - _FRAME)
    bare = replace(bare, tools=(), output_schema=None)
    words = tokenizer(provider, request.model)
    system = (Message("system", request.system),) if request.system else ()
    for message in (*system, *request.messages):
        ids = words.ids("".join([part.text for part in message.parts if isinstance(part, Text | Refusal)]))
        rest = [message.role, message.name, [part for part in message.parts if not isinstance(part, Text | Refusal)]]
        total = prompt_tokens(replace(bare, messages=(message,)), provider) - _FRAME
        yield _stand_ins(rest, total - len(ids))
        yield ids
    yield _stand_ins("assistant", _FRAME)


def _stand_ins(value: Any, count: int) -> list[int]:
    return [(1 << 32) + crc32(_json(value))] * max(count, 0)
