"""Keys and addresses: where they are found, what is refused, what is said, and that no key ever shows."""

from __future__ import annotations

import os
import pickle
import sys
import traceback
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringup import providers
from ringup.errors import ConfigurationError, KeyFormatError, MissingKeyError, ParameterError, RingupError
from ringup.keys import find_base_url, find_key
from ringup.providers import Provider
from ringup.secret import Secret


def known(name: str) -> Provider:
    provider = providers.find(name)
    assert provider
    return provider


OPENAI, ANTHROPIC, SIM = known("openai"), known("anthropic"), known("sim")
CUSTOM = Provider(name="custom", base_url="https://llm.example/v1", key_optional=True)
FREE = Provider(name="free", base_url="https://free.example", key_env=("FREE_API_KEY", "FREE_TOKEN"))
KEY = "sk-proj-0123456789abcdefghijklmnop"


def revealed(found: tuple[Secret | None, object]) -> str | None:
    return found[0].reveal() if found[0] else None


# ── Keys ──


def test_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    assert revealed(find_key(OPENAI, None)) == KEY
    assert find_key(OPENAI, None)[1] == ()


def test_the_one_passed_in_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    assert revealed(find_key(OPENAI, "sk-other")) == "sk-other"
    assert revealed(find_key(OPENAI, Secret("sk-other"))) == "sk-other"


def test_the_first_variable_that_is_not_empty_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FREE_API_KEY", "")
    monkeypatch.setenv("FREE_TOKEN", "token")
    assert revealed(find_key(FREE, None)) == "token"
    monkeypatch.setenv("FREE_API_KEY", "key")
    assert revealed(find_key(FREE, None)) == "key"


def test_a_server_that_needs_no_key_gets_none() -> None:
    assert find_key(SIM, None) == (None, ())
    assert find_key(CUSTOM, None) == (None, ())
    assert revealed(find_key(CUSTOM, "anything")) == "anything"


@pytest.mark.parametrize("value", [None, ""])
def test_a_missing_key_says_what_to_do(monkeypatch: pytest.MonkeyPatch, value: str | None) -> None:
    if value is not None:
        monkeypatch.setenv("OPENAI_API_KEY", value)
    with pytest.raises(MissingKeyError) as caught:
        find_key(OPENAI, None)
    text = str(caught.value)
    assert ("is empty" if value is not None else "isn't set") in text
    for part in ("OPENAI_API_KEY", OPENAI.keys_page, "api_key=", "sim/small", "simulator"):
        assert part in text


@pytest.mark.parametrize(
    ("platform", "shell", "command"),
    [
        ("linux", "/bin/bash", "export OPENAI_API_KEY='your-key' (a line in ~/.bashrc keeps it)"),
        ("darwin", "/bin/zsh", "export OPENAI_API_KEY='your-key' (a line in ~/.zshrc keeps it)"),
        ("linux", "/usr/bin/fish", "set -Ux OPENAI_API_KEY your-key"),
        ("freebsd", "/bin/tcsh", "setenv OPENAI_API_KEY your-key (a line in ~/.cshrc keeps it)"),
        ("linux", "", "export OPENAI_API_KEY='your-key'"),
        ("win32", "", '$env:OPENAI_API_KEY = "your-key" in PowerShell, set OPENAI_API_KEY=your-key in cmd'),
    ],
)
def test_how_to_set_it_on_this_system(monkeypatch: pytest.MonkeyPatch, platform: str, shell: str, command: str) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setenv("SHELL", shell)
    with pytest.raises(MissingKeyError) as caught:
        find_key(OPENAI, None)
    assert command in caught.value.advice


@pytest.mark.parametrize(
    ("key", "wrong"),
    [
        ("", "empty"),
        ("   ", "empty"),
        (f" {KEY}", "spaces"),
        (f"{KEY}\t", "spaces"),
        (f'"{KEY}"', "quotes"),
        (f"'{KEY}", "quotes"),
        (f"“{KEY}”", "quotes"),
        (f"{KEY}\n", "line break"),
        (f"{KEY[:9]}\r\n{KEY[9:]}", "line break"),
        (f"{KEY[:9]} {KEY[9:]}", "a space"),
        (f"{KEY}\x00", "control character"),
        (f"{KEY}\x7f", "control character"),
        (f"{KEY}\u200b", "ASCII"),
        (KEY.replace("s", "ѕ"), "ASCII"),
        (f"Bearer {KEY}", "Bearer"),
        ("$OPENAI_API_KEY", "placeholder"),
        ("${OPENAI_API_KEY}", "placeholder"),
        ("%OPENAI_API_KEY%", "placeholder"),
        ("<your key>", "a space"),
        ("<your-key>", "placeholder"),
        ("sk-...", "placeholder"),
        ("YOUR_API_KEY", "placeholder"),
        ("your-key", "placeholder"),
    ],
)
def test_a_key_that_can_not_be_right(monkeypatch: pytest.MonkeyPatch, key: str, wrong: str) -> None:
    with pytest.raises(KeyFormatError, match=wrong) as passed:
        find_key(OPENAI, key)
    assert "api_key=" in passed.value.message
    if key and "\x00" not in key:
        monkeypatch.setenv("OPENAI_API_KEY", key)
        with pytest.raises(KeyFormatError, match=wrong) as found:
            find_key(OPENAI, None)
        assert "the variable OPENAI_API_KEY" in found.value.message


@pytest.mark.parametrize(
    ("provider", "key", "owner"),
    [
        (OPENAI, "sk-ant-api03-0123456789", "anthropic"),
        (ANTHROPIC, "sk-proj-0123456789", "openai"),
        (FREE, "sk-ant-api03-0123456789", "anthropic"),
    ],
)
def test_another_vendors_key(provider: Provider, key: str, owner: str) -> None:
    with pytest.raises(KeyFormatError, match=f"a key of {owner}") as caught:
        find_key(provider, key)
    assert known(owner).key_env[0] in caught.value.advice


@pytest.mark.parametrize(
    ("provider", "key"),
    [
        (OPENAI, "sk-proj-0123456789"),
        (OPENAI, "something-else"),
        (ANTHROPIC, "sk-ant-api03-0123456789"),
        (FREE, "sk-0123456789"),  # many vendors' keys begin like OpenAI's
        (CUSTOM, "sk-ant-api03-0123456789"),
    ],
)
def test_keys_that_may_be_right(provider: Provider, key: str) -> None:
    assert revealed(find_key(provider, key)) == key


def test_another_vendors_key_may_go_to_a_server_of_ones_own() -> None:
    assert revealed(find_key(OPENAI, "sk-ant-api03-0123456789", "https://proxy.example/v1")) is not None


# ── Addresses ──


def test_the_providers_own_address() -> None:
    assert find_base_url(OPENAI, None) == ("https://api.openai.com/v1", None)
    assert find_base_url(ANTHROPIC, None) == ("https://api.anthropic.com", None)


def test_an_address_passed_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "https://env.example/v1")
    assert find_base_url(OPENAI, "HTTPS://Other.example:8443/v1/") == ("https://Other.example:8443/v1", None)


def test_an_address_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "https://env.example/v1/")
    url, notice = find_base_url(OPENAI, None)
    assert url == "https://env.example/v1"
    assert notice
    assert notice.kind == "sent"
    assert "OPENAI_BASE_URL" in notice.message
    monkeypatch.setenv("OPENAI_BASE_URL", "")
    assert find_base_url(OPENAI, None) == ("https://api.openai.com/v1", None)
    monkeypatch.setenv("OPENAI_BASE_URL", "https://api.openai.com/v1/")
    assert find_base_url(OPENAI, None) == ("https://api.openai.com/v1", None)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "api.openai.com/v1",
        "ftp://api.openai.com",
        "https://",
        "https:///v1",
        "https://host:port/v1",
        "https://host:99999/v1",
        "https://host:0/v1",
        "https://[::1/v1",
        " https://api.openai.com/v1",
        "https://api.openai.com/v1\n",
        "https://api.openai.com/v1?key=canary",
        "https://api.openai.com/v1#canary",
        "https://me:canary@api.openai.com/v1",
        "https://api.openai.com\\@evil.example/v1",
        "https://exämple.com/v1",
        12,
    ],
)
def test_an_address_that_can_not_be_called(monkeypatch: pytest.MonkeyPatch, url: Any) -> None:
    with pytest.raises(ParameterError) as caught:
        find_base_url(OPENAI, url)
    assert caught.value.parameter == "base_url"
    assert "canary" not in str(caught.value)
    if isinstance(url, str) and url:
        monkeypatch.setenv("OPENAI_BASE_URL", url)
        with pytest.raises(ParameterError, match="OPENAI_BASE_URL"):
            find_base_url(OPENAI, None)


# ── The origin rule ──


@pytest.mark.parametrize(
    "url", ["https://api.openai.com/v1", "https://API.openai.com:443/other", "https://api.openai.com"]
)
def test_the_environments_key_goes_to_the_providers_own_origin(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    assert revealed(find_key(OPENAI, None, url)) == KEY


@pytest.mark.parametrize(
    "url",
    [
        "http://api.openai.com/v1",
        "https://api.openai.com:8443/v1",
        "https://api.openai.com.evil.example/v1",
        "https://evil.example/api.openai.com/v1",
        "https://openai.com/v1",
        "https://api.anthropic.com",
        "http://127.0.0.1:8000/v1",
    ],
)
def test_the_environments_key_goes_nowhere_else(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("ANTHROPIC_BASE_URL", url)
    secret, (notice,) = find_key(OPENAI, None, url)
    assert secret is None
    assert notice.kind == "refused"
    assert "OPENAI_API_KEY" in notice.message
    assert "api_key=" in notice.message
    monkeypatch.delenv("OPENAI_API_KEY")
    assert find_key(OPENAI, None, url) == (None, ())


def test_a_key_passed_in_goes_where_the_user_sends_it() -> None:
    assert revealed(find_key(OPENAI, KEY, "https://other.example/v1")) == KEY
    assert revealed(find_key(OPENAI, KEY, "http://127.0.0.1:8000/v1")) == KEY


def test_a_key_and_an_address_from_the_same_vendors_variables_are_a_pair(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "https://proxy.example/v1")
    url, _ = find_base_url(OPENAI, None)
    assert find_key(OPENAI, None, url) == (None, ())
    monkeypatch.setenv("OPENAI_API_KEY", "sk-ant-as-the-proxy-likes-it")
    secret, (notice,) = find_key(OPENAI, None, url)
    assert secret == Secret("sk-ant-as-the-proxy-likes-it")
    assert notice.kind == "sent"
    assert "OPENAI_BASE_URL" in notice.message
    assert "OPENAI_API_KEY" in notice.message
    assert find_key(OPENAI, None, "https://elsewhere.example/v1")[0] is None


@pytest.mark.parametrize(
    "url",
    [
        "http://llm.example/v1",
        "http://8.8.8.8/v1",
        "http://134744072/v1",
        "http://0x8080808/v1",
        "http://api.openai.com",
    ],
)
def test_no_key_travels_unencrypted_over_the_internet(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    with pytest.raises(ConfigurationError, match="unencrypted") as caught:
        find_key(OPENAI, KEY, url)
    assert "https://" in caught.value.advice
    monkeypatch.setenv("OPENAI_BASE_URL", url)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with pytest.raises(ConfigurationError, match="unencrypted"):
        find_key(OPENAI, None, url)
    monkeypatch.delenv("OPENAI_API_KEY")
    assert find_key(OPENAI, None, url) == (None, ())


@pytest.mark.parametrize("host", ["192.168.1.5:8000", "10.0.0.1", "[fd00::1]:8000", "vllm:8000", "gpu.local", "a.lan"])
def test_private_networks_may_have_plain_http_with_a_notice(host: str) -> None:
    secret, (notice,) = find_key(OPENAI, KEY, f"http://{host}/v1")
    assert secret
    assert "unencrypted" in notice.message
    own = Provider(name="custom", base_url=f"http://{host}/v1", key_optional=True)
    assert len(find_key(own, KEY, own.base_url)[1]) == 1


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost:11434", "[::1]:1234"])
def test_this_machine_may_have_plain_http(host: str) -> None:
    assert find_key(OPENAI, KEY, f"http://{host}/v1") == (Secret(KEY), ())


# ── No key ever shows ──

CANARY = "sk-canary-8f1e5a"


def ours(error: BaseException) -> str:
    """The error as text, and every local of every frame inside ringup, through all that lies behind it."""
    shown = ""
    seen: BaseException | None = error
    while seen:
        for frame in traceback.TracebackException.from_exception(seen, capture_locals=True).stack:
            if f"{os.sep}ringup{os.sep}" in frame.filename and f"{os.sep}tests{os.sep}" not in frame.filename:
                shown += f"{frame.filename}:{frame.lineno} {frame.locals}\n"
        shown += f"{seen!r} {seen} {seen.__dict__}\n"
        seen = seen.__cause__ or seen.__context__
    return shown


FAILURES: dict[str, Callable[[], object]] = {
    "quotes": lambda: find_key(OPENAI, f'"{CANARY}"'),
    "break": lambda: find_key(OPENAI, f"{CANARY}\n"),
    "ascii": lambda: find_key(OPENAI, f"{CANARY}é"),
    "control": lambda: find_key(OPENAI, f"{CANARY}\x01"),
    "space": lambda: find_key(OPENAI, f"{CANARY} {CANARY}"),
    "bearer": lambda: find_key(OPENAI, f"Bearer {CANARY}"),
    "vendor": lambda: find_key(ANTHROPIC, CANARY),
    "secret": lambda: find_key(ANTHROPIC, Secret(CANARY)),
    "bytes": lambda: find_key(OPENAI, CANARY.encode()),  # type: ignore[arg-type]
    "list": lambda: find_key(OPENAI, [CANARY]),  # type: ignore[arg-type]
    "plain": lambda: find_key(OPENAI, CANARY, "http://llm.example"),
    "url": lambda: find_base_url(OPENAI, f"https://me:{CANARY}@llm.example"),
}


@pytest.mark.parametrize("name", FAILURES)
def test_no_error_shows_a_key(name: str) -> None:
    with pytest.raises(RingupError) as caught:
        FAILURES[name]()
    shown = ours(caught.value)
    assert "keys.py" in shown
    if name == "url":  # an address is no secret; but what is said of it leaves the password out
        shown = str(caught.value)
    assert CANARY not in shown
    assert CANARY not in pickle.dumps(caught.value).decode("latin-1")


@pytest.mark.parametrize("value", [f'"{CANARY}"', f" {CANARY}", f"{CANARY}\n", "sk-ant-" + CANARY])
def test_no_error_shows_a_key_from_the_environment(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", value)
    with pytest.raises(KeyFormatError) as caught:
        find_key(OPENAI, None)
    assert CANARY not in ours(caught.value)


@given(st.text(min_size=6))
def test_any_text_is_taken_as_it_is_or_refused_without_a_word_of_it(text: str) -> None:
    key = "§" + text  # a sign that none of our own words has
    for given_key in (key, text):
        secret, refusal = attempt(given_key)
        if secret:
            assert secret.reveal() == given_key
            assert given_key.isascii()
            assert given_key.isprintable()
            assert " " not in given_key
        assert "§" not in refusal


def attempt(key: str) -> tuple[Secret | None, str]:
    """The key as it is taken, or the words it is refused with."""
    try:
        return find_key(OPENAI, key)[0], ""
    except KeyFormatError as error:
        return None, str(error)
