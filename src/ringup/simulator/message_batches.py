"""Anthropic's addresses of message batches: made, told of, listed, canceled, deleted, and their results.

Each request is answered as if it had been posted (`jobs` says when), and every result is told when the batch has ended.
Results are there for 29 days from the batch's beginning. Facts: Anthropic's API reference (message batches),
anthropic-python 2.12; the words of refusals are those that users have quoted, up to November 2026.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from random import Random
from typing import Any

import msgspec

from ringup.errors import APIError, BadRequestError, NotFoundError
from ringup.simulator import schema
from ringup.simulator.answers import Answer, json_answer, told
from ringup.simulator.batchwork import Desk
from ringup.simulator.complete import complete
from ringup.simulator.ids import Ids
from ringup.simulator.jobs import Done, Job, Line
from ringup.simulator.routes import Route
from ringup.simulator.shelf import whole
from ringup.simulator.world import Visit, World
from ringup.wires import anthropic_messages

__all__ = ["ROUTES"]

Body = dict[str, Any]

_WIRE = "anthropic_messages"
_KEPT = 29 * 86_400.0
_MOST, _LONGEST_ID, _BAD_ID = 100_000, 64, re.compile(r"[^a-zA-Z0-9_-]")


def _bad(message: str) -> BadRequestError:
    return BadRequestError(message, status=400, type="invalid_request_error")


# Made


def _asked(visit: Visit) -> list[Line]:
    """The requests of a new batch. Raises BadRequestError. What is wrong inside of one is told when it is answered."""
    if not visit.http.headers.get("anthropic-version"):
        raise _bad("anthropic-version: header is required")
    body = schema.read_json(visit.http.body, "anthropic")
    if not isinstance(body, dict):
        raise _bad("Input should be a valid dictionary or object to extract fields from")
    if unknown := next((name for name in body if name != "requests"), None):
        raise _bad(f"{unknown}: Extra inputs are not permitted")
    if "requests" not in body:
        raise _bad("requests: Field required")
    requests = body["requests"]
    if not isinstance(requests, list):
        raise _bad("requests: Input should be a valid list")
    if not 1 <= len(requests) <= _MOST:
        words = f"at most {_MOST} items" if requests else "at least 1 item"
        raise _bad(f"requests: List should have {words} after validation, not {len(requests)}")
    lines = [_line(request, f"requests.{at}") for at, request in enumerate(requests)]
    seen: set[str] = set()
    for line in lines:
        if line.custom_id in seen:
            words = f"custom_id's must be unique within a batch. Duplicate custom_id found: {line.custom_id}"
            raise _bad(f"requests: {words}")
        seen.add(line.custom_id)
    return lines


def _line(request: Any, path: str) -> Line:
    if not isinstance(request, dict):
        raise _bad(f"{path}: Input should be a valid dictionary or object to extract fields from")
    for name, kind, words in (("custom_id", str, "a valid string"), ("params", dict, "a valid dictionary")):
        if name not in request:
            raise _bad(f"{path}.{name}: Field required")
        if not isinstance(request[name], kind):
            raise _bad(f"{path}.{name}: Input should be {words}")
    if unknown := next((name for name in request if name not in ("custom_id", "params")), None):
        raise _bad(f"{path}.{unknown}: Extra inputs are not permitted")
    custom_id = request["custom_id"]
    if not 1 <= len(custom_id) <= _LONGEST_ID:
        words = f"at most {_LONGEST_ID} characters" if custom_id else "at least 1 character"
        raise _bad(f"{path}.custom_id: String should have {words}")
    if _BAD_ID.search(custom_id):
        raise _bad(f"{path}.custom_id: String should match pattern '^[a-zA-Z0-9_-]{{1,64}}$'")
    return Line(custom_id, msgspec.json.encode(request["params"]))


def _create(world: World, visit: Visit) -> Answer:
    lines, now = _asked(visit), world.clock()
    job = Job(
        Ids(world.seed, visit.call.number).batch("anthropic"),
        created=now,
        opens=now,
        closing=0.0,
        lines=lines,
        chance=Random(f"batch/{world.seed}/{visit.call.number}"),
        about=None,
    )
    desk = Desk(world, visit, path="/v1/messages", wire=_WIRE, serve=complete)
    world.message_batches.add(visit.key, job, partial(_answer, desk), _finish)
    return json_answer(_plain(job, now, visit))


# Its results


def _answer(desk: Desk, line: Line, at: int, moment: float) -> Done:
    """What comes of a request."""
    if refused := _refused(line.body):
        return Done(line.custom_id, False, _row(line.custom_id, _errored(b"".join(told(_WIRE, refused).chunks))))
    posted = desk.post(line, at, moment)
    if posted.status != 200:
        return Done(line.custom_id, False, _row(line.custom_id, _errored(posted.body)))
    message = msgspec.json.decode(posted.body)
    message["usage"]["service_tier"] = "batch"
    usage = anthropic_messages.read_reply(msgspec.json.encode(message)).usage
    row = _row(line.custom_id, {"type": "succeeded", "message": message})
    return Done(line.custom_id, True, row, message["model"], usage)


def _refused(params: bytes) -> APIError | None:
    """What a batch doesn't take, and a request by itself does."""
    body = msgspec.json.decode(params)
    if body.get("stream") is True:
        return _bad('"stream=True" is not supported in the Message Batches API')
    if body.get("max_tokens") == 0 and body["max_tokens"] is not False:
        return _bad("max_tokens: must be greater than or equal to 1")
    return None


def _errored(body: bytes) -> Body:
    """An error, whole in its envelope. No request was made for it, so that it has no id of one."""
    return {"type": "errored", "error": msgspec.json.decode(body) | {"request_id": None}}


def _row(custom_id: str, result: Body) -> bytes:
    return msgspec.json.encode({"custom_id": custom_id, "result": result})


def _finish(job: Job[None]) -> None:
    """The end of a batch. Nothing goes anywhere: the results are told from its lines."""


def _results(world: World, visit: Visit) -> Answer:
    job, now = _find(world, visit), world.clock()
    if job.ended is None or _is_archived(job, now):
        raise NotFoundError(f"Message Batch {job.id} has no available results.", status=404, type="not_found_error")
    rows = [done.row for done in job.done]
    rows += [_row(line.custom_id, {"type": _left_as(job)}) for line in job.left]
    return Answer(status=200, headers={"content-type": "application/x-jsonl"}, chunks=[row + b"\n" for row in rows])


def _left_as(job: Job[None]) -> str:
    """What is said of requests that had no answer."""
    return "expired" if job.cancelled is None else "canceled"


# Its object


def _plain(job: Job[None], now: float, visit: Visit) -> Body:
    """The object that tells of a batch at this time."""
    archived = _is_archived(job, now)
    url = f"http://{visit.http.headers.get('host', '127.0.0.1')}/v1/messages/batches/{job.id}/results"
    return {
        "id": job.id,
        "type": "message_batch",
        "processing_status": _status(job),
        "request_counts": _counts(job),
        "ended_at": _time(job.ended),
        "created_at": _time(job.created),
        "expires_at": _time(job.expires),
        "archived_at": _time(job.created + _KEPT) if archived else None,
        "cancel_initiated_at": _time(job.cancelled),
        "results_url": url if job.ended is not None and not archived else None,
    }


def _status(job: Job[None]) -> str:
    if job.ended is not None:
        return "ended"
    return "in_progress" if job.cancelled is None else "canceling"


def _is_archived(job: Job[None], now: float) -> bool:
    return now >= job.created + _KEPT


def _time(seconds: float | None) -> str | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat(timespec="microseconds")


def _counts(job: Job[None]) -> Body:
    """All requests are being processed until the batch ends."""
    counts = {"processing": 0, "succeeded": 0, "errored": 0, "canceled": 0, "expired": 0}
    if job.ended is None:
        return counts | {"processing": len(job.lines)}
    good = sum([done.good for done in job.done])
    return counts | {"succeeded": good, "errored": len(job.done) - good, _left_as(job): len(job.left)}


# Found again


def _find(world: World, visit: Visit) -> Job[None]:
    """The batch of an address. Raises NotFoundError."""
    found = world.message_batches.find(visit.key, visit.names[0])
    if found is None:
        raise NotFoundError(f"Message Batch {visit.names[0]} not found.", status=404, type="not_found_error")
    return found


def _retrieve(world: World, visit: Visit) -> Answer:
    job = _find(world, visit)
    answer = json_answer(_plain(job, world.clock(), visit))
    if job.ended is None:
        answer.headers["retry-after"] = "10"
    return answer


def _list(world: World, visit: Visit) -> Answer:
    now = world.clock()
    found = [_plain(job, now, visit) for job in world.message_batches.all(visit.key)[::-1]]
    return json_answer(_page(found, visit.http.query))


def _page(found: list[Body], query: Mapping[str, str]) -> Body:
    """A page of the newest first: `limit` (20, up to 1000), `after_id`, `before_id`. Raises BadRequestError."""
    limit = query.get("limit", "20")
    if not whole(limit, 1, 1000):
        raise _bad("limit: Input should be between 1 and 1000")
    ids = [batch["id"] for batch in found]
    for name in ("after_id", "before_id"):
        if name in query and query[name] not in ids:
            raise _bad(f"{name}: no batch has the id {query[name]}")
    start, end = 0, len(found)
    if "after_id" in query:
        start = ids.index(query["after_id"]) + 1
    if before := query.get("before_id"):
        end = ids.index(before)
        start = max(end - int(limit), start)
    shown = found[start : min(start + int(limit), end)]
    return {
        "data": shown,
        "has_more": start > 0 if before else start + len(shown) < end,
        "first_id": shown[0]["id"] if shown else None,
        "last_id": shown[-1]["id"] if shown else None,
    }


def _cancel(world: World, visit: Visit) -> Answer:
    """What has ended stays as it is."""
    job, now = _find(world, visit), world.clock()
    if job.ended is None and job.cancelled is None:
        job.cancelled = now
    return json_answer(_plain(job, now, visit))


def _delete(world: World, visit: Visit) -> Answer:
    job = _find(world, visit)
    if job.ended is None:
        raise _bad("In progress batches cannot be deleted. Consider canceling the batch instead.")
    world.message_batches.drop(visit.key, job.id)
    return json_answer({"id": job.id, "type": "message_batch_deleted"})


_ONE = r"/v1/messages/batches/([^/]+)"

ROUTES = (
    Route(r"/v1/messages/batches", _WIRE, {"POST": _create, "GET": _list}),
    Route(_ONE, _WIRE, {"GET": _retrieve, "DELETE": _delete}),
    Route(_ONE + "/cancel", _WIRE, {"POST": _cancel}),
    Route(_ONE + "/results", _WIRE, {"GET": _results}),
)
"""Anthropic takes 256 MB; here a batch is as large as any other request, 32 MB."""
