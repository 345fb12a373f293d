"""Faults on request: what goes wrong, for which calls, how many times.

In a file (`ringup simulate --faults faults.toml`), as an argument (`Simulator(faults=[{"status": 503}])`), or posted to
a running simulator (`POST /_ringup/faults`, one object or a list). A file looks like this:

```toml
rpm = 60                      # requests each key may make in a minute
tpm = 40000                   # tokens each key may use in a minute

[[fault]]                     # the first two calls: 429, and come back in a second
status = 429
times = 2
headers = { retry-after = "1" }

[[fault]]                     # a 429 that no wait cures
kind = "quota"

[[fault]]                     # every call to this model, from the fourth on
model = "gpt-4o*"
after = 3
times = 0
kind = "overloaded"

[[fault]]                     # a proxy's page instead of an answer
wire = "anthropic_messages"
html = true
status = 502

[[fault]]                     # slow: 2 s before the first token, 0.1 s between tokens
stream = true
first_token = 2.0
token = 0.1

[[fault]]                     # a stream that breaks off in its middle
stream = true
truncate = 400
```

Which calls a fault meets (all of these that are given must hold):
    path, model   shell patterns ("/v1/messages", "claude-*")
    wire          "chat_completions", "responses", "anthropic_messages" or "gemini"
    stream        whether a stream is asked for
    after         so many calls that match go by unharmed first; 0
    times         how many calls it meets; 1. 0 means: all that come

What goes wrong (any of these together; times are in seconds):
    status, kind  an error instead of an answer: the HTTP status, the vendor's kind of error, or both. The kinds:
                  bad_request, authentication, billing, permission, not_found, request_timeout, conflict, too_large,
                  unprocessable, rate_limit, quota, server_error, bad_gateway, unavailable, gateway_timeout, overloaded
    message       its words, instead of the vendor's
    headers       headers that are added, or replaced
    body          the whole body: text as it is, anything else as JSON; "" for none
    html          an HTML page as a proxy sends it; status 502 unless one is given
    latency       a wait before anything is sent
    first_token   a wait between the headers and the first event
    token         a wait before each further event
    stall         nothing is ever sent
    stall_after   nothing more comes after so many events
    close         the connection is closed without an answer
    reset         the connection is reset without an answer
    reset_after   the connection is reset after so many bytes of the body
    truncate      the connection is closed after so many bytes of the body
    error_after   after so many events, an error inside the stream (`kind`, or overloaded), with status 200
    duplicate     the event with this number (from 1) comes twice
    malformed     the event with this number is broken JSON
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from threading import Lock
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from ringup.errors import ConfigurationError
from ringup.simulator.refusals import KINDS

__all__ = ["PAGE", "Fault", "Faults", "Settings", "load", "read_fault", "read_faults", "spoiled"]

_Count = Annotated[int, Meta(ge=0)]
_Place = Annotated[int, Meta(ge=1)]
_Seconds = Annotated[float, Meta(ge=0, le=3600)]

PAGE = """<html>
<head><title>502 Bad Gateway</title></head>
<body>
<center><h1>502 Bad Gateway</h1></center>
<hr><center>nginx</center>
</body>
</html>
"""


class Fault(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One fault. The module's docstring tells what each field does."""

    name: str = ""
    path: str | None = None
    wire: Literal["chat_completions", "responses", "anthropic_messages", "gemini"] | None = None
    model: str | None = None
    stream: bool | None = None
    after: _Count = 0
    times: _Count = 1

    status: Annotated[int, Meta(ge=200, le=599)] | None = None
    kind: str | None = None
    message: str | None = None
    headers: dict[str, str] = {}
    body: Any = msgspec.UNSET
    html: bool = False
    latency: _Seconds = 0.0
    first_token: _Seconds = 0.0
    token: _Seconds = 0.0
    stall: bool = False
    stall_after: _Count | None = None
    close: bool = False
    reset: bool = False
    reset_after: _Count | None = None
    truncate: _Count | None = None
    error_after: _Count | None = None
    duplicate: _Place | None = None
    malformed: _Place | None = None

    @property
    def answers(self) -> bool:
        """Whether the fault brings an answer of its own, so that the request isn't even looked at."""
        refuses = self.error_after is None and (self.status not in (None, 200) or self.kind is not None)
        return refuses or self.html or self.body is not msgspec.UNSET

    def meets(self, path: str, wire: str, model: str, stream: bool) -> bool:
        """Whether this call is one of those that are meant."""
        return (
            (self.path is None or fnmatchcase(path, self.path))
            and self.wire in (None, wire)
            and (self.model is None or fnmatchcase(model, self.model))
            and self.stream in (None, stream)
        )

    @property
    def label(self) -> str:
        """The fault in a word: its name, or what it sets."""
        what = msgspec.to_builtins(self, str_keys=True)
        shown = [key if value is True else f"{key}={value}" for key, value in what.items() if key not in _MATCH]
        return self.name or ", ".join(shown)[:200] or "nothing"


_MATCH = frozenset({"name", "path", "wire", "model", "stream", "after", "times", "headers", "body", "message"})


_NAME = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_VALUE = r"[\t\x20-\x7e\xa0-\xff]*"
_FRAMING = ("content-length", "transfer-encoding")
"""Headers that tell where a body ends: `truncate` and `close` are for that."""


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file of faults, or what is posted: the faults, and limits of requests and tokens a minute."""

    fault: list[Any] = []
    rpm: _Place | None = None
    tpm: _Place | None = None


def _mistake(where: str, error: Exception) -> ConfigurationError:
    return ConfigurationError(
        f"{where}: {error}.", advice="`python -m pydoc ringup.simulator.faults` tells every field, with an example."
    )


def read_fault(given: Fault | Mapping[str, Any], where: str = "fault") -> Fault:
    """A fault from a dict. Raises ConfigurationError that names the field which is wrong."""
    try:
        plain = dict(given) if isinstance(given, Mapping) else given
        fault = plain if isinstance(plain, Fault) else msgspec.convert(plain, Fault)
    except msgspec.ValidationError as error:
        raise _mistake(where, error) from None
    if fault.kind is not None and fault.kind not in KINDS:
        raise _mistake(where, ValueError(f"kind = {fault.kind!r} isn't one of {', '.join(KINDS)}"))
    if fault.message is not None and not fault.answers and fault.error_after is None:
        raise _mistake(where, ValueError("message is the words of an error: status, kind or error_after says which"))
    for name, value in fault.headers.items():
        if name.lower() in _FRAMING or not re.fullmatch(_NAME, name) or not re.fullmatch(_VALUE, value):
            raise _mistake(where, ValueError(f"{name!r} = {value!r} can't be sent as a header of this answer"))
    return fault


def read_faults(given: Iterable[Fault | Mapping[str, Any]]) -> list[Fault]:
    """Faults from dicts; a mistake names the number of its fault, from 1."""
    return [read_fault(fault, f"fault {number}") for number, fault in enumerate(given, 1)]


def load(path: str | Path) -> tuple[list[Fault], int | None, int | None]:
    """A file of faults: they, and the limits of requests and tokens a minute. Raises ConfigurationError."""
    try:
        content = tomllib.loads(Path(path).read_text(encoding="utf-8"))
        settings = msgspec.convert(content, Settings)
    except OSError as error:
        raise ConfigurationError(f"the file of faults can't be read: {error}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise _mistake(str(path), error) from None
    try:
        return read_faults(settings.fault), settings.rpm, settings.tpm
    except ConfigurationError as error:
        raise ConfigurationError(f"{path}: {error.message}", advice=error.advice) from None


class Faults:
    """The faults that are still to come, in order: a call gets the first that means it."""

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        self._waiting: list[list[Any]] = []
        self._lock = Lock()
        self.add(faults)

    def add(self, faults: Iterable[Fault]) -> None:
        """Further faults, behind those that wait."""
        with self._lock:
            self._waiting += [[fault, fault.after, fault.times] for fault in faults]

    def clear(self) -> None:
        """No more faults."""
        with self._lock:
            self._waiting.clear()

    def take(self, path: str, wire: str, model: str, stream: bool) -> Fault | None:
        """The fault for this call, if there is one; it is used up by that."""
        with self._lock:
            return self._take(path, wire, model, stream)

    def _take(self, path: str, wire: str, model: str, stream: bool) -> Fault | None:
        for entry in list(self._waiting):
            fault, after, times = entry
            if not fault.meets(path, wire, model, stream):
                continue
            if after:
                entry[1] -= 1
                continue
            if times == 1:
                self._waiting.remove(entry)
            elif times:
                entry[2] -= 1
            assert isinstance(fault, Fault)
            return fault
        return None

    def waiting(self) -> list[dict[str, Any]]:
        """What is still to come, as plain values; `after` and `times` as they are left now."""
        with self._lock:
            waiting = [tuple(entry) for entry in self._waiting]
        return [msgspec.to_builtins(fault) | {"after": after, "times": times} for fault, after, times in waiting]


def spoiled(chunks: Iterable[bytes], fault: Fault, error: bytes) -> Iterator[bytes]:
    """The events of an answer as the fault leaves them; `error` is the event that says that something failed."""
    before = 0
    for number, chunk in enumerate(chunks, 1):
        if fault.error_after is not None and number > fault.error_after:
            break
        sent = _broken(chunk) if number == fault.malformed else chunk
        before += sent.count(b"\n\n")
        yield sent
        if number == fault.duplicate:
            yield sent
    if fault.error_after is not None:
        yield error.replace(_FIRST, b'"sequence_number":%d' % before, 1)


_FIRST = b'"sequence_number":0'
"""Responses numbers its events: the error's number follows those that were sent."""


def _broken(chunk: bytes) -> bytes:
    """An event whose JSON lacks its end."""
    body = chunk.rstrip(b"\n")
    return body[: max(len(body) - 3, 0)] + (b"\n\n" if chunk.endswith(b"\n\n") else b"")
