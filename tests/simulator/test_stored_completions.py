"""Stored chat completions from the simulator, by OpenAI's own SDK: found again, listed, labelled, deleted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx2
import openai
import pytest

from ringup.testing import Simulator

MODEL, CHAT = "gpt-4o-mini", "/v1/chat/completions"
USER: Any = [{"role": "user", "content": "What is the capital of France?"}]


@pytest.fixture
def client(simulator: Simulator) -> Iterator[Any]:
    with openai.OpenAI(base_url=simulator.openai_url, api_key=simulator.key, max_retries=0) as found:
        yield found


def _make(client: Any, **fields: Any) -> Any:
    return client.chat.completions.create(**{"model": MODEL, "messages": USER, "store": True, **fields})


def test_it_is_found_again(client: Any, simulator: Simulator) -> None:
    made = _make(client, temperature=0.5, seed=7, metadata={"run": "a"}, user="somebody")
    found = client.chat.completions.retrieve(made.id)
    for name in ("id", "created", "model", "choices", "usage", "system_fingerprint"):
        assert getattr(found, name) == getattr(made, name)
    body = simulator.calls[-1].json
    assert (body["temperature"], body["seed"], body["top_p"], body["metadata"]) == (0.5, 7, 1.0, {"run": "a"})
    assert body["input_user"] == "somebody"
    assert body["request_id"] == simulator.calls[0].headers["x-request-id"]


def test_a_streamed_one_is_stored_too(client: Any) -> None:
    with _make(client, stream=True) as stream:
        chunks = list(stream)
    found = client.chat.completions.retrieve(chunks[0].id)
    assert found.choices[0].message.content == "".join([chunk.choices[0].delta.content or "" for chunk in chunks])


def test_only_what_is_to_be_stored_is(client: Any, simulator: Simulator) -> None:
    for made in (_make(client, store=False), _make(client, store=None)):
        with pytest.raises(openai.NotFoundError):
            client.chat.completions.retrieve(made.id)
    kept = _make(client)
    with pytest.raises(openai.NotFoundError):
        client.with_options(api_key="sk-another-key-0000000000").chat.completions.retrieve(kept.id)
    simulator.advance(31 * 86_400)
    assert client.chat.completions.list().data == []


def test_they_are_listed_by_page_model_and_label(client: Any) -> None:
    ids = [_make(client, metadata={"run": run}).id for run in "aab"]
    ids.append(_make(client, model="gpt-4o").id)
    listed = client.chat.completions.list

    def found(**query: Any) -> list[str]:
        return [each.id for each in listed(**query).data]

    assert found() == ids
    assert found(order="desc") == ids[::-1]
    assert found(limit=2) == ids[:2]
    assert [each.id for each in listed(limit=1)] == ids  # page by page
    assert found(after=ids[1]) == ids[2:]
    assert found(metadata={"run": "a"}) == ids[:2]
    assert found(model="gpt-4o") == found(model="gpt-4o-2024-08-06") == ids[3:]
    assert found(model=MODEL, metadata={"run": "c"}) == []
    for query in ({"limit": 0}, {"order": "up"}, {"after": "chatcmpl-0"}):
        with pytest.raises(openai.BadRequestError):
            listed(extra_query=query)


def test_its_messages_are_listed(client: Any) -> None:
    parts = [{"type": "text", "text": "And of Italy?"}]
    messages = [*USER, {"role": "assistant", "content": "Paris."}, {"role": "user", "content": parts, "name": "ann"}]
    made = _make(client, messages=messages)
    listed = client.chat.completions.messages.list
    found = listed(made.id).data
    assert [(each.id, each.role, each.content) for each in found] == [
        (f"{made.id}-0", "user", USER[0]["content"]),
        (f"{made.id}-1", "assistant", "Paris."),
        (f"{made.id}-2", "user", None),
    ]
    assert found[2].content_parts[0].text == "And of Italy?"
    assert found[2].name == "ann"
    assert [each.id for each in listed(made.id, order="desc", limit=1).data] == [f"{made.id}-2"]
    assert [each.id for each in listed(made.id, after=f"{made.id}-1")] == [f"{made.id}-2"]


def test_its_labels_are_changed(client: Any) -> None:
    made = _make(client, metadata={"run": "a"})
    assert client.chat.completions.update(made.id, metadata={"run": "b"}).metadata == {"run": "b"}
    assert client.chat.completions.retrieve(made.id).metadata == {"run": "b"}
    assert client.chat.completions.update(made.id, metadata=None).metadata == {}
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"metadata": "b"}, "metadata"),
        ({"metadata": {"run": 1}}, "metadata.run"),
        ({"metadata": {}, "more": 1}, "more"),
    ]
    for fields, param in wrong:
        with pytest.raises(openai.BadRequestError) as caught:
            client.chat.completions.update(made.id, metadata={}, extra_body=fields)
        assert caught.value.param == param
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.update(made.id, metadata=openai.omit)
    assert caught.value.param == "metadata"


def test_it_is_deleted(client: Any, simulator: Simulator) -> None:
    made = _make(client)
    assert client.chat.completions.delete(made.id).deleted is True
    assert simulator.calls[-1].json == {"object": "chat.completion.deleted", "id": made.id, "deleted": True}
    completions = client.chat.completions
    for call in (completions.retrieve, completions.delete, completions.messages.list):
        with pytest.raises(openai.NotFoundError, match=made.id):
            call(made.id)
    with pytest.raises(openai.NotFoundError):
        completions.update(made.id, metadata={})


def test_a_key_is_needed_but_for_the_simulators_own_models(client: Any, simulator: Simulator) -> None:
    made = _make(client)
    with pytest.raises(openai.AuthenticationError):
        client.with_options(api_key="wrong").chat.completions.retrieve(made.id)
    with pytest.raises(openai.AuthenticationError):
        client.with_options(api_key="wrong").chat.completions.list()
    with httpx2.Client(base_url=simulator.url, trust_env=False) as http:
        own = http.post(CHAT, json={"model": "sim/any", "messages": USER, "store": True}).json()
        assert http.get(f"{CHAT}/{own['id']}").json()["choices"] == own["choices"]
        assert http.get(f"{CHAT}/{made.id}").status_code == 401
