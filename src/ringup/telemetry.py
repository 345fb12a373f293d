"""Spans and metrics for OpenTelemetry, by its conventions for generative AI: one span for each call, with an event for
each try on the wire; one for each tool that is run; and the metrics of both. Needs the extra `otel`, the API package
only.

The names are those of the repository semantic-conventions-genai (schema gen-ai/1.42.0 and what its main branch holds
since: docs/gen-ai/client-inference.md, client-embeddings.md, gen-ai-token-metrics.md, and model/gen-ai/ for the metric
of tools and the JSON of messages), all of status Development. The constants of opentelemetry-semantic-conventions
0.66b2 still have older ones (`cache_creation`, `gen_ai.client.operation.duration`, `gen_ai.client.token.usage`).

    client = ringup.Client("gpt-4o-mini", otel=True)

A span begins when the call does, a stream's when it is first iterated, and ends with the answer's last event. Its
parent is the span that is current then.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct
from msgspec.structs import replace

from ringup.embeddings import EmbedRequest
from ringup.errors import MissingExtraError, ParameterError
from ringup.ledger import Secrets
from ringup.logs import logger
from ringup.messages import (
    Audio,
    Message,
    Opaque,
    Part,
    Refusal,
    Request,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolResult,
)
from ringup.outcome import so_far
from ringup.reply import Attempt, Reply
from ringup.script import Plan, Record, Script
from ringup.steps import Job
from ringup.tools import answered
from ringup.usage import Usage
from ringup.version import __version__
from ringup.wire_tools import encode

__all__ = ["Telemetry", "Tracer", "make_tracer"]

_SCHEMA = "https://opentelemetry.io/schemas/gen-ai/1.42.0"
_CAPTURE = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"

_PROVIDERS = {
    "gemini": "gcp.gemini",
    "mistral": "mistral_ai",
    "xai": "x_ai",
    "azure": "azure.ai.openai",
    "moonshot": "moonshot_ai",
}
"""Providers that the conventions call otherwise."""

_SECONDS = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92)
_TOKENS = tuple(4**power for power in range(14))
_USAGE = {
    "input_tokens": "input_tokens",
    "output_tokens": "output_tokens",
    "cache_read_tokens": "cache_read.input_tokens",
    "cache_write_tokens": "cache_write.input_tokens",
    "reasoning_tokens": "reasoning.output_tokens",
}
"""Our names of what is counted, and theirs."""

_UNSPLIT = {"gen_ai.token.modality": "unknown"}
"""The counters want the kind of the tokens (text, image, audio); hardly a provider tells it of all."""

_SHORT = 200
"""Texts of so few characters are mostly the same in each call: that they hold no secret is remembered."""


class Telemetry(Struct, frozen=True, kw_only=True):
    """How calls are told to OpenTelemetry: `Client(otel=Telemetry(...))`.

    content          what was said goes into the spans too; default: the variable
                     OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT, else no
    propagate        the request carries a traceparent header, so that a gateway of yours goes on with the trace. It
                     goes to the server that is called, whoever that is; default: no
    tracer_provider, meter_provider   default: the global ones
    """

    content: bool | None = None
    propagate: bool = False
    tracer_provider: Any = None
    meter_provider: Any = None


def make_tracer(otel: bool | Telemetry | None) -> Tracer | None:
    """What traces calls, or None where nobody wants that. None: the variable RINGUP_OTEL=1.

    Raises MissingExtraError without the API package, and ParameterError for anything else.
    """
    if otel is None:
        otel = os.environ.get("RINGUP_OTEL", "").lower() in ("1", "true", "yes")
    if otel is False:
        return None
    if otel is not True and not isinstance(otel, Telemetry):
        raise ParameterError("otel is True, False or a ringup.Telemetry", parameter="otel")
    return Tracer(Telemetry() if otel is True else otel)


class Tracer:
    """Makes the spans and metrics of one client. What fails in it, in a processor or exporter say, fails no call: the
    first time, a warning says so."""

    def __init__(self, telemetry: Telemetry) -> None:
        try:
            from opentelemetry import context, metrics, propagate, trace  # here, for it is an extra
        except ImportError:
            raise MissingExtraError(
                "otel= needs the package opentelemetry-api.", advice="Install it: pip install 'ringup[otel]'"
            ) from None
        content = telemetry.content
        self._content = os.environ.get(_CAPTURE, "").lower() == "true" if content is None else content
        self._propagate = telemetry.propagate
        self._trace, self._context, self._inject = trace, context, propagate.inject
        self._tracer = trace.get_tracer("ringup", __version__, telemetry.tracer_provider, schema_url=_SCHEMA)
        meter = metrics.get_meter("ringup", __version__, telemetry.meter_provider, schema_url=_SCHEMA)
        self._instruments = _instruments(meter)
        self._secrets = Secrets()
        self._has_failed = False

    def _safely(self, act: Callable[..., Any], *args: Any, **named: Any) -> Any:
        """What it gives; None where it fails."""
        try:
            return act(*args, **named)
        except Exception as error:  # other people's code: an answer that is paid for is worth more
            if not self._has_failed:
                self._has_failed = True
                why = self._secrets.clean(f"{type(error).__name__}: {error}")
                logger().warning("OpenTelemetry failed (%s): calls go on, and may lack in it", why)
            return None

    def _start(self, name: str, attributes: Mapping[str, Any], began: int, kind: Any) -> Any:
        """A span; one that does nothing where it can't be started."""
        span = self._safely(
            self._tracer.start_span,
            name,
            context=self._context.get_current(),
            kind=kind,
            attributes=attributes,
            start_time=began,
        )
        return self._trace.INVALID_SPAN if span is None else span

    # Calls

    def call(self, record: Record, make: Callable[[Plan], Script]) -> Script:
        """The script of a call, with a span around it."""
        plan = record.plan
        self._secrets.know(plan.auth.secret if plan.auth else None)
        asked = self._cleaned(_asked(plan))
        began = time.time_ns()
        name = f"{asked['gen_ai.operation.name']} {asked['gen_ai.request.model']}"
        span = self._start(name, asked, began, self._trace.SpanKind.CLIENT)
        if self._propagate:
            plan = record.plan = self._safely(self._carrying, plan, span) or plan
        try:
            yield from make(plan)
        finally:
            self._end(span, record, asked, began)

    def _carrying(self, plan: Plan, span: Any) -> Plan:
        """The plan with the header by which the server goes on with the trace. It never carries baggage."""
        carrier: dict[str, str] = {}
        self._inject(carrier, context=self._trace.set_span_in_context(span, self._context.Context()))
        mine = {name: value for name, value in carrier.items() if name in ("traceparent", "tracestate")}
        return replace(plan, http=replace(plan.http, headers={**mine, **plan.http.headers}))

    def _end(self, span: Any, record: Record, asked: Mapping[str, Any], began: int) -> None:
        reply = self._safely(_came, record)
        self._safely(self._tell, span, record, reply)
        ended = time.time_ns()
        self._safely(span.end, ended)
        if record.attempts:  # else nothing was sent: its budget was spent
            self._safely(self._measure, record, reply, asked, (ended - began) / 1e9)

    def _tell(self, span: Any, record: Record, reply: Any) -> None:
        if span.is_recording():
            self._fill(span, record, reply)
        if record.error is not None:
            message = self._clean(record.error.message)
            span.set_status(self._trace.Status(self._trace.StatusCode.ERROR, message))

    def _fill(self, span: Any, record: Record, reply: Any) -> None:
        told = {} if reply is None else _answered(reply, record)
        if record.error is not None:
            told["error.type"] = type(record.error).__name__
        elif record.outcome == "cancelled":
            told["ringup.outcome"] = "cancelled"
        said = {}
        if self._content and isinstance(record.plan.request, Request):
            said = {name: self._json(value) for name, value in _said(record.plan.request, reply).items()}
        span.set_attributes(self._cleaned(told) | said)
        for attempt in record.attempts:
            span.add_event("ringup.attempt", self._cleaned(_tried(attempt)), timestamp=round(attempt.started * 1e9))

    def _cleaned(self, told: Mapping[str, Any]) -> dict[str, Any]:
        """What is known of it, without secrets."""
        return {name: self._clean(value) for name, value in told.items() if value is not None}

    def _clean(self, value: Any) -> Any:
        if isinstance(value, str):
            known = len(value) <= _SHORT and self._secrets.are_clean((value,))
            return value if known else self._secrets.clean(value)
        return [self._clean(held) for held in value] if isinstance(value, list | tuple) else value

    def _json(self, value: Any) -> str:
        """As JSON without secrets, which is JSON still."""
        return self._secrets.clean_json(encode(value).decode())

    def _measure(self, record: Record, reply: Any, asked: Mapping[str, Any], seconds: float) -> None:
        about = {name: asked[name] for name in _MEASURED if name in asked}
        if reply is not None and reply.model:
            about["gen_ai.response.model"] = self._clean(reply.model)
        kind = "embeddings" if isinstance(record.plan.request, EmbedRequest) else "inference"
        first, last = record.attempts[0], record.attempts[-1]
        failed = {"error.type": type(record.error).__name__} if record.error else {}
        self._record(f"{kind}.duration", seconds, about | failed)
        if kind == "inference" and last.first_token and record.plan.request.stream:
            self._record("inference.time_to_first_chunk", last.first_token - first.started, about)
        for name, count in _counts(getattr(reply, "usage", None)).items():
            self._record(f"{kind}.usage.{name}", count, about | _UNSPLIT)
            if record.outcome == "answered":  # their spread is told of whole answers only
                self._record(f"{kind}.operation.{name}", count, about)

    def _record(self, name: str, value: float, about: Mapping[str, Any]) -> None:
        instrument = self._instruments.get(f"gen_ai.client.{name}")
        if instrument:
            (instrument.add if hasattr(instrument, "add") else instrument.record)(value, about)

    # Tools

    def tool(self, job: Job) -> Job:
        """A job with a span around it, which is the current one while the tool runs."""
        run = job.function.run

        @wraps(run)
        def traced(**arguments: Any) -> Any:
            with self._tool_span(job) as told:
                return told(run(**arguments))

        @wraps(run)
        async def awaited(**arguments: Any) -> Any:
            with self._tool_span(job) as told:
                return told(await run(**arguments))

        return replace(job, function=replace(job.function, run=awaited if job.function.is_async else traced))

    @contextmanager
    def _tool_span(self, job: Job) -> Generator[Callable[[Any], Any]]:
        call, about = job.call, {**_TOOL, "gen_ai.tool.name": job.call.name}
        asked = {"gen_ai.tool.call.id": call.id, "gen_ai.tool.description": job.function.tool.description}
        said = {"gen_ai.tool.call.arguments": self._arguments_of(call)} if self._content else {}
        began, failed = time.time_ns(), {}
        attributes = self._cleaned(about | asked) | said
        span = self._start(f"execute_tool {call.name}", attributes, began, self._trace.SpanKind.INTERNAL)
        outer = self._safely(self._enter, span)

        def told(value: Any) -> Any:
            self._safely(self._tell_result, span, call, value)
            return value

        try:
            yield told
        except BaseException as error:
            failed = {"error.type": type(error).__name__}
            self._safely(span.set_attributes, failed)
            self._safely(span.set_status, self._trace.Status(self._trace.StatusCode.ERROR))
            raise
        finally:
            if outer is not None:
                self._safely(self._context.detach, outer)
            ended = time.time_ns()
            self._safely(span.end, ended)
            self._safely(self._instruments[_TOOL_SECONDS].record, (ended - began) / 1e9, about | failed)

    def _enter(self, span: Any) -> Any:
        """Make it the current one; gives what ends that."""
        return self._context.attach(self._trace.set_span_in_context(span))

    def _tell_result(self, span: Any, call: ToolCall, value: Any) -> None:
        if self._content and span.is_recording():
            span.set_attribute("gen_ai.tool.call.result", self._clean(answered(call, value).text))

    def _arguments_of(self, call: ToolCall) -> str:
        """A call's arguments without secrets, which needn't be JSON."""
        try:
            return self._secrets.clean_json(call.json)
        except ValueError:
            return self._secrets.clean(call.json)


_TOOL = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.type": "function"}
_TOOL_SECONDS = "gen_ai.execute_tool.duration"
_MEASURED = ("gen_ai.operation.name", "gen_ai.provider.name", "gen_ai.request.model", "server.address", "server.port")


def _operation(plan: Plan) -> str:
    if isinstance(plan.request, EmbedRequest):
        return "embeddings"
    return "generate_content" if plan.wire.NAME == "gemini" else "chat"


def _asked(plan: Plan) -> dict[str, Any]:
    """The attributes that are known when a call begins. What isn't known is None."""
    request, server = plan.request, urlsplit(plan.url)
    told: dict[str, Any] = {
        "gen_ai.operation.name": _operation(plan),
        "gen_ai.provider.name": _PROVIDERS.get(plan.provider.name, plan.provider.name),
        "gen_ai.request.model": request.model,
        "gen_ai.conversation.id": plan.session,
        "server.address": server.hostname,
        "server.port": server.port or (443 if server.scheme == "https" else 80),
    }
    if isinstance(request, EmbedRequest):
        told["gen_ai.embeddings.dimension.count"] = request.dimensions
        return told
    told |= {
        "gen_ai.request.stream": request.stream or None,
        "gen_ai.request.max_tokens": request.max_tokens,
        "gen_ai.request.temperature": request.temperature,
        "gen_ai.request.top_p": request.top_p,
        "gen_ai.request.seed": request.seed,
        "gen_ai.request.stop_sequences": request.stop or None,
        "gen_ai.request.reasoning.level": request.reasoning.effort if request.reasoning else None,
        "gen_ai.output.type": "json" if plan.shape is not None else None,
    }
    if request.extra:
        told |= {f"gen_ai.request.{name}": _number(request.extra.get(name)) for name in _FURTHER}
    if plan.provider.name == "openai":
        tier = request.extra.get("service_tier")
        told["openai.api.type"] = plan.wire.NAME
        told["openai.request.service_tier"] = tier if isinstance(tier, str) else None
    return told


_FURTHER = ("frequency_penalty", "presence_penalty", "top_k")
"""Parameters that travel in `extra=`, and have a name in the conventions."""


def _number(value: Any) -> Any:
    return value if type(value) in (int, float) else None


def _came(record: Record) -> Any:
    """The answer, or as much of it as came; None where nothing did."""
    if record.reply is not None or not record.attempts:
        return record.reply
    partial = getattr(record.error, "partial", None)
    return so_far(record) if partial is None and record.handed_out else partial


def _answered(reply: Any, record: Record) -> dict[str, Any]:
    """The attributes that the answer brings. What isn't known is None."""
    told: dict[str, Any] = {"gen_ai.response.id": reply.id, "gen_ai.response.model": reply.model}
    if isinstance(reply, Reply):
        reason = reply.finish_reason or (None if record.outcome == "answered" else "error")
        told["gen_ai.response.finish_reasons"] = [reason] if reason else None
        told["gen_ai.response.time_to_first_chunk"] = reply.time_to_first_token if record.plan.request.stream else None
    if record.plan.provider.name == "openai":
        for name in ("service_tier", "system_fingerprint"):
            held = reply.extra.get(name)
            told[f"openai.response.{name}"] = held if isinstance(held, str) else None
    if record.outcome == "answered":
        cost = reply.cost
        told["ringup.cost_usd"] = None if cost is None else float(cost)
    return told | {f"gen_ai.usage.{name}": count for name, count in _counts(reply.usage).items()}


def _tried(attempt: Attempt) -> dict[str, Any]:
    """The attributes of a try on the wire. What isn't known is None."""
    return {
        "ringup.attempt.number": attempt.number,
        "ringup.attempt.outcome": attempt.outcome or "cancelled",
        "http.response.status_code": attempt.status,
        "ringup.request_id": attempt.request_id,
        "ringup.attempt.error": attempt.error,
        "ringup.attempt.maybe_billed": attempt.maybe_billed,
        "ringup.attempt.duration": attempt.ended - attempt.started if attempt.ended else None,
    }


def _counts(usage: Usage | None) -> dict[str, int]:
    counts = {theirs: getattr(usage, ours, None) for ours, theirs in _USAGE.items()}
    return {name: count for name, count in counts.items() if count is not None}


def _said(request: Request, reply: Any) -> dict[str, Any]:
    """What was said, in the conventions' form, which is JSON."""
    said: dict[str, Any] = {"gen_ai.input.messages": [_message(message) for message in request.messages]}
    if system := [_part(part) for part in request.system if isinstance(part, Text)]:
        said["gen_ai.system_instructions"] = system
    if request.tools:
        said["gen_ai.tool.definitions"] = [_tool(tool) for tool in request.tools]
    if isinstance(reply, Reply):  # the place of finish_reason in it is an older form, which readers still want
        said["gen_ai.output.messages"] = [{**_message(reply.message), "finish_reason": reply.finish_reason or "error"}]
    return said


def _message(message: Message) -> dict[str, Any]:
    return {"role": message.role, "parts": [_part(part) for part in message.parts]}


def _part(part: Part) -> dict[str, Any]:
    """A part as the conventions have it."""
    match part:
        case Text(text) | Refusal(text):
            return {"type": "text", "content": text}
        case Thinking(text):
            return {"type": "reasoning", "content": text}
        case ToolCall():
            return {"type": "tool_call", "id": part.id, "name": part.name, "arguments": _arguments(part)}
        case ToolResult():
            return {"type": "tool_call_response", "id": part.call_id, "response": part.text}
        case Opaque():
            return {"type": part.kind}
    return _file(part)


def _file(part: Any) -> dict[str, Any]:
    """A file: where it is, or only what it is, for its bytes would burst any exporter."""
    modality = type(part).__name__.lower()
    if isinstance(part, Audio):
        about: dict[str, Any] = {"modality": modality, "transcript": part.transcript}
        return {"type": "file", **about, "file_id": part.id} if part.id else {"type": modality, **about}
    about = {"modality": modality, "mime_type": part.media_type}
    if part.file_id:
        return {"type": "file", **about, "file_id": part.file_id}
    if part.url and not part.url.startswith("data:"):
        return {"type": "uri", **about, "uri": part.url}
    return {"type": modality, **about}


def _arguments(call: ToolCall) -> Any:
    """The arguments as an object, or as they came where they are none."""
    try:
        return call.arguments
    except ValueError:
        return call.json


def _tool(tool: Tool | Opaque) -> dict[str, Any]:
    if isinstance(tool, Opaque):
        return {"type": tool.kind, "name": str(tool.data.get("name", tool.kind))}
    return {
        "type": "function",
        "name": tool.name,
        "description": tool.description,
        "parameters": tool.parameters,
    }


def _instruments(meter: Any) -> dict[str, Any]:
    made = {}
    for kind in ("inference", "embeddings"):
        name = f"gen_ai.client.{kind}"
        made[f"{name}.duration"] = _histogram(meter, f"{name}.duration", "s", _SECONDS)
        for theirs in _USAGE.values() if kind == "inference" else ("input_tokens",):
            if kind == "inference":
                counter = meter.create_counter(f"{name}.usage.{theirs}", unit="{token}", description="Tokens used.")
                made[f"{name}.usage.{theirs}"] = counter
            if "." not in theirs:
                made[f"{name}.operation.{theirs}"] = _histogram(meter, f"{name}.operation.{theirs}", "{token}", _TOKENS)
    for name in ("gen_ai.client.inference.time_to_first_chunk", _TOOL_SECONDS):
        made[name] = _histogram(meter, name, "s", _SECONDS)
    return made


def _histogram(meter: Any, name: str, unit: str, bounds: tuple[float, ...]) -> Any:
    words = "How long it took." if unit == "s" else "Tokens of one operation."
    return meter.create_histogram(name, unit=unit, description=words, explicit_bucket_boundaries_advisory=bounds)
