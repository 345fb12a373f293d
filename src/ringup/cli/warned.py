"""What the library says through Python's `logging` while a command runs, as warnings of the command line."""

from __future__ import annotations

import click

from ringup.cli.output import flat, warn
from ringup.ledger import Ledger

__all__ = ["hear"]


def hear(ledger: Ledger) -> None:
    """At the end of the command that runs now, say what was warned of on the way, each thing once: that calls couldn't
    be logged, and why. Until then the ledger is waited for, as at the end of every program."""
    import logging  # here, for its import takes long

    context = click.get_current_context(silent=True)
    if context is None or _HEARD in (root := context.find_root()).meta:
        return
    heard: dict[str, None] = {}
    root.meta[_HEARD] = heard

    class Ears(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.module != "logs":  # what becomes of a call is told by the command itself
                heard[record.getMessage()] = None

    ears, log = Ears(logging.WARNING), logging.getLogger("ringup")
    log.addHandler(ears)

    def end() -> None:
        ledger.flush(_PATIENCE)
        log.removeHandler(ears)
        for message in heard:
            warn(flat(message))

    root.call_on_close(end)


_HEARD = "ringup.warned"
_PATIENCE = 8.0
"""Seconds: more than a file that is locked is waited for."""
