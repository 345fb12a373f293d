"""`ringup simulate`: a server that speaks both vendors' wires, for any SDK in any language."""

from __future__ import annotations

import importlib

import click

__all__ = ["simulate"]


@click.command(short_help="Serve the simulator until Ctrl-C.")
@click.option("--port", default=4010, show_default=True, help="0 is any that is free.")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--remote", is_flag=True, help="Allow a host that other machines can reach.")
@click.option("--seed", default=0, show_default=True, help="All answers follow from it.")
@click.option("--faults", type=click.Path(exists=True, dir_okay=False), help="A TOML file of what goes wrong.")
@click.option("--rpm", type=click.IntRange(1), help="Requests that each key has in a minute.")
@click.option("--tpm", type=click.IntRange(1), help="Tokens that each key has in a minute.")
@click.option("--tokens-per-second", type=click.FloatRange(0, min_open=True), help="How fast streams are written.")
@click.option("--invoice", type=click.Path(dir_okay=False), help="Write there at the end what all of it would cost.")
@click.option("--conformance", is_flag=True, help="Mend what is refused, for the vendors' own test suites.")
def simulate(
    *,
    port: int,
    host: str,
    remote: bool,
    seed: int,
    faults: str | None,
    rpm: int | None,
    tpm: int | None,
    tokens_per_second: float | None,
    invoice: str | None,
    conformance: bool,
) -> None:
    """Serve the simulator until Ctrl-C: no model, no key, no money, and the wires of OpenAI, Anthropic and Google.

    It says at its start which base URL an SDK needs. docs/simulator.md tells of its faults, and of its invoice: a file
    whose name ends in .csv is CSV, any other JSON.
    """
    server = importlib.import_module("ringup.simulator.server")  # a lazy door: it loads a web server
    bad: list[object] = []
    if faults:
        bad, file_rpm, file_tpm = importlib.import_module("ringup.simulator.faults").load(faults)
        rpm, tpm = rpm or file_rpm, tpm or file_tpm
    pace = 1 / tokens_per_second if tokens_per_second else 0.0
    app = {"seed": seed, "faults": bad, "rpm": rpm, "tpm": tpm, "pace": pace, "conformance": conformance}
    server.serve(host, port, remote=remote, invoice=invoice, **app)
