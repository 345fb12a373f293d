"""Anthropic Messages, client half: a Request as JSON. Each case says what goes out, and which notices come back."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given, settings

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
from ringup.wires import anthropic_messages as wire

from .anthropic_strategies import requests

HELLO = (Message("user", (Text("Hello"),)),)
MINE = {"anthropic_messages": {"cache_control": {"type": "ephemeral"}}}
OLD, NEW = "2023-06-01", "2026-10-21"
RULES = Rules()


def write(rules: Rules = RULES, **fields: Any) -> tuple[dict[str, Any], dict[str, str], tuple[Notice, ...]]:
    request = Request(**{"model": "claude-x", "messages": HELLO, "max_tokens": 10} | fields)
    http, notices = wire.write_request(request, rules)
    assert http.method == "POST"
    assert http.path == "/v1/messages"
    return json.loads(http.body), http.headers, notices


def turns(*messages: Message, **fields: Any) -> tuple[list[dict[str, Any]], list[tuple[str, str]]]:
    body, _, notices = write(messages=messages, **fields)
    return body["messages"], [(notice.kind, notice.what) for notice in notices]


def block(part: Part, role: Any = "user") -> dict[str, Any]:
    written, notices = turns(Message(role, (part, Text("."))))
    assert not notices
    found: dict[str, Any] = written[0]["content"][0]
    return found


def test_the_smallest_request() -> None:
    body, headers, notices = write()
    assert body == {"model": "claude-x", "max_tokens": 10, "messages": [{"role": "user", "content": "Hello"}]}
    assert headers == {"content-type": "application/json", "anthropic-version": NEW}
    assert not notices


@given(requests())
@settings(deadline=None)
def test_what_is_written_reads_back_as_it_was(request: Request) -> None:
    http, notices = wire.write_request(request, Rules())
    assert not notices
    assert wire.read_request(http) == request


@given(requests())
@settings(deadline=None, max_examples=50)
def test_what_is_read_writes_the_same_again(request: Request) -> None:
    http, _ = wire.write_request(request, Rules())
    again, _ = wire.write_request(wire.read_request(http), Rules())
    assert json.loads(again.body) == json.loads(http.body)
    assert again.headers == http.headers


# max_tokens


@pytest.mark.parametrize(
    ("limit", "stream", "sent"),
    [(None, False, 4096), (None, True, 4096), (8192, False, 8192), (64_000, False, 21_333), (64_000, True, 64_000)],
)
def test_max_tokens_is_filled_in_and_said(limit: int | None, stream: bool, sent: int) -> None:
    body, _, notices = write(Rules(max_output_tokens=limit), max_tokens=None, stream=stream)
    assert body["max_tokens"] == sent
    assert [(notice.kind, notice.what) for notice in notices] == [("added", "max_tokens")]
    assert f"{sent:,}" in notices[0].message


def test_a_given_max_tokens_is_sent_as_it_is() -> None:
    assert write(Rules(max_output_tokens=100), max_tokens=500)[0]["max_tokens"] == 500
    body, _, notices = write(max_tokens=None, extra={"max_tokens": 7})
    assert (body["max_tokens"], notices) == (7, ())


def test_a_filled_in_max_tokens_leaves_room_after_the_thinking() -> None:
    body, _, _ = write(max_tokens=None, reasoning=Reasoning(mode="enabled", budget_tokens=5000))
    assert body["max_tokens"] == 5000 + 4096


# The version


@pytest.mark.parametrize(
    ("fields", "version"),
    [
        ({}, NEW),
        ({"temperature": 0.5}, OLD),
        ({"top_p": 0.5}, OLD),
        ({"extra": {"top_k": 5}}, OLD),
        ({"extra": {"temperature": 1}}, OLD),
        ({"messages": (*HELLO, Message("assistant", (Document(text="x"),)))}, OLD),
        ({"messages": (*HELLO, Message("assistant", (Opaque("anthropic_messages", {"type": "document"}),)))}, OLD),
        ({"messages": (Message("user", (Document(text="x"),)),)}, NEW),
        ({"messages": (Message("user", (Text("x", {"anthropic_messages": {"citations": [{}]}}),)),)}, OLD),
        ({"messages": (*HELLO, Message("assistant", (Text("x", {"anthropic_messages": {"citations": [{}]}}),)))}, NEW),
        (
            {
                "messages": (
                    Message(
                        "tool",
                        (
                            ToolResult(
                                "t",
                                (
                                    Opaque(
                                        "anthropic_messages",
                                        {"type": "search_result", "content": [{"type": "text", "citations": [{}]}]},
                                    ),
                                ),
                            ),
                        ),
                    ),
                )
            },
            OLD,
        ),
        ({"temperature": 0.5, "headers": {"Anthropic-Version": NEW}}, NEW),
    ],
)
def test_the_version_allows_what_is_asked_for(fields: dict[str, Any], version: str) -> None:
    assert write(**fields)[1]["anthropic-version"] == version
    if "headers" not in fields:
        assert wire.version_for(Request(**{"model": "m", "messages": HELLO} | fields)) == version


def test_headers_go_along() -> None:
    assert write(headers={"Anthropic-Beta": "a,b"})[1]["anthropic-beta"] == "a,b"


# System


def test_a_plain_system_is_a_string_and_a_marked_one_a_list() -> None:
    assert write(system=(Text("Be brief."),))[0]["system"] == "Be brief."
    marked = {"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}
    assert write(system=(Text("Be brief.", MINE), Text("And kind.")))[0]["system"] == [
        marked,
        {"type": "text", "text": "And kind."},
    ]
    assert "system" not in write(system=(Text(" "),))[0]


def test_leading_system_messages_move_to_the_system() -> None:
    messages = (Message("system", (Text("A"),)), Message("developer", (Text("B"), Image(url="u"))), *HELLO)
    body, _, notices = write(messages=messages, system=(Text("0"),))
    assert [block["text"] for block in body["system"]] == ["0", "A", "B"]
    assert len(body["messages"]) == 1
    assert [(notice.kind, notice.what) for notice in notices] == [
        ("moved", "messages.0"),
        ("moved", "messages.1"),
        ("dropped", "messages.1.image"),
    ]


def test_later_system_messages_stay_or_become_the_users() -> None:
    later = (*HELLO, Message("system", (Text("Now in French."),)))
    assert turns(*later) == ([*_plain("Hello"), {"role": "system", "content": [_text("Now in French.")]}], [])
    developer = (*HELLO, Message("developer", (Text("Now in French."),)))
    assert turns(*developer)[0][1]["role"] == "system"
    assert turns(*developer)[1] == [("renamed", "messages.1")]
    body, _, notices = write(Rules(refuses=frozenset({"mid_system"})), messages=later)
    assert body["messages"][1]["role"] == "user"
    assert [(notice.kind, notice.what) for notice in notices] == [("moved", "messages.1")]


def test_a_system_message_may_hold_fields_only() -> None:
    fields = {"anthropic_messages": {"output_config": {"effort": "low"}}}
    assert turns(*HELLO, Message("system", (), extra=fields))[0][1] == {
        "role": "system",
        "output_config": {"effort": "low"},
    }


def _text(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}


def _plain(*texts: str) -> list[dict[str, Any]]:
    return [{"role": "user", "content": text} for text in texts]


# Parts


def test_pictures() -> None:
    data = base64.b64encode(b"\x89PNG..").decode()
    png = {"type": "base64", "media_type": "image/png", "data": data}
    assert block(Image(data=b"\x89PNG..", media_type="image/png")) == {"type": "image", "source": png}
    assert block(Image(data=b"\x89PNG.."))["source"] == png
    assert block(Image(data=b"\xff\xd8\xff."))["source"]["media_type"] == "image/jpeg"
    assert block(Image(url="https://x/y.png"))["source"] == {"type": "url", "url": "https://x/y.png"}
    assert block(Image(file_id="file_1", extra=MINE)) == {
        "type": "image",
        "source": {"type": "file", "file_id": "file_1"},
        "cache_control": {"type": "ephemeral"},
    }
    assert turns(Message("user", (Image(url="u", detail="low"),)))[1] == [("dropped", "messages.0.image.detail")]


def test_documents() -> None:
    pdf = {"type": "base64", "media_type": "application/pdf", "data": base64.b64encode(b"%PDF").decode()}
    assert block(Document(data=b"%PDF", name="a")) == {"type": "document", "source": pdf, "title": "a"}
    words = {"type": "text", "media_type": "text/plain", "data": "words"}
    assert block(Document(text="words"))["source"] == words
    assert block(Document(url="https://x/y.pdf"))["source"] == {"type": "url", "url": "https://x/y.pdf"}
    fields = {"anthropic_messages": {"context": "c", "citations": {"enabled": True}}}
    assert block(Document(file_id="f", extra=fields)) == {
        "type": "document",
        "source": {"type": "file", "file_id": "f"},
        "context": "c",
        "citations": {"enabled": True},
    }


def test_sound_is_dropped_and_said() -> None:
    written, notices = turns(Message("user", (Audio(data=b"x", format="wav"), Text("Listen"))))
    assert written == [{"role": "user", "content": [_text("Listen")]}]
    assert notices == [("dropped", "messages.0.audio")]


def test_thinking_goes_back_only_with_its_signature() -> None:
    signed = Thinking("hm", "sig")
    assert block(signed, "assistant") == {"type": "thinking", "thinking": "hm", "signature": "sig"}
    assert block(Thinking("", "sig"), "assistant") == {"type": "thinking", "thinking": "", "signature": "sig"}
    sealed = Thinking("", "data", redacted=True)
    assert block(sealed, "assistant") == {"type": "redacted_thinking", "data": "data"}
    written, notices = turns(*HELLO, Message("assistant", (Thinking("hm"), Text("Hi"))))
    assert written[1]["content"] == [_text("Hi")]
    assert notices == [("dropped", "messages.1.thinking")]


def test_a_refusal_is_words() -> None:
    assert block(Refusal("I won't"), "assistant") == _text("I won't")


def test_fields_that_only_this_wire_knows_go_back_into_their_block() -> None:
    mine = {"anthropic_messages": {"citations": [{"type": "x"}]}}
    assert block(Text("a", mine), "assistant") == _text("a") | {"citations": [{"type": "x"}]}
    both = Text("a", {**mine, "chat_completions": {"x": 1}})
    written, notices = turns(*HELLO, Message("assistant", (both,)))
    assert written[1]["content"] == [_text("a") | {"citations": [{"type": "x"}]}]
    assert notices == [("dropped", "messages.1.text.x")]


def test_opaque_blocks_go_back_on_their_own_wire_only() -> None:
    mine = {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {"query": "x"}}
    assert block(Opaque("anthropic_messages", mine), "assistant") == mine
    written, notices = turns(*HELLO, Message("assistant", (Opaque("responses", {"type": "item"}), Text("a"))))
    assert written[1]["content"] == [_text("a")]
    assert notices == [("dropped", "messages.1.item")]


def test_blank_texts_are_left_out_and_so_are_messages_without_anything() -> None:
    blank = Message("assistant", (Text("\n\n"), Thinking("hm")))
    written, notices = turns(*HELLO, Message("assistant", (Text(""),)), blank, Message("user", (Text("?"),)))
    assert written == _plain("Hello", "?")
    assert notices == [("dropped", "messages.2.thinking")]
    with pytest.raises(ParameterError, match="no message to send") as caught:
        write(messages=(Message("system", (Text("a"),)), Message("user", (Text(" "),))))
    assert caught.value.parameter == "messages"


def test_names_of_speakers_are_dropped_and_said() -> None:
    assert turns(Message("user", (Text("a"),), name="Ada"))[1] == [("dropped", "messages.0.name")]


# Tools


def call(json: str, **fields: Any) -> ToolCall:
    return ToolCall("t1", "look", json, **fields)


@pytest.mark.parametrize(
    "json_text", ['{"a": 1.0, "b":[1e400]}', "{}", '{"a": "\\u00e9"}', '{"n": 12345678901234567890123}']
)
def test_arguments_go_back_as_they_came(json_text: str) -> None:
    http, notices = wire.write_request(
        Request(model="m", messages=(*HELLO, Message("assistant", (call(json_text),))), max_tokens=1), Rules()
    )
    assert f'"input":{json_text}'.encode() in http.body
    assert not notices


@pytest.mark.parametrize("json_text", ['{"a": ', "[1]", "null", '"x"', "{'a': 1}", '{"a": [1,}'])
def test_arguments_that_are_no_object_are_wrapped_and_said(json_text: str) -> None:
    written, notices = turns(*HELLO, Message("assistant", (call(json_text),)))
    assert written[1]["content"][0]["input"] == {"INVALID_JSON": json_text}
    assert notices == [("moved", "messages.1.tool_call")]


def test_other_arguments() -> None:
    assert block(call(""), "assistant")["input"] == {}
    assert block(call("free text", kind="custom"), "assistant")["input"] == {"input": "free text"}
    caller = {"anthropic_messages": {"caller": {"type": "direct"}}}
    assert block(call("{}", extra=caller), "assistant")["caller"] == {"type": "direct"}


def test_a_lone_surrogate_is_sent_as_its_escape() -> None:
    messages = (Message("user", (Text("a\ud800"),)), Message("assistant", (call('{"x":1}'),)))
    http, _ = wire.write_request(Request(model="m", messages=messages, max_tokens=1), Rules())
    assert b'"a\\ud800"' in http.body
    assert json.loads(http.body)["messages"][1]["content"][0]["input"] == {"x": 1}


def test_tool_messages_in_a_row_are_one_user_turn_with_the_results_first() -> None:
    first = Message("tool", (ToolResult("a", (Text("1"),)), Text("by the way")))
    second = Message("tool", (ToolResult("b", (Text("2"), Image(url="u")), is_error=True),))
    written, notices = turns(*HELLO, first, second, Message("user", (Text("So?"),)))
    assert written[1] == {
        "role": "user",
        "content": [
            {"type": "tool_result", "tool_use_id": "a", "content": "1"},
            {
                "type": "tool_result",
                "tool_use_id": "b",
                "content": [_text("2"), {"type": "image", "source": {"type": "url", "url": "u"}}],
                "is_error": True,
            },
            _text("by the way"),
        ],
    }
    assert written[2:] == _plain("So?")
    assert not notices


def test_results_among_a_users_parts_come_first() -> None:
    written, notices = turns(Message("user", (Text("Here:"), ToolResult("a"))))
    assert written[0]["content"] == [{"type": "tool_result", "tool_use_id": "a"}, _text("Here:")]
    assert notices == [("moved", "messages.0")]


def test_tools() -> None:
    schema = {"type": "object", "properties": {"city": {"type": "string"}}}
    server = {"type": "web_search_20260318", "name": "web_search"}
    body, _, notices = write(
        tools=(
            Tool("look", "Looks.", schema, True, MINE),
            Tool("now"),
            Opaque("anthropic_messages", server),
            Opaque("responses", {"type": "file_search"}),
        )
    )
    assert body["tools"] == [
        {"name": "look", "description": "Looks.", "input_schema": schema, "strict": True}
        | {"cache_control": {"type": "ephemeral"}},
        {"name": "now", "input_schema": {"type": "object", "properties": {}}},
        server,
    ]
    assert [(notice.kind, notice.what) for notice in notices] == [("dropped", "tools")]


@pytest.mark.parametrize(
    ("choice", "parallel", "sent"),
    [
        (None, None, None),
        (None, True, None),
        (None, False, {"type": "auto", "disable_parallel_tool_use": True}),
        (ToolChoice("auto"), True, {"type": "auto", "disable_parallel_tool_use": False}),
        (ToolChoice("required"), False, {"type": "any", "disable_parallel_tool_use": True}),
        (ToolChoice("tool", "look"), None, {"type": "tool", "name": "look"}),
        (ToolChoice("none"), False, {"type": "none"}),
        (Opaque("anthropic_messages", {"type": "new"}), None, {"type": "new"}),
    ],
)
def test_tool_choice(choice: ToolChoice | Opaque | None, parallel: bool | None, sent: dict[str, Any] | None) -> None:
    body, _, notices = write(tools=(Tool("look"),), tool_choice=choice, parallel_tool_calls=parallel)
    assert body.get("tool_choice") == sent
    assert not notices


def test_a_choice_of_another_wire_is_dropped_and_said() -> None:
    body, _, notices = write(tools=(Tool("look"),), tool_choice=Opaque("chat_completions", {"type": "allowed_tools"}))
    assert "tool_choice" not in body
    assert [(notice.kind, notice.what) for notice in notices] == [("dropped", "tool_choice")]


# Parameters


def test_parameters() -> None:
    body, _, notices = write(
        temperature=0.5,
        top_p=0.9,
        stop=("END",),
        stream=True,
        metadata={"user_id": "u"},
        n=1,
        extra={"top_k": 5, "metadata": {"more": 1}, "output_config": {"task_budget": 1}, "model": "other"},
        output_schema=OutputSchema({"type": "object"}, "name"),
    )
    assert body == {
        "model": "other",
        "max_tokens": 10,
        "messages": _plain("Hello"),
        "temperature": 0.5,
        "top_p": 0.9,
        "stop_sequences": ["END"],
        "output_config": {"format": {"type": "json_schema", "schema": {"type": "object"}}, "task_budget": 1},
        "metadata": {"user_id": "u", "more": 1},
        "stream": True,
        "top_k": 5,
    }
    assert not notices


@pytest.mark.parametrize(
    ("fields", "what"),
    [
        ({"seed": 1}, "seed"),
        ({"n": 2}, "n"),
        ({"output_schema": OutputSchema()}, "output_schema"),
        ({"output_schema": OutputSchema({}, strict=False)}, "output_schema.strict"),
        ({"output_schema": OutputSchema({}, description="d")}, "output_schema.description"),
        ({"reasoning": Reasoning(mode="adaptive", budget_tokens=2000)}, "reasoning.budget_tokens"),
    ],
)
def test_what_the_wire_cant_say_is_said(fields: dict[str, Any], what: str) -> None:
    _, _, notices = write(**fields)
    assert [(notice.kind, notice.what) for notice in notices] == [("dropped", what)]


BUDGET_ONLY = Rules(thinking=frozenset({"enabled", "disabled"}), refuses=frozenset({"effort"}))
ADAPTIVE = Rules(thinking=frozenset({"adaptive", "disabled"}), efforts=frozenset({"low", "high"}))


@pytest.mark.parametrize(
    ("reasoning", "rules", "thinking", "effort", "notices"),
    [
        (Reasoning(effort="high"), Rules(), None, "high", []),
        (Reasoning(effort="high"), ADAPTIVE, None, "high", []),
        (Reasoning(effort="high"), BUDGET_ONLY, None, None, [("dropped", "reasoning.effort")]),
        (Reasoning(effort="none"), Rules(), {"type": "disabled"}, None, [("renamed", "reasoning.effort")]),
        (Reasoning(effort="minimal"), Rules(), None, "low", [("renamed", "reasoning.effort")]),
        (Reasoning(budget_tokens=2000), Rules(), {"type": "enabled", "budget_tokens": 2000}, None, []),
        (
            Reasoning(budget_tokens=2000),
            ADAPTIVE,
            {"type": "adaptive"},
            None,
            [("dropped", "reasoning.budget_tokens")],
        ),
        (
            Reasoning(mode="enabled"),
            BUDGET_ONLY,
            {"type": "enabled", "budget_tokens": 5000},
            None,
            [("added", "reasoning.budget_tokens")],
        ),
        (Reasoning(display="omitted"), Rules(), {"type": "adaptive", "display": "omitted"}, None, []),
        (Reasoning(mode="between_tools"), Rules(), {"type": "between_tools"}, None, []),
        (Reasoning(), Rules(), None, None, []),
    ],
)
def test_reasoning(
    reasoning: Reasoning,
    rules: Rules,
    thinking: dict[str, Any] | None,
    effort: str | None,
    notices: list[tuple[str, str]],
) -> None:
    body, _, said = write(rules, reasoning=reasoning, max_tokens=10_000)
    assert body.get("thinking") == thinking
    assert body.get("output_config") == (None if effort is None else {"effort": effort})
    assert [(notice.kind, notice.what) for notice in said] == notices
