from __future__ import annotations

import copy
import pickle
from typing import Any

import msgspec
import pytest

import ringup.errors as all_errors
from ringup.errors import (
    APIStatusError,
    APITimeoutError,
    InternalServerError,
    OverloadedError,
    ParameterError,
    QuotaExceededError,
    RateLimitError,
    RingupError,
    status_error,
)
from ringup.events import (
    ArgumentsDelta,
    AudioDelta,
    ExtraDelta,
    Finish,
    Fold,
    PartStart,
    SignatureDelta,
    Start,
    TextDelta,
    ThinkingDelta,
    Used,
    replay,
)
from ringup.messages import Audio, Message, Opaque, Part, Refusal, Text, Thinking, ToolCall
from ringup.reply import Bill, Reply
from ringup.secret import Auth, Secret
from ringup.usage import Usage, add


def test_the_tree_in_the_docstring_is_the_tree() -> None:
    tree = all_errors.__doc__ or ""
    classes = [c for c in vars(all_errors).values() if isinstance(c, type) and issubclass(c, RingupError)]
    for kind in classes:
        assert kind.__name__ in tree
        assert kind.__name__ in all_errors.__all__
        line = next(line for line in tree.splitlines() if line.split(" ─")[0] and f" {kind.__name__} " in f"{line} ")
        depth = (len(line) - len(line.lstrip(" │├└─"))) // 4
        above = [c for c in kind.__mro__ if c in classes]
        assert depth == len(above), f"{kind.__name__} is drawn at depth {depth}, and stands at {len(above)}"


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, "BadRequestError"),
        (401, "AuthenticationError"),
        (402, "PaymentRequiredError"),
        (403, "PermissionDeniedError"),
        (404, "NotFoundError"),
        (408, "RequestTimeoutError"),
        (409, "ConflictError"),
        (413, "ContentTooLargeError"),
        (418, "APIStatusError"),
        (422, "UnprocessableEntityError"),
        (429, "RateLimitError"),
        (500, "InternalServerError"),
        (502, "InternalServerError"),
        (503, "ServiceUnavailableError"),
        (504, "GatewayTimeoutError"),
        (529, "OverloadedError"),
    ],
)
def test_status_to_class(status: int, kind: str) -> None:
    assert status_error(status).__name__ == kind


def test_what_may_pass_is_retryable() -> None:
    retryable = {s for s in range(400, 600) if status_error(s)("x").retryable}
    assert retryable == {408, 409, 429, *range(500, 600)}
    assert issubclass(QuotaExceededError, RateLimitError)
    assert not QuotaExceededError("x").retryable
    assert issubclass(OverloadedError, InternalServerError)
    assert APIStatusError("x", retryable=True).retryable


ERRORS: list[RingupError] = [
    RingupError("what", advice="how"),
    ParameterError("temperature=3", parameter="temperature", code="bad"),
    APITimeoutError("late", phase="connect", provider="openai", attempts=(1, 2)),
    RateLimitError("slow", status=429, retry_after=2.0, body={"error": 1}),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda e: type(e).__name__)
def test_errors_survive_pickle_and_copy(error: RingupError) -> None:
    for twin in (pickle.loads(pickle.dumps(error)), copy.deepcopy(error)):
        assert type(twin) is type(error)
        assert str(twin) == str(error)
        assert vars(twin) == vars(error)


def test_builtin_families() -> None:
    assert isinstance(ERRORS[1], ValueError)
    assert isinstance(ERRORS[2], TimeoutError)


def test_a_secret_shows_nothing() -> None:
    secret = Secret("sk-canary-0123456789")
    auth = Auth(secret, "x-api-key")
    for shown in (
        repr(secret),
        str(secret),
        f"{secret}",
        repr(auth),
        str(vars(auth) if hasattr(auth, "__dict__") else ""),
    ):
        assert "canary" not in shown
    assert secret.reveal() == "sk-canary-0123456789"
    assert secret.tail == "6789"
    assert Secret("short").tail == ""
    assert Auth(secret).value() == "Bearer sk-canary-0123456789"
    assert auth.value() == "sk-canary-0123456789"
    with pytest.raises(TypeError, match="never pickled"):
        pickle.dumps(secret)
    with pytest.raises(TypeError, match="never pickled"):
        copy.deepcopy({"key": secret})
    assert {secret} == {Secret("sk-canary-0123456789")}


def test_usage_unknown_stays_unknown() -> None:
    known = Usage(input_tokens=1, output_tokens=2, details={"a": 1, "tier": "x"})
    assert known.total_tokens == 3
    assert Usage(input_tokens=1).total_tokens is None
    both = add(known, Usage(input_tokens=3, estimated=True, details={"a": 2, "tier": "y"}))
    assert (both.input_tokens, both.output_tokens, both.estimated) == (4, None, True)
    assert both.details == {"a": 3, "tier": "y"}


def test_a_tool_call_keeps_its_text_and_reads_it() -> None:
    assert ToolCall("1", "f", '{"a": 1}').arguments == {"a": 1}
    assert ToolCall("1", "f", "").arguments == {}
    for broken in ('{"a": ', "[1]"):
        with pytest.raises(ValueError, match="arguments of 'f'"):
            _ = ToolCall("1", "f", broken).arguments


def reply(*parts: Part, **fields: Any) -> Reply:
    return Reply(message=Message("assistant", parts), finish_reason="stop", **fields)


def test_a_reply_without_prices_says_so() -> None:
    assert reply().cost is None
    assert reply().bill.reason
    assert reply(pricer=lambda r: Bill(reason=f"free: {r.finish_reason}")).bill.reason == "free: stop"


PARTS: list[Part] = [
    Text("Hello, wörld", extra={"w": {"citations": [1, 2]}}),
    Thinking("hm", "sig"),
    Thinking("", "sealed", redacted=True),
    ToolCall("c1", "f", '{"a":1}'),
    Refusal("no"),
    Audio(id="a1", data=b"xx", transcript="hi"),
    Opaque("w", {"type": "new", "x": [1]}),
]


@pytest.mark.parametrize("piece", [0, 1, 3])
def test_replay_and_fold_are_inverse(piece: int) -> None:
    whole = reply(*PARTS, usage=Usage(input_tokens=1), id="x", model="m", created=3, stop_sequence="s")
    fold = Fold()
    for event in replay(whole, piece):
        fold.feed(event)
    assert fold.finished
    assert fold.reply() == whole


def test_a_fold_has_what_came_before_the_end() -> None:
    fold = Fold()
    for event in (
        Start("id", "m"),
        PartStart(0, Thinking("")),
        ThinkingDelta(0, "a"),
        SignatureDelta(0, "s"),
        PartStart(2, ToolCall("c", "f", "")),
        PartStart(1, Text("")),
        TextDelta(1, "Hel"),
        ArgumentsDelta(2, '{"a'),
        TextDelta(1, "lo"),
        ExtraDelta(1, "w", {"citations": [1]}),
        ExtraDelta(1, "w", {"citations": [2], "x": 1}),
        PartStart(3, Audio()),
        AudioDelta(3, b"x", "hi"),
        Used(Usage(output_tokens=3)),
    ):
        fold.feed(event)
    partial = fold.reply()
    assert partial.message.parts == (
        Thinking("a", "s"),
        Text("Hello", extra={"w": {"citations": [1, 2], "x": 1}}),
        ToolCall("c", "f", '{"a'),
        Audio(data=b"x", transcript="hi"),
    )
    assert partial.finish_reason is None
    assert partial.usage.output_tokens == 3
    fold.feed(Finish("length", "max_tokens"))
    assert fold.reply().finish_reason == "length"


def test_messages_go_through_json_unchanged() -> None:
    message = Message("assistant", tuple(PARTS), name="n", extra={"w": {"x": 1}})
    assert msgspec.json.decode(msgspec.json.encode(message), type=Message) == message
