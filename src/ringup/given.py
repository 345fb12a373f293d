"""What a call may be given: its parameters, their names held against mistakes, and the reading of the simple ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, TypedDict

from msgspec.structs import replace

from ringup.errors import ParameterError
from ringup.masks import Quiet, is_key, quiet
from ringup.messages import Opaque, Reasoning
from ringup.parameters import key_header

__all__ = [
    "DEFAULT_TIMEOUT",
    "Defaults",
    "Params",
    "check_params",
    "key_as",
    "read_count",
    "read_dict",
    "read_seconds",
]

DEFAULT_TIMEOUT = 600.0
_LONGEST = 1e9
_OF_A_CLIENT = frozenset(
    {
        *("provider", "base_url", "api_key", "ledger", "durability", "on_event", "proxy", "ca_file", "transport"),
        *("otel", "prices", "budget", "budget_unknown"),
    }
)
_MAY_HOLD_SECRETS = ("headers", "extra", "tools")


class Defaults(TypedDict, total=False):
    """What a client may be given for all its calls.

    system        the instruction that stands before the conversation
    max_tokens    the longest answer, in tokens, reasoning included; default: the model's own
    temperature   0 (the likeliest words) to 2 on OpenAI, to 1 on Anthropic; default: the provider's
    top_p         0 to 1: only the likeliest words that make up this share; default: the provider's
    stop          a string, or several: the answer ends before the first that it would say
    seed          a number that makes answers more repeatable, where the provider can
    timeout       seconds for the whole call, retries and waits included; default 600
    idle_timeout  the longest silence in seconds; default: 60 between a stream's events, none before its first token
    retries       how many more times to try after a failure that may pass; default 2
    strict        True makes what the model refuses an error, instead of leaving it out with a notice
    reasoning     how much to think first: "none", "minimal", "low", "medium", "high", "xhigh", "max", a number of
                  tokens, True for the model's own way, or a ringup.Reasoning; what the model doesn't take is sent as
                  the nearest thing; the thinking's text comes with the answer, where the provider gives it
    cache         True: the prompt is marked for the provider's cache, where it wants marks, and calls that begin alike
                  are led to the same cache; "5m", "30m", "1h" or "12h": so long, where the provider has that lifetime
    repair        how many times an answer that isn't of the type that output= asks for is asked for again; default 0
    tools         functions that the model may call (type hints and docstring tell it how), and dicts in a vendor's
                  shape for tools that you run yourself
    tool_choice   "auto" (default), "none", "required", or a tool's name: for the first call of an ask
    parallel_tool_calls  False: one tool at a time
    max_steps     how many calls an ask with tools may take; default 10
    approve       a function that sees each tool call first, and gives True, False, words to deny it with, a dict of
                  other arguments, or ringup.PAUSE
    raise_tool_errors  True: a tool's exception is raised; default: the model is told of it
    wire          the API to speak, where a provider has several: "responses" or "chat_completions" for OpenAI; default:
                  the one that model and request need (docs/wires.md)
    max_cost      US dollars that the call, with all its steps, may cost at the most: 0.05 or "0.05 USD"; one that may
                  cost more is a BudgetExceededError, and isn't sent
    session       a name that the ledger files the call under, to find it again with others
    tags          further names for the ledger, and their values: {"team": "docs"}; a client's and a call's go together
    extra         further fields of the request's body, sent as they are
    headers       further HTTP headers (never a key)
    """

    system: str | list[str] | None
    max_tokens: int | None
    temperature: float | None
    top_p: float | None
    stop: str | list[str] | tuple[str, ...] | None
    seed: int | None
    timeout: float
    idle_timeout: float | None
    retries: int
    strict: bool
    reasoning: str | int | bool | Reasoning | None
    cache: bool | str | None
    repair: int
    tools: Sequence[Any] | None
    tool_choice: Any
    parallel_tool_calls: bool | None
    max_steps: int
    approve: Any
    raise_tool_errors: bool
    wire: str | None
    max_cost: str | float | Decimal | None
    session: str | None
    tags: dict[str, Any]
    extra: dict[str, Any]
    headers: dict[str, str]


class Params(Defaults, total=False):
    """What an `ask`, a `stream` or a `chat` may be given: all of `Defaults`, and another model.

    model         "provider/model", or a bare id whose family is known (gpt-*, o*, claude-*, gemini-*, ...)
    """

    model: str | None


def check_params(params: Any) -> None:
    """Raises TypeError for a name that isn't a parameter, as Python does for a wrong signature.

    And ParameterError for a header that carries a key. Either empties `params` first: no frame may show a key. What
    may hold other secrets is put there anew, in a form that doesn't show them.
    """
    if not params:
        return
    error = (
        _wrong_name(params) or key_header(params.get("headers")) or key_as(params, "model") or key_as(params, "wire")
    )
    if error:
        params.clear()
        raise error
    for name in _MAY_HOLD_SECRETS:
        if name in params:
            params[name] = _quiet(params[name])


def _quiet(value: Any) -> Any:
    """What a parameter was given, so that what is secret in it is not shown: a tool may have a token."""
    if isinstance(value, list | tuple):
        return [_quiet(held) for held in value]
    return replace(value, data=quiet(value.data)) if isinstance(value, Opaque) else quiet(value)


def key_as(given: Mapping[str, Any], name: str) -> ParameterError | None:
    """The error for a key in the place of something else. The caller raises it, once no frame holds the key."""
    if not is_key(given.get(name)):
        return None
    message = f"{name} holds what looks like an API key."
    return ParameterError(message, parameter=name, advice="Give the key as api_key=... to a client.")


def _wrong_name(params: Any) -> TypeError | None:
    name = next((name for name in params if name not in Params.__optional_keys__), None)
    if name is None:
        return None
    if name in _OF_A_CLIENT:
        return TypeError(f"{name} is given to a client, not to a call: ringup.Client(..., {name}=...).ask(...)")
    if name == "output":
        return TypeError("output is given to ask or stream, not to a client or a chat: chat.ask(..., output=...)")
    known, more = (", ".join(sorted(names)) for names in (Params.__optional_keys__, _OF_A_CLIENT))
    return TypeError(f"unknown parameter {name!r}; the parameters are: {known}; and of a client: {more}")


def read_dict(given: Mapping[str, Any], name: str) -> dict[str, Any]:
    """A parameter that is a dict; empty where it isn't given. Raises ParameterError, as the next two do."""
    value = given.get(name)
    if value is None:
        return {}
    if isinstance(value, Mapping):
        return Quiet(value)
    raise ParameterError(f"{name} is of the type {type(value).__name__}, not a dict", parameter=name)


def read_seconds(given: Mapping[str, Any], name: str, default: float | None) -> Any:
    """A parameter that is a number of seconds."""
    value = given.get(name)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value <= _LONGEST:
        raise ParameterError(
            f"{name}={value!r} is out of range: a number of seconds above 0, and {_LONGEST:,.0f} at most.",
            parameter=name,
            advice=f"Leave it out for the default{f' of {default:g} s' if default else ''}.",
        )
    return float(value)


def read_count(given: Mapping[str, Any], name: str, default: int, least: int = 0, most: int = 100) -> int:
    """A parameter that is a whole number."""
    value = given.get(name)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise ParameterError(
            f"{name}={value!r} is out of range: a whole number from {least} to {most:,}.", parameter=name
        )
    return value
