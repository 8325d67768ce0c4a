"""What the rules about lookups and grouping must not claim."""

from __future__ import annotations

import pytest

from burnish_analysis.perf.analyse import analyse
from burnish_analysis.perf.model import Certainty
from burnish_analysis.perf.settings import PerfSettings


def test_no_fix_where_the_name_of_a_built_in_means_something_else() -> None:
    source = """\
def known(words: list[str], stop: list[str], set: int) -> int:
    for word in words:
        if word in stop:
            set += 1
    return set
"""
    (found,) = analyse(source, settings=PerfSettings(select=frozenset({"list-membership-in-loop"})))
    assert found.fix is None


@pytest.mark.parametrize(
    "body",
    [
        "other.append(word)",  # may be the same list
        "yield word",
        "check(word)",
        "words.extend(other)",
    ],
)
def test_what_may_change_a_list_is_never_exact(body: str) -> None:
    source = f"""\
def known(words: list[str], stop: list[str], other: list[str]):
    for word in words:
        if word in stop:
            {body}
"""
    found = analyse(source, settings=PerfSettings(select=frozenset({"list-membership-in-loop"})))
    assert found
    assert all(finding.certainty is Certainty.POSSIBLE for finding in found)


def test_a_loop_that_moves_its_own_index_is_no_pair_scan() -> None:
    source = """\
def pairs(xs: list[int], total: int) -> None:
    for i in range(len(xs)):
        for j in range(i + 1, len(xs)):
            if xs[i] + xs[j] == total:
                i = j
"""
    assert not analyse(source, settings=PerfSettings(select=frozenset({"two-sum-scan"})))
