"""How much a model is to think: read from what a user gives, and said as the model takes it.

A word ("low") and a number of tokens mean about the same, and each model takes one of the two, or only some words.
What it doesn't take is sent as the nearest thing that it does, and a notice names that.

A word as a number of tokens:
- on Claudes that take only a budget, a share of max_tokens: minimal a tenth, low a fifth, medium half, high four
  fifths, xhigh and max 95 in 100; 1,024 at least (OpenRouter's guide to reasoning tokens has the same shares)
- on Gemini 2.5: minimal and low 1,024, medium 8,192, high 24,576, xhigh and max all that the model has (Google's guide
  to its OpenAI-compatible API)
A number of tokens as a word: the one whose tokens in that second list are nearest, in proportion.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, cast

from msgspec.structs import replace

from ringup.errors import ParameterError
from ringup.messages import Reasoning, Request
from ringup.reply import Notice, Notices
from ringup.rules import Dial, Rules

__all__ = ["fitted", "read_reasoning", "shown"]

_WORDS = ("none", "default", "minimal", "low", "medium", "high", "xhigh", "max")
_SHARES = {"minimal": 0.1, "low": 0.2, "medium": 0.5, "high": 0.8, "xhigh": 0.95, "max": 0.95}
_TOKENS = {"minimal": 512, "low": 1024, "medium": 8192, "high": 24_576, "xhigh": 49_152, "max": 98_304}
_LEAST = 1024
"""The smallest budget of a Claude."""
_CAREFUL, _WHOLE = 4096, 21_333
"""What the Messages API is asked for as max_tokens by default: where the limit isn't known, and where it is large."""
_SHOWING = ("anthropic_messages", "responses", "gemini")
"""Wires that show thinking only when asked to."""


def read_reasoning(given: Any) -> Reasoning | None:
    """A word, a number of tokens, True for the model's own way, False for none, or a Reasoning.

    Raises ParameterError.
    """
    match given:
        case None | Reasoning():
            return given
        case True:
            return Reasoning(mode="adaptive")
        case False | 0 | "none":
            return Reasoning(effort="none", mode="disabled")
        case str() if given in _WORDS:
            return Reasoning(effort=given)
        case int() if given > 0:
            return Reasoning(budget_tokens=given)
    words = ", ".join([repr(word) for word in _WORDS if word != "default"])
    raise ParameterError(
        f"reasoning={given!r} can't be used: give a word ({words}), a number of tokens, True or False",
        parameter="reasoning",
    )


def fitted(request: Request, rules: Rules, wire: str, strict: bool = False) -> tuple[Request, tuple[Notice, ...]]:
    """The request with its reasoning as the model takes it, and a notice of all that was said otherwise.

    Raises ParameterError with `strict` for what can't be said at all.
    """
    if request.reasoning is None:
        return request, ()
    fit = _Fit(request, rules, strict)
    write: Callable[[_Fit], Request] = {"anthropic_messages": _claude, "gemini": _gemini}.get(wire, _words)
    return write(fit), tuple(fit.notices.values())


def shown(request: Request, wire: str, asked: Reasoning | None) -> Request:
    """The request that asks for the thinking's text too, where the wire gives it and nothing else was `asked`."""
    wanted = request.reasoning
    if wanted is None or wire not in _SHOWING or asked is None or asked.display is not None or _is_off(asked):
        return request
    if wire == "anthropic_messages" and wanted.mode not in ("adaptive", "enabled"):
        return request
    return replace(request, reasoning=replace(wanted, display="summarized"))


class _Fit:
    """One request that is being fitted."""

    def __init__(self, request: Request, rules: Rules, strict: bool) -> None:
        self.request = request
        self.rules = rules
        self.strict = strict
        self.notices = Notices()

    @property
    def wanted(self) -> Reasoning:
        return cast("Reasoning", self.request.reasoning)

    def tell(self, kind: str, text: str, what: str = "reasoning") -> None:
        self.notices.add(kind, what, f"{text} (to {self.request.model})")

    def drop(self, why: str) -> Request:
        """Leave it out, or refuse to."""
        text = f"{_said(self.wanted)} was not sent to {self.request.model}, because {why}"
        if self.strict:
            raise ParameterError(text, parameter="reasoning", advice="Leave it out, or call without strict=True.")
        self.notices.add("dropped", "reasoning", text)
        return replace(self.request, reasoning=None)

    def sent(self, **fields: Any) -> Request:
        """The request with this reasoning; what is shown of it stays as it was asked."""
        return replace(self.request, reasoning=Reasoning(display=self.wanted.display, **fields))

    def nearest(self, word: str) -> str:
        """The word that the model takes instead; told where it is another one."""
        near = _nearest(word, self.rules.efforts)
        if near != word:
            self.tell("renamed", f"the effort {word!r} was sent as {near!r}, the nearest that the model takes")
        return near

    def word_of(self, tokens: int) -> str:
        """The word for a number of tokens, and a notice of it."""
        known = [word for word in _TOKENS if not self.rules.efforts or word in self.rules.efforts]
        word = min(known or ["high"], key=lambda word: max(_TOKENS[word], tokens) / min(_TOKENS[word], tokens))
        word = word if known else _nearest(word, self.rules.efforts)
        self.tell("renamed", f"the budget of {tokens:,} tokens was sent as the effort {word!r}")
        return word


def _is_off(wanted: Reasoning) -> bool:
    return wanted.effort == "none" or (wanted.mode == "disabled" and wanted.effort is None)


def _said(wanted: Reasoning) -> str:
    """What was asked for, in words."""
    if _is_off(wanted):
        return "reasoning='none'"
    if wanted.budget_tokens is not None:
        return f"reasoning={wanted.budget_tokens}"
    return f"reasoning={wanted.effort!r}" if wanted.effort else "reasoning=True"


def _nearest(word: str, efforts: Iterable[str]) -> str:
    """The effort next to a word; of two that are as near, the lower one. None is no effort, and stands for nothing."""
    known = [effort for effort in _WORDS if effort in efforts and effort != "none"]
    if not known or word in efforts or word not in _WORDS:
        return word
    return min(known, key=lambda effort: abs(_WORDS.index(effort) - _WORDS.index(word)))


def _is_count(tokens: Any) -> bool:
    return type(tokens) is int and tokens > 0


# Words: OpenAI's two wires, and all that speak like them


def _words(fit: _Fit) -> Request:
    wanted, rules = fit.wanted, fit.rules
    if "reasoning" in rules.refuses:
        return replace(fit.request, reasoning=None) if _is_off(wanted) else fit.drop("this model doesn't think")
    if "effort" in rules.refuses:
        return fit.drop("it thinks as much as it finds right")
    if wanted.mode == "between_tools":
        return fit.drop("this API can't think only between calls of tools")
    if rules.dial:
        return _dialled(fit, rules.dial)
    if _is_off(wanted):
        return fit.sent(effort=_lowest(fit))
    return fit.sent(effort=_effort(fit))


def _effort(fit: _Fit) -> str | None:
    """The word for what was asked; None for the model's own way."""
    wanted = fit.wanted
    if wanted.effort is not None:
        if wanted.budget_tokens is not None:
            fit.tell("dropped", "this API takes a word or a budget: the word was sent", "reasoning.budget_tokens")
        return fit.nearest(wanted.effort)
    if wanted.budget_tokens is not None:
        return fit.word_of(wanted.budget_tokens) if _is_count(wanted.budget_tokens) else None
    if fit.rules.default_effort == "none" and wanted.mode is not None:
        fit.tell("added", "the model doesn't think unless it is told how much: the effort 'medium' was sent")
        return "medium"
    return None


def _lowest(fit: _Fit) -> str:
    """What comes nearest to not thinking."""
    efforts = fit.rules.efforts
    if not efforts or "none" in efforts:
        return "none"
    least = next(word for word in _WORDS if word in efforts)
    fit.tell("renamed", f"the model always thinks: the effort {least!r} was sent, its least")
    return least


def _dialled(fit: _Fit, dial: Dial) -> Request:
    """A server with words of its own: they go beside the rest of the body, and what the user put there wins."""
    wanted, fields = fit.wanted, dict(dial.on)
    if _is_off(wanted):
        fields = dict(dial.off) if dial.off is not None else _nested(dial.effort, _lowest(fit))
    elif wanted.budget_tokens is not None and dial.budget:
        fields = _merged(fields, _nested(dial.budget, wanted.budget_tokens))
        if wanted.effort is not None:
            fit.tell("dropped", "this API takes a word or a budget: the budget was sent", "reasoning.effort")
    elif (effort := _effort(fit)) is not None:
        fields = _merged(fields, _nested(dial.effort, effort))
    if wanted.display == "omitted":
        if not dial.hide:
            fit.tell("dropped", "this API can't be told to keep its thinking back", "reasoning.display")
        fields = _merged(fields, dial.hide)
    return replace(fit.request, reasoning=None, extra=_merged(fields, fit.request.extra))


def _nested(path: str, value: Any) -> dict[str, Any]:
    name, dot, rest = path.partition(".")
    return {name: _nested(rest, value) if dot else value}


def _merged(fields: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    """Both, those of `more` winning; objects are merged."""
    found = dict(fields)
    for name, value in more.items():
        held = found.get(name)
        found[name] = _merged(held, value) if isinstance(held, dict) and isinstance(value, dict) else value
    return found


# Claude


def _claude(fit: _Fit) -> Request:
    wanted, kinds = fit.wanted, fit.rules.thinking
    if _is_off(wanted):
        return _claude_off(fit)
    if kinds and not kinds & {"adaptive", "enabled"}:
        return fit.drop("this model doesn't think")
    if wanted.mode == "between_tools" and "between_tools" in kinds:
        return fit.request
    if wanted.budget_tokens is not None:
        return _claude_budget(fit)
    if not kinds or "adaptive" in kinds:
        effort = None if wanted.effort is None else fit.nearest(_at_least_low(wanted.effort, fit))
        return fit.sent(mode="adaptive", effort=effort)
    tokens = _share(fit, wanted.effort or "medium")
    asked = f"the effort {wanted.effort!r}" if wanted.effort else "reasoning=True"
    fit.tell("renamed" if wanted.effort else "added", f"{asked} was sent as a budget of {tokens:,} tokens")
    effort = None if "effort" in fit.rules.refuses or wanted.effort is None else fit.nearest(wanted.effort)
    return _with_room(fit, tokens, effort)


def _at_least_low(word: str, fit: _Fit) -> str:
    """Anthropic has no "minimal", on any model."""
    if word != "minimal":
        return word
    fit.tell("renamed", "the effort 'minimal' was sent as 'low', the least of this API")
    return "low"


def _claude_off(fit: _Fit) -> Request:
    kinds = fit.rules.thinking
    if kinds == {"disabled"}:
        return replace(fit.request, reasoning=None)
    if not kinds or "disabled" in kinds:
        return fit.sent(mode="disabled")
    if "between_tools" in kinds:
        fit.tell("renamed", "the model always thinks: thinking only between calls of tools was sent, its least")
        return fit.sent(mode="between_tools")
    fit.tell("renamed", "the model always thinks: the effort 'low' was sent, its least")
    return fit.sent(mode="adaptive", effort="low")


def _claude_budget(fit: _Fit) -> Request:
    wanted, kinds = fit.wanted, fit.rules.thinking
    tokens = wanted.budget_tokens
    if not _is_count(tokens):
        return fit.request  # an error, later
    assert tokens is not None
    if kinds and "enabled" not in kinds:
        effort = fit.nearest(wanted.effort) if wanted.effort else fit.word_of(tokens)
        return fit.sent(mode="adaptive", effort=effort)
    if tokens < _LEAST:
        fit.tell("renamed", f"the budget of {tokens:,} tokens was sent as {_LEAST:,}, the least of this API")
    return _with_room(fit, max(tokens, _LEAST), wanted.effort)


def _share(fit: _Fit, word: str) -> int:
    """A word as a budget: its share of the answer's longest length."""
    limit = fit.rules.max_output_tokens or _CAREFUL
    most = fit.request.max_tokens if _is_count(fit.request.max_tokens) else min(limit, _WHOLE)
    return max(int((most or limit) * _SHARES.get(word, 0.5)), _LEAST)


def _with_room(fit: _Fit, tokens: int, effort: str | None) -> Request:
    """A budget, and above it room for the answer: the API wants max_tokens to be more than the budget."""
    most, limit = fit.request.max_tokens, fit.rules.max_output_tokens
    if limit is not None and tokens >= limit:
        text = f"the budget of {tokens:,} tokens was sent as {limit - 1:,}: the model writes {limit:,} at most"
        fit.tell("renamed", text)
        tokens = limit - 1
    if most is not None and _is_count(most) and most <= tokens:
        raised = tokens + most if limit is None else min(tokens + most, limit)
        text = f"max_tokens was raised from {most:,} to {raised:,}: it must be above the budget of {tokens:,} tokens"
        fit.tell("added", text, "max_tokens")
        fit.request = replace(fit.request, max_tokens=raised)
    return fit.sent(mode="enabled", budget_tokens=tokens, effort=effort)


# Gemini


def _gemini(fit: _Fit) -> Request:
    rules = fit.rules
    if not rules.reasons and rules.context_window is not None:
        return replace(fit.request, reasoning=None) if _is_off(fit.wanted) else fit.drop("this model doesn't think")
    if fit.wanted.mode == "between_tools":
        return fit.drop("this API can't think only between calls of tools")
    if rules.budgets:
        return _gemini_budget(fit, *rules.budgets)
    if rules.efforts or rules.signed_calls:
        return _gemini_level(fit)
    return fit.request  # not in the table: the wire knows the old ones from the new


def _gemini_budget(fit: _Fit, least: int, most: int) -> Request:
    """Before Gemini 3: a number of tokens."""
    wanted = fit.wanted
    if _is_off(wanted):
        if "none" in fit.rules.efforts:
            return fit.sent(mode="disabled")
        fit.tell("renamed", f"the model always thinks: a budget of {least:,} tokens was sent, its least")
        return fit.sent(budget_tokens=least)
    tokens = wanted.budget_tokens
    if tokens is None and wanted.effort is None:
        return fit.sent(mode="adaptive")
    if tokens is None:
        tokens = most if wanted.effort in ("xhigh", "max") else max(_TOKENS.get(wanted.effort or "", 8192), _LEAST)
        fit.tell("renamed", f"the effort {wanted.effort!r} was sent as a budget of {tokens:,} tokens")
    elif _is_count(tokens) and not least <= tokens <= most:
        tokens = min(max(tokens, least), most)
        fit.tell("renamed", f"the budget was sent as {tokens:,} tokens: the model takes {least:,} to {most:,}")
    return fit.sent(budget_tokens=tokens)


def _gemini_level(fit: _Fit) -> Request:
    """From Gemini 3 on: a word."""
    wanted, efforts = fit.wanted, fit.rules.efforts
    if _is_off(wanted):
        least = next((word for word in _WORDS if word in efforts), "minimal")
        fit.tell("renamed", f"the model always thinks: the level {least!r} was sent, its least")
        return fit.sent(effort=least)
    return fit.sent(effort=_effort(fit))
