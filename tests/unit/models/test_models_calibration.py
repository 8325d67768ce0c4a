"""The calibration: a monotone map from summed log-probabilities to the share of right answers."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from burnish_models.calibration import Calibration, calibration_path
from burnish_models.errors import CalibrationError


def test_identity_believes_the_model() -> None:
    identity = Calibration.default()
    assert identity.probability([math.log(0.5), math.log(0.5)]) == pytest.approx(0.25)
    assert identity.probability([0.0]) == 1.0
    assert identity.probability([-1e9]) == 0.0
    assert identity.probability([]) == 0.0
    assert identity.probability([math.nan]) == 0.0
    assert identity.threshold == 0.5


def test_fit_recovers_an_overconfident_model() -> None:
    rng = np.random.default_rng(7)
    sums = -rng.exponential(1.5, 20_000)
    truth = np.exp(sums) ** 2
    fitted = Calibration.fit(sums, rng.random(sums.size) < truth, threshold=0.6, model_sha256="ab")
    assert (fitted.samples, fitted.threshold, fitted.model_sha256) == (20_000, 0.6, "ab")
    for probability in (0.9, 0.7, 0.5, 0.3):
        assert fitted.probability([math.log(probability)]) == pytest.approx(probability**2, abs=0.05)


def test_pooling_matches_a_case_done_by_hand() -> None:
    # Twenty answers at two sums: 2 of 10 right at -2, 8 of 10 right at -1.
    sums = [-2.0] * 10 + [-1.0] * 10
    correct = [1] * 2 + [0] * 8 + [1] * 8 + [0] * 2
    fitted = Calibration.fit(sums, correct)
    assert fitted.knots == ((-2.0, pytest.approx(2.5 / 11)), (-1.0, pytest.approx(8.5 / 11)))
    assert fitted.probability([-1.5]) == pytest.approx((2.5 + 8.5) / 22)
    assert fitted.probability([-50.0]) == pytest.approx(2.5 / 11)


def test_violators_are_pooled() -> None:
    # Less sure is right more often here: one block remains.
    sums = [-2.0] * 10 + [-1.0] * 10
    fitted = Calibration.fit(sums, [1] * 10 + [0] * 10)
    assert fitted.knots == ((pytest.approx(-1.5), pytest.approx(0.5)),)


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.floats(-50, 0), st.booleans()), min_size=20, max_size=200),
    st.lists(st.floats(-60, 0), min_size=2, max_size=20),
)
def test_fit_is_monotone_and_never_certain(answers: list[tuple[float, bool]], probes: list[float]) -> None:
    fitted = Calibration.fit([x for x, _ in answers], [y for _, y in answers])
    values = [fitted.probability([probe]) for probe in sorted(probes)]
    assert values == sorted(values)
    assert all(0.0 < value < 1.0 for value in values)
    assert len(fitted.knots) <= 64


@pytest.mark.parametrize(
    ("sums", "correct", "message"),
    [
        ([-1.0] * 5, [1] * 5, "at least 20"),
        ([-1.0] * 30, [1] * 29, "at least 20 answers"),
        ([-1.0] * 29 + [math.nan], [1] * 30, "finite sums"),
        ([-1.0] * 30, [2] * 30, "right or wrong"),
    ],
)
def test_bad_data_is_refused(sums: list[float], correct: list[int], message: str) -> None:
    with pytest.raises(CalibrationError, match=message):
        Calibration.fit(sums, correct)


def test_save_and_load(tmp_path: Path) -> None:
    path = calibration_path(tmp_path / "m.gguf")
    assert path.name == "m.gguf.calibration.json"
    fitted = Calibration(knots=((-3.0, 0.1), (-0.5, 0.8)), threshold=0.55, samples=400, model_sha256="cd")
    fitted.save(path)
    assert Calibration.load(path) == fitted
    assert [item.name for item in tmp_path.iterdir()] == [path.name]
    Calibration.default().save(path)
    assert Calibration.load(path) == Calibration.default()


GOOD = {"format": 1, "model_sha256": None, "samples": 30, "threshold": 0.5, "knots": [[-1, 0.2], [0, 0.9]]}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        json.dumps({**GOOD, "format": 2}),
        json.dumps({**GOOD, "knots": [[0, 0.2], [0, 0.9]]}),
        json.dumps({**GOOD, "knots": [[-1, 0.9], [0, 0.2]]}),
        json.dumps({**GOOD, "knots": [[-1, 1.9]]}),
        json.dumps({**GOOD, "knots": [[-1]]}),
        json.dumps({**GOOD, "knots": None}),
        json.dumps({**GOOD, "threshold": 7}),
        json.dumps({**GOOD, "threshold": None}),
        json.dumps({**GOOD, "samples": -1}),
        json.dumps({key: GOOD[key] for key in ("format", "knots")}),
        json.dumps(GOOD).replace("0.9", "NaN"),
    ],
)
def test_bad_files_are_refused_with_advice(tmp_path: Path, text: str) -> None:
    path = tmp_path / "c.json"
    path.write_text(text)
    with pytest.raises(CalibrationError, match="Remove it to use"):
        Calibration.load(path)


def test_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CalibrationError, match="Cannot read the calibration"):
        Calibration.load(tmp_path / "none.json")


def test_good_file_is_the_control(tmp_path: Path) -> None:
    path = tmp_path / "c.json"
    path.write_text(json.dumps(GOOD))
    assert Calibration.load(path).probability([-0.5]) == pytest.approx(0.55)
