"""Sort keys that Python need not call."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from burnish_analysis.perf.model import About, Evidence, Finding, Import, Rule
from burnish_analysis.perf.module import Module
from burnish_analysis.perf.rules.sorting import place_of

__all__ = ["LambdaKey"]

_TAKES_KEY = frozenset(
    {
        "builtins.sorted",
        "builtins.min",
        "builtins.max",
        "itertools.groupby",
        "heapq.nsmallest",
        "heapq.nlargest",
    }
)
_CALLABLE = frozenset(
    {
        "len",
        "abs",
        "int",
        "str",
        "float",
        "ord",
        "repr",
        "sum",
        "min",
        "max",
        "tuple",
        "sorted",
        "hash",
        "bool",
    }
)


class LambdaKey(Rule):
    """``key=lambda x: x[0]``."""

    id = "lambda-key"
    about = About(
        summary="A key function in Python does what a built-in one does",
        before="""\
from operator import itemgetter


def by_age(people: list[tuple[int, str]]) -> list[tuple[int, str]]:
    return sorted(people, key=lambda person: person[0])
""",
        after="""\
from operator import itemgetter


def by_age(people: list[tuple[int, str]]) -> list[tuple[int, str]]:
    return sorted(people, key=itemgetter(0))
""",
        why="A lambda costs a call of a Python function for every value; `operator` and built-in functions are called from C directly.",
        preconditions=(
            "the lambda only takes items or attributes written out, or calls one built-in function",
        ),
        references=("https://docs.python.org/3/library/operator.html",),
    )
    nodes = (ast.Lambda,)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At lambdas given as ``key=``."""
        keyword = module.parent(node)
        if not isinstance(node, ast.Lambda) or not isinstance(keyword, ast.keyword) or keyword.arg != "key":
            return
        call = module.parent(keyword)
        if not isinstance(call, ast.Call):
            return
        arguments = node.args
        if (
            len(arguments.args) != 1
            or arguments.vararg
            or arguments.kwarg
            or arguments.kwonlyargs
            or arguments.defaults
            or arguments.posonlyargs
        ):
            return
        evidence = Evidence()
        if module.qualified(call.func) not in _TAKES_KEY:
            if not isinstance(call.func, ast.Attribute) or call.func.attr != "sort" or call.args:
                return
            owner = module.types.is_a(call.func.value, "list")
            if not evidence.require(owner, f"`{module.text(call.func.value)}` is a `list`"):
                return
        made = _direct(node.body, arguments.args[0].arg, node, module)
        if made is None:
            return
        text, needed = made
        yield module.finding(
            self,
            node,
            f"The lambda is called for every value; `{text}` does the same in C.",
            evidence,
            title=f"Use `{text}` as the key",
            edits=[
                module.replace(node, text)
                if "\n" not in module.text(node)
                or not module.comments_in(module.start(node), module.end(node))
                else None
            ],
            imports=needed,
        )


def _direct(body: ast.expr, name: str, node: ast.Lambda, module: Module) -> tuple[str, list[Import]] | None:
    """What does the same as the lambda, and the imports for it."""
    if isinstance(body, ast.Call):
        plain = (
            len(body.args) == 1
            and not body.keywords
            and isinstance(body.args[0], ast.Name)
            and body.args[0].id == name
        )
        if (
            plain
            and isinstance(body.func, ast.Name)
            and body.func.id in _CALLABLE
            and module.calls(body, f"builtins.{body.func.id}")
        ):
            return body.func.id, []
        return None
    parts = body.elts if isinstance(body, ast.Tuple) else [body]
    if isinstance(body, ast.Tuple) and len(parts) < 2:
        return None
    items = [_item(part, name, module) for part in parts]
    if all(item is not None for item in items):
        return f"{module.imported('operator', 'itemgetter', at=node)}({', '.join(filter(None, items))})", [
            Import("operator", "itemgetter")
        ]
    attributes = [_attribute(part, name) for part in parts]
    if all(attribute is not None for attribute in attributes):
        quoted = ", ".join(f'"{attribute}"' for attribute in attributes)
        return f"{module.imported('operator', 'attrgetter', at=node)}({quoted})", [
            Import("operator", "attrgetter")
        ]
    return None


def _item(node: ast.expr, name: str, module: Module) -> str | None:
    if not isinstance(node, ast.Subscript) or not isinstance(node.value, ast.Name) or node.value.id != name:
        return None
    written = place_of(node.slice) is not None or (
        isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str)
    )
    return module.text(node.slice) if written else None


def _attribute(node: ast.expr, name: str) -> str | None:
    names: list[str] = []
    while isinstance(node, ast.Attribute):
        if node.attr.startswith("__"):
            return None
        names.append(node.attr)
        node = node.value
    return ".".join(reversed(names)) if names and isinstance(node, ast.Name) and node.id == name else None
