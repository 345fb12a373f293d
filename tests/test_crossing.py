"""Every kind of part goes back unchanged on its own wire, and to another as far as that one can take it."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any

import pytest

from ringup import models, wires
from ringup.events import Fold, replay
from ringup.http import HttpRequest
from ringup.messages import Audio, Document, Image, Message, Opaque, Request, Text, Thinking, ToolCall, ToolResult
from ringup.reply import Notice
from ringup.rules import Rules
from tests.crossing import CHAT, CLAUDE, GEMINI, RESPONSES, TURNS

MODELS = {
    CHAT: ("openai", "gpt-4o"),
    CLAUDE: ("anthropic", "claude-opus-5"),
    RESPONSES: ("openai", "gpt-5.6"),
    GEMINI: ("gemini", "gemini-3-flash-preview"),
}
CASES = [(wire, name) for wire, turns in TURNS.items() for name in turns]
CROSSINGS = [(wire, name, other) for wire, name in CASES for other in TURNS if other != wire]


def read(wire: str, name: str) -> Message:
    return wires.find(wire).read_reply(json.dumps(TURNS[wire][name]).encode()).message


def talk(turn: Message) -> tuple[Message, ...]:
    """The turn inside a conversation, its calls answered."""
    results = tuple([ToolResult(call.id, (Text("15 C"),)) for call in turn.tool_calls])
    answered = (Message("tool", results),) if results else ()
    return (Message("user", (Text("The weather?"),)), turn, *answered, Message("user", (Text("Thanks!"),)))


def write(
    wire: str, messages: tuple[Message, ...], rules: Rules | None = None
) -> tuple[HttpRequest, tuple[Notice, ...]]:
    provider, model = MODELS[wire]
    request = Request(model=model, messages=messages, max_tokens=100)
    return wires.find(wire).write_request(request, models.rules(provider, model) if rules is None else rules)


def turns_of(wire: str, http: HttpRequest) -> list[dict[str, Any]]:
    body = json.loads(http.body)
    held: list[dict[str, Any]] = body[
        {CHAT: "messages", CLAUDE: "messages", RESPONSES: "input", GEMINI: "contents"}[wire]
    ]
    return held


# The same wire: nothing changes


def given(wire: str, name: str) -> list[dict[str, Any]]:
    """What must stand in the next request: the turn as it came."""
    body = TURNS[wire][name]
    match wire:
        case "chat_completions":
            message = {key: value for key, value in body["choices"][0]["message"].items() if key != "audio"}
            if audio := body["choices"][0]["message"].get("audio"):
                message["audio"] = {"id": audio["id"]}  # all that the API takes back of it
            return [message]
        case "anthropic_messages":
            return [{"role": "assistant", "content": body["content"]}]
        case "responses":
            return list(body["output"])
    return [body["candidates"][0]["content"]]


@pytest.mark.parametrize(("wire", "name"), CASES)
def test_a_turn_goes_back_as_it_came(wire: str, name: str) -> None:
    rules = Rules() if wire == CHAT else None  # each sample is of another server
    http, notices = write(wire, talk(read(wire, name)), rules)
    wanted = given(wire, name)
    assert turns_of(wire, http)[1 : 1 + len(wanted)] == wanted
    assert notices == ()
    again = wires.find(wire).read_request(http).messages[1].tool_calls
    assert [(call.name, call.json) for call in again] == [(c.name, c.json) for c in read(wire, name).tool_calls]


@pytest.mark.parametrize(
    ("wire", "text"),
    [(CLAUDE, b'{"city": "Oslo", "days": 1.50}'), (GEMINI, b'{"city" : "Oslo", "days": 1.50}')],
)
def test_arguments_go_back_to_the_byte(wire: str, text: bytes) -> None:
    http, _ = write(wire, talk(Message("assistant", (ToolCall("toolu_1", "get_weather", text.decode()),))))
    assert text in http.body


@pytest.mark.parametrize(("wire", "name"), CASES)
def test_a_turn_is_the_same_after_it_was_saved(wire: str, name: str) -> None:
    from msgspec import json as saved

    turn = read(wire, name)
    assert saved.decode(saved.encode(turn), type=Message) == turn


def test_a_conversation_of_many_turns_has_the_same_beginning_each_time() -> None:
    for wire in TURNS:
        turn = talk(read(wire, "openai" if wire == CHAT else "everything"))
        before: list[dict[str, Any]] = []
        for times in range(1, 31):
            held = turns_of(wire, write(wire, turn * times)[0])
            assert held[: len(before)] == before
            before = held


# Another wire: what can cross does, and the rest is told

LEFT = {
    (CHAT, "openai"): {"annotations"},
    (CHAT, "deepseek"): {"thinking"},
    (CHAT, "groq"): {"thinking"},
    (CHAT, "openrouter"): {"thinking"},
    (CHAT, "mistral"): {"thinking", "reference"},
    (CHAT, "gemini's own"): {"tool_call.extra_content"},
    (CLAUDE, "everything"): {"thinking", "server_tool_use", "web_search_tool_result", "text.citations"},
    (CLAUDE, "thinking that isn't shown"): {"thinking"},
    (CLAUDE, "only sealed"): {"thinking"},
    (RESPONSES, "everything"): {"thinking", "web_search_call", "text.annotations"},
    (RESPONSES, "an open model's"): {"thinking"},
    (RESPONSES, "only sealed"): {"thinking"},
    (GEMINI, "everything"): {
        *("thinking", "executableCode", "codeExecutionResult"),
        *("text.thoughtSignature", "image.thoughtSignature", "tool_call.thoughtSignature"),
    },
    (GEMINI, "a signature alone"): {"text.thoughtSignature"},
    (GEMINI, "only a thought"): {"thinking"},
}
"""What no other wire takes of each turn."""
MORE = {(GEMINI, "everything", RESPONSES): {"image"}}


@pytest.mark.parametrize(("wire", "name", "other"), CROSSINGS)
def test_what_can_not_cross_is_told_once(wire: str, name: str, other: str) -> None:
    _, notices = write(other, talk(read(wire, name)))
    told = Counter([re.sub(r"^messages\.(\d+\.)?", "", n.what) for n in notices if n.kind == "dropped"])
    assert told == Counter(LEFT.get((wire, name), set()) | MORE.get((wire, name, other), set()))


@pytest.mark.parametrize(("wire", "name", "other"), CROSSINGS)
def test_what_crosses_is_valid_there(wire: str, name: str, other: str) -> None:
    turn = read(wire, name)
    http, _ = write(other, talk(turn))
    held = turns_of(other, http)
    for one in held:
        VALID[other](one)
    again = wires.find(other).read_request(http)  # as that API's server reads it
    said = [part.text for part in turn.parts if type(part) is Text and part.text]
    assert [part.text for m in again.messages[1:-1] for part in m.parts if type(part) is Text][: len(said)] == said
    calls = [call for message in again.messages for call in message.tool_calls]
    results = [part for message in again.messages for part in message.parts if type(part) is ToolResult]
    assert [call.name for call in calls] == [call.name for call in turn.tool_calls]
    assert [result.call_id for result in results] == [call.id for call in calls]
    assert b"c2VhbGVk" not in http.body
    assert b"gAAAA" not in http.body
    assert b"EqQB" not in http.body


def _no_more(block: dict[str, Any], *known: str) -> None:
    assert block.keys() <= set(known), block


def _valid_chat(message: dict[str, Any]) -> None:
    _no_more(message, "role", "content", "tool_calls", "tool_call_id", "refusal")
    assert message["content"] or message.get("tool_calls") or message.get("refusal")
    if isinstance(message["content"], list):
        kinds = {"text", "refusal"} if message["role"] == "assistant" else {"text", "image_url"}
        assert {block["type"] for block in message["content"]} <= kinds
        assert all(block.get("text") != "" for block in message["content"])
    for call in message.get("tool_calls", ()):
        _no_more(call, "id", "type", "function", "custom")
        assert len(call["id"]) <= 40


_CLAUDES = {
    "text": ("type", "text"),
    "image": ("type", "source"),
    "tool_use": ("type", "id", "name", "input"),
    "tool_result": ("type", "tool_use_id", "content"),
}


def _valid_claude(message: dict[str, Any]) -> None:
    _no_more(message, "role", "content")
    assert message["content"]
    for block in message["content"] if isinstance(message["content"], list) else ():
        _no_more(block, *_CLAUDES[block["type"]])
        assert block.get("text") != ""
        for name in ("id", "tool_use_id"):
            assert re.fullmatch(r"[a-zA-Z0-9_-]+", block.get(name, "x"))


_ITEMS = {
    "message": ("type", "role", "content"),
    "function_call": ("type", "call_id", "name", "arguments"),
    "function_call_output": ("type", "call_id", "output"),
    "custom_tool_call": ("type", "call_id", "name", "input"),
    "custom_tool_call_output": ("type", "call_id", "output"),
}


def _valid_item(item: dict[str, Any]) -> None:
    _no_more(item, *_ITEMS[item.get("type", "message")])
    assert item.get("content") != ""
    assert 0 < len(item.get("call_id", "x")) <= 64


def _valid_content(content: dict[str, Any]) -> None:
    _no_more(content, "role", "parts")
    assert content["role"] in ("user", "model")
    assert content["parts"]
    for part in content["parts"]:
        assert part != {"text": ""}
        _no_more(part, "text", "inlineData", "functionCall", "functionResponse", "thoughtSignature")
        assert part.get("thoughtSignature", "skip_thought_signature_validator") == "skip_thought_signature_validator"


VALID = {CHAT: _valid_chat, CLAUDE: _valid_claude, RESPONSES: _valid_item, GEMINI: _valid_content}


def test_gemini_gets_the_word_for_calls_that_others_made() -> None:
    call = Message("assistant", (ToolCall("call_1", "f"), ToolCall("call_2", "f")))
    http, notices = write(GEMINI, talk(call))
    first, second = turns_of(GEMINI, http)[1]["parts"]
    assert first["thoughtSignature"] == "skip_thought_signature_validator"
    assert "thoughtSignature" not in second
    assert [(n.kind, n.what) for n in notices] == [("added", "messages.1.tool_call.thoughtSignature")]
    http, notices = write(GEMINI, talk(call), models.rules("gemini", "gemini-2.5-flash"))
    assert b"thoughtSignature" not in http.body
    assert notices == ()


@pytest.mark.parametrize("other", list(TURNS))
def test_ids_that_a_vendor_does_not_take_are_made_anew_and_still_pair(other: str) -> None:
    odd = ["functions.get:0|" + "x" * 60, "functions.get:1|" + "x" * 60, "a b"]
    turn = Message("assistant", tuple([ToolCall(id, "get") for id in odd]))
    results = Message("tool", tuple([ToolResult(id, (Text("15 C"),)) for id in odd]))
    http, _ = write(other, (Message("user", (Text("Go"),)), turn, results))
    for one in turns_of(other, http):
        VALID[other](one)
    again = wires.find(other).read_request(http).messages
    calls = [call.id for message in again for call in message.tool_calls]
    assert [part.call_id for message in again for part in message.parts if type(part) is ToolResult] == calls
    assert len(set(calls)) == 3


def test_a_model_that_does_not_think_gets_no_reasoning_of_another() -> None:
    turn = read(RESPONSES, "everything")
    http, notices = write(RESPONSES, talk(turn), models.rules("openai", "gpt-4o"))
    assert "reasoning" not in [item.get("type") for item in turns_of(RESPONSES, http)]
    assert [(n.kind, n.what) for n in notices] == [("dropped", "thinking")]


# What a user shows

SHOWN = (
    Text("Look:"),
    Image(data=b"\x89PNG", media_type="image/png"),
    Image(url="https://x.example/a.png", detail="low"),
    Document(data=b"%PDF", media_type="application/pdf", name="a.pdf"),
    Document(text="Once upon a time.", name="b.txt"),
)


@pytest.mark.parametrize(
    ("other", "told"),
    [
        (CHAT, {"document.text": "moved"}),
        (CLAUDE, {"messages.0.image.detail": "dropped"}),
        (RESPONSES, {"document.text": "moved"}),
        (GEMINI, {"messages.0.image.detail": "dropped"}),
    ],
)
def test_images_and_documents_go_to_every_vendor(other: str, told: dict[str, str]) -> None:
    http, notices = write(other, (Message("user", SHOWN),))
    assert {notice.what: notice.kind for notice in notices} == told
    again = wires.find(other).read_request(http).messages[0].parts
    assert [part.data for part in again if type(part) is Image and part.data] == [b"\x89PNG"]
    assert "https://x.example/a.png" in [part.url for part in again if isinstance(part, Image | Document)]
    assert [part.data for part in again if type(part) is Document and part.data] == [b"%PDF"]
    assert b"Once upon a time." in http.body or b"T25jZSB1cG9uIGEgdGltZS4" in http.body


SOUND = Audio(data=b"RIFF", format="wav")
SPOKEN = Audio(id="audio_1", transcript="Good morning.")


def test_sound_goes_where_it_is_heard() -> None:
    for other in (CHAT, RESPONSES, GEMINI):
        http, notices = write(other, (Message("user", (Text("Hear:"), SOUND)),))
        assert b"UklGRg==" in http.body
        assert notices == ()
    http, notices = write(CLAUDE, (Message("user", (Text("Hear:"), SOUND)),))
    assert turns_of(CLAUDE, http) == [{"role": "user", "content": [{"type": "text", "text": "Hear:"}]}]
    assert [(n.kind, n.what) for n in notices] == [("dropped", "messages.0.audio")]


@pytest.mark.parametrize("other", [CLAUDE, RESPONSES, GEMINI])
def test_what_a_model_said_aloud_crosses_as_its_words(other: str) -> None:
    http, notices = write(other, talk(Message("assistant", (SPOKEN,))))
    assert b"Good morning." in http.body
    assert b"audio_1" not in http.body
    assert [n.kind for n in notices] == ["moved"]


@pytest.mark.parametrize(
    "part",
    [
        Thinking("hm", "sig", extra={"other": {"field": "x"}}),
        Opaque("other", {"type": "thing"}),
        Text("", {"other": {"signature": "s"}}),
    ],
)
@pytest.mark.parametrize("role", ["user", "assistant"])
@pytest.mark.parametrize("other", list(TURNS))
def test_a_turn_of_which_nothing_can_cross_is_left_out(other: str, role: Any, part: Any) -> None:
    ask, thanks = Message("user", (Text("Hi"),)), Message("user", (Text("Bye"),))
    http, notices = write(other, (ask, Message(role, (part,)), thanks))
    assert turns_of(other, http) == turns_of(other, write(other, (ask, thanks))[0])
    assert [n.kind for n in notices] == ["dropped"]


@pytest.mark.parametrize(("wire", "name"), CASES)
def test_a_turn_that_came_as_a_stream_goes_back_the_same(wire: str, name: str) -> None:
    api = wires.find(wire)
    whole = api.read_reply(json.dumps(TURNS[wire][name]).encode())
    writer = api.Writer(Request(model=MODELS[wire][1], messages=(Message("user", (Text("Hi"),)),), stream=True))
    data = b"".join([writer.feed(event) for event in replay(whole)]) + writer.close()
    reader, fold = api.Reader(), Fold()
    for event in [*reader.feed(data), *reader.close()]:
        fold.feed(event)
    rules = Rules() if wire == CHAT else None
    http, _ = write(wire, talk(fold.reply().message), rules)
    assert turns_of(wire, http) == turns_of(wire, write(wire, talk(whole.message), rules)[0])
