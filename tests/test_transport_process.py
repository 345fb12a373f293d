"""The transport and the process: what importing it costs, forks, Ctrl-C, and an orderly end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from tests.loopback import KINDS, STREAM_HEAD, WAIT, Peer, Server, chunk

HEAVY = ["asyncio", "http.client", "httpx2", "pyreqwest", "ssl", "urllib.request"]

BEGIN = """
import asyncio, os, sys
from ringup.errors import ConfigurationError
from ringup.http import HttpRequest
from ringup.transport import Options, make_async_transport, make_transport
url, kind = sys.argv[1], sys.argv[2] or None
request = HttpRequest(path="/x", body=b"{}")
"""


def python(code: str, *arguments: str) -> subprocess.Popen[str]:
    # A fork beside pyreqwest's thread is what is tried here: Python 3.12 and later warn of it.
    options = ["-W", "error", "-W", "ignore:This process:DeprecationWarning"]
    return subprocess.Popen(
        [sys.executable, *options, "-c", BEGIN + code, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def output(code: str, *arguments: str) -> str:
    process = python(code, *arguments)
    try:
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert (process.returncode, err) == (0, ""), err
    return out


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        yield server


def test_importing_loads_no_engine() -> None:
    code = f"import sys, ringup.transport, ringup.keys; print([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "[]\n"


def test_making_a_transport_loads_no_engine() -> None:
    code = (
        "import sys; from ringup.transport import *; make_transport(Options()); make_async_transport(Options());"
        f"print([name for name in {HEAVY} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("kind", KINDS)
def test_several_loops_and_no_warning_at_the_end(server: Server, kind: str) -> None:
    code = """
transport = make_async_transport(Options(), kind)
async def main():
    answers = await asyncio.gather(*(transport.exchange(url, request, None, 20, 1000) for _ in range(5)))
    answer = await transport.open(url, request, None, 20)
    assert await answer.read(20) == b"hello"
    await answer.close()
    return [answer.body for answer in answers]
for _ in range(3):
    assert asyncio.run(main()) == [b"hello"] * 5
sync = make_transport(Options(), kind)
assert sync.exchange(url, request, None, 20, 1000).body == b"hello"
sync.close()
"""
    assert output(code, server.url, kind) == ""


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("make", ["make_transport", "make_async_transport"])
def test_a_program_may_end_right_after_its_last_answer(server: Server, kind: str, make: str) -> None:
    """With pyreqwest 0.15 by itself, about one async program in eight is aborted at its end."""
    code = f"""
work = {make}(Options(), kind).exchange(url, request, None, 20, 1000)
if asyncio.iscoroutine(work):
    asyncio.run(work)
"""
    for _ in range(4):
        process = python(code, server.url, kind)
        try:
            err = process.communicate(timeout=60)[1]
        finally:
            process.kill()
        assert process.returncode == 0, err
        assert "Fatal" not in err
        assert "panicked" not in err


FORK = """
transport = {make}(Options(), kind)
def call():
    work = transport.exchange(url, request, None, 20, 1000)
    answer = asyncio.run(work) if asyncio.iscoroutine(work) else work
    return answer.body.decode(), type(list(transport._engines.values())[-1]).__name__
{before}
child = os.fork()
if child == 0:
    try:
        print("child", *call(), flush=True)
        print("child", *call(), flush=True)
    except ConfigurationError as error:
        print("child", type(error).__name__, error, flush=True)
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
print("parent", *call())
if not asyncio.iscoroutinefunction(transport.close):
    transport.close()
"""

fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")


@fork
@pytest.mark.parametrize("make", ["make_transport", "make_async_transport"])
def test_after_a_fork_the_child_takes_the_other_engine(server: Server, make: str) -> None:
    out = output(FORK.format(make=make, before="print('parent', *call(), flush=True)"), server.url, "").splitlines()
    first, second = ("Pyreqwest", "Httpx2") if make == "make_transport" else ("AsyncPyreqwest", "AsyncHttpx2")
    assert out == [f"parent hello {first}", *[f"child hello {second}"] * 2, *out[3:]]
    assert out[3].startswith("parent hello")
    parents = server.peers[0]
    assert parents.count == 2  # the parent's connection was left alone


@fork
def test_after_a_fork_httpx2_makes_connections_of_its_own(server: Server) -> None:
    out = output(FORK.format(make="make_transport", before="call()"), server.url, "httpx2").splitlines()
    assert out == ["child hello Httpx2", "child hello Httpx2", "parent hello Httpx2"]
    assert [peer.count for peer in server.peers] == [2, 2]


@fork
def test_a_fork_before_the_first_call_changes_nothing(server: Server) -> None:
    out = output(FORK.format(make="make_transport", before=""), server.url, "").splitlines()
    assert out == ["child hello Pyreqwest", "child hello Pyreqwest", "parent hello Pyreqwest"]


@fork
@pytest.mark.parametrize("kind", ["", "pyreqwest"])
def test_without_another_engine_the_child_is_told_what_to_do(server: Server, kind: str) -> None:
    before = "sys.modules['httpx2'] = None; call()"
    out = output(FORK.format(make="make_transport", before=before), server.url, kind)
    assert "child ConfigurationError this process was forked" in out
    assert "spawn" in out
    assert "pip install 'ringup[httpx2]'" in out
    assert "parent hello Pyreqwest" in out


def test_httpx2_asked_for_and_not_installed(server: Server) -> None:
    code = """
sys.modules["httpx2"] = None
try:
    make_transport(Options(), kind).exchange(url, request, None, 20, 1000)
except ConfigurationError as error:
    print(type(error).__name__, error)
"""
    out = output(code, server.url, "httpx2")
    assert out == "MissingExtraError httpx2 isn't installed. Install it: pip install 'ringup[httpx2]'\n"


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGINT to send there")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("way", ["exchange", "open", "read"])
def test_a_real_ctrl_c_ends_the_program(kind: str, way: str) -> None:
    def send(peer: Peer) -> None:
        if way == "read":
            peer.send(STREAM_HEAD + chunk(b"one"))
        peer.wait_until_gone()

    code = f"""
transport = make_transport(Options(), kind)
way = {way!r}
try:
    if way == "exchange":
        transport.exchange(url, request, None, 60, 1000)
    answer = transport.open(url, request, None, 60)
    print(answer.read(60), flush=True)
    answer.read(60)
except KeyboardInterrupt:
    print("interrupted")
    transport.close()
"""
    with Server(send) as server:
        process = python(code, server.url, kind)
        try:
            begun = time.monotonic()
            while not server.requests and time.monotonic() - begun < WAIT:
                time.sleep(0.01)
            if way == "read":
                assert process.stdout
                assert process.stdout.readline() == "b'one'\n"
            time.sleep(0.1)
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=WAIT)
        finally:
            process.kill()
        assert (out, err) == ("interrupted\n", "")
        assert server.last.gone.wait(WAIT)
