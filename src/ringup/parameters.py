"""A request held against what its model takes, before anything is sent.

`fit` is for the client: it raises for what can't work, and leaves out what the model refuses and says so.
`violations` is for the simulator: the same judgement (`ringup.judge`) in the provider's own words.
"""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from ringup.errors import MediaError, ParameterError, PromptTooLongError
from ringup.intake import MediaProblem, judge_media, largest, least_tokens
from ringup.judge import FIELDS, Problem, holds, judge, judge_server, refused
from ringup.messages import Message, OutputSchema, Request, Text
from ringup.reply import Notice
from ringup.rules import Rules

__all__ = ["check_headers", "check_length", "fit", "key_header", "violations"]

_OWN = frozenset({"model", "messages", "stream"})
"""What may not be given in `extra`, because the rest of ringup builds on it."""

_KEY_HEADERS = frozenset({"authorization", "proxy-authorization", "x-api-key", "api-key", "x-goog-api-key", "cookie"})
_TRANSPORT_HEADERS = frozenset({"host", "content-length", "content-type", "transfer-encoding", "connection"})


def fit(request: Request, rules: Rules, provider: str, strict: bool = False) -> tuple[Request, tuple[Notice, ...]]:
    """The request as the model takes it, and a notice for each parameter that had to be left out.

    Raises ParameterError, naming the parameter, the value and the range, for what can't work at all; with `strict`
    also for what would be left out. A refused parameter that holds the API's own default goes without a word.
    """
    _check_numbers(request)
    _check_messages(request.messages)
    _check_metadata(request.metadata, provider)
    _check_extra(request)
    check_headers(request.headers)
    notices: list[Notice] = []
    while problem := next(judge(request, rules, provider), None):
        if strict or problem.drop is None:
            raise _error(problem, request.model)
        notices.append(_notice(problem, request.model))
        request = _without(request, problem.drop, problem.instead)
    for _, place in list(refused(request, rules)) if rules.refuses else ():  # what is left of those holds the default
        request = _without(request, place)
    if wrong := next(judge_media(request, rules, provider), None):
        raise _error(wrong, request.model)
    return request, tuple(notices)


def violations(
    request: Request, rules: Rules, provider: str, max_tokens_field: str | None = None
) -> list[ParameterError]:
    """What the provider would refuse: `.message`, `.parameter` (its `param`) and `.code` are in its own words.

    `max_tokens_field` is the name under which the client sent the limit, where a wire has two for it.
    """
    problems = [
        *judge_server(request, rules, provider, max_tokens_field),
        *judge(request, rules, provider),
        *judge_media(request, rules, provider),
    ]
    return [ParameterError(problem.vendor, parameter=problem.param, code=problem.code) for problem in problems]


def _error(problem: Problem, model: str) -> ParameterError:
    what, value = problem.what, _show(problem.value)
    if ".parts[" in what:
        return _media_error(problem, model)
    if problem.drop is None:
        return _wrong(what, f"{problem.why} for {model}, not {value}")
    advice = f"Leave {what} out, or call without strict=True: then ringup leaves it out and says so."
    return _wrong(what, f"{what}={value} can't be sent to {model}, because {problem.why}", advice)


def _media_error(problem: Problem, model: str) -> MediaError:
    """The error for a file; what to do depends on what is wrong with it."""
    size, limit = (problem.size, problem.limit) if isinstance(problem, MediaProblem) else (None, None)
    value = _show(problem.value) if size is None else f"{size:,}"
    if size is not None:
        advice = "Make it smaller, send fewer, or ask about them in several calls."
    elif "://" in str(problem.value):
        advice = "Download the file, and attach that: ringup fetches nothing by itself."
    else:
        advice = "Convert it to a kind that it reads, or ask a model that reads it."
    message = f"{problem.why} for {model}, not {value}"
    return MediaError(message, parameter=problem.what, size=size, limit=limit, advice=advice)


def check_length(request: Request, rules: Rules, size: int) -> None:
    """Raises PromptTooLongError for a prompt that surely doesn't fit: a call would cost time for nothing.

    `size` is that of the body, in bytes: where two for each token of the window aren't there, neither are the words.
    """
    limit = rules.context_window
    if not limit or size < 2 * limit:
        return
    if tokens := least_tokens(request, limit):
        raise PromptTooLongError(
            f"the prompt has more than {tokens:,} tokens, and {request.model} reads {limit:,} at most",
            tokens=tokens,
            limit=limit,
            advice=f"{largest(request)} Shorten it, or take a model with a larger window.".strip(),
        )


def _notice(problem: Problem, model: str) -> Notice:
    message = f"{problem.what}={_show(problem.value)} was not sent to {model}, because {problem.why}"
    if problem.instead is None:
        return Notice(kind="dropped", what=problem.what, message=message)
    return Notice(kind="renamed", what=problem.what, message=f"{message}: {problem.instead!r} was sent")


def _without(request: Request, place: str, instead: str | None = None) -> Request:
    """The request without what stands at the place ("stop", "extra.top_k", "reasoning.effort"), or with another."""
    where, _, field = place.partition(".")
    if where == "extra":
        return replace(request, extra={key: value for key, value in request.extra.items() if key != field})
    if where == "reasoning" and field and request.reasoning:
        gone = {"mode": instead, "budget_tokens": None} if field == "mode" else {field: None}
        return replace(request, reasoning=replace(request.reasoning, **gone))
    if where == "output_schema" and instead:
        return replace(request, output_schema=OutputSchema())
    return replace(request, **{where: () if where == "stop" else None})


# Mistakes that no provider sees, or each in its own way.


def _wrong(parameter: str, message: str, advice: str = "") -> ParameterError:
    return ParameterError(message, parameter=parameter, advice=advice)


def _show(value: Any) -> str:
    """A value in a message: short, on one line."""
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _check_numbers(request: Request) -> None:
    if not isinstance(request.model, str) or not request.model.strip():
        raise _wrong("model", f"model must be the name of a model, not {_show(request.model)}")
    limit = request.max_tokens
    if limit is not None and (type(limit) is not int or limit < 1):
        raise _wrong("max_tokens", f"max_tokens must be a whole number from 1, not {_show(limit)}")
    if request.seed is not None and type(request.seed) is not int:
        raise _wrong("seed", f"seed must be a whole number, not {_show(request.seed)}")
    if type(request.stop) is not tuple:
        raise _wrong("stop", f"stop must be a string or a list of strings, not {_show(request.stop)}")
    for text in request.stop:
        if not isinstance(text, str) or not text:
            raise _wrong("stop", f"stop must be strings that are not empty, not {_show(text)}")
    for n in (request.n, request.extra.get("n")):
        if n is not None and (type(n) is not int or n != 1):
            raise _wrong("n", f"n must be 1, not {_show(n)}", "For another answer, ask again.")


def _check_messages(messages: tuple[Message, ...]) -> None:
    if not messages:
        raise _wrong("messages", "messages must be one or more, not none")
    for index, message in enumerate(messages):
        if not message.parts:
            raise _wrong(
                f"messages[{index}]", f"messages[{index}], of the role {message.role}, must have a part, not none"
            )
    if messages[-1].role == "user" and all(map(_is_blank, messages[-1].parts)):
        raise _wrong("prompt", f"the prompt must say something, not {_show(messages[-1].text)}")


def _is_blank(part: object) -> bool:
    return type(part) is Text and (not part.text or part.text.isspace())


def _check_metadata(metadata: Any, provider: str) -> None:
    """OpenAI's limits: 16 pairs, keys of 64 characters, values of 512 (API reference, Chat Completions)."""
    if metadata is None:
        return
    if not isinstance(metadata, dict) or not all(isinstance(key, str) for key in metadata):
        raise _wrong("metadata", f"metadata must be a dict with strings for keys, not {_show(metadata)}")
    if provider != "openai":
        return
    if len(metadata) > 16:
        raise _wrong("metadata", f"metadata must have 16 pairs at most, not {len(metadata)}")
    for key, value in metadata.items():
        if len(key) > 64 or not isinstance(value, str) or len(value) > 512:
            limits = "keys of 64 characters and strings of 512 at most"
            raise _wrong("metadata", f"metadata must have {limits}, not {_show(key)}: {_show(value)}")


def _check_extra(request: Request) -> None:
    if not request.extra:
        return
    for key in request.extra:
        if not isinstance(key, str):
            raise _wrong("extra", f"extra must have strings for keys, not {_show(key)}")
        if key in _OWN:
            raise _wrong(f"extra.{key}", f"extra must not hold {key!r}", f"Give it as a parameter: {key}=... .")
    for name, fields in FIELDS.items():
        given = getattr(request, name) not in (None, ())
        for field in fields if given else ():
            if holds(request.extra, field):
                raise _wrong(name, f"{name} and extra[{field!r}] say the same thing", "Give one of the two.")


def key_header(headers: Any) -> ParameterError | None:
    """The error for headers of which one carries a key. The caller raises it, once no frame holds them any more."""
    for name in headers if isinstance(headers, dict) else ():
        if str(name).lower() in _KEY_HEADERS:
            message = f"headers must not hold {name!r}, which carries a key"
            return _wrong("headers", message, "Give the key as api_key=... to a client.")
    return None


def check_headers(headers: dict[str, str]) -> None:
    """Raises ParameterError for what can't be sent as a header. No value is ever shown: it may be a key."""
    if not headers:
        return
    if wrong := key_header(headers) or next(filter(None, map(_header_error, headers.items())), None):
        raise wrong


def _header_error(header: tuple[Any, Any]) -> ParameterError | None:
    name, value = header
    if not isinstance(name, str) or not isinstance(value, str):
        return _wrong("headers", "headers must be strings, names and values alike")
    if not name or any(letter in name + value for letter in "\r\n\0"):
        return _wrong("headers", "a header must have a name, and no line break in it")
    if name.lower() in _TRANSPORT_HEADERS:
        return _wrong("headers", f"headers must not hold {name!r}, which ringup sets itself", "Leave it out.")
    return None
