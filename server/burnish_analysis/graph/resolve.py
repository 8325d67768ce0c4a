"""From a name at a place to its definition, in the same file or through imports."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath

from burnish_analysis.graph.model import FileGraph, Import, Symbol

__all__ = ["Resolver", "module_name"]

#: Imports and base classes followed in a row; circular ones end here at the latest.
_HOPS = 8


def module_name(path: str) -> str:
    """The dotted name of a file from its path under the workspace; ``src/`` at the front does not count."""
    parts = list(PurePosixPath(path).with_suffix("").parts)
    if len(parts) > 1 and parts[0] == "src":
        parts = parts[1:]
    if parts and parts[-1] == "__init__":
        parts = parts[:-1]
    return ".".join(parts)


class Resolver:
    """Looks names up in the graphs of a workspace (path to graph). It never changes them."""

    def __init__(self, files: Mapping[str, FileGraph]) -> None:
        self._files = files
        self._modules: dict[str, str] = {}
        for path in sorted(files, reverse=True):
            self._modules[module_name(path)] = path

    def resolve(self, path: str, name: str, scope: str = "") -> tuple[str, Symbol] | None:
        """The file and symbol that a dotted ``name`` used in ``scope`` of ``path`` stands for, or ``None``."""
        return self._resolve(path, name, scope, _HOPS)

    def _resolve(self, path: str, name: str, scope: str, hops: int) -> tuple[str, Symbol] | None:
        graph = self._files.get(path)
        if graph is None or hops <= 0 or not name:
            return None
        head, _, rest = name.partition(".")
        if head == "self":
            owner = self._enclosing_class(graph, scope)
            return self._member(path, owner, rest, hops) if owner and rest else None
        found = self._local(graph, head, scope)
        if found is not None:
            return self._member(path, found, rest, hops) if rest else (path, found)
        return self._through_imports(path, graph, name, hops)

    @staticmethod
    def _enclosing_class(graph: FileGraph, scope: str) -> Symbol | None:
        while scope:
            symbol = graph.find(scope)
            if symbol is not None and symbol.kind == "class":
                return symbol
            scope = scope.rpartition(".")[0]
        return None

    @staticmethod
    def _local(graph: FileGraph, head: str, scope: str) -> Symbol | None:
        """Innermost scope first; a class's names are not seen from inside its methods."""
        current = scope
        while current:
            symbol = graph.find(current)
            if symbol is None or symbol.kind != "class" or current == scope:
                found = graph.find(f"{current}.{head}")
                if found is not None:
                    return found
            current = current.rpartition(".")[0]
        return graph.find(head)

    def _member(self, path: str, symbol: Symbol, rest: str, hops: int) -> tuple[str, Symbol] | None:
        """``rest`` as attributes of a class, or of the class that a symbol is known to hold."""
        if hops <= 0:
            return None
        if symbol.kind != "class":
            held = self._resolve(path, symbol.value, "", hops - 1)
            return self._member(*held, rest, hops - 1) if held and held[1].kind == "class" else None
        first, _, more = rest.partition(".")
        found = self._files[path].find(f"{symbol.name}.{first}")
        if found is not None:
            return self._member(path, found, more, hops - 1) if more else (path, found)
        for base in symbol.bases:
            parent = self._resolve(path, base, "", hops - 1)
            inherited = self._member(*parent, rest, hops - 1) if parent else None
            if inherited is not None:
                return inherited
        return None

    def _through_imports(
        self, path: str, graph: FileGraph, name: str, hops: int
    ) -> tuple[str, Symbol] | None:
        for item in reversed(graph.imports):
            found = self._imported(path, item, name, hops - 1)
            if found is not None:
                return found
        return None

    def _imported(self, path: str, item: Import, name: str, hops: int) -> tuple[str, Symbol] | None:
        if item.name == "*":
            target = self._file(path, item.module)
            return self._resolve(target, name, "", hops) if target and target != path else None
        if name != item.alias and not name.startswith(f"{item.alias}."):
            return None
        rest = name[len(item.alias) + 1 :]
        if item.name:
            target = self._file(path, item.module)
            whole = f"{item.name}.{rest}" if rest else item.name
            found = self._resolve(target, whole, "", hops) if target and target != path else None
            if found is not None:
                return found
            joined = item.module + ("" if item.module.endswith(".") else ".") + item.name
            target = self._file(path, joined)
        else:
            target = self._file(path, item.module)
        return self._resolve(target, rest, "", hops) if target and rest else None

    def _file(self, path: str, module: str) -> str | None:
        """The workspace file of a module as imported from ``path`` (leading dots count upwards)."""
        name = module.lstrip(".")
        dots = len(module) - len(name)
        if not dots:
            return self._modules.get(name)
        package = module_name(path).split(".")
        cut = dots - (1 if PurePosixPath(path).name == "__init__.py" else 0)
        if cut > len(package):
            return None
        package = package[: len(package) - cut]
        return self._modules.get(".".join([*package, name] if name else package))
