"""``burnish rules``: what is found, why, and what it gains."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Literal

import click

from burnish_analysis.metrics.rules import METRIC_RULES
from burnish_analysis.perf.catalogue import all_rules, gains, offered
from burnish_analysis.perf.commands.parts import every_id, nearest
from burnish_analysis.perf.report import catalogue as perf
from burnish_analysis.perf.report.items import Kind
from burnish_analysis.refactor import report as refactor
from burnish_analysis.refactor.catalogue import all_refactorings

__all__ = ["rules"]

_Chosen = Literal["perf", "refactor", "metric"]


@click.command()
@click.argument("rule", required=False, metavar="[ID]")
@click.option(
    "--kind",
    type=click.Choice(["perf", "refactor", "metric"]),
    default=None,
    help="Only rules for performance, refactorings, or thresholds of figures.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON list.")
@click.option(
    "--markdown",
    is_flag=True,
    help="Print the catalogue of a kind (perf unless given) as a Markdown document.",
)
def rules(rule: str | None, kind: _Chosen | None, as_json: bool, markdown: bool) -> None:
    """List the rules, or explain one: an example, when its fix is exact, and the gain that was measured."""
    known = every_id()
    if rule is not None and rule not in known:
        raise click.BadParameter(f"there is no rule {rule!r}.{nearest(rule)}", param_hint="ID")
    if markdown and (rule is not None or kind == "metric"):
        raise click.UsageError("--markdown prints the whole catalogue of rules with fixes; leave ID out.")
    chosen = (
        {rule: known[rule]}
        if rule is not None
        else {one: what for one, what in known.items() if kind in (None, what)}
    )
    if as_json:
        click.echo(json.dumps([_entry(one, what) for one, what in chosen.items()], ensure_ascii=False))
    elif markdown:
        click.echo(refactor.as_markdown() if kind == "refactor" else perf.as_markdown(), nl=False)
    elif rule is not None:
        click.echo(_explained(rule, known[rule]))
    else:
        _list(chosen)


def _entry(rule: str, kind: Kind) -> dict[str, Any]:
    if kind == "perf":
        return perf.entry(all_rules()[rule])
    if kind == "refactor":
        return refactor.entry(all_refactorings()[rule])
    one = METRIC_RULES[rule]
    return {
        "id": rule, "kind": "metric", "summary": one.summary, "before": "", "after": "", "preconditions": [], "why": one.why,
        "references": [], "gain": None, "default": True,
    }  # fmt: skip


def _list(chosen: Mapping[str, Kind]) -> None:
    width = max(map(len, chosen), default=0)
    for rule, kind in chosen.items():
        entry = _entry(rule, kind)
        gain = gains().get(rule)
        what = f"{gain.median:.3g}×" if gain else kind
        off = "  (off by default)" if kind == "perf" and not offered(rule) else ""
        click.echo(f"{rule:<{width}}  {what:>8}  {entry['summary']}{off}")


def _explained(rule: str, kind: Kind) -> str:
    if kind == "metric":
        return f"{click.style(rule, bold=True)}: {METRIC_RULES[rule].plain}"
    about = (all_rules() if kind == "perf" else all_refactorings())[rule].about
    parts = [
        f"{click.style(rule, bold=True)}: {about.summary}",
        about.why,
        f"{click.style('Before', bold=True)}\n{_indented(about.before)}",
        f"{click.style('After', bold=True)}\n{_indented(about.after)}",
    ]
    if about.preconditions:
        parts.append("Exact where\n" + "\n".join(f"  - {words}" for words in about.preconditions))
    if kind == "perf":
        state = "on" if offered(rule) else "off"
        parts.append(f"Measured gain: {perf.gain_words(gains().get(rule))}; {state} by default")
    parts += [f"See {reference}" for reference in about.references]
    return "\n\n".join(parts)


def _indented(code: str) -> str:
    return "\n".join(f"    {line}" if line else "" for line in code.rstrip("\n").split("\n"))
