"""What a function's parameters may be, guessed from how its body uses them. Reads syntax only."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Spec", "Use", "candidates", "find_definition", "infer", "literals"]

#: What to generate, as nested lists: ``"int"``, ``["list", "int"]``, ``["dict", "str", "num"]`` ...
Spec = Any

_LIST = {"append", "extend", "insert", "sort", "reverse"}
_DICT = {"items", "keys", "values", "get", "setdefault", "popitem", "fromkeys"}
_SET = {"add", "discard", "union", "intersection", "difference", "issubset", "symmetric_difference", "isdisjoint"}
_DEQUE = {"appendleft", "popleft", "extendleft", "rotate"}
_STR = {
    *("split", "rsplit", "strip", "lstrip", "rstrip", "lower", "upper", "title", "startswith", "endswith"),
    *("replace", "splitlines", "isdigit", "isalpha", "isspace", "isupper", "islower", "isalnum", "encode", "partition"),
    *("rpartition", "casefold", "capitalize", "swapcase", "find", "rfind", "ljust", "rjust", "center", "zfill"),
    *("format", "join", "removeprefix", "removesuffix", "translate", "isidentifier", "expandtabs", "isnumeric"),
}
_ITERATING = {
    *("list", "tuple", "set", "frozenset", "sorted", "sum", "min", "max", "any", "all", "enumerate", "iter", "map"),
    *("filter", "zip", "reversed", "deque", "Counter", "fsum", "chain", "accumulate", "next", "dict", "prod"),
}
_NUMERIC = {"range", "abs", "round", "sqrt", "isqrt", "gcd", "divmod", "pow", "chr", "bin", "hex", "floor", "ceil"}
_ADDING = {"sum", "fsum", "accumulate", "prod"}


@dataclass(eq=False)
class Use:
    """How one value is used, and what is known of the values inside it."""

    kinds: set[str] = field(default_factory=set)
    inner: Use | None = None
    key: Use | None = None
    fixed: list[Use] = field(default_factory=list)
    attributes: dict[str, Use] = field(default_factory=dict)
    result: Use | None = None
    literals: list[str] = field(default_factory=list)
    #: Values it is compared with, so of the same kind.
    like: list[Use] = field(default_factory=list)

    def item(self) -> Use:
        """What it holds."""
        if self.inner is None:
            self.inner = Use()
        return self.inner

    def keyed(self) -> Use:
        """Its keys."""
        if self.key is None:
            self.key = Use()
        return self.key

    def attribute(self, name: str) -> Use:
        """One of its attributes."""
        return self.attributes.setdefault(name, Use())


def find_definition(tree: ast.Module, function: str) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
    """The last definition of the dotted name ``function`` in the module."""
    body: list[ast.stmt] = tree.body
    *outer, last = function.split(".")
    for name in outer:
        found = [node for node in _flat(body) if isinstance(node, ast.ClassDef) and node.name == name]
        if not found:
            return None
        body = found[-1].body
    named = [
        node
        for node in _flat(body)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name == last
    ]
    return named[-1] if named else None


def _flat(body: list[ast.stmt]) -> list[ast.stmt]:
    found: list[ast.stmt] = []
    for node in body:
        found.append(node)
        if isinstance(node, (ast.If, ast.Try, ast.With)):
            found += _flat([n for n in ast.iter_child_nodes(node) if isinstance(n, ast.stmt)])
    return found


def infer(function: ast.FunctionDef | ast.AsyncFunctionDef) -> dict[str, Use]:
    """How each parameter is used."""
    arguments = function.args
    names = [a.arg for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
    for extra in (arguments.vararg, arguments.kwarg):
        if extra is not None:
            names.append(extra.arg)
    uses = {name: Use() for name in names}
    for _ in range(2):
        # Twice: what a later line tells of a variable counts for the earlier ones.
        _Reader(dict(uses)).read(function.body)
    return uses


class _Reader(ast.NodeVisitor):
    def __init__(self, names: dict[str, Use]) -> None:
        self.names = names

    def read(self, body: list[ast.stmt]) -> None:
        for statement in body:
            self.visit(statement)

    # Statements that bind names.

    def visit_For(self, node: ast.For) -> None:
        self._bind(node.target, self._iterated(node.iter))
        self.read(node.body)
        self.read(node.orelse)

    def visit_Assign(self, node: ast.Assign) -> None:
        used = self._use(node.value)
        for target in node.targets:
            self._bind(target, used)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self._bind(node.target, self._use(node.value))

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        used, other = self._use(node.target), self._use(node.value)
        self._arithmetic(node.op, used, other, node.target, node.value)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self._bind(node.target, self._use(node.value))

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        shadowed = {a.arg for a in ast.walk(node.args) if isinstance(a, ast.arg)}
        _Reader({name: use for name, use in self.names.items() if name not in shadowed}).read(node.body)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        shadowed = {a.arg for a in ast.walk(node.args) if isinstance(a, ast.arg)}
        _Reader({name: use for name, use in self.names.items() if name not in shadowed}).visit(node.body)

    # Everything else is an expression.

    def generic_visit(self, node: ast.AST) -> None:
        if isinstance(node, ast.expr):
            self._use(node)
        else:
            super().generic_visit(node)

    def _bind(self, target: ast.expr, used: Use | None) -> None:
        if isinstance(target, ast.Name):
            if used is not None:
                self.names[target.id] = used
            else:
                self.names.pop(target.id, None)
        elif isinstance(target, (ast.Tuple, ast.List)) and used is not None:
            starred = any(isinstance(e, ast.Starred) for e in target.elts)
            if starred:
                used.kinds.add("sequence")
            while not starred and len(used.fixed) < len(target.elts):
                used.fixed.append(Use())
            for index, element in enumerate(target.elts):
                if isinstance(element, ast.Starred):
                    self._bind(element.value, None)
                else:
                    self._bind(element, used.item() if starred else used.fixed[index])
        elif isinstance(target, ast.Subscript):
            base = self._use(target.value)
            self._index(base, target.slice)
            if base is not None:
                base.kinds.add("assigned")
                self._merge(base.item(), used)
        elif isinstance(target, (ast.Tuple, ast.List)):
            for element in target.elts:
                self._bind(element, None)
        else:
            self._use(target)

    @staticmethod
    def _merge(one: Use, other: Use | None) -> None:
        if other is not None and other is not one:
            one.like.append(other)

    def _iterated(self, node: ast.expr) -> Use | None:
        """What iterating over the expression gives."""
        if isinstance(node, ast.Call):
            name = _called(node)
            if name == "enumerate" and node.args:
                return Use(fixed=[Use({"int"}), self._iterated(node.args[0]) or Use()])
            if name == "zip":
                return Use(fixed=[self._iterated(a) or Use() for a in node.args])
            if name in {"reversed", "sorted", "list", "tuple", "set", "iter", "frozenset"} and node.args:
                if name == "sorted":
                    self._use(node)
                found = self._iterated(node.args[0])
                if found is not None and name == "sorted" and not node.keywords:
                    found.kinds.add("ordered")
                if found is not None and name in {"set", "frozenset"}:
                    found.kinds.add("hashed")
                return found
            if name in {"combinations", "permutations", "product"} and node.args:
                inner = self._iterated(node.args[0]) or Use()
                return Use(fixed=[inner, inner] if len(node.args) > 1 else [], inner=inner)
            if isinstance(node.func, ast.Attribute) and node.func.attr in {"items", "keys", "values"}:
                base = self._use(node.func.value)
                if base is not None:
                    base.kinds.add("dict")
                    key, value = base.keyed(), base.item()
                    return {"items": Use(fixed=[key, value]), "keys": key, "values": value}[node.func.attr]
                return None
            self._use(node)
            if name == "range":
                return Use({"int"})
            return None
        used = self._use(node)
        if used is None:
            return None
        used.kinds.add("iterated")
        return used.item() if "dict" not in used.kinds else used.keyed()

    def _use(self, node: ast.expr | None) -> Use | None:
        if node is None:
            return None
        method = getattr(self, f"_use_{type(node).__name__}", None)
        if method is not None:
            return method(node)  # type: ignore[no-any-return]
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self._use(child)
        return None

    def _use_Name(self, node: ast.Name) -> Use | None:
        return self.names.get(node.id)

    def _use_NamedExpr(self, node: ast.NamedExpr) -> Use | None:
        used = self._use(node.value)
        self._bind(node.target, used)
        return used

    def _use_Constant(self, node: ast.Constant) -> Use | None:
        name = type(node.value).__name__
        if name in {"int", "float", "str", "bytes", "bool"}:
            return Use({name}, literals=[repr(node.value)])
        return None

    def _use_Attribute(self, node: ast.Attribute) -> Use | None:
        base = self._use(node.value)
        return base.attribute(node.attr) if base is not None else None

    def _use_Subscript(self, node: ast.Subscript) -> Use | None:
        base = self._use(node.value)
        if isinstance(node.slice, ast.Slice):
            for bound in (node.slice.lower, node.slice.upper, node.slice.step):
                found = self._use(bound)
                if found is not None:
                    found.kinds.add("index")
            if base is not None:
                base.kinds.add("sequence")
            return base
        self._index(base, node.slice)
        return base.item() if base is not None else None

    def _index(self, base: Use | None, index: ast.expr) -> None:
        used = self._use(index)
        if base is None:
            if used is not None and not used.kinds:
                used.kinds.add("index?")
            return
        whole = isinstance(index, (ast.UnaryOp, ast.BinOp)) or (
            isinstance(index, ast.Constant) and isinstance(index.value, int)
        )
        if isinstance(index, ast.Constant) and isinstance(index.value, str):
            base.kinds.add("dict")
            base.attributes.setdefault(f"[{index.value!r}]", base.item())
            base.keyed().kinds.add("str")
            base.keyed().literals.append(repr(index.value))
        elif whole or (used is not None and "int" in used.kinds):
            base.kinds.add("indexed")
            if used is not None and not isinstance(index, ast.Constant):
                used.kinds.add("index")
        else:
            base.kinds.add("subscripted")
            self._merge(base.keyed(), used)

    def _use_Compare(self, node: ast.Compare) -> Use | None:
        left = self._use(node.left)
        for op, right_node in zip(node.ops, node.comparators, strict=True):
            right = self._use(right_node)
            if isinstance(op, (ast.In, ast.NotIn)):
                if right is not None:
                    right.kinds.add("contains")
                    if left is not None:
                        self._merge(right.item(), left)
                        self._merge(left, right.item())
                elif isinstance(right_node, (ast.Tuple, ast.List, ast.Set)) and left is not None:
                    for element in right_node.elts:
                        self._merge(left, self._use(element))
            elif isinstance(op, (ast.Lt, ast.LtE, ast.Gt, ast.GtE)):
                for one, other in ((left, right), (right, left)):
                    if one is not None:
                        one.kinds.add("ordered")
                        self._merge(one, other)
            elif isinstance(op, (ast.Eq, ast.NotEq)):
                for one, other in ((left, right), (right, left)):
                    if one is not None:
                        one.kinds.add("compared")
                        self._merge(one, other)
            left = right
        return Use({"bool"})

    def _use_BinOp(self, node: ast.BinOp) -> Use | None:
        left, right = self._use(node.left), self._use(node.right)
        return self._arithmetic(node.op, left, right, node.left, node.right)

    def _arithmetic(
        self, op: ast.operator, left: Use | None, right: Use | None, a: ast.expr, b: ast.expr
    ) -> Use | None:
        if isinstance(op, ast.Mod) and isinstance(a, (ast.Constant, ast.JoinedStr)):
            return Use({"str"})
        if isinstance(op, ast.Add):
            if isinstance(a, ast.List) or isinstance(b, ast.List):
                for used in (left, right):
                    if used is not None:
                        used.kinds.add("list")
                return left or right
            for one, other in ((left, right), (right, left)):
                if one is not None:
                    one.kinds.add("added")
                    self._merge(one, other)
            return left or right
        kind = "int" if isinstance(op, (ast.LShift, ast.RShift, ast.BitAnd, ast.BitOr, ast.BitXor)) else "num"
        if isinstance(op, ast.Mult) and (isinstance(a, (ast.List, ast.Constant)) or isinstance(b, (ast.List, ast.Constant))):
            other = right if isinstance(a, (ast.List, ast.Constant)) else left
            sequence = isinstance(a, ast.List) or isinstance(b, ast.List)
            if other is not None:
                other.kinds.add("int" if sequence else "num")
            return None if sequence else Use({kind})
        for used in (left, right):
            if used is not None:
                used.kinds.add(kind)
        return Use({kind}, like=[used for used in (left, right) if used is not None])

    def _use_UnaryOp(self, node: ast.UnaryOp) -> Use | None:
        used = self._use(node.operand)
        if isinstance(node.op, (ast.USub, ast.UAdd, ast.Invert)) and used is not None:
            used.kinds.add("num")
            return used
        return None

    def _use_BoolOp(self, node: ast.BoolOp) -> Use | None:
        found = [self._use(value) for value in node.values]
        return next((used for used in found if used is not None), None)

    def _use_IfExp(self, node: ast.IfExp) -> Use | None:
        self._use(node.test)
        return self._use(node.body) or self._use(node.orelse)

    def _use_JoinedStr(self, node: ast.JoinedStr) -> Use | None:
        for value in node.values:
            if isinstance(value, ast.FormattedValue):
                self._use(value.value)
        return Use({"str"})

    def _use_Lambda(self, node: ast.Lambda) -> Use | None:
        self.visit_Lambda(node)
        return None

    def _use_comprehension(self, node: Any) -> Use | None:
        inner = _Reader(dict(self.names))
        for part in node.generators:
            inner._bind(part.target, inner._iterated(part.iter))
            for test in part.ifs:
                inner._use(test)
        if isinstance(node, ast.DictComp):
            key = inner._use(node.key)
            if key is not None:
                key.kinds.add("hashed")
            return Use({"dict"}, inner=inner._use(node.value), key=key)
        return Use({"iterated"}, inner=inner._use(node.elt))

    _use_ListComp = _use_SetComp = _use_GeneratorExp = _use_DictComp = _use_comprehension

    def _use_Call(self, node: ast.Call) -> Use | None:
        name = _called(node)
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
                    used.kinds.add("size" if name == "range" else "int" if name in {"chr", "bin", "gcd"} else "num")
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
        return Use({"int"}) if name in {"len", "ord", "int"} else Use({"str"}) if name in {"str", "repr"} else None

    def _key(self, function: ast.expr, node: ast.Call) -> None:
        target = node.args[0] if node.args else node.func.value if isinstance(node.func, ast.Attribute) else None
        item = self._iterated(target) if target is not None else None
        if isinstance(function, ast.Lambda) and function.args.args and item is not None:
            inner = _Reader(self.names | {function.args.args[0].arg: item})
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
            names = {a.arg: item for a, item in zip(function.args.args, items, strict=False) if item is not None}
            found = _Reader(self.names | names)._use(function.body)
            return Use({"iterated"}, inner=found)
        if isinstance(function, ast.Name) and function.id in {"int", "float"} and items and items[0] is not None:
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

    def _method(self, node: ast.Call, function: ast.Attribute, keywords: dict[str | None, Use | None]) -> Use | None:
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
            return base.item() if method in {"get", "setdefault"} else None
        elif method in _STR and not (method == "index"):
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
            base.kinds.add({"update": "updated", "count": "sequence", "index": "sequence"}.get(method, "mutable"))
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


def _called(node: ast.Call) -> str:
    if isinstance(node.func, ast.Name):
        return node.func.id
    return node.func.attr if isinstance(node.func, ast.Attribute) else ""


def _kinds(use: Use, met: set[int] | None = None) -> set[str]:
    """The kinds of a value and of what it is compared with."""
    met = met if met is not None else set()
    if id(use) in met:
        return set()
    met.add(id(use))
    found = set(use.kinds)
    for other in use.like:
        found |= {k for k in _kinds(other, met) if k in {"int", "float", "num", "str", "bytes", "list", "number-like"}}
    return found


def candidates(use: Use, depth: int = 0) -> list[Spec]:
    """Specs that fit the use, the likeliest first."""
    kinds = _kinds(use)
    if depth > 3:
        return ["any"]
    inner = candidates(use.inner, depth + 1)[:3] if use.inner is not None else ["any"]
    found: list[Spec] = _told(kinds)
    if "called" in kinds:
        return [["fn", candidates(use.result, depth + 1)[0] if use.result is not None else "any"]]
    if "deque" in kinds:
        return [["deque", item] for item in inner]
    if "str" in kinds or "char" in kinds:
        found.append("char" if "char" in kinds else "str")
    if "number-like" in kinds:
        found += ["digits", "num"]
    keyed = use.key is not None
    if "dict" in kinds or (keyed and "subscripted" in kinds):
        keys = candidates(use.key, depth + 1)[:2] if use.key is not None else []
        keys = [key for key in keys if key != "any"] or ["key"]
        found += [["dict", key, item] for key in keys for item in inner[:2]]
    if "set" in kinds or ("updated" in kinds and not found):
        found += [["set", item] for item in inner[:2]]
    if "list" in kinds or "assigned" in kinds:
        found += [["list", item] for item in inner]
    elif {"indexed", "sequence"} & kinds or ("sized" in kinds and "iterated" in kinds) or "subscripted" in kinds:
        found += [["seq", item] for item in inner]
        found.append("str")
    elif "iterated" in kinds or "mutable" in kinds or "contains" in kinds or use.inner is not None:
        found += [["iter" if "mutable" not in kinds else "list", item] for item in inner]
    if use.fixed:
        parts = [candidates(part, depth + 1)[0] for part in use.fixed]
        found.append(["fixed", *parts])
    if use.attributes and not found:
        parts = {name: candidates(part, depth + 1)[0] for name, part in use.attributes.items() if name[0] != "["}
        found.append(["obj", parts])
    if not found or {"num", "int", "float"} & kinds:
        found += _numbers(kinds)
    if not found and "sized" in kinds:
        found += [["seq", "any"], "str"]
    if "ordered" in kinds and not found:
        found += ["int", "num", "str"]
    if "added" in kinds and not found:
        found += ["num", "str", ["list", "int"]]
    if "hashed" in kinds and not found:
        found += ["key"]
    if "compared" in kinds and not found:
        found += ["any"]
    return _distinct(found) or ["any"]


def _told(kinds: set[str]) -> list[Spec]:
    known = {"int": "int", "float": "num", "str": "str", "list": ["list", "any"], "dict": ["dict", "key", "any"]}
    known |= {"tuple": ["tuple", "any"], "set": ["set", "key"], "bool": "bool", "bytes": "bytes"}
    return [known[kind[3:]] for kind in sorted(kinds) if kind.startswith("is:") and kind[3:] in known]


def _numbers(kinds: set[str]) -> list[Spec]:
    if "size" in kinds:
        return ["size"]
    if "index" in kinds:
        return ["index", "int"]
    if "float" in kinds:
        return ["num"]
    if "int" in kinds and "num" not in kinds:
        return ["int", "num"]
    return ["num", "int"] if "num" in kinds else ["index", "key"] if "index?" in kinds else []


def _distinct(specs: list[Spec]) -> list[Spec]:
    found: list[Spec] = []
    for spec in specs:
        if spec not in found:
            found.append(spec)
    return found[:4]


def literals(function: ast.AST) -> dict[str, list[Any]]:
    """The whole numbers, floats and strings that the code mentions, docstrings left out."""
    found: dict[str, list[Any]] = {"int": [], "float": [], "str": [], "bytes": []}
    skipped = {
        id(node.value)
        for node in ast.walk(function)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(function):
        if isinstance(node, ast.Constant) and id(node) not in skipped:
            name = type(node.value).__name__
            if name in found and node.value not in found[name] and len(repr(node.value)) < 60:
                found[name].append(node.value)
    return {name: values[:40] for name, values in found.items()}
