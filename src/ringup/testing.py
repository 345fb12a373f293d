"""For tests: the simulator in this process, a real HTTP server that speaks OpenAI's, Anthropic's and Google's wires.

    from ringup.testing import Simulator

    with Simulator() as sim:
        client = sim.client("gpt-4o-mini")
        assert "Paris" in client.ask("What is the capital of France?").text
        assert sim.calls[-1].status == 200

Any SDK can use it: point its base URL to `sim.openai_url`, `sim.anthropic_url` or `sim.gemini_url`, and give it a key
such as `sim.key`. With pytest, the fixture `simulator` gives one.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from weakref import WeakSet

from ringup import providers
from ringup.client import Client
from ringup.errors import ConfigurationError
from ringup.locks import Lock
from ringup.simulator.calls import Call
from ringup.simulator.faults import Fault, load, read_fault, read_faults
from ringup.simulator.invoice import Invoice, InvoiceLine
from ringup.simulator.server import App, Background

__all__ = ["Call", "Fault", "Invoice", "InvoiceLine", "Simulator", "embedded"]


class Simulator:
    """The simulator on a port of 127.0.0.1, from `start` to `stop`, or inside a `with` block.

    seed      all answers follow from it
    faults    what goes wrong: dicts or Faults in order, or the path of a TOML file (`ringup.simulator.faults`)
    rpm, tpm  requests and tokens that each key has in a minute; None for so many that they don't matter
    tokens_per_second  how fast streams are written; None for as fast as can be
    port      0 for any that is free
    clock     seconds since the epoch, for timestamps, rate limits and caches; `advance` sets it forward
    conformance  mend what is refused, as the vendors' own test suites need it (docs/simulator.md)
    """

    def __init__(
        self,
        *,
        seed: int = 0,
        faults: Iterable[Fault | Mapping[str, Any]] | str | Path = (),
        rpm: int | None = None,
        tpm: int | None = None,
        tokens_per_second: float | None = None,
        port: int = 0,
        clock: Callable[[], float] = time.time,
        conformance: bool = False,
    ) -> None:
        if isinstance(faults, str | Path):
            read, file_rpm, file_tpm = load(faults)
            rpm, tpm = rpm or file_rpm, tpm or file_tpm
        else:
            read = read_faults(faults)
        pace = 1 / tokens_per_second if tokens_per_second else 0.0
        self._app = App(seed=seed, faults=read, rpm=rpm, tpm=tpm, pace=pace, clock=clock, conformance=conformance)
        self._port = port
        self._server: Background | None = None
        self._clients: WeakSet[Client] = WeakSet()

    def start(self) -> Self:
        """Start serving. Raises ConfigurationError when the port is taken, or it was started before."""
        if self._server:
            raise ConfigurationError("a simulator is started only once.", advice="Make another one.")
        self._server = Background(self._app, self._port)
        return self

    def stop(self) -> None:
        """Stop serving: answers that are still on their way are cut off, and the clients that it gave are closed."""
        for client in list(self._clients):
            client.close()
        if self._server:
            self._server.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Its address: http://127.0.0.1:PORT."""
        if not self._server:
            raise ConfigurationError("the simulator hasn't been started.", advice="Use it in a `with` block.")
        return f"http://127.0.0.1:{self._server.port}"

    @property
    def openai_url(self) -> str:
        """The base URL for OpenAI's SDKs, and all that speak like them."""
        return f"{self.url}/v1"

    @property
    def anthropic_url(self) -> str:
        """The base URL for Anthropic's SDKs."""
        return self.url

    @property
    def gemini_url(self) -> str:
        """The base URL for Google's SDKs."""
        return self.url

    openai_key = "sk-simulator-0000000000000000"
    "A good key in OpenAI's format."
    anthropic_key = "sk-ant-simulator-0000000000000000"
    "A good key in Anthropic's format."
    gemini_key = "AIzaSimulator00000000000000000000000000"
    "A good key in Google's format."
    key = "sim-0000000000000000"
    "A key that is good on all wires."

    @property
    def calls(self) -> list[Call]:
        """Every call so far, the first one first."""
        return list(self._app.calls)

    @property
    def invoice(self) -> Invoice:
        """What all calls so far would have cost, counted and reckoned by the simulator itself (docs/simulator.md).

        Streams come on it when they are over. Batches are worked on when somebody asks for one, or for
        `/_ringup/invoice`.
        """
        return self._app.invoice()

    def fault(self, **fields: Any) -> None:
        """Let something go wrong with the next call: `sim.fault(status=503)`. The fields are those of a Fault."""
        self._app.faults.add([read_fault(fields)])

    def script(self, faults: Iterable[Fault | Mapping[str, Any]]) -> None:
        """Let things go wrong with the next calls, one after the other."""
        self._app.faults.add(read_faults(faults))

    def advance(self, seconds: float) -> None:
        """Set its clock forward, so that caches expire and rate limits fill again. Raises ConfigurationError for a way
        back. `POST /_ringup/clock {"advance": seconds}` does the same."""
        self._app.advance(seconds)

    def reset(self) -> None:
        """As it was at the start: no calls, the faults that it was made with, full rate limits, empty caches, an empty
        invoice."""
        self._app.reset()

    def client(self, model: str = "gpt-4o-mini", **options: Any) -> Client:
        """A ringup Client for the model that calls this simulator. `options` are the Client's own."""
        left, slash, _ = model.partition("/")
        provider = (providers.find(left) if slash else None) or providers.of_model(model) or providers.find("openai")
        assert provider
        url, key = {
            "anthropic_messages": (self.anthropic_url, self.anthropic_key),
            "gemini": (self.gemini_url, self.gemini_key),
        }.get(provider.wire, (self.openai_url, self.openai_key))
        given: dict[str, Any] = {"provider": provider.name, "base_url": url, "api_key": key}
        client = Client(model, **{**given, **options})
        self._clients.add(client)
        return client


_embedded: dict[int, Simulator] = {}
_lock = Lock()


def embedded() -> Simulator:
    """The simulator of this process, which answers for `sim/…` models. It starts when it is first asked for, and ends
    with the process; a forked child gets its own.
    """
    with _lock:
        pid = os.getpid()
        if pid not in _embedded:
            _embedded.clear()
            _embedded[pid] = Simulator().start()
        return _embedded[pid]
