"""Each shape of an invoice is recognized by what is in it, and read."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringup.reconcile import Invoice, InvoiceError, join, read_invoice
from ringup.reconcile._invoice import micro, model_name, money, number, slack
from tests.reconcile.kit import at

DAY = {"start_time": 1793577600, "end_time": 1793664000}  # 2026-11-02
DAYS = (at("2026-11-02"), at("2026-11-03"))


def read(value: Any) -> Invoice:
    return read_invoice(json.dumps(value).encode() if not isinstance(value, str) else value.encode())


def seen(invoice: Invoice) -> list[tuple[Any, ...]]:
    return [(line.model, line.tokens, line.costs, line.terms) for line in invoice.lines]


def page(*results: dict[str, Any], more: bool = False) -> dict[str, Any]:
    return {"object": "page", "data": [{"object": "bucket", **DAY, "results": [*results]}], "has_more": more}


COMPLETIONS = {
    "object": "organization.usage.completions.result",
    **{"input_tokens": 1000, "input_cached_tokens": 400, "input_cache_write_tokens": 100, "input_uncached_tokens": 500},
    **{"output_tokens": 70, "num_model_requests": 3, "model": "gpt-4o-mini-2024-07-18", "service_tier": "default"},
}


def test_openai_usage() -> None:
    embedded = {"object": "organization.usage.embeddings.result", "input_tokens": 20, "model": "text-embedding-3-small"}
    pictures = {"object": "organization.usage.images.result", "images": 2}
    read_ = read(page(COMPLETIONS, {**COMPLETIONS, "batch": True}, embedded, pictures))
    tokens = {"input": 500, "cache read": 400, "cache write": 100, "output": 70}
    assert seen(read_)[:2] == [("gpt-4o-mini", tokens, {}, ""), ("gpt-4o-mini", tokens, {}, "batch")]
    assert seen(read_)[2] == ("text-embedding-3-small", {"input": 20}, {}, "")
    assert read_.periods == {"openai": DAYS}
    assert read_.covers == {("openai", "answer"), ("openai", "embeddings")}
    assert read_.notes == ("1 line of OpenAI's usage of images: not compared",)


def test_pages_in_a_list_or_in_lines_and_the_last_one_missing() -> None:
    first, last = page(COMPLETIONS, more=True), page({**COMPLETIONS, "output_tokens": 71})
    for text in (json.dumps([first, last]), f"{json.dumps(first)}\n{json.dumps(last)}\n"):
        assert len(read(text).lines) == 2
        assert not read(text).more
    assert read(first).more
    assert not join([read(first), read(last)]).more
    assert join([read(first)]).more


COST = {"object": "organization.costs.result", "amount": {"value": "0.0000045", "currency": "usd"}}


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ("gpt-4o-mini-2024-07-18, input", ("gpt-4o-mini", "input", "")),
        ("gpt-4o-mini-2024-07-18, cached input", ("gpt-4o-mini", "cache read", "")),
        ("gpt-5.6-luna, cache writes", ("gpt-5.6-luna", "cache write", "")),
        ("gpt-5-nano, output_tokens", ("gpt-5-nano", "output", "")),
        ("gpt-audio-mini-2025-12-15 audio, input", ("gpt-audio-mini", "input", "")),
        ("gpt-4o-mini-2024-07-18 batch, output", ("gpt-4o-mini", "output", "batch")),
        ("web search tool calls", ("", "tools", "")),
        ("assistants api | file search", ("", "tools", "")),
        ("evals | gpt-4o-mini-2024-07-18, input", ("", "other", "")),
        ("code interpreter sessions", ("", "other", "")),
        (None, ("", "all", "")),
    ],
)
def test_openai_costs(item: str | None, expected: tuple[str, str, str]) -> None:
    line = read(page({**COST, "line_item": item})).lines[0]
    assert (line.model, *line.costs, line.terms) == expected
    assert line.cost == Decimal("0.0000045")


def test_openai_costs_tell_tokens() -> None:
    def tokens(**fields: Any) -> dict[str, int]:
        return read(page({**COST, "line_item": "gpt-4o, input", **fields})).lines[0].tokens

    assert tokens(quantity=30.0) == {"input": 30}
    assert tokens(quantity=1.5, quantity_unit="1000_tokens") == {"input": 1500}
    assert tokens(quantity=7, quantity_unit="images") == {}
    assert tokens() == {}
    zero = {"amount": {"value": "0E-6176", "currency": "usd"}, "line_item": "gpt-4o, cached input"}
    assert read(page({**COST, **zero})).lines[0].cost == 0
    with pytest.raises(InvoiceError, match="OpenAI's costs aren't in US dollars: their currency is 'eur'"):
        read(page({"amount": {"value": 1, "currency": "eur"}}))
    for amount in ({"value": None, "currency": "usd"}, None):
        with pytest.raises(InvoiceError, match="the cost is missing"):
            read(page({"amount": amount}))


def test_openai_dashboard() -> None:
    head = "start_time,end_time,start_time_iso,end_time_iso"
    times = "1793577600,1793664000,2026-11-02T00:00:00+00:00,2026-11-03T00:00:00+00:00"
    used = (
        f"{head},project_id,num_model_requests,model,batch,service_tier,input_tokens,output_tokens,input_cached_tokens"
    )
    read_ = read(f"{used}\n{times},proj_1,3.0,gpt-4o-mini-2024-07-18,False,default,1000.0,70,400\n{times},,,,,,,,\n")
    assert seen(read_) == [("gpt-4o-mini", {"input": 600, "cache read": 400, "output": 70}, {}, "")]
    costs = f'{head},amount_value,amount_currency,line_item\n{times},0.0038359800,usd,"gpt-4o, output"\n{times},,,\n'
    assert seen(read(costs)) == [("gpt-4o", {}, {"output": Decimal("0.00383598")}, "")]
    empty = read(f"{head}\n{times}\n")
    assert (empty.lines, empty.periods) == ([], {"openai": DAYS})
    embedded = read(f"{head},num_model_requests,model,input_tokens\n{times},1,text-embedding-3-small,9\n")
    assert embedded.covers == {("openai", "embeddings")}
    assert read(f"{head},num_model_requests,input_tokens\n{times},1,9\n").covers == {("openai", "embeddings")}


@pytest.mark.parametrize(
    ("columns", "cells", "what"),
    [
        ("num_model_requests,images,model,size", "2,5,dall-e-3,1024", "images"),
        ("num_model_requests,images,model,size", ",,,", "images"),
        ("num_model_requests,characters,model", "2,5,tts-1", "audio speeches"),
        ("num_model_requests,seconds,model", "2,5,whisper-1", "audio transcriptions"),
        ("num_model_requests,input_tokens,model", "2,500,omni-moderation-latest", "omni-moderation-latest"),
        ("num_model_requests,model", "2,new-9", "new-9"),
        ("num_model_requests", "2", "something unknown"),
        ("usage_bytes", "200", "vector stores"),
        ("num_sessions", "3", "code interpreter sessions"),
    ],
)
def test_openais_other_usage_is_left_out_and_tells_nothing_of_calls(columns: str, cells: str, what: str) -> None:
    held = read(f"start_time,end_time,{columns}\n1793577600,1793664000,{cells}\n")
    assert (held.lines, held.covers) == ([], frozenset())
    assert held.notes == (f"1 line of OpenAI's usage of {what}: not compared",)


def test_a_page_of_other_usage_tells_nothing_of_calls_and_an_empty_one_does() -> None:
    pictures = read(page({"object": "organization.usage.images.result", "images": 5, "model": "dall-e-3"}))
    assert (pictures.covers, len(pictures.notes)) == (frozenset(), 1)
    assert read(page()).covers == {("openai", "answer"), ("openai", "embeddings")}


def test_zeros_without_a_model_arent_all_models() -> None:
    head = "start_time,end_time,num_model_requests,input_tokens,output_tokens,model"
    used = f"{head}\n1793577600,1793664000,2,16,9,gpt-4o\n1793664000,1793750400,0,0,0.0,\n"
    assert [line.model for line in read(used).lines] == ["gpt-4o"]
    assert read(used).periods == {"openai": (DAYS[0], at("2026-11-04"))}
    costs = "start_time,end_time,amount_value,amount_currency,line_item\n1793577600,1793664000,0E-6176,usd,{}\n"
    assert read(costs.format("")).lines == []
    assert len(read(costs.format("storage")).lines) == 1


def test_anthropic_reports() -> None:
    used = {
        "uncached_input_tokens": 1500,
        "cache_creation": {"ephemeral_5m_input_tokens": 30, "ephemeral_1h_input_tokens": 7},
        **{"cache_read_input_tokens": 200, "output_tokens": 500, "model": "claude-haiku-4-5-20251001"},
        **{"server_tool_use": {"web_search_requests": 1}, "service_tier": "batch", "context_window": "0-200k"},
    }
    times = {"starting_at": "2026-11-02T00:00:00Z", "ending_at": "2026-11-03T00:00:00Z"}
    tokens = {"input": 1500, "cache read": 200, "cache write": 37, "output": 500}
    bucket = read({"data": [{**times, "results": [used]}], "has_more": False, "next_page": None})
    assert seen(bucket) == [("claude-haiku-4-5", tokens, {}, "batch")]
    assert bucket.periods == {"anthropic": DAYS}
    group = {"model": "claude-haiku-4-5-20251001", "service_tier": "standard", "api_key_id": None}
    item = read({"data": [{**times, "group": group, "usage": {**used, "model": None} | group}], "has_more": False})
    assert seen(item)[0][:2] == ("claude-haiku-4-5", tokens)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"token_type": "uncached_input_tokens", "cost_type": "tokens"}, "input"),
        ({"token_type": "cache_creation.ephemeral_1h_input_tokens", "cost_type": "tokens"}, "cache write"),
        ({"token_type": "cache_read_input_tokens", "cost_type": "tokens"}, "cache read"),
        ({"token_type": "output_tokens", "cost_type": "tokens"}, "output"),
        ({"token_type": None, "cost_type": "web_search"}, "tools"),
        ({"token_type": None, "cost_type": "code_execution"}, "other"),
        ({"token_type": None, "cost_type": None}, "all"),
    ],
)
def test_anthropic_costs_are_cents(fields: dict[str, Any], expected: str) -> None:
    times = {"starting_at": "2026-11-02T00:00:00Z", "ending_at": "2026-11-03T00:00:00Z"}
    result = {"amount": "123.78912", "currency": "USD", "model": None, **fields}
    assert read({"data": [{**times, "results": [result]}]}).lines[0].costs == {expected: Decimal("1.2378912")}
    cost = {"amount": "123.78912", "list_amount": "140", "currency": "USD", "requests": None}
    assert read({"data": [{**times, "group": fields, "cost": cost}]}).lines[0].costs == {expected: Decimal("1.2378912")}


def test_anthropic_console() -> None:
    used = (
        "usage_date_utc,model_version,api_key,workspace,usage_type,context_window,usage_input_tokens_no_cache,"
        "usage_input_tokens_cache_write_5m,usage_input_tokens_cache_write_1h,usage_input_tokens_cache_read,"
        "usage_output_tokens,web_search_count,inference_geo,speed\n"
        "2026-11-02,claude-opus-5,Mine,Default,standard,≤ 200k,46981,15969,1,0,16932,0,global,\n"
    )
    tokens = {"input": 46981, "cache read": 0, "cache write": 15970, "output": 16932}
    assert seen(read("\ufeff" + used)) == [("claude-opus-5", tokens, {}, "")]
    costs = (
        "usage_date_utc,model,workspace,api_key,usage_type,context_window,token_type,cost_usd,list_price_usd,cost_type\n"
        "2026-11-02,Claude Haiku 4.5,Default,Mine,message,≤ 200k,input_cache_write_5m,0.05,0.05,token\n"
        "2026-11-02T13:00,Claude Opus 4.1,Default,Mine,batch,≤ 200k,output,1.234567,2,token\n"
    )
    first, second = read(costs).lines
    assert (first.model, first.costs, first.slack) == (
        "claude-haiku-4-5",
        {"cache write": Decimal("0.05")},
        Decimal("0.005"),
    )
    assert (second.model, second.terms, second.slack) == ("claude-opus-4-1", "batch", 0)
    assert second.ends - second.starts == 3_600_000_000


GOOGLE = (
    "Date,Service description,Service ID,SKU description,SKU ID,Usage amount,Usage unit,Unrounded subtotal ($),"
    "Subtotal ($)"
)


@pytest.mark.parametrize(
    ("sku", "expected"),
    [
        ("Generate content input token count gemini 2.5 flash short input text", ("gemini-2.5-flash", "input", "")),
        ("Generate content output token count Gemini 2.5 Pro short output text", ("gemini-2.5-pro", "output", "")),
        (
            "Generate content cached input token count gemini 2.5 flash input image",
            ("gemini-2.5-flash", "cache read", ""),
        ),
        (
            "Generate content input token count gemini 3.7 flash text flex caching",
            ("gemini-3.7-flash", "cache read", "flex"),
        ),
        (
            "Generate content output token count gemini 3.7 flash lite text batch",
            ("gemini-3.7-flash-lite", "output", "batch"),
        ),
        ("GenerateContent text output token count for Gemini 2.0 Flash", ("gemini-2.0-flash", "output", "")),
        ("EmbedContent input token count for gemini-embedding-2 text", ("gemini-embedding-2", "input", "")),
        ("Grounding with Google Search", ("", "tools", "")),
        ("Cached content storage token hours gemini 2.5 flash", ("", "other", "")),
    ],
)
def test_google_skus(sku: str, expected: tuple[str, str, str]) -> None:
    rows = f'{GOOGLE}\n2026-11-02,Gemini API,A,{sku},B,"34,356",count,0.0515340,0.05\n,,,,,,Subtotal,0.05,0.05\n'
    (line,) = read(rows).lines
    assert (line.model, *line.costs, line.terms) == expected
    assert line.cost == Decimal("0.051534")
    assert line.tokens == ({expected[1]: 34356} if expected[0] else {})
    assert (line.starts, line.ends) == (at("2026-11-02 08:00"), at("2026-11-03 08:00"))  # in California


def test_google_cost_table_and_bigquery() -> None:
    table = (
        "Invoice number,123,\nCurrency,USD,\n"
        "Project ID,Service description,SKU description,Cost type,Usage start date,Usage end date,Usage amount,"
        "Usage unit,Unrounded Cost ($),Cost ($)\n"
        "p,Gemini API,Text output token count gemini 3 pro,Usage,2026-11-01,2026-11-30,10,count,0.1234,0.12\n"
        "p,Cloud Storage,Standard,Usage,2026-11-01,2026-11-30,10,gibibyte,4,4\n"
    )
    read_ = read(table)
    assert seen(read_) == [("gemini-3-pro", {"output": 10}, {"output": Decimal("0.1234")}, "")]
    assert read_.notes == ("1 line of Google's Cloud Storage: not compared",)
    assert read_.lines[0].ends == at("2026-12-01 08:00")
    row = {
        "service": {"description": "Gemini API"},
        "sku": {"description": "Generate content output token count gemini 2.5 pro"},
        **{"usage_start_time": "2026-11-02 10:00:00 UTC", "usage_end_time": "2026-11-02 11:00:00 UTC"},
        **{"cost": 0.25, "currency": "USD", "usage": {"amount": 10, "unit": "count"}},
        "credits": [{"name": "Trial", "amount": -0.05}],
    }
    assert [line.costs for line in read([row]).lines] == [{"output": Decimal("0.25")}, {"other": Decimal("-0.05")}]
    for row["currency"] in ("EUR", None):
        with pytest.raises(InvoiceError, match="US dollars"):
            read([row])
    for line in ("Currency,USD,", "Billing ID,AUD"):
        assert read(table.replace("Currency,USD,", line)).lines == read_.lines
    with pytest.raises(InvoiceError, match="^line 2: .*currency is 'AUD'"):
        read(table.replace("Currency,USD,", "Currency,AUD,"))


def test_dollars_of_other_countries_arent_those_of_the_us() -> None:
    row = "2026-11-02,Gemini API,A,gemini,B,1,count,1,1"
    for currency in ("$", "US$", "USD"):
        assert read(f"{GOOGLE.replace('$', currency)}\n{row}\n").lines[0].cost == 1
    for currency in ("€", "EUR", "CA$", "A$", "AUD", "$ CAD", "AUSD"):
        with pytest.raises(InvoiceError, match="isn't in US dollars"):
            read(f"{GOOGLE.replace('$', currency)}\n{row}\n")


def test_google_rows_without_a_day() -> None:
    sums = f"{GOOGLE}\n2026-11-02,Gemini API,A,gemini,B,1,count,1,1\n,,,,,Subtotal,1,1\n,,,,,Filtered total,1,1\n"
    assert len(read(sums).lines) == 1
    assert read(sums).notes == ()
    for row in ("Total,,,,,,,1,1", "Total,1", ",,,,,Grand total:,,,1"):
        assert read(f"{sums}{row}\n") == read(sums)
    with pytest.raises(InvoiceError, match="line 5: Date is 'Total'"):
        read(f"{sums}Total,Gemini API,A,gemini,B,1,count,1,1\n")
    assert read(f"{sums},Tax,,Sales tax,,,,1,1\n").notes == ("1 line of Google's Tax: not compared",)
    with pytest.raises(InvoiceError, match=r"line 2: .*the day of 'gemini'.* grouped by date"):
        read("Service description,SKU description,Cost ($)\nGemini API,gemini,1\n")


def test_the_simulators() -> None:
    line = {
        **{"number": 1, "time": "2026-11-02T16:30:00.123456+00:00", "provider": "openai", "model": "gpt-4o-mini"},
        **{"request_id": "req_1", "outcome": "answered", "kind": "answer", "service_tier": None, "input_tokens": 12},
        **{"cache_read_tokens": 4, "cache_write_tokens": 0, "output_tokens": 5, "cost_usd": "0.0001", "reason": None},
    }
    from_json = read({"currency": "USD", "prices": None, "total": "0.0001", "lines": [{**line, "parts": []}]})
    text = ",".join(line) + "\n" + ",".join(["" if value is None else str(value) for value in line.values()]) + "\n"
    assert from_json.lines == read(text).lines
    assert from_json.per_request
    assert from_json.lines[0].tokens == {"input": 8, "cache read": 4, "cache write": 0, "output": 5}
    assert from_json.lines[0].starts == at("2026-11-02 16:30") + 123_456
    with pytest.raises(InvoiceError, match="put together"):
        join([from_json, read(page(COMPLETIONS))])
    unlisted = {
        **line,
        "number": 2,
        "request_id": "req_2",
        "cost_usd": None,
        "reason": "no price is listed",
        "parts": [],
    }
    both = read({"currency": "USD", "prices": None, "total": "0.0001", "lines": [{**line, "parts": []}, unlisted]})
    assert join([both]).lines == both.lines  # one without a price takes nothing from the others


def test_usage_and_costs_together_count_tokens_once() -> None:
    costs = read(page({**COST, "line_item": "gpt-4o-mini, input", "quantity": 500}))
    assert costs.lines[0].tokens == {"input": 500}
    both = join([costs, read(page(COMPLETIONS))])
    assert [line.tokens for line in both.lines if line.costs] == [{}]


def test_a_file_that_is_given_twice_counts_once() -> None:
    held = read(page(COMPLETIONS))
    both = join([held, read(page(COMPLETIONS)), read(page({**COMPLETIONS, "output_tokens": 71}))])
    assert len(both.lines) == 2
    assert both.notes == ("a file that was given twice counts once",)


def test_lines_that_two_files_have_in_common_are_told() -> None:
    unused = {**COMPLETIONS, **dict.fromkeys(("input_tokens", "input_cached_tokens", "output_tokens"), 0)}
    unused |= {"input_cache_write_tokens": 0, "input_uncached_tokens": 0}
    part, whole = read(page(COMPLETIONS, unused)), read(page(COMPLETIONS, unused, {**COMPLETIONS, "model": "gpt-5"}))
    both = join([part, whole])
    assert len(both.lines) == 5  # they may be of two projects
    (note,) = both.notes
    assert note.startswith("1 line is in two files of OpenAI's usage of completions, and counted twice")
    assert join([part, read(page({**COST, "line_item": "gpt-4o, input"}))]).notes == ()


@pytest.mark.parametrize(
    "text",
    ["", "hello", '{"a": 1}', "[]", '{"data": []}', '{"data": [{"id": "x"}]}', "{", "a,b,c\n1,2,3\n", "[1, 2]", "\x00"],
)
def test_what_isnt_an_invoice_is_told_with_what_is(text: str) -> None:
    with pytest.raises(InvoiceError) as caught:
        read(text)
    assert "dashboard's CSV" in caught.value.advice


@pytest.mark.parametrize(
    "text",
    [
        "usage_date_utc,cost_usd\nAugust,1\n",
        "usage_date_utc,cost_usd\n2026-11-02,\n",
        "usage_date_utc,cost_usd\n2026-11-02,1e999\n",
        '{"data": [{"start_time": 1e999999, "end_time": 1, "results": []}]}',
        '{"data": [{"start_time": 1e99999999999999999999, "results": []}]}',
        "usage_date_utc,cost_usd\n2026-11-02,much\n",
        "usage_date_utc,usage_input_tokens_no_cache,usage_output_tokens\n2026-11-02,1,1\n",
        '{"data": [{"start_time": 1, "results": []}]}',
        f"{GOOGLE}\nsoon,Gemini API,A,gemini,B,1,count,1,1\n",
    ],
)
def test_a_known_shape_with_something_wrong_in_it(text: str) -> None:
    with pytest.raises(InvoiceError):
        read(text)


def test_a_time_that_isnt_one_is_named() -> None:
    for row in ({"start_time": 1793577600000}, {"start_time": -1}, {"start_time": 10**18}, {"start_time": None}):
        with pytest.raises(InvoiceError, match=r"^start_time is .*not milliseconds"):
            read({"data": [{"end_time": 1793664000, "results": [COMPLETIONS], **row}]})
    for day in ("9999-12-31", "0001-01-01", "11/2/2026"):
        with pytest.raises(InvoiceError, match="line 2: Date is"):
            read(f"{GOOGLE}\n{day},Gemini API,A,gemini,B,1,count,1,1\n")
    with pytest.raises(InvoiceError, match="line 2: usage_date_utc"):
        read("usage_date_utc,cost_usd\n0001-01-01T00:00:00+14:00,1\n")


@pytest.mark.parametrize("text", ["[" * 100_000, '{"data":' * 5000 + "1" + "}" * 5000])
def test_json_may_be_deep(text: str) -> None:
    with pytest.raises(InvoiceError, match="too many brackets"):
        read(text)


USED = "start_time,end_time,model,input_tokens,input_cached_tokens,output_tokens"
ROW = "1793577600,1793664000,gpt-4o-mini,1000,0,70"


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ('1793577600,1793664000,"gpt-4o,200,0,20\n' + ROW, "unexpected end of data"),
        ('1793577600,1793664000,"gpt-4o,200,0,20\n1793577600,1793664000,"gpt-5",1,0,1', "expected after"),
        ("1793577600,1793664000,gpt-4o", "3 cells, and the header 6"),
        ("1793577600,1793664000,gpt-4o,1,000,0,20", "7 cells, and the header 6"),
        ("1793577600,1793664000,gpt-4o,,,x", "'x' isn't a number"),
        ("1793577600,1793664000,gpt-4o,100,200,20", "200 tokens out of the cache .* all 100 input tokens"),
    ],
)
def test_no_row_of_a_csv_is_dropped_in_silence(row: str, words: str) -> None:
    with pytest.raises(InvoiceError, match=f"^line 5: .*{words}"):
        read(f"{USED}\n{ROW}\n\n{ROW}\n{row}\n")
    assert len(read(f"{USED}\n{ROW}\n,,,,,\n\n1793577600,1793664000,,,,\n").lines) == 1


def test_cells_that_are_too_many_are_refused_unless_they_are_empty() -> None:
    head = f"Project,{GOOGLE}"
    for first in ("", "p"):
        row = f"{first},2026-11-02,Gemini API,A,gemini,B,1,count,12,345.00"
        assert read(f"{head}\n{row}\n").lines[0].cost == 12
        for ending in ("", ","):  # a column without a name has nothing that is read
            with pytest.raises(InvoiceError, match="line 2: the row has 1[12] cells, and the header 10"):
                read(f"{head}{ending}\n{row},00{ending}\n")
        expected = read(f"{head}\n{row}\n")
        for above, below in ((",", ""), ("", ","), (",,", ",")):
            assert read(f"{head}{above}\n{row}{below}\n") == expected


def test_a_missing_column_is_named_in_words() -> None:
    with pytest.raises(InvoiceError, match="^line 2: the column 'usage_output_tokens' is missing"):
        read("usage_date_utc,usage_input_tokens_no_cache\n2026-11-02,5\n")
    with pytest.raises(InvoiceError, match="known, but no 'end_time'"):
        read({"data": [{"start_time": 1, "results": []}]})
    with pytest.raises(InvoiceError, match="a value of another kind"):
        read({"data": [{**DAY, "results": [5]}]})


def test_values_are_quoted_as_they_are_and_not_in_full() -> None:
    with pytest.raises(InvoiceError, match=r"^'1\.5' isn't a number of tokens"):
        read(json.dumps(page({**COMPLETIONS, "output_tokens": 1.5})))
    with pytest.raises(InvoiceError, match=r"^start_time is '1E\+999999', and"):
        read('{"data": [{"start_time": 1e999999, "end_time": 1, "results": []}]}')
    with pytest.raises(InvoiceError, match="^start_time is '9{40}', and"):
        read({"data": [{"start_time": "9" * 5000, "end_time": 1, "results": []}]})
    for number_ in ("9" * 5000, "1e99999999999999999999"):
        with pytest.raises(InvoiceError, match=r"isn't \(it has a number that is too long\)"):
            read(f'{{"data": [{{"start_time": {number_}}}]}}')


def test_tokens_of_which_more_were_cached_than_there_are() -> None:
    told = {"input_cached_tokens": 1001, "input_uncached_tokens": None}
    with pytest.raises(InvoiceError, match="1,101 tokens out of the cache"):
        read(page(COMPLETIONS | told))
    line = {"time": "2026-11-02T16:30", "provider": "openai", "model": "gpt", "input_tokens": 12}
    with pytest.raises(InvoiceError, match="13 tokens"):
        read({"lines": [{**line, "cache_read_tokens": 6, "cache_write_tokens": 7}]})
    assert "input" not in read(page(COMPLETIONS | told | {"input_tokens": None})).lines[0].tokens  # it isn't 0


def test_a_comma_is_never_taken_for_a_point() -> None:
    head = "usage_date_utc,model,cost_usd"
    for cost in ("0,06", "1,5", "0,060", "12,34.5", "1234,567", ",5"):
        with pytest.raises(InvoiceError, match=r'^line 2: .*after a point, "0\.06"'):
            read(f'{head}\n2026-11-02,claude,"{cost}"\n')
    assert read(f'{head}\n2026-11-02,claude,"-1,234,567.5"\n').lines[0].cost == Decimal("-1234567.5")
    for delimiter in ";\t":  # where "1,234" may be both
        rows = f"{head}\n2026-11-02,claude,1.5\n2026-11-02,claude,%\n".replace(",", delimiter)
        assert read(rows.replace("%", "0.06")).lines[1].cost == Decimal("0.06")
        for cost in ("0,06", "1,234", "1.234,56", "-,5"):
            with pytest.raises(InvoiceError, match=r"^line 3: cost_usd is .* with a point"):
                read(rows.replace("%", cost))
    named = "usage_date_utc;model;workspace;cost_usd\n2026-11-02;claude;7,5;1.5\n"
    assert read(named).lines[0].cost == Decimal("1.5")


def test_a_page_that_is_there_twice_counts_once() -> None:
    first, last = page(COMPLETIONS, more=True), page(COMPLETIONS, COMPLETIONS)
    buckets = [first["data"][0], last["data"][0]]
    said = ("what was there twice (a bucket, or a page) counts once",)
    whole = {**first, "data": buckets}
    for pages in ([first, last, first], [first, whole], [whole, {**whole, "has_more": False}], [*buckets, *buckets]):
        for text in (json.dumps(pages), "\n".join(map(json.dumps, pages))):
            assert len(read(text).lines) == 3  # two lines may be alike
            assert read(text).notes == said
    assert len(read({**first, "data": buckets * 2}).lines) == 3
    assert read([*buckets]).notes == ()
    assert read([page(), page()]).notes == ()  # of two reports
    item = {
        **{"starting_at": "2026-11-02T00:00:00Z", "ending_at": "2026-11-03T00:00:00Z", "group": {"model": "claude"}},
        "cost": {"amount": "1", "currency": "USD"},
    }
    analytics = {"data": [item, item], "has_more": False}
    assert (len(read([analytics, analytics]).lines), read([analytics, analytics]).notes) == (2, said)
    row = {
        **{"service": {"description": "Gemini API"}, "sku": {"description": "gemini"}, "currency": "USD", "cost": 1},
        **{"usage_start_time": "2026-11-02 10:00:00 UTC", "usage_end_time": "2026-11-02 11:00:00 UTC"},
    }
    assert len(read([row, row]).lines) == 2  # which have nothing of their own


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_no_bytes_break_it(data: bytes) -> None:
    try:
        read_invoice(data)
    except InvoiceError:
        pass


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("gpt-4o-mini-2024-07-18", "gpt-4o-mini"),
        ("openai/gpt-4.1-2025-04-14", "gpt-4.1"),
        ("claude-haiku-4-5-20251001", "claude-haiku-4-5"),
        ("claude-3-5-haiku-latest", "claude-haiku-3-5"),
        ("Claude-Haiku-3-5", "claude-haiku-3-5"),
        ("models/gemini-2.0-flash-001", "gemini-2.0-flash"),
        ("gemini-3.1-flash-lite-preview", "gemini-3.1-flash-lite"),
        ("text-embedding-ada-002-v2", "text-embedding-ada-002"),
        ("gpt-4-0613", "gpt-4-0613"),
        ("", ""),
    ],
)
def test_names_of_models_meet(written: str, name: str) -> None:
    assert model_name(written) == name


def test_numbers_as_they_are_written() -> None:
    assert [number(value) for value in ("1,234", 5.0, "6.0", "", None)] == [1234, 5, 6, None, None]
    assert [money(value) for value in ("1,234.50", 0.06, "0E-6176")] == [Decimal("1234.50"), Decimal("0.06"), 0]
    assert [slack(value) for value in ("0.05", "1", "0.12345")] == [Decimal("0.005"), 0, 0]
    assert {micro({"at": value}, "at") for value in ("2026-11-02T00:00:00", 1793577600, "1793577600")} == {
        at("2026-11-02")
    }
    for wrong in ("x", "NaN", True, "1.5", "-1"):
        with pytest.raises(InvoiceError):
            number(wrong)
