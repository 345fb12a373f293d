"""What `ask` and `chat` share: their options, the choice of a model, and a client made from both."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from functools import reduce
from pathlib import Path
from typing import Any, Self, TypeVar, cast

import click
from msgspec import Struct
from msgspec.structs import replace

from ringup import models, providers, wires
from ringup.cli.output import note, warn
from ringup.cli.tap import Tap
from ringup.cli.view import View, retry_line
from ringup.cli.warned import hear
from ringup.client import AsyncClient, Client
from ringup.errors import ParameterError, RingupWarning
from ringup.given import Params
from ringup.keys import variable_of
from ringup.keystore import stored
from ringup.ledger import Ledger
from ringup.reasoning import read_reasoning
from ringup.reply import Attempt
from ringup.transport import Options, make_transport

__all__ = [
    "SIMULATED",
    "NoLedger",
    "Setup",
    "call_options",
    "calls_options",
    "choose_model",
    "complete_model",
    "data_dir",
    "ledger_path",
    "model_names",
]

F = TypeVar("F", bound=Callable[..., Any])

SIMULATED = "sim/small"
_DEFAULTS = {"openai": "gpt-4o-mini", "anthropic": "claude-haiku-4-5", "gemini": "gemini-2.5-flash"}
"""What is asked when a key is there and no model was named: each vendor's small one."""


class Reasoning(click.ParamType[str | int]):
    """A word, or a number of tokens."""

    name = "effort"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str | int:
        """What `reasoning=` takes."""
        given = int(value) if isinstance(value, str) and value.isdecimal() else value
        try:
            read_reasoning(given)
        except ParameterError as error:
            self.fail(error.message, param, ctx)
        return cast("str | int", given)


def data_dir() -> Path:
    """The user's folder for what ringup keeps, made when it isn't there; nobody else may look into it."""
    import platformdirs

    path = platformdirs.user_data_path("ringup")
    with suppress(OSError):  # a home that can't be written is no reason not to ask
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def ledger_path() -> Path:
    """Where calls made from the command line are logged."""
    named = os.environ.get("RINGUP_LEDGER")
    return Path(named).expanduser() if named else data_dir() / "calls.db"


class NoLedger(Ledger):
    """Keeps nothing, whatever RINGUP_LEDGER says."""

    def __init__(self) -> None:
        super().__init__(os.devnull)

    def expect(self) -> None:
        pass

    def add(self, record: object, receipt: object = None) -> None:
        pass


def model_names(begun: str) -> list[str]:
    """The models that ringup knows, bare and with their provider, whose names begin so."""
    names = [f"{provider}/{model}" for provider in providers.names() for model, _ in models.known(provider)]
    bare = [name.partition("/")[2] for name in names]
    return [name for name in (*bare, *names, SIMULATED) if name.startswith(begun)]


def complete_model(_context: click.Context, _option: click.Parameter, begun: str) -> list[str]:
    """The names that a shell offers."""
    return model_names(begun)


_APIS = ", ".join(wires.NAMES)
_MODEL = click.option(
    "-m", "--model", shell_complete=complete_model, help="provider/model, or a bare id. [RINGUP_MODEL]"
)
_MODELS = click.option(
    "-m",
    "--model",
    "models",
    multiple=True,
    metavar="MODEL",
    shell_complete=complete_model,
    help="provider/model, or a bare id. Once for each model.",
)
_WIRE = click.option("--wire", "show_wire", is_flag=True, help="Show on stderr how the call travels, out and back.")
_API = click.option(
    "--api",
    "wire",
    type=click.Choice(wires.NAMES),
    metavar="NAME",
    help=f"The API to speak: {_APIS}. [what the call needs]",
)
_SHARED = (
    click.option("-s", "--system", help="The instruction that stands before the conversation."),
    click.option("--max-tokens", type=int, help="The longest answer, in tokens."),
    click.option("--temperature", type=float, help="0 for the likeliest words, higher for more varied ones."),
    click.option("--top-p", type=float, help="0 to 1: only the likeliest words that make up this share."),
    click.option("--stop", multiple=True, help="The answer ends before this text. May be given several times."),
    click.option("--seed", type=int, help="Makes answers more repeatable, where the provider can."),
    click.option(
        "--reasoning",
        type=Reasoning(),
        help="How much to think first: none, low, medium, high, ... or a number of tokens. Shown, dim, on stderr.",
    ),
    click.option("--hide-thinking", is_flag=True, help="Don't show what the model thinks."),
    click.option("--cache", is_flag=True, help="Mark the prompt for the provider's cache, where it wants marks."),
    click.option(
        "--max-cost", metavar="USD", help="What it may cost at the most: a call that may cost more isn't made."
    ),
    click.option("--timeout", type=float, help="Seconds for the whole call, retries included. [600]"),
    click.option("--idle-timeout", type=float, help="The longest silence, in seconds. [60 between pieces]"),
    click.option("--retries", type=int, help="How many more times to try after a failure that may pass. [2]"),
    click.option("--strict", is_flag=True, help="What the model refuses is an error, instead of being left out."),
    click.option(
        "--provider",
        type=click.Choice(providers.names()),
        metavar="NAME",
        help="When the model's name doesn't tell: openai, groq, ... (`ringup keys list` has them all)",
    ),
    click.option("--base-url", help="Another server, written as in the vendor's SDK."),
    click.option("--no-log", is_flag=True, help="Leave no trace of this in the log."),
    click.option("-v", "--verbose", is_flag=True, help="Say more on stderr."),
)


def call_options(command: F) -> F:
    """Gives a command the options that a call has."""
    return _with((_MODEL, *_SHARED, _API, _WIRE), command)


def calls_options(command: F) -> F:
    """Gives a command the options of several calls at the same time, each to a model of its own."""
    return _with((_MODELS, *_SHARED), command)


def _with(options: Iterable[Callable[[F], F]], command: F) -> F:
    return reduce(lambda made, option: option(made), reversed(tuple(options)), command)


class Setup(Struct, frozen=True, kw_only=True):
    """What the options come to: the parameters of each call (the model among them), and how to make and to show it.

    `wire` says whether to show it, `shows_thinking` whether to show what the model thinks: when it was told how much to
    think, or with --verbose. `said` has the notices that were told already.
    """

    params: Params
    provider: str | None
    base_url: str | None
    wire: bool
    no_log: bool
    verbose: bool
    shows_thinking: bool = False
    said: set[str] = set()

    @classmethod
    def read(cls, options: dict[str, Any]) -> Self:
        """From the values of `call_options`. Says on stderr which model was chosen, when none was named."""
        given = {name: value for name, value in options.items() if value is not False and value not in (None, ())}
        params = {name: given[name] for name in Params.__annotations__ if name in given}
        named = os.environ.get("RINGUP_MODEL")
        if "model" not in params and (model := named or choose_model(options["provider"], options["base_url"])):
            params["model"] = model
        rest = {name: options[name] for name in ("provider", "base_url", "no_log", "verbose")}
        shown = ("reasoning" in params or bool(options["verbose"])) and not options.get("hide_thinking")
        wire = options.get("show_wire", False)
        return cls(params=cast("Params", params), wire=wire, shows_thinking=shown, **rest)

    def of(self, model: str) -> Self:
        """The same for another model."""
        return replace(self, params={**self.params, "model": model})

    def ledger(self) -> Ledger:
        """The log, or what keeps nothing. What can't be logged is said at the end of the command."""
        ledger = NoLedger() if self.no_log else Ledger(ledger_path())
        hear(ledger)
        return ledger

    def client(self) -> Client:
        """A client that says on stderr what happens on the way."""
        warnings.simplefilter("ignore", RingupWarning)  # the notices say the same
        view = View(self.verbose) if self.wire else None
        return Client(
            provider=self.provider,
            base_url=self.base_url,
            ledger=self.ledger(),
            on_event=view.attempt if view else _tell_retry,
            transport=Tap(make_transport(Options()), view) if view else None,
        )

    def async_client(self, ledger: Ledger, on_event: Callable[[Attempt], None]) -> AsyncClient:
        """A client for one of several calls at the same time."""
        warnings.simplefilter("ignore", RingupWarning)
        return AsyncClient(provider=self.provider, base_url=self.base_url, ledger=ledger, on_event=on_event)


def choose_model(provider: str | None, base_url: str | None, defaults: Mapping[str, str] = _DEFAULTS) -> str | None:
    """The model of the first vendor in `defaults` that there is a key for, else the simulator's. Says so on stderr.

    None where one has to be named.
    """
    if base_url or provider not in (None, "sim", *defaults):
        return None
    for name, model in defaults.items():
        found = providers.find(name)
        key = found and (variable_of(found) or stored(name))
        if provider == name or (provider is None and key):
            note(f"no model was named: asking {name}/{model} (-m, or RINGUP_MODEL, names another)")
            return f"{name}/{model}"
    if provider is None:
        _introduce_simulator()
    return SIMULATED


def _introduce_simulator() -> None:
    for provider in (found for name in providers.names() if (found := providers.find(name))):
        if there := variable_of(provider) or (provider.key_env and stored(provider.name) and "Its key"):
            warn("No model was named: ringup's own simulator answers. It is a program, not a model.")
            note(f"{there} is set: -m {provider.name}/MODEL asks {provider.name}.")
            return
    set_key = "$env:OPENAI_API_KEY = '...'" if sys.platform == "win32" else "export OPENAI_API_KEY=..."
    warn("No API key is set and no model was named: ringup's own simulator answers. It is a program, not a model.")
    note(f"For a real answer: `ringup keys set openai` (or {set_key}), then this again. `ringup keys list` shows more.")


def _tell_retry(attempt: Attempt) -> None:
    """Say on stderr that a try failed, and when the next one comes."""
    if attempt.wait is not None:
        warn(retry_line(attempt))
