from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from burnish_training.errors import EvaluationError
from burnish_training.evaluation.journal import Journal, open_journal

HEADER = {"data": "one", "model": {"sha256": "m"}}


def result(task: str, sample: int = 0) -> dict[str, object]:
    return {"task_id": task, "sample": sample, "verdict": "passed"}


def test_results_are_there_again(tmp_path: Path) -> None:
    with Journal(tmp_path / "run", HEADER) as journal:
        journal.add(result("a"))
        journal.add(result("a", 1))
    with Journal(tmp_path / "run", HEADER) as journal:
        assert (journal.resumed, set(journal.results)) == (2, {("a", 0), ("a", 1)})


def test_what_was_refused_is_tried_again(tmp_path: Path) -> None:
    with Journal(tmp_path, HEADER) as journal:
        journal.add(result("a") | {"verdict": "refused"})
        assert journal.results["a", 0]["verdict"] == "refused"
    with Journal(tmp_path, HEADER) as journal:
        assert journal.results == {}
        journal.add(result("a"))
    with Journal(tmp_path, HEADER) as journal:
        assert journal.results["a", 0]["verdict"] == "passed"


@pytest.mark.parametrize("cut", [1, 5, 20])
def test_a_line_written_in_half_is_dropped_and_what_follows_is_whole(tmp_path: Path, cut: int) -> None:
    with Journal(tmp_path, HEADER) as journal:
        journal.add(result("a"))
        journal.add(result("b"))
    path = tmp_path / "results.jsonl"
    path.write_bytes(path.read_bytes()[:-cut])
    with Journal(tmp_path, HEADER) as journal:
        assert set(journal.results) == {("a", 0)}
        journal.add(result("c"))
    with Journal(tmp_path, HEADER) as journal:
        assert set(journal.results) == {("a", 0), ("c", 0)}


@pytest.mark.parametrize("header", [HEADER | {"data": "two"}, HEADER | {"model": {"sha256": "n"}}, {}])
def test_a_folder_of_another_run_is_left_alone(tmp_path: Path, header: dict[str, object]) -> None:
    with Journal(tmp_path, HEADER) as journal:
        journal.add(result("a"))
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(EvaluationError, match=r"belongs to another run: .*changed"):
        Journal(tmp_path, header)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_damage_in_the_middle_is_named(tmp_path: Path) -> None:
    with Journal(tmp_path, HEADER) as journal:
        journal.add(result("a"))
    with (tmp_path / "results.jsonl").open("ab") as file:
        file.write(b'{"task_id": 1}\n{"x\n')
    with pytest.raises(EvaluationError, match="line 2 is damaged"):
        Journal(tmp_path, HEADER)
    (tmp_path / "run.json").write_text("{", encoding="utf-8")
    with pytest.raises(EvaluationError, match=r"run\.json cannot be read"):
        Journal(tmp_path, HEADER)


def test_results_without_a_header_are_not_taken(tmp_path: Path) -> None:
    (tmp_path / "results.jsonl").write_text("", encoding="utf-8")
    with pytest.raises(EvaluationError, match=r"no run\.json"):
        Journal(tmp_path, HEADER)


def test_a_folder_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(EvaluationError, match="Cannot write"):
        Journal(tmp_path / "file", HEADER)


def test_two_processes_do_not_share_a_folder(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path\n"
        "from burnish_training.evaluation.journal import Journal\n"
        f"j = Journal(Path({str(tmp_path)!r}), {HEADER!r}); print('in', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "in\n"
        with pytest.raises(EvaluationError, match="Another evaluation"):
            Journal(tmp_path, HEADER)
        other.kill()
    # A killed process leaves no lock behind.
    Journal(tmp_path, HEADER).close()


def test_the_newest_unfinished_run_of_the_same_is_taken(tmp_path: Path) -> None:
    with open_journal(tmp_path, "eval", HEADER) as first:
        first.add(result("a"))
    with open_journal(tmp_path, "eval", HEADER) as again:
        assert (again.folder, again.resumed) == (first.folder, 1)
        # One that is in use is not taken.
        with open_journal(tmp_path, "eval", HEADER) as beside:
            assert beside.folder != first.folder
        again.finish({"done": True})
    with open_journal(tmp_path, "eval", HEADER | {"data": "two"}) as other:
        assert other.folder not in {first.folder, beside.folder}
    with open_journal(tmp_path, "eval", HEADER) as newest:
        assert newest.folder == beside.folder
    with open_journal(tmp_path, "eval", HEADER, fresh=True) as fresh:
        assert fresh.folder not in {first.folder, beside.folder, other.folder}
    assert json.loads((first.folder / "report.json").read_text(encoding="utf-8")) == {"done": True}


def test_a_full_disk_loses_nothing(tmp_path: Path) -> None:
    """The bound on file size stands in for a full disk."""
    code = (
        "import resource, sys; from pathlib import Path\n"
        "from burnish_training.evaluation.journal import Journal\n"
        f"j = Journal(Path({str(tmp_path)!r}), {HEADER!r})\n"
        "j.add({'task_id': 'a', 'sample': 0})\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))\n"
        "j.add({'task_id': 'b' * 500, 'sample': 0})\n"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "EvaluationError: Cannot write" in found.stderr
    with Journal(tmp_path, HEADER) as journal:
        assert set(journal.results) == {("a", 0)}
