"""The raw limit: http.client and asyncio streams, with msgspec, doing the least that gets text and usage."""

from __future__ import annotations

import http.client
from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.parse import urlsplit

import msgspec

from bench.contestants import EMBEDDER, KEY, MODELS


class ChatMessage(msgspec.Struct, frozen=True):
    content: str | None = None


class Choice(msgspec.Struct):
    message: ChatMessage = ChatMessage()
    delta: ChatMessage = ChatMessage()
    finish_reason: str | None = None


class ChatUsage(msgspec.Struct):
    prompt_tokens: int
    completion_tokens: int


class Chat(msgspec.Struct):
    choices: list[Choice]
    usage: ChatUsage | None = None

    def text(self) -> str | None:
        return self.choices[0].message.content if self.choices else None

    def piece(self) -> str | None:
        return self.choices[0].delta.content if self.choices else None


class Vector(msgspec.Struct):
    embedding: bytes


class Vectors(msgspec.Struct):
    data: list[Vector]


class Block(msgspec.Struct):
    type: str
    text: str = ""


class Usage(msgspec.Struct):
    output_tokens: int
    input_tokens: int | None = None


class Claude(msgspec.Struct):
    """A whole answer, or an event of a stream."""

    content: list[Block] = []
    stop_reason: str | None = None
    usage: Usage | None = None
    delta: Block | None = None

    def text(self) -> str | None:
        return self.content[0].text


class Delta(msgspec.Struct):
    text: str = ""


class ClaudeEvent(msgspec.Struct):
    type: str
    delta: Delta | None = None

    def piece(self) -> str | None:
        return self.delta.text if self.delta else None


class Raw:
    def __init__(self, wire: str, origin: str) -> None:
        place = urlsplit(origin)
        assert place.hostname
        assert place.port
        self._host, self._port = place.hostname, place.port
        if wire == "openai":
            self._path = f"{place.path}/v1/chat/completions"
            self._headers = {"authorization": f"Bearer {KEY[wire]}", "content-type": "application/json"}
            self._base: dict[str, Any] = {"model": MODELS[wire]}
            self._read = msgspec.json.Decoder(Chat).decode
            self._event = msgspec.json.Decoder(Chat).decode
        else:
            self._path = f"{place.path}/v1/messages"
            self._headers = {"x-api-key": KEY[wire], "anthropic-version": "2023-06-01"}
            self._base = {"model": MODELS[wire], "max_tokens": 64}
            self._read = msgspec.json.Decoder(Claude).decode  # type: ignore[assignment]
            self._event = msgspec.json.Decoder(ClaudeEvent).decode  # type: ignore[assignment]
        lines = "".join(f"{name}: {value}\r\n" for name, value in self._headers.items())
        self._head = f"POST {self._path} HTTP/1.1\r\nhost: {place.netloc}\r\n{lines}content-length: ".encode()
        self._encode = msgspec.json.Encoder().encode
        self._read_vectors = msgspec.json.Decoder(Vectors).decode
        self._connection = http.client.HTTPConnection(self._host, self._port)
        self._idle: list[Any] = []

    def _body(self, messages: list[dict[str, Any]], stream: bool = False) -> bytes:
        return self._encode({**self._base, "messages": messages, "stream": stream})

    def ask(self, messages: list[dict[str, Any]]) -> str:
        self._connection.request("POST", self._path, self._body(messages), self._headers)
        text = self._read(self._connection.getresponse().read()).text()
        assert text
        return text

    def stream(self, messages: list[dict[str, Any]]) -> Iterator[str]:
        self._connection.request("POST", self._path, self._body(messages, True), self._headers)
        answer = self._connection.getresponse()
        rest = b""
        while data := answer.read1(65536):
            *events, rest = (rest + data).split(b"\n\n")
            for event in events:
                if piece := self._piece(event):
                    yield piece

    def _piece(self, event: bytes) -> str | None:
        data = event[event.index(b"data: ") + 6 :]
        return None if data == b"[DONE]" else self._event(data).piece()

    def embed(self, texts: list[str]) -> list[memoryview]:
        body = self._encode({"model": EMBEDDER, "input": texts, "encoding_format": "base64"})
        self._connection.request("POST", self._path.replace("chat/completions", "embeddings"), body, self._headers)
        found = self._read_vectors(self._connection.getresponse().read())
        return [memoryview(vector.embedding).cast("f") for vector in found.data]

    async def _connect(self) -> Any:
        import asyncio

        return self._idle.pop() if self._idle else await asyncio.open_connection(self._host, self._port)

    async def _send(self, connection: Any, body: bytes) -> dict[bytes, bytes]:
        reader, writer = connection
        writer.write(b"%s%d\r\n\r\n%s" % (self._head, len(body), body))
        head = await reader.readuntil(b"\r\n\r\n")
        return dict(line.split(b": ", 1) for line in head.split(b"\r\n")[1:-2])

    async def ask_async(self, messages: list[dict[str, Any]]) -> str:
        connection = await self._connect()
        headers = await self._send(connection, self._body(messages))
        text = self._read(await connection[0].readexactly(int(headers[b"content-length"]))).text()
        self._idle.append(connection)
        assert text
        return text

    async def stream_async(self, messages: list[dict[str, Any]]) -> AsyncIterator[str]:
        connection = await self._connect()
        await self._send(connection, self._body(messages, True))
        reader = connection[0]
        rest = b""
        done = False
        while not done:
            data = rest + await reader.read(65536)
            done = data.endswith(b"\r\n0\r\n\r\n")
            *chunks, rest = data.split(b"\n\n\r\n")  # an event is an HTTP chunk: its size, then its lines
            for chunk in chunks:
                if piece := self._piece(chunk):
                    yield piece
        self._idle.append(connection)


make = Raw
