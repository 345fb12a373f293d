"""The client's half of the Responses wire: requests as they are written, and what becomes of what can't be said."""

from __future__ import annotations

import json
from typing import Any

import pytest

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
from ringup.wires import responses as wire

USER = Message("user", (Text("Hi"),))
SEALED = "reasoning.encrypted_content"


def write(rules: Rules | None = None, **fields: Any) -> tuple[dict[str, Any], tuple[Notice, ...]]:
    http, notices = wire.write_request(Request(**{"model": "gpt-x", "messages": (USER,), **fields}), rules or Rules())
    return json.loads(http.body), notices


def sent(*parts: Part, role: Any = "user", **fields: Any) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """The input for one message, and what each notice says became of its part."""
    body, notices = write(messages=(Message(role, parts),), **fields)
    return body.get("input", []), {notice.what: notice.kind for notice in notices}


def item(**fields: Any) -> dict[str, Any]:
    """The extra of a part that came from this wire."""
    return {"responses": fields}


def test_the_smallest_request() -> None:
    http, notices = wire.write_request(Request(model="gpt-x", messages=(USER,)), Rules())
    assert (http.method, http.path, http.query) == ("POST", "/responses", {})
    assert http.headers == {"content-type": "application/json", "accept": "application/json"}
    assert json.loads(http.body) == {"model": "gpt-x", "input": [{"role": "user", "content": "Hi"}], "store": False}
    assert notices == ()


def test_every_setting() -> None:
    body, notices = write(
        system=(Text("Be brief."), Text("Be kind.")),
        max_tokens=100,
        temperature=0.5,
        top_p=0.9,
        tools=(
            Tool("now"),
            Tool("look", "Looks.", {"type": "object"}, True, item(defer_loading=True)),
            Opaque("responses", {"type": "web_search"}),
        ),
        tool_choice=ToolChoice("tool", "look"),
        parallel_tool_calls=False,
        output_schema=OutputSchema({"type": "object"}, "person", "A person.", True),
        reasoning=Reasoning(effort="low", display="detailed"),
        metadata={"a": "b"},
        stream=True,
        extra={"text": {"verbosity": "low"}, "reasoning": {"mode": "pro"}, "service_tier": "flex"},
        headers={"X-Title": "t"},
    )
    assert notices == ()
    assert body == {
        "model": "gpt-x",
        "instructions": "Be brief.\n\nBe kind.",
        "max_output_tokens": 100,
        "temperature": 0.5,
        "top_p": 0.9,
        "parallel_tool_calls": False,
        "metadata": {"a": "b"},
        "tools": [
            {"type": "function", "name": "now", "parameters": None, "strict": None},
            {
                "type": "function",
                "name": "look",
                "description": "Looks.",
                "parameters": {"type": "object"},
                "strict": True,
                "defer_loading": True,
            },
            {"type": "web_search"},
        ],
        "tool_choice": {"type": "function", "name": "look"},
        "text": {
            "format": {
                "type": "json_schema",
                "name": "person",
                "schema": {"type": "object"},
                "description": "A person.",
                "strict": True,
            },
            "verbosity": "low",
        },
        "reasoning": {"effort": "low", "summary": "detailed", "mode": "pro"},
        "input": [{"role": "user", "content": "Hi"}],
        "store": False,
        "include": [SEALED],
        "stream": True,
        "service_tier": "flex",
    }


@pytest.mark.parametrize(
    ("fields", "rules", "stores"),
    [
        ({}, Rules(), {"store": False}),
        ({}, Rules(reasons=True), {"store": False, "include": [SEALED]}),
        ({"reasoning": Reasoning(effort="high")}, Rules(), {"store": False, "include": [SEALED]}),
        ({"tools": (Tool("f"),)}, Rules(), {"store": False}),  # asked of a model that can't reason, the API refuses it
        ({"extra": {"store": True}}, Rules(reasons=True), {"store": True}),
        ({"extra": {"store": False}}, Rules(reasons=True), {"store": False, "include": [SEALED]}),
        ({"extra": {"store": None}}, Rules(reasons=True), {}),
        ({"extra": {"include": None}}, Rules(reasons=True), {"store": False}),
        ({"extra": {"include": ["x"]}}, Rules(reasons=True), {"store": False, "include": ["x"]}),
        ({"extra": {"previous_response_id": "r"}}, Rules(reasons=True), {"previous_response_id": "r"}),
        ({"extra": {"conversation": "c"}}, Rules(reasons=True), {"conversation": "c"}),
        ({"extra": {"background": True}}, Rules(reasons=True), {"background": True}),
        ({"extra": {"previous_response_id": None}}, Rules(), {"previous_response_id": None, "store": False}),
    ],
)
def test_nothing_is_stored_unless_it_is_asked_for(fields: dict[str, Any], rules: Rules, stores: dict[str, Any]) -> None:
    body, notices = write(rules, **fields)
    names = ("store", "include", "previous_response_id", "conversation", "background")
    assert {name: body[name] for name in names if name in body} == stores
    assert notices == ()


@pytest.mark.parametrize(
    ("fields", "what"),
    [
        ({"stop": ("END",)}, "stop"),
        ({"seed": 0}, "seed"),
        ({"n": 2}, "n"),
        ({"reasoning": Reasoning(budget_tokens=1000)}, "reasoning.budget_tokens"),
        ({"reasoning": Reasoning(mode="adaptive")}, "reasoning.mode"),
        ({"tools": (Opaque("anthropic_messages", {"type": "bash_20250124"}),)}, "tools.bash_20250124"),
        ({"tool_choice": Opaque("gemini", {"mode": "ANY"})}, "tool_choice.opaque"),
    ],
)
def test_what_this_api_has_no_word_for_is_told(fields: dict[str, Any], what: str) -> None:
    body, notices = write(**fields)
    assert [(notice.kind, notice.what) for notice in notices] == [("dropped", what)]
    assert body.keys() <= {"model", "input", "store", "include"}


def test_one_answer_is_what_the_api_gives() -> None:
    assert write(n=1)[1] == ()


@pytest.mark.parametrize(
    ("choice", "written"),
    [
        (ToolChoice("auto"), "auto"),
        (ToolChoice("required"), "required"),
        (Opaque("responses", {"type": "mcp", "server_label": "s"}), {"type": "mcp", "server_label": "s"}),
    ],
)
def test_tool_choices(choice: Any, written: Any) -> None:
    assert write(tool_choice=choice)[0]["tool_choice"] == written


@pytest.mark.parametrize(
    ("display", "reasoning"),
    [("summarized", {"summary": "auto"}), ("concise", {"summary": "concise"}), ("omitted", None), (None, None)],
)
def test_what_is_shown_of_reasoning(display: str | None, reasoning: Any) -> None:
    assert write(reasoning=Reasoning(display=display))[0].get("reasoning") == reasoning


def test_any_json() -> None:
    assert write(output_schema=OutputSchema())[0]["text"] == {"format": {"type": "json_object"}}
    assert write(output_schema=OutputSchema({}))[0]["text"]["format"]["name"] == "output"


def test_a_system_that_is_more_than_words_is_a_message() -> None:
    marked = Text("Long.", item(prompt_cache_breakpoint={"mode": "explicit"}))
    body, notices = write(system=(marked,))
    assert "instructions" not in body
    block = {"type": "input_text", "text": "Long.", "prompt_cache_breakpoint": {"mode": "explicit"}}
    assert body["input"][0] == {"role": "system", "content": [block]}
    assert [(notice.kind, notice.what) for notice in notices] == [("moved", "system")]


# What a user says


def test_a_users_parts() -> None:
    items, notices = sent(
        Text("What are these?"),
        Image(data=b"\x89PNG"),
        Image(url="https://example.com/a.png", detail="low"),
        Image(file_id="file-1"),
        Document(data=b"%PDF", name="a.pdf"),
        Document(url="https://example.com/b.pdf"),
        Document(file_id="file-2"),
        Audio(data=b"RIFF", format="wav"),
        Opaque("responses", {"type": "input_video", "video": "v"}),
    )
    assert notices == {}
    assert items == [
        {
            "role": "user",
            "content": [
                {"type": "input_text", "text": "What are these?"},
                {"type": "input_image", "detail": "auto", "image_url": "data:image/png;base64,iVBORw=="},
                {"type": "input_image", "detail": "low", "image_url": "https://example.com/a.png"},
                {"type": "input_image", "detail": "auto", "file_id": "file-1"},
                {"type": "input_file", "filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERg=="},
                {"type": "input_file", "file_url": "https://example.com/b.pdf"},
                {"type": "input_file", "file_id": "file-2"},
                {"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}},
                {"type": "input_video", "video": "v"},
            ],
        }
    ]


@pytest.mark.parametrize(
    ("part", "content", "told"),
    [
        (Document(text="Once."), "Once.", {"document.text": "moved"}),
        (
            Document(data=b"%PDF"),
            [{"type": "input_file", "filename": "document.pdf", "file_data": "data:application/pdf;base64,JVBERg=="}],
            {"document.name": "added"},
        ),
        (Audio(transcript="Hello."), "Hello.", {"audio": "moved"}),
        (Audio(id="audio_1"), None, {"audio": "dropped"}),
        (Opaque("gemini", {"x": 1}), None, {"messages.opaque": "dropped"}),
        (ToolCall("c", "f"), None, {"tool_call": "dropped"}),
        (Thinking("hm"), None, {"thinking": "dropped"}),
    ],
)
def test_parts_that_are_said_otherwise(part: Part, content: Any, told: dict[str, str]) -> None:
    items, notices = sent(part)
    assert items == ([] if content is None else [{"role": "user", "content": content}])
    assert notices == told


def test_roles_and_names() -> None:
    body, notices = write(
        messages=(
            Message("developer", (Text("Be brief."),)),
            Message("system", (Text("Be kind."), Text("Always."))),
            Message("user", (), name="Ada"),
            Message("tool", (Text("It rained."),)),
        )
    )
    assert body["input"] == [
        {"role": "developer", "content": "Be brief."},
        {"role": "system", "content": [{"type": "input_text", "text": text} for text in ("Be kind.", "Always.")]},
        {"role": "user", "content": ""},
        {"role": "user", "content": "It rained."},
    ]
    assert [(notice.kind, notice.what) for notice in notices] == [("dropped", "message.name")]


def test_items_among_a_users_parts_stand_between_messages() -> None:
    reference = {"type": "item_reference", "id": "msg_0"}
    tools = {"type": "additional_tools", "role": "developer", "tools": []}
    items, notices = sent(
        Text("One"),
        Opaque("responses", reference),
        ToolResult("c", (Text("2"),)),
        Opaque("responses", tools),
        Text("3"),
    )
    assert notices == {}
    assert items == [
        {"role": "user", "content": "One"},
        reference,
        {"type": "function_call_output", "call_id": "c", "output": "2"},
        tools,
        {"role": "user", "content": "3"},
    ]


# What the model said


def test_an_answer_goes_back_as_items() -> None:
    items, notices = sent(
        Thinking("Hm.", "sealed", extra=item(field="summary", id="rs_1")),
        Text("One", item(item={"id": "msg_1", "status": "completed", "phase": "commentary"}, annotations=[{"a": 1}])),
        Text("Two", item(joins=True)),
        Opaque("responses", {"type": "web_search_call", "id": "ws_1", "status": "completed"}),
        ToolCall("call_1", "f", '{"a":1}', extra=item(id="fc_1", status="completed")),
        ToolCall("call_2", "sql", "SELECT 1", "custom"),
        Refusal("No."),
        role="assistant",
    )
    assert notices == {}
    one = {"type": "output_text", "text": "One", "annotations": [{"a": 1}], "logprobs": []}
    two = {"type": "output_text", "text": "Two", "annotations": [], "logprobs": []}
    assert items == [
        {
            "type": "reasoning",
            "id": "rs_1",
            "summary": [{"type": "summary_text", "text": "Hm."}],
            "encrypted_content": "sealed",
        },
        {
            "type": "message",
            "role": "assistant",
            "id": "msg_1",
            "status": "completed",
            "phase": "commentary",
            "content": [one, two],
        },
        {"type": "web_search_call", "id": "ws_1", "status": "completed"},
        {
            "type": "function_call",
            "id": "fc_1",
            "call_id": "call_1",
            "name": "f",
            "arguments": '{"a":1}',
            "status": "completed",
        },
        {"type": "custom_tool_call", "call_id": "call_2", "name": "sql", "input": "SELECT 1"},
        {"type": "message", "role": "assistant", "content": [{"type": "refusal", "refusal": "No."}]},
    ]


def test_words_without_an_id_are_sent_as_a_string() -> None:
    items, _ = sent(Text("One"), Text("Two", item(item={"phase": "commentary"})), role="assistant")
    assert items == [
        {"role": "assistant", "content": "One"},
        {"role": "assistant", "content": "Two", "phase": "commentary"},
    ]


def test_a_status_is_given_to_a_message_that_has_none() -> None:
    items, _ = sent(Text("One", item(item={"id": "msg_1"})), role="assistant")
    assert items[0]["status"] == "completed"


@pytest.mark.parametrize(
    ("thinking", "extra", "told"),
    [
        (Thinking("hm", "sig"), {}, {"thinking": "dropped"}),
        (Thinking("hm", "sig", extra={"chat_completions": {"field": "reasoning"}}), {}, {"thinking": "dropped"}),
        (Thinking("", extra=item(field="summary", id="rs_1")), {}, {"thinking.unsealed": "dropped"}),
        (Thinking("", extra=item(field="summary", id="rs_1")), {"store": True}, {}),
        (Thinking("", extra=item(field="summary", id="rs_1")), {"previous_response_id": "r"}, {}),
        (Thinking("", "sealed", extra=item(field="summary", id="rs_1")), {}, {}),
        (Thinking("hm", extra=item(field="content", id="rs_1")), {}, {}),
    ],
)
def test_reasoning_that_goes_back(thinking: Thinking, extra: dict[str, Any], told: dict[str, str]) -> None:
    """The API answers 404 to an item that it neither stored nor can open."""
    items, notices = sent(thinking, Text("Hi"), role="assistant", extra=extra)
    assert notices == told
    assert [one.get("type") for one in items] == ["reasoning", None][len(told) :]


@pytest.mark.parametrize(
    ("part", "told"),
    [
        (Image(url="https://example.com/a.png"), {"image": "dropped"}),
        (Document(file_id="f"), {"document": "dropped"}),
        (ToolResult("c"), {"tool_result": "dropped"}),
        (Audio(id="audio_1"), {"audio": "dropped"}),
        (Opaque("chat_completions", {"type": "reference"}), {"messages.reference": "dropped"}),
    ],
)
def test_parts_that_no_answer_can_hold(part: Part, told: dict[str, str]) -> None:
    assert sent(part, role="assistant") == ([], told)


def test_spoken_words_go_back_as_text() -> None:
    items, notices = sent(Audio(id="audio_1", transcript="Hello."), role="assistant")
    assert items == [{"role": "assistant", "content": "Hello."}]
    assert notices == {"audio": "moved"}


# What tools gave


def test_results_of_tools() -> None:
    body, notices = write(
        messages=(
            USER,
            Message("assistant", (ToolCall("c1", "f"), ToolCall("c2", "sql", "SELECT 1", "custom"))),
            Message(
                "tool",
                (
                    ToolResult("c1", (Text("a"), Image(url="https://example.com/a.png")), is_error=True),
                    ToolResult("c2", (Text("1"),)),
                    ToolResult("c3", extra=item(type="custom_tool_call_output", id="o_3")),
                    ToolResult("c4", (Opaque("responses", {"type": "input_video"}), Opaque("gemini", {}))),
                    ToolResult("", (Text("2"),), extra=item(name="async_tool")),
                ),
            ),
        )
    )
    image = {"type": "input_image", "detail": "auto", "image_url": "https://example.com/a.png"}
    assert body["input"][3:] == [
        {"type": "function_call_output", "call_id": "c1", "output": [{"type": "input_text", "text": "a"}, image]},
        {"type": "custom_tool_call_output", "call_id": "c2", "output": "1"},
        {"type": "custom_tool_call_output", "call_id": "c3", "output": "", "id": "o_3"},
        {"type": "function_call_output", "call_id": "c4", "output": [{"type": "input_video"}]},
        {"type": "function_call_output", "name": "async_tool", "output": "2"},
    ]
    assert {notice.what for notice in notices} == {"tool_result.is_error", "messages.opaque"}


def test_each_kind_of_thing_is_told_once() -> None:
    _, notices = write(messages=(Message("assistant", (Thinking("a"), Thinking("b"))), USER, USER))
    assert len(notices) == 1


def test_a_request_that_builds_on_stored_state_needs_no_input() -> None:
    body, _ = write(model="", messages=(), extra={"prompt": {"id": "p"}})
    assert body == {"store": False, "prompt": {"id": "p"}}
