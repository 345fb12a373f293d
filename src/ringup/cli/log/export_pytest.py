"""A call as a test with pytest: a redacted fixture of what was answered, and what ringup makes of it."""

from __future__ import annotations

import importlib
import json
import warnings
from textwrap import indent
from typing import Any

import click
from msgspec import Struct
from msgspec.structs import replace

from ringup import errors
from ringup.cli.log.asked import Asked, params_of, prompt_of, recorded
from ringup.cli.log.export_python import asking
from ringup.cli.log.pycode import Call, written
from ringup.cli.log.redacting import Redactor
from ringup.client import Client
from ringup.errors import APIError, APIStatusError, ConfigurationError, OutputError, RingupWarning
from ringup.events import replay
from ringup.ledger import Ledger
from ringup.reply import Reply

__all__ = ["Case", "make_case"]

_PAGE = '''\
"""Call {id} of the log, asked on {when}: what is sent, and what ringup makes of the answer that came.

Written by `ringup log export {id} --pytest`. Here and in the JSON file beside it, e-mail addresses, telephone, card and
account numbers, IP addresses and secrets were replaced by words in brackets or by ***, and pictures and files were left
out. Names and the rest of what was said stayed: read both files before you share them.
"""

{imports}

CALL = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))


{mark}def test_call_{id}(simulator):
{body}
'''
_MARK = '@pytest.mark.filterwarnings("ignore::ringup.RingupWarning")'
"""Where the call has a notice: programs that take warnings for errors run this test too."""

_PIECE = 16
"""Letters in each piece of a streamed answer."""

Came = Reply[Any] | APIError


class Case(Struct, frozen=True):
    """The test, and the fixture that stands beside it: under the same name, with the suffix .json."""

    test: str
    fixture: str


def make_case(asked: Asked, no_ledger: Ledger) -> Case:
    """The test of a call. It was made once, against the simulator in this process, and what it expects is what came of
    that.

    Raises click.ClickException for a call that there can't be a test of.
    """
    redactor = Redactor()
    asked = _redacted(asked, redactor)
    reply = recorded(asked)
    if asked.row["outcome"] == "answered" and reply is not None:
        reply = redactor.reply(reply, asked.request.output_schema is not None)
        answer = _answer(asked, reply)
    elif asked.row["outcome"] == "failed" and (asked.row["status"] or 0) >= 400:
        answer = _refusal(asked, redactor)
    else:
        raise click.ClickException(f"call {asked.id} has no whole answer that a test could give back.")
    sent, came, is_warned = _played(asked, answer, no_ledger)
    if answer["status"] == 200 and not _is_same(came, reply):
        raise click.ClickException(f"the answer of call {asked.id} can't be given back as it came.")
    held = {"call": asked.id, "request": sent, "answer": answer}
    if isinstance(came, Reply):
        held |= {"text": came.text, "tool_calls": [[call.name, call.json] for call in came.tool_calls]}
    return Case(_test(asked, came, is_warned), json.dumps(held, ensure_ascii=False, indent=2) + "\n")


def _redacted(asked: Asked, redactor: Redactor) -> Asked:
    request = redactor.request(asked.request)
    return replace(asked, request=request, http=asked.wire.write_request(request, asked.rules)[0])


# The answer, as a fault of the simulator


def _answer(asked: Asked, reply: Reply) -> dict[str, Any]:
    kind = "text/event-stream" if asked.request.stream else "application/json"
    return {"status": 200, "headers": {"content-type": kind}, "body": _written(asked, reply).decode()}


def _refusal(asked: Asked, redactor: Redactor) -> dict[str, Any]:
    kind: Any = getattr(errors, asked.row["error_type"] or "", None) or APIStatusError
    error = kind(redactor.text(asked.row["error"] or ""), status=asked.row["status"])
    body = asked.wire.write_error(error).body.decode()
    return {"status": asked.row["status"], "headers": {"content-type": "application/json"}, "body": body}


def _written(asked: Asked, reply: Reply) -> bytes:
    """The answer as its wire says it."""
    if not asked.request.stream:
        return asked.wire.write_reply(reply)
    writer = asked.wire.Writer(asked.wire.read_request(asked.http))
    return b"".join([writer.feed(event) for event in replay(reply, _PIECE)] + [writer.close()])


# The call, made once as the test makes it


def _played(asked: Asked, answer: dict[str, Any], no_ledger: Ledger) -> tuple[Any, Came, bool]:
    """The JSON that was sent, what came of it, and whether there was a warning."""
    testing: Any = importlib.import_module("ringup.testing")  # a lazy door: it loads a server
    with warnings.catch_warnings(record=True) as heard, testing.Simulator() as simulator:
        warnings.simplefilter("always", RingupWarning)
        simulator.fault(**answer)
        client = simulator.client(asked.model, ledger=no_ledger, **_of_client(asked))
        try:
            came: Came = _answered(client, asked)
        except (OutputError, ConfigurationError) as error:
            raise click.ClickException(f"call {asked.id} can't be made a test of: {error.message}") from None
        except APIError as error:
            came = error
        is_warned = any(issubclass(one.category, RingupWarning) for one in heard)
        return simulator.calls[-1].request.json, came, is_warned


def _is_same(came: Came, reply: Reply | None) -> bool:
    """Whether what was recorded has come again."""
    if reply is None or not isinstance(came, Reply):
        return False
    told, then = came.usage, reply.usage
    same = (told.input_tokens, told.output_tokens) == (then.input_tokens, then.output_tokens)
    return same and came.text == reply.text and came.finish_reason == reply.finish_reason


def _answered(client: Client, asked: Asked) -> Reply:
    if not asked.request.stream:
        return client.ask(prompt_of(asked.request), **params_of(asked))
    with client.stream(prompt_of(asked.request), **params_of(asked)) as stream:
        for _ in stream:
            pass
    return stream.reply


def _of_client(asked: Asked) -> dict[str, Any]:
    """A server that was given by its address has no provider."""
    return {"retries": 0, **({"provider": None} if asked.provider is None else {})}


# The test


def _test(asked: Asked, came: Came, is_warned: bool) -> str:
    options = [(f"{name}=", held) for name, held in _of_client(asked).items()]
    call = asking(asked, f"client.{'stream' if asked.request.stream else 'ask'}")
    code = written(call, before=24)
    asks = f"with {code} as stream:\n    for _ in stream:\n        pass" if asked.request.stream else None
    lines = [
        'simulator.fault(**CALL["answer"])',
        f"client = {written(Call('simulator.client', [('', asked.model), *options]))}",
    ]
    if isinstance(came, APIError):
        lines.append(f"with pytest.raises(ringup.{type(came).__name__}) as caught:")
        lines.append(indent(asks or code, "    "))
    else:
        lines += [asks, "reply = stream.reply"] if asks else [f"reply = {code}"]
    lines.append('assert simulator.calls[-1].request.json == CALL["request"]')
    lines += [f"assert caught.value.status == {came.status}"] if isinstance(came, APIError) else _checks(came)
    body = indent("\n".join(lines), "    ")
    mark = f"{_MARK}\n" if is_warned else ""
    imports = _imports(mark.partition("(")[0] + body)
    return _PAGE.format(id=asked.id, when=asked.when, imports=imports, mark=mark, body=body)


def _checks(reply: Reply) -> list[str]:
    """What must come of the answer. Prices change, so the cost is only that of the same ones."""
    usage = reply.usage
    lines = ['assert reply.text == CALL["text"]']
    if reply.tool_calls:
        lines.append('assert [[call.name, call.json] for call in reply.tool_calls] == CALL["tool_calls"]')
    lines.append(f"assert reply.finish_reason == {written(reply.finish_reason)}")
    lines.append(
        f"assert (reply.usage.input_tokens, reply.usage.output_tokens) == ({usage.input_tokens}, {usage.output_tokens})"
    )
    if reply.cost is not None:
        lines.append(f"if reply.bill.prices == {written(reply.bill.prices)}:")
        lines.append(f'    assert reply.cost == Decimal("{reply.cost}")')
    return lines


def _imports(body: str) -> str:
    standard = ["import base64"] if "base64.b64decode(" in body else []
    standard += ["import json", *["from decimal import Decimal"] * ("Decimal(" in body), "from pathlib import Path"]
    others = [f"import {name}" for name in ("pytest", "ringup") if f"{name}." in body]
    return "\n".join([*standard, *[""] * bool(others), *others])
