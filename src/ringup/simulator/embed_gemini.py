"""Google's embeddings: which models there are, what is refused in Google's words, and the answer.

The limits are those of Google's guide to embeddings (November 2026): a text that is too long is cut, not refused. A
task doesn't change a vector here. Usage is told from gemini-embedding-2 on, as recorded answers have it.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

import msgspec
from msgspec import Struct

from ringup.embeddings import Embeddings, EmbedRequest, Input, floats, pack
from ringup.errors import BadRequestError
from ringup.http import HttpRequest
from ringup.messages import Opaque
from ringup.simulator import refusals, strict
from ringup.simulator.vectors import vector
from ringup.tokens import Tokenizer, tokenizer
from ringup.usage import Usage
from ringup.wires.gemini import embeddings

__all__ = ["MODELS", "Asked", "answer", "read", "written"]

MODELS = MappingProxyType(
    {"gemini-embedding-001": 2048, "gemini-embedding-2": 8192, "gemini-embedding-2-preview": 8192}
)
"""Google's models, and how many tokens of a text each reads."""

FULL, MAX_TEXTS = 3072, 100
_OWN = "gemini-embedding-2"
"""As which of them the simulator's own models answer."""
_PICTURE = 258
"""Tokens of a part that isn't text."""


class Asked(Struct, frozen=True):
    """A request that was found good: as which model it is answered, its texts as far as they are read, and their
    tokens."""

    request: EmbedRequest
    model: str
    texts: list[str]
    tokens: int


def read(http: HttpRequest) -> Asked:
    """The request. Raises the APIError that it deserves."""
    request = embeddings.read_request(http)
    model = _OWN if strict.is_own_model(request.model) else request.model
    if model not in MODELS:
        raise refusals.no_model("gemini", model)
    if len(request.texts) > MAX_TEXTS:
        _refuse(f"* BatchEmbedContentsRequest.requests: at most {MAX_TEXTS} requests can be in one batch\n")
    sizes = [request.dimensions, *(_item(text).get("outputDimensionality") for text in request.texts)]
    if any(size is not None and size > FULL for size in sizes):
        _refuse(f"* EmbedContentRequest.output_dimensionality: must be at most {FULL}\n")
    read = [_read(text, tokenizer("gemini", model), MODELS[model]) for text in request.texts]
    return Asked(request, model, [text for text, _ in read], sum(tokens for _, tokens in read))


def _refuse(message: str) -> None:
    raise BadRequestError(message, status=400, type="INVALID_ARGUMENT")


def _item(text: Input) -> dict[str, Any]:
    return text.data if isinstance(text, Opaque) else {}


def _read(given: Input, words: Tokenizer, limit: int) -> tuple[str, int]:
    """As much of a text as the model reads, and its tokens. What isn't text stands for itself."""
    parts = _item(given).get("content", {}).get("parts", []) if isinstance(given, Opaque) else [{"text": given}]
    text, others = "", 0
    for part in parts:
        said = part.get("text") if isinstance(part, dict) else None
        text += said if isinstance(said, str) else msgspec.json.encode(part).decode()
        others += 0 if isinstance(said, str) else _PICTURE
    if not others:
        text, _ = words.cut(text, limit)
        return text, words.count(text)
    return text, min(others, limit)


def answer(asked: Asked) -> Embeddings:
    """The vectors. Cut short, those of gemini-embedding-001 aren't brought to length 1 again."""
    request, found = asked.request, []
    size = request.dimensions or _item(request.texts[0]).get("outputDimensionality") or FULL
    for text in asked.texts:
        if asked.model == "gemini-embedding-001":
            found.append(pack(floats(vector(text, asked.model, FULL, FULL))[:size]))
        else:
            found.append(vector(text, asked.model, FULL, size))
    told = asked.model != "gemini-embedding-001"
    details = {"promptTokenDetails": [{"modality": "TEXT", "tokenCount": asked.tokens}]}
    return Embeddings(
        data=b"".join(found),
        count=len(found),
        dimensions=size,
        usage=Usage(input_tokens=asked.tokens, details=details) if told else Usage(),
        model=request.model,
        wire=embeddings.NAME,
    )


def written(reply: Embeddings, *, one: bool) -> bytes:
    """The answer to `:batchEmbedContents`, or to `:embedContent` where there is but one text."""
    body = embeddings.write_reply(reply)
    if not one:
        return body
    fields = msgspec.json.decode(body)
    return msgspec.json.encode({"embedding": fields.pop("embeddings")[0], **fields})
