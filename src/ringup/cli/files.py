"""Files that go with a prompt: the option -a, and what it reads."""

from __future__ import annotations

import sys

import click

from ringup.attachments import Attachment, attach
from ringup.cli.output import is_terminal
from ringup.prompt import Prompt

__all__ = ["attach_option", "with_files"]

attach_option = click.option(
    "-a",
    "--attach",
    "files",
    multiple=True,
    metavar="FILE",
    help="An image, a document or sound to send along: a path, a URL, or - for what is piped in. May be given again.",
)


def with_files(text: str, files: tuple[str, ...]) -> Prompt:
    """The prompt with its files, which stand before the words. Raises ParameterError for one that can't be read."""
    return [*[_read(name) for name in files], text] if files else text


def _read(name: str) -> Attachment:
    if name != "-":
        return attach(name)
    if sys.stdin is None or is_terminal(sys.stdin):
        raise click.UsageError("-a - takes what is piped in, and nothing is: ringup ask -a - ... < photo.png")
    return attach(sys.stdin.buffer.read(), name="stdin")
