"""The Gemini API (`models/...:generateContent` and `:streamGenerateContent`), and Vertex, which speaks alike.

`ringup.wire` tells what each name does. Facts: google-genai 3.4.0, recorded traffic of both hosts, ai.google.dev.

    _fields    Google's names, as a table        _reply, _errors   a whole answer, an error, both ways
    _parts     parts of a message, both ways     _reader           a stream, read
    _results   results of tools, both ways       _growing          the parts of a stream, as they grow
    _request   a request, written                _partial          a call that comes in pieces
    _server    a request, read                   _writer           a stream, written
    _checks    a request's JSON as it is read    _schemas          Google's own schemas
    _count     how many tokens a request has

Where this wire differs from others: the model, and whether to stream, stand in the path; the key goes in a header of
its own; JSON stands for protocol buffers, with two names for every field and zeros left out; calls of functions may
have no id, and a result goes by its function's name; parts carry signatures that must go back as they came; a call
of tools stops with STOP; a blocked prompt is an answer of 200 without candidates; a stream has no end mark.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringup.later import names_later
from ringup.wires.gemini._errors import read_error, write_error
from ringup.wires.gemini._fields import FIELDS, plain_name
from ringup.wires.gemini._parts import NAME, PATH
from ringup.wires.gemini._reader import Reader
from ringup.wires.gemini._reply import read_reply, write_reply
from ringup.wires.gemini._request import write_request

if TYPE_CHECKING:
    from ringup.wires.gemini._checks import refuse
    from ringup.wires.gemini._count import read_count, write_count
    from ringup.wires.gemini._server import check_names, model_of, read_request, tidy
    from ringup.wires.gemini._writer import Writer
else:
    __getattr__ = names_later(
        __name__,
        {
            "Writer": "_writer",
            "check_names": "_server",
            "model_of": "_server",
            "read_count": "_count",
            "read_request": "_server",
            "refuse": "_checks",
            "tidy": "_server",
            "write_count": "_count",
        },
    )

__all__ = [
    "FIELDS",
    "NAME",
    "PATH",
    "Reader",
    "Writer",
    "check_names",
    "model_of",
    "plain_name",
    "read_count",
    "read_error",
    "read_reply",
    "read_request",
    "refuse",
    "tidy",
    "write_count",
    "write_error",
    "write_reply",
    "write_request",
]
