"""One exchange over HTTP held against the vendor's document: the operation is found by its method and address.

So an address that the simulator gets tomorrow is judged without a word here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from msgspec import Struct

from conformance import specs
from conformance.exceptions import amended
from conformance.judge import Complaint, Judge

__all__ = ["Exchange", "Finding", "Vendor", "events", "vendor"]

_BATCHED = {"chat.completion": "/v1/chat/completions", "response": "/v1/responses", "list": "/v1/embeddings"}
_EVENTS = {"openai": "ResponseStreamEvent", "anthropic": "MessageStreamEvent"}
_METHODS = ("get", "post", "put", "patch", "delete")


class Exchange(Struct, frozen=True, kw_only=True):
    """A request and its answer, as they went over the wire."""

    method: str
    path: str
    query: str = ""
    request_headers: dict[str, str] = {}
    request: bytes = b""
    status: int = 200
    headers: dict[str, str] = {}
    body: bytes = b""


class Finding(NamedTuple):
    """A complaint, and what it is about: "POST /responses, request", "POST /responses, event response.created"."""

    subject: str
    complaint: Complaint

    def __str__(self) -> str:
        return f"{self.subject} | {self.complaint}"


class Operation(NamedTuple):
    """One method of one address in a document."""

    name: str
    schema: dict[str, Any]


class Vendor:
    """A vendor's document, ready to judge exchanges: with what it is known to lack, or `as_it_is`."""

    def __init__(self, name: str, as_it_is: bool = False) -> None:
        self.name = name
        self._document = specs.load(name) if as_it_is else amended(name, specs.load(name))
        self.judge = Judge(self._document)
        self._error = _named("ErrorResponse")
        self._operations = sorted(_operations(self._document), key=lambda row: row[1].pattern.count("[^/]+"))

    @property
    def names(self) -> list[str]:
        """Every operation: "POST /responses"."""
        return [operation.name for _, _, operation in self._operations]

    def find(self, method: str, path: str) -> Operation | None:
        """The operation, or None for an address that the document doesn't have."""
        path = path.removeprefix("/v1") if self.name == "openai" else path
        method = "GET" if method == "HEAD" else method
        for verb, pattern, operation in self._operations:
            if verb == method and pattern.fullmatch(path):
                return operation
        return None

    def of_request(self, exchange: Exchange) -> list[Finding]:
        """What is wrong with a request: its body, and the parameters in its address."""
        operation = self.find(exchange.method, exchange.path)
        if operation is None:
            return [Finding(f"{exchange.method} {exchange.path}", Complaint("", "no such address"))]
        subject = f"{operation.name}, request"
        found = self._of_query(subject, operation, exchange.query)
        schema = _content(operation.schema.get("requestBody"), "application/json")
        is_json = "json" in exchange.request_headers.get("content-type", "json")
        if schema is not None and exchange.request and is_json:
            found += self._of(subject, schema, json.loads(exchange.request))
        return found

    def _of_query(self, subject: str, operation: Operation, query: str) -> list[Finding]:
        known = {
            row["name"].removesuffix("[]") for row in operation.schema.get("parameters", ()) if row["in"] == "query"
        }
        given = {name.partition("[")[0] for name, _ in parse_qsl(query)}
        return [Finding(subject, Complaint(f"?{name}", "unknown parameter")) for name in sorted(given - known)]

    def of_answer(self, exchange: Exchange) -> list[Finding]:
        """What is wrong with an answer: a whole one, each event of a stream, each line of a file, or an error."""
        operation = self.find(exchange.method, exchange.path)
        name = operation.name if operation else f"{exchange.method} {exchange.path}"
        if exchange.status >= 400:
            return self._of(f"{name}, error {exchange.status}", self._error, json.loads(exchange.body))
        if operation is None:
            return [Finding(name, Complaint("", "an answer from no known address"))]
        kind = exchange.headers.get("content-type", "").partition(";")[0]
        if kind == "text/event-stream":
            return [found for event in events(exchange.body) for found in self._of_event(operation, event)]
        schema = _content(operation.schema["responses"].get("200"), kind)
        if schema is None or schema.get("type") == "string":  # a file's own bytes
            return self._of_batch(name, exchange.body) if name.endswith("/content") else []
        if "jsonl" in kind:
            return [found for line in exchange.body.splitlines() for found in self._of(name, schema, json.loads(line))]
        return self._of(f"{name}, answer", schema, json.loads(exchange.body))

    def _of_batch(self, name: str, file: bytes) -> list[Finding]:
        """A file that a batch of OpenAI has written: each line holds an answer, whose object tells what it is."""
        found: list[Finding] = []
        for line in file.splitlines():
            answer = json.loads(line).get("response") if line.startswith(b'{"id":"batch_req_') else None
            if answer and answer["status_code"] >= 400:
                found += self._of(f"{name}, line with an error", self._error, answer["body"])
            elif answer and (operation := self.find("POST", _BATCHED[answer["body"]["object"]])):
                schema = _content(operation.schema["responses"]["200"], "application/json")
                found += self._of(f"{operation.name}, answer", schema or {}, answer["body"])
        return found

    def _of_event(self, operation: Operation, event: Any) -> list[Finding]:
        subject = f"{operation.name}, event"
        if isinstance(event, dict) and "error" in event:
            return self._of(f"{subject} error", self._error, event)
        schema = _content(operation.schema["responses"]["200"], "text/event-stream")
        if schema is None:  # the document doesn't say that this streams
            schema = _named(_EVENTS[self.name])
        kind = f" {event['type']}" if isinstance(event, dict) and "type" in event else ""
        return self._of(subject + kind, schema, event)

    def _of(self, subject: str, schema: dict[str, Any], value: Any) -> list[Finding]:
        return [Finding(subject, complaint) for complaint in self.judge.complaints(schema, value)]


@cache
def vendor(name: str, as_it_is: bool = False) -> Vendor:
    """The vendor of that name. Raises FileNotFoundError where its document isn't."""
    return Vendor(name, as_it_is)


@cache
def _named(schema: str) -> dict[str, Any]:
    return {"$ref": f"{specs.ROOT}#/components/schemas/{schema}"}


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, re.Pattern[str], Operation]]:
    for path, methods in document["paths"].items():
        address, _, beta = path.partition("?")
        if beta and address in document["paths"]:
            continue
        pattern = re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(address)))
        shared = methods.get("parameters", [])
        for method in _METHODS:
            if method in methods:
                schema = {**methods[method], "parameters": [*shared, *methods[method].get("parameters", [])]}
                yield method.upper(), pattern, Operation(f"{method.upper()} {address}", schema)


def _content(holder: dict[str, Any] | None, kind: str) -> dict[str, Any] | None:
    """The schema of a body of that kind; of JSON lines under either of their names."""
    content = (holder or {}).get("content", {})
    found = content.get(kind) or (content.get("application/x-jsonl") if "jsonl" in kind else None)
    schema: dict[str, Any] | None = found.get("schema") if found else None
    return schema


def events(stream: bytes) -> Iterator[Any]:
    """The data of a stream's events as JSON, but for the [DONE] at the end of OpenAI's."""
    text = stream.decode().replace("\r\n", "\n")
    for block in text.split("\n\n"):
        data = "\n".join(line[5:].lstrip() for line in block.split("\n") if line.startswith("data:"))
        if data and not data.startswith("[DONE]"):
            yield json.loads(data)
