"""Classes that only hold values: dataclasses and named tuples."""

from __future__ import annotations

import ast
import keyword
from collections.abc import Iterator

from burnish_analysis.perf.facts.writing import assignment
from burnish_analysis.perf.model import About, Edit, Evidence, Finding, Import, Known
from burnish_analysis.perf.module import Module
from burnish_analysis.refactor.model import Refactoring
from burnish_analysis.refactor.rules.data_parts import assigned, level, offer

__all__ = ["DataClass", "NamedTupleClass"]

_TAKING_PART = frozenset(
    {"__new__", "__post_init__", "__slots__", "__setattr__", "__match_args__", "__init_subclass__"}
)


class DataClass(Refactoring):
    """A class whose ``__init__`` only keeps what it is given."""

    id = "dataclass"
    about = About(
        summary="A class's `__init__` does nothing but keep its arguments",
        before="""\
from dataclasses import dataclass


class Point:
    def __init__(self, x: int, y: int = 0) -> None:
        self.x = x
        self.y = y

    def __repr__(self) -> str:
        return f"<{self.x}, {self.y}>"
""",
        after="""\
from dataclasses import dataclass


@dataclass(eq=False)
class Point:
    x: int
    y: int = 0

    def __repr__(self) -> str:
        return f"<{self.x}, {self.y}>"
""",
        why="A dataclass names every value once instead of three times. `eq=False` keeps what equal means: without it, two objects with "
        "the same values would be equal, and not hashable.",
        preconditions=(
            "nobody relies on the `repr` of the class, on its attributes or on its annotations",
            "every argument has an annotation, and no default can change",
        ),
        references=("https://docs.python.org/3/library/dataclasses.html",),
    )
    nodes = (ast.ClassDef,)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At classes without bases and decorators."""
        if not isinstance(node, ast.ClassDef) or node.bases or node.keywords or node.decorator_list:
            return
        indent = module.indent(node)
        made = next(
            (part for part in node.body if isinstance(part, ast.FunctionDef) and part.name == "__init__"),
            None,
        )
        if made is None or indent is None or module.indent(made) is None or made.decorator_list:
            return
        fields = _fields(made, module)
        if fields is None or not _room(node, made, [name for name, _ in fields]):
            return
        evidence = Evidence()
        evidence.require(Known.UNKNOWN, f"nobody looks at what else a dataclass gives `{node.name}`")
        if not any(isinstance(part, ast.FunctionDef) and part.name == "__repr__" for part in node.body):
            evidence.require(Known.UNKNOWN, f"nobody relies on the `repr` of `{node.name}`")
        inner = module.indent(made) or ""
        decorator = module.imported("dataclasses", "dataclass", at=node)
        at = module.line_start(module.start(node))
        yield from offer(
            self,
            module,
            node,
            f"`{node.name}` only keeps what it is given.",
            evidence,
            "Make it a dataclass",
            [
                Edit(at, at, f"{indent}@{decorator}(eq=False)\n"),
                Edit(module.start(made), module.end(made), f"\n{inner}".join(text for _, text in fields)),
            ],
            [Import("dataclasses", "dataclass")],
            until=made,
        )


def _fields(made: ast.FunctionDef, module: Module) -> list[tuple[str, str]] | None:
    """Name and line of every field, in the order of the arguments."""
    given = made.args
    if given.posonlyargs or given.kwonlyargs or given.vararg or given.kwarg or len(given.args) < 2:
        return None
    own, *arguments = given.args
    kept = [_kept(statement, own.arg) for statement in made.body]
    if sorted(name or "" for name in kept) != sorted(argument.arg for argument in arguments):
        return None
    defaults = [None] * (len(arguments) - len(given.defaults)) + list(given.defaults[-len(arguments) :])
    if len(given.defaults) > len(arguments):
        return None
    fields = []
    for argument, default in zip(arguments, defaults, strict=True):
        if argument.annotation is None or any(
            word in module.text(argument.annotation) for word in ("ClassVar", "InitVar", "\n")
        ):
            return None
        if default is not None and not isinstance(default, ast.Constant):
            return None
        text = f"{argument.arg}: {module.text(argument.annotation)}"
        fields.append((argument.arg, text if default is None else f"{text} = {module.text(default)}"))
    return fields if not any("\n" in text for _, text in fields) else None


def _kept(statement: ast.stmt, own: str) -> str | None:
    """The name in ``self.name = name``."""
    found = assignment(statement)
    if found is None:
        return None
    target, value = found
    if (
        not isinstance(target, ast.Attribute)
        or not isinstance(target.value, ast.Name)
        or target.value.id != own
    ):
        return None
    same = isinstance(value, ast.Name) and value.id == target.attr and not target.attr.startswith("__")
    return target.attr if same else None


def _room(node: ast.ClassDef, made: ast.FunctionDef, fields: list[str]) -> bool:
    """Whether nothing else in the class would become a field or get in the way of one."""
    used = _TAKING_PART | set(fields)
    for part in node.body:
        if part is made or (isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant)):
            continue
        if isinstance(part, (ast.FunctionDef, ast.AsyncFunctionDef)):
            if part.name in used or part.name == "__init__":
                return False
        elif isinstance(part, ast.Assign):
            if any(
                isinstance(name, ast.Name) and name.id in used
                for target in part.targets
                for name in ast.walk(target)
            ):
                return False
        elif not isinstance(part, ast.Pass):
            return False
    return True


class NamedTupleClass(Refactoring):
    """``namedtuple("Point", "x y")``."""

    id = "named-tuple"
    suggest = False
    about = About(
        summary="A named tuple is made by a call",
        before="""\
from collections import namedtuple
from typing import Any, NamedTuple

Point = namedtuple("Point", ["x", "y"], defaults=[0])
""",
        after="""\
from collections import namedtuple
from typing import Any, NamedTuple

class Point(NamedTuple):
    x: Any
    y: Any = 0
""",
        why="A class has room for the types of its fields, for a docstring and for methods, and editors understand it.",
        preconditions=("the names are written in the call",),
        references=("https://docs.python.org/3/library/typing.html#typing.NamedTuple",),
    )
    nodes = (ast.Assign,)
    imports = ("collections",)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At ``Name = namedtuple("Name", …)``."""
        made = assigned(node) if isinstance(node, ast.Assign) else None
        if made is None or not isinstance(node, ast.Assign):
            return
        name, call = made
        if not isinstance(call, ast.Call):
            return
        if module.qualified(call.func) != "collections.namedtuple" or len(call.args) != 2:
            return
        title, listed = call.args
        indent = module.indent(node)
        if not isinstance(title, ast.Constant) or title.value != name.id or indent is None:
            return
        fields = _names(listed)
        if not fields or name.id in module.scope(node).declared:
            return
        defaults = _defaults(call, module)
        if defaults is None or len(defaults) > len(fields):
            return
        base = module.imported("typing", "NamedTuple", at=node)
        some = module.imported("typing", "Any", at=node)
        if any(field in (some, base.partition(".")[0], some.partition(".")[0]) for field in fields):
            return
        values = [""] * (len(fields) - len(defaults)) + [f" = {text}" for text in defaults]
        lines = [f"{field}: {some}{value}" for field, value in zip(fields, values, strict=True)]
        text = f"class {name.id}({base}):" + "".join(
            f"\n{indent}{level(module, indent)}{line}" for line in lines
        )
        evidence = Evidence()
        evidence.require(Known.UNKNOWN, f"nobody looks at the annotations or the bases of `{name.id}`")
        yield from offer(
            self,
            module,
            node,
            f"`{name.id}` is made by a call.",
            evidence,
            "Make it a class",
            [Edit(module.start(node), module.end(node), text)],
            [Import("typing", "NamedTuple"), Import("typing", "Any")],
        )


def _names(listed: ast.expr) -> list[str]:
    """The field names as written, in a list or in one text; nothing where one of them cannot be a field."""
    if isinstance(listed, ast.Constant) and isinstance(listed.value, str):
        found = listed.value.replace(",", " ").split()
    elif isinstance(listed, (ast.List, ast.Tuple)):
        found = [
            part.value if isinstance(part, ast.Constant) and isinstance(part.value, str) else ""
            for part in listed.elts
        ]
    else:
        return []
    fine = all(
        name.isidentifier() and not keyword.iskeyword(name) and not name.startswith("_") for name in found
    )
    return found if fine and len(set(found)) == len(found) else []


def _defaults(call: ast.Call, module: Module) -> list[str] | None:
    """The defaults of the last fields, as text; None where there is any other keyword."""
    for one in call.keywords:
        if one.arg != "defaults" or not isinstance(one.value, (ast.List, ast.Tuple)):
            return None
        if any(not isinstance(part, ast.Constant) for part in one.value.elts) or len(call.keywords) > 1:
            return None
        return [module.text(part) for part in one.value.elts]
    return []
