"""Google's addresses, and what answers at each. Facts: the API reference for Gemini (v1beta); google-genai 3.4 (v1)."""

from __future__ import annotations

import msgspec

from ringup.simulator import catalog, embed_gemini, strict
from ringup.simulator.answers import Answer, json_answer
from ringup.simulator.complete import complete
from ringup.simulator.routes import Route
from ringup.simulator.world import Visit, World
from ringup.wire_tools import decode

__all__ = ["ROUTES"]

GEMINI = "gemini"


def _models(_: World, visit: Visit) -> Answer:
    name = visit.names[0]
    return json_answer(catalog.gemini_model(name) if name else catalog.gemini_list(visit.http.query))


def _count(_: World, visit: Visit) -> Answer:
    """The body is `contents`, or a whole `generateContentRequest`."""
    http = visit.http
    try:
        body = decode(http.body)
    except ValueError:
        body = None
    if isinstance(body, dict):
        whole = body.get("generateContentRequest", body.get("generate_content_request"))
        http = msgspec.structs.replace(http, body=msgspec.json.encode(whole if isinstance(whole, dict) else body))
    path = http.path.removesuffix(":countTokens") + ":generateContent"
    tokens = strict.read(GEMINI, msgspec.structs.replace(http, path=path))[-1]
    details = [{"modality": "TEXT", "tokenCount": tokens}]
    return json_answer({"totalTokens": tokens, "promptTokensDetails": details})


def _embed(world: World, visit: Visit) -> Answer:
    asked = embed_gemini.read(visit.http)
    world.take(visit.key, "gemini", asked.request.model, asked.tokens, 0)
    body = embed_gemini.written(embed_gemini.answer(asked), one=visit.http.path.endswith(":embedContent"))
    return json_answer(body, world.embedded("gemini", asked.request.model, asked.tokens))


_MODEL = r"/v1(?:beta)?/models/([^/:]+)"

ROUTES = (
    Route(_MODEL + ":(?:generateContent|streamGenerateContent)", GEMINI, {"POST": complete}),
    Route(_MODEL + ":countTokens", GEMINI, {"POST": _count}),
    Route(_MODEL + ":(?:embedContent|batchEmbedContents)", GEMINI, {"POST": _embed}),
    Route(r"/v1(?:beta)?/models(?:/([^/:]+))?", GEMINI, {"GET": _models}),
)
"""The first that fits answers."""
