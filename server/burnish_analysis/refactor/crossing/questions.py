"""The answers to an offer's questions, checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from burnish_analysis.errors import RefactoringError
from burnish_analysis.refactor.crossing.model import Question, problem_of

__all__ = ["checked"]


def checked(needs: Sequence[Question], answers: Mapping[str, str]) -> dict[str, str]:
    """Every answer, defaults filled in.

    Raises:
        RefactoringError: one is missing or cannot be used; the message says why.
    """
    found = {}
    for question in needs:
        answer = answers.get(question.name, question.default).strip()
        if not answer:
            raise RefactoringError(f"An answer is missing: {question.label}.")
        problem = problem_of(question.check, answer)
        if problem:
            raise RefactoringError(problem)
        found[question.name] = answer
    return found
