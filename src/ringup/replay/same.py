"""Whether two requests of one wire mean the same: both are brought into one form, then compared field by field.

What counts as the same: a null and a field that isn't there; a lone text as a string or as a list of one block; an
empty text, list or object of a message and none at all; a default that is written out and one that isn't. Schemas and
arguments are data of the user's, so in them every value counts.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from collections.abc import Callable, Iterator
from typing import Any

from msgspec import Struct

from ringup.judge import FIELDS
from ringup.reply import Notice

__all__ = ["Difference", "differences", "told_of"]

Json = dict[str, Any]
_EXACT = frozenset({"parameters", "schema", "input_schema", "parametersJsonSchema", "responseJsonSchema", "args"})


class Difference(Struct, frozen=True):
    """Where two requests differ, and how: "left out", "added" or "changed"."""

    path: tuple[str | int, ...]
    how: str

    @property
    def where(self) -> str:
        """The JSON path, without the places in lists: messages[].content[].text."""
        return "".join(["[]" if isinstance(step, int) else f".{step}" for step in self.path]).lstrip(".") or "the body"


def differences(wire: str, sent: Any, written: Any) -> list[Difference]:
    """Where `written` doesn't mean what `sent` does."""
    meaning = _MEANINGS[wire]
    return list(_compare(meaning(sent), meaning(written), (), False))


def told_of(found: Difference, notices: tuple[Notice, ...]) -> bool:
    """Whether a notice tells of the difference: it names the field, or the kind of part that stands there."""
    words = {word for notice in notices for word in notice.what.split(".")}
    steps = {str(step) for step in found.path} | {f"{step}s" for step in found.path}
    fields = {field.rpartition(".")[2] for word in words for field in FIELDS.get(word, (word,))}
    inside = found.path[:1] in (("messages",), ("input",), ("contents",), ("system",))
    return bool(fields & steps) or (inside and not words.isdisjoint(_PARTS))


_PARTS = ("thinking", "image", "document", "audio", "tool_call", "tool_result", "messages")


def _compare(sent: Any, written: Any, path: tuple[str | int, ...], exact: bool) -> Iterator[Difference]:
    if isinstance(sent, dict) and isinstance(written, dict):
        for key in {**sent, **written}:
            if exact and (key in sent) is not (key in written):
                yield Difference((*path, key), "left out" if key in sent else "added")
            else:
                yield from _compare(sent.get(key), written.get(key), (*path, key), exact or key in _EXACT)
    elif isinstance(sent, list) and isinstance(written, list) and len(sent) == len(written):
        for place, (one, other) in enumerate(zip(sent, written, strict=True)):
            yield from _compare(one, other, (*path, place), exact)
    elif sent != written or isinstance(sent, bool) is not isinstance(written, bool):
        yield Difference(path, "left out" if written is None else "added" if sent is None else "changed")


# Small things


def _filled(value: Json, *nothing: Any) -> Json:
    """Without nulls, and without the values that say nothing here."""
    return {key: held for key, held in value.items() if held is not None and held not in nothing}


def _settings(body: Json, *objects: str) -> Json:
    """A body without what says nothing: also these objects of settings, where none of them is set."""
    bare = {name: _filled(body[name]) for name in objects if isinstance(body.get(name), dict)}
    return _filled(body | bare, False, [], {}, "")


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _each(value: Any, change: Callable[[Json], Json]) -> list[Any]:
    """The items of a list (or the one that stands for it), the objects among them changed."""
    return [change(item) if isinstance(item, dict) else item for item in _listed(value)]


def _blocks(content: Any, kind: str) -> list[Any]:
    """Content as a list of blocks, a string as one of that kind."""
    blocks = [{"type": kind, "text": item} if isinstance(item, str) else item for item in _listed(content)]
    return [block for block in blocks if not (block.get("type") == kind and block.get("text") == "")]


def _parsed(text: Any) -> Any:
    """JSON text as its value: spaces and the order of keys mean nothing in it."""
    if not isinstance(text, str):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


# Chat Completions


def _chat(body: Json) -> Json:
    same = _filled(body, False) | {"messages": _each(body.get("messages"), _chat_message)}
    if isinstance(same.get("stop"), str):
        same["stop"] = [same["stop"]]
    if same.get("tool_choice") == "any":  # Mistral's word for it
        same["tool_choice"] = "required"
    for name in ("stop", "tools"):
        same[name] = same.get(name) or None
    same["tools"] = same["tools"] and [{"type": "function", **_filled(tool)} for tool in same["tools"]]
    for name in ("parallel_tool_calls", "store", "logprobs"):
        same[name] = body.get(name)  # False says something in these
    return same


def _chat_message(message: Json) -> Json:
    same = _filled(message, "", [], {})
    same["content"] = _each(_blocks(message.get("content"), "text"), _chat_block)
    refused = [block for block in same["content"] if block.get("type") == "refusal"]
    if len(refused) == 1 and refused[0].keys() == {"type", "refusal"}:  # a block of the content, or a field
        same["content"].remove(refused[0])
        same["refusal"] = refused[0]["refusal"]
    same["tool_calls"] = _each(message.get("tool_calls"), _chat_call)
    details = [item for item in _listed(message.get("reasoning_details")) if isinstance(item, dict)]
    words = [item.get("text") or item.get("summary") for item in details]
    if any(words):  # then the plain fields say the same again
        same.pop("reasoning", None)
        same.pop("reasoning_content", None)
    elif same.get("reasoning") == same.get("reasoning_content"):
        same.pop("reasoning", None)
    return same


def _chat_block(block: Json) -> Json:
    same = _filled(block)
    if isinstance(same.get("image_url"), str):
        same["image_url"] = {"url": same["image_url"]}
    pieces = same.get("thinking")
    if isinstance(pieces, list) and all(_is_text(piece) for piece in pieces):
        same["thinking"] = "".join([piece.get("text", "") for piece in pieces])
    return same


def _is_text(piece: Any) -> bool:
    return isinstance(piece, dict) and piece.keys() <= {"type", "text"} and isinstance(piece.get("text", ""), str)


def _chat_call(call: Json) -> Json:
    same = {"type": "function", **_filled(call)}
    same.pop("index", None)
    for kind in ("function", "custom"):
        if isinstance(same.get(kind), dict):
            same[kind] = {key: _parsed(held) for key, held in same[kind].items()}
    return same


# Anthropic Messages


def _claude(body: Json) -> Json:
    same: Json = _settings(body, "output_config") | {"messages": _turns(body.get("messages"))}
    same["system"] = _each(_blocks(body.get("system"), "text"), _claude_block)
    same["tools"] = _each(body.get("tools"), _claude_tool)
    if isinstance(same.get("tool_choice"), dict):
        same["tool_choice"] = _filled(same["tool_choice"], False)
    return same


def _turns(messages: Any) -> list[Any]:
    """The messages, those of one role that follow each other as the one that the API takes them for."""
    turns: list[Json] = []
    for message in _listed(messages):
        content = _each(_blocks(message.get("content"), "text"), _claude_block)
        if turns and turns[-1].get("role") == message.get("role"):
            turns[-1] = {**turns[-1], **message, "content": turns[-1]["content"] + content}
        elif content:
            turns.append({**message, "content": content})
    return turns


def _claude_block(block: Json) -> Json:
    same = _filled(block, False) if block.get("citations") else _filled(block, False, [], {})
    source = block.get("source")
    if isinstance(source, dict) and source.get("type") == "base64":
        same["source"] = source | {"data": "".join(str(source.get("data")).split())}
    if block.get("type") == "tool_result":
        same["content"] = _each(_blocks(block.get("content"), "text"), _claude_block)
    return same


def _claude_tool(tool: Json) -> Json:
    same = _filled(tool)
    if same.get("type") == "custom":
        del same["type"]
    return same


# Responses


def _responses(body: Json) -> Json:
    given = body.get("input")
    given = [{"role": "user", "content": given}] if isinstance(given, str) else given
    return _settings(body, "text", "reasoning") | {
        "input": _each(given, _item),
        "store": body.get("store"),
        "parallel_tool_calls": body.get("parallel_tool_calls"),
        "background": body.get("background") or None,
        "tools": _each(body.get("tools"), _filled),
    }


def _item(item: Json) -> Json:
    same: Json = _filled(item)
    if same.get("type", "message") != "message":
        if isinstance(same.get("output"), list):
            same["output"] = _each(same["output"], _responses_block) or ""
        return _filled(same, []) if same["type"] == "reasoning" else same
    kind = "output_text" if item.get("role") == "assistant" else "input_text"
    content = _each(_blocks(item.get("content"), kind), _responses_block)
    return {"type": "message", **same, "content": content}


def _responses_block(block: Json) -> Json:
    same = _filled(block, [])
    if same.get("detail") == "auto":
        del same["detail"]
    return same


# Gemini


def _gemini(body: Json) -> Json:
    same = _camel(body)
    if isinstance(same.get("generationConfig"), dict):
        same["generationConfig"] = _filled(same["generationConfig"], [], {})
    if same.get("systemInstruction") is not None:
        same["systemInstruction"] = _parts(same["systemInstruction"])
    contents = same.get("contents")
    contents = [{"parts": contents}] if isinstance(contents, str) else contents
    same["contents"] = _joined([{"role": _speaker(item), "parts": _parts(item)} for item in _listed(contents)])
    tools = [(name, held) for tool in _each(same.get("tools"), _filled) for name, held in tool.items()]
    functions = [function for name, held in tools if name == "functionDeclarations" for function in held]
    others = [{name: held} for name, held in tools if name != "functionDeclarations"]  # one tool may hold several
    same["tools"] = [{"functionDeclarations": functions}, *others] if functions else others
    return {key: value for key, value in same.items() if value not in (None, [], {})}


def _joined(contents: list[Json]) -> list[Json]:
    """The contents, those that hold nothing but results of functions as one where they follow each other."""
    joined: list[Json] = []
    for content in contents:
        if joined and _is_results(joined[-1]) and _is_results(content):
            joined[-1] = {**content, "parts": joined[-1]["parts"] + content["parts"]}
        else:
            joined.append(content)
    return joined


def _is_results(content: Json) -> bool:
    parts = content["parts"]
    return content["role"] == "user" and all(isinstance(part, dict) and "functionResponse" in part for part in parts)


def _speaker(item: Json) -> str:
    """Who speaks: the user, where nobody is named, and where the old role of a function is."""
    return "model" if item.get("role") == "model" else "user"


def _parts(content: Any) -> list[Any]:
    if isinstance(content, str):
        return [{"text": content}]
    parts = content.get("parts", content) if isinstance(content, dict) else content
    return _each([{"text": part} if isinstance(part, str) else part for part in _listed(parts)], _part)


def _part(part: Json) -> Json:
    same = _filled(part, False)
    if same.get("text") == "" and same.get("thoughtSignature"):  # a signature may come without words
        del same["text"]
    if isinstance(same.get("functionCall"), dict):
        same["functionCall"] = {"args": {}, **same["functionCall"]}
    return same


def _camel(value: Any, name: str = "") -> Any:
    """Names in camelCase as the API takes them either way, and values in one of their forms; data stays as it is."""
    if isinstance(value, list):
        return [_camel(item, name) for item in value]
    if isinstance(value, dict):
        if name in _DATA:
            return value
        named = [(_camel_name(key), held) for key, held in value.items()]
        return {key: _camel(held, key) for key, held in named if held is not None}
    return _FORMS[name](value) if name in _FORMS and isinstance(value, str) else value


def _camel_name(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join([word.capitalize() for word in rest])


def _bytes(text: str) -> str:
    try:
        return urlsafe_b64decode(text.replace("+", "-").replace("/", "_") + "==").hex()
    except ValueError:
        return text


_DATA = _EXACT | {"response", "labels", "responseSchema", "metadata"}
_FORMS: dict[str, Callable[[str], Any]] = {
    **dict.fromkeys(("data", "thoughtSignature"), _bytes),
    **dict.fromkeys(("mode", "thinkingLevel", "responseModalities"), str.upper),
    **dict.fromkeys(("maxOutputTokens", "seed", "topK", "topP", "temperature", "candidateCount"), _parsed),
    **dict.fromkeys(("thinkingBudget", "presencePenalty", "frequencyPenalty"), _parsed),
}
"""How values are brought into one form: the two alphabets of bytes, words in any case, numbers as text."""

# Embeddings


def _vectors(body: Json) -> Json:
    given = body.get("input")
    one = isinstance(given, str) or (isinstance(given, list) and bool(given) and isinstance(given[0], int))
    return _filled(body) | {"input": [given] if one else given}


def _google_vectors(body: Json) -> Json:
    """A batch; a single content is one of one. The model of each item is the one of the address."""
    items = [item for item in _listed(body.get("requests", body)) if isinstance(item, dict)]
    same = [{**_camel(item), "model": None} for item in items]
    return {"requests": [_filled(item) | {"content": _parts(item.get("content"))} for item in same]}


_MEANINGS: dict[str, Callable[[Json], Json]] = {
    "chat_completions": _chat,
    "anthropic_messages": _claude,
    "responses": _responses,
    "gemini": _gemini,
    "embeddings": _vectors,
    "gemini.embeddings": _google_vectors,
}
