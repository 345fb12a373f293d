"""What is written down at each level, and what never is."""

from __future__ import annotations

import base64
from pathlib import Path
from urllib.parse import quote

import pytest

import ringup
from ringup import ledger
from ringup.ledger import personal
from tests.ledger.kit import CANARY, client, files, table
from tests.test_client import completion

SHAPES = {
    "OpenAI": "sk-proj-Ab12Cd34Ef56Gh78Ij90",
    "Anthropic": "sk-ant-api03-Ab12Cd34Ef56Gh78Ij90",
    "Google": "AIzaSyA-0123456789abcdefghijklmnopqrstu",
    "Groq": "gsk_0123456789abcdefABCDEF",
    "xAI": "xai-0123456789abcdefABCDEF",
    "Hugging Face": "hf_0123456789abcdefABCDEF",
    "GitHub": "ghp_0123456789abcdefABCDEF0123456789abcd",
    "GitLab": "glpat-0123456789abcdefABCD",
    "AWS": "AKIA0123456789ABCDEF",
    "Slack": "xoxb-0123456789-abcdefABCDEF",
    "Stripe": "sk_live_0123456789abcdefABCDEF",
    "npm": "npm_0123456789abcdefABCDEF0123456789",
    "a JWT": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.abcDEF123_-",
    "a private key": "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA7\n-----END RSA PRIVATE KEY-----",
    "a bearer": "Authorization: Bearer 0123456789abcdef",
    "basic auth": "authorization: basic dXNlcjpwYXNzd29yZA==",
    "a URL with a password": "postgres://admin:hunter2hunter2@db.example/x",
    "a URL with a key": "https://api.example/v1?api_key=0123456789abcdef&x=1",
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "calls.db"


def test_no_words_are_kept_unless_somebody_wants_them(path: Path) -> None:
    with ringup.Client("gpt-4o-mini", api_key=CANARY, transport=_wire("Zebra answer"), ledger=path) as asked:
        asked.ask(
            "Giraffe question",
            system="Okapi system",
            stop="Lemur",
            max_tokens=7,
            extra={"user": "Tapir", "metadata": {"who": "Ibex"}},
        )
    kept = files(path)
    for word in (b"Giraffe", b"Zebra", b"Okapi", b"Lemur", b"Tapir", b"Ibex"):
        assert word not in kept
    [row] = table(path, "calls")
    assert row["level"] == "metadata"
    assert '"max_completion_tokens":7' in row["parameters"]
    assert '"user":"(5 bytes)"' in row["parameters"]
    assert table(path, "turns") == table(path, "blobs") == []
    assert ledger.conversation(path, 1) == []


def _wire(answer: str):  # type: ignore[no-untyped-def]
    from tests.test_client import Wire

    return Wire(completion(answer))


def test_the_variable_names_the_level(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RINGUP_LEDGER_LEVEL", "full")
    assert ringup.Ledger(path).level == "full"
    assert ringup.Ledger(path, level="metadata").level == "metadata"
    monkeypatch.setenv("RINGUP_LEDGER_LEVEL", "everything")
    with pytest.raises(ringup.ParameterError, match="levels are metadata, redacted, full"):
        ringup.Ledger(path)


def test_a_hook_belongs_to_its_level(path: Path) -> None:
    with pytest.raises(ringup.ParameterError, match="redact"):
        ringup.Ledger(path, redact=str.upper)


def test_a_hook_sees_all_that_is_said(path: Path) -> None:
    hidden = ("Giraffe", "Zebra", "Okapi", "Lemur", "Tapir")

    def hide(text: str) -> str:
        for word in hidden:
            text = text.replace(word, "(animal)")
        return text

    with client(path, completion("Zebra answer"), 400, level="redacted", redact=hide) as asked:
        asked.ask(
            [ringup.Text("Giraffe question"), ringup.Image(data=b"Picture" * 99, media_type="image/png")],
            system="Okapi system",
            stop="Lemur",
            extra={"user": "Tapir"},
        )
        with pytest.raises(ringup.BadRequestError):
            asked.ask("Zebra again")
    kept = files(path)
    for word in (*hidden, "PicturePicture"):
        assert word.encode() not in kept
    assert [turn["text"] for turn in ledger.conversation(path, 1)] == [
        "(animal) system",
        "(animal) question",
        "(animal) answer",
    ]
    assert ledger.search(path, "giraffe") == []


def test_a_hook_that_fails_keeps_nothing_and_is_in_nobody_s_way(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    log = ringup.Ledger(path, level="redacted", redact=lambda _: 1 / 0)  # type: ignore[arg-type,return-value]
    with ringup.Client("gpt-4o-mini", api_key=CANARY, transport=_wire("Zebra"), ledger=log) as asked:
        assert asked.ask("Giraffe").text == "Zebra"
    assert log.lost == 1
    assert b"Giraffe" not in files(path)
    assert "division by zero" in caplog.text


def test_without_a_hook_what_is_personal_goes() -> None:
    said = (
        "Write to ann.lee@mail.example or call +44 20 7946 0958, card 4111 1111 1111 1111, "
        "account GB82 WEST 1234 5698 7654 32, from 192.168.30.44. In 2026 we sold 12,345 items, order 55-12."
    )
    assert personal(said) == (
        "Write to [email] or call [phone], card [card], account [iban], from [ip]. "
        "In 2026 we sold 12,345 items, order 55-12."
    )


@pytest.mark.parametrize(
    "number",
    ["+49 30 1234567", "+1 (555) 010-9999", "+493012345678", "020 7946 0958", "0049 30 1234 56", "030/12 34 56"],
)
def test_telephone_numbers_go(number: str) -> None:
    assert personal(f"Call {number}, please.") == "Call [phone], please."


@pytest.mark.parametrize(
    "text", ["2026-07-18", "2026-07-18 14:30", "18.07.2026", "7/18/2026", "1.2.3", "12,345,678", "5+3"]
)
def test_dates_and_numbers_stay(text: str) -> None:
    assert personal(f"On {text} it was so.") == f"On {text} it was so."


@pytest.mark.parametrize("kind", SHAPES)
@pytest.mark.parametrize("level", ["metadata", "redacted", "full"])
def test_what_looks_like_a_secret_is_replaced(path: Path, kind: str, level: str) -> None:
    secret = SHAPES[kind]
    odd = {**completion(f"You said {secret}, didn't you?"), "id": "chatcmpl-1"}
    with client(path, odd, 400, level=level) as asked:
        asked.ask(f"My secret is {secret}. Keep it.", system=f"({secret})", session=secret, tags={"key": secret})
        with pytest.raises(ringup.BadRequestError):
            asked.ask("x", stop=secret[:60], extra={"user": secret})
    kept = files(path)
    for part in _worth_hiding(secret):
        assert part.encode() not in kept
    assert b"***" in kept
    if level == "full":
        assert "Keep it." in ledger.conversation(path, 1)[1]["text"]


def _worth_hiding(secret: str) -> list[str]:
    return [
        word for word in ("hunter2hunter2", "0123456789abcdef", "MIIEpAIBAAKCAQEA7", secret[-16:]) if word in secret
    ][:1]


def test_known_keys_are_replaced_however_they_are_written(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known = 'pass"word/with+odd=chars'
    monkeypatch.setenv("MY_DATABASE_PASSWORD", known)
    forms = [known, quote(known, safe=""), base64.b64encode(known.encode()).decode().rstrip("="), CANARY]
    said = " and ".join(forms)
    call = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": f'{{"key": "{CANARY}"}}'}}
    with client(path, completion(said, tool_calls=[call]), level="full") as asked:
        asked.ask(
            [ringup.Text(said), ringup.Document(data=said.encode(), media_type="text/plain", name="a.txt")],
            wire="chat_completions",
        )
    kept = files(path)
    for form in forms:
        assert form.encode() not in kept


def test_ordinary_text_stays_as_it_is(path: Path) -> None:
    said = (
        "The key idea: a token=word, risk-free tasks, sk-8, Bearer of news; https://example.com/a?key=1&b=2 10:30@work."
    )
    with client(path, completion(said)) as asked:
        asked.ask(said)
    assert [turn["text"] for turn in ledger.conversation(path, 1)] == [said, said]
