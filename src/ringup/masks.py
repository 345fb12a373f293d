"""What a secret looks like, by its name or by its form; and dicts that don't show theirs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

__all__ = ["MASK", "NAMED", "Quiet", "is_key", "is_secret", "quiet", "unnamed", "without_shapes"]

MASK = "***"

NAMED = re.compile(r"API_?KEY|TOKEN|SECRET|PASSW|PASSPHRASE|CREDENTIAL|PRIVATE_?KEY|ACCESS_?KEY|_KEY$", re.IGNORECASE)
"""Variables that hold a secret, by their names."""

_SHAPES = {
    ("sk-", "sk_", "pk_", "rk_", "csk-"): r"\b(?:c?sk-|[spr]k_(?:live|test)_)[A-Za-z0-9_-]{16,}",
    ("AIza", "AQ."): r"\b(?:AIza[A-Za-z0-9_-]{30,}|AQ\.[A-Za-z0-9_-]{30,})",
    ("gsk_", "xai-", "hf_", "r8_", "pplx-", "tgp_v1_", "fw_", "nvapi-"): (
        r"\b(?:gsk_|xai-|hf_|r8_|pplx-|tgp_v1_|fw_|nvapi-)[A-Za-z0-9_-]{16,}"
    ),
    ("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-"): (
        r"\b(?:gh[pousr]_|github_pat_|glpat-)[A-Za-z0-9_-]{16,}"
    ),
    ("AKIA", "ASIA"): r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b",
    ("xox", "xapp-"): r"\b(?:xox[a-z]|xapp)-[A-Za-z0-9-]{10,}",
    ("npm_", "pypi-", "dop_v1_", "shpat_", "lin_api_", "whsec_", "sq0", "ya29.", "SG."): (
        r"\b(?:npm_|pypi-|dop_v1_|shpat_|lin_api_|whsec_|sq0[a-z]{3}-|ya29\.|SG\.)[A-Za-z0-9._-]{16,}"
    ),
    ("eyJ",): r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*",
    ("PRIVATE KEY",): r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)",
    ("earer ", "EARER "): r"(?i)(?<=\bbearer )[A-Za-z0-9._~+/=-]{8,}",
    ("asic ", "ASIC "): r"(?i)(?<=\bbasic )[A-Za-z0-9+/]{12,}={0,2}(?![A-Za-z0-9+/])",
    ("://",): r"(?<=://)[^\s/@:\"']*:[^\s/@\"']+(?=@)",
    ("key=", "token=", "sig=", "ignature="): (
        r"(?i)(?<=[?&])((?:api[_-]?|access[_-]?)?(?:key|token)|sig|x-amz-signature)=[^&\s\"'#]{8,}"
    ),
}
"""What a text that may hold one has in it (looking for that is quick), and what a secret of that kind looks like."""


@cache
def _compiled() -> list[tuple[tuple[str, ...], re.Pattern[str]]]:
    """Made when it is first needed: that takes longer than importing the rest."""
    return [(words, re.compile(shape, re.DOTALL)) for words, shape in _SHAPES.items()]


def without_shapes(text: str) -> str:
    """A text without what has the well-known form of a secret."""
    for words, shape in _compiled():
        for word in words:
            if word in text:
                text = shape.sub(MASK, text)
                break
    return text


_FIELD = r"(?i)(?<!cache_)key$|token$|secret|passw|passphrase|credential|auth(?!ors?\b)|cookie"
"""Fields and headers that hold a secret, by their names."""


class Quiet(dict[str, Any]):
    """A dict that shows its names, but not the values of those that may hold a secret: in a traceback with its
    variables, in a log, in a debugger. It is a dict like any other for all else."""

    @property
    def hides(self) -> bool:
        """Whether something in it isn't shown."""
        shown = unnamed(self)
        return bool(shown != self) or repr(shown) != repr(self)

    def __repr__(self) -> str:
        return without_shapes(repr(unnamed(dict(self))))

    def __rich_repr__(self) -> Iterator[str]:
        yield repr(self)

    def __deepcopy__(self, memo: dict[int, Any]) -> Quiet:
        import copy  # here, for hardly anybody copies one

        return Quiet(copy.deepcopy(dict(self), memo))

    def __reduce__(self) -> tuple[Any, ...]:
        if self.hides:
            raise TypeError("secrets in headers=, extra= or tools= are never pickled; give them again where they go")
        return Quiet, (dict(self),)


def is_key(text: Any) -> bool:
    """Whether a text is a key and nothing else, by its form."""
    return isinstance(text, str) and without_shapes(text.strip()) == MASK


def is_secret(name: str) -> bool:
    """Whether a field or a header holds a secret, by its name."""
    return bool(re.search(_FIELD, name))


def unnamed(value: Any) -> Any:
    """Plain values, without the texts whose names say that they are secret."""
    if isinstance(value, dict):
        return {name: _unnamed(str(name), held) for name, held in value.items()}
    return [unnamed(held) for held in value] if isinstance(value, list | tuple) else value


def _unnamed(name: str, value: Any) -> Any:
    return MASK if isinstance(value, str | bytes) and is_secret(name) else unnamed(value)


def quiet(value: Any) -> Any:
    """Plain values, with a `Quiet` in the place of each dict in them."""
    if isinstance(value, dict):
        return Quiet({name: quiet(held) for name, held in value.items()})
    return [quiet(held) for held in value] if isinstance(value, list | tuple) else value
