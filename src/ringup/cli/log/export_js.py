"""A call as a JavaScript program with the vendor's own SDK, or with fetch where that doesn't fit."""

from __future__ import annotations

import json
import re
from typing import Any

from ringup.cli.log.asked import Asked
from ringup.cli.log.export_curl import full_url, headers_of, key_variable
from ringup.cli.log.export_python import address_note
from ringup.wire_tools import decode

__all__ = ["javascript"]

_SAID = {
    "chat_completions": (
        "reply.choices[0].message.content",
        "reply.choices[0].message",
        "reply.choices[0].finish_reason, reply.usage",
        'chunk.choices[0]?.delta?.content ?? ""',
    ),
    "responses": (
        "reply.output_text",
        "reply.output",
        "reply.status, reply.usage",
        'chunk.type === "response.output_text.delta" ? chunk.delta : ""',
    ),
    "anthropic_messages": (
        'reply.content.map((part) => part.text ?? "").join("")',
        "reply.content",
        "reply.stop_reason, reply.usage",
        'chunk.delta?.text ?? ""',
    ),
    "gemini": (
        "reply.text",
        "reply.candidates[0].content",
        "reply.candidates[0].finishReason, reply.usageMetadata",
        'chunk.text ?? ""',
    ),
}
"""In an answer of each wire: the words, all that was said, why it ended and what it used; a stream's words."""

_METHOD = {
    "chat_completions": "chat.completions.create",
    "responses": "responses.create",
    "anthropic_messages": "messages.create",
}
_OWN_HEADERS = frozenset({"content-type", "accept"})
"""Headers that every SDK sends by itself. Not Anthropic's version: a newer one takes other parameters."""

_CONFIG = frozenset({"systemInstruction", "tools", "toolConfig", "safetySettings", "cachedContent"})
"""Fields of a Gemini body that Google's SDK has in its `config`, as it has those of `generationConfig`."""


def javascript(asked: Asked) -> str:
    """The program, for Node.js. Its key comes from the environment."""
    body = decode(asked.http.body)
    lines = [f"// Call {asked.id} of the log, asked on {asked.when}."]
    lines += [f"// {note}" for note in [address_note(asked)] if note]
    lines += _with_sdk(asked, body) if _fits(asked, body) else _with_fetch(asked, body)
    return "\n".join(lines) + "\n"


def _fits(asked: Asked, body: dict[str, Any]) -> bool:
    """Whether the vendor's SDK says it all."""
    if asked.wire.NAME == "gemini":
        known = {"contents", "generationConfig", *_CONFIG}
        return not body.keys() - known and not _more_headers(asked)
    header = asked.provider.key_header if asked.provider else "authorization"
    return header == ("x-api-key" if asked.wire.NAME == "anthropic_messages" else "authorization")


def _more_headers(asked: Asked) -> dict[str, str]:
    return {name: value for name, value in headers_of(asked).items() if name not in _OWN_HEADERS}


def _with_sdk(asked: Asked, body: dict[str, Any]) -> list[str]:
    words, said, end, piece = _SAID[asked.wire.NAME]
    begun = [*_client(asked), ""]
    if asked.wire.NAME == "gemini":
        call = f"generateContent{'Stream' if asked.request.stream else ''}({_js(_as_google(asked, body))})"
        made = f"client.models.{call}"
    else:
        more = f", {_js({'headers': _more_headers(asked)})}" if _more_headers(asked) else ""
        made = f"client.{_METHOD[asked.wire.NAME]}({_js(body)}{more})"
    if not asked.request.stream:
        shown = f"JSON.stringify({said}, null, 2)" if asked.request.tools else words
        return [*begun, f"const reply = await {made};", f"console.log({shown});", f"console.log({end});"]
    loop = f"for await (const chunk of stream) process.stdout.write({piece});"
    return [*begun, f"const stream = await {made};", loop, "console.log();"]


def _client(asked: Asked) -> list[str]:
    match asked.wire.NAME:
        case "gemini":
            key = f"{{ apiKey: process.env.{key_variable(asked)} }}"
            return ['import { GoogleGenAI } from "@google/genai";', "", f"const client = new GoogleGenAI({key});"]
        case "anthropic_messages":
            return ['import Anthropic from "@anthropic-ai/sdk";', "", f"const client = new Anthropic({_given(asked)});"]
    return ['import OpenAI from "openai";', "", f"const client = new OpenAI({_given(asked)});"]


def _given(asked: Asked) -> str:
    """The key and the address, where the SDK doesn't know them by itself."""
    if asked.row["provider"] in ("openai", "anthropic"):
        return ""
    url = full_url(asked).removesuffix(asked.http.path)
    return f"{{ baseURL: {json.dumps(url)}, apiKey: {_key(asked)} }}"


def _key(asked: Asked) -> str:
    """Servers without keys take any; the SDKs want one."""
    name = key_variable(asked)
    return f'process.env.{name} ?? "none"' if name else '"sim-simulator"'


def _as_google(asked: Asked, body: dict[str, Any]) -> dict[str, Any]:
    """The arguments of Google's SDK."""
    config = {**body.get("generationConfig", {}), **{name: body[name] for name in body if name in _CONFIG}}
    return {"model": asked.request.model, "contents": body["contents"], **({"config": config} if config else {})}


def _with_fetch(asked: Asked, body: dict[str, Any]) -> list[str]:
    headers = _js(headers_of(asked))
    if name := key_variable(asked):
        header = asked.provider.key_header if asked.provider else "authorization"
        value = f"`Bearer ${{process.env.{name}}}`" if header == "authorization" else f"process.env.{name}"
        headers = f"{{ ...{headers}, {json.dumps(header)}: {value} }}"
    lines = [
        f"const answer = await fetch({json.dumps(full_url(asked))}, {{",
        '  method: "POST",',
        f"  headers: {headers},",
        f"  body: JSON.stringify({_js(body)}),",
        "});",
        "if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`);",
    ]
    if asked.request.stream:
        return [*lines, "for await (const piece of answer.body) process.stdout.write(piece);"]
    return [*lines, "console.log(JSON.stringify(await answer.json(), null, 2));"]


_NAME = re.compile(r'^(\s*)"([A-Za-z_$][\w$]*)": ', re.MULTILINE)


def _js(value: Any) -> str:
    """A value as code: JSON, with names as they are written by hand."""
    return _NAME.sub(r"\1\2: ", json.dumps(value, ensure_ascii=False, indent=2))
