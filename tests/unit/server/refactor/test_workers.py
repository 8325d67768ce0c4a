"""What the worker processes answer about refactorings."""

from __future__ import annotations

from pathlib import Path

import pytest

from burnish_analysis.errors import RefactoringError
from burnish_analysis.perf.module import Module
from burnish_server.perf.worker import Analyser
from burnish_server.perf.worker_process import AnalyserError
from burnish_server.refactor.model import Changes, LocalOffer, Offer, stamp_of
from burnish_server.refactor.process import RefactorProcess
from burnish_server.refactor.worker import Refactorer, function_around

NESTED = "def both(first, second):\n    print(1)\n    if first:\n        if second:\n            print(2)\n"


def test_refactorings_travel_and_apply() -> None:
    answer = Analyser().answer({"op": "refactorings", "path": "", "text": NESTED})
    found = [LocalOffer.from_json(one) for one in answer["offers"]]
    (merge,) = [one for one in found if one.rule == "merge-nested-ifs"]
    assert merge.exact
    assert merge.kind.startswith("refactor.")
    assert "if first and second:\n" in merge.applied(NESTED)
    assert Analyser().answer({"op": "refactorings", "path": "", "text": "def ("})["broken"]


def test_structure_is_compared() -> None:
    analyser = Analyser()
    asked = {"op": "structure", "before": NESTED, "function": "both"}
    merged = NESTED.replace(
        "if first:\n        if second:\n            print", "if first and second:\n        print"
    )
    assert analyser.answer({**asked, "after": merged})["same"]
    other = analyser.answer({**asked, "after": NESTED.replace("print(2)", "print(3)")})
    assert not other["same"]
    assert other["reason"]


def test_everything_is_said_of_every_refactoring() -> None:
    rules = Analyser().answer({"op": "about"})["rules"]
    assert len(rules) >= 30
    assert all(
        rule["summary"] and rule["before"] and rule["after"] and rule["why"] for rule in rules.values()
    )


def test_unsaved_texts_count_and_carry_their_stamp(tmp_path: Path) -> None:
    file, user = tmp_path / "a.py", tmp_path / "b.py"
    file.write_text("# on the disk\n")
    user.write_text("from a import f\nf()\n")
    text = "def f():\n    return 1\n"
    common = {"root": str(tmp_path), "path": str(file), "start": 4, "end": 4}
    worker = Refactorer()
    offers = [
        Offer.from_json(one) for one in worker.answer({"op": "offers", "text": text, **common})["offers"]
    ]
    assert "rename" in [offer.id for offer in offers]
    answer = worker.answer(
        {
            "op": "perform",
            "texts": {str(file): text},
            "id": "rename",
            "answers": {"name": "g"},
            "seconds": 30,
            **common,
        }
    )
    changes = Changes.from_json(answer)
    assert set(changes.edits) == {file, user}
    assert changes.stamps == {file: stamp_of(text), user: stamp_of("from a import f\nf()\n")}
    assert changes.files == 2


def test_the_function_around_a_place() -> None:
    text = "x = 1\n\n\n@mark\ndef f():\n    def inner():\n        return 1\n    return inner\n\n\nclass A:\n    def g(self): return 2"
    module = Module(text)
    places = {"@mark": "f", "return 1": "f.inner", "return inner": "f", "return 2": "A.g"}
    assert {words: function_around(module, text.index(words)) for words in places} == places
    assert function_around(module, len(text)) == "A.g"
    with pytest.raises(RefactoringError, match="inside the function"):
        function_around(module, 0)


async def test_the_process_refuses_in_words_and_goes_on(tmp_path: Path) -> None:
    process = RefactorProcess()
    file = tmp_path / "a.py"
    try:
        with pytest.raises(AnalyserError, match="no refactoring called"):
            await process.perform(tmp_path, file, {file: NESTED}, (0, 0), "nothing", {})
        assert await process.offers(tmp_path, file, NESTED, 4, 4)
        plan = await process.plan(str(file), NESTED, 10)
        assert (plan.function, plan.steps) == ("both", ())
        assert plan.reason
    finally:
        process.close()
        await process.ended()
