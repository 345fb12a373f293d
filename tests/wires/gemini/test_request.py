"""Gemini, client half: what is sent, and what notices tell of the rest."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any

import pytest

from ringup.errors import ParameterError
from ringup.messages import (
    Audio,
    Document,
    Image,
    Message,
    Opaque,
    OutputSchema,
    Part,
    Reasoning,
    Refusal,
    Request,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
)
from ringup.reply import Notice
from ringup.rules import Rules
from ringup.wires import gemini as wire

HELLO = Message("user", (Text("Hello"),))
SENT = {"role": "user", "parts": [{"text": "Hello"}]}
MINE = {"gemini": {"thought": True}}


def write(*messages: Message, model: str = "gemini-3-flash", **fields: Any) -> tuple[dict[str, Any], list[Notice]]:
    request = Request(model=model, messages=messages or (HELLO,), **fields)
    http, notices = wire.write_request(request, Rules())
    return json.loads(http.body), list(notices)


def quiet(*messages: Message, model: str = "gemini-3-flash", **fields: Any) -> dict[str, Any]:
    body, notices = write(*messages, model=model, **fields)
    assert notices == []
    return body


def parts_of(role: Any, *parts: Part, **fields: Any) -> tuple[list[dict[str, Any]], list[tuple[str, str]]]:
    """What is sent for the parts of one message, and the kind and name of each notice."""
    body, notices = write(HELLO, Message(role, parts), **fields)
    last = body["contents"][1]["parts"] if len(body["contents"]) > 1 else []
    return last, [(notice.kind, notice.what) for notice in notices]


def base64(data: bytes) -> str:
    return b64encode(data).decode()


# The address


@pytest.mark.parametrize(
    ("model", "stream", "path"),
    [
        ("gemini-3-flash", False, "/v1beta/models/gemini-3-flash:generateContent"),
        ("models/gemini-3-flash", True, "/v1beta/models/gemini-3-flash:streamGenerateContent"),
        ("tunedModels/mine", False, "/v1beta/tunedModels/mine:generateContent"),
        ("odd?model#x", False, "/v1beta/models/odd%3Fmodel%23x:generateContent"),
    ],
)
def test_the_model_and_the_stream_stand_in_the_path(model: str, stream: bool, path: str) -> None:
    http, _ = wire.write_request(Request(model=model, messages=(HELLO,), stream=stream), Rules())
    assert (http.method, http.path) == ("POST", path)
    assert http.query == ({"alt": "sse"} if stream else {})
    assert path.startswith(wire.PATH) or "tuned" in path
    assert json.loads(http.body) == {"contents": [SENT]}
    again = wire.read_request(http)
    assert (again.model, again.stream) == (model.removeprefix("models/"), stream)


def test_headers_are_passed_on() -> None:
    request = Request(model="m", messages=(HELLO,), headers={"X-Server-Timeout": "5"})
    http, _ = wire.write_request(request, Rules())
    assert http.headers == {"content-type": "application/json", "x-server-timeout": "5"}


# Settings


def test_every_setting_has_its_field() -> None:
    body = quiet(
        system=(Text("Be brief."),),
        max_tokens=50,
        temperature=0.5,
        top_p=0.9,
        stop=("A", "B"),
        seed=7,
        n=2,
        output_schema=OutputSchema({"type": "object"}, name="any"),
        reasoning=Reasoning(effort="low", display="summarized"),
    )
    assert body["systemInstruction"] == {"parts": [{"text": "Be brief."}]}
    assert body["generationConfig"] == {
        "maxOutputTokens": 50,
        "temperature": 0.5,
        "topP": 0.9,
        "stopSequences": ["A", "B"],
        "seed": 7,
        "candidateCount": 2,
        "responseMimeType": "application/json",
        "responseJsonSchema": {"type": "object"},
        "thinkingConfig": {"thinkingLevel": "LOW", "includeThoughts": True},
    }


def test_json_without_a_schema() -> None:
    assert quiet(output_schema=OutputSchema())["generationConfig"] == {"responseMimeType": "application/json"}


@pytest.mark.parametrize(
    ("model", "reasoning", "sent", "told"),
    [
        ("gemini-3-pro", Reasoning(effort="high"), {"thinkingLevel": "HIGH"}, []),
        ("gemini-3-pro", Reasoning(effort="max"), {"thinkingLevel": "XHIGH"}, [("renamed", "reasoning.effort")]),
        ("gemini-3-pro", Reasoning(effort="none"), {"thinkingBudget": 0}, [("renamed", "reasoning.effort")]),
        ("gemini-flash-latest", Reasoning(budget_tokens=99), {"thinkingBudget": 99}, []),
        (
            "gemini-4",
            Reasoning(effort="low", budget_tokens=99),
            {"thinkingLevel": "LOW"},
            [("dropped", "reasoning.budget_tokens")],
        ),
        ("gemini-2.5-pro", Reasoning(effort="medium"), {"thinkingBudget": 8192}, [("renamed", "reasoning.effort")]),
        (
            "gemini-2.5-pro",
            Reasoning(effort="low", budget_tokens=99),
            {"thinkingBudget": 99},
            [("dropped", "reasoning.effort")],
        ),
        ("gemini-2.5-flash", Reasoning(mode="disabled"), {"thinkingBudget": 0}, []),
        ("gemini-2.5-flash", Reasoning(mode="adaptive", display="omitted"), {"thinkingBudget": -1}, []),
        ("gemini-2.5-flash", Reasoning(mode="between_tools"), {}, [("dropped", "reasoning.mode")]),
        ("gemini-3-pro", Reasoning(mode="enabled"), {}, []),
    ],
)
def test_reasoning(model: str, reasoning: Reasoning, sent: dict[str, Any], told: list[tuple[str, str]]) -> None:
    body, notices = write(model=model, reasoning=reasoning)
    config = body.get("generationConfig", {}).get("thinkingConfig", {})
    assert config.pop("includeThoughts", None) == (False if reasoning.display else None)
    assert config == sent
    assert [(notice.kind, notice.what) for notice in notices] == told


def test_what_has_no_field_is_told() -> None:
    _, notices = write(
        metadata={"user": "x"},
        parallel_tool_calls=False,
        tools=(Tool("f", strict=True), Opaque("chat_completions", {"type": "custom"})),
        tool_choice=Opaque("chat_completions", {"type": "allowed_tools"}),
        output_schema=OutputSchema({}, description="d", strict=False),
    )
    assert {notice.what for notice in notices} == {
        "metadata",
        "parallel_tool_calls",
        "tools.strict",
        "tools.custom",
        "tool_choice.allowed_tools",
        "output_schema.description",
        "output_schema.strict",
    }
    assert {notice.kind for notice in notices} == {"dropped"}


def test_extra_is_merged_field_by_field_under_either_name() -> None:
    body = quiet(
        temperature=0.5,
        top_p=0.1,
        system=(Text("s"),),
        extra={
            "generation_config": {"top_k": 5, "topP": None, "speechConfig": {"languageCode": "de"}},
            "safety_settings": [{"category": "A", "threshold": "B"}],
            "systemInstruction": {"role": "user"},
            "brand_new": {"a_b": 1},
        },
    )
    assert body == {
        "contents": [SENT],
        "generationConfig": {"temperature": 0.5, "topK": 5, "speechConfig": {"languageCode": "de"}},
        "safetySettings": [{"category": "A", "threshold": "B"}],
        "systemInstruction": {"role": "user", "parts": [{"text": "s"}]},
        "brand_new": {"a_b": 1},
    }


def test_a_schema_in_googles_form_stands_alone() -> None:
    own = {"type": "OBJECT"}
    body = quiet(output_schema=OutputSchema({"type": "object"}), extra={"generationConfig": {"responseSchema": own}})
    assert body["generationConfig"] == {"responseMimeType": "application/json", "responseSchema": own}


# Tools


def test_tools() -> None:
    schema = {"type": "object", "properties": {}}
    search = Opaque("gemini", {"googleSearch": {}})
    google = {"gemini": {"parameters": {"type": "OBJECT"}, "behavior": "BLOCKING"}}
    body = quiet(
        tools=(search, Tool("f", "does", schema), Tool("g"), Tool("h", None, schema, extra=google)),
        tool_choice=ToolChoice("tool", "f"),
    )
    assert body["tools"] == [
        {"googleSearch": {}},
        {
            "functionDeclarations": [
                {"name": "f", "description": "does", "parametersJsonSchema": schema},
                {"name": "g"},
                {"name": "h", "parameters": {"type": "OBJECT"}, "behavior": "BLOCKING"},
            ]
        },
    ]
    assert body["toolConfig"] == {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["f"]}}


@pytest.mark.parametrize(("mode", "sent"), [("auto", "AUTO"), ("none", "NONE"), ("required", "ANY")])
def test_tool_choice(mode: Any, sent: str) -> None:
    assert quiet(tool_choice=ToolChoice(mode))["toolConfig"] == {"functionCallingConfig": {"mode": sent}}


def test_a_choice_of_this_wire_goes_as_it_is() -> None:
    config = {"mode": "VALIDATED"}
    assert quiet(tool_choice=Opaque("gemini", config))["toolConfig"] == {"functionCallingConfig": config}


# Messages


def test_system_messages_are_moved() -> None:
    body, notices = write(
        Message("system", (Text("a"), Image(url="https://x/y"))),
        Message("developer", (Text("b"), Opaque("responses", {"type": "item"}))),
        HELLO,
        Message("system", (Text("c"),)),
        system=(Text("first"),),
    )
    assert body["systemInstruction"] == {"parts": [{"text": "first"}, {"text": "a"}, {"text": "b"}]}
    assert body["contents"] == [SENT, {"role": "user", "parts": [{"text": "c"}]}]
    assert [(notice.kind, notice.what) for notice in notices] == [
        ("moved", "messages.0"),
        ("dropped", "messages.0.image"),
        ("moved", "messages.1"),
        ("dropped", "messages.1.item"),
        ("moved", "messages.3"),
    ]


def test_no_message_is_an_error() -> None:
    for messages in ((), (Message("system", (Text("s"),)),), (Message("assistant", (Thinking("hm", "seal"),)),)):
        with pytest.raises(ParameterError) as caught:
            wire.write_request(Request(model="m", messages=messages), Rules())
        assert caught.value.parameter == "messages"


def test_names_and_fields_of_messages() -> None:
    body, notices = write(Message("user", (Text("a"),), "Ann", {"gemini": {"later": 1}}))
    assert body["contents"] == [{"role": "user", "parts": [{"text": "a"}], "later": 1}]
    assert [(notice.kind, notice.what) for notice in notices] == [("dropped", "messages.0.name")]


@pytest.mark.parametrize(
    ("part", "sent"),
    [
        (Text(""), {"text": ""}),
        (Text("a", {"gemini": {"thoughtSignature": "QQ=="}}), {"text": "a", "thoughtSignature": "QQ=="}),
        (Text("a", {"anthropic_messages": {"caller": [1]}}), {"text": "a"}),
        (Refusal("no"), {"text": "no"}),
        (Thinking("hm", extra=MINE), {"text": "hm", "thought": True}),
        (Thinking("hm", "QQ==", extra=MINE), {"text": "hm", "thought": True, "thoughtSignature": "QQ=="}),
        (Image(data=b"x"), {"inlineData": {"mimeType": "image/png", "data": base64(b"x")}}),
        (
            Image(url="data:image/gif;base64,eHk=", media_type=None),
            {"inlineData": {"mimeType": "image/gif", "data": "eHk="}},
        ),
        (Image(url="https://x/y"), {"fileData": {"fileUri": "https://x/y"}}),
        (
            Image(file_id="files/a", media_type="image/png"),
            {
                "fileData": {
                    "mimeType": "image/png",
                    "fileUri": "https://generativelanguage.googleapis.com/v1beta/files/a",
                }
            },
        ),
        (Document(file_id="gs://b/c"), {"fileData": {"fileUri": "gs://b/c"}}),
        (
            Document(data=b"x", name="n"),
            {"inlineData": {"mimeType": "application/pdf", "data": base64(b"x"), "displayName": "n"}},
        ),
        (Document(text="é"), {"inlineData": {"mimeType": "text/plain", "data": base64("é".encode())}}),
        (
            Document(url="https://x/y", media_type="video/mp4"),
            {"fileData": {"mimeType": "video/mp4", "fileUri": "https://x/y"}},
        ),
        (Audio(data=b"x", format="mp3"), {"inlineData": {"mimeType": "audio/mp3", "data": base64(b"x")}}),
        (Audio(data=b"x"), {"inlineData": {"mimeType": "audio/wav", "data": base64(b"x")}}),
        (Opaque("gemini", {"executableCode": {"code": "1"}}), {"executableCode": {"code": "1"}}),
    ],
)
def test_parts(part: Part, sent: dict[str, Any]) -> None:
    assert parts_of("user", part) == ([sent], [])


@pytest.mark.parametrize(
    ("part", "sent", "told"),
    [
        (Thinking("hm", "anthropic's"), [], ("dropped", "messages.1.thinking")),
        (Opaque("responses", {"type": "item"}), [], ("dropped", "messages.1.item")),
        (Opaque("responses", {}), [], ("dropped", "messages.1.opaque")),
        (Audio(id="a", transcript="words"), [{"text": "words"}], ("moved", "messages.1.audio")),
        (Audio(id="a"), [], ("dropped", "messages.1.audio")),
        (
            Image(url="https://x/y", detail="low"),
            [{"fileData": {"fileUri": "https://x/y"}}],
            ("dropped", "messages.1.image.detail"),
        ),
        (
            ToolCall("1", "f", "{broken"),
            [{"functionCall": {"id": "1", "name": "f", "args": {"INVALID_JSON": "{broken"}}}],
            ("moved", "messages.1.tool_call"),
        ),
        (
            ToolCall("1", "f", "[1]"),
            [{"functionCall": {"id": "1", "name": "f", "args": {"INVALID_JSON": "[1]"}}}],
            ("moved", "messages.1.tool_call"),
        ),
    ],
)
def test_what_parts_cannot_say(part: Part, sent: list[Any], told: tuple[str, str]) -> None:
    assert parts_of("assistant", part) == (sent, [told])


# Calls and results


def call(call_id: str = "c1", name: str = "f", json_text: str = '{"a":1}', **own: Any) -> ToolCall:
    return ToolCall(call_id, name, json_text, extra={"gemini": own} if own else {})


def answered(*parts: Part, model: str = "gemini-3-flash") -> tuple[list[dict[str, Any]], list[str]]:
    """What is sent after the calls c1 (of f) and made (of g, which came without an id)."""
    asked = Message("assistant", (call(), call("made", "g", functionCall={"id": None})))
    body, notices = write(HELLO, asked, Message("tool", parts), model=model)
    return body["contents"][2]["parts"], [notice.what for notice in notices]


def test_a_call_goes_with_its_signature_and_without_an_id_of_ours() -> None:
    sent, told = parts_of(
        "assistant",
        call(thoughtSignature="QQ=="),
        call("made", "g", "", functionCall={"id": None}),
        ToolCall("c3", "h", "free text", "custom"),
    )
    assert sent == [
        {"functionCall": {"id": "c1", "name": "f", "args": {"a": 1}}, "thoughtSignature": "QQ=="},
        {"functionCall": {"name": "g", "args": {}}},
        {"functionCall": {"id": "c3", "name": "h", "args": {"input": "free text"}}},
    ]
    assert told == []


def test_the_text_of_a_calls_arguments_is_kept() -> None:
    http, _ = wire.write_request(
        Request(model="m", messages=(HELLO, Message("assistant", (call(json_text='{ "b" : 1.0 }'),)))), Rules()
    )
    assert b'"args":{ "b" : 1.0 }' in http.body


@pytest.mark.parametrize(
    ("result", "response"),
    [
        (ToolResult("c1", (Text("42"),)), {"output": "42"}),
        (ToolResult("c1", (Text('{"a": [1]}'),)), {"a": [1]}),
        (ToolResult("c1", (Text("{no json"),)), {"output": "{no json"}),
        (ToolResult("c1", (Text("[1]"),)), {"output": "[1]"}),
        (ToolResult("c1", (Text("a"), Text("b"))), {"output": "ab"}),
        (ToolResult("c1"), {}),
        (ToolResult("c1", (Text("boom"),), is_error=True), {"error": "boom"}),
        (ToolResult("c1", (Text('{"a":1}'),), is_error=True), {"error": {"a": 1}}),
    ],
)
def test_a_result_is_an_object_under_its_functions_name(result: ToolResult, response: Any) -> None:
    assert answered(result) == ([{"functionResponse": {"id": "c1", "name": "f", "response": response}}], [])


def test_a_result_of_a_call_without_an_id_has_none() -> None:
    sent = [{"functionResponse": {"name": "g", "response": {"output": "x"}}}]
    assert answered(ToolResult("made", (Text("x"),))) == (sent, [])


def test_a_result_without_a_call_goes_by_what_is_known() -> None:
    response = {"output": "x"}
    sent, told = answered(ToolResult("other", (Text("x"),)))
    assert sent == [{"functionResponse": {"id": "other", "name": "other", "response": response}}]
    assert told == ["messages.2.tool_result"]
    named = ToolResult("other", (Text("x"),), extra={"gemini": {"functionResponse": {"name": "f", "id": None}}})
    assert answered(named) == ([{"functionResponse": {"name": "f", "response": response}}], [])


def test_pictures_in_a_result() -> None:
    picture = Image(data=b"x", media_type="image/png")
    result = ToolResult("c1", (Text("see"), picture, Opaque("gemini", {"later": 1})))
    blob = {"inlineData": {"mimeType": "image/png", "data": base64(b"x")}}
    inner = {"id": "c1", "name": "f", "response": {"output": "see"}}
    assert answered(result) == ([{"functionResponse": inner | {"parts": [blob, {"later": 1}]}}], [])
    sent, told = answered(ToolResult("c1", (Text("see"), picture)), ToolResult("made"), model="gemini-2.5-flash")
    assert sent == [
        {"functionResponse": inner},
        {"functionResponse": {"name": "g", "response": {}}},
        {"text": "From the call of f:"},
        blob,
    ]
    assert told == ["messages.2.tool_result"]


def test_the_results_of_one_turn_go_together() -> None:
    picture = ToolResult("c1", (Image(url="https://x/y"),))
    asked = Message("assistant", (call(), call("c2")))
    results = (Message("tool", (picture,)), Message("tool", (ToolResult("c2"),)))
    body, _ = write(HELLO, asked, *results, Message("user", (Text("and?"),)), model="gemini-2.5-pro")
    assert [next(iter(part)) for part in body["contents"][2]["parts"]] == [
        "functionResponse",
        "functionResponse",
        "text",
        "fileData",
    ]
    assert body["contents"][3:] == [{"role": "user", "parts": [{"text": "and?"}]}]


def test_a_turn_that_says_nothing_is_left_out() -> None:
    assert quiet(HELLO, Message("assistant", ()), HELLO)["contents"] == [SENT, SENT]
