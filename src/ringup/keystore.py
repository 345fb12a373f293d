"""Keys that `ringup keys set` keeps: in the OS keyring, or in a file that only its owner can read.

The file `keys.json` in the user's config folder says for each provider where its key is and which server it was set
for; where there is no keyring, it holds the key as well. So the keyring is asked only for a key that is in it: nobody
else waits for it, or for its import. It is asked in a thread of its own, for it may want to be unlocked, and never
answer.
"""

from __future__ import annotations

import os
import queue
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

import msgspec
from msgspec import Struct

from ringup.errors import ConfigurationError
from ringup.secret import Secret

__all__ = ["KEYRING_SECONDS", "Stored", "fetch", "file_path", "forget", "keep", "stored"]

KEYRING_SECONDS = 5.0
"""How long a call waits for the keyring. One that didn't answer isn't asked again by the same process."""

_UNLOCK_SECONDS = 60.0
"""How long `keys set` and `keys rm` wait: somebody is there, and may have to unlock it."""

_SERVICE = "ringup"
_UNUSABLE = ("keyring.backends.fail", "keyring.backends.null")

_silent: list[bool] = []
"""Not empty when the keyring didn't answer in this process."""


class _Entry(Struct, frozen=True, rename={"place": "in", "server": "for"}):
    """What the file says of one provider's key."""

    place: Literal["keyring", "file"]
    server: str
    key: Secret | None = None


class Stored(Struct, frozen=True):
    """Where a provider's key is kept, and the server it is for ("https://api.openai.com:443")."""

    provider: str
    place: Literal["keyring", "file"]
    server: str


def file_path() -> Path:
    """`keys.json` in the user's config folder: below XDG_CONFIG_HOME or ~/.config; on a Mac in ~/Library/Application
    Support, on Windows in %APPDATA%."""
    if sys.platform == "win32":
        folder = os.environ.get("APPDATA") or os.path.expanduser("~/AppData/Roaming")
    elif sys.platform == "darwin":
        folder = os.path.expanduser("~/Library/Application Support")
    else:
        folder = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")
    return Path(folder, "ringup", "keys.json")


def stored(provider: str) -> Stored | None:
    """Where a provider's key is kept, if it is. Doesn't ask the keyring. Raises ConfigurationError for a file that
    can't be read."""
    entry = _entries().get(provider)
    return Stored(provider, entry.place, entry.server) if entry else None


def fetch(found: Stored, timeout: float = KEYRING_SECONDS) -> tuple[Secret | None, str]:
    """The key; or None, and why it can't be had."""
    if found.place == "file":
        entry = _entries().get(found.provider)
        return (entry.key, "") if entry and entry.key else (None, f"it isn't in {file_path()} any more")
    if _silent:
        return None, "the keyring didn't answer"
    secret, trouble = _ask(lambda keyring: _wrapped(keyring.get_password(_SERVICE, found.provider)), timeout)
    if trouble:
        return None, trouble
    return secret, "" if secret else "it isn't in the keyring any more"


def keep(provider: str, key: Secret, server: str) -> tuple[Stored, str]:
    """Store a key: in the keyring where there is one that works, else in the file. Gives where it is, and why it isn't
    in the keyring. Raises ConfigurationError for a file that can't be written."""
    entries, trouble = _entries(), _put(provider, key)
    place: Literal["keyring", "file"] = "file" if trouble else "keyring"
    entries[provider] = _Entry(place, server, key if trouble else None)
    _write(entries)
    return Stored(provider, place, server), trouble


def forget(found: Stored) -> str:
    """Remove a key. Gives why it can't be removed: then it is still there. Raises ConfigurationError as `keep` does."""
    entries = _entries()
    if found.place == "keyring" and (trouble := _ask(lambda keyring: _remove(keyring, found.provider))[1]):
        return trouble
    entries.pop(found.provider, None)
    _write(entries)
    return ""


# The keyring


def _put(provider: str, key: Secret) -> str:
    """Put a key into the keyring, and see whether it is there. Gives what went wrong."""

    def put(keyring: Any) -> bool:
        keyring.set_password(_SERVICE, provider, key.reveal())
        return _wrapped(keyring.get_password(_SERVICE, provider)) == key

    kept, trouble = _ask(put)
    return trouble or ("" if kept else "the keyring doesn't keep what is put into it")


def _remove(keyring: Any, provider: str) -> None:
    if keyring.get_password(_SERVICE, provider) is not None:
        keyring.delete_password(_SERVICE, provider)


def _wrapped(key: str | None) -> Secret | None:
    return Secret(key) if key else None


def _ask(what: Callable[[Any], Any], timeout: float = _UNLOCK_SECONDS) -> tuple[Any, str]:
    """Ask the keyring, in a thread that doesn't keep a program from ending. Gives its answer, or what went wrong.

    Of what it raises only the kind is told: the words and the frames may hold a key.
    """
    answers: queue.SimpleQueue[tuple[Any, str]] = queue.SimpleQueue()

    def ask() -> None:
        try:
            keyring = _keyring()
            answers.put((None, keyring) if isinstance(keyring, str) else (what(keyring), ""))
        except Exception as error:
            answers.put((None, f"the keyring failed ({type(error).__name__})"))

    threading.Thread(target=ask, name="ringup-keyring", daemon=True).start()
    try:
        return answers.get(timeout=timeout)
    except queue.Empty:
        _silent.append(True)
        return None, f"the keyring didn't answer within {timeout:g} s"


def _keyring() -> Any:
    """The library's module; or in words why it is of no use here."""
    try:
        import keyring  # here, for its import takes long, and it is an extra
    except ImportError:
        return "the package keyring isn't installed: pip install 'ringup[cli]'"
    backend = keyring.get_keyring()
    if type(backend).__module__.startswith(_UNUSABLE):
        return "there is no keyring here"
    return keyring


# The file


def _entries() -> dict[str, _Entry]:
    """What the file says. The frame that raises never held its text."""
    found = _read(file_path())
    if isinstance(found, str):
        raise ConfigurationError(
            f"the keys in {str(file_path())!r} can't be read: {found}.",
            advice="Mend the file, or remove it and set the keys again: ringup keys set PROVIDER.",
        )
    return found


def _read(path: Path) -> dict[str, _Entry] | str:
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, _Entry], dec_hook=_secret)
    except FileNotFoundError:
        return {}
    except OSError as error:
        return error.strerror or type(error).__name__
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return "it isn't the JSON that ringup writes"


def _secret(_kind: Any, key: Any) -> Secret:
    if not isinstance(key, str):
        raise ValueError("a key is a text")
    return Secret(key)


def _write(entries: dict[str, _Entry]) -> None:
    """Write the file anew, for its owner only. It takes the old one's place when it is whole."""
    path, trouble = Path(os.path.realpath(file_path())), None
    beside = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(msgspec.json.format(msgspec.json.encode(entries, enc_hook=Secret.reveal)) + b"\n")
        os.replace(beside, path)
    except OSError as error:
        trouble = error.strerror or type(error).__name__
        with suppress(OSError):
            beside.unlink()
    if trouble:
        raise ConfigurationError(f"the keys can't be written to {str(path)!r}: {trouble}.")
