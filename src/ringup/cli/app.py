"""The command `ringup` and the list of its subcommands."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from ringup.cli.ask import ask
from ringup.cli.chat import chat
from ringup.cli.compare import compare
from ringup.cli.cost import cost
from ringup.cli.count import count
from ringup.cli.embed import embed
from ringup.cli.exits import TABLE, App
from ringup.cli.keys import keys
from ringup.cli.log import log
from ringup.cli.models import models
from ringup.cli.reconcile import reconcile
from ringup.cli.simulate import simulate
from ringup.version import __version__

__all__ = ["app"]

_EPILOG = f"""\b
Exit codes:
{TABLE}

\b
Variables:
OPENAI_API_KEY, ANTHROPIC_API_KEY, ...  the keys (`ringup keys list`)
RINGUP_MODEL    the model that is asked when none is named
RINGUP_LEDGER   the file of the log (`ringup log`)
RINGUP_DEBUG=1  a traceback for every error
NO_COLOR=1      no colour
"""


@click.group(
    cls=App, epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(__version__, prog_name="ringup", message="%(prog)s %(version)s")
def app() -> None:
    """Ring up any model: get the answer, the reason it stopped, and the bill.

    \b
    ringup ask "What is the capital of France?"     no key? the built-in simulator answers
    ringup ask -m gpt-4o-mini --wire "Hello!"       see how the call travels
    ringup chat                                     a conversation
    ringup compare "Hello!" -m sim/a -m sim/b       several models side by side
    """


@app.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the script that makes a shell complete `ringup`.

    \b
    bash:  echo 'eval "$(ringup completion bash)"' >> ~/.bashrc
    zsh:   echo 'eval "$(ringup completion zsh)"' >> ~/.zshrc
    fish:  ringup completion fish > ~/.config/fish/completions/ringup.fish
    """
    kind = get_completion_class(shell)
    assert kind
    click.echo(kind(app, {}, "ringup", "_RINGUP_COMPLETE").source())


for command in (ask, chat, compare, cost, count, embed, keys, log, models, reconcile, simulate):
    app.add_command(command)
