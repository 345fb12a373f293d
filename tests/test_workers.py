"""Tools at work: how their ends are waited for."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator

import pytest

from ringup.messages import ToolCall
from ringup.steps import Job
from ringup.tools import function
from ringup.workers import Threads, settled


@pytest.fixture
def ctrl_c() -> Iterator[None]:
    """Ctrl-C as Python has it, however the tests were started."""
    if os.name == "nt" or threading.current_thread() is not threading.main_thread():
        pytest.skip("signals as POSIX has them, in the main thread")
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def elsewhere() -> str:
    """Ctrl-C in another thread: whoever waits in the main thread isn't woken."""
    time.sleep(0.1)  # until the main thread waits
    signal.pthread_kill(threading.get_ident(), signal.SIGINT)
    time.sleep(20)
    return "late"


def test_a_ctrl_c_that_does_not_end_the_wait_is_noticed_all_the_same(ctrl_c: None) -> None:
    jobs = [Job(call=ToolCall("1", "elsewhere"), function=function(elsewhere), arguments={})]
    begun = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        Threads(jobs).next(None)
    assert time.monotonic() - begun < 15


def test_the_same_while_an_approval_is_waited_for(ctrl_c: None) -> None:
    async def verdict(_: ToolCall) -> bool:
        return elsewhere() == "late"

    begun = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        settled(verdict, ToolCall("1", "elsewhere"))
    assert time.monotonic() - begun < 15


def test_a_wait_has_an_end() -> None:
    with pytest.raises(TimeoutError):
        Threads([]).next(0.01)
