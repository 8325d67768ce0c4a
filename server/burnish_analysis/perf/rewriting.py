"""Rewrite files with fixes: exact ones as they are, possible ones when verification shows that they behave the same and are faster."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from burnish_analysis.errors import FileError, SourceError
from burnish_analysis.perf.analyse import findings_in
from burnish_analysis.perf.checking import Task, failure, too_deep
from burnish_analysis.perf.files import Problem, SourceFile, read_source, write_source
from burnish_analysis.perf.fixing import (
    Applied,
    apply_fix,
    apply_found,
    exact_only,
    unified_diff,
)
from burnish_analysis.perf.judging import Judge, Verifier, objection
from burnish_analysis.perf.model import Certainty, Finding
from burnish_analysis.perf.module import Module
from burnish_analysis.perf.report.places import Places
from burnish_analysis.perf.settings import PerfSettings
from burnish_analysis.perf.text import SourceText
from burnish_analysis.refactor.checking import found_refactorings
from burnish_analysis.verify.model import Verdict

__all__ = ["FixOptions", "FixReport", "Outcome", "fix_file"]


@dataclass(frozen=True, slots=True)
class FixOptions:
    """What is done with fixes.

    Attributes:
        write: whether files are changed. verifier: what verifies fixes; None: only exact ones, and nothing is run.
        telling: told in words what is being verified. suggested: also the suggested refactorings; suggest_from: from this
            complexity of a function, instead of the project's setting.
    """

    write: bool = False
    verifier: Verifier | None = None
    telling: Callable[[str], None] | None = None
    suggested: bool = False
    suggest_from: int | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one fix.

    Attributes:
        line: where its finding begins, from 1, in the text it was found in.
        accepted: whether the fix is good to apply. applied: whether it stands in the file now.
        verdict: of its verification, where there was one. reason: why it is not accepted, or not applied.
        diff: what it changes, as ``diff -u`` writes it.
    """

    rule: str
    path: str
    function: str
    line: int
    message: str
    certainty: str
    accepted: bool
    diff: str
    applied: bool = False
    verdict: Verdict | None = None
    reason: str = ""

    def as_dict(self) -> dict[str, Any]:
        """One entry of ``burnish fix --json``."""
        verdict = self.verdict
        return {
            "rule": self.rule,
            "path": self.path,
            "applied": self.applied,
            "verdict": verdict.verdict if verdict else None,
            "diff": self.diff,
            "accepted": self.accepted,
            "reason": self.reason,
            "certainty": self.certainty,
            "function": self.function,
            "line": self.line,
            "message": self.message,
            "evidence": verdict.evidence if verdict else "",
            "verification": verdict.as_dict() if verdict else None,
        }


@dataclass(frozen=True, slots=True)
class FixReport:
    """What became of a file: of each fix, the whole change as ``diff -u`` writes it in the file's encoding, and problems."""

    path: Path
    outcomes: tuple[Outcome, ...] = ()
    diff: bytes = b""
    problems: tuple[Problem, ...] = ()


def fix_file(task: Task, options: FixOptions = FixOptions()) -> FixReport:
    """Fix one file; never raises for what stands in it."""
    try:
        file = read_source(task.path)
        return _Rewriting(file, task.settings, options).report()
    except (FileError, SourceError) as error:
        return FixReport(task.path, problems=(Problem(str(task.path), str(error)),))
    except RecursionError:
        return FixReport(task.path, problems=(too_deep(task.path),))


def diff_path(path: Path) -> str:
    """A path as the head of a difference names it, so that ``git apply`` and ``patch -p1`` find the file."""
    return path.as_posix().lstrip("/")


class _Rewriting:
    """One file's fixes."""

    def __init__(self, file: SourceFile, settings: PerfSettings, options: FixOptions) -> None:
        self._file = file
        self._settings = settings
        self._options = options
        self._path = str(file.path)
        self._problems: dict[str, Problem] = {}
        self._judge = Judge(file.path, options.verifier, options.telling) if options.verifier else None

    def report(self) -> FixReport:
        fixed = apply_found(self._file.text, self._path, self._found, self._judge or exact_only)
        text = fixed.source
        outcomes = [self._accepted(each) for each in fixed.applied] + self._refused(text)
        diff = b""
        if text != self._file.text:
            diff = unified_diff(self._file.text, text, diff_path(self._file.path)).encode(
                self._file.encoding, "backslashreplace"
            )
            if self._options.write:
                outcomes = self._write(text, outcomes)
        return FixReport(self._file.path, tuple(outcomes), diff, tuple(self._problems.values()))

    def _found(self, module: Module) -> list[Finding]:
        """Performance findings, and refactorings: those selected by name, or the suggested where they are asked for."""
        found = findings_in(module, self._settings, self._failed)
        if not self._settings.select and not self._options.suggested:
            return found
        more = found_refactorings(
            module,
            self._settings,
            suggestions=True,
            suggest_from=self._options.suggest_from,
            failed=self._failed,
        )
        return sorted(
            [*found, *(finding for finding, _ in more)],
            key=lambda finding: (finding.start, finding.end, finding.rule),
        )

    def _failed(self, rule: Any, error: Exception) -> None:
        self._problems[rule.id] = failure(self._file.path, rule, error)

    def _outcome(self, finding: Finding, before: str, after: str, *, accepted: bool) -> Outcome:
        return Outcome(
            rule=finding.rule,
            path=self._path,
            function=finding.function,
            line=Places(SourceText(before)).of(finding.start).line + 1,
            message=finding.message,
            certainty=str(finding.certainty),
            accepted=accepted,
            diff=unified_diff(before, after, diff_path(self._file.path)),
        )

    def _accepted(self, applied: Applied) -> Outcome:
        made = self._outcome(applied.finding, applied.before, applied.after, accepted=True)
        if self._judge is None:
            return made
        return replace(made, verdict=self._judge.verdict(applied.finding, applied.before))

    def _refused(self, text: str) -> list[Outcome]:
        """Fixes that are still there in the fixed text, and why."""
        module = Module(text, self._path)
        made = []
        for finding in self._found(module):
            if finding.fix is None:
                continue
            outcome = self._outcome(finding, text, apply_fix(module, finding), accepted=False)
            if self._judge is not None:
                verdict = self._judge.verdict(finding, text)
                outcome = replace(outcome, verdict=verdict, reason=objection(finding, verdict))
            elif finding.certainty is Certainty.POSSIBLE:
                unknown = " and ".join(finding.unknown)
                outcome = replace(outcome, reason=f"needs verification: it is not shown that {unknown}")
            made.append(replace(outcome, reason=outcome.reason or "the result would not be Python"))
        return made

    def _write(self, text: str, outcomes: list[Outcome]) -> list[Outcome]:
        try:
            try:
                compile(text.removeprefix("\ufeff"), self._path, "exec", dont_inherit=True)
            except (SyntaxError, ValueError) as error:
                raise FileError(
                    f"{self._path} is left alone: with its fixes it would not be Python ({error})."
                ) from error
            write_source(self._file, text)
        except FileError as error:
            self._problems["write"] = Problem(self._path, str(error))
            return [replace(one, reason=str(error)) if one.accepted else one for one in outcomes]
        return [replace(one, applied=True) if one.accepted else one for one in outcomes]
