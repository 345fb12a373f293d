"""`ringup cost`: what the calls in the log cost, in sums, with a bar chart."""

from __future__ import annotations

import io
import os
import re
import sys
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import click
from msgspec.structs import asdict

from ringup.cli.output import columns, in_sheet, is_terminal, note, width
from ringup.cli.setup import ledger_path
from ringup.cli.telling import count, dollars, dump
from ringup.cli.when import WHEN
from ringup.ledger import Spent, costs, total

__all__ = ["cost"]

_BY = re.compile(r"day|model|session|provider|tag:.+", re.DOTALL)
_LONGEST_BAR, _SHORTEST_BAR = 40, 4
_EIGHTHS = " ▏▎▍▌▋▊▉█"


class _By(click.ParamType[str]):
    """What to sum by."""

    name = "what"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """As `costs` takes it."""
        if not _BY.fullmatch(value):
            self.fail(f"{value!r} isn't known: give day, model, session, provider or tag:NAME (tag:team).", param, ctx)
        return str(value)


@click.command(short_help="Sum up what the calls in the log cost.")
@click.option("--by", type=_By(), default="day", show_default=True, help="day, model, session, provider or tag:NAME.")
@click.option("--since", type=WHEN, help="Only calls since then: 7d, yesterday, 2026-11-01, ...")
@click.option("--until", type=WHEN, help="Only calls before then.")
@click.option("-m", "--model", help='Only calls to this model: a part of its name, or a pattern ("claude-*").')
@click.option("--csv", "csv_", is_flag=True, help="Print CSV.")
@click.option("--json", "json_", is_flag=True, help="Print a JSON list.")
def cost(
    *, by: str, since: datetime | None, until: datetime | None, model: str | None, csv_: bool, json_: bool
) -> None:
    """Sum up what the calls in the log cost, by day, model, session, provider or tag.

    Every try counts that a provider bills. Calls whose cost isn't known aren't in the sum, and are counted beside it; a
    ~ stands before what is estimated in part. Calls to the simulator are free. Days are those of your time zone.

    \b
    Examples:
      ringup cost
      ringup cost --by model --since 2026-11-01 --until 2026-12-01
      ringup cost --by tag:team --csv > november.csv
    """
    if csv_ and json_:
        raise click.UsageError("--csv and --json don't go together: give one of them.")
    sums = costs(ledger_path(), by, since=since, until=until, model=model)
    if json_:
        click.echo(dump([_plain(spent, by) for spent in sums]), nl=False)
    elif csv_:
        _print_csv([_plain(spent, by) for spent in sums], by)
    elif sums:
        _print_table(sums, by)
    else:
        note(f"No such calls are in the log {ledger_path()}.")


def _plain(spent: Spent, by: str) -> dict[str, Any]:
    """A sum for a program. Unknown is null, and empty in CSV."""
    held = asdict(spent)
    return {by: held.pop("key"), **held, "cost_usd": None if spent.cost_usd is None else f"{spent.cost_usd:f}"}


def _print_csv(sums: list[dict[str, Any]], by: str) -> None:
    import csv  # here, for who asks for it

    text = io.StringIO()
    writer = csv.DictWriter(text, [by, *Spent.__struct_fields__[1:]], lineterminator="\n")
    writer.writeheader()
    writer.writerows([{**one, by: in_sheet(one[by]), "free": int(one["free"])} for one in sums])
    click.echo(text.getvalue(), nl=False)


def _print_table(sums: Sequence[Spent], by: str) -> None:
    head = (by.removeprefix("tag:"), "calls", "in", "out", "cached", "cost")
    rows = [_cells(spent, _named(spent, by)) for spent in sums]
    if len(sums) > 1:
        rows.append(_cells(total([spent for spent in sums if not spent.free] or sums), "total"))
    taken = sum([max([len(row[at]) for row in (head, *rows)]) + 2 for at in range(len(head))])
    room = min(width() - 1 - taken, _LONGEST_BAR)
    if room < _SHORTEST_BAR:
        columns(head, rows)
        return
    bars = [*_bars([spent.cost_usd or Decimal() for spent in sums], room), ""]
    columns((*head, ""), [(*row, bar) for row, bar in zip(rows, bars, strict=False)])


def _named(spent: Spent, by: str) -> str:
    return spent.key if spent.key is not None else f"(no {by.removeprefix('tag:')})"


def _cells(spent: Spent, name: str) -> tuple[str, ...]:
    tokens = (spent.input_tokens, spent.output_tokens, spent.cache_read_tokens)
    return name, count(spent.calls), *map(count, tokens), _cost(spent)


def _cost(spent: Spent) -> str:
    """The sum, and how many calls aren't in it."""
    if spent.free:
        return "free"
    unknown = f"{spent.unknown:,} unknown" if spent.unknown else ""
    if spent.cost_usd is None:
        return unknown
    about = "~" if spent.estimated else ""
    return about + dollars(spent.cost_usd) + (f" + {unknown}" if unknown else "")


def _bars(amounts: Sequence[Decimal], room: int) -> list[str]:
    """A bar for each amount, the longest for the highest; whatever is above 0 shows."""
    most = max(amounts)
    eighths = [max(int(amount / most * room * 8), 1) if amount > 0 else 0 for amount in amounts]
    if not _is_rich():
        return ["#" * -(-eighth // 8) for eighth in eighths]
    return [_EIGHTHS[-1] * (eighth // 8) + _EIGHTHS[eighth % 8].strip() for eighth in eighths]


def _is_rich() -> bool:
    """Whether the output is a terminal that may get more than plain characters."""
    encoding = getattr(sys.stdout, "encoding", None) or ""
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return is_terminal(sys.stdout) and not plain and encoding.lower().replace("-", "") == "utf8"
