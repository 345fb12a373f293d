"""What each model takes, as a table: one row for a model, with where the facts come from.

`rules` answers for any id: a row's own id, its dated snapshots, a fine-tune of it, or else the safe defaults of its
vendor. The facts are those of November 2026; a row's `source` says who states them.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from ringup import providers
from ringup.rules import Dial, Rules

__all__ = ["is_known", "known", "rules", "snapshot"]

_SAMPLING = frozenset({"temperature", "top_p", "top_k"})
_PENALTIES = frozenset({"frequency_penalty", "presence_penalty", "logit_bias"})
_LOGPROBS = frozenset({"logprobs", "top_logprobs"})
_IMAGE = frozenset({"text", "image"})
_PDF = _IMAGE | {"pdf"}

_LITELLM = "model flags of litellm 1.109.1, windows of genai-prices 0.2.3"
_OPENAI_400 = "400 answers reported for the model; " + _LITELLM
_TOOLS_400 = (
    "400 answers to tools beside a reasoning effort on Chat Completions (github.com/openai/openai-openapi/issues/541, "
    "github.com/livekit/agents/pull/5088); " + _OPENAI_400
)
_CLAUDE_DOCS = "platform.claude.com model pages and effort guide (October 2026); " + _LITELLM


class _Row(Struct, frozen=True):
    """One model: its id, the whole id of the snapshot that answers for it (often the same), and its rules."""

    id: str
    snapshot: str
    rules: Rules


def _row(id: str, snapshot: str, window: int, output: int, kind: Rules, **changes: Any) -> _Row:
    """`snapshot` is what is added to the id ("-2024-07-18"), a whole id, or empty when the model has no dated name."""
    whole = id + snapshot if snapshot[:1] in ("-", "") else snapshot
    return _Row(id, whole, replace(kind, context_window=window, max_output_tokens=output, **changes))


# OpenAI. Sources that differ from the kind's own stand in the row.
_CHAT = Rules(
    refuses=frozenset({"top_k", "reasoning"}),
    max_tokens_field="max_completion_tokens",
    thoughts=frozenset(),
    stop_max=4,
    tool_id_max=40,  # "string too long. Expected a string with maximum length 40" (github.com/vercel/ai/issues/5171)
    inputs=_PDF,
    source=_LITELLM,
)
_OLD = replace(_CHAT, refuses=_CHAT.refuses | {"json_schema"})  # structured outputs begin with gpt-4o-2024-08-06
_TEXT = replace(_OLD, inputs=frozenset({"text"}))
_AUDIO = replace(_CHAT, inputs=frozenset({"text", "audio"}))
_SEARCH = replace(_CHAT, refuses=_CHAT.refuses | _SAMPLING | _PENALTIES | _LOGPROBS | {"seed", "stop"})
_O1 = replace(
    _CHAT,
    refuses=_SAMPLING | _PENALTIES | _LOGPROBS | {"max_tokens"},
    reasons=True,
    efforts=frozenset({"low", "medium", "high"}),
    source=_OPENAI_400,
)
_O3 = replace(_O1, refuses=_O1.refuses | {"stop"})
_O1_FIRST = replace(
    _O1,
    refuses=_O1.refuses | {"system", "tools", "json_schema", "json_object"},
    efforts=frozenset(),
    inputs=frozenset({"text"}),
)
_GPT5 = replace(_O3, efforts=_O3.efforts | {"minimal"})
_GPT51 = replace(_O3, efforts=_O3.efforts | {"none"}, default_effort="none")
_GPT52 = replace(_GPT51, efforts=_GPT51.efforts | {"xhigh"}, responses="tools", source=_TOOLS_400)
_GPT55 = replace(_GPT52, default_effort=None)
_GPT56 = replace(_GPT55, cache_breakpoints=True)
_GPT6 = replace(_GPT56, efforts=_GPT56.efforts | {"max"})
_GPT6_ALWAYS = replace(_GPT6, efforts=_GPT6.efforts - {"none"})
_CHAT_LATEST = replace(_O3, efforts=frozenset())

_OPENAI = (
    _row("gpt-4o-mini", "-2024-07-18", 128_000, 16_384, _CHAT),
    _row("gpt-4o", "-2024-08-06", 128_000, 16_384, _CHAT),
    _row("gpt-4o-2024-05-13", "", 128_000, 4_096, _OLD),
    _row("gpt-4o-mini-search-preview", "-2025-03-11", 128_000, 16_384, _SEARCH),
    _row("gpt-4o-search-preview", "-2025-03-11", 128_000, 16_384, _SEARCH),
    _row("gpt-4o-mini-audio-preview", "-2024-12-17", 128_000, 16_384, _AUDIO),
    _row("gpt-4o-audio-preview", "-2025-06-03", 128_000, 16_384, _AUDIO),
    _row("gpt-audio-mini", "-2025-12-15", 128_000, 16_384, _AUDIO),
    _row("gpt-audio-1.5", "", 128_000, 16_384, _AUDIO),
    _row("gpt-audio", "-2025-08-28", 128_000, 16_384, _AUDIO),
    _row("chatgpt-4o-latest", "", 128_000, 16_384, _CHAT),
    _row("gpt-4.1-nano", "-2025-04-14", 1_047_576, 32_768, _CHAT),
    _row("gpt-4.1-mini", "-2025-04-14", 1_047_576, 32_768, _CHAT),
    _row("gpt-4.1", "-2025-04-14", 1_047_576, 32_768, _CHAT),
    _row("gpt-4-turbo", "-2024-04-09", 128_000, 4_096, _OLD),
    _row("gpt-4-turbo-preview", "gpt-4-0125-preview", 128_000, 4_096, _TEXT),
    _row("gpt-4-0125-preview", "", 128_000, 4_096, _TEXT),
    _row("gpt-4-1106-preview", "", 128_000, 4_096, _TEXT),
    _row("gpt-4", "-0613", 8_192, 4_096, _TEXT, refuses=_TEXT.refuses | {"json_object"}),
    _row("gpt-3.5-turbo", "-0125", 16_385, 4_096, _TEXT),
    _row("gpt-3.5-turbo-16k", "-0613", 16_385, 4_096, _TEXT),
    _row("o1-mini", "-2024-09-12", 128_000, 65_536, _O1_FIRST),
    _row("o1-preview", "-2024-09-12", 128_000, 32_768, _O1_FIRST),
    _row("o1", "-2024-12-17", 200_000, 100_000, _O1),
    _row("o3-mini", "-2025-01-31", 200_000, 100_000, _O1, inputs=frozenset({"text"})),
    _row("o3", "-2025-04-16", 200_000, 100_000, _O3),
    _row("o4-mini", "-2025-04-16", 200_000, 100_000, _O3),
    _row("gpt-5-search-api", "-2025-10-14", 400_000, 128_000, _SEARCH),
    _row("gpt-5-chat-latest", "", 128_000, 16_384, _CHAT),
    _row("gpt-5-nano", "-2025-08-07", 400_000, 128_000, _GPT5),
    _row("gpt-5-mini", "-2025-08-07", 400_000, 128_000, _GPT5),
    _row("gpt-5", "-2025-08-07", 400_000, 128_000, _GPT5),
    _row("gpt-5.1-chat-latest", "", 128_000, 16_384, _CHAT_LATEST),
    _row("gpt-5.1", "-2025-11-13", 400_000, 128_000, _GPT51),
    _row("gpt-5.2-chat-latest", "", 128_000, 16_384, _CHAT_LATEST),
    _row("gpt-5.2", "-2025-12-11", 400_000, 128_000, _GPT52),
    _row("gpt-5.3-chat-latest", "", 128_000, 16_384, _CHAT_LATEST),
    _row("gpt-5.4-nano", "-2026-03-17", 400_000, 128_000, _GPT52),
    _row("gpt-5.4-mini", "-2026-03-17", 400_000, 128_000, _GPT52),
    _row("gpt-5.4", "-2026-03-05", 1_050_000, 128_000, _GPT52),
    _row("gpt-5.5", "-2026-04-23", 1_050_000, 128_000, _GPT55),
    _row("gpt-5.6", "gpt-5.6-sol", 1_050_000, 128_000, _GPT56),
    _row("gpt-5.6-sol", "", 1_050_000, 128_000, _GPT56),
    _row("gpt-5.6-terra", "", 1_050_000, 128_000, _GPT56),
    _row("gpt-5.6-luna", "", 1_050_000, 128_000, _GPT56),
    _row("gpt-5.6-cyber", "", 400_000, 128_000, _CHAT_LATEST, responses="tools", cache_breakpoints=True),
    _row("chat-latest", "", 400_000, 128_000, _CHAT_LATEST, efforts=frozenset({"medium"}), responses="tools"),
    _row("gpt-6-luna", "", 1_050_000, 128_000, _GPT6),
    _row("gpt-6-sol", "", 1_050_000, 128_000, _GPT6),
    _row("gpt-6-astra", "", 1_050_000, 128_000, _GPT6_ALWAYS),
    _row("gpt-6-astra-law", "", 1_050_000, 128_000, _GPT6_ALWAYS),
    _row("gpt-6-rosalind", "", 1_050_000, 128_000, _GPT6_ALWAYS),
    _row("gpt-6.1-terra", "", 1_050_000, 128_000, _GPT6),
    _row("gpt-6.1-sol", "", 1_050_000, 128_000, _GPT6_ALWAYS),
)

# Anthropic. "temperature_with_top_p" means: one of the two, not both. The first refusals are fields that no Claude
# has; the API answers "Extra inputs are not permitted".
_CLAUDE = Rules(
    refuses=_PENALTIES | _LOGPROBS | {"seed", "json_object"},
    temperature_max=1.0,
    source="Messages API reference, versions 2023-06-01 and 2026-10-21",
)
_CLAUDE3 = replace(
    _CLAUDE,
    refuses=_CLAUDE.refuses | {"mid_system", "effort", "json_schema"},
    thinking=frozenset({"disabled"}),
    inputs=_IMAGE,
    cache_min_tokens=1024,
    source="Claude 3 model pages",
)
_CLAUDE37 = replace(_CLAUDE3, thinking=frozenset({"enabled", "disabled"}), reasons=True, inputs=_PDF)
_CLAUDE41 = replace(
    _CLAUDE37, refuses=_CLAUDE37.refuses - {"json_schema"} | {"temperature_with_top_p"}, source=_CLAUDE_DOCS
)
_CLAUDE45 = replace(_CLAUDE41, refuses=_CLAUDE41.refuses - {"effort"}, efforts=frozenset({"low", "medium", "high"}))
_CLAUDE46 = replace(
    _CLAUDE45,
    refuses=_CLAUDE45.refuses | {"prefill"},
    thinking=frozenset({"adaptive", "enabled", "disabled"}),
    efforts=_CLAUDE45.efforts | {"max"},
)
_CLAUDE47 = replace(
    _CLAUDE46,
    refuses=_CLAUDE.refuses | _SAMPLING | {"prefill", "mid_system"},
    thinking=frozenset({"adaptive", "disabled"}),
    efforts=_CLAUDE46.efforts | {"xhigh"},
)
_CLAUDE48 = replace(_CLAUDE47, refuses=_CLAUDE47.refuses - {"mid_system"})
_ALWAYS = replace(_CLAUDE48, thinking=frozenset({"adaptive"}), cache_min_tokens=512)
_UNFORCED = replace(_ALWAYS, refuses=_ALWAYS.refuses | {"forced_tool_choice"})
_BETWEEN = frozenset({"adaptive", "between_tools"})

_ANTHROPIC = (
    _row("claude-3-haiku", "-20240307", 200_000, 4_096, _CLAUDE3, cache_min_tokens=2048),
    _row("claude-3-sonnet", "-20240229", 200_000, 4_096, _CLAUDE3),
    _row("claude-3-opus", "-20240229", 200_000, 4_096, _CLAUDE3),
    _row("claude-3-5-haiku", "-20241022", 200_000, 8_192, _CLAUDE3, inputs=_PDF, cache_min_tokens=2048),
    _row("claude-3-5-sonnet", "-20241022", 200_000, 8_192, _CLAUDE3, inputs=_PDF),
    _row("claude-3-7-sonnet", "-20250219", 200_000, 64_000, _CLAUDE37),
    _row("claude-sonnet-4", "-20250514", 200_000, 64_000, _CLAUDE37),
    _row("claude-opus-4", "-20250514", 200_000, 32_000, _CLAUDE37),
    _row("claude-opus-4-1", "-20250805", 200_000, 32_000, _CLAUDE41),
    _row("claude-haiku-4-5", "-20251001", 200_000, 64_000, _CLAUDE41, cache_min_tokens=4096),
    _row("claude-sonnet-4-5", "-20250929", 200_000, 64_000, _CLAUDE41),
    _row("claude-opus-4-5", "-20251101", 200_000, 64_000, _CLAUDE45, cache_min_tokens=4096),
    _row("claude-sonnet-4-6", "", 1_000_000, 128_000, _CLAUDE46),
    _row("claude-opus-4-6", "", 1_000_000, 128_000, _CLAUDE46, cache_min_tokens=4096),
    _row("claude-opus-4-7", "", 1_000_000, 128_000, _CLAUDE47, cache_min_tokens=2048),
    _row("claude-opus-4-8", "", 1_000_000, 128_000, _CLAUDE48),
    _row("claude-sonnet-5", "", 1_000_000, 128_000, _CLAUDE47),
    _row("claude-opus-5", "", 1_000_000, 128_000, _CLAUDE48, cache_min_tokens=512),
    _row("claude-mythos-preview", "", 1_000_000, 128_000, _ALWAYS, thinking=frozenset({"adaptive", "enabled"})),
    _row("claude-fable-5", "", 1_000_000, 128_000, _ALWAYS),
    _row("claude-mythos-5", "", 1_000_000, 128_000, _ALWAYS),
    _row("claude-fable-5-1", "", 1_000_000, 128_000, _UNFORCED),
    _row("claude-mythos-5-1", "", 1_000_000, 128_000, _UNFORCED),
    _row("claude-fable-5-2", "", 1_000_000, 128_000, _UNFORCED, source="as Claude Fable 5.1; genai-prices 0.2.3"),
    _row("claude-mythos-5-2", "", 1_000_000, 128_000, _UNFORCED, source="as Claude Mythos 5.1; genai-prices 0.2.3"),
    _row("claude-opus-5-5", "", 1_000_000, 128_000, _UNFORCED),
    _row("claude-sonnet-5-5", "", 1_000_000, 128_000, _UNFORCED, thinking=_BETWEEN),
    _row("claude-haiku-5-5", "", 1_000_000, 128_000, _CLAUDE48, cache_min_tokens=512),
)

# Google. All of them think but for 2.0; what a model refuses isn't told by any page. The limits of rows without a
# source of their own are unconfirmed.
_GEMINI = Rules(
    refuses=frozenset({"json_schema_with_tools"}),
    inputs=_PDF | {"audio"},
    reasons=True,
    source="limits as generally known, not confirmed by a recorded answer (November 2026)",
)
_GEMINI25 = replace(
    _GEMINI,
    efforts=frozenset({"none", "minimal", "low", "medium", "high", "xhigh", "max"}),
    budgets=(0, 24_576),  # ai.google.dev, "Thinking": each model's range
)
_GEMINI3 = replace(_GEMINI, refuses=frozenset(), signed_calls=True)
_GOOGLE_DOCS = "ai.google.dev, the model's page"

_GOOGLE = (
    _row("gemini-2.0-flash", "", 1_048_576, 8_192, _GEMINI, reasons=False, source=_GOOGLE_DOCS),
    _row("gemini-2.5-flash-lite", "", 1_048_576, 65_536, _GEMINI25, budgets=(512, 24_576)),
    _row("gemini-2.5-flash", "", 1_048_576, 65_536, _GEMINI25, cache_min_tokens=2048),
    _row(
        *("gemini-2.5-pro", "", 1_048_576, 65_536, _GEMINI25),
        efforts=_GEMINI25.efforts - {"none"},
        budgets=(128, 32_768),
        cache_min_tokens=2048,
    ),
    _row(
        *("gemini-3-flash-preview", "", 1_048_576, 65_536, _GEMINI3),
        efforts=frozenset({"minimal", "low", "medium", "high"}),
        cache_min_tokens=1024,
    ),
    _row(
        *("gemini-3-pro-preview", "", 1_048_576, 65_536, _GEMINI3),
        efforts=frozenset({"low", "high"}),
        cache_min_tokens=4096,
    ),
    _row("gemini-3.8-flash", "", 1_048_576, 65_536, _GEMINI3, source=_GOOGLE_DOCS),
)


class _Vendor(Struct, frozen=True):
    """A vendor's rows by id, what a snapshot's date looks like, and the rules of ids that have no row: the first
    pattern that matches counts."""

    rows: dict[str, _Row]
    dated: str
    families: tuple[tuple[str, Rules], ...]


_NOT_IN_TABLE = "not in ringup's table: the rules of its family"
_ONLY_RESPONSES = '404 answers "This model is only supported in v1/responses"; ' + _NOT_IN_TABLE
_NEW = replace(_O3, efforts=frozenset(), inputs=frozenset(), responses="tools")
_OPENAI_VENDOR = _Vendor(
    {row.id: row for row in _OPENAI},
    r"(?P<id>.+?)(?P<date>-\d{4}-\d\d-\d\d|-\d{4})",
    (
        (
            r"(o\d|gpt-[\d.]+)-pro.*|.+-deep-research.*|(gpt-.+-)?codex.*|computer-use-preview.*",
            replace(_O3, efforts=frozenset(), inputs=frozenset(), responses="always", source=_ONLY_RESPONSES),
        ),
        (r"(gpt-([5-9]|\d\d)|o\d).*", replace(_NEW, source=_NOT_IN_TABLE)),
        (r".*", Rules(max_tokens_field="max_completion_tokens", stop_max=4, tool_id_max=40, source=_NOT_IN_TABLE)),
    ),
)
_ANTHROPIC_VENDOR = _Vendor(
    {row.id: row for row in _ANTHROPIC},
    r"(?P<id>.+?)(?P<date>-\d{8}|-latest|-0)",
    (
        (
            r"claude-[a-z]+-([5-9]|\d\d)(-.*)?",
            replace(_CLAUDE, refuses=_CLAUDE.refuses | _SAMPLING | {"prefill"}, source=_NOT_IN_TABLE),
        ),
        (r".*", replace(_CLAUDE, source=_NOT_IN_TABLE)),
    ),
)
_GOOGLE_VENDOR = _Vendor(
    {row.id: row for row in _GOOGLE},
    r"(?P<id>.+?)(?P<date>-\d{3})",
    (
        (r"gemini-[12]\b.*|gem(?!ini).*", Rules(source=_NOT_IN_TABLE)),
        (r".*", Rules(signed_calls=True, source=_NOT_IN_TABLE)),
    ),
)
_GROK = Rules(
    max_tokens_field="max_completion_tokens",
    thoughts=frozenset({"reasoning_content"}),
    source="docs.x.ai, reasoning: what its models don't take",
)
_GROK_THINKS = replace(_GROK, refuses=frozenset({"stop", "frequency_penalty", "presence_penalty"}), reasons=True)
_XAI_VENDOR = _Vendor(
    {},
    r"(?P<id>.+?)(?P<date>-\d{4})",
    (
        (r"grok-2.*|grok-3(?!-mini).*|.*non-reasoning.*", replace(_GROK, refuses=frozenset({"reasoning"}))),
        (r"grok-3-mini.*", replace(_GROK_THINKS, efforts=frozenset({"low", "high"}))),
        (r"grok-4(-.*|\.[12].*)?", replace(_GROK_THINKS, refuses=_GROK_THINKS.refuses | {"effort"})),
        (r".*", _GROK_THINKS),
    ),
)
_GROQ = Rules(
    refuses=frozenset({"logprobs", "top_logprobs", "logit_bias", "name"}),  # each a 400
    max_tokens_field="max_completion_tokens",
    thoughts=frozenset({"reasoning"}),
    efforts=frozenset({"none", "default", "low", "medium", "high"}),
    dial=Dial(hide={"include_reasoning": False}),
    source="groq-python; console.groq.com, OpenAI compatibility and reasoning",
)
_GROQ_VENDOR = _Vendor(
    {},
    r"(?P<id>.+?)(?P<date>-\d{4})",
    (
        (
            r"(qwen/)?qwen3.*",
            replace(
                _GROQ,
                efforts=frozenset({"none", "default"}),
                dial=Dial(on={"reasoning_format": "parsed"}, hide={"reasoning_format": "hidden"}),
            ),
        ),
        (r"(openai/)?gpt-oss.*", replace(_GROQ, efforts=frozenset({"low", "medium", "high"}))),
        (r".*", _GROQ),
    ),
)
_VENDORS = {
    "openai": _OPENAI_VENDOR,
    "azure": _OPENAI_VENDOR,
    "anthropic": _ANTHROPIC_VENDOR,
    "gemini": _GOOGLE_VENDOR,
    "xai": _XAI_VENDOR,
    "groq": _GROQ_VENDOR,
}

_SIMULATOR = Rules(source="ringup's simulator: its own models take every parameter")
_COMPATIBLE = Rules(source="an OpenAI-compatible server: its limits aren't known")


@lru_cache(maxsize=1024)
def rules(provider: str, model: str) -> Rules:
    """The rules of a model at a provider. An id without a row gets the safe defaults of its vendor.

    A provider without a table has one set of rules for all its models, in its own file (`providers`), or none: then
    nothing is known of it.
    """
    vendor = _VENDORS.get(provider)
    if vendor is None:
        found = providers.find(provider)
        return _SIMULATOR if provider == "sim" else (found and found.rules) or _COMPATIBLE
    row, _ = _find(vendor, model)
    if row:
        return row.rules
    bare = _bare(model)
    return next(found for pattern, found in vendor.families if re.fullmatch(pattern, bare, re.DOTALL))


def known(provider: str) -> tuple[tuple[str, Rules], ...]:
    """The models of a provider that have a row, by their undated ids, in the table's order; empty for most.

    Also for Azure: its customers name their deployments themselves, and only a name like a model's has its rules.
    """
    vendor = None if provider == "azure" else _VENDORS.get(provider)
    return tuple([(row.id, row.rules) for row in vendor.rows.values()]) if vendor else ()


def is_known(provider: str, model: str) -> bool:
    """Whether the model, by its id or as a dated snapshot, has a row."""
    vendor = _VENDORS.get(provider)
    return vendor is not None and _find(vendor, model)[0] is not None


def snapshot(provider: str, model: str) -> str:
    """The id that the provider answers with: `gpt-4o-mini` is answered by `gpt-4o-mini-2024-07-18`.

    An id that is dated already, and one without a row, is given back as it is.
    """
    vendor = _VENDORS.get(provider)
    if vendor is None or model.startswith("ft:"):
        return model
    row, date = _find(vendor, model)
    return row.snapshot if row and date in ("", "-latest", "-0") else model


def _find(vendor: _Vendor, model: str) -> tuple[_Row | None, str]:
    """The row of an id, and the date that the id ends with."""
    bare = _bare(model)
    row = vendor.rows.get(bare)
    if row is None and (dated := re.fullmatch(vendor.dated, bare)):
        return vendor.rows.get(dated["id"]), dated["date"]
    return row, ""


def _bare(model: str) -> str:
    """A fine-tune (`ft:gpt-4o-mini-2024-07-18:org::id`) follows the rules of its base."""
    return model[3:].partition(":")[0] if model.startswith("ft:") else model
