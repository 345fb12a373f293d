"""OpenAI's files: what was uploaded, and what batches left behind.

Each belongs to one key and is kept until it is deleted or its time is over by the clock; of all keys together, the last
10,000 files and 256 MiB. Facts: OpenAI's API reference (files), openai-python 3.54; the words of refusals are those
that users have quoted, up to November 2026.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct

from ringup.errors import NotFoundError
from ringup.openai_checks import bad
from ringup.secret import Secret
from ringup.simulator.shelf import Shelf, page

__all__ = ["File", "Files"]

_ROOM = 256 * 1024 * 1024
_CLOSED = ("assistants", "user_data")
"""What is uploaded for these purposes is never given back."""


class File(Struct, frozen=True, kw_only=True):
    """A file. Times are seconds since the epoch; `expires` is None for one that is kept until it is deleted."""

    id: str
    data: bytes
    filename: str
    purpose: str
    created: int
    expires: int | None = None

    def plain(self) -> dict[str, Any]:
        """The object that tells of it."""
        return {
            "id": self.id,
            "object": "file",
            "bytes": len(self.data),
            "created_at": self.created,
            **({} if self.expires is None else {"expires_at": self.expires}),
            "filename": self.filename,
            "purpose": self.purpose,
            "status": "processed",
        }


class Files:
    """The files of all keys. `clock` gives seconds since the epoch."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._kept: Shelf[File] = Shelf(clock, kept=math.inf, room=_ROOM, size=lambda file: len(file.data))

    def clear(self) -> None:
        """Forget everything."""
        self._kept.clear()

    def add(self, key: Secret | None, file: File) -> None:
        """Keep a file."""
        self._kept.put(key, file.id, file)

    def find(self, key: Secret | None, id: str) -> File:
        """A file of this key. Raises NotFoundError."""
        found = self._kept.get(key, id)
        if found is None or self._is_over(found):
            self._kept.drop(key, id)
            raise NotFoundError(f"No such File object: {id}", status=404, type="invalid_request_error", param="id")
        return found

    def content(self, key: Secret | None, id: str) -> File:
        """A file that is to be read. Raises NotFoundError, or BadRequestError for one that nobody gets back."""
        found = self.find(key, id)
        if found.purpose in _CLOSED:
            raise bad(f"Not allowed to download files of purpose: {found.purpose}")
        return found

    def page(self, key: Secret | None, query: Mapping[str, str]) -> dict[str, Any]:
        """A page of the key's files, the newest first: `purpose`, `limit` (10,000), `order`, `after`.

        Raises BadRequestError.
        """
        found = [file for file in self._kept.all(key) if not self._is_over(file)]
        wanted = query.get("purpose")
        shown = [file.plain() for file in found if wanted in (None, file.purpose)]
        return page(shown, query, usual=10_000, most=10_000)

    def delete(self, key: Secret | None, id: str) -> dict[str, Any]:
        """Forget a file. Raises NotFoundError."""
        self.find(key, id)
        self._kept.drop(key, id)
        return {"id": id, "object": "file", "deleted": True}

    def _is_over(self, file: File) -> bool:
        return file.expires is not None and file.expires <= self._clock()
