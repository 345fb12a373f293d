"""What the real APIs refuse, refused here: keys, models, fields, ranges, lengths. Each in the vendor's words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from ringup import models, wires
from ringup.errors import BadRequestError
from ringup.http import HttpRequest
from ringup.messages import Request
from ringup.parameters import violations
from ringup.rules import Rules
from ringup.secret import Secret
from ringup.simulator import refusals
from ringup.simulator.tokens import prompt_tokens
from ringup.wires import anthropic_messages, chat_completions

__all__ = ["MAX_BODY", "check_key", "is_own_model", "key_of", "read", "rules_of"]

MAX_BODY = MappingProxyType({"anthropic_messages": 32 * 1024 * 1024, "chat_completions": 50 * 1024 * 1024})
"""The largest body in bytes. Anthropic documents its limit (32 MB); OpenAI's is that of its image requests (50 MB)."""

_FIELDS = {"anthropic_messages": anthropic_messages.FIELDS, "chat_completions": chat_completions.FIELDS}
_PREFIXES = {"anthropic_messages": ("sk-ant-", "sim-"), "chat_completions": ("sk-", "sim-")}
_VENDORS = {"anthropic_messages": "anthropic", "chat_completions": "openai"}


def key_of(headers: Mapping[str, str]) -> Secret | None:
    """The key of a request, from either header."""
    kind, _, key = headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer" or not key.strip():
        key = headers.get("x-api-key", "")
    return Secret(key.strip()) if key.strip() else None


def check_key(wire: str, key: Secret | None) -> None:
    """Raises the 401, 403 or 429 that a key gets.

    A good key begins as the vendor's do (sk-…, sk-ant-…) or with sim-. A key that contains one of these words stands
    for one that fails: "invalid", "expired" or "revoked" (401), "noaccess" (403), "noquota" (429, quota used up).
    """
    claude = wire == "anthropic_messages"
    if key is None:
        raise refusals.no_key(claude)
    if not _looks_right(wire, key) or _says(key, "invalid|expired|revoked"):
        raise refusals.bad_key(claude, _masked(key))
    if _says(key, "noaccess"):
        raise refusals.no_access(claude)
    if _says(key, "noquota"):
        raise refusals.no_quota(claude)


def _looks_right(wire: str, key: Secret) -> bool:
    other = "sk-ant-" if wire == "chat_completions" else "sk-or-"
    return key.reveal().startswith(_PREFIXES[wire]) and not key.reveal().startswith(other)


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
        raise refusals.no_model(wire == "anthropic_messages", model)
    return vendor, models.rules(vendor, model)


def read(wire: str, http: HttpRequest) -> tuple[Request, str, Rules, int]:
    """The request, its provider, the model's rules and the prompt's tokens. Raises the APIError that it deserves."""
    request = wires.find(wire).read_request(http)
    provider, rules = rules_of(wire, request.model)
    if provider != "sim":
        _check_fields(wire, request)
        for violation in violations(request, rules, provider, _limit_field(http.body)):
            raise BadRequestError(
                violation.message,
                status=400,
                type="invalid_request_error",
                param=violation.parameter,
                code=violation.code,
            )
    tokens = prompt_tokens(request, provider, rules.reasons)
    if rules.context_window is not None and tokens > rules.context_window:
        raise refusals.too_long(wire == "anthropic_messages", tokens, rules.context_window)
    return request, provider, rules, tokens


def _check_fields(wire: str, request: Request) -> None:
    unknown = next((field for field in request.extra if field not in _FIELDS[wire]), None)
    if unknown is None:
        return
    if wire == "anthropic_messages":
        message, code = f"{unknown}: Extra inputs are not permitted", None
    else:
        message, code = f"Unknown parameter: '{unknown}'.", "unknown_parameter"
    raise BadRequestError(message, status=400, type="invalid_request_error", param=unknown, code=code)


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
