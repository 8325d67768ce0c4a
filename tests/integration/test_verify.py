"""``verify`` and its command from end to end, in the real sandbox."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest

from burnish_analysis.verify.model import Call, Verdict, VerifyOptions
from burnish_analysis.verify.verify import verify

pytestmark = pytest.mark.integration

SLOW = """
def dedupe(items: list[int]) -> list[int]:
    out = []
    for item in items:
        if item not in out:
            out.append(item)
    return out
"""
FAST = """
def dedupe(items: list[int]) -> list[int]:
    return list(dict.fromkeys(items))
"""


def run(before: str, after: str, function: str = "f", **options: object) -> Verdict:
    chosen = VerifyOptions(**({"measure": False} | options))  # type: ignore[arg-type]
    return verify(textwrap.dedent(before), textwrap.dedent(after), function, chosen)


def test_a_faster_equal_version() -> None:
    verdict = run(SLOW, FAST, "dedupe", measure=True)
    assert (verdict.verdict, verdict.strength, verdict.faster) == ("equivalent", "tested", True)
    assert verdict.inputs >= 50 and verdict.coverage is not None and verdict.coverage.before == 1.0
    assert verdict.speedup is not None and verdict.speedup.ci_low > 1.1
    assert verdict.evidence.startswith(f"equivalent on {verdict.inputs} inputs (100 % branches), ")
    assert verdict.sandbox in {"landlock", "namespaces"}


@pytest.mark.parametrize("newline", ["\r\n", "\r"])
def test_a_byte_order_mark_and_other_line_ends_are_no_obstacle(newline: str) -> None:
    before, after = (("\ufeff" + text).replace("\n", newline) for text in (SLOW, FAST))
    verdict = run(before, after, "dedupe")
    assert (verdict.verdict, verdict.strength) == ("equivalent", "tested"), verdict.reason


def test_without_hints_unhashable_items_are_tried() -> None:
    verdict = run(SLOW.replace(": list[int]", ""), FAST.replace(": list[int]", ""), "dedupe")
    assert verdict.verdict == "different" and verdict.counterexample is not None
    assert "unhashable" in verdict.counterexample.after


def test_a_counterexample_is_small_and_runs_by_itself(tmp_path: Path) -> None:
    verdict = run(SLOW, SLOW.replace("not in out", "not in out or item == 77"), "dedupe")
    assert verdict.counterexample is not None
    assert verdict.counterexample.call == "dedupe([77, 77])"
    script = tmp_path / "example.py"
    script.write_text(verdict.counterexample.source)
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "before:" in done.stdout


def test_given_inputs_come_first() -> None:
    before = "def f(text: str) -> int:\n    return len(text)\n"
    after = "def f(text: str) -> int:\n    return len(text) + (hash_of(text) == 4711)\n"
    after += "def hash_of(text: str) -> int:\n    return sum(map(ord, text)) * (text[:3] == 'xyz') + 4347\n"
    known = Call("(('xyz\\x01',), {})", "test")
    assert run(before, after, calls=(known,)).verdict == "different"


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("def f(words: list[str]) -> list[str]:\n    return list(set(words))\n", "twice"),
        ("def f(a: int) -> object:\n    return lambda: a\n", "cannot be compared"),
        ("import time\ndef f(a: int) -> float:\n    return time.time()\n", "clock"),
        ("def f(a: str) -> str:\n    return open(a).read()\n", "file"),
        ("def f(a: int) -> int:\n    while True:\n        pass\n", "does not end"),
        ("def f(a: int) -> int:\n    return f(a)\n", "RecursionError"),
        (
            "import nowhere_to_be_found\ndef f(a: int) -> int:\n    return nowhere_to_be_found.g(a)\n",
            "nowhere_to_be_found",
        ),
        ("def g(a: int) -> int:\n    return a\n", "no function f"),
        ("def f(a:\n", "not valid Python"),
    ],
)
def test_what_cannot_be_tested_honestly_is_unverifiable(source: str, reason: str) -> None:
    verdict = run(source, source)
    assert verdict.verdict == "unverifiable", verdict.evidence
    assert reason in verdict.reason


def test_equal_exceptions_alone_are_weak() -> None:
    verdict = run(
        "def f(a: int) -> int:\n    raise ValueError\n", "def f(a: int) -> int:\n    raise ValueError()\n"
    )
    assert (verdict.verdict, verdict.strength) == ("equivalent", "weak")


def test_a_branch_never_taken_is_weak() -> None:
    source = "def f(a: int) -> int:\n    if a * a == 7:\n        return 1\n    return 2\n"
    verdict = run(source, source, weak_below=0.9)
    assert (verdict.verdict, verdict.strength) == ("equivalent", "weak") and "branches" in verdict.reason


def test_a_changed_version_that_never_ends() -> None:
    before = "def f(n: int) -> int:\n    return abs(n)\n"
    after = "def f(n: int) -> int:\n    while n == 3:\n        pass\n    return abs(n)\n"
    verdict = run(before, after)
    assert verdict.verdict == "different" and verdict.counterexample is not None
    assert verdict.counterexample.after == "did not end in time"


def test_a_changed_version_that_ends_its_process() -> None:
    before = "def f(n: int) -> int:\n    return abs(n)\n"
    after = "import signal\ndef f(n: int) -> int:\n    return abs(n) if n != 2 else signal.raise_signal(9)\n"
    assert run(before, after).verdict in {"different", "unverifiable"}


def test_results_forged_by_the_changed_version_do_not_make_it_equivalent() -> None:
    after = """
    def dedupe(items: list[int]) -> list[int]:
        with open("out.jsonl", "a") as file:
            file.write('{"corpus": [["(([],), {})", "use"]]}\\n{"done": true}\\n')
        return []
    """
    assert run(SLOW, after, "dedupe").verdict in {"different", "unverifiable"}


def test_it_stops_when_asked() -> None:
    stop = threading.Event()
    stop.set()
    assert verify(SLOW, FAST, "dedupe", stop=stop).reason == "it was cancelled"


def test_an_untrusted_workspace_runs_nothing() -> None:
    verdict = run(SLOW, FAST, "dedupe", trusted=False)
    assert (verdict.verdict, verdict.sandbox) == ("unverifiable", "")


def test_modules_of_the_project_can_be_imported(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    (tmp_path / "pack").mkdir()
    (tmp_path / "pack" / "__init__.py").write_text("")
    (tmp_path / "pack" / "other.py").write_text("def double(n):\n    return 2 * n\n")
    source = "from .other import double\ndef f(n: int) -> int:\n    return double(n)\n"
    verdict = run(source, source, path=(tmp_path,), module="pack.mod")
    assert verdict.verdict == "equivalent", verdict.reason


def test_what_hangs_on_addresses_is_no_difference() -> None:
    source = "def f(items: list) -> list:\n    return [repr(item) for item in set(items)]\n"
    calls = tuple(Call(f"(([None, object, {n}, 'a'],), {{}})", "call") for n in range(12))
    assert run(source, source, calls=calls, measure=False).verdict != "different"


def test_the_body_of_a_script_is_not_run() -> None:
    source = "import sys\nLIMIT = 3\ndef f(xs: list[int]) -> int:\n    return len(xs) + LIMIT\nsys.exit(f(open('nowhere')))\n"
    verdict = run(source, source.replace("len(xs)", "len(list(xs))"))
    assert verdict.verdict == "equivalent", verdict.reason
    assert verdict.strength == "tested"


def test_what_only_annotations_name_is_kept() -> None:
    source = (
        "from __future__ import annotations\nfrom dataclasses import dataclass\n"
        "@dataclass\nclass Point:\n    x: int\n    y: int\ndef f(p: Point) -> int:\n    return p.x * p.y\nprint(input())\n"
    )
    verdict = run(source, source.replace("p.x * p.y", "p.y * p.x"))
    assert verdict.verdict == "equivalent", verdict.reason


def test_a_class_that_calls_itself_int_is_no_int() -> None:
    lie = (
        "class M(type):\n    def __eq__(self, other): return True\n    def __hash__(self): return hash(int)\n"
        "class R(int, metaclass=M): pass\nR.__name__ = R.__qualname__ = 'int'\nR.__module__ = 'builtins'\n"
        "def f(x: int) -> int:\n    return R(x + 1)\n"
    )
    assert run("def f(x: int) -> int:\n    return x + 1\n", lie).verdict != "equivalent"


def test_the_command(tmp_path: Path) -> None:
    before, after = tmp_path / "before.py", tmp_path / "after.py"
    before.write_text(SLOW)
    after.write_text(FAST.replace("fromkeys(items)", "fromkeys(items[:3])"))
    command = [
        str(Path(sys.executable).with_name("burnish")),
        "verify",
        str(before),
        str(after),
        "--function",
        "dedupe",
        "--no-measure",
    ]
    done = subprocess.run([*command, "--json"], capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    found = json.loads(done.stdout)
    assert found["verdict"] == "different" and found["counterexample"]["source"]
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
    assert needed <= set(found)
    script = tmp_path / "shows.py"
    told = subprocess.run(
        [*command, "--script", str(script)], capture_output=True, text=True, check=False
    ).stdout
    assert told.startswith("different: dedupe(") and "before: returned" in told
    assert subprocess.run([sys.executable, str(script)], capture_output=True, check=False).returncode == 0
    same = [*command[:2], str(before), str(before), *command[4:]]
    assert subprocess.run(same, capture_output=True, check=False).returncode == 0
    assert (
        subprocess.run(
            [*command[:2], "nowhere.py", *command[3:]], capture_output=True, check=False
        ).returncode
        == 2
    )
