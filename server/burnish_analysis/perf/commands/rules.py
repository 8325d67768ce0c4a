"""``burnish rules``: what is found, why, and what it gains."""

from __future__ import annotations

import difflib
import json

import click

from burnish_analysis.perf.catalogue import all_rules, gains, offered
from burnish_analysis.perf.model import Rule
from burnish_analysis.perf.report.catalogue import as_markdown, entry, gain_words

__all__ = ["rules"]


@click.command()
@click.argument("rule", required=False, metavar="[ID]")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON list.")
@click.option("--markdown", is_flag=True, help="Print the whole catalogue as a Markdown document.")
def rules(rule: str | None, as_json: bool, markdown: bool) -> None:
    """List the performance rules, or explain one: an example, when its fix is exact, and the gain that was measured."""
    if rule is not None and rule not in all_rules():
        near = difflib.get_close_matches(rule, all_rules(), n=1, cutoff=0.5)
        hint = f" Did you mean {near[0]}?" if near else " All of them: burnish rules"
        raise click.BadParameter(f"there is no rule {rule!r}.{hint}", param_hint="ID")
    if markdown and rule is not None:
        raise click.UsageError("--markdown prints the whole catalogue; leave ID out.")
    chosen = [all_rules()[rule]] if rule is not None else list(all_rules().values())
    if as_json:
        click.echo(json.dumps([entry(one) for one in chosen], ensure_ascii=False))
    elif markdown:
        click.echo(as_markdown(), nl=False)
    elif rule is not None:
        click.echo(_explained(chosen[0]))
    else:
        _list(chosen)


def _list(chosen: list[Rule]) -> None:
    width = max((len(one.id) for one in chosen), default=0)
    for one in chosen:
        gain = gains().get(one.id)
        times = f"{gain.median:.3g}×" if gain else "?"
        off = "" if offered(one.id) else "  (off by default)"
        click.echo(f"{one.id:<{width}}  {times:>8}  {one.about.summary}{off}")


def _explained(rule: Rule) -> str:
    about = rule.about
    parts = [
        f"{click.style(rule.id, bold=True)}: {about.summary}",
        about.why,
        f"{click.style('Before', bold=True)}\n{_indented(about.before)}",
        f"{click.style('After', bold=True)}\n{_indented(about.after)}",
    ]
    if about.preconditions:
        parts.append("Exact where\n" + "\n".join(f"  - {words}" for words in about.preconditions))
    state = "on" if offered(rule.id) else "off"
    parts.append(f"Measured gain: {gain_words(gains().get(rule.id))}; {state} by default")
    parts += [f"See {reference}" for reference in about.references]
    return "\n\n".join(parts)


def _indented(code: str) -> str:
    return "\n".join(f"    {line}" if line else "" for line in code.rstrip("\n").split("\n"))
