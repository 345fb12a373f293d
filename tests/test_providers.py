"""Every provider there is: each file is found by itself and checked, and each server's ways with a request are kept."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from ringup import Provider, models, providers, wires
from ringup.errors import MissingKeyError, ParameterError
from ringup.keys import find_base_url, find_key
from ringup.messages import (
    Image,
    Message,
    OutputSchema,
    Reasoning,
    Request,
    Text,
    Thinking,
    ToolCall,
    ToolChoice,
    ToolResult,
)
from ringup.parameters import fit
from ringup.plan import Planner
from ringup.reply import Notice
from ringup.rules import Rules

FOLDER = Path(providers.__file__).parent
NAMES = [file.stem for file in sorted(FOLDER.glob("*.py")) if file.stem != "__init__"]
CHAT = "chat_completions"
KEY = "k-0123456789abcdef0123456789"


def known(name: str) -> Provider:
    provider = providers.find(name)
    assert provider
    return provider


# Each file


@pytest.mark.parametrize("name", NAMES)
def test_a_provider_is_whole(name: str) -> None:
    provider = known(name)
    assert provider.name == name
    assert provider.wire in wires.NAMES
    assert all(re.fullmatch(r"[A-Z][A-Z0-9_]+", variable) for variable in (*provider.key_env, *provider.base_url_env))
    assert provider.key_env or provider.key_optional
    assert provider.key_header == provider.key_header.lower()
    for page in (provider.keys_page, provider.billing_page, provider.limits_page, provider.status_page):
        assert not page or re.fullmatch(r"https://\S+", page)
    assert provider.rules is None or (provider.rules.source and models.rules(name, "any") is provider.rules)


@pytest.mark.parametrize("name", NAMES)
def test_its_address(name: str) -> None:
    provider = known(name)
    url = urlsplit(provider.base_url)
    if not url.scheme:
        assert provider.endpoint_env
        assert provider.base_url.startswith("/")
    else:
        local = url.hostname in ("localhost", "127.0.0.1")
        assert url.scheme == ("http" if local else "https")
        assert local <= provider.key_optional
        assert find_base_url(provider, None) == (provider.base_url, None)
    assert not provider.base_url.endswith("/")
    assert not url.query
    assert not url.fragment
    assert not url.username


def test_names_are_those_of_the_files() -> None:
    assert list(providers.names()) == NAMES
    assert len(NAMES) >= 19
    assert known("llama.cpp") is known("llamacpp")
    assert providers.find("") is providers.find(".") is providers.find("nobody") is None


def test_no_key_begins_like_another_vendors() -> None:
    owners: dict[str, str] = {}
    for name in NAMES:
        for prefix in known(name).key_prefixes:
            assert owners.setdefault(prefix, name) == name
    variables = [variable for name in NAMES for variable in known(name).key_env]
    assert len(variables) == len(set(variables))


def test_no_model_belongs_to_two() -> None:
    prices = pytest.importorskip("genai_prices.data_snapshot")
    ids = {model.id for provider in prices.get_snapshot().providers for model in provider.models}
    ids |= {model for name in NAMES for model, _ in models.known(name)}
    for model in ids:
        owners = [name for name in NAMES if any(re.fullmatch(family, model) for family in known(name).families)]
        assert len(owners) <= 1, f"{model} belongs to {owners}"


# Addresses from the environment


@pytest.mark.parametrize(
    ("name", "variable", "value", "url"),
    [
        ("azure", "AZURE_OPENAI_ENDPOINT", "https://acme.openai.azure.com/", "https://acme.openai.azure.com/openai/v1"),
        ("azure", "AZURE_OPENAI_ENDPOINT", "https://a.b/openai/v1", "https://a.b/openai/v1"),
        ("azure", "AZURE_OPENAI_ENDPOINT", "acme.openai.azure.com", "https://acme.openai.azure.com/openai/v1"),
        ("groq", "GROQ_BASE_URL", "https://api.groq.com", "https://api.groq.com/openai/v1"),
        ("groq", "GROQ_BASE_URL", "https://proxy.example/groq", "https://proxy.example/groq/openai/v1"),
        ("together", "TOGETHER_BASE_URL", "https://proxy.example/x", "https://proxy.example/x"),
        ("ollama", "OLLAMA_HOST", "0.0.0.0", "http://127.0.0.1:11434/v1"),
        ("ollama", "OLLAMA_HOST", "0.0.0.0:11500", "http://127.0.0.1:11500/v1"),
        ("ollama", "OLLAMA_HOST", ":11500", "http://127.0.0.1:11500/v1"),
        ("ollama", "OLLAMA_HOST", "http://gpu:11434", "http://gpu:11434/v1"),
        ("ollama", "OLLAMA_HOST", "https://ollama.com", "https://ollama.com/v1"),
        ("ollama", "OLLAMA_HOST", "[::1]", "http://[::1]:11434/v1"),
    ],
)
def test_a_servers_address_in_a_variable(
    name: str, variable: str, value: str, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    found, notice = find_base_url(known(name), None)
    assert found == url
    assert (notice is None) == (url == known(name).base_url or name == "azure")


def test_a_key_goes_where_the_vendors_variable_leads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLLAMA_HOST", "https://ollama.com")
    monkeypatch.setenv("OLLAMA_API_KEY", KEY)
    secret, notices = find_key(known("ollama"), None, "https://ollama.com/v1")
    assert secret
    assert "OLLAMA_HOST" in notices[0].message
    secret, notices = find_key(known("ollama"), None, "https://elsewhere.example/v1")
    assert secret is None
    assert notices[0].kind == "refused"


def test_azure_has_an_address_for_each_customer(monkeypatch: pytest.MonkeyPatch) -> None:
    azure = known("azure")
    with pytest.raises(ParameterError, match="AZURE_OPENAI_ENDPOINT") as caught:
        find_base_url(azure, None)
    assert "https://your-own-address" in caught.value.advice
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", "https://acme.openai.azure.com")
    with pytest.raises(MissingKeyError, match="AZURE_OPENAI_API_KEY"):
        find_key(azure, None, "https://acme.openai.azure.com/openai/v1")
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", KEY)
    assert find_key(azure, None, "https://other.openai.azure.com/openai/v1")[0] is None
    route = Planner(None, None, None, {}).route("azure/my-deployment")
    assert (route.model, route.base_url) == ("my-deployment", "https://acme.openai.azure.com/openai/v1")
    assert route.auth
    assert route.auth.header == "api-key"
    assert route.notices == ()
    assert route.rules.max_tokens_field == "max_completion_tokens"
    assert models.known("azure") == ()


# What each server takes


def sent(provider: str, model: str = "any", strict: bool = False, **fields: Any) -> tuple[dict[str, Any], list[Notice]]:
    """The body that goes to a provider, and the notices."""
    rules = models.rules(provider, model)
    given = {"messages": (Message("user", (Text("Hello!"),)),), **fields}
    request, dropped = fit(Request(model=model, **given), rules, provider, strict)
    http, said = wires.find(CHAT).write_request(request, rules)
    return json.loads(http.body), [*dropped, *said]


COMPATIBLE = [name for name in NAMES if known(name).wire == CHAT and name not in ("openai", "sim")]
NEW_NAME = {"azure", "groq", "openrouter", "vllm", "xai"}


@pytest.mark.parametrize("name", COMPATIBLE)
def test_the_plain_parameters_go_to_every_server(name: str) -> None:
    body, _ = sent(name, max_tokens=9, temperature=0.5, top_p=0.9, stream=True)
    limit = "max_completion_tokens" if name in NEW_NAME else "max_tokens"
    assert body.pop(limit) == 9
    assert body.pop("stream_options", None) == (None if name == "mistral" else {"include_usage": True})
    assert body == {
        "model": "any",
        "messages": [{"role": "user", "content": "Hello!"}],
        "temperature": 0.5,
        "top_p": 0.9,
        "stream": True,
    }


REFUSED = [
    ("groq", {"logprobs": True, "top_logprobs": 2, "logit_bias": {"5": 1}}),
    ("mistral", {"logprobs": True, "logit_bias": {"5": 1}, "user": "u"}),
    ("cerebras", {"frequency_penalty": 0.5, "presence_penalty": 0.5, "service_tier": "flex"}),
    ("ollama", {"logit_bias": {"5": 1}, "user": "u"}),
    ("xai", {"frequency_penalty": 0.5, "presence_penalty": 0.5}),
]


@pytest.mark.parametrize(("name", "extra"), REFUSED)
def test_what_a_server_refuses_is_left_out_with_a_notice(name: str, extra: dict[str, Any]) -> None:
    body, notices = sent(name, extra=extra)
    assert body.keys().isdisjoint(extra)
    assert {notice.what.removeprefix("extra.") for notice in notices} == extra.keys()
    assert {notice.kind for notice in notices} == {"dropped"}
    with pytest.raises(ParameterError):
        sent(name, strict=True, extra=extra)


def test_parameters_that_one_server_refuses() -> None:
    body, notices = sent("ollama", tool_choice=ToolChoice("required"), parallel_tool_calls=False)
    assert body.keys() == {"model", "messages"}
    assert [notice.what for notice in notices] == ["parallel_tool_calls", "tool_choice"]
    body, notices = sent("cerebras", parallel_tool_calls=True)  # the default: nothing is lost
    assert "parallel_tool_calls" not in body
    assert notices == []
    assert "stop" not in sent("xai", "grok-4", stop=("x",))[0]
    for model in ("grok-3", "grok-4-fast-non-reasoning", "grok-2-1212"):
        assert sent("xai", model, stop=("x",))[0]["stop"] == ["x"]
    with pytest.raises(ParameterError, match="top_logprobs must be from 0 to 8"):
        sent("xai", extra={"top_logprobs": 9, "logprobs": True})


def test_fields_under_another_name() -> None:
    body, notices = sent("mistral", seed=7)
    assert body["random_seed"] == 7
    assert "seed" not in body
    assert [(notice.kind, notice.what) for notice in notices] == [("renamed", "seed")]
    assert sent("groq", seed=7)[0]["seed"] == 7


def test_efforts() -> None:
    assert sent("ollama", reasoning=Reasoning(effort="max"))[0]["reasoning_effort"] == "max"
    assert sent("groq", reasoning=Reasoning(effort="default"))[0]["reasoning_effort"] == "default"
    body, notices = sent("groq", reasoning=Reasoning(effort="max"))
    assert "reasoning_effort" not in body
    assert "'none', 'default', 'low', 'medium', or 'high'" in notices[0].message


def test_kinds_of_output() -> None:
    shaped, free = OutputSchema({"type": "object"}), OutputSchema()
    body, notices = sent("deepseek", output_schema=shaped)
    assert body["response_format"] == {"type": "json_object"}
    assert [(notice.kind, notice.what) for notice in notices] == [("renamed", "output_schema")]
    body, notices = sent("lmstudio", output_schema=free)
    assert "response_format" not in body
    assert [(notice.kind, notice.what) for notice in notices] == [("dropped", "output_schema")]
    assert sent("deepseek", output_schema=free)[0]["response_format"] == {"type": "json_object"}
    assert sent("lmstudio", output_schema=shaped)[0]["response_format"]["type"] == "json_schema"
    with pytest.raises(ParameterError, match="schema"):
        sent("deepseek", strict=True, output_schema=shaped)


def test_images_that_a_server_would_have_to_fetch() -> None:
    ask = (Message("user", (Text("What is it?"), Image(url="https://example.com/cat.png"))),)
    with pytest.raises(ParameterError, match=r"messages\[0\]\.parts\[1\] must be an image's bytes"):
        sent("ollama", messages=ask)
    assert sent("groq", messages=ask)[1] == []
    assert sent("ollama", messages=(Message("user", (Image(data=b"x", media_type="image/png"),)),))[1] == []


@pytest.mark.parametrize("name", ["deepseek", "mistral"])
def test_servers_that_know_no_developer(name: str) -> None:
    talk = (Message("developer", (Text("Be brief."),)), Message("user", (Text("Hello!"),), name="Ada"))
    body, notices = sent(name, messages=talk)
    assert [message["role"] for message in body["messages"]] == ["system", "user"]
    assert ("renamed", "messages.role") in [(notice.kind, notice.what) for notice in notices]
    assert sent("openrouter", messages=talk)[0]["messages"][0]["role"] == "developer"


@pytest.mark.parametrize("name", ["groq", "mistral"])
def test_servers_that_take_no_names_of_speakers(name: str) -> None:
    talk = (Message("user", (Text("Hello!"),), name="Ada"),)
    body, notices = sent(name, messages=talk)
    assert body["messages"] == [{"role": "user", "content": "Hello!"}]
    assert [(notice.kind, notice.what) for notice in notices] == [("dropped", "messages.name")]
    assert sent("deepseek", messages=talk)[0]["messages"][0]["name"] == "Ada"


def test_ids_of_tool_calls_as_mistral_wants_them() -> None:
    call, other = ToolCall("call_0123456789", "f"), ToolCall("abcDEF123", "f")
    talk = (
        Message("user", (Text("Go!"),)),
        Message("assistant", (call, other)),
        Message("tool", (ToolResult(call.id, (Text("1"),)), ToolResult(other.id, (Text("2"),)))),
    )
    body, notices = sent("mistral", messages=talk)
    ids = [asked["id"] for asked in body["messages"][1]["tool_calls"]]
    assert [message["tool_call_id"] for message in body["messages"][2:]] == ids
    assert ids[1] == "abcDEF123"
    assert re.fullmatch(r"[A-Za-z0-9]{9}", ids[0])
    assert [(notice.kind, notice.what) for notice in notices] == [("renamed", "tool_call.id")]
    assert sent("groq", messages=talk)[0]["messages"][1]["tool_calls"][0]["id"] == call.id


def thought(field: str) -> Thinking:
    return Thinking("Hm.", extra={CHAT: {"field": field}})


@pytest.mark.parametrize(
    ("name", "field", "goes"),
    [
        ("deepseek", "reasoning_content", True),
        ("ollama", "reasoning", True),
        ("mistral", "thinking", True),
        ("openrouter", "reasoning", True),
        ("vllm", "reasoning_content", True),
        ("groq", "reasoning_content", False),
        ("mistral", "reasoning_content", False),
        ("deepseek", "thinking", False),
    ],
)
def test_reasoning_goes_back_under_a_name_that_the_server_knows(name: str, field: str, goes: bool) -> None:
    talk = (Message("assistant", (thought(field), Text("Hello!"))), Message("user", (Text("Again!"),)))
    body, notices = sent(name, messages=talk)
    assert ("Hm." in json.dumps(body)) is goes
    assert [notice.what for notice in notices] == ([] if goes else ["thinking"])


def test_openai_takes_back_no_reasoning_on_this_wire() -> None:
    talk = (Message("assistant", (thought("reasoning"), Text("Hello!"))), Message("user", (Text("Again!"),)))
    body, notices = sent("openai", "gpt-4o", messages=talk)
    assert body["messages"][0] == {"role": "assistant", "content": "Hello!"}
    assert [notice.kind for notice in notices] == ["dropped"]


# By name, and one's own


@pytest.mark.parametrize(
    ("model", "provider", "own"),
    [
        ("llama.cpp/qwen3", "llamacpp", "qwen3"),
        ("llamacpp/qwen3", "llamacpp", "qwen3"),
        ("lmstudio/openai/gpt-oss-20b", "lmstudio", "openai/gpt-oss-20b"),
        ("vllm/meta-llama/Llama-4", "vllm", "meta-llama/Llama-4"),
        ("ollama/llama3.3:70b", "ollama", "llama3.3:70b"),
    ],
)
def test_a_model_by_its_providers_name(model: str, provider: str, own: str) -> None:
    route = Planner(None, None, None, {}).route(model)
    assert (route.provider.name, route.model, route.auth) == (provider, own, None)
    assert Planner("llama.cpp", None, None, {}).route(model).model == (own if provider == "llamacpp" else model)


def test_a_provider_of_ones_own() -> None:
    mine = Provider(
        name="mine",
        base_url="http://127.0.0.1:9000/v1",
        key_optional=True,
        rules=Rules(refuses=frozenset({"seed"}), max_tokens_field="max_length"),
    )
    planner = Planner(mine, None, None, {})
    assert planner.route("mine/small").model == "small"
    plan = planner.plan((Message("user", (Text("Hello!"),)),), {"model": "small", "seed": 1, "max_tokens": 5}, False)
    body = json.loads(plan.http.body)
    assert body == {"model": "small", "messages": [{"role": "user", "content": "Hello!"}], "max_length": 5}
    assert [notice.what for notice in plan.notices] == ["seed"]
    bare = Provider(name="bare", base_url="http://127.0.0.1:9000/v1", key_optional=True)
    assert Planner(bare, None, None, {}).route("small").rules == models.rules("nobody", "small")


def test_the_page_has_a_row_for_each() -> None:
    page = (Path(__file__).parents[1] / "docs" / "providers.md").read_text()
    rows = {row[0]: row[1] for row in re.findall(r"^\| `(\w+)` \| (.*)$", page, re.MULTILINE)}
    assert sorted(rows) == NAMES
    for name in NAMES:
        provider = known(name)
        for told in (*provider.key_env, *provider.base_url_env, *provider.endpoint_env):
            assert f"`{told}`" in rows[name]
        assert name == "sim" or f"`{provider.base_url}`" in rows[name]
