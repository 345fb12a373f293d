"""A transport around the real one, which shows all that passes through it. Used for `--wire`."""

from __future__ import annotations

from ringup.cli.view import View
from ringup.http import HttpRequest, HttpResponse
from ringup.secret import Auth
from ringup.sse import Decoder
from ringup.transport import Answer, Transport

__all__ = ["Tap"]


class Tap:
    """Hands every request on to the real transport, and shows it and what comes back."""

    def __init__(self, transport: Transport, view: View) -> None:
        self._transport = transport
        self._view = view

    def exchange(
        self, url: str, request: HttpRequest, auth: Auth | None, timeout: float | None, limit: int
    ) -> HttpResponse:
        """As the transport's."""
        self._view.sent(url, request, auth)
        try:
            answer = self._transport.exchange(url, request, auth, timeout, limit)
        except Exception as error:
            self._view.failed(error)
            raise
        self._view.answered(answer.status, answer.headers)
        self._view.body(answer.status, answer.body)
        return answer

    def open(
        self, url: str, request: HttpRequest, auth: Auth | None, timeout: float | None, total: float | None = None
    ) -> Answer:
        """As the transport's."""
        self._view.sent(url, request, auth)
        try:
            answer = self._transport.open(url, request, auth, timeout, total)
        except Exception as error:
            self._view.failed(error)
            raise
        self._view.answered(answer.status, answer.headers)
        return _TappedAnswer(answer, self._view)

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()


class _TappedAnswer:
    """An answer that is shown while it is read."""

    def __init__(self, answer: Answer, view: View) -> None:
        self.status = answer.status
        self.headers = answer.headers
        self._answer = answer
        self._view = view
        self._events = Decoder() if "event-stream" in answer.headers.get("content-type", "") else None
        self._body = b""
        self._open = True

    def read(self, timeout: float | None) -> bytes:
        """As the transport's."""
        try:
            data = self._answer.read(timeout)
        except Exception as error:
            if self._open and not isinstance(error, TimeoutError):
                self._view.failed(error)
            raise
        if self._events is None:
            self._body += data
        else:
            for name, event in self._events.feed(data) if data else self._events.flush():
                self._view.event(name, event)
        return data

    def close(self) -> None:
        """As the transport's. What wasn't a stream is shown now, for it is all here."""
        if self._open and self._events is None:
            self._view.body(self._answer.status, self._body)
        if self._open:
            self._view.ended()
        self._open = False
        self._answer.close()
