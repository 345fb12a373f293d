"""What a request offers and wants, whichever its wire: tools, the choice among them, the form of the answer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Literal

from msgspec import Struct

from ringup.messages import Opaque, OutputSchema, Request, Tool, ToolChoice

__all__ = ["Choice", "Offer", "choice_of", "listed_options", "offers_of", "wish_of"]

Mode = Literal["auto", "none", "required"]


class Offer(Struct, frozen=True, omit_defaults=True):
    """A tool that may be called.

    kind    "function", "custom" (OpenAI's tool that takes free text), or "old" (OpenAI's deprecated `functions`)
    form    a custom tool's `format`: {"type": "grammar", "syntax", "definition"}, or nothing
    """

    name: str
    description: str = ""
    parameters: dict[str, Any] | None = None
    kind: Literal["function", "custom", "old"] = "function"
    form: dict[str, Any] = {}

    @property
    def properties(self) -> dict[str, Any]:
        """Its arguments and their schemas, as far as they stand at the top."""
        found = (self.parameters or {}).get("properties")
        return (
            {name: inner for name, inner in found.items() if isinstance(inner, dict)} if isinstance(found, dict) else {}
        )

    @property
    def required(self) -> list[str]:
        """The arguments that it must have."""
        found = (self.parameters or {}).get("required")
        return [name for name in found if isinstance(name, str)] if isinstance(found, list) else []


class Choice(Struct, frozen=True):
    """Whether a tool may or must be called; `only`: one of these, where not every one may be."""

    mode: Mode
    only: tuple[str, ...] | None = None


def offers_of(request: Request) -> list[Offer]:
    """The tools of a request that a model can call: not those that a vendor runs itself."""
    found = [offer for tool in request.tools if (offer := _offer(tool)) is not None]
    old = request.extra.get("functions")
    declared = [one for one in old if isinstance(one, dict)] if isinstance(old, list) else []
    named = [one for one in declared if isinstance(one.get("name"), str)]
    return [*found, *[Offer(one["name"], one.get("description") or "", one.get("parameters"), "old") for one in named]]


def _offer(tool: Tool | Opaque) -> Offer | None:
    if isinstance(tool, Tool):
        return Offer(tool.name, tool.description or "", tool.parameters)
    inner = tool.data.get("custom", tool.data)
    if tool.data.get("type") != "custom" or not isinstance(inner, dict) or not isinstance(inner.get("name"), str):
        return None
    form = inner.get("format")
    form = form if isinstance(form, dict) else {}
    grammar = form.get("grammar")  # Chat Completions has one more object around it
    return Offer(
        inner["name"], inner.get("description") or "", None, "custom", grammar if isinstance(grammar, dict) else form
    )


def choice_of(request: Request) -> Choice:
    """What the request says of which tool is to be called."""
    old = request.extra.get("function_call")
    match request.tool_choice:
        case ToolChoice(mode="tool", name=str(name)):
            return Choice("required", (name,))
        case ToolChoice(mode=("auto" | "none" | "required") as mode):
            return Choice(mode)
        case Opaque(data=data):
            return _vendors_choice(data)
    if isinstance(old, dict) and isinstance(old.get("name"), str):
        return Choice("required", (old["name"],))
    return Choice("none" if old == "none" else "auto")


def _vendors_choice(data: dict[str, Any]) -> Choice:
    """OpenAI's custom tool and allowed tools; Google's list of names. Of anything else: as the model likes."""
    match data:
        case {"type": "custom", "custom": {"name": str(name)}} | {"type": "custom" | "function", "name": str(name)}:
            return Choice("required", (name,))
        case {"type": "allowed_tools"}:
            nested = data.get("allowed_tools")
            inner = nested if isinstance(nested, dict) else data
            tools = inner.get("tools")
            found = [_name_of(tool) for tool in tools] if isinstance(tools, list) else []
            names = tuple([name for name in found if name is not None])
            return Choice("required" if inner.get("mode") == "required" else "auto", names)
        case {"mode": "ANY" | "any", "allowedFunctionNames": [*names]}:
            return Choice("required", tuple(names) or None)
        case {"mode": "NONE" | "none"}:
            return Choice("none")
        case {"allowedFunctionNames": [_, *_] as names}:
            return Choice("auto", tuple(names))
    return Choice("auto")


def _name_of(tool: Any) -> str | None:
    """The name in an entry of allowed tools."""
    if not isinstance(tool, dict):
        return None
    inner = tool.get(tool.get("type", ""))
    name = inner.get("name") if isinstance(inner, dict) else tool.get("name")
    return name if isinstance(name, str) else None


# The form of the answer


def wish_of(request: Request, text: str) -> OutputSchema | None:
    """The JSON that the answer must be, also where it is said in a way that only one wire has. Without a schema, the
    keys that the `text` asks for.
    """
    found = request.output_schema or next(_said_otherwise(request.extra), None)
    if found is not None and found.schema is None and (keys := _keys(text)):
        return OutputSchema({"type": "object", "properties": {key: {} for key in keys}, "required": keys})
    return found


def _said_otherwise(extra: dict[str, Any]) -> Iterator[OutputSchema]:
    text = extra.get("text")
    for form in (
        extra.get("response_format"),
        text.get("format") if isinstance(text, dict) else None,
        extra.get("output_format"),
    ):
        if not isinstance(form, dict) or form.get("type") not in ("json_schema", "json_object"):
            continue
        inner = form.get("json_schema")
        schema = inner.get("schema") if isinstance(inner, dict) else form.get("schema")
        yield OutputSchema(schema if isinstance(schema, dict) else None)


def listed_options(request: Request) -> list[str]:
    """The words of which the answer must be one, where a request of Gemini asks for `text/x.enum`."""
    config = request.extra.get("generationConfig")
    if not isinstance(config, dict) or config.get("responseMimeType") != "text/x.enum":
        return []
    schema = config.get("responseSchema") or config.get("responseJsonSchema")
    options = schema.get("enum") if isinstance(schema, dict) else None
    return [option for option in options if isinstance(option, str)] if isinstance(options, list) else []


def _keys(text: str) -> list[str]:
    """The keys that a text wants in its JSON: of an example of an object, or "with the keys name and age"."""
    if len(found := re.findall(r"[{,]\s*\"(\w+)\"\s*:", text[:4000])) > 0:
        return list(dict.fromkeys(found))
    named = re.search(
        r"(?i)\b(?:keys?|fields|properties)\b(?: (?:named|called|are|is|of))?:? +(.{2,200}?)(?:[.;:\n]|$)", text[:4000]
    )
    parts = re.split(r",\s*(?:and )?|\s+and\s+", named[1]) if named else []
    keys = [part.strip(" \"'`“”") for part in parts]
    return [key for key in keys if re.fullmatch(r"[A-Za-z_]\w{0,40}", key) and key not in ("a", "the", "that")]
