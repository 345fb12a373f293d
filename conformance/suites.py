"""The vendors' own test suites, run against the simulator: as they are in the source packages of the vendors' SDKs.

The packages are fetched once, checked by their hashes and kept in the user's cache folder, together with an environment
that has the SDKs and what their suites need. Nothing of them is part of ringup. The tests reach `ringup simulate
--conformance`, on a port of its own.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import platformdirs
from msgspec import Struct

__all__ = ["SUITES", "Tally", "cache", "counted", "run"]


class Suite(Struct, frozen=True):
    """One vendor's suite: the package, the hash of its source, the tests, how many of them reach a server, and what the
    base URL ends in."""

    name: str
    version: str
    sha256: str
    tests: tuple[str, ...]
    reach: int
    base: str

    @property
    def title(self) -> str:
        """The folder that the package unpacks to."""
        return f"{self.name}-{self.version}"


SUITES = (
    Suite(
        "openai",
        "3.54.0",
        "2e393e63f8a38be6452806f9ef0b6534fecd6d41ab3b2165180dfce3599249cd",
        (
            "chat",
            "responses",
            "test_responses.py",
            "test_embeddings.py",
            "test_models.py",
            "test_batches.py",
            "test_files.py",
        ),
        515,
        "/v1",
    ),
    Suite(
        "anthropic",
        "2.12.0",
        "571e6d250bcd6bbaf5fd5f3c764b8e11af9901ad2e44b025f8e773c6cc7a7173",
        ("test_messages.py", "test_models.py", "messages"),
        205,
        "",
    ),
)
NPM = ("openai@6.49.0", "@anthropic-ai/sdk@1.12.0")

_NEEDED = (
    *[f"{suite.name}[aiohttp]=={suite.version}" for suite in SUITES],
    *("pytest==9.2.0", "pytest-asyncio==1.5.0", "pytest-xdist==3.8.0", "respx==0.23.1", "rich==15.0.0"),
    *("dirty-equals==0.11", "inline-snapshot==0.36.1", "http-snapshot==0.1.9"),
)
"""What the environment of the suites holds: the SDKs, and what their tests import."""
_PLUGIN = Path(__file__).parent / "suite_plugin"
_LIMIT = 900


class Missing(Exception):
    """Something that is needed can't be had here."""


class Changed(Exception):
    """A package isn't what was published."""


class Tally(Struct):
    """What became of the tests of one file."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    reached: int = 0


def run() -> bool:
    """Run both suites and print a table. True when every test passed, or when they can't be had here."""
    try:
        sources = [_source(suite) for suite in SUITES]
        python = _environment()
    except Missing as missing:
        print(f"skipped: {missing}. The packages are fetched once, over the network.")
        return True
    except Changed as changed:
        print(changed)
        return False
    rows: list[tuple[str, str, Tally]] = []
    failures: list[str] = []
    with _simulator() as url:
        for suite, source in zip(SUITES, sources, strict=True):
            found, failed = _run_suite(suite, source, python, url)
            rows += [(suite.title, file, tally) for file, tally in found.items()]
            failures += [f"{suite.title}: {name}" for name in failed]
    _print_table(rows)
    _print_npm()
    for failure in failures:
        print(f"FAILED {failure}")
    return bool(rows) and not failures


# What is needed


def cache() -> Path:
    """Where the packages and their environment are kept."""
    path = platformdirs.user_cache_path("ringup") / "suites"
    path.mkdir(parents=True, exist_ok=True)
    return path


def _run(command: list[str], **options: Any) -> subprocess.CompletedProcess[str]:
    """A program's end and what it said. One that takes longer than 15 minutes has failed."""
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=_LIMIT, check=False, **options)
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, 1, "", f"{command[0]} didn't end within {_LIMIT} seconds")


def _call(*command: str | Path, what: str) -> None:
    done = _run([str(part) for part in command])
    if done.returncode:
        last = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:]
        raise Missing(f"{what} failed: {' '.join(last)}")


def _source(suite: Suite) -> Path:
    """The unpacked source of an SDK. Raises Missing, or Changed."""
    archive = cache() / f"{suite.title}.tar.gz"
    if not archive.exists():
        print(f"fetching {suite.title} ...", flush=True)
        pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--quiet")
        source = ("--no-deps", "--no-binary", ":all:", "--dest", archive.parent, f"{suite.name}=={suite.version}")
        _call(*pip, *source, what=f"fetching {suite.title}")
    if hashlib.sha256(archive.read_bytes()).hexdigest() != suite.sha256:
        raise Changed(f"{archive} isn't what was published: its hash is another. Delete it to fetch it anew.")
    folder = cache() / suite.title
    shutil.rmtree(folder, ignore_errors=True)
    with tarfile.open(archive) as packed:
        packed.extractall(cache(), filter="data")
    return folder


def _environment() -> Path:
    """The Python of an environment in which the suites can run. Raises Missing."""
    folder, needed = cache() / "venv", "\n".join(_NEEDED)
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    stamp = folder / "ringup-has.txt"
    if not stamp.exists() or stamp.read_text() != needed:
        print("making an environment for the suites ...", flush=True)
        _call(sys.executable, "-m", "venv", "--clear", folder, what="making an environment")
        _call(python, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", *_NEEDED, what="installing")
        stamp.write_text(needed)
    return python


@contextmanager
def _simulator() -> Iterator[str]:
    """`ringup simulate --conformance` on a free port; its URL."""
    command = [sys.executable, "-m", "ringup", "simulate", "--conformance", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            found = next((url for line in process.stdout if (url := re.search(r"http://127\.0\.0\.1:\d+", line))), None)
            assert found, "the simulator didn't start"
            yield found[0]
        finally:
            process.terminate()


# Tests


def _run_suite(suite: Suite, source: Path, python: Path, url: str) -> tuple[dict[str, Tally], list[str]]:
    """What became of each file's tests, and the names of those that failed."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        wanted = [f"tests/api_resources/{name}" for name in suite.tests]
        options = ["-q", "-n", "2", "-p", "no:cacheprovider", "-p", "ringup_reached", "--junitxml", str(report)]
        command = [str(python), "-m", "pytest", *options, *wanted]
        done = _run(command, cwd=source, env=_surroundings(url + suite.base))
        if not report.exists():
            return {}, [f"the suite didn't run: {(done.stderr or done.stdout).strip()[-2000:]}"]
        tallies, failed = counted(ElementTree.parse(report).getroot())
        reached = sum([tally.reached for tally in tallies.values()])
        if reached != suite.reach:
            failed.append(f"{reached} tests reached the simulator, and not {suite.reach}")
        return tallies, failed


def _surroundings(base_url: str) -> dict[str, str]:
    """The environment variables of the suites: none of the user's keys and addresses, and no proxy on the way."""
    kept = {name: value for name, value in os.environ.items() if not re.search("OPENAI|ANTHROPIC|PYTEST|PYTHON", name)}
    direct = dict.fromkeys(("NO_PROXY", "no_proxy"), "127.0.0.1,localhost")
    return kept | direct | {"TEST_API_BASE_URL": base_url, "PYTHONPATH": str(_PLUGIN)}


def counted(report: ElementTree.Element) -> tuple[dict[str, Tally], list[str]]:
    """What a report of JUnit's kind says of each file's tests, and the names of those that failed."""
    tallies: dict[str, Tally] = {}
    failed: list[str] = []
    for case in report.iter("testcase"):
        module = re.sub(r"\.Test\w+$", "", case.get("classname", "")).removeprefix("tests.api_resources.")
        file = module.replace(".", "/") + ".py"
        tally = tallies.setdefault(file, Tally())
        tally.reached += any(
            note.get("name") == "reached" and note.get("value") == "yes" for note in case.iter("property")
        )
        if case.find("failure") is not None or case.find("error") is not None:
            tally.failed += 1
            failed.append(f"{file}::{case.get('name')}")
        elif case.find("skipped") is not None:
            tally.skipped += 1
        else:
            tally.passed += 1
    return tallies, failed


def _print_table(rows: list[tuple[str, str, Tally]]) -> None:
    print(f"\n{'suite':<20}{'file':<34}{'passed':>8}{'failed':>8}{'skipped':>9}{'reached a server':>18}")
    total = Tally()
    for suite, file, tally in rows:
        print(f"{suite:<20}{file:<34}{tally.passed:>8}{tally.failed:>8}{tally.skipped:>9}{tally.reached:>18}")
        for name in ("passed", "failed", "skipped", "reached"):
            setattr(total, name, getattr(total, name) + getattr(tally, name))
    print(f"{'all':<54}{total.passed:>8}{total.failed:>8}{total.skipped:>9}{total.reached:>18}")


def _print_npm() -> None:
    """What the npm packages have of tests: looked up, because then it can be known."""
    npm = shutil.which("npm")
    if npm is None:
        print("npm isn't here, so what its packages hold wasn't looked at.")
        return
    done = _run([npm, "pack", "--dry-run", "--json", *NPM])
    if done.returncode:
        print("npm didn't tell what its packages hold: is the network there?")
        return
    told = json.loads(done.stdout)
    for package in told.values() if isinstance(told, dict) else told:
        paths = [file["path"] for file in package["files"]]
        tests = [path for path in paths if re.search(r"(^|/)tests?/|\.(test|spec)\.", path)]
        shown = f"{len(tests)} tests, which weren't run" if tests else "no tests, so none can be run"
        print(f"{package['name']} {package['version']} (npm): {len(paths)} files, {shown}")
