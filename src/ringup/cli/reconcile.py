"""`ringup reconcile`: does a provider's invoice agree with the ledger, and if not, where?"""

from __future__ import annotations

import csv
import io
import sys
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
from msgspec.structs import asdict, replace

from ringup.cli.exits import DIFFERENT
from ringup.cli.output import columns, in_sheet, note, warn
from ringup.cli.setup import ledger_path
from ringup.cli.telling import count, dollars, dump
from ringup.cli.when import WHEN
from ringup.errors import APITimeoutError, ConfigurationError
from ringup.http import HttpRequest
from ringup.reconcile import Difference, Invoice, InvoiceError, Report, Sums, read_invoice
from ringup.reconcile import reconcile as held_against
from ringup.transport import Options, make_transport

__all__ = ["reconcile"]

_LOCAL = ("127.0.0.1", "localhost", "::1")
_INVOICE = HttpRequest(method="GET", path="/_ringup/invoice")
_TIMEOUT, _LIMIT = 60.0, 1 << 30


@click.command(short_help="Compare the log with a provider's invoice.")
@click.argument("invoices", metavar="INVOICE...", nargs=-1, required=True)
@click.option("--ledger", type=click.Path(path_type=Path), help="Another ledger than RINGUP_LEDGER, or the log's.")
@click.option("--since", type=WHEN, help="Only from this time of the invoice on: 2026-11-01.")
@click.option("--until", type=WHEN, help="Only to this time, which isn't in it any more.")
@click.option("-n", "--number", default=50, show_default=True, type=click.IntRange(0), help="Differences to list.")
@click.option("--json", "json_", is_flag=True, help="Print a JSON object, with every difference.")
@click.option("--csv", "csv_", is_flag=True, help="Print every difference as CSV.")
def reconcile(
    invoices: tuple[str, ...],
    ledger: Path | None,
    number: int,
    json_: bool,
    csv_: bool,
    **period: datetime | None,
) -> None:
    """Compare what the ledger says was spent with an invoice, and list where the two differ, and why.

    An INVOICE is a provider's export of usage or costs (CSV or JSON), or a simulator's invoice; - is stdin, and
    http://127.0.0.1:PORT a running simulator's. What a file is is told by what is in it. Several files count as one
    invoice: pages, usage and costs of the same time, several providers.

    The sums and the differences go to stdout, everything else to stderr. What isn't known never counts as 0.

    \b
    Examples:
      ringup reconcile completions_usage_2026-10-01_2026-10-31.csv cost_2026-10-01_2026-10-31.csv
      ringup reconcile --ledger calls.db http://127.0.0.1:4010
      ringup reconcile claude.csv --json | jq '.differences[].reason'

    The exit code is 0 when they agree to the cent, and 7 when they don't, or when the invoice lacks its last page.
    """
    file = ledger or ledger_path()
    if not file.expanduser().exists():
        raise click.UsageError(f"there is no ledger {str(file)!r}: name one with --ledger.")
    report = held_against(file, *[_read(name) for name in dict.fromkeys(invoices)], **period)
    if json_:
        click.echo(dump(_plain(report)), nl=False)
    elif csv_:
        click.echo(_csv(report), nl=False)
    else:
        _show(report, file, number)
    for said in () if json_ else report.notes:
        note(said)
    _conclude(report)
    raise click.exceptions.Exit(0 if report.agrees else DIFFERENT)


# Reading


def _read(name: str) -> Invoice:
    try:
        if name.startswith(("http://", "https://")):
            return _fetched(name)
        return read_invoice(sys.stdin.buffer.read() if name == "-" else Path(name).expanduser().read_bytes())
    except InvoiceError as error:
        error.message = f"{name}: {error.message}"
        raise
    except OSError as error:
        raise click.UsageError(f"{name} can't be read: {error.strerror or error}.") from None


def _fetched(url: str) -> Invoice:
    """A simulator's invoice. No provider's is fetched: that needs an administrator's key, which ringup never holds."""
    if urlsplit(url).hostname not in _LOCAL:
        raise click.UsageError(f"{url} isn't a simulator on this machine: download the invoice, and name the file.")
    base = url.partition("/_ringup")[0].rstrip("/").removesuffix("/v1")
    transport = make_transport(Options())
    try:
        answer = transport.exchange(base + _INVOICE.path, _INVOICE, None, _TIMEOUT, _LIMIT)
    except TimeoutError as error:
        raise APITimeoutError(f"no answer from {base} within {_TIMEOUT:g} s.", phase="first_token") from error
    finally:
        transport.close()
    if answer.status != 200:
        raise ConfigurationError(
            f"{base} has no invoice (it answered {answer.status}): it isn't a simulator of ringup."
        )
    return replace(read_invoice(answer.body), url=base)


# Telling


def _show(report: Report, file: Path, number: int) -> None:
    how = "request by request" if report.per_request else "by day, model and class of tokens"
    note(f"{', '.join(report.shapes)}, held against {file}")
    note(f"{', '.join(report.providers) or 'nobody'}, {_period(report)}, {how}")
    columns(("", "invoice", "ledger", "difference"), _sums(report))
    shown = report.differences[:number]
    if shown:
        click.echo()
        columns(_heads(report), [_row(one, report) for one in shown], {at: one.reason for at, one in enumerate(shown)})
    if len(report.differences) > number:
        note(f"and {len(report.differences) - number:,} more: -n or --csv shows them")


def _period(report: Report) -> str:
    if report.starts is None or report.ends is None:
        return "no time at all"
    first, last = (datetime.fromtimestamp(time // 1_000_000, UTC) for time in (report.starts, report.ends))
    return f"{first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M} UTC"


def _sums(report: Report) -> list[tuple[str, ...]]:
    there, here = report.invoice, report.ledger
    rows: list[tuple[str, ...]] = [("lines, tries", f"{there.lines:,}", f"{here.lines:,}", "")]
    for what in dict.fromkeys([*there.tokens, *here.tokens]):
        pair = there.tokens.get(what, 0), here.tokens.get(what, 0)
        rows.append(
            (f"{what} tokens", *(count(n) for n in pair), f"{pair[1] - pair[0]:+,}" if pair[0] != pair[1] else "")
        )
    if report.invoice.cost is not None or report.ledger.cost is not None:
        rows.append(("cost", _sum(there), _sum(here), _signed(report.difference)))
    if there.unknown or here.unknown:
        rows.append(("of unknown cost", f"{there.unknown:,}", f"{here.unknown:,}", ""))
    if here.estimated:
        rows.append(("of which estimated", "", dollars(here.estimated), ""))
    return rows


def _sum(sums: Sums) -> str:
    return "?" if sums.cost is None else f"{dollars(sums.cost)}{' + ?' if sums.unknown else ''}"


def _signed(off: Decimal | None) -> str:
    return "?" if off is None else f"{'-' if off < 0 else '+'}{dollars(off.copy_abs())}" if off else ""


def _heads(report: Report) -> tuple[str, ...]:
    which = "request" if report.per_request else "of"
    return ("when", "model", which, "invoice tokens", "ledger tokens", "invoice cost", "ledger cost", "difference")


def _row(one: Difference, report: Report) -> tuple[str, ...]:
    which = one.request_id or (f"call {one.call}" if one.call else "?") if report.per_request else one.what
    which += f", {one.terms}" if one.terms else ""
    tokens = (one.ledger_tokens or 0) - (one.invoice_tokens or 0)
    return (
        one.when.removesuffix("+00:00").replace("T", " ") or "all of it",
        f"{one.provider}/{one.model}" if one.model else one.provider,
        which,
        _tokens(one.invoice_tokens),
        _tokens(one.ledger_tokens),
        _cost(one.invoice_cost),
        _cost(one.ledger_cost) + (" + ?" if one.unknown and one.ledger_cost is not None else ""),
        f"{tokens:+,}" if one.invoice_cost is None and one.ledger_cost is None and tokens else _signed(one.cost),
    )


def _tokens(n: int | None) -> str:
    return "-" if n is None else f"{n:,}"


def _cost(cost: Decimal | None) -> str:
    return "-" if cost is None else dollars(cost)


def _conclude(report: Report) -> None:
    if not report.agrees_so_far:
        return warn("They differ.")
    what = "token" if report.invoice.cost is None else "cent"
    small = f" What differs is less (in {len(report.differences):,} places)." if report.differences else ""
    if report.more:
        return warn(f"As far as the invoice goes, they agree to the {what}, but its last page is missing.{small}")
    return note(f"They agree to the {what}.{small}", fg="green")


# For programs


def _plain(report: Report) -> dict[str, Any]:
    return {
        **asdict(report),
        "agrees": report.agrees,
        "difference": report.difference,
        "starts": _iso(report.starts),
        "ends": _iso(report.ends),
        "invoice": asdict(report.invoice),
        "ledger": asdict(report.ledger),
        "differences": [asdict(one) for one in report.differences],
    }


def _iso(time: int | None) -> str | None:
    return None if time is None else datetime.fromtimestamp(time // 1_000_000, UTC).isoformat()


def _csv(report: Report) -> str:
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(Difference.__struct_fields__)
    rows.writerows([map(in_sheet, asdict(one).values()) for one in report.differences])
    return text.getvalue()
