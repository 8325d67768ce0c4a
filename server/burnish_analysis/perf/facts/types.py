"""Types of expressions from local evidence: literals, constructors, annotations, ``isinstance`` and what values are made of.

Types are names: ``list``, ``dict``, ``str`` … for built-in ones, dotted for others (``collections.deque``, ``numpy.ndarray``). A type is
*declared* where it rests on an annotation somewhere, and *proven* otherwise; both count as shown, because code that contradicts its
own annotations is wrong already. A default value, a name or a use is no evidence.
"""

from __future__ import annotations

import ast
from collections.abc import Hashable
from typing import TYPE_CHECKING

from burnish_analysis.perf.facts.answers import Answers
from burnish_analysis.perf.facts.kinds import Type, same
from burnish_analysis.perf.facts.tables import ANNOTATIONS, CALLS, HASHABLE, METHODS, UNHASHABLE
from burnish_analysis.perf.facts.variables import Variables
from burnish_analysis.perf.model import Known

if TYPE_CHECKING:
    from burnish_analysis.perf.module import Module
    from burnish_analysis.perf.scopes import Binding, Scope

__all__ = ["Type", "Types"]

_NUMBERS = ("bool", "int", "float", "complex")
_ARRAY = "numpy.ndarray"


class Types:
    """Answers for one module; every answer is found once."""

    def __init__(self, module: Module) -> None:
        self._module = module
        self._known: dict[ast.AST, Type | None] = {}
        self.answers = Answers()
        self._variables = Variables(module, self)
        self._busy: set[ast.AST] = set()

    def of(self, node: ast.AST) -> Type | None:
        """The type of an expression's value, or None where nothing shows it."""
        if node in self._known:
            self.answers.asked(node)
            return self._known[node]
        if node in self._busy:
            self.answers.asked(node)
            return self._variables.assumed(node)
        self._busy.add(node)
        self.answers.begin(node)
        try:
            found = self._of(node)
        except RecursionError:
            found = None
        finally:
            self._busy.discard(node)
            self.end(node)
        self._known[node] = found
        return found

    def end(self, key: Hashable) -> None:
        """An answer is found: those that rested on not knowing it yet are forgotten, and found anew when they are asked for."""
        for other in self.answers.end(key):
            if isinstance(other, ast.AST):
                self._known.pop(other, None)
            else:
                self._variables.drop(other)

    def name(self, node: ast.AST) -> str:
        """The type's name, or the empty text."""
        found = self.of(node)
        return found.name if found else ""

    def of_name(self, name: str, scope: Scope) -> Type | None:
        """The type that every binding of a name agrees on; its element only where all do."""
        return self._variables.of_name(name, scope)

    @property
    def known(self) -> int:
        """How many answers are kept."""
        return len(self._known)

    def forget(self, known: int) -> None:
        """Keep only the first ``known`` answers: the later ones rested on what turned out otherwise."""
        while len(self._known) > known:
            self._known.popitem()

    def of_binding(self, binding: Binding) -> Type | None:
        """The type of the value that one binding gives, for itself."""
        return self._variables.bound(binding, [])

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
                return self._variables.of_use(node)
            case ast.BinOp():
                return self._operation(node)
            case ast.BoolOp():
                return same([self.of(value) for value in node.values])
            case ast.UnaryOp():
                if isinstance(node.op, ast.Not):
                    return Type("bool")
                operand = self.of(node.operand)
                return operand if operand and operand.name in ("int", "float", "complex") else None
            case ast.Compare():
                return self._comparison(node)
            case ast.IfExp():
                return same([self.of(node.body), self.of(node.orelse)])
            case ast.NamedExpr() | ast.Starred():
                return self.of(node.value)
            case ast.Lambda():
                return Type("function")
            case ast.Subscript():
                return self._subscript(node)
            case ast.Call():
                return self._call(node)
        return None

    def _common(self, parts: list[ast.expr]) -> Type | None:
        if any(isinstance(part, ast.Starred) for part in parts):
            return None
        return same([self.of(part) for part in parts])

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
            return same([left, right]) if left.name != "tuple" else Type("tuple")
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
                return self._method(owner, node.func.attr, node.args)
        return None

    def _known_call(self, called: str, node: ast.Call) -> Type | None:
        made = CALLS.get(called)
        if called == "re.sub" and node.args and self.name(node.args[0]) == "str":
            return Type("str")  # a pattern of text gives text
        if made is None:
            return None
        first = self.of(node.args[0]) if node.args and not isinstance(node.args[0], ast.Starred) else None
        if made == "file":
            return Type("file", (_lines_of(node),))
        if made == "re.Pattern":
            return Type("re.Pattern", (first,))
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
            return same([self.of(part) for part in node.args])
        if called == "builtins.round":
            return (
                Type("int" if len(node.args) == 1 else "float") if first and first.name in _NUMBERS else None
            )
        return Type(made)

    def _method(self, owner: Type, name: str, given: list[ast.expr]) -> Type | None:
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
            case "list[element]":
                return Type("list", (owner.element,))
            case "tuple[str]":
                return Type("tuple", (Type("str"),) * 3)
            case "keys":
                return Type("dict_keys", owner.args[:1], owner.declared)
            case "values":
                return Type("dict_values", owner.args[1:], owner.declared)
            case "items":
                return Type("dict_items", (Type("tuple", owner.args),) if owner.args else (), owner.declared)
            case "value":
                value = owner.args[1] if len(owner.args) == 2 else None
                return same([value, *(self.of(part) for part in given[1:])])
        return Type(made)

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


def _lines_of(call: ast.Call) -> Type | None:
    """What a file that ``open`` gives holds, by the mode as written."""
    if any(isinstance(part, ast.Starred) for part in call.args):
        return None
    modes = [*call.args[1:2], *(keyword.value for keyword in call.keywords if keyword.arg in ("mode", None))]
    if not modes:
        return Type("str")
    mode = modes[0].value if isinstance(modes[0], ast.Constant) else None
    return Type("bytes" if "b" in mode else "str") if isinstance(mode, str) else None


def _plain_operands(left: Type | None, right: Type | None) -> bool:
    """Whether an operation on an array and something else gives an array: the other is an array or a number, too."""
    return all(kind is not None and kind.name in (_ARRAY, *_NUMBERS) for kind in (left, right))
