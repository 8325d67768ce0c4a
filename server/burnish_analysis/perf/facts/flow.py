"""Whether values change: rebinding, mutation, escape and aliasing, within one function."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import TYPE_CHECKING

from burnish_analysis.perf.facts.changes import changed_attribute, contents_may_be_changed, may_be_changed
from burnish_analysis.perf.facts.tables import DEFAULTING, IMMUTABLE, MUTATORS, PURE_CALLS, PURE_METHODS
from burnish_analysis.perf.model import Known
from burnish_analysis.perf.walking import walk

if TYPE_CHECKING:
    from burnish_analysis.perf.module import Loop, Module
    from burnish_analysis.perf.scopes import Binding, Scope

__all__ = ["Flow"]

_READ_METHODS = frozenset().union(*PURE_METHODS.values()) - MUTATORS
#: Pure functions that give back something which still refers to their argument: reading through it is reading.
_VIEWS = frozenset({"builtins.enumerate", "builtins.zip", "builtins.reversed", "itertools.chain", "itertools.accumulate",
                    "re.finditer"})  # fmt: skip
#: Functions that give back one of the values they are given.
_PASS_ON = frozenset({"builtins.max", "builtins.min"})
_FRESH_CALLS = frozenset({"builtins.list", "builtins.dict", "builtins.set", "builtins.sorted", "builtins.frozenset", "builtins.bytearray",
                          "collections.deque", "collections.Counter", "collections.defaultdict", "collections.OrderedDict"})  # fmt: skip


class Flow:
    """Answers for one module."""

    def __init__(self, module: Module) -> None:
        self._module = module
        self._regions: dict[ast.AST, frozenset[ast.AST]] = {}

    def parts(self, loop: Loop) -> list[ast.AST]:
        """What a loop evaluates once a round."""
        if isinstance(loop, ast.While):
            return [loop.test, *loop.body]
        if isinstance(loop, (ast.For, ast.AsyncFor)):
            return [loop.target, *loop.body]
        owner = self._module.parent(loop)
        generators: list[ast.comprehension] = getattr(owner, "generators", [loop])
        later = generators[generators.index(loop) + 1 :]
        results = [getattr(owner, name) for name in ("elt", "key", "value") if hasattr(owner, name)]
        return [loop.target, *loop.ifs, *later, *results]

    def region(self, loop: Loop) -> frozenset[ast.AST]:
        """Every node that a loop evaluates once a round."""
        known = self._regions.get(loop)
        if known is None:
            known = self._regions[loop] = frozenset(self._module.walk(*self.parts(loop)))
        return known

    # Uses of a name ----------------------------------------------------------------------------------------------------

    def bindings(self, name: ast.Name) -> list[Binding]:
        """Every binding of the variable that ``name`` means."""
        return self.owner(name).bindings.get(name.id, [])

    def owner(self, name: ast.Name) -> Scope:
        """The scope of the variable that ``name`` means."""
        return self._module.scope(name).find(name.id)

    def uses(self, name: ast.Name) -> list[ast.Name]:
        """Every use of that variable, in inner functions too."""
        return self.owner(name).uses.get(name.id, [])

    def local(self, name: ast.Name) -> bool:
        """Whether it is a variable of a function (parameters included) that no inner function rebinds."""
        return self.owner(name).function.kind in ("function", "lambda") and bool(self.bindings(name))

    def mutates(self, use: ast.Name) -> bool:
        """Whether this use changes the object: a mutating method, a store into or deletion of an item or attribute, or reading an item of
        a ``defaultdict``."""
        parent = self._module.parent(use)
        if isinstance(parent, (ast.Subscript, ast.Attribute)) and parent.value is use:
            if not isinstance(parent.ctx, ast.Load):
                return True
            if isinstance(parent, ast.Subscript):
                return self._module.types.name(use) == DEFAULTING
            if parent.attr in MUTATORS:
                call = self._module.parent(parent)
                return isinstance(call, ast.Call) and call.func is parent
        return False

    def only_reads(self, use: ast.Name) -> bool:
        """Whether this use neither changes the object nor hands it out."""
        parent = self._module.parent(use)
        match parent:
            case ast.Subscript() if parent.value is use:
                return isinstance(parent.ctx, ast.Load) and not self.mutates(use)
            case ast.Subscript():
                return True  # as an index, a copy of its value is what counts
            case ast.Attribute():
                call = self._module.parent(parent)
                if isinstance(call, ast.Call) and call.func is parent:
                    return parent.attr in _READ_METHODS
                if parent.attr in MUTATORS:
                    return False  # `append = out.append`
                return isinstance(parent.ctx, ast.Load) and self._module.types.of(use) is not None
            case (
                ast.Compare()
                | ast.BinOp()
                | ast.UnaryOp()
                | ast.FormattedValue()
                | ast.If()
                | ast.While()
                | ast.Assert()
                | ast.Slice()
            ):
                return True
            case ast.For() | ast.comprehension():
                return parent.iter is use or not isinstance(parent, ast.For)
            case ast.IfExp():
                return parent.test is use
            case ast.Starred():
                return isinstance(self._module.parent(parent), (ast.Call, ast.List, ast.Tuple, ast.Set))
            case ast.Call():
                called = self._module.qualified(parent.func)
                if (
                    parent.func is use
                    or called not in PURE_CALLS
                    or (called in _PASS_ON and len(parent.args) > 1)
                ):
                    return False
                return called not in _VIEWS or self._consumed(parent)
            case ast.BoolOp():
                return isinstance(
                    self._module.parent(parent), (ast.If, ast.While, ast.UnaryOp, ast.BoolOp, ast.IfExp)
                )
            case ast.Expr():
                return True
        return False

    def _consumed(self, view: ast.Call) -> bool:
        """Whether a view is read where it is made: by a loop (not of a generator, which reads later) or a function that keeps nothing."""
        parent = self._module.parent(view)
        if isinstance(parent, ast.comprehension):
            return not isinstance(self._module.parent(parent), ast.GeneratorExp)
        if isinstance(parent, ast.Starred):
            return True
        if isinstance(parent, ast.Call):
            called = self._module.qualified(parent.func)
            return called in PURE_CALLS and (called not in _VIEWS or self._consumed(parent))
        return isinstance(parent, ast.For) and parent.iter is view

    def rebound(self, name: ast.Name, region: Iterable[ast.AST]) -> bool:
        """Whether the variable is bound anew in a region (a set of nodes)."""
        nodes = region if isinstance(region, (set, frozenset)) else set(region)
        return any(
            binding.node in nodes
            or (binding.owner in nodes and binding.kind in ("import", "match", "except"))
            for binding in self.bindings(name)
        )

    def bound_before(self, name: ast.Name, statement: ast.stmt) -> Known:
        """Whether the variable certainly has a value when ``statement`` begins: a parameter, or bound before it in a block around it."""
        start = self._module.start(statement)
        around = {statement, *self._module.ancestors(statement)}
        for binding in self.bindings(name):
            if binding.kind == "parameter":
                return Known.YES
            if binding.kind in ("delete", "except") or not isinstance(binding.owner, ast.stmt):
                continue
            if self._module.end(binding.owner) <= start:
                if any(part in around for part in self._module.block(binding.owner)):
                    return Known.of(not isinstance(binding.owner, (ast.For, ast.AsyncFor)))
            elif binding.kind in ("for", "with") and binding.owner in around:
                body: list[ast.stmt] = getattr(binding.owner, "body", [])
                if binding.owner is not statement and any(part in around for part in body):
                    return Known.YES
        if self.owner(name).kind == "module" and self._module.function(statement) is not None:
            return Known.YES
        return Known.UNKNOWN

    # Changes -----------------------------------------------------------------------------------------------------------

    def fresh(self, value: ast.expr | None) -> bool:
        """Whether an expression makes an object that nothing else refers to."""
        if isinstance(value, (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.SetComp, ast.DictComp)):
            return True
        if isinstance(value, ast.BinOp):
            return self._module.types.name(value) in ("list", "set", "str")
        if isinstance(value, ast.Subscript):
            return isinstance(value.slice, ast.Slice) and self._module.types.name(value) == "list"
        if isinstance(value, ast.Call):
            if self._module.qualified(value.func) in _FRESH_CALLS:
                return True
            if isinstance(value.func, ast.Attribute):
                owner = self._module.types.name(value.func.value)
                return owner in ("str", "bytes") or (
                    value.func.attr == "copy" and owner in ("list", "dict", "set")
                )
        return False

    def private(self, name: ast.Name) -> bool:
        """Whether nobody but this function can reach the object: made here, never handed out except by ``return name``."""
        owner = self.owner(name)
        if owner.kind != "function":
            return False
        for binding in owner.bindings.get(name.id, ()):
            if binding.kind == "augment":
                continue
            if binding.kind not in ("assign", "annotate", "walrus") or not self.fresh(binding.value):
                return False
            if isinstance(binding.owner, ast.Assign) and len(binding.owner.targets) > 1:
                return False
            if self._module.scope(binding.node).function is not owner:
                return False  # an inner function binds it anew
        return all(self._kept(use, owner) for use in owner.uses.get(name.id, ()))

    def _kept(self, use: ast.Name, owner: Scope) -> bool:
        if self._module.scope(use).function is not owner:
            return False
        return self.only_reads(use) or self.mutates(use) or isinstance(self._module.parent(use), ast.Return)

    def unchanged(self, name: ast.Name, loop: Loop) -> Known:
        """Whether the variable and the object it names stay the same while ``loop`` runs."""
        region = self.region(loop)
        if self.rebound(name, region):
            return Known.NO
        inside = [use for use in self.uses(name) if use in region]
        if any(self.mutates(use) for use in inside):
            return Known.NO
        owner = self.owner(name)
        elsewhere = (owner.kind == "module" and len(owner.bindings.get(name.id, ())) > 1) or any(
            self._module.scope(binding.node).function is not owner
            for binding in owner.bindings.get(name.id, ())
        )
        kind = self._module.types.of(name)
        if not owner.bindings.get(name.id):
            return Known.YES  # a built-in
        if owner.kind == "module" and all(
            binding.kind in ("import", "define") for binding in owner.bindings[name.id]
        ):
            return Known.YES
        if kind is not None and kind.name in IMMUTABLE and not elsewhere:
            return Known.YES
        if self.private(name):
            return Known.YES
        if isinstance(loop, ast.AsyncFor) or (isinstance(loop, ast.comprehension) and loop.is_async):
            return Known.UNKNOWN  # others run between the rounds
        if not all(self.only_reads(use) for use in inside):
            return Known.UNKNOWN
        return Known.of(
            not self._module.effects.unknown_calls(*self.parts(loop))
            and not may_be_changed(name, region, self._module)
        )

    def invariant(self, expression: ast.expr, loop: Loop) -> Known:
        """Whether an expression has the same value in every round of a loop and evaluating it once instead changes nothing else."""
        found = self._module.effects.pure(expression)
        own = {target.id for node in walk(expression) if isinstance(node, ast.comprehension)
               for target in walk(node.target) if isinstance(target, ast.Name)}  # fmt: skip
        own |= {argument.arg for node in walk(expression) if isinstance(node, ast.arg) for argument in [node]}
        for node in walk(expression):
            if found is Known.NO:
                break
            if isinstance(node, ast.Name) and node.id not in own:
                found &= self._use_unchanged(node, loop)
            elif isinstance(node, ast.Attribute) and self._module.qualified(node) is None:
                parent = self._module.parent(node)
                if not (isinstance(parent, ast.Call) and parent.func is node):
                    found &= self._attribute_unchanged(node, loop)
        return found

    def _use_unchanged(self, name: ast.Name, loop: Loop) -> Known:
        parent = self._module.parent(name)
        if isinstance(parent, ast.Attribute):
            # The object may change; its attribute is asked for by itself.
            if self.rebound(name, self.region(loop)):
                return Known.NO
            if self._module.types.of(name) is None:
                return Known.YES
        same = self.unchanged(name, loop)
        measured = parent is not None and self._module.calls(parent, "builtins.len")
        if same is Known.YES and not measured:
            same = Known.of(not contents_may_be_changed(name, self.region(loop), self._module))
        return same

    def _attribute_unchanged(self, node: ast.Attribute, loop: Loop) -> Known:
        others = [
            other
            for other in self.region(loop)
            if isinstance(other, ast.Attribute) and other.attr == node.attr and other is not node
        ]
        if any(
            not isinstance(other.ctx, ast.Load) or changed_attribute(other, self._module) for other in others
        ):
            return Known.NO
        return Known.of(not self._module.effects.unknown_calls(*self.parts(loop)))

    def used_after(self, name: ast.Name, statement: ast.stmt) -> bool:
        """Whether the variable is read after ``statement``, in source order or, where a loop is around both, in its next round; also
        where an inner function reads it, which may be called at any time."""
        end = self._module.end(statement)
        around = self._module.loops(statement)
        start = self._module.start(statement)
        owner = self.owner(name).function
        for use in self.uses(name):
            place = self._module.start(use)
            if place >= end or self._module.scope(use).function is not owner:
                return True
            if place < start and any(use in self.region(loop) for loop in around):
                return True
        return False
