"""A call as a command with curl."""

from __future__ import annotations

import json
import shlex
from urllib.parse import urlencode

from ringup.cli.log.asked import Asked
from ringup.keys import variable_of
from ringup.masks import MASK
from ringup.wire_tools import decode

__all__ = ["curl", "full_url", "headers_of", "key_variable"]

_SIMULATOR = "http://127.0.0.1:4010/v1"


def curl(asked: Asked) -> str:
    """The command, for a POSIX shell. The key stands in a variable of the environment."""
    lines = [f"curl -sS{'N' if asked.request.stream else ''} {shlex.quote(full_url(asked))}"]
    lines += [f"-H {shlex.quote(f'{name}: {value}')}" for name, value in headers_of(asked).items()]
    if name := key_variable(asked):
        lines.append(f'-H "{_key_header(asked)}${name}"')
    if asked.row["provider"] == "sim":
        lines.append("-H 'authorization: Bearer sim-simulator'")
    body = json.dumps(decode(asked.http.body), ensure_ascii=False, indent=2)
    about = f"# Call {asked.id} of the log, asked on {asked.when}.\n"
    if asked.row["provider"] == "sim":
        about += "# It needs a simulator: ringup simulate --port 4010\n"
    joined = " \\\n  ".join([*lines, "--data-binary @- <<'JSON'"])
    return f"{about}{joined}\n{body}\nJSON\n"


def full_url(asked: Asked) -> str:
    """Where it goes. The simulator that a call had in its own process is gone: it goes to one on port 4010."""
    base = _SIMULATOR if asked.row["provider"] == "sim" else asked.base_url
    query = f"?{urlencode(asked.http.query)}" if asked.http.query else ""
    return f"{base}{asked.http.path}{query}"


def headers_of(asked: Asked) -> dict[str, str]:
    """The headers that the log knows: none that held a secret."""
    return {name: value for name, value in asked.http.headers.items() if MASK not in value}


def key_variable(asked: Asked) -> str:
    """The variable that holds the key: of several the one that is set. Empty where none is needed."""
    if asked.provider is None:
        return "API_KEY"
    return variable_of(asked.provider) or (asked.provider.key_env or ("",))[0]


def _key_header(asked: Asked) -> str:
    header = asked.provider.key_header if asked.provider else "authorization"
    return "authorization: Bearer " if header == "authorization" else f"{header}: "
