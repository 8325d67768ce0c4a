"""A proposal for a text that was edited since: what was proved may still hold, where the function stands as it stood."""

from __future__ import annotations

import ast

from burnish_server.rewrite.model import Kept, RefusedError
from burnish_server.rewrite.parsing import proposal_in
from burnish_server.rewrite.placing import placed
from burnish_server.rewrite.target import Target, functions_of, target_named

__all__ = ["renewed"]


def renewed(kept: Kept, text: str) -> str | None:
    """The present text with the proposal in the function's place; None where the function is another by now.

    Whether what it depends on is the same must be asked of the verdicts.
    """
    was, now = target_named(kept.before, kept.function), target_named(text, kept.function)
    proposed = target_named(kept.after, kept.function)
    if was is None or now is None or proposed is None or was.source != now.source:
        return None
    try:
        return placed(proposal_in(_alone(kept, proposed), now), now)
    except RefusedError:
        return None


def _alone(kept: Kept, proposed: Target) -> str:
    """The proposal as an answer would hold it: imports and helpers that are new, and the function."""
    before = target_named(kept.before, kept.function)
    assert before is not None
    known = {name for name, _, _ in functions_of(before.tree)}
    there = {ast.dump(one) for one in before.tree.body if isinstance(one, (ast.Import, ast.ImportFrom))}
    imports = [one for one in proposed.tree.body if isinstance(one, (ast.Import, ast.ImportFrom))]
    parts = [ast.unparse(one) for one in imports if ast.dump(one) not in there]
    parts += [
        proposed.text.segment(node) for name, node, _ in functions_of(proposed.tree) if name not in known
    ]
    lines = proposed.source.split("\n")
    # Without its decorators: those in the document stay.
    own = lines[proposed.node.lineno - proposed.first :]
    width = len(proposed.indent)
    inside = (
        own if not width else [line[width:] if line.startswith(proposed.indent) else line for line in own]
    )
    return "\n\n".join([*parts, "\n".join(inside)])
