"""The end of a program: what is to be done then."""

from __future__ import annotations

import atexit
import sys
import threading
from collections.abc import Callable

__all__ = ["at_the_end", "is_ending"]


def at_the_end(work: Callable[[], object], rank: int) -> None:
    """Do this when the program ends, perhaps more than once. A process that `multiprocessing` forked ends without
    `atexit`: there, what has the higher rank is done first; elsewhere, what was registered last."""
    atexit.register(work)
    processes = sys.modules.get("multiprocessing")
    if processes and processes.parent_process():
        sys.modules["multiprocessing.util"].Finalize(None, work, exitpriority=rank)


def is_ending() -> bool:
    """Whether the program is at its end, and only what it registered for it (`atexit`) runs: after that, threads are
    stopped where they stand."""
    main = threading.main_thread()
    return threading.current_thread() is main and not main.is_alive()
