"""The mock server that both vendors test their SDKs against (@stdy/cli), as a judge of what ringup's client sends.

It loads a vendor's document, and says of each request whether it is valid, in the header `x-steady-request-valid`.
"""

from __future__ import annotations

import gzip
import json
import shutil
import socket
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from conformance import specs
from conformance.calls import EMBEDDINGS, PROVIDERS, Caller, calls
from conformance.made import each
from conformance.operations import Exchange, vendor
from conformance.schemas import judge_request, written
from conformance.table import Tally, print_rows
from ringup.http import HttpRequest, HttpResponse
from ringup.messages import Request
from ringup.secret import Auth
from ringup.transport import Answer, Transport

__all__ = ["MISTAKEN", "Asked", "Mistaken", "judge_refusal", "run"]

_PACKAGE = Path(__file__).parent / "js" / "steady"
_WIRES = {"openai": ("chat_completions", "responses"), "anthropic": ("anthropic_messages",)}


class Mistaken(NamedTuple):
    """A refusal of valid requests: what it says, why that is wrong, and the smallest of them."""

    said: str
    reason: str
    provider: str
    path: str
    smallest: dict[str, Any]


_SAID = {"role": "user", "content": [{"type": "input_text", "text": "a"}]}

MISTAKEN: tuple[Mistaken, ...] = (
    Mistaken(
        "body.input: Expected type string, got array",
        "it takes `input` for a string, once two messages have their content as a list",
        "openai",
        "/responses",
        {"model": "m", "input": [_SAID, _SAID]},
    ),
)
"""Refusals that the vendor's document, as it is, gives no ground for. Each is tried: one that is gone must go here."""

OLD = "valid by what the document is known to lack (see schemas)"


class Asked(NamedTuple):
    """A request that was sent, and what the server complained of."""

    row: str
    name: str
    path: str
    body: bytes
    complaints: list[str]


def run() -> bool:
    """Send every call of the table to it, and what hypothesis makes, and print what it refuses."""
    if any(specs.find(name) is None for name in specs.FILES):
        print("skipped: the vendors' documents aren't here (RINGUP_SPECS names the folder of them)")
        return True
    program = install()
    if program is None:
        print("skipped: node and npm aren't here, or @stdy/cli can't be installed")
        return True
    tally = Tally()
    excused: Counter[str] = Counter()
    for provider in specs.FILES:
        with serving(program, provider) as url:
            for asked in (*_from_table(url, provider), *_made(url, provider)):
                wrong, reason = judge_refusal(provider, asked)
                tally.add(asked.row, wrong)
                excused[reason] += bool(reason)
            _still_mistaken(tally, url, provider)
    tally.show("sent to @stdy/cli")
    print_rows(("refused", "though valid, because"), [(str(count), why) for why, count in excused.items() if why])
    for row in MISTAKEN:
        print(f'The smallest case of "{row.said}": POST {row.path} {json.dumps(row.smallest)}')
    return tally.well


def judge_refusal(provider: str, asked: Asked) -> tuple[list[str], str]:
    """What is wrong with a request that was refused; or, when nothing is, why it was refused all the same."""
    if not asked.complaints:
        return [], ""
    exchange = Exchange(method="POST", path=asked.path, request=asked.body)
    wrong, _ = judge_request(provider, exchange)
    if wrong:
        return [f"{asked.name}: {complaint}" for complaint in (*asked.complaints, *wrong)], ""
    if vendor(provider, as_it_is=True).of_request(exchange):
        return [], OLD
    found = next((row for row in MISTAKEN if [row.said] == asked.complaints), None)
    if found:
        return [], found.reason
    return [f"{asked.name}: {complaint}, but the document has nothing against it" for complaint in asked.complaints], ""


# The server


def install() -> Path | None:
    """The program, installed as the lock file says. None where that can't be."""
    npm = shutil.which("npm")
    if not npm or not shutil.which("node"):
        return None
    version = json.loads((_PACKAGE / "package.json").read_text())["dependencies"]["@stdy/cli"]
    folder = specs.cache_folder() / f"steady-{version}"
    program = folder / "node_modules" / ".bin" / "steady"
    if not program.exists():
        folder.mkdir(exist_ok=True)
        for file in _PACKAGE.glob("package*.json"):
            shutil.copy(file, folder)
        command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        done = subprocess.run(command, cwd=folder, check=False, capture_output=True, timeout=300)
        if done.returncode:
            return None
    return program


@contextmanager
def serving(program: Path, provider: str) -> Iterator[str]:
    """The server with a vendor's document, on a free port of this machine: its address."""
    file = specs.find(provider)
    assert file
    with tempfile.TemporaryDirectory() as folder, socket.socket() as probe:
        document = Path(folder) / file.name.removesuffix(".gz")
        document.write_bytes(gzip.decompress(file.read_bytes()))
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        command = [str(program), "--host", "127.0.0.1", "-p", str(port), "--quiet", "--no-color", str(document)]
        server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            _wait(server, port)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(10)


def _wait(server: subprocess.Popen[bytes], port: int) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end and server.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.1)
    raise RuntimeError("@stdy/cli didn't start")


# The calls


class _Watch:
    """A transport that notes what is sent, and what the server says of it."""

    def __init__(self, inner: Transport) -> None:
        self._inner = inner
        self.request = HttpRequest(path="")
        self.complaints = ["nothing was sent"]

    def exchange(
        self, url: str, request: HttpRequest, auth: Auth | None, timeout: float | None, limit: int
    ) -> HttpResponse:
        answer = self._inner.exchange(url, request, auth, timeout, limit)
        self.request, self.complaints = request, _complaints(answer.headers)
        return answer

    def open(
        self, url: str, request: HttpRequest, auth: Auth | None, timeout: float | None, total: float | None = None
    ) -> Answer:
        answer = self._inner.open(url, request, auth, timeout, total)
        self.request, self.complaints = request, _complaints(answer.headers)
        return answer

    def close(self) -> None:
        self._inner.close()


@contextmanager
def _caller(url: str) -> Iterator[Caller]:
    caller = Caller(dict.fromkeys(set(PROVIDERS.values()), url), "sk-simulator-0000000000000000")
    yield caller
    caller.close()


def _from_table(url: str, provider: str) -> Iterator[Asked]:
    with _caller(url) as caller:
        for name, request in calls(*_WIRES[provider]):
            wire, watch = name.partition("/")[0], _Watch(caller.transport)
            with suppress(Exception):  # the answers are made up, and mostly nonsense
                caller.send(wire, request, watch)
            yield Asked(wire, name, watch.request.path, watch.request.body, watch.complaints)
        for name, asked in EMBEDDINGS if provider == "openai" else ():
            yield Asked("embeddings", name, "/embeddings", b"", _complaints(caller.embed(asked).headers))


def _made(url: str, provider: str) -> list[Asked]:
    found: list[Asked] = []
    with _caller(url) as caller:
        for wire in _WIRES[provider]:
            each(wire, 150, partial(_send, caller, wire, found))
    return found


def _send(caller: Caller, wire: str, found: list[Asked], request: Request) -> None:
    http = written(wire, request)
    said = _complaints(caller.post(PROVIDERS[wire], http).headers)
    found.append(Asked(f"{wire}, made by hypothesis", wire, http.path, http.body, said))


def _still_mistaken(tally: Tally, url: str, provider: str) -> None:
    """The smallest cases must be refused still: a row that holds no more is to go."""
    for row in MISTAKEN:
        body = json.dumps(row.smallest).encode()
        if provider == row.provider:
            http = HttpRequest(path=row.path, headers={"content-type": "application/json"}, body=body)
            with _caller(url) as caller:
                said = _complaints(caller.post(provider, http).headers)
            valid = judge_refusal(provider, Asked("", row.path, row.path, body, said)) == ([], row.reason)
            tally.add("its own mistakes", () if valid else [f"this one is mended, or is none: {row.said}"])


def _complaints(headers: Mapping[str, str]) -> list[str]:
    if headers.get("x-steady-request-valid") == "true":
        return []
    count = int(headers.get("x-steady-error-count", "0"))
    told = [
        f"{headers.get(f'x-steady-error-{number}-path')}: {headers.get(f'x-steady-error-{number}-message')}"
        for number in range(1, count + 1)
    ]
    return told or ["it said nothing of the request"]
