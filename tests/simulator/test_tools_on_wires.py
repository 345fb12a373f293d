"""Tools and schemas on all four wires, whole and streamed: through the vendors' own SDKs, and Gemini by plain HTTP."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, Literal

import anthropic
import httpx2
import openai
import pytest
from pydantic import BaseModel

from ringup.testing import Simulator
from tests.simulator.test_shapes import SLOW
from tests.simulator.test_shapes_law import errors

QUESTION = "What's the weather in Paris and Rome, and what time is it in Tokyo?"
EXPECTED = [("get_weather", {"city": "Paris"}), ("get_weather", {"city": "Rome"}), ("get_time", {"city": "Tokyo"})]
CITY: dict[str, Any] = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
DECLARED = [("get_weather", "Get the weather in a city"), ("get_time", "Get the time in a city")]
RESULTS = {"Paris": {"temperature": 21}, "Rome": {"temperature": 28}, "Tokyo": {"time": "14:05"}}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "age": {"type": "integer"},
        "born": {"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}]},
        "mood": {"type": "string", "enum": ["good", "bad"]},
    },
    "required": ["name", "age", "born", "mood"],
    "additionalProperties": False,
}
ADA = "Ada Lovelace is 36, and her mood is good."
EXPECTED_ADA = {"name": "Ada Lovelace", "age": 36, "born": None, "mood": "good"}


class Person(BaseModel):
    name: str
    age: int
    mood: Literal["good", "bad"]


@pytest.fixture
def gpt(simulator: Simulator) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=simulator.openai_url, api_key=simulator.key, max_retries=0) as found:
        yield found


@pytest.fixture
def claude(simulator: Simulator) -> Iterator[anthropic.Anthropic]:
    with anthropic.Anthropic(base_url=simulator.url, api_key=simulator.anthropic_key, max_retries=0) as found:
        yield found


@pytest.fixture
def gemini(simulator: Simulator) -> Iterator[Callable[..., Any]]:
    key = {"x-goog-api-key": simulator.gemini_key}
    with httpx2.Client(base_url=simulator.gemini_url, headers=key, trust_env=False) as client:

        def ask(stream: bool = False, **body: Any) -> list[Any]:
            """The parts of the answer, those of the chunks of a stream together."""
            method = "streamGenerateContent?alt=sse" if stream else "generateContent"
            response = client.post(f"/v1beta/models/gemini-2.5-flash:{method}", json=body)
            assert response.status_code == 200, response.text
            chunks = [line[6:] for line in response.text.splitlines() if line.startswith("data: ")]
            answers = [json.loads(chunk) for chunk in chunks] if stream else [response.json()]
            found = [answer["candidates"][0].get("content", {}).get("parts", []) for answer in answers]
            return [part for parts in found for part in parts]

        yield ask


def result(arguments: dict[str, Any]) -> dict[str, Any]:
    return RESULTS[arguments["city"]]


# Chat Completions

CHAT: Any = [
    {"type": "function", "function": {"name": name, "description": text, "parameters": CITY, "strict": True}}
    for name, text in DECLARED
]


def chat(client: openai.OpenAI, stream: bool, **fields: Any) -> Any:
    if not stream:
        return client.chat.completions.create(model="gpt-4o-mini", **fields).choices[0]
    fields = {name: value for name, value in fields.items() if value is not None}
    with client.chat.completions.stream(model="gpt-4o-mini", **fields) as found:
        return found.get_final_completion().choices[0]


@pytest.mark.parametrize("stream", [False, True])
def test_a_loop_on_chat_completions(gpt: openai.OpenAI, stream: bool) -> None:
    messages: list[Any] = [{"role": "user", "content": QUESTION}]
    first = chat(gpt, stream, messages=messages, tools=CHAT)
    calls = first.message.tool_calls
    assert first.finish_reason == "tool_calls"
    assert [(call.function.name, json.loads(call.function.arguments)) for call in calls] == EXPECTED
    messages.append(
        {"role": "assistant", "tool_calls": [call.model_dump(include={"id", "type", "function"}) for call in calls]}
    )
    for message in messages[-1]["tool_calls"]:
        message["function"].pop("parsed_arguments", None)
    for call in calls:
        told = json.dumps(result(json.loads(call.function.arguments)))
        messages.append({"role": "tool", "tool_call_id": call.id, "content": told})
    last = chat(gpt, stream, messages=messages, tools=CHAT)
    assert last.finish_reason == "stop"
    assert all(figure in last.message.content for figure in ("21", "28", "14:05"))


@pytest.mark.parametrize("stream", [False, True])
def test_deprecated_functions(gpt: openai.OpenAI, stream: bool) -> None:
    functions: Any = [tool["function"] for tool in CHAT]
    messages: list[Any] = [{"role": "user", "content": "What's the weather in Paris?"}]
    if stream:
        chunks = list(
            gpt.chat.completions.create(model="gpt-4o-mini", messages=messages, functions=functions, stream=True)
        )
        deltas = [chunk.choices[0].delta.function_call for chunk in chunks if chunk.choices]
        name = "".join(delta.name or "" for delta in deltas if delta)
        arguments = "".join(delta.arguments or "" for delta in deltas if delta)
        finish = chunks[-1].choices[0].finish_reason
    else:
        choice = gpt.chat.completions.create(model="gpt-4o-mini", messages=messages, functions=functions).choices[0]
        assert choice.message.function_call
        assert choice.message.tool_calls is None
        name, arguments = choice.message.function_call.name, choice.message.function_call.arguments
        finish = choice.finish_reason
    assert (name, json.loads(arguments), finish) == ("get_weather", {"city": "Paris"}, "function_call")
    messages.append({"role": "assistant", "content": None, "function_call": {"name": name, "arguments": arguments}})
    messages.append({"role": "function", "name": name, "content": '{"temperature": 21}'})
    assert "21" in (chat(gpt, False, messages=messages, functions=functions).message.content or "")
    none = chat(gpt, False, messages=messages[:1], functions=functions, function_call="none")
    assert none.message.function_call is None
    forced = chat(gpt, False, messages=messages[:1], functions=functions, function_call={"name": "get_time"})
    assert forced.message.function_call.name == "get_time"


def test_custom_tools_on_chat_completions(gpt: openai.OpenAI) -> None:
    tool: Any = {"type": "custom", "custom": {"name": "run_python", "description": "Execute Python code"}}
    asked: Any = [{"role": "user", "content": "Run this Python code: `print(1 + 1)`"}]
    choice = gpt.chat.completions.create(model="gpt-5", messages=asked, tools=[tool]).choices[0]
    (call,) = choice.message.tool_calls or []
    assert call.type == "custom"
    assert (call.custom.name, call.custom.input) == ("run_python", "print(1 + 1)")
    grammar = {"type": "grammar", "grammar": {"syntax": "regex", "definition": r"[A-Z]{3}-\d{2}"}}
    tool["custom"]["format"] = grammar
    named: Any = {"type": "custom", "custom": {"name": "run_python"}}
    again = gpt.chat.completions.create(model="gpt-5", messages=asked, tools=[tool], tool_choice=named).choices[0]
    (call,) = again.message.tool_calls or []
    assert call.type == "custom"
    assert call.custom.input == "ABC-12"


@pytest.mark.parametrize("stream", [False, True])
def test_a_schema_on_chat_completions(gpt: openai.OpenAI, stream: bool) -> None:
    form: Any = {"type": "json_schema", "json_schema": {"name": "person", "schema": SCHEMA, "strict": True}}
    choice = chat(gpt, stream, messages=[{"role": "user", "content": ADA}], response_format=form)
    assert json.loads(choice.message.content) == EXPECTED_ADA
    asked: Any = [{"role": "user", "content": ADA}]
    parsed = gpt.chat.completions.parse(model="gpt-4o-mini", messages=asked, response_format=Person)
    assert parsed.choices[0].message.parsed == Person(name="Ada Lovelace", age=36, mood="good")
    loose = chat(
        gpt,
        stream,
        messages=[{"role": "user", "content": f"JSON, please: {ADA}"}],
        response_format={"type": "json_object"},
    )
    assert isinstance(json.loads(loose.message.content), dict)


def test_a_schemas_text_is_cut_as_any_other(gpt: openai.OpenAI) -> None:
    form: Any = {"type": "json_schema", "json_schema": {"name": "person", "schema": SCHEMA, "strict": True}}
    asked: Any = {"messages": [{"role": "user", "content": ADA}], "response_format": form, "temperature": 0}
    whole, cut = chat(gpt, False, **asked), chat(gpt, False, **asked, max_tokens=5)
    assert (whole.finish_reason, cut.finish_reason) == ("stop", "length")
    assert whole.message.content.startswith(cut.message.content)
    assert len(cut.message.content) < len(whole.message.content)


@pytest.mark.parametrize("stream", [False, True])
def test_a_tool_first_and_then_the_schema(gpt: openai.OpenAI, stream: bool) -> None:
    wanted = {"type": "object", "properties": {"city": {"type": "string"}, "temperature": {"type": "number"}}}
    wanted |= {"required": ["city", "temperature"], "additionalProperties": False}
    form: Any = {"type": "json_schema", "json_schema": {"name": "w", "schema": wanted, "strict": True}}
    messages: list[Any] = [{"role": "user", "content": "What's the weather in Rome?"}]
    (call,) = chat(gpt, stream, messages=messages, tools=CHAT, response_format=form).message.tool_calls
    function = {"name": call.function.name, "arguments": call.function.arguments}
    messages.append({"role": "assistant", "tool_calls": [{"id": call.id, "type": "function", "function": function}]})
    messages.append({"role": "tool", "tool_call_id": call.id, "content": '{"temperature": 28}'})
    last = chat(gpt, stream, messages=messages, tools=CHAT, response_format=form)
    assert json.loads(last.message.content) == {"city": "Rome", "temperature": 28}


def test_one_call_at_a_time(gpt: openai.OpenAI) -> None:
    messages: list[Any] = [{"role": "user", "content": QUESTION}]
    made = []
    while calls := chat(gpt, False, messages=messages, tools=CHAT, parallel_tool_calls=False).message.tool_calls:
        (call,) = calls
        made.append((call.function.name, json.loads(call.function.arguments)))
        messages.append({"role": "assistant", "tool_calls": [call.model_dump()]})
        messages.append({"role": "tool", "tool_call_id": call.id, "content": json.dumps(result(made[-1][1]))})
    assert made == EXPECTED


# Responses

FLAT: Any = [
    {"type": "function", "name": name, "description": text, "parameters": CITY, "strict": True}
    for name, text in DECLARED
]


def respond(client: openai.OpenAI, stream: bool, **fields: Any) -> Any:
    if not stream:
        return client.responses.create(model="gpt-4o-mini", **fields)
    with client.responses.stream(model="gpt-4o-mini", **fields) as found:
        return found.get_final_response()


@pytest.mark.parametrize("stream", [False, True])
def test_a_loop_on_responses(gpt: openai.OpenAI, stream: bool) -> None:
    first = respond(gpt, stream, input=QUESTION, tools=FLAT)
    calls = [item for item in first.output if item.type == "function_call"]
    assert [(call.name, json.loads(call.arguments)) for call in calls] == EXPECTED
    results: Any = [
        {
            "type": "function_call_output",
            "call_id": call.call_id,
            "output": json.dumps(result(json.loads(call.arguments))),
        }
        for call in calls
    ]
    last = respond(gpt, stream, input=results, previous_response_id=first.id, tools=FLAT)
    assert all(figure in last.output_text for figure in ("21", "28", "14:05"))


@pytest.mark.parametrize("stream", [False, True])
def test_a_schema_on_responses(gpt: openai.OpenAI, stream: bool) -> None:
    form: Any = {"format": {"type": "json_schema", "name": "person", "schema": SCHEMA, "strict": True}}
    assert json.loads(respond(gpt, stream, input=ADA, text=form).output_text) == EXPECTED_ADA
    parsed = gpt.responses.parse(model="gpt-4o-mini", input=ADA, text_format=Person)
    assert parsed.output_parsed == Person(name="Ada Lovelace", age=36, mood="good")


@pytest.mark.parametrize("stream", [False, True])
def test_custom_tools_on_responses(gpt: openai.OpenAI, stream: bool) -> None:
    grammar = 'start: "SELECT " NAME " FROM " NAME\nNAME: /[a-z]+/'
    tool: Any = {
        "type": "custom",
        "name": "run_sql",
        "description": "Run SQL",
        "format": {"type": "grammar", "syntax": "lark", "definition": grammar},
    }
    answer = respond(gpt, stream, input="Run some SQL", tools=[tool], tool_choice={"type": "custom", "name": "run_sql"})
    (call,) = [item for item in answer.output if item.type == "custom_tool_call"]
    assert call.input.startswith("SELECT ")
    results: Any = [{"type": "custom_tool_call_output", "call_id": call.call_id, "output": "3 rows"}]
    assert "3 rows" in respond(gpt, stream, input=results, previous_response_id=answer.id, tools=[tool]).output_text


# Anthropic

BLOCKS: Any = [{"name": name, "description": text, "input_schema": CITY} for name, text in DECLARED]


def message(client: anthropic.Anthropic, stream: bool, **fields: Any) -> Any:
    fields = {"model": "claude-haiku-4-5", "max_tokens": 1000, **fields}
    if not stream:
        return client.messages.create(**fields)
    with client.messages.stream(**fields) as found:
        return found.get_final_message()


@pytest.mark.parametrize("stream", [False, True])
def test_a_loop_on_anthropic(claude: anthropic.Anthropic, stream: bool) -> None:
    messages: list[Any] = [{"role": "user", "content": QUESTION}]
    first = message(claude, stream, messages=messages, tools=BLOCKS)
    calls = [block for block in first.content if block.type == "tool_use"]
    assert first.stop_reason == "tool_use"
    assert [(call.name, call.input) for call in calls] == EXPECTED
    messages.append(
        {
            "role": "assistant",
            "content": [{"type": "tool_use", "id": call.id, "name": call.name, "input": call.input} for call in calls],
        }
    )
    told = [
        {"type": "tool_result", "tool_use_id": call.id, "content": json.dumps(result(call.input))} for call in calls
    ]
    messages.append({"role": "user", "content": told})
    last = message(claude, stream, messages=messages, tools=BLOCKS)
    assert last.stop_reason == "end_turn"
    assert all(figure in last.content[0].text for figure in ("21", "28", "14:05"))


def test_choices_on_anthropic(claude: anthropic.Anthropic) -> None:
    asked: Any = {"messages": [{"role": "user", "content": QUESTION}], "tools": BLOCKS}
    one = message(claude, False, **asked, tool_choice={"type": "auto", "disable_parallel_tool_use": True})
    assert [(block.name, block.input) for block in one.content] == EXPECTED[:1]
    assert message(claude, False, **asked, tool_choice={"type": "none"}).stop_reason == "end_turn"
    named = message(claude, False, **asked, tool_choice={"type": "tool", "name": "get_time"})
    assert {block.name for block in named.content} == {"get_time"}
    asked["messages"] = [{"role": "user", "content": "Hello!"}]
    assert message(claude, False, **asked).stop_reason == "end_turn"
    assert message(claude, False, **asked, tool_choice={"type": "any"}).stop_reason == "tool_use"


@pytest.mark.parametrize("stream", [False, True])
def test_a_schema_on_anthropic(claude: anthropic.Anthropic, stream: bool) -> None:
    form: Any = {"format": {"type": "json_schema", "schema": SCHEMA}}
    answer = message(claude, stream, messages=[{"role": "user", "content": ADA}], output_config=form)
    assert json.loads(answer.content[0].text) == EXPECTED_ADA
    asked: Any = [{"role": "user", "content": ADA}]
    parsed = claude.messages.parse(model="claude-haiku-4-5", max_tokens=500, messages=asked, output_format=Person)
    assert parsed.parsed_output == Person(name="Ada Lovelace", age=36, mood="good")


# Gemini

GOOGLES: Any = {"type": "OBJECT", "properties": {"city": {"type": "STRING"}}, "required": ["city"]}


def contents(text: str, *more: Any) -> list[Any]:
    return [{"role": "user", "parts": [{"text": text}]}, *more]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("schema", [{"parameters": GOOGLES}, {"parametersJsonSchema": CITY}], ids=["Google's", "JSON"])
def test_a_loop_on_gemini(gemini: Callable[..., Any], stream: bool, schema: Any) -> None:
    tools = [{"functionDeclarations": [{"name": name, "description": text, **schema} for name, text in DECLARED]}]
    parts = gemini(stream, contents=contents(QUESTION), tools=tools)
    calls = [part["functionCall"] for part in parts if "functionCall" in part]
    assert [(call["name"], call["args"]) for call in calls] == EXPECTED
    results = [{"functionResponse": {"name": call["name"], "response": result(call["args"])}} for call in calls]
    more = ({"role": "model", "parts": parts}, {"role": "user", "parts": results})
    last = gemini(stream, contents=contents(QUESTION, *more), tools=tools)
    words = "".join(part["text"] for part in last)
    assert all(figure in words for figure in ("21", "28", "14:05"))


def test_choices_on_gemini(gemini: Callable[..., Any]) -> None:
    tools = [
        {
            "functionDeclarations": [
                {"name": name, "description": text, "parameters": GOOGLES} for name, text in DECLARED
            ]
        }
    ]

    def names(text: str, **config: Any) -> set[str]:
        asked = {"contents": contents(text), "tools": tools, "toolConfig": {"functionCallingConfig": config}}
        return {part["functionCall"]["name"] for part in gemini(**asked) if "functionCall" in part}

    assert names(QUESTION, mode="NONE") == set()
    assert names("Hello!", mode="AUTO") == set()
    assert names("Hello!", mode="ANY") != set()
    assert names(QUESTION, mode="ANY", allowedFunctionNames=["get_time"]) == {"get_time"}
    assert names(QUESTION, mode="ANY", allowedFunctionNames=["get_time", "get_weather"]) == {"get_time", "get_weather"}
    assert names(QUESTION, mode="VALIDATED") == {"get_time", "get_weather"}


@pytest.mark.parametrize("stream", [False, True])
def test_a_schema_on_gemini(gemini: Callable[..., Any], stream: bool) -> None:
    def answer(text: str, **config: Any) -> str:
        return "".join(part["text"] for part in gemini(stream, contents=contents(text), generationConfig=config))

    js = {"responseMimeType": "application/json"}
    assert json.loads(answer(ADA, responseJsonSchema=SCHEMA, **js)) == EXPECTED_ADA
    googles = {
        "type": "OBJECT",
        "properties": {
            "people": {
                "type": "ARRAY",
                "minItems": "1",
                "items": {
                    "type": "OBJECT",
                    "properties": {
                        "name": {"type": "STRING"},
                        "age": {"type": "INTEGER", "format": "int32", "minimum": 0},
                        "nickname": {"type": "STRING", "nullable": True},
                        "mood": {"type": "STRING", "format": "enum", "enum": ["good", "bad"]},
                    },
                    "required": ["name", "age", "nickname", "mood"],
                    "propertyOrdering": ["name", "age", "nickname", "mood"],
                },
            }
        },
        "required": ["people"],
    }
    value = json.loads(answer(ADA, responseSchema=googles, **js))
    assert value == {"people": [{"name": "Ada Lovelace", "age": 36, "nickname": None, "mood": "good"}]}
    assert isinstance(json.loads(answer(ADA, **js)), dict)
    enum = {"type": "STRING", "enum": ["Percussion", "String", "Woodwind"]}
    assert answer("Is a violin a string instrument?", responseMimeType="text/x.enum", responseSchema=enum) == "String"


def test_values_fit_whatever_the_model(gpt: openai.OpenAI, claude: anthropic.Anthropic) -> None:
    form: Any = {"type": "json_schema", "json_schema": {"name": "person", "schema": SCHEMA, "strict": True}}
    asked: Any = [{"role": "user", "content": "Tell me of someone."}]
    for model in ("gpt-4o-mini", "gpt-5", "o3"):
        answer = gpt.chat.completions.create(model=model, messages=asked, response_format=form, n=2)
        assert all(errors(json.loads(one.message.content or ""), SCHEMA) == [] for one in answer.choices)
    output: Any = {"format": {"type": "json_schema", "schema": SCHEMA}}
    said = claude.messages.create(model="claude-opus-4-8", max_tokens=900, messages=asked, output_config=output)
    texts = [block.text for block in said.content if block.type == "text"]
    assert errors(json.loads(texts[-1]), SCHEMA) == []


@pytest.mark.parametrize("name", ["many alternatives that fail", "alternatives alike", "alternatives without an end"])
def test_a_nasty_schema_is_answered(gpt: openai.OpenAI, name: str) -> None:
    form: Any = {"type": "json_schema", "json_schema": {"name": "x", "schema": SLOW[name]}}
    asked: Any = [{"role": "user", "content": "Go on."}]
    answer = gpt.chat.completions.create(model="gpt-4o-mini", messages=asked, response_format=form, timeout=60)
    json.loads(answer.choices[0].message.content or "")
    assert answer.choices[0].finish_reason == "stop"


def test_what_nothing_fits_is_answered_with_the_closest(gpt: openai.OpenAI) -> None:
    schema = {"type": "object", "properties": {"age": {"type": "integer"}, "bad": False}, "required": ["age", "bad"]}
    form: Any = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}
    choice = chat(gpt, False, messages=[{"role": "user", "content": ADA}], response_format=form)
    assert json.loads(choice.message.content) == {"age": 36, "bad": None}
    tool: Any = {"type": "function", "function": {"name": "get_weather", "parameters": {"type": "string"}}}
    called = chat(gpt, False, messages=[{"role": "user", "content": QUESTION}], tools=[tool])
    assert isinstance(json.loads(called.message.tool_calls[0].function.arguments), dict)
