"""Which of OpenAI's two APIs a request goes to: Chat Completions, or Responses where the model or the request needs it.

Facts: from GPT-5.4 on, Chat Completions answers 400 to tools beside any reasoning effort but "none" ("Function tools
with reasoning_effort are not supported for gpt-5.6-luna in /v1/chat/completions. To use function tools, use
/v1/responses or set reasoning_effort to 'none'."; github.com/openai/openai-openapi/issues/541), and 404 to models such
as o3-pro and gpt-5-codex ("This model is only supported in v1/responses"). Only Responses gives reasoning that can be
sent back with the next turn. Both keep a prompt in the cache for 30 minutes or 12 hours; only Responses takes the
lifetime for all of it, and tells how many tokens were written for which (openai-python 3.54, completion_usage and
response_usage).
"""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from ringup import wires
from ringup.errors import APIError
from ringup.http import HttpRequest
from ringup.judge import effort
from ringup.messages import Document, Opaque, Request, Text, Thinking
from ringup.rules import Rules
from ringup.wire_tools import encode

__all__ = ["in_common_words", "why_responses"]

_ONLY_RESPONSES = (
    *("background", "context_management", "conversation", "include", "input", "instructions", "max_output_tokens"),
    *("max_tool_calls", "previous_response_id", "prompt", "reasoning", "text", "truncation"),
)
_CHAT_WORDS = {
    "tools": "tools",
    "tool_choice": "tool_choice",
    "reasoning_effort": "reasoning",
    "response_format": "output_schema",
    "max_completion_tokens": "max_tokens",
}
"""Fields of a Chat Completions body that Responses says otherwise, and the Request's own name for each."""


def why_responses(request: Request, rules: Rules, for_long: bool = False) -> str:
    """Why the request should go over the Responses API, in words for a notice; empty where it needn't. `for_long` says
    that it is to be in the cache for 12 hours."""
    if rules.responses == "always":
        return f"{request.model} answers on no other"
    if request.extra and (field := next((name for name in _ONLY_RESPONSES if name in request.extra), None)):
        return f"only it has the field {field!r}"
    tools = [*request.tools, *_given_tools(request.extra)]
    if any(map(_is_of_responses, tools)):
        return "only it has such a tool"
    if tools and rules.responses == "tools" and effort(request, rules) != "none":
        return f"{request.model} takes no tools on Chat Completions while it thinks"
    parts = [part for message in request.messages for part in message.parts if type(part) is not Text]
    if any(map(_is_by_address, parts)):
        return "only it takes a file by its address"
    if any(map(_is_no_pdf, parts)):
        return "only it takes files that aren't PDFs"
    if parts and any(_came_so(part, rules) for part in parts):
        return "the conversation holds reasoning or other items that only it takes back"
    if for_long:
        return "only it keeps a whole prompt for 12 hours, and says how much it keeps so, at another price"
    return ""


def _given_tools(extra: dict[str, Any]) -> list[Any]:
    tools = extra.get("tools")
    return list(tools) if isinstance(tools, (list, tuple)) else []


def _is_of_responses(tool: Any) -> bool:
    """Whether a tool is in the words of Responses: flat, or one of OpenAI's own; on Chat Completions it is nested."""
    if isinstance(tool, Opaque):
        return tool.wire == "responses"
    return isinstance(tool, dict) and not isinstance(tool.get(tool.get("type", "function")), dict)


def _is_by_address(part: Any) -> bool:
    return type(part) is Document and part.url is not None


def _is_no_pdf(part: Any) -> bool:
    """Whether a part is a file of another kind (developers.openai.com, "File inputs")."""
    return type(part) is Document and part.data is not None and part.media_type not in (None, "application/pdf")


def _came_so(part: Any, rules: Rules) -> bool:
    """Whether a part is of Responses, and the model takes it back; one that doesn't think takes no reasoning."""
    if type(part) is Thinking:
        return rules.reasons and "responses" in part.extra
    return type(part) is Opaque and part.wire == "responses"


def in_common_words(request: Request) -> Request:
    """A request whose `extra` holds fields in the words of Chat Completions, with those as the Request's own instead.

    So any wire can say them. What can't be read, or was given as a parameter too, stays in `extra`.
    """
    chat = {name: request.extra[name] for name, own in _CHAT_WORDS.items() if _moves(request, name, own)}
    extra = {name: value for name, value in request.extra.items() if name not in chat}
    if "verbosity" in extra and "text" not in extra:
        extra["text"] = {"verbosity": extra.pop("verbosity")}
    try:
        body = {"model": request.model, "messages": [{"role": "user", "content": "Hello!"}], **chat}
        read = wires.find("chat_completions").read_request(HttpRequest(path="/chat/completions", body=encode(body)))
    except (APIError, TypeError):
        return request
    if "reasoning_effort" in read.extra or any(map(_is_unread, read.tools)):
        return request
    return replace(
        request,
        extra={**extra, **read.extra},
        **{own: getattr(read, own) for name, own in _CHAT_WORDS.items() if name in chat},
    )


def _is_unread(tool: Any) -> bool:
    """Whether a function is in a form that only some server knows."""
    return isinstance(tool, Opaque) and tool.data.get("type", "function") == "function"


def _moves(request: Request, name: str, own: str) -> bool:
    """Whether a field of `extra` is in Chat Completions' own words, and given nowhere else."""
    value = request.extra.get(name)
    if value is None or getattr(request, own) not in (None, ()):
        return False
    return not (name == "tools" and any(map(_is_of_responses, _given_tools(request.extra))))
