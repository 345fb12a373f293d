"""What each model that makes vectors takes, as a table. None means that it isn't known.

Facts: OpenAI's API reference (POST /embeddings: 2,048 texts, 8,192 tokens each, 300,000 in all); Google's guide to
embeddings (November 2026), where a text that is too long is cut without a word; Mistral's answers ("Too many inputs in
request, split into more batches" from the 257th text on, docs.rs/crate/rig-core/0.42.0; "Too many tokens in batch. Max
is 16384", github.com/aurelio-labs/semantic-router/issues/297) and its API reference.
"""

from __future__ import annotations

from msgspec import Struct

__all__ = ["EmbedRules", "known", "rules"]


class EmbedRules(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one model takes.

    texts            how many texts one request may hold
    tokens           how many tokens each may have
    total_tokens     how many all texts of a request may have
    dimensions       how many numbers a vector has, when no other number is asked for
    dimensions_max   how many may be asked for; 0: that can't be chosen
    dimensions_field the name of that in the body
    vocabulary       the public vocabulary in which its tokens are counted
    """

    texts: int | None = None
    tokens: int | None = None
    total_tokens: int | None = None
    dimensions: int | None = None
    dimensions_max: int | None = None
    dimensions_field: str = "dimensions"
    vocabulary: str | None = None
    source: str = ""


def _openai(dimensions: int, dimensions_max: int) -> EmbedRules:
    return EmbedRules(
        texts=2048,
        tokens=8192,
        total_tokens=300_000,
        dimensions=dimensions,
        dimensions_max=dimensions_max,
        vocabulary="cl100k_base",
        source="OpenAI's API reference",
    )


def _google(tokens: int) -> EmbedRules:
    source = "ai.google.dev, embeddings (November 2026)"
    return EmbedRules(texts=100, tokens=tokens, dimensions=3072, dimensions_max=3072, source=source)


def _mistral(dimensions: int, dimensions_max: int) -> EmbedRules:
    return EmbedRules(
        texts=256,
        tokens=8192,
        total_tokens=16_384,
        dimensions=dimensions,
        dimensions_max=dimensions_max,
        dimensions_field="output_dimension",
        source="docs.mistral.ai, embeddings; its answers, as reported",
    )


_SMALL = _openai(1536, 1536)
_OPENAI = {
    "text-embedding-3-small": _SMALL,
    "text-embedding-3-large": _openai(3072, 3072),
    "text-embedding-ada-002": _openai(1536, 0),
}
_TABLE = {
    "openai": _OPENAI,
    "azure": _OPENAI,
    "gemini": {
        "gemini-embedding-001": _google(2048),
        "gemini-embedding-2": _google(8192),
        "gemini-embedding-2-preview": _google(8192),
    },
    "mistral": {"mistral-embed": _mistral(1024, 0), "codestral-embed": _mistral(1536, 3072)},
}
_UNKNOWN = EmbedRules(source="not known")


def rules(provider: str, model: str) -> EmbedRules:
    """The rules of a model at a provider. The simulator's own models are as text-embedding-3-small."""
    if provider == "sim":
        return _TABLE["openai"].get(model, _SMALL)
    return _TABLE.get(provider, {}).get(model.removeprefix("models/"), _UNKNOWN)


def known(provider: str) -> tuple[str, ...]:
    """The models of a provider that have a row; empty for most."""
    return tuple(_TABLE.get(provider, ()))
