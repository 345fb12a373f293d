"""Mistakes that a type checker finds: one on each line that says so. Never run."""

from __future__ import annotations

from dataclasses import dataclass

import ringup


@dataclass
class Person:
    name: str


def mistakes(client: ringup.Client) -> None:
    client.ask("x", output=Person).output.age.real()  # mistake
    client.ask("x", output=int).output.upper()  # mistake
    client.stream("x", output=Person).reply.output.age.real()  # mistake
    client.ask("x", outptu=Person)  # mistake
    client.ask("x", max_steps="3")  # mistake
