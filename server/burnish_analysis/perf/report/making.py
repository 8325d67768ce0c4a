"""Items from findings."""

from __future__ import annotations

from burnish_analysis.perf.catalogue import gains
from burnish_analysis.perf.fixing import fix_edits
from burnish_analysis.perf.model import Finding
from burnish_analysis.perf.module import Module
from burnish_analysis.perf.report.items import Change, Item, Kind
from burnish_analysis.perf.report.places import Places
from burnish_analysis.perf.settings import PerfSettings, Severity

__all__ = ["item_of"]


def item_of(
    finding: Finding,
    module: Module,
    places: Places,
    settings: PerfSettings,
    *,
    kind: Kind = "perf",
    message: str = "",
    changes: bool = False,
) -> Item:
    """The item of a finding in a module.

    Args:
        message: what is said instead of the finding's own message. changes: give the fix's changes too.
    """
    edits = fix_edits(module, finding) if changes else []
    return Item(
        rule=finding.rule,
        kind=kind,
        path=module.path,
        range=places.range(finding.start, finding.end),
        message=message or finding.message,
        fixable=finding.fix is not None,
        severity=settings.severity.get(finding.rule, Severity.HINT),
        column=places.column(finding.start),
        certainty=str(finding.certainty),
        unknown=finding.unknown,
        gain=gains().get(finding.rule),
        function=finding.function,
        fingerprint="\0".join((finding.rule, finding.function, places.line(finding.start).strip())),
        fix_title=finding.fix.title if finding.fix else "",
        changes=tuple(Change(places.range(edit.start, edit.end), edit.text) for edit in edits),
    )
