"""A count of tokens as a call: of the provider where it tells, else no call at all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ringup.call import call
from ringup.counting import Count, estimate
from ringup.given import Params
from ringup.messages import Message
from ringup.plan import Planner
from ringup.script import Env, Record, Script

__all__ = ["begin_count"]


def begin_count(
    planner: Planner,
    messages: tuple[Message, ...],
    params: Params,
    *,
    output: Any,
    offline: bool,
    watch: Callable[[Record], None],
    env: Env,
) -> tuple[Script, Callable[[], Count]]:
    """The script of the count, and what gives the number once it has run. Raises ConfigurationError.

    Offline no key is needed, and nothing is sent.
    """
    ask = planner.ask(params, output)
    plan = None if offline else planner.count_plan(messages, params, ask)
    unsent = planner.unsent(messages, params, ask)
    if plan is None:
        found = estimate(unsent.request, unsent.provider, unsent.rules)
        return _nothing(), lambda: found
    record = Record(plan, watch)

    def counted() -> Count:
        return Count(
            tokens=record.reply.usage.input_tokens,
            estimated=False,
            error=0.0,
            window=unsent.rules.context_window,
            provider=unsent.provider,
            model=unsent.request.model,
        )

    return call(plan, record, env), counted


def _nothing() -> Script:
    yield from ()
