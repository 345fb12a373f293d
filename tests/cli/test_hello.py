"""`make hello`: two real calls, and all that is worth knowing about them on one screen and a half."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest


@pytest.fixture(scope="module")
def shown() -> str:
    done = subprocess.run(
        [sys.executable, "-m", "ringup.hello"], capture_output=True, encoding="utf-8", timeout=60, check=True
    )
    assert done.stderr == ""
    return done.stdout


def test_it_is_plain_text_on_a_screen_and_a_half(shown: str) -> None:
    assert "\x1b" not in shown
    assert len(shown.splitlines()) <= 45
    assert max(map(len, shown.splitlines())) <= 80


def test_both_wires_answered(shown: str) -> None:
    assert shown.count("capital of") >= 2
    assert re.search(r"\.finish_reason +stop +stop", shown)
    assert re.search(r"\.raw_finish_reason +stop .* end_turn", shown)
    assert re.search(r"\.model +gpt-4o-mini-2024-07-18 +claude-haiku-4-5-20251001", shown)
    assert re.search(r"\.usage\.input_tokens +\d+ +\d+", shown)
    assert re.search(r"\.usage\.output_tokens +\d+ +\d+", shown)
    assert re.search(r"\.cost +\$0\.0+[1-9]\d* +\$0\.0+[1-9]", shown)
    assert re.search(r"\.request_id +req_\w+ +req_\w+", shown)
    assert re.search(r"ledger +row 1: answered .* row 2: answered", shown)


def test_it_shows_how_the_calls_travelled(shown: str) -> None:
    assert re.search(r"sent as +POST /v1/chat/completions +POST /v1/messages", shown)
    assert re.search(r"key in header +authorization +x-api-key", shown)
    assert re.search(r"text came in +choices\[0\]\.message\.content +content\[0\]\.text", shown)
    assert re.search(r"reason came in +choices\[0\]\.finish_reason +stop_reason", shown)
    assert re.search(r"tokens came in +usage\.prompt_tokens +usage\.input_tokens", shown)


def test_it_says_what_is_simulated_and_what_comes_next(shown: str) -> None:
    assert "simulator" in shown
    assert "the simulator is free" in shown
    assert "OPENAI_API_KEY" in shown
    assert "ask" in shown
    assert "examples/" in shown


@pytest.mark.skipif(os.name == "nt", reason="pipes as POSIX has them")
def test_head_is_no_failure() -> None:
    """Whatever hello prints, nobody reads it: it ends without a word, and make with it."""
    reads, writes = os.pipe()
    os.close(reads)
    done = subprocess.run(
        [sys.executable, "-m", "ringup.hello"], stdout=writes, stderr=subprocess.PIPE, timeout=60, check=False
    )
    os.close(writes)
    assert (done.returncode, done.stderr) == (0, b"")
