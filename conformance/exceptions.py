"""Where a vendor's document is known to be older than its API, or wrong: each with its reason. Nothing else is excused.

A complaint is excused when a row's pattern fits the whole of it ("POST /responses, answer | store: unknown field").
An amendment says what the document lacks, where the complaint would be too coarse to excuse.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from conformance.specs import ROOT

__all__ = ["AMENDMENTS", "EXCEPTIONS", "Amendment", "Excused", "amended", "excuse"]


class Excused(NamedTuple):
    """A complaint that is no fault."""

    vendor: str
    pattern: str
    reason: str


class Amendment(NamedTuple):
    """What a document lacks: a further variant of the schema at `at`."""

    vendor: str
    at: str
    variant: dict[str, Any]
    reason: str


_SDK = "newer than the document: it is among the types of anthropic-python 2.12"
_STREAMED = "the API leaves out of a stream what is null"
_LEFT_OUT = "the API leaves it out where it is null: so do most of its recorded answers"

EXCEPTIONS: tuple[Excused, ...] = (
    Excused(
        "openai",
        r".*\| (response\.)?store: unknown field",
        "the document has no `store` in its Response, and every recorded answer has it",
    ),
    Excused(
        "openai",
        r"POST /chat/completions, (answer|event) \| system_fingerprint: NoneType instead of string",
        "the API says null where it has no fingerprint, as its recorded answers do",
    ),
    Excused(
        "openai",
        r"POST /embeddings, answer \| data\.\*\.embedding: str instead of array",
        "asked for base64, the API answers with text: the document describes floats only",
    ),
    Excused(
        "openai",
        r"\w+ /responses.* \| (response\.)?usage: NoneType instead of object",
        "the API says null while it has none, as its recorded answers do",
    ),
    Excused(
        "openai",
        r"\w+ /batches.*, answer \| (data\.\*\.)?\w+: NoneType instead of \w+",
        "the examples of a batch in the document itself say null for what isn't there yet",
    ),
    Excused(
        "openai",
        r"\w+ /chat/completions.*, answer \| (data\.\*\.)?"
        r"(request_id|input_user|tool_choice|tools|seed|top_p|temperature|\w+_penalty|response_format): unknown field",
        "the examples of a stored completion in the document itself have it",
    ),
    Excused(
        "openai",
        r"GET /chat/completions/\{completion_id\}/messages, answer"
        r" \| data\.\*\.(role: 'user' is none .*|name: unknown field)",
        "the example in the document itself has it: what is stored is what was sent",
    ),
    Excused("anthropic", r".*usage: '(inference_geo|server_tool_use)' is a required property", _LEFT_OUT),
    Excused("anthropic", r".*content(\.\*|_block): '(citations|caller)' is a required property", _LEFT_OUT),
    Excused("anthropic", r".*(message|delta): '(container|stop_details)' is a required property", _STREAMED),
    Excused("anthropic", r".*usage\.output_tokens_details: unknown field", _SDK + ", and recorded answers have it"),
    Excused("anthropic", r"GET /v1/models.* \| .*\b(lifecycle|line|deprecated_at|retires_at): unknown field", _SDK),
    Excused("anthropic", r".* \| .*capabilities\.(server_tools|thinking\.types\.\w+): unknown field", _SDK),
    Excused("anthropic", r".*, error (409|413) \| error: fits none .*", "the document lacks these two types of error"),
    Excused("anthropic", r".*error\.details: unknown field", "newer than the document: error.details came in November"),
    Excused(
        "anthropic",
        r".*, event error \| \(the whole\): 'request_id' is a required property",
        "an error inside a stream has no request_id: its headers have said it",
    ),
    Excused(
        "anthropic",
        r"POST /v1/messages, request \| messages\.\*\.role: 'system' is none of .*",
        "newer than the document: Opus 4.8 and the models after it take system messages anywhere",
    ),
    Excused(
        "gemini",
        r"CountTokensResponse \| promptTokensDetails: Extra inputs are not permitted",
        "the API says it (ai.google.dev/api/tokens), and google-genai leaves it out",
    ),
)

AMENDMENTS: tuple[Amendment, ...] = (
    Amendment(
        "openai",
        "/components/schemas/EasyInputMessage/properties/content",
        {"type": "array", "items": {"$ref": f"{ROOT}#/components/schemas/OutputMessageContent"}},
        "what the model said may go back without an id: recorded requests with it were answered",
    ),
    Amendment(
        "openai",
        "/components/schemas/InputContent",
        {"$ref": f"{ROOT}#/components/schemas/InputAudio"},
        "the document describes sound as a part (InputAudio), and forgets it in the list of parts",
    ),
    Amendment(
        "anthropic",
        "/components/schemas/ThinkingConfigParam",
        {
            "type": "object",
            "properties": {"type": {"const": "between_tools"}},
            "required": ["type"],
            "additionalProperties": False,
        },
        _SDK,
    ),
    *(
        Amendment(
            "anthropic",
            f"/components/schemas/Request{block}Block/properties/source",
            {"$ref": f"{ROOT}#/components/schemas/BetaFile{block}Source"},
            f"the source `file`, which the document has for betas only, is {_SDK.partition(': it is ')[2]}",
        )
        for block in ("Image", "Document")
    ),
)


def excuse(vendor: str, finding: str) -> Excused | None:
    """The row that excuses a finding, or None."""
    return next((row for row in EXCEPTIONS if row.vendor == vendor and re.fullmatch(row.pattern, finding)), None)


def amended(vendor: str, document: dict[str, Any]) -> dict[str, Any]:
    """The document with what it lacks, as one that nobody else holds."""
    for row in AMENDMENTS:
        if row.vendor == vendor:
            *way, last = row.at.strip("/").split("/")
            place = document
            for step in way:
                place = place[step]
            place[last] = {"anyOf": [place[last], row.variant]}
    return document
