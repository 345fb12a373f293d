"""How a command ends: an exit code that scripts can build on, and one clean message instead of a traceback."""

from __future__ import annotations

import os
import re
import sys
from typing import Any

import click

from ringup.cli.output import note
from ringup.errors import (
    APIConnectionError,
    APIError,
    AuthenticationError,
    ConfigurationError,
    OutputError,
    PaymentRequiredError,
    PermissionDeniedError,
    RateLimitError,
    RingupError,
    StreamTruncatedError,
)

__all__ = [
    "DIFFERENT",
    "FAILED",
    "INTERRUPTED",
    "MISUSED",
    "NOT_OF_TYPE",
    "NO_ANSWER",
    "PIPE_CLOSED",
    "REFUSED",
    "TABLE",
    "App",
    "code",
    "in_shell",
    "report",
    "show",
    "words",
]

FAILED, MISUSED, REFUSED, TOO_MUCH, NO_ANSWER, NOT_OF_TYPE, DIFFERENT = 1, 2, 3, 4, 5, 6, 7
INTERRUPTED, PIPE_CLOSED = 130, 141

TABLE = """\
0    answered
1    the provider failed, or its answer can't be read (400, 404, 5xx, ...)
2    nothing was sent: wrong usage, a bad parameter, no key
3    the key was refused, or may not do this (401, 403)
4    too fast, or no credit left (429, 402)
5    no whole answer: no connection, time up, stream cut, --max-steps used up
6    the answer isn't what --schema asks for: invalid, refused, cut off
7    reconcile: ledger and invoice differ, or the invoice lacks its last page
130  stopped: Ctrl-C, or q when asked about a tool
141  the reader of the output went away (| head)"""


def code(error: BaseException) -> int:
    """The exit code that an error means."""
    match error:
        case ConfigurationError() | ModuleNotFoundError():
            return MISUSED
        case AuthenticationError() | PermissionDeniedError():
            return REFUSED
        case RateLimitError() | PaymentRequiredError():
            return TOO_MUCH
        case APIConnectionError() | StreamTruncatedError():
            return NO_ANSWER
        case OutputError():
            return NOT_OF_TYPE
    return FAILED


_OPTIONS = re.compile(
    r"\b(?:max_tokens|top_p|base_url|idle_timeout|timeout|retries|strict|max_steps|max_cost)\b(?:=\.\.\.|=True)?"
)
_OUTPUT = re.compile(r"\boutput=(?:\w+)?(?= |$)")
_PHRASES = {
    "repair=1 asks": "--repair 1 asks",
    "Give plain functions with type hints: tools=[get_weather, search].": "Give a plain function with type hints.",
    "Go on with resume(), give the results as ringup.ToolResult, or take the turn back with undo().": "/resume goes on "
    "with them, /undo takes the turn back.",
    ": the conversation doesn't end with calls of tools": "",
    'Say it: ringup.attach(..., media_type="image/png").': "Download it, or give it a name that tells: photo.png.",
    'ringup.ask("Hello!", model="gpt-4o-mini")': 'ringup ask -m gpt-4o-mini "Hello!"',
    'ringup.embed(texts, model="text-embedding-3-small")': "ringup embed -m text-embedding-3-small ...",
    'model="text-embedding-3-small"': "-m text-embedding-3-small",
    "What came is in the error's .partial. ": "",
    "; what came is in the error's .partial": "",
    " Or pass it as api_key=.": "",
    " Or pass base_url=, with /openai/v1 at its end, and api_key=.": "",
    "a key belongs in api_key=": "a key belongs in the vendor's variable (OPENAI_API_KEY, ...)",
    "Write https:// in base_url.": "Write https:// in the address.",
    "store it while its address is in the vendor's variable, or pass it as api_key=": "store it while its address is "
    "in the vendor's variable (OPENAI_BASE_URL, ...)",
    'needs no key: model="sim/small"': "needs no key: -m sim/small",
    "pass one as api_key=, to a client": "put it, and this server's address, into the vendor's variables "
    "(OPENAI_API_KEY and OPENAI_BASE_URL, ...). An address from --base-url gets none",
    "pass it as api_key=": "name the address in the vendor's variable (OPENAI_BASE_URL, ...) instead of --base-url",
    " (api_key=...)": "",
    'Give its prices (prices=...), or allow it: budget_unknown="allow".': "Without --max-cost it is sent all the same.",
    "For example: max_cost=": "For example: --max-cost ",
}


def in_shell(text: str) -> str:
    """What is said for Python code, said for the command line: `max_tokens` is --max-tokens here."""
    for python, shell in _PHRASES.items():
        text = text.replace(python, shell)
    text = _OUTPUT.sub("--schema", text)
    return _OPTIONS.sub(lambda found: "--" + found[0].partition("=")[0].replace("_", "-"), text)


def words(error: Exception) -> tuple[str, str]:
    """An error in words of the command line: what happened, and what to do about it (where that is known)."""
    if isinstance(error, RingupError):
        return in_shell(error.quoting), in_shell(error.advice)
    if isinstance(error, ModuleNotFoundError):
        return f"{error.name} isn't installed.", "Install all that the command line needs: pip install 'ringup[cli]'"
    said = f"{type(error).__name__}: {error}"
    if isinstance(error, OSError) and error.strerror:
        said = f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return said, "RINGUP_DEBUG=1 shows where it comes from."


def show(error: Exception, whose: str = "") -> None:
    """One message on stderr: what happened, what to do, and what to quote to the provider's support.

    `whose` is the model that it befell, where there are several.
    """
    what, advice = words(error)
    note(f"error: {f'{whose}: ' if whose else ''}{what}", fg="red")
    if isinstance(error, OutputError) and error.text.strip():
        note(_came(error.text))
    if advice:
        note(advice, bold=True)
    if isinstance(error, APIError) and error.request_id:
        note(f"request id: {error.request_id}")


def _came(text: str) -> str:
    """What the model wrote instead."""
    cut = f"\n... and {len(text) - _SHOWN:,} more characters" if len(text) > _SHOWN else ""
    return f"What came:\n{text[:_SHOWN].rstrip()}{cut}"


def report(error: Exception) -> dict[str, Any]:
    """The error as JSON, for a program that reads the output."""
    names = (
        "provider",
        "status",
        "request_id",
        "type",
        "code",
        "param",
        "parameter",
        "retry_after",
        "retryable",
        "reason",
        "text",
    )
    said = {name: getattr(error, name) for name in names if hasattr(error, name)}
    partial = getattr(error, "partial", None)
    return {
        "error": type(error).__name__,
        "message": words(error)[0],
        "advice": words(error)[1],
        **said,
        "exit_code": code(error),
        "partial_text": getattr(partial, "text", None),
    }


_SHOWN = 4000
"""How many characters of an answer that isn't of the type are shown; --json has all."""


class App(click.Group):
    """A group of commands that ends as `TABLE` says, whatever happens in one of them."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command that was named."""
        try:
            return super().invoke(ctx)
        except (KeyboardInterrupt, click.Abort):  # the latter is what click makes of Ctrl-C at its prompts
            note("\nstopped")
            raise click.exceptions.Exit(INTERRUPTED) from None
        except BrokenPipeError:
            _forget_output()
            raise click.exceptions.Exit(PIPE_CLOSED) from None
        except (click.ClickException, click.exceptions.Exit):
            raise
        except Exception as error:
            if os.environ.get("RINGUP_DEBUG"):
                raise
            show(error)
            raise click.exceptions.Exit(code(error)) from None


def _forget_output() -> None:
    """Nobody reads any more: what is still in the buffer goes nowhere, so that leaving makes no noise."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError):  # no such file number: a test's own stdout
        pass
