"""From findings of the analysis to what the server is told of them."""

from __future__ import annotations

import ast
import hashlib
from collections import Counter
from collections.abc import Sequence

from burnish_analysis.perf.catalogue import gains
from burnish_analysis.perf.fixing import fix_edits
from burnish_analysis.perf.model import Certainty, Finding
from burnish_analysis.perf.module import Module
from burnish_analysis.perf.settings import PerfSettings
from burnish_server.perf.model import Found, TextChange

__all__ = ["found_of"]

_NAMED = (ast.FunctionDef, ast.AsyncFunctionDef)


def found_of(module: Module, findings: Sequence[Finding], settings: PerfSettings) -> list[Found]:
    """What to tell of each finding, in the same order."""
    functions = _Functions(module)
    seen: Counter[str] = Counter()
    return [_found(finding, module, settings, functions, seen) for finding in findings]


def _found(
    finding: Finding, module: Module, settings: PerfSettings, functions: _Functions, seen: Counter[str]
) -> Found:
    gain = gains().get(finding.rule)
    around = functions.around(finding.start)
    outer = around[0] if around else None
    inner = around[-1] if around else None
    severity = settings.severity.get(finding.rule)
    fix = finding.fix
    return Found(
        key=_key(finding, module, outer, seen),
        rule=finding.rule,
        start=finding.start,
        end=finding.end,
        message=finding.message,
        exact=finding.certainty is Certainty.EXACT,
        unknown=finding.unknown,
        title=fix.title if fix is not None else "",
        changes=tuple(TextChange(edit.start, edit.end, edit.text) for edit in fix_edits(module, finding)),
        own=_own(finding),
        function=finding.function,
        lines=(inner[2], inner[3]) if inner else (0, module.source.count("\n")),
        inside=inner is not None,
        severity=severity.value if severity is not None else "",
        gain=gain.median if gain is not None else None,
        size=gain.size if gain is not None else 0,
    )


def _own(finding: Finding) -> tuple[int, int]:
    """From the first to the last place that the fix changes, apart from imports."""
    if finding.fix is None or not finding.fix.edits:
        return finding.start, finding.end
    return min(edit.start for edit in finding.fix.edits), max(edit.end for edit in finding.fix.edits)


def _key(
    finding: Finding, module: Module, outer: tuple[int, int, int, int] | None, seen: Counter[str]
) -> str:
    """A name that stays the same while the function around the finding does, wherever in the file it stands."""
    start, end = outer[:2] if outer else (module.line_start(finding.start), module.line_end(finding.end))
    parts = (finding.rule, finding.function, module.source[start:end], str(finding.start - start))
    key = hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:16]
    seen[key] += 1
    return key if seen[key] == 1 else f"{key}-{seen[key]}"


class _Functions:
    """Where the named functions of a module stand: start and end as offsets, first and last line from 0."""

    def __init__(self, module: Module) -> None:
        self._spans: list[tuple[int, int, int, int]] = []
        for kind in _NAMED:
            for node in module.structure.nodes.get(kind, ()):
                assert isinstance(node, _NAMED)
                first = min([node.lineno, *(part.lineno for part in node.decorator_list)])
                start = module.line_start(module.start(node))
                self._spans.append((start, module.end(node), first - 1, (node.end_lineno or first) - 1))
        self._spans.sort()

    def around(self, offset: int) -> list[tuple[int, int, int, int]]:
        """The functions around a place, outermost first."""
        return [span for span in self._spans if span[0] <= offset < span[1]]
