"""Texts as vectors: what is asked for, and what comes back. Plain values; no provider's shape."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any, ClassVar, Literal

from msgspec import Struct

from ringup.messages import Opaque
from ringup.reply import Attempt, Bill, Notice
from ringup.similarity import Match, nearest
from ringup.usage import Usage

__all__ = ["EmbedRequest", "Embeddings", "Input", "floats", "pack"]

Input = str | tuple[int, ...] | Opaque
"""What becomes one vector: a text, the ids of its tokens (OpenAI), or a form that only one wire knows (pictures)."""

_FLOAT = 4


class EmbedRequest(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One call for vectors, in no provider's shape.

    dimensions  how many numbers each vector shall have; None for as many as the model gives
    encoding    how the numbers travel where the wire has a choice: "base64" takes a third of the bytes and of the time.
                None leaves it to the server. The numbers are the same
    task        what the vectors are for, in the provider's word (Gemini: "RETRIEVAL_QUERY")
    extra       fields of the body that are sent as they are
    headers     further HTTP headers (never a key)
    """

    stream: ClassVar[bool] = False
    model: str
    texts: tuple[Input, ...]
    dimensions: int | None = None
    encoding: Literal["base64", "float"] | None = "base64"
    task: str | None = None
    extra: dict[str, Any] = {}
    headers: dict[str, str] = {}


class Embeddings(Struct, frozen=True, kw_only=True):
    """Vectors, in the order of their texts: those of one call, or of a whole job.

    `data` has them one after another: little-endian float32, `count` times `dimensions` numbers. It is never copied:
    `numpy.asarray(embeddings)` is an array of shape (count, dimensions) on the same bytes, and so is
    `numpy.frombuffer(embeddings.data, "<f4")`, flat. Without numpy, `embeddings[0]` is the first vector.

    Usage, cost, latency and attempts are those of all calls; times are in seconds. `id` and `request_id` are those of
    a single call. `extra` has the answer's top-level fields that have no name here. `indexes` says of which texts these
    are, where some are missing (in the `.partial` of an error); None: of all.
    """

    data: bytes
    count: int
    dimensions: int
    usage: Usage = Usage()
    id: str | None = None
    model: str | None = None
    provider: str = ""
    wire: str = ""
    request_id: str | None = None
    latency: float | None = None
    attempts: tuple[Attempt, ...] = ()
    notices: tuple[Notice, ...] = ()
    indexes: tuple[int, ...] | None = None
    extra: dict[str, Any] = {}
    pricer: Callable[[Embeddings], Bill] | None = None

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> Sequence[float]:
        """One vector, as a view of the data."""
        at = index + self.count if index < 0 else index
        if not 0 <= at < self.count:
            raise IndexError(f"there are {self.count} vectors, and none has the index {index}")
        size = self.dimensions * _FLOAT
        return floats(memoryview(self.data)[at * size : (at + 1) * size])

    def __iter__(self) -> Iterator[Sequence[float]]:
        return (self[at] for at in range(self.count))

    def nearest(self, query: Sequence[float], k: int = 5) -> list[Match]:
        """The `k` vectors that are most like `query`, the likest first: each with its index and its similarity.

        Raises ParameterError when the query has another number of dimensions.
        """
        return nearest(self, query, k)

    @property
    def bill(self) -> Bill:
        """The cost with its lines, or the reason why it isn't known."""
        return self.pricer(self) if self.pricer else Bill(reason="these vectors carry no prices")

    @property
    def cost(self) -> Decimal | None:
        """The cost in US dollars, or None when it isn't known (`bill.reason` says why)."""
        return self.bill.total

    def __repr__(self) -> str:
        return f"Embeddings(count={self.count}, dimensions={self.dimensions}, model={self.model!r}, usage={self.usage})"

    @property
    def __array_interface__(self) -> dict[str, Any]:
        """What numpy, and all that follow its protocol, read the data by (version 3)."""
        return {"shape": (self.count, self.dimensions), "typestr": "<f4", "data": self.data, "version": 3}


def pack(values: Iterable[float]) -> bytes:
    """Numbers as little-endian float32. One beyond its range becomes infinite. Raises TypeError for what is none."""
    packed = array("f", values)
    if sys.byteorder == "big":
        packed.byteswap()
    return packed.tobytes()


def floats(data: bytes | memoryview) -> Sequence[float]:
    """The numbers of little-endian float32: a view of the bytes, on a machine of the other order a copy."""
    if sys.byteorder == "little":
        return memoryview(data).cast("f")
    swapped = array("f", bytes(data))
    swapped.byteswap()
    return swapped
