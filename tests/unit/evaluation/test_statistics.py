from __future__ import annotations

import itertools

import pytest

from burnish_training.evaluation.report import default_ks, lines_report, problems_report
from burnish_training.evaluation.statistics import mean_pass_at_k, pass_at_k, wilson


@pytest.mark.parametrize("n", [1, 2, 5])
def test_pass_at_k_is_the_share_of_draws_with_a_success(n: int) -> None:
    """Counted over every way to draw k of n."""
    for passed, k in itertools.product(range(n + 1), range(1, n + 1)):
        draws = list(itertools.combinations([True] * passed + [False] * (n - passed), k))
        assert pass_at_k(n, passed, k) == pytest.approx(sum(map(any, draws)) / len(draws))


@pytest.mark.parametrize(("n", "c", "k"), [(1, 1, 2), (2, 3, 1), (2, -1, 1), (2, 1, 0)])
def test_impossible_draws(n: int, c: int, k: int) -> None:
    with pytest.raises(ValueError, match="no pass@"):
        pass_at_k(n, c, k)


def test_the_mean_of_yes_and_no_has_wilsons_interval() -> None:
    found = mean_pass_at_k([(1, 1)] * 15 + [(1, 0)] * 133, 1)
    expected = wilson(15, 148)
    assert (found.value, found.low, found.high) == (expected.value, expected.low, expected.high)
    assert found.method == "wilson"


def test_the_bootstrap_covers_the_mean_and_is_repeatable() -> None:
    results = [(10, n % 11) for n in range(60)]
    found = mean_pass_at_k(results, 1)
    assert found == mean_pass_at_k(results, 1)
    assert found.method == "bootstrap"
    assert found.low < found.value < found.high
    # Normal approximation of the standard error of 60 values spread evenly over 0 to 1.
    assert found.high - found.low == pytest.approx(2 * 1.96 * 0.316 / 60**0.5, rel=0.1)


def test_nobody_passing_is_no_certainty() -> None:
    found = mean_pass_at_k([(10, 0)] * 20, 10)
    assert (found.value, found.method) == (0.0, "wilson")
    assert found.high > 0.1


def record(task: str, verdict: str, exception: str = "", **more: object) -> dict[str, object]:
    return {"task_id": task, "verdict": verdict, "exception": exception, "milliseconds": 0.0} | more


def test_the_report_counts_every_class() -> None:
    records = [
        record("a", "passed"),
        record("a", "wrong_answer", "AssertionError"),
        record("b", "runtime_error", "NameError"),
        record("b", "syntax", "SyntaxError", milliseconds=10.0, tokens=5),
    ]
    found = problems_report(records, default_ks(2))
    assert found["scores"]["pass@1"]["value"] == 0.25
    assert (found["passed"], found["tasks"]) == (1, 2)
    assert found["failures"] == {
        "syntax": 1,
        "runtime_error": 1,
        "wrong_answer": 1,
        "timeout": 0,
        "out_of_memory": 0,
        "refused": 0,
    }
    assert found["exceptions"] == {"NameError": 1}
    assert found["generation"]["tokens"] == 5


def test_the_report_on_lines() -> None:
    found = lines_report([record("a", "exact"), record("b", "different"), record("c", "empty")])
    assert found["scores"]["exact_match"]["value"] == pytest.approx(1 / 3)
    assert found["failures"] == {"different": 1, "empty": 1}
