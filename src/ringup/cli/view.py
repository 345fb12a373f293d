"""What `--wire` prints on stderr: each try as it goes out and comes back, with the fields that matter pointed out."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

import click
import msgspec

from ringup import wires
from ringup.cli.labels import ANSWERS, ERRORS, EVENTS, HEADERS, REQUESTS, Labels, layout, point_out
from ringup.cli.output import CONTROL, note, paint, seconds, warn, width
from ringup.http import HttpRequest
from ringup.ledger import Secrets
from ringup.masks import unnamed
from ringup.reply import Attempt
from ringup.secret import Auth

__all__ = ["View", "heading", "retry_line"]

_WIDEST = 64
_SHOWN = 2
"""How many events of a kind are shown, in a row of many; the rest are counted."""


class View:
    """One call's way over the wire, told as it happens. `whole` shows every event, however alike.

    What the process knows to be secret isn't shown, also where the server repeats it.
    """

    def __init__(self, whole: bool = False) -> None:
        self._whole = whole
        self._number = 0
        self._began = 0.0
        self._wire = ""
        self._answered = False
        self._kind: object = None
        self._alike = 0
        self._secrets = Secrets()

    def attempt(self, attempt: Attempt) -> None:
        """A try begins, or has failed and will be followed by another one."""
        self._number = attempt.number
        if attempt.wait is not None:
            heading("a pause")
            warn(retry_line(attempt))

    def sent(self, url: str, http: HttpRequest, auth: Auth | None) -> None:
        """A request goes out. Of the key only its last 4 characters are shown."""
        self._began = time.monotonic()
        self._answered = False
        self._secrets.know(auth.secret if auth else None)
        self._wire = next((name for name in wires.NAMES if _is_of(name, http.path)), "")
        heading(f"try {self._number}: what goes out")
        self._note(f"{http.method} {url}", bold=True)
        key = {auth.header: ("Bearer " if auth.header == "authorization" else "") + _masked(auth)} if auth else {}
        self._headers(
            {**unnamed(http.headers), **key}, {**HEADERS, **dict.fromkeys(key, "the key: only its end is shown")}
        )
        note("(and those that HTTP itself needs: host, content-length, user-agent, accept-encoding)\n")
        self._json(http.body, REQUESTS.get(self._wire, {}), unnamed)

    def answered(self, status: int, headers: Mapping[str, str]) -> None:
        """The head of the answer is here."""
        self._answered = True
        heading(f"what comes back, after {seconds(time.monotonic() - self._began)}")
        note(f"HTTP {status}", bold=True)
        self._headers(headers, HEADERS)
        note("")

    def body(self, status: int, body: bytes) -> None:
        """A whole body."""
        self._json(body, ANSWERS.get(self._wire, {}) if status < 300 else ERRORS)

    def event(self, name: str, data: bytes) -> None:
        """One event of a stream."""
        value = _decode(data)
        found = list(point_out(value, {**EVENTS.get(self._wire, {}), **ERRORS}))
        kind = (name, [path for path, _, _ in found])
        if kind != self._kind:
            self._leave_row()
        self._kind = kind
        self._alike += 1
        if self._alike > _SHOWN and not self._whole:
            return
        line = f"{f'event: {name}  ' if name else ''}data: {data.decode('utf-8', 'replace')}"
        self._note(f"{seconds(time.monotonic() - self._began):>8}  {line}")
        for path, shown, meaning in found:
            self._pointed(f"{'':10}{path} = {shown}", meaning)

    def ended(self) -> None:
        """The body of the answer was read, or the connection closed."""
        self._leave_row()
        self._kind = None

    def failed(self, error: Exception) -> None:
        """No answer came, or it broke off."""
        self.ended()
        what = "the answer broke off" if self._answered else "no answer"
        heading(f"{what} after {seconds(time.monotonic() - self._began)}")
        self._note(f"{type(error).__name__}: {error}".removesuffix(": "), fg="red")

    def _leave_row(self) -> None:
        if self._alike > _SHOWN and not self._whole:
            note(f"{'':10}... and {self._alike - _SHOWN} more like these (-v shows all)")
        self._alike = 0

    def _json(self, body: bytes, labels: Labels, change: Callable[[Any], Any] = lambda value: value) -> None:
        value = change(_decode(body))
        if value is None:
            self._note(body.decode("utf-8", "replace"), 2000)
            return
        lines = list(layout(value, labels))
        column = max([len(line) for line, _, said in lines if said and len(line) <= _WIDEST], default=0)
        for line, path, said in lines:
            self._pointed(line.ljust(column) if said else line, said, path)

    def _note(self, text: str, most: int | None = None, **style: Any) -> None:
        note(self._secrets.clean(text)[:most], **style)

    def _headers(self, headers: Mapping[str, str], labels: Labels) -> None:
        for name, value in headers.items():
            self._pointed(f"{name}: {value}", labels.get(name, ""))

    def _pointed(self, line: str, meaning: str, path: str = "") -> None:
        """A line, and after it what it means and where that stands in the JSON."""
        where = f"  {path}" if path.count(".") or path.count("[") else ""
        line = self._secrets.clean(line).translate(CONTROL)
        plain = line if meaning else paint(line, sys.stderr, dim=True)
        said = paint(f"  <- {meaning}{where}", sys.stderr, fg="green") if meaning else ""
        click.echo(plain + said, err=True)


def retry_line(attempt: Attempt) -> str:
    """A failed try, and when the next one comes: "429, trying again in 0.50 s"."""
    kind, _, words = (attempt.error or "").partition(": ")
    why = str(attempt.status) if attempt.status and attempt.status >= 400 else words or kind
    return f"{why.rstrip('.')}, trying again in {seconds(attempt.wait)}"


def _is_of(wire: str, path: str) -> bool:
    """Whether a request to this path speaks the wire. Google's has the model's name in it."""
    return f"{path}/".startswith(f"{wires.find(wire).PATH}/")


def _decode(data: bytes) -> Any:
    """The JSON, or None for anything else ("[DONE]", an HTML page)."""
    try:
        return msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def heading(text: str) -> None:
    """A line that begins a part of the view."""
    note(f"\n--- {text} ".ljust(min(_WIDEST, width()) + 1, "-"), fg="cyan")


def _masked(auth: Auth) -> str:
    return f"***{auth.secret.tail}"
