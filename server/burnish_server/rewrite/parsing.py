"""A proposal read strictly: the same function, and what it may bring along."""

from __future__ import annotations

import ast
import builtins
import sys
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from burnish_server.rewrite.answers import code_in
from burnish_server.rewrite.model import RefusedError
from burnish_server.rewrite.target import Function, Target, body_of
from burnish_server.rewrite.texts import Text

__all__ = ["Proposal", "bound_by", "names_in", "proposal_in", "same_syntax"]

#: Longer code (characters) than this is not read at all.
LONGEST = 40_000


@dataclass(frozen=True, slots=True)
class Proposal:
    """Another version of a function.

    Attributes:
        code: the text that it stands in. node: the function there.
        helpers: functions that it brings along. imports: statements, one name each, that it needs.
    """

    code: Text
    node: Function
    helpers: tuple[Function, ...] = ()
    imports: tuple[ast.Import | ast.ImportFrom, ...] = ()

    @property
    def functions(self) -> tuple[Function, ...]:
        """The function and its helpers."""
        return (self.node, *self.helpers)

    @property
    def identity(self) -> str:
        """The same for proposals whose code is the same, up to layout, comments, annotations and docstrings."""
        return "\n".join(same_syntax(function) for function in self.functions)


def proposal_in(answer: str, target: Target, *, finished: bool = True) -> Proposal:
    """What a model's answer proposes for a function.

    Raises:
        RefusedError: it is not one whole version of this function.
    """
    code = code_in(answer, finished=finished)
    if len(code) > LONGEST:
        raise RefusedError("too long")
    tree = _tree(code)
    named: list[Function] = []
    helpers: list[Function] = []
    imports: list[ast.Import | ast.ImportFrom] = []
    for statement in _unwrapped(tree.body, target):
        if isinstance(statement, (ast.Import, ast.ImportFrom)):
            imports += _single(statement)
        elif isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
            (named if statement.name == target.own else helpers).append(statement)
        else:
            raise RefusedError(
                "more than the function", f"line {statement.lineno}: {type(statement).__name__}"
            )
    if not named:
        raise RefusedError("no such function", target.own)
    if len(named) > 1:
        raise RefusedError("more than the function", f"{target.own} is there {len(named)} times")
    _same_function(named[0], target.node)
    _fitting_helpers(helpers, target)
    functions = [named[0], *helpers]
    used = {name for function in functions for name in names_in(function)}
    needed = [one for one in imports if bound_by(one) in used]
    known = _modules_of(target.tree)
    for one in [*needed, *(node for function in functions for node in _imports_within(function))]:
        _known_import(one, known)
    return Proposal(Text(code), named[0], tuple(helpers), tuple(needed))


def same_syntax(function: Function) -> str:
    """The syntax of a function without docstring and annotations, positions left out."""
    parts = [type(function).__name__, function.name, ast.dump(_bare(function.args))]
    parts += [ast.dump(one) for one in function.decorator_list]
    parts += [ast.dump(one) for one in body_of(function)]
    return "\n".join(parts)


def names_in(node: ast.AST) -> Iterator[str]:
    """Every name that is read or bound within, annotations included."""
    for one in ast.walk(node):
        if isinstance(one, ast.Name):
            yield one.id


def bound_by(statement: ast.Import | ast.ImportFrom) -> str:
    """The name that an import of one thing binds."""
    alias = statement.names[0]
    return alias.asname or (alias.name.partition(".")[0] if isinstance(statement, ast.Import) else alias.name)


def _tree(code: str) -> ast.Module:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(code)
            # Not all that parses is Python: parameters that are there twice, ``nonlocal`` of nothing.
            compile(tree, "<answer>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise RefusedError("not Python", str(getattr(error, "msg", error))) from None
    return tree


def _unwrapped(body: list[ast.stmt], target: Target) -> list[ast.stmt]:
    """The statements; of a method's class that holds this one method, the method."""
    outer = target.name.split(".")[:-1]
    found: list[ast.stmt] = []
    for statement in body:
        inside = statement
        for name in outer:
            if not isinstance(inside, ast.ClassDef) or inside.name != name or len(inside.body) != 1:
                break
            inside = inside.body[0]
        found.append(inside if isinstance(inside, (ast.FunctionDef, ast.AsyncFunctionDef)) else statement)
    return found


def _single(statement: ast.Import | ast.ImportFrom) -> list[ast.Import | ast.ImportFrom]:
    """One statement for each name that it imports."""
    if isinstance(statement, ast.Import):
        return [ast.Import([alias]) for alias in statement.names]
    return [ast.ImportFrom(statement.module, [alias], statement.level) for alias in statement.names]


def _same_function(node: Function, original: Function) -> None:
    if type(node) is not type(original) or _yields(node) != _yields(original):
        raise RefusedError("another kind of function")
    given = [ast.dump(one) for one in node.decorator_list]
    if given and given != [ast.dump(one) for one in original.decorator_list]:
        raise RefusedError("other decorators")
    if ast.dump(_bare(node.args)) != ast.dump(_bare(original.args)):
        raise RefusedError("other parameters", f"({ast.unparse(_bare(node.args))})")
    if not body_of(node):
        raise RefusedError("no code", "the function is empty")


def _fitting_helpers(helpers: list[Function], target: Target) -> None:
    taken = set(dir(builtins)) | {*names_in(target.tree), *_definitions(target.tree)}
    seen: set[str] = set()
    for helper in helpers:
        if helper.name in taken or helper.name in seen:
            raise RefusedError("name clash", helper.name)
        if helper.decorator_list:
            raise RefusedError("keeps state", f"the helper {helper.name} is decorated")
        seen.add(helper.name)


def _definitions(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield node.name
        elif isinstance(node, ast.alias):
            yield node.asname or node.name.partition(".")[0]
        elif isinstance(node, ast.arg):
            yield node.arg


def _yields(function: Function) -> bool:
    return any(isinstance(node, (ast.Yield, ast.YieldFrom)) for node in _own(function.body))


def _own(body: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """Nodes of a function's own scope."""
    for node in body:
        yield node
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)):
            yield from _own(ast.iter_child_nodes(node))


def _bare(arguments: ast.arguments) -> ast.arguments:
    """Parameters without annotations."""

    def bare(one: ast.arg | None) -> ast.arg | None:
        return None if one is None else ast.arg(one.arg)

    return ast.arguments(
        posonlyargs=[ast.arg(one.arg) for one in arguments.posonlyargs],
        args=[ast.arg(one.arg) for one in arguments.args],
        vararg=bare(arguments.vararg),
        kwonlyargs=[ast.arg(one.arg) for one in arguments.kwonlyargs],
        kw_defaults=arguments.kw_defaults,
        kwarg=bare(arguments.kwarg),
        defaults=arguments.defaults,
    )


def _imports_within(function: Function) -> Iterator[ast.Import | ast.ImportFrom]:
    for node in ast.walk(function):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            yield from _single(node)


def _modules_of(tree: ast.Module) -> set[tuple[int, str]]:
    """The modules that a module imports: level and top-level name."""
    found: set[tuple[int, str]] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {(0, alias.name.partition(".")[0]) for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(
                (node.level, node.module or "") if node.level else (0, (node.module or "").partition(".")[0])
            )
    return found


def _known_import(statement: ast.Import | ast.ImportFrom, known: set[tuple[int, str]]) -> None:
    """Refuse imports of what is neither standard nor imported already."""
    name = statement.names[0].name if isinstance(statement, ast.Import) else statement.module or ""
    level = statement.level if isinstance(statement, ast.ImportFrom) else 0
    if statement.names[0].name == "*":
        raise RefusedError("foreign import", "a star import")
    module = (level, name) if level else (0, name.partition(".")[0])
    if module[1] == "__future__" or (
        module not in known and (level or module[1] not in sys.stdlib_module_names)
    ):
        raise RefusedError("foreign import", name)
