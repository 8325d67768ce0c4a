"""Lists that are kept to know what was seen."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from burnish_analysis.perf.model import About, Edit, Evidence, Finding, Known, Rule
from burnish_analysis.perf.module import Module
from burnish_analysis.perf.rules.lookup_parts import asked_for_names, looked_up, short

__all__ = ["ListUsedAsSet", "require_hashable", "set_begin", "set_uses"]


class ListUsedAsSet(Rule):
    """A list that is only added to and searched."""

    id = "list-used-as-set"
    about = About(
        summary="A list is only added to and searched, as a set is",
        before="""\
def repeated(words: list[str]) -> int:
    seen = []
    again = 0
    for word in words:
        if word in seen:
            again += 1
        seen.append(word)
    return again
""",
        after="""\
def repeated(words: list[str]) -> int:
    seen = set()
    again = 0
    for word in words:
        if word in seen:
            again += 1
        seen.add(word)
    return again
""",
        why="A list is searched from its beginning, a set finds a value by its hash in one step. "
        "Nothing here asks for an order, for duplicates or for the list itself.",
        preconditions=(
            "nothing but `in`, `append`, `extend`, `clear` and tests for emptiness is done with it",
            "what is put in and looked up is hashable, of built-in types",
        ),
    )
    nodes = (ast.Assign, ast.AnnAssign)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At statements that make a list."""
        target, value = _made(node)
        if target is None or not isinstance(value, (ast.List, ast.Call)) or not module.flow.local(target):
            return
        bindings = module.flow.bindings(target)
        if len(bindings) != 1 or bindings[0].kind not in ("assign", "annotate"):
            return
        begun = set_begin(value, module)
        if begun is None:
            return
        evidence = Evidence()
        evidence.require(
            Known.of(not asked_for_names(module)), "nothing asks for the names of the local variables"
        )
        edits = set_uses(target, module, evidence)
        if edits is None:
            return
        if isinstance(value, ast.List):
            for part in value.elts:
                require_hashable(part, module, evidence)
        if isinstance(node, ast.AnnAssign):
            edits.append(_annotation(node.annotation, module))
        if evidence.violated:
            return
        yield module.finding(
            self,
            target,
            f"`{target.id}` is only added to and searched; a set finds a value at once.",
            evidence,
            title=f"Make `{target.id}` a set",
            edits=[*begun, *edits],
        )


def _made(node: ast.AST) -> tuple[ast.Name | None, ast.expr | None]:
    if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
        return node.targets[0], node.value
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return node.target, node.value
    return None, None


def set_begin(value: ast.expr, module: Module) -> list[Edit | None] | None:
    """Make a set where a list was made; None where it is not ``[]``, ``[a, b]`` or ``list()``."""
    if isinstance(value, ast.List):
        if not value.elts:
            return [module.replace(value, "set()")]
        start, end = module.start(value), module.end(value)
        return [Edit(start, start + 1, "{"), Edit(end - 1, end, "}")]
    if (
        isinstance(value, ast.Call)
        and module.calls(value, "builtins.list")
        and not value.args
        and not value.keywords
    ):
        return [module.replace(value, "set()")]
    return None


def _annotation(node: ast.expr, module: Module) -> Edit | None:
    name = node.value if isinstance(node, ast.Subscript) else node
    if isinstance(name, ast.Name) and module.qualified(name) == "builtins.list":
        return module.replace(name, "set")
    return None


def set_uses(target: ast.Name, module: Module, evidence: Evidence) -> list[Edit | None] | None:
    """The edits of every use; None where one asks for more than a set gives, or no loop searches the list."""
    edits: list[Edit | None] = []
    searched = put = False
    for use in module.flow.uses(target):
        left = looked_up(use, module)
        parent = module.parent(use)
        if left is not None:
            require_hashable(left, module, evidence)
            searched = searched or _in_loop(use, module)
            continue
        if _only_tested(use, module):
            continue
        call = module.parent(parent) if isinstance(parent, ast.Attribute) else None
        if not isinstance(parent, ast.Attribute) or not isinstance(call, ast.Call) or call.func is not parent:
            return None
        if call.keywords or len(call.args) != (0 if parent.attr == "clear" else 1):
            return None
        if parent.attr == "clear":
            continue
        if parent.attr not in ("append", "extend") or isinstance(call.args[0], ast.Starred):
            return None
        put = True
        if parent.attr == "append":
            require_hashable(call.args[0], module, evidence)
        else:
            evidence.require(
                module.types.holds_hashable(call.args[0]),
                f"`{short(module.text(call.args[0]))}` holds hashable values",
            )
        end = module.end(parent)
        edits.append(Edit(end - len(parent.attr), end, "add" if parent.attr == "append" else "update"))
    return edits if searched and put else None


def _in_loop(use: ast.Name, module: Module) -> bool:
    """Whether a loop after the list was made, or a function that is called again, searches it."""
    return bool(module.loops(use)) or module.scope(use).function is not module.flow.owner(use)


def _only_tested(use: ast.Name, module: Module) -> bool:
    """Whether the use only asks whether the list is empty."""
    node: ast.AST = use
    parent = module.parent(node)
    if isinstance(parent, ast.UnaryOp) and isinstance(parent.op, ast.Not):
        return True
    while isinstance(parent, ast.BoolOp):
        node, parent = parent, module.parent(parent)
    return isinstance(parent, (ast.If, ast.While, ast.IfExp)) and parent.test is node


def require_hashable(node: ast.expr, module: Module, evidence: Evidence) -> None:
    """Require that what an expression gives can be in a set."""
    evidence.require(
        module.types.hashable(module.types.of(node)), f"`{short(module.text(node))}` is hashable"
    )
