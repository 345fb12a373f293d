"""What a type checker makes of typed output: each `reveal_type` stands beside what it must reveal. Never run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypedDict, assert_type

import msgspec

import ringup


@dataclass
class Person:
    name: str


class Movie(msgspec.Struct):
    title: str


class Row(TypedDict):
    id: int


def sync(client: ringup.Client) -> None:
    assert_type(client.ask("x", output=Person).output, Person)
    assert_type(client.ask("x", output=Movie).output.title, str)
    assert_type(client.ask("x", output=Row).output, Row)
    assert_type(client.ask("x", output=int, max_tokens=5).output, int)
    assert_type(client.ask("x", output=list[Person]).output, list[Person])
    assert_type(ringup.ask("x", output=Person, model="gpt-4o-mini").output, Person)
    assert_type(client.ask("x").text, str)
    assert_type(client.ask("x", output=Person), ringup.Reply[Person])
    with client.stream("x", output=Person) as stream:
        for piece in stream:
            assert_type(piece, str)
        assert_type(stream.reply.output, Person)
    chat = client.chat(system="x")
    assert_type(chat.ask("x", output=Person).output, Person)
    assert_type(chat.stream("x", output=Person).reply.output, Person)
    assert_type(chat.resume(output=Person).output, Person)


async def asynchronous(client: ringup.AsyncClient) -> None:
    assert_type((await client.ask("x", output=Person)).output, Person)
    stream = client.stream("x", output=list[int])
    async for piece in stream:
        assert_type(piece, str)
    assert_type(stream.reply.output, list[int])
    assert_type((await client.chat().ask("x", output=Person)).output, Person)


def anything(client: ringup.Client) -> None:
    """A union, a Literal and a schema are no `type`: their output is Any."""
    client.ask("x", output=int | None).output.anything()
    client.ask("x", output=Literal["a", "b"]).output.anything()
    client.ask("x", output={"type": "object"}).output["anything"]
