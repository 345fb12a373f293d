"""A call as a Python program: only what was given, as a person would write it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from typing import Any

from msgspec.structs import replace

from ringup.cli.log.asked import Asked, params_of, prompt_of
from ringup.cli.log.pycode import Call, Code, written
from ringup.messages import Reasoning, ToolChoice

__all__ = ["address_note", "asking", "imports", "python"]

_PRINT = 'print(piece, end="", flush=True)'


def python(asked: Asked) -> str:
    """The program. Its key comes from the environment."""
    streams = asked.request.stream and asked.request.output_schema is None
    who = "client" if asked.provider is None else "ringup"
    call = asking(asked, f"{who}.{'stream' if streams else 'ask'}", [("model=", asked.model)])
    if streams:
        body = f"with {written(call, before=16)} as stream:\n    for piece in stream:\n        {_PRINT}"
        body += "\nprint()\nreply = stream.reply"
    else:
        said = "reply.output" if asked.request.output_schema else "reply.text"
        body = f"reply = {written(call, before=8)}\nprint({said})"
    if asked.request.tools:
        body += "\nfor call in reply.tool_calls:\n    print(call.name, call.json)"
    body += "\nprint(reply.finish_reason, reply.usage.input_tokens, reply.usage.output_tokens, reply.cost)"
    body = "\n".join([*_client(asked), body])
    return f'"""Call {asked.id} of the log, asked on {asked.when}."""\n\n{imports(body, "ringup")}\n\n{body}\n'


def asking(asked: Asked, what: str, first: Iterable[tuple[str, Any]] = ()) -> Call:
    """The call itself: its prompt, what comes `first`, and all that it was given."""
    given = [(f"{name}=", _short(value)) for name, value in params_of(asked).items()]
    return Call(what, [("", prompt_of(asked.request)), *first, *given])


def imports(body: str, *others: str) -> str:
    """The lines that import what the code needs: `others`, and of the standard library what is in it."""
    names = [name for name, use in (("base64", "base64.b64decode("), ("os", "os.environ.")) if use in body]
    return "\n".join(
        [*[f"import {name}" for name in names], *[""] * bool(names), *[f"import {name}" for name in others]]
    )


def address_note(asked: Asked) -> str:
    """Where it was asked, if that isn't the provider's own address; and the variable that names such a place."""
    provider = asked.provider
    names = (*provider.base_url_env, *provider.endpoint_env) if provider else ()
    return f"It was asked at {asked.base_url} ({names[0]})." if names and asked.is_elsewhere else ""


def _client(asked: Asked) -> list[str]:
    """The client, where the provider's name doesn't make one."""
    if asked.provider is None:
        key = Code('os.environ.get("API_KEY")')
        made = Call("ringup.Client", [("base_url=", asked.base_url), ("api_key=", key)])
        return [f"client = {written(made)}"]
    return (
        textwrap.wrap(note, 110, initial_indent="# ", subsequent_indent="# ") if (note := address_note(asked)) else []
    )


def _short(value: Any) -> Any:
    """A parameter in the shortest form that a client takes."""
    match value:
        case [str() as only]:
            return only
        case ToolChoice(mode, name):
            return name or mode
        case Reasoning():
            return _effort(replace(value, display=None if value.display == "summarized" else value.display))
    return value


def _effort(value: Reasoning) -> Any:
    """How much to think. That it is shown needs not be said."""
    if value == Reasoning(effort="none", mode="disabled"):
        return "none"
    if value == Reasoning(mode="adaptive"):
        return True
    if replace(value, mode=None) == Reasoning(budget_tokens=value.budget_tokens) and value.mode in (None, "enabled"):
        return value.budget_tokens
    return value.effort if value == Reasoning(effort=value.effort) else value
