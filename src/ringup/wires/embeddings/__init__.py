"""OpenAI's embeddings (`POST /embeddings`), and those of every server that speaks like it: Azure, OpenRouter, Mistral,
Voyage, Ollama, vLLM, llama.cpp and others.

Both halves, as the wires of `ringup.wire` have them, but without a stream. Gemini's are in
`ringup.wires.gemini.embeddings`, under the same names. Facts: openai-python 3.54 (types/embedding_create_params.py,
types/create_embedding_response.py) and recorded answers of the others.

    _request    a request, written and read, and what OpenAI refuses
    _reply      an answer, read and written
"""

from __future__ import annotations

from ringup.openai_errors import read_error, write_error
from ringup.wires.embeddings._reply import read_reply, write_reply
from ringup.wires.embeddings._request import FIELDS, NAME, PATH, bad_input, read_request, write_request

__all__ = [
    "FIELDS",
    "NAME",
    "PATH",
    "bad_input",
    "read_error",
    "read_reply",
    "read_request",
    "write_error",
    "write_reply",
    "write_request",
]
