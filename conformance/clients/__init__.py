"""The official SDKs as clients of the simulator: OpenAI's, Anthropic's and Google's, in Python and in JavaScript.

Each check is a call as a user of the SDK writes it, and looks at what the SDK made of the answer. What was found is
printed as a matrix of SDK × wire × feature.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby

from conformance.clients import google_sdk, node_sdks, python_sdks
from conformance.clients.google_sdk import GoogleSdk
from conformance.clients.matrix import FAILED, FEATURES, LACKS, OK, Cell, missing, table, well
from conformance.clients.node_sdks import NodeSdk
from conformance.clients.python_sdks import PythonSdk

__all__ = ["VENDORS", "check", "run"]

VENDORS = {
    "openai": ("chat completions", "responses", "embeddings", "models"),
    "azure": ("chat completions", "responses", "embeddings", "models"),
    "anthropic": ("messages", "count_tokens", "models"),
    "gemini": ("generateContent", "streamGenerateContent", "countTokens", "embedContent", "models"),
}
"""Whose SDKs are checked, and on which wires. Azure's is a client of OpenAI's SDK for Python."""


def run() -> bool:
    """Installs what is missing, checks all SDKs, and prints what it found. Whether all is well."""
    if reason := node_sdks.install():
        print(f"left out: {reason}")
    outcomes = [_shown(vendor, check(vendor, wires)) for vendor, wires in VENDORS.items()]
    return all(outcomes)


def check(vendor: str, wires: Sequence[str]) -> list[Cell]:
    """What is found for a vendor's SDKs on these wires; those in JavaScript where they are installed. All are checked
    side by side."""
    known: list[PythonSdk | GoogleSdk | NodeSdk] = [*python_sdks.SDKS, *google_sdk.SDKS]
    if not node_sdks.install():
        known += node_sdks.SDKS
    sdks = [sdk for sdk in known if sdk.vendor == vendor]
    with ThreadPoolExecutor(len(sdks)) as pool:
        cells = [cell for found in pool.map(lambda sdk: sdk.run(wires), sdks) for cell in found]
    return cells + missing(cells) + _unknown(cells)


def _unknown(cells: Iterable[Cell]) -> list[Cell]:
    """A failure for each feature that has no row in the matrix."""
    known = {feature for features in FEATURES.values() for feature in features}
    return [cell._replace(state=FAILED, said="no such row") for cell in cells if cell.feature not in known]


def _shown(vendor: str, cells: list[Cell]) -> bool:
    """Prints a vendor's part of the matrix, and what is to be said of it. Whether all is well."""
    print(f"\n{vendor}\n{table(VENDORS[vendor], cells)}")
    lacking = sorted({(cell.said, cell.sdk, cell.wire, cell.feature) for cell in cells if cell.state == LACKS})
    for said, group in groupby(lacking, key=lambda row: row[0]):
        rows = list(group)
        features = ", ".join(dict.fromkeys(row[3] for row in rows))
        print(f"lacks: {features} ({', '.join(dict.fromkeys(row[1] for row in rows))}): {said}")
    for cell in cells:
        if cell.state == FAILED:
            print(f"FAIL {vendor} {cell.sdk}, {cell.wire}, {cell.feature}: {cell.said}")
    counts = [sum(cell.state == state for cell in cells) for state in (OK, LACKS, FAILED)]
    print(f"{counts[0]} cells are well, {counts[1]} lack the feature, {counts[2]} fail")
    return well(cells)
