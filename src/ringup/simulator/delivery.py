"""An answer on its way: sent piece by piece, as slow or as broken as a fault wants, and stopped when nobody listens."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from ringup.simulator.answers import Answer
from ringup.simulator.calls import Call, CallLog
from ringup.simulator.faults import Fault

__all__ = ["TRANSPORT", "Delivery", "Watched"]

TRANSPORT = "ringup.transport"
"""Where the ASGI scope holds the connection's transport (put there by `ringup.simulator.server`)."""

_LINGER = struct.pack("ii", 1, 0)
_REST = 5.0
"""Seconds that a client has to send the rest of a body that is too large."""

Receive = Callable[[], Any]
Send = Callable[[dict[str, Any]], Any]


class _Ended(Exception):
    """The delivery is over before its end; the argument says how."""


class Watched:
    """The record of one call, as its answer goes out. `over` is told what became of it."""

    def __init__(
        self, call: Call, log: CallLog, clock: Callable[[], float], over: Callable[[str], None] | None = None
    ) -> None:
        self._call = call
        self._log = log
        self._clock = clock
        self._over = over

    def head(self, answer: Answer) -> None:
        """The head goes out."""
        self._call.status, self._call.headers = answer.status, dict(answer.headers)

    def piece(self, data: bytes) -> None:
        """A piece of the body goes out."""
        self._call.pieces.append(data)
        self._log.grown(self._call, len(data))

    def end(self, outcome: str) -> None:
        """It is over; only the first word on how counts."""
        if self._call.ended is None:
            self._call.outcome, self._call.ended = outcome, self._clock()
            if self._over:
                self._over(outcome)


class Delivery:
    """Sends one answer over ASGI, and writes down what became of it."""

    def __init__(
        self, answer: Answer, fault: Fault | None, record: Watched, stopping: asyncio.Event, pace: float
    ) -> None:
        self._answer = answer
        self._fault = fault or Fault()
        self._record = record
        self._stopping = stopping
        self._pace = pace
        self._gone = asyncio.Event()
        self._read = asyncio.Event()

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """Send it all, unless the client leaves, the server stops, or a fault cuts it short."""
        watch = asyncio.create_task(self._watch(receive))
        try:
            await self._send_all(scope, send)
        except _Ended as end:
            self._record.end(str(end))
            if str(end) == "stopped":
                scope[TRANSPORT].abort()
            await self._gone.wait()
        finally:
            watch.cancel()

    async def _watch(self, receive: Receive) -> None:
        while (message := await receive())["type"] != "http.disconnect":
            if not message.get("more_body"):
                self._read.set()
        self._gone.set()

    async def _pause(self, seconds: float | None) -> None:
        """Wait so long, None for ever. Raises _Ended when the client leaves or the server stops meanwhile."""
        if seconds == 0:
            await asyncio.sleep(0)  # let others run, and let a disconnect be seen
        else:
            waits = [asyncio.create_task(self._gone.wait()), asyncio.create_task(self._stopping.wait())]
            try:
                await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for wait in waits:
                    wait.cancel()
        if self._stopping.is_set():
            raise _Ended("stopped")
        if self._gone.is_set():
            raise _Ended("client left")

    async def _send_all(self, scope: Any, send: Send) -> None:
        fault = self._fault
        if fault.latency:
            await self._pause(fault.latency)
        if fault.stall:
            await self._pause(None)
        if fault.reset or fault.close:
            self._break(scope[TRANSPORT], "reset" if fault.reset else "closed")
        await self._send_head(send)
        if fault.first_token:
            await self._pause(fault.first_token)
        await self._send_body(scope, send)
        if fault.stall_after is not None:
            await self._pause(None)
        self._record.end("answered")
        if self._answer.early:
            await self._rest()
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _rest(self) -> None:
        """Let a client send the rest of what it began, before the connection is closed: else it can't read this."""
        waits = [asyncio.create_task(event.wait()) for event in (self._read, self._gone, self._stopping)]
        await asyncio.wait(waits, timeout=_REST, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()

    async def _send_head(self, send: Send) -> None:
        answer = self._answer
        if not answer.stream:
            answer.chunks = [b"".join(answer.chunks)]
            answer.headers = {"content-length": str(len(answer.chunks[0])), **answer.headers}
        self._record.head(answer)
        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers.items()]
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})

    async def _send_body(self, scope: Any, send: Send) -> None:
        fault, sent = self._fault, 0
        cut = min((at for at in (fault.truncate, fault.reset_after) if at is not None), default=None)
        step = fault.token + self._pace
        for number, (chunk, last) in enumerate(_marked(self._answer.chunks)):
            if number == fault.stall_after:
                await self._pause(None)
            await self._pause(step if number and self._answer.stream else 0)
            piece = chunk if cut is None else chunk[: cut - sent]
            sent += len(piece)
            self._record.piece(piece)
            if last and cut is None and fault.stall_after is None:
                self._record.end("answered")  # before the client has it: who has the answer finds it recorded
            if piece:
                await send({"type": "http.response.body", "body": piece, "more_body": True})
            if sent == cut:
                self._break(scope[TRANSPORT], "reset" if fault.reset_after is not None else "truncated")

    def _break(self, transport: asyncio.Transport, how: str) -> None:
        """End the connection: in good order, or with a reset. The client may have been quicker."""
        if transport.is_closing():
            raise _Ended("client left")
        if how == "reset":
            transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER)
            transport.abort()
        else:
            transport.close()
        raise _Ended(how)


def _marked(chunks: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Each piece, and whether it is the last one."""
    found = iter(chunks)
    chunk = next(found, None)
    while chunk is not None:
        following = next(found, None)
        yield chunk, following is None
        chunk = following
