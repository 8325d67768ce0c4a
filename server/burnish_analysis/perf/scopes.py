"""Names and where they are bound, by Python's scoping rules, found in one pass over the tree."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from burnish_analysis.perf.walking import PARTS

__all__ = ["Binding", "Scope", "Structure", "read_structure"]

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
#: What :func:`_children` knows how to go into; annotations of an ``arg`` are parts of the function, which stands outside.
_OPENING = frozenset({*_FUNCTIONS, *_COMPREHENSIONS, ast.ClassDef, ast.comprehension, ast.arg})
#: What :func:`_bind` looks at.
_BINDING = frozenset({
    ast.Assign, ast.AnnAssign, ast.AugAssign, ast.For, ast.AsyncFor, ast.comprehension, ast.With, ast.AsyncWith, ast.NamedExpr,
    ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom, ast.ExceptHandler, ast.Delete, ast.MatchAs,
    ast.MatchStar, ast.MatchMapping, ast.Global, ast.Nonlocal,
})  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Binding:
    """One place that gives a name a value.

    Attributes:
        kind: assign, annotate, augment, unpack, for, with, import, parameter, define, except, delete, walrus, match.
        node: the ``Name``, ``arg``, ``alias``, definition, handler or pattern.
        owner: the statement or clause that binds it (``comprehension`` for a comprehension's target).
        value: the expression whose value it gets, where it gets just that.
    """

    kind: str
    node: ast.AST
    owner: ast.AST
    value: ast.expr | None = None


@dataclass(slots=True, eq=False)
class Scope:
    """A module, class, function, lambda or comprehension.

    Attributes:
        bindings: by name, in source order, those of inner functions that declare the name ``global`` or ``nonlocal`` included.
        uses: every ``Name`` (load or delete) that means this scope's name, inner scopes included. The scope of a name that is
            bound nowhere is the module's, where it has uses but no bindings.
    """

    kind: str
    node: ast.AST
    parent: Scope | None
    bindings: dict[str, list[Binding]] = field(default_factory=dict)
    uses: dict[str, list[ast.Name]] = field(default_factory=dict)
    declared: dict[str, str] = field(default_factory=dict)

    @property
    def function(self) -> Scope:
        """The function, class or module that this scope runs in: itself unless it is a comprehension."""
        scope = self
        while scope.kind == "comprehension" and scope.parent is not None:
            scope = scope.parent
        return scope

    def find(self, name: str) -> Scope:
        """The scope whose variable ``name`` means here; the module's where it is bound nowhere."""
        scope: Scope | None = self
        inner = False
        last = self
        while scope is not None:
            last = scope
            said = scope.declared.get(name)
            if said == "global":
                return scope.module
            if said is None and name in scope.bindings and not (inner and scope.kind == "class"):
                return scope
            inner = inner or scope.kind != "comprehension"
            scope = scope.parent
        return last

    @property
    def module(self) -> Scope:
        """The outermost scope."""
        scope = self
        while scope.parent is not None:
            scope = scope.parent
        return scope


@dataclass(slots=True)
class Structure:
    """What one pass over a tree finds: parents, the scope every node stands in, the scope that a function, class or comprehension
    opens, and the nodes by type in source order."""

    tree: ast.Module
    parents: dict[ast.AST, ast.AST] = field(default_factory=dict)
    scopes: dict[ast.AST, Scope] = field(default_factory=dict)
    inner: dict[ast.AST, Scope] = field(default_factory=dict)
    nodes: dict[type[ast.AST], list[ast.AST]] = field(default_factory=dict)


def read_structure(tree: ast.Module) -> Structure:
    """Walk ``tree`` once, without recursion (a sum of ten thousand terms is deep).

    Operators and contexts are left out: the parser uses one object for all of a kind, so they have no place of their own.
    """
    root = Scope("module", tree, None)
    found = Structure(tree)
    found.inner[tree] = root
    names: list[tuple[ast.Name, Scope]] = []
    stack: list[tuple[ast.AST, Scope]] = [(tree, root)]
    scopes, parents, nodes = found.scopes, found.parents, found.nodes
    while stack:
        node, scope = stack.pop()
        scopes[node] = scope
        kind = type(node)
        known = nodes.get(kind)
        if known is None:
            known = nodes[kind] = []
        known.append(node)
        if kind is ast.Name:
            if node.ctx.__class__ is not ast.Store:  # type: ignore[attr-defined]
                names.append((node, scope))  # type: ignore[arg-type]
            continue
        if kind in _BINDING:
            _bind(node, scope)
        if kind in _OPENING:
            children = list(_children(node, scope, found.inner))
            children.reverse()
            for child, _ in children:
                parents[child] = node
            stack += children
            continue
        for field_name in reversed(PARTS[kind]):
            value = getattr(node, field_name, None)
            if value.__class__ is list:
                for part in reversed(value):
                    if part is not None:
                        parents[part] = node
                        stack.append((part, scope))
            elif value is not None:
                parents[value] = node
                stack.append((value, scope))
    _settle(found)
    for name, scope in names:
        scope.find(name.id).uses.setdefault(name.id, []).append(name)
    return found


def _children(node: ast.AST, scope: Scope, opened: dict[ast.AST, Scope]) -> Iterator[tuple[ast.AST, Scope]]:
    if isinstance(node, _FUNCTIONS):
        inner = opened[node] = Scope("lambda" if isinstance(node, ast.Lambda) else "function", node, scope)
        yield from _function_children(node, scope, inner)
    elif isinstance(node, ast.ClassDef):
        inner = opened[node] = Scope("class", node, scope)
        for part in (*node.decorator_list, *node.bases, *node.keywords):
            yield part, scope
        yield from ((part, inner) for part in node.body)
    elif isinstance(node, _COMPREHENSIONS):
        inner = opened[node] = Scope("comprehension", node, scope)
        yield from ((part, inner) for part in node.generators)
        results = (node.key, node.value) if isinstance(node, ast.DictComp) else (node.elt,)
        yield from ((part, inner) for part in results)
    elif isinstance(node, ast.comprehension):
        first = isinstance(scope.node, _COMPREHENSIONS) and scope.node.generators[0] is node
        outer = scope.parent if first and scope.parent is not None else scope
        yield node.iter, outer
        yield node.target, scope
        yield from ((part, scope) for part in node.ifs)


def _function_children(
    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda, scope: Scope, inner: Scope
) -> Iterator[tuple[ast.AST, Scope]]:
    arguments = node.args
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    every += [argument for argument in (arguments.vararg, arguments.kwarg) if argument]
    if isinstance(node, ast.Lambda):
        for default in (*arguments.defaults, *filter(None, arguments.kw_defaults)):
            yield default, scope
    else:
        for part in (*node.decorator_list, *arguments.defaults, *filter(None, arguments.kw_defaults)):
            yield part, scope
        for argument in every:
            if argument.annotation is not None:
                yield argument.annotation, scope
        if node.returns is not None:
            yield node.returns, scope
    for argument in every:
        inner.bindings.setdefault(argument.arg, []).append(Binding("parameter", argument, node))
        yield argument, inner
    if isinstance(node, ast.Lambda):
        yield node.body, inner
    else:
        yield from ((part, inner) for part in node.body)


def _add(scope: Scope, name: str, binding: Binding) -> None:
    scope.bindings.setdefault(name, []).append(binding)


def _bind(node: ast.AST, scope: Scope) -> None:
    """Add what ``node`` itself binds."""
    match node:
        case ast.Assign():
            for target in node.targets:
                _target(target, scope, "assign", node, node.value)
        case ast.AnnAssign():
            _target(node.target, scope, "annotate", node, node.value)
        case ast.AugAssign():
            _target(node.target, scope, "augment", node, None)
        case ast.For() | ast.AsyncFor() | ast.comprehension():
            _target(node.target, scope, "for", node, None)
        case ast.With() | ast.AsyncWith():
            for item in node.items:
                if item.optional_vars is not None:
                    _target(item.optional_vars, scope, "with", node, None)
        case ast.NamedExpr():
            _target(node.target, scope.function, "walrus", node, node.value)
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            _add(scope, node.name, Binding("define", node, node))
        case ast.Import() | ast.ImportFrom():
            for alias in node.names:
                _add(scope, alias.asname or alias.name.partition(".")[0], Binding("import", alias, node))
        case ast.ExceptHandler() if node.name:
            _add(scope, node.name, Binding("except", node, node))
        case ast.Delete():
            for target in node.targets:
                _target(target, scope, "delete", node, None)
        case ast.MatchAs() | ast.MatchStar() if node.name:
            _add(scope, node.name, Binding("match", node, node))
        case ast.MatchMapping() if node.rest:
            _add(scope, node.rest, Binding("match", node, node))
        case ast.Global():
            scope.declared.update(dict.fromkeys(node.names, "global"))
        case ast.Nonlocal():
            scope.declared.update(dict.fromkeys(node.names, "nonlocal"))


def _target(target: ast.expr, scope: Scope, kind: str, owner: ast.AST, value: ast.expr | None) -> None:
    if isinstance(target, ast.Name):
        _add(scope, target.id, Binding(kind, target, owner, value))
    elif isinstance(target, ast.Starred):
        _target(target.value, scope, "unpack", owner, None)
    elif isinstance(target, (ast.Tuple, ast.List)):
        for part in target.elts:
            _target(part, scope, kind if kind in ("for", "with", "delete") else "unpack", owner, None)


def _settle(found: Structure) -> None:
    """Move bindings of names declared ``global`` or ``nonlocal`` to the scope that they mean."""
    for scope in found.inner.values():
        for name, said in scope.declared.items():
            moved = scope.bindings.pop(name, None)
            if moved is None:
                continue
            outer = scope.module if said == "global" or scope.parent is None else scope.parent.find(name)
            outer.bindings.setdefault(name, []).extend(moved)
