"""What an answer's JSON says, by means of its own: nothing here comes from the wires, so their mistakes show."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from msgspec import Struct

__all__ = ["Told", "documents", "error_text", "is_answer", "told"]

Json = dict[str, Any]
Counts = dict[str, tuple[int | None, ...]]


class Told(Struct):
    """What a user needs of an answer.

    thinking    its pieces, in order
    signatures  what must go back unchanged: signatures, sealed and encrypted data
    calls       id, name and arguments (parsed where they are JSON); no id where the provider gave none
    finish      the provider's words for why it stopped; any of them will do
    reasons     the words of ringup that mean the same
    usage       ringup's counters, and the values that are right for each
    ended       the answer is whole
    """

    text: str = ""
    thinking: list[str] = []
    refusal: str = ""
    signatures: list[str] = []
    calls: list[tuple[str, str, Any]] = []
    finish: tuple[str | None, ...] = (None,)
    reasons: tuple[str | None, ...] = (None,)
    usage: Counts = {}
    ended: bool = True


def documents(body: str) -> list[Any]:
    """The JSON values of an answer: its one, those of an array, or the events of a stream. Empty for what isn't any."""
    text = body.lstrip("\ufeff \t\r\n")
    if text[:1] in ("{", "["):
        try:
            value = json.loads(text, strict=False)
        except ValueError:
            return []
        return value if isinstance(value, list) else [value]
    return [value for data in _data(text) if (value := _parsed(data)) is not None]


def _data(text: str) -> Iterator[str]:
    """The data of each event of a stream."""
    held: list[str] = []
    for line in [*text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), ""]:
        if line.startswith("data:"):
            held.append(line[5:].removeprefix(" "))
        elif not line and held:
            yield "\n".join(held)
            held = []


def _parsed(data: str) -> Any:
    """The value of an event's data, out of a list of one; None for what isn't JSON ([DONE])."""
    try:
        value = json.loads(data, strict=False)
    except ValueError:
        return None
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def error_text(found: list[Any]) -> str | None:
    """The message of the error that an answer holds, empty for one without; None where there is no error."""
    for value in found:
        if not isinstance(value, dict):
            continue
        inner = value.get("response") if value.get("type") == "response.failed" else value
        error = inner.get("error") if isinstance(inner, dict) else None
        error = error or next((c["error"] for c in _dicts(value.get("choices")) if c.get("error")), None)
        if error is None and value.get("type") == "error":
            error = value
        if error:
            return _words(error)
    return None


_ANSWERS = {
    "chat_completions": ("choices",),
    "anthropic_messages": ("content", "message"),
    "responses": ("output", "response", "item"),
    "gemini": ("candidates", "promptFeedback", "prompt_feedback", "usageMetadata", "usage_metadata"),
    "embeddings": ("data",),
    "gemini.embeddings": ("embeddings", "embedding", "predictions"),
}
"""Fields of which an answer has one: other JSON, and text of another kind, is no answer of the API."""


def is_answer(wire: str, body: str) -> bool:
    """Whether a body is an answer of the wire's API at all: proxies and test servers send other things under a 200."""
    found = [value for value in documents(body) if isinstance(value, dict)]
    stored = wire == "responses" and any(value.get("object") == "response" for value in found)
    return stored or any(_says(value, field) for value in found for field in _ANSWERS[wire])


def _says(value: Json, field: str) -> bool:
    """Whether the field is there; a list of choices must have one."""
    return bool(value[field]) if field == "choices" and field in value else field in value


def _words(error: Any) -> str:
    if isinstance(error, dict):
        error = error.get("message") or error.get("detail") or ""
    return error if isinstance(error, str) else ""


def told(wire: str, body: str) -> Told:
    """What an answer tells, whole or as a stream."""
    found = [value for value in documents(body) if isinstance(value, dict)]
    return _READERS[wire](found, body)


# Small things


def _dicts(value: Any) -> list[Json]:
    """The objects of a list; the object alone; nothing for anything else."""
    if isinstance(value, dict):
        return [value]
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _str(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _words_of(holder: Json, *names: str) -> list[str]:
    """The texts under these names, as far as there are any."""
    return [word for name in names if (word := _str(holder.get(name)))]


def _int(value: Any) -> int | None:
    return None if isinstance(value, bool) or not isinstance(value, int | float) else int(value)


def _sum(*values: int | None) -> int | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def _arguments(text: Any) -> Any:
    """The value of a call's arguments; their text where it isn't JSON."""
    if not isinstance(text, str):
        return {} if text is None else text
    try:
        return json.loads(text or "{}", strict=False)
    except ValueError:
        return text


# Chat Completions

_CHAT_REASONS = {
    "stop": "stop",
    "eos": "stop",
    "end_turn": "stop",
    "stop_sequence": "stop",
    "length": "length",
    "max_tokens": "length",
    "model_length": "length",
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
    "content_filter": "content_filter",
    "error": "error",
    "insufficient_system_resource": "error",
    "abort": "error",
    "eos_token": "stop",
    "tool_use": "tool_calls",
    "function_call_filter": "error",
}


def _chat(found: list[Json], body: str) -> Told:
    choices = [choice for value in found for choice in _dicts(value.get("choices"))]
    first = 0 if _is_stream(body) else min([_int(choice.get("index")) or 0 for choice in choices], default=0)
    choices = [choice for choice in choices if (_int(choice.get("index")) or 0) == first]
    said = Told()
    calls: list[list[str]] = []
    slots: dict[Any, list[str]] = {}
    for choice in choices:
        message = choice["delta"] if "delta" in choice else choice.get("message")
        if isinstance(message, dict):
            _chat_message(said, message)
            for place, call in enumerate(_dicts(message.get("tool_calls"))):
                _chat_call(call, place, slots, calls)
            if old := _dict(message.get("function_call")):
                _chat_call({"index": "function_call", "function": old}, 0, slots, calls)
    said.calls = [(call, name, _arguments(text)) for call, name, text in calls if name]
    words = [word for choice in choices if (word := _str(choice.get("finish_reason")))]
    said.finish = (words[-1] if words else None,)
    known = _CHAT_REASONS.get(words[-1].lower().partition(":")[0]) if words else None
    said.reasons = ("refusal", known) if known else () if words else (None,)
    used = [used for value in found if (used := value.get("usage") or _dict(value.get("x_groq")).get("usage"))]
    said.usage = _chat_usage(_dict(used[-1]) if used else {})
    said.ended = bool(words) or "[DONE]" in body or not _is_stream(body)
    return said


def _is_stream(body: str) -> bool:
    return body.lstrip("\ufeff \t\r\n")[:1] not in ("{", "[")


def _dict(value: Any) -> Json:
    return value if isinstance(value, dict) else {}


def _chat_message(said: Told, message: Json) -> None:
    content = message.get("content")
    for block in content if isinstance(content, list) else [content]:
        if not isinstance(block, dict):
            said.text += _str(block)
        elif block.get("type") == "text":
            said.text += _str(block.get("text"))
        elif block.get("type") == "thinking":
            said.thinking += [_str(piece.get("text")) for piece in _dicts(block.get("thinking"))]
            said.thinking += [block["thinking"]] if isinstance(block.get("thinking"), str) else []
            said.signatures += _words_of(block, "signature")
    details = _dicts(message.get("reasoning_details"))
    words = [_str(detail.get("text") or detail.get("summary")) for detail in details]
    plain = [text for name in ("reasoning_content", "reasoning") if (text := _str(message.get(name)))]
    said.thinking += words if any(words) else plain[:1]
    said.signatures += [word for detail in details for word in _words_of(detail, "signature", "data")]
    said.refusal += _str(message.get("refusal"))


def _chat_call(call: Json, place: int, slots: dict[Any, list[str]], calls: list[list[str]]) -> None:
    """A tool call or a piece of one: a new id at an index is a new call."""
    slot = str(call.get("index") if call.get("index") is not None else place)
    inner = _dict(call.get("function") or call.get("custom"))
    held = slots.get(slot)
    given = "" if call.get("id") is None else str(call["id"])
    if held is None or (given and held[0] and given != held[0]):
        held = slots[slot] = ["", "", ""]
        calls.append(held)
    arguments = inner.get("arguments") or inner.get("input") or ""
    held[0] = held[0] or given
    held[1] = held[1] or _str(inner.get("name"))
    held[2] += arguments if isinstance(arguments, str) else json.dumps(arguments)


def _chat_usage(usage: Json) -> Counts:
    given, answered = _int(usage.get("prompt_tokens")), _int(usage.get("completion_tokens"))
    reasoning = _int(_dict(usage.get("completion_tokens_details")).get("reasoning_tokens"))
    apart = reasoning and usage.get("total_tokens") == _sum(given, answered, reasoning)  # xAI
    details = _dict(usage.get("prompt_tokens_details"))
    places = [details.get("cached_tokens"), *[usage.get(name) for name in _CACHED]]
    return {
        "input_tokens": (given,),
        "output_tokens": (_sum(answered, reasoning) if apart else answered,),
        "cache_read_tokens": (next((_int(count) for count in places if count is not None), None),),
        "cache_write_tokens": (_int(details.get("cache_write_tokens")),),
        "reasoning_tokens": (reasoning,),
    }


_CACHED = ("prompt_cache_hit_tokens", "num_cached_tokens", "cached_tokens")


# Anthropic Messages

_CLAUDE_REASONS = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "pause_turn": "pause",
    "compaction": "pause",
    "refusal": "refusal",
}


def _claude(found: list[Json], body: str) -> Told:
    message = _claude_message(found) if _is_stream(body) else found[0] if found else {}
    said = Told(ended=not _is_stream(body) or _claude_ended(found))
    content = message.get("content")
    for block in [{"type": "text", "text": content}] if isinstance(content, str) else _dicts(content):
        match block.get("type"):
            case "text":
                said.text += _str(block.get("text"))
            case "thinking":
                said.thinking.append(_str(block.get("thinking")))
                said.signatures += _words_of(block, "signature")
            case "redacted_thinking":
                said.signatures.append(_str(block.get("data")))
            case "tool_use":
                said.calls.append((_str(block.get("id")), _str(block.get("name")), _arguments(block.get("input"))))
    word = _str(message.get("stop_reason")) or None
    said.finish = (word,)
    said.reasons = (_CLAUDE_REASONS[word],) if word in _CLAUDE_REASONS else () if word else (None,)
    said.usage = _claude_usage(_dict(message.get("usage")))
    return said


def _claude_ended(found: list[Json]) -> bool:
    """Why it stopped is the last that a stream has to tell: some servers leave out the event after it."""
    stops = [_dict(value.get("delta")).get("stop_reason") for value in found if value.get("type") == "message_delta"]
    return any(stops) or any(value.get("type") == "message_stop" for value in found)


def _claude_message(found: list[Json]) -> Json:
    """The message that a stream tells, as the API would have sent it whole."""
    message: Json = {}
    blocks: dict[str, Json] = {}
    for event in found:
        at = str(event.get("index"))
        match event.get("type"):
            case "message_start":
                message = dict(_dict(event.get("message")))
            case "content_block_start":
                blocks.setdefault(at, dict(_dict(event.get("content_block"))))
            case "content_block_delta":
                _claude_delta(blocks.get(at, {}), _dict(event.get("delta")))
            case "message_delta":
                message.update(_dict(event.get("delta")))
                message["usage"] = {**_dict(message.get("usage")), **_dict(event.get("usage"))}
    return {**message, "content": [block for _, block in sorted(blocks.items(), key=lambda held: _place(held[0]))]}


def _place(index: str) -> int:
    return int(index) if index.isdecimal() else -1


def _claude_delta(block: Json, delta: Json) -> None:
    match delta.get("type"):
        case "text_delta" | "thinking_delta" | "signature_delta":
            name = delta["type"].removesuffix("_delta")
            block[name] = _str(block.get(name)) + _str(delta.get(name))
        case "input_json_delta":
            begun = block.get("input")
            block["input"] = _str(begun) + _str(delta.get("partial_json"))


def _claude_usage(usage: Json) -> Counts:
    fresh, read = _int(usage.get("input_tokens")), _int(usage.get("cache_read_input_tokens"))
    written = _int(usage.get("cache_creation_input_tokens"))
    return {
        "input_tokens": (None if fresh is None else _sum(fresh, read, written),),
        "output_tokens": (_int(usage.get("output_tokens")),),
        "cache_read_tokens": (read,),
        "cache_write_tokens": (written,),
        "reasoning_tokens": (_int(_dict(usage.get("output_tokens_details")).get("thinking_tokens")),),
    }


# Responses

_LAST = ("response.completed", "response.incomplete", "response.failed")


def _responses(found: list[Json], body: str) -> Told:
    response = found[0] if found else {}
    said = Told()
    if _is_stream(body):
        last = [_dict(value.get("response")) for value in found if value.get("type") in _LAST]
        done = [_dict(value.get("item")) for value in found if value.get("type") == "response.output_item.done"]
        response = {**(last[-1] if last else {})}
        response["output"] = done or response.get("output")  # what is sealed is sealed anew in the last event
        said.ended = bool(last)
    for item in _dicts(response.get("output")):
        _responses_item(said, item)
    said.finish, said.reasons = _responses_end(response, said)
    said.usage = _responses_usage(_dict(response.get("usage")))
    return said


def _responses_item(said: Told, item: Json) -> None:
    match item.get("type"):
        case "message":
            for block in _dicts(item.get("content")):
                said.text += _str(block.get("text")) if block.get("type") == "output_text" else ""
                said.refusal += _str(block.get("refusal"))
        case "reasoning":
            said.thinking += [_str(piece.get("text")) for piece in _dicts(item.get("summary"))]
            said.thinking += [_str(piece.get("text")) for piece in _dicts(item.get("content"))]
        case "function_call":
            call = (_str(item.get("call_id")), _str(item.get("name")), _arguments(item.get("arguments")))
            said.calls.append(call)
        case "custom_tool_call":
            said.calls.append((_str(item.get("call_id")), _str(item.get("name")), _str(item.get("input"))))
    said.signatures += _words_of(item, "encrypted_content")


def _responses_end(response: Json, said: Told) -> tuple[tuple[str | None, ...], tuple[str | None, ...]]:
    status, reason = response.get("status"), _dict(response.get("incomplete_details")).get("reason")
    match status, reason:
        case "incomplete", "max_output_tokens":
            return (status, reason), ("length",)
        case "incomplete", "content_filter":
            return (status, reason), ("content_filter", "refusal")
        case "incomplete", None:
            return (status,), (None, "length", "pause")
        case "failed" | "cancelled", _:
            return (status,), ("error",)
        case "queued" | "in_progress", _:
            return (status, None), ("pause", None)
    ours = ("tool_calls",) if said.calls else ("refusal",) if said.refusal else ("stop", "pause")
    return (status, reason), ours


def _responses_usage(usage: Json) -> Counts:
    given, answered = _dict(usage.get("input_tokens_details")), _dict(usage.get("output_tokens_details"))
    return {
        "input_tokens": (_int(usage.get("input_tokens")),),
        "output_tokens": (_int(usage.get("output_tokens")),),
        "cache_read_tokens": (_int(given.get("cached_tokens")),),
        "cache_write_tokens": (_int(given.get("cache_write_tokens")),),
        "reasoning_tokens": (_int(answered.get("reasoning_tokens")),),
    }


# Gemini

_GEMINI_REASONS = {
    "STOP": ("stop", "tool_calls"),
    "MAX_TOKENS": ("length",),
    "SAFETY": ("content_filter", "refusal"),
    "RECITATION": ("content_filter", "refusal"),
    "BLOCKLIST": ("content_filter", "refusal"),
    "PROHIBITED_CONTENT": ("content_filter", "refusal"),
    "SPII": ("content_filter", "refusal"),
    "MODEL_ARMOR": ("content_filter", "refusal"),
    "JAILBREAK": ("content_filter", "refusal"),
}


def _gemini(found: list[Json], body: str) -> Told:
    found = [_camel(value) for value in found]
    candidates = [each for value in found for each in _dicts(value.get("candidates")) if not each.get("index")]
    said = Told()
    for candidate in candidates:
        for part in _dicts(_dict(candidate.get("content")).get("parts")):
            _gemini_part(said, part)
    words = [word for each in candidates for word in _words_of(each, "finishReason")]
    words += [word for value in found for word in _words_of(_dict(value.get("promptFeedback")), "blockReason")]
    last = words[-1] if words else None
    said.finish = (last,)
    filtered = ("content_filter", "refusal", "error")
    said.reasons = _GEMINI_REASONS.get(last, filtered) if last else (None, "stop", "tool_calls")
    used = [_dict(value["usageMetadata"]) for value in found if value.get("usageMetadata")]
    said.usage = _gemini_usage(used[-1] if used else {})
    said.ended = bool(words) or not _is_stream(body)
    return said


def _gemini_part(said: Told, part: Json) -> None:
    text = _str(part.get("text"))
    if part.get("thought"):
        said.thinking.append(text)
    else:
        said.text += text
    call = part.get("functionCall")
    if isinstance(call, dict):
        said.calls.append((_str(call.get("id")), _str(call.get("name")), call.get("args") or {}))
    said.signatures += _words_of(part, "thoughtSignature")


def _camel(value: Any) -> Any:
    """The names that are read here in camelCase, whichever way they came."""
    if isinstance(value, list):
        return [_camel(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {_camel_name(key): held if key == "args" else _camel(held) for key, held in value.items()}


def _camel_name(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join([word.capitalize() for word in rest])


def _gemini_usage(usage: Json) -> Counts:
    """The API leaves zeros out, so a missing counter may be read as 0 or as unknown."""
    names = ("promptTokenCount", "candidatesTokenCount", "thoughtsTokenCount", "toolUsePromptTokenCount")
    prompt, answered, thoughts, tools = (_int(usage.get(name)) for name in names)
    cached = _int(usage.get("cachedContentTokenCount"))
    nothing: tuple[int | None, ...] = (None, 0)
    output = _sum(answered, thoughts)
    return {
        "input_tokens": (_sum(prompt, tools),) if prompt is not None else nothing,
        "output_tokens": nothing if output is None else (output,),
        "cache_read_tokens": nothing if cached is None else (cached,),
        "reasoning_tokens": nothing if thoughts is None else (thoughts,),
    }


_READERS = {"chat_completions": _chat, "anthropic_messages": _claude, "responses": _responses, "gemini": _gemini}
