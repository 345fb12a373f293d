"""A collector's side of OpenTelemetry: the SDK's readers, in memory. Importing it needs opentelemetry-sdk."""

from __future__ import annotations

from typing import Any

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

import ringup


class Reader:
    """A collector's side: what it got of spans and metrics."""

    def __init__(self) -> None:
        self.exporter, self.metrics = InMemorySpanExporter(), InMemoryMetricReader()
        self.tracers = TracerProvider(shutdown_on_exit=False)
        self.tracers.add_span_processor(SimpleSpanProcessor(self.exporter))
        self.meters = MeterProvider([self.metrics], shutdown_on_exit=False)

    def telemetry(self, **given: Any) -> ringup.Telemetry:
        return ringup.Telemetry(tracer_provider=self.tracers, meter_provider=self.meters, **given)

    @property
    def spans(self) -> list[Any]:
        return list(self.exporter.get_finished_spans())

    @property
    def span(self) -> Any:
        (span,) = self.spans
        return span

    def points(self) -> dict[str, list[Any]]:
        data: Any = self.metrics.get_metrics_data()
        found = [metric for held in data.resource_metrics for scope in held.scope_metrics for metric in scope.metrics]
        return {metric.name: list(metric.data.data_points) for metric in found}

    def everything(self) -> str:
        """All that was told, as text."""
        return f"{[span.to_json() for span in self.spans]} {self.metrics.get_metrics_data()}"
