from __future__ import annotations

from pathlib import Path

import pytest

from burnish_training.kto.errors import KtoError
from burnish_training.kto.reference import ReferenceCache, pair_key


def test_values_come_back_exactly_after_reopening(tmp_path: Path) -> None:
    cache = ReferenceCache(tmp_path, "model", "float32")
    values = {pair_key((1, 2), (3,)): -1.2345678901234567, pair_key((1,), (2, 3)): -1e-30}
    cache.put(values)
    cache.close()
    again = ReferenceCache(tmp_path, "model", "float32")
    assert again.get([*values, pair_key((9,), (9,))]) == values
    assert again.path.stat().st_mode & 0o077 == 0


def test_another_model_or_precision_is_another_file(tmp_path: Path) -> None:
    paths = {
        ReferenceCache(tmp_path, model, precision).path
        for model in ("a", "b")
        for precision in ("float32", "bfloat16")
    }
    assert len(paths) == 4


def test_a_known_pair_keeps_its_value(tmp_path: Path) -> None:
    """Two runs that compute the same pair in batches of different shapes may differ in the last bits."""
    cache, key = ReferenceCache(tmp_path, "model", "float32"), pair_key((1,), (2,))
    cache.put({key: -1.0})
    cache.put({key: -2.0})
    assert cache.get([key]) == {key: -1.0}


def test_pairs_nobody_asks_for_are_dropped_in_the_end(tmp_path: Path) -> None:
    cache = ReferenceCache(tmp_path, "model", "float32")
    old, used = pair_key((1,), (2,)), pair_key((1,), (3,))
    cache.put({old: -1.0, used: -2.0})
    cache._connection.execute("UPDATE reference SET used = used - 40")
    cache.get([used])
    cache.close()
    again = ReferenceCache(tmp_path, "model", "float32")
    assert again.get([old, used]) == {used: -2.0}


def test_a_damaged_file_says_that_it_may_be_deleted(tmp_path: Path) -> None:
    cache = ReferenceCache(tmp_path, "model", "float32")
    cache.close()
    cache.path.write_bytes(b"not a database" * 100)
    with pytest.raises(KtoError, match="may be deleted"):
        ReferenceCache(tmp_path, "model", "float32")
