"""Ring up any model: get the answer, the reason it stopped, and the bill.

    import ringup

    reply = ringup.ask("What is the capital of France?", model="gpt-4o-mini")
    print(reply.text, reply.finish_reason, reply.usage.input_tokens, reply.usage.output_tokens, reply.cost)

Start with `ask`, `stream` and `chat`, or with a `Client` (`AsyncClient` in async code). Every exception is a
`RingupError`; the tree is in `ringup.errors`.
"""

import importlib
from typing import TYPE_CHECKING, Any

from ringup import events
from ringup.caching import cached
from ringup.client import AsyncClient, Client, ask, chat, count_tokens, embed, estimate, stream
from ringup.errors import (
    APIConnectionError,
    APIError,
    APIStatusError,
    APITimeoutError,
    AuthenticationError,
    BadRequestError,
    BudgetExceededError,
    ConfigurationError,
    ConflictError,
    ContentTooLargeError,
    ContextLengthError,
    GatewayTimeoutError,
    InternalServerError,
    KeyFormatError,
    LedgerError,
    MediaError,
    MissingExtraError,
    MissingKeyError,
    NotFoundError,
    OutputError,
    OverloadedError,
    ParameterError,
    PaymentRequiredError,
    PermissionDeniedError,
    PromptTooLongError,
    ProtocolError,
    QuotaExceededError,
    RateLimitError,
    RequestTimeoutError,
    RingupError,
    RingupWarning,
    ServiceUnavailableError,
    StreamTruncatedError,
    UnknownModelError,
    UnprocessableEntityError,
)
from ringup.given import Params
from ringup.later import names_later
from ringup.messages import (
    Audio,
    Document,
    Image,
    Message,
    Opaque,
    Reasoning,
    Refusal,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
)
from ringup.providers import Provider
from ringup.reply import Attempt, Bill, Notice, Reply
from ringup.secret import Secret
from ringup.similarity import Match, similarity
from ringup.usage import Usage
from ringup.version import __version__

if TYPE_CHECKING:
    from ringup.attachments import attach
    from ringup.chats import AsyncChat, Chat
    from ringup.counting import Count
    from ringup.embed_plan import EmbedParams
    from ringup.embeddings import Embeddings
    from ringup.estimates import Estimate
    from ringup.explain import CacheReport, explain_cache
    from ringup.ledger import Ledger
    from ringup.pricelist import Prices
    from ringup.prices import prices_version
    from ringup.steps import PAUSE
    from ringup.streams import AsyncStream, Stream
    from ringup.telemetry import Telemetry

__all__ = [
    "PAUSE",
    "APIConnectionError",
    "APIError",
    "APIStatusError",
    "APITimeoutError",
    "AsyncChat",
    "AsyncClient",
    "AsyncStream",
    "Attempt",
    "Audio",
    "AuthenticationError",
    "BadRequestError",
    "Bill",
    "BudgetExceededError",
    "CacheReport",
    "Chat",
    "Client",
    "ConfigurationError",
    "ConflictError",
    "ContentTooLargeError",
    "ContextLengthError",
    "Count",
    "Document",
    "EmbedParams",
    "Embeddings",
    "Estimate",
    "GatewayTimeoutError",
    "Image",
    "InternalServerError",
    "KeyFormatError",
    "Ledger",
    "LedgerError",
    "Match",
    "MediaError",
    "Message",
    "MissingExtraError",
    "MissingKeyError",
    "NotFoundError",
    "Notice",
    "Opaque",
    "OutputError",
    "OverloadedError",
    "ParameterError",
    "Params",
    "PaymentRequiredError",
    "PermissionDeniedError",
    "Prices",
    "PromptTooLongError",
    "ProtocolError",
    "Provider",
    "QuotaExceededError",
    "RateLimitError",
    "Reasoning",
    "Refusal",
    "Reply",
    "RequestTimeoutError",
    "RingupError",
    "RingupWarning",
    "Secret",
    "ServiceUnavailableError",
    "Stream",
    "StreamTruncatedError",
    "Telemetry",
    "Text",
    "Thinking",
    "Tool",
    "ToolCall",
    "ToolChoice",
    "ToolResult",
    "UnknownModelError",
    "UnprocessableEntityError",
    "Usage",
    "__version__",
    "ask",
    "attach",
    "cached",
    "chat",
    "count_tokens",
    "embed",
    "estimate",
    "events",
    "explain_cache",
    "prices_version",
    "similarity",
    "stream",
]


_later = names_later(
    __name__,
    {
        "AsyncChat": "chats",
        "AsyncStream": "streams",
        "CacheReport": "explain",
        "Chat": "chats",
        "Count": "counting",
        "EmbedParams": "embed_plan",
        "Embeddings": "embeddings",
        "Estimate": "estimates",
        "Ledger": "ledger",
        "PAUSE": "steps",
        "Prices": "pricelist",
        "Stream": "streams",
        "Telemetry": "telemetry",
        "attach": "attachments",
        "explain_cache": "explain",
        "prices_version": "prices",
    },
)
"""Gives what many programs never name."""


def __getattr__(name: str) -> Any:
    """What is loaded when it is first asked for; `ringup.testing` is a module."""
    return importlib.import_module("ringup.testing") if name == "testing" else _later(name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
