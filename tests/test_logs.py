"""What is logged, at which level, and what never is."""

from __future__ import annotations

import logging
import subprocess
import sys

import pytest

import ringup
from ringup.testing import Simulator
from tests.test_client import Wire, chunks, completion

KEY = "Kanarienvogel4711zwitschert"


def client(*answers: object) -> ringup.Client:
    return ringup.Client("gpt-4o-mini", api_key=KEY, transport=Wire(*answers))


@pytest.fixture(autouse=True)
def _no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)


def lines(caplog: pytest.LogCaptureFixture, level: int) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "ringup" and record.levelno == level]


def test_retries_and_failures_are_told_at_info(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "ringup"):
        client(503, completion()).ask("Open sesame")
        with pytest.raises(ringup.BadRequestError):
            client(400).ask("Open sesame")
    retry, failure = lines(caplog, logging.INFO)
    assert retry.startswith("openai/gpt-4o-mini: try 1 failed (")
    assert "; again in " in retry
    assert failure.startswith("openai/gpt-4o-mini failed: BadRequestError: ")
    assert not lines(caplog, logging.DEBUG)


def test_what_an_error_quotes_of_an_answer_is_not_told(caplog: pytest.LogCaptureFixture) -> None:
    events: list[ringup.Attempt] = []
    with caplog.at_level(logging.DEBUG, "ringup"), pytest.raises(ringup.ProtocolError, match="Zebra"):
        ringup.Client("gpt-4o-mini", api_key=KEY, transport=Wire("Zebra"), on_event=events.append).ask("Open sesame")
    assert "instead of an answer. A retry seldom helps" in caplog.text
    assert "Zebra" not in caplog.text
    assert "Zebra" not in repr(events)


def test_a_server_writes_no_lines_of_its_own(caplog: pytest.LogCaptureFixture) -> None:
    answer = {"error": {"message": "one\nCRITICAL two\r\nthree\u2028four"}}
    with caplog.at_level(logging.INFO, "ringup"), Simulator() as sim:
        sim.fault(status=400, body=answer)
        with pytest.raises(ringup.BadRequestError):
            sim.client("gpt-4o-mini").ask("Open sesame")
    [said] = lines(caplog, logging.INFO)
    assert "one CRITICAL two three four" in said


def test_calls_are_told_at_debug_without_their_words(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, "ringup"):
        client(completion("Paris.")).ask("Open sesame")
        "".join(client(chunks("Par", "is.")).stream("Open sesame"))
    sent, answered, _, streamed = lines(caplog, logging.DEBUG)
    assert sent.startswith("openai/gpt-4o-mini: try 1, ")
    assert "stop in " in answered
    assert answered.endswith("9 tokens in, 2 out")
    assert streamed.endswith("9 tokens in, 2 out")
    assert "sesame" not in caplog.text
    assert "Paris" not in caplog.text


def test_words_only_where_they_are_asked_for(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RINGUP_LOG_CONTENT", "1")
    with caplog.at_level(logging.INFO, "ringup"):
        client(503, completion("Paris.")).ask("Open sesame")
    assert "sesame" not in caplog.text
    with caplog.at_level(logging.DEBUG, "ringup"):
        client(completion("Paris.")).ask(f"Open sesame with {KEY}", system="Be short.")
    sent, answered = lines(caplog, logging.DEBUG)
    assert "Open sesame with ***" in sent
    assert "Be short." in sent
    assert "Paris." in answered


def test_a_program_that_asks_for_nothing_hears_nothing() -> None:
    code = (
        "import sys, ringup; from tests.test_client import Wire, completion\n"
        "try: ringup.Client('gpt-4o-mini', api_key='x' * 20, transport=Wire(400)).ask('Hi')\n"
        "except ringup.APIError: pass\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert (done.stdout, done.stderr) == ("", "")


def test_words_come_without_the_bytes_of_files(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RINGUP_LOG_CONTENT", "1")
    picture = ringup.Image(data=b"\x89PNG" + bytes(5_000), media_type="image/png")
    inline = ringup.Image(url="data:image/png;base64," + "A" * 5_000)
    with caplog.at_level(logging.DEBUG, "ringup"):
        client(completion("Paris.")).ask([ringup.Text("What is it?"), picture, inline])
    sent = lines(caplog, logging.DEBUG)[0]
    assert '{"type":"image","media_type":"image/png"},{"type":"image","url":"data:"}' in sent
    assert len(sent) < 300


def test_a_failure_names_the_request(caplog: pytest.LogCaptureFixture) -> None:
    with Simulator() as sim, caplog.at_level(logging.INFO, "ringup"):
        sim.fault(status=400)
        with pytest.raises(ringup.BadRequestError):
            sim.client().ask("Hi")
        assert lines(caplog, logging.INFO)[-1].endswith(f" [{sim.calls[0].headers['x-request-id']}]")
