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

    def reply(self, claude: bool) -> str:
        """Of an answer: chatcmpl-… or msg_01…"""
        return f"msg_01{self._letters(22, _NO_LOOKALIKES)}" if claude else f"chatcmpl-{self._letters(29)}"

    def tool_call(self, claude: bool) -> str:
        """Of a tool call: call_… or toolu_01…"""
        return f"toolu_01{self._letters(22, _NO_LOOKALIKES)}" if claude else f"call_{self._letters(24)}"

    def request(self, claude: bool) -> str:
        """Of a request: req_ and 32 hex digits, or req_011C…"""
        if claude:
            return f"req_011C{self._letters(20, _NO_LOOKALIKES)}"
        return f"req_{self._chance.getrandbits(128):032x}"

    def fingerprint(self) -> str:
        """Of the system that answered: fp_ and 10 hex digits."""
        return f"fp_{self._chance.getrandbits(40):010x}"

    def signature(self) -> str:
        """A seal on thinking: base64 that means nothing."""
        return b64encode(self._chance.randbytes(96)).decode()
