"""Which ``with`` statements may end normally although their body raised."""

from __future__ import annotations

import ast

from burnish_analysis.perf.module import Module

__all__ = ["may_swallow"]

#: Context managers whose exit never takes an exception away, by the last part of their name.
_HONEST = frozenset({
    "open", "Lock", "RLock", "Semaphore", "Condition", "closing", "aclosing", "nullcontext", "TemporaryDirectory", "NamedTemporaryFile",
    "TemporaryFile", "SpooledTemporaryFile", "ThreadPoolExecutor", "ProcessPoolExecutor", "Pool", "ZipFile", "urlopen", "scandir",
    "redirect_stdout", "redirect_stderr", "catch_warnings", "localcontext", "chdir", "fdopen", "socket", "create_connection",
})  # fmt: skip


def may_swallow(node: ast.With | ast.AsyncWith, module: Module) -> bool:
    """Whether the code after a ``with`` may run although its body did not end: unknown context managers may do anything."""
    return not all(_honest(item.context_expr, module) for item in node.items)


def _honest(manager: ast.expr, module: Module) -> bool:
    called = manager.func if isinstance(manager, ast.Call) else manager
    if isinstance(called, ast.Attribute):
        return called.attr in _HONEST or called.attr.lower().rstrip("_").endswith("lock")
    if not isinstance(called, ast.Name):
        return False
    meaning = module.qualified(called)
    if meaning is not None:
        return meaning.rpartition(".")[2] in _HONEST
    return isinstance(manager, ast.Name) and called.id.lower().endswith("lock")
