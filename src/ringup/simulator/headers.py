"""The headers of an answer, in each vendor's format."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote_plus

from ringup.simulator.buckets import Level
from ringup.version import __version__

__all__ = ["MENDED", "SECRET", "SERVER", "go_duration", "mask", "mask_query", "vendor_headers"]

SERVER = f"ringup-simulator/{__version__}"
MENDED = "x-ringup-mended"
"""The header that says what was mended of a request (`ringup.simulator.conformance`)."""
ORGANIZATION = "org-simulator"
ORGANIZATION_ID = "00000000-0000-4000-8000-000000000000"
SECRET = frozenset({"authorization", "x-api-key", "x-goog-api-key", "api-key", "cookie", "proxy-authorization"})


def go_duration(seconds: float) -> str:
    """As Go writes a duration: 12ms, 1s, 6m0s, 1h2m3.5s."""
    milliseconds = round(seconds * 1000)
    if milliseconds < 1000:
        return f"{milliseconds}ms" if milliseconds else "0s"
    minutes, rest = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    text = f"{rest / 1000:g}s"
    if hours or minutes:
        text = f"{minutes}m{text}"
    return f"{hours}h{text}" if hours else text


def vendor_headers(
    vendor: str, request_id: str, levels: Mapping[str, Level] | None, took: float, now: float
) -> dict[str, str]:
    """The headers of every answer: who answered, the request's id, what is left of the rate limits.

    `took` is in seconds, `now` the time since the epoch. Without `levels` (a bad key) no limits are told.
    """
    headers = {"server": SERVER}
    if vendor == "gemini":
        timing = {"server-timing": f"gfet4t7; dur={round(took * 1000)}", "x-content-type-options": "nosniff"}
        return headers | timing | {"vary": "Origin, X-Origin, Referer"}
    if vendor == "anthropic":
        headers |= {"request-id": request_id, "anthropic-organization-id": ORGANIZATION_ID}
        for name, level in (levels or {}).items():
            reset = datetime.fromtimestamp(now, UTC) + timedelta(seconds=level.reset)
            headers[f"anthropic-ratelimit-{name}-limit"] = str(level.limit)
            headers[f"anthropic-ratelimit-{name}-remaining"] = str(level.remaining)
            headers[f"anthropic-ratelimit-{name}-reset"] = reset.strftime("%Y-%m-%dT%H:%M:%SZ")
        return headers
    headers |= {
        "x-request-id": request_id,
        "openai-organization": ORGANIZATION,
        "openai-processing-ms": str(round(took * 1000)),
        "openai-version": "2020-10-01",
    }
    for name in ("requests", "tokens"):
        if levels is not None:
            headers[f"x-ratelimit-limit-{name}"] = str(levels[name].limit)
            headers[f"x-ratelimit-remaining-{name}"] = str(levels[name].remaining)
            headers[f"x-ratelimit-reset-{name}"] = go_duration(levels[name].reset)
    return headers


def mask(name: str, value: str) -> str:
    """A header's value as it may be shown: of a key, the last 4 characters, and those only of a long one."""
    if name not in SECRET:
        return value
    kind, space, key = value.partition(" ") if name == "authorization" else ("", "", value)
    if name == "authorization" and not space:  # no kind: all of it is the key
        kind, key = "", value
    return f"{kind}{space}***{key[-4:] if len(key) >= 16 else ''}"


def mask_query(query: str) -> str:
    """A query as it may be shown: of a key in it (Google's `key=`), the last 4 characters at most."""
    parts = [part.partition("=") for part in query.split("&")]
    return "&".join([f"{name}{equals}{mask(_KEY, value) if _is_key(name) else value}" for name, equals, value in parts])


_KEY = "x-goog-api-key"


def _is_key(name: str) -> bool:
    return unquote_plus(name) == "key"
