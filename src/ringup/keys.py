"""Which address a provider is called at, and with which key: the one passed in, that of the environment, or the one
that `ringup keys set` stored (`ringup.keystore`).

The origin rule: a key from the environment goes to its provider's own origin (scheme, host and port), or to the
address that the same vendor's base-URL variable names, for the two were set as a pair. It goes nowhere else. A key
that was passed in goes where the user sent it. A stored key goes to the server that it was stored for.

No key travels unencrypted over the internet: http:// is for this machine, and for private networks (10.0.0.0/8 and
the like, names without a dot, and names under .local, .internal, .lan and .home.arpa).
"""

from __future__ import annotations

import os
import re
import sys
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ringup import providers
from ringup.errors import ConfigurationError, KeyFormatError, MissingKeyError, ParameterError
from ringup.later import later
from ringup.masks import without_shapes
from ringup.providers import Provider
from ringup.reply import Notice
from ringup.secret import Secret
from ringup.transport import host_and_port, is_loopback

if TYPE_CHECKING:
    from ringup import keystore
    from ringup.keystore import Stored
else:
    keystore = later("keystore")

__all__ = [
    "address_error",
    "check_key",
    "find_base_url",
    "find_key",
    "mended",
    "server_of",
    "source_of",
    "unfamiliar",
    "variable_of",
    "wrapped",
]

_SPACES = " \t\r\n\v\f\u00a0\ufeff\u200b"
_QUOTES = "\"'`“”‘’«»"
_PRIVATE = (".local", ".internal", ".lan", ".home.arpa")


def find_base_url(provider: Provider, base_url: str | None) -> tuple[str, Notice | None]:
    """The address to call, without a slash at its end: the one passed in, the vendor's variable, or the provider's own.

    An address from the environment comes with a notice, unless it is the provider's own. An empty variable counts as
    unset. Raises ParameterError for an address that can't be called, and for none where every customer has one.
    """
    if base_url is not None:
        if error := address_error(base_url, "base_url"):
            base_url = None  # it may hold a key, and a traceback shows the variables of its frames
            raise error
        return _tidy(base_url), None
    if found := _from_variable(provider):
        name, url = found
        if error := address_error(url, name):
            url, found = "", None
            raise error
        url = _tidy(url)
        own = url == provider.base_url.rstrip("/") or _is_only_path(provider)
        return url, None if own else Notice("sent", "base_url", f"calls go to {url}, as the variable {name} says")
    if _is_only_path(provider):
        name = provider.endpoint_env[0]
        raise ParameterError(
            f"there is no address for {provider.name}, where each customer has one: the variable {name} isn't set.",
            parameter="base_url",
            advice=f"{_how_to_set(name, 'https://your-own-address')}. Or pass base_url=, with {provider.base_url} at "
            "its end, and api_key=.",
        )
    if error := address_error(provider.base_url, "base_url"):
        raise error
    return provider.base_url.rstrip("/"), None


def find_key(
    provider: Provider, api_key: str | Secret | None, url: str | None = None
) -> tuple[Secret | None, tuple[Notice, ...]]:
    """The key to send to `url` (default: the provider's own address), and what the user should know about it.

    The one passed in, the first of the provider's variables that isn't empty, or the one that is stored, as far as the
    origin rule lets it go. The OS keyring is asked only where the key is in it, and for 5 s at most. None where no key
    is needed: the provider's `key_optional`, and every address but the provider's own.

    Raises MissingKeyError, KeyFormatError for a key that can't be right, and ConfigurationError for one that would
    travel unencrypted.
    """
    secret, api_key = wrapped(api_key), None  # from here on no frame holds the key in plain text
    if isinstance(secret, ParameterError):
        raise secret
    url, source = provider.base_url if url is None else url, "api_key="
    pair = _pairing_variable(provider, url)
    own = _origin(url) == _origin(provider.base_url) or (pair is not None and _is_only_path(provider))
    notices: tuple[Notice, ...] = ()
    if secret is None and (name := variable_of(provider)):
        if not (own or pair):
            return None, (_kept_back(name, url, provider),)
        secret, source = Secret(os.environ[name]), f"the variable {name}"
        notices = () if own else (_goes_along(name, url, pair),)
    elsewhere: Stored | None = None
    if secret is None and provider.key_env and (found := keystore.stored(provider.name)):
        if found.server == server_of(url):
            secret, source = _fetched(found, provider), f"the {found.place}"
        else:
            elsewhere, notices = found, (_stored_elsewhere(found, url),)
    if secret is None:
        if own and not provider.key_optional:
            raise _missing(provider, elsewhere)
        return None, notices
    check_key(secret, provider, source, own)
    return secret, notices + _exposed(url)


def check_key(secret: Secret, provider: Provider, source: str, own: bool = True) -> None:
    """Raises KeyFormatError for a key that can't be right, wherever it goes or at the provider's own address."""
    if wrong := _format_problem(secret) or (_vendor_problem(secret, provider) if own and provider.key_env else None):
        raise KeyFormatError(f"the API key in {source} can't be right: {wrong[0]}", advice=wrong[1])


def wrapped(api_key: Any) -> Secret | ParameterError | None:
    """The key as a Secret, or the error to raise.

    Whoever calls it drops the plain key before raising: a traceback shows the variables of its frames.
    """
    if api_key is None or isinstance(api_key, Secret):
        return api_key
    if isinstance(api_key, str):
        return Secret(api_key)
    return ParameterError(f"api_key is of the type {type(api_key).__name__}, not a string", parameter="api_key")


def variable_of(provider: Provider) -> str | None:
    """The first of the provider's key variables that isn't empty."""
    return next((name for name in provider.key_env if os.environ.get(name)), None)


def source_of(provider: Provider) -> str:
    """Where a key that wasn't passed in is from: "the key" stands before these words."""
    name = variable_of(provider)
    return f"in {name}" if name else "that `ringup keys set` stored"


def _fetched(found: Stored, provider: Provider) -> Secret:
    """A stored key. Raises MissingKeyError when it can't be had."""
    secret, trouble = keystore.fetch(found)
    if secret is None:
        raise MissingKeyError(
            f"the API key for {provider.name} that is stored can't be read: {trouble}.",
            advice=f"Store it again: ringup keys set {provider.name}. Or {_how_to_set(provider.key_env[0])}.",
        )
    return secret


# ── Addresses ──


def _from_variable(provider: Provider) -> tuple[str, str] | None:
    """The first of the variables that leads elsewhere, and the address that it means."""
    for name in (*provider.base_url_env, *provider.endpoint_env):
        if value := os.environ.get(name):
            return name, value if name in provider.base_url_env else _with_path(value, provider.base_url)
    return None


def _is_only_path(provider: Provider) -> bool:
    """Whether each customer has an address, which the variable holds (Azure): then that one is the provider's own."""
    return provider.base_url.startswith("/")


def _with_path(endpoint: str, base_url: str) -> str:
    """A server's address as the vendor's variable has it, with what the base URL has and it lacks: scheme, port, path.

    Ollama's may be the address that its server listens at: 0.0.0.0 is reached at 127.0.0.1.
    """
    own = urlsplit(base_url)
    if "://" not in endpoint:
        host = endpoint.rstrip("/").replace("0.0.0.0", "127.0.0.1")  # noqa: S104 - nothing is bound here
        host = f"127.0.0.1{host}" if host.startswith(":") else host
        port = "" if ":" in host.rpartition("]")[2] or not own.port else f":{own.port}"
        endpoint = f"{own.scheme or 'https'}://{host}{port}"
    address = endpoint.rstrip("/")
    return address if address.endswith(own.path) else address + own.path


def address_error(url: Any, source: str) -> ParameterError | None:
    """The error for an address that can't be called. Whoever gets it forgets the address before raising it."""
    wrong = _url_problem(url)
    example = '"https://api.example/v1"'
    return ParameterError(f"{source} {wrong}.", parameter=source, advice=f"Write it like {example}.") if wrong else None


def _tidy(url: str) -> str:
    return urlsplit(url).geturl().rstrip("/")


def _url_problem(url: Any) -> str | None:
    if not isinstance(url, str):
        return f"is of the type {type(url).__name__}, not a string"
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        return "holds a space, a line break or another character that doesn't belong in a URL"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "isn't a valid URL"
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        return (
            f"isn't the URL of a server: {without_shapes(url[:200])!r}"
            if "@" not in url
            else "isn't the URL of a server"
        )
    if parts.username is not None or parts.password is not None:
        return "holds a user name or password; a key belongs in api_key="
    if parts.query or parts.fragment:
        return "must end with its path, without ? or #"
    return None


def _origin(url: str) -> tuple[str, str, int | None]:
    """Scheme, host and port."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or {"http": 80, "https": 443}.get(parts.scheme)


def server_of(url: str) -> str:
    """The server that an address leads to, as one text: "https://api.openai.com:443"."""
    scheme, host, port = _origin(url)
    return f"{scheme}://{host}:{port}"


def _pairing_variable(provider: Provider, url: str) -> str | None:
    """The vendor's own base-URL variable, if it leads there."""
    name, address = _from_variable(provider) or ("", "")
    if _url_problem(address):
        return None
    return name if _origin(address) == _origin(url) else None


def _kept_back(name: str, url: str, provider: Provider) -> Notice:
    server = host_and_port(url)
    return Notice(
        "refused",
        "api_key",
        f"the key in {name} isn't sent to {server}, which isn't {provider.name}'s own address; "
        f"if it is meant for {server}, pass it as api_key=",
    )


def _stored_elsewhere(found: Stored, url: str) -> Notice:
    return Notice(
        "refused",
        "api_key",
        f"the key that is stored for {found.server} isn't sent to {server_of(url)}; "
        f"if it is meant for that one, store it while its address is in the vendor's variable, or pass it as api_key=",
    )


def _goes_along(name: str, url: str, pair: str | None) -> Notice:
    return Notice("sent", "api_key", f"the key in {name} goes to {host_and_port(url)}, where {pair} leads")


def _exposed(url: str) -> tuple[Notice, ...]:
    """A notice when others on the way may read the key. Raises ConfigurationError when that may be anybody."""
    if urlsplit(url).scheme == "https" or is_loopback(url):
        return ()
    if not _is_private(urlsplit(url).hostname or ""):
        raise ConfigurationError(
            f"the API key would travel to {host_and_port(url)} unencrypted, for all on the way to read.",
            advice="Write https:// in base_url. Plain http:// takes a key to this machine and private networks only.",
        )
    return (Notice("sent", "api_key", f"the key travels to {host_and_port(url)} unencrypted (http://)"),)


def _is_private(host: str) -> bool:
    try:
        return ip_address(host).is_private
    except ValueError:  # a name; one that begins with a digit may be read as an address
        return host[:1].isalpha() and ("." not in host or host.endswith(_PRIVATE))


# ── Keys: these look at the text, so none of them raises ──


def _format_problem(secret: Secret) -> tuple[str, str] | None:
    """What is wrong with the key's form, and what to do; never a word of the key."""
    text = secret.reveal()
    if not text.strip():
        return "it is empty.", ""
    if text[0] in _QUOTES or text[-1] in _QUOTES:
        return "there are quotes around it.", "Take them away."
    if "\n" in text or "\r" in text:
        return "it holds a line break.", "Copy it again, without the end of the line."
    if text != text.strip():
        return "there are spaces around it.", "Take them away."
    if not text.isascii():
        return "it holds a character that isn't ASCII.", "Copy it again from where it was made."
    if not text.isprintable():
        return "it holds a control character.", "Copy it again from where it was made."
    if text.lower().startswith("bearer "):
        return 'it begins with "Bearer", which ringup adds by itself.', "Take it away."
    if " " in text:
        return "it holds a space.", "Copy it again from where it was made."
    if text[0] in "$<{%" or "..." in text or (text.lower().startswith("your") and "key" in text.lower()):
        return "it is a placeholder, not a key.", "Put the key itself there."
    return None


def _vendor_problem(secret: Secret, provider: Provider) -> tuple[str, str] | None:
    """Whether the key begins like another vendor's: the longest beginning that is known decides."""
    known = [(prefix, name) for name in providers.names() for prefix in _prefixes(name)]
    found = max((len(prefix) for prefix, _ in known if secret.reveal().startswith(prefix)), default=0)
    owners = {name for prefix, name in known if len(prefix) == found and secret.reveal().startswith(prefix)}
    shared = any(len(prefix) > found and secret.reveal()[:found] == prefix[:found] for prefix, _ in known)
    if not owners or provider.name in owners or (shared and not provider.key_prefixes):
        return None
    owner = min(owners)
    other = providers.find(owner)
    variable = f" It belongs in {other.key_env[0]}." if other and other.key_env else ""
    page = f" {provider.name}'s own are made at {provider.keys_page}" if provider.keys_page else ""
    return f"it is a key of {owner}, and this call goes to {provider.name}.", (variable + page).strip()


def unfamiliar(secret: Secret, provider: Provider) -> str:
    """A word about a key that doesn't begin as its provider's keys do, as far as that is known."""
    known = provider.key_prefixes
    if not known or secret.reveal().startswith(known):
        return ""
    return f"it doesn't begin like the keys of {provider.name} that are known ({', '.join(known)})"


def mended(pasted: Secret, provider: Provider) -> tuple[Secret, list[str]]:
    """A key without what comes along when it is copied: spaces, quotes, the name of its variable, the word Bearer.
    And in words what was taken away."""
    mends: list[str] = []
    while True:
        secret, word = _less(pasted, provider)
        if not word:
            return pasted, mends
        pasted = secret
        mends += [] if word in mends else [word]


def _less(pasted: Secret, provider: Provider) -> tuple[Secret, str]:
    """The key without one of these, and which; or as it is, and nothing."""
    bare = Secret(pasted.reveal().strip(_SPACES))
    if bare != pasted:
        return bare, "the spaces around it"
    names = "|".join(map(re.escape, provider.key_env))
    named = rf"(?:export\s+|set\s+|\$env:)?(?:{names})\s*="
    for shape, word in ((named, "the variable's name"), (r"Bearer\s", "Bearer")):
        if found := re.match(shape, pasted.reveal(), re.IGNORECASE):
            return Secret(pasted.reveal()[found.end() :]), word
    bare = Secret(pasted.reveal().strip(_QUOTES))
    return bare, "" if bare == pasted else "the quotes around it"


def _prefixes(name: str) -> tuple[str, ...]:
    provider = providers.find(name)
    return provider.key_prefixes if provider else ()


# ── A missing key ──


def _missing(provider: Provider, elsewhere: Stored | None) -> MissingKeyError:
    if not provider.key_env:
        return MissingKeyError(f"there is no API key for {provider.name}.", advice="Pass it as api_key=.")
    name = provider.key_env[0]
    state = "is empty" if name in os.environ else "isn't set"
    state += f", and the one that is stored is for {elsewhere.server}" if elsewhere else ""
    where = f"Make one at {provider.keys_page}, then: " if provider.keys_page else ""
    return MissingKeyError(
        f"there is no API key for {provider.name}: the variable {name} {state}.",
        advice=f"{where}{_how_to_set(name)}. Or store it: ringup keys set {provider.name}. Or pass it as api_key=. "
        'The built-in simulator needs no key: model="sim/small".',
    )


def _how_to_set(name: str, value: str = "your-key") -> str:
    """The command that sets a variable, on this system and in this shell."""
    if sys.platform == "win32":
        return f'$env:{name} = "{value}" in PowerShell, set {name}={value} in cmd; setx {name} {value} keeps it'
    match os.path.basename(os.environ.get("SHELL", "")):
        case "fish":
            return f"set -Ux {name} {value}"
        case "zsh":
            return f"export {name}='{value}' (a line in ~/.zshrc keeps it)"
        case "csh" | "tcsh":
            return f"setenv {name} {value} (a line in ~/.cshrc keeps it)"
    return f"export {name}='{value}' (a line in ~/.bashrc keeps it)"
