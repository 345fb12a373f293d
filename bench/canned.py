"""The answers that the bench server gives, as bytes: the size and shape of real ones, on both wires."""

from __future__ import annotations

import math
from array import array
from base64 import b64encode
from functools import cache

__all__ = ["TEXT", "VECTORS", "WORDS", "embeddings", "stream", "whole"]

TEXT = "The capital of France is Paris. It lies on the Seine, in the north of the country."
WORDS = (" north", " south", " river", " bridge")
"""The pieces of a stream, over and over: some clients take the same one all the time for a fault."""

VECTORS = (16, 1536)
"""How many embeddings an answer has, and how many numbers each."""

_CHAT = f"""{{
  "id": "chatcmpl-D0aBcDeFgHiJkLmNoPqRsTuVwXyZ0",
  "object": "chat.completion",
  "created": 1795000000,
  "model": "gpt-4.1-mini-2025-04-14",
  "choices": [
    {{
      "index": 0,
      "message": {{
        "role": "assistant",
        "content": "{TEXT}",
        "refusal": null,
        "annotations": []
      }},
      "logprobs": null,
      "finish_reason": "stop"
    }}
  ],
  "usage": {{
    "prompt_tokens": 14,
    "completion_tokens": 20,
    "total_tokens": 34,
    "prompt_tokens_details": {{"cached_tokens": 0, "audio_tokens": 0}},
    "completion_tokens_details": {{
      "reasoning_tokens": 0,
      "audio_tokens": 0,
      "accepted_prediction_tokens": 0,
      "rejected_prediction_tokens": 0
    }}
  }},
  "service_tier": "default",
  "system_fingerprint": "fp_0123456789"
}}
"""

_MESSAGE = (
    '{"model":"claude-haiku-4-5-20251001","id":"msg_01AbCdEfGhIjKlMnOpQrStUv","type":"message","role":"assistant",'
    f'"content":[{{"type":"text","text":"{TEXT}"}}],"stop_reason":"end_turn","stop_sequence":null,'
    '"usage":{"input_tokens":14,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"cache_creation":'
    '{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":0},"output_tokens":20,"service_tier":"standard"}}'
)


def whole(wire: str) -> bytes:
    """A whole answer, as JSON."""
    return (_CHAT if wire == "openai" else _MESSAGE).encode()


@cache
def embeddings() -> bytes:
    """An answer with embeddings in base64, as OpenAI gives it to who asks for that."""
    count, size = VECTORS
    rows = [array("f", [math.sin(row * size + at) / 28 for at in range(size)]) for row in range(count)]
    data = ",".join(
        [
            f'{{"object":"embedding","index":{at},"embedding":"{b64encode(row.tobytes()).decode()}"}}'
            for at, row in enumerate(rows)
        ]
    )
    usage = '"usage":{"prompt_tokens":256,"total_tokens":256}'
    return f'{{"object":"list","data":[{data}],"model":"text-embedding-3-small",{usage}}}'.encode()


@cache
def stream(wire: str, pieces: int) -> tuple[bytes, ...]:
    """The server-sent events of an answer in so many pieces of text."""
    return tuple(event.encode() for event in (_chat_events if wire == "openai" else _message_events)(pieces))


def _chat_events(pieces: int) -> list[str]:
    head = (
        'data: {"id":"chatcmpl-D0aBcDeFgHiJkLmNoPqRsTuVwXyZ0","object":"chat.completion.chunk","created":1795000000,'
        '"model":"gpt-4.1-mini-2025-04-14","service_tier":"default","system_fingerprint":"fp_0123456789",'
    )

    def choice(delta: str, finish: str = "null") -> str:
        chunk = f'"choices":[{{"index":0,"delta":{delta},"logprobs":null,"finish_reason":{finish}}}]'
        return f'{head}{chunk},"usage":null,"obfuscation":"aB3dE6gH9"}}\n\n'

    usage = (
        f'{head}"choices":[],"usage":{{"prompt_tokens":14,"completion_tokens":{pieces},"total_tokens":{14 + pieces},'
        '"prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},"completion_tokens_details":'
        '{"reasoning_tokens":0,"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}},'
        '"obfuscation":"aB3d"}\n\n'
    )
    begin = choice('{"role":"assistant","content":"","refusal":null}')
    words = [choice(f'{{"content":"{WORDS[at % len(WORDS)]}"}}') for at in range(pieces)]
    return [begin, *words, choice("{}", '"stop"'), usage, "data: [DONE]\n\n"]


def _message_events(pieces: int) -> list[str]:
    def event(name: str, rest: str) -> str:
        return f'event: {name}\ndata: {{"type":"{name}"{rest}}}\n\n'

    usage = (
        '"usage":{"input_tokens":14,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":1,'
        '"service_tier":"standard"}'
    )
    message = (
        ',"message":{"model":"claude-haiku-4-5-20251001","id":"msg_01AbCdEfGhIjKlMnOpQrStUv","type":"message",'
        f'"role":"assistant","content":[],"stop_reason":null,"stop_sequence":null,{usage}}}'
    )
    stop = (
        ',"delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"input_tokens":14,'
        f'"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":{pieces}}}'
    )
    deltas = [f',"index":0,"delta":{{"type":"text_delta","text":"{word}"}}' for word in WORDS]
    words = [event("content_block_delta", deltas[at % len(WORDS)]) for at in range(pieces)]
    return [
        event("message_start", message),
        event("content_block_start", ',"index":0,"content_block":{"type":"text","text":""}'),
        event("ping", ""),
        *words,
        event("content_block_stop", ',"index":0'),
        event("message_delta", stop),
        event("message_stop", ""),
    ]
