from __future__ import annotations

import json
from pathlib import Path

import pytest

from burnish_training.errors import EvaluationError
from burnish_training.evaluation.problems import BENCHMARKS, read_problems, read_samples
from tests.unit.evaluation.data import BY_BENCHMARK, HUMANEVAL, INFILLING, MBPP, write


@pytest.mark.parametrize("benchmark", BENCHMARKS)
def test_zipped_or_not_is_the_same(benchmark: str, tmp_path: Path) -> None:
    plain = read_problems(benchmark, write(tmp_path / "a.jsonl", BY_BENCHMARK[benchmark]))
    zipped = read_problems(benchmark, write(tmp_path / "b.gz", BY_BENCHMARK[benchmark], zipped=True))
    assert plain == zipped
    assert len(plain.problems) == len(BY_BENCHMARK[benchmark])


def test_mbpp_shows_its_tests_and_runs_the_setup_after_the_solution(tmp_path: Path) -> None:
    first, second = read_problems("mbpp", write(tmp_path / "m.jsonl", MBPP)).problems
    assert first.task_id == "MBPP/11"
    assert first.prompt.count('"""') == 2
    assert "assert twice(2) == 4" in first.prompt
    assert first.before == ""
    assert first.test.startswith("import math\nassert twice(2) == 4\n")
    assert second.test.startswith("from operator import add\nassert Pair")


def test_one_array_is_as_good_as_lines(tmp_path: Path) -> None:
    (tmp_path / "sanitized.json").write_text(json.dumps(MBPP, indent=2), encoding="utf-8")
    lines = read_problems("mbpp", write(tmp_path / "m.jsonl", MBPP))
    assert read_problems("mbpp", tmp_path / "sanitized.json").problems == lines.problems


def test_windows_line_ends_and_a_byte_order_mark(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", HUMANEVAL)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert len(read_problems("humaneval", path).problems) == 2


@pytest.mark.parametrize(
    ("benchmark", "data", "message"),
    [
        ("humaneval", b"", "holds no problem"),
        ("humaneval", b'{"task_id": 1', "line 1: no JSON"),
        ("humaneval", b"7\n", "line 1: no JSON object"),
        ("mbpp", b"[]\n", "holds no problem"),
        ("mbpp", b"[{},", "no JSON"),
        ("mbpp", b"[7]", "record 1: no JSON object"),
        ("humaneval", b'\n{"task_id": "a"}\n', "line 2: 'prompt' is missing"),
        ("humaneval", b"\xff\xfe", "not UTF-8"),
        ("humaneval", b"\x1f\x8bzz", "damaged gzip"),
        ("mbpp", b'{"task_id": 1, "text": "x", "code": "y", "test_list": "no"}', "'test_list'"),
        ("mbpp", b'{"text": "x"}', "'task_id' is missing"),
    ],
)
def test_what_is_wrong_with_the_data_is_named(
    benchmark: str, data: bytes, message: str, tmp_path: Path
) -> None:
    path = tmp_path / "data"
    path.write_bytes(data)
    with pytest.raises(EvaluationError, match=message):
        read_problems(benchmark, path)


def test_the_wrong_benchmark_is_pointed_out(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="burnish eval infilling"):
        read_problems("humaneval", write(tmp_path / "a", INFILLING))
    with pytest.raises(EvaluationError, match="no suffix"):
        read_problems("infilling", write(tmp_path / "b", HUMANEVAL))
    with pytest.raises(EvaluationError, match="twice"):
        read_problems("humaneval", write(tmp_path / "c", HUMANEVAL * 2))


def test_given_completions(tmp_path: Path) -> None:
    problems = read_problems("humaneval", write(tmp_path / "a", HUMANEVAL)).problems
    lines = [{"task_id": f"Own/{n % 2}", "completion": str(n)} for n in range(4)]
    found, _ = read_samples(write(tmp_path / "s", lines), problems)
    assert found == {"Own/0": ["0", "2"], "Own/1": ["1", "3"]}
    mbpp = read_problems("mbpp", write(tmp_path / "m", MBPP)).problems
    numbered = [{"task_id": 11, "completion": "x"}, {"task_id": "MBPP/12", "completion": "y"}]
    assert read_samples(write(tmp_path / "t", numbered), mbpp)[0] == {"MBPP/11": ["x"], "MBPP/12": ["y"]}


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([{"task_id": "Own/9", "completion": ""}], "no task Own/9"),
        ([{"task_id": "Own/0", "completion": ""}], "Own/1 has 0 of 1"),
        ([{"task_id": "Own/0"}], "'completion' is missing"),
        ([], "equally many"),
    ],
)
def test_completions_that_do_not_fit(lines: list[dict[str, str]], message: str, tmp_path: Path) -> None:
    problems = read_problems("humaneval", write(tmp_path / "a", HUMANEVAL)).problems
    with pytest.raises(EvaluationError, match=message):
        read_samples(write(tmp_path / "s", lines), problems)
