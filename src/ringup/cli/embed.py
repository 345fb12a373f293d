"""`ringup embed`: texts in, vectors out, and how alike they are."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from ringup import embedders, providers
from ringup.cli.exits import report
from ringup.cli.npy import write_npy
from ringup.cli.output import columns, is_terminal, note, read_text, seconds, width, write
from ringup.cli.setup import Setup, choose_model
from ringup.cli.telling import count, dollars, dump
from ringup.embed_job import Progress
from ringup.embeddings import Embeddings
from ringup.errors import RingupError
from ringup.similarity import similarity
from ringup.wire_tools import encode

__all__ = ["embed"]

_DEFAULTS = {"openai": "text-embedding-3-small", "gemini": "gemini-embedding-001"}
"""What embeds when a key is there and no model was named."""

_TABLE = 10
"""Up to so many texts, the summary shows how alike they are."""


def _complete_model(_context: click.Context, _option: click.Parameter, begun: str) -> list[str]:
    names = [(provider, model) for provider in providers.names() for model in embedders.known(provider)]
    found = [*dict.fromkeys(model for _, model in names), *[f"{provider}/{model}" for provider, model in names]]
    return [name for name in found if name.startswith(begun)]


@click.command(short_help="Make texts vectors.")
@click.argument("texts", metavar="[TEXT]...", nargs=-1)
@click.option("-f", "--file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A text on each line.")
@click.option("-m", "--model", shell_complete=_complete_model, help="provider/model, or a bare id.")
@click.option("--dimensions", type=int, help="How many numbers each vector shall have. [the model's own]")
@click.option("--task", help="What the vectors are for, in the provider's word (Gemini: RETRIEVAL_QUERY, ...).")
@click.option("-o", "--output", type=click.Path(dir_okay=False, writable=True, path_type=Path), help="A .npy file.")
@click.option("--json", "json_", is_flag=True, help="Print a JSON object on a line for each text, with its vector.")
@click.option("--batch", type=int, help="How many texts go into one request at most. [what the provider takes]")
@click.option("--at-once", type=int, help="How many requests may be under way at a time. [4]")
@click.option("--timeout", type=float, help="Seconds for all of it, retries included. [600]")
@click.option("--retries", type=int, help="How many more times to try after a failure that may pass.")
@click.option("--provider", type=click.Choice(providers.names()), metavar="NAME", help="When the name doesn't tell.")
@click.option("--base-url", help="Another server, written as in the vendor's SDK.")
@click.option("--no-log", is_flag=True, help="Leave no trace of this in the log.")
def embed(  # noqa: PLR0917 - each option is an argument
    texts: tuple[str, ...],
    file: Path | None,
    output: Path | None,
    json_: bool,
    provider: str | None,
    base_url: str | None,
    no_log: bool,
    model: str | None,
    **options: Any,
) -> None:
    """Make texts vectors, and print how many, how long, what they cost, and for up to ten how alike they are.

    The texts are the arguments, the lines of a file (-f), or the lines that come through a pipe. Empty lines are left
    out.

    \b
    Examples:
      ringup embed "a cat" "a kitten" "the interest rate"
      ringup embed -m text-embedding-3-small --dimensions 256 -f texts.txt -o vectors.npy
      ringup embed --json < texts.txt > vectors.jsonl
    """
    if output and output.suffix != ".npy":
        raise click.UsageError(f"--output writes a NumPy file: name it {output.with_suffix('.npy')}.")
    if output and not output.parent.is_dir():
        raise click.UsageError(f"there is no folder {output.parent}.")
    given = list(texts) if texts else _lines(file)
    setup = Setup(params={}, provider=provider, base_url=base_url, wire=False, no_log=no_log, verbose=False)
    params = {name: value for name, value in options.items() if value is not None}
    params["model"] = model or choose_model(provider, base_url, _DEFAULTS)
    try:
        found = _embedded(setup, given, params)
    except RingupError as error:
        if json_:
            write(dump(report(error)))
        raise
    if output:
        write_npy(output, found)
    if json_:
        _print_json(given, found)
    else:
        _print_summary(given, found, output)


def _lines(file: Path | None) -> list[str]:
    """The lines of the file, or of the pipe."""
    if file is None and (sys.stdin is None or is_terminal(sys.stdin)):
        raise click.UsageError('there are no texts. Give them as arguments, like ringup embed "a cat" "a dog", or -f.')
    lines = read_text(file.read_bytes() if file else sys.stdin.buffer.read()).splitlines()
    kept = [line for line in lines if line.strip()]
    if not kept:
        raise click.UsageError("there is no text, only empty lines or nothing.")
    if len(kept) < len(lines):
        left = len(lines) - len(kept)
        note(f"left out, being empty: {left:,} of {len(lines):,} lines. A vector's number isn't its line's.")
    return kept


def _embedded(setup: Setup, texts: list[str], params: dict[str, Any]) -> Embeddings:
    with setup.client() as client, _bar(len(texts)) as progress:
        return client.embed(texts, on_progress=progress, **params)


@contextmanager
def _bar(total: int) -> Iterator[Progress]:
    """A bar on stderr, where a person sees it; it goes when the work is done."""
    with click.progressbar(length=total, label="embedding", file=sys.stderr, hidden=not is_terminal(sys.stderr)) as bar:
        yield lambda done, _: bar.update(done - bar.pos)


def _print_json(texts: list[str], found: Embeddings) -> None:
    for at, (text, vector) in enumerate(zip(texts, found, strict=True)):
        numbers = [float(f"{number:.9g}") for number in vector]  # which is all that a float32 has
        write(encode({"index": at, "text": text, "embedding": numbers}).decode() + "\n")


def _print_summary(texts: list[str], found: Embeddings, output: Path | None) -> None:
    if 1 < len(texts) <= _TABLE:
        names = [str(number) for number in range(1, len(texts) + 1)]
        room = max(width() - 9 * len(texts) - 4, 20)
        rows = [
            (name, *[f"{similarity(one, other):.3f}" for other in found], _short(text, room))
            for name, one, text in zip(names, found, texts, strict=True)
        ]
        columns(("", *names, "text"), rows)
    cost = "free" if found.provider == "sim" else dollars(found.cost)
    tokens = f"{count(found.usage.input_tokens)} tokens"
    what = f"{len(found):,} {'text' if len(found) == 1 else 'texts'} × {found.dimensions:,} numbers"
    click.echo(" · ".join([what, tokens, cost, seconds(found.latency), found.model or "model not told"]))
    for notice in found.notices:
        if notice.kind == "dropped":
            note(notice.message)
    if output:
        note(f"written to {output}: numpy.load({str(output)!r})")


def _short(text: str, room: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= room else line[: room - 3] + "..."
