"""`python -m ringup.replay`: recordings in other forms than its own, APIs in another guise, and embeddings."""

from __future__ import annotations

import gzip
import json
import struct
from base64 import b64encode
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from msgspec.structs import replace

from ringup import wires
from ringup.replay import __main__ as replay
from ringup.replay.check import check
from ringup.replay.exchange import NO_ANSWER, Exchange, read_line
from ringup.replay.guise import as_called, wire_of
from ringup.replay.vectors import EmbedWire, check_vectors
from ringup.usage import Usage
from ringup.wires import embeddings
from ringup.wires.gemini import embeddings as gemini

ANSWER = {
    "id": "c1",
    "model": "m",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "Höi!"}, "finish_reason": "stop"}],
}
ASKED = {"model": "m", "messages": [{"role": "user", "content": "Hi!"}]}


def line(**fields: Any) -> str:
    return json.dumps(
        {"host": "h", "path": "/v1/chat/completions", "request": ASKED, "body": json.dumps(ANSWER)} | fields
    )


# Lines


def test_a_line() -> None:
    read = read_line(b'{"path": "/v1/messages", "headers": {"Retry-After": ["1", "2"], "X": 3}, "more": 1}')
    assert read.headers == {"retry-after": "1, 2", "x": "3"}
    assert (read.status, read.body, read.unread, read.name) == (200, "", NO_ANSWER, "#0")


@pytest.mark.parametrize("sent", ["{}", "[]", "null", "no JSON", '{"path": 5}', "[" * 100_000, ""])
def test_what_is_no_exchange(sent: str) -> None:
    with pytest.raises(ValueError, match="."):
        read_line(sent)


def test_a_whole_address_stands_for_host_and_path() -> None:
    read = read_line(line(path=None, url="https://api.example:8443/v1/messages?beta=true", host=None))
    assert (read.host, read.path) == ("api.example:8443", "/v1/messages?beta=true")


def test_odd_fields_are_taken_as_they_can() -> None:
    read = read_line(line(headers=[["X-A", "1"], "?"], status="404", seq="3b", request=json.dumps(ASKED)))
    assert (read.headers, read.status, read.seq, read.request) == ({"x-a": "1"}, 404, "3b", ASKED)
    read = read_line(line(headers=None, status={"code": 201}, seq=None, request="a=form"))
    assert (read.headers, read.status, read.seq, read.request) == ({}, 201, 0, None)
    assert read_line(line(status="?")).unread == NO_ANSWER


PLAIN = json.dumps(ANSWER, ensure_ascii=False)
PACKED = gzip.compress(PLAIN.encode(), mtime=0)


@pytest.mark.parametrize(
    "body",
    [
        PLAIN,
        ANSWER,
        b64encode(PLAIN.encode()).decode(),
        b64encode(PACKED).decode(),
        PACKED.decode("latin-1"),
        {"encoding": "UTF-8", "string": PLAIN},
        {"encoding": "ASCII-8BIT", "base64_string": b64encode(PACKED).decode()},
    ],
    ids=["text", "JSON", "base64", "gzip in base64", "gzip as characters", "VCR", "VCR in base64"],
)
def test_an_answer_however_it_is_kept(body: Any) -> None:
    read = read_line(line(body=body))
    assert json.loads(read.body) == ANSWER
    assert read.unread == ""


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (None, "no answer was recorded"),
        ({"string": None}, "no answer was recorded"),
        (b64encode(b"\x28\xb5\x2f\xfd" + b"x" * 20).decode(), "the answer is compressed (zstd)"),
        (b64encode(PACKED[:30]).decode(), "the answer is compressed (gzip)"),
        ("\x0b\x02\x80{}\x03", "the answer is compressed (br)"),
    ],
)
def test_an_answer_that_nobody_can_read(body: Any, why: str) -> None:
    read = read_line(line(body=body, headers={"Content-Encoding": "br"}))
    assert (read.body, read.unread) == ("", why)


def test_sound_is_no_text() -> None:
    assert read_line(line(body="ID3\x04\x00\x00\x00")).unread == "the answer isn't text"


def test_such_lines_are_counted_and_nothing_breaks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    models = line(path="/v1/models", request=None, body={"data": []})
    lines = [line(), line(request=None), line(body=None), models, line(body=PACKED.decode("latin-1"))]
    file = tmp_path / "a.jsonl.gz"
    file.write_bytes(gzip.compress("\n".join(lines).encode("utf-16")))
    assert replay.main([str(file)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "     1  h  /v1/chat/completions  no answer was recorded",
        "     2  h  /v1/chat/completions  ok",
        "     1  h  /v1/chat/completions  ok, but its request wasn't recorded",
        "     1  h  /v1/models            not a call of a wire",
        "5 exchanges: 3 ok, 0 failed, 2 not replayed",
    ]


# Guises

CLAUDE = "anthropic_messages"
VERTEX = "/v1/projects/p/locations/l/publishers"


@pytest.mark.parametrize(
    ("path", "wire", "place"),
    [
        ("/v1/chat/completions", "chat_completions", "/v1/chat/completions"),
        ("/openai/deployments/d/chat/completions?api-version=1", "chat_completions", None),
        ("/api/v1/chat/completions/", "chat_completions", None),
        (f"{VERTEX}/mistralai/models/mistral-small:rawPredict", "chat_completions", None),
        ("/v1/messages?beta=true", CLAUDE, "/v1/messages"),
        (f"{VERTEX}/anthropic/models/claude-haiku-4-5@1:streamRawPredict", CLAUDE, None),
        ("/v1/threads/thread_1/messages", None, None),
        ("/v1/messages/count_tokens", None, "/v1/messages/count_tokens"),
        ("/v1/messages/batches/msgbatch_0123456789abcdef/cancel", None, "/v1/messages/batches/*/cancel"),
        ("/openai/v1/responses", "responses", None),
        ("/v1/responses/resp_0123456789abcdef", "responses", "/v1/responses/*"),
        ("/v1/responses/resp_0123456789abcdef/cancel", None, None),
        ("/v1/responses/compact", None, "/v1/responses/compact"),
        ("/v1/models/gemini-3:generateContent", "gemini", "/v1/models/*:generateContent"),
        ("/v1/models/gemini-3:streamGenerateContent?alt=sse", "gemini", "/v1/models/*:streamGenerateContent"),
        (f"{VERTEX}/google/models/gemini-3:generateContent", "gemini", f"{VERTEX}/google/models/*:generateContent"),
        ("/v1beta/models/gemini-3:countTokens", None, None),
        ("/v1/embeddings", "embeddings", "/v1/embeddings"),
        ("/v1beta/models/e:batchEmbedContents", "gemini.embeddings", "/v1beta/models/*:batchEmbedContents"),
        (f"{VERTEX}/google/models/e:predict", "gemini.embeddings", None),
        ("/model/anthropic.claude/converse", None, None),
        ("/v1/audio/transcriptions", None, None),
        ("/v1/multimodalembeddings", None, None),
        ("", None, ""),
    ],
)
def test_the_wire_of_a_path(path: str, wire: str | None, place: str | None) -> None:
    assert wire_of(path) == wire
    assert place is None or Exchange(path).place == place


def called(path: str, request: Any = None) -> tuple[str, Any]:
    name = wire_of(path)
    assert name
    as_it_is = as_called(Exchange(path, request), name)
    return as_it_is.path, as_it_is.request


def test_the_model_may_stand_in_the_address() -> None:
    assert called("/openai/deployments/my%20gpt/chat/completions", {"n": 1})[1] == {"n": 1, "model": "my gpt"}
    assert called("/models/meta/llama/v1/chat/completions", {})[1] == {"model": "meta/llama"}
    assert called("/openai/deployments/d/embeddings", {"model": "m"})[1] == {"model": "m"}
    assert called("/v1/chat/completions", {})[1] == {"model": "unnamed"}
    assert called("/v1/responses/resp_1", {"x": 1})[1] is None


def test_claude_and_mistral_on_vertex() -> None:
    sent = {"anthropic_version": "vertex-2023-10-16", "max_tokens": 5}
    path, request = called(f"{VERTEX}/anthropic/models/claude-haiku-4-5@1:rawPredict", sent)
    assert (path, request) == ("/v1/messages", {"max_tokens": 5, "model": "claude-haiku-4-5@1"})
    path, request = called(f"{VERTEX}/mistralai/models/mistral-small:streamRawPredict", {"model": "mistral-small"})
    assert (path, request) == ("/chat/completions", {"model": "mistral-small"})


@pytest.mark.parametrize(
    "path",
    [
        "/proxy/google/v1beta/models/gemini-3:generateContent",
        "/models/gemini-3:generateContent",
        "/v1/projects/p/locations/l/endpoints/12:generateContent?key=x",
    ],
)
def test_gemini_behind_other_addresses(path: str) -> None:
    asked = {"contents": [{"role": "user", "parts": [{"text": "Hi!"}]}]}
    said = {"candidates": [{"content": {"parts": [{"text": "Hello!"}]}, "finishReason": "STOP"}]}
    exchange = as_called(Exchange(path, asked, body=json.dumps(said)), "gemini")
    assert check(exchange, wires.find("gemini")) == []


# Embeddings

ROWS = [[0.5, -1.25], [3.0, 4.5]]
OPENAI: dict[str, Any] = {
    "object": "list",
    "data": [
        {"object": "embedding", "index": 1, "embedding": ROWS[1]},
        {"object": "embedding", "index": 0, "embedding": b64encode(struct.pack("<2f", *ROWS[0])).decode()},
    ],
    "model": "e",
    "usage": {"prompt_tokens": 4, "total_tokens": 4},
}
GOOGLE = {"embeddings": [{"values": row} for row in ROWS], "usageMetadata": {"promptTokenCount": 4}}
BATCH = {"requests": [{"model": "models/e", "content": {"parts": [{"text": text}]}} for text in "ab"]}
PREDICTED = {"predictions": [{"embeddings": {"values": ROWS[0], "statistics": {"token_count": 3}}}]}
MODEL = "/v1beta/models/e"


def embedded(path: str, asked: Any, said: Any, status: int = 200) -> Exchange:
    return Exchange(path, asked, status, body=json.dumps(said))


VECTORS = embedded("/v1/embeddings", {"model": "e", "input": ["a", "b"], "encoding_format": "float"}, OPENAI)
GOOD = {
    "openai": VECTORS,
    "one text": embedded("/v1/embeddings", {"model": "e", "input": "a", "user": "u"}, {"data": [OPENAI["data"][1]]}),
    "deployment": embedded("/openai/deployments/e/embeddings", {"input": [1, 2]}, OPENAI),
    "refused": embedded("/v1/embeddings", {"input": []}, {"error": {"message": "No such model", "code": "x"}}, 404),
    "error in a 200": embedded("/v1/embeddings", {}, {"error": {"message": "No credit", "code": 402}}),
    "of nobody": embedded("/v1/embeddings", {}, {"pathname": "/v1"}),
    "gemini": embedded(f"{MODEL}:batchEmbedContents", BATCH, GOOGLE),
    "gemini alone": embedded(f"{MODEL}:embedContent", BATCH["requests"][0], {"embedding": {"values": ROWS[0]}}),
    "vertex": embedded(f"{VERTEX}/google/models/e:predict", {"instances": [{"content": "a"}]}, PREDICTED),
    "a picture's prediction": embedded(f"{VERTEX}/google/models/i:predict", {}, {"predictions": [{"mimeType": "x"}]}),
}


def found(exchange: Exchange, wire: Any = None) -> list[str]:
    name = wire_of(exchange.path)
    assert name
    real = cast(EmbedWire, gemini if name.startswith("gemini") else embeddings)
    return check_vectors(as_called(exchange, name), wire or real)


@pytest.mark.parametrize("name", GOOD)
def test_good_recordings_of_embeddings_pass(name: str) -> None:
    assert found(GOOD[name]) == []


def broken(**parts: Any) -> EmbedWire:
    names = {name: getattr(embeddings, name) for name in embeddings.__all__}
    return cast(EmbedWire, SimpleNamespace(**{**names, **parts}))


def reading(**fields: Any) -> EmbedWire:
    return broken(read_reply=lambda body: replace(embeddings.read_reply(body), **fields))


def test_what_a_reader_of_embeddings_loses_is_found() -> None:
    assert found(VECTORS, reading(data=struct.pack("<4f", *ROWS[1], *ROWS[0]))) == ["answer: vectors"]
    assert found(VECTORS, reading(usage=Usage())) == ["answer: usage.input_tokens"]
    crash = found(VECTORS, broken(read_reply=lambda body: 1 // 0))
    assert crash[0].startswith("crash: ZeroDivisionError in ")


def test_what_isnt_whole_must_not_be_taken_for_embeddings() -> None:
    reply = embeddings.read_reply(VECTORS.body.encode())
    wire = broken(read_reply=lambda body: reply)
    assert found(GOOD["of nobody"], wire) == ["answer: something else was read as one"]
    assert found(GOOD["error in a 200"], wire) == ["answer: the error inside it was not raised"]
    strict = broken(read_reply=gemini.read_reply)
    assert found(VECTORS, strict) == ["answer: ProtocolError"]
    assert found(GOOD["error in a 200"], strict) == []


def test_what_is_written_of_embeddings_is_read_again() -> None:
    wire = broken(write_reply=lambda reply, encoding: embeddings.write_reply(replace(reply, model=None), encoding))
    assert found(VECTORS, wire) == [
        "answer: another one when written with base64 and read again",
        "answer: another one when written with float and read again",
    ]


def test_requests_for_embeddings() -> None:
    refused = replace(VECTORS, request={"model": "e", "input": [{}, 5]})
    assert [cause.partition(" is ")[0] for cause in found(refused)] == ["request refused: '$.input'"]

    def lose(request: Any) -> Any:
        http, notices = embeddings.write_request(replace(request, texts=request.texts[:1], encoding=None))
        return http, notices

    assert found(VECTORS, broken(write_request=lose)) == [
        "request: input changed",
        "request: encoding_format left out",
    ]
