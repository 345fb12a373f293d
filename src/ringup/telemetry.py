"""Spans and metrics for OpenTelemetry, by its conventions for generative AI (semantic-conventions-genai, schema
gen-ai/1.42.0, status Development): one span for each call, with an event for each try on the wire; one for each tool
that is run; and the metrics of both. Needs the extra `otel`, the API package only.

    client = ringup.Client("gpt-4o-mini", otel=True)

A span begins when the call does, a stream's when it is first iterated, and ends with the answer's last event. Its
parent is the span that is current then.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct
from msgspec.structs import replace

from ringup.call import Plan, Record, Script
from ringup.embeddings import EmbedRequest
from ringup.errors import MissingExtraError, ParameterError
from ringup.ledger import Secrets
from ringup.messages import Message, Opaque, Part, Refusal, Request, Text, Thinking, ToolCall, ToolResult
from ringup.reply import Attempt, Reply
from ringup.steps import Job
from ringup.usage import Usage
from ringup.version import __version__
from ringup.wire_tools import encode

__all__ = ["Telemetry", "Tracer", "make_tracer"]

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
    """Makes the spans and metrics of one client."""

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
        self._tracer = trace.get_tracer("ringup", __version__, telemetry.tracer_provider)
        meter = metrics.get_meter("ringup", __version__, telemetry.meter_provider)
        self._instruments = _instruments(meter)
        self._secrets = Secrets()

    # Calls

    def call(self, record: Record, make: Callable[[Plan], Script]) -> Script:
        """The script of a call, with a span around it."""
        plan = record.plan
        self._secrets.know(plan.auth.secret if plan.auth else None)
        parent = self._context.get_current()
        asked = {name: self._clean(value) for name, value in _asked(plan).items()}
        span = self._tracer.start_span(
            f"{_operation(plan)} {plan.request.model}",
            context=parent,
            kind=self._trace.SpanKind.CLIENT,
            attributes=asked,
        )
        if self._propagate:
            plan = record.plan = self._carrying(plan, span)
        try:
            yield from make(plan)
        finally:
            self._end(span, record)

    def _carrying(self, plan: Plan, span: Any) -> Plan:
        """The plan with the header by which the server goes on with the trace. It never carries baggage."""
        carrier: dict[str, str] = {}
        self._inject(carrier, context=self._trace.set_span_in_context(span, self._context.Context()))
        mine = {name: value for name, value in carrier.items() if name in ("traceparent", "tracestate")}
        return replace(plan, http=replace(plan.http, headers={**mine, **plan.http.headers}))

    def _end(self, span: Any, record: Record) -> None:
        plan, reply = record.plan, record.reply or getattr(record.error, "partial", None)
        told = _answered(reply, record) if reply is not None else {}
        if record.error is not None:
            told["error.type"] = type(record.error).__name__
            words = self._secrets.clean(record.error.message)
            span.set_status(self._trace.Status(self._trace.StatusCode.ERROR, words))
        elif record.outcome == "cancelled":
            told["ringup.outcome"] = "cancelled"
        for attempt in record.attempts:
            self._add_try(span, attempt)
        if self._content and isinstance(plan.request, Request):
            told |= self._said(plan.request, reply)
        span.set_attributes({name: self._clean(value) for name, value in told.items()})
        span.end()
        self._measure(record, reply, told.get("error.type"))

    def _add_try(self, span: Any, attempt: Attempt) -> None:
        told = {
            "ringup.attempt.number": attempt.number,
            "ringup.attempt.outcome": attempt.outcome or "cancelled",
            "http.response.status_code": attempt.status,
            "ringup.request_id": attempt.request_id,
            "ringup.attempt.error": attempt.error,
            "ringup.attempt.maybe_billed": attempt.maybe_billed,
            "ringup.attempt.duration": attempt.ended - attempt.started if attempt.ended else None,
        }
        known = {name: self._clean(value) for name, value in told.items() if value is not None}
        span.add_event("ringup.attempt", known, timestamp=round(attempt.started * 1e9))

    def _clean(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._secrets.clean(value)
        return [self._clean(held) for held in value] if isinstance(value, list | tuple) else value

    def _said(self, request: Request, reply: Any) -> dict[str, Any]:
        """What was said, as JSON in the conventions' form."""
        said: dict[str, Any] = {"gen_ai.input.messages": [_message(message) for message in request.messages]}
        if request.system:
            said["gen_ai.system_instructions"] = [_part(part) for part in request.system]
        if isinstance(reply, Reply):
            said["gen_ai.output.messages"] = [{**_message(reply.message), "finish_reason": reply.finish_reason or ""}]
        return {name: encode(value).decode() for name, value in said.items()}

    def _measure(self, record: Record, reply: Any, error: str | None) -> None:
        about = {name: value for name, value in _asked(record.plan).items() if name in _MEASURED}
        if reply is not None and reply.model:
            about["gen_ai.response.model"] = self._clean(reply.model)
        kind = "embeddings" if isinstance(record.plan.request, EmbedRequest) else "inference"
        first, last = record.attempts[0], record.attempts[-1]
        failed = {**about, "error.type": error} if error else about
        self._record(f"{kind}.duration", (last.ended or last.started) - first.started, failed)
        if kind == "inference" and last.first_token and record.plan.request.stream:
            self._record("inference.time_to_first_chunk", last.first_token - first.started, about)
        for name, count in _counts(getattr(reply, "usage", None)).items():
            self._record(f"{kind}.usage.{name}", count, about)
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
            with self._tool_span(job.call) as told:
                return told(run(**arguments))

        @wraps(run)
        async def awaited(**arguments: Any) -> Any:
            with self._tool_span(job.call) as told:
                return told(await run(**arguments))

        return replace(job, function=replace(job.function, run=awaited if job.function.is_async else traced))

    @contextmanager
    def _tool_span(self, call: ToolCall) -> Generator[Callable[[Any], Any]]:
        about = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": call.name, "gen_ai.tool.type": "function"}
        asked = {"gen_ai.tool.call.arguments": self._clean(call.json)} if self._content else {}
        with self._tracer.start_as_current_span(
            f"execute_tool {call.name}",
            attributes={**about, "gen_ai.tool.call.id": call.id, **asked},
            record_exception=False,
            set_status_on_exception=False,
        ) as span:

            def told(value: Any) -> Any:
                if self._content:
                    span.set_attribute("gen_ai.tool.call.result", self._clean(str(value)))
                return value

            try:
                yield told
            except BaseException as error:
                span.set_attribute("error.type", type(error).__name__)
                span.set_status(self._trace.Status(self._trace.StatusCode.ERROR))
                raise


_MEASURED = ("gen_ai.operation.name", "gen_ai.provider.name", "gen_ai.request.model", "server.address", "server.port")


def _operation(plan: Plan) -> str:
    if isinstance(plan.request, EmbedRequest):
        return "embeddings"
    return "generate_content" if plan.wire.NAME == "gemini" else "chat"


def _asked(plan: Plan) -> dict[str, Any]:
    """The attributes that are known when a call begins."""
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
    else:
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
    return {name: value for name, value in told.items() if value is not None}


def _answered(reply: Any, record: Record) -> dict[str, Any]:
    """The attributes that the answer brings."""
    told: dict[str, Any] = {"gen_ai.response.id": reply.id, "gen_ai.response.model": reply.model}
    if isinstance(reply, Reply):
        told["gen_ai.response.finish_reasons"] = [reply.finish_reason] if reply.finish_reason else None
        told["gen_ai.response.time_to_first_chunk"] = reply.time_to_first_token if record.plan.request.stream else None
    told |= {f"gen_ai.usage.{name}": count for name, count in _counts(reply.usage).items()}
    return {name: value for name, value in told.items() if value is not None}


def _counts(usage: Usage | None) -> dict[str, int]:
    counts = {theirs: getattr(usage, ours, None) for ours, theirs in _USAGE.items()}
    return {name: count for name, count in counts.items() if count is not None}


def _message(message: Message) -> dict[str, Any]:
    return {"role": message.role, "parts": [_part(part) for part in message.parts]}


def _part(part: Part) -> dict[str, Any]:
    """A part as the conventions have it. Of files only what they are: their bytes would burst any exporter."""
    match part:
        case Text(text) | Refusal(text):
            return {"type": "text", "content": text}
        case Thinking(text):
            return {"type": "reasoning", "content": text}
        case ToolCall():
            return {"type": "tool_call", "id": part.id, "name": part.name, "arguments": part.json}
        case ToolResult():
            return {"type": "tool_call_response", "id": part.call_id, "response": part.text}
        case Opaque():
            return {"type": part.kind}
    return {"type": type(part).__name__.lower(), "mime_type": getattr(part, "media_type", None)}


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
    first = "gen_ai.client.inference.time_to_first_chunk"
    return {**made, first: _histogram(meter, first, "s", _SECONDS)}


def _histogram(meter: Any, name: str, unit: str, bounds: tuple[float, ...]) -> Any:
    words = "How long it took." if unit == "s" else "Tokens of one operation."
    return meter.create_histogram(name, unit=unit, description=words, explicit_bucket_boundaries_advisory=bounds)
