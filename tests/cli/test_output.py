"""What the command line writes, and how."""

from __future__ import annotations

import io
import sys
from decimal import Decimal

import pytest

from ringup.cli import exits, telling
from ringup.cli.listing import find_route
from ringup.cli.output import columns, in_sheet, note, paint, seconds, write
from ringup.errors import (
    APITimeoutError,
    AuthenticationError,
    BadRequestError,
    ConfigurationError,
    MissingKeyError,
    OverloadedError,
    ParameterError,
    PaymentRequiredError,
    PermissionDeniedError,
    QuotaExceededError,
    RateLimitError,
    StreamTruncatedError,
)
from tests.cli.conftest import Run


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_colour_only_where_it_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert paint("red", Terminal(), fg="red") == "\x1b[31mred\x1b[0m"
    assert paint("red", io.StringIO(), fg="red") == "red"
    monkeypatch.setenv("NO_COLOR", "1")
    assert paint("red", Terminal(), fg="red") == "red"
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("TERM", "dumb")
    assert paint("red", Terminal(), fg="red") == "red"


def test_a_terminal_never_gets_a_models_control_codes(monkeypatch: pytest.MonkeyPatch) -> None:
    evil = "a\x1b]0;title\x07b\x9b31m\x1b[2J\r\nc\td"
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    write(evil)
    assert terminal.getvalue() == "a]0;titleb31m[2J\nc\td"
    pipe = io.StringIO()
    monkeypatch.setattr(sys, "stdout", pipe)
    write(evil)
    assert pipe.getvalue() == evil  # a pipe gets what came
    monkeypatch.setattr(sys, "stderr", pipe := io.StringIO())
    note(evil)
    assert pipe.getvalue() == "a]0;titleb31m[2J\nc\td\n"


def test_numbers_stand_to_the_right(capsys: pytest.CaptureFixture[str]) -> None:
    columns(("model", "size", "note"), [("small", "9", "x"), ("a-larger-one", "1,000", ""), ("odd", "?", "")])
    assert capsys.readouterr().out == (
        "model          size  note\nsmall             9  x\na-larger-one  1,000\nodd               ?\n"
    )
    columns(("model", "size"), [])
    assert capsys.readouterr().out == "model  size\n"


def test_only_texts_are_formulas_to_a_spreadsheet() -> None:
    values = ["=1", "+1", "-1", "@x", "\t=1", "a=1", "", None, -1, Decimal(-1)]
    assert [in_sheet(value) for value in values] == ["'=1", "'+1", "'-1", "'@x", "'\t=1", *values[5:]]


def test_a_table_that_is_wider_than_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", terminal := Terminal())
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "14")
    columns(("model", "size", "note"), [("small", "9", ""), ("large", "10", "x")])
    assert terminal.getvalue() == "small\n  size 9\nlarge\n  size 10\n  note x\n"
    monkeypatch.setattr(sys, "stdout", terminal := Terminal())
    monkeypatch.setenv("COLUMNS", "17")
    columns(("model", "size", "note"), [("small", "9", "x")])
    assert len(terminal.getvalue().splitlines()) == 2


def test_what_stands_below_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [("a", "1"), ("b\x1b]0;evil\x07\nb", "2")]
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "24")
    monkeypatch.setattr(sys, "stdout", terminal := Terminal())
    columns(("model", "size"), rows, {1: "What happened is said\x07 here.\nAnd what to do."})
    table = "model       size\na              1\nb]0;evil b     2\n"
    assert terminal.getvalue() == table + "  What happened is said\n  here.\n  And what to do.\n"
    monkeypatch.setenv("COLUMNS", "12")
    monkeypatch.setattr(sys, "stdout", terminal := Terminal())
    columns(("model", "size"), rows, {1: "Why."})
    assert terminal.getvalue() == "a\n  size 1\nb]0;evil b\n  size 2\n  Why.\n"


@pytest.mark.parametrize(
    ("cost", "shown"), [("0.0000123", "$0.000012"), ("0", "$0.00"), ("1.5", "$1.50"), ("0.25", "$0.25")]
)
def test_dollars(cost: str, shown: str) -> None:
    assert telling.dollars(Decimal(cost)) == shown


def test_unknown_is_said() -> None:
    assert telling.dollars(None) == "cost unknown"
    assert telling.count(None) == "?"
    assert seconds(None) == "?"
    assert [seconds(value) for value in (0.123, 61.25)] == ["0.12 s", "61.2 s"]


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ParameterError("x", parameter="y"), 2),
        (MissingKeyError("x"), 2),
        (AuthenticationError("x"), 3),
        (PermissionDeniedError("x"), 3),
        (RateLimitError("x"), 4),
        (QuotaExceededError("x"), 4),
        (PaymentRequiredError("x"), 4),
        (APITimeoutError("x", phase="stream"), 5),
        (StreamTruncatedError("x"), 5),
        (OverloadedError("x"), 1),
        (BadRequestError("x"), 1),
        (OSError("x"), 1),
    ],
)
def test_exit_codes(error: Exception, expected: int) -> None:
    assert exits.code(error) == expected


def test_errors_speak_of_options_not_of_python(capsys: pytest.CaptureFixture[str]) -> None:
    exits.show(APITimeoutError("no answer", phase="stream", advice="Raise timeout=..., or lower max_tokens."))
    exits.show(BadRequestError("no", advice="Mend it.", request_id="req_1"))
    assert capsys.readouterr().err == (
        "error: no answer\nRaise --timeout, or lower --max-tokens.\nerror: no\nMend it.\nrequest id: req_1\n"
    )


@pytest.mark.parametrize(
    ("address", "advice"),
    [
        ("", "your-own-address"),
        ("https://a:b@c.example", "Write it like"),
        ("http://c.example", "Write https:// in the address."),
    ],
)
def test_no_advice_speaks_of_what_there_is_not(monkeypatch: pytest.MonkeyPatch, address: str, advice: str) -> None:
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", "0123456789abcdef0123456789abcdef")
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", address)
    with pytest.raises(ConfigurationError) as failed:
        find_route("azure")
    told = " ".join(exits.words(failed.value))
    assert advice in told
    assert "api_key" not in told
    assert "--base-url" not in told


def test_no_line_of_the_list_of_commands_is_cut_off(run: Run) -> None:
    listed = run("--help").stdout.partition("Commands:")[2].partition("Exit codes:")[0]
    keys = run("keys", "--help").stdout.partition("Commands:")[2]
    assert len((listed + keys).splitlines()) > 9
    assert "..." not in listed + keys
