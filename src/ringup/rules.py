"""What a model takes: the limits and refusals that a request is held against. The rows are in `ringup.models`."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct

__all__ = ["Dial", "Rules"]


class Dial(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How a server that speaks Chat Completions is told how much to think, where it has words of its own for that.

    A dot leads into an object.

    effort   the field for a word          on    what is sent to make it think at all
    budget   the field for a number of     off   what is sent to make it answer at once; None: the effort "none"
             tokens, where it takes one    hide  what is sent to keep the thinking out of the answer
    """

    effort: str = "reasoning_effort"
    budget: str = ""
    on: dict[str, Any] = {}
    off: dict[str, Any] | None = None
    hide: dict[str, Any] = {}


class Rules(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The rules of one model at one provider. None, or an empty set, means that it isn't known.

    refuses            parameters that the model rejects, by a Request's name or a body's ("temperature", "top_k", ...),
                       and these: "max_tokens" (under its old name), "effort", "system" and "mid_system" (as messages),
                       "prefill", "forced_tool_choice", "temperature_with_top_p" (it takes one of the two), "developer"
                       (the role), "name" (of a message), "image_url" (an image by its address), "json_object",
                       "json_schema" and "json_schema_with_tools" (as kinds of output)
    max_tokens_field   the name of the limit on the answer in the body
    renames            other fields of the body that have another name there ({"seed": "random_seed"})
    stream_options     usage in a stream is asked for with this field; False: the server gives it unasked
    thoughts           the fields in which Chat Completions takes reasoning back (reasoning_content, reasoning,
                       reasoning_details, thinking)
    tool_id_length     tool calls have ids of just so many letters and digits
    tool_id_max        tool calls that another API gave have ids of at most so many letters
    signed_calls       a model's calls of tools must go back with its signature (Gemini 3)
    temperature_max    temperature goes from 0 to this
    stop_max           how many stop sequences are taken
    reasons            the model thinks before it answers, and bills it
    thinking           Anthropic's kinds of thinking that it takes: adaptive, enabled, disabled, between_tools
    efforts            the words that reasoning effort takes
    budgets            the least and the most tokens of thinking, where the model takes a number of them and no words
                       (Gemini before 3; it can be told not to think where `efforts` has "none")
    dial               how a server is told how much to think, if not by the field reasoning_effort alone
    default_effort     the effort of a request that names none. At "none", asked for or by default, an OpenAI model that
                       thinks takes temperature, top_p and logprobs after all
    responses          on OpenAI's own API, when the model is asked over Responses: "tools" (with tools while it thinks,
                       for then Chat Completions takes none) or "always" (it is on no other API)
    inputs             what it reads: text, image, pdf, audio
    cache_min_tokens   the shortest prefix that is cached
    cache_breakpoints  OpenAI's newer caching: a prefix is found again only where a breakpoint stood (marked, or set by
                       OpenAI after the latest message of the user or a tool), and writing it costs
    """

    context_window: int | None = None
    max_output_tokens: int | None = None
    refuses: frozenset[str] = frozenset()
    max_tokens_field: str = "max_tokens"
    renames: dict[str, str] = {}
    stream_options: bool = True
    thoughts: frozenset[str] | None = None
    tool_id_length: int | None = None
    tool_id_max: int | None = None
    signed_calls: bool = False
    temperature_max: float = 2.0
    stop_max: int | None = None
    reasons: bool = False
    thinking: frozenset[str] = frozenset()
    efforts: frozenset[str] = frozenset()
    budgets: tuple[int, int] | None = None
    dial: Dial | None = None
    default_effort: str | None = None
    responses: Literal["", "tools", "always"] = ""
    inputs: frozenset[str] = frozenset()
    cache_min_tokens: int | None = None
    cache_breakpoints: bool = False
    source: str = ""
