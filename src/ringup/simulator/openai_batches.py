"""OpenAI's addresses of batches: made from a file, told of, listed, cancelled.

A batch is validated for 2 seconds of the clock, then its lines are answered (`jobs`), then it is finalized for 2
seconds more. Facts: OpenAI's API reference (batches), openai-python 3.54, openai-openapi v2.3.0.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from random import Random
from typing import Any

import msgspec

from ringup import models, wires
from ringup.errors import ConflictError, NotFoundError
from ringup.openai_checks import bad, check_metadata, expect, missing, wrong_value
from ringup.secret import Secret
from ringup.simulator import batchlines, embed, routes, schema, shelf, strict
from ringup.simulator.answers import Answer, json_answer
from ringup.simulator.batchlines import Batch, Input, trouble
from ringup.simulator.batchwork import Desk
from ringup.simulator.files import lifetime
from ringup.simulator.filestore import File, Files
from ringup.simulator.ids import Ids
from ringup.simulator.jobs import Done, Job, Line
from ringup.simulator.routes import Route
from ringup.simulator.world import Visit, World
from ringup.usage import Usage
from ringup.wires import embeddings

__all__ = ["routes_for"]

Body = dict[str, Any]

_WIRE, _RESPONSES, _EMBEDDINGS = "chat_completions", "responses", "/v1/embeddings"
_ENDPOINTS = (
    *("/v1/responses", "/v1/chat/completions", "/v1/embeddings", "/v1/completions", "/v1/moderations"),
    *("/v1/images/generations", "/v1/images/edits", "/v1/videos"),
)
_FIELDS = frozenset({"input_file_id", "endpoint", "completion_window", "metadata", "output_expires_after"})
_VALIDATING = _FINALIZING = 2.0
_OUTPUT_LIFE = 30 * 86_400
_SKIPPED = {
    "cancelled": ("batch_cancelled", "This request was not executed because the batch was cancelled."),
    "expired": ("batch_expired", "This request could not be executed before the completion window expired."),
}


def _asked(visit: Visit) -> Body:
    """The body of a request for a batch. Raises BadRequestError."""
    schema.check_media_type(visit.http.headers.get("content-type"))
    body = schema.read_json(visit.http.body, "openai")
    if not isinstance(body, dict):
        raise bad("The body of the request must be a JSON object.")
    if unknown := next((name for name in body if name not in _FIELDS), None):
        raise bad(f"Unknown parameter: '{unknown}'.", unknown, "unknown_parameter")
    for name in ("input_file_id", "endpoint", "completion_window"):
        if body.get(name) is None:
            raise missing(name)
        expect(body[name], str, name)
    if body["endpoint"] not in _ENDPOINTS:
        raise wrong_value("endpoint", body["endpoint"], _ENDPOINTS)
    if body["completion_window"] != "24h":
        raise wrong_value("completion_window", body["completion_window"], ("24h",))
    if body.get("metadata") is not None:
        expect(body["metadata"], dict, "metadata")
        check_metadata(body["metadata"])
    return body


def _input(world: World, key: Secret | None, file_id: str, endpoint: str) -> Input:
    """The lines of the file, or why they can't be had: a file that isn't there fails the batch, and not the request."""
    try:
        file = world.files.find(key, file_id)
    except NotFoundError:
        message = f"Cannot find file {file_id}, or organization org-simulator does not have access to it."
        return Input([], None, [trouble("invalid_request", message, "file_id")])
    if file.purpose != "batch":
        message = f"The file {file_id} has the purpose '{file.purpose}', and must have the purpose 'batch'."
        return Input([], None, [trouble("invalid_request", message, "file_id")])
    return batchlines.read(file.data, endpoint)


def _create(live: Iterable[Route], world: World, visit: Visit) -> Answer:
    asked = _asked(visit)
    life = lifetime(asked.get("output_expires_after"), "output_expires_after")
    endpoint, now = asked["endpoint"], world.clock()
    given = _input(world, visit.key, asked["input_file_id"], endpoint)
    ids = Ids(world.seed, visit.call.number)
    job = Job(
        ids.batch("openai"),
        created=now,
        opens=now + _VALIDATING,
        closing=_FINALIZING,
        lines=given.lines,
        chance=Random(f"batch/{world.seed}/{visit.call.number}"),
        about=Batch(
            endpoint=endpoint,
            input_file_id=asked["input_file_id"],
            metadata=asked.get("metadata"),
            model=_snapshot(given.model),
            errors=given.errors,
            output=ids.file(),
            error=ids.file(),
            life=life or _OUTPUT_LIFE,
        ),
    )
    found = routes.find(live, endpoint)
    desk = Desk(world, visit, path=endpoint, wire=found[0].wire if found else _WIRE, serve=partial(routes.serve, live))
    world.batches.add(visit.key, job, partial(_answer, desk, job.about), partial(_finish, desk, world.files, visit.key))
    return json_answer(_plain(job, now))


def _snapshot(model: str | None) -> str | None:
    """The model as answers name it."""
    if model is None or model in embed.MODELS or strict.is_own_model(model):
        return model
    return models.snapshot("openai", model)


# Its lines


def _answer(desk: Desk, batch: Batch, line: Line, at: int, moment: float) -> Done:
    """What comes of a line: the row that goes into the output file, or into the one of errors."""
    posted, ids = desk.post(line, at, moment), desk.ids(at)
    good = posted.status == 200
    response = {
        "status_code": posted.status,
        "request_id": ids.request("openai"),
        "body": msgspec.Raw(posted.body),
    }
    row = {"id": ids.batch_request(), "custom_id": line.custom_id, "response": response, "error": None}
    usage = _usage(batch.endpoint, posted.body) if good else None
    if usage:
        counts = (usage.input_tokens, usage.cache_read_tokens, usage.output_tokens, usage.reasoning_tokens)
        read, cached, written, thought = (old + (new or 0) for old, new in zip(batch.usage, counts, strict=True))
        batch.usage = (read, cached, written, thought)
    return Done(line.custom_id, good, msgspec.json.encode(row), batch.model or "", usage)


def _usage(endpoint: str, body: bytes) -> Usage:
    if endpoint == _EMBEDDINGS:
        return embeddings.read_reply(body).usage
    return wires.find(_RESPONSES if endpoint == "/v1/responses" else _WIRE).read_reply(body).usage


def _finish(desk: Desk, files: Files, key: Secret | None, job: Job[Batch]) -> None:
    """The end of a batch: its rows go into files, and with them what is to be said of lines that had no answer."""
    batch = job.about
    skipped = [_skipped(desk, job, line, at) for at, line in enumerate(job.left, len(job.done))]
    output = _file(job, "output", batch.output, [done.row for done in job.done if done.good])
    error = _file(job, "error", batch.error, [done.row for done in job.done if not done.good] + skipped)
    for file in (output, error):
        if file.data:
            files.add(key, file)
    batch.output, batch.error = output.id if output.data else None, error.id if error.data else None
    job.release()


def _skipped(desk: Desk, job: Job[Batch], line: Line, at: int) -> bytes:
    code, message = _SKIPPED["expired" if job.cancelled is None else "cancelled"]
    return msgspec.json.encode(
        {
            "id": desk.ids(at).batch_request(),
            "custom_id": line.custom_id,
            "response": None,
            "error": {"code": code, "message": message},
        }
    )


def _file(job: Job[Batch], kind: str, id: str | None, rows: list[bytes]) -> File:
    """A file with these rows. One without any isn't kept."""
    created = int(job.end)
    return File(
        id=id or "",
        data=b"".join([row + b"\n" for row in rows]),
        filename=f"{job.id}_{kind}.jsonl",
        purpose="batch_output",
        created=created,
        expires=created + job.about.life,
    )


# Its object


def _status(job: Job[Batch], now: float) -> str:
    """What has become of a batch. It stays where it is until the work that is due is done."""
    if job.cancelled is not None:
        return "cancelling" if job.ended is None else "cancelled"
    if job.ended is not None:
        return "failed" if job.about.errors else "completed" if job.finished < job.expires else "expired"
    if now < job.opens or not job.lines:
        return "validating"
    return "in_progress" if now < job.finished or len(job.done) < len(job.lines) else "finalizing"


def _plain(job: Job[Batch], now: float) -> Body:
    """The object that tells of a batch at this time."""
    batch, status = job.about, _status(job, now)
    ended: Body = {f"{name}_at": None for name in ("completed", "failed", "expired", "cancelled")}
    if job.ended is not None:
        ended[f"{status}_at"] = int(job.ended)
    began = bool(job.lines) and (job.opens <= now if job.cancelled is None else job.opens <= job.cancelled)
    finalized = status in ("finalizing", "completed")
    errors = {"object": "list", "data": batch.errors} if status == "failed" else None
    return {
        "id": job.id,
        "object": "batch",
        "endpoint": batch.endpoint,
        "model": batch.model if began else None,
        "errors": errors,
        "input_file_id": batch.input_file_id,
        "completion_window": "24h",
        "status": status,
        "output_file_id": batch.output if job.ended is not None else None,
        "error_file_id": batch.error if job.ended is not None else None,
        "created_at": int(job.created),
        "in_progress_at": int(job.opens) if began else None,
        "expires_at": int(job.expires),
        "finalizing_at": int(job.finished) if finalized else None,
        **ended,
        "cancelling_at": None if job.cancelled is None else int(job.cancelled),
        "request_counts": _counts(job, began),
        "usage": _told_usage(batch.usage),
        "metadata": batch.metadata,
    }


def _counts(job: Job[Batch], began: bool) -> Body:
    """How many lines there are, and what came of them. Those that had no answer have failed when the batch ends."""
    good = sum([done.good for done in job.done])
    failed = len(job.done) - good + (len(job.left) if job.ended is not None else 0)
    known = began or job.ended is not None
    return {"total": len(job.lines) if known else 0, "completed": good, "failed": failed}


def _told_usage(usage: tuple[int, int, int, int]) -> Body:
    read, cached, written, thought = usage
    return {
        "input_tokens": read,
        "input_tokens_details": {"cached_tokens": cached},
        "output_tokens": written,
        "output_tokens_details": {"reasoning_tokens": thought},
        "total_tokens": read + written,
    }


# Found again


def _find(world: World, visit: Visit) -> Job[Batch]:
    """The batch of an address. Raises NotFoundError."""
    found = world.batches.find(visit.key, visit.names[0])
    if found is None:
        message = f"No batch found with id '{visit.names[0]}'."
        raise NotFoundError(message, status=404, type="invalid_request_error")
    return found


def _retrieve(world: World, visit: Visit) -> Answer:
    return json_answer(_plain(_find(world, visit), world.clock()))


def _list(world: World, visit: Visit) -> Answer:
    now, query = world.clock(), visit.http.query
    asked = {name: value for name, value in query.items() if name in ("limit", "after")}
    return json_answer(shelf.page([_plain(job, now) for job in world.batches.all(visit.key)], asked))


def _cancel(world: World, visit: Visit) -> Answer:
    """What is being cancelled, or was, may be cancelled again: nothing changes."""
    job, now = _find(world, visit), world.clock()
    status = _status(job, now)
    if status in ("completed", "failed", "expired"):
        message = f"Cannot cancel a batch with status '{status}'."
        raise ConflictError(message, status=409, type="invalid_request_error")
    if job.cancelled is None:
        job.cancelled = now
    return json_answer(_plain(job, now))


_ONE = r"/v1/batches/([^/]+)"


def routes_for(live: Iterable[Route]) -> tuple[Route, ...]:
    """The addresses. The lines of a batch are answered by those of `live`."""
    return (
        Route(r"/v1/batches", _WIRE, {"POST": partial(_create, live), "GET": _list}),
        Route(_ONE, _WIRE, {"GET": _retrieve}),
        Route(_ONE + "/cancel", _WIRE, {"POST": _cancel}),
    )
