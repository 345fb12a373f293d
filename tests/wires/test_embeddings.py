"""Embeddings on both wires: what is written is read again, in every dialect, and bad answers are told as such."""

from __future__ import annotations

import math
import struct
from base64 import b64decode, b64encode
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from ringup.embeddings import Embeddings, EmbedRequest, floats, pack
from ringup.errors import (
    APIError,
    AuthenticationError,
    BadRequestError,
    NotFoundError,
    ParameterError,
    ProtocolError,
    RateLimitError,
)
from ringup.http import HttpRequest
from ringup.messages import Opaque
from ringup.replay.same import differences
from ringup.usage import Usage
from ringup.wires import embeddings as openai
from ringup.wires.gemini import embeddings as gemini
from tests.recorded import Exchange, exchanges, needs_recorded

WIRES = pytest.mark.parametrize("wire", [openai, gemini], ids=["openai", "gemini"])
singles = st.floats(width=32, allow_nan=False, allow_infinity=False)
words = st.text(min_size=1)


@st.composite
def vectors(draw: st.DrawFn) -> list[list[float]]:
    dimensions, count = draw(st.integers(1, 9)), draw(st.integers(1, 4))
    row = st.lists(singles, min_size=dimensions, max_size=dimensions)
    return draw(st.lists(row, min_size=count, max_size=count))


@st.composite
def replies(draw: st.DrawFn, wire: str) -> Embeddings:
    rows = draw(vectors())
    usage = Usage(input_tokens=draw(st.integers(0, 10**6))) if draw(st.booleans()) else Usage()
    named = wire == openai.NAME
    return Embeddings(
        data=b"".join([pack(row) for row in rows]),
        count=len(rows),
        dimensions=len(rows[0]),
        usage=usage,
        id=draw(st.none() | words) if named else None,
        model=draw(words) if named else None,
        wire=wire,
        extra=draw(st.dictionaries(st.sampled_from(["provider", "served_by"]), words)),
    )


def requests(**more: Any) -> st.SearchStrategy[EmbedRequest]:
    return st.builds(
        EmbedRequest,
        model=st.sampled_from(["text-embedding-3-small", "gemini-embedding-001", "tunedModels/b@c"]),
        dimensions=st.none() | st.integers(1, 5000),
        **more,
    )


def body(*items: Any, **fields: Any) -> bytes:
    return msgspec.json.encode({"object": "list", "data": list(items), "model": "m", **fields})


def item(*values: float, **fields: Any) -> dict[str, Any]:
    return {"object": "embedding", "embedding": list(values), **fields}


# The values


@given(vectors())
def test_vectors_lie_one_after_another(rows: list[list[float]]) -> None:
    found = Embeddings(data=b"".join([pack(row) for row in rows]), count=len(rows), dimensions=len(rows[0]))
    assert [list(vector) for vector in found] == rows
    assert list(found[-1]) == rows[-1]
    assert len(found) == len(rows)
    assert list(floats(found.data)) == [value for row in rows for value in row]
    for outside in (len(rows), -len(rows) - 1):
        with pytest.raises(IndexError):
            found[outside]


def test_the_data_is_little_endian_and_never_copied() -> None:
    assert pack([1.0, -2.5]) == struct.pack("<2f", 1.0, -2.5)
    found = Embeddings(data=pack([1.0, 2.0, 3.0, 4.0]), count=2, dimensions=2)
    shown = found.__array_interface__
    assert (shown["shape"], shown["typestr"]) == ((2, 2), "<f4")
    assert shown["data"] is found.data
    view = found[1]
    assert isinstance(view, memoryview)
    assert view.obj is found.data


def test_numpy_reads_it_without_a_copy() -> None:
    numpy = pytest.importorskip("numpy")
    found = Embeddings(data=pack([1.0, 2.0, 3.0, 4.0]), count=2, dimensions=2)
    array = numpy.asarray(found)
    assert array.tolist() == [[1.0, 2.0], [3.0, 4.0]]
    assert numpy.shares_memory(array, numpy.frombuffer(found.data, "<f4"))


# The laws


@given(requests(texts=st.lists(words | st.lists(st.integers(0, 10**5), min_size=1).map(tuple), min_size=1).map(tuple)))
def test_openai_reads_what_it_wrote(request: EmbedRequest) -> None:
    http, notices = openai.write_request(request)
    assert notices == ()
    assert openai.read_request(http) == request


@given(requests(texts=st.lists(words, min_size=1).map(tuple), task=st.none() | st.just("CLUSTERING")))
def test_gemini_reads_what_it_wrote(request: EmbedRequest) -> None:
    http, notices = gemini.write_request(request)
    assert notices == ()
    assert gemini.read_request(http) == replace(request, encoding=None)


@given(replies(openai.NAME), st.sampled_from(["base64", "float", None]))
def test_openai_answers_are_read_as_written(reply: Embeddings, encoding: Any) -> None:
    assert openai.read_reply(openai.write_reply(reply, encoding)) == reply


@given(replies(gemini.NAME))
def test_gemini_answers_are_read_as_written(reply: Embeddings) -> None:
    assert gemini.read_reply(gemini.write_reply(reply)) == reply


@given(st.binary())
@WIRES
def test_no_body_gives_anything_but_an_answer_or_an_error(wire: Any, data: bytes) -> None:
    with pytest.raises(APIError):
        wire.read_reply(data)


json = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.lists(st.floats() | st.none())
shapes = st.dictionaries(
    st.sampled_from(["data", "embeddings", "embedding", "values", "index", "usage", "predictions", "error", "id"]),
    json,
    max_size=3,
)


@settings(max_examples=50)
@given(
    st.dictionaries(
        st.sampled_from(["data", "embeddings", "embedding", "predictions", "usage"]), st.lists(shapes, max_size=3)
    )
)
@WIRES
def test_no_shape_of_json_breaks_a_reader(wire: Any, value: Any) -> None:
    try:
        found = wire.read_reply(msgspec.json.encode(value))
    except APIError:
        return
    assert len(found.data) == found.count * found.dimensions * 4


# What is sent


def test_base64_is_asked_for_unless_told_otherwise() -> None:
    asked = EmbedRequest(model="m", texts=("a", "b"), dimensions=3, extra={"user": "u"})
    http, _ = openai.write_request(asked)
    assert (http.method, http.path) == ("POST", "/embeddings")
    assert msgspec.json.decode(http.body) == {
        "model": "m",
        "input": ["a", "b"],
        "dimensions": 3,
        "encoding_format": "base64",
        "user": "u",
    }
    http, _ = openai.write_request(replace(asked, encoding=None))
    assert "encoding_format" not in msgspec.json.decode(http.body)


def test_gemini_gets_a_request_for_each_text() -> None:
    asked = EmbedRequest(model="models/g", texts=("a", "b"), dimensions=3, task="CLUSTERING", extra={"title": "t"})
    http, _ = gemini.write_request(asked)
    assert http.path == "/v1beta/models/g:batchEmbedContents"
    common = {"model": "models/g", "taskType": "CLUSTERING", "outputDimensionality": 3, "title": "t"}
    assert msgspec.json.decode(http.body) == {
        "requests": [{**common, "content": {"parts": [{"text": text}]}} for text in ("a", "b")]
    }


def test_what_openai_has_no_word_for_is_told() -> None:
    _, (notice,) = openai.write_request(EmbedRequest(model="m", texts=("a",), task="CLUSTERING"))
    assert (notice.kind, notice.what) == ("dropped", "task")


@WIRES
def test_nothing_to_embed_is_refused(wire: Any) -> None:
    with pytest.raises(ParameterError):
        wire.write_request(EmbedRequest(model="m", texts=()))
    with pytest.raises(ParameterError):
        wire.write_request(EmbedRequest(model="m", texts=("a", Opaque("another wire", {}))))


def test_a_block_of_the_wire_itself_goes_back_unchanged() -> None:
    picture = {"image_url": "https://host/p.png"}
    http, _ = openai.write_request(EmbedRequest(model="m", texts=("a", Opaque(openai.NAME, picture))))
    assert msgspec.json.decode(http.body)["input"] == ["a", picture]
    assert openai.read_request(http).texts == ("a", Opaque(openai.NAME, picture))
    whole = {"content": {"parts": [{"inlineData": {"mimeType": "image/png", "data": "AA=="}}]}, "model": "models/m"}
    http, _ = gemini.write_request(EmbedRequest(model="m", texts=(Opaque(gemini.NAME, whole),)))
    assert gemini.read_request(http).texts == (Opaque(gemini.NAME, whole),)


def test_gemini_can_not_embed_token_ids() -> None:
    with pytest.raises(ParameterError, match="ids of tokens"):
        gemini.write_request(EmbedRequest(model="m", texts=((1, 2),)))


# What a server reads


def ask(**fields: Any) -> EmbedRequest:
    return openai.read_request(HttpRequest(path="/v1/embeddings", body=msgspec.json.encode(fields)))


def test_every_form_of_input_is_read() -> None:
    assert ask(model="m", input="a").texts == ("a",)
    assert ask(model="m", input=["a", "b"]).texts == ("a", "b")
    assert ask(model="m", input=[1, 2]).texts == ((1, 2),)
    assert ask(model="m", input=[[1, 2], [3]]).texts == ((1, 2), (3,))
    read = ask(model="m", input="a", input_type="query", truncation=None, dimensions=2.0)
    assert (read.encoding, read.dimensions, read.extra) == (None, 2, {"input_type": "query"})


@pytest.mark.parametrize(
    ("fields", "param", "code"),
    [
        ({"input": "a"}, None, None),
        ({"model": 3, "input": "a"}, "model", "invalid_type"),
        ({"model": "m"}, "input", "missing_required_parameter"),
        ({"model": "m", "input": {}}, "input", "invalid_type"),
        ({"model": "m", "input": []}, None, None),
        ({"model": "m", "input": [[]]}, None, None),
        ({"model": "m", "input": [1, "a"]}, None, None),
        ({"model": "m", "input": [True]}, None, None),
        ({"model": "m", "input": "a", "dimensions": "many"}, "dimensions", "invalid_type"),
    ],
    ids=str,
)
def test_what_no_server_could_read_is_refused_as_openai_does(
    fields: dict[str, Any], param: str | None, code: str | None
) -> None:
    with pytest.raises(BadRequestError) as caught:
        ask(**fields)
    assert (caught.value.status, caught.value.param, caught.value.code) == (400, param, code)


@pytest.mark.parametrize(
    "fields",
    [
        {"input": ["a", ""]},
        {"input": ""},
        {"dimensions": 0},
        {"dimensions": "3"},
        {"dimensions": 1.5, "encoding_format": "int8"},
    ],
    ids=str,
)
def test_what_only_other_servers_take_goes_back_as_it_came(fields: dict[str, Any]) -> None:
    sent = {"model": "m", "input": ["a"]} | fields
    http, notices = openai.write_request(ask(**sent))
    assert differences("embeddings", sent, msgspec.json.decode(http.body)) == []
    assert notices == ()


@pytest.mark.parametrize("sent", [b"", b"[]", b"{", b'"a"'])
def test_what_is_no_request_is_refused(sent: bytes) -> None:
    for read, path in ((openai.read_request, "/embeddings"), (gemini.read_request, "/models/m:batchEmbedContents")):
        with pytest.raises(BadRequestError):
            read(HttpRequest(path=path, body=sent))


def batch(*items: Any, path: str = "/v1beta/models/m:batchEmbedContents") -> EmbedRequest:
    value = {"requests": list(items)} if "batch" in path else items[0]
    return gemini.read_request(HttpRequest(path=path, body=msgspec.json.encode(value)))


def test_gemini_takes_both_names_of_a_field() -> None:
    content = {"parts": [{"text": "a"}], "role": "user"}
    read = batch({"model": "models/m", "content": content, "task_type": "CLUSTERING", "output_dimensionality": "5"})
    assert (read.model, read.texts, read.task, read.dimensions) == ("m", ("a",), "CLUSTERING", 5)
    single = batch({"content": content}, path="/v1beta1/projects/p/locations/l/publishers/google/models/m:embedContent")
    assert (single.model, single.texts) == ("m", ("a",))


def test_texts_with_fields_of_their_own_stay_whole() -> None:
    first = {"model": "models/m", "content": {"parts": [{"text": "a"}]}, "title": "one"}
    second = {**first, "title": "two"}
    assert batch(first, second).texts == (Opaque("gemini", first), Opaque("gemini", second))
    assert batch(first, first).extra == {"title": "one"}
    http, _ = gemini.write_request(batch(first, second))
    assert msgspec.json.decode(http.body) == {"requests": [first, second]}


@pytest.mark.parametrize(
    "items",
    [
        [],
        [{"model": "models/m"}],
        [{"content": {"parts": []}}],
        [{"content": {"parts": [{"text": "a"}]}, "outputDimensionality": -1}],
        [{"content": {"parts": [{"text": "a"}]}, "outputDimensionality": "x"}],
        [{"content": {"parts": [{"text": "a"}]}, "taskType": ["x"]}],
        ["a"],
    ],
    ids=str,
)
def test_a_bad_batch_is_refused_as_google_does(items: list[Any]) -> None:
    with pytest.raises(BadRequestError) as caught:
        batch(*items)
    assert (caught.value.status, caught.value.type) == (400, "INVALID_ARGUMENT")


def test_another_address_is_not_found() -> None:
    with pytest.raises(NotFoundError):
        gemini.read_request(HttpRequest(path="/v1beta/models/m:generateContent", body=b"{}"))


# Answers in dialects


def test_the_index_gives_the_order_where_each_has_its_own() -> None:
    assert list(openai.read_reply(body(item(2, index=1), item(1, index=0))).data) == list(pack([1, 2]))
    for fields in ({}, {"index": 0}, {"index": None}):
        assert openai.read_reply(body(item(2, **fields), item(1, **fields))).data == pack([2, 1])


@pytest.mark.parametrize(
    ("usage", "tokens", "details"),
    [
        (None, None, {}),
        ({}, None, {}),
        ({"total_tokens": 3}, 3, {}),
        ({"prompt_tokens": 3, "total_tokens": 3}, 3, {}),
        ({"prompt_tokens": 3, "total_tokens": 3, "cost": 0.5, "cost_details": {"up": 0.1}}, 3, {"cost": 0.5}),
    ],
    ids=str,
)
def test_usage_is_read_as_far_as_it_goes(usage: Any, tokens: int | None, details: dict[str, Any]) -> None:
    found = openai.read_reply(body(item(1.0), usage=usage)).usage
    assert (found.input_tokens, found.output_tokens) == (tokens, None)
    assert found.details.items() >= details.items()
    assert found.details.get("cost_details.up", 0.1) == 0.1


def test_usage_of_dialects_is_written_as_it_was_read() -> None:
    given = {"prompt_tokens": 3, "completion_tokens": 0, "total_tokens": 3, "cost": 0.5, "cost_details": {"up": 0.1}}
    reply = openai.read_reply(body(item(1.0), usage=given))
    assert msgspec.json.decode(openai.write_reply(reply))["usage"] == given


def test_a_counter_that_is_a_number_and_an_object_is_written_as_both() -> None:
    reply = openai.read_reply(body(item(1.0), usage={"prompt_tokens": 3, "audio": {"in": 1}}))
    both = replace(reply, usage=replace(reply.usage, details={"audio": 2, "audio.in": 1}))
    written = msgspec.json.decode(openai.write_reply(both))["usage"]
    assert written == {"prompt_tokens": 3, "total_tokens": 3, "audio": 2, "audio.in": 1}


def test_odd_vectors_are_read_too() -> None:
    nested = openai.read_reply(body({"embedding": [[1.0, 2.0]], "index": 0}))
    assert (nested.data, nested.dimensions) == (pack([1.0, 2.0]), 2)
    whole = openai.read_reply(body(item(0, 1)))
    assert whole.data == pack([0.0, 1.0])
    huge = openai.read_reply(body(item(1e300)))
    assert list(huge[0]) == [math.inf]
    broken = msgspec.json.encode(b64encode(pack([1.0, 2.0])).decode()).replace(b"A", b"\\u0041")
    assert openai.read_reply(b'{"data":[{"embedding":%s}]}' % broken).data == pack([1.0, 2.0])


@pytest.mark.parametrize(
    "answer",
    [
        body(),
        body(item()),
        body({"embedding": "AAA"}),
        body({"embedding": "AAAA"}),
        body({"embedding": None}),
        body({"embedding": ["a"]}),
        body({"embedding": [None]}),
        body(item(1), item(1, 2)),
        b'{"data": {}}',
        b"<html><body>Welcome</body></html>",
        b"",
    ],
    ids=str,
)
def test_what_is_no_answer_is_told(answer: bytes) -> None:
    with pytest.raises(ProtocolError):
        openai.read_reply(answer)


@pytest.mark.parametrize(
    "answer",
    [
        b'{"embeddings": []}',
        b'{"embeddings": [{}]}',
        b'{"embeddings": [{"values": []}]}',
        b'{"embeddings": [{"values": [1]}, {"values": [1, 2]}]}',
        b'{"embedding": {"values": [null]}}',
        b'{"predictions": [{}]}',
        b"{}",
    ],
    ids=str,
)
def test_what_is_no_answer_of_gemini_is_told(answer: bytes) -> None:
    with pytest.raises(ProtocolError):
        gemini.read_reply(answer)


def test_errors_inside_a_200_are_raised() -> None:
    with pytest.raises(AuthenticationError):
        openai.read_reply(b'{"error": {"message": "no", "code": "invalid_api_key", "type": "authentication_error"}}')
    with pytest.raises(RateLimitError):
        openai.read_reply(b'[{"error": {"message": "slow", "code": 429}}]')
    with pytest.raises(RateLimitError):
        gemini.read_reply(b'{"error": {"code": 429, "message": "slow", "status": "RESOURCE_EXHAUSTED"}}')


def test_vertex_answers_in_its_older_forms() -> None:
    one = gemini.read_reply(b'{"embedding": {"values": [1, 2]}, "usageMetadata": {"promptTokenCount": 4}}')
    assert (one.data, one.usage.input_tokens) == (pack([1, 2]), 4)
    made = b'{"embeddings": {"values": [%d], "statistics": {"token_count": %d, "truncated": false}}}'
    two = gemini.read_reply(b'{"predictions": [%s, %s], "metadata": {"x": 1}}' % (made % (1, 3), made % (2, 4)))
    assert (two.data, two.usage.input_tokens, two.extra) == (pack([1, 2]), 7, {"metadata": {"x": 1}})


# Recorded traffic


def single(values: Any) -> bytes:
    """A vector of the raw JSON as bytes, read in another way than the wire does."""
    return b64decode(values) if isinstance(values, str) else struct.pack(f"<{len(values)}f", *values)


@needs_recorded
@pytest.mark.parametrize("exchange", exchanges("/embeddings"), ids=lambda exchange: exchange.name)
def test_recorded_embeddings_are_read_whole(exchange: Exchange) -> None:
    assert exchange.status == 200
    raw = msgspec.json.decode(exchange.body)
    reply = openai.read_reply(exchange.body.encode())
    assert reply.data == b"".join([single(one["embedding"]) for one in raw["data"]])
    assert (reply.count, reply.dimensions * 4 * reply.count) == (len(raw["data"]), len(reply.data))
    usage = raw["usage"]
    assert reply.usage.input_tokens == usage.get("prompt_tokens", usage["total_tokens"])
    assert (reply.model, reply.id) == (raw["model"], raw.get("id"))
    assert reply.extra.keys() == raw.keys() - {"object", "data", "model", "usage", "id"}
    read = openai.read_request(HttpRequest(path=exchange.path, body=msgspec.json.encode(exchange.request)))
    given = exchange.request["input"]
    assert list(read.texts) == ([given] if isinstance(given, str) else given)
    assert len(read.texts) == reply.count
    again = msgspec.json.decode(openai.write_request(read)[0].body)
    sent = {name: value for name, value in exchange.request.items() if value is not None}
    assert again == {**sent, "input": list(read.texts)}


@needs_recorded
@pytest.mark.parametrize(
    "exchange",
    exchanges(":batchEmbedContents") + exchanges(":embedContent") + exchanges(":predict"),
    ids=lambda exchange: exchange.name,
)
def test_recorded_embeddings_of_google_are_read_whole(exchange: Exchange) -> None:
    assert exchange.status == 200
    raw = msgspec.json.decode(exchange.body)
    reply = gemini.read_reply(exchange.body.encode())
    rows = raw.get("embeddings") or [one["embeddings"] for one in raw.get("predictions", ())] or [raw["embedding"]]
    assert reply.data == b"".join([single(row["values"]) for row in rows])
    assert reply.count == len(rows)
    counted = raw.get("usageMetadata", {}).get("promptTokenCount")
    assert counted is None or reply.usage.input_tokens == counted
    if exchange.path.endswith("EmbedContents"):
        sent = HttpRequest(path=exchange.path, body=msgspec.json.encode(exchange.request))
        http, notices = gemini.write_request(gemini.read_request(sent))
        assert (http.path, notices) == (exchange.path, ())
        assert msgspec.json.decode(http.body) == exchange.request
