"""Advice: every class of error says whether a retry can help, and what to do."""

from __future__ import annotations

from typing import Any

import pytest

from ringup import errors, providers
from ringup.advice import advise
from ringup.errors import APIError, APITimeoutError, status_error
from ringup.providers import Provider
from ringup.reply import Notice
from ringup.secret import Auth, Secret

OPENAI, ANTHROPIC, SIM = (providers.find(name) for name in ("openai", "anthropic", "sim"))
LOCAL = Provider(name="ollama", base_url="http://localhost:11434/v1", key_optional=True)
GOOGLE = providers.find("gemini")
CUSTOM = Provider(name="custom", base_url="https://llm.example.test/v1")


KEY = Auth(Secret("sk"), source="in OPENAI_API_KEY")


def failed(status: int, **details: Any) -> APIError:
    return status_error(status)("it failed", status=status, **details)


def late(phase: str, **details: Any) -> APIError:
    return APITimeoutError("it was late", phase=phase, **details)


SAYS: list[tuple[APIError, Provider | None, str, list[str]]] = [
    (failed(400, param="messages[0].role"), OPENAI, "gpt-4o", ["A retry can't help", "mend messages[0].role"]),
    (failed(400), OPENAI, "gpt-4o", ["mend what the message names"]),
    (failed(400, param="stop", code="unsupported_parameter"), OPENAI, "o3", ["leave stop out", "o3"]),
    (failed(422, param="top_p"), CUSTOM, "m", ["A retry can't help", "mend top_p"]),
    (
        failed(401),
        OPENAI,
        "gpt-4o",
        ["A retry can't help", "OPENAI_API_KEY", "`ringup keys check`", "https://platform.openai.com/api-keys"],
    ),
    (failed(401), ANTHROPIC, "claude-opus-5", ["https://platform.claude.com/settings/keys"]),
    (failed(401, code="ip_not_authorized"), OPENAI, "gpt-4o", ["address isn't allowed"]),
    (failed(401, code="invalid_organization"), OPENAI, "gpt-4o", ["OPENAI_ORG_ID"]),
    (failed(402), ANTHROPIC, "m", ["A retry can't help", "no credit", "https://platform.claude.com/settings/billing"]),
    (failed(403), OPENAI, "gpt-4o", ["A retry can't help", "may not do this", "api-keys"]),
    (failed(403, code="unsupported_country_region_territory"), OPENAI, "gpt-4o", ["country"]),
    (failed(404), OPENAI, "gpt4o-mini", ["A retry can't help", "'gpt4o-mini'", "did you mean gpt-4o-mini"]),
    (failed(404), ANTHROPIC, "claude-haiku-45", ["did you mean claude-haiku-4-5"]),
    (failed(404), ANTHROPIC, "zzz", ["`ringup models`", "base_url"]),
    (failed(404), OPENAI, "gpt-4o", ["may be retired", "the key may not see it"]),
    (failed(404), CUSTOM, "gpt4o-mini", ["check the model's name", "`ringup models`"]),
    (failed(404), OPENAI, "", ["A retry can't help: check the server's address; and some servers have no list"]),
    (failed(408), OPENAI, "gpt-4o", ["A retry may help", "in a few seconds"]),
    (failed(409, retry_after=3.0), OPENAI, "gpt-4o", ["A retry may help", "in 3 s"]),
    (failed(413), OPENAI, "gpt-4o", ["A retry can't help", "send less"]),
    (
        errors.ContextLengthError("long", status=400),
        OPENAI,
        "gpt-4o",
        ["A retry can't help", "128,000 tokens", "max_tokens"],
    ),
    (errors.ContextLengthError("long", status=400), CUSTOM, "m", ["the model's window. ", "larger window"]),
    (failed(429, retry_after=12.4), OPENAI, "gpt-4o", ["A retry helps after a wait", "in 12 s", "/limits"]),
    (failed(429, retry_after=0.2), OPENAI, "gpt-4o", ["in 1 s"]),
    (failed(429, retry_after=600), OPENAI, "gpt-4o", ["in 10 minutes"]),
    (failed(429, retry_after=86400), OPENAI, "gpt-4o", ["in 24 hours"]),
    (failed(429), OPENAI, "gpt-4o", ["later each time", "Send fewer requests at once"]),
    (
        errors.QuotaExceededError("spent", status=429),
        OPENAI,
        "gpt-4o",
        ["Neither waiting nor a retry helps", "organization/billing", "organization/limits"],
    ),
    (errors.QuotaExceededError("spent", status=429), CUSTOM, "m", ["Add credit, or raise the limit."]),
    (
        failed(500, request_id="req_7"),
        OPENAI,
        "gpt-4o",
        ["the provider's", "a retry may help", "https://status.openai.com", "quote req_7"],
    ),
    (failed(502), CUSTOM, "m", ["a retry may help: call again in a minute."]),
    (failed(503, retry_after=5), ANTHROPIC, "m", ["a retry may help", "in 5 s", "https://status.claude.com"]),
    (failed(504), OPENAI, "gpt-4o", ["a retry may help", "streamed"]),
    (failed(529), ANTHROPIC, "m", ["A retry helps once", "in a minute", "another model", "status.claude.com"]),
    (failed(307), OPENAI, "gpt-4o", ["A retry can't help", "base_url"]),
    (failed(418), OPENAI, "gpt-4o", ["A retry can't help", "mend what the message names"]),
    (failed(418, retryable=True), OPENAI, "gpt-4o", ["may work later"]),
    (late("connect"), OPENAI, "gpt-4o", ["A retry may help", "HTTPS_PROXY", "base_url"]),
    (late("connect"), LOCAL, "llama3.3", ["once the server runs", "http://localhost:11434/v1"]),
    (late("first_token"), OPENAI, "gpt-5", ["A retry may help", "Raise `idle_timeout`"]),
    (late("first_token", retryable=False), OPENAI, "gpt-5", ["Raise `timeout`"]),
    (late("stream"), OPENAI, "gpt-5", [".partial", "Raise `idle_timeout`"]),
    (late("stream", retryable=False), OPENAI, "gpt-5", [".partial", "Raise `timeout`"]),
    (late("retry_wait", retryable=False), OPENAI, "gpt-5", ["no time left", "raise `timeout`."]),
    (late("retry_wait", retryable=False, retry_after=30), OPENAI, "gpt-5", ["or come back in 30 s"]),
    (errors.APIConnectionError("refused"), OPENAI, "gpt-4o", ["A retry may help", "Check the network"]),
    (errors.APIConnectionError("refused"), SIM, "echo", ["`ringup simulate`"]),
    (errors.StreamTruncatedError("cut"), OPENAI, "gpt-4o", ["not complete", ".partial", "A retry may help"]),
    (errors.ProtocolError("html"), OPENAI, "gpt-4o", ["A retry seldom helps", "Check base_url"]),
    (APIError("odd", retryable=True), OPENAI, "gpt-4o", ["may work"]),
    (APIError("odd"), None, "gpt-4o", ["would fail again"]),
]


@pytest.mark.parametrize(("error", "provider", "model", "says"), SAYS)
def test_advice(error: APIError, provider: Provider | None, model: str, says: list[str]) -> None:
    advice = advise(error, provider, model, KEY)
    for words in says:
        assert words in advice
    error.advice = advice
    assert str(error).startswith(f"{error.message}. {advice[:20]}")


@pytest.mark.parametrize(
    ("auth", "words"),
    [
        (
            Auth(Secret("sk"), source="that `ringup keys set` stored"),
            "the key that `ringup keys set` stored was refused.",
        ),
        (Auth(Secret("sk")), "the key (api_key=...) was refused. Check it."),
        (None, "A retry can't help, for no key was sent: pass one as api_key="),
    ],
)
def test_which_key_was_refused(auth: Auth | None, words: str) -> None:
    assert words in advise(failed(401), CUSTOM, "m", auth)


def test_a_server_that_forbids_was_perhaps_given_no_key() -> None:
    kept = Notice("refused", "api_key", "the key in X isn't sent to y")
    assert advise(failed(403), OPENAI, "m", None, [kept]).endswith(
        "perhaps for no key was sent: the key in X isn't sent to y."
    )


def every(kind: type[APIError]) -> list[type[APIError]]:
    return [kind, *[further for below in kind.__subclasses__() for further in every(below)]]


@pytest.mark.parametrize("kind", every(APIError), ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("provider", [OPENAI, CUSTOM, None], ids=["openai", "custom", "nobody"])
def test_every_class_has_advice_of_its_own(kind: type[APIError], provider: Provider | None) -> None:
    details: dict[str, Any] = {"phase": "stream"} if issubclass(kind, APITimeoutError) else {}
    details |= {"reason": "invalid"} if issubclass(kind, errors.OutputError) else {}
    advice = advise(kind("it failed", **details), provider, "gpt-4o")
    assert advice[0].isupper()
    assert advice.count(". ") <= 2
    assert "None" not in advice
    assert "  " not in advice
    if kind is not APIError:
        assert advice != advise(APIError("it failed", retryable=kind.retryable), provider, "gpt-4o")


@pytest.mark.parametrize("kind", every(errors.APIStatusError), ids=lambda kind: kind.__name__)
def test_advice_agrees_with_what_is_retried(kind: type[APIError]) -> None:
    advice = advise(kind("it failed", status=400), OPENAI, "gpt-4o")
    assert ("can't help" in advice or "nor a retry helps" in advice) is not kind.retryable
