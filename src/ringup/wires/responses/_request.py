"""A Request as the JSON of the Responses API, for OpenAI and every server that speaks like it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ringup.crossing import is_ours, left_behind, made_id, says_nothing
from ringup.http import HttpRequest
from ringup.messages import (
    Audio,
    Document,
    Image,
    Message,
    Opaque,
    OutputSchema,
    Part,
    Reasoning,
    Refusal,
    Request,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
)
from ringup.reply import Notice, Notices
from ringup.rules import Rules
from ringup.wire_tools import encode
from ringup.wires.responses._content import audio_block, file_block, image_block, text_block
from ringup.wires.responses._parts import (
    CUSTOM,
    NAME,
    PATH,
    call_item,
    content_block,
    field_of,
    group_fields,
    groups,
    is_content,
    looks_like_content,
    own,
    thinking_item,
)

__all__ = ["SEALED", "STATEFUL", "is_stateless", "merge_extra", "settings", "write_request"]

SEALED = "reasoning.encrypted_content"
"""What must be asked for, to get reasoning that can be sent back when nothing is stored."""
STATEFUL = ("previous_response_id", "conversation", "background")
"""Fields that build on what the provider stores: with one of them, `store` is left to the provider."""

_NOT_HERE = "the Responses API has no such setting; it was not sent"
_ONE_ANSWER = "the Responses API gives one answer to a request"
_EFFORT_ONLY = "this API takes a reasoning effort as a word, and no budget or mode; it was not sent"
_NO_NAMES = "this API has no names for those who speak; it was not sent"
_UNSIGNED = "reasoning that another API gave can't go back on this one; it was left out"
_THOUGHTLESS = "this model doesn't think, and takes no reasoning of another; it was left out"
_LONG_ID = "this API wants shorter ids of tool calls; others were made of them"
_UNSEALED = "reasoning came without its encrypted content and nothing is stored, so it can't go back; it was left out"
_NO_FLAG = "this API has no field that marks a tool's result as an error; its text was sent"
_AS_TEXT = "a document of plain text is sent as text on this API"
_FILE_NAME = "this API wants a file's name, so one was made up"
_SPOKEN = "what the model said as audio can't be sent back on this API; the words were sent as text"
_NO_WORDS = "this audio has neither sound nor words that could be sent; it was left out"
_MISPLACED = "this can't stand in a message of that role on this API; it was left out"
_AS_MESSAGE = "`instructions` takes plain words only; the system was sent as a message"

_PLAIN = {"type", "text"}

Block = dict[str, Any]


def write_request(request: Request, rules: Rules) -> tuple[HttpRequest, tuple[Notice, ...]]:
    """The request as OpenAI takes it, and what became of whatever it can't say.

    Every request carries the whole conversation, so nothing needs to be stored: `store` is false, and a model that
    reasons is asked for its encrypted reasoning, which goes back with the next request. `request.extra` goes in last
    and untouched (of `text` and `reasoning` the objects are merged): there `store`, `previous_response_id` and
    `include` win, and None for `store` or `include` leaves that field out, as the API's own default.
    """
    notices = Notices()
    body: Block = {"model": request.model} if request.model else {}
    body.update(settings(request, notices))
    body["input"] = _input(request, rules, notices)
    if not body["input"]:
        del body["input"]
    if is_stateless(request.extra):
        body["store"] = False
        if rules.reasons or request.reasoning is not None:
            body["include"] = [SEALED]
    if request.stream:
        body["stream"] = True
    merge_extra(body, request.extra)
    headers = {"content-type": "application/json", "accept": "application/json"}
    headers.update({name.lower(): value for name, value in request.headers.items()})
    return HttpRequest(path=PATH, headers=headers, body=encode(body)), tuple(notices.values())


def is_stateless(extra: dict[str, Any]) -> bool:
    """Whether a request with these further fields builds on nothing that the provider stores."""
    if "store" in extra:
        return extra["store"] is False
    return not any(extra.get(name) for name in STATEFUL)


def merge_extra(body: Block, extra: dict[str, Any]) -> None:
    """Put further fields into a body: they win, and of `text` and `reasoning` the objects are merged."""
    for key, value in extra.items():
        held = body.get(key)
        merges = key in ("text", "reasoning") and isinstance(held, dict) and isinstance(value, dict)
        body[key] = {**held, **value} if merges and held else value
    for key in ("store", "include"):
        if body.get(key, True) is None:
            del body[key]


# Settings


def settings(request: Request, notices: Notices | None = None) -> Block:
    """The fields of the body that stand beside the input, without those of `request.extra`."""
    notices = Notices() if notices is None else notices
    body: Block = {
        "instructions": _instructions(request),
        "max_output_tokens": request.max_tokens,
        "temperature": request.temperature,
        "top_p": request.top_p,
        "parallel_tool_calls": request.parallel_tool_calls,
        "metadata": request.metadata,
    }
    if tools := [_tool(tool) for tool in request.tools if is_ours(tool, NAME, "tools", notices)]:
        body["tools"] = tools
    if request.tool_choice is not None and is_ours(request.tool_choice, NAME, "tool_choice", notices):
        body["tool_choice"] = _tool_choice(request.tool_choice)
    if request.output_schema is not None:
        body["text"] = {"format": _format(request.output_schema)}
    if request.reasoning is not None:
        body["reasoning"] = _reasoning(request.reasoning, notices) or None
    for name in ("stop", "seed"):
        if getattr(request, name) not in (None, ()):
            notices.add("dropped", name, _NOT_HERE)
    if request.n not in (None, 1):
        notices.add("dropped", "n", _ONE_ANSWER)
    return {name: value for name, value in body.items() if value is not None}


def _instructions(request: Request) -> str | None:
    return "\n\n".join([part.text for part in request.system if isinstance(part, Text)]) if _is_words(request) else None


def _is_words(request: Request) -> bool:
    """Whether the system is something, and plain words."""
    return bool(request.system) and all(isinstance(part, Text) and not own(part.extra) for part in request.system)


def _tool(tool: Tool | Opaque) -> Block:
    if isinstance(tool, Opaque):
        return tool.data
    block: Block = {"type": "function", "name": tool.name, "parameters": tool.parameters, "strict": tool.strict}
    if tool.description is not None:
        block["description"] = tool.description
    return block | own(tool.extra)


def _tool_choice(choice: ToolChoice | Opaque) -> Any:
    if isinstance(choice, Opaque):
        return choice.data
    return {"type": "function", "name": choice.name} if choice.mode == "tool" else choice.mode


def _format(output: OutputSchema) -> Block:
    if output.schema is None:
        return {"type": "json_object"}
    block: Block = {"type": "json_schema", "name": output.name or "output", "schema": output.schema}
    if output.description is not None:
        block["description"] = output.description
    if output.strict is not None:
        block["strict"] = output.strict
    return block


def _reasoning(wanted: Reasoning, notices: Notices) -> Block:
    for name in ("budget_tokens", "mode"):
        if getattr(wanted, name) is not None:
            notices.add("dropped", f"reasoning.{name}", _EFFORT_ONLY)
    summary = {"summarized": "auto", "omitted": None}.get(wanted.display or "", wanted.display)
    fields = {"effort": wanted.effort, "summary": summary}
    return {name: value for name, value in fields.items() if value is not None}


# Input


def _input(request: Request, rules: Rules, notices: Notices) -> list[Block]:
    writer = _Items(rules, notices, is_stateless(request.extra))
    if request.system and not _is_words(request):
        notices.add("moved", "system", _AS_MESSAGE)
        writer.add(Message("system", request.system))
    for message in request.messages:
        part = message.parts[0] if len(message.parts) == 1 else None
        if type(part) is Text and not (part.extra or message.extra or message.name):
            role = "user" if message.role == "tool" else message.role
            writer.written.append({"role": role, "content": part.text})
        else:
            writer.add(message)
    return writer.written


class _Items:
    """Items as they are written."""

    __slots__ = ("customs", "notices", "own", "rules", "stateless", "written")

    def __init__(self, rules: Rules, notices: Notices, stateless: bool) -> None:
        self.written: list[Block] = []
        self.customs: set[str] = set()  # the calls of custom tools: their results are items of another type
        self.own: set[str] = set()  # the ids of calls that this API gave: they go back as they are
        self.rules = rules
        self.notices = notices
        self.stateless = stateless

    def add(self, message: Message) -> None:
        for what, wire in left_behind(message, NAME):
            self.notices.add("dropped", what, f"this means something to {wire} only; it was left out")
        if message.name is not None:
            self.notices.add("dropped", "message.name", _NO_NAMES)
        if message.role == "assistant":
            self._assistant(message)
        else:
            self._other(message)

    # What others than the model said

    def _other(self, message: Message) -> None:
        role = "user" if message.role == "tool" else message.role
        content: list[Block] = []
        sent = False
        for part in message.parts:
            item = self._item(part, message.role)
            if item is None:
                block = self._block(part)
                content += [block] if block is not None else []
                continue
            self._message(role, content, message)
            self.written.append(item)
            content, sent = [], True
        if content or not (sent or message.parts):
            self._message(role, content or [text_block(Text(""))], message)

    def _message(self, role: str, content: list[Block], message: Message) -> None:
        if not content:
            return
        plain = len(content) == 1 and content[0].keys() == _PLAIN and content[0]["type"] == "input_text"
        written: Block = {"role": role, "content": content[0]["text"] if plain else content}
        fields = own(message.extra)
        self.written.append({"type": "message", **written, **fields} if fields else written)

    def _item(self, part: Part, role: str) -> Block | None:
        """A part that is an item of its own, and not content of a message."""
        if isinstance(part, ToolResult):
            return self._result(part)
        if isinstance(part, Opaque) and part.wire == NAME and _is_item(part.data, role):
            return part.data
        return None

    def _result(self, result: ToolResult) -> Block:
        if result.is_error:
            self.notices.add("moved", "tool_result.is_error", _NO_FLAG)
        blocks = [block for part in result.parts if (block := self._block(part)) is not None]
        plain = len(blocks) == 1 and blocks[0].keys() == _PLAIN and blocks[0]["type"] == "input_text"
        kind = CUSTOM if result.call_id in self.customs else "function_call"
        item: Block = {"type": f"{kind}_output"}
        if result.call_id:
            item["call_id"] = self._id(result.call_id)
        item["output"] = blocks[0]["text"] if plain else blocks or ""
        return item | own(result.extra)

    def _id(self, call_id: str) -> str:
        """A call's id as the server takes it."""
        if call_id in self.own or self.rules.tool_id_max is None or len(call_id) <= self.rules.tool_id_max:
            return call_id
        self.notices.add("renamed", "tool_call.id", _LONG_ID)
        return f"call_{made_id(call_id)}"

    def _block(self, part: Part) -> Block | None:
        """A part as content; None where it can't be any, which a notice tells."""
        match part:
            case Text() if says_nothing(part, NAME):
                return None
            case Text():
                return text_block(part)
            case Image():
                return image_block(part)
            case Document():
                return self._document(part)
            case Audio():
                return self._audio(part)
            case Opaque():
                return part.data if is_ours(part, NAME, "messages", self.notices) else None
        self.notices.add("dropped", _kind(part), _MISPLACED)
        return None

    def _document(self, part: Document) -> Block:
        if part.text is not None:
            self.notices.add("moved", "document.text", _AS_TEXT)
            return text_block(Text(part.text))
        name = part.name
        if name is None and part.data is not None:
            name = "document." + (part.media_type or "application/pdf").rpartition("/")[2]
            self.notices.add("added", "document.name", _FILE_NAME)
        return file_block(part, name)

    def _audio(self, part: Audio) -> Block | None:
        if part.data is not None:
            return audio_block(part)
        words = self._spoken(part)
        return text_block(words) if words else None

    def _spoken(self, part: Audio) -> Text | None:
        if not part.transcript:
            self.notices.add("dropped", "audio", _NO_WORDS)
            return None
        self.notices.add("moved", "audio", _SPOKEN)
        return Text(part.transcript)

    # What the model said

    def _assistant(self, message: Message) -> None:
        for group in groups(self._sayable(message.parts)):
            part = group[0]
            match part:
                case ToolCall():
                    if part.kind == "custom":
                        self.customs.add(part.id)
                    if own(part.extra):
                        self.own.add(part.id)
                    self.written.append(call_item(part) | {"call_id": self._id(part.id)})
                case Thinking():
                    self.written.append(thinking_item(part))
                case Opaque() if not is_content(part):
                    self.written.append(part.data)
                case _:
                    self.written.append(_said(group))

    def _sayable(self, parts: Iterable[Part]) -> Iterable[Part]:
        """The parts of an assistant's turn that this wire can send back; notices tell of the others."""
        for part in parts:
            match part:
                case Text() if says_nothing(part, NAME):
                    pass
                case Text() | Refusal() | ToolCall():
                    yield part
                case Opaque():
                    if is_ours(part, NAME, "messages", self.notices):
                        yield part
                case Thinking():
                    if self._goes_back(part):
                        yield part
                case Audio():
                    if words := self._spoken(part):
                        yield words
                case _:
                    self.notices.add("dropped", _kind(part), _MISPLACED)

    def _goes_back(self, part: Thinking) -> bool:
        """Whether a Thinking may be sent: it came from this wire, and needs nothing that the provider should store."""
        field = field_of(part)
        if field is None:
            self.notices.add("dropped", "thinking", _UNSIGNED)
        elif "reasoning" in self.rules.refuses:
            self.notices.add("dropped", "thinking", _THOUGHTLESS)
        elif self.stateless and field == "summary" and not part.signature and "content" not in own(part.extra):
            self.notices.add("dropped", "thinking.unsealed", _UNSEALED)
        else:
            return True
        return False


def _said(group: list[Part]) -> Block:
    """A message item of the assistant. Plain words that have no id are sent as a string, as any server takes them."""
    fields, only = group_fields(group), group[0]
    plain = len(group) == 1 and isinstance(only, Text) and own(only.extra).keys() <= {"item"}
    if plain and isinstance(only, Text) and "id" not in fields:
        return {"role": "assistant", "content": only.text, **fields}
    content = [content_block(part) for part in group]
    status = {"status": "completed"} if "id" in fields else {}
    return {"type": "message", "role": "assistant", "content": content, **status, **fields}


def _is_item(data: Block, role: str) -> bool:
    """Whether an opaque part in a message of that role, other than the assistant's, is an item of its own."""
    if looks_like_content(data):
        return False
    kind = str(data.get("type"))
    return role == "tool" or kind in _ITEMS or kind.endswith(_ITEM_ENDS) or "role" in data


_ITEMS = frozenset({"reasoning", "compaction", "program", "item_reference"})
_ITEM_ENDS = ("_call", "_output", "_response", "_request", "_tools", "_trigger", "_update")


def _kind(part: Part) -> str:
    return {ToolCall: "tool_call", ToolResult: "tool_result"}.get(type(part), type(part).__name__.lower())
