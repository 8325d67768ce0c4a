from __future__ import annotations

import json
from pathlib import Path

import pytest

from burnish_training.base.corpus import build_corpus, is_data_table, read_documents
from burnish_training.errors import CorpusError


def body(name: str, lines: int = 30) -> str:
    return "".join(
        f"def {name}_{i}(argument):\n    return {name}_table.lookup(argument, default={i})\n\n"
        for i in range(lines)
    )


def install(folder: Path, name: str, licence: str, files: dict[str, str]) -> None:
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\nLicense-Expression: {licence}\n"
    )
    for path, text in files.items():
        target = folder / name / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    (info / "RECORD").write_text("".join(f"{name}/{path},,\n" for path in files))


def build(tmp_path: Path, *packages: str) -> dict[str, object]:
    return build_corpus(tmp_path / "packages", tmp_path / "corpus", packages=packages, stdlib=False)


def kept(tmp_path: Path) -> set[str]:
    return {d.path for d in read_documents(tmp_path / "corpus" / "train.jsonl")}


def test_duplicates_vendored_tables_and_near_copies_of_held_out_files_are_left_out(tmp_path: Path) -> None:
    folder = tmp_path / "packages"
    table = "TABLE = {\n" + "".join(f'    "name{i}": "value",\n' for i in range(60)) + "}\n"
    install(folder, "alpha", "MIT", {
        "good.py": body("good"), "copy.py": body("good").replace("    ", "\t"), "_vendor/x.py": body("vendored"),
        "table.py": table, "from_click.py": body("clicked") + body("own", 3), "tiny.py": "x = 1\n",
    })  # fmt: skip
    install(folder, "click", "BSD-3-Clause", {"core.py": body("clicked")})
    manifest = build(tmp_path, "alpha", "click==8.0")
    assert kept(tmp_path) == {"alpha/good.py"} or kept(tmp_path) == {"alpha/copy.py"}
    assert manifest["held_out"] == ["click"]
    assert json.loads((tmp_path / "corpus" / "manifest.json").read_text()) == manifest
    assert [d.path for d in read_documents(tmp_path / "corpus" / "heldout.jsonl")] == ["click/core.py"]


@pytest.mark.parametrize(
    "licence", ["GPL-3.0-only", "LGPL-2.1-or-later", "MPL-2.0", "Proprietary", "MIT AND GPL-2.0-only"]
)
def test_a_package_that_is_not_permissively_licensed_stops_the_build(tmp_path: Path, licence: str) -> None:
    install(tmp_path / "packages", "alpha", licence, {"good.py": body("good")})
    with pytest.raises(CorpusError, match="not permissive"):
        build(tmp_path, "alpha")


def test_a_missing_package_is_named(tmp_path: Path) -> None:
    (tmp_path / "packages").mkdir()
    with pytest.raises(CorpusError, match="beta"):
        build(tmp_path, "beta==1.0")


def test_code_is_not_a_data_table() -> None:
    assert not is_data_table(body("good"))
    assert is_data_table("1, 2, 3, 4\n" * 50)
