"""OpenAI's files from the simulator, by OpenAI's own SDK: uploaded, listed, read, refused, forgotten; and the form that
an upload is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx2
import openai
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai.types import FileDeleted, FileObject

from ringup.secret import Secret
from ringup.simulator import multipart
from ringup.simulator.filestore import File, Files
from ringup.simulator.multipart import Field
from ringup.simulator.shelf import Shelf
from ringup.testing import Simulator
from tests.simulator.strictly import strictly

NOW = 1_800_000_000
LINE = b'{"custom_id": "a", "method": "POST", "url": "/v1/chat/completions", "body": {}}'
DAY = 86_400


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    """One whose clock stands still unless it is set forward."""
    with Simulator(clock=lambda: float(NOW)) as sim:
        yield sim


@pytest.fixture
def client(simulator: Simulator) -> Iterator[Any]:
    with openai.OpenAI(base_url=simulator.openai_url, api_key=simulator.key, max_retries=0) as found:
        yield found


@pytest.fixture
def other(simulator: Simulator) -> Iterator[Any]:
    key = simulator.openai_key
    with openai.OpenAI(base_url=simulator.openai_url, api_key=key, max_retries=0) as found:
        yield found


def test_a_file_is_uploaded_told_of_and_read(client: Any, simulator: Simulator) -> None:
    file = client.files.create(file=("in.jsonl", LINE), purpose="batch")
    strictly(FileObject, simulator.calls[-1].body)
    assert file.id.startswith("file-")
    assert (file.bytes, file.filename, file.purpose, file.status) == (len(LINE), "in.jsonl", "batch", "processed")
    assert (file.created_at, file.expires_at) == (NOW, NOW + 30 * DAY)
    assert client.files.retrieve(file.id) == file
    content = client.files.content(file.id)
    assert content.content == LINE
    assert content.response.headers["content-type"] == "application/octet-stream"
    assert "in.jsonl" in content.response.headers["content-disposition"]


@pytest.mark.parametrize("purpose", ["assistants", "batch", "fine-tune", "vision", "user_data", "evals"])
def test_every_purpose_is_taken(client: Any, purpose: Any) -> None:
    file = client.files.create(file=LINE, purpose=purpose)
    assert file.purpose == purpose
    assert (file.expires_at is None) == (purpose != "batch")


def test_what_is_uploaded_for_some_purposes_is_not_given_back(client: Any) -> None:
    file = client.files.create(file=("notes.txt", b"notes"), purpose="user_data")
    with pytest.raises(openai.BadRequestError, match="Not allowed to download files of purpose: user_data"):
        client.files.content(file.id)
    shown = client.files.create(file=("cat.png", b"\x89PNG\r\n\r\n\0--"), purpose="vision")
    assert client.files.content(shown.id).content == b"\x89PNG\r\n\r\n\0--"


def test_an_end_can_be_set_and_comes_by_the_clock(client: Any, simulator: Simulator) -> None:
    after: Any = {"anchor": "created_at", "seconds": 3600}
    file = client.files.create(file=b"text", purpose="vision", expires_after=after)
    kept = client.files.create(file=b"text", purpose="vision")
    assert (file.expires_at, kept.expires_at) == (NOW + 3600, None)
    simulator.advance(3599)
    assert {one.id for one in client.files.list()} == {file.id, kept.id}
    simulator.advance(1)
    assert [one.id for one in client.files.list()] == [kept.id]
    with pytest.raises(openai.NotFoundError):
        client.files.content(file.id)
    simulator.advance(1000 * DAY)
    assert client.files.retrieve(kept.id)


def test_files_are_listed_page_by_page(client: Any, simulator: Simulator) -> None:
    ids = []
    for number in range(5):
        purpose: Any = "batch" if number % 2 else "vision"
        ids.append(client.files.create(file=(f"{number}.jsonl", LINE), purpose=purpose).id)
    assert [file.id for file in client.files.list()] == ids[::-1]
    assert [file.id for file in client.files.list(order="asc", limit=2)] == ids
    assert [file.id for file in client.files.list(purpose="batch")] == [ids[3], ids[1]]
    first = client.files.list(limit=2)
    assert ([file.id for file in first.data], first.has_more) == ([ids[4], ids[3]], True)
    assert [file.id for file in client.files.list(after=ids[1])] == [ids[0]]
    with pytest.raises(openai.BadRequestError, match="1 to 10000"):
        client.files.list(limit=10_001)
    with pytest.raises(openai.BadRequestError, match="Supported values"):
        client.files.list(order="up")
    with pytest.raises(openai.BadRequestError, match="not found"):
        client.files.list(after="file-no")


def test_a_file_is_deleted(client: Any, simulator: Simulator) -> None:
    file = client.files.create(file=LINE, purpose="batch")
    assert client.files.delete(file.id) == FileDeleted(id=file.id, deleted=True, object="file")
    for call in (client.files.retrieve, client.files.content, client.files.delete):
        with pytest.raises(openai.NotFoundError, match=f"No such File object: {file.id}") as refused:
            call(file.id)
        assert refused.value.param == "id"
    assert client.files.list().data == []


def test_a_file_belongs_to_its_key(client: Any, other: Any) -> None:
    file = client.files.create(file=LINE, purpose="batch")
    with pytest.raises(openai.NotFoundError):
        other.files.retrieve(file.id)
    assert other.files.list().data == []
    assert client.files.list().data == [file]


def upload(simulator: Simulator, **options: Any) -> httpx2.Response:
    headers = {"authorization": f"Bearer {simulator.key}", **options.pop("headers", {})}
    return httpx2.post(f"{simulator.openai_url}/files", headers=headers, trust_env=False, **options)


PURPOSE = {"purpose": "vision"}
AFTER = {"expires_after[anchor]": "created_at", "expires_after[seconds]": "3600"}


@pytest.mark.parametrize(
    ("fields", "file", "message", "param"),
    [
        ({}, b"x", "'purpose' is a required property", None),
        (PURPOSE | {"file": "x"}, None, "'file' is a required property", None),
        ({"purpose": "fun"}, b"x", "'fun' is not one of ['fine-tune', 'assistants', 'batch', ", "purpose"),
        ({"purpose": "batch_output"}, b"x", "'batch_output' is not one of", "purpose"),
        (PURPOSE | {"more": "1"}, b"x", "('more' was unexpected)", None),
        (PURPOSE, b"", "The file is empty.", "file"),
        ({"purpose": "batch"}, b"", "Invalid file format for Batch API. Must be .jsonl", None),
        ({"purpose": "batch"}, b"some text\n", "Invalid file format for Batch API. Must be .jsonl", None),
        ({"purpose": "fine-tune"}, b"[1]", "Invalid file format for Fine-Tune API. Must be .jsonl", None),
        ({"purpose": "batch"}, b"\xff\xfe{", "Invalid file for Batch API. Must be utf-8 encoded", None),
        (PURPOSE | AFTER | {"expires_after[anchor]": "now"}, b"x", "Invalid value: 'now'.", "expires_after.anchor"),
        (PURPOSE | AFTER | {"expires_after[seconds]": "9"}, b"x", "Expected a value >= 3600", "expires_after.seconds"),
        (PURPOSE | AFTER | {"expires_after[seconds]": "2592001"}, b"x", "<= 2592000", "expires_after.seconds"),
        (PURPOSE | AFTER | {"expires_after[seconds]": "soon"}, b"x", "expected an integer", "expires_after.seconds"),
        (PURPOSE | {"expires_after[seconds]": "3600"}, b"x", "Missing required parameter", "expires_after.anchor"),
        (PURPOSE | {"expires_after": "soon"}, b"x", "expected an object", "expires_after"),
    ],
    ids=str,
)
def test_what_is_wrong_is_refused(
    simulator: Simulator, fields: dict[str, str], file: bytes | None, message: str, param: str | None
) -> None:
    form: Any = {name: (None, value.encode()) for name, value in fields.items()}
    answer = upload(simulator, files=form | ({} if file is None else {"file": ("a.txt", file)}))
    error = answer.json()["error"]
    assert answer.status_code == 400
    assert message in error["message"]
    assert (error["type"], error["param"]) == ("invalid_request_error", param)
    assert not list(simulator._app._engine.world.files.page(Secret(simulator.key), {})["data"])


def test_an_end_may_come_as_json(simulator: Simulator) -> None:
    fields = PURPOSE | {"expires_after": '{"anchor": "created_at", "seconds": 7200}'}
    assert upload(simulator, data=fields, files={"file": ("a", b"x")}).json()["expires_at"] == NOW + 7200


def test_only_a_whole_form_is_taken(simulator: Simulator) -> None:
    wrong = upload(simulator, json={"purpose": "batch"})
    assert wrong.status_code == 400
    assert wrong.json()["error"]["code"] == "unsupported_content_type"
    assert "multipart/form-data" in wrong.json()["error"]["message"]
    form = "multipart/form-data; boundary=zzz"
    for kind, body in (
        (form, b'--zzz\r\nContent-Disposition: form-data; name="file"\r\n\r\nx'),
        (form, b""),
        ("", b"x"),
    ):
        refused = upload(simulator, headers={"content-type": kind} if kind else {}, content=body)
        assert (refused.status_code, "multipart" in refused.text) == (400, True)


def test_a_key_is_needed(simulator: Simulator) -> None:
    for path in ("files", "files/file-x", "files/file-x/content", "batches"):
        assert httpx2.get(f"{simulator.openai_url}/{path}", trust_env=False).status_code == 401


def test_uploads_are_seen_and_faults_meet_them(client: Any, simulator: Simulator) -> None:
    client.files.create(file=("in.jsonl", LINE), purpose="batch")
    seen = httpx2.get(f"{simulator.url}/_ringup/calls", trust_env=False).json()["calls"][0]
    about = {"filename": "in.jsonl", "type": "application/octet-stream", "bytes": len(LINE), "text": LINE.decode()}
    assert seen["request"]["body"] == {"purpose": "batch", "file": about}
    image = client.files.create(file=("a.png", b"\x89PNG\0\0"), purpose="vision")
    client.files.content(image.id)
    plain = [call.plain() for call in simulator.calls[1:]]
    assert plain[0]["request"]["body"]["file"] == {"filename": "a.png", "type": "image/png", "bytes": 6}
    assert plain[1]["answer"]["body"] == "(6 bytes that aren't text)"
    assert "in.jsonl" in httpx2.get(simulator.url, trust_env=False).text
    simulator.fault(path="/v1/files*", status=503)
    with pytest.raises(openai.InternalServerError):
        client.files.list()
    assert len(client.files.list().data) == 2


def test_a_reset_forgets_files(client: Any, simulator: Simulator) -> None:
    before = client.files.create(file=LINE, purpose="batch")
    simulator.reset()
    assert client.files.list().data == []
    simulator.reset()
    assert client.files.create(file=LINE, purpose="batch").id == before.id


def test_an_upload_has_a_limit(client: Any) -> None:
    with pytest.raises(openai.APIStatusError) as refused:
        client.files.create(file=bytes(51 * 1024 * 1024), purpose="vision")
    assert refused.value.status_code == 413


# What is kept has a limit


def test_the_oldest_files_go_when_there_is_no_room() -> None:
    files, key = Files(lambda: float(NOW)), Secret("sim-x")
    data = bytes(100 * 1024 * 1024)
    for number in range(3):
        files.add(key, File(id=str(number), data=data, filename="a", purpose="vision", created=NOW))
    assert [file["id"] for file in files.page(key, {"order": "asc"})["data"]] == ["1", "2"]


def test_a_shelf_keeps_the_newest_whatever_its_size() -> None:
    shelf: Shelf[int] = Shelf(lambda: 0.0, most=3, room=10, size=lambda thing: thing)
    for number, size in enumerate([1, 2, 3, 4]):
        shelf.put(None, str(number), size)
    assert list(shelf) == [2, 3, 4]
    shelf.put(None, "large", 100)
    assert list(shelf) == [100]


# The form

names = st.text(st.characters(codec="utf-8", exclude_characters='"\\\r\n', exclude_categories=["C"]), min_size=1)


@given(st.lists(st.tuples(names, st.binary(), st.booleans())), st.integers(min_value=1, max_value=10_000))
def test_a_form_is_read_as_it_was_written(fields: list[tuple[str, bytes, bool]], cut: int) -> None:
    boundary = b"boundary-that-nothing-holds"
    body = b""
    for name, data, is_file in fields:
        filename = f'; filename="{name}.bin"' if is_file else ""
        body += b"--" + boundary + b"\r\n" + f'Content-Disposition: form-data; name="{name}"{filename}\r\n'.encode()
        body += (b"Content-Type: application/x-thing\r\n" if is_file else b"") + b"\r\n" + data + b"\r\n"
    body += b"--" + boundary + b"--\r\n"
    kind = f"multipart/form-data; boundary={boundary.decode()}"
    found = multipart.read(kind, body)
    assert [(field.data, field.filename is not None) for field in found] == [(data, file) for _, data, file in fields]
    assert [field.name.split() for field in found] == [name.split() for name, _, _ in fields]
    with pytest.raises(ValueError):
        multipart.read(kind, body[: max(len(body) - 4 - cut, 0)])


def test_a_form_may_be_odd() -> None:
    body = (
        b"a preamble\r\n--b\r\ncontent-disposition: form-data; name=file; filename*=UTF-8''na%C3%AFve.txt\r\n"
        b"content-type: message/rfc822\r\n\r\nA: 1\r\n\r\n--\r\n\r\n--b--\r\nan epilogue"
    )
    (field,) = multipart.read('Multipart/Form-Data; boundary="b"', body)
    assert field == Field("file", b"A: 1\r\n\r\n--\r\n", "naïve.txt", "message/rfc822")
    for wrong in (b"--b\r\nX: y\r\n\r\nz\r\n--b--", b'--b\r\nContent-Disposition: form-data; name="a"\r\n--b--'):
        with pytest.raises(ValueError, match="no name"):
            multipart.read("multipart/form-data; boundary=b", wrong)
    for kind in ("multipart/form-data", "multipart/mixed; boundary=b", ""):
        with pytest.raises(ValueError, match="boundary"):
            multipart.read(kind, body)
