"""What OpenAI finds wrong with the input of a batch, line by line, before it answers any.

The codes and words are those that users of the Batch API have quoted, up to November 2026.
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct

from ringup.errors import APIError
from ringup.simulator import embed, strict
from ringup.simulator.jobs import Line

__all__ = ["Batch", "Input", "read", "trouble"]

MAX_LINES = MAX_TEXTS = 50_000
_TOLD = 500
"""So many errors are listed."""

_ASKS = {
    "/v1/chat/completions": ("messages", "Chat Completions"),
    "/v1/responses": ("input", "Responses"),
    "/v1/embeddings": ("input", "Embeddings"),
}
"""What the body of a request to these addresses can't be without, and how the API is called."""

Trouble = dict[str, Any]


class Input(Struct):
    """The lines of a batch and their model, as far as they are good; and what is wrong, which fails them all."""

    lines: list[Line]
    model: str | None
    errors: list[Trouble]


class Batch(Struct, kw_only=True):
    """What OpenAI tells of a batch besides. `output` and `error` are the ids of its files, `life` the seconds for which
    they are kept; `usage` adds up the tokens read, read from the cache, written and thought."""

    endpoint: str
    input_file_id: str
    metadata: dict[str, str] | None
    model: str | None
    errors: list[Trouble]
    output: str | None
    error: str | None
    life: int
    usage: tuple[int, int, int, int] = (0, 0, 0, 0)


class _Row(Struct):
    """A line of the file. What is of the wrong type is as good as missing."""

    custom_id: Any = None
    method: Any = None
    url: Any = None
    body: msgspec.Raw = msgspec.Raw(b"null")


class _Body(Struct):
    model: Any = None
    stream: Any = None
    messages: Any = None
    input: Any = None


def trouble(code: str, message: str, param: str | None = None, line: int | None = None) -> Trouble:
    """One error of a batch, as its `errors` list it."""
    return {"code": code, "message": message, "param": param, "line": line}


class _Reading:
    """One file, as it is read: what was seen in the lines before."""

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        self._ids: set[str] = set()
        self._texts = 0
        self.model: str | None = None

    def line(self, raw: bytes, number: int) -> Line | Trouble:
        """A line, or what is wrong with it."""
        try:
            row = msgspec.json.decode(raw, type=_Row)
            body = msgspec.json.decode(row.body, type=_Body | None)
        except (msgspec.DecodeError, RecursionError):
            return trouble("invalid_json_line", "This line is not parseable as valid JSON.", None, number)
        lacking = next(
            (name for name in ("custom_id", "method", "url") if not isinstance(getattr(row, name), str)), None
        )
        if lacking is None and body is None:
            lacking = "body"
        if lacking is not None:
            message = f"Missing required parameter: '{lacking}'."
            return trouble("missing_required_parameter", message, lacking, number)
        assert body is not None
        found = self._wrong_row(row) or self._wrong_body(body)
        self._ids.add(row.custom_id)
        return trouble(*found, number) if found else Line(row.custom_id, bytes(row.body))

    def _wrong_row(self, row: _Row) -> tuple[str, str, str] | None:
        if row.method != "POST":
            return "invalid_method", f"The method '{row.method}' is not supported: a request must be a POST.", "method"
        if row.url != self._endpoint:
            message = "The URL provided for this request does not match the batch endpoint."
            return "invalid_url", message, "url"
        if row.custom_id in self._ids:
            message = (
                f"The custom_id '{row.custom_id}' for this request is a duplicate of another request. The custom_id "
                "parameter must be unique for each request in a batch."
            )
            return "duplicate_custom_id", message, "custom_id"
        return None

    def _wrong_body(self, body: _Body) -> tuple[str, str, str] | None:
        field, api = _ASKS.get(self._endpoint, ("model", ""))
        if body.stream:
            message = f"{api}: Streaming is not supported in the Batch API."
            return "streaming_unsupported", message, "body.stream"
        if not isinstance(body.model, str) or not body.model:
            return "invalid_request", "Model parameter is required.", "body.model"
        if self.model is None and not _is_known(body.model):
            message = f"The provided model '{body.model}' is not supported by the Batch API."
            return "model_not_found", message, "body.model"
        self.model = self.model or body.model
        if body.model != self.model:
            message = (
                f"The model '{body.model}' for this request does not match the rest of the batch. Each batch must "
                "contain requests for a single model."
            )
            return "mismatched_model", message, "body.model"
        if getattr(body, field) is None:
            return "invalid_request", f"{field.title()} parameter is required.", f"body.{field}"
        return self._too_many_texts(body)

    def _too_many_texts(self, body: _Body) -> tuple[str, str, str] | None:
        if self._endpoint == "/v1/embeddings":
            listed = isinstance(body.input, list) and not all(isinstance(part, int) for part in body.input)
            self._texts += len(body.input) if listed else 1
            if self._texts > MAX_TEXTS:
                message = f"The batch has more than {MAX_TEXTS} embedding inputs across all of its requests."
                return "too_many_inputs", message, "body.input"
        return None


def _is_known(model: str) -> bool:
    if model in embed.MODELS:
        return True
    try:
        strict.rules_of("chat_completions", model)
    except APIError:
        return False
    return True


def read(data: bytes, endpoint: str) -> Input:
    """The input of a batch. Lines are counted from 1; empty ones are passed over."""
    rows = [(number, raw) for number, raw in enumerate(data.split(b"\n"), 1) if raw.strip()]
    if not rows:
        message = "The input file is empty. Please ensure that your batch contains at least one request."
        return Input([], None, [trouble("empty_file", message, "input_file_id")])
    if len(rows) > MAX_LINES:
        message = f"The input file has {len(rows)} requests; a batch has at most {MAX_LINES}."
        return Input([], None, [trouble("too_many_tasks", message, "input_file_id")])
    reading = _Reading(endpoint)
    found = [reading.line(raw, number) for number, raw in rows]
    errors = [line for line in found if isinstance(line, dict)]
    lines = [] if errors else [line for line in found if isinstance(line, Line)]
    return Input(lines, reading.model, errors[:_TOLD])
