"""Ring up any model: get the answer, the reason it stopped, and the bill.

    import ringup

    reply = ringup.ask("What is the capital of France?", model="gpt-4o-mini")
    print(reply.text, reply.finish_reason, reply.usage.input_tokens, reply.usage.output_tokens, reply.cost)

Start with `ask`, `stream` and `chat`, or with a `Client` (`AsyncClient` in async code). Every exception is a
`RingupError`; the tree is in `ringup.errors`.
"""

import importlib
from typing import Any

from ringup import events
from ringup.client import AsyncChat, AsyncClient, Chat, Client, ask, chat, stream
from ringup.errors import (
    APIConnectionError,
    APIError,
    APIStatusError,
    APITimeoutError,
    AuthenticationError,
    BadRequestError,
    ConfigurationError,
    ConflictError,
    ContentTooLargeError,
    ContextLengthError,
    GatewayTimeoutError,
    InternalServerError,
    KeyFormatError,
    MissingExtraError,
    MissingKeyError,
    NotFoundError,
    OutputError,
    OverloadedError,
    ParameterError,
    PaymentRequiredError,
    PermissionDeniedError,
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
from ringup.ledger import Ledger
from ringup.messages import (
    Audio,
    Document,
    Image,
    Message,
    Opaque,
    Refusal,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
)
from ringup.plan import Params
from ringup.providers import Provider
from ringup.reply import Attempt, Bill, Notice, Reply
from ringup.secret import Secret
from ringup.steps import PAUSE
from ringup.streams import AsyncStream, Stream
from ringup.usage import Usage
from ringup.version import __version__

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
    "Chat",
    "Client",
    "ConfigurationError",
    "ConflictError",
    "ContentTooLargeError",
    "ContextLengthError",
    "Document",
    "GatewayTimeoutError",
    "Image",
    "InternalServerError",
    "KeyFormatError",
    "Ledger",
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
    "ProtocolError",
    "Provider",
    "QuotaExceededError",
    "RateLimitError",
    "Refusal",
    "Reply",
    "RequestTimeoutError",
    "RingupError",
    "RingupWarning",
    "Secret",
    "ServiceUnavailableError",
    "Stream",
    "StreamTruncatedError",
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
    "chat",
    "events",
    "stream",
]


def __getattr__(name: str) -> Any:
    """`ringup.testing`, without an import of its own: it is loaded when it is first asked for."""
    if name == "testing":
        return importlib.import_module("ringup.testing")
    raise AttributeError(f"module 'ringup' has no attribute {name!r}")
