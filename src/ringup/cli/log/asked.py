"""A call of the log whose words were kept: what was asked of whom, to be asked again, and what was answered."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

import click
from msgspec import Struct

from ringup import models, providers, wires
from ringup.choice import why_responses
from ringup.cli.log.logged import NO_WORDS
from ringup.cli.setup import ledger_path
from ringup.http import HttpRequest
from ringup.ledger import call, conversation, request_of
from ringup.masks import MASK
from ringup.messages import Message, Request, Text, ToolResult
from ringup.providers import Provider
from ringup.reply import Reply
from ringup.rules import Rules
from ringup.usage import Usage
from ringup.wire import Wire
from ringup.wire_tools import decode

__all__ = ["Asked", "find_asked", "find_whole", "params_of", "prompt_of", "recorded"]

_COUNTERS = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "reasoning_tokens")


class Asked(Struct, frozen=True, kw_only=True):
    """A call of the log: its row, the request as it was made, and what that came to on the wire (without a key).

    `provider` is None for a server that was given by its address alone.
    """

    row: dict[str, Any]
    request: Request
    provider: Provider | None
    wire: Wire
    rules: Rules
    http: HttpRequest

    @property
    def id(self) -> int:
        """The call's number in the log."""
        return cast("int", self.row["id"])

    @property
    def when(self) -> str:
        """When it was asked for, in local time."""
        return f"{datetime.fromtimestamp(self.row['queued'] / 1e6):%Y-%m-%d %H:%M:%S}"

    @property
    def model(self) -> str:
        """The model as a call names it: with its provider before it."""
        bare = self.provider is None or self.provider.name == "sim"
        return self.request.model if bare else f"{self.row['provider']}/{self.request.model}"

    @property
    def base_url(self) -> str:
        """Where the server is, as in the vendor's SDK."""
        return str(self.row["url"] or "").removesuffix(self.http.path)

    @property
    def is_elsewhere(self) -> bool:
        """Whether the server isn't at the provider's own address."""
        return self.provider is not None and self.base_url.rstrip("/") != self.provider.base_url.rstrip("/")

    @property
    def hidden(self) -> list[str]:
        """Headers that the call had, and that held a secret: the log knows only their names."""
        return [name for name, value in self.request.headers.items() if MASK in value]

    @property
    def doubts(self) -> list[str]:
        """What of its words may not be as it was."""
        told = []
        if self.row["level"] != "full":
            told.append(
                f"Call {self.id} was logged at the level {self.row['level']}: it is made with what was left of it."
            )
        if MASK.encode() in self.http.body:
            told.append(f"{MASK} stands in call {self.id}: where that was a secret, the log hasn't it.")
        return told

    @property
    def asked_wire(self) -> str | None:
        """The API, where it isn't the one that such a call is made over by itself."""
        usual = self.provider.wire if self.provider else "chat_completions"
        if self.row["provider"] in ("openai", "azure") and why_responses(self.request, self.rules):
            usual = "responses"
        return None if usual == self.wire.NAME else self.wire.NAME


def find_asked(id: int) -> Asked:
    """A call that is in the log, and can be made again. Raises click.UsageError for one that can't."""
    row = call(ledger_path(), id) or {}
    if row["kind"] == "embeddings":
        raise click.UsageError(f"call {id} made vectors, and isn't made again from here: `ringup embed` makes them.")
    request = request_of(ledger_path(), id)
    if request is None:
        raise click.UsageError(f"the words of call {id} weren't kept. {NO_WORDS}")
    provider, wire = providers.find(row["provider"]), wires.find(row["wire"])
    rules = (provider.rules if provider else None) or models.rules(row["provider"], request.model)
    http, _ = wire.write_request(request, rules)
    return Asked(row=row, request=request, provider=provider, wire=wire, rules=rules, http=http)


def find_whole(id: int) -> Asked:
    """As `find_asked`; raises click.UsageError too where it had a picture or a file whose bytes weren't kept."""
    asked = find_asked(id)
    parts = [part for message in asked.request.messages for part in message.parts]
    parts += [more for part in parts if isinstance(part, ToolResult) for more in part.parts]
    if any(getattr(part, "data", None) == b"" for part in parts):
        raise click.UsageError(f"the pictures and files of call {id} weren't kept. {NO_WORDS}")
    return asked


def recorded(asked: Asked) -> Reply | None:
    """The answer as it came, as far as it did; None where none did."""
    row = asked.row
    if row["output"] is None and row["outcome"] != "answered":
        return None
    last = conversation(ledger_path(), asked.id)[-1]["message"] if row["output"] else Message("assistant", ())
    return Reply(
        message=last,
        finish_reason=row["finish_reason"],
        raw_finish_reason=row["raw_finish_reason"],
        usage=Usage(
            **{name: row[name] for name in _COUNTERS},
            details=decode(row["usage"]) if row["usage"] else {},
            estimated=bool(row["usage_estimated"]),
        ),
        id=row["reply_id"],
        model=row["model_answered"],
        provider=row["provider"],
        wire=row["wire"],
        **(decode(row["reply"]) if row["reply"] else {}),
    )


# As a call of a client


def prompt_of(request: Request) -> Any:
    """The prompt as short as a user would write it: a string, a list of parts, or messages."""
    messages = request.messages
    if len(messages) == 1 and messages[0] == Message("user", messages[0].parts):
        parts = [_short(part) for part in messages[0].parts]
        return parts[0] if len(parts) == 1 and isinstance(parts[0], str) else parts
    return [_plain(message) for message in messages]


def _short(part: Any) -> Any:
    return part.text if isinstance(part, Text) and part == Text(part.text) else part


def _plain(message: Message) -> Any:
    """A message of words alone as a dict."""
    if message.role != "tool" and message == Message(message.role, (Text(message.text),)):
        return {"role": message.role, "content": message.text}
    return message


def params_of(asked: Asked) -> dict[str, Any]:
    """What the call was given beside its prompt and model: only what it was given, as a client takes it.

    Headers that held a secret aren't among it: the log never had it.
    """
    request = asked.request
    system = [_short(part) for part in request.system]
    given: dict[str, Any] = {
        "system": system[0] if len(system) == 1 and isinstance(system[0], str) else system,
        "max_tokens": request.max_tokens,
        "temperature": request.temperature,
        "top_p": request.top_p,
        "stop": list(request.stop),
        "seed": request.seed,
        "reasoning": request.reasoning,
        "tools": list(request.tools),
        "tool_choice": request.tool_choice,
        "parallel_tool_calls": request.parallel_tool_calls,
        "output": request.output_schema.schema if request.output_schema else None,
        "wire": asked.asked_wire,
        "extra": {**request.extra, **_any_json(asked)},
        "headers": {name: value for name, value in request.headers.items() if name not in asked.hidden},
    }
    return {name: value for name, value in given.items() if value is not None and value not in ([], {})}


def _any_json(asked: Asked) -> dict[str, Any]:
    """An answer that must be JSON, but of no schema: no parameter asks for that."""
    schema = asked.request.output_schema
    wanted = schema is not None and schema.schema is None and asked.wire.NAME == "chat_completions"
    return {"response_format": {"type": "json_object"}} if wanted else {}
