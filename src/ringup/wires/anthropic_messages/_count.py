"""How many tokens a message would have: `POST /v1/messages/count_tokens`. Facts: anthropic-python 2.12
(types/message_count_tokens_params.py), whose fields are those of a message that say something of the prompt.
"""

from __future__ import annotations

from msgspec.structs import replace

from ringup.http import HttpRequest
from ringup.wire_tools import decode, encode, read_total
from ringup.wires.anthropic_messages._request import PATH

__all__ = ["read_count", "write_count"]

_COUNTED = (
    *("model", "messages", "system", "tools", "tool_choice", "thinking", "output_config", "cache_control", "speed"),
)


def write_count(http: HttpRequest) -> HttpRequest:
    """The request that counts what a written message holds."""
    body = decode(http.body)
    counted = {name: body[name] for name in _COUNTED if name in body}
    return replace(http, path=PATH + "/count_tokens", body=encode(counted))


def read_count(body: bytes) -> int:
    """The number in the answer. Raises ProtocolError when there is none."""
    return read_total(body, "input_tokens")
