"""Types of variables: what every binding of a name agrees on, what is put into a container, and what ``isinstance`` narrows."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from burnish_analysis.perf.facts.kinds import Type, agreed, same

if TYPE_CHECKING:
    from burnish_analysis.perf.facts.types import Types
    from burnish_analysis.perf.module import Module
    from burnish_analysis.perf.scopes import Binding, Scope

__all__ = ["Variables"]

#: Types without arguments that a name may be assumed to keep.
_ASSUMED = frozenset({"str", "bytes", "int", "float", "bool"})
_ESCAPED = object()


class Variables:
    """Answers for one module; every answer is found once."""

    def __init__(self, module: Module, types: Types) -> None:
        self._module = module
        self._types = types
        self._names: dict[tuple[Scope, str], Type | None] = {}

    def of_use(self, node: ast.Name) -> Type | None:
        """The type of a variable where it is used."""
        narrowed = self._narrowed(node)
        if narrowed is not None:
            return narrowed
        return self.of_name(node.id, self._module.scope(node))

    def assumed(self, node: ast.AST) -> Type | None:
        """What a name that is being worked out is assumed to be meanwhile."""
        if not isinstance(node, ast.Name):
            return None
        key = self._module.scope(node).find(node.id), node.id
        if key in self._names:
            self._types.answers.asked(key)
        return self._names.get(key)

    def drop(self, key: object) -> None:
        """Forget what was found of a variable."""
        self._names.pop(key, None)  # type: ignore[call-overload]

    def of_name(self, name: str, scope: Scope) -> Type | None:
        """The type that every binding of a name agrees on; its element only where all do."""
        owner = scope.find(name)
        key = (owner, name)
        if key in self._names:
            self._types.answers.asked(key)
            return self._names[key]
        self._names[key] = None
        self._types.answers.begin(key)
        try:
            found = self._agreed(name, owner)
        finally:
            self._types.end(key)
        self._names[key] = found
        return found

    def _agreed(self, name: str, owner: Scope) -> Type | None:
        key = (owner, name)
        # ``text = text[1:]`` keeps the type of the first binding if, assuming that type, every binding gives it again.
        known, names = self._types.known, len(self._names)
        bindings = owner.bindings.get(name, [])
        kinds: list[Type | None] = []
        for binding in bindings:
            if binding.kind == "delete":
                continue
            if kinds and kinds[0] is not None and kinds[0].name in _ASSUMED:
                self._names[key] = kinds[0]
            kind = self.bound(binding, kinds)
            kinds.append(kind)
            if kind is None:
                break
        found = same(agreed(kinds)) if kinds and not self._module.imports.star else None
        if self._names[key] is not None and found is None:
            # What was found under the assumption is forgotten.
            self._types.forget(known)
            while len(self._names) > names:
                self._names.popitem()
        if found is not None and found.name in ("list", "set", "dict", "collections.deque"):
            found = self._grown(name, owner, found)
        return found

    def bound(self, binding: Binding, before: list[Type | None]) -> Type | None:
        """The type that one binding gives; ``before`` are those of the bindings before it."""
        match binding.kind:
            case "assign" | "walrus":
                return self._types.of(binding.value) if binding.value is not None else None
            case "annotate":
                if isinstance(binding.owner, ast.AnnAssign):
                    if isinstance(binding.value, ast.Constant) and binding.value.value is None:
                        return None
                    return self._types.of_annotation(binding.owner.annotation)
            case "parameter":
                return self._parameter(binding)
            case "for":
                return self._target(binding)
            case "augment":
                return self._augmented(binding, before)
            case "with":
                if isinstance(binding.owner, ast.With):
                    for item in binding.owner.items:
                        if item.optional_vars is binding.node and self._module.calls(
                            item.context_expr, "builtins.open"
                        ):
                            return self._types.of(item.context_expr)
            case "define":
                if isinstance(binding.node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                    return Type("function")
        return None

    def _parameter(self, binding: Binding) -> Type | None:
        function, argument = binding.owner, binding.node
        if not isinstance(argument, ast.arg) or isinstance(function, ast.Lambda):
            return None
        kind = self._types.of_annotation(argument.annotation) if argument.annotation is not None else None
        if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
            if _defaults_to_none(function.args, argument):
                return None  # ``text: str = None`` says less than it seems to
            if argument is function.args.vararg:
                return Type("tuple", (kind,) if kind else (), declared=True)
            if argument is function.args.kwarg:
                return Type("dict", (Type("str"), kind), declared=True)
        return kind

    def _target(self, binding: Binding) -> Type | None:
        owner = binding.owner
        if not isinstance(owner, (ast.For, ast.comprehension)):
            return None
        kind = self._types.of(owner.iter)
        element = kind.element if kind else None
        if owner.target is binding.node or element is None:
            return element
        if (
            isinstance(owner.target, ast.Tuple)
            and element.name == "tuple"
            and len(element.args) == len(owner.target.elts)
        ):
            return next(
                (
                    arg
                    for part, arg in zip(owner.target.elts, element.args, strict=True)
                    if part is binding.node
                ),
                None,
            )
        return None

    def _augmented(self, binding: Binding, before: list[Type | None]) -> Type | None:
        """What ``x += y`` leaves, if it is what ``x`` was."""
        owner = binding.owner
        if not isinstance(owner, ast.AugAssign) or not before or before[0] is None:
            return None
        first, value = before[0], self._types.of(owner.value)
        if first.name == "list" and isinstance(owner.op, ast.Add):
            return Type("list", (value.element,) if value else (None,), first.declared)
        if value is None:
            return None
        if (
            first.name == value.name
            and first.name in ("int", "float", "str", "bytes", "set")
            and not isinstance(owner.op, (ast.Div, ast.Pow))
        ):
            return first
        return first if first.name == "float" and value.name == "int" else None

    def _grown(self, name: str, owner: Scope, kind: Type) -> Type:
        """A local container that began empty holds what is put in; one that escapes may hold anything."""
        begins = [
            b.value
            for b in owner.bindings[name]
            if b.kind in ("assign", "walrus", "annotate") and b.value is not None
        ]
        if kind.declared or owner.kind not in ("function", "lambda"):
            return kind
        put = [self._put(use) for use in owner.uses.get(name, ())]
        if any(part is _ESCAPED for part in put):
            return replace(kind, args=())
        stored = [part for part in put if part is not None]
        if not stored:
            return kind
        width = 2 if kind.name == "dict" else 1
        args: list[Type | None] = []
        for place in range(width):
            known = [part[place] if len(part) > place else None for part in stored if isinstance(part, tuple)]
            if not all(_is_empty(begin) for begin in begins):
                known.append(kind.args[place] if len(kind.args) > place else None)
            args.append(same(known))
        return replace(kind, args=tuple(args))

    def _put(self, use: ast.Name) -> tuple[Type | None, ...] | object | None:
        """What one use of a container puts in: types; None for nothing; ``_ESCAPED`` where it cannot be told."""
        parent = self._module.parent(use)
        above = self._module.parent(parent) if parent is not None else None
        if isinstance(parent, ast.Attribute) and isinstance(above, ast.Call) and above.func is parent:
            if parent.attr in ("append", "add", "appendleft") and len(above.args) == 1:
                return (self._types.of(above.args[0]),)
            if parent.attr == "insert" and len(above.args) == 2:
                return (self._types.of(above.args[1]),)
            if parent.attr in ("extend", "extendleft") and len(above.args) == 1:
                kind = self._types.of(above.args[0])
                return (kind.element if kind else None,)
            if parent.attr in ("update", "setdefault", "__setitem__"):
                return _ESCAPED
            return None
        if isinstance(parent, ast.Subscript) and parent.value is use and isinstance(parent.ctx, ast.Store):
            if isinstance(above, ast.Assign):
                return (
                    (self._types.of(parent.slice), self._types.of(above.value))
                    if not isinstance(parent.slice, ast.Slice)
                    else _ESCAPED
                )
            return _ESCAPED
        if (
            isinstance(parent, ast.Return)
            and self._module.flow.owner(use) is self._module.scope(use).function
        ):
            return None  # then the function is over
        return None if self._module.flow.only_reads(use) else _ESCAPED

    def _narrowed(self, node: ast.Name) -> Type | None:
        """By ``if isinstance(name, T):`` around, where nothing else binds the name."""
        if node.id in ("self", "cls"):
            return None
        scope = self._module.scope(node).find(node.id)
        if len(scope.bindings.get(node.id, ())) != 1:
            return None
        inner: ast.AST = node
        for outer in self._module.ancestors(node):
            if isinstance(outer, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)):
                break
            if isinstance(outer, ast.If) and any(part is inner for part in outer.body):
                kind = self._tested(outer.test, node.id)
                if kind is not None:
                    return kind
            inner = outer
        return None

    def _tested(self, test: ast.expr, name: str) -> Type | None:
        if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
            return next((kind for kind in (self._tested(part, name) for part in test.values) if kind), None)
        if (
            not self._module.calls(test, "builtins.isinstance")
            or not isinstance(test, ast.Call)
            or len(test.args) != 2
        ):
            return None
        if not isinstance(test.args[0], ast.Name) or test.args[0].id != name:
            return None
        kind = self._types.of_annotation(test.args[1])
        return replace(kind, declared=False) if kind else None


def _defaults_to_none(arguments: ast.arguments, argument: ast.arg) -> bool:
    every = [*arguments.posonlyargs, *arguments.args]
    defaults = dict(zip(reversed(every), reversed(arguments.defaults), strict=False))
    defaults.update(
        (arg, value) for arg, value in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if value
    )
    default = defaults.get(argument)
    return isinstance(default, ast.Constant) and default.value is None


def _is_empty(node: ast.expr) -> bool:
    if isinstance(node, (ast.List, ast.Tuple)):
        return not node.elts
    if isinstance(node, ast.Dict):
        return not node.keys
    return isinstance(node, ast.Call) and not node.args and not node.keywords
