"""Vectors as a file that `numpy.load` reads, written without numpy. Format 1.0, as numpy.lib.format has it."""

from __future__ import annotations

import os
from pathlib import Path

from ringup.embeddings import Embeddings
from ringup.errors import ConfigurationError

__all__ = ["write_npy"]

_MAGIC = b"\x93NUMPY\x01\x00"
_ALIGNED = 64


def write_npy(path: Path, found: Embeddings) -> None:
    """Write the vectors as a float32 array of (count, dimensions), whole or not at all.

    Raises ConfigurationError when that can't be.
    """
    what = f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({found.count}, {found.dimensions}), }}"
    room = -(len(_MAGIC) + 2 + len(what) + 1) % _ALIGNED
    head = f"{what}{' ' * room}\n".encode()
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with draft.open("wb") as file:
            file.write(_MAGIC + len(head).to_bytes(2, "little") + head)
            file.write(found.data)
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise ConfigurationError(f"the vectors can't be written to {str(path)!r}: {error.strerror}.") from None
