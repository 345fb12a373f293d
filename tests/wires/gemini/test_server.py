"""Gemini, server half: what a request means, and what Google refuses, in its own words."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ringup.errors import BadRequestError, NotFoundError
from ringup.http import HttpRequest
from ringup.messages import (
    Audio,
    Document,
    Image,
    Message,
    Opaque,
    OutputSchema,
    Reasoning,
    Request,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
)
from ringup.replay.same import differences
from ringup.rules import Rules
from ringup.wires import gemini as wire

PATH = "/v1beta/models/gemini-3-flash:generateContent"
HELLO = {"role": "user", "parts": [{"text": "Hello"}]}
GOOGLE = "type.googleapis.com/google.ai.generativelanguage.v1beta."


def http(path: str = PATH, query: dict[str, str] | None = None, **fields: Any) -> HttpRequest:
    body = {"contents": [HELLO]} | fields
    body = {key: value for key, value in body.items() if value is not ...}
    return HttpRequest(path=path, query=query or {}, body=json.dumps(body).encode())


def read(**fields: Any) -> Request:
    return wire.read_request(http(**fields))


def parts(*blocks: dict[str, Any], role: str = "user") -> tuple[Any, ...]:
    return read(contents=[{"role": role, "parts": list(blocks)}]).messages[0].parts


# The address


@pytest.mark.parametrize(
    ("path", "model", "stream"),
    [
        ("/v1/models/gemini-2.5-pro:generateContent", "gemini-2.5-pro", False),
        ("/v1beta/models/a%20b:streamGenerateContent", "a b", True),
        ("/v1beta/tunedModels/mine:generateContent", "tunedModels/mine", False),
        ("/v1beta1/projects/p/locations/l/publishers/google/models/g-1@2:generateContent", "g-1@2", False),
    ],
)
def test_addresses(path: str, model: str, stream: bool) -> None:
    request = wire.read_request(http(path, {"alt": "sse"}))
    assert (request.model, request.stream, request.extra) == (model, stream, {})


@pytest.mark.parametrize(
    "path", ["/v1/chat/completions", "/v1beta/models/m", "/v1beta/models/m:predict", "/models/m:generateContent"]
)
def test_other_addresses_are_not_found(path: str) -> None:
    with pytest.raises(NotFoundError) as caught:
        wire.read_request(http(path))
    assert (caught.value.status, caught.value.type) == (404, "NOT_FOUND")


def test_a_stream_that_is_an_array() -> None:
    path = "/v1beta/models/m:streamGenerateContent"
    for query in ({}, {"alt": "json"}):
        request = wire.read_request(http(path, query))
        assert request.extra == {"alt": "json"}
        assert wire.write_request(request, Rules())[0].query == {}


# What it means


def test_the_smallest_request() -> None:
    assert read() == Request(model="gemini-3-flash", messages=(Message("user", (Text("Hello"),)),))
    assert read(contents={"parts": {"text": "Hello"}}) == read()


def test_every_field() -> None:
    request = read(
        system_instruction={
            "role": "system",
            "parts": [{"text": "Be brief."}, {"inlineData": {"mimeType": "a", "data": ""}}],
        },
        generation_config={
            "max_output_tokens": "50",
            "temperature": 1,
            "top_p": "0.5",
            "topK": 40,
            "stop_sequences": "END",
            "seed": 7.0,
            "candidateCount": 2,
            "presencePenalty": None,
            "responseMimeType": "application/json",
            "responseJsonSchema": {"type": "object", "max_items": 1},
            "thinking_config": {"thinking_level": "high", "includeThoughts": True, "later": 1},
        },
        tools={"function_declarations": [{"name": "f", "behavior": "blocking"}], "google_search": {}},
        toolConfig={"functionCallingConfig": {"mode": "any"}, "retrievalConfig": {"languageCode": "de"}},
        safetySettings=[{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_NONE"}],
        cachedContent="cachedContents/x",
        brand_new={"a_b": None},
    )
    assert request == Request(
        model="gemini-3-flash",
        messages=(Message("user", (Text("Hello"),)),),
        system=(Text("Be brief."), Opaque("gemini", {"inlineData": {"mimeType": "a", "data": ""}})),
        max_tokens=50,
        temperature=1,
        top_p=0.5,
        stop=("END",),
        seed=7,
        n=2,
        tools=(Tool("f", extra={"gemini": {"behavior": "blocking"}}), Opaque("gemini", {"googleSearch": {}})),
        tool_choice=ToolChoice("required"),
        output_schema=OutputSchema({"type": "object", "max_items": 1}),
        reasoning=Reasoning(effort="high", display="summarized"),
        extra={
            "systemInstruction": {"role": "system"},
            "generationConfig": {"topK": 40, "thinkingConfig": {"later": 1}},
            "toolConfig": {"retrievalConfig": {"languageCode": "de"}},
            "safetySettings": [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_NONE"}],
            "cachedContent": "cachedContents/x",
            "brand_new": {"a_b": None},
        },
    )
    assert set(request.extra) - wire.FIELDS == {"brand_new"}
    assert type(request.max_tokens) is type(request.seed) is int


@pytest.mark.parametrize(
    ("config", "reasoning"),
    [
        ({"thinkingBudget": 0}, Reasoning(mode="disabled")),
        ({"thinkingBudget": -1, "includeThoughts": False}, Reasoning(mode="adaptive", display="omitted")),
        ({"thinkingBudget": 1024}, Reasoning(budget_tokens=1024)),
        ({}, None),
        ({"thinkingLevel": "THINKING_LEVEL_UNSPECIFIED"}, None),
    ],
)
def test_thinking(config: dict[str, Any], reasoning: Reasoning | None) -> None:
    request = read(generationConfig={"thinkingConfig": config})
    assert request.reasoning == reasoning
    again = json.loads(wire.write_request(request, Rules())[0].body)
    assert again.get("generationConfig", {}).get("thinkingConfig", {}) == config


@pytest.mark.parametrize(
    ("config", "choice"),
    [
        ({"mode": "AUTO"}, ToolChoice("auto")),
        ({"mode": "NONE"}, ToolChoice("none")),
        ({"mode": "ANY", "allowedFunctionNames": ["f"]}, ToolChoice("tool", "f")),
        ({"mode": "ANY", "allowedFunctionNames": ["f", "g"]}, None),
        ({"mode": "VALIDATED"}, None),
        ({}, None),
    ],
)
def test_tool_choice(config: dict[str, Any], choice: ToolChoice | None) -> None:
    request = read(toolConfig={"functionCallingConfig": config})
    assert request.tool_choice == (choice or Opaque("gemini", config))
    assert json.loads(wire.write_request(request, Rules())[0].body)["toolConfig"] == {"functionCallingConfig": config}


def test_googles_own_schemas_are_read_and_go_back_unchanged() -> None:
    schema = {
        "type": "OBJECT",
        "properties": {
            "type": {"type": "STRING", "nullable": True, "max_length": "9", "enum": ["A"]},
            "list": {"type": "ARRAY", "min_items": 1, "items": {"any_of": [{"type": "INTEGER"}, {"type": "NULL"}]}},
        },
        "required": ["list"],
        "property_ordering": ["list", "type"],
    }
    meant = {
        "type": "object",
        "properties": {
            "type": {"type": ["string", "null"], "maxLength": 9, "enum": ["A"]},
            "list": {"type": "array", "minItems": 1, "items": {"anyOf": [{"type": "integer"}, {"type": "null"}]}},
        },
        "required": ["list"],
        "propertyOrdering": ["list", "type"],
    }
    config = {"responseMimeType": "application/json", "responseSchema": schema}
    request = read(generationConfig=config, tools=[{"functionDeclarations": [{"name": "f", "parameters": schema}]}])
    assert request.output_schema == OutputSchema(meant)
    assert isinstance(request.tools[0], Tool)
    assert request.tools[0].parameters == meant
    again = json.loads(wire.write_request(request, Rules())[0].body)
    assert again["generationConfig"] == config
    assert again["tools"] == [{"functionDeclarations": [{"name": "f", "parameters": schema}]}]


@pytest.mark.parametrize(
    "config",
    [
        {"responseMimeType": "text/x.enum", "responseSchema": {"type": "STRING", "enum": ["a"]}},
        {"responseMimeType": "application/json", "responseJsonSchema": True},
        {"responseJsonSchema": {"type": "object"}},
        {"responseMimeType": "application/json"},
    ],
)
def test_other_kinds_of_output_go_back_unchanged(config: dict[str, Any]) -> None:
    request = read(generationConfig=config)
    assert json.loads(wire.write_request(request, Rules())[0].body)["generationConfig"] == config


def test_every_kind_of_part() -> None:
    files = "https://generativelanguage.googleapis.com/v1beta/files/a"
    audio = {"gemini": {"inlineData": {"mimeType": "audio/x-wav"}}}
    assert parts(
        {"text": "a", "thought": False, "thought_signature": "_-8"},
        {"text": "hm", "thought": True},
        {"text": "hm", "thought": True, "thoughtSignature": "QQ=="},
        {"thoughtSignature": "QQ=="},
        {
            "inline_data": {"mime_type": "image/png", "data": "_-8", "display_name": "d"},
            "media_resolution": {"level": "X"},
        },
        {"inlineData": {"mimeType": "audio/x-wav", "data": "eHg="}},
        {"inlineData": {"mimeType": "audio/L16;rate=24000", "data": "eHg="}},
        {"inlineData": {"mimeType": "text/plain", "data": "w6k=", "displayName": "n"}},
        {"inlineData": {"mimeType": "text/plain", "data": "/w=="}},
        {"inlineData": {"mimeType": "video/mp4", "data": "eHg="}, "videoMetadata": {"fps": 1}},
        {"fileData": {"fileUri": files, "mimeType": "image/png"}},
        {"file_data": {"file_uri": "https://youtu.be/x"}},
        {"executableCode": {"code": "1"}, "thoughtSignature": "QQ=="},
    ) == (
        Text("a", {"gemini": {"thoughtSignature": "_-8"}}),
        Thinking("hm", extra={"gemini": {"thought": True}}),
        Thinking("hm", "QQ==", extra={"gemini": {"thought": True}}),
        Text("", {"gemini": {"thoughtSignature": "QQ=="}}),
        Image(
            data=b"\xff\xef",
            media_type="image/png",
            extra={"gemini": {"mediaResolution": {"level": "X"}, "inlineData": {"displayName": "d"}}},
        ),
        Audio(data=b"xx", format="wav", extra=audio),
        Audio(data=b"xx", format="pcm16", extra={"gemini": {"inlineData": {"mimeType": "audio/L16;rate=24000"}}}),
        Document(text="é", media_type="text/plain", name="n"),
        Document(data=b"\xff", media_type="text/plain"),
        Document(data=b"xx", media_type="video/mp4", extra={"gemini": {"videoMetadata": {"fps": 1}}}),
        Image(file_id="files/a", media_type="image/png"),
        Document(url="https://youtu.be/x"),
        Opaque("gemini", {"executableCode": {"code": "1"}, "thoughtSignature": "QQ=="}),
    )


def test_calls_and_results_without_ids_are_paired_by_name_and_order() -> None:
    def call(name: str, **fields: Any) -> dict[str, Any]:
        return {"functionCall": {"name": name} | fields}

    def answer(name: str, **fields: Any) -> dict[str, Any]:
        return {"functionResponse": {"name": name, "response": {"output": name}} | fields}

    contents = [
        HELLO,
        {"role": "model", "parts": [call("f"), call("g", id="mine"), call("f", args={"a": 1}), {"text": "x"}]},
        {"role": "user", "parts": [answer("f"), answer("g"), answer("f"), answer("lost", id="q"), answer("lost")]},
        {"role": "model", "parts": [call("f", id="q2")]},
        {"role": "function", "parts": [answer("f", id="q2"), {"text": "also"}]},
    ]
    request = read(contents=contents)
    unsent = {"gemini": {"functionCall": {"id": None}}}
    given = {"gemini": {"functionResponse": {"id": None}}}
    stray = {"gemini": {"functionResponse": {"id": None, "name": "lost"}}}
    assert request.messages[1:] == (
        Message(
            "assistant",
            (
                ToolCall("call_1_0", "f", extra=unsent),
                ToolCall("mine", "g"),
                ToolCall("call_1_2", "f", '{"a":1}', extra=unsent),
                Text("x"),
            ),
        ),
        Message(
            "tool",
            (
                ToolResult("call_1_0", (Text("f"),), extra=given),
                ToolResult("mine", (Text("g"),), extra=given),
                ToolResult("call_1_2", (Text("f"),), extra=given),
                ToolResult("q", (Text("lost"),), extra={"gemini": {"functionResponse": {"name": "lost"}}}),
                ToolResult("lost", (Text("lost"),), extra=stray),
            ),
        ),
        Message("assistant", (ToolCall("q2", "f"),)),
        Message("user", (ToolResult("q2", (Text("f"),)), Text("also"))),
    )
    again, notices = wire.write_request(request, Rules())
    contents[1]["parts"][0] = call("f", args={})
    contents[1]["parts"][1] = call("g", id="mine", args={})
    contents[3]["parts"][0] = call("f", id="q2", args={})
    contents[4]["role"] = "user"
    assert json.loads(again.body)["contents"] == contents
    assert not notices


@pytest.mark.parametrize(
    ("response", "words", "failed"),
    [
        ({"output": "a"}, ["a"], False),
        ({"output": ""}, [""], False),
        ({"output": '{"a":1}'}, ['{"output":"{\\"a\\":1}"}'], False),
        ({"output": 5}, ['{"output":5}'], False),
        ({"result": 5, "error": None}, ['{"result":5,"error":null}'], False),
        ({"error": "boom"}, ["boom"], True),
        ({"error": ""}, [], True),
        ({"error": {"code": 1}}, ['{"code":1}'], True),
        ({"error": 5}, ['{"error":5}'], False),
        ({}, [], False),
    ],
)
def test_what_a_result_says(response: Any, words: list[str], failed: bool) -> None:
    (result,) = parts({"functionResponse": {"id": "1", "name": "f", "response": response}})
    assert isinstance(result, ToolResult)
    assert ([part.text for part in result.parts], result.is_error) == (words, failed)
    request = Request(model="m", messages=(Message("tool", (result,)),))
    sent = json.loads(wire.write_request(request, Rules())[0].body)["contents"][0]["parts"][0]
    assert sent["functionResponse"]["response"] == response


# What is refused


def refused(expect: type[BadRequestError] = BadRequestError, **fields: Any) -> BadRequestError:
    with pytest.raises(expect) as caught:
        read(**fields)
    assert (caught.value.status, caught.value.type) == (400, "INVALID_ARGUMENT")
    body = json.loads(wire.write_error(caught.value).body)
    assert body["error"]["message"] == caught.value.message
    return caught.value


@pytest.mark.parametrize("body", [b"", b"{", b"nothing", b"[" * 100_000])
def test_broken_json_is_refused(body: bytes) -> None:
    with pytest.raises(BadRequestError) as caught:
        wire.read_request(HttpRequest(path=PATH, body=body))
    assert caught.value.message.startswith("Invalid JSON payload received.")


@pytest.mark.parametrize("body", [b"[]", b"5", b"null", b'"x"'])
def test_a_body_that_is_no_object_is_refused(body: bytes) -> None:
    with pytest.raises(BadRequestError) as caught:
        wire.read_request(HttpRequest(path=PATH, body=body))
    assert "Root element must be a message." in caught.value.message


@pytest.mark.parametrize(
    ("fields", "path", "message"),
    [
        (
            {"generationConfig": {"maxOutputTokens": "many"}},
            "generation_config.max_output_tokens",
            "Invalid value at 'generation_config.max_output_tokens' (TYPE_INT32), \"many\"",
        ),
        (
            {"generationConfig": {"seed": 1.5}},
            "generation_config.seed",
            "Invalid value at 'generation_config.seed' (TYPE_INT32), 1.5",
        ),
        (
            {"generationConfig": {"temperature": True}},
            "generation_config.temperature",
            "Invalid value at 'generation_config.temperature' (TYPE_FLOAT), true",
        ),
        (
            {"contents": [{"parts": [{"text": 5}]}]},
            "contents[0].parts[0].text",
            "Invalid value at 'contents[0].parts[0].text' (TYPE_STRING), 5",
        ),
        (
            {"contents": [{"parts": [{"text": {"a": 1}}]}]},
            "contents[0].parts[0].text",
            "Invalid value at 'contents[0].parts[0].text' (TYPE_STRING), Starting an object on a scalar field",
        ),
        (
            {"contents": "Hello"},
            "contents[0]",
            f"Invalid value at 'contents[0]' ({GOOGLE}Content), \"Hello\"",
        ),
        (
            {"contents": [{"parts": ["Hello"]}]},
            "contents[0].parts[0]",
            f"Invalid value at 'contents[0].parts[0]' ({GOOGLE}Part), \"Hello\"",
        ),
        (
            {"contents": [{"parts": [{"inlineData": {"mimeType": "image/png", "data": "%%%"}}]}]},
            "contents[0].parts[0].inline_data.data",
            "Invalid value at 'contents[0].parts[0].inline_data.data' (TYPE_BYTES), \"%%%\"",
        ),
        (
            {"contents": [{"parts": [{"functionCall": {"name": "f", "args": "{}"}}]}]},
            "contents[0].parts[0].function_call.args",
            f"Invalid value at 'contents[0].parts[0].function_call.args' ({GOOGLE}object), \"{{}}\"",
        ),
        (
            {"toolConfig": {"functionCallingConfig": {"mode": {}}}},
            "tool_config.function_calling_config.mode",
            f"Invalid value at 'tool_config.function_calling_config.mode' ({GOOGLE}enum), "
            "Starting an object on a scalar field",
        ),
        (
            {"generationConfig": [{}]},
            None,
            'Invalid JSON payload received. Unknown name "generation_config": '
            "Proto field is not repeating, cannot start list.",
        ),
        (
            {"generationConfig": {"thinkingConfig": {"includeThoughts": [True]}}},
            "generation_config.thinking_config",
            "Invalid JSON payload received. Unknown name \"include_thoughts\" at 'generation_config.thinking_config': "
            "Proto field is not repeating, cannot start list.",
        ),
    ],
)
def test_values_of_another_type_are_refused(fields: dict[str, Any], path: str | None, message: str) -> None:
    error = refused(**fields)
    assert error.message == message
    assert error.param == path
    violation = {"description": message} if path is None else {"field": path, "description": message}
    details = [{"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": [violation]}]
    assert error.body == {"error": {"code": 400, "message": message, "status": "INVALID_ARGUMENT", "details": details}}


def test_all_violations_are_told_at_once() -> None:
    error = refused(generationConfig={"seed": "x", "topP": "y"})
    assert error.message.count("\n") == 1
    assert len(error.body["error"]["details"][0]["fieldViolations"]) == 2


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"contents": ...}, "* GenerateContentRequest.contents: contents is not specified\n"),
        ({"contents": []}, "* GenerateContentRequest.contents: contents is not specified\n"),
        ({"contents": [{"role": "user"}]}, "contents[0].parts: contents.parts must not be empty."),
    ],
)
def test_nothing_to_answer(fields: dict[str, Any], words: str) -> None:
    assert words in refused(**fields).message


@pytest.mark.parametrize(
    "fields",
    [
        {"contents": [{"role": "assistant", "parts": [{"text": "x"}]}]},
        {"contents": [{"role": "model", "parts": [{"functionResponse": {"name": "f", "response": {"output": "x"}}}]}]},
        {"contents": [{"role": "user", "parts": [{}, {"thought": True}, {"thoughtSignature": "QUJD"}, {"odd": 1}]}]},
        {"contents": [{"role": "user", "parts": [{"functionCall": {}}, {"functionResponse": {"response": {}}}]}]},
        {"generationConfig": {"temperature": 3, "topP": 2, "candidateCount": 9, "maxOutputTokens": 0}},
        {"generationConfig": {"stopSequences": list("abcdefgh"), "thinkingConfig": {"thinkingBudget": -7}}},
        {"tools": [{"functionDeclarations": [{"name": "1 f"}, {"name": "1 f"}]}]},
        {"serviceTier": "flex", "safetySettings": [{"category": "some", "threshold": "off"}], "labels": {"a": "b"}},
        {"toolConfig": {"functionCallingConfig": {"mode": "validated"}}},
    ],
    ids=str,
)
def test_what_the_service_may_refuse_goes_back_as_it_came(fields: dict[str, Any]) -> None:
    sent = {"contents": [HELLO]} | fields
    again, notices = wire.write_request(read(**fields), Rules())
    assert differences(wire.NAME, sent, json.loads(again.body)) == []
    assert all("tool_result" in notice.what for notice in notices)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"foo": 1}, 'Unknown name "foo": Cannot find field.'),
        (
            {"generation_config": {"max_tokens": 1}},
            "Unknown name \"max_tokens\" at 'generation_config': Cannot find field.",
        ),
        (
            {"contents": [{"parts": [{"text": "x", "citations": []}]}]},
            "Unknown name \"citations\" at 'contents[0].parts[0]': Cannot find field.",
        ),
    ],
)
def test_unknown_names_pass_unless_they_are_asked_about(fields: dict[str, Any], message: str) -> None:
    request = read(**fields)
    again = json.loads(wire.write_request(request, Rules())[0].body)
    for name, value in fields.items():
        assert again[name.replace("generation_config", "generationConfig")] == value or name == "contents"
    with pytest.raises(BadRequestError) as caught:
        wire.check_names(http(**fields))
    assert caught.value.message == f"Invalid JSON payload received. {message}"
    wire.check_names(http())
