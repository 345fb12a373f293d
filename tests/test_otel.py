"""Spans and metrics, read by the SDK's own in-memory readers."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import ringup
from ringup.testing import Simulator
from tests.test_client import Wire, chunks, completion

pytest.importorskip("opentelemetry.sdk.trace")

from opentelemetry import trace
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF

from tests.collector import Reader


@pytest.fixture
def reader() -> Iterator[Reader]:
    made = Reader()
    yield made
    made.tracers.shutdown()
    made.meters.shutdown()


Make = Callable[..., Any]


@pytest.fixture
def client(reader: Reader) -> Make:
    def make(*answers: Any, otel: Any = None, kind: Any = ringup.Client, **given: Any) -> Any:
        wire = Wire(*answers)
        usual: dict[str, Any] = {"api_key": "sk-canary-0123456789abcdef", "transport": wire}
        made = kind("gpt-4o-mini", otel=otel or reader.telemetry(), **(usual | given))
        made.wire = wire
        return made

    return make


def test_a_call(client: Make, reader: Reader) -> None:
    client(completion()).ask("Hi", temperature=0.5, max_tokens=9, seed=1, stop="x", session="s1")
    span = reader.span
    assert (span.name, span.kind.name, span.status.status_code.name) == ("chat gpt-4o-mini", "CLIENT", "UNSET")
    assert dict(span.attributes) == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-4o-mini",
        "gen_ai.conversation.id": "s1",
        "gen_ai.request.temperature": 0.5,
        "gen_ai.request.max_tokens": 9,
        "gen_ai.request.seed": 1,
        "gen_ai.request.stop_sequences": ("x",),
        "gen_ai.response.id": "chatcmpl-1",
        "gen_ai.response.model": "gpt-4o-mini-2024-07-18",
        "gen_ai.response.finish_reasons": ("stop",),
        "gen_ai.usage.input_tokens": 9,
        "gen_ai.usage.output_tokens": 2,
        "openai.api.type": "chat_completions",
        "ringup.cost_usd": 2.55e-06,
        "server.address": "api.openai.com",
        "server.port": 443,
    }
    (event,) = span.events
    assert event.name == "ringup.attempt"
    assert event.attributes["ringup.attempt.outcome"] == "answered"
    assert event.attributes["http.response.status_code"] == 200
    assert span.instrumentation_scope.name == "ringup"
    assert span.instrumentation_scope.schema_url == "https://opentelemetry.io/schemas/gen-ai/1.42.0"


def test_what_travels_in_extra_and_has_a_name(client: Make, reader: Reader) -> None:
    answer = {**completion(), "service_tier": "flex", "system_fingerprint": "fp_1"}
    client(answer).ask("Hi", extra={"service_tier": "flex", "frequency_penalty": 0.5})
    told = reader.span.attributes
    assert told["gen_ai.request.frequency_penalty"] == 0.5
    assert told["openai.request.service_tier"] == told["openai.response.service_tier"] == "flex"
    assert told["openai.response.system_fingerprint"] == "fp_1"


def test_every_try_is_an_event(client: Make, reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    client(503, 503, completion()).ask("Hi")
    tries = [
        (event.attributes["ringup.attempt.number"], event.attributes["ringup.attempt.outcome"])
        for event in reader.span.events
    ]
    assert tries == [(1, "failed"), (2, "failed"), (3, "answered")]
    assert reader.span.events[0].attributes["http.response.status_code"] == 503


def test_a_failure(client: Make, reader: Reader) -> None:
    with pytest.raises(ringup.BadRequestError):
        client(400).ask("Hi")
    assert reader.span.status.status_code.name == "ERROR"
    assert reader.span.attributes["error.type"] == "BadRequestError"
    assert not [event for event in reader.span.events if event.name == "exception"]
    (duration,) = reader.points()["gen_ai.client.inference.duration"]
    assert duration.attributes["error.type"] == "BadRequestError"
    assert duration.sum == (reader.span.end_time - reader.span.start_time) / 1e9


def test_what_an_error_quotes_of_an_answer_is_not_told(client: Make, reader: Reader) -> None:
    with pytest.raises(ringup.ProtocolError, match="Zebra"):
        client("Zebra").ask("Hi")
    assert reader.span.status.description.endswith("instead of an answer")
    assert "Zebra" not in reader.span.to_json()


def test_a_call_that_its_budget_refuses(client: Make, reader: Reader) -> None:
    with pytest.raises(ringup.BudgetExceededError):
        client(budget="0.000000001 USD").ask("Hi", max_tokens=9)
    assert reader.span.attributes["error.type"] == "BudgetExceededError"
    assert not reader.span.events


def test_a_stream_that_breaks_off(client: Make, reader: Reader) -> None:
    with pytest.raises(ringup.StreamTruncatedError):
        "".join(client(chunks("Hel", done=False), otel=reader.telemetry(content=True)).stream("Hi"))
    assert reader.span.attributes["gen_ai.response.finish_reasons"] == ("error",)
    assert '"content":"Hel"' in reader.span.attributes["gen_ai.output.messages"]
    assert "ringup.cost_usd" not in reader.span.attributes
    assert not any(".operation." in name for name in reader.points())


def test_what_is_not_sampled_is_still_measured(reader: Reader) -> None:
    never = TracerProvider(sampler=ALWAYS_OFF, shutdown_on_exit=False)
    otel = ringup.Telemetry(content=True, tracer_provider=never, meter_provider=reader.meters)
    ringup.Client("gpt-4o-mini", api_key="sk-any-key-at-all", transport=Wire(completion()), otel=otel).ask("Hi")
    assert reader.points()["gen_ai.client.inference.usage.input_tokens"][0].value == 9


def test_a_streams_span_ends_with_the_stream(client: Make, reader: Reader) -> None:
    stream = client(chunks("Hel", "lo")).stream("Hi")
    assert next(stream) == "Hel"
    assert not reader.spans
    assert "".join(stream) == "lo"
    assert reader.span.attributes["gen_ai.request.stream"] is True
    assert reader.span.attributes["gen_ai.response.time_to_first_chunk"] >= 0
    assert reader.span.attributes["gen_ai.usage.output_tokens"] == 2
    (first,) = reader.points()["gen_ai.client.inference.time_to_first_chunk"]
    assert first.count == 1


def test_a_stream_that_is_left(client: Make, reader: Reader) -> None:
    with client(chunks("Hel", "lo")).stream("Hi") as stream:
        next(stream)
    assert reader.span.attributes["ringup.outcome"] == "cancelled"
    assert reader.span.attributes["gen_ai.response.finish_reasons"] == ("error",)
    assert reader.span.status.status_code.name == "UNSET"
    client(chunks("never")).stream("Hi").close()
    assert len(reader.spans) == 1


def test_the_parent_is_the_span_of_whoever_asks(client: Make, reader: Reader) -> None:
    tracer = reader.tracers.get_tracer("app")
    with tracer.start_as_current_span("outer") as outer:
        client(completion()).ask("Hi")
        assert "".join(client(chunks("a")).stream("Hi")) == "a"
        assert trace.get_current_span() is outer
    assert [span.parent.span_id for span in reader.spans[:2]] == [outer.get_span_context().span_id] * 2


def test_async_calls_at_the_same_time_keep_their_parents(reader: Reader) -> None:
    tracer = reader.tracers.get_tracer("app")

    async def ask(client: Any, name: str) -> None:
        with tracer.start_as_current_span(name):
            await client.ask("Hi", session=name)
            async with client.stream("Hi", session=name) as stream:
                async for _ in stream:
                    await asyncio.sleep(0)

    async def main(url: str) -> None:
        given: Any = {"base_url": url, "api_key": "sk-any-key-at-all", "otel": reader.telemetry()}
        async with ringup.AsyncClient("gpt-4o-mini", **given) as client:
            await asyncio.gather(*[ask(client, f"task {number}") for number in range(5)])

    with Simulator() as sim:
        asyncio.run(main(sim.openai_url))
    outer = {span.context.span_id: span.name for span in reader.spans if span.name.startswith("task")}
    calls = [span for span in reader.spans if span.name == "chat gpt-4o-mini"]
    assert len(calls) == 10
    assert all(outer[span.parent.span_id] == span.attributes["gen_ai.conversation.id"] for span in calls)


def test_metrics(client: Make, reader: Reader) -> None:
    usage = {
        "prompt_tokens": 100,
        "completion_tokens": 20,
        "total_tokens": 120,
        "prompt_tokens_details": {"cached_tokens": 60},
        "completion_tokens_details": {"reasoning_tokens": 5},
    }
    client({**completion(), "usage": usage}).ask("Hi")
    points = reader.points()
    values = {name.removeprefix("gen_ai.client.inference."): held[0] for name, held in points.items()}
    assert values["usage.input_tokens"].value == 100
    assert values["usage.output_tokens"].value == 20
    assert values["usage.cache_read.input_tokens"].value == 60
    assert values["usage.reasoning.output_tokens"].value == 5
    assert "usage.cache_write.input_tokens" not in values
    assert values["usage.input_tokens"].attributes["gen_ai.token.modality"] == "unknown"
    assert "gen_ai.token.modality" not in values["operation.input_tokens"].attributes
    assert values["operation.input_tokens"].sum == 100
    assert values["duration"].explicit_bounds[:3] == (0.01, 0.02, 0.04)
    assert dict(values["duration"].attributes) == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-4o-mini",
        "gen_ai.response.model": "gpt-4o-mini-2024-07-18",
        "server.address": "api.openai.com",
        "server.port": 443,
    }


def calling(**arguments: Any) -> dict[str, Any]:
    function = {"name": "look", "arguments": ringup.wire_tools.encode(arguments).decode()}
    made = completion("", tool_calls=[{"id": "c1", "type": "function", "function": function}])
    made["choices"][0]["finish_reason"] = "tool_calls"
    return made


def test_tools(client: Make, reader: Reader) -> None:
    tracer = reader.tracers.get_tracer("app")

    def look(what: str) -> str:
        """Look something up."""
        with tracer.start_as_current_span("inside"):
            return f"no {what}"

    with tracer.start_as_current_span("outer") as outer:
        client(calling(what="x"), completion()).ask("Hi", tools=[look])
    spans = {span.name: span for span in reader.spans}
    tool = spans["execute_tool look"]
    assert tool.kind.name == "INTERNAL"
    assert tool.parent.span_id == outer.get_span_context().span_id
    assert spans["inside"].parent.span_id == tool.context.span_id
    assert dict(tool.attributes) == {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "look",
        "gen_ai.tool.type": "function",
        "gen_ai.tool.call.id": "c1",
        "gen_ai.tool.description": "Look something up.",
    }
    (duration,) = reader.points()["gen_ai.execute_tool.duration"]
    assert duration.sum == (tool.end_time - tool.start_time) / 1e9
    assert dict(duration.attributes) == {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "look",
        "gen_ai.tool.type": "function",
    }
    assert len([span for span in reader.spans if span.name == "chat gpt-4o-mini"]) == 2


@pytest.mark.parametrize("is_async", [False, True])
def test_a_tool_that_fails(client: Make, reader: Reader, is_async: bool) -> None:
    def plain() -> str:
        """Look."""
        raise KeyError("x")

    async def look() -> str:
        """Look."""
        return plain()

    if not is_async:
        plain.__name__ = "look"
    client(calling(), completion()).ask("Hi", tools=[look if is_async else plain])
    (tool,) = [span for span in reader.spans if span.name == "execute_tool look"]
    assert tool.status.status_code.name == "ERROR"
    assert tool.attributes["error.type"] == "KeyError"
    (duration,) = reader.points()["gen_ai.execute_tool.duration"]
    assert duration.attributes["error.type"] == "KeyError"


def test_content_only_where_it_is_asked_for(client: Make, reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    def look(what: str) -> dict[str, str]:
        """Look something up."""
        return {"no": what}

    given: dict[str, Any] = {"tools": [look], "system": "Be short."}
    client(calling(what="sesame"), completion("Paris.")).ask("Open sesame", **given)
    assert "sesame" not in repr([span.to_json() for span in reader.spans])
    reader.exporter.clear()
    monkeypatch.setenv("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", "true")
    client(calling(what="sesame"), completion("Paris.")).ask("Open sesame sk-canary-0123456789abcdef", **given)
    first, tool, last = sorted(reader.spans, key=lambda span: span.start_time)
    assert first.attributes["gen_ai.system_instructions"] == '[{"type":"text","content":"Be short."}]'
    asked = '[{"role":"user","parts":[{"type":"text","content":"Open sesame ***"}]}]'
    assert first.attributes["gen_ai.input.messages"] == asked
    (answer,) = json.loads(first.attributes["gen_ai.output.messages"])
    arguments = {"what": "sesame"}
    assert answer["parts"] == [{"type": "tool_call", "id": "c1", "name": "look", "arguments": arguments}]
    assert json.loads(tool.attributes["gen_ai.tool.call.arguments"]) == arguments
    assert tool.attributes["gen_ai.tool.call.result"] == '{"no":"sesame"}'
    (result,) = json.loads(last.attributes["gen_ai.input.messages"])[-1]["parts"]
    assert result == {"type": "tool_call_response", "id": "c1", "response": '{"no":"sesame"}'}
    assert '"finish_reason":"stop"' in last.attributes["gen_ai.output.messages"]
    (definition,) = json.loads(first.attributes["gen_ai.tool.definitions"])
    assert (definition["type"], definition["name"], definition["description"]) == (
        "function",
        "look",
        "Look something up.",
    )


def test_content_is_json_also_without_its_secrets(client: Make, reader: Reader) -> None:
    def look(what: str) -> str:
        """Look something up."""
        return what

    said = 'Say "https://x.org/?key=abcdefgh12" and -----BEGIN PRIVATE KEY-----\nMIIB'
    asked = client(calling(what=said), completion(said), otel=reader.telemetry(content=True))
    asked.ask(said, tools=[look])
    held = [value for span in reader.spans for name, value in span.attributes.items() if name.endswith(CONTENT)]
    assert len(held) == 7
    assert all(json.loads(value) for value in held)
    assert "abcdefgh12" not in repr(held)
    assert "MIIB" not in repr(held)


CONTENT = (".messages", ".definitions", ".arguments")


class Broken(SpanProcessor):
    """A user's own, which fails."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def on_start(self, span: Any, parent_context: Any = None) -> None:
        if isinstance(self.error, Exception):
            raise self.error

    def on_end(self, span: Any) -> None:
        raise self.error


def test_what_fails_in_it_fails_no_call(client: Make, reader: Reader, caplog: pytest.LogCaptureFixture) -> None:
    def look(what: str) -> str:
        """Look something up."""
        return what

    reader.tracers.add_span_processor(Broken(RuntimeError("no disk, sk-canary-0123456789abcdef")))
    asked = client(calling(what="x"), completion("Paris."), completion("Oslo."), 400)
    assert asked.ask("Hi", tools=[look]).text == "Paris."
    assert asked.ask("Hi").text == "Oslo."
    with pytest.raises(ringup.BadRequestError):
        asked.ask("Hi")
    (told,) = [record for record in caplog.records if record.levelname == "WARNING"]
    assert told.name == "ringup"
    assert told.getMessage() == "OpenTelemetry failed (RuntimeError: no disk, ***): calls go on, and may lack in it"


def test_ctrl_c_in_it_goes_through(client: Make, reader: Reader) -> None:
    reader.tracers.add_span_processor(Broken(KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        client(completion()).ask("Hi")


@pytest.mark.parametrize(
    ("part", "told"),
    [
        (ringup.Image(data=b"png", media_type="image/png"), {"type": "image", "mime_type": "image/png"}),
        (ringup.Image(url="data:image/png;base64,AAAA"), {"type": "image", "mime_type": None}),
        (ringup.Image(url="https://x.org/a"), {"type": "uri", "mime_type": None, "uri": "https://x.org/a"}),
        (ringup.Image(file_id="file-1"), {"type": "file", "mime_type": None, "file_id": "file-1"}),
        (ringup.Audio(data=b"mp3", format="mp3"), {"type": "audio", "transcript": None}),
    ],
)
def test_files_without_their_bytes(client: Make, reader: Reader, part: Any, told: dict[str, Any]) -> None:
    model = "gpt-audio" if isinstance(part, ringup.Audio) else "gpt-4o-mini"
    client(completion(), otel=reader.telemetry(content=True)).ask([part], model=model)
    (message,) = json.loads(reader.span.attributes["gen_ai.input.messages"])
    assert message["parts"][0] == {"modality": type(part).__name__.lower(), **told}


def test_embeddings(reader: Reader) -> None:
    with (
        Simulator() as sim,
        ringup.Client(base_url=sim.openai_url, api_key="sk-any-key-at-all", otel=reader.telemetry()) as client,
    ):
        client.embed(["a", "b"], model="text-embedding-3-small", dimensions=8)
    assert reader.span.name == "embeddings text-embedding-3-small"
    assert reader.span.attributes["gen_ai.operation.name"] == "embeddings"
    assert reader.span.attributes["gen_ai.embeddings.dimension.count"] == 8
    assert reader.span.attributes["gen_ai.usage.input_tokens"] > 0
    points = reader.points()
    assert set(points) == {"gen_ai.client.embeddings.duration", "gen_ai.client.embeddings.operation.input_tokens"}


def test_the_trace_goes_along_only_where_it_is_asked_to(client: Make, reader: Reader) -> None:
    made = client(completion())
    made.ask("Hi")
    assert "traceparent" not in made.wire.requests[0].headers
    made = client(completion(), otel=reader.telemetry(propagate=True))
    made.ask("Hi")
    span = reader.spans[-1]
    version, of, by, _ = made.wire.requests[0].headers["traceparent"].split("-")
    assert (version, of, by) == ("00", f"{span.context.trace_id:032x}", f"{span.context.span_id:016x}")
    assert "baggage" not in made.wire.requests[0].headers


def test_nothing_secret_is_told(client: Make, reader: Reader) -> None:
    key = "Kanarienvogel4711zwitschert"
    wire = Wire({**completion(key), "id": key, "model": key})
    ringup.Client(
        "gpt-4o-mini", api_key=key, transport=wire, otel=reader.telemetry(content=True), headers={"X-Token": key}
    ).ask(f"My key is {key}", session=key)
    assert key not in reader.span.to_json()


def test_it_is_off_by_default_and_costs_no_import() -> None:
    code = (
        "import sys, ringup; from tests.test_client import Wire, completion\n"
        "ringup.Client('gpt-4o-mini', api_key='x' * 20, transport=Wire(completion())).ask('Hi')\n"
        "assert not any(name.startswith('opentelemetry') for name in sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_how_it_is_switched_on(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ringup.Client("gpt-4o-mini")._tracer is None
    monkeypatch.setenv("RINGUP_OTEL", "1")
    assert ringup.Client("gpt-4o-mini")._tracer is not None
    assert ringup.Client("gpt-4o-mini", otel=False)._tracer is None
    with pytest.raises(ringup.ParameterError, match="otel"):
        ringup.Client("gpt-4o-mini", otel="yes")  # type: ignore[arg-type]
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    with pytest.raises(ringup.MissingExtraError, match=r"ringup\[otel\]"):
        ringup.Client("gpt-4o-mini", otel=True)
