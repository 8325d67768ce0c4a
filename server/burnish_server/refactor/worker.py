"""The process for what crosses functions and files, and for plans: rope takes its time, and findings must not wait for it.

Run as ``python -m burnish_server.refactor.worker``. One JSON object a line, one answer for each:

* ``{"op": "offers", "root", "path", "text", "start", "end"}`` → ``{"offers"}``
* ``{"op": "perform", "root", "path", "texts", "start", "end", "id", "answers", "seconds"}`` → the changes; ``texts`` are the
  unsaved documents by path
* ``{"op": "plan", "path", "text", "offset"}`` → the plan for the function around a place
* ``{"op": "figures", "before", "after", "function"}`` → ``{"words"}``: what a change does to complexity

What cannot be done is answered with ``{"error"}``.
"""

from __future__ import annotations

import ast
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from burnish_analysis.errors import RefactoringError
from burnish_analysis.metrics.compare import change
from burnish_analysis.perf.module import Module
from burnish_analysis.refactor.crossing.api import CROSSING, offers, perform
from burnish_analysis.refactor.crossing.model import Changes
from burnish_analysis.refactor.crossing.workspace import Workspace
from burnish_analysis.refactor.plan import Plan, plan
from burnish_analysis.refactor.settings import find_refactor_settings
from burnish_server.perf.serving import serve
from burnish_server.refactor.model import stamp_of

__all__ = ["Refactorer", "function_around", "main"]


class Refactorer:
    """Carries out operations; keeps the files it has read."""

    def __init__(self) -> None:
        self._workspace: Workspace | None = None

    def answer(self, message: dict[str, Any]) -> dict[str, Any]:
        """Carry out one operation.

        Raises:
            AnalysisError: it cannot be done; a sentence for users.
        """
        match message["op"]:
            case "offers":
                workspace = self._at(message["root"], {message["path"]: message["text"]})
                made = offers(workspace, Path(message["path"]), message["start"], message["end"])
                return {"offers": [asdict(one) for one in made]}
            case "perform":
                return self._perform(message)
            case "plan":
                module = Module(message["text"], message["path"])
                function = function_around(module, message["offset"])
                below = find_refactor_settings(Path(message["path"] or ".").parent).suggest_from
                return _plan_json(plan(message["text"], function, message["path"], below=below))
            case "figures":
                found = change(message["before"], message["after"], message["function"])
                return {"words": found.words}
            case other:
                return {"error": f"there is no operation {other!r}"}

    def _perform(self, message: dict[str, Any]) -> dict[str, Any]:
        workspace = self._at(message["root"], message["texts"])
        place = Path(message["path"]), message["start"], message["end"]
        found = perform(workspace, *place, message["id"], message["answers"], seconds=message["seconds"])
        return _changes_json(workspace, found) | {"unproved": CROSSING[message["id"]].unproved}

    def _at(self, root: str, texts: dict[str, str]) -> Workspace:
        overlay = {Path(path): text for path, text in texts.items()}
        if self._workspace is None or self._workspace.root != Path(root).resolve():
            self._workspace = Workspace(Path(root), overlay)
        else:
            self._workspace.refresh(overlay)
        return self._workspace


def function_around(module: Module, offset: int) -> str:
    """The dotted name of the innermost function around a place, or of the one whose head it stands on.

    Raises:
        RefactoringError: there is none.
    """
    found: list[tuple[int, ast.AST]] = []
    for kind in (ast.FunctionDef, ast.AsyncFunctionDef):
        for node in module.structure.nodes.get(kind, ()):
            assert isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
            first = min([module.start(node), *(module.start(part) for part in node.decorator_list)])
            start, end = module.line_start(first), module.line_end(module.end(node))
            if start <= offset < end or offset == end == len(module.source):
                found.append((end - start, node))
    if not found:
        raise RefactoringError("Put the cursor inside the function that is to be made simpler.")
    innermost = min(found, key=lambda one: one[0])[1]
    around = [innermost, *module.ancestors(innermost)]
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return ".".join(reversed([node.name for node in around if isinstance(node, kinds)]))


def _plan_json(made: Plan) -> dict[str, Any]:
    steps = [
        {
            "title": step.title,
            "refactoring": step.refactoring,
            "before": step.before,
            "after": step.after,
            "words": step.change.words,
            "verify": step.verify,
        }
        for step in made.steps
    ]
    return {
        "function": made.function,
        "steps": steps,
        "complexity_before": made.complexity_before,
        "complexity_after": made.complexity_after,
        "reason": made.reason,
    }


def _changes_json(workspace: Workspace, found: Changes) -> dict[str, Any]:
    stamps = {str(path): stamp_of(workspace.text(path).source) for path in found.edits}
    return {
        "edits": {
            str(path): [(e.start, e.end, e.text) for e in edits] for path, edits in found.edits.items()
        },
        "stamps": stamps,
        "created": {str(path): text for path, text in found.created.items()},
        "moved": {str(path): str(other) for path, other in found.moved.items()},
        "removed": [str(path) for path in found.removed],
        "notes": list(found.notes),
    }


def main() -> int:
    """Serve standard input until it ends."""
    return serve(Refactorer().answer)


if __name__ == "__main__":
    sys.exit(main())
