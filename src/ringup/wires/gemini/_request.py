"""Client half of Gemini: a Request as the JSON of generateContent, and notices of what became of the rest."""

from __future__ import annotations

import re
from urllib.parse import quote

from ringup.crossing import left_behind, says_nothing
from ringup.errors import ParameterError
from ringup.http import HttpRequest
from ringup.messages import Message, Opaque, OutputSchema, Part, Reasoning, Request, Text, Tool, ToolChoice
from ringup.reply import Notice
from ringup.rules import Rules
from ringup.wire_tools import encode
from ringup.wires.gemini._fields import camel
from ringup.wires.gemini._parts import NAME, PATH, Block, merge, own, write_part
from ringup.wires.gemini._results import Results

__all__ = ["is_older", "write_request"]

_OLDER = re.compile(r"(?:models/)?gemini-[12]\b.*")
_BUDGETS = {
    "none": 0,
    "minimal": 1024,
    "low": 1024,
    "medium": 8192,
    "high": 24_576,
    "xhigh": 24_576,
    "max": 24_576,
}
"""Tokens of thinking for an effort, on models before Gemini 3 (ai.google.dev/gemini-api/docs/openai; the last two are
the most that every one of them takes)."""
_LEVELS = {"max": "XHIGH"}
_UNSIGNED = "skip_thought_signature_validator"
"""For calls that another model made; without a signature Gemini 3 answers 400 (ai.google.dev, "Thought signatures")."""
_MODES = {"auto": "AUTO", "none": "NONE", "required": "ANY", "tool": "ANY"}


def write_request(request: Request, rules: Rules) -> tuple[HttpRequest, tuple[Notice, ...]]:
    """The request in this API's JSON, and notices of what it can't say.

    `request.extra` is merged last, field by field, under either name of a field; a None in it takes the field out. Its
    `alt` goes into the address: "json" asks for a stream that is a JSON array instead of events. Raises ParameterError
    when no message is left to send.
    """
    notices: list[Notice] = []
    leading = _leading(request.messages)
    system = _system(request, leading, notices)
    turns = _Turns(is_older(request.model), rules.signed_calls, notices)
    for at in range(leading, len(request.messages)):
        turns.add(at, request.messages[at])
    if not turns.written:
        raise ParameterError("there is no message to send: this API needs at least one", parameter="messages")
    extra = camel("GenerateContentRequest", request.extra)
    body: Block = {"contents": turns.written}
    if system:
        body["systemInstruction"] = {"parts": system}
    _write_tools(body, request, notices)
    if config := _generation(request, extra, notices):
        body["generationConfig"] = config
    if request.metadata is not None:
        notices.append(Notice("dropped", "metadata", "this API takes no metadata with a request"))
    alt = extra.pop("alt", "sse")
    headers = {"content-type": "application/json"}
    headers.update({name.lower(): value for name, value in request.headers.items()})
    http = HttpRequest(
        path=_path(request),
        query={"alt": "sse"} if request.stream and alt == "sse" else {},
        headers=headers,
        body=encode(merge(body, extra) if extra else body),
    )
    return http, tuple(dict.fromkeys(notices))


def _path(request: Request) -> str:
    """A model of another collection is named whole: tunedModels/x."""
    model = request.model.removeprefix("models/")
    base = PATH.removesuffix("/models") if "/" in model else PATH
    method = "streamGenerateContent" if request.stream else "generateContent"
    return f"{base}/{quote(model, safe='/@')}:{method}"


def is_older(model: str) -> bool:
    """Whether a model came before Gemini 3, which brought levels of thinking and tools that give back pictures."""
    return _OLDER.fullmatch(model) is not None


# Messages


def _leading(messages: tuple[Message, ...]) -> int:
    """How many system messages stand before the conversation."""
    for at, message in enumerate(messages):
        if message.role not in ("system", "developer"):
            return at
    return len(messages)


def _system(request: Request, leading: int, notices: list[Notice]) -> list[Block]:
    parts = [block for part in request.system if (block := write_part(part, "system", notices)) is not None]
    for at, message in enumerate(request.messages[:leading]):
        what = f"messages.{at}"
        text = f"the {message.role} message was sent as systemInstruction, where this API has it"
        notices.append(Notice("moved", what, text))
        for part in message.parts:
            if isinstance(part, (Text, Opaque)) and (block := write_part(part, what, notices)) is not None:
                parts.append(block)
            elif not isinstance(part, (Text, Opaque)):
                kind = type(part).__name__.lower()
                notices.append(Notice("dropped", f"{what}.{kind}", f"a system message can't hold {kind}: left out"))
    return parts


class _Turns:
    """The conversation as this API has it: two roles, and the results of tools among a user's parts."""

    __slots__ = ("_joins", "_notices", "_results", "_signs", "written")

    def __init__(self, older: bool, signs: bool, notices: list[Notice]) -> None:
        self.written: list[Block] = []
        self._signs = signs
        self._notices = notices
        self._results = Results(older, notices)
        self._joins: list[Block] | None = None  # the parts of a turn of results, which further results join

    def add(self, at: int, message: Message) -> None:
        parts, role = message.parts, message.role
        if len(parts) == 1 and role in ("user", "assistant") and not message.extra and message.name is None:
            part = parts[0]
            if type(part) is Text and not part.extra:
                self._joins = None
                self.written.append({"role": "user" if role == "user" else "model", "parts": [{"text": part.text}]})
                return
        self._add_any(f"messages.{at}", message)

    def _add_any(self, where: str, message: Message) -> None:
        if message.name is not None:
            self._notices.append(Notice("dropped", f"{where}.name", "this API has no names for those who speak"))
        for what, wire in left_behind(message, NAME):
            text = f"this means something to {wire} only: it was not sent"
            self._notices.append(Notice("dropped", f"{where}.{what}", text))
        if message.role in ("system", "developer"):
            text = "this API has no system message inside the conversation: it was sent as the user's"
            self._notices.append(Notice("moved", where, text))
        blocks = self._blocks(where, message.parts)
        if message.role == "assistant" and self._signs:
            self._sign(where, blocks)
        if message.role == "tool" and self._joins is not None:
            self._joins += blocks
            self._joins.sort(key=_is_other)
        elif blocks:
            self._joins = blocks if message.role == "tool" else None
            turn = {"role": "model" if message.role == "assistant" else "user", "parts": blocks}
            self.written.append(merge(turn, own(message)) if message.extra else turn)

    def _sign(self, where: str, blocks: list[Block]) -> None:
        """A turn of calls that no Gemini signed: the first call gets the word that stands for a signature."""
        call = next((block for block in blocks if "functionCall" in block), None)
        if call is not None and not any("thoughtSignature" in block for block in blocks):
            call["thoughtSignature"] = _UNSIGNED
            text = "this API wants a signature on calls of tools; the word that it has for calls of others was sent"
            self._notices.append(Notice("added", f"{where}.tool_call.thoughtSignature", text))

    def _blocks(self, where: str, parts: tuple[Part, ...]) -> list[Block]:
        blocks: list[Block] = []
        moved: list[Block] = []
        for part in parts:
            if says_nothing(part, NAME):
                continue
            if part_blocks := self._results.write(part, where, moved):
                blocks += part_blocks
        return blocks + moved


def _is_other(block: Block) -> bool:
    return "functionResponse" not in block  # sorts the results first


# Tools


def _write_tools(body: Block, request: Request, notices: list[Notice]) -> None:
    tools: list[Block] = []
    declared: list[Block] = []
    for tool in request.tools:
        if isinstance(tool, Opaque):
            if (block := write_part(tool, "tools", notices)) is not None:
                tools.append(block)
            continue
        if not declared:
            tools.append({"functionDeclarations": declared})
        declared.append(_declaration(tool, notices))
    if tools:
        body["tools"] = tools
    if (choice := _choice(request.tool_choice, notices)) is not None:
        body["toolConfig"] = {"functionCallingConfig": choice}
    if request.parallel_tool_calls is False:
        text = "this API can't be told to call one tool at a time"
        notices.append(Notice("dropped", "parallel_tool_calls", text))


def _declaration(tool: Tool, notices: list[Notice]) -> Block:
    block: Block = {"name": tool.name}
    if tool.description is not None:
        block["description"] = tool.description
    extra = own(tool)
    if tool.parameters is not None and "parameters" not in extra:  # it came as Google's Schema, and goes so
        block["parametersJsonSchema"] = tool.parameters
    if tool.strict:
        notices.append(Notice("dropped", "tools.strict", "this API has no `strict` for a tool"))
    return merge(block, extra) if extra else block


def _choice(choice: ToolChoice | Opaque | None, notices: list[Notice]) -> Block | None:
    if choice is None or isinstance(choice, Opaque):
        return None if choice is None else write_part(choice, "tool_choice", notices)
    config: Block = {"mode": _MODES[choice.mode]}
    return config | {"allowedFunctionNames": [choice.name]} if choice.mode == "tool" else config


# Settings


def _generation(request: Request, extra: Block, notices: list[Notice]) -> Block:
    settings = {
        "maxOutputTokens": request.max_tokens,
        "temperature": request.temperature,
        "topP": request.top_p,
        "stopSequences": list(request.stop) or None,
        "seed": request.seed,
        "candidateCount": request.n,
    }
    config: Block = {name: value for name, value in settings.items() if value is not None}
    if request.output_schema is not None:
        given = extra.get("generationConfig")
        _write_output(config, request.output_schema, isinstance(given, dict) and "responseSchema" in given, notices)
    if request.reasoning is not None and (thinking := _thinking(request.reasoning, request.model, notices)):
        config["thinkingConfig"] = thinking
    return config


def _write_output(config: Block, wanted: OutputSchema, said: bool, notices: list[Notice]) -> None:
    """`said` is True where `extra` has the schema in Google's own form, beside which no other may stand."""
    config["responseMimeType"] = "application/json"
    if wanted.schema is not None and not said:
        config["responseJsonSchema"] = wanted.schema
    if wanted.description is not None:
        notices.append(Notice("dropped", "output_schema.description", "this API has no description of the schema"))
    if wanted.strict is False:
        notices.append(Notice("dropped", "output_schema.strict", "this API always keeps to the schema"))


def _thinking(wanted: Reasoning, model: str, notices: list[Notice]) -> Block:
    """Gemini 3 and newer take a level, which is our effort; older ones a number of tokens (0: off, -1: as needed)."""
    thinking: Block = {}
    match wanted.mode:
        case "disabled":
            thinking["thinkingBudget"] = 0
        case "adaptive":
            thinking["thinkingBudget"] = -1
        case "between_tools":
            notices.append(Notice("dropped", "reasoning.mode", "this API can't think only between calls of tools"))
    if wanted.budget_tokens is not None:
        thinking["thinkingBudget"] = wanted.budget_tokens
    if wanted.effort is not None:
        _write_effort(thinking, wanted.effort, is_older(model), notices)
    if wanted.display is not None:
        thinking["includeThoughts"] = wanted.display != "omitted"
    return thinking


def _write_effort(thinking: Block, effort: str, older: bool, notices: list[Notice]) -> None:
    """The API refuses a level beside a budget: the newer models get the level, the older ones the budget."""
    if older and "thinkingBudget" in thinking:
        notices.append(Notice("dropped", "reasoning.effort", "this model takes a budget, which was given, or nothing"))
    elif effort == "none" or (older and effort in _BUDGETS):
        thinking["thinkingBudget"] = _BUDGETS[effort]
        text = f"the effort {effort!r} was sent as a thinkingBudget of {_BUDGETS[effort]:,} tokens"
        notices.append(Notice("renamed", "reasoning.effort", text))
    else:
        if thinking.pop("thinkingBudget", None) is not None:
            text = "this API takes a level of thinking or a budget: the level was sent"
            notices.append(Notice("dropped", "reasoning.budget_tokens", text))
        thinking["thinkingLevel"] = _LEVELS.get(effort, effort.upper())
        if effort in _LEVELS:
            text = f"the effort {effort!r} was sent as {thinking['thinkingLevel']}, the most that this API has"
            notices.append(Notice("renamed", "reasoning.effort", text))
