"""The lists of models, in each vendor's shape: GET /v1/models and /v1/models/{id}; Google's under /v1beta."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from ringup import models
from ringup.errors import BadRequestError
from ringup.rules import Rules
from ringup.simulator import embed, embed_gemini, refusals
from ringup.simulator.shelf import whole

__all__ = ["anthropic_list", "anthropic_model", "gemini_list", "gemini_model", "openai_list", "openai_model"]

_UNDATED = datetime(2026, 1, 1, tzinfo=UTC)
_EFFORTS = ("low", "medium", "high", "xhigh", "max")
_THINKING = ("adaptive", "enabled", "disabled", "between_tools")
_STRATEGIES = ("clear_thinking_20251015", "clear_tool_uses_20250919", "compact_20260112")


def _date(name: str) -> datetime:
    """The day in a snapshot's name; a fixed one for names without."""
    found = re.search(r"(20\d\d)-?(\d\d)-?(\d\d)$", name)
    return datetime(int(found[1]), int(found[2]), int(found[3]), tzinfo=UTC) if found else _UNDATED


def openai_model(name: str) -> dict[str, Any]:
    """One model. Raises NotFoundError."""
    if not models.is_known("openai", name) and name not in embed.MODELS:
        raise refusals.no_model("openai", name)
    created = int(_date(models.snapshot("openai", name)).timestamp())
    return {"id": name, "object": "model", "created": created, "owned_by": "openai"}


def openai_list() -> dict[str, Any]:
    """All models, aliases and snapshots."""
    names = [*embed.MODELS]
    names += [name for alias, _ in models.known("openai") for name in (alias, models.snapshot("openai", alias))]
    return {"object": "list", "data": [openai_model(name) for name in dict.fromkeys(names)]}


def anthropic_model(name: str) -> dict[str, Any]:
    """One model. Raises NotFoundError."""
    if not models.is_known("anthropic", name):
        raise refusals.no_model("anthropic", name)
    snapshot, rules = models.snapshot("anthropic", name), models.rules("anthropic", name)
    line = re.search(r"opus|sonnet|haiku|fable|mythos", name)
    return {
        "type": "model",
        "id": snapshot,
        "display_name": _display(snapshot),
        "created_at": _date(snapshot).isoformat().replace("+00:00", "Z"),
        "lifecycle": "active",
        "line": line[0] if line else None,
        "max_input_tokens": rules.context_window,
        "max_tokens": rules.max_output_tokens,
        "deprecated_at": None,
        "retires_at": None,
        "capabilities": _capabilities(rules),
    }


def _display(name: str) -> str:
    """claude-haiku-4-5-20251001 is shown as "Claude Haiku 4.5"."""
    words = re.sub(r"-20\d{6}$", "", name)
    words = re.sub(r"(?<=\d)-(?=\d)", ".", words).replace("-", " ")
    return words.title()


def _supported(yes: bool) -> dict[str, bool]:
    return {"supported": yes}


def _capabilities(rules: Rules) -> dict[str, Any]:
    return {
        "batch": _supported(True),
        "citations": _supported("pdf" in rules.inputs),
        "code_execution": _supported(True),
        "context_management": {"supported": True, **{name: _supported(True) for name in _STRATEGIES}},
        "image_input": _supported("image" in rules.inputs),
        "pdf_input": _supported("pdf" in rules.inputs),
        "server_tools": {"supported": False, "code_execution": _supported(False), "web_search": _supported(False)},
        "structured_outputs": _supported(True),
        "thinking": {
            "supported": bool(rules.thinking - {"disabled"}),
            "types": {kind: _supported(kind in rules.thinking) for kind in _THINKING},
        },
        "effort": {
            "supported": bool(rules.efforts),
            **{effort: _supported(effort in rules.efforts) for effort in _EFFORTS},
        },
    }


def anthropic_list(query: Mapping[str, str]) -> dict[str, Any]:
    """A page of models, the newest first: `limit` (20), `after_id`, `before_id`. Raises BadRequestError."""
    given = query.get("limit", "20")
    if not whole(given, 1, 1000):
        raise BadRequestError("limit: Input should be between 1 and 1000", status=400, type="invalid_request_error")
    names = list(dict.fromkeys(models.snapshot("anthropic", alias) for alias, _ in models.known("anthropic")))[::-1]
    start, end = 0, len(names)
    if (after := query.get("after_id")) in names:
        start = names.index(str(after)) + 1
    if (before := query.get("before_id")) in names:
        end = names.index(str(before))
        start = max(end - int(given), 0)
    page = names[start : min(start + int(given), end)]
    return {
        "data": [anthropic_model(name) for name in page],
        "has_more": (start > 0) if before else (start + len(page) < len(names)),
        "first_id": page[0] if page else None,
        "last_id": page[-1] if page else None,
    }


_METHODS = ["generateContent", "streamGenerateContent", "countTokens"]


def gemini_model(name: str) -> dict[str, Any]:
    """One model. Raises NotFoundError."""
    if name in embed_gemini.MODELS:
        return _gemini_embedder(name)
    if not models.is_known("gemini", name):
        raise refusals.no_model("gemini", name)
    rules = models.rules("gemini", name)
    return {
        "name": f"models/{name}",
        "version": "001",
        "displayName": name.replace("-", " ").title(),
        "inputTokenLimit": rules.context_window,
        "outputTokenLimit": rules.max_output_tokens,
        "supportedGenerationMethods": _METHODS,
        "temperature": 1,
        "topP": 0.95,
        "topK": 64,
        "maxTemperature": 2,
        **({"thinking": True} if rules.reasons else {}),
    }


def _gemini_embedder(name: str) -> dict[str, Any]:
    return {
        "name": f"models/{name}",
        "version": "001",
        "displayName": name.replace("-", " ").title(),
        "inputTokenLimit": embed_gemini.MODELS[name],
        "outputTokenLimit": 1,
        "supportedGenerationMethods": ["embedContent", "batchEmbedContents"],
    }


def gemini_list(query: Mapping[str, str]) -> dict[str, Any]:
    """A page of models: `pageSize` (50), `pageToken`. Raises BadRequestError."""
    size, token = query.get("pageSize", "50"), query.get("pageToken", "0")
    if not whole(size, 1, 10**9) or not whole(token, 0, 10**9):
        raise refusals.of_kind("gemini", "bad_request")
    names = [*(name for name, _ in models.known("gemini")), *embed_gemini.MODELS]
    end = int(token) + min(int(size), 1000)
    page: dict[str, Any] = {"models": [gemini_model(name) for name in names[int(token) : end]]}
    return page | ({"nextPageToken": str(end)} if end < len(names) else {})
