"""Log probabilities of an answer's tokens, in each vendor's shape: drawn by chance, falling from the best one.

Anthropic has none. Facts: openai-python 3.54, google-genai 3.4.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from random import Random
from typing import Any, NamedTuple

from ringup.messages import Request
from ringup.simulator.conversation import words
from ringup.tokens import Tokenizer

__all__ = ["beside_text", "in_text"]

_INCLUDED = "message.output_text.logprobs"
_OTHERS = words("the a of and to in is it that for on as with be by at or an not this")


class _Token(NamedTuple):
    """A token that was said, its log probability, and what might have been said instead, the token itself first."""

    text: str
    value: float
    instead: list[tuple[str, float]]


def beside_text(wire: str, request: Request, text: str, tokens: Tokenizer, seed: str) -> dict[str, Any]:
    """The field beside the message of a choice, where a client of Chat Completions or Gemini asks for it."""
    if wire == "chat_completions" and request.extra.get("logprobs"):
        found = _drawn(tokens.pieces(text), seed, int(request.extra.get("top_logprobs") or 0))
        return {"logprobs": {"content": [_openai(token) for token in found], "refusal": None}}
    wanted = request.extra.get("generationConfig") or {}
    if wire == "gemini" and wanted.get("responseLogprobs"):
        return _gemini(list(_drawn(tokens.pieces(text), seed, int(wanted.get("logprobs") or 0))))
    return {}


def in_text(wire: str, request: Request, text: str, tokens: Tokenizer, seed: str) -> dict[str, Any]:
    """What a text has of its own on Responses, where `include` asks for it."""
    if wire != "responses" or _INCLUDED not in (request.extra.get("include") or ()):
        return {}
    found = _drawn(tokens.pieces(text), seed, int(request.extra.get("top_logprobs") or 0))
    return {wire: {"logprobs": [_openai(token) for token in found]}}


def _drawn(pieces: Iterable[str], seed: str, more: int) -> Iterator[_Token]:
    chance = Random(f"logprobs/{seed}")
    for piece in pieces:
        best = -chance.random() / 4
        others = [(f" {other}", best - 2 - at) for at, other in enumerate(_OTHERS[: max(more - 1, 0)])]
        yield _Token(piece, best, [(piece, best), *others] if more else [])


def _openai(token: _Token) -> dict[str, Any]:
    return _row(token.text, token.value) | {"top_logprobs": [_row(*other) for other in token.instead]}


def _row(text: str, value: float) -> dict[str, Any]:
    return {"token": text, "logprob": round(value, 6), "bytes": list(text.encode())}


def _gemini(tokens: list[_Token]) -> dict[str, Any]:
    def row(text: str, value: float) -> dict[str, Any]:
        return {"token": text, "logProbability": round(value, 6)}

    total = sum(token.value for token in tokens)
    result: dict[str, Any] = {"chosenCandidates": [row(token.text, token.value) for token in tokens]}
    result["topCandidates"] = [{"candidates": [row(*other) for other in token.instead]} for token in tokens]
    return {"logprobsResult": result, "avgLogprobs": total / len(tokens) if tokens else 0.0}
