"""What the user names on the command line from Python code of their own: `module:name`, or `path/to/file.py:name`."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from types import ModuleType
from typing import Any

from ringup.errors import ConfigurationError

__all__ = ["attribute", "load", "split"]


def split(named: str) -> tuple[str, str]:
    """The module or file, and the name in it: "" where only the first is given."""
    module, _, name = named.rpartition(":")
    dotted = bool(name) and all(part.isidentifier() for part in name.split("."))
    return (module, name) if module and dotted else (named, "")


def load(module: str) -> ModuleType:
    """A module by its name, looked for in the current folder first; or a file by its path. What it prints while it
    loads goes to stderr. Raises ConfigurationError."""
    try:
        with redirect_stdout(sys.stderr):
            return _load_file(Path(module)) if _is_path(module) else _load_module(module)
    except (Exception, SystemExit) as error:
        if isinstance(error, ConfigurationError) or os.environ.get("RINGUP_DEBUG"):
            raise
        raise ConfigurationError(f"{module} can't be loaded: {_why(error)}.", advice=_debug(error)) from None


def _is_path(module: str) -> bool:
    return module.endswith(".py") or "/" in module or os.sep in module


def _load_module(name: str) -> ModuleType:
    import importlib  # here, for only who names code of their own needs it

    if not all(part.isidentifier() for part in name.split(".")):
        raise ConfigurationError(
            f"{name!r} is no name of a module.", advice="For example: weather:get_weather, or tools/weather.py."
        )
    with _first_on_path(Path.cwd()):
        try:
            return importlib.import_module(name)
        except ModuleNotFoundError as error:
            if error.name is None or not f"{name}.".startswith(f"{error.name}."):
                raise  # it is there, and lacks another one
            raise ConfigurationError(
                f"there is no module {name} in {Path.cwd()}, nor among those that are installed.", advice=_nearby()
            ) from None


def _nearby() -> str:
    found = sorted(path.name for path in Path.cwd().glob("*.py"))
    here = f"There are here: {', '.join(found[:8])}{', ...' if len(found) > 8 else ''}. " if found else ""
    return f"{here}Go to its folder, or name the file: path/to/file.py:name."


def _load_file(path: Path) -> ModuleType:
    from importlib import util  # here, for only who names code of their own needs it

    path = path.expanduser()
    if not path.is_file():
        looked = "" if path.is_absolute() else f" (looked for in {Path.cwd()})"
        raise ConfigurationError(f"there is no file {path}{looked}.")
    path = path.resolve()
    for known in list(sys.modules.values()):
        if getattr(known, "__file__", None) == str(path):
            return known
    name = path.stem if path.stem not in sys.modules else f"{path.stem}_"
    spec = util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ConfigurationError(f"{path} isn't Python code: its name doesn't end in .py.")
    module = sys.modules[name] = util.module_from_spec(spec)
    try:
        with _first_on_path(path.parent):
            spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


@contextmanager
def _first_on_path(folder: Path) -> Iterator[None]:
    """The folder goes before all others for this import, and after them from then on: what the code imports later is
    found, and no file of the folder is taken for a library's."""
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))
        if str(folder) not in sys.path:
            sys.path.append(str(folder))


def _why(error: BaseException) -> str:
    match error:
        case ModuleNotFoundError(name=str() as name):
            return f"it needs {name}, which isn't installed"
        case SyntaxError():
            return f"{error.msg} ({Path(error.filename or '?').name}, line {error.lineno})"
        case SystemExit():
            return "it ends the program when it is imported. Put what it does as a program under if __name__ == ..."
    return f"{type(error).__name__}: {error}".rstrip(".")


def _debug(error: BaseException) -> str:
    known = isinstance(error, (ModuleNotFoundError, SyntaxError, SystemExit))
    return "" if known else "RINGUP_DEBUG=1 shows where it comes from."


def attribute(module: ModuleType, name: str, what: str, names: list[str]) -> Any:
    """A name in a module, with dots for what is in a class. Raises ConfigurationError, which lists those `names` that
    may have been meant."""
    found: Any = module
    for part in name.split("."):
        if not hasattr(found, part):
            raise ConfigurationError(
                f"{_place(module)} has no {what} {name}.",
                advice=f"It has: {', '.join(names[:12])}{', ...' if len(names) > 12 else ''}." if names else "",
            )
        found = getattr(found, part)
    return found


def _place(module: ModuleType) -> str:
    return getattr(module, "__file__", None) or module.__name__
