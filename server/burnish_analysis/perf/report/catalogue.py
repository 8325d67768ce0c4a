"""The catalogue of rules as JSON and as a Markdown document, with what each rule was measured to gain."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from importlib import import_module
from typing import Any, TypeVar

from burnish_analysis.perf.catalogue import LEAST_GAIN, Gain, all_rules, gains, measured_on, offered
from burnish_analysis.perf.model import About, Rule

__all__ = ["as_markdown", "described", "entry", "gain_words", "plain_help", "rule_section", "topics_of"]

_HEAD = """\
<!-- Written by `burnish rules --markdown`; changes made here are lost. -->

# Performance rules

What `burnish check` finds, why it costs time, and what the code becomes. A finding is **exact** when every precondition has been
shown from the code: its fix behaves the same. Where one cannot be shown it is **possible**, and its fix is verified before it is
applied ([how to use them](checking.md)). Where a precondition is shown to be violated, nothing is said.

Each gain is how many times faster the rule's own benchmark gets when the rule's own fix is applied to it: the median over
pairs of runs that take turns, with its 95 % interval, at the stated input size (`benchmarks/rules.py`{machine}). It is larger on larger
inputs where the fix has a better complexity class. A rule whose interval begins below {least}× is off unless a project asks for it.
"""


def entry(rule: Rule) -> dict[str, Any]:
    """One rule of ``burnish rules --json``."""
    about, gain = rule.about, gains().get(rule.id)
    return {
        "id": rule.id,
        "kind": "perf",
        "summary": about.summary,
        "before": about.before,
        "after": about.after,
        "preconditions": list(about.preconditions),
        "why": about.why,
        "references": list(about.references),
        "gain": gain and {"median": gain.median, "low": gain.low, "high": gain.high, "size": gain.size},
        "default": offered(rule.id),
    }


def gain_words(gain: Gain | None) -> str:
    """``154× (150–158, n = 2,000)``."""
    if gain is None:
        return "not measured"
    return f"{_times(gain.median)}× ({_times(gain.low)}–{_times(gain.high)}, n = {gain.size:,})"


def _times(ratio: float) -> str:
    return f"{ratio:,.0f}" if ratio >= 100 else f"{ratio:.1f}" if ratio >= 10 else f"{ratio:.2f}"


def described(about: About) -> list[str]:
    """What every kind of rule says of itself, as paragraphs of Markdown."""
    parts = [
        f"{about.summary}. {about.why}",
        f"```python\n{about.before}```\n\nbecomes\n\n```python\n{about.after}```",
    ]
    if about.preconditions:
        parts.append("Exact where:\n\n" + "\n".join(f"- {words}" for words in about.preconditions))
    if about.references:
        parts.append("See " + ", ".join(_link(reference) for reference in about.references) + ".")
    return parts


def rule_section(rule: Rule) -> str:
    """A rule's description in Markdown, without a heading."""
    off = "" if offered(rule.id) else " Off by default."
    measured = f"Measured: {gain_words(gains().get(rule.id))}.{off}"
    parts = described(rule.about)
    parts.insert(len(parts) - bool(rule.about.references), measured)
    return "\n\n".join(parts) + "\n"


def _link(reference: str) -> str:
    return f"<{reference}>" if reference.startswith(("http://", "https://")) else reference


def plain_help(rule: Rule) -> str:
    """A rule's description as plain text."""
    about = rule.about
    exact = "".join(f"\n- {words}" for words in about.preconditions)
    return (
        f"{about.summary}. {about.why}\n\nBefore:\n{about.before}\nAfter:\n{about.after}"
        + (f"\nExact where:{exact}\n" if exact else "")
        + f"\nMeasured: {gain_words(gains().get(rule.id))}."
    )


def as_markdown() -> str:
    """The whole catalogue: ``docs/rules.md``."""
    machine = measured_on()
    parts = [_HEAD.format(machine=f" on {machine}" if machine else "", least=LEAST_GAIN)]
    rows = [
        f"| [{rule.id}](#{rule.id}) | {rule.about.summary} | {gain_words(gains().get(rule.id))} | {'on' if offered(rule.id) else 'off'} |"
        for rule in sorted(all_rules().values(), key=_worth)
    ]
    parts.append("| rule | finds | gain | default |\n| --- | --- | --- | --- |\n" + "\n".join(rows) + "\n")
    for topic, rules in topics_of(all_rules().values()).items():
        parts.append(f"## {topic}\n")
        parts += [f"### {rule.id}\n\n{rule_section(rule)}" for rule in rules]
    return "\n".join(parts)


def _worth(rule: Rule) -> float:
    gain = gains().get(rule.id)
    return -gain.median if gain else 0.0


R = TypeVar("R", bound=Rule)


def topics_of(rules: Iterable[R]) -> dict[str, list[R]]:
    """Rules by the first line of the docstring of the module that holds them."""
    found: dict[str, list[R]] = {}
    for rule in rules:
        said = inspect.getdoc(import_module(type(rule).__module__)) or ""
        found.setdefault(said.partition("\n")[0].rstrip("."), []).append(rule)
    return dict(sorted(found.items()))
