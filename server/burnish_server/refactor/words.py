"""What users read of refactorings and of what is known of them."""

from __future__ import annotations

from burnish_analysis.verify.model import Verdict
from burnish_server.perf.model import RuleText
from burnish_server.perf.words import difference, rule_page
from burnish_server.refactor.model import LocalOffer
from burnish_server.refactor.standing import Standing

__all__ = [
    "NOT_RUN",
    "about_page",
    "badge",
    "confirmation",
    "crossing_title",
    "evidence",
    "facts",
    "page",
    "refusal",
    "suggestion",
    "title_of",
]

_NO_FUNCTION = "it is not inside a function, so there is nothing to call and compare"
#: What a change that nothing could be run for is called where the user is asked to look at it.
NOT_RUN = "Burnish: not run"
SAME = "the same names are bound and the same calls made in the same order on every path"


def crossing_title(title: str, unproved: str) -> str:
    """The title of what crosses functions and files, without an ellipsis; it says where the result is not proved."""
    plain = title.removesuffix("…")
    return f"{plain} (not run)" if unproved and not plain.endswith("(not run)") else plain


def suggestion(found: LocalOffer) -> str:
    """The hint's text: ``Merge the nested ifs: complexity 14 → 12, maintainability 31.2 → 33.0``."""
    return f"{found.title}: {found.improvement}"


def badge(exact: bool, standing: Standing) -> str:
    """``exact``, ``possible``, what verification found (``tested``, ``weak``, ``different``), or ``not run``."""
    verdict = standing.verdict
    if verdict is None:
        return "exact" if exact else "possible"
    if verdict.verdict == "different":
        return "different"
    if verdict.verdict == "equivalent":
        return "exact" if exact and verdict.strength == "weak" else str(verdict.strength)
    return "exact" if exact else "not run"


def refusal(exact: bool, function: str, standing: Standing) -> str | None:
    """Why a change cannot be applied, knowing what is known; None where it can. Without a verdict only exact ones can."""
    verdict = standing.verdict
    if verdict is not None and verdict.verdict == "different":
        return f"It would change what the code does: {difference(verdict)}"
    if exact:
        return None
    if not function:
        return f"It cannot be verified: {_NO_FUNCTION}."
    if verdict is None:
        return "It has not been verified."
    if verdict.verdict == "equivalent" or standing.same:
        return None
    why = (
        f" And that it is the same could not be seen from the code either: {standing.reason}"
        if standing.reason
        else ""
    )
    return f"{_not_run(verdict)}{why}"


def confirmation(exact: bool, standing: Standing) -> tuple[str, str]:
    """Label and text of what the user is to look at before the change is applied; empty where they need not."""
    verdict = standing.verdict
    if exact or verdict is None:
        return "", ""
    if verdict.verdict == "equivalent":
        return ("Burnish: weakly tested", verdict.evidence) if verdict.strength == "weak" else ("", "")
    return NOT_RUN, f"{_not_run(verdict)} But {SAME}."


def title_of(title: str, exact: bool, standing: Standing) -> str:
    """The code action's title."""
    if standing.verdict is None:
        return title if exact else f"{title} (verify)"
    known = badge(exact, standing)
    return (
        f"{title} (not run, same structure)" if known == "not run" and standing.same else f"{title} ({known})"
    )


def evidence(exact: bool, function: str, standing: Standing) -> str:
    """One sentence on what is known."""
    refused = refusal(exact, function, standing)
    if refused is not None:
        return refused
    verdict = standing.verdict
    if verdict is None or (exact and verdict.verdict != "equivalent"):
        return "It behaves the same: that is shown from the code."
    if verdict.verdict == "equivalent":
        return f"{verdict.evidence[:1].upper()}{verdict.evidence[1:].rstrip('.')}."
    return f"{_not_run(verdict)} But {SAME}."


def facts(found: LocalOffer, standing: Standing, rule: RuleText | None) -> list[str]:
    """What is known of a refactoring, a line each."""
    lines = [f"{found.improvement[:1].upper()}{found.improvement[1:]}."] if found.improvement else []
    if found.exact:
        shown = "; ".join(rule.preconditions) if rule is not None else ""
        lines.append(f"Shown from the code: {shown}." if shown else "Behaves the same: shown from the code.")
    lines += [f"Not shown: {words}." for words in found.unknown]
    if standing.verdict is not None:
        lines.append(evidence(found.exact, found.function, standing))
    return lines


def page(found: LocalOffer, standing: Standing, rule: RuleText | None) -> str:
    """Markdown: why, with the evidence, and the refactoring's own text."""
    known = "\n".join(f"- {line}" for line in facts(found, standing, rule))
    parts = [f"# {found.title}", found.message, "## Evidence", known]
    if standing.verdict is not None and (example := standing.verdict.counterexample) is not None:
        parts += [
            "## Counterexample",
            difference(standing.verdict),
            f"```python\n{example.source.rstrip()}\n```",
        ]
    if rule is not None:
        parts.append(about_page(found.rule, rule).replace("\n## ", "\n### ").replace("# ", "## ", 1))
    return "\n\n".join(parts) + "\n"


def about_page(rule: str, text: RuleText) -> str:
    """Markdown: a refactoring's documentation."""
    page = rule_page(rule, text)
    said = page[: page.index("Silence it on a line with")]
    return (
        f"{said}Silence it on a line with `# burnish: ignore[{rule}]`, or have it suggested nowhere, in `pyproject.toml`:\n\n"
        f'```toml\n[tool.burnish.refactor]\nignore = ["{rule}"]\n```\n'
    )


def _not_run(verdict: Verdict) -> str:
    return f"Not run: {(verdict.reason or verdict.evidence).removeprefix('not verified: ').rstrip('.')}."
