from __future__ import annotations

import dataclasses

import pytest

from burnish_analysis.verify import verify as module
from burnish_analysis.verify.explore import Exploration
from burnish_analysis.verify.measure import Measurement
from burnish_analysis.verify.model import Call, Speedup, Verdict, VerifyOptions
from burnish_analysis.verify.observers import Comparison


def verdict(monkeypatch: pytest.MonkeyPatch, *lows: tuple[float, float]) -> tuple[Verdict, list[str]]:
    """The verdict where timing gives these intervals in turn, and which version came first each time."""
    order: list[str] = []

    def measure(before: str, *_: object, **__: object) -> Measurement:
        low, high = lows[len(order)]
        order.append(before)
        return Measurement(Speedup((low + high) / 2, low, high, 50, 1.0))

    monkeypatch.setattr(module, "measure", measure)
    run = module._Run("A", "B", "f", VerifyOptions(), lambda *_: None, None)
    return run._equivalent(Exploration(sized=((Call("((), {})"),),)), Comparison((0,), 1)), order


def test_a_large_gain_is_measured_once(monkeypatch: pytest.MonkeyPatch) -> None:
    found, order = verdict(monkeypatch, (3.0, 3.2))
    assert found.faster and order == ["A"]


def test_a_small_gain_has_to_show_the_other_way_round(monkeypatch: pytest.MonkeyPatch) -> None:
    found, order = verdict(monkeypatch, (1.2, 1.3), (0.78, 0.82))
    assert found.faster and order == ["A", "B"]
    assert found.speedup is not None and found.speedup.ci_low == 1.2


def test_a_gain_of_the_place_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    found, _ = verdict(monkeypatch, (1.2, 1.3), (1.1, 1.3))
    assert not found.faster


def test_no_gain_is_not_measured_again(monkeypatch: pytest.MonkeyPatch) -> None:
    found, order = verdict(monkeypatch, (0.99, 1.01))
    assert not found.faster and len(order) == 1


def test_the_document_has_all_of_the_contract() -> None:
    needed = {
        "verdict",
        "strength",
        "reason",
        "inputs",
        "coverage",
        "counterexample",
        "speedup",
        "scaling",
        "sandbox",
    }
    found = Verdict("equivalent", "tested", speedup=Speedup(2.0, 1.9, 2.1, 9, 1.8)).as_dict()
    assert needed <= set(found) and set(found["speedup"]) >= {"median", "ci_low", "ci_high"}
    assert dataclasses.is_dataclass(Verdict)
