"""A request for embeddings as OpenAI has it: written, and read as its API does."""

from __future__ import annotations

from typing import Any

from ringup.embeddings import EmbedRequest, Input
from ringup.errors import BadRequestError, ParameterError
from ringup.http import HttpRequest
from ringup.messages import Opaque
from ringup.openai_checks import bad, check_numeric, expect, missing, not_json, wrong_type
from ringup.reply import Notice
from ringup.wire_tools import count, decode, encode

__all__ = ["FIELDS", "NAME", "PATH", "bad_input", "read_request", "write_request"]

NAME = "embeddings"
PATH = "/embeddings"

_ENCODINGS = ("float", "base64")
FIELDS = frozenset({"model", "input", "dimensions", "encoding_format", "user"})
"""The fields that OpenAI knows (openai-python 3.54)."""


def write_request(request: EmbedRequest) -> tuple[HttpRequest, tuple[Notice, ...]]:
    """The request in this API's JSON, and notices of what it can't say. `extra` is merged last.

    Raises ParameterError where there is nothing to embed, or something that this API can't.
    """
    if not request.texts:
        raise ParameterError("there is nothing to embed: give at least one text", parameter="texts")
    body: dict[str, Any] = {"model": request.model, "input": [_written(text) for text in request.texts]}
    if request.dimensions is not None:
        body["dimensions"] = request.dimensions
    if request.encoding is not None:
        body["encoding_format"] = request.encoding
    notices = () if request.task is None else (Notice("dropped", "task", "this API has no tasks for embeddings"),)
    headers = {"content-type": "application/json"}
    headers.update({name.lower(): value for name, value in request.headers.items()})
    return HttpRequest(path=PATH, headers=headers, body=encode(body | request.extra)), notices


def _written(text: Input) -> Any:
    if not isinstance(text, Opaque):
        return text
    if text.wire != NAME:
        raise ParameterError(f"an input in the form of {text.wire} can't be sent to this API", parameter="texts")
    return text.data


def read_request(http: HttpRequest) -> EmbedRequest:
    """The request that a client sent. Raises BadRequestError, in OpenAI's words, for what no server could read.

    Fields that have no name here go to `extra`, unknown ones too (`FIELDS` tells them apart), and so do values that an
    EmbedRequest can't hold (an `encoding_format` of "int8"). How many texts there may be, and how long, is for who
    knows the model.
    """
    try:
        body = decode(http.body)
    except ValueError:
        raise not_json() from None
    expect(body, dict, "body", "an object")
    if body.get("model") in (None, ""):
        raise bad("you must provide a model parameter")
    expect(body["model"], str, "model")
    check_numeric(body.get("dimensions"), "dimensions")
    encoding, dimensions = body.get("encoding_format"), _dimensions(body.get("dimensions"))
    held = {"model", "input"}
    if encoding in _ENCODINGS:
        held.add("encoding_format")
    if dimensions is not None:
        held.add("dimensions")
    return EmbedRequest(
        model=body["model"],
        texts=_texts(body),
        dimensions=dimensions,
        encoding=encoding if "encoding_format" in held else None,
        extra={name: value for name, value in body.items() if name not in held and value is not None},
    )


def bad_input() -> BadRequestError:
    """How OpenAI refuses empty texts, and whatever else is no input; it doesn't say which one it means."""
    return bad("'$.input' is invalid. Please check the API reference: https://platform.openai.com/docs/api-reference.")


def _dimensions(value: Any) -> int | None:
    """A whole number from 1; None for anything else."""
    number = count(value)
    return number if number is not None and number >= 1 and number == value else None


def _texts(body: dict[str, Any]) -> tuple[Input, ...]:
    """`input`: a text, the ids of one, or a list of either."""
    if body.get("input") is None:
        raise missing("input")
    given: Any = [body["input"]] if isinstance(body["input"], str) else body["input"]
    if not isinstance(given, list):
        raise wrong_type("input", "a string or an array", given)
    if not given:
        raise bad_input()
    return (tuple(given),) if _is_ids(given) else tuple([_text(item) for item in given])


def _text(item: Any) -> Input:
    if isinstance(item, str):
        return item
    if isinstance(item, list) and item and _is_ids(item):
        return tuple(item)
    if isinstance(item, dict):  # a picture, on some servers
        return Opaque(NAME, item)
    raise bad_input()


def _is_ids(items: list[Any]) -> bool:
    return all(type(item) is int and item >= 0 for item in items)
