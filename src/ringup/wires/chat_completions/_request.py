"""A Request as the JSON of Chat Completions, for OpenAI and every server that speaks like it."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

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
from ringup.wires.chat_completions._parts import (
    NAME,
    PATH,
    call_block,
    field_of,
    file_block,
    image_block,
    merge,
    own,
    reasoning_fields,
    text_block,
    thinking_chunk,
)

__all__ = ["write_request"]

_EFFORT_ONLY = "Chat Completions takes a reasoning effort as a word and no other setting of reasoning; it was not sent"
_UNSIGNED = "reasoning that another API gave can't go back on this one; it was left out"
_NO_FLAG = "this API has no field that marks a tool's result as an error; its text was sent"
_ONLY_TEXT = "a tool's result holds only text on this API; its images and files follow in a user message"
_AS_TEXT = "this API takes no plain-text documents; the document was sent as text"
_SPOKEN = "what the model said as audio can be sent back only by its id; the words were sent as text"
_NO_WORDS = "this audio has neither sound nor words that could be sent; it was left out"
_NOT_SAID = "the assistant's messages hold only words on this API; its images and files follow in a user message"
_BY_FILE = "an uploaded image is sent as a file on this API"
_MISPLACED = "tools are called in the assistant's messages, and answered in a user's or a tool's; this was left out"
_FILE_NAME = "this API wants a file's name, so one was made up"
_DEVELOPER = "this server knows no role `developer`: it was sent as `system`"
_ANY_ID = "this server wants ids of tool calls of another form; others were made of them"
_NAMELESS = "this server takes no names of speakers; the name was left out"

_NEXT = "The result is in the next message."
_PLAIN = {"type", "text"}
_EMPTY = {"role", "content"}
_SAME = ("user", "assistant", "system")
"""Roles that are the same word here."""

Block = dict[str, Any]


def write_request(request: Request, rules: Rules) -> tuple[HttpRequest, tuple[Notice, ...]]:
    """The request as OpenAI takes it, and what became of whatever it can't say.

    `request.extra` goes in last and untouched; `stream_options` set to None in it leaves that field out (for servers
    that refuse it).
    """
    notices = Notices()
    body: Block = {"model": request.model, "messages": _messages(request, rules, notices)}
    _settings(body, request, rules, notices)
    if request.tools and (tools := [_tool(tool) for tool in request.tools if is_ours(tool, NAME, "tools", notices)]):
        body["tools"] = tools
    if request.tool_choice is not None and is_ours(request.tool_choice, NAME, "tool_choice", notices):
        body["tool_choice"] = _tool_choice(request.tool_choice)
    if request.output_schema is not None:
        body["response_format"] = _response_format(request.output_schema)
    if request.stream:
        body["stream"] = True
        if rules.stream_options:
            body["stream_options"] = {"include_usage": True}
    body.update(request.extra)
    if body.get("stream_options", True) is None:
        del body["stream_options"]
    headers = {"content-type": "application/json", "accept": "application/json"}
    if request.headers:
        headers.update({name.lower(): value for name, value in request.headers.items()})
    return HttpRequest(path=PATH, headers=headers, body=encode(body)), tuple(notices.values())


def _settings(body: Block, request: Request, rules: Rules, notices: Notices) -> None:
    settings = {
        rules.max_tokens_field: request.max_tokens,
        "temperature": request.temperature,
        "top_p": request.top_p,
        "stop": request.stop or None,
        "seed": request.seed,
        "n": request.n,
        "parallel_tool_calls": request.parallel_tool_calls,
        "metadata": request.metadata,
    }
    for name, value in settings.items():
        if value is not None:
            body[_field(name, rules, notices)] = value
    if (wanted := request.reasoning) is not None:
        if wanted.effort is not None:
            body["reasoning_effort"] = wanted.effort
        for name in ("budget_tokens", "mode", "display"):
            if getattr(wanted, name) is not None:
                notices.add("dropped", f"reasoning.{name}", _EFFORT_ONLY)


def _field(name: str, rules: Rules, notices: Notices) -> str:
    """The server's own name of a field."""
    other = rules.renames.get(name)
    if other is None:
        return name
    notices.add("renamed", name, f"{name} was sent as {other}, as this server calls it")
    return other


def _tool(tool: Tool | Opaque) -> Block:
    if isinstance(tool, Opaque):
        return tool.data
    inner: Block = {"name": tool.name}
    if tool.description is not None:
        inner["description"] = tool.description
    if tool.parameters is not None:
        inner["parameters"] = tool.parameters
    if tool.strict is not None:
        inner["strict"] = tool.strict
    return merge({"type": "function", "function": inner}, tool.extra)


def _tool_choice(choice: ToolChoice | Opaque) -> Any:
    if isinstance(choice, Opaque):
        return choice.data
    return {"type": "function", "function": {"name": choice.name}} if choice.mode == "tool" else choice.mode


def _response_format(output: OutputSchema) -> Block:
    if output.schema is None:
        return {"type": "json_object"}
    inner: Block = {"name": output.name or "output", "schema": output.schema}
    if output.description is not None:
        inner["description"] = output.description
    if output.strict is not None:
        inner["strict"] = output.strict
    return {"type": "json_schema", "json_schema": inner}


# Messages


def _messages(request: Request, rules: Rules, notices: Notices) -> list[Block]:
    writer = _Messages(rules, notices)
    if request.system:
        writer.plain(Message("system", request.system))
    for message in request.messages:
        part = message.parts[0] if len(message.parts) == 1 else None
        if type(part) is Text and not (part.extra or message.extra or message.name or writer.moved):
            role = message.role if message.role in _SAME else writer.role(message)
            writer.written.append({"role": role, "content": part.text})
        else:
            writer.add(message)
    writer.flush()
    return writer.written


class _Messages:
    """Messages as they are written. `moved` waits for the end of a run of tool messages: none may stand between."""

    __slots__ = ("moved", "notices", "old_calls", "rules", "written")

    def __init__(self, rules: Rules, notices: Notices) -> None:
        self.written: list[Block] = []
        self.moved: list[Block] = []
        self.old_calls: set[str] = set()
        self.rules = rules
        self.notices = notices

    def role(self, message: Message) -> str:
        """The role under which a message of words goes out."""
        role = message.role
        if role == "developer" and role in self.rules.refuses:
            self.notices.add("renamed", "messages.role", _DEVELOPER)
            return "system"
        return "user" if role == "tool" else role

    def named(self, written: Block, message: Message) -> Block:
        """A message with its speaker's name and the fields that only this wire knows."""
        if message.name is not None and "name" in self.rules.refuses:
            self.notices.add("dropped", "messages.name", _NAMELESS)
        elif message.name is not None:
            written["name"] = message.name
        return written | own(message.extra) if message.extra else written

    def id(self, call_id: str) -> str:
        """A tool call's id as the server takes it; the same one always becomes the same."""
        length, most = self.rules.tool_id_length, self.rules.tool_id_max
        if length is None and (most is None or len(call_id) <= most):
            return call_id
        if len(call_id) == length and call_id.isascii() and call_id.isalnum():
            return call_id
        self.notices.add("renamed", "tool_call.id", _ANY_ID)
        return made_id(call_id)[:length] if length else f"call_{made_id(call_id)}"

    def takes(self, part: Thinking) -> bool:
        """Whether reasoning can go back: it came on this wire, in a field that the server knows."""
        field, known = field_of(part), self.rules.thoughts
        return field is not None and (known is None or field in known)

    def add(self, message: Message) -> None:
        for what, wire in left_behind(message, NAME):
            self.notices.add("dropped", what, f"this means something to {wire} only; it was left out")
        if message.role == "assistant":
            self.flush()
            written = self._assistant(message)
            if written.keys() != _EMPTY or written["content"] or _has_words(message):
                self.written.append(written)
            return
        results = [part for part in message.parts if type(part) is ToolResult]
        if not results:
            self.plain(message)
            return
        rest = tuple([part for part in message.parts if type(part) is not ToolResult])
        for result in results:
            written = self._result(result)
            self.written.append(written if rest else self.named(written, message))
        if rest:
            self.plain(replace(message, role="user", parts=rest))

    def plain(self, message: Message) -> None:
        """A message of words, images and files."""
        self.flush()
        content = self._content(message.parts)
        if content or _has_words(message):
            self.written.append(self.named({"role": self.role(message), "content": content}, message))

    def flush(self) -> None:
        """What was moved out of tool messages goes in a user's message of its own."""
        if self.moved:
            self.written.append({"role": "user", "content": self.moved})
            self.moved = []

    def _content(self, parts: Sequence[Part]) -> str | list[Block]:
        if len(parts) == 1 and type(part := parts[0]) is Text and not part.extra:
            return part.text
        blocks = [block for part in parts if (block := self._block(part)) is not None]
        if len(blocks) == 1 and blocks[0].keys() == _PLAIN and blocks[0]["type"] == "text":
            text = blocks[0]["text"]
            return text if isinstance(text, str) else blocks
        return blocks or ""

    def _result(self, result: ToolResult) -> Block:
        if result.is_error:
            self.notices.add("moved", "tool_result.is_error", _NO_FLAG)
        words = [part for part in result.parts if not _moves(part)]
        moved = len(words) < len(result.parts)
        if moved:
            self._move(result)
        fields = dict(own(result.extra)) if result.extra else {}
        if fields.pop("field", "") == "function_call" or result.call_id in self.old_calls:
            written: Block = {"role": "function", "name": result.call_id}
        else:
            written = {"role": "tool", "tool_call_id": self.id(result.call_id)}
        written["content"] = self._content(words) or (_NEXT if moved else "")
        written.update(fields)
        if not result.call_id and written.get("tool_call_id", "") is None:  # it came without one
            del written["tool_call_id"]
        return written

    def _move(self, result: ToolResult) -> None:
        self.notices.add("moved", "tool_result", _ONLY_TEXT)
        self.moved.append({"type": "text", "text": f"From the tool call {self.id(result.call_id)}:"})
        blocks = [self._block(part) for part in result.parts if _moves(part)]
        self.moved += [block for block in blocks if block is not None]

    def _assistant(self, message: Message) -> Block:
        content: list[Part] = []
        thoughts: list[Part] = []
        shown: list[Part] = []
        calls: list[Block] = []
        fields: Block = {}
        one_refusal = [type(part) for part in message.parts].count(Refusal) == 1
        for part in message.parts:
            match part:
                case ToolCall() if part.extra and own(part.extra).get("field") == "function_call":
                    self.old_calls.add(part.id)
                    fields["function_call"] = {"name": part.name, "arguments": part.json}
                case ToolCall():
                    calls.append(call_block(part))
                    calls[-1]["id"] = self.id(part.id)
                case Thinking() if self.takes(part) and field_of(part) != "thinking":
                    thoughts.append(part)
                case Refusal() if one_refusal and not own(part.extra):
                    fields["refusal"] = part.text
                case Audio(id=str()):
                    fields["audio"] = {"id": part.id}
                case Image() | Document(text=None):
                    shown.append(part)
                case _:
                    content.append(part)
        if shown:
            self.notices.add("moved", "assistant", _NOT_SAID)
            self.moved += [{"type": "text", "text": "From the assistant:"}]
            self.moved += [block for part in shown if (block := self._block(part)) is not None]
        if calls:
            fields["tool_calls"] = calls
        words = self._content(content)
        written: Block = {"role": "assistant", "content": words if words or not fields else None, **fields}
        if thoughts:
            written.update(reasoning_fields(thoughts))
        return self.named(written, message)

    def _block(self, part: Part) -> Block | None:
        """A part as an item of a content list; None where it can't be one, which a notice tells."""
        match part:
            case Text() if says_nothing(part, NAME):
                return None
            case Text():
                return text_block(part)
            case Image():
                return self._image(part)
            case Document():
                return self._document(part)
            case Audio():
                return self._audio(part)
            case Refusal():
                return merge({"type": "refusal", "refusal": part.text}, part.extra)
            case Opaque():
                return part.data if is_ours(part, NAME, "messages", self.notices) else None
            case Thinking() if self.takes(part) and field_of(part) == "thinking":
                return thinking_chunk(part)
            case Thinking():
                self.notices.add("dropped", "thinking", _UNSIGNED)
            case ToolCall() | ToolResult():
                self.notices.add("dropped", "tool_call" if isinstance(part, ToolCall) else "tool_result", _MISPLACED)
        return None

    def _image(self, part: Image) -> Block:
        if part.data is None and part.url is None:
            self.notices.add("renamed", "image.file_id", _BY_FILE)
            return file_block(Document(file_id=part.file_id, extra=part.extra), None)
        return image_block(part)

    def _document(self, part: Document) -> Block:
        if part.text is not None:
            self.notices.add("moved", "document.text", _AS_TEXT)
            return text_block(Text(part.text, part.extra))
        name = part.name
        if name is None and part.data is not None:
            name = "document." + (part.media_type or "application/pdf").rpartition("/")[2]
            self.notices.add("added", "document.name", _FILE_NAME)
        return file_block(part, name)

    def _audio(self, part: Audio) -> Block | None:
        if part.data is not None:
            inner = {"data": b64encode(part.data).decode()}
            if part.format is not None:
                inner["format"] = part.format
            return merge({"type": "input_audio", "input_audio": inner}, part.extra)
        if part.transcript:
            self.notices.add("moved", "audio", _SPOKEN)
            return {"type": "text", "text": part.transcript}
        self.notices.add("dropped", "audio", _NO_WORDS)
        return None


def _has_words(message: Message) -> bool:
    """Whether a message goes out although nothing is left in it: it was empty from the start."""
    return not message.parts or any(type(part) is Text and not says_nothing(part, NAME) for part in message.parts)


def _moves(part: Part) -> bool:
    """Whether a part of a tool's result must leave it: all but words, and what this wire itself gave."""
    return isinstance(part, Image) or (isinstance(part, Document) and part.text is None)
