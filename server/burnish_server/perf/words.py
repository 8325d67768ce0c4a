"""What users read of findings, verdicts and evidence."""

from __future__ import annotations

from burnish_analysis.verify.model import Verdict
from burnish_server.perf.model import Found, RuleText

__all__ = [
    "UNTRUSTED",
    "badge",
    "diagnostic_message",
    "evidence_page",
    "hover_text",
    "number",
    "refusal",
    "rule_page",
    "times",
    "title_of",
    "unasked",
]

#: Why nothing is run in a workspace that the user has not said they trust.
UNTRUSTED = (
    "This workspace is not trusted, so Burnish runs none of its code and cannot verify the change. "
    "Trust the workspace to verify it."
)
_NO_FUNCTION = "it is not inside a function, so there is nothing to call and compare"


def number(gain: float) -> str:
    """``12.3``, ``154``."""
    return f"{gain:.0f}" if gain >= 20 else f"{gain:.1f}"


def times(gain: float) -> str:
    """``12.3×``, ``154×``."""
    return f"{number(gain)}×"


def percent(share: float) -> str:
    """``12 %``; below one per cent with a decimal."""
    return f"{share:.0%}".replace("%", " %") if share >= 0.01 else f"{share:.1%}".replace("%", " %")


def diagnostic_message(found: Found, share: float | None) -> str:
    """The hint's text."""
    head = f"{percent(share)} of the profile. " if share else ""
    return head + found.message


def badge(found: Found, verdict: Verdict | None) -> str:
    """``exact``, ``possible``, or what verification found: ``tested``, ``weak``, ``different``, ``unverifiable``."""
    if verdict is None:
        return "exact" if found.exact else "possible"
    if verdict.verdict == "unverifiable" and found.exact:
        return "exact"
    return verdict.strength or verdict.verdict if verdict.verdict == "equivalent" else verdict.verdict


def refusal(found: Found, verdict: Verdict | None) -> str | None:
    """Why a fix cannot be applied, knowing a verdict; None where it can. Without one only exact fixes can."""
    if verdict is None:
        if found.exact:
            return None
        return "it has not been verified" if found.function else f"It cannot be verified: {_NO_FUNCTION}."
    if verdict.verdict == "different":
        return f"It would change what the code does: {difference(verdict)}"
    if found.exact:
        return None
    if verdict.reason == UNTRUSTED:
        return UNTRUSTED
    if verdict.verdict == "unverifiable":
        return f"It cannot be verified: {verdict.reason.rstrip('.') or 'no reason is known'}."
    if not verdict.faster:
        return f"It is not clearly faster here: {(verdict.evidence or verdict.reason).rstrip('.')}."
    return None


def unasked(found: Found, verdict: Verdict | None) -> bool:
    """Whether a fix is good enough to be applied with others, without a look at each: no weak evidence, and no measured loss."""
    if refusal(found, verdict) is not None:
        return False
    return verdict is None or (verdict.strength != "weak" and (verdict.speedup is None or verdict.faster))


def difference(verdict: Verdict) -> str:
    """The counterexample in a sentence."""
    found = verdict.counterexample
    if found is None:
        return verdict.reason or "the two versions differ."
    return f"{found.call} {found.before}; with the change it {found.after}."


def title_of(found: Found, verdict: Verdict | None) -> str:
    """The code action's title."""
    if verdict is None:
        return found.title if found.exact else f"{found.title} (verify)"
    gain = f", {times(verdict.speedup.median)} faster" if verdict.speedup and verdict.faster else ""
    return f"{found.title} ({badge(found, verdict)}{gain})"


def hover_text(
    found: Found, rule: RuleText | None, verdict: Verdict | None, share: float | None, href: str
) -> str:
    """Markdown for the hover over a finding."""
    # Editors show the message itself above.
    parts = [f"**{_plain(found.title or found.message)}**"]
    if rule is not None:
        parts.append(_plain(rule.why))
    parts.append("\n".join(f"- {line}" for line in facts(found, rule, verdict, share)))
    parts.append(f"[{found.rule}]({href})" if href else f"`{found.rule}`")
    return "\n\n".join(parts)


def facts(found: Found, rule: RuleText | None, verdict: Verdict | None, share: float | None) -> list[str]:
    """What is known of a finding, a line each."""
    lines = []
    if share:
        lines.append(f"{percent(share)} of the profile is spent in this function.")
    if rule is not None and rule.gain is not None:
        median, low, high, size = rule.gain
        lines.append(
            f"Measured on the rule's own example: {times(median)} faster (95 % CI {number(low)}–{number(high)}) at size {size:,}."
        )
    if found.exact:
        shown = "; ".join(map(_plain, rule.preconditions)) if rule and rule.preconditions else ""
        lines.append(f"Shown from the code: {shown}." if shown else "Behaves the same: shown from the code.")
    else:
        lines.extend(f"Not shown: {_plain(words)}." for words in found.unknown)
    if verdict is not None:
        said = _plain(verdict.evidence or verdict.reason).rstrip(".")
        words = "Not verified" if verdict.verdict == "unverifiable" else f"Verified ({badge(found, verdict)})"
        lines.append(f"{words}: {said.removeprefix('not verified: ')}.")
        if verdict.sandbox:
            lines.append(f"Ran isolated: {_plain(verdict.sandbox)}.")
    elif not found.fixable:
        lines.append(
            "There is no automatic fix here: a comment would be lost, or the code is not that simple."
        )
    elif not found.exact:
        lines.append(
            "Not verified yet; the code action verifies it."
            if found.function
            else f"Cannot be verified: {_NO_FUNCTION}."
        )
    return lines


def evidence_page(
    found: Found, rule: RuleText | None, verdict: Verdict | None, share: float | None, path: str, line: int
) -> str:
    """Markdown: everything that is known of a finding. ``line`` counts from 0."""
    parts = [
        f"# {_plain(found.title or found.message)}",
        f"`{found.rule}` in {_plain(path)}, line {line + 1}",
    ]
    parts.append(_plain(found.message))
    if rule is not None:
        parts.append(_plain(rule.why))
    parts.append("## Evidence\n\n" + "\n".join(f"- {fact}" for fact in facts(found, rule, verdict, share)))
    if verdict is not None and (example := verdict.counterexample) is not None:
        parts.append(
            f"## Counterexample\n\n{_plain(difference(verdict))}\n\n{_fenced(example.source.rstrip())}"
        )
    return "\n\n".join(parts) + "\n"


def rule_page(rule: str, text: RuleText) -> str:
    """Markdown: a rule's documentation."""
    parts = [f"# {rule}", text.summary + ".", "## Why", text.why]
    if text.gain is not None:
        median, low, high, size = text.gain
        parts.append(
            f"Measured on the example below: {times(median)} faster (95 % CI {number(low)}–{number(high)}) at size {size:,}."
        )
    parts += ["## Before", _fenced(text.before.rstrip()), "## After", _fenced(text.after.rstrip())]
    if text.preconditions:
        parts += [
            "## The same result, where",
            "\n".join(f"- {words}" for words in text.preconditions),
            "Where one of these cannot be shown from the code, the change is *possible* and is verified before it is applied.",
        ]
    if text.references:
        parts += ["## References", "\n".join(f"- {words}" for words in text.references)]
    parts.append(f"Silence it on a line with `# burnish: ignore[{rule}]`, or in `pyproject.toml`:")
    parts.append(f'```toml\n[tool.burnish]\nignore = ["{rule}"]\n```')
    return "\n\n".join(parts) + "\n"


def _plain(text: str) -> str:
    """On one line, without a full stop doubled by the caller."""
    return " ".join(text.split()).removesuffix(".") if text.endswith("..") else " ".join(text.split())


def _fenced(code: str) -> str:
    fence = "```"
    while fence in code:
        fence += "`"
    return f"{fence}python\n{code}\n{fence}"
