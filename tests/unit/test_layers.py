"""The layers of the design, read from the imports of every module."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HOMES = {
    "burnish_cli": "server",
    "burnish_analysis": "server",
    "burnish_server": "server",
    "burnish_models": "models",
    "burnish_telemetry": "telemetry",
    "burnish_training": "training",
}
#: Which other packages of ours a package may import.
ALLOWED = {
    "burnish_cli": set(),
    "burnish_analysis": set(),
    "burnish_models": set(),
    "burnish_telemetry": set(),
    "burnish_server": {"burnish_analysis", "burnish_models", "burnish_telemetry"},
    "burnish_training": {"burnish_analysis", "burnish_models", "burnish_telemetry"},
}
#: Libraries, and the only places that may import them (package, or package and module prefix).
RESTRICTED = {
    "torch": ("burnish_training",),
    "transformers": ("burnish_training",),
    "peft": ("burnish_training",),
    "tokenizers": ("burnish_training",),
    "safetensors": ("burnish_training",),
    "llama_cpp": ("burnish_models.engine",),
    "pygls": ("burnish_server", "burnish_training.gate"),
    "lsprotocol": ("burnish_server",),
    "tree_sitter": ("burnish_analysis",),
}
#: The engine's client side runs in the language server and must not load llama.cpp into it.
CLIENT_SIDE = {
    "burnish_models.engine",
    "burnish_models.engine.base",
    "burnish_models.engine.client",
    "burnish_models.engine.process",
    "burnish_models.engine.settings",
    "burnish_models.engine.wire",
}


def modules() -> Iterator[tuple[str, Path]]:
    for package, folder in HOMES.items():
        base = ROOT / folder
        for path in sorted((base / package).rglob("*.py")):
            parts = path.relative_to(base).with_suffix("").parts
            yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


def imports(name: str, path: Path) -> set[str]:
    """Everything a module imports, anywhere in it, as absolute dotted names."""
    found: set[str] = set()
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parts = package.split(".")
                base = ".".join([*parts[: len(parts) - node.level + 1], *filter(None, [base])])
            found.add(base)
            found.update(f"{base}.{alias.name}" for alias in node.names)
    return found


MODULES = list(modules())


def test_all_packages_are_looked_at() -> None:
    assert {name.partition(".")[0] for name, _ in MODULES} == set(HOMES)


@pytest.mark.parametrize(("name", "path"), MODULES, ids=[name for name, _ in MODULES])
def test_imports_respect_the_layers(name: str, path: Path) -> None:
    package = name.partition(".")[0]
    for imported in imports(name, path):
        top = imported.partition(".")[0]
        if top in HOMES and top != package:
            assert top in ALLOWED[package], f"{name} imports {imported}"
        if top in RESTRICTED:
            allowed = any(name == place or name.startswith(f"{place}.") for place in RESTRICTED[top])
            assert allowed, f"{name} imports {imported}"
        if top == "llama_cpp":
            assert name not in CLIENT_SIDE, f"{name} is loaded by the server and imports {imported}"


@pytest.mark.parametrize(("name", "path"), MODULES, ids=[name for name, _ in MODULES])
def test_no_module_reads_the_environment_on_its_own(name: str, path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            called = ast.unparse(node.func)
            assert called not in {"os.getenv", "os.environ.get"}, f"{name} calls {called}"
