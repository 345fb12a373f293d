"""The wire of OpenAI Responses, and of the servers that speak like it: Azure, xAI, DeepSeek, Bedrock, Ollama, vLLM,
llama.cpp, LM Studio.

`ringup.wire` tells what each name does. Facts: openai-python 3.54 and openai-openapi v2.3.0 for what OpenAI sends and
takes; for the dialects, each quirk is told where it is read.

    _parts      items of a turn, both ways             _growing   items of a stream, as they grow
    _content    a user's content, both ways            _reader    a stream, read
    _request    a request, written                     _writer    a stream, written
    _checks     what can't be read in a request        _errors    errors of failed responses and in streams
    _server     a request, read                        _reply     a whole answer, read and written
    _count      how many tokens a request has

Other errors are OpenAI's, as on its other wires: `ringup.openai_errors`. Where this wire differs from Chat Completions:
a conversation is a flat list of items, of which messages are only one kind; the system is `instructions`; reasoning is
an item that goes back as it came; there is no finish_reason; requests are stored unless `store` is false, which ours
set; and the events of a stream carry types and indexes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringup.later import names_later
from ringup.openai_errors import read_error, write_error
from ringup.wires.responses._parts import CALLS, NAME, PATH, kind_of
from ringup.wires.responses._reader import Reader
from ringup.wires.responses._reply import echo, read_reply, write_reply
from ringup.wires.responses._request import is_stateless, write_request

if TYPE_CHECKING:
    from ringup.wires.responses._checks import FIELDS
    from ringup.wires.responses._count import read_count, write_count
    from ringup.wires.responses._server import read_request
    from ringup.wires.responses._writer import Writer
else:
    __getattr__ = names_later(
        __name__,
        {
            "FIELDS": "_checks",
            "Writer": "_writer",
            "read_count": "_count",
            "read_request": "_server",
            "write_count": "_count",
        },
    )

__all__ = [
    "CALLS",
    "FIELDS",
    "NAME",
    "PATH",
    "Reader",
    "Writer",
    "echo",
    "is_stateless",
    "kind_of",
    "read_count",
    "read_error",
    "read_reply",
    "read_request",
    "write_count",
    "write_error",
    "write_reply",
    "write_request",
]
