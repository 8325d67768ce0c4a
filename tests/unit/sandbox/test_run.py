from __future__ import annotations

import asyncio
import os
import sys
import time
from pathlib import Path

import pytest

from burnish_analysis.errors import SandboxError
from burnish_analysis.sandbox.launch import Tail
from burnish_analysis.sandbox.model import Kind, Level, Limits, Outcome, Program
from burnish_analysis.sandbox.run import available, run, run_async


def outcome(source: str, level: Level, limits: Limits | None = None, **program: object) -> Outcome:
    return run(Program(source, **program), limits, level=level, least=Level.PROCESS)  # type: ignore[arg-type]


def test_a_program_runs_to_its_end(level: Level) -> None:
    found = outcome("import sys\nprint(__name__, 6 * 7)\nprint('err', file=sys.stderr)", level)
    assert (found.kind, found.stdout, found.stderr) == (Kind.OK, "__main__ 42\n", "err\n")
    assert (found.exit_status, found.isolation.level) == (0, level)
    assert 0 < found.seconds < 10


def test_an_exception_is_named_with_its_line(level: Level) -> None:
    found = outcome("def f():\n    return [][1]\n\nf()\n", level)
    assert (found.kind, found.exception, found.line) == (Kind.EXCEPTION, "IndexError", 2)
    assert found.message == "list index out of range"
    assert "IndexError" in found.stderr
    assert found.compiled


@pytest.mark.parametrize(
    ("source", "name", "line"),
    [
        ("x = 1\ndef f(:\n", "SyntaxError", 2),
        ("if True:\nx = 1\n", "IndentationError", 2),
        ("x = 1\0", "ValueError", 0),
        ("x = '\ud800'", "SyntaxError", 1),
    ],
)
def test_what_is_no_python_is_told_apart(source: str, name: str, line: int) -> None:
    found = run(Program(source))
    assert (found.kind, found.compiled) == (Kind.EXCEPTION, False), found
    assert found.exception in {name, "UnicodeDecodeError", "SyntaxError"}
    assert found.line in {line, 0}


def test_a_syntax_error_while_running_is_an_exception_like_others() -> None:
    found = run(Program("eval('(')"))
    assert (found.exception, found.compiled) == ("SyntaxError", True)


@pytest.mark.parametrize("status", [0, 3])
def test_leaving_before_the_end_is_no_success(level: Level, status: int) -> None:
    found = outcome(f"import os\nos._exit({status})\n", level)
    assert found.kind is Kind.KILLED
    assert f"status {status}" in found.message
    asked = outcome(f"import sys\nsys.exit({status})\n", level)
    assert (asked.kind, asked.exception) == (Kind.EXCEPTION, "SystemExit")


def test_a_crash_is_named(level: Level) -> None:
    found = outcome("import os\nos.kill(os.getpid(), 11)\n", level)
    assert (found.kind, found.exit_status) == (Kind.KILLED, -11)
    assert "SIGSEGV" in found.message


def test_an_exception_that_cannot_be_shown(level: Level) -> None:
    source = "class E(BaseException):\n    def __str__(self): raise self\nraise E\n"
    found = outcome(source, level)
    assert (found.kind, found.exception, found.message) == (Kind.EXCEPTION, "E", "")


def test_closing_its_output_does_no_harm(level: Level) -> None:
    assert outcome("import sys\nsys.stdout.close()\nsys.stderr.close()\n", level).kind is Kind.OK


def test_time_is_bounded_at_every_level(level: Level) -> None:
    begun = time.monotonic()
    found = outcome("import time\ntime.sleep(30)\n", level, Limits(seconds=0.5))
    assert found.kind is Kind.TIMEOUT
    assert time.monotonic() - begun < 15


def test_standard_input_files_path_and_a_result(level: Level, tmp_path: Path) -> None:
    (tmp_path / "beside.py").write_text("VALUE = 5\n", encoding="utf-8")
    tmp_path.chmod(0o755)
    source = (
        "import sys, helper.deep, beside\n"
        "text = sys.stdin.read() + helper.deep.NAME + str(beside.VALUE)\n"
        "open('result', 'w').write(text)\n"
    )
    found = outcome(
        source,
        level,
        stdin=b"in-",
        files={"helper/deep.py": b"NAME = 'own-'"},
        path=(tmp_path,),
        collect="result",
    )
    assert (found.kind, found.collected) == (Kind.OK, b"in-own-5"), found


def test_large_input_and_large_source(level: Level) -> None:
    source = "import sys\n" + "x = 1\n" * 100_000 + "print(len(sys.stdin.read()))"
    assert outcome(source, level, Limits(seconds=60), stdin=b"y" * 1_000_000).stdout == "1000000\n"


@pytest.mark.parametrize(
    "make",
    [
        "import os; os.symlink('/etc/passwd', 'result')",
        "import os; os.mkfifo('result')",
        "import os; os.mkdir('result')",
        "open('result', 'wb').write(bytes(2000))",
        "pass",
    ],
)
def test_only_a_plain_small_file_is_brought_back(strong: Level, make: str) -> None:
    found = outcome(make, strong, Limits(collect_bytes=1000), collect="result")
    assert (found.kind, found.collected) == (Kind.OK, None), found


@pytest.mark.parametrize("name", ["../up", "/etc/x", "a/../../b", "", "a\\b"])
def test_files_stay_in_their_folder(name: str) -> None:
    with pytest.raises(SandboxError, match="inside the program's folder"):
        run(Program("pass", files={name: b""}))


def test_what_is_brought_back_lies_in_the_folder_itself() -> None:
    with pytest.raises(SandboxError, match="itself"):
        run(Program("pass", collect="a/b"))


def test_the_environment_is_what_was_given(level: Level, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BURNISH_SECRET", "1")
    source = "import os\nprint(sorted(k for k in os.environ if k != 'LC_CTYPE'), hash('x') == hash('x'))"
    assert outcome(source, level).stdout.startswith("[]")
    given = [outcome("print(hash('x'))", level, environment={"PYTHONHASHSEED": "7"}).stdout for _ in range(2)]
    assert given[0] == given[1]


def test_descriptors_of_the_caller_are_not_there(level: Level) -> None:
    source = (
        "import os\nfound = []\n"
        "for n in range(3, 64):\n"
        "    try: os.fstat(n)\n    except OSError: continue\n    found.append(n)\n"
        "print(found)"
    )
    read, write = os.pipe()
    os.set_inheritable(read, True)
    try:
        assert len(eval(outcome(source, level).stdout)) == 1
    finally:
        os.close(read)
        os.close(write)


def test_site_packages_only_when_asked_for(strong: Level) -> None:
    assert outcome("import click", strong).exception == "ModuleNotFoundError"
    assert outcome("import click", strong, Limits(seconds=30), packages=True).kind is Kind.OK


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's programs run as another user")
def test_root_is_told_what_its_program_could_not_read(namespaces: Level, tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    with pytest.raises(SandboxError, match="chmod o"):
        outcome("pass", namespaces, path=(tmp_path,))


def test_an_interpreter_that_is_none_is_named() -> None:
    with pytest.raises(SandboxError, match="/no/such/python"):
        run(Program("pass", python=Path("/no/such/python")))


def test_too_weak_a_level_is_refused(level: Level) -> None:
    if level is Level.NAMESPACES:
        pytest.skip("nothing is stronger")
    found = run(Program("print(1)"), level=level, least=Level(level + 1))
    assert (found.kind, found.stdout) == (Kind.REFUSED, "")
    assert level.label in found.message
    assert Level(level + 1).label in found.message


def test_the_strongest_level_is_found_and_says_by_what() -> None:
    found = available()
    if sys.platform == "linux":
        assert found.level >= Level.LIMITS
    assert found.mechanisms
    assert run(Program("pass"), least=found.level).isolation.level is found.level


def test_nothing_stays_on_the_disk(strong: Level, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    source = (
        "import os, time\nos.mkdir('a')\nopen('a/c', 'w').close()\nos.mkdir('a/b', 0)\nos.mkdir('d', 0)\n"
    )
    assert outcome(source + "time.sleep(0.3)", strong).kind is Kind.OK
    assert list(tmp_path.iterdir()) == []


async def test_many_at_once_do_not_meet(strong: Level) -> None:
    programs = [Program(f"open('x', 'w').write('{n}')\nprint(open('x').read())") for n in range(6)]
    found = await asyncio.gather(
        *(run_async(p, Limits(seconds=30), level=strong, least=Level.PROCESS) for p in programs)
    )
    assert [o.stdout for o in found] == [f"{n}\n" for n in range(6)]


async def test_cancelling_ends_the_program(level: Level) -> None:
    task = asyncio.create_task(
        run_async(
            Program("import time\ntime.sleep(60)"), Limits(seconds=60), level=level, least=Level.PROCESS
        )
    )
    await asyncio.sleep(0.5)
    begun = time.monotonic()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert time.monotonic() - begun < 10


def test_the_tail_of_a_stream() -> None:
    tail = Tail(5)
    for piece in (b"abc", b"", b"defgh", b"ij"):
        tail.add(piece)
    assert (tail.text(), tail.total) == ("fghij", 10)
    empty = Tail(0)
    empty.add(b"xyz")
    assert (empty.text(), empty.total) == ("", 3)


@pytest.mark.parametrize("field", ["seconds", "memory_bytes", "processes"])
def test_bounds_must_be_positive(field: str) -> None:
    with pytest.raises(ValueError, match="positive"):
        Limits(**{field: 0})  # type: ignore[arg-type]
