"""``burnish eval`` as users run it: real processes, the bundled model, the real sandbox."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.unit.evaluation.data import BY_BENCHMARK, HUMANEVAL, write

pytestmark = pytest.mark.integration

#: The public data is not part of the repository; it may lie beside it.
DATA = Path(__file__).parents[3] / "shared" / "data"
EASY = {
    "task_id": "Own/thrice/1",
    "entry_point": "thrice",
    "prompt": "def thrice(x):\n    return 3 * ",
    "suffix": "\n\n\ndef triple(x):\n    return 3 * x\n",
    "canonical_solution": "x",
    "test": "def check(candidate):\n    assert candidate(4) == 12\n",
}


def command(home: Path, *arguments: object) -> list[str]:
    return [sys.executable, "-m", "burnish_cli", "--home", str(home), "eval", *map(str, arguments)]


def burnish(home: Path, *arguments: object) -> tuple[int, Any, str]:
    found = subprocess.run(
        command(home, *arguments, "--json"), capture_output=True, text=True, timeout=280, check=False
    )
    return found.returncode, json.loads(found.stdout or "null"), found.stderr


def many(path: Path, count: int) -> Path:
    problems = []
    for number in range(count):
        name = f"value_{number}"
        prompt = f'def {name}(a, b):\n    """The {number}th sum of a and b."""\n'
        test = f"def check(candidate):\n    assert candidate(1, 2) == {number + 3}\n"
        problem = {"task_id": f"Own/{number}", "prompt": prompt, "entry_point": name, "test": test}
        problems.append(problem | {"canonical_solution": f"    return a + b + {number}\n"})
    return write(path, problems)


@pytest.mark.parametrize("name", ["HumanEval", "HumanEval-RandomSpanInfillingLight"])
def test_canonical_solutions_of_the_public_data_pass(name: str, tmp_path: Path) -> None:
    data = DATA / f"{name}.jsonl.gz"
    if not data.exists():
        pytest.skip(f"{data.name} is not on this machine; it is not part of the repository")
    benchmark = "infilling" if "Infilling" in name else "humaneval"
    status, report, _ = burnish(
        tmp_path, benchmark, "--data", data, "--canonical", "--timeout", 60, "--run-folder", tmp_path / "run"
    )
    assert (status, report["scores"]["pass@1"]["value"], report["tasks"]) == (0, 1.0, 164)
    assert sum(report["failures"].values()) == 0


@pytest.mark.parametrize("benchmark", sorted(BY_BENCHMARK))
def test_canonical_solutions_of_every_format(benchmark: str, tmp_path: Path) -> None:
    data = write(tmp_path / "data.jsonl.gz", BY_BENCHMARK[benchmark], zipped=True)
    status, report, _ = burnish(tmp_path, benchmark, "--data", data, "--canonical")
    assert (status, report["scores"]["pass@1"]["value"]) == (0, 1.0)
    assert report["isolation"]["level"] in {"namespaces", "landlock", "limits", "process"}


def test_a_wrong_canonical_solution_is_a_finding(tmp_path: Path) -> None:
    data = write(tmp_path / "d", [HUMANEVAL[0], HUMANEVAL[1] | {"canonical_solution": "    return 1\n"}])
    status, report, _ = burnish(tmp_path, "humaneval", "--data", data, "--canonical")
    assert (status, report["passed"], report["failures"]["wrong_answer"]) == (1, 1, 1)


def test_given_completions_are_scored_and_classified(tmp_path: Path) -> None:
    data = write(tmp_path / "d", HUMANEVAL)
    bodies = {
        "Own/0": ["    return n * 2", "    return (", "    return n", "    while True: pass"],
        "Own/1": ["    return words[1]", "    return word", "    return 'bb'", "    return max(words)"],
    }
    lines = [{"task_id": k, "completion": body} for k, found in bodies.items() for body in found]
    samples = write(tmp_path / "s", lines)
    status, report, _ = burnish(
        tmp_path, "humaneval", "--data", data, "--samples", samples, "--timeout", 2, "--k", 1, "--k", 2
    )
    assert status == 0
    assert report["passed"] == 4
    assert report["failures"] == {
        "syntax": 1,
        "runtime_error": 1,
        "wrong_answer": 1,
        "timeout": 1,
        "out_of_memory": 0,
        "refused": 0,
    }
    assert report["exceptions"] == {"NameError": 1}
    assert report["scores"]["pass@1"]["value"] == pytest.approx((1 / 4 + 3 / 4) / 2)
    assert report["scores"]["pass@2"]["value"] == pytest.approx((1 / 2 + 1) / 2)


def test_the_bundled_model_answers_and_can_be_right(tmp_path: Path) -> None:
    data = write(tmp_path / "d", [EASY, *BY_BENCHMARK["infilling"]])
    status, report, _ = burnish(tmp_path, "infilling", "--data", data, "--threads", 1)
    assert (status, report["tasks"], report["source"]["kind"]) == (0, 2, "model")
    assert report["passed"] + sum(report["failures"].values()) == 2
    assert report["generation"]["tokens"] > 0
    results = (Path(report["run"]) / "results.jsonl").read_text(encoding="utf-8").splitlines()
    found = {record["task_id"]: record for record in map(json.loads, results)}
    assert found["Own/thrice/1"]["verdict"] == "passed", found


def test_several_samples_differ(tmp_path: Path) -> None:
    data = write(tmp_path / "d", HUMANEVAL[:1])
    arguments = ("--n", 6, "--temperature", 1.0, "--max-tokens", 24, "--threads", 1)
    status, report, _ = burnish(tmp_path, "humaneval", "--data", data, *arguments)
    results = (Path(report["run"]) / "results.jsonl").read_text(encoding="utf-8").splitlines()
    assert (status, report["samples"], len(results)) == (0, 6, 6)
    assert len({json.loads(line)["completion"] for line in results}) > 1


def test_lines_of_ones_own_files(tmp_path: Path) -> None:
    examples = Path(__file__).parents[2] / "examples"
    status, report, _ = burnish(tmp_path, "lines", "--data", examples, "--limit", 12, "--threads", 1)
    assert (status, report["tasks"]) == (0, 12)
    assert report["passed"] + sum(report["failures"].values()) == 12
    status, report, _ = burnish(tmp_path, "lines", "--data", examples, "--limit", 12, "--canonical")
    assert (status, report["scores"]["exact_match"]["value"]) == (0, 1.0)
    (tmp_path / "empty").mkdir()
    status, report, _ = burnish(tmp_path, "lines", "--data", tmp_path / "empty")
    assert (status, "no Python file" in report["error"]) == (1, True)


@pytest.mark.parametrize(
    "arguments",
    [
        ("--canonical", "--model", "x"),
        ("--n", 3),
        ("--k", 2),
        ("--n", 2, "--canonical"),
        ("--fresh", "--run-folder", "x"),
        ("--least-isolation", "none"),
        ("--limit", 0),
    ],
)
def test_contradictions_are_wrong_usage(arguments: tuple[object, ...], tmp_path: Path) -> None:
    data = write(tmp_path / "d", HUMANEVAL)
    status, report, _ = burnish(tmp_path, "humaneval", "--data", data, *arguments)
    assert (status, list(report)) == (2, ["error"])


def test_bad_data_and_a_missing_model_are_refused(tmp_path: Path) -> None:
    data = write(tmp_path / "d", [{"task_id": "a"}])
    status, report, _ = burnish(tmp_path, "humaneval", "--data", data)
    assert (status, "line 1" in report["error"]) == (1, True)
    status, report, _ = burnish(
        tmp_path, "humaneval", "--data", write(tmp_path / "e", HUMANEVAL), "--model", "./no.gguf"
    )
    assert (status, "no.gguf" in report["error"]) == (1, True)
    assert not (tmp_path / "runs").exists()


def wait_for_lines(folder: Path, count: int, process: subprocess.Popen[bytes]) -> Path:
    until = time.monotonic() + 120
    while time.monotonic() < until:
        for path in folder.glob("eval-*/results.jsonl"):
            if path.read_bytes().count(b"\n") >= count:
                return path
        assert process.poll() is None, "the evaluation ended before it could be killed"
        time.sleep(0.02)
    raise AssertionError("no results")


def test_a_killed_run_goes_on_and_ends_as_if_nothing_had_been(tmp_path: Path) -> None:
    data = many(tmp_path / "d", 40)
    arguments = ("humaneval", "--data", data, "--threads", 1, "--max-tokens", 48)
    _, whole, _ = burnish(tmp_path / "whole", *arguments)
    home = tmp_path / "killed"
    with subprocess.Popen(command(home, *arguments), stderr=subprocess.DEVNULL) as process:
        path = wait_for_lines(home / "runs", 5, process)
        family = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(signal.SIGKILL)
    _, alive = psutil.wait_procs(family, timeout=20)
    assert alive == [], "what the run had started outlived it"
    kept = path.read_bytes()
    done = kept.count(b"\n")
    assert 5 <= done < 40
    with path.open("ab") as file:
        file.write(b'{"task_id": "Own/39", "samp')
    status, report, said = burnish(home, *arguments)
    assert status == 0
    assert report["resumed"] == done
    assert f"{done} of 40" in " ".join(said.split())
    assert path.read_bytes().startswith(kept)
    assert Path(report["run"]) == path.parent
    for name in ("scores", "failures", "exceptions", "tasks", "passed"):
        assert report[name] == whole[name]
    texts = [
        {r["task_id"]: r["completion"] for r in map(json.loads, p.read_text(encoding="utf-8").splitlines())}
        for p in (path, Path(whole["run"]) / "results.jsonl")
    ]
    assert texts[0] == texts[1]


def test_changed_data_never_mixes_with_old_results(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    data = many(tmp_path / "d", 3)
    arguments = ("humaneval", "--data", data, "--canonical", "--run-folder", folder)
    assert burnish(tmp_path, *arguments)[0] == 0
    status, again, _ = burnish(tmp_path, *arguments)
    assert (status, again["resumed"]) == (0, 3)
    many(data, 4)
    status, refused, _ = burnish(tmp_path, *arguments)
    assert status == 1
    assert "data changed" in refused["error"]
    status, fresh, _ = burnish(tmp_path, *arguments[:-2])
    assert (status, fresh["tasks"], fresh["resumed"]) == (0, 4, 0)


@pytest.mark.skipif(os.name == "nt", reason="signals of a terminal")
def test_an_interrupt_leaves_a_run_to_go_on_with(tmp_path: Path) -> None:
    data = many(tmp_path / "d", 40)
    arguments = ("humaneval", "--data", data, "--threads", 1, "--max-tokens", 48)
    with subprocess.Popen(
        command(tmp_path, *arguments), stderr=subprocess.PIPE, start_new_session=True
    ) as process:
        wait_for_lines(tmp_path / "runs", 3, process)
        family = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
    assert process.returncode == 1
    assert b"Traceback" not in said
    assert psutil.wait_procs(family, timeout=20)[1] == []
    _, report, _ = burnish(tmp_path, *arguments)
    assert report["resumed"] >= 3
