"""What only works in the frame it is written in, and so cannot move into another function."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from burnish_analysis.errors import RefactoringError
from burnish_analysis.perf.module import Module

__all__ = ["check_frame"]

#: Names that look at the frame they are called in.
_LOOKING = frozenset({"locals", "vars", "dir", "eval", "exec", "super", "__class__", "breakpoint"})
_FRAMES = frozenset(
    {"_getframe", "_getframemodulename", "currentframe", "stack", "getouterframes", "f_back", "f_locals"}
)
#: What ends when its last variable is gone: a helper's variables are gone sooner.
_BOUND_TO_LIFE = ("tempfile.", "weakref.")


def check_frame(module: Module, parts: Iterable[ast.AST]) -> None:
    """Refuse code that would see another frame, or lose an object too early.

    Raises:
        RefactoringError: it names what stands in the way.
    """
    for part in parts:
        for node in ast.walk(part):
            word = ""
            if isinstance(node, ast.Name) and node.id in _LOOKING:
                word = node.id
            elif isinstance(node, ast.Attribute) and node.attr in _FRAMES:
                word = node.attr
            elif isinstance(node, ast.keyword) and node.arg == "stacklevel":
                word = "stacklevel"
            if word:
                raise RefactoringError(
                    f"`{word}` looks at the function it stands in, so it cannot move to another."
                )
            if isinstance(node, (ast.Assign, ast.NamedExpr)) and isinstance(node.value, ast.Call):
                meaning = module.qualified(node.value.func) or ""
                if meaning.startswith(_BOUND_TO_LIFE):
                    raise RefactoringError(
                        f"What `{meaning}` makes ends with the variable that holds it; leave that in the function."
                    )
