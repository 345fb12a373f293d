"""OpenAI's addresses of files: uploaded, listed, told of, read, deleted. Facts: see `filestore`."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import msgspec

from ringup.openai_checks import bad, check_range, expect, missing, wrong_value
from ringup.simulator import multipart, schema
from ringup.simulator.answers import Answer, json_answer
from ringup.simulator.filestore import File
from ringup.simulator.ids import Ids
from ringup.simulator.multipart import Field
from ringup.simulator.routes import Route
from ringup.simulator.shelf import whole
from ringup.simulator.world import Visit, World

__all__ = ["ROUTES", "lifetime"]

_PURPOSES = ("fine-tune", "assistants", "batch", "user_data", "vision", "evals")
_LINES = {"batch": "Batch API", "fine-tune": "Fine-Tune API"}
"""The purposes whose files hold a JSON object in each line, and what says so."""
_BATCH_LIFE = 30 * 86_400
_SHORTEST, _LONGEST = 3_600, 2_592_000


def lifetime(given: Any, param: str) -> int | None:
    """The seconds of an `expires_after`: {"anchor": "created_at", "seconds": 3600 to 2592000}; None for none.

    Raises BadRequestError.
    """
    if given is None:
        return None
    expect(given, dict, param)
    if (lacking := next((name for name in ("anchor", "seconds") if given.get(name) is None), None)) is not None:
        raise missing(f"{param}.{lacking}")
    if given["anchor"] != "created_at":
        raise wrong_value(f"{param}.anchor", given["anchor"], ("created_at",))
    expect(given["seconds"], int, f"{param}.seconds", "an integer")
    check_range(f"{param}.seconds", given["seconds"], _SHORTEST, _LONGEST, "integer")
    return int(given["seconds"])


def _form(visit: Visit) -> dict[str, Field]:
    """The fields of an upload. Raises BadRequestError."""
    media_type = visit.http.headers.get("content-type", "")
    schema.check_media_type(media_type, "multipart/form-data")
    try:
        fields = multipart.read(media_type, visit.http.body)
    except ValueError as error:
        raise bad(f"Could not parse multipart form: {error}.") from None
    return {field.name: field for field in fields}


def _expires_after(fields: dict[str, Field]) -> Any:
    """What is said of the file's end: as `expires_after[seconds]`, which SDKs write, or as one field of JSON."""
    if "expires_after" in fields:
        try:
            return msgspec.json.decode(fields["expires_after"].data)
        except (msgspec.DecodeError, RecursionError):
            return fields["expires_after"].text
    given = {name: fields[f"expires_after[{name}]"].text for name in ("anchor", "seconds") if _has(fields, name)}
    seconds = given.get("seconds", "")
    return given | ({"seconds": int(seconds)} if whole(seconds, 0, 10**12) else {}) or None


def _has(fields: dict[str, Field], name: str) -> bool:
    return f"expires_after[{name}]" in fields


_FIELDS = frozenset({"file", "purpose", "expires_after", "expires_after[anchor]", "expires_after[seconds]"})


def _check(fields: dict[str, Field]) -> None:
    """Raises what OpenAI answers to an upload that isn't right."""
    if unknown := next((name for name in fields if name not in _FIELDS), None):
        raise bad(f"Additional properties are not allowed ('{unknown}' was unexpected)")
    for name in ("file", "purpose"):
        if name not in fields or (name == "file" and fields[name].filename is None):
            raise bad(f"'{name}' is a required property")
    purpose = fields["purpose"].text
    if purpose not in _PURPOSES:
        raise bad(f"'{purpose}' is not one of {list(_PURPOSES)} - 'purpose'", "purpose")
    if (api := _LINES.get(purpose)) is not None:
        _check_lines(fields["file"].data, api)
    elif not fields["file"].data:
        raise bad("The file is empty.", "file")


def _check_lines(data: bytes, api: str) -> None:
    """Only the first line is looked at: what is wrong further on is found when the file is used."""
    try:
        data.decode()
    except UnicodeDecodeError:
        raise bad(f"Invalid file for {api}. Must be utf-8 encoded") from None
    try:
        msgspec.json.decode(data.removeprefix(b"\xef\xbb\xbf").partition(b"\n")[0], type=dict)
    except (msgspec.DecodeError, RecursionError):
        raise bad(f"Invalid file format for {api}. Must be .jsonl") from None


def _upload(world: World, visit: Visit) -> Answer:
    fields = _form(visit)
    _check(fields)
    seconds = lifetime(_expires_after(fields), "expires_after")
    purpose, created = fields["purpose"].text, int(world.clock())
    if seconds is None and purpose == "batch":
        seconds = _BATCH_LIFE
    file = File(
        id=Ids(world.seed, visit.call.number).file(),
        data=fields["file"].data,
        filename=fields["file"].filename or "",
        purpose=purpose,
        created=created,
        expires=None if seconds is None else created + seconds,
    )
    world.files.add(visit.key, file)
    return json_answer(file.plain())


def _list(world: World, visit: Visit) -> Answer:
    return json_answer(world.files.page(visit.key, visit.http.query))


def _retrieve(world: World, visit: Visit) -> Answer:
    return json_answer(world.files.find(visit.key, visit.names[0]).plain())


def _delete(world: World, visit: Visit) -> Answer:
    return json_answer(world.files.delete(visit.key, visit.names[0]))


def _content(world: World, visit: Visit) -> Answer:
    file = world.files.content(visit.key, visit.names[0])
    headers = {
        "content-type": "application/octet-stream",
        "content-disposition": f"attachment; filename*=UTF-8''{quote(file.filename, safe='')}",
    }
    return Answer(status=200, headers=headers, chunks=[file.data])


_WIRE = "chat_completions"
_ONE = r"/v1/files/([^/]+)"

ROUTES = (
    Route(r"/v1/files", _WIRE, {"POST": _upload, "GET": _list}),
    Route(_ONE, _WIRE, {"GET": _retrieve, "DELETE": _delete}),
    Route(_ONE + "/content", _WIRE, {"GET": _content}),
)
"""OpenAI takes 512 MB (for a batch, 200); here an upload is as large as any other request, 50 MB."""
