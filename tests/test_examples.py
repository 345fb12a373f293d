"""Every example runs against the simulator as a user would run it, and says what it is meant to show."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ringup.testing import Simulator

EXAMPLES = Path(__file__).parent.parent / "examples"
Runner = Callable[[str], str]


@pytest.fixture(scope="module")
def server() -> Iterator[Simulator]:
    with Simulator() as simulator:
        yield simulator


@pytest.fixture
def run(server: Simulator, tmp_path: Path) -> Runner:
    """Runs an example in an empty folder, with an environment that leads to the simulator, and gives what it prints."""
    server.reset()
    env = dict(os.environ) | {
        "OPENAI_BASE_URL": server.openai_url,
        "OPENAI_API_KEY": "sk-example-0123456789abcdef",
        "ANTHROPIC_BASE_URL": server.anthropic_url,
        "ANTHROPIC_API_KEY": "sk-ant-example-0123456789abcdef",
        "PYTHONIOENCODING": "utf-8",
        "PYTHONWARNINGS": "error",
    }

    def run_it(name: str) -> str:
        done = subprocess.run(
            [sys.executable, str(EXAMPLES / name)],
            cwd=tmp_path,
            env=env,
            capture_output=True,
            encoding="utf-8",
            timeout=120,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
        assert "0123456789abcdef" not in done.stdout
        return done.stdout

    return run_it


def number(pattern: str, text: str) -> int:
    """The first group of a pattern, as a number."""
    found = re.search(pattern, text)
    assert found, f"{pattern!r} isn't in:\n{text}"
    return int(found[1])


def test_every_example_is_tested() -> None:
    tests = Path(__file__).read_text()
    assert [path.name for path in EXAMPLES.glob("*.py") if f'run("{path.name}")' not in tests] == []


def test_first_call(run: Runner, server: Simulator) -> None:
    said = run("first_call.py")
    assert re.search(r"text +.*Paris", said)
    assert re.search(r"finish_reason +stop\n", said)
    tokens_in, tokens_out = number(r"input_tokens +(\d+)", said), number(r"output_tokens +(\d+)", said)
    assert 5 < tokens_in < 40
    assert 1 < tokens_out < 256
    assert number(r"total_tokens +(\d+)", said) == tokens_in + tokens_out
    assert re.search(r"cost in dollars +0\.0000\d+\n", said)
    assert "    input: 0." in said
    assert re.search(r"model +gpt-4o-mini-2024-07-18\n", said)
    assert re.search(r"request_id +\S+", said)
    assert "attempt 1: answered, status 200" in said
    assert "'choices'" in said
    assert len(server.calls) == 1


def test_other_vendor(run: Runner) -> None:
    openai, anthropic = run("other_vendor.py").split("== ")[1:]
    assert openai.startswith("openai: gpt-4o-mini")
    assert anthropic.startswith("anthropic: claude-haiku-4-5")
    for said in (openai, anthropic):
        assert "Paris" in said
        assert re.search(r"finish_reason stop\n", said)
    assert re.search(r"its own word +stop\n", openai)
    assert re.search(r"its own word +end_turn\n", anthropic)
    assert "added max_tokens" in anthropic
    assert "added" not in openai
    assert number(r"(\d+) in,", openai) == number(r"prompt_tokens: (\d+)", openai)
    assert number(r"(\d+) in,", anthropic) == number(r"input_tokens: (\d+)", anthropic)


def test_temperature_and_stop(run: Runner) -> None:
    said = run("temperature_and_stop.py")
    shown = re.findall(r"^(\S.*)\n  ('.*'|\".*\")\n  finish_reason=(\w+), (\d+) tokens$", said, re.MULTILINE)
    assert len(shown) == 6, said
    (_, fact, *_), (_, again, *_), (_, idea, *_), (_, other, *_), (_, _, cut, tokens), (_, planets, stopped, _) = shown
    assert "1991" in fact
    assert fact == again
    assert idea != other
    assert (cut, int(tokens)) == ("length", 10)
    assert stopped == "stop"
    assert "Mercury" in planets
    assert "3." in planets
    assert "4." not in planets


def test_tutor(run: Runner, server: Simulator) -> None:
    said = run("tutor.py")
    sent = [int(tokens) for tokens in re.findall(r"(\d+) tokens sent", said)]
    assert len(sent) == 3
    assert sent[0] < sent[1] < sent[2]
    assert re.findall(r"\[(\d+) messages", said) == ["2", "4", "6"]
    answers = re.findall(r"^tutor: (.*)$", said, re.MULTILINE)
    assert "Ada" in answers[-1]
    alone = re.search(r"^without the history: (.*)$", said, re.MULTILINE)
    assert alone
    assert "Ada" not in alone[1]
    assert re.search(r"loaded: 6 messages; .*Ada", said)
    assert "the fork still has 6 messages, the loaded one 8" in said


def test_streaming(run: Runner) -> None:
    said = run("streaming.py")
    assert number(r"\[(\d+) pieces", said) > 5
    assert number(r"pieces, (\d+) tokens, finish_reason=stop", said) > 5
    first, whole = re.findall(r"after (\d+\.\d+) s", said)
    assert float(first) <= float(whole)
    assert number(r"'TextDelta': (\d+)", said) > 1
    assert "'Finish': 1" in said
    assert number(r"left early, with (\d+) characters", said) > 5
    assert "cancelled" in said


def test_media(run: Runner, server: Simulator) -> None:
    both, files, sound, bitmap, wide = run("media.py").split("\n\n")
    assert both.count("320 × 200 pixels") == 2
    assert number(r"gpt-4o-mini: .* \[(\d+) tokens in\]", both) > 80
    assert "64 × 64 pixels" in files
    assert "notes.txt" in files
    assert re.match(r"messages\[0\]\.parts\[0\], size None, limit None: .* not 'audio'", sound)
    assert "not 'image/bmp'" in bitmap
    assert wide.startswith("messages[0].parts[0], size 9000, limit 8000: ")
    assert len(server.calls) == 3


def test_counting(run: Runner, server: Simulator) -> None:
    counted, long, dropped = run("counting.py").split("\n\n")
    exact, estimated = re.findall(r"(\d+) tokens \((.*)\), of 200,000", counted)
    assert (exact[1], estimated[1]) == ("the provider's own", "an estimate, mostly within 40%")
    assert "PromptTooLongError: the prompt has more than 10,000 tokens, and gpt-4 reads 8,192 at most." in long
    sent = [int(tokens) for tokens in re.findall(r"turn \d: (\d+) tokens sent", dropped)]
    assert len(sent) == 6
    assert max(sent) < 4192
    assert "the 2 oldest turns, of about" in dropped
    assert "12 messages are in the history" in dropped
    assert re.search(r"12 messages, of which \d would be sent next", dropped)


def test_embeddings(run: Runner, server: Simulator) -> None:
    few, found, many, long = run("embeddings.py").split("\n\n")
    assert "3 vectors of 1536 numbers\n" in few
    assert re.search(r"^\d+ tokens, 0\.0000\d+ dollars$", few, re.MULTILINE)
    alike, unlike = [float(number) for number in re.findall(r"like: +(-?\d\.\d+)", few)]
    assert alike > 0.7
    assert unlike < 0.3
    assert "I forgot my password -> How do I reset my password?" in found
    assert "-> Where is my parcel now?" in found
    assert many.splitlines()[1:4] == ["1000 of 3000", "2000 of 3000", "3000 of 3000"]
    assert "3000 vectors in 3 requests, 768,000 bytes" in many
    assert "texts[1] is too long: it has 20,00" in long
    assert len(server.calls) == 7


def test_caching(run: Runner) -> None:
    said = run("caching.py")
    read = [int(tokens) for tokens in re.findall(r"(\d+) read from the cache", said)]
    assert read[0] == 0
    assert 1024 < read[1] < read[2]
    assert re.findall(r"saved (-?)0\.00\d+ dollars", said) == ["-", "", ""]
    same, timed = said.split("\n\n")[1:]
    assert "a hit: " in same
    assert "a miss: " in timed
    assert "the system, from character 1 on: 'House rule" in timed


def test_cost(run: Runner) -> None:
    before, after, *lines, refused = run("cost.py").splitlines()
    low, high = re.findall(r"0\.0\d+", before)
    cost = after.removeprefix("it was ")
    assert float(low) < float(cost) < float(high)
    assert [line.split()[0] for line in lines] == ["input", "output"]
    assert sum(float(line.split()[1]) for line in lines) == pytest.approx(float(cost))
    assert re.match(r"call \d+ wasn't sent: the budget of 0.0003 USD has \$0\.000\d+ left", refused)


def test_reasoning(run: Runner) -> None:
    said = run("reasoning.py")
    shown = re.findall(r"^(\S+) (\S+): (\d+) tokens of thinking; (.+)$", said, re.MULTILINE)
    assert len(shown) == 12, said
    told = {(model, wish): text for model, wish, _, text in shown}
    assert told["claude-opus-5", "'high'"] == "as asked"
    assert "sent as the effort" in told["claude-opus-5", "2000"]
    assert "sent as a budget of 3,200 tokens" in told["claude-haiku-4-5", "'high'"]
    assert told["claude-haiku-4-5", "2000"] == told["claude-haiku-4-5", "'none'"] == "as asked"
    assert "always thinks" in told["gpt-5", "'none'"]
    assert "doesn't think" in told["gpt-4o-mini", "'high'"]
    assert "Paris" in said.split("as it comes:")[1]


def test_many_at_once(run: Runner, server: Simulator) -> None:
    said = run("many_at_once.py")
    for country, capital in (("France", "Paris"), ("Japan", "Tokyo"), ("Italy", "Rome"), ("Kenya", "Nairobi")):
        assert re.search(rf"^{country}: .*{capital}", said, re.MULTILINE)
    assert "10 calls took" in said
    assert "Lima" in said
    assert said.endswith("[stop]\n")
    assert len(server.calls) == 11


def test_typed_output(run: Runner) -> None:
    said = run("typed_output.py")
    assert re.search(r"^output +Person\(name='.+', age=\d+, tags=\[.*\]\)$", said, re.MULTILINE)
    assert "asked for by the way 'native'" in said
    partials = re.findall(r"^partial +(.*)$", said, re.MULTILINE)
    assert partials[0] == "{}"
    assert re.search(r"^whole +Person\(", said, re.MULTILINE)
    assert re.search(r"^error +length: .*, 4 tokens$", said, re.MULTILINE)


def test_tools(run: Runner, server: Simulator) -> None:
    said = run("tools.py")
    assert re.search(r"^answer .*sunny", said, re.MULTILINE)
    assert "answered after 2 calls" in said
    assert re.search(r"^runs +get_weather \{'city': 'Rome'", said, re.MULTILINE)
    assert re.search(r'^gave .*"city":"Rome"', said, re.MULTILINE)
    assert re.search(r"^paused +paused: \[\('get_weather', \{'city': 'Lima'", said, re.MULTILINE)
    assert re.search(r"^resumed .*Cusco", said, re.MULTILINE)
    assert len(server.calls) == 6


def test_retries(run: Runner) -> None:
    overloaded, limited, hopeless, refused = run("retries.py").split("\n\n")
    assert re.findall(r"try (\d) failed: (\w+):", overloaded) == [
        ("1", "InternalServerError"),
        ("2", "OverloadedError"),
    ]
    first, second = [float(wait) for wait in re.findall(r"waiting (\d+\.\d+) s", overloaded)]
    assert 0.37 <= first <= 0.5
    assert 0.75 <= second <= 1.0
    assert re.search(r"Paris.* \(3 attempts, ", overloaded)
    assert "waiting 1.00 s" in limited
    assert "attempt 1: failed, status 429, wait after it: 1.0" in limited
    assert "attempt 2: answered, status 200, wait after it: None" in limited
    assert "RateLimitError, retry_after=30" in hopeless
    assert "waiting" not in hopeless
    assert "AuthenticationError after 1 attempt" in refused
    assert "waiting" not in refused


ERRORS = {
    "400, a bad request": ("BadRequestError", 1),
    "401, a wrong key": ("AuthenticationError", 1),
    "403, a key that may not": ("PermissionDeniedError", 1),
    "404, no such model": ("NotFoundError", 1),
    "413, too large": ("ContentTooLargeError", 1),
    "429, too fast": ("RateLimitError", 2),
    "429, no credit left": ("QuotaExceededError", 1),
    "500, the server's fault": ("InternalServerError", 2),
    "503, no server free": ("ServiceUnavailableError", 2),
    "529, overloaded": ("OverloadedError", 2),
    "a timeout": ("APITimeoutError", 2),
    "a dropped connection": ("APIConnectionError", 2),
}


def test_errors(run: Runner) -> None:
    said = run("errors.py")
    shown = re.findall(
        r"^(.+) \((gpt|claude)\S*\): (\w+), tried (once|2 times)\n    what happened: .+\n    what to do:    .+$",
        said,
        re.MULTILINE,
    )
    expected = [(title, vendor, *ERRORS[title]) for vendor in ("gpt", "claude") for title in ERRORS]
    # OpenAI's words for a 503 say that it is overloaded, and that is what counts
    expected[expected.index(("503, no server free", "gpt", "ServiceUnavailableError", 2))] = (
        "503, no server free",
        "gpt",
        "OverloadedError",
        2,
    )
    assert [(title, vendor, kind, 1 if tries == "once" else 2) for title, vendor, kind, tries in shown] == expected
    assert re.search(r"StreamTruncatedError: .*; kept: '.+'", said)
    assert "ParameterError: temperature must be from 0 to 2" in said
