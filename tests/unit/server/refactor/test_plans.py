"""Steps of a plan on a text that has changed since."""

from __future__ import annotations

from burnish_server.refactor.model import Plan, Step
from burnish_server.refactor.plans import Plans, brought_over

BEFORE = "def one():\n    return 1\n\n\ndef two():\n    return 2\n"
AFTER = BEFORE.replace("return 2", "return 1 + 1")


def step(before: str = BEFORE, after: str = AFTER) -> Step:
    return Step("Add", "adding", before, after, "complexity 3 → 2", False)


def test_the_planned_text_needs_nothing() -> None:
    assert brought_over(step(), BEFORE) == step()


def test_a_change_elsewhere_is_kept_and_the_step_is_to_be_verified() -> None:
    now = BEFORE.replace("return 1", "return 11")
    made = brought_over(step(), now)
    assert made is not None
    assert made.before == now
    assert made.after == AFTER.replace("return 1\n", "return 11\n")
    assert (made.verify, made.words) == (True, "")


def test_a_change_of_the_same_lines_or_of_the_next_ends_it() -> None:
    assert brought_over(step(), BEFORE.replace("return 2", "return 22")) is None
    assert brought_over(step(), BEFORE.replace("def two():", "def too():")) is None
    assert brought_over(step(), BEFORE + "x = 1\n") is None


def test_what_was_done_already_or_would_not_be_python_is_no_step() -> None:
    assert brought_over(step(), AFTER) is None
    assert brought_over(step(), BEFORE.replace("def one():", "def one(:")) is None


def test_plans_are_known_for_their_document_and_the_last_ones_only() -> None:
    plans = Plans()
    first = plans.add("file:///a.py", Plan("f", (), 3, 3, ""))
    assert plans.get("file:///a.py", first) is not None
    assert plans.get("file:///b.py", first) is None
    for _ in range(20):
        plans.add("file:///a.py", Plan("f", (), 3, 3, ""))
    assert plans.get("file:///a.py", first) is None
