"""Ask the explorer for inputs; what it says is checked and taken as a proposal."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, get_args

from burnish_analysis.sandbox.model import Kind
from burnish_analysis.verify.model import Call, Origin, VerifyOptions
from burnish_analysis.verify.program import Lines, run_inside
from burnish_analysis.verify.stoppable import StopLike

__all__ = ["Exploration", "explore", "watched_names"]

_ORIGINS = frozenset(get_args(Origin))
_LONGEST = 400_000
#: Hypothesis is asked only where so many seconds are left.
_IMPORT_S = 0.35


@dataclass(frozen=True)
class Exploration:
    """What the explorer proposes.

    Attributes:
        suspects: inputs on which the versions seem to differ, the simplest first. corpus: inputs worth comparing.
        sized: groups of calls of growing size, for timing. ends: how often the original ended how.
        reasons: by end, an example of why. failed: why nothing could be explored; which version: ``version``.
    """

    suspects: tuple[Call, ...] = ()
    corpus: tuple[Call, ...] = ()
    sized: tuple[tuple[Call, ...], ...] = ()
    ends: Mapping[str, int] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)
    failed: str = ""
    version: str = ""
    refused: bool = False
    sandbox: str = ""


def explore(
    before: str,
    after: str,
    function: str,
    options: VerifyOptions,
    *,
    text: str,
    seconds: float,
    call_seconds: float,
    packages: bool,
    stop: StopLike | None,
) -> Exploration:
    """Run the explorer on both versions for about ``seconds``; ``text`` is read for call sites and doctests, and not run."""
    job = {
        "text": text,
        "before": before,
        "after": after,
        "function": function,
        "module": options.module,
        "calls": [[call.source, call.origin] for call in options.calls],
        "seed": options.seed,
        "seconds": seconds,
        "call_seconds": call_seconds,
        "import_seconds": _IMPORT_S,
        "inputs": options.inputs,
        "tries": 3 * options.inputs,
        "watched": sorted(watched_names(before)),
        "sized": options.measure,
    }
    lines = run_inside(
        "explorer",
        job,
        options,
        seconds=3 * seconds + 6.0,
        packages=packages,
        hash_seed=options.seed % 1000,
        stop=stop,
    )
    return _read(lines)


def _read(lines: Lines) -> Exploration:
    outcome = lines.outcome
    if outcome.kind is Kind.REFUSED:
        return Exploration(failed=outcome.message, refused=True)
    sandbox = outcome.isolation.level.label
    failed = lines.first("failed")
    if failed is not None:
        return Exploration(
            failed=_words(failed["failed"]), version=_words(failed.get("version")), sandbox=sandbox
        )
    suspects = [
        call
        for line in lines.lines
        if "difference" in line
        for key in ("difference", "first")
        for call in _calls([[line.get(key), line.get("origin")]])
    ]
    corpus = (lines.first("corpus") or {}).get("corpus")
    sized = (lines.first("sized") or {}).get("sized")
    told = lines.first("ends") or {}
    why = (
        ""
        if lines.done or suspects or corpus
        else (outcome.message or outcome.stderr.strip()[-300:] or "it ended early")
    )
    return Exploration(
        suspects=tuple(dict.fromkeys(suspects)),
        corpus=tuple(_calls(corpus)),
        sized=tuple(
            tuple(_calls([[text, "edge"] for text in group]))
            for group in (sized if isinstance(sized, list) else [])
            if isinstance(group, list)
        ),
        ends={str(k): v for k, v in _dict(told.get("ends")).items() if isinstance(v, int)},
        reasons={str(k): _words(v) for k, v in _dict(told.get("reasons")).items()},
        failed=why,
        sandbox=sandbox,
    )


def _dict(value: Any) -> dict[Any, Any]:
    return value if isinstance(value, dict) else {}


def _words(value: Any) -> str:
    return str(value)[:300] if value is not None else ""


def _calls(items: Any) -> list[Call]:
    """Those of ``items`` that are expressions."""
    found: list[Call] = []
    for item in items if isinstance(items, Sequence) and not isinstance(items, str) else ():
        if not (isinstance(item, list) and len(item) == 2 and isinstance(item[0], str)):
            continue
        text, origin = item
        if len(text) > _LONGEST:
            continue
        found.append(Call(text, origin if origin in _ORIGINS else "edge"))
    return found


def watched_names(source: str) -> frozenset[str]:
    """The names that the module's text binds or declares global: its data, as far as it can be compared."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Global):
            found.update(node.names)
        elif isinstance(node, ast.ClassDef):
            found.add(node.name)
    for statement in ast.parse(source).body:
        for node in ast.walk(statement):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                found.add(node.id)
            elif isinstance(node, ast.alias):
                found.add((node.asname or node.name).partition(".")[0])
    return frozenset(found)
