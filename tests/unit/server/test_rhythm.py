from __future__ import annotations

from burnish_server.completion.rhythm import Rhythm
from burnish_server.power import PowerMonitor


def typed(gap: float, keys: int = 12) -> Rhythm:
    rhythm = Rhythm()
    for number in range(keys):
        rhythm.key(number * gap)
    return rhythm


def test_without_experience_the_model_is_asked_at_once() -> None:
    assert Rhythm().delay_ms() == 0.0
    assert typed(0.1).delay_ms() == 0.0


def test_a_model_faster_than_the_typing_is_asked_at_once() -> None:
    rhythm = typed(0.1)
    rhythm.answered(40.0)
    assert rhythm.delay_ms() == 0.0


def test_a_slow_model_waits_for_most_gaps() -> None:
    rhythm = typed(0.08)
    rhythm.answered(600.0)
    assert 79.0 < rhythm.delay_ms() < 81.0


def test_the_wait_is_at_most_half_an_answer_and_never_long() -> None:
    rhythm = typed(0.1)
    rhythm.answered(150.0)
    assert rhythm.delay_ms() == 75.0
    slow = typed(0.5)
    slow.answered(5_000.0)
    assert slow.delay_ms() == 120.0


def test_pauses_are_not_typing() -> None:
    rhythm = typed(0.1)
    rhythm.key(500.0)
    rhythm.answered(600.0)
    assert 99.0 < rhythm.delay_ms() < 101.0


def test_saving_waits_even_for_a_fast_model() -> None:
    rhythm = typed(0.1)
    rhythm.answered(10.0)
    assert 99.0 < rhythm.delay_ms(saving=True) < 101.0


def test_power_is_spared_on_battery_and_under_load() -> None:
    assert PowerMonitor(lambda: False, lambda: 0.3).spare("auto")
    assert not PowerMonitor(lambda: True, lambda: 0.0).spare("auto")
    assert not PowerMonitor(lambda: False, lambda: 5.0).spare("auto")


def test_the_user_has_the_last_word_about_power() -> None:
    assert PowerMonitor(lambda: True, lambda: 9.0).spare("always")
    assert not PowerMonitor(lambda: False, lambda: 0.0).spare("never")


def test_the_machine_is_looked_at_every_few_seconds_only() -> None:
    now = [0.0]
    looks: list[float] = []

    def load() -> float:
        looks.append(now[0])
        return 0.0

    monitor = PowerMonitor(lambda: False, load, lambda: now[0])
    for now[0] in (0.0, 1.0, 4.9, 5.0, 9.0):
        assert monitor.spare("auto")
    assert looks == [0.0, 5.0]
