"""A long talk made short (`POST /v1/responses/compact`): its items folded into one, which later requests unfold.

OpenAI's folds into an encrypted text; the simulator's is base64, and says the beginning of each turn. It folds the
user's messages too, which OpenAI may leave beside it (the SDK's type for the list has no place for them). Facts:
OpenAI's API reference, openai-python 3.54.
"""

from __future__ import annotations

import binascii
from base64 import b64decode, b64encode
from typing import Any

from ringup.messages import Request

__all__ = ["FIELDS", "answer", "folded", "unfolded"]

FIELDS = frozenset(
    {
        *("model", "input", "instructions", "previous_response_id", "image", "service_tier"),
        *("prompt_cache_key", "prompt_cache_options", "prompt_cache_retention"),
    }
)
"""The fields of a request to fold."""

_SEAL = b"ringup-simulator:"
_SHOWN = 200

Block = dict[str, Any]


def folded(request: Request, id: str) -> Block:
    """All that was said, as one item."""
    turns = [f"{message.role}: {message.text[:_SHOWN]}" for message in request.messages if message.text]
    text = "What was said so far, in short:\n" + "\n".join(turns)
    return {"id": id, "type": "compaction", "encrypted_content": b64encode(_SEAL + text.encode()).decode()}


def answer(id: str, created: int, item: Block, read: int, written: int) -> Block:
    """The whole answer; `read` and `written` are tokens."""
    return {
        "id": id,
        "object": "response.compaction",
        "created_at": created,
        "output": [item],
        "usage": {
            "input_tokens": read,
            "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
            "output_tokens": written,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": read + written,
        },
    }


def unfolded(items: list[Block]) -> list[Block]:
    """The items, with what each folded one holds in its place. One that isn't ours stays as it is."""
    return [_unfold(item) for item in items]


def _unfold(item: Block) -> Block:
    if item.get("type") != "compaction":
        return item
    try:
        text = b64decode(str(item.get("encrypted_content")), validate=True)
    except binascii.Error:
        return item
    if not text.startswith(_SEAL):
        return item
    return {"type": "message", "role": "developer", "content": text.removeprefix(_SEAL).decode("utf-8", "replace")}
