"""A key that never shows itself."""

from __future__ import annotations

from binascii import crc32
from typing import NoReturn

__all__ = ["Auth", "Secret"]


class Secret:
    """Holds an API key. Its repr and str are a mask; it refuses to be pickled; only `reveal()` gives the text.

    Call `reveal()` in the very expression that uses it: a local variable would show in a traceback.
    """

    __slots__ = ("_reveal",)

    def __init__(self, value: str) -> None:
        self._reveal = value.__str__  # a bound method: tools that print attributes show no text of it

    def reveal(self) -> str:
        """The key itself."""
        return self._reveal()

    @property
    def tail(self) -> str:
        """The last 4 characters, or nothing for a key too short to show any."""
        return self._reveal()[-4:] if len(self._reveal()) >= 16 else ""

    @property
    def check(self) -> str:
        """16 bits that tell this key from another one, as 4 letters; nothing of the key can be made from them."""
        return f"{crc32(self._reveal().encode()) & 0xFFFF:04x}"

    def __repr__(self) -> str:
        return "Secret('***')"

    def __str__(self) -> str:
        return "***"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._reveal() == other._reveal()

    def __hash__(self) -> int:
        return hash(self._reveal())

    def __reduce__(self) -> NoReturn:
        raise TypeError("an API key is never pickled; let the other process read it from its own environment")


class Auth:
    """A key and the header that carries it. The transport adds it last, and only for the provider's own origin.

    `source` says in words where the key was found ("in OPENAI_API_KEY"); it is empty for one that was passed in.
    """

    __slots__ = ("header", "secret", "source")

    def __init__(self, secret: Secret, header: str = "authorization", source: str = "") -> None:
        self.secret = secret
        self.header = header
        self.source = source

    def value(self) -> str:
        """The header's value. As with `Secret.reveal`, keep it out of local variables."""
        return f"Bearer {self.secret.reveal()}" if self.header == "authorization" else self.secret.reveal()

    def __repr__(self) -> str:
        return f"Auth({self.header}: ***)"
