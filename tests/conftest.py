"""Every test runs without the user's keys and keyring, without the network (but loopback), and in a home of its own."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest
from conformance import npm
from hypothesis import HealthCheck, settings

# Loaded here, and not as it comes with ringup (`-p no:ringup`): then coverage sees ringup being imported.
pytest_plugins = ["ringup.pytest_plugin"]

# No law depends on how busy the machine is.
settings.register_profile("ringup", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ringup")

# A dead proxy: what isn't loopback is refused at once, whichever engine asks. Loopback never goes through a proxy.
DEAD = "http://127.0.0.1:9"
DIRECT = "127.0.0.1,localhost,::1"
LOOPBACK = ("127.", "::1", "localhost", "0.0.0.0")


def _deny_network(event: str, args: tuple[object, ...]) -> None:
    if event == "socket.connect" and isinstance(args[1], tuple):
        host = str(args[1][0])
    elif event == "socket.getaddrinfo" and args[0]:
        host = args[0].decode() if isinstance(args[0], bytes) else str(args[0])
    else:
        return
    if not host.startswith(LOOPBACK) and not host.endswith((".invalid", ".test")):
        raise PermissionError(f"tests don't reach the network, and one asked for {host}")


sys.addaudithook(_deny_network)

# A shell that starts the tests in the background has them ignore Ctrl-C, and so would each program that a test starts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    for name in list(os.environ):
        own = name.startswith(("OPENAI_", "AZURE_OPENAI_", "ANTHROPIC_", "OLLAMA_", "HF_", "RINGUP_"))
        if own or name.endswith(("_API_KEY", "_BASE_URL")):
            if name not in ("RINGUP_RECORDED", "RINGUP_SPECS"):
                monkeypatch.delenv(name)
        elif name.lower() in ("all_proxy", "ssl_cert_file", "ssl_cert_dir"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    home = tmp_path_factory.mktemp("home")
    for name in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "APPDATA"):
        monkeypatch.setenv(name, str(home))
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.setenv(name, DEAD)
    for name in ("NO_PROXY", "no_proxy"):  # the vendors' SDKs need to be told
        monkeypatch.setenv(name, DIRECT)


@pytest.fixture(scope="session")
def packages() -> Path:
    """The SDKs in JavaScript, as examples/js pins them, installed before the network is denied: their folder."""
    folder = Path(__file__).parent.parent / "examples" / "js"
    reason = npm.install(folder)
    if reason == npm.NO_NODE:
        pytest.skip(reason)
    assert not reason
    return folder / "node_modules"
