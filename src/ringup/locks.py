"""A lock that a fork waits for, so that no child is born while a thread holds it: that thread doesn't live there, and
would never let go. It is for short work, and nothing else is locked meanwhile.
"""

from __future__ import annotations

import os
import threading
from weakref import WeakSet

__all__ = ["Lock"]


class Lock:
    """As `threading.Lock` in a `with`; `enter_at_once` is for who does without where it is held."""

    __slots__ = ("__weakref__", "_lock")

    def __init__(self) -> None:
        self._lock = threading.Lock()
        _ALL.add(self)

    def __enter__(self) -> None:
        self._lock.acquire()

    def enter_at_once(self) -> bool:
        """Whether nobody else holds it: then it is held now, until `__exit__`."""
        return self._lock.acquire(blocking=False)

    def __exit__(self, *_: object) -> None:
        self._lock.release()


_ALL: WeakSet[Lock] = WeakSet()
_FORKING = threading.Lock()
_PAUSED: list[Lock] = []


def _pause() -> None:
    _FORKING.acquire()
    for lock in list(_ALL):
        lock.__enter__()
        _PAUSED.append(lock)


def _resume() -> None:
    while _PAUSED:
        _PAUSED.pop().__exit__()
    _FORKING.release()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_pause, after_in_parent=_resume, after_in_child=_resume)
