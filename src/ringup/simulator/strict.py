"""What the real APIs refuse, refused here: keys, models, fields, ranges, lengths. Each in the vendor's words."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import msgspec

from ringup import models, wires
from ringup.errors import BadRequestError
from ringup.http import HttpRequest
from ringup.judge import effort
from ringup.messages import Request
from ringup.parameters import violations
from ringup.rules import Rules
from ringup.secret import Secret
from ringup.simulator import chat_rules, gemini_rules, messages_rules, refusals, responses_rules, schema, strict_schemas
from ringup.tokens import prompt_tokens
from ringup.wires import anthropic_messages, chat_completions, gemini, responses

__all__ = ["MAX_BODY", "check_key", "is_own_model", "key_of", "read", "read_request", "rules_of", "vendor_of"]

MAX_BODY = MappingProxyType(
    {
        "anthropic_messages": 32 * 1024 * 1024,
        "chat_completions": 50 * 1024 * 1024,
        "responses": 50 * 1024 * 1024,
        "gemini": 100 * 1024 * 1024,
    }
)
"""The largest body in bytes. Anthropic and Google document theirs (32 MB, 100 MB); OpenAI's is that of its image
requests (50 MB)."""

_FIELDS = {
    "anthropic_messages": anthropic_messages.FIELDS,
    "chat_completions": chat_completions.FIELDS,
    "responses": responses.FIELDS,
}
_PREFIXES: dict[refusals.Vendor, tuple[str, ...]] = {
    "anthropic": ("sk-ant-", "sim-"),
    "openai": ("sk-", "sim-"),
    "gemini": ("AIza", "sim-"),
}
_VENDORS: dict[str, refusals.Vendor] = {
    "anthropic_messages": "anthropic",
    "chat_completions": "openai",
    "responses": "openai",
    "gemini": "gemini",
}


def vendor_of(wire: str) -> refusals.Vendor:
    """Whose API a wire is."""
    return _VENDORS[wire]


_KEY_HEADERS = ("x-api-key", "x-goog-api-key", "api-key")
"""Anthropic's, Google's and Azure's."""


def key_of(headers: Mapping[str, str], query: Mapping[str, str]) -> Secret | None:
    """The key of a request, from one of the vendors' headers, or from Google's `?key=`."""
    kind, _, key = headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer" or not key.strip():
        key = next((headers[name] for name in _KEY_HEADERS if headers.get(name)), query.get("key", ""))
    return Secret(key.strip()) if key.strip() else None


def check_key(wire: str, key: Secret | None) -> None:
    """Raises the 401, 403 or 429 that a key gets.

    A good key begins as the vendor's do (sk-…, sk-ant-…, AIza…) or with sim-. A key that contains one of these words
    stands for one that fails: "invalid", "expired" or "revoked" (401, Google's 400), "noaccess" (403), "noquota"
    (429, quota used up).
    """
    vendor = _VENDORS[wire]
    if key is None:
        raise refusals.no_key(vendor)
    if not _looks_right(vendor, key) or _says(key, "invalid|expired|revoked"):
        raise refusals.bad_key(vendor, _masked(key))
    if _says(key, "noaccess"):
        raise refusals.no_access(vendor)
    if _says(key, "noquota"):
        raise refusals.no_quota(vendor)


def _looks_right(vendor: refusals.Vendor, key: Secret) -> bool:
    other = "sk-ant-" if vendor == "openai" else "sk-or-"
    return key.reveal().startswith(_PREFIXES[vendor]) and not key.reveal().startswith(other)


def _says(key: Secret, words: str) -> bool:
    return re.search(words, key.reveal().lower()) is not None


def _masked(key: Secret) -> str:
    """As OpenAI shows a key: its beginning and its end, and nothing of a short one."""
    return f"{key.reveal()[:3]}***{key.tail}" if key.tail else "***"


def is_own_model(model: str) -> bool:
    """Whether an id is one of the simulator's own (sim, sim/…, sim-…), which have no vendor's rules."""
    return re.fullmatch(r"sim([/-].*)?", model) is not None


def rules_of(wire: str, model: str) -> tuple[str, Rules]:
    """The provider that a model of this wire belongs to, and its rules. Raises NotFoundError for an unknown one."""
    if is_own_model(model):
        return "sim", models.rules("sim", model)
    vendor = _VENDORS[wire]
    if not models.is_known(vendor, model):
        raise refusals.no_model(vendor, model)
    return vendor, models.rules(vendor, model)


def read(wire: str, http: HttpRequest) -> tuple[Request, str, Rules, int]:
    """The request, its provider, the model's rules and the prompt's tokens. Raises the APIError that it deserves."""
    body: Any = None if wire == "gemini" else schema.read_json(http.body, _VENDORS[wire])
    request = _read(wire, http, body)
    provider, rules = rules_of(wire, request.model)
    if provider == "gemini":
        gemini.check_names(http)
        if rules.signed_calls:
            _check_signatures(request)
    elif provider != "sim":
        if wire == "chat_completions":
            _check_api(request, rules)
        _check_fields(wire, body)
        strict_schemas.check(wire, body)
        for violation in violations(request, rules, provider, _limit_field(http.body)):
            raise BadRequestError(
                _renamed(wire, violation.message),
                status=400,
                type="invalid_request_error",
                param=_renamed(wire, violation.parameter) if violation.parameter else None,
                code=violation.code,
            )
    tokens = prompt_tokens(request, provider, rules.reasons)
    if rules.context_window is not None and tokens > rules.context_window:
        raise refusals.too_long(_VENDORS[wire], tokens, rules.context_window)
    return request, provider, rules, tokens


def read_request(wire: str, http: HttpRequest) -> Request:
    """The request as the vendor reads it: what the wire takes and the vendor doesn't is refused, but for the
    simulator's own models. Raises the APIError that it deserves.
    """
    return _read(wire, http, None if wire == "gemini" else schema.read_json(http.body, _VENDORS[wire]))


def _read(wire: str, http: HttpRequest, body: Any) -> Request:
    if wire == "gemini":
        if not is_own_model(gemini.model_of(http)):
            gemini_rules.check_request(gemini.tidy(http))
        return gemini.read_request(http)
    model = body.get("model") if isinstance(body, dict) else None
    if not (isinstance(model, str) and is_own_model(model)):
        _RULES[wire](http, body)
    return wires.find(wire).read_request(http)


def _check_message(http: HttpRequest, body: Any) -> None:
    version = messages_rules.check_version(http.headers.get("anthropic-version"))
    messages_rules.check_body(body, version, http.headers.get("anthropic-beta", ""))


_RULES: dict[str, Callable[[HttpRequest, Any], None]] = {
    "anthropic_messages": _check_message,
    "chat_completions": lambda _, body: chat_rules.check_request(body),
    "responses": lambda _, body: responses_rules.check_request(body),
}
"""What a vendor refuses whichever the model is."""


def _check_api(request: Request, rules: Rules) -> None:
    """Raises the 400 for what OpenAI answers on its Responses API only. The words: see `ringup.choice`."""
    if rules.responses == "tools" and request.tools and effort(request, rules) != "none":
        raise BadRequestError(
            f"Function tools with reasoning_effort are not supported for {request.model} in /v1/chat/completions. To "
            "use function tools, use /v1/responses or set reasoning_effort to 'none'.",
            status=400,
            type="invalid_request_error",
            param="reasoning_effort",
        )


def _check_signatures(request: Request) -> None:
    """Raises the 400 for calls since the user last spoke that came back without their signature.

    Source: ai.google.dev/gemini-api/docs, "Thought signatures".
    """
    last = max((at for at, message in enumerate(request.messages) if message.role == "user"), default=-1)
    for message in request.messages[last + 1 :]:
        calls = message.tool_calls
        if calls and not any("thoughtSignature" in call.extra.get("gemini", {}) for call in calls):
            raise BadRequestError(
                "Function call is missing a thought_signature in functionCall parts. This is required for tools to "
                f"work correctly. Additional data, function call `default_api:{calls[0].name}`.",
                status=400,
                type="INVALID_ARGUMENT",
            )


def _check_fields(wire: str, body: dict[str, Any]) -> None:
    unknown = next((field for field in body if field not in _FIELDS[wire]), None)
    if unknown is None:
        if check := _SCHEMAS.get(wire):
            check(body)
        return
    if wire == "anthropic_messages":
        message, code = f"{unknown}: Extra inputs are not permitted", None
    else:
        message, code = f"Unknown parameter: '{unknown}'.", "unknown_parameter"
    raise BadRequestError(message, status=400, type="invalid_request_error", param=unknown, code=code)


_SCHEMAS = {"anthropic_messages": schema.check_anthropic, "chat_completions": schema.check_openai}
_IN_RESPONSES = {
    "messages": "input",
    "max_completion_tokens": "max_output_tokens",
    "max_tokens": "max_output_tokens",
    "reasoning_effort": "reasoning.effort",
}
"""What the Responses API calls otherwise."""


def _renamed(wire: str, words: str) -> str:
    for name, other in _IN_RESPONSES.items() if wire == "responses" else ():
        words = words.replace(name, other)
    return words


class _Limits(msgspec.Struct):
    max_tokens: msgspec.Raw = msgspec.Raw()
    max_completion_tokens: msgspec.Raw = msgspec.Raw()


def _limit_field(body: bytes) -> str | None:
    """The name under which the client sent the answer's limit."""
    try:
        limits = msgspec.json.decode(body, type=_Limits)
    except (msgspec.DecodeError, ValueError):
        return None
    if bytes(limits.max_completion_tokens) not in (b"", b"null"):
        return "max_completion_tokens"
    return "max_tokens" if bytes(limits.max_tokens) not in (b"", b"null") else None
