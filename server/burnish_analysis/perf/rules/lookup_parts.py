"""What the rules about lookups share: names for new variables, sets made before a loop, and which values equal only what they hash like."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Iterator
from weakref import WeakKeyDictionary

from burnish_analysis.perf.facts.types import Type
from burnish_analysis.perf.model import Evidence, Finding, Known, Rule
from burnish_analysis.perf.module import Module
from burnish_analysis.perf.rules.hoisting import Hoist, plan
from burnish_analysis.perf.walking import walk

__all__ = [
    "CONTAINERS",
    "asked_for_names",
    "base_name",
    "free_name",
    "hashable_lookups",
    "holds_hashable",
    "iterated_again",
    "looked_up",
    "looks_up_hashable",
    "membership",
    "names_in",
    "plan_lookup",
    "reflexive",
    "renamed",
    "short",
    "small",
    "table_finding",
    "total_key",
]

#: Types that can be iterated over again and again, and give the same while they do not change.
CONTAINERS = frozenset({
    "list", "tuple", "set", "frozenset", "dict", "str", "bytes", "range", "dict_keys", "dict_values", "dict_items", "collections.deque",
    "collections.Counter", "collections.defaultdict", "collections.OrderedDict",
})  # fmt: skip
_DICTS = frozenset({"dict", "collections.Counter", "collections.defaultdict", "collections.OrderedDict"})
_REFLEXIVE = frozenset({"str", "bytes", "int", "bool", "NoneType", "range", "datetime.date", "datetime.timedelta", "fractions.Fraction",
                        "pathlib.Path", "uuid.UUID"})  # fmt: skip
#: A written list of fewer values is as fast as a set.
_FEW = 5
_TEXT_METHODS = ("lower", "upper", "strip", "lstrip", "rstrip", "casefold", "title", "swapcase", "capitalize")


def membership(node: ast.AST) -> ast.expr | None:
    """What is searched by a comparison that is ``x in ys`` or ``x not in ys`` and nothing else; None for others."""
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and isinstance(node.ops[0], (ast.In, ast.NotIn)):
        return node.comparators[0]
    return None


def looked_up(searched: ast.AST, module: Module) -> ast.expr | None:
    """What is looked up in ``searched``, where that is the right side of ``in`` or ``not in``."""
    parent = module.parent(searched)
    if isinstance(parent, ast.Compare) and membership(parent) is searched:
        return parent.left
    return None


def looks_up_hashable(searched: ast.AST, module: Module) -> bool:
    """Whether something is looked up in ``searched`` that is not shown to be unhashable."""
    left = looked_up(searched, module)
    return left is not None and module.types.hashable(module.types.of(left)) is not Known.NO


def hashable_lookups(hoist: Hoist, module: Module, evidence: Evidence) -> None:
    """Require that what is looked up at every place is hashable."""
    for left in (looked_up(spot, module) for spot in hoist.spots):
        if left is not None:
            evidence.require(
                module.types.hashable(module.types.of(left)), f"`{module.text(left)}` is hashable"
            )


def short(text: str) -> str:
    """A piece of code for a message."""
    line = " ".join(text.split())
    return line if len(line) <= 40 else line[:37] + "..."


def base_name(node: ast.AST) -> str:
    """A word for what an expression names: ``stop`` for ``stop``, ``self.stop`` and ``stop.values()``; empty where there is none."""
    match node:
        case ast.Name():
            return node.id.lower() if node.id.isupper() else node.id
        case ast.Attribute():
            return base_name(ast.Name(node.attr))
        case ast.Call():
            if isinstance(node.func, ast.Attribute) and not node.args:
                return base_name(node.func.value)
            return base_name(node.args[0]) if len(node.args) == 1 else ""
        case ast.Subscript() | ast.Starred():
            return base_name(node.value)
        case ast.ListComp() | ast.SetComp() | ast.GeneratorExp():
            return base_name(node.generators[0].iter)
    return ""


def reflexive(kind: Type | None) -> Known:
    """Whether values of a type are hashable and equal to themselves, which NaN is not."""
    if kind is None:
        return Known.UNKNOWN
    if kind.name in ("tuple", "frozenset"):
        known = Known.of(bool(kind.args))
        for arg in kind.args:
            known &= reflexive(arg)
        return known
    if kind.name in ("list", "dict", "set", "bytearray"):
        return Known.NO
    return Known.of(kind.name in _REFLEXIVE)


def holds_hashable(searched: ast.expr, module: Module) -> Known:
    """Whether what ``searched`` holds is hashable, a variable of the module only where nothing in it is put there later."""
    known = module.types.holds_hashable(searched)
    if (
        known is Known.YES
        and isinstance(searched, ast.Name)
        and module.flow.owner(searched).kind == "module"
        and not all(module.flow.only_reads(use) for use in module.flow.uses(searched))
    ):
        return Known.UNKNOWN
    return known


def small(searched: ast.expr, module: Module) -> bool:
    """Whether it names a handful of written values, which is not worth a set."""
    if not isinstance(searched, ast.Name) or any(
        module.flow.mutates(use) for use in module.flow.uses(searched)
    ):
        return False
    bindings = module.flow.bindings(searched)
    return bool(bindings) and all(
        isinstance(binding.value, (ast.List, ast.Tuple))
        and len(binding.value.elts) < _FEW
        and not any(isinstance(part, ast.Starred) for part in binding.value.elts)
        for binding in bindings
    )


def iterated_again(node: ast.expr, module: Module) -> Known:
    """Whether iterating over a value twice gives the same twice, which it does not for a generator."""
    kind = module.types.name(node)
    if kind in ("generator", "iterator", "file"):
        return Known.NO
    return Known.of(kind in CONTAINERS)


def asked_for_names(module: Module) -> bool:
    """Whether something in the module may ask for the local variables by their names."""
    if module not in _ASKED:
        _ASKED[module] = any(word in module.source for word in ("locals(", "vars()", "exec(", "eval("))
    return _ASKED[module]


_ASKED: WeakKeyDictionary[Module, bool] = WeakKeyDictionary()


def names_in(node: ast.AST) -> set[str]:
    """Every name in an expression."""
    return {part.id for part in walk(node) if isinstance(part, ast.Name)}


def renamed(node: ast.expr, old: str, new: str, module: Module) -> str:
    """The text of an expression with one name replaced by another."""
    begin, end = module.start(node), module.end(node)
    text = module.source[begin:end]
    places = (
        module.start(part) - begin for part in walk(node) if isinstance(part, ast.Name) and part.id == old
    )
    for place in sorted(places, reverse=True):
        text = text[:place] + new + text[place + len(old) :]
    return "\n".join(text.splitlines())


def free_name(node: ast.AST, module: Module, *wishes: str) -> str:
    """A name that the function around ``node`` uses for nothing, the first of ``wishes`` where it can be."""
    function = module.function(node) or module.tree
    taken = set(dir(builtins))
    for part in walk(function):
        match part:
            case ast.Name():
                taken.add(part.id)
            case ast.arg():
                taken.add(part.arg)
            case ast.Global() | ast.Nonlocal():
                taken.update(part.names)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef() | ast.ExceptHandler() if (
                part.name
            ):
                taken.add(part.name)
            case ast.alias():
                taken.add((part.asname or part.name).partition(".")[0])
            case ast.MatchAs() | ast.MatchStar() if part.name:
                taken.add(part.name)
            case ast.MatchMapping() if part.rest:
                taken.add(part.rest)
    return next((wish for wish in wishes if wish not in taken), None) or module.fresh_name(node, *wishes)


def total_key(node: ast.expr, module: Module) -> Known:
    """Whether evaluating ``node`` cannot fail: also a known place of a tuple, and methods of text without arguments."""
    if (
        isinstance(node, ast.Subscript)
        and isinstance(node.slice, ast.Constant)
        and isinstance(node.slice.value, int)
    ):
        kind = module.types.of(node.value)
        if kind is not None and kind.name == "tuple" and len(kind.args) > node.slice.value >= 0:
            return total_key(node.value, module)
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and not node.args
        and not node.keywords
        and node.func.attr in _TEXT_METHODS
        and module.types.name(node.func.value) == "str"
    ):
        return total_key(node.func.value, module)
    return module.effects.total(node)


# A table before the loop ---------------------------------------------------------------------------------------------------


def plan_lookup(
    searched: ast.expr,
    module: Module,
    evidence: Evidence,
    total: Known,
    fits: Callable[[ast.expr], bool],
) -> Hoist | None:
    """Where what is made from ``searched`` can be made once, before the loops around it; see ``hoisting.plan``."""
    hoist = plan(searched, module, evidence, lambda _loop: total, fits)
    if hoist is None or not all(_seen_at(name, hoist.statement, module) for name in _names(searched)):
        return None
    return hoist


def _names(node: ast.AST) -> Iterator[ast.Name]:
    return (part for part in walk(node) if isinstance(part, ast.Name))


def _seen_at(name: ast.Name, statement: ast.stmt, module: Module) -> bool:
    """Whether the type of a variable is shown at ``statement`` too, and not only by an ``if isinstance`` inside it."""
    kind = module.types.of(name)
    if kind is None or module.types.of_name(name.id, module.scope(name)) == kind:
        return True
    tests = [
        outer
        for outer in module.ancestors(name)
        if isinstance(outer, (ast.If, ast.IfExp, ast.BoolOp)) and name.id in names_in(outer)
    ]
    around = set(module.ancestors(statement))
    return all(test in around for test in tests if not isinstance(test, ast.If) or _tests(test, name.id))


def _tests(node: ast.If, name: str) -> bool:
    return name in names_in(node.test)


def table_finding(
    rule: Rule,
    node: ast.expr,
    message: str,
    module: Module,
    evidence: Evidence,
    hoist: Hoist,
    wish: str,
    made: Callable[[str], str],
    used: Callable[[ast.expr, str], tuple[ast.expr, str]],
    title: str,
) -> Finding:
    """A finding whose fix makes a table before a loop and looks values up in it.

    Args:
        wish: for the table's name. made: the lines that make it. used: for one place, the expression to replace and its new text.
    """
    name = module.fresh_name(node, wish)
    spots = [used(spot, name) for spot in hoist.spots]
    return module.finding(
        rule,
        node,
        message,
        evidence,
        title=title,
        edits=[
            module.insert_before(hoist.statement, made(name)),
            *(module.replace(spot, text) for spot, text in spots),
        ],
    )
