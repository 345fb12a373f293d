"""How many tokens a response would read: `POST /v1/responses/input_tokens`. Facts: openai-python 3.54
(types/responses/input_token_count_params.py), whose fields are those of a response that say something of the prompt.
"""

from __future__ import annotations

from msgspec.structs import replace

from ringup.http import HttpRequest
from ringup.wire_tools import decode, encode, read_total
from ringup.wires.responses._parts import PATH

__all__ = ["read_count", "write_count"]

_COUNTED = (
    *("model", "input", "instructions", "tools", "tool_choice", "parallel_tool_calls", "text", "reasoning"),
    *("truncation", "previous_response_id", "conversation", "personality"),
)


def write_count(http: HttpRequest) -> HttpRequest:
    """The request that counts what a written one holds."""
    body = decode(http.body)
    counted = {name: body[name] for name in _COUNTED if name in body}
    return replace(http, path=PATH + "/input_tokens", body=encode(counted))


def read_count(body: bytes) -> int:
    """The number in the answer. Raises ProtocolError when there is none."""
    return read_total(body, "input_tokens")
