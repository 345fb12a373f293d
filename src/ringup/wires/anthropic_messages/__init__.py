"""The Anthropic Messages API (`POST /v1/messages`), and what compatible servers make of it. Both halves of the wire.

The client half writes a request and reads what comes; the server half reads a request and writes an answer:

    write_request, version_for       _anthropic_request.py
    read_reply, write_reply          _anthropic_reply.py     content, why it stopped, usage
    Reader                           _anthropic_reader.py    a stream's bytes to events
    Writer                           _anthropic_writer.py    events to a stream's bytes
    read_error, write_error          _anthropic_errors.py
    write_count, read_count          _count.py
    read_request, FIELDS             _anthropic_server.py    with what it can't read in _anthropic_checks.py
    blocks and parts                 _anthropic_parts.py

Where this wire differs from others: max_tokens is required; the system stands apart from the messages; tool results
are a user's blocks; `input_tokens` leaves cached tokens out (ours has them in); a stream ends with message_stop, and
its usage is a running total. Versions: 2026-10-21, and 2023-06-01 where a request needs it (sampling parameters,
documents in an assistant's message, citations in a user's text).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringup.later import names_later
from ringup.wires.anthropic_messages._errors import read_error, write_error
from ringup.wires.anthropic_messages._parts import NAME, NEW_VERSION, OLD_VERSION
from ringup.wires.anthropic_messages._reader import Reader
from ringup.wires.anthropic_messages._reply import read_reply, write_reply
from ringup.wires.anthropic_messages._request import PATH, version_for, write_request

if TYPE_CHECKING:
    from ringup.wires.anthropic_messages._checks import refuse
    from ringup.wires.anthropic_messages._count import read_count, write_count
    from ringup.wires.anthropic_messages._server import FIELDS, read_messages, read_request
    from ringup.wires.anthropic_messages._writer import Writer
else:
    __getattr__ = names_later(
        __name__,
        {
            "FIELDS": "_server",
            "Writer": "_writer",
            "read_count": "_count",
            "read_messages": "_server",
            "read_request": "_server",
            "refuse": "_checks",
            "write_count": "_count",
        },
    )

__all__ = [
    "FIELDS",
    "NAME",
    "NEW_VERSION",
    "OLD_VERSION",
    "PATH",
    "Reader",
    "Writer",
    "read_count",
    "read_error",
    "read_messages",
    "read_reply",
    "read_request",
    "refuse",
    "version_for",
    "write_count",
    "write_error",
    "write_reply",
    "write_request",
]
