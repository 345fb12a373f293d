"""Requests as Chat Completions takes them: what goes where, and what becomes of what it can't say."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ringup.http import HttpRequest
from ringup.messages import (
    Audio,
    Document,
    Image,
    Message,
    Opaque,
    OutputSchema,
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
from ringup.rules import Rules
from ringup.wires import chat_completions as wire

NAME = wire.NAME


def asked(*messages: Message, **settings: Any) -> Request:
    return Request(model="m", messages=messages or (Message("user", (Text("Hi"),)),), **settings)


def body_of(request: Request, rules: Rules | None = None) -> dict[str, Any]:
    http, _ = wire.write_request(request, rules or Rules())
    body: dict[str, Any] = json.loads(http.body)
    return body


def sent(*messages: Message) -> list[Any]:
    """The messages as they go out; none of them may raise a notice."""
    http, notices = wire.write_request(asked(*messages), Rules())
    assert notices == ()
    found: list[Any] = json.loads(http.body)["messages"]
    return found


def noted(*messages: Message, **settings: Any) -> list[tuple[str, str]]:
    _, notices = wire.write_request(asked(*messages, **settings), Rules())
    assert all(notice.message for notice in notices)
    return [(notice.kind, notice.what) for notice in notices]


def test_the_smallest_request() -> None:
    http, notices = wire.write_request(asked(), Rules())
    assert notices == ()
    assert (http.method, http.path, http.query) == ("POST", "/chat/completions", {})
    assert http.headers == {"content-type": "application/json", "accept": "application/json"}
    assert http.body == b'{"model":"m","messages":[{"role":"user","content":"Hi"}]}'


def test_all_settings() -> None:
    request = asked(
        system=(Text("Be brief."),),
        max_tokens=9,
        temperature=0.0,
        top_p=0.5,
        stop=("END",),
        seed=0,
        n=2,
        parallel_tool_calls=False,
        metadata={"a": "b"},
        reasoning=Reasoning(effort="low"),
        output_schema=OutputSchema({"type": "object"}, "person", strict=True),
        tools=(Tool("f", "does f", {"type": "object"}, True), Tool("g")),
        tool_choice=ToolChoice("tool", "f"),
    )
    assert body_of(request, Rules(max_tokens_field="max_completion_tokens")) == {
        "model": "m",
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}],
        "max_completion_tokens": 9,
        "temperature": 0.0,
        "top_p": 0.5,
        "stop": ["END"],
        "seed": 0,
        "n": 2,
        "parallel_tool_calls": False,
        "metadata": {"a": "b"},
        "reasoning_effort": "low",
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "person", "schema": {"type": "object"}, "strict": True},
        },
        "tools": [
            {
                "type": "function",
                "function": {"name": "f", "description": "does f", "parameters": {"type": "object"}, "strict": True},
            },
            {"type": "function", "function": {"name": "g"}},
        ],
        "tool_choice": {"type": "function", "function": {"name": "f"}},
    }


def test_max_tokens_goes_under_the_rules_field() -> None:
    assert body_of(asked(max_tokens=5))["max_tokens"] == 5


def test_a_schema_needs_a_name_and_no_schema_means_any_object() -> None:
    assert body_of(asked(output_schema=OutputSchema({})))["response_format"]["json_schema"]["name"] == "output"
    assert body_of(asked(output_schema=OutputSchema()))["response_format"] == {"type": "json_object"}


@pytest.mark.parametrize("mode", ["auto", "none", "required"])
def test_tool_choice_words(mode: Any) -> None:
    assert body_of(asked(tool_choice=ToolChoice(mode)))["tool_choice"] == mode


def test_streams_ask_for_usage() -> None:
    body = body_of(asked(stream=True))
    assert body["stream"] is True
    assert body["stream_options"] == {"include_usage": True}
    assert "stream" not in body_of(asked())


def test_stream_options_of_the_user_win_and_none_leaves_them_out() -> None:
    own = {"include_obfuscation": False}
    assert body_of(asked(stream=True, extra={"stream_options": own}))["stream_options"] == own
    assert "stream_options" not in body_of(asked(stream=True, extra={"stream_options": None}))


def test_extra_goes_in_last_and_untouched() -> None:
    body = body_of(asked(temperature=1.0, extra={"temperature": 0.5, "top_k": 3, "user": None}))
    assert (body["temperature"], body["top_k"], body["user"]) == (0.5, 3, None)


def test_headers_are_passed_on_in_lower_case() -> None:
    http, _ = wire.write_request(asked(headers={"X-Title": "t"}), Rules())
    assert http.headers["x-title"] == "t"


def test_reasoning_that_cannot_be_said_is_told() -> None:
    reasoning = Reasoning(effort="low", budget_tokens=5, mode="enabled", display="omitted")
    assert noted(reasoning=reasoning) == [
        ("dropped", "reasoning.budget_tokens"),
        ("dropped", "reasoning.mode"),
        ("dropped", "reasoning.display"),
    ]


# Parts


def test_a_users_parts() -> None:
    user = Message(
        "user",
        (
            Text("see", {NAME: {"cache_control": {"type": "ephemeral"}}}),
            Image(data=b"\x89PNG", media_type="image/png", detail="low"),
            Image(url="https://example.com/a.png"),
            Document(data=b"%PDF", name="a.pdf", media_type="application/pdf"),
            Document(file_id="file-1"),
            Audio(data=b"RIFF", format="wav"),
            Opaque(NAME, {"type": "video_url", "video_url": {"url": "https://example.com/v"}}),
        ),
        name="ada",
    )
    assert sent(user) == [
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "see", "cache_control": {"type": "ephemeral"}},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw==", "detail": "low"}},
                {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}},
                {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERg=="}},
                {"type": "file", "file": {"file_id": "file-1"}},
                {"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}},
                {"type": "video_url", "video_url": {"url": "https://example.com/v"}},
            ],
            "name": "ada",
        }
    ]


def test_one_text_is_a_string_and_more_are_a_list() -> None:
    assert sent(Message("user", (Text("a"),)))[0]["content"] == "a"
    two = sent(Message("user", (Text("a"), Text("b"))))[0]["content"]
    assert two == [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]


def test_the_developer_stays_where_it_is() -> None:
    roles = [message["role"] for message in sent(Message("developer", (Text("a"),)), Message("user", (Text("b"),)))]
    assert roles == ["developer", "user"]


def test_fields_of_a_message_go_back() -> None:
    message = Message("assistant", (Text("a"),), extra={NAME: {"prefix": True}, "gemini": {"id": 1}})
    assert sent(Message("user", (Text("b"),)), message)[1] == {"role": "assistant", "content": "a", "prefix": True}


def test_a_document_without_a_name_gets_one() -> None:
    document = Document(data=b"a", media_type="text/csv")
    http, _ = wire.write_request(asked(Message("user", (document,))), Rules())
    assert json.loads(http.body)["messages"][0]["content"][0]["file"]["filename"] == "document.csv"
    assert noted(Message("user", (document,))) == [("added", "document.name")]


def test_plain_text_documents_go_as_text() -> None:
    message = Message("user", (Document(text="words", name="a.txt"), Text("?")))
    assert body_of(asked(message))["messages"][0]["content"][0] == {"type": "text", "text": "words"}
    assert noted(message) == [("moved", "document.text")]


def test_an_uploaded_image_goes_as_a_file() -> None:
    message = Message("user", (Image(file_id="file-1"),))
    assert body_of(asked(message))["messages"][0]["content"] == [{"type": "file", "file": {"file_id": "file-1"}}]
    assert noted(message) == [("renamed", "image.file_id")]


def test_parts_of_another_api_are_left_out_and_told_once() -> None:
    foreign = Opaque("anthropic_messages", {"type": "server_tool_use"})
    message = Message("user", (Text("a"), foreign, foreign))
    assert body_of(asked(message))["messages"][0]["content"] == "a"
    assert noted(message) == [("dropped", "messages.server_tool_use")]
    tools = asked(tools=(Opaque("anthropic_messages", {"type": "bash_20250124"}),))
    assert "tools" not in body_of(tools)


# The assistant's turns


def test_tool_calls_go_back_unchanged() -> None:
    calls = (
        ToolCall("c1", "f", '{"a": 1.0}', extra={NAME: {"extra_content": {"sig": "x"}, "function": {"y": 2}}}),
        ToolCall("c2", "sql", "SELECT 1", "custom"),
        ToolCall("c3", "g", "not json"),
    )
    results = [Message("tool", (ToolResult(call.id, (Text("ok"),)),)) for call in calls]
    messages = sent(Message("assistant", calls), *results)
    assert messages[0] == {
        "role": "assistant",
        "content": None,
        "tool_calls": [
            {
                "id": "c1",
                "type": "function",
                "function": {"name": "f", "arguments": '{"a": 1.0}', "y": 2},
                "extra_content": {"sig": "x"},
            },
            {"id": "c2", "type": "custom", "custom": {"name": "sql", "input": "SELECT 1"}},
            {"id": "c3", "type": "function", "function": {"name": "g", "arguments": "not json"}},
        ],
    }
    assert messages[1] == {"role": "tool", "tool_call_id": "c1", "content": "ok"}


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
def test_reasoning_goes_back_under_its_field(field: str) -> None:
    thinking = Thinking("hm", extra={NAME: {"field": field}})
    assert sent(Message("assistant", (thinking, Text("a")))) == [{"role": "assistant", "content": "a", field: "hm"}]


def test_reasoning_details_go_back_as_they_came() -> None:
    items = [
        {"type": "reasoning.text", "text": "hm", "signature": "s1", "format": "anthropic-claude-v1", "index": 0},
        {"type": "reasoning.summary", "summary": "so", "index": 1},
        {"type": "reasoning.encrypted", "data": "sealed", "id": "r1", "index": 2},
        {"type": "reasoning.text", "signature": "only", "index": 3},
    ]
    message = {"role": "assistant", "content": "a", "reasoning": "hmso", "reasoning_details": items}
    reply = wire.read_reply(json.dumps({"choices": [{"message": message, "finish_reason": "stop"}]}).encode())
    assert [part.text for part in reply.message.parts] == ["hm", "so", "", "", "a"]  # type: ignore[union-attr]
    assert sent(reply.message)[0]["reasoning_details"] == items


def test_mistrals_thinking_goes_back_in_the_content() -> None:
    chunk = Thinking("hm", extra={NAME: {"field": "thinking", "closed": True}})
    assert sent(Message("assistant", (chunk, Text("a"))))[0]["content"] == [
        {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}], "closed": True},
        {"type": "text", "text": "a"},
    ]


def test_reasoning_of_another_api_is_left_out() -> None:
    message = Message("assistant", (Thinking("hm", "signature"), Text("a")))
    assert body_of(asked(message))["messages"] == [{"role": "assistant", "content": "a"}]
    assert noted(message) == [("dropped", "thinking")]


def test_refusals_and_audio() -> None:
    assert sent(Message("assistant", (Refusal("no"),))) == [{"role": "assistant", "content": None, "refusal": "no"}]
    two = sent(Message("assistant", (Refusal("no"), Refusal("never"))))
    assert two[0]["content"][1] == {"type": "refusal", "refusal": "never"}
    spoken = Audio(data=b"x", id="audio_1", transcript="hello")
    assert sent(Message("assistant", (spoken,))) == [{"role": "assistant", "content": None, "audio": {"id": "audio_1"}}]


def test_audio_without_an_id_is_sent_as_its_words() -> None:
    message = Message("assistant", (Audio(transcript="hello"),))
    assert body_of(asked(message))["messages"][0]["content"] == "hello"
    assert noted(message) == [("moved", "audio")]
    assert noted(Message("assistant", (Audio(),))) == [("dropped", "audio")]


def test_an_answer_of_nothing_is_an_empty_text() -> None:
    assert sent(Message("assistant", ())) == [{"role": "assistant", "content": ""}]


# Results of tools


def test_a_users_results_and_words_are_split() -> None:
    call = Message("assistant", (ToolCall("c1", "f"), ToolCall("c2", "g")))
    user = Message("user", (ToolResult("c1", (Text("1"),)), Text("and?"), ToolResult("c2", (Text("2"),))), name="ada")
    assert sent(call, user)[1:] == [
        {"role": "tool", "tool_call_id": "c1", "content": "1"},
        {"role": "tool", "tool_call_id": "c2", "content": "2"},
        {"role": "user", "content": "and?", "name": "ada"},
    ]


def test_a_results_images_follow_all_results() -> None:
    call = Message("assistant", (ToolCall("c1", "f"), ToolCall("c2", "g")))
    image = Image(url="https://example.com/a.png")
    results = [
        Message("tool", (ToolResult("c1", (Text("see"), image)),)),
        Message("tool", (ToolResult("c2", (image,)),)),
        Message("user", (Text("well?"),)),
    ]
    block = {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}
    assert body_of(asked(call, *results))["messages"][1:] == [
        {"role": "tool", "tool_call_id": "c1", "content": "see"},
        {"role": "tool", "tool_call_id": "c2", "content": "The result is in the next message."},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "From the tool call c1:"},
                block,
                {"type": "text", "text": "From the tool call c2:"},
                block,
            ],
        },
        {"role": "user", "content": "well?"},
    ]
    assert noted(call, *results) == [("moved", "tool_result")]


def test_moved_images_at_the_end_are_not_lost() -> None:
    call = Message("assistant", (ToolCall("c1", "f"),))
    result = Message("tool", (ToolResult("c1", (Document(file_id="file-1"),)),))
    assert body_of(asked(call, result))["messages"][-1]["content"][-1] == {
        "type": "file",
        "file": {"file_id": "file-1"},
    }


def test_an_error_flag_is_told() -> None:
    call = Message("assistant", (ToolCall("c1", "f"),))
    assert noted(call, Message("tool", (ToolResult("c1", (Text("no"),), is_error=True),))) == [
        ("moved", "tool_result.is_error")
    ]


def test_the_old_form_of_functions_goes_back_as_it_came() -> None:
    old = {"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": "{}"}}
    reply = wire.read_reply(json.dumps({"choices": [{"message": old, "finish_reason": "function_call"}]}).encode())
    assert reply.finish_reason == "tool_calls"
    (call,) = reply.tool_calls
    assert sent(reply.message, Message("tool", (ToolResult(call.id, (Text("1"),)),))) == [
        old,
        {"role": "function", "name": "f", "content": "1"},
    ]


def test_tools_in_the_wrong_place_are_told() -> None:
    assert noted(Message("user", (Text("a"), ToolCall("c", "f")))) == [("dropped", "tool_call")]
    assert noted(Message("assistant", (Text("a"), ToolResult("c")))) == [("dropped", "tool_result")]


def test_words_that_utf8_cannot_hold_still_go_out() -> None:
    assert body_of(asked(Message("user", (Text("a\ud800"),))))["messages"][0]["content"] == "a\ud800"


def test_a_functions_result_without_its_call_stays_one() -> None:
    sent = {"model": "m", "messages": [{"role": "function", "name": "f", "content": "x"}]}
    read = wire.read_request(HttpRequest(path=wire.PATH, body=json.dumps(sent).encode()))
    assert read.messages[0].parts == (ToolResult("f", (Text("x"),), extra={wire.NAME: {"field": "function_call"}}),)
    assert json.loads(wire.write_request(read, Rules())[0].body) == sent
