"""What goes to a model: parts, messages, tools and the request that holds them. Plain values; no provider's shape.

A wire (`ringup.wires`) turns these into a provider's JSON and back. What a wire sends and we don't model is kept, so
that it goes back unchanged: a whole unknown block as `Opaque`, unknown fields of a known block in its `extra`, both
under the wire's name, because they mean nothing to another wire.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from msgspec import Struct

__all__ = [
    "Audio",
    "Document",
    "Extra",
    "Image",
    "Message",
    "Opaque",
    "OutputSchema",
    "Part",
    "Reasoning",
    "Refusal",
    "Request",
    "Role",
    "Text",
    "Thinking",
    "Tool",
    "ToolCall",
    "ToolChoice",
    "ToolResult",
]

Extra = dict[str, dict[str, Any]]
"""Fields that only one wire knows: {wire name: {field: value}}."""

Role = Literal["system", "developer", "user", "assistant", "tool"]


# Text and Message refer to nothing that could refer back to them, so Python's search for circles may pass them by
# (`gc=False`): in a conversation of thousands it takes as long as the reading of it.


class Text(Struct, frozen=True, omit_defaults=True, tag="text", gc=False):
    """Words."""

    text: str
    extra: Extra = {}


class Image(Struct, frozen=True, omit_defaults=True, kw_only=True, tag="image"):
    """A picture: its bytes (with `media_type`, such as "image/png"), a URL, or the id of an uploaded file."""

    data: bytes | None = None
    url: str | None = None
    file_id: str | None = None
    media_type: str | None = None
    detail: str | None = None
    extra: Extra = {}


class Document(Struct, frozen=True, omit_defaults=True, kw_only=True, tag="document"):
    """A file to read: its bytes (a PDF, mostly), plain text, a URL, or the id of an uploaded file."""

    data: bytes | None = None
    text: str | None = None
    url: str | None = None
    file_id: str | None = None
    media_type: str | None = None
    name: str | None = None
    extra: Extra = {}


class Audio(Struct, frozen=True, omit_defaults=True, kw_only=True, tag="audio"):
    """Sound: its bytes with their `format` ("wav", "mp3"), or, from a model, the `id` of what it said and the words."""

    data: bytes | None = None
    format: str | None = None
    id: str | None = None
    transcript: str | None = None
    extra: Extra = {}


class Thinking(Struct, frozen=True, omit_defaults=True, tag="thinking"):
    """A model's reasoning. `signature` proves it to its provider and must go back unchanged.

    `redacted` means that the words are withheld: `text` is empty and `signature` holds the provider's sealed data.
    """

    text: str
    signature: str | None = None
    redacted: bool = False
    extra: Extra = {}


class ToolCall(Struct, frozen=True, omit_defaults=True, tag="tool_call"):
    """The model asks for a tool. `json` is the arguments' text exactly as it came, so that it goes back unchanged.

    `kind` is "custom" for a tool that takes free text (OpenAI's custom tools): then `json` is that text.
    """

    id: str
    name: str
    json: str = "{}"
    kind: Literal["function", "custom"] = "function"
    extra: Extra = {}

    @property
    def arguments(self) -> dict[str, Any]:
        """The arguments as a dict. Raises ValueError when the model wrote something that isn't a JSON object."""
        try:
            value = msgspec.json.decode(self.json or "{}")
        except msgspec.DecodeError as error:
            raise ValueError(f"the arguments of {self.name!r} aren't valid JSON ({error}): {self.json!r}") from None
        if not isinstance(value, dict):
            raise ValueError(f"the arguments of {self.name!r} aren't a JSON object: {self.json!r}")
        return value


class ToolResult(Struct, frozen=True, omit_defaults=True, tag="tool_result"):
    """What a tool gave back, for the call with this id."""

    call_id: str
    parts: tuple[Text | Image | Document | Opaque, ...] = ()
    is_error: bool = False
    extra: Extra = {}

    @property
    def text(self) -> str:
        """The words of the result."""
        return "".join([part.text for part in self.parts if type(part) is Text])


class Refusal(Struct, frozen=True, omit_defaults=True, tag="refusal"):
    """The model says that it won't, in its own words."""

    text: str
    extra: Extra = {}


class Opaque(Struct, frozen=True, omit_defaults=True, tag="opaque"):
    """A block that ringup doesn't model, as its wire sent it. It goes back unchanged on that wire, and on no other."""

    wire: str
    data: dict[str, Any]

    @property
    def kind(self) -> str:
        """What it is, in its wire's word: its type, or on Gemini, whose parts have none, the field with its object."""
        kind = self.data.get("type")
        if isinstance(kind, str):
            return kind
        return next((name for name, value in self.data.items() if isinstance(value, dict)), "opaque")


Part = Text | Image | Document | Audio | Thinking | ToolCall | ToolResult | Refusal | Opaque


class Message(Struct, frozen=True, omit_defaults=True, gc=False):
    """One turn. Tool results stand in a turn of the role "tool", or among a user's parts."""

    role: Role
    parts: tuple[Part, ...]
    name: str | None = None
    extra: Extra = {}

    @property
    def text(self) -> str:
        """The words of the turn: its Text parts together."""
        return "".join([part.text for part in self.parts if type(part) is Text])

    @property
    def tool_calls(self) -> tuple[ToolCall, ...]:
        """The tools that the turn asks for, in order."""
        return tuple([part for part in self.parts if type(part) is ToolCall])


class Tool(Struct, frozen=True, omit_defaults=True):
    """A function that the model may ask for. `parameters` is a JSON schema of an object; None means no arguments."""

    name: str
    description: str | None = None
    parameters: dict[str, Any] | None = None
    strict: bool | None = None
    extra: Extra = {}


class ToolChoice(Struct, frozen=True, omit_defaults=True):
    """Whether the model must use a tool: "auto", "none", "required" (some tool), or "tool" (the one named)."""

    mode: Literal["auto", "none", "required", "tool"]
    name: str | None = None


class OutputSchema(Struct, frozen=True, omit_defaults=True):
    """The JSON that the answer must be. `schema` None asks for any JSON object."""

    schema: dict[str, Any] | None = None
    name: str | None = None
    description: str | None = None
    strict: bool | None = None


class Reasoning(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """How much the model thinks before it answers.

    `effort` is a word ("low", "medium", "high", ...); `budget_tokens` a number of tokens; `mode` Anthropic's kind of
    thinking; `display` whether its text is shown ("summarized", "omitted").
    """

    effort: str | None = None
    budget_tokens: int | None = None
    mode: Literal["adaptive", "enabled", "disabled", "between_tools"] | None = None
    display: str | None = None


class Request(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One call to a model, in no provider's shape.

    `extra` has top-level fields of the body that are sent as they are; `headers` has further HTTP headers (never a
    key). `system` is the instruction that stands before the conversation.
    """

    model: str
    messages: tuple[Message, ...]
    system: tuple[Text | Opaque, ...] = ()
    max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    stop: tuple[str, ...] = ()
    seed: int | None = None
    n: int | None = None
    tools: tuple[Tool | Opaque, ...] = ()
    tool_choice: ToolChoice | Opaque | None = None
    parallel_tool_calls: bool | None = None
    output_schema: OutputSchema | None = None
    reasoning: Reasoning | None = None
    metadata: dict[str, Any] | None = None
    stream: bool = False
    extra: dict[str, Any] = {}
    headers: dict[str, str] = {}
