"""The official SDKs as clients of the simulator: their main wires here, all of them in `python -m conformance clients`.

Those in JavaScript are checked where node and npm are installed.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import openai
import pytest
from conformance import clients
from conformance.clients import matrix, node_sdks
from conformance.clients.checks import Checks, Kit, Lacks, holds, same
from conformance.clients.matrix import FAILED, LACKS, OK, Cell
from conformance.npm import NO_NODE

from ringup.testing import Simulator

MAIN = {
    "openai": ("chat completions", "responses"),
    "anthropic": ("messages",),
    "gemini": ("generateContent", "streamGenerateContent"),
}


@pytest.fixture(scope="session")
def _node() -> None:
    """Those in JavaScript are installed before the network is denied, where there is a node to run them."""
    assert node_sdks.install() in ("", NO_NODE)


@pytest.mark.usefixtures("_node")
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
@pytest.mark.parametrize("vendor", MAIN)
def test_the_sdks(vendor: str) -> None:
    cells = clients.check(vendor, MAIN[vendor])
    assert [cell for cell in cells if cell.state == FAILED] == []
    assert len([cell for cell in cells if cell.state == OK]) > 40
    assert {cell.wire for cell in cells} == set(MAIN[vendor])


def test_the_lock_file_names_no_registry() -> None:
    text = (Path(clients.__file__).parent / "js" / "package-lock.json").read_text()
    assert "://" not in text
    assert '"resolved"' not in text


def found(*checks: tuple[str, object]) -> list[Cell]:
    """What is found of checks that are named by feature."""
    entered = Checks()
    for feature, check in checks:
        entered("models", feature)(check)  # type: ignore[arg-type]

    with Simulator() as sim:
        kit = Kit(sim, openai, None, lambda **_: None)
        return asyncio.run(entered.run("py", "models", kit))


async def well(_: Kit) -> None:
    same("a number", 1, 1)


async def wrong(_: Kit) -> None:
    same("a number", 1, 2)


async def untrue(_: Kit) -> None:
    holds("something else", False, "this")


async def breaks(_: Kit) -> None:
    raise ValueError("words")


async def lacks(_: Kit) -> None:
    raise Lacks("there is none")


def test_what_a_check_says() -> None:
    cells = found(("400", well), ("401", wrong), ("403", untrue), ("404", breaks), ("409", lacks))
    assert [cell.state for cell in cells] == [OK, FAILED, FAILED, FAILED, LACKS]
    assert [cell.said.partition(" (test_clients.py:")[0] for cell in cells] == [
        "",
        "Unmet: a number: expected 2, got 1",
        "Unmet: expected something else, got 'this'",
        "ValueError: words",
        "there is none",
    ]
    assert not matrix.well(cells)
    assert matrix.well([cells[0], cells[-1]])
    assert not matrix.well([])


def test_a_feature_has_one_check() -> None:
    with pytest.raises(AssertionError, match="two checks"):
        found(("400", well), ("400", well))


CELLS = [
    Cell("py", "chat", "whole reply", OK),
    Cell("py", "chat", "400", FAILED, "why"),
    Cell("node", "chat", "whole reply", LACKS, "why"),
    Cell("py", "a wire with a long name", "400", OK),
]


def test_the_matrix() -> None:
    assert matrix.table(["chat", "a wire with a long name"], CELLS).splitlines() == [
        "                        chat          a wire with a long name",
        "                        py     node   py",
        "replies",
        "  whole reply           ok     lacks  -",
        "errors",
        "  400                   FAIL   -      ok",
    ]


def test_a_cell_that_nobody_filled() -> None:
    assert matrix.missing(CELLS) == [
        Cell("node", "chat", "400", FAILED, "there is no check, and no reason why"),
    ]
