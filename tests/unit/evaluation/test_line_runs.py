from __future__ import annotations

import json
from pathlib import Path

import pytest

from burnish_training.errors import EvaluationError
from burnish_training.evaluation.journal import Journal
from burnish_training.evaluation.line_runs import complete_lines, read_sources, sample_cases

TEXT = "def add(first, second):\n    return first + second\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    for name in ("a.py", "deep/b.py", ".hidden/c.py", "node_modules/d.py"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(TEXT, encoding="utf-8")
    (root / "latin.py").write_bytes(b"x = '\xe9\xff' + other\n")
    (root / "blank.py").write_text("\n\n", encoding="utf-8")
    (root / "notes.txt").write_text("a.py\n\ndeep/b.py\n", encoding="utf-8")
    return root


def names(path: Path) -> list[str]:
    return [document.path for document in read_sources(path)[0]]


def test_what_is_read(project: Path) -> None:
    assert names(project) == ["a.py", "deep/b.py"]
    assert names(project / "a.py") == ["a.py"]
    assert names(project / "notes.txt") == ["a.py", "deep/b.py"]
    documents = project / "docs.jsonl"
    documents.write_text(json.dumps({"package": "p", "path": "x.py", "text": TEXT}) + "\n", encoding="utf-8")
    assert names(documents) == ["x.py"]


def test_the_digest_follows_the_text(project: Path) -> None:
    before = read_sources(project)[1]
    assert read_sources(project)[1] == before
    (project / "a.py").write_text(TEXT + "x = 1\n", encoding="utf-8")
    assert read_sources(project)[1] != before


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("list.txt", b"gone.py\n", "which is no file"),
        ("list.txt", b"\xff", "Cannot read"),
        ("docs.jsonl", b"{}\n", "no list of documents"),
        ("blank.py", b"\n\n", "no Python file with a line"),
    ],
)
def test_what_cannot_be_read_is_named(name: str, content: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(EvaluationError, match=message):
        read_sources(tmp_path / name)


async def test_only_what_is_missing_is_measured(project: Path, tmp_path: Path) -> None:
    cases = sample_cases(read_sources(project)[0], 6, 0)
    seen: list[int] = []
    with Journal(tmp_path / "run", {}) as journal:
        await complete_lines(None, cases[:4], journal, max_tokens=8)
        await complete_lines(None, cases, journal, max_tokens=8, progress=seen.append)
        assert seen == [5, 6]
        assert {record["verdict"] for record in journal.results.values()} == {"exact"}
