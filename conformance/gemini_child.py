"""Runs where google-genai is installed: reads lines of JSON, does what they ask, and answers each with one.

{"do": "judge", "kind": "GenerateContentRequest", "value": {...}}      what is wrong with a value, as strings
{"do": "call", "name": "a question", "base_url": "http://127.0.0.1:1", "key": "...",
 "picture": "base64"}                                              the SDK makes this call
{"do": "names"}                                                        the calls that it can make
"""

from __future__ import annotations

import base64
import json
import sys
import warnings
from typing import Any

import pydantic
from google import genai  # type: ignore[import-not-found,unused-ignore]
from google.genai import types  # type: ignore[import-not-found,unused-ignore]
from pydantic.alias_generators import to_camel


class _Model(pydantic.BaseModel):
    """As google-genai has its own: no unknown fields."""

    model_config = pydantic.ConfigDict(alias_generator=to_camel, extra="forbid", val_json_bytes="base64")


class GenerateContentRequest(_Model):
    """The body of generateContent, which google-genai puts together by hand (3.4.0)."""

    contents: list[types.Content]
    system_instruction: types.Content | None = None
    tools: list[types.Tool] | None = None
    tool_config: types.ToolConfig | None = None
    safety_settings: list[types.SafetySetting] | None = None
    generation_config: types.GenerationConfig | None = None
    cached_content: str | None = None
    service_tier: str | None = None
    labels: dict[str, str] | None = None
    store: bool | None = None


class _EmbedRequest(_Model):
    model: str
    content: types.Content
    task_type: str | None = None
    title: str | None = None
    output_dimensionality: int | None = None


class BatchEmbedContentsRequest(_Model):
    """The body of batchEmbedContents."""

    requests: list[_EmbedRequest]


class BatchEmbedContentsResponse(_Model):
    """The answer of batchEmbedContents."""

    embeddings: list[types.ContentEmbedding]
    usage_metadata: dict[str, Any] | None = None


_MODEL = "gemini-2.5-flash"

KINDS: dict[str, type[pydantic.BaseModel]] = {
    "GenerateContentRequest": GenerateContentRequest,
    "GenerateContentResponse": types.GenerateContentResponse,
    "CountTokensResponse": types.CountTokensResponse,
    "BatchEmbedContentsRequest": BatchEmbedContentsRequest,
    "BatchEmbedContentsResponse": BatchEmbedContentsResponse,
}


def judge(kind: str, value: Any) -> list[str]:
    """What is wrong with a value: unknown fields, wrong types, words that the SDK doesn't know."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        try:
            KINDS[kind].model_validate_json(json.dumps(value), by_alias=True, by_name=False)
        except pydantic.ValidationError as error:
            return [
                f"{_path(row['loc'])}: {row['msg']}" for row in error.errors(include_url=False, include_input=False)
            ]
    return [str(warning.message) for warning in told if "is not a valid" in str(warning.message)]


def _path(place: tuple[int | str, ...]) -> str:
    return ".".join("*" if isinstance(step, int) else step for step in place)


_SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
_WEATHER = types.FunctionDeclaration(
    name="get_weather", description="The weather in a city.", parameters_json_schema=_SCHEMA
)
_CLOCK = types.FunctionDeclaration(name="get_time")
_TOOLS = [types.Tool(function_declarations=[_WEATHER])]
_BOTH = [types.Tool(function_declarations=[_WEATHER, _CLOCK])]
_OSLO = {"city": "Oslo"}


def _choice(mode: str, *names: str) -> Any:
    config = types.FunctionCallingConfig(mode=types.FunctionCallingConfigMode(mode))
    if names:
        config.allowed_function_names = list(names)
    return types.ToolConfig(function_calling_config=config)


def _content(role: str, **part: Any) -> types.Content:
    return types.Content(role=role, parts=[types.Part(**part)])


def _calls(picture: bytes) -> dict[str, tuple[Any, dict[str, Any]]]:
    """By name: what is said, and the settings."""
    hello = "Hello!"
    called = types.FunctionCall(id="call_1", name="get_weather", args=_OSLO)
    gave = types.FunctionResponse(id="call_1", name="get_weather", response={"output": "4 °C"})
    history = [
        _content("user", text="Oslo?"),
        _content("model", function_call=called),
        _content("user", function_response=gave),
    ]
    turns = [
        _content("user", text="My name is Ada."),
        _content("model", text="Hello, Ada."),
        _content("user", text="What is my name?"),
    ]
    seen = types.Part(inline_data=types.Blob(mime_type="image/png", data=picture))
    return {
        "a question": ("What is the capital of France?", {}),
        "a stream": ("What is the capital of France?", {}),
        "a system instruction": (hello, {"system_instruction": "Be brief."}),
        "max_tokens": (hello, {"max_output_tokens": 64}),
        "temperature": (hello, {"temperature": 0.25}),
        "top_p": (hello, {"top_p": 0.5}),
        "one stop sequence": (hello, {"stop_sequences": ["END"]}),
        "seed": (hello, {"seed": 7}),
        "three turns": (turns, {}),
        "a tool": ("How is the weather in Oslo?", {"tools": _TOOLS}),
        "tools, one without arguments": ("What time is it?", {"tools": _BOTH}),
        "tool choice auto": ("Oslo?", {"tools": _TOOLS, "tool_config": _choice("AUTO")}),
        "tool choice none": ("Oslo?", {"tools": _TOOLS, "tool_config": _choice("NONE")}),
        "tool choice required": ("Oslo?", {"tools": _TOOLS, "tool_config": _choice("ANY")}),
        "tool choice by name": ("Oslo?", {"tools": _BOTH, "tool_config": _choice("ANY", "get_weather")}),
        "a call and its result": (history, {"tools": _TOOLS}),
        "a schema": (
            "Where is Ada?",
            {"response_mime_type": "application/json", "response_json_schema": _SCHEMA},
        ),
        "a picture": (types.Content(role="user", parts=[types.Part(text="What is it?"), seen]), {}),
        "a budget for thoughts, on Gemini": (
            hello,
            {"thinking_config": types.ThinkingConfig(thinking_budget=1024)},
        ),
    }


def call(name: str, base_url: str, key: str, picture: str) -> None:
    """Make the call of that name."""
    client = genai.Client(api_key=key, http_options=types.HttpOptions(base_url=base_url, api_version="v1beta"))
    if name == "embeddings":
        config = types.EmbedContentConfig(task_type="RETRIEVAL_QUERY", output_dimensionality=8)
        client.models.embed_content(model="gemini-embedding-001", contents=["a", "b"], config=config)
        return
    contents, settings = _calls(base64.b64decode(picture))[name]
    off = types.AutomaticFunctionCallingConfig(disable=True)
    asked = types.GenerateContentConfig(**settings, automatic_function_calling=off)
    if name == "a stream":
        for _ in client.models.generate_content_stream(model=_MODEL, contents=contents, config=asked):
            pass
    else:
        client.models.generate_content(model=_MODEL, contents=contents, config=asked)


def _answer(asked: dict[str, Any]) -> Any:
    match asked.pop("do"):
        case "judge":
            return judge(**asked)
        case "names":
            return list(_calls(b""))
    try:
        call(**asked)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return None


def main() -> None:
    """Answer until there is nothing more to read."""
    for line in sys.stdin:
        print(json.dumps(_answer(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
