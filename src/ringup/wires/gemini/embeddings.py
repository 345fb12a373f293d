"""Gemini's embeddings (`models/...:batchEmbedContents`), both halves, under the names of `ringup.wires.embeddings`.

Also read: `:embedContent`, which takes one content and answers with one vector, and Vertex's older `:predict`. Facts:
google-genai 3.4.0 and recorded traffic; Google says usage since gemini-embedding-2, and not always.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote, unquote

import msgspec
from msgspec import Struct

from ringup.embeddings import Embeddings, EmbedRequest, Input, floats, pack
from ringup.errors import NotFoundError, ParameterError, ProtocolError
from ringup.http import HttpRequest
from ringup.messages import Opaque
from ringup.reply import Notice
from ringup.usage import Usage
from ringup.wire_tools import count, decode, encode
from ringup.wires.gemini._checks import refuse
from ringup.wires.gemini._errors import error_of, not_an_answer, read_error, write_error
from ringup.wires.gemini._parts import NAME, PATH

__all__ = ["NAME", "PATH", "read_error", "read_reply", "read_request", "write_error", "write_reply", "write_request"]

_ADDRESS = re.compile(r"/(?:.*/)?((?:models|tunedModels)/[^/:]+):(embedContent|batchEmbedContents)")
_CAMEL = {"task_type": "taskType", "output_dimensionality": "outputDimensionality"}
_NAMED = frozenset({"embeddings", "embedding", "predictions", "usageMetadata"})


# Requests


def write_request(request: EmbedRequest) -> tuple[HttpRequest, tuple[Notice, ...]]:
    """The request in this API's JSON. `extra` is merged into the fields of every text (`title`, `autoTruncate`).

    An Opaque of this wire is a whole item of `requests`. There is no choice of encoding here. Raises ParameterError
    where there is nothing to embed, or something that this API can't.
    """
    if not request.texts:
        raise ParameterError("there is nothing to embed: give at least one text", parameter="texts")
    model = request.model.removeprefix("models/")
    named = model if "/" in model else f"models/{model}"
    common: dict[str, Any] = {"model": named}
    if request.task is not None:
        common["taskType"] = request.task
    if request.dimensions is not None:
        common["outputDimensionality"] = request.dimensions
    common |= request.extra
    headers = {"content-type": "application/json"}
    headers.update({name.lower(): value for name, value in request.headers.items()})
    path = f"{PATH.removesuffix('/models')}/{quote(named, safe='/@')}:batchEmbedContents"
    body = encode({"requests": [_written(text, common) for text in request.texts]})
    return HttpRequest(path=path, headers=headers, body=body), ()


def _written(text: Input, common: dict[str, Any]) -> dict[str, Any]:
    if isinstance(text, str):
        return {**common, "content": {"parts": [{"text": text}]}}
    if isinstance(text, Opaque) and text.wire == NAME:
        return {"model": common["model"], **text.data}
    what = f"in the form of {text.wire}" if isinstance(text, Opaque) else "as ids of tokens"
    raise ParameterError(f"an input {what} can't be sent to this API", parameter="texts")


def read_request(http: HttpRequest) -> EmbedRequest:
    """The request that a client sent. Raises BadRequestError or NotFoundError in Google's words.

    What all items have in common, and only that, becomes the request's own fields. An item that has more, or that
    isn't plain text, is an Opaque as a whole.
    """
    found = _ADDRESS.fullmatch(http.path)
    if not found:
        raise NotFoundError(f"Requested path {http.path} was not found.", status=404, type="NOT_FOUND")
    try:
        body = decode(http.body)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        refuse("Invalid JSON payload received. Unexpected token.")
    given = body.get("requests") if found[2] == "batchEmbedContents" else [body]
    if not isinstance(given, list) or not given or not all(isinstance(item, dict) for item in given):
        refuse("* BatchEmbedContentsRequest.requests: at least one request is required")
    items = [_tidy(item, at) for at, item in enumerate(given)]
    common = _common(items)
    extra = {name: held for name, held in common.items() if name not in ("model", "taskType", "outputDimensionality")}
    return EmbedRequest(
        model=unquote(found[1]).removeprefix("models/"),
        texts=tuple([_text(item, common) for item in items]),
        dimensions=common.get("outputDimensionality"),
        encoding=None,
        task=common.get("taskType"),
        extra=extra,
    )


def _tidy(given: dict[str, Any], at: int) -> dict[str, Any]:
    """One item under Google's own names, checked."""
    item = {_CAMEL.get(name, name): held for name, held in given.items() if held is not None}
    where = f"requests[{at}]"
    content = item.get("content")
    if not isinstance(content, dict) or not content.get("parts"):
        refuse(f"* EmbedContentRequest.content: content is required ({where})")
    if not isinstance(item.get("taskType", ""), str):
        refuse(
            f"Invalid value at '{where}.task_type' (type.googleapis.com/google.ai.generativelanguage.v1beta.TaskType)"
        )
    if (wanted := item.get("outputDimensionality")) is not None:
        item["outputDimensionality"] = _dimensions(wanted, where)
    return item


def _dimensions(value: Any, where: str) -> int:
    """A number, or one as text: protocol buffers' JSON has both."""
    number = int(value) if isinstance(value, str) and value.isdecimal() and value.isascii() else count(value)
    if not number or number < 1:
        refuse(f"* EmbedContentRequest.output_dimensionality: must be a positive integer ({where})")
    return number


def _common(items: list[dict[str, Any]]) -> dict[str, Any]:
    """The fields that every item has, with the same value."""
    first, *others = items
    return {
        name: held
        for name, held in first.items()
        if name != "content" and all(name in other and other[name] == held for other in others)
    }


def _text(item: dict[str, Any], common: dict[str, Any]) -> Input:
    match item["content"]:
        case {"parts": [{"text": str(text), **rest}], **around} if not rest and (not around or around == _BY_USER):
            if item.keys() - {"content"} == common.keys():
                return text
    return Opaque(NAME, item)


_BY_USER = {"role": "user"}


# Answers


class _Vector(Struct):
    values: list[float]


_answers = msgspec.json.Decoder(dict[str, msgspec.Raw])
_vectors = msgspec.json.Decoder(list[_Vector])


def read_reply(body: bytes) -> Embeddings:
    """An answer. Raises the APIError that the body holds, or ProtocolError when it isn't an answer of this API."""
    try:
        top = _answers.decode(body)
        vectors = [vector.values for vector in _vectors.decode(top["embeddings"])]
        rest = {name: msgspec.json.decode(held) for name, held in top.items() if name != "embeddings"}
    except (msgspec.DecodeError, ValueError, KeyError, RecursionError):
        rest, vectors = _slowly(body)
    if not vectors or not vectors[0]:
        raise not_an_answer(body, "no embeddings")
    if any(len(vector) != len(vectors[0]) for vector in vectors):
        raise ProtocolError("the server sent embeddings of different lengths")
    try:
        data = b"".join([pack(vector) for vector in vectors])
    except (TypeError, OverflowError):
        raise not_an_answer(body, "embeddings that aren't numbers") from None
    return Embeddings(
        data=data,
        count=len(vectors),
        dimensions=len(vectors[0]),
        usage=_read_usage(rest),
        wire=NAME,
        extra={name: held for name, held in rest.items() if name not in _NAMED and held is not None},
    )


def _slowly(body: bytes) -> tuple[dict[str, Any], list[list[float]]]:
    """The fields and the vectors of an answer in another form. Raises the error that it holds."""
    try:
        value = decode(body)
    except ValueError:
        raise not_an_answer(body, "something that is no JSON") from None
    inner = value[0] if isinstance(value, list) and value else value
    if isinstance(inner, dict) and inner.get("error"):
        raise error_of(value, 200)
    match inner:
        case {"embedding": {"values": list(values)}}:
            found = [values]
        case {"predictions": list(predictions)}:
            found = [prediction["embeddings"]["values"] for prediction in predictions if _predicted(prediction)]
        case _:
            raise not_an_answer(body, "JSON without embeddings")
    return inner, found


def _predicted(prediction: Any) -> bool:
    match prediction:
        case {"embeddings": {"values": list()}}:
            return True
    return False


def _read_usage(answer: dict[str, Any]) -> Usage:
    """What Google counted: for the whole, or (Vertex) for each text."""
    if isinstance(usage := answer.get("usageMetadata"), dict):
        details = {name: held for name, held in usage.items() if name not in ("promptTokenCount", "totalTokenCount")}
        return Usage(input_tokens=count(usage.get("promptTokenCount")), details=details)
    predictions = answer.get("predictions")
    counts = [_statistics(prediction) for prediction in predictions] if isinstance(predictions, list) else []
    known = [number for number in counts if number is not None]
    return Usage(input_tokens=sum(known)) if known and len(known) == len(counts) else Usage()


def _statistics(prediction: Any) -> int | None:
    match prediction:
        case {"embeddings": {"statistics": {"token_count": number}}}:
            return count(number)
    return None


def write_reply(reply: Embeddings, encoding: object = None) -> bytes:  # noqa: ARG001 - Google has but one
    """An answer to `:batchEmbedContents`."""
    size = reply.dimensions * 4
    view = memoryview(reply.data)
    vectors = [{"values": list(floats(view[at : at + size]))} for at in range(0, size * reply.count, size)]
    body: dict[str, Any] = {"embeddings": vectors}
    if reply.usage.input_tokens is not None:
        body["usageMetadata"] = {"promptTokenCount": reply.usage.input_tokens, **reply.usage.details}
    return encode(body | reply.extra)
