"""A call of the log, as a person names it: by its id, or from the end."""

from __future__ import annotations

from typing import Any

import click

from ringup import ledger
from ringup.cli.setup import ledger_path

__all__ = ["CALL", "FROM_THE_END", "LARGEST", "NO_WORDS", "CallId", "find_call", "name"]

FROM_THE_END = {"ignore_unknown_options": True}
"""The context settings of a command that takes a `CALL`: -1 isn't an option of it."""

NO_WORDS = "RINGUP_LEDGER_LEVEL=full keeps those of the calls to come."
"""What to do about words that weren't kept."""


LARGEST = 2**63 - 1
"""The largest number that SQLite knows."""


class CallId(click.ParamType[int]):
    """An id; or `last`, or -1, for the newest call, -2 for the one before it, and so on."""

    name = "id"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The id of a call that is there."""
        try:
            wanted = -1 if value == "last" else int(value)
        except ValueError:
            self.fail(f"{value!r} is no call: give an id of `ringup log`, or `last`.", param, ctx)
        path = ledger_path()
        if wanted < 0:
            found = ledger.rows(path, min(-wanted, LARGEST))
            if len(found) == -wanted:
                return int(found[-1]["id"])
            many = f"{len(found):,} call{'s' * (len(found) != 1)}"
            self.fail(f"the log {path} has {many}.", param, ctx)
        if wanted > LARGEST or ledger.call(path, wanted) is None:
            newest = ledger.newest(path)
            known = f"the newest is {newest}." if newest else "it is empty."
            self.fail(f"the log {path} has no call {wanted}; {known}", param, ctx)
        return wanted


CALL = CallId()


def find_call(id: int) -> dict[str, Any]:
    """All of a call that is there: the columns of the view `log` and of `calls`, and its `tries` and `tags`."""
    path = ledger_path()
    listed = ledger.rows(path, 1, after=id - 1)[0]
    return {**listed, **(ledger.call(path, id) or {}), **listed}


def name(call: dict[str, Any]) -> str:
    """provider/model. The simulator's models have the provider in their own names."""
    return str(call["model"]) if call["provider"] == "sim" else f"{call['provider']}/{call['model']}"
