"""Faults: how they are written, which calls they meet, and what a client sees of each."""

from __future__ import annotations

import http.client
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ringup.errors import ConfigurationError
from ringup.simulator import faults as module
from ringup.simulator.faults import Fault, Faults, load, read_fault, read_faults, spoiled
from ringup.simulator.refusals import KINDS
from ringup.testing import Simulator

# As values


def test_the_example_in_the_docs_loads(tmp_path: Path) -> None:
    found = re.search(r"```toml\n(.*?)```", module.__doc__ or "", re.DOTALL)
    assert found
    file = tmp_path / "faults.toml"
    file.write_text(found[1])
    faults, rpm, tpm = load(file)
    assert (rpm, tpm) == (60, 40_000)
    assert [fault.label for fault in faults] == [
        "status=429",
        "kind=quota",
        "kind=overloaded",
        "status=502, html",
        "first_token=2.0, token=0.1",
        "truncate=400",
    ]
    assert faults[0].headers == {"retry-after": "1"}


def test_every_field_is_told_in_the_docs() -> None:
    documented = module.__doc__ or ""
    assert [
        name for name in Fault.__struct_fields__ if name != "name" and not re.search(rf"\b{name}\b", documented)
    ] == []
    assert [kind for kind in KINDS if not re.search(rf"\b{kind}\b", documented)] == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[fault]]\nstatsu = 500", "statsu"),
        ("[[fault]]\nstatus = 'x'", "status"),
        ("[[fault]]\nstatus = 99", "status"),
        ("[[fault]]\nkind = 'nope'", "nope"),
        ("[[fault]]\nlatency = -1", "latency"),
        ("[[fault]]\nwire = 'nope'", "nope"),
        ("rmp = 5", "rmp"),
        ("rpm = 0", "rpm"),
        ("[[fault]\n", "line 1"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "faults.toml"
    file.write_text(text)
    with pytest.raises(ConfigurationError) as caught:
        load(file)
    assert words in str(caught.value)
    assert "faults.toml" in str(caught.value)


def test_a_file_that_is_not_there() -> None:
    with pytest.raises(ConfigurationError, match="can't be read"):
        load("/nowhere/faults.toml")


def test_a_mistake_in_a_list_names_its_number() -> None:
    with pytest.raises(ConfigurationError, match=r"fault 2.*statsu"):
        read_faults([{"status": 500}, {"statsu": 500}])


def test_faults_come_in_order_and_are_used_up() -> None:
    faults = Faults(read_faults([{"status": 500}, {"status": 503, "times": 2}]))
    taken = [faults.take("/v1/x", "chat_completions", "m", False) for _ in range(4)]
    assert [fault and fault.status for fault in taken] == [500, 503, 503, None]


def test_faults_meet_only_the_calls_that_they_mean() -> None:
    faults = Faults(
        [
            read_fault({"model": "claude-*", "status": 500}),
            read_fault({"path": "/v1/messages", "stream": True, "status": 501}),
            read_fault({"wire": "chat_completions", "after": 1, "times": 0, "status": 502}),
        ]
    )

    def take(path: str, wire: str, model: str, stream: bool) -> int | None:
        fault = faults.take(path, wire, model, stream)
        return fault.status if fault else None

    assert take("/v1/chat/completions", "chat_completions", "gpt-4o", True) is None
    assert take("/v1/messages", "anthropic_messages", "other", False) is None
    assert take("/v1/messages", "anthropic_messages", "claude-x", False) == 500
    assert take("/v1/messages", "anthropic_messages", "claude-x", True) == 501
    assert take("/v1/messages", "anthropic_messages", "claude-x", True) is None
    assert [take("/v1/chat/completions", "chat_completions", "gpt-4o", False) for _ in range(3)] == [502] * 3
    assert faults.waiting()[0]["after"] == 0
    faults.clear()
    assert faults.waiting() == []


def test_events_are_spoiled() -> None:
    events = [b'data: {"a":1}\n\n', b'data: {"b":2}\n\n', b"data: [DONE]\n\n"]

    def left(**fields: Any) -> list[bytes]:
        return list(spoiled(events, Fault(**fields), b"ERROR"))

    assert left(duplicate=2) == [events[0], events[1], events[1], events[2]]
    assert left(error_after=1) == [events[0], b"ERROR"]
    assert left(error_after=0) == [b"ERROR"]
    assert left(error_after=9) == [*events, b"ERROR"]
    broken = left(malformed=2)[1]
    assert broken.endswith(b"\n\n")
    with pytest.raises(msgspec.DecodeError):
        msgspec.json.decode(broken.removeprefix(b"data: "))


# On the wire


class Seen(msgspec.Struct):
    """What a plain client saw of an answer."""

    status: int | None = None
    headers: dict[str, str] = {}
    body: bytes = b""
    error: str = ""


@pytest.fixture(scope="module")
def sim() -> Iterator[Simulator]:
    with Simulator() as running:
        yield running


def post(sim: Simulator, stream: bool = False, claude: bool = False, timeout: float = 10) -> Seen:
    """One call with Python's own HTTP client, which hides nothing."""
    body: dict[str, Any] = {"messages": [{"role": "user", "content": "Count to 5"}], "stream": stream}
    body |= {"model": "claude-haiku-4-5", "max_tokens": 50} if claude else {"model": "gpt-4o-mini"}
    headers = {"authorization": f"Bearer {sim.key}", "anthropic-version": "2023-06-01"}
    connection = http.client.HTTPConnection(sim.url.removeprefix("http://"), timeout=timeout)
    seen = Seen()
    try:
        path = "/v1/messages" if claude else "/v1/chat/completions"
        connection.request("POST", path, msgspec.json.encode(body), headers)
        response = connection.getresponse()
        seen.status, seen.headers = response.status, dict(response.headers)
        while piece := response.read1(65536):
            seen.body += piece
        missing = response.length
        seen.error = f"{missing} bytes missing" if missing else ""
    except (OSError, http.client.HTTPException) as error:
        seen.error = type(error).__name__
    finally:
        connection.close()
    return seen


@pytest.mark.parametrize("claude", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_error(sim: Simulator, kind: str, claude: bool) -> None:
    sim.fault(kind=kind)
    seen = post(sim, claude=claude)
    body = msgspec.json.decode(seen.body)
    assert seen.status == KINDS[kind]
    assert body["error"]["message"]
    if claude:
        assert body["type"] == "error"
        assert body["request_id"] == seen.headers["request-id"]
    else:
        assert body["error"].keys() == {"message", "type", "param", "code"}
        assert "x-request-id" in seen.headers


def test_the_two_kinds_of_429_differ(sim: Simulator) -> None:
    sim.script([{"status": 429}, {"kind": "quota"}, {"status": 429}, {"kind": "quota"}])
    codes = [msgspec.json.decode(post(sim).body)["error"]["code"] for _ in range(2)]
    assert codes == ["rate_limit_exceeded", "insufficient_quota"]
    errors = [msgspec.json.decode(post(sim, claude=True).body)["error"] for _ in range(2)]
    assert "details" not in errors[0]
    assert errors[1]["details"] == {"error_code": "enforced_spend_limit_reached"}


def test_any_status_with_any_headers_and_body(sim: Simulator) -> None:
    sim.fault(status=418, headers={"X-Tea": "yes", "retry-after": "7"}, body={"tea": 1})
    seen = post(sim)
    assert (seen.status, seen.headers["x-tea"], seen.headers["retry-after"]) == (418, "yes", "7")
    assert seen.body == b'{"tea":1}'
    sim.fault(status=503, message="Down for an hour")
    assert msgspec.json.decode(post(sim).body)["error"]["message"] == "Down for an hour"
    sim.fault(body="")
    seen = post(sim)
    assert (seen.status, seen.body) == (200, b"")
    sim.fault(status=302, headers={"location": "http://127.0.0.1:9/"})
    assert post(sim).status == 302


def test_a_proxys_page(sim: Simulator) -> None:
    sim.script([{"html": True}, {"html": True, "status": 200}])
    first, second = post(sim), post(sim, stream=True)
    assert (first.status, second.status) == (502, 200)
    assert first.headers["content-type"] == "text/html"
    assert b"<html>" in second.body


@pytest.mark.parametrize("stream", [False, True])
def test_no_answer(sim: Simulator, stream: bool) -> None:
    sim.reset()
    sim.script([{"close": True}, {"reset": True}])
    assert post(sim, stream).error == "RemoteDisconnected"
    assert post(sim, stream).error == "ConnectionResetError"
    assert [(call.status, call.outcome) for call in sim.calls] == [(None, "closed"), (None, "reset")]


@pytest.mark.parametrize("claude", [False, True])
def test_an_answer_cut_at_a_byte(sim: Simulator, claude: bool) -> None:
    sim.reset()
    sim.script([{"truncate": 100}, {"truncate": 100}, {"reset_after": 100}, {"truncate": 0}])
    whole, stream, reset = post(sim, claude=claude), post(sim, True, claude), post(sim, True, claude)
    assert [len(whole.body), len(stream.body), len(reset.body)] == [100, 100, 100]
    assert "bytes missing" in whole.error
    assert stream.error == "IncompleteRead"
    assert reset.error == "ConnectionResetError"
    assert post(sim, claude=claude).body == b""
    assert [call.outcome for call in sim.calls] == ["truncated", "truncated", "reset", "truncated"]
    assert sim.calls[0].body == whole.body


def test_an_error_inside_a_200(sim: Simulator) -> None:
    sim.script([{"error_after": 3}, {"error_after": 3, "kind": "server_error"}, {"error_after": 0}])
    chat = post(sim, stream=True)
    events = chat.body.decode().strip().split("\n\n")
    assert (chat.status, len(events)) == (200, 4)
    assert msgspec.json.decode(events[-1].removeprefix("data: "))["error"]["code"] == "server_is_overloaded"
    claude = post(sim, stream=True, claude=True)
    assert b'event: error\ndata: {"type":"error","error":{"type":"api_error"' in claude.body
    assert b"message_stop" not in claude.body
    whole = post(sim)
    assert whole.status == 200
    assert "error" in msgspec.json.decode(whole.body)


def test_duplicate_and_malformed_events(sim: Simulator) -> None:
    sim.script([{}, {"duplicate": 3}, {"malformed": 3}])
    plain, twice, broken = (post(sim, stream=True).body.split(b"\n\n") for _ in range(3))
    assert len(twice) == len(plain) + 1
    assert twice[2] == twice[3]
    with pytest.raises(msgspec.DecodeError):
        msgspec.json.decode(broken[2].removeprefix(b"data: "))


def test_waits(sim: Simulator) -> None:
    for fault, stream in (({"latency": 0.15}, False), ({"first_token": 0.15}, True), ({"token": 0.02}, True)):
        sim.fault(**fault)
        start = time.monotonic()
        assert post(sim, stream).status == 200
        assert time.monotonic() - start >= 0.14


def test_stalls_last_until_the_client_leaves(sim: Simulator) -> None:
    sim.reset()
    sim.script([{"stall": True}, {"stall_after": 2}])
    assert post(sim, timeout=0.2).error == "TimeoutError"
    seen = post(sim, stream=True, timeout=0.2)
    assert (seen.status, seen.error) == (200, "TimeoutError")
    assert seen.body.count(b"data: ") == 2
    wait_for(lambda: [call.outcome for call in sim.calls] == ["client left"] * 2)


def wait_for(holds: Any) -> None:
    end = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < end, "it didn't happen within 10 s"
        time.sleep(0.005)


def test_a_client_that_leaves_early_stops_the_work() -> None:
    with Simulator(tokens_per_second=50) as slow:
        connection = http.client.HTTPConnection(slow.url.removeprefix("http://"), timeout=10)
        body = {"model": "sim", "stream": True, "messages": [{"role": "user", "content": "Count to 1000"}]}
        connection.request("POST", "/v1/chat/completions", msgspec.json.encode(body))
        assert connection.getresponse().read1(10)
        connection.close()
        wait_for(lambda: slow.calls[-1].outcome == "client left")
        sent = len(slow.calls[-1].body)
        time.sleep(0.1)
        assert len(slow.calls[-1].body) == sent < 20_000


def test_rate_limits_are_real() -> None:
    with Simulator(rpm=2, clock=lambda: 1_800_000_000.0) as strict:
        answers = [post(strict) for _ in range(3)]
        assert [seen.status for seen in answers] == [200, 200, 429]
        assert [seen.headers["x-ratelimit-remaining-requests"] for seen in answers] == ["1", "0", "0"]
        assert answers[2].headers["retry-after"] == "30"
        assert answers[2].headers["x-ratelimit-reset-requests"] == "1m0s"
        assert msgspec.json.decode(answers[2].body)["error"]["code"] == "rate_limit_exceeded"
    with Simulator(tpm=40, clock=lambda: 1_800_000_000.0) as strict:
        answers = [post(strict, claude=True) for _ in range(3)]
        assert answers[0].status == 200
        assert answers[2].status == 429
        assert int(answers[2].headers["retry-after"]) >= 1
        assert answers[2].headers["anthropic-ratelimit-tokens-limit"] == "40"


def test_limits_and_faults_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "faults.toml"
    file.write_text("rpm = 1\n[[fault]]\nstatus = 503\n")
    with Simulator(faults=file) as sim:
        assert [post(sim).status for _ in range(3)] == [503, 200, 429]
        sim.reset()
        assert post(sim).status == 503


@pytest.mark.parametrize(
    "fault",
    [
        {"headers": {"a\nb": "x"}},
        {"headers": {"a": "x\r\nset-cookie: y"}},
        {"headers": {"retry-after": "→"}},
        {"headers": {"": "x"}},
        {"headers": {"Content-Length": "5"}},
        {"message": "what kind of error?"},
    ],
    ids=str,
)
def test_what_cannot_be_sent_is_refused(fault: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="fault 1: .*header|fault 1: message"):
        read_faults([fault])
