"""What is written down at each level, and what never is."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path
from urllib.parse import quote

import pytest
from msgspec import Struct

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


def test_no_word_of_an_answer_that_is_none_is_kept_either(path: Path) -> None:
    with (
        client(path, f"Zebra {CANARY}", level="metadata") as asked,
        pytest.raises(ringup.ProtocolError, match="Zebra") as caught,
    ):
        asked.ask("Giraffe")
    assert CANARY not in str(caught.value)
    assert b"Zebra" not in files(path)
    said = "the server sent JSON that isn't an object instead of an answer"
    assert [row["error"] for name in ("calls", "attempts") for row in table(path, name)] == [said, said]


def test_where_words_are_kept_the_error_quotes_them(path: Path) -> None:
    with client(path, "Zebra", level="full") as asked, pytest.raises(ringup.ProtocolError):
        asked.ask("Giraffe")
    assert table(path, "calls")[0]["error"].endswith('instead of an answer: "Zebra"')


class Okapi(Struct):
    """The name of the type, and of its field, are the user's."""

    tapirs: int


def test_no_names_that_the_user_made_are_kept(path: Path) -> None:
    extra = {"metadata": {"Ibex": "x", "type": "Gnu"}, "web_search_options": {"search_context_size": "Lemur"}}
    with client(path, completion('{"tapirs": 1}'), level="metadata") as asked:
        asked.ask("Giraffe", output=Okapi, extra=extra)
    kept = files(path)
    for word in (b"tapirs", b"Okapi", b"Ibex", b"Gnu", b"Lemur"):
        assert word not in kept
    told = json.loads(table(path, "calls")[0]["parameters"])
    assert told["metadata"] == "(25 bytes)"
    assert told["web_search_options"] == {"search_context_size": "(5 bytes)"}
    assert told["response_format"]["json_schema"]["strict"] is True
    assert told["response_format"]["json_schema"]["schema"].endswith(" bytes)")


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


def test_a_hook_sees_names_too(path: Path) -> None:
    tool = ringup.Tool(name="f", parameters={"type": "object", "properties": {"Zebra": {}, "Okapi": {}}})
    hide = re.compile("Zebra|Okapi").sub
    with client(path, completion(), level="redacted", redact=lambda text: hide("(animal)", text)) as asked:
        asked.ask("Hello", tools=[tool], max_tokens=7, extra={"metadata": {"Zebra": "a", "Okapi": "b"}})
    for word in (b"Zebra", b"Okapi"):
        assert word not in files(path)
    [row], named = table(path, "calls"), {"(animal)": "a", "(animal) (2)": "b"}
    assert json.loads(row["parameters"])["metadata"] == named
    assert json.loads(row["request"]) == {"max_tokens": 7, "extra": {"metadata": named}}
    [kept] = json.loads(table(path, "blobs")[0]["data"])
    assert list(kept["parameters"]["properties"]) == ["(animal)", "(animal) (2)"]


def test_the_fields_of_ringup_keep_their_names_whatever_a_hook_does(path: Path) -> None:
    picture = ringup.Image(data=b"Picture", media_type="image/png")
    with client(path, completion(), level="redacted", redact=lambda _: "[x]") as asked:
        asked.ask([ringup.Text("Giraffe"), picture], max_tokens=7)
    assert json.loads(table(path, "calls")[0]["request"]) == {"max_tokens": 7}
    asked_for = json.loads(table(path, "turns")[0]["parts"])["parts"]
    assert asked_for == [
        {"type": "[x]", "text": "[x]"},
        {"type": "[x]", "data": {"$left_out": 7}, "media_type": "[x]"},
    ]


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
