"""OpenAI's embeddings: which models there are, what is refused in OpenAI's words, and the answer."""

from __future__ import annotations

from types import MappingProxyType

from msgspec import Struct

from ringup.embeddings import Embeddings, EmbedRequest
from ringup.errors import BadRequestError, PermissionDeniedError
from ringup.http import HttpRequest
from ringup.messages import Opaque
from ringup.openai_checks import bad, check_number, check_range, too_long, wrong_value
from ringup.simulator import strict
from ringup.simulator.vectors import vector
from ringup.tokens import Tokenizer, tokenizer
from ringup.usage import Usage
from ringup.wires import embeddings

__all__ = ["MODELS", "Asked", "answer", "read"]

MODELS = MappingProxyType(
    {"text-embedding-3-small": 1536, "text-embedding-3-large": 3072, "text-embedding-ada-002": 1536}
)
"""OpenAI's models, and how many numbers their vectors have."""

MAX_TEXTS, MAX_TOKENS, MAX_TOTAL = 2048, 8192, 300_000
"""How many texts one request may hold, how many tokens each, and how many all of them (OpenAI's API reference)."""

_OWN = "text-embedding-3-small"
"""As which of them the simulator's own models answer."""


class Asked(Struct, frozen=True):
    """A request that was found good: its texts as words, the tokens of them all, and the numbers of each vector."""

    request: EmbedRequest
    texts: list[str]
    tokens: int
    full: int


def read(http: HttpRequest) -> Asked:
    """The request. Raises the APIError that it deserves."""
    request = embeddings.read_request(http)
    _check_values(request)
    known = _OWN if strict.is_own_model(request.model) else request.model
    full = _size(known)
    _check(request, known, full)
    if len({type(text) for text in request.texts}) > 1:
        raise embeddings.bad_input()
    if len(request.texts) > MAX_TEXTS:
        raise too_long("input", "array", MAX_TEXTS, len(request.texts))
    texts, counts = _counted(request, tokenizer("openai", known))
    if max(counts) > MAX_TOKENS:
        raise bad(
            f"This model's maximum context length is {MAX_TOKENS} tokens, however you requested {max(counts)} tokens "
            f"({max(counts)} in your prompt; 0 for the completion). Please reduce your prompt; or completion length."
        )
    if sum(counts) > MAX_TOTAL:
        kind = "max_tokens_per_request"
        message = f"Requested {sum(counts)} tokens, max {MAX_TOTAL} tokens per request"
        raise BadRequestError(message, status=400, type=kind, code=kind)
    return Asked(request, texts, sum(counts), full)


def _size(model: str) -> int:
    """The numbers of a model's vectors. Raises the error for a model that is none of these."""
    if found := MODELS.get(model):
        return found
    strict.rules_of("chat_completions", model)  # 404, unless it is a model of another kind
    message = "You are not allowed to generate embeddings from this model"
    raise PermissionDeniedError(message, status=403, type="invalid_request_error")


def _check_values(request: EmbedRequest) -> None:
    """What the wire takes, because some server may, and OpenAI doesn't."""
    if (encoding := request.extra.get("encoding_format")) is not None:
        raise wrong_value("encoding_format", encoding, ("float", "base64"))
    if (dimensions := request.extra.get("dimensions")) is not None:
        check_number(dimensions, "dimensions", whole=True)
        check_range("dimensions", dimensions, 1, None, "integer")
    if "" in request.texts:
        raise embeddings.bad_input()


def _check(request: EmbedRequest, known: str, full: int) -> None:
    unknown = next((field for field in request.extra if field not in embeddings.FIELDS), None)
    if unknown is not None:
        raise bad(f"Unknown parameter: '{unknown}'.", unknown, "unknown_parameter")
    if request.dimensions is not None:
        if "-3-" not in known:
            raise bad("This model does not support specifying dimensions.")
        check_range("dimensions", request.dimensions, 1, full, "integer")


def _counted(request: EmbedRequest, counter: Tokenizer) -> tuple[list[str], list[int]]:
    """The texts as words, and the tokens of each."""
    texts, counts = [], []
    for text in request.texts:
        if isinstance(text, Opaque):
            raise embeddings.bad_input()
        if isinstance(text, tuple):
            texts.append(_words(text, counter))
            counts.append(len(text))
        else:
            texts.append(text)
            counts.append(counter.count(text))
    return texts, counts


def _words(ids: tuple[int, ...], counter: Tokenizer) -> str:
    try:
        return counter.text(ids)
    except LookupError:
        raise embeddings.bad_input() from None


def answer(asked: Asked) -> Embeddings:
    """The vectors. The model's name is given back as it is: these models have no snapshots."""
    request = asked.request
    dimensions = request.dimensions or asked.full
    return Embeddings(
        data=b"".join([vector(text, request.model, asked.full, dimensions) for text in asked.texts]),
        count=len(asked.texts),
        dimensions=dimensions,
        usage=Usage(input_tokens=asked.tokens),
        model=request.model,
        wire=embeddings.NAME,
    )
