"""What a function's parameters may be, guessed from how its body uses them. Reads syntax only."""

from __future__ import annotations

import ast
from typing import Any

from .infer_calls import Calls, called, literal
from .uses import Use

__all__ = ["infer"]


def infer(function: ast.FunctionDef | ast.AsyncFunctionDef) -> dict[str, Use]:
    """How each parameter is used."""
    arguments = function.args
    names = [a.arg for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
    names += [extra.arg for extra in (arguments.vararg, arguments.kwarg) if extra is not None]
    uses = {name: Use() for name in names}
    for _ in range(2):
        # Twice: what a later line tells of a variable counts for the earlier ones.
        _Reader(dict(uses)).read(function.body)
    return uses


class _Reader(Calls):
    """Reads statements and expressions in order; calls are in :class:`Calls`."""

    def read(self, body: list[ast.stmt]) -> None:
        for statement in body:
            self.visit(statement)

    # Statements that bind names.

    def visit_For(self, node: ast.For) -> None:
        for _ in range(2):
            # Twice, as a name may stand for something further inside the second time round.
            self._bind(node.target, self._iterated(node.iter))
            self.read(node.body)
        self.read(node.orelse)

    def visit_While(self, node: ast.While) -> None:
        for _ in range(2):
            self._use(node.test)
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

    def _iterated(self, node: ast.expr) -> Use | None:
        """What iterating over the expression gives."""
        if isinstance(node, ast.Call):
            name = called(node)
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
        if base is None:
            return None
        name = literal(node.slice)
        return base.attribute(name) if name else base.item()

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
            base.keyed().kinds.add("str")
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
        if isinstance(op, ast.Mult) and (
            isinstance(a, (ast.List, ast.Constant)) or isinstance(b, (ast.List, ast.Constant))
        ):
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
