"""Types of expressions from local evidence: literals, constructors, annotations, ``isinstance`` and what values are made of.

Types are names: ``list``, ``dict``, ``str`` … for built-in ones, dotted for others (``collections.deque``, ``numpy.ndarray``). A type is
*declared* where it rests on an annotation somewhere, and *proven* otherwise; both count as shown, because code that contradicts its
own annotations is wrong already. A default value, a name or a use is no evidence.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from burnish_analysis.perf.facts.tables import ANNOTATIONS, CALLS, ELEMENTS, HASHABLE, METHODS, UNHASHABLE
from burnish_analysis.perf.model import Known

if TYPE_CHECKING:
    from burnish_analysis.perf.module import Module
    from burnish_analysis.perf.scopes import Binding, Scope

__all__ = ["Type", "Types"]

_NUMBERS = ("bool", "int", "float", "complex")
_ARRAY = "numpy.ndarray"
#: Types without arguments that a name may be assumed to keep.
_ASSUMED = frozenset({"str", "bytes", "int", "float", "bool"})


@dataclass(frozen=True, slots=True)
class Type:
    """A type: its name, what it holds (element; or key and value), and whether it rests on an annotation."""

    name: str
    args: tuple[Type | None, ...] = ()
    declared: bool = False

    @property
    def element(self) -> Type | None:
        """What iterating over it gives."""
        if self.name in ("str", "bytes", "range"):
            return Type(ELEMENTS[self.name], (), self.declared)
        if self.name == "tuple" and len({arg.name if arg else None for arg in self.args}) > 1:
            return None
        return self.args[0] if self.args else None


class Types:
    """Answers for one module; every answer is found once."""

    def __init__(self, module: Module) -> None:
        self._module = module
        self._known: dict[ast.AST, Type | None] = {}
        self._names: dict[tuple[int, str], Type | None] = {}
        self._busy: set[ast.AST] = set()

    def of(self, node: ast.AST) -> Type | None:
        """The type of an expression's value, or None where nothing shows it."""
        if node in self._known:
            return self._known[node]
        if node in self._busy:
            return self._assumed(node)
        self._busy.add(node)
        try:
            found = self._of(node)
        except RecursionError:
            found = None
        finally:
            self._busy.discard(node)
        self._known[node] = found
        return found

    def name(self, node: ast.AST) -> str:
        """The type's name, or the empty text."""
        found = self.of(node)
        return found.name if found else ""

    def of_binding(self, binding: Binding) -> Type | None:
        """The type of the value that one binding gives, for itself."""
        return self._bound(binding, [])

    def is_a(self, node: ast.AST, *names: str) -> Known:
        """Whether the value's type is one of ``names``."""
        found = self.of(node)
        if found is None:
            return Known.UNKNOWN
        return Known.YES if found.name in names else Known.NO

    def hashable(self, kind: Type | None) -> Known:
        """Whether values of a type are hashable with equality that agrees."""
        if kind is None:
            return Known.UNKNOWN
        if kind.name in UNHASHABLE:
            return Known.NO
        if kind.name == "tuple":
            parts = [self.hashable(arg) for arg in kind.args] or [Known.UNKNOWN]
            return (
                Known.NO if Known.NO in parts else (Known.YES if set(parts) == {Known.YES} else Known.UNKNOWN)
            )
        return Known.of(kind.name in HASHABLE)

    def holds_hashable(self, node: ast.AST) -> Known:
        """Whether what iterating over the value gives is hashable."""
        found = self.of(node)
        if found is None:
            return Known.UNKNOWN
        if found.name in ("set", "frozenset", "dict"):
            return Known.YES
        if found.name == "tuple" and found.args:
            parts = {self.hashable(arg) for arg in found.args}
            return Known.NO if Known.NO in parts else (Known.YES if parts == {Known.YES} else Known.UNKNOWN)
        return self.hashable(found.element)

    # Expressions -------------------------------------------------------------------------------------------------------

    def _of(self, node: ast.AST) -> Type | None:
        match node:
            case ast.Constant():
                return None if node.value is Ellipsis else Type(type(node.value).__name__)
            case ast.JoinedStr():
                return Type("str")
            case ast.List() | ast.Set():
                return Type("list" if isinstance(node, ast.List) else "set", (self._common(node.elts),))
            case ast.Tuple():
                if any(isinstance(part, ast.Starred) for part in node.elts):
                    return Type("tuple")
                return Type("tuple", tuple(self.of(part) for part in node.elts))
            case ast.Dict():
                keys = [key for key in node.keys if key is not None]
                whole = len(keys) == len(node.keys)
                return Type("dict", (self._common(keys), self._common(node.values)) if whole else ())
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp():
                name = {ast.ListComp: "list", ast.SetComp: "set", ast.GeneratorExp: "generator"}[type(node)]
                return Type(name, (self.of(node.elt),))
            case ast.DictComp():
                return Type("dict", (self.of(node.key), self.of(node.value)))
            case ast.Name():
                return self._name(node)
            case ast.BinOp():
                return self._operation(node)
            case ast.BoolOp():
                return self._same([self.of(value) for value in node.values])
            case ast.UnaryOp():
                if isinstance(node.op, ast.Not):
                    return Type("bool")
                operand = self.of(node.operand)
                return operand if operand and operand.name in ("int", "float", "complex") else None
            case ast.Compare():
                return self._comparison(node)
            case ast.IfExp():
                return self._same([self.of(node.body), self.of(node.orelse)])
            case ast.NamedExpr() | ast.Starred():
                return self.of(node.value)
            case ast.Lambda():
                return Type("function")
            case ast.Subscript():
                return self._subscript(node)
            case ast.Call():
                return self._call(node)
        return None

    def _assumed(self, node: ast.AST) -> Type | None:
        """What a name that is being worked out is assumed to be meanwhile."""
        if not isinstance(node, ast.Name):
            return None
        return self._names.get((id(self._module.scope(node).find(node.id)), node.id))

    def _common(self, parts: list[ast.expr]) -> Type | None:
        if any(isinstance(part, ast.Starred) for part in parts):
            return None
        return self._same([self.of(part) for part in parts])

    @staticmethod
    def _same(kinds: list[Type | None]) -> Type | None:
        first = kinds[0] if kinds else None
        if first is None:
            return None
        for kind in kinds[1:]:
            if kind is None or kind.name != first.name:
                return None
            if kind.args != first.args:
                first = Type(first.name, (), first.declared or kind.declared)
        return first

    def _operation(self, node: ast.BinOp) -> Type | None:
        left, right = self.of(node.left), self.of(node.right)
        if _ARRAY in (left and left.name, right and right.name) and _plain_operands(left, right):
            return Type(_ARRAY)
        if left is None:
            return None
        if left.name == "str" and isinstance(node.op, ast.Mod):
            return Type("str")
        if right is None:
            return None
        numbers = left.name in _NUMBERS and right.name in _NUMBERS
        if numbers and isinstance(node.op, (ast.Add, ast.Sub, ast.Mult, ast.FloorDiv, ast.Mod)):
            return Type(max(left.name, right.name, "int", key=_NUMBERS.index))
        if numbers and isinstance(node.op, ast.Div):
            return Type(max(left.name, right.name, "float", key=_NUMBERS.index))
        if (
            isinstance(node.op, ast.Add)
            and left.name == right.name
            and left.name in ("str", "bytes", "list", "tuple")
        ):
            return self._same([left, right]) if left.name != "tuple" else Type("tuple")
        if isinstance(node.op, ast.Mult) and right.name == "int" and left.name in ("str", "bytes", "list"):
            return left
        whole = left.name == right.name == "int" and isinstance(
            node.op, (ast.BitAnd, ast.BitOr, ast.BitXor, ast.LShift, ast.RShift)
        )
        sets = left.name == right.name == "set" and isinstance(
            node.op, (ast.BitAnd, ast.BitOr, ast.BitXor, ast.Sub)
        )
        return left if whole or sets else None

    def _comparison(self, node: ast.Compare) -> Type | None:
        """``bool``, where no ``==`` of an unknown type (numpy's gives arrays) has a say."""
        if all(isinstance(op, (ast.Is, ast.IsNot, ast.In, ast.NotIn)) for op in node.ops):
            return Type("bool")
        known = [self.of(part) for part in (node.left, *node.comparators)]
        return (
            Type("bool")
            if all(kind and kind.name in HASHABLE | {"list", "dict", "set"} for kind in known)
            else None
        )

    def _subscript(self, node: ast.Subscript) -> Type | None:
        owner = self.of(node.value)
        if owner is None:
            return None
        if owner.name == "pandas.DataFrame" and isinstance(node.slice, ast.Constant):
            return Type("pandas.Series", (), owner.declared)
        if isinstance(node.slice, ast.Slice):
            if owner.name == "tuple":
                return Type("tuple", (), owner.declared)
            return owner if owner.name in ("list", "str", "bytes", "range") else None
        if owner.name == "dict" and len(owner.args) == 2:
            return owner.args[1]
        if (
            owner.name == "tuple"
            and isinstance(node.slice, ast.Constant)
            and isinstance(node.slice.value, int)
        ):
            place = node.slice.value
            return owner.args[place] if -len(owner.args) <= place < len(owner.args) else owner.element
        if owner.name == "list" and self.name(node.slice) == "int":
            return owner.element
        return Type("str") if owner.name == "str" else None

    def _call(self, node: ast.Call) -> Type | None:
        called = self._module.qualified(node.func)
        if called is not None:
            return self._known_call(called, node)
        if isinstance(node.func, ast.Attribute):
            owner = self.of(node.func.value)
            if owner is not None:
                return self._method(owner, node.func.attr)
        return None

    def _known_call(self, called: str, node: ast.Call) -> Type | None:
        made = CALLS.get(called)
        if called == "re.sub" and node.args and self.name(node.args[0]) == "str":
            return Type("str")  # a pattern of text gives text
        if made is None:
            return None
        first = self.of(node.args[0]) if node.args and not isinstance(node.args[0], ast.Starred) else None
        if (
            made in ("list", "set", "frozenset", "tuple", "collections.deque", "iterator")
            and called != "builtins.zip"
        ):
            holds = first.element if first else None
            if called in ("builtins.enumerate", "builtins.map", "builtins.dir"):
                holds = Type("tuple", (Type("int"), holds)) if called == "builtins.enumerate" else None
            if made == "tuple" and holds is None:
                return Type("tuple")
            return Type(made, (holds,))
        if called in ("builtins.abs", "builtins.sum"):
            kind = first.element if called == "builtins.sum" and first else first
            return kind if kind and kind.name in ("int", "float") and len(node.args) == 1 else None
        if called in ("builtins.min", "builtins.max"):
            if len(node.args) == 1:
                return first.element if first else None
            return self._same([self.of(part) for part in node.args])
        if called == "builtins.round":
            return (
                Type("int" if len(node.args) == 1 else "float") if first and first.name in _NUMBERS else None
            )
        return Type(made)

    def _method(self, owner: Type, name: str) -> Type | None:
        made = METHODS.get(owner.name, {}).get(name)
        if made is None:
            return None
        match made:
            case "self":
                return owner
            case "element":
                return owner.element
            case "list[str]":
                return Type("list", (Type("str"),))
            case "tuple[str]":
                return Type("tuple", (Type("str"),) * 3)
            case "keys":
                return Type("dict_keys", owner.args[:1], owner.declared)
            case "values":
                return Type("dict_values", owner.args[1:], owner.declared)
            case "items":
                return Type("dict_items", (Type("tuple", owner.args),) if owner.args else (), owner.declared)
            case "value":
                return owner.args[1] if len(owner.args) == 2 else None
        return Type(made)

    # Names -------------------------------------------------------------------------------------------------------------

    def _name(self, node: ast.Name) -> Type | None:
        narrowed = self._narrowed(node)
        if narrowed is not None:
            return narrowed
        return self.of_name(node.id, self._module.scope(node))

    def of_name(self, name: str, scope: Scope) -> Type | None:
        """The type that every binding of a name agrees on; its element only where all do."""
        owner = scope.find(name)
        key = (id(owner), name)
        if key in self._names:
            return self._names[key]
        self._names[key] = None
        # ``text = text[1:]`` keeps the type of the first binding if, assuming that type, every binding gives it again.
        known, names = len(self._known), len(self._names)
        bindings = owner.bindings.get(name, [])
        kinds: list[Type | None] = []
        for binding in bindings:
            if binding.kind == "delete":
                continue
            if kinds and kinds[0] is not None and kinds[0].name in _ASSUMED:
                self._names[key] = kinds[0]
            kind = self._bound(binding, kinds)
            kinds.append(kind)
            if kind is None:
                break
        found = self._same(_fill(kinds)) if kinds and not self._module.imports.star else None
        if self._names[key] is not None and found is None:
            # What was found under the assumption is forgotten.
            while len(self._known) > known:
                self._known.popitem()
            while len(self._names) > names:
                self._names.popitem()
        if found is not None and found.name in ("list", "set", "dict", "collections.deque"):
            found = self._grown(name, owner, found)
        self._names[key] = found
        return found

    def _bound(self, binding: Binding, before: list[Type | None]) -> Type | None:
        match binding.kind:
            case "assign" | "walrus":
                return self.of(binding.value) if binding.value is not None else None
            case "annotate":
                if isinstance(binding.owner, ast.AnnAssign):
                    if isinstance(binding.value, ast.Constant) and binding.value.value is None:
                        return None
                    return self.of_annotation(binding.owner.annotation)
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
                            return Type("file")
            case "define":
                if isinstance(binding.node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                    return Type("function")
        return None

    def _parameter(self, binding: Binding) -> Type | None:
        function, argument = binding.owner, binding.node
        if not isinstance(argument, ast.arg) or isinstance(function, ast.Lambda):
            return None
        kind = self.of_annotation(argument.annotation) if argument.annotation is not None else None
        if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
            if _defaults_to_none(function.args, argument):
                return None  # ``text: str = None`` says less than it seems to
            if argument is function.args.vararg:
                return Type("tuple", (kind,) if kind else (), declared=True)
            if argument is function.args.kwarg:
                return Type("dict", (Type("str"), kind), declared=True)
            if kind is not None and kind.name != "NoneType" and _none_by_default(argument, function.args):
                return None  # `words: list[str] = None`
        return kind

    def _target(self, binding: Binding) -> Type | None:
        owner = binding.owner
        if not isinstance(owner, (ast.For, ast.comprehension)):
            return None
        kind = self.of(owner.iter)
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
        first, value = before[0], self.of(owner.value)
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
            args.append(self._same(known))
        return replace(kind, args=tuple(args))

    def _put(self, use: ast.Name) -> tuple[Type | None, ...] | object | None:
        """What one use of a container puts in: types; None for nothing; ``_ESCAPED`` where it cannot be told."""
        parent = self._module.parent(use)
        above = self._module.parent(parent) if parent is not None else None
        if isinstance(parent, ast.Attribute) and isinstance(above, ast.Call) and above.func is parent:
            if parent.attr in ("append", "add", "appendleft") and len(above.args) == 1:
                return (self.of(above.args[0]),)
            if parent.attr == "insert" and len(above.args) == 2:
                return (self.of(above.args[1]),)
            if parent.attr in ("extend", "extendleft") and len(above.args) == 1:
                kind = self.of(above.args[0])
                return (kind.element if kind else None,)
            if parent.attr in ("update", "setdefault", "__setitem__"):
                return _ESCAPED
            return None
        if isinstance(parent, ast.Subscript) and parent.value is use and isinstance(parent.ctx, ast.Store):
            if isinstance(above, ast.Assign):
                return (
                    (self.of(parent.slice), self.of(above.value))
                    if not isinstance(parent.slice, ast.Slice)
                    else _ESCAPED
                )
            return _ESCAPED
        if isinstance(parent, ast.Return) and self._module.flow.owner(use) is self._module.scope(use).function:
            return None  # then the function is over
        return None if self._module.flow.only_reads(use) else _ESCAPED

    def _narrowed(self, node: ast.Name) -> Type | None:
        """By ``if isinstance(name, T):`` around, or ``assert isinstance(name, T)`` before, where nothing binds the name since."""
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
        kind = self.of_annotation(test.args[1])
        return replace(kind, declared=False) if kind else None

    # Annotations -------------------------------------------------------------------------------------------------------

    def of_annotation(self, node: ast.expr) -> Type | None:
        """The type an annotation names, if it is one concrete class."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return self._of_text(node.value)
        if isinstance(node, ast.Subscript):
            owner = self.of_annotation(node.value)
            if owner is None:
                return None
            parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
            inner = tuple(
                self.of_annotation(part)
                for part in parts
                if not (isinstance(part, ast.Constant) and part.value is Ellipsis)
            )
            return Type(owner.name, inner, declared=True)
        called = self._module.qualified(node)
        name = ANNOTATIONS.get(called or "")
        return Type(name, (), declared=True) if name else None

    def _of_text(self, text: str) -> Type | None:
        """Annotations as text: plain built-in names only."""
        name = ANNOTATIONS.get(f"builtins.{text}")
        return Type(name, (), declared=True) if name else None


_ESCAPED = object()


def _defaults_to_none(arguments: ast.arguments, argument: ast.arg) -> bool:
    every = [*arguments.posonlyargs, *arguments.args]
    defaults = dict(zip(reversed(every), reversed(arguments.defaults), strict=False))
    defaults.update((arg, value) for arg, value in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if value)
    default = defaults.get(argument)
    return isinstance(default, ast.Constant) and default.value is None


def _none_by_default(argument: ast.arg, arguments: ast.arguments) -> bool:
    every = [*arguments.posonlyargs, *arguments.args]
    pairs = [
        *zip(reversed(every), reversed(arguments.defaults), strict=False),
        *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True),
    ]
    return any(
        one is argument and isinstance(default, ast.Constant) and default.value is None
        for one, default in pairs
    )


def _plain_operands(left: Type | None, right: Type | None) -> bool:
    """Whether an operation on an array and something else gives an array: the other is an array or a number, too."""
    return all(kind is not None and kind.name in (_ARRAY, *_NUMBERS) for kind in (left, right))


def _is_empty(node: ast.expr) -> bool:
    if isinstance(node, (ast.List, ast.Tuple)):
        return not node.elts
    if isinstance(node, ast.Dict):
        return not node.keys
    return isinstance(node, ast.Call) and not node.args and not node.keywords


def _fill(kinds: list[Type | None]) -> list[Type | None]:
    """Let an empty literal (``[]``: no element known) agree with the rest, by taking the arguments away from all."""
    if any(kind is not None and (not kind.args or None in kind.args) for kind in kinds):
        return [
            replace(kind, args=()) if kind is not None and kind.name != "tuple" else kind for kind in kinds
        ]
    return kinds
