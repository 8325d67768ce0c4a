"""From a name at a place to its definition, in the same file or through imports."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from burnish_analysis.graph.index import CodeGraph
from burnish_analysis.graph.model import FileGraph, Import, Symbol

__all__ = ["Resolver", "Target"]

#: Imports and base classes followed in a row; circular ones end here at the latest.
_HOPS = 8

#: A file and a symbol in it.
Target = tuple[str, Symbol]


class Resolver:
    """Looks names up in a workspace's graph, which it never changes."""

    def __init__(self, graph: CodeGraph) -> None:
        self._graph = graph
        self._steps = 0

    def resolve(
        self, path: str, name: str, scope: str = "", imports: tuple[Import, ...] = ()
    ) -> Target | None:
        """The file and symbol that a dotted ``name`` used in ``scope`` of ``path`` stands for, or ``None``.

        A module gives a symbol of kind ``module``. ``imports`` are looked at before those that the graph knows of the
        file: it may be behind the text by a moment.
        """
        self._steps = 0
        name = name.replace("()", "")
        return self._resolve(path, name, scope, _HOPS) or self._through(path, imports, name, _HOPS)

    def class_of(self, target: Target) -> Target | None:
        """The class that a symbol holds or returns; a class itself is its own."""
        path, symbol = target
        if symbol.kind == "class":
            return target
        if not symbol.value:
            return None
        scope = symbol.name.rpartition(".")[0]
        found = self._resolve(path, symbol.value, scope, _HOPS)
        return found if found is not None and found[1].kind == "class" else None

    def bases(self, target: Target) -> Iterator[Target]:
        """The base classes of a class that the workspace defines, without repetition."""
        seen = {(target[0], target[1].name)}
        waiting = [target]
        while waiting and len(seen) <= _HOPS:
            path, symbol = waiting.pop(0)
            for base in symbol.bases:
                found = self.resolve(path, base, symbol.name.rpartition(".")[0])
                if found is not None and found[1].kind == "class" and (found[0], found[1].name) not in seen:
                    seen.add((found[0], found[1].name))
                    waiting.append(found)
                    yield found

    def callers(self, target: Target, most: int = 20) -> list[tuple[str, str]]:
        """Files and scopes that call a function, method or class."""
        wanted = (target[0], target[1].name)
        found: list[tuple[str, str]] = []
        for path in self._graph.paths():
            graph = self._graph.get(path)
            for scope, names in graph.calls.items() if graph is not None else ():
                near = (name for name in names if name.rpartition(".")[2] == target[1].leaf)
                hits = (self.resolve(path, name, scope) for name in near)
                if any(hit is not None and (hit[0], hit[1].name) == wanted for hit in hits):
                    found.append((path, scope))
                    if len(found) >= most:
                        return found
        return found

    def _resolve(self, path: str, name: str, scope: str, hops: int) -> Target | None:
        graph = self._graph.get(path)
        self._steps += 1
        if graph is None or hops <= 0 or not name or self._steps > 200:
            return None
        head, _, rest = name.partition(".")
        if head in ("self", "cls"):
            owner = self._enclosing_class(graph, scope)
            if owner is None:
                return None
            return self._member(path, owner, rest, hops) if rest else (path, owner)
        if (kind := self._parameter(graph, head, scope)) is not None:
            return self._resolve(path, f"{kind}.{rest}" if rest else kind, "", hops - 1) if kind else None
        found = self._local(graph, head, scope)
        if found is not None:
            return self._member(path, found, rest, hops) if rest else (path, found)
        return self._through(path, graph.imports, name, hops)

    @staticmethod
    def _parameter(graph: FileGraph, head: str, scope: str) -> str | None:
        """The class of an annotated parameter of the functions around."""
        while scope:
            symbol = graph.find(scope)
            for name, kind in symbol.params if symbol is not None else ():
                if name == head:
                    return kind
            scope = scope.rpartition(".")[0]
        return None

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

    def _member(self, path: str, symbol: Symbol, rest: str, hops: int) -> Target | None:
        """``rest`` as attributes of a class, or of the class that a symbol is known to hold or return."""
        if hops <= 0:
            return None
        graph = self._graph.get(path)
        if symbol.kind != "class":
            scope = symbol.name.rpartition(".")[0]
            held = self._resolve(path, symbol.value, scope, hops - 1) if symbol.value else None
            return self._member(*held, rest, hops - 1) if held and held[1].kind == "class" else None
        first, _, more = rest.partition(".")
        found = graph.find(f"{symbol.name}.{first}") if graph is not None else None
        if found is not None:
            return self._member(path, found, more, hops - 1) if more else (path, found)
        for base in symbol.bases:
            parent = self._resolve(path, base, symbol.name.rpartition(".")[0], hops - 1)
            same = parent is not None and parent[0] == path and parent[1] is symbol
            inherited = self._member(*parent, rest, hops - 1) if parent and not same else None
            if inherited is not None:
                return inherited
        return None

    def _through(self, path: str, imports: tuple[Import, ...], name: str, hops: int) -> Target | None:
        for item in reversed(imports):
            found = self._imported(path, item, name, hops - 1)
            if found is not None:
                return found
        return None

    def _imported(self, path: str, item: Import, name: str, hops: int) -> Target | None:
        if item.name == "*":
            target = self._file(path, item.module)
            return self._resolve(target, name, "", hops) if target and target != path else None
        if name != item.alias and not name.startswith(f"{item.alias}."):
            # ``import a.b`` binds ``a``: other modules of that package may be named through it.
            return self._in_module(path, name, hops) if _same_head(item, name) else None
        rest = name[len(item.alias) + 1 :]
        if not item.name:
            target = self._file(path, item.module)
            return self._inside(target, rest, hops)
        target = self._file(path, item.module)
        whole = f"{item.name}.{rest}" if rest else item.name
        found = self._resolve(target, whole, "", hops) if target and target != path else None
        if found is not None:
            return found
        joined = item.module + ("" if item.module.endswith(".") else ".") + item.name
        return self._inside(self._file(path, joined), rest, hops)

    def _in_module(self, path: str, name: str, hops: int) -> Target | None:
        """``a.b.c`` as the longest module name that the workspace has, then names in it."""
        parts = name.split(".")
        for size in range(len(parts), 0, -1):
            target = self._file(path, ".".join(parts[:size]))
            if target is not None:
                return self._inside(target, ".".join(parts[size:]), hops)
        return None

    def _inside(self, target: str | None, rest: str, hops: int) -> Target | None:
        if target is None:
            return None
        if not rest:
            return target, Symbol("", "module", "", "", 0, 0)
        found = self._resolve(target, rest, "", hops)
        if found is not None or PurePosixPath(target).name != "__init__.py":
            return found
        first, _, more = rest.partition(".")
        inner = self._file(target, f".{first}")
        return self._inside(inner, more, hops - 1) if inner and inner != target and hops > 0 else None

    def _file(self, path: str, module: str) -> str | None:
        """The workspace file of a module as imported from ``path`` (leading dots count upwards)."""
        name = module.lstrip(".")
        dots = len(module) - len(name)
        if not dots:
            return self._graph.module(name)
        folders = list(PurePosixPath(path).parent.parts)
        if dots - 1 > len(folders):
            return None
        folder = folders[: len(folders) - (dots - 1)]
        stem = "/".join([*folder, *name.split(".")] if name else folder)
        for candidate in (
            f"{stem}.py",
            f"{stem}/__init__.py",
            f"{stem}.pyi",
            "__init__.py" if not stem else "",
        ):
            if candidate and self._graph.get(candidate) is not None:
                return candidate
        return None


def _same_head(item: Import, name: str) -> bool:
    return not item.name and "." in item.alias and item.alias.split(".", 1)[0] == name.split(".", 1)[0]
