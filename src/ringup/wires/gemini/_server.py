"""Server half of Gemini: the JSON that a client sent, checked as Google does, as a Request."""

from __future__ import annotations

import re
from typing import Any, Literal
from urllib.parse import unquote

from ringup.errors import NotFoundError
from ringup.http import HttpRequest
from ringup.messages import (
    Message,
    Opaque,
    OutputSchema,
    Part,
    Reasoning,
    Request,
    Role,
    Text,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
)
from ringup.wire_tools import decode
from ringup.wires.gemini._checks import refuse
from ringup.wires.gemini._checks import tidy as _tidy
from ringup.wires.gemini._parts import NAME, Block, extra_of, read_part, rest_of
from ringup.wires.gemini._results import read_response, read_response_parts
from ringup.wires.gemini._schemas import json_schema

__all__ = ["check_names", "model_of", "read_request", "tidy"]

_PATH = re.compile(r"/v1(?:beta|alpha|beta1)?/(?:.*/)?((?:models|tunedModels)/[^/:]+):([A-Za-z]+)")
_METHODS = ("generateContent", "streamGenerateContent")
_MODELLED = ("contents", "systemInstruction", "tools", "toolConfig", "generationConfig")
_SETTINGS = ("maxOutputTokens", "temperature", "topP", "stopSequences", "seed", "candidateCount", "thinkingConfig")
_OUTPUT: tuple[str, ...] = ("responseMimeType", "responseJsonSchema")
_ROLES = ("user", "model", "function", None)
_MODES: dict[str, Literal["auto", "none", "required"]] = {"AUTO": "auto", "NONE": "none", "ANY": "required"}


def read_request(http: HttpRequest) -> Request:
    """The request that a client sent, to the Gemini API or to Vertex.

    Raises Google's BadRequestError for values of wrong types, or NotFoundError for another address. Fields without a
    name of their own are in `extra`, those of an object under it, unknown ones too (`check_names` refuses them as
    Google does). A stream that isn't asked for as events has `alt` "json" there. No header belongs to the request on
    this wire.
    """
    model, stream = _address(http.path)
    body = tidy(http)
    _check_contents(body.get("contents", []))
    config = body.get("generationConfig", {})
    wanted, schema = _output(config)
    choice, tool_config = _choice(body.get("toolConfig", {}))
    reasoning, thinking = _reasoning(config.get("thinkingConfig", {}))
    system = body.get("systemInstruction", {})
    nested = {
        "systemInstruction": rest_of(system, ("parts",)),
        "toolConfig": tool_config,
        "generationConfig": rest_of(config, (*_SETTINGS, *_OUTPUT)) | schema | thinking,
    }
    extra = rest_of(body, _MODELLED) | {name: rest for name, rest in nested.items() if rest}
    if stream and http.query.get("alt") != "sse":
        extra["alt"] = "json"
    return Request(
        model=model,
        messages=_History().read(body["contents"]),
        system=tuple([_system_part(block) for block in system.get("parts", ())]),
        max_tokens=config.get("maxOutputTokens"),
        temperature=config.get("temperature"),
        top_p=config.get("topP"),
        stop=tuple(config.get("stopSequences", ())),
        seed=config.get("seed"),
        n=config.get("candidateCount"),
        tools=tuple([tool for block in body.get("tools", ()) for tool in _tools(block)]),
        tool_choice=choice,
        output_schema=wanted,
        reasoning=reasoning,
        stream=stream,
        extra=extra,
    )


def _check_contents(contents: list[Block]) -> None:
    """Raise BadRequestError where there is nothing to answer, or nothing in a turn."""
    if not contents:
        refuse("* GenerateContentRequest.contents: contents is not specified\n")
    for at, content in enumerate(contents):
        if not content.get("parts"):
            refuse(f"* GenerateContentRequest.contents[{at}].parts: contents.parts must not be empty.\n")


def model_of(http: HttpRequest) -> str:
    """The model that the address names. Raises NotFoundError for another address."""
    return _address(http.path)[0]


def check_names(http: HttpRequest) -> None:
    """Raise Google's BadRequestError for names that it doesn't know, wherever they stand in the body."""
    _tidy(_decode(http.body), strict=True)


def tidy(http: HttpRequest) -> Block:
    """The body with every field under Google's own name. Raises BadRequestError for values of wrong types."""
    return _tidy(_decode(http.body), strict=False)


def _address(path: str) -> tuple[str, bool]:
    """The model, and whether a stream is asked for."""
    found = _PATH.fullmatch(path)
    if found is None or found[2] not in _METHODS:
        raise NotFoundError("Requested entity was not found.", status=404, type="NOT_FOUND")
    return unquote(found[1]).removeprefix("models/"), found[2] == _METHODS[1]


def _decode(body: bytes) -> Any:
    try:
        return decode(body)
    except ValueError as error:
        refuse(f"Invalid JSON payload received. {error}")


def _system_part(block: Block) -> Text | Opaque:
    part = read_part(block, "")
    return part if isinstance(part, Text) else Opaque(NAME, block)


# Settings


def _output(config: Block) -> tuple[OutputSchema | None, Block]:
    """The JSON that is asked for, and what of it only this wire can say: another type of text, Google's own schema."""
    said = {name: config[name] for name in _OUTPUT if name in config}
    if config.get("responseMimeType") != "application/json":
        return None, said
    if "responseSchema" in config:
        return OutputSchema(json_schema(config["responseSchema"])), rest_of(said, ("responseMimeType",))
    schema = config.get("responseJsonSchema")
    if schema is None or isinstance(schema, dict):
        return OutputSchema(schema), {}
    return OutputSchema(), {"responseJsonSchema": schema}


def _reasoning(config: Block) -> tuple[Reasoning | None, Block]:
    """The reasoning, and what it can't say."""
    budget, level, shown = config.get("thinkingBudget"), config.get("thinkingLevel"), config.get("includeThoughts")
    effort = level.lower() if isinstance(level, str) and level.upper() != "THINKING_LEVEL_UNSPECIFIED" else None
    known = ["includeThoughts", *(["thinkingLevel"] if effort else [])]
    if budget is not None and budget >= -1:
        known.append("thinkingBudget")
    rest = rest_of(config, tuple(known))
    reasoning = Reasoning(
        effort=effort,
        budget_tokens=budget if budget is not None and budget > 0 else None,
        mode="disabled" if budget == 0 else "adaptive" if budget == -1 else None,
        display=None if shown is None else "summarized" if shown else "omitted",
    )
    return (None if reasoning == Reasoning() else reasoning), {"thinkingConfig": rest} if rest else {}


def _choice(config: Block) -> tuple[ToolChoice | Opaque | None, Block]:
    """Which tools may be called, and the rest of toolConfig. What has no word of ours is kept as it is."""
    rest = rest_of(config, ("functionCallingConfig",))
    calling = config.get("functionCallingConfig")
    if calling and isinstance(calling.get("mode"), str):
        calling = {**calling, "mode": calling["mode"].upper()}
    match calling:
        case None:
            return None, rest
        case {"mode": "AUTO" | "NONE" | "ANY" as mode, **others} if not others:
            return ToolChoice(_MODES[mode]), rest
        case {"mode": "ANY", "allowedFunctionNames": [str(name)], **others} if not others:
            return ToolChoice("tool", name), rest
    return Opaque(NAME, calling), rest


def _tools(block: Block) -> list[Tool | Opaque]:
    found: list[Tool | Opaque] = [_tool(declared) for declared in block.get("functionDeclarations", ())]
    rest = rest_of(block, ("functionDeclarations",))
    return [*found, Opaque(NAME, rest)] if rest else found


def _tool(declared: Block) -> Tool:
    """A function. Google's own schema stays beside ours, so that it goes back unchanged."""
    parameters = declared.get("parametersJsonSchema")
    known: tuple[str, ...] = ("name", "description", "parametersJsonSchema")
    if not isinstance(parameters, dict):
        known = known[:2]
        parameters = json_schema(declared["parameters"]) if "parameters" in declared else None
    return Tool(
        declared.get("name", ""), declared.get("description"), parameters, extra=extra_of(rest_of(declared, known))
    )


# Messages


class _History:
    """Reads a conversation. Calls and results that have no id are paired by their names, in order."""

    __slots__ = ("_calls", "_open")

    def __init__(self) -> None:
        self._calls: dict[str, str] = {}  # every id so far: the function's name
        self._open: list[ToolCall] = []  # calls without a result

    def read(self, contents: list[Block]) -> tuple[Message, ...]:
        return tuple([self._content(at, content) for at, content in enumerate(contents)])

    def _content(self, at: int, content: Block) -> Message:
        parts = tuple([self._part(block, f"call_{at}_{index}") for index, block in enumerate(content["parts"])])
        role: Role = "assistant" if content.get("role") == "model" else "user"
        if role == "user" and parts and all(isinstance(part, ToolResult) for part in parts):
            role = "tool"
        known = ("role", "parts") if content.get("role") in _ROLES else ("parts",)
        return Message(role, parts, extra=extra_of(rest_of(content, known)))

    def _part(self, block: Block, made: str) -> Part:
        nameless = any(name in block and "name" not in block[name] for name in ("functionCall", "functionResponse"))
        if nameless or block.keys() <= {"thought"}:
            return Opaque(NAME, block)
        if "functionResponse" in block and "text" not in block:
            return self._result(block, block["functionResponse"])
        part = read_part(block, made)
        if isinstance(part, ToolCall):
            self._calls[part.id] = part.name
            self._open.append(part)
        return part or Opaque(NAME, block)

    def _result(self, block: Block, inner: Block) -> ToolResult:
        rest = rest_of(inner, ("id", "name", "response", "parts"))
        given, name = inner.get("id"), inner.get("name", "")
        call = self._answered(given, name)
        if given is None:
            rest["id"] = None
        if self._calls.get(call) != name:
            rest["name"] = name
        words, failed = read_response(inner.get("response"))
        extra = rest_of(block, ("functionResponse",)) | ({"functionResponse": rest} if rest else {})
        return ToolResult(call, (*words, *read_response_parts(inner.get("parts", []))), failed, extra_of(extra))

    def _answered(self, given: str | None, name: str) -> str:
        """The id of the call that a result answers; its function's name where there is no such call."""
        for call in self._open:
            if call.id == given or (given is None and call.name == name):
                self._open.remove(call)
                return call.id
        return name if given is None else given
