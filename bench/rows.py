"""What is measured: one row of the table each, with the goal that ringup has set itself."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ROWS", "Row"]

PIECES = 1000
PACED = 100


@dataclass(frozen=True)
class Row:
    """`where` is the kind of process it runs in: a new one (program, import), a long-lived one, or a fresh worker.

    `flight` is how many calls are under way at once (0: sync code). `scale` turns seconds into the unit shown.
    `beside` names another row, whose number of the same client stands in the brackets' denominator. `vectors` asks for
    embeddings. `wires` are those that have such a call.

    `ledger` is the level at which calls are logged meanwhile, which only ringup does; `less` names the row whose
    number, taken right after this one, is taken away from it; in brackets stands what share of that number is left.
    """

    name: str
    title: str
    where: str
    unit: str
    goal: str = "–"
    scale: float = 1e6
    flight: int = 0
    origin: str = ""
    messages: str = "hello"
    stream: bool = False
    value: str = "cpu"
    beside: str = ""
    vectors: bool = False
    wires: tuple[str, ...] = ("openai", "anthropic")
    ledger: str = ""
    less: str = ""

    def has(self, name: str) -> bool:
        """Whether that contestant takes part."""
        return name == "ringup" or not self.ledger


ROWS = (
    Row("import", "import, over bare Python, CPU", "import", "ms", "≤ 30 ms", 1e3),
    Row("cold", "cold first reply, from starting Python, elapsed", "program", "ms", "≤ 200 ms", 1e3, value="wall"),
    Row("sync", "sync call, CPU", "worker", "µs", "≤ 195 µs"),
    Row("sync_wall", "sync call, elapsed", "worker", "µs", value="wall"),
    Row("ledger", "what a ledger adds to a sync call, CPU", "worker", "µs", "≤ 60 µs", ledger="metadata", less="sync"),
    Row("ledger_full", "the same, with all that is said kept", "worker", "µs", ledger="full", less="sync"),
    Row("async", "async call, CPU", "worker", "µs", flight=1),
    Row("async_64", "async call, 64 in flight, CPU", "worker", "µs", "≤ 140 µs", flight=64),
    Row("rate_64", "64 in flight, calls a second", "fresh", "/s", flight=64, value="rate"),
    Row(
        "rate_512",
        "512 in flight, calls a second",
        "fresh",
        "/s",
        "≥ 0.9 × that at 64",
        flight=512,
        value="rate",
        beside="rate_64",
    ),
    Row("rss_512", "largest memory at 512 in flight", "fresh", "MB", "≤ 80 MB", 1.0, flight=512, value="rss"),
    Row("chunk", "chunk of a stream, sync, CPU", "worker", "µs", "≤ 8 µs", origin=f"/pieces/{PIECES}", stream=True),
    Row(
        "chunk_async",
        "chunk of a stream, async, CPU",
        "worker",
        "µs",
        "≤ 10 µs",
        origin=f"/pieces/{PIECES}",
        stream=True,
        flight=1,
    ),
    Row(
        "chunk_paced",
        "chunk, sync, one a millisecond, CPU",
        "worker",
        "µs",
        origin=f"/pieces/{PACED}/paced",
        stream=True,
    ),
    Row("embed", "embeddings, 16 × 1,536 numbers, CPU", "worker", "ms", "≤ 1 ms", 1e3, vectors=True, wires=("openai",)),
    Row("big", "request of 2,000 messages, 1 MB, CPU", "worker", "ms", "≤ 3 ms", 1e3, messages="many"),
)
