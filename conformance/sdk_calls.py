"""The calls of the table as one writes them with the vendors' SDKs for Python. Names are those of `calls.CALLS`."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

from conformance.calls import CITY, MODELS, PDF, PNG, WAV

__all__ = ["CHAT", "EMBEDDINGS", "MESSAGES", "RESPONSES"]

Table = dict[str, dict[str, Any]]

_PNG, _PDF, _WAV = (b64encode(data).decode() for data in (PNG, PDF, WAV))
_HELLO = "Hello!"


def _user(content: Any) -> dict[str, Any]:
    return {"role": "user", "content": content}


def _assistant(content: Any, **more: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": content, **more}


def _system(content: Any, role: str = "system") -> dict[str, Any]:
    return {"role": role, "content": content}


# OpenAI, Chat Completions

_FUNCTION = {"name": "get_weather", "description": "The weather in a city.", "parameters": CITY}
_WEATHER = {"type": "function", "function": _FUNCTION}
_CLOCK = {"type": "function", "function": {"name": "get_time"}}
_PLACE = {"name": "place", "schema": CITY}


def _call(id: str, city: str) -> dict[str, Any]:
    arguments = f'{{"city":"{city}"}}'
    return {"id": id, "type": "function", "function": {"name": "get_weather", "arguments": arguments}}


def _result(id: str, content: str) -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": id, "content": content}


def _chat(*messages: Any, **fields: Any) -> dict[str, Any]:
    said = [_user(message) if isinstance(message, str) else message for message in messages or (_HELLO,)]
    return {"model": MODELS["chat_completions"], "messages": said, **fields}


_ASKED = _assistant(None, tool_calls=[_call("call_1", "Oslo")])
_TOOLS = {"tools": [_WEATHER]}

CHAT: Table = {
    "a question": _chat("What is the capital of France?"),
    "a stream": _chat("What is the capital of France?", stream=True),
    "beyond ASCII": _chat('Ünïcödé 日本語 \U0001f600 "quotes" \\ and\nlines'),
    "a system instruction": _chat(_system("Be brief."), _HELLO),
    "a system message": _chat(_system("Be brief."), _HELLO),
    "a developer message": _chat(_system("Be brief.", "developer"), _HELLO),
    "max_tokens": _chat(max_completion_tokens=64),
    "temperature": _chat(temperature=0.25),
    "top_p": _chat(top_p=0.5),
    "one stop sequence": _chat(stop="END"),
    "stop sequences": _chat(stop=["END", "STOP"]),
    "seed": _chat(seed=7),
    "metadata": _chat(metadata={"user_id": "u-17"}),
    "everything at once": _chat(
        _system("Be brief."), _HELLO, max_completion_tokens=64, temperature=0.0, stop=["END"], stream=True
    ),
    "three turns": _chat("My name is Ada.", _assistant("Hello, Ada."), "What is my name?"),
    "a turn in parts": _chat(
        _user([{"type": "text", "text": "Hello!"}, {"type": "text", "text": "And again: hello!"}])
    ),
    "a speaker's name": _chat({"role": "user", "content": _HELLO, "name": "ada"}),
    "a refusal in the history": _chat("Do it.", _assistant(None, refusal="I can't."), "Why?"),
    "a tool": _chat("How is the weather in Oslo?", **_TOOLS),
    "a tool, streamed": _chat("How is the weather in Oslo?", **_TOOLS, stream=True),
    "tools, one without arguments": _chat("What time is it?", tools=[_WEATHER, _CLOCK]),
    "a strict tool": _chat("Weather in Oslo?", tools=[{"type": "function", "function": {**_FUNCTION, "strict": True}}]),
    "tool choice auto": _chat("Oslo?", **_TOOLS, tool_choice="auto"),
    "tool choice none": _chat("Oslo?", **_TOOLS, tool_choice="none"),
    "tool choice required": _chat("Oslo?", **_TOOLS, tool_choice="required"),
    "tool choice by name": _chat(
        "Oslo?", tools=[_WEATHER, _CLOCK], tool_choice={"type": "function", "function": {"name": "get_weather"}}
    ),
    "one tool at a time": _chat("Oslo?", **_TOOLS, parallel_tool_calls=False),
    "a call and its result": _chat("Oslo?", _ASKED, _result("call_1", "4 °C"), **_TOOLS),
    "words beside a call": _chat(
        "Oslo?",
        _assistant("Let me see.", tool_calls=[_call("call_1", "Oslo")]),
        _result("call_1", "4 °C"),
        **_TOOLS,
    ),
    "two calls": _chat(
        "Oslo and Rome?",
        _assistant(None, tool_calls=[_call("call_1", "Oslo"), _call("call_2", "Rome")]),
        _result("call_1", "4 °C"),
        _result("call_2", "18 °C"),
        **_TOOLS,
        stream=True,
    ),
    "a schema": _chat("Where is Ada?", response_format={"type": "json_schema", "json_schema": _PLACE}),
    "a strict schema": _chat(
        "Where?",
        response_format={"type": "json_schema", "json_schema": {**_PLACE, "description": "A place.", "strict": True}},
    ),
    "any JSON": _chat("Where is Ada? In JSON.", response_format={"type": "json_object"}),
    "a picture": _chat(
        _user(
            [
                {"type": "text", "text": "What is it?"},
                {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{_PNG}"}},
            ]
        )
    ),
    "a picture, in detail": _chat(
        _user(
            [
                {"type": "text", "text": "What?"},
                {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{_PNG}", "detail": "high"}},
            ]
        )
    ),
    "a document": _chat(
        _user(
            [
                {"type": "text", "text": "Sum it up."},
                {"type": "file", "file": {"filename": "a.pdf", "file_data": f"data:application/pdf;base64,{_PDF}"}},
            ]
        )
    ),
    "a document by its id": _chat(
        _user([{"type": "text", "text": "Sum up."}, {"type": "file", "file": {"file_id": "file-abc"}}])
    ),
    "sound": {
        "model": "gpt-4o-audio-preview",
        "messages": [
            _user(
                [
                    {"type": "text", "text": "What?"},
                    {"type": "input_audio", "input_audio": {"data": _WAV, "format": "wav"}},
                ]
            )
        ],
    },
    "effort": _chat(reasoning_effort="low") | {"model": "o4-mini"},
    "penalties": _chat(frequency_penalty=0.5, presence_penalty=-0.5),
    "probabilities": _chat(logprobs=True, top_logprobs=2),
    "a tier": _chat(service_tier="auto"),
    "a user": _chat(safety_identifier="u-17", prompt_cache_key="k"),
    "stored": _chat(store=True, metadata={"run": "1"}),
    "instructions for the words": _chat(verbosity="low") | {"model": "gpt-5"},
    "no obfuscation": _chat(stream=True, stream_options={"include_obfuscation": False}),
    "a custom tool": _chat(tools=[{"type": "custom", "custom": {"name": "sql"}}]),
}

# OpenAI, Responses

_FLAT = {"type": "function", **_FUNCTION}
_FLAT_TOOLS = {"tools": [{**_FLAT, "strict": None}]}
_CALLED = {"type": "function_call", "call_id": "call_1", "name": "get_weather", "arguments": '{"city":"Oslo"}'}
_GAVE = {"type": "function_call_output", "call_id": "call_1", "output": "4 °C"}


def _responses(*items: Any, **fields: Any) -> dict[str, Any]:
    said = [_user(item) if isinstance(item, str) else item for item in items or (_HELLO,)]
    return {"model": MODELS["responses"], "input": said, **fields}


def _format(**fields: Any) -> dict[str, Any]:
    return {"format": {"type": "json_schema", "name": "place", "schema": CITY, **fields}}


RESPONSES: Table = {
    "a question": _responses("What is the capital of France?"),
    "a stream": _responses("What is the capital of France?", stream=True),
    "beyond ASCII": _responses('Ünïcödé 日本語 \U0001f600 "quotes" \\ and\nlines'),
    "a system instruction": _responses(instructions="Be brief."),
    "a system message": _responses(_system("Be brief."), _HELLO),
    "a developer message": _responses(_system("Be brief.", "developer"), _HELLO),
    "max_tokens": _responses(max_output_tokens=64),
    "temperature": _responses(temperature=0.25),
    "top_p": _responses(top_p=0.5),
    "metadata": _responses(metadata={"user_id": "u-17"}),
    "three turns": _responses("My name is Ada.", _assistant("Hello, Ada."), "What is my name?"),
    "a turn in parts": _responses(
        _user([{"type": "input_text", "text": "Hello!"}, {"type": "input_text", "text": "And again: hello!"}])
    ),
    "a tool": _responses("How is the weather in Oslo?", **_FLAT_TOOLS),
    "a tool, streamed": _responses("How is the weather in Oslo?", **_FLAT_TOOLS, stream=True),
    "a strict tool": _responses("Weather in Oslo?", tools=[{**_FLAT, "strict": True}]),
    "tool choice required": _responses("Oslo?", **_FLAT_TOOLS, tool_choice="required"),
    "tool choice none": _responses("Oslo?", **_FLAT_TOOLS, tool_choice="none"),
    "one tool at a time": _responses("Oslo?", **_FLAT_TOOLS, parallel_tool_calls=False),
    "a call and its result": _responses("Oslo?", _CALLED, _GAVE, **_FLAT_TOOLS),
    "a schema": _responses("Where is Ada?", text=_format()),
    "a strict schema": _responses("Where?", text=_format(description="A place.", strict=True)),
    "any JSON": _responses("Where is Ada? In JSON.", text={"format": {"type": "json_object"}}),
    "a picture": _responses(
        _user(
            [
                {"type": "input_text", "text": "What is it?"},
                {"type": "input_image", "detail": "auto", "image_url": f"data:image/png;base64,{_PNG}"},
            ]
        )
    ),
    "a picture by its id": _responses(
        _user(
            [
                {"type": "input_text", "text": "What?"},
                {"type": "input_image", "detail": "auto", "file_id": "file-abc"},
            ]
        )
    ),
    "a document": _responses(
        _user(
            [
                {"type": "input_text", "text": "Sum it up."},
                {"type": "input_file", "filename": "a.pdf", "file_data": f"data:application/pdf;base64,{_PDF}"},
            ]
        )
    ),
    "a document by its address": _responses(
        _user(
            [
                {"type": "input_text", "text": "Sum up."},
                {"type": "input_file", "file_url": "https://example.com/a.pdf"},
            ]
        )
    ),
    "effort": _responses(reasoning={"effort": "low"}) | {"model": "o4-mini"},
    "a summary of thoughts": _responses(reasoning={"summary": "auto"}) | {"model": "o4-mini"},
    "a tier": _responses(service_tier="auto"),
    "a user": _responses(safety_identifier="u-17", prompt_cache_key="k"),
    "stored": _responses(store=True, metadata={"run": "1"}),
    "not stored": _responses(store=False),
    "truncation": _responses(truncation="auto"),
    "no obfuscation": _responses(stream=True, stream_options={"include_obfuscation": False}),
    "a search by the vendor": _responses(tools=[{"type": "web_search"}]),
}

# Anthropic

_TOOL = {"name": "get_weather", "description": "The weather in a city.", "input_schema": CITY}
_NO_ARGUMENTS = {"name": "get_time", "input_schema": {"type": "object", "properties": {}}}
_EPHEMERAL = {"cache_control": {"type": "ephemeral", "ttl": "1h"}}
_USED = {"type": "tool_use", "id": "call_1", "name": "get_weather", "input": {"city": "Oslo"}}
_BACK = {"type": "tool_result", "tool_use_id": "call_1", "content": "4 °C"}


def _claude(*messages: Any, **fields: Any) -> dict[str, Any]:
    said = [_user(message) if isinstance(message, str) else message for message in messages or (_HELLO,)]
    return {"model": MODELS["anthropic_messages"], "max_tokens": 1024, "messages": said, **fields}


def _text(text: str, **more: Any) -> dict[str, Any]:
    return {"type": "text", "text": text, **more}


MESSAGES: Table = {
    "a question": _claude("What is the capital of France?"),
    "a stream": _claude("What is the capital of France?", stream=True),
    "beyond ASCII": _claude('Ünïcödé 日本語 \U0001f600 "quotes" \\ and\nlines'),
    "a system instruction": _claude(system="Be brief."),
    "a system instruction in two parts": _claude(system=[_text("Be brief."), _text("Be kind.")]),
    "max_tokens": _claude() | {"max_tokens": 64},
    "temperature": _claude(extra_body={"temperature": 0.25}),
    "one stop sequence": _claude(stop_sequences=["END"]),
    "stop sequences": _claude(stop_sequences=["END", "STOP"]),
    "metadata": _claude(metadata={"user_id": "u-17"}),
    "three turns": _claude("My name is Ada.", _assistant("Hello, Ada."), "What is my name?"),
    "a turn in parts": _claude(_user([_text("Hello!"), _text("And again: hello!")])),
    "a tool": _claude("How is the weather in Oslo?", tools=[_TOOL]),
    "a tool, streamed": _claude("How is the weather in Oslo?", tools=[_TOOL], stream=True),
    "tools, one without arguments": _claude("What time is it?", tools=[_TOOL, _NO_ARGUMENTS]),
    "a strict tool": _claude("Weather in Oslo?", tools=[{**_TOOL, "strict": True}]),
    "tool choice auto": _claude("Oslo?", tools=[_TOOL], tool_choice={"type": "auto"}),
    "tool choice none": _claude("Oslo?", tools=[_TOOL], tool_choice={"type": "none"}),
    "tool choice required": _claude("Oslo?", tools=[_TOOL], tool_choice={"type": "any"}),
    "tool choice by name": _claude(
        "Oslo?", tools=[_TOOL, _NO_ARGUMENTS], tool_choice={"type": "tool", "name": "get_weather"}
    ),
    "one tool at a time": _claude(
        "Oslo?", tools=[_TOOL], tool_choice={"type": "auto", "disable_parallel_tool_use": True}
    ),
    "a call and its result": _claude("Oslo?", _assistant([_USED]), _user([_BACK]), tools=[_TOOL]),
    "words beside a call": _claude("Oslo?", _assistant([_text("Let me see."), _USED]), _user([_BACK]), tools=[_TOOL]),
    "a result that is an error": _claude(
        "Oslo?",
        _assistant([_USED]),
        _user([{**_BACK, "content": "no such city", "is_error": True}]),
        tools=[_TOOL],
    ),
    "a schema": _claude("Where is Ada?", output_config={"format": {"type": "json_schema", "schema": CITY}}),
    "a picture": _claude(
        _user(
            [
                _text("What is it?"),
                {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": _PNG}},
            ]
        )
    ),
    "a picture by its address": _claude(
        _user([_text("What is it?"), {"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}}])
    ),
    "a document": _claude(
        _user(
            [
                _text("Sum it up."),
                {
                    "type": "document",
                    "title": "a.pdf",
                    "source": {"type": "base64", "media_type": "application/pdf", "data": _PDF},
                },
            ]
        )
    ),
    "a plain document": _claude(
        _user(
            [
                _text("Sum it up."),
                {
                    "type": "document",
                    "title": "a.txt",
                    "source": {"type": "text", "media_type": "text/plain", "data": "Once upon a time."},
                },
            ]
        )
    ),
    "effort on Claude": _claude(output_config={"effort": "high"}) | {"model": "claude-opus-5"},
    "a budget for thoughts": _claude(thinking={"type": "enabled", "budget_tokens": 1024}) | {"max_tokens": 4096},
    "no thoughts": _claude(thinking={"type": "disabled"}) | {"model": "claude-opus-5"},
    "thoughts in the history": _claude(
        "Oslo?",
        _assistant([{"type": "thinking", "thinking": "The user greets me.", "signature": "c2lnbmVk"}, _USED]),
        _user([_BACK]),
        tools=[_TOOL],
        thinking={"type": "enabled", "budget_tokens": 1024},
    )
    | {"max_tokens": 4096},
    "sealed thoughts in the history": _claude(
        "Oslo?", _assistant([{"type": "redacted_thinking", "data": "c2VhbA=="}, _USED]), _user([_BACK]), tools=[_TOOL]
    ),
    "a cached instruction": _claude(system=[_text("Be brief.", **_EPHEMERAL)]),
    "a cached turn": _claude(_user([_text("A long text.", **_EPHEMERAL), _text("What does it say?")])),
    "a cached tool": _claude("Oslo?", tools=[{**_TOOL, **_EPHEMERAL}]),
    "caching of itself": _claude(cache_control={"type": "ephemeral"}),
    "a tier": _claude(service_tier="auto"),
    "a search by Anthropic": _claude(tools=[{"type": "web_search_20250305", "name": "web_search", "max_uses": 2}]),
}

EMBEDDINGS: Table = {
    "one text": {"model": "text-embedding-3-small", "input": "Hello"},
    "texts": {"model": "text-embedding-3-large", "input": ["Hello", "World"]},
    "dimensions": {"model": "text-embedding-3-small", "input": ["Hello"], "dimensions": 256},
    "floats": {"model": "text-embedding-3-small", "input": ["Hello"], "encoding_format": "float"},
    "tokens": {"model": "text-embedding-3-small", "input": [[1, 2, 3]]},
    "a user": {"model": "text-embedding-3-small", "input": ["Hello"], "user": "u-17"},
}
