"""The process that looks for findings, so that analysis never holds up the language server.

Run as ``python -m burnish_server.perf.worker``. One JSON object a line, one answer for each:

* ``{"op": "find", "path", "text"}`` → ``{"findings", "broken", "problems"}``
* ``{"op": "fix", "path", "text", "chosen"}`` → ``{"text", "applied"}``: ``chosen`` is a list of keys, whose fixes are applied in
  one round as far as they are apart; or null for every exact fix, until none is left.
* ``{"op": "metrics", "document", "path", "text", "limits"}`` → a ``Measured``; ``document`` names whose measures are kept.
* ``{"op": "rules"}`` → ``{"rules"}``
* ``{"op": "profile", "path"}`` → ``{"profile"}``
* what :mod:`burnish_server.refactor.local` answers

What cannot be done is answered with ``{"error"}``.
"""

from __future__ import annotations

import logging
import sys
from collections import deque
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from burnish_analysis.errors import SourceError
from burnish_analysis.perf.analyse import findings_in
from burnish_analysis.perf.catalogue import all_rules, gains
from burnish_analysis.perf.fixing import apply_fixes, exact_only
from burnish_analysis.perf.model import Finding, Rule
from burnish_analysis.perf.module import Module
from burnish_analysis.perf.settings import PerfSettings, find_settings
from burnish_server.perf.model import Found
from burnish_server.perf.profiles import ProfileError, read_profile
from burnish_server.perf.serving import serve
from burnish_server.perf.telling import found_of

if TYPE_CHECKING:
    from burnish_server.metrics.measuring import Measuring
    from burnish_server.refactor.local import LocalRefactorings

__all__ = ["Analyser", "main"]

log = logging.getLogger(__name__)

#: Texts whose findings are kept: what is asked about a file comes soon after it was looked at.
_KEPT = 8


@dataclass(frozen=True, slots=True)
class _Look:
    """What came of looking at a text once."""

    path: str
    settings: PerfSettings
    module: Module
    findings: list[Finding]
    found: list[Found]


class Analyser:
    """Looks at texts; remembers the last ones."""

    def __init__(self) -> None:
        self._kept: deque[_Look] = deque(maxlen=_KEPT)
        self._failed: set[str] = set()

    @cached_property
    def _measuring(self) -> Measuring:
        """Loaded when it is first asked: findings need none of it."""
        from burnish_server.metrics.measuring import Measuring

        return Measuring()

    @cached_property
    def _local(self) -> LocalRefactorings:
        """Loaded when it is first asked: findings need none of it."""
        from burnish_server.refactor.local import LocalRefactorings

        return LocalRefactorings()

    def answer(self, message: dict[str, Any]) -> dict[str, Any]:
        """Carry out one operation."""
        match message["op"]:
            case "find":
                return self._find(message["path"], message["text"])
            case "fix":
                return self._fix(message["path"], message["text"], message["chosen"])
            case "metrics":
                return self._measuring.answer(message)
            case "rules":
                return {"rules": {rule.id: _text_of(rule) for rule in all_rules().values()}}
            case "profile":
                return {"profile": asdict(read_profile(Path(message["path"])))}
            case "refactorings" | "suggestions" | "structure" | "about":
                return self._local.answer(message)
            case other:
                return {"error": f"there is no operation {other!r}"}

    def _find(self, path: str, text: str) -> dict[str, Any]:
        settings = find_settings(Path(path).parent) if path else PerfSettings()
        problems = list(settings.problems)
        if path and settings.excluded(Path(path)):
            return {"findings": [], "broken": False, "problems": problems}
        try:
            found = self._look(path, text, settings).found
        except SourceError:
            return {"findings": [], "broken": True, "problems": problems}
        return {"findings": [one.as_json() for one in found], "broken": False, "problems": problems}

    def _look(self, path: str, text: str, settings: PerfSettings) -> _Look:
        for kept in self._kept:
            if (kept.path, kept.module.source) == (path, text) and kept.settings == settings:
                return kept
        module = Module(text, path)
        findings = findings_in(module, settings, self._rule_failed)
        made = _Look(path, settings, module, findings, found_of(module, findings, settings))
        self._kept.append(made)
        return made

    def _rule_failed(self, rule: Rule, error: Exception) -> None:
        if rule.id not in self._failed:
            self._failed.add(rule.id)
            log.error("The rule %s failed and is passed over: %r", rule.id, error)

    def _fix(self, path: str, text: str, chosen: list[str] | None) -> dict[str, Any]:
        settings = find_settings(Path(path).parent) if path else PerfSettings()
        if path and settings.excluded(Path(path)):
            return {"text": text, "applied": []}
        if chosen is None:
            result = apply_fixes(text, path, settings, exact_only)
        else:
            look = self._look(path, text, settings)
            wanted = {
                (finding.rule, finding.start, finding.end)
                for finding, one in zip(look.findings, look.found, strict=True)
                if one.key in chosen
            }
            result = apply_fixes(
                text,
                path,
                settings,
                lambda finding, module: (
                    module.source == text and (finding.rule, finding.start, finding.end) in wanted
                ),
            )
        return {"text": result.source, "applied": [one.finding.rule for one in result.applied]}


def _text_of(rule: Rule) -> dict[str, Any]:
    gain = gains().get(rule.id)
    return asdict(rule.about) | {
        "gain": None if gain is None else [gain.median, gain.low, gain.high, gain.size]
    }


def main() -> int:
    """Serve standard input until it ends."""
    return serve(Analyser().answer, (ProfileError,))


if __name__ == "__main__":
    sys.exit(main())
