"""`ringup log export`: a call of the log as a program, a command or a test."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click

from ringup.cli.log.asked import Asked, find_asked, find_whole
from ringup.cli.log.export_curl import curl
from ringup.cli.log.export_js import javascript
from ringup.cli.log.export_pytest import make_case
from ringup.cli.log.export_python import python
from ringup.cli.log.logged import CALL, FROM_THE_END
from ringup.cli.output import note, warn
from ringup.cli.setup import NoLedger

__all__ = ["export"]

_TEXT: dict[str, Callable[[Asked], str]] = {"python": python, "curl": curl, "js": javascript}


@click.command(context_settings=FROM_THE_END)
@click.argument("id", type=CALL)
@click.option("--python", is_flag=True, help="A program with ringup. The default.")
@click.option("--curl", is_flag=True, help="A command for a shell.")
@click.option("--js", is_flag=True, help="A program for Node.js, with the vendor's SDK where it fits.")
@click.option("--pytest", is_flag=True, help="A test, and a redacted fixture beside it.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="The file to write. [stdout; test_call_ID.py]")
@click.option("--force", is_flag=True, help="Write over files that are there.")
def export(*, id: int, output: Path | None, force: bool, **forms: bool) -> None:
    """Write a call of the log as a program that makes it again.

    The key isn't in it: it comes from the environment's variable. What was said is in it as it was, but for the test:
    there e-mail addresses, numbers of telephones, cards and accounts, IP addresses and secrets are replaced, and
    pictures and files left out. The test passes as it is: it gives ringup the answer that came.

    \b
    Examples:
      ringup log export last --curl
      ringup log export 12 --js -o call.mjs
      ringup log export 12 --pytest -o tests/test_capital.py
    """
    form = _form([f"--{name}" for name, given in forms.items() if given])
    asked = find_asked(id) if form == "pytest" else find_whole(id)
    for name in asked.hidden:
        warn(f"The header {name} held a secret, and isn't in it.")
    for told in asked.doubts if form != "pytest" else ():
        warn(told)
    if form == "pytest":
        test = output or Path(f"test_call_{id}.py")
        case = make_case(asked, NoLedger())
        _write({test: case.test, test.with_suffix(".json"): case.fixture}, force)
    elif output:
        _write({output: _TEXT[form](asked)}, force)
    else:
        click.echo(_TEXT[form](asked), nl=False)


def _form(given: list[str]) -> str:
    if len(given) > 1:
        raise click.UsageError(f"{' and '.join(given)} don't go together: give one of them.")
    return given[0].removeprefix("--") if given else "python"


def _write(files: dict[Path, str], force: bool) -> None:
    """Write the files: all of them, or none."""
    there = [str(path) for path in files if path.exists()]
    if there and not force:
        raise click.UsageError(
            f"{' and '.join(there)} {'is' if len(there) == 1 else 'are'} there: --force writes over."
        )
    for path, text in files.items():
        path.write_text(text, encoding="utf-8")
        note(f"written: {path}")
