"""Google's embeddings from the simulator, by plain HTTP and by ringup's own wire."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import httpx2
import pytest

from ringup.embeddings import EmbedRequest
from ringup.testing import Simulator
from ringup.wires.gemini import embeddings

OLD, NEW = "gemini-embedding-001", "gemini-embedding-2"


@pytest.fixture
def http(simulator: Simulator) -> Iterator[httpx2.Client]:
    key = {"x-goog-api-key": simulator.gemini_key}
    with httpx2.Client(base_url=simulator.url, headers=key, trust_env=False) as found:
        yield found


def item(text: str, **more: Any) -> dict[str, Any]:
    return {"content": {"parts": [{"text": text}]}, **more}


def batch(http: httpx2.Client, *items: dict[str, Any], model: str = NEW) -> httpx2.Response:
    requests = [{"model": f"models/{model}", **item} for item in items]
    return http.post(f"/v1beta/models/{model}:batchEmbedContents", json={"requests": requests})


def near(one: Sequence[float], other: Sequence[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True)) / math.hypot(*one) / math.hypot(*other)


def test_near_texts_lie_near(http: httpx2.Client) -> None:
    texts = ("The cat sat on the mat.", "A cat is sitting on a mat.", "Quarterly revenue grew by nine percent.")
    cat, sitting, revenue = (found["values"] for found in batch(http, *map(item, texts)).json()["embeddings"])
    assert len(cat) == 3072
    assert near(cat, sitting) > near(cat, revenue) + 0.2


def test_what_ringups_wire_writes_is_answered_and_read(http: httpx2.Client) -> None:
    request = EmbedRequest(model=NEW, texts=("hello", "world"), dimensions=768, task="CLUSTERING")
    sent, notices = embeddings.write_request(request)
    answer = http.post(sent.path, content=sent.body, headers=sent.headers)
    found = embeddings.read_reply(answer.content)
    assert (found.count, found.dimensions, notices) == (2, 768, ())
    assert found.usage.input_tokens == 2
    assert math.isclose(math.hypot(*found[0]), 1.0, abs_tol=1e-5)


def test_one_content_has_one_vector(http: httpx2.Client) -> None:
    one = http.post(f"/v1beta/models/{NEW}:embedContent", json=item("hello", outputDimensionality=128)).json()
    assert len(one["embedding"]["values"]) == 128
    assert one["usageMetadata"]["promptTokenCount"] == 1
    assert one["embedding"] == batch(http, item("hello", output_dimensionality=128)).json()["embeddings"][0]


def test_the_older_model_tells_no_usage_and_its_short_vectors_are_not_of_length_1(http: httpx2.Client) -> None:
    answer = batch(http, item("hello", outputDimensionality=256), model=OLD).json()
    assert answer.keys() == {"embeddings"}
    assert math.hypot(*answer["embeddings"][0]["values"]) < 0.99
    whole = batch(http, item("hello"), model=OLD).json()["embeddings"][0]["values"]
    assert math.isclose(math.hypot(*whole), 1.0, abs_tol=1e-5)


def test_a_text_that_is_too_long_is_cut(http: httpx2.Client) -> None:
    long = "word " * 9000
    answer = batch(http, item(long)).json()
    assert answer["usageMetadata"]["promptTokenCount"] == 8192
    assert answer["embeddings"] == batch(http, item(long + "and more")).json()["embeddings"]


def test_parts_that_are_not_text_count_too(http: httpx2.Client) -> None:
    picture = {"inlineData": {"mimeType": "image/png", "data": "aGk="}}
    answer = batch(http, {"content": {"parts": [{"text": "a cat"}, picture]}}).json()
    assert answer["usageMetadata"]["promptTokenCount"] == 258


@pytest.mark.parametrize(
    ("items", "model", "status", "words"),
    [
        ([item("a")] * 101, NEW, 400, "at most 100"),
        ([item("a", outputDimensionality=4000)], NEW, 400, "output_dimensionality"),
        ([{"content": {}}], NEW, 400, "content is required"),
        ([], NEW, 400, "at least one"),
        ([item("a")], "gemini-2.5-flash", 404, "is not found"),
        ([item("a")], "none", 404, "is not found"),
    ],
)
def test_refusals(http: httpx2.Client, items: list[Any], model: str, status: int, words: str) -> None:
    answer = batch(http, *items, model=model)
    assert answer.status_code == status
    assert words in answer.json()["error"]["message"]


def test_its_own_model_needs_no_key(simulator: Simulator) -> None:
    with httpx2.Client(base_url=simulator.url, trust_env=False) as http:
        assert batch(http, item("hello"), model="sim").status_code == 200
        assert batch(http, item("hello")).status_code == 403


def test_the_models_are_listed(http: httpx2.Client) -> None:
    names = [model["name"] for model in http.get("/v1beta/models").json()["models"]]
    assert {f"models/{NEW}", f"models/{OLD}"} <= set(names)
    assert "embedContent" in http.get(f"/v1beta/models/{NEW}").json()["supportedGenerationMethods"]
