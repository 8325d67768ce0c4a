from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer

from burnish_training.base.corpus import Document
from burnish_training.base.examples import ExampleStream, cut_middle
from burnish_training.base.tokenizer import Specials, train_tokenizer

TEXT = (
    "import os\n\n\ndef add(first, second):\n    total = first + second\n    return total\n\n\nclass Box:\n    size = 3\n"
    * 6
)


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return train_tokenizer([TEXT], 512)


def documents() -> list[Document]:
    return [Document("alpha", f"alpha/m{i}.py", TEXT.replace("total", f"total_{i}")) for i in range(6)]


@given(st.text(st.sampled_from("ab (=:)\n\t"), min_size=40, max_size=400), st.integers(0, 10_000))
def test_a_cut_is_a_partition_of_the_text(text: str, seed: int) -> None:
    cut = cut_middle(text, random.Random(seed))
    assert cut.prefix + cut.middle + cut.suffix == text


def test_most_middles_begin_at_a_line_start_as_they_do_when_served() -> None:
    cuts = [cut_middle(TEXT, random.Random(seed)) for seed in range(400)]
    at_line_start = [cut.prefix == "" or cut.prefix.endswith("\n") for cut in cuts]
    assert 0.8 < sum(at_line_start) / len(cuts) < 1.0
    to_line_end = [cut.suffix == "" or cut.suffix.startswith("\n") for cut in cuts]
    assert 0.6 < sum(to_line_end) / len(cuts) < 1.0


def test_middles_may_begin_lines_above_what_they_complete() -> None:
    def heights(lines_above: int) -> list[int]:
        cuts = [cut_middle(TEXT, random.Random(seed), lines_above) for seed in range(400)]
        assert all(cut.prefix + cut.middle + cut.suffix == TEXT for cut in cuts)
        return [cut.middle.count("\n") for cut in cuts]

    assert sum(heights(20)) > 2 * sum(heights(0))


def test_a_batch_depends_on_seed_and_step_alone(tokenizer: Tokenizer) -> None:
    first = ExampleStream(documents(), tokenizer, seed=1)
    first.batch(0, 4, 128)
    again = ExampleStream(documents(), tokenizer, seed=1)
    assert np.array_equal(first.batch(7, 4, 128), again.batch(7, 4, 128))
    assert not np.array_equal(first.batch(7, 4, 128), first.batch(8, 4, 128))
    assert not np.array_equal(
        first.batch(7, 4, 128), ExampleStream(documents(), tokenizer, seed=2).batch(7, 4, 128)
    )


def test_rows_are_full_and_every_middle_has_its_parts_in_order(tokenizer: Tokenizer) -> None:
    special = Specials(tokenizer)
    rows = ExampleStream(documents(), tokenizer, seed=3).batch(0, 64, 128)
    assert rows.shape == (64, 129)
    assert rows.dtype == np.int64
    assert rows.min() >= 0
    assert rows.max() < 512
    middles = 0
    for row in rows.tolist():
        for at, token in enumerate(row):
            if token == special.middle:
                middles += 1
                before = row[:at]
                assert special.suffix in before
                assert special.prefix in before[: len(before) - before[::-1].index(special.suffix)]
    assert middles > 40


def test_text_survives_the_tokenizer(tokenizer: Tokenizer) -> None:
    text = "x = 'é😀'\t# \r\n"
    assert tokenizer.decode(tokenizer.encode(text).ids, skip_special_tokens=False) == text


def test_long_rows_often_show_several_files_of_the_package(tokenizer: Tokenizer) -> None:
    files = [Document("a", f"a/m{i}.py", f"# module {i}\n" + TEXT * 20) for i in range(6)]
    rows = ExampleStream(files, tokenizer, seed=3).batch(0, 24, 1500).tolist()
    shown = [row.count(Specials(tokenizer).file) for row in rows]
    assert max(shown) >= 4
    assert min(shown) == 0 or min(shown) < max(shown)
