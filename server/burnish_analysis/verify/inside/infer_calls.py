"""What calls tell of the values they are given."""

from __future__ import annotations

import ast
from abc import ABC, abstractmethod

from .uses import Use

__all__ = ["Calls", "called", "literal"]

_LIST = {"append", "extend", "insert", "sort", "reverse"}
_DICT = {"items", "keys", "values", "get", "setdefault", "popitem", "fromkeys"}
_SET = {
    "add",
    "discard",
    "union",
    "intersection",
    "difference",
    "issubset",
    "symmetric_difference",
    "isdisjoint",
}
_DEQUE = {"appendleft", "popleft", "extendleft", "rotate"}
_STR = {
    *("split", "rsplit", "strip", "lstrip", "rstrip", "lower", "upper", "title", "startswith", "endswith"),
    *(
        "replace",
        "splitlines",
        "isdigit",
        "isalpha",
        "isspace",
        "isupper",
        "islower",
        "isalnum",
        "encode",
        "partition",
    ),
    *(
        "rpartition",
        "casefold",
        "capitalize",
        "swapcase",
        "find",
        "rfind",
        "ljust",
        "rjust",
        "center",
        "zfill",
    ),
    *(
        "format",
        "join",
        "removeprefix",
        "removesuffix",
        "translate",
        "isidentifier",
        "expandtabs",
        "isnumeric",
    ),
}
_ITERATING = {
    *(
        "list",
        "tuple",
        "set",
        "frozenset",
        "sorted",
        "sum",
        "min",
        "max",
        "any",
        "all",
        "enumerate",
        "iter",
        "map",
    ),
    *("filter", "zip", "reversed", "deque", "Counter", "fsum", "chain", "accumulate", "next", "dict", "prod"),
}
_NUMERIC = {
    "range",
    "abs",
    "round",
    "sqrt",
    "isqrt",
    "gcd",
    "divmod",
    "pow",
    "chr",
    "bin",
    "hex",
    "floor",
    "ceil",
}
_ADDING = {"sum", "fsum", "accumulate", "prod"}


class Calls(ast.NodeVisitor, ABC):
    """The half of the reader that knows builtins and methods."""

    def __init__(self, names: dict[str, Use]) -> None:
        self.names = names

    @abstractmethod
    def _use(self, node: ast.expr | None) -> Use | None:
        """What is known of the expression's value; None where that is nothing."""

    @abstractmethod
    def _iterated(self, node: ast.expr) -> Use | None:
        """What iterating over the expression gives; None where that is not known."""

    def _with(self, names: dict[str, Use]) -> Calls:
        """A reader that knows further names."""
        return type(self)(self.names | names)

    @staticmethod
    def _merge(one: Use, other: Use | None) -> None:
        if other is not None and other is not one:
            one.like.append(other)

    def _use_Call(self, node: ast.Call) -> Use | None:
        name = called(node)
        keywords = {k.arg: self._use(k.value) for k in node.keywords if k.arg != "key"}
        for keyword in node.keywords:
            if keyword.arg == "key":
                self._key(keyword.value, node)
        if isinstance(node.func, ast.Attribute):
            return self._method(node, node.func, keywords)
        if name in _ITERATING and node.args and name in {"map", "filter"}:
            return self._mapped(node)
        if name in _ITERATING and node.args and not (len(node.args) > 1 and name in {"min", "max"}):
            return self._iterating(node, name)
        found = [self._use(argument) for argument in node.args]
        first = found[0] if found else None
        if name in {"min", "max"}:
            for one in found:
                for other in found:
                    if one is not None:
                        one.kinds.add("ordered")
                        self._merge(one, other)
            return next((used for used in found if used is not None), None)
        if name == "len" and first is not None:
            first.kinds.add("sized")
        elif name in _NUMERIC:
            for used in found:
                if used is not None:
                    used.kinds.add(
                        "size" if name == "range" else "int" if name in {"chr", "bin", "gcd"} else "num"
                    )
        elif name == "isinstance" and first is not None and len(node.args) == 2:
            for item in ast.walk(node.args[1]):
                if isinstance(item, ast.Name):
                    first.kinds.add(f"is:{item.id}")
        elif name == "ord" and first is not None:
            first.kinds.add("char")
        elif name in {"int", "float"} and first is not None:
            first.kinds.add("number-like")
        elif isinstance(node.func, ast.Name) and node.func.id in self.names:
            used = self.names[node.func.id]
            used.kinds.add("called")
            used.fixed = used.fixed or [u or Use() for u in found]
            used.result = used.result or Use()
            return used.result
        return (
            Use({"int"})
            if name in {"len", "ord", "int"}
            else Use({"str"})
            if name in {"str", "repr"}
            else None
        )

    def _key(self, function: ast.expr, node: ast.Call) -> None:
        target = (
            node.args[0] if node.args else node.func.value if isinstance(node.func, ast.Attribute) else None
        )
        item = self._iterated(target) if target is not None else None
        if isinstance(function, ast.Lambda) and function.args.args and item is not None:
            inner = self._with({function.args.args[0].arg: item})
            found = inner._use(function.body)
            if found is not None:
                found.kinds.add("ordered")
        else:
            used = self._use(function)
            if used is not None:
                used.kinds.add("called")
                used.fixed = used.fixed or [item or Use()]
                used.result = used.result or Use({"ordered"})

    def _mapped(self, node: ast.Call) -> Use | None:
        items = [self._iterated(a) for a in node.args[1:]]
        function = node.args[0]
        if isinstance(function, ast.Lambda):
            names = {
                a.arg: item for a, item in zip(function.args.args, items, strict=False) if item is not None
            }
            found = self._with(names)._use(function.body)
            return Use({"iterated"}, inner=found)
        if (
            isinstance(function, ast.Name)
            and function.id in {"int", "float"}
            and items
            and items[0] is not None
        ):
            items[0].kinds.add("number-like")
        used = self._use(function)
        if used is not None:
            used.kinds.add("called")
            used.fixed = used.fixed or [item or Use() for item in items]
            used.result = used.result or Use()
        return Use({"iterated"}, inner=items[0] if items else None)

    def _iterating(self, node: ast.Call, name: str) -> Use | None:
        item = self._iterated(node.args[0])
        for argument in node.args[1:]:
            if name in {"zip", "chain"}:
                self._iterated(argument)
            else:
                self._use(argument)
        if item is not None:
            if name in {"set", "frozenset", "Counter", "dict"}:
                item.kinds.add("hashed")
            elif name in {"sorted", "min", "max"} and not any(k.arg == "key" for k in node.keywords):
                item.kinds.add("ordered")
            elif name in _ADDING:
                item.kinds.add("list" if len(node.args) > 1 and isinstance(node.args[1], ast.List) else "num")
        if name in {"sum", "min", "max", "next", "fsum", "prod"}:
            return item
        return Use({"iterated"}, inner=item) if item is not None else None

    def _method(
        self, node: ast.Call, function: ast.Attribute, keywords: dict[str | None, Use | None]
    ) -> Use | None:
        del keywords
        method = function.attr
        if method == "join" and node.args:
            item = self._iterated(node.args[0])
            if item is not None:
                item.kinds.add("str")
        found = [self._use(argument) for argument in node.args]
        base = self._use(function.value)
        if base is None:
            if method in {"append", "add", "insert"} and isinstance(function.value, ast.Name):
                for used in found:
                    if used is not None and method == "add":
                        used.kinds.add("hashed")
            elif method in {"fsum", "chain", "from_iterable", "combinations", "accumulate"} and node.args:
                item = self._iterated(node.args[0])
                if item is not None and method == "fsum":
                    item.kinds.add("num")
                if item is not None and method == "from_iterable":
                    item.kinds.add("iterated")
            elif method in {"sqrt", "floor", "ceil", "isqrt", "gcd", "log", "sin", "cos", "pow", "hypot"}:
                for used in found:
                    if used is not None:
                        used.kinds.add("num")
            elif method in {"match", "sub", "findall", "search", "split", "fullmatch", "finditer"}:
                for used in found:
                    if used is not None:
                        used.kinds.add("str")
            return None
        if method in _DEQUE:
            base.kinds.add("deque")
        elif method in _DICT:
            base.kinds.add("dict")
            if found:
                self._merge(base.keyed(), found[0])
            named = literal(node.args[0]) if node.args and method == "get" else ""
            if named:
                base.keyed().kinds.add("str")
                return base.attribute(named)
            return base.item() if method in {"get", "setdefault"} else None
        elif method in _STR:
            base.kinds.add("str")
            for used in found:
                if used is not None and method not in {"join", "ljust", "rjust", "center", "zfill", "format"}:
                    used.kinds.add("str")
            return Use({"iterated"}, inner=Use({"str"})) if "split" in method else Use({"str"})
        elif method in _SET:
            base.kinds.add("set")
            self._merge(base.item(), found[0] if found and method in {"add", "discard"} else None)
        elif method in _LIST:
            base.kinds.add("list")
            self._merge(base.item(), found[-1] if found and method in {"append", "insert"} else None)
        elif method in {"count", "index", "remove", "pop", "copy", "clear", "update"}:
            base.kinds.add(
                {"update": "updated", "count": "sequence", "index": "sequence"}.get(method, "mutable")
            )
            if method in {"count", "index", "remove"} and found:
                self._merge(base.item(), found[0])
                if found[0] is not None:
                    self._merge(found[0], base.item())
            if method == "pop":
                return base.item()
        else:
            made = base.attribute(method)
            made.kinds.add("called")
            made.fixed = made.fixed or [u or Use() for u in found]
            made.result = made.result or Use()
            return made.result
        return None


def literal(node: ast.expr) -> str:
    """The name under which the value of a literal key is kept; empty for other keys."""
    return f"[{node.value!r}]" if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def called(node: ast.Call) -> str:
    """The last part of the name of what is called."""
    if isinstance(node.func, ast.Name):
        return node.func.id
    return node.func.attr if isinstance(node.func, ast.Attribute) else ""
