"""The checker of ``burnish check`` that tells of refactorings: those worth suggesting, and those asked for by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from burnish_analysis.perf.model import Certainty, Finding, Rule
from burnish_analysis.perf.report.items import Item
from burnish_analysis.perf.report.making import item_of
from burnish_analysis.perf.report.places import Places
from burnish_analysis.perf.settings import PerfSettings
from burnish_analysis.refactor.complexities import may_be_complex

if TYPE_CHECKING:
    from burnish_analysis.perf.checking import CheckOptions, Tell
    from burnish_analysis.perf.files import SourceFile
    from burnish_analysis.perf.module import Module
    from burnish_analysis.refactor.settings import RefactorSettings

__all__ = ["found_refactorings", "refactor_items"]


def refactor_items(
    file: SourceFile, module: Module, settings: PerfSettings, options: CheckOptions, tell: Tell
) -> Iterator[Item]:
    """What of a file could be refactored, with what that does to its complexity."""
    from burnish_analysis.perf.checking import failure

    places: Places | None = None
    for finding, words in found_refactorings(
        module,
        settings,
        suggestions=options.suggested,
        failed=lambda rule, error: tell(failure(file.path, rule, error)),
    ):
        if options.exact_only and finding.certainty is not Certainty.EXACT:
            continue
        places = places or Places(module)
        message = f"{finding.message.rstrip('.')} ({words})." if words else finding.message
        yield item_of(
            finding, module, places, settings, kind="refactor", message=message, changes=options.changes
        )


def found_refactorings(
    module: Module,
    settings: PerfSettings,
    *,
    suggestions: bool,
    suggest_from: int | None = None,
    failed: Callable[[Rule, Exception], None] | None = None,
) -> list[tuple[Finding, str]]:
    """Refactorings and what they do to complexity: where some are selected by name, wherever these can be done; else the suggested.

    Args:
        settings: what is selected and ignored. suggestions: whether they are wanted where the project does not ask for them: they
            take several times as long as the rules for performance. suggest_from: the complexity from which functions get
            suggestions, instead of the project's setting. failed: told of a refactoring that fails.
    """
    if settings.select and not _may_name_refactorings(settings.select):
        return []
    limits = _settings_at(settings.root)
    least = suggest_from if suggest_from is not None else limits.suggest_from
    if not settings.select and not ((suggestions or limits.asked) and may_be_complex(module, least)):
        return []
    # All this is imported only where there is something to look at: most files have no complex function.
    from dataclasses import replace

    from burnish_analysis.refactor.analyse import refactorings_in
    from burnish_analysis.refactor.catalogue import all_refactorings
    from burnish_analysis.refactor.suggest import suggested

    off = frozenset(name for name in all_refactorings() if not settings.on(name, default=True))
    if settings.select:
        named = settings.select & all_refactorings().keys() - settings.ignore
        return [(finding, "") for finding in refactorings_in(module, named, failed)] if named else []
    chosen = replace(limits, suggest_from=least, ignore=limits.ignore | off)
    return [(one.finding, one.change.words) for one in suggested(module, chosen, failed=failed)]


def _may_name_refactorings(selected: frozenset[str]) -> bool:
    from burnish_analysis.metrics.rules import METRIC_RULES
    from burnish_analysis.perf.catalogue import all_rules

    return not selected <= all_rules().keys() | METRIC_RULES.keys()


@cache
def _settings_at(root: Path | None) -> RefactorSettings:
    from burnish_analysis.refactor.settings import RefactorSettings, find_refactor_settings

    return find_refactor_settings(root) if root is not None else RefactorSettings()
