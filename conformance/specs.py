"""The vendors' OpenAPI documents, where a copy of them stands beside the checkout.

RINGUP_SPECS names another folder of them: openai.yaml.gz (openai/openai-openapi) and anthropic.json.gz. Read once, a
document is kept as JSON in the user's cache, for YAML takes seconds.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
from pathlib import Path
from typing import Any

import platformdirs
import yaml

__all__ = ["FILES", "ROOT", "cache_folder", "find", "load", "mended"]

FILES = {"openai": "openai.yaml.gz", "anthropic": "anthropic.json.gz"}
ROOT = "urn:spec"

_CACHE = platformdirs.user_cache_path("ringup") / "conformance"  # found out once: tests put HOME elsewhere
_DATA = frozenset({"example", "examples", "default", "enum", "const"})
_RULES = "1"  # goes up when `mended` changes


def find(vendor: str) -> Path | None:
    """The vendor's document, or None where there is no copy."""
    named = os.environ.get("RINGUP_SPECS")
    beside = Path(__file__).resolve().parent.parent.parent
    folders = [Path(named)] if named else sorted(beside.glob("*/specs"))
    return next((file for folder in folders if (file := folder / FILES[vendor]).is_file()), None)


def cache_folder() -> Path:
    """Where the proofs keep what is slow to get: parsed documents, and what they install."""
    _CACHE.mkdir(parents=True, exist_ok=True)
    return _CACHE


def load(vendor: str) -> dict[str, Any]:
    """The vendor's document as plain JSON Schema 2020-12; its references begin with `ROOT`."""
    file = find(vendor)
    if file is None:
        raise FileNotFoundError(f"no {FILES[vendor]} here: RINGUP_SPECS names the folder of the vendors' documents")
    packed = file.read_bytes()
    kept = cache_folder() / f"{vendor}-{_RULES}-{hashlib.sha256(packed).hexdigest()[:16]}.json"
    if kept.exists():
        document: dict[str, Any] = json.loads(kept.read_bytes())
        return document
    document = mended(_parsed(gzip.decompress(packed), file.name))
    half = kept.with_suffix(f".{os.getpid()}")
    half.write_text(json.dumps(document, default=str))
    half.replace(kept)
    return json.loads(kept.read_bytes())  # type: ignore[no-any-return]


def _parsed(text: bytes, name: str) -> Any:
    if name.endswith(".json.gz"):
        return json.loads(text)
    return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def mended(node: Any) -> Any:
    """A document without what OpenAPI 3.0 left in it, and what the vendors don't mean as they write it.

    `nullable` lets null in; `exclusiveMinimum: true` is the number itself; a reference to the schema around it (used
    for filters of files only) takes anything. A `oneOf` is taken as `anyOf`: the vendors' variants overlap, and their
    own mock server reads it so.
    """
    if isinstance(node, list):
        return [mended(item) for item in node]
    if not isinstance(node, dict):
        return node
    new: dict[str, Any] = {}
    for key, value in node.items():
        if key == "properties" and isinstance(value, dict):
            new[key] = {name: mended(schema) for name, schema in value.items()}
        elif key in _DATA or key.startswith("x-"):
            new[key] = value
        elif key == "$ref" and isinstance(value, str):
            new[key] = ROOT + value if value.startswith("#") else value
        elif key != "$recursiveRef":
            new["anyOf" if key == "oneOf" else key] = mended(value)
    if new.get("exclusiveMinimum") is True:
        new["exclusiveMinimum"] = new.pop("minimum")
    return {"anyOf": [new, {"type": "null"}]} if new.pop("nullable", None) is True else new
