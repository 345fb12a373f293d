"""Chat completions that were stored (`store: true`): what is kept of one, and how it is told again.

They are kept for 30 days, under the key that asked for them; of all keys together, the last 10,000. Facts: OpenAI's API
reference, openai-openapi v2.3.0 (its example of a stored completion shows what is repeated of the request).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from msgspec import Struct

from ringup.errors import NotFoundError

__all__ = ["Completion", "chosen", "completion", "deleted", "messages", "unknown"]

_DEFAULTS: dict[str, Any] = {
    "tool_choice": None,
    "seed": None,
    "top_p": 1.0,
    "temperature": 1.0,
    "presence_penalty": 0.0,
    "frequency_penalty": 0.0,
    "tools": None,
    "metadata": {},
    "response_format": None,
}
"""What a stored completion repeats of its request, and the API's defaults for what that left out."""

Block = dict[str, Any]


class Completion(Struct, frozen=True):
    """A stored completion: as it is told, what was said before it, and the model's name as it was asked for."""

    body: Block
    messages: list[Block]
    asked: str


def completion(body: bytes, request: bytes, request_id: str) -> Completion:
    """What is kept of an answer and of the request for it, which was found good."""
    asked: Block = msgspec.json.decode(request)
    echoed = {name: default if asked.get(name) is None else asked[name] for name, default in _DEFAULTS.items()}
    told = msgspec.json.decode(body) | {"request_id": request_id, "input_user": asked.get("user")} | echoed
    return Completion(told, asked["messages"], asked["model"])


def chosen(found: Iterable[Completion], query: Mapping[str, str]) -> list[Block]:
    """Those that a list is to hold: `model` (as asked for or as answered), `metadata[key]`."""
    wanted = {name[9:-1]: value for name, value in query.items() if name.startswith("metadata[") and name[-1] == "]"}
    model = query.get("model")
    return [
        each.body
        for each in found
        if model in (None, each.asked, each.body["model"]) and wanted.items() <= (each.body["metadata"] or {}).items()
    ]


def messages(found: Completion) -> list[Block]:
    """What was said before a completion, each message with an id: the completion's, and its place."""
    return [_message(f"{found.body['id']}-{at}", message) for at, message in enumerate(found.messages)]


def _message(id: str, message: Block) -> Block:
    content = message.get("content")
    parts = content if isinstance(content, list) else None
    return {
        **message,
        "id": id,
        "content": None if parts else content,
        "name": message.get("name"),
        "refusal": message.get("refusal"),
        "content_parts": parts,
    }


def deleted(id: str) -> Block:
    """The answer to a DELETE."""
    return {"object": "chat.completion.deleted", "id": id, "deleted": True}


def unknown(id: str) -> NotFoundError:
    """The 404 of an id under which nothing is stored."""
    return NotFoundError(f"Chat completion with id '{id}' not found.", status=404, type="invalid_request_error")
