"""The wire of OpenAI Chat Completions, and of every server that speaks like it: OpenRouter, Groq, Mistral, xAI,
DeepSeek, Azure, Ollama, llama.cpp, vLLM, LM Studio, Together, Gemini's and others' compatible endpoints.

`ringup.wire` tells what each name does. Facts: openai-python 3.54 and openai-openapi v2.3.0 for what OpenAI sends and
takes; for the dialects, each quirk is told where it is read.

    _parts      parts of a message as JSON, and back        _growing   parts of a stream, as they grow
    _request    a request, written                          _reader    a stream, read
    _checks     what can't be read in a request             _writer    a stream, written
    _server     a request, read                             _reply     a whole answer, read and written

Errors are OpenAI's, as on its other wires: `ringup.openai_errors`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringup.later import names_later
from ringup.openai_errors import read_error, write_error
from ringup.wires.chat_completions._parts import NAME, PATH
from ringup.wires.chat_completions._reader import Reader
from ringup.wires.chat_completions._reply import read_reply, write_reply
from ringup.wires.chat_completions._request import write_request

if TYPE_CHECKING:
    from ringup.wires.chat_completions._checks import FIELDS
    from ringup.wires.chat_completions._server import read_messages, read_request
    from ringup.wires.chat_completions._writer import Writer
else:
    __getattr__ = names_later(
        __name__,
        {
            "FIELDS": "_checks",
            "Writer": "_writer",
            "read_messages": "_server",
            "read_request": "_server",
        },
    )

__all__ = [
    "FIELDS",
    "NAME",
    "PATH",
    "Reader",
    "Writer",
    "read_error",
    "read_messages",
    "read_reply",
    "read_request",
    "write_error",
    "write_reply",
    "write_request",
]
