"""What a provider would refuse in a request, each point in our words and in the provider's own.

The client (`ringup.parameters.fit`) and the simulator (`ringup.parameters.violations`) both ask here, so they can't
disagree. The wording is that of OpenAI's and Anthropic's 400 answers, as recorded or reported up to November 2026.
Where it isn't sure that a provider refuses something, nothing is said here.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

from msgspec import Struct

from ringup.messages import (
    Audio,
    Document,
    Image,
    Message,
    OutputSchema,
    Part,
    Reasoning,
    Request,
    Text,
    ToolChoice,
    ToolResult,
)
from ringup.rules import Rules

__all__ = ["FIELDS", "Problem", "effort", "holds", "judge", "judge_server", "refused", "thinks"]

_GEMINI = "generationConfig."
FIELDS = {
    "max_tokens": ("max_tokens", "max_completion_tokens", "max_output_tokens", _GEMINI + "maxOutputTokens"),
    "temperature": ("temperature", _GEMINI + "temperature"),
    "top_p": ("top_p", _GEMINI + "topP"),
    "stop": ("stop", "stop_sequences", _GEMINI + "stopSequences"),
    "seed": ("seed", _GEMINI + "seed"),
    "n": ("n", _GEMINI + "candidateCount"),
    "system": ("system", "instructions", "systemInstruction"),
    "tools": ("tools",),
    "tool_choice": ("tool_choice", "toolConfig.functionCallingConfig"),
    "parallel_tool_calls": ("parallel_tool_calls",),
    "output_schema": ("response_format", "text.format", "output_config.format", _GEMINI + "responseJsonSchema"),
    "reasoning": ("reasoning_effort", "reasoning", "thinking", _GEMINI + "thinkingConfig"),
    "metadata": ("metadata",),
}
"""Each parameter of a Request, and the fields of a body that say the same. A dot leads into an object; Gemini's names
may also be written with underscores, as its API takes them.
"""

_DEFAULTS: dict[str, Any] = {
    "temperature": 1,
    "top_p": 1,
    "frequency_penalty": 0,
    "presence_penalty": 0,
    "logprobs": False,
    "logit_bias": {},
    "parallel_tool_calls": True,
    "tool_choice": ToolChoice("auto"),
}
"""The APIs' own defaults: a model that refuses the parameter takes it with this value, for it changes nothing."""

_CAPITAL = re.compile(r"([A-Z])")
_Limits = tuple[float, float, bool]
"""The least and the greatest value, and whether it is a whole number."""

_EXTRA_LIMITS: dict[str, dict[str, _Limits]] = {
    "openai": {
        "frequency_penalty": (-2, 2, False),
        "presence_penalty": (-2, 2, False),
        "top_logprobs": (0, 20, True),
    },
    "anthropic": {"top_k": (0, math.inf, True)},
    "xai": {"top_logprobs": (0, 8, True)},
}
_ONLY_THOUGHTLESS = frozenset({"temperature", "top_p", "logprobs", "top_logprobs"})
_CLAUDE_SAMPLING = frozenset({"temperature", "top_p", "top_k"})
_BOTH = "temperature_with_top_p"
_MARKS = frozenset(
    {
        *("max_tokens", "reasoning", "effort", "system", "prefill", "mid_system", "forced_tool_choice", _BOTH),
        *("developer", "name", "image_url", "json_object", "json_schema", "json_schema_with_tools"),
    }
)
"""Names in `Rules.refuses` that are more than one parameter to leave out: each has a check of its own, here or (for
what is said otherwise) in the wire."""

_ALL_INPUTS = frozenset({"text", "image", "pdf", "audio"})
_EFFORT_ORDER = ("none", "default", "minimal", "low", "medium", "high", "xhigh", "max")

_LIKE = {"enabled": "adaptive", "adaptive": "enabled", "disabled": "between_tools"}
"""The kind of thinking that comes nearest to one which the model doesn't take."""

_OLD_NAME = (
    "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
    "max_tokens",
    "unsupported_parameter",
)
_ADAPTIVE = '"thinking.type.adaptive" and "output_config.effort" to control thinking behavior.'


class Problem(Struct, frozen=True):
    """One thing that the provider would refuse.

    what, value   the parameter as a user of ringup knows it, and what it holds
    why           ours: with `drop`, the reason ("this model takes only the default"); without, what must be
    vendor, param, code   the provider's words: message, field, and code (OpenAI has one)
    drop          what to leave out so that the rest can be sent; None where only another value helps
    instead       what to send in its place, where the model has the like
    """

    what: str
    value: Any
    why: str
    vendor: str
    param: str
    code: str | None = None
    drop: str | None = None
    instead: str | None = None


def judge(request: Request, rules: Rules, provider: str) -> Iterator[Problem]:
    """What the provider would refuse, ranges first."""
    claude = provider == "anthropic"
    yield from _ranges(request, rules, provider)
    if request.max_tokens is not None:
        yield from _max_tokens(request, rules, claude)
    if request.stop:
        yield from _stops(request, rules, claude)
    if rules.refuses:
        yield from _refusals(request, rules, claude)
    if request.reasoning or request.extra:
        yield from _efforts(request, rules, claude)
    if request.output_schema is not None:
        yield from _output(request.output_schema, rules)
    yield from _conversation(request, rules, claude)
    if claude:
        yield from _thinking(request, rules)
        yield from _sampling_together(request, rules)
        yield from _tool_choice(request, rules)


def judge_server(request: Request, rules: Rules, provider: str, max_tokens_field: str | None) -> Iterator[Problem]:
    """What only a server meets, because ringup's wires never send it."""
    if max_tokens_field == "max_tokens" and "max_tokens" in rules.refuses and request.max_tokens is not None:
        yield Problem("max_tokens", request.max_tokens, "", *_OLD_NAME)
    if provider != "anthropic":
        return
    if "mid_system" in rules.refuses and any(message.role == "system" for message in request.messages):
        vendor = 'messages: Unexpected role "system". The Messages API accepts a top-level `system` parameter, not '
        yield Problem("messages", "system", "", vendor + '"system" as an input message role.', "messages")


def _leave_out(place: str, value: Any, why: str, vendor: str, param: str, *code: str | None) -> Problem:
    return Problem(place, value, why, vendor, param, code[0] if code else None, place)


# Ranges


def _ranges(request: Request, rules: Rules, provider: str) -> Iterator[Problem]:
    claude = provider == "anthropic"
    if request.temperature is not None:
        yield from _range("temperature", request.temperature, (0, rules.temperature_max, False), claude)
    if request.top_p is not None:
        yield from _range("top_p", request.top_p, (0, 1, False), claude)
    if request.n is not None and not claude:
        yield from _range("n", request.n, (1, 128, True), claude)
    for name, limits in _EXTRA_LIMITS.get(provider, {}).items() if request.extra else ():
        yield from _range(name, request.extra.get(name), limits, claude)


def _range(name: str, value: Any, limits: _Limits, claude: bool, field: str = "") -> Iterator[Problem]:
    low, high, whole = limits
    if value is None:
        return
    span = f"from {low:g} to {high:g}" if high < math.inf else f"{low:g} or more"
    if type(value) is not int and (whole or type(value) is not float or not math.isfinite(value)):
        why = f"{name} must be a {'whole ' if whole else ''}number {span}"
        yield Problem(name, value, why, *_type_words(field or name, value, whole, claude))
    elif not low <= value <= high:
        yield Problem(name, value, f"{name} must be {span}", *_range_words(field or name, value, limits, claude))


def _type_words(field: str, value: Any, whole: bool, claude: bool) -> tuple[str, str, str | None]:
    if claude:
        return f"{field}: Input should be a valid {'integer' if whole else 'number'}", field, None
    names = {bool: "a boolean", str: "a string", float: "a decimal number", list: "an array"}
    wanted, got = "an integer" if whole else "a decimal", names.get(type(value), "an object")
    return f"Invalid type for '{field}': expected {wanted}, but got {got} instead.", field, "invalid_type"


def _range_words(field: str, value: float, limits: _Limits, claude: bool) -> tuple[str, str, str | None]:
    low, high, whole = limits
    if claude:
        return f"{field}: " + (f"range: {low:g}..{high:g}" if high < math.inf else _at_least(low)), field, None
    kind = "integer" if whole else "decimal"
    where, which, sign, bound = ("below", "min", ">=", low) if value < low else ("above", "max", "<=", high)
    message = f"Invalid '{field}': {kind} {where} {which}imum value. Expected a value {sign} {bound:g}, but got {value}"
    return message + " instead.", field, f"{kind}_{where}_{which}_value"


def _at_least(low: float) -> str:
    return f"Input should be greater than or equal to {low:g}"


def _max_tokens(request: Request, rules: Rules, claude: bool) -> Iterator[Problem]:
    value, limit = request.max_tokens, rules.max_output_tokens
    low = 0 if claude else 1  # 0 warms Anthropic's prompt cache, and writes nothing
    wrong = list(_range("max_tokens", value, (low, math.inf, True), claude, rules.max_tokens_field))
    yield from wrong
    if wrong or value is None or limit is None or value <= limit:
        return
    if claude:
        vendor = f"max_tokens: {value} > {limit}, which is the maximum allowed number of output tokens for "
        vendor += request.model
    else:
        vendor = f"max_tokens is too large: {value}. This model supports at most {limit} completion tokens, "
        vendor += f"whereas you provided {value}."
    code = None if claude else "invalid_value"
    yield Problem("max_tokens", value, f"max_tokens must be from 1 to {limit}", vendor, "max_tokens", code)


def _stops(request: Request, rules: Rules, claude: bool) -> Iterator[Problem]:
    stops, most = list(request.stop), rules.stop_max
    if most is not None and len(stops) > most:
        vendor = f"Invalid 'stop': array too long. Expected an array with maximum length {most}, but got an array "
        vendor += f"with length {len(stops)} instead."
        yield Problem("stop", stops, f"stop must be {most} strings at most", vendor, "stop", "array_above_max_length")
    if claude and any(not text.strip() for text in stops):
        vendor = "stop_sequences: each stop sequence must contain non-whitespace"
        yield Problem("stop", stops, "stop must have more than white space in each string", vendor, "stop_sequences")


# What a model refuses


def holds(extra: Any, field: str) -> bool:
    """Whether the further fields of a body hold one of those in `FIELDS`."""
    name, dot, rest = field.partition(".")
    for key in (name, _CAPITAL.sub(r"_\1", name).lower()):
        value = extra.get(key) if isinstance(extra, dict) else None
        if value is not None and (not dot or holds(value, rest)):
            return True
    return False


def refused(request: Request, rules: Rules) -> Iterator[tuple[str, str]]:
    """The parameters given that the model refuses: the name of each, and its place ("stop", "extra.top_k")."""
    for name in _left_out(frozenset(rules.refuses), effort(request, rules) == "none"):
        if name in FIELDS and getattr(request, name) not in (None, ()):
            yield name, name
        for field in FIELDS.get(name, (name,)) if request.extra else ():
            if request.extra.get(field) is not None:
                yield name, f"extra.{field}"


@lru_cache(256)
def _left_out(refuses: frozenset[str], thoughtless: bool) -> tuple[str, ...]:
    """The parameters among what a model refuses, in order; of some it refuses less when it doesn't think."""
    return tuple(sorted(refuses - _MARKS - (_ONLY_THOUGHTLESS if thoughtless else frozenset())))


def _value_at(request: Request, place: str) -> Any:
    where, _, field = place.partition(".")
    value = request.extra[field] if where == "extra" else getattr(request, where)
    return list(value) if isinstance(value, tuple) else value


def _refusals(request: Request, rules: Rules, claude: bool) -> Iterator[Problem]:
    for name, place in refused(request, rules):
        value = _value_at(request, place)
        if name in _DEFAULTS and value == _DEFAULTS[name]:
            continue
        why, vendor, code = _claude_refusal(name) if claude else _openai_refusal(name, value, rules)
        yield _leave_out(place, value, why, vendor, name, code)
    if "max_tokens" in rules.refuses and (value := request.extra.get("max_tokens")) is not None:
        why = "this model knows it as max_completion_tokens (give max_tokens=... outside of extra)"
        yield _leave_out("extra.max_tokens", value, why, *_OLD_NAME)


def _claude_refusal(name: str) -> tuple[str, str, str | None]:
    if name in _CLAUDE_SAMPLING:
        return "this model takes no sampling parameters", f"`{name}` is deprecated for this model.", None
    return "Anthropic's API has no such parameter", f"{name}: Extra inputs are not permitted", None


def _openai_refusal(name: str, value: Any, rules: Rules) -> tuple[str, str, str | None]:
    hint = " unless it thinks with the effort 'none'" if "none" in rules.efforts and name in _ONLY_THOUGHTLESS else ""
    if name == "temperature":
        vendor = f"Unsupported value: 'temperature' does not support {value} with this model. "
        vendor += "Only the default (1) value is supported."
        return "this model takes only the default (1)" + hint, vendor, "unsupported_value"
    if name == "top_k":
        return "OpenAI's API has no such parameter", "Unknown parameter: 'top_k'.", "unknown_parameter"
    vendor = f"Unsupported parameter: '{name}' is not supported with this model."
    return "this model doesn't take it" + hint, vendor, "unsupported_parameter"


def effort(request: Request, rules: Rules) -> Any:
    """The effort that the request asks for, by its parameter or in `extra`, or the model's default."""
    asked = request.reasoning.effort if request.reasoning else None
    if not request.extra:
        return asked or rules.default_effort
    nested = request.extra.get("reasoning")
    nested = nested.get("effort") if isinstance(nested, dict) else None
    return asked or request.extra.get("reasoning_effort") or nested or rules.default_effort


def thinks(request: Request, rules: Rules) -> bool:
    """Whether the model may think before it answers. A Claude that can be told not to does so only when asked."""
    given = request.extra.get("thinking")
    mode = request.reasoning.mode if request.reasoning else None
    mode = given.get("type") if isinstance(given, dict) else mode
    if rules.thinking:
        return rules.reasons and (mode not in (None, "disabled") or "disabled" not in rules.thinking)
    return rules.reasons and mode != "disabled" and effort(request, rules) != "none"


def _efforts(request: Request, rules: Rules, claude: bool) -> Iterator[Problem]:
    asked = request.reasoning.effort if request.reasoning else None
    if "reasoning" in rules.refuses and (request.reasoning or request.extra.get("reasoning_effort")):
        place = "reasoning" if request.reasoning else "extra.reasoning_effort"
        value = asked or request.extra.get("reasoning_effort")
        vendor = "Unrecognized request argument supplied: reasoning_effort"
        yield _leave_out(place, value, "this model doesn't think", vendor, "reasoning_effort")
    elif claude and asked == "none":  # the wire says it as thinking disabled
        if rules.thinking and "disabled" not in rules.thinking:
            words = _thinking_words("disabled", rules)
            yield _leave_out("reasoning.effort", asked, "this model always thinks", words, "thinking.type")
    elif asked and "effort" in rules.refuses:
        vendor = "This model does not support the effort parameter."
        yield _leave_out("reasoning.effort", asked, "this model takes no effort", vendor, "output_config.effort")
    elif asked and rules.efforts and asked not in rules.efforts and not (claude and asked == "minimal"):
        why = f"this model takes {_quoted(rules.efforts, 'or')}"
        yield _leave_out("reasoning.effort", asked, why, *_effort_words(asked, rules, claude))


def _effort_words(effort: str, rules: Rules, claude: bool) -> tuple[str, str, str | None]:
    if claude:
        vendor = f"This model does not support effort level '{effort}'. Supported levels: "
        return vendor + ", ".join(sorted(rules.efforts)) + ".", "output_config.effort", None
    vendor = (
        f"Unsupported value: 'reasoning_effort' does not support '{effort}' with this model. Supported values are: "
    )
    return vendor + _quoted(rules.efforts, "and") + ".", "reasoning_effort", "unsupported_value"


def _quoted(efforts: Iterable[str], last: str) -> str:
    words = [f"'{word}'" for word in _EFFORT_ORDER if word in efforts]
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + f", {last} {words[-1]}"


def _output(asked: OutputSchema, rules: Rules) -> Iterator[Problem]:
    """A kind of JSON that the server can't promise. Any JSON object is the next best to one with a schema."""
    kind = "json_object" if asked.schema is None else "json_schema"
    if kind in rules.refuses:
        why = (
            f"this server's answers can't be held to {'a schema' if kind == 'json_schema' else 'JSON without a schema'}"
        )
        vendor = f"Invalid value: '{kind}' is not supported as response_format.type."
        instead = "json_object" if kind == "json_schema" and "json_object" not in rules.refuses else None
        param, code = "response_format.type", "invalid_value"
        yield Problem("output_schema", kind, why, vendor, param, code, drop="output_schema", instead=instead)


# The conversation


def _conversation(request: Request, rules: Rules, claude: bool) -> Iterator[Problem]:
    messages = request.messages
    if not messages and (claude or not request.system):
        vendor = "messages: at least one message is required"
        if not claude:
            vendor = "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array "
            vendor += "instead."
        code = None if claude else "empty_array"
        yield Problem("messages", [], "messages must be one or more", vendor, "messages", code)
        return
    if "system" in rules.refuses:
        yield from _no_system(request)
    if "prefill" in rules.refuses and messages and messages[-1].role == "assistant":
        vendor = "This model does not support assistant message prefill. The conversation must end with a user message."
        yield Problem("messages", "assistant", "the last message must be the user's", vendor, "messages")
    if rules.inputs and rules.inputs != _ALL_INPUTS:
        yield from _media(messages, rules, claude, 1 if request.system and not claude else 0)
    if "image_url" in rules.refuses:
        yield from _fetched(messages)


def _no_system(request: Request) -> Iterator[Problem]:
    roles = [*(["system"] if request.system else []), *[message.role for message in request.messages]]
    for index, role in enumerate(roles):
        if role in ("system", "developer"):
            param = f"messages[{index}].role"
            vendor = f"Unsupported value: '{param}' does not support '{role}' with this model."
            yield Problem("system", role, "a role must be user or assistant", vendor, param, "unsupported_value")


def _media(messages: tuple[Message, ...], rules: Rules, claude: bool, before: int) -> Iterator[Problem]:
    """`before` is the number of messages that stand before these in the body (OpenAI's system message)."""
    for index, message in enumerate(messages):
        if len(message.parts) == 1 and type(message.parts[0]) is Text:  # most are mere words
            continue
        for place, part in enumerate(message.parts):
            if type(part) is Text:
                continue
            kinds = {_medium(item) for item in (part.parts if type(part) is ToolResult else (part,))}
            for kind in sorted(kinds - {""} - rules.inputs):
                yield _unread(kind, (index, index + before, place), rules, claude)


def _fetched(messages: tuple[Message, ...]) -> Iterator[Problem]:
    """Images that the server would have to fetch."""
    for index, message in enumerate(messages):
        for place, part in enumerate(message.parts):
            if type(part) is Image and part.data is None:
                what, param = f"messages[{index}].parts[{place}]", f"messages.[{index}].content.[{place}].image_url"
                why = f"{what} must be an image's bytes, because this server fetches none by its address,"
                yield Problem(what, part.url or part.file_id, why, "invalid image input", param)


def _medium(part: Part) -> str:
    """The kind of input that a part surely is, or nothing."""
    match part:
        case Image():
            return "image"
        case Document(media_type="application/pdf"):
            return "pdf"
        case Audio(data=bytes()):
            return "audio"
    return ""


def _unread(kind: str, at: tuple[int, int, int], rules: Rules, claude: bool) -> Problem:
    index, sent, place = at
    what = f"messages[{index}].parts[{place}]"
    why = f"{what} must be something that it reads ({', '.join(sorted(rules.inputs))})"
    if claude:
        param = f"messages.{sent}.content.{place}"
        return Problem(what, kind, why, f"{param}: this model does not support {kind} input", param)
    block = {"image": "image_url", "pdf": "file", "audio": "input_audio"}[kind]
    vendor = f"Invalid content type. {block} is only supported by certain models."
    return Problem(what, kind, why, vendor, f"messages.[{sent}].content.[{place}].type")


# Claude's thinking


def _mode(reasoning: Reasoning | None) -> str | None:
    if reasoning is None:
        return None
    return reasoning.mode or (None if reasoning.budget_tokens is None else "enabled")


def _thinking(request: Request, rules: Rules) -> Iterator[Problem]:
    mode = _mode(request.reasoning)
    if mode and rules.thinking and mode not in rules.thinking:
        why, vendor = f"this model takes {' or '.join(sorted(rules.thinking))}", _thinking_words(mode, rules)
        like = _LIKE.get(mode)
        instead = like if like in rules.thinking else None
        yield Problem("reasoning.mode", mode, why, vendor, "thinking.type", drop="reasoning.mode", instead=instead)
        return
    if mode == "enabled" and request.reasoning and request.reasoning.budget_tokens is not None:
        yield from _budget(request.reasoning.budget_tokens, request.max_tokens)
    if mode in ("enabled", "adaptive"):
        yield from _sampling_while_thinking(request)


def _thinking_words(mode: str, rules: Rules) -> str:
    if mode == "adaptive":
        return "adaptive thinking is not supported on this model"
    vendor = f'"thinking.type.{mode}" is not supported for this model.'
    if mode == "disabled" and "between_tools" in rules.thinking:
        return f'{vendor} Use "thinking.type.between_tools" for the lowest thinking setting, or {_ADAPTIVE}'
    return f"{vendor} Use {_ADAPTIVE}" if mode != "between_tools" and "adaptive" in rules.thinking else vendor


def _budget(budget: Any, max_tokens: Any) -> Iterator[Problem]:
    what, param = "reasoning.budget_tokens", "thinking.enabled.budget_tokens"
    wrong = list(_range(what, budget, (1024, math.inf, True), True, param))
    yield from wrong
    if not wrong and type(max_tokens) is int and budget >= max_tokens:
        vendor = "`max_tokens` must be greater than `thinking.budget_tokens`."
        yield Problem(what, budget, f"{what} must be less than max_tokens ({max_tokens})", vendor, param)


def _sampling_while_thinking(request: Request) -> Iterator[Problem]:
    temperature, top_p = request.temperature, request.top_p
    if temperature not in (None, 1):
        vendor = "`temperature` may only be set to 1 when thinking is enabled or in adaptive mode."
        why = "a Claude that thinks takes only the default (1)"
        yield _leave_out("temperature", temperature, why, vendor, "temperature")
    if isinstance(top_p, (int, float)) and top_p < 0.95:
        vendor = "`top_p` must be greater than or equal to 0.95 or unset when thinking is enabled or in adaptive mode."
        why = "a Claude that thinks takes only 0.95 and more"
        yield _leave_out("top_p", top_p, why, vendor, "top_p")


def _sampling_together(request: Request, rules: Rules) -> Iterator[Problem]:
    if _BOTH in rules.refuses and request.temperature is not None and request.top_p is not None:
        vendor = "`temperature` and `top_p` cannot both be specified for this model. Please use only one."
        why = "this model takes temperature or top_p, not both"
        yield _leave_out("top_p", request.top_p, why, vendor, "top_p")


def _tool_choice(request: Request, rules: Rules) -> Iterator[Problem]:
    choice = request.tool_choice
    if not isinstance(choice, ToolChoice) or choice.mode not in ("required", "tool"):
        return
    if "forced_tool_choice" in rules.refuses:
        vendor = 'tool_choice: type "tool" and "any" are not supported for this model.'
        why = "this model can't be made to use a tool (say in the prompt when it should)"
        yield _leave_out("tool_choice", choice.mode, why, vendor, "tool_choice")
    elif _mode(request.reasoning) == "enabled":
        vendor = "Thinking may not be enabled when tool_choice forces tool use."
        yield Problem("tool_choice", choice.mode, "tool_choice must be auto or none with thinking", vendor, "thinking")
