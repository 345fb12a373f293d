"""Ids in each vendor's format, derived from the seed and the number of the call."""

from __future__ import annotations

from base64 import b64encode
from random import Random

__all__ = ["Ids"]

_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_NO_LOOKALIKES = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


class Ids:
    """The ids of one call. Each method gives the next one; the same seed and call give the same ids in turn."""

    def __init__(self, seed: int, call: int) -> None:
        self._chance = Random(f"ids/{seed}/{call}")

    def _letters(self, count: int, letters: str = _LETTERS) -> str:
        return "".join(self._chance.choices(letters, k=count))

    def reply(self, wire: str) -> str:
        """Of an answer: chatcmpl-…, msg_01…, resp_…, or, of Gemini, 22 letters."""
        match wire:
            case "anthropic_messages":
                return f"msg_01{self._letters(22, _NO_LOOKALIKES)}"
            case "gemini":
                return self._letters(22)
            case "responses":
                return f"resp_{self._chance.getrandbits(200):050x}"
        return f"chatcmpl-{self._letters(29)}"

    def tool_call(self, wire: str) -> str:
        """Of a tool call: call_…, toolu_01…, or, of Gemini, 8 letters."""
        match wire:
            case "anthropic_messages":
                return f"toolu_01{self._letters(22, _NO_LOOKALIKES)}"
            case "gemini":
                return self._letters(8)
        return f"call_{self._letters(24)}"

    def request(self, vendor: str) -> str:
        """Of a request: req_ and 32 hex digits, or Anthropic's req_011C…"""
        if vendor == "anthropic":
            return f"req_011C{self._letters(20, _NO_LOOKALIKES)}"
        return f"req_{self._chance.getrandbits(128):032x}"

    def file(self) -> str:
        """Of one of OpenAI's files: file- and 22 letters."""
        return f"file-{self._letters(22, _NO_LOOKALIKES)}"

    def batch(self, vendor: str) -> str:
        """Of a batch: batch_ and 32 hex digits, or Anthropic's msgbatch_01…"""
        if vendor == "anthropic":
            return f"msgbatch_01{self._letters(22, _NO_LOOKALIKES)}"
        return f"batch_{self._chance.getrandbits(128):032x}"

    def batch_request(self) -> str:
        """Of one answer in a batch of OpenAI's: batch_req_ and 32 hex digits."""
        return f"batch_req_{self._chance.getrandbits(128):032x}"

    def fingerprint(self) -> str:
        """Of the system that answered: fp_ and 10 hex digits."""
        return f"fp_{self._chance.getrandbits(40):010x}"

    def signature(self) -> str:
        """A seal on thinking: base64 that means nothing."""
        return b64encode(self._chance.randbytes(96)).decode()
