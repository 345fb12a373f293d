"""The JavaScript examples run, on the official SDKs, against the simulator; docs/javascript.md shows pieces of them.

Without Node.js all of it is skipped.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import ringup
from ringup.testing import Simulator

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "examples" / "js"
PAGE = ROOT / "docs" / "javascript.md"
HELPER = "explain.mjs"
PROGRAMS = sorted(path.name for path in EXAMPLES.glob("*.mjs") if path.name != HELPER)
NODE, NPM = shutil.which("node"), shutil.which("npm")
Runner = Callable[[str], str]

pytestmark = pytest.mark.skipif(not (NODE and NPM), reason="Node.js (node and npm) isn't installed")


@pytest.fixture
def server() -> Iterator[Simulator]:
    with Simulator() as simulator:
        yield simulator


def node(program: Path, url: str, key: str = "sim-example-0123456789abcdef") -> subprocess.CompletedProcess[str]:
    """Runs a program, with an environment that leads all SDKs to the simulator at that address."""
    assert NODE
    env = {name: value for name, value in os.environ.items() if not name.startswith("GOOGLE_")}
    env |= {"OPENAI_BASE_URL": f"{url}/v1", "ANTHROPIC_BASE_URL": url, "GOOGLE_GEMINI_BASE_URL": url}
    env |= dict.fromkeys(("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY"), key)
    done = subprocess.run(
        [NODE, str(program)], env=env, capture_output=True, encoding="utf-8", timeout=120, check=False
    )
    assert "0123456789abcdef" not in done.stdout + done.stderr
    return done


def well(program: Path, url: str) -> str:
    """What a program prints that ends well."""
    done = node(program, url)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def run(packages: Path, server: Simulator) -> Runner:
    """Runs an example against the test's own simulator, and gives what it prints."""
    return lambda name: well(EXAMPLES / name, server.url)


def number(pattern: str, text: str) -> int:
    """The first group of a pattern, as a number."""
    found = re.search(pattern, text)
    assert found, f"{pattern!r} isn't in:\n{text}"
    return int(found[1])


def outcome(server: Simulator) -> str:
    """How the last call ended, as soon as it has."""
    until = time.monotonic() + 10
    while server.calls[-1].outcome == "open" and time.monotonic() < until:
        time.sleep(0.01)
    return server.calls[-1].outcome


def test_every_program_is_tested() -> None:
    both = ("first_call", "conversation", "retry", "streaming", "tools", "structured_output")
    names = {f"{vendor}_{what}.mjs" for vendor in VENDORS for what in both}
    names |= {"openai_responses.mjs", "openai_embeddings.mjs", "anthropic_thinking.mjs", "anthropic_caching.mjs"}
    assert set(PROGRAMS) == names | {"gemini_first_call.mjs", "gemini_streaming.mjs"}


def test_the_lock_file_names_no_registry() -> None:
    text = (EXAMPLES / "package-lock.json").read_text()
    assert "://" not in text
    assert '"resolved"' not in text


def test_the_sdks_are_those_of_the_conformance_checks() -> None:
    theirs = ROOT / "conformance" / "clients" / "js" / "package.json"
    ours = EXAMPLES / "package.json"
    assert json.loads(ours.read_text())["dependencies"] == json.loads(theirs.read_text())["dependencies"]


VENDORS = {
    "openai": ("finish_reason: stop", "gpt-4o-mini-"),
    "anthropic": ("stop_reason: end_turn", "claude-haiku-4-5"),
}


@pytest.mark.parametrize("vendor", VENDORS)
def test_first_call(vendor: str, run: Runner, server: Simulator) -> None:
    said = run(f"{vendor}_first_call.mjs")
    reason, model = VENDORS[vendor]
    assert re.search(r"^text: .*Paris", said, re.MULTILINE)
    assert reason in said
    assert f"model: {model}" in said
    assert re.search(r"request id: req_\w+", said)
    assert 5 < number(r"tokens: (\d+) in", said) < 60
    assert re.search(r"^streamed: .*Paris", said, re.MULTILINE)
    assert number(r"(\d+) pieces", said) > 1
    assert number(r"pieces, (\d+) tokens out", said) > 1
    assert len(server.calls) == 2


def test_first_call_of_gemini(run: Runner, server: Simulator) -> None:
    said = run("gemini_first_call.mjs")
    assert re.search(r"^text: .*Paris", said, re.MULTILINE)
    assert "finishReason: STOP" in said
    assert "model: gemini-2.5-flash" in said
    assert 2 < number(r"tokens: (\d+) in", said) < 60
    assert number(r"(\d+) out", said) > 1
    assert "Ada" in said.split("you:   What is my name?")[1]
    assert "[4 messages]" in said
    assert len(server.calls) == 3


@pytest.mark.parametrize("vendor", VENDORS)
def test_conversation(vendor: str, run: Runner) -> None:
    said = run(f"{vendor}_conversation.mjs")
    sent = [int(tokens) for tokens in re.findall(r"(\d+) tokens sent", said)]
    assert len(sent) == 3
    assert sent[0] < sent[1] < sent[2]
    last, alone = said.split("you:   What is my name?")[1].split("without the history:")
    assert "Ada" in last
    assert "Ada" not in alone


@pytest.mark.parametrize("vendor", VENDORS)
def test_retry(vendor: str, run: Runner, server: Simulator) -> None:
    first, second = run(f"{vendor}_retry.mjs").split("A wrong request")
    assert re.findall(r"retry (\d) -> (\d+)", first) == [("0", "503"), ("1", "429"), ("2", "200")]
    waits = [float(seconds) for seconds in re.findall(r"after (\d+\.\d+) s", first)]
    assert waits[1] - waits[0] >= 0.35  # the SDK's own wait: half a second, less up to a quarter
    assert waits[2] - waits[1] >= 0.15  # what retry-after-ms asked for
    assert "Paris" in first
    assert re.findall(r"retry (\d) -> (\d+)", second) == [("0", "400")]
    assert "BadRequestError, status 400" in second
    assert len(server.calls) == 4


STREAMING = {
    "openai_streaming.mjs": "finish_reason: stop",
    "anthropic_streaming.mjs": "stop_reason: end_turn",
    "gemini_streaming.mjs": "finishReason: STOP",
}


@pytest.mark.parametrize("program", STREAMING)
def test_streaming(program: str, run: Runner, server: Simulator) -> None:
    server.fault(after=1, token=0.02)  # so that the story isn't all there before it is left
    text, counts, reason, story = run(program).splitlines()
    assert len(text) > 60
    assert "river" in text.lower()
    assert number(r"(\d+) pieces", counts) > 3
    assert number(r"pieces, (\d+) tokens out", counts) > 20
    assert reason == STREAMING[program]
    begun = re.fullmatch(r"left early: (.*) \.\.\.", story)
    assert begun
    assert 60 < len(begun[1]) < 120
    assert [call.status for call in server.calls] == [200, 200]
    assert outcome(server) == "client left"


@pytest.mark.parametrize("vendor", VENDORS)
def test_tools(vendor: str, run: Runner, server: Simulator) -> None:
    by_hand, by_sdk = re.split(r"by \w+: What is the weather in Oslo and in Lisbon\?\n", run(f"{vendor}_tools.mjs"))[1:]
    places, atlantis = by_hand.split("Atlantis", 1)
    for half in (places, by_sdk):
        assert sorted(re.findall(r'get_weather \{"city":"(\w+)"\}', half))[-2:] == ["Lisbon", "Oslo"]
        answer = half.split("answer:")[1]
        assert re.search(r"\b4\b.*\b19\b", answer)
        assert "cloudy" in answer
    assert '-> {"degrees":4,"sky":"cloudy"}' in places
    assert atlantis.count("no weather is known for Atlantis") == 2  # what the tool says, and then the model
    assert [call.status for call in server.calls if call.status != 400] == [200] * 6


@pytest.mark.parametrize("vendor", VENDORS)
def test_structured_output(vendor: str, run: Runner, server: Simulator) -> None:
    came, read, cut = run(f"{vendor}_structured_output.mjs").splitlines()
    expected = {"date": "2027-05-04", "people": ["Ada", "Grace"], "city": "Oslo"}
    assert json.loads(came.removeprefix("as it came: ")) == expected
    assert read == "read: Ada and Grace, in Oslo, on 2027-05-04"
    assert re.fullmatch(r"with 5 tokens: (cut off|max_tokens), so there is nothing to read", cut)
    assert len(server.calls) == 2


def test_embeddings(run: Runner) -> None:
    said = run("openai_embeddings.mjs")
    assert re.match(r"5 vectors of 1536 numbers, \d+ tokens\n", said)
    ranked = re.findall(r"^  (-?\d\.\d{3})  (.*)$", said, re.MULTILINE)
    assert [text for _, text in ranked[:2]] == ["To change your password, open Settings.", "I forgot my password."]
    nearness = [float(near) for near, _ in ranked]
    assert nearness == sorted(nearness, reverse=True)
    assert len(nearness) == 4
    assert nearness[1] > nearness[2] + 0.1
    assert "shortened: 256 numbers" in said
    assert re.search(r"too long: 400 .*maximum context length is 8192 tokens", said)


def test_responses(run: Runner) -> None:
    said = run("openai_responses.mjs")
    talk, rest = said.split("without the id:")
    first, second = talk.split("you:   What is my name?")
    assert "Ada" in second
    assert number(r"completed, (\d+) tokens in", second) > number(r"completed, (\d+) tokens in", first)
    alone, kept, deleted = rest.splitlines()
    assert "Ada" not in alone
    assert kept.removeprefix("kept: ") in first
    assert re.fullmatch(r"deleted: 400 Previous response with id 'resp_\w+' not found\.", deleted)


def test_thinking(run: Runner) -> None:
    said = run("anthropic_thinking.mjs")
    assert re.search(r"^thought: .{20}", said, re.MULTILINE)
    assert re.search(r"^answer: .*391", said, re.MULTILINE)
    assert 0 < number(r"of which (\d+) are thinking", said) < number(r"tokens: (\d+) out", said)
    assert "blocks: thinking, text" in said
    assert re.search(r"^next answer: .*42", said, re.MULTILINE)
    assert re.search(r"^too small a budget: .*budget_tokens", said, re.MULTILINE)


def test_caching(run: Runner) -> None:
    said = run("anthropic_caching.mjs")
    counts = re.findall(r"(\d+) tokens written, (\d+) read, (\d+) neither", said)
    (cold, no_read, _), (no_write, warm, fresh), (changed, nothing, _) = [list(map(int, row)) for row in counts]
    assert cold == warm > 4096
    assert no_read == no_write == nothing == 0
    assert changed > cold
    assert fresh < 100
    assert number(r"costs (\d+)% of", said) in (10, 11)


def told(program: str, url: str, key: str = "sim-example-0123456789abcdef") -> str:
    """What a program says that fails: in words, without the places in the code."""
    done = node(EXAMPLES / program, url, key)
    assert done.returncode == 1
    assert re.search(r"That failed: .*\S", done.stderr)
    assert "    at " not in done.stderr
    return done.stderr


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_program_tells_its_errors_in_words(program: str) -> None:
    """From before its first call, or the making of its client, could fail."""
    lines = (EXAMPLES / program).read_text().splitlines()
    at = lines.index('process.on("uncaughtException", explain);')
    assert 'import { explain } from "./explain.mjs";' in lines[:at]
    assert [line for line in lines[:at] if not line.startswith(("//", "import "))] == [""] * 2


@pytest.mark.parametrize("program", STREAMING)
def test_a_wrong_key_is_told_in_words(program: str, packages: Path, server: Simulator) -> None:
    assert "Is the key in the environment the right one?" in told(program, server.url, "sim-invalid")


@pytest.mark.parametrize("program", STREAMING)
def test_a_broken_stream_is_told_in_words(program: str, packages: Path, server: Simulator) -> None:
    server.fault(stream=True, truncate=900)
    assert "the connection broke in the middle of the answer" in told(program, server.url)
    server.fault(stream=True, error_after=5)
    assert "overloaded" in told(program, server.url).lower()


def test_a_broken_stream_of_responses_is_told_in_words(packages: Path, server: Simulator) -> None:
    server.fault(stream=True, error_after=5)
    assert "overloaded" in told("openai_responses.mjs", server.url)


def test_what_else_fails_is_told_in_words(packages: Path, server: Simulator) -> None:
    with Simulator() as gone:
        nowhere = gone.url
    assert "nobody answers at this address" in told("gemini_streaming.mjs", nowhere)
    assert "there is no key" in told("openai_tools.mjs", server.url, "")
    assert "there is no key" in told("anthropic_tools.mjs", server.url, "")
    server.fault(status=429, times=0, headers={"retry-after-ms": "1"})
    assert "Wait, and try again." in told("openai_embeddings.mjs", server.url)


def test_a_mistake_in_a_program_keeps_its_place(packages: Path, server: Simulator, tmp_path: Path) -> None:
    """Only the SDKs' errors are put into words."""
    program = tmp_path / "mistake.mjs"
    program.write_text(
        f'import {{ explain }} from "{(EXAMPLES / HELPER).as_uri()}";\n'
        'process.on("uncaughtException", explain);\nnull.choices;\n'
    )
    done = node(program, server.url)
    assert done.returncode == 1
    assert "That failed" not in done.stderr
    assert re.search(r"TypeError.*\n.* at .*mistake\.mjs:3", done.stderr)


SHOWN = re.findall(r"^```javascript\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
NAMED = [(found[1], block[found.end() :]) for block in SHOWN if (found := re.match(r"// (\w+\.mjs)\n", block))]
WHOLE = [block for block in SHOWN if not re.match(r"// \w+\.mjs\n", block)]


@pytest.mark.parametrize(("program", "shown"), NAMED, ids=[name for name, _ in NAMED])
def test_the_page_shows_what_is_in_the_program(program: str, shown: str) -> None:
    """Each piece between two `// ...` stands so in the file, in this order."""
    text, at = (EXAMPLES / program).read_text(), 0
    for piece in re.split(r"^ *// \.\.\.\n", shown, flags=re.MULTILINE):
        at = text.find(piece, at)
        assert at >= 0, f"{program} hasn't:\n{piece}"
        at += len(piece)


def test_the_page_leads_to_every_program() -> None:
    links = re.findall(r"\]\(\.\./examples/js/(\w+\.mjs)\)", PAGE.read_text())
    assert sorted(set(links) - {HELPER}) == PROGRAMS
    readme = (ROOT / "examples" / "README.md").read_text()
    assert [name for name in PROGRAMS if f"`{name.removesuffix('.mjs')}`" not in readme] == []


def test_the_whole_programs_of_the_page_run(packages: Path, server: Simulator, tmp_path: Path) -> None:
    (tmp_path / "node_modules").symlink_to(EXAMPLES / "node_modules")
    first, clients, faults = (block.replace("http://127.0.0.1:4010", server.url) for block in WHOLE)
    lists = [f"console.log(!!(await {name}.models.list()));\n" for name in ("openai", "anthropic", "google")]
    said = []
    for name, block in {"first": first, "clients": clients + "".join(lists), "faults": faults}.items():
        program = tmp_path / f"{name}.mjs"
        program.write_text(block)
        said.append(well(program, server.url if name == "first" else "http://127.0.0.1:9"))
    assert "Paris" in said[0]
    assert said[1] == "true\n" * 3
    sdks = [call.request.headers["user-agent"].partition("/")[0] for call in server.calls]
    assert sdks == ["OpenAI", "OpenAI", "Anthropic", "google-genai-sdk"]
    with pytest.raises(ringup.OverloadedError):
        server.client(retries=0).ask("Hello!")
    with pytest.raises(ringup.RateLimitError):
        server.client(retries=0).ask("Hello!")
