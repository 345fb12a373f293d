"""`ringup log purge`: calls taken out of the log for good."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import Any

import click

from ringup.cli.log.logged import CALL, FROM_THE_END
from ringup.cli.output import is_terminal, note
from ringup.cli.setup import ledger_path
from ringup.cli.when import FORMS, WHEN
from ringup.ledger import Ledger, costs, rows, total

__all__ = ["purge"]


@click.command(context_settings=FROM_THE_END)
@click.argument("id", type=CALL, required=False)
@click.option("--before", type=WHEN, help=f"Those asked for before then: {FORMS}.")
@click.option("--session", metavar="NAME", help="Those of this session.")
@click.option("--yes", is_flag=True, help="Remove them without asking.")
def purge(*, id: int | None, before: datetime | None, session: str | None, yes: bool) -> None:
    """Remove calls for good, with all that was said in them and in no other call.

    Of several conditions, all must hold. The file is written anew, so nothing is left in it. What was spent stays
    counted in the budgets.

    \b
    Examples:
      ringup log purge --before 30d
      ringup log purge --session monday --yes
      ringup log purge 12
    """
    if id is None and before is None and session is None:
        raise click.UsageError("say what to remove: a call's id, --before or --session.")
    path = ledger_path()
    count = _count(id, {"until": before, "session": session})
    if not count:
        return note(f"No call in the log {path} is such a one.")
    what = f"{count:,} call{'s' * (count > 1)}"
    if not yes and not _agrees(f"Remove {what} from the log {path} for good?"):
        return note("Nothing was removed.")
    ledger = Ledger(path)
    try:
        removed = ledger.purge(id=id, before=before, session=session)
    finally:
        ledger.close()
    return note(f"{removed:,} call{'s' * (removed != 1)} removed.")


def _count(id: int | None, conditions: Any) -> int:
    """How many calls meet the conditions."""
    if id is None:
        return total(costs(ledger_path(), by="provider", **conditions)).calls
    return len([row for row in rows(ledger_path(), 1, after=id - 1, **conditions) if row["id"] == id])


def _agrees(question: str) -> bool:
    """What the user says, who is asked where there is one."""
    if not is_terminal(sys.stdin):
        raise click.UsageError("what is removed can't be brought back, and nobody is there to ask: add --yes.")
    return click.confirm(question, err=True)
