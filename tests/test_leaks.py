"""No credential shows: every kind of secret that passes through the library, against every place where things end up.

A scene uses a secret as its kind says, and collects what came of it: clients, replies, errors. Then the secret is
looked for in all that can be made of those, and in all that was written meanwhile. What a server says in its answer,
and what a user says in his prompt, is content: those kinds are marked, and only what is kept or printed beyond the
answer itself counts for them.
"""

from __future__ import annotations

import asyncio
import copy
import json
import logging
import os
import pickle
import subprocess
import sys
import threading
import traceback
import warnings
from base64 import b64encode
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from click.testing import CliRunner

import ringup
from ringup import keystore
from ringup.cli.app import app
from ringup.keys import server_of
from ringup.masks import quiet
from ringup.providers import Provider
from ringup.secret import Secret
from ringup.testing import Simulator
from tests.test_client import chunks, completion

try:
    from tests.collector import Reader
except ImportError:  # the SDK isn't installed: then there is nobody to tell
    Reader: Any = None

SHAPED = "sk-canary-0123456789abcdefghij"
"A secret that can be told from its form."
PLAIN = "Kanarienvogel4711zwitschert"
"One that can't."

BAD = b'{"choices": [{"index": 0, "message": {"role": "assistant", "content": "%s"'


class Parrot(BaseHTTPRequestHandler):
    """A server that says the key again in its answer, in the way that the first part of the path names."""

    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def _key(self) -> bytes:
        names = ("authorization", "x-api-key", "x-goog-api-key", "x-gateway-token")
        return next((self.headers[name] for name in names if self.headers[name]), "").removeprefix("Bearer ").encode()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        way, key = self.path.split("/")[1], self._key()
        if way == "drop":
            self.close_connection = True
            return
        status, told, headers = self._answer(way, key, body)
        self.send_response(status)
        for name, value in {"content-type": "application/json", **headers}.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)

    do_GET = do_POST  # noqa: N815

    def _answer(self, way: str, key: bytes, body: bytes) -> tuple[int, bytes, dict[str, str]]:
        text, stream = key.decode(), {"content-type": "text/event-stream"}
        message = f"Incorrect API key provided: {text}."
        error = {"error": {"message": message, "type": f"t_{text}", "code": text, "param": text, text: [text]}}
        match way:
            case "json":
                return 401, json.dumps(error).encode(), {}
            case "busy":
                return 503, json.dumps(error).encode(), {"retry-after": "0"}
            case "anthropic":
                told = {"type": "error", "error": {"type": "authentication_error", "message": message}}
                return 401, json.dumps(told).encode(), {"request-id": text}
            case "gemini":
                told = {"error": {"code": 400, "message": message, "status": "INVALID_ARGUMENT", "details": [error]}}
                return 400, json.dumps(told).encode(), {}
            case "text":
                return 500, f"<html>{message}</html>".encode(), {"retry-after": "0"}
            case "ids":
                return 429, json.dumps(error).encode(), {"x-request-id": text, "retry-after": "0"}
            case "redirect":
                return 307, b"", {"location": f"https://{text}:{text}@evil.example/?key={text}"}
            case "html":
                return 200, f"<html>{message}</html>".encode(), {"content-type": "text/html"}
            case "bad":
                return 200, BAD % key, {}
            case "stream_bad":
                return 200, b"".join(chunks("a", done=False)) + b"data: {" + key + b"\n\n", stream
            case "stream_error":
                return 200, b"".join(chunks("a", done=False)) + f"data: {json.dumps(error)}\n\n".encode(), stream
            case "stream_cut":
                return 200, b"".join(chunks("a", done=False)), {**stream, "x-request-id": text}
            case "echo" if b'"stream":true' in body:
                return 200, b"".join(chunks(text)), stream
            case "echo":
                return 200, json.dumps({**completion(text), "id": text}).encode(), {"x-request-id": text}
            case "tool" if b'"role":"tool"' not in body:
                function = {"name": "look", "arguments": json.dumps({"secret": text})}
                call = {"id": "c1", "type": "function", "function": function}
                return 200, json.dumps(completion("", tool_calls=[call])).encode(), {}
        done = b"".join(chunks("a")) if b'"stream":true' in body else json.dumps(completion()).encode()
        return 200, done, stream if b'"stream":true' in body else {}


@pytest.fixture(scope="module")
def parrot() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Parrot)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


class Scene:
    """What a kind of secret is used in."""

    def __init__(self, parrot: str, folder: Path, monkeypatch: pytest.MonkeyPatch, level: Any) -> None:
        self.parrot, self.folder, self.patch = parrot, folder, monkeypatch
        self.ledger = ringup.Ledger(folder / "calls.db", level=level)
        self.things: list[Any] = []
        self.attempts: list[Any] = []
        self.spans = Reader() if Reader else None

    def url(self, way: str) -> str:
        return f"{self.parrot}/{way}/v1"

    def client(self, way: str = "ok", kind: Any = ringup.Client, **given: Any) -> Any:
        usual: dict[str, Any] = {"base_url": self.url(way), "ledger": self.ledger, "retries": 1}
        usual |= {"on_event": self.attempts.append}
        usual |= {"otel": self.spans.telemetry(content=True, propagate=True)} if self.spans else {}
        made = kind("gpt-4o-mini", **{**usual, **given})
        self.things.append(made)
        return made

    def note(self, do: Callable[[], Any]) -> Any:
        """Do it, and keep what it gives or raises."""
        try:
            found = do()
        except Exception as error:
            self.things.append(error)
            return error
        self.things.append(found)
        return found

    def ask(self, way: str = "ok", prompt: Any = "Hi", params: Any = None, **given: Any) -> Any:
        return self.note(lambda: self.client(way, **given).ask(prompt, **(params or {})))

    def stream(self, way: str = "ok", **given: Any) -> Any:
        def read() -> Any:
            stream = self.client(way, **given).stream("Hi")
            self.things.append(stream)
            "".join(stream)
            return stream.reply

        return self.note(read)

    def vendor(self, model: str, name: str = "", way: str = "") -> Any:
        """Ask a vendor's model, with the key from wherever it is; the parrot in the vendor's place, if it is named."""
        if name:
            self.patch.setenv(ADDRESSES[name], f"{self.parrot}/{way}" + ("/v1" if name == "openai" else ""))
        client = ringup.Client(model, ledger=self.ledger, retries=0, on_event=self.attempts.append)
        self.things.append(client)
        return self.note(lambda: client.ask("Hi"))


ADDRESSES = {"openai": "OPENAI_BASE_URL", "anthropic": "ANTHROPIC_BASE_URL", "gemini": "GOOGLE_GEMINI_BASE_URL"}

Kind = Callable[[Scene], Any]
KINDS: dict[str, tuple[Kind, str]] = {}
CONTENT: set[str] = set()
"Kinds whose secret is part of what was said."


def kind(secret: str = PLAIN, content: bool = False) -> Callable[[Kind], Kind]:
    def add(scene: Kind) -> Kind:
        name = scene.__name__.strip("_")
        KINDS[name] = (scene, secret)
        CONTENT.update([name] if content else [])
        return scene

    return add


# Keys


@kind()
def key_as_argument(s: Scene) -> None:
    s.ask(api_key=PLAIN)
    s.stream(api_key=PLAIN)


@kind()
def key_as_a_secret(s: Scene) -> None:
    secret = Secret(PLAIN)
    s.things.append(secret)
    s.ask(api_key=secret)


@kind()
def key_in_async_code(s: Scene) -> None:
    async def ask(way: str) -> Any:
        async with s.client(way, ringup.AsyncClient, api_key=PLAIN) as client:
            s.things.append(client)
            return await client.ask("Hi")

    for way in ("ok", "json", "bad", "drop"):
        s.note(lambda way=way: asyncio.run(ask(way)))


@kind()
def key_in_the_environment(s: Scene) -> None:
    s.patch.setenv("OPENAI_API_KEY", PLAIN)
    for way in ("ok", "json"):
        s.vendor("gpt-4o-mini", "openai", way)


@kind()
def key_in_the_keyring(s: Scene) -> None:
    keyring = pytest.importorskip("keyring")
    kept: dict[Any, str] = {}
    s.patch.setattr(keyring, "get_keyring", dict)
    s.patch.setattr(keyring, "set_password", lambda *at: kept.update({at[:2]: at[2]}))
    s.patch.setattr(keyring, "get_password", lambda *at: kept.get(at))
    assert keystore.keep("openai", Secret(PLAIN), server_of(s.parrot))[1] == ""
    s.vendor("gpt-4o-mini", "openai", "json")

    def broken(*_: Any) -> None:
        raise RuntimeError(PLAIN)

    s.patch.setattr(keyring, "get_password", broken)
    s.vendor("gpt-4o-mini")


@kind()
def key_in_the_file(s: Scene) -> None:
    assert keystore.keep("openai", Secret(PLAIN), server_of(s.parrot))[0].place == "file"
    s.vendor("gpt-4o-mini", "openai", "json")
    path = keystore.file_path()
    path.write_text(path.read_text()[:-3])
    s.vendor("gpt-4o-mini")
    path.write_text(json.dumps({"openai": PLAIN}))
    s.vendor("gpt-4o-mini")


@kind()
def key_of_anthropic(s: Scene) -> None:
    s.patch.setenv("ANTHROPIC_API_KEY", PLAIN)
    s.vendor("claude-haiku-4-5", "anthropic", "anthropic")


@kind()
def key_of_google(s: Scene) -> None:
    s.patch.setenv("GEMINI_API_KEY", PLAIN)
    s.vendor("gemini-2.5-flash", "gemini", "gemini")


@kind()
def key_of_another_type(s: Scene) -> None:
    for key in (PLAIN.encode(), [PLAIN], {"key": PLAIN}):
        s.ask(api_key=key)


@kind()
def key_with_quotes_breaks_and_spaces(s: Scene) -> None:
    for key in (
        f'"{PLAIN}"',
        f"{PLAIN}\n",
        f" {PLAIN}",
        f"{PLAIN} {PLAIN}",
        f"Bearer {PLAIN}",
        f"{PLAIN}é",
        f"${PLAIN}",
    ):
        s.ask(api_key=key)
        s.patch.setenv("OPENAI_API_KEY", key)
        s.vendor("gpt-4o-mini")


@kind("sk-ant-api03-canary-0123456789abcdef")
def key_of_another_vendor(s: Scene) -> None:
    key = KINDS["key_of_another_vendor"][1]
    s.patch.setenv("OPENAI_API_KEY", key)
    s.vendor("gpt-4o-mini")
    s.note(lambda: ringup.Client("groq/llama-3.1-8b-instant", api_key=key).ask("Hi"))


@kind()
def key_that_would_travel_in_the_open(s: Scene) -> None:
    s.ask(base_url="http://llm.example/v1", api_key=PLAIN)


@kind()
def key_that_stays_behind(s: Scene) -> None:
    s.patch.setenv("OPENAI_API_KEY", PLAIN)
    s.ask(provider="openai", base_url=s.url("ok"))


@kind()
def key_given_to_a_call(s: Scene) -> None:
    for name in ("api_key", "apikey", "key"):
        s.ask(params={name: PLAIN})
        s.note(lambda name=name: ringup.ask("Hi", **{name: PLAIN}))


@kind(SHAPED)
def key_in_the_place_of_another_name(s: Scene) -> None:
    s.note(lambda: ringup.Client(SHAPED).ask("Hi"))
    s.note(lambda: ringup.ask("Hi", model=SHAPED))
    s.note(lambda: ringup.Client("gpt-4o-mini", provider=SHAPED))
    s.note(lambda: ringup.Client("gpt-4o-mini", base_url=SHAPED).ask("Hi"))
    s.note(lambda: ringup.Client("gpt-4o-mini", wire=SHAPED))
    s.note(lambda: ringup.Client("gpt-4o-mini", transport=SHAPED, api_key="x" * 20).ask("Hi"))


@kind()
def key_of_a_closed_client(s: Scene) -> None:
    client = s.client(api_key=PLAIN)
    client.close()
    s.note(lambda: client.ask("Hi"))


@kind()
def key_of_a_chat(s: Scene) -> None:
    chat = s.client(api_key=PLAIN).chat(system="Be short.")
    s.note(lambda: chat.ask("Hi"))
    s.things += [chat, chat.fork()]
    chat.save(s.folder / "chat.json")


@kind()
def key_for_embeddings_and_counts(s: Scene) -> None:
    for way in ("json", "bad", "html"):
        client = s.client(way, api_key=PLAIN)
        s.note(lambda client=client: client.embed(["a", "b"], model="text-embedding-3-small"))
        s.note(lambda client=client: client.count_tokens("Hi", offline=True))


@kind()
def key_of_a_script_that_handles_events(s: Scene) -> None:
    def angry(attempt: Any) -> None:
        raise RuntimeError(f"no {attempt.number}")

    s.ask("busy", api_key=PLAIN, on_event=angry)


# What servers say


@kind()
def error_that_repeats_the_key(s: Scene) -> None:
    for way in ("json", "busy", "text"):
        s.ask(way, api_key=PLAIN)
        s.stream(way, api_key=PLAIN)


@kind()
def header_that_repeats_the_key(s: Scene) -> None:
    s.ask("ids", api_key=PLAIN)
    s.stream("ids", api_key=PLAIN)


@kind()
def redirect_with_the_key(s: Scene) -> None:
    s.ask("redirect", api_key=PLAIN)
    s.stream("redirect", api_key=PLAIN)


@kind()
def page_that_repeats_the_key(s: Scene) -> None:
    s.ask("html", api_key=PLAIN)
    s.stream("html", api_key=PLAIN)


@kind()
def broken_answer_that_repeats_the_key(s: Scene) -> None:
    s.ask("bad", api_key=PLAIN)


@kind()
def broken_stream_that_repeats_the_key(s: Scene) -> None:
    s.stream("stream_bad", api_key=PLAIN)
    s.stream("stream_cut", api_key=PLAIN)


@kind()
def error_in_a_stream_that_repeats_the_key(s: Scene) -> None:
    s.stream("stream_error", api_key=PLAIN)


@kind(content=True)
def answer_that_repeats_the_key(s: Scene) -> None:
    s.ask("echo", api_key=PLAIN)


@kind(content=True)
def stream_that_repeats_the_key(s: Scene) -> None:
    s.stream("echo", api_key=PLAIN)


@kind()
def server_that_hangs_up(s: Scene) -> None:
    s.ask("drop", api_key=PLAIN)
    s.stream("drop", api_key=PLAIN)
    s.ask(base_url="http://127.0.0.1:9/v1", api_key=PLAIN)


@kind()
def server_that_is_too_slow(s: Scene) -> None:
    s.ask(api_key=PLAIN, timeout=1e-6)


@kind()
def error_that_repeats_a_gateways_token(s: Scene) -> None:
    s.ask("json", headers={"X-Gateway-Token": PLAIN})


# Tools


@kind(content=True)
def tools_arguments(s: Scene) -> None:
    def look(secret: str) -> str:
        """Look something up."""
        return f"nothing for {secret}"

    s.ask("tool", api_key=PLAIN, params={"tools": [look]})


@kind(content=True)
def tool_that_raises(s: Scene) -> None:
    def look(secret: str) -> str:
        """Look something up."""
        raise ValueError(f"no {secret}")

    s.ask("tool", api_key=PLAIN, params={"tools": [look]})


@kind()
def token_of_a_remote_tool(s: Scene) -> None:
    data = {
        "type": "mcp",
        "server_url": "https://x.example",
        "authorization": PLAIN,
        "list": [{"headers": {"Token": PLAIN}}],
    }
    tool = ringup.Opaque("chat_completions", data)
    for way in ("ok", "text", "html"):
        s.ask(way, params={"tools": [tool]})
        s.ask(way, tools=[tool])
    s.ask(tools=[{"name": 7, "token": PLAIN}])


# Addresses and proxies


@kind()
def password_in_an_address(s: Scene) -> None:
    s.ask(base_url=f"https://me:{PLAIN}@llm.example/v1")
    s.note(
        lambda: ringup.Client("m", provider=Provider(name="p", base_url=f"https://me:{PLAIN}@llm.example")).ask("Hi")
    )


@kind()
def key_in_a_query(s: Scene) -> None:
    s.ask(base_url=f"https://llm.example/v1?key={PLAIN}")


@kind()
def password_in_an_address_of_the_environment(s: Scene) -> None:
    s.patch.setenv("OPENAI_BASE_URL", f"https://me:{PLAIN}@llm.example/v1")
    s.vendor("gpt-4o-mini")
    s.patch.setenv("OPENAI_BASE_URL", f"https://llm.example/v1?key={PLAIN}")
    s.vendor("gpt-4o-mini")


@kind()
def password_of_a_proxy(s: Scene) -> None:
    for scheme in ("http", "socks5"):
        s.ask(proxy=f"{scheme}://me:{PLAIN}@127.0.0.1:9", base_url="http://10.255.255.1/v1", timeout=5)


@kind()
def password_of_a_proxy_that_is_none(s: Scene) -> None:
    s.ask(proxy=f"gopher://me:{PLAIN}@127.0.0.1:9")
    s.ask(proxy=f"http://me:{PLAIN}@127.0.0.1:none")


@kind()
def password_of_the_environments_proxy(s: Scene) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"):
        s.patch.setenv(name, f"http://me:{PLAIN}@127.0.0.1:9")
    s.ask(base_url="http://10.255.255.1/v1", timeout=5)
    s.ask(base_url="https://llm.invalid/v1", timeout=5, transport="httpx2")


@kind()
def user_of_an_address_in_base64(s: Scene) -> None:
    s.ask("json", api_key=PLAIN, headers={"Proxy-Authorization": "Basic " + b64encode(f"me:{PLAIN}".encode()).decode()})


# Headers and fields of one's own


@kind()
def key_among_the_headers(s: Scene) -> None:
    for name in ("Authorization", "X-API-Key", "api-key", "x-goog-api-key"):
        s.ask(headers={name: f"Bearer {PLAIN}"})
        s.ask(params={"headers": {name: PLAIN}})


@kind()
def token_in_a_header(s: Scene) -> None:
    for name in ("X-Gateway-Token", "Cookie", "cf-aig-authorization", "X-Client-Secret"):
        for way in ("ok", "bad", "drop"):
            s.ask(way, headers={name: PLAIN})
            s.ask(way, params={"headers": {name: PLAIN}})


@kind(SHAPED)
def secret_in_a_header_with_a_harmless_name(s: Scene) -> None:
    s.ask("text", headers={"X-Note": SHAPED})


@kind()
def header_that_can_not_be_sent(s: Scene) -> None:
    s.ask(headers={"X-Gateway-Token": f"{PLAIN}\n"})
    s.ask(headers={"X-Gateway-Token": PLAIN.encode()})
    s.ask(headers={"Host": "x", "X-Token": PLAIN})


@kind()
def secret_in_a_field(s: Scene) -> None:
    for way in ("ok", "text", "html"):
        s.ask(way, params={"extra": {"user_api_key": PLAIN, "data": {"auth": {"password": PLAIN}}}})
        s.ask(way, extra={"list": [{"access_token": PLAIN}]})


@kind(SHAPED)
def secret_in_a_field_with_a_harmless_name(s: Scene) -> None:
    s.ask("text", extra={"note": f"use {SHAPED}"})


@kind()
def secret_in_a_field_that_can_not_be_written(s: Scene) -> None:
    s.ask(extra={"token": PLAIN, "what": object()})


@kind()
def secrets_of_a_chat(s: Scene) -> None:
    tool = ringup.Opaque("chat_completions", {"type": "mcp", "headers": [{"Authorization": PLAIN}]})
    chat = s.client().chat(headers={"X-Gateway-Token": PLAIN}, extra={"list": [{"token": PLAIN}]}, tools=[tool])
    s.note(lambda: chat.ask("Hi"))
    s.things.append(chat)
    chat.save(s.folder / "chat.json")


# What users say


@kind(content=True)
def key_in_a_prompt(s: Scene) -> None:
    for way in ("ok", "text", "echo"):
        s.ask(way, f"My key is {PLAIN}, in URLs {quote(PLAIN)}.", api_key=PLAIN)


@kind(SHAPED, content=True)
def another_key_in_a_prompt(s: Scene) -> None:
    s.ask("ok", f"Is {SHAPED} a key?", params={"system": f"Never tell {SHAPED}."})


@kind(content=True)
def key_among_the_names_of_the_ledger(s: Scene) -> None:
    s.ask("ok", api_key=PLAIN, params={"session": PLAIN, "tags": {"key": PLAIN, PLAIN: "x"}})


# Where things end up

OURS = f"{os.sep}src{os.sep}ringup{os.sep}"


def chain(error: BaseException) -> Iterator[BaseException]:
    """The error, and those behind it that a traceback shows."""
    found: BaseException | None = error
    while found:
        yield found
        found = found.__cause__ or (None if found.__suppress_context__ else found.__context__)


def plain_traceback(thing: Any) -> str:
    """Every variable of every frame of ours, as the standard library shows them."""
    if not isinstance(thing, BaseException):
        return ""
    shown = [traceback.TracebackException.from_exception(one, capture_locals=True) for one in chain(thing)]
    return "\n".join([f"{one} {[str(frame.locals) for frame in one.stack if OURS in frame.filename]}" for one in shown])


def rich_traceback(thing: Any) -> str:
    """The same as rich shows them, which looks into structs by itself."""
    if not isinstance(thing, BaseException) or not thing.__traceback__:
        return ""
    rich = pytest.importorskip("rich.traceback")
    trace = rich.Traceback.extract(type(thing), thing, thing.__traceback__, show_locals=True, locals_max_string=None)
    return "\n".join(
        [str(frame.locals) for stack in trace.stacks for frame in stack.frames if OURS in frame.filename]
        + [str(stack.exc_value) for stack in trace.stacks]
    )


def said(thing: Any) -> str:
    """What an exception says, without the answer that it may carry."""
    if not isinstance(thing, BaseException):
        return ""
    own = {name: value for name, value in vars(thing).items() if name != "partial"}
    return f"{thing} {thing!r} {thing.args} {own} {getattr(thing, '__notes__', '')}"


def pickled(thing: Any) -> str:
    try:
        return pickle.dumps(thing).decode("latin-1")
    except Exception as error:
        return f"{error!r} {plain_traceback(error)}"


def copied(thing: Any) -> str:
    made = ""
    for make in (copy.copy, copy.deepcopy):
        try:
            twin = make(thing)
        except Exception as error:
            twin = error
        made += f"{twin!r} {twin}"
    return made


def inside(thing: Any) -> str:
    """The attributes, as `vars` and rich show them."""
    pretty = pytest.importorskip("rich.pretty").pretty_repr
    held = getattr(thing, "__dict__", {})
    return (
        f"{held} {pretty(thing)} {pretty(held)} {[pretty(getattr(value, '__dict__', '')) for value in held.values()]}"
    )


SINKS: dict[str, Callable[[Any], str]] = {
    "repr": repr,
    "str": str,
    "said": said,
    "traceback": plain_traceback,
    "rich traceback": rich_traceback,
    "pickle": pickled,
    "copy": copied,
    "vars": inside,
}


def files(folder: Path) -> str:
    """All that was written: the ledger with its WAL, saved chats."""
    return "".join([path.read_bytes().decode("latin-1") for path in sorted(folder.rglob("*")) if path.is_file()])


def forms(secret: str) -> list[str]:
    """A secret as it may stand somewhere."""
    return [
        secret,
        secret.swapcase(),
        secret[::-1],
        quote(secret, safe="-"),
        b64encode(secret.encode()).decode().rstrip("="),
    ]


def leaks(secret: str, text: str) -> bool:
    return any(form in text for form in forms(secret))


@pytest.mark.parametrize("level", ["metadata", "redacted", "full"])
@pytest.mark.parametrize("name", KINDS)
def test_no_secret_shows(  # noqa: PLR0917
    name: str,
    level: str,
    parrot: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    use, secret = KINDS[name]
    scene = Scene(parrot, tmp_path, monkeypatch, level)
    monkeypatch.setenv("RINGUP_LOG_CONTENT", "1")
    with caplog.at_level(logging.DEBUG), warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        use(scene)
    assert scene.things
    found = [sink for sink in SINKS for thing in scene.things if shows(name, sink, thing, secret)]
    for thing in scene.things:
        if isinstance(thing, BaseException):
            sys.excepthook(type(thing), thing, thing.__traceback__)
    while_open = files(tmp_path)
    for thing in scene.things:
        if isinstance(thing, ringup.Client):
            thing.close()
    scene.ledger.flush()
    scene.ledger.close()
    out = capfd.readouterr()
    written = {
        "log": caplog.text + "".join([str(record.__dict__) for record in caplog.records]),
        "warnings": "".join([str(warning.message) for warning in warned]),
        "events": repr(scene.attempts),
        "telemetry": scene.spans.everything() if scene.spans else "",
        "stdout": out.out,
        "stderr": out.err,
        "files": while_open + files(tmp_path),
    }
    found += [sink for sink, text in written.items() if leaks(secret, text)]
    assert not found


def shows(name: str, sink: str, thing: Any, secret: str) -> bool:
    if name in CONTENT and sink != "said":
        return False
    return leaks(secret, SINKS[sink](thing))


def test_there_are_forty_kinds() -> None:
    assert len(KINDS) >= 40


@pytest.mark.parametrize("sink", SINKS)
def test_every_sink_would_find_a_secret(sink: str) -> None:
    """The test's own test: what leaks on purpose is found."""
    leaky = ringup.APIError(f"no {PLAIN}", body={"key": PLAIN})
    with pytest.raises(ringup.APIError) as caught:
        raise leaky
    assert leaks(PLAIN, SINKS[sink](caught.value))


# The command line, and programs that crash

COMMANDS = {
    "ask": ("ask", "-m", "gpt-4o-mini", "Hi"),
    "verbose": ("ask", "-m", "gpt-4o-mini", "-v", "--retries", "1", "Hi"),
    "wire": ("ask", "-m", "gpt-4o-mini", "--wire", "-v", "--retries", "1", "Hi"),
    "wire, whole": ("ask", "-m", "gpt-4o-mini", "--wire", "--no-stream", "--retries", "0", "Hi"),
    "json": ("ask", "-m", "gpt-4o-mini", "--json", "Hi"),
    "compare": ("compare", "-m", "gpt-4o-mini", "-m", "openai/gpt-4.1-mini", "Hi"),
    "embed": ("embed", "-m", "text-embedding-3-small", "Hi"),
    "models": ("models", "openai", "--live"),
    "check": ("keys", "check", "openai"),
    "list": ("keys", "list"),
    "misplaced": ("ask", "-m", SHAPED, "Hi"),
    "log": ("log",),
    "log as JSON": ("log", "--json"),
    "log of one": ("log", "show", "1"),
    "log of one as JSON": ("log", "show", "last", "--json"),
    "log of one on the wire": ("log", "show", "1", "--wire"),
    "log of two": ("log", "diff", "1", "-2"),
}
WAYS = [
    "ok",
    "json",
    "busy",
    "text",
    "ids",
    "redirect",
    "html",
    "bad",
    "stream_bad",
    "stream_error",
    "stream_cut",
    "drop",
]


@pytest.mark.parametrize("way", WAYS)
def test_the_command_line_shows_no_key(
    way: str, parrot: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", SHAPED)
    monkeypatch.setenv("OPENAI_BASE_URL", f"{parrot}/{way}/v1")
    monkeypatch.setenv("RINGUP_LEDGER", str(tmp_path / "calls.db"))
    monkeypatch.setenv("RINGUP_LEDGER_LEVEL", "full")
    monkeypatch.setattr("ringup.retry.MAX_DELAY", 0.02)
    for name, words in COMMANDS.items():
        for debug in ("", "1"):
            monkeypatch.setenv("RINGUP_DEBUG", debug)
            done = CliRunner().invoke(app, list(words), prog_name="ringup")
            shown = "".join(traceback.format_exception(*done.exc_info)) if done.exc_info else ""
            assert SHAPED not in done.output + shown, name
    assert SHAPED not in files(tmp_path)
    assert SHAPED not in "".join(capfd.readouterr())


LATER = {
    "log, searched": ("log", "--search", "Hi"),
    "log of one": ("log", "show", "{id}"),
    "log of one on the wire": ("log", "show", "{id}", "--wire"),
    "log of two": ("log", "diff", "{id}", "1", "--json"),
    "replayed": ("log", "replay", "{id}", "--json"),
    "for Python": ("log", "export", "{id}", "--python"),
    "for curl": ("log", "export", "{id}", "--curl"),
    "for JavaScript": ("log", "export", "{id}", "--js"),
    "for pytest": ("log", "export", "{id}", "--pytest", "--force"),
    "cost": ("cost", "--by", "session"),
    "cost as JSON": ("cost", "--json"),
    "cost by tag": ("cost", "--by", "tag:key", "--csv"),
    "reconciled": ("reconcile", "invoice.json"),
    "reconciled, as JSON": ("reconcile", "invoice.csv", "--json"),
}


def test_what_is_made_of_the_log_shows_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OPENAI_API_KEY", SHAPED)
    monkeypatch.setenv("RINGUP_LEDGER", "calls.db")
    given: dict[str, Any] = {"headers": {"X-Gateway-Token": PLAIN}, "extra": {"metadata": {"access_token": PLAIN}}}
    calls: list[dict[str, Any]] = [
        {"prompt": "Hi"},
        {"prompt": f"Hi, my key is {SHAPED}.", "session": SHAPED, "tags": {"key": SHAPED}},
        {"prompt": "Hi", **given},
    ]
    with Simulator() as sim:
        monkeypatch.setenv("OPENAI_BASE_URL", sim.openai_url)
        with ringup.Client("gpt-4o-mini", ledger=ringup.Ledger("calls.db", level="full"), retries=0) as client:
            for call in calls:
                client.ask(call.pop("prompt"), **call)
            sim.fault(status=401, message=f"Incorrect API key provided: {SHAPED}.")
            with pytest.raises(ringup.AuthenticationError):
                client.ask("Hi")
        Path("invoice.json").write_bytes(sim.invoice.json())
        Path("invoice.csv").write_text(sim.invoice.csv())
        for name, words in LATER.items():
            for id in ("1", "2", "3", "4"):
                done = CliRunner().invoke(app, [word.format(id=id) for word in words], prog_name="ringup")
                assert done.exit_code in (0, 7), (name, done.output)
                shown = done.output + "".join(traceback.format_exception(*done.exc_info) if done.exc_info else "")
                assert not leaks(SHAPED, shown), (name, id)
                assert not leaks(PLAIN, shown), (name, id)
    assert not leaks(SHAPED, files(tmp_path))
    assert not leaks(PLAIN, files(tmp_path))


CRASH = """
import faulthandler, os, signal, sys, threading
import ringup

faulthandler.enable(all_threads=True)
client = ringup.Client("gpt-4o-mini", base_url=sys.argv[1], headers={"X-Gateway-Token": os.environ["CANARY"]},
                       api_key=os.environ["CANARY"], ledger=sys.argv[2], retries=0)
match sys.argv[3]:
    case "raise":
        client.ask("Hi")
    case "thread":
        thread = threading.Thread(target=client.ask, args=("Hi",))
        thread.start()
        thread.join()
    case "abort":
        os.kill(os.getpid(), signal.SIGABRT)
"""


@pytest.mark.parametrize("how", ["raise", "thread", "abort"])
def test_a_crash_shows_no_key(how: str, parrot: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-c", CRASH, f"{parrot}/json/v1", str(tmp_path / "calls.db"), how],
        env={**os.environ, "CANARY": PLAIN},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ("AuthenticationError" in done.stderr) == (how != "abort")
    assert done.stderr
    assert PLAIN not in done.stdout + done.stderr + files(tmp_path)


def test_what_is_secret_is_told_by_its_name_or_form() -> None:
    held = quiet({"max_tokens": 5, "token": PLAIN, "list": [{"auth": PLAIN, "author": "me"}], "n": SHAPED})
    assert repr(held) == "{'max_tokens': 5, 'token': '***', 'list': [{'auth': '***', 'author': 'me'}], 'n': '***'}"
    assert held == {"max_tokens": 5, "token": PLAIN, "list": [{"auth": PLAIN, "author": "me"}], "n": SHAPED}
    assert held.hides
    assert quiet({"a": [{"token": PLAIN}]}).hides
    assert not quiet({"prompt_cache_key": "a", "tokenizer": "b", "keywords": ["c"], "secret": 7}).hides
    assert copy.deepcopy(held) == held
    with pytest.raises(TypeError, match="never pickled"):
        pickle.dumps(held)
    plain = quiet({"a": [1]})
    assert pickle.loads(pickle.dumps(plain)) == plain
