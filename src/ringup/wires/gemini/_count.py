"""How many tokens a request would have: `POST /v1beta/models/...:countTokens`. Facts: ai.google.dev/api/tokens, where a
whole request, with system, tools and settings, goes in as `generateContentRequest` and names its model again.
"""

from __future__ import annotations

from urllib.parse import unquote

from msgspec.structs import replace

from ringup.http import HttpRequest
from ringup.wire_tools import decode, encode, read_total

__all__ = ["read_count", "write_count"]


def write_count(http: HttpRequest) -> HttpRequest:
    """The request that counts what a written one holds."""
    where, _, _ = http.path.rpartition(":")
    model = unquote(where).partition("/v1beta/")[2]
    body = encode({"generateContentRequest": {"model": model, **decode(http.body)}})
    return replace(http, path=where + ":countTokens", query={}, body=body)


def read_count(body: bytes) -> int:
    """The number in the answer. Raises ProtocolError when there is none."""
    return read_total(body, "totalTokens")
