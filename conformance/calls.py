"""The calls that the proofs make: one table, every parameter and every kind of part, on every wire that can say it.

`send` makes one as ringup's client does: the model's rules, the wire, the script of a call, the transport.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from ringup import models, wires
from ringup.call import call
from ringup.cli.listing import Listed, list_models
from ringup.drive import REAL, World, drive
from ringup.embeddings import EmbedRequest
from ringup.http import HttpRequest, HttpResponse
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
from ringup.parameters import fit
from ringup.plan import Planner
from ringup.providers import Provider, find
from ringup.reply import Reply
from ringup.retry import Budget
from ringup.script import MAX_BODY_BYTES, Plan, Record
from ringup.secret import Auth, Secret
from ringup.transport import Options, Transport, make_transport
from ringup.wires import embeddings
from ringup.wires.gemini import embeddings as gemini_embeddings

__all__ = ["CALLS", "EMBEDDINGS", "MODELS", "PROVIDERS", "WIRES", "Call", "Caller", "calls", "follow_up"]

WIRES = ("chat_completions", "responses", "anthropic_messages", "gemini")
PROVIDERS = {
    "chat_completions": "openai",
    "responses": "openai",
    "anthropic_messages": "anthropic",
    "gemini": "gemini",
    "embeddings": "openai",
}
MODELS = {
    "chat_completions": "gpt-4o-mini",
    "responses": "gpt-4o-mini",
    "anthropic_messages": "claude-haiku-4-5",
    "gemini": "gemini-2.5-flash",
}
CHAT, RESPONSES, CLAUDE, GEMINI = WIRES
OPENAI = (CHAT, RESPONSES)

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c49444154789c63f8cfc0000003010100c9fe92ef0000000049454e44ae426082"
)
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF"
WAV = b"RIFF$\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0@\x1f\0\0\x80>\0\0\x02\0\x10\0data\0\0\0\0"
CITY = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
WEATHER = Tool("get_weather", "The weather in a city.", CITY)
CLOCK = Tool("get_time")
CACHED = {"anthropic_messages": {"cache_control": {"type": "ephemeral", "ttl": "1h"}}}


class Call(Struct, frozen=True):
    """One row of the table. The model of `request` is empty where the wire's usual one is meant."""

    name: str
    request: Request
    wires: tuple[str, ...] = WIRES


def user(*parts: str | Part) -> Message:
    """What a user says."""
    return Message("user", tuple([Text(part) if isinstance(part, str) else part for part in parts]))


def assistant(*parts: str | Part) -> Message:
    """What the model said."""
    return Message("assistant", tuple([Text(part) if isinstance(part, str) else part for part in parts]))


def _row(name: str, *messages: str | Message, wires: tuple[str, ...] = WIRES, model: str = "", **fields: Any) -> Call:
    said = tuple([user(message) if isinstance(message, str) else message for message in messages or ("Hello!",)])
    return Call(name, Request(model=model, messages=said, **fields), wires)


_ASKED = ToolCall("call_1", "get_weather", '{"city":"Oslo"}')
_SECOND = ToolCall("call_2", "get_weather", '{"city":"Rome"}')
_COLD, _WARM = ToolResult("call_1", (Text("4 °C"),)), ToolResult("call_2", (Text("18 °C"),))
_RESULT, _RESULTS = Message("tool", (_COLD,)), Message("tool", (_COLD, _WARM))
_THOUGHT = Thinking("The user greets me.", "c2lnbmVk")
_SEALED = Thinking("", "gAAAAAseal", extra={"responses": {"id": "rs_1", "field": "summary"}})

CALLS: tuple[Call, ...] = (
    _row("a question", "What is the capital of France?"),
    _row("a stream", "What is the capital of France?", stream=True),
    _row("beyond ASCII", 'Ünïcödé 日本語 \U0001f600 "quotes" \\ and\nlines'),
    _row("a system instruction", system=(Text("Be brief."),)),
    _row("a system instruction in two parts", system=(Text("Be brief."), Text("Be kind."))),
    _row("a system message", Message("system", (Text("Be brief."),)), user("Hello!")),
    _row("a developer message", Message("developer", (Text("Be brief."),)), user("Hello!")),
    _row("max_tokens", max_tokens=64),
    _row("temperature", temperature=0.25),
    _row("top_p", top_p=0.5),
    _row("one stop sequence", stop=("END",)),
    _row("stop sequences", stop=("END", "STOP")),
    _row("seed", seed=7),
    _row("metadata", metadata={"user_id": "u-17"}, wires=(CHAT, RESPONSES, CLAUDE)),
    _row("everything at once", system=(Text("Be brief."),), max_tokens=64, temperature=0.0, stop=("END",), stream=True),
    # turns
    _row("three turns", user("My name is Ada."), assistant("Hello, Ada."), user("What is my name?")),
    _row("a turn in parts", user("Hello!", "And again: hello!")),
    _row("a speaker's name", Message("user", (Text("Hello!"),), "ada"), wires=(CHAT,)),
    _row("a refusal in the history", user("Do it."), assistant(Refusal("I can't.")), user("Why?"), wires=OPENAI),
    _row(
        "a system message in the middle",
        user("Hello!"),
        assistant("Hello."),
        Message("system", (Text("From here on, be brief."),)),
        user("Who are you?"),
        wires=(CHAT, RESPONSES, CLAUDE),
    ),
    _row(
        "a system message in the middle, on Opus",
        user("Hello!"),
        Message("system", (Text("From here on, be brief."),)),
        wires=(CLAUDE,),
        model="claude-opus-5",
    ),
    # tools
    _row("a tool", "How is the weather in Oslo?", tools=(WEATHER,)),
    _row("a tool, streamed", "How is the weather in Oslo?", tools=(WEATHER,), stream=True),
    _row("tools, one without arguments", "What time is it?", tools=(WEATHER, CLOCK)),
    _row("a strict tool", "Weather in Oslo?", tools=(replace(WEATHER, strict=True),), wires=(CHAT, RESPONSES, CLAUDE)),
    _row("tool choice auto", "Oslo?", tools=(WEATHER,), tool_choice=ToolChoice("auto")),
    _row("tool choice none", "Oslo?", tools=(WEATHER,), tool_choice=ToolChoice("none")),
    _row("tool choice required", "Oslo?", tools=(WEATHER,), tool_choice=ToolChoice("required")),
    _row("tool choice by name", "Oslo?", tools=(WEATHER, CLOCK), tool_choice=ToolChoice("tool", "get_weather")),
    _row("one tool at a time", "Oslo?", tools=(WEATHER,), parallel_tool_calls=False, wires=(CHAT, RESPONSES, CLAUDE)),
    _row(
        "one tool at a time, and one for sure",
        "Oslo?",
        tools=(WEATHER,),
        tool_choice=ToolChoice("required"),
        parallel_tool_calls=False,
        wires=(CHAT, RESPONSES, CLAUDE),
    ),
    _row("a call and its result", user("Oslo?"), assistant(_ASKED), _RESULT, tools=(WEATHER,)),
    _row("words beside a call", user("Oslo?"), assistant("Let me see.", _ASKED), _RESULT, tools=(WEATHER,)),
    _row("two calls", user("Oslo and Rome?"), assistant(_ASKED, _SECOND), _RESULTS, tools=(WEATHER,), stream=True),
    _row(
        "a result that is an error",
        user("Oslo?"),
        assistant(_ASKED),
        Message("tool", (ToolResult("call_1", (Text("no such city"),), is_error=True),)),
        tools=(WEATHER,),
    ),
    _row(
        "a result that is a picture",
        user("Oslo?"),
        assistant(_ASKED),
        Message("tool", (ToolResult("call_1", (Text("a map"), Image(data=PNG, media_type="image/png"))),)),
        tools=(WEATHER,),
    ),
    _row("a result and a word", user("Oslo?"), assistant(_ASKED), user(_COLD, "And now?"), tools=(WEATHER,)),
    # what the answer must be
    _row("a schema", "Where is Ada?", output_schema=OutputSchema(CITY, "place")),
    _row("a schema, streamed", "Where is Ada?", output_schema=OutputSchema(CITY, "place"), stream=True),
    _row("a strict schema", "Where?", output_schema=OutputSchema(CITY, "place", "A place.", True), wires=OPENAI),
    _row("any JSON", "Where is Ada? In JSON.", output_schema=OutputSchema(), wires=(CHAT, RESPONSES, GEMINI)),
    # pictures, documents, sound
    _row("a picture", user("What is it?", Image(data=PNG, media_type="image/png"))),
    _row("a picture, in detail", user("What?", Image(data=PNG, media_type="image/png", detail="high")), wires=OPENAI),
    _row("a picture by its address", user("What is it?", Image(url="https://example.com/a.png"))),
    _row("a picture by its id", user("What?", Image(file_id="file-abc")), wires=(CHAT, RESPONSES, CLAUDE)),
    _row("a document", user("Sum it up.", Document(data=PDF, media_type="application/pdf", name="a.pdf"))),
    _row("a document without a name", user("Sum it up.", Document(data=PDF, media_type="application/pdf"))),
    _row("a plain document", user("Sum it up.", Document(text="Once upon a time.", name="a.txt"))),
    _row("a document by its id", user("Sum up.", Document(file_id="file-abc")), wires=(CHAT, RESPONSES, CLAUDE)),
    _row(
        "a document by its address",
        user("Sum up.", Document(url="https://example.com/a.pdf", media_type="application/pdf")),
        wires=(RESPONSES, CLAUDE, GEMINI),
    ),
    _row("sound", user("What?", Audio(data=WAV, format="wav")), wires=(CHAT,), model="gpt-4o-audio-preview"),
    _row("sound for Gemini", user("What?", Audio(data=WAV, format="wav")), wires=(GEMINI,)),
    # thinking
    _row("effort", reasoning=Reasoning(effort="low"), wires=OPENAI, model="o4-mini"),
    _row("effort, streamed", reasoning=Reasoning(effort="high"), wires=OPENAI, model="gpt-5", stream=True),
    _row("effort on Claude", reasoning=Reasoning(effort="high"), wires=(CLAUDE,), model="claude-opus-5"),
    _row("a summary of thoughts", reasoning=Reasoning(display="auto"), wires=(RESPONSES,), model="o4-mini"),
    _row(
        "a budget for thoughts",
        reasoning=Reasoning(mode="enabled", budget_tokens=1024),
        max_tokens=4096,
        wires=(CLAUDE,),
    ),
    _row("a budget for thoughts, on Gemini", reasoning=Reasoning(budget_tokens=1024), wires=(GEMINI,)),
    _row("a level of thoughts", reasoning=Reasoning(effort="low"), wires=(GEMINI,), model="gemini-3-flash-preview"),
    _row(
        "adaptive thoughts, shown",
        reasoning=Reasoning(mode="adaptive", display="summarized"),
        stream=True,
        wires=(CLAUDE,),
        model="claude-opus-5",
    ),
    _row(
        "thoughts between tools", reasoning=Reasoning(mode="between_tools"), wires=(CLAUDE,), model="claude-sonnet-5-5"
    ),
    _row("most effort", reasoning=Reasoning(effort="max"), wires=(CLAUDE,), model="claude-opus-5"),
    _row("no thoughts", reasoning=Reasoning(mode="disabled"), wires=(CLAUDE,), model="claude-opus-5"),
    _row(
        "thoughts in the history",
        user("Oslo?"),
        assistant(_THOUGHT, _ASKED),
        _RESULT,
        tools=(WEATHER,),
        reasoning=Reasoning(mode="enabled", budget_tokens=1024),
        max_tokens=4096,
        wires=(CLAUDE,),
    ),
    _row(
        "sealed thoughts in the history",
        user("Oslo?"),
        assistant(Thinking("", "c2VhbA==", redacted=True), _ASKED),
        _RESULT,
        tools=(WEATHER,),
        wires=(CLAUDE,),
    ),
    _row(
        "thoughts of the Responses API in the history",
        user("Oslo?"),
        assistant(_SEALED, _ASKED),
        _RESULT,
        tools=(WEATHER,),
        wires=(RESPONSES,),
        model="o4-mini",
    ),
    # caching
    _row("a cached instruction", system=(Text("Be brief.", CACHED),), wires=(CLAUDE,)),
    _row("a cached turn", user(Text("A long text.", CACHED), "What does it say?"), wires=(CLAUDE,)),
    _row("a cached tool", "Oslo?", tools=(replace(WEATHER, extra=CACHED),), wires=(CLAUDE,)),
    _row("caching of itself", extra={"cache_control": {"type": "ephemeral"}}, wires=(CLAUDE,)),
    # a vendor's own
    _row("penalties", extra={"frequency_penalty": 0.5, "presence_penalty": -0.5}, wires=(CHAT,)),
    _row("a penalty at Google's", extra={"generationConfig": {"presencePenalty": 0.5}}, wires=(GEMINI,)),
    _row("probabilities", extra={"logprobs": True, "top_logprobs": 2}, wires=(CHAT,)),
    _row("biases", extra={"logit_bias": {"50256": -100}}, wires=(CHAT,)),
    _row("a tier", extra={"service_tier": "auto"}, wires=(CHAT, RESPONSES, CLAUDE)),
    _row("a user", extra={"safety_identifier": "u-17", "prompt_cache_key": "k"}, wires=OPENAI),
    _row("stored", extra={"store": True}, metadata={"run": "1"}, wires=OPENAI),
    _row("not stored", extra={"store": False}, wires=OPENAI),
    _row("instructions for the words", extra={"verbosity": "low"}, wires=(CHAT,), model="gpt-5"),
    _row("truncation", extra={"truncation": "auto"}, wires=(RESPONSES,)),
    _row("no obfuscation", extra={"stream_options": {"include_obfuscation": False}}, stream=True, wires=OPENAI),
    _row("top_k", extra={"top_k": 5}, wires=(CLAUDE,)),
    _row("a search by the vendor", tools=(Opaque(RESPONSES, {"type": "web_search"}),), wires=(RESPONSES,)),
    _row(
        "a search by Anthropic",
        tools=(Opaque(CLAUDE, {"type": "web_search_20250305", "name": "web_search", "max_uses": 2}),),
        wires=(CLAUDE,),
    ),
    _row("a custom tool", tools=(Opaque(CHAT, {"type": "custom", "custom": {"name": "sql"}}),), wires=(CHAT,)),
    _row("a search by Google", tools=(Opaque(GEMINI, {"googleSearch": {}}),), wires=(GEMINI,)),
    _row(
        "safety settings",
        extra={"safetySettings": [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_NONE"}]},
        wires=(GEMINI,),
    ),
)
"""Each is sent on each of its wires."""

EMBEDDINGS: tuple[tuple[str, EmbedRequest], ...] = (
    ("embeddings/one text", EmbedRequest(model="text-embedding-3-small", texts=("Hello",))),
    ("embeddings/texts", EmbedRequest(model="text-embedding-3-large", texts=("Hello", "World"))),
    ("embeddings/dimensions", EmbedRequest(model="text-embedding-3-small", texts=("Hello",), dimensions=256)),
    ("embeddings/floats", EmbedRequest(model="text-embedding-3-small", texts=("Hello",), encoding="float")),
    ("embeddings/no encoding", EmbedRequest(model="text-embedding-ada-002", texts=("Hello",), encoding=None)),
    ("embeddings/tokens", EmbedRequest(model="text-embedding-3-small", texts=((1, 2, 3),))),
    ("embeddings/a user", EmbedRequest(model="text-embedding-3-small", texts=("Hello",), extra={"user": "u-17"})),
)


def calls(*wanted: str) -> list[tuple[str, Request]]:
    """(wire, request) of every row on the wires wanted, with its name before: "chat_completions/a question"."""
    return [
        (f"{wire}/{row.name}", row.request if row.request.model else replace(row.request, model=MODELS[wire]))
        for wire in wanted
        for row in CALLS
        if wire in row.wires
    ]


def follow_up(request: Request, answer: Message) -> Request:
    """The next turn after an answer: the results of the tools that it calls, and a further question."""
    results = tuple([ToolResult(called.id, (Text("4 °C"),)) for called in answer.tool_calls])
    said = (Message("tool", results),) if results else ()
    before = (answer, *said) if answer.parts else ()
    return replace(request, messages=(*request.messages, *before, user("And now?")), tool_choice=None)


class Caller:
    """Makes calls as ringup's client does, to one server.

    base_urls   where each provider is to be found
    key         the key for all of them
    """

    def __init__(self, base_urls: dict[str, str], key: str) -> None:
        self._base_urls = base_urls
        self._key = Secret(key)
        self.transport = make_transport(Options())

    def close(self) -> None:
        """Close the connections."""
        self.transport.close()

    def send(self, wire: str, request: Request, transport: Transport | None = None) -> Reply:
        """Make the call, over the caller's own transport or another; raises what the client raises."""
        plan = self.plan(wire, request)
        record = Record(plan)
        for _ in drive(call(plan, record, REAL), World(transport or self.transport)):
            pass
        assert record.reply
        return record.reply

    def plan(self, wire: str, request: Request) -> Plan:
        """What the client's planner makes of a prompt and its parameters, made of a whole Request."""
        name = PROVIDERS[wire]
        provider, url, auth = self._where(name)
        rules = models.rules(name, request.model)
        fitted, notices = fit(request, rules, name)
        http, more = wires.find(wire).write_request(fitted, rules)
        return Plan(
            provider=provider,
            wire=wires.find(wire),
            request=fitted,
            url=url + http.path,
            http=http,
            auth=auth,
            timeout=30.0,
            idle_timeout=None,
            retries=0,
            notices=notices + more,
            budget=Budget(),
            rules=rules,
        )

    def _where(self, name: str) -> tuple[Provider, str, Auth]:
        provider = find(name)
        assert provider
        return provider, self._base_urls[name], Auth(self._key, provider.key_header)

    def embed(self, request: EmbedRequest, provider: str = "openai") -> HttpResponse:
        """Ask for vectors."""
        http, _ = (embeddings if provider == "openai" else gemini_embeddings).write_request(request)
        return self.post(provider, http)

    def models(self, provider: str) -> list[Listed]:
        """Ask for the provider's models, all pages of them."""
        return list_models(Planner(find(provider), self._base_urls[provider], self._key, {}).route("any"))

    def post(self, provider: str, http: HttpRequest) -> HttpResponse:
        """Send a request as it is."""
        _, url, auth = self._where(provider)
        return self.transport.exchange(url + http.path, http, auth, 30.0, MAX_BODY_BYTES)
