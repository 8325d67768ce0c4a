from __future__ import annotations

from collections.abc import Callable

import numpy as np

from burnish_models.engine.thread_choice import ThreadChoice


def serve(choice: ThreadChoice, tokens: int, cost: Callable[[int], float]) -> list[int]:
    """The threads picked for so many tokens, where a token of n threads takes ``cost(n)`` milliseconds."""
    picked = []
    for _ in range(tokens):
        picked.append(choice.pick())
        choice.note(cost(picked[-1]))
    return picked


def test_more_threads_where_they_are_faster() -> None:
    picked = serve(ThreadChoice(2), 1000, {1: 1.0, 2: 0.7}.__getitem__)
    assert np.mean(np.asarray(picked) == 2) > 0.95


def test_fewer_threads_where_they_are_as_fast() -> None:
    picked = serve(ThreadChoice(4), 1000, {2: 1.0, 4: 0.98}.__getitem__)
    assert np.mean(np.asarray(picked) == 2) > 0.95


def test_rare_long_stalls_count_and_are_not_looked_for_often() -> None:
    rng = np.random.default_rng(0)
    choice = ThreadChoice(2)

    def busy(threads: int) -> float:
        return 1.0 if threads == 1 else (40.0 if rng.random() < 0.1 else 0.7)

    serve(choice, 300, busy)
    picked = serve(choice, 5000, busy)
    assert np.mean(np.asarray(picked) == 1) > 0.9


def test_it_comes_back_when_the_machine_is_idle_again() -> None:
    choice = ThreadChoice(2)
    serve(choice, 500, {1: 1.0, 2: 20.0}.__getitem__)
    assert serve(choice, 6000, {1: 1.0, 2: 0.5}.__getitem__)[-100:].count(2) > 90


def test_one_thread_is_no_choice_and_a_fixed_number_stays() -> None:
    assert set(serve(ThreadChoice(1), 50, lambda _threads: 1.0)) == {1}
    assert set(serve(ThreadChoice(4, fixed=True), 500, {2: 1.0, 4: 20.0}.__getitem__)) == {4}
