"""The shape of the house: floors, one-way imports, and what each floor may touch. See ARCHITECTURE.md."""

from __future__ import annotations

import ast
import subprocess
import sys
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "src" / "ringup"

# From the ground up: a module imports only from lines above its own. A name that is a package stands for all of it:
# its modules may know each other, without circles.
FLOORS = {
    "0 values": [
        "errors",
        "usage",
        "http",
        "rules",
        "secret",
        "version",
        "media",
        "locks",
        "waiting",
        "ending",
        "later",
    ],
    "0 values, of those": ["messages", "sse", "wire_tools", "similarity"],
    "0 values, without secrets": ["masks"],
    "0 values, OpenAI's errors": ["openai_errors", "openai_checks"],
    "0 values, as digests": ["fingerprint"],
    "0 values, coming back": ["reply"],
    "0 values, as events and vectors": ["events", "embeddings", "crossing"],
    "0 values, the protocol, and what readers share": ["wire", "reading"],
    "1 wires": [
        *("wires.chat_completions", "wires.anthropic_messages", "wires.responses", "wires.gemini"),
        "wires.embeddings",
    ],
    "1 wires by name": ["wires"],
    "2 knowledge": ["providers", "rates", "spending", "vocabulary", "embedders"],
    "2 knowledge, of prices": ["pricelist"],
    "2 knowledge, of what a call costs": ["prices"],
    "2 knowledge, of models": ["models"],
    "2 knowledge, of files in tokens": ["media_tokens"],
    "2 knowledge, in tokens": ["tokens"],
    "2 knowledge, held against a request": ["judge"],
    "2 knowledge, in tokens and prices": ["bills"],
    "2 knowledge, held against its files and its length": ["intake"],
    "2 knowledge, of types": ["schemas", "typed", "growing"],
    "2 knowledge, of a vendor's form of them and back": ["restoring"],
    "2 knowledge, of what vendors take": ["dialects"],
    "3 scripts, what they ask": ["retry", "advice", "parameters", "prompt", "choice", "caching", "reasoning"],
    "3 scripts, what a call may be given": ["given"],
    "3 scripts, what became of the cache": ["explain"],
    "3 scripts, what a call is made of": ["script"],
    "3 scripts, what a call comes to": ["outcome"],
    "3 scripts, how a call fails": ["failures"],
    "3 scripts, of a call": ["call"],
    "3 scripts, for vectors and counts": ["embed_job", "counting"],
    "3 scripts, for what a call may cost": ["estimates"],
    "3 scripts, typed and with tools": ["structured", "tools"],
    "3 scripts, what an ask is given": ["asking"],
    "3 scripts, of several calls": ["steps"],
    "3 scripts, of several asks": ["conversation"],
    "3 scripts, of asks that grow too long": ["window"],
    "4 world": ["transport", "ledger", "workers", "attachments", "keystore"],
    "4 world, what needs those": ["keys", "drive"],
    "4 world, on the ledger": ["purse", "reconcile"],
    "4 world, told to others": ["logs"],
    "4 world, told to OpenTelemetry": ["telemetry"],
    "4 world, the way to a model": ["routes"],
    "4 world, put together": ["plan", "parallel"],
    "4 world, put together for vectors and counts": ["embed_plan", "tally"],
    "5 face": ["streams", "settings"],
    "5 face, the chats": ["chats"],
    "5 face, what the clients share": ["baseclient"],
    "5 face, the clients": ["client"],
    "5 face, the package": [""],
    "6 doors, the simulator": ["simulator"],
    "6 doors, for tests": ["testing"],
    "6 doors, for pytest": ["pytest_plugin"],
    "6 doors, for people": ["cli"],
    "6 doors, the welcome": ["hello"],
    "6 doors, for those who build wires": ["replay"],
    "6 doors, the first": ["__main__"],
}
LAZY_DOORS = {
    ("", "ringup.testing"),
    ("", "ringup.explain"),
    ("routes", "ringup.testing"),
    ("cli.simulate", "ringup.simulator.server"),
    ("cli.simulate", "ringup.simulator.faults"),
    ("cli.log.export_pytest", "ringup.testing"),
    ("pytest_plugin", "ringup.testing"),
}
CLOSED = {
    *(
        "advice",
        "attachments",
        "chats",
        "conversation",
        "counting",
        "embed_job",
        "embed_plan",
        "embedders",
        "embeddings",
    ),
    *("estimates", "explain", "growing", "keystore", "ledger", "parallel", "pricelist", "prices", "purse"),
    *(
        "reconcile",
        "steps",
        "streams",
        "structured",
        "tally",
        "telemetry",
        "tokens",
        "tools",
        "typed",
        "window",
        "workers",
    ),
    *("simulator", "testing", "cli", "transport._httpx2"),
}
"""What stays behind lazy doors (`ringup.later`) until a program needs it: `import ringup` loads none of it."""
PURE = [
    *(
        "errors",
        "usage",
        "http",
        "rules",
        "messages",
        "fingerprint",
        "reply",
        "events",
        "embeddings",
        "sse",
        "wire",
        "reading",
        "wire_tools",
    ),
    *("crossing", "similarity", "media", "media_tokens", "intake"),
    *("openai_*", "wires*"),
]
WORLDLY = {"asyncio", "datetime", "os", "pathlib", "random", "socket", "ssl", "subprocess", "threading", "time"}
VENDORS = {"openai", "anthropic", "google", "groq", "mistralai", "cohere", "litellm"}


def modules() -> dict[str, ast.Module]:
    names = {path: ".".join(path.relative_to(PACKAGE).with_suffix("").parts) for path in PACKAGE.rglob("*.py")}
    return {
        name.removesuffix("__init__").rstrip("."): ast.parse(path.read_text()) for path, name in sorted(names.items())
    }


MODULES = modules()


def home(module: str) -> str:
    """The entry of FLOORS that a module belongs to: itself, or the package that it is in."""
    entries = [entry for entries in FLOORS.values() for entry in entries]
    name = module
    while name not in entries and "." in name:
        name = name.rpartition(".")[0]
    assert name in entries, f"src/ringup/{module.replace('.', '/')}.py stands on no floor: give it one in FLOORS"
    return name


def floor_of(module: str) -> int:
    return next(number for number, entries in enumerate(FLOORS.values()) if home(module) in entries)


def imports(tree: ast.AST) -> list[str]:
    """Every module that is imported, whole names; `from ringup import x` counts as ringup.x."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            module = node.module or ""
            found += [f"{module}.{alias.name}" for alias in node.names] if module == "ringup" else [module]
    return found


def own(tree: ast.AST) -> list[str]:
    return [name.removeprefix("ringup").lstrip(".") for name in imports(tree) if name.split(".")[0] == "ringup"]


@pytest.mark.parametrize("module", MODULES)
def test_imports_never_climb(module: str) -> None:
    for target in own(MODULES[module]):
        assert target in MODULES, f"{module} imports ringup.{target}, which is no module"
        if home(target) != home(module):
            assert floor_of(target) < floor_of(module), f"{module} imports {target}, which is not below it"


def test_there_are_no_circles() -> None:
    done: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> None:
        assert name not in path, f"a circle: {' -> '.join([*path, name])}"
        for target in own(MODULES[name]) if name not in done else []:
            visit(target, (*path, name))
        done.add(name)

    for name in MODULES:
        visit(name, ())


@pytest.mark.parametrize("module", [name for name in MODULES if any(fnmatchcase(name, pure) for pure in PURE)])
def test_values_and_wires_are_pure(module: str) -> None:
    touched = {name.split(".")[0] for name in imports(MODULES[module])} & WORLDLY
    assert not touched, f"{module} is pure, and imports {touched}"


@pytest.mark.parametrize("module", MODULES)
def test_no_own_code_is_imported_inside_functions(module: str) -> None:
    doors = set()
    for node in ast.walk(MODULES[module]):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            assert not own(node), f"{module}.{node.name} imports {own(node)} inside"
            for call in ast.walk(node):
                if isinstance(call, ast.Call) and ast.unparse(call.func).endswith("import_module"):
                    doors |= {arg.value for arg in call.args if isinstance(arg, ast.Constant)}
    assert {(module, door) for door in doors if str(door).startswith("ringup")} <= LAZY_DOORS


@pytest.mark.parametrize("module", MODULES)
def test_doors_lead_where_the_checkers_are_told(module: str) -> None:
    """A door is hung where the same module is imported for type checkers, so that all the rules here hold for it."""
    checked = [
        node for node in MODULES[module].body if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
    ]
    told = {name for node in checked for name in own(ast.Module(node.body, []))}
    doors: set[str] = set()
    for call in [node for node in ast.walk(MODULES[module]) if isinstance(node, ast.Call)]:
        match ast.unparse(call.func):
            case "later":
                doors.add(ast.literal_eval(call.args[0]))
            case "names_later":
                doors |= {f"{module}.{home}".lstrip(".") for home in ast.literal_eval(call.args[1]).values()}
    assert doors <= told, f"{module}: {doors - told}"


def test_lazy_doors_stay_closed() -> None:
    code = "import ringup, sys; print(*[name for name in sys.modules if name.startswith('ringup.')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    loaded = {name.removeprefix("ringup.") for name in done.stdout.split()}
    assert "client" in loaded
    assert not CLOSED & loaded
    assert {name for name in MODULES if name in CLOSED} == CLOSED


@pytest.mark.parametrize("module", MODULES)
def test_no_vendor_sdk(module: str) -> None:
    assert not {name.split(".")[0] for name in imports(MODULES[module])} & VENDORS


def test_the_page_shows_every_floor() -> None:
    page = (PACKAGE.parents[1] / "ARCHITECTURE.md").read_text()
    for entries in FLOORS.values():
        for name in entries:
            assert f"`{name or 'ringup'}`" in page, f"ARCHITECTURE.md doesn't mention {name}"
