from __future__ import annotations

import random
import sysconfig
from pathlib import Path

import pytest

from burnish_telemetry.events import ContextFile, Event, Survived, WroteInstead
from burnish_telemetry.recorder import Recorder
from burnish_telemetry.redaction import SecretScanner
from burnish_telemetry.store import store_file
from tests.unit.telemetry.making import accepted, agree, suggested
from tests.unit.telemetry.planted import FORMATS, Planter

HARMLESS = (
    'password = getpass.getpass("Password: ")',
    'password = os.environ["APP_PASSWORD"]',
    'parser.add_argument("--password", help="Your password")',
    'secret_name = "db/password"',
    'API_KEY = "<your api key>"',
    'headers = {"Authorization": f"Bearer {token}"}',
    'url = f"postgresql://{user}:{password}@{host}/db"',
    'token = "identifier"',
    'if token.type == "NAME":',
    "def secret_santa(names: list[str]) -> dict[str, str]:",
    'commit = "2fd4e1c67a2d28fced849ee1bb76e7391b93eb12"',
    'hashlib.sha256(b"foo").hexdigest()',
    'ADDRESS = "93.184.216.34"',
    'form.fields["password"].label = "password"',
    'raise ValueError("The password must have at least eight characters")',
)


def planted() -> list[tuple[str, str, str]]:
    """(format, code, secret), eight of each of 25 formats."""
    assert len(FORMATS) == 25
    return [(name, *make(Planter(seed))) for name, make in FORMATS.items() for seed in range(8)]


def places(code: str) -> list[Event]:
    """The code in a place of an event that differs from secret to secret, and what must have been recorded before."""
    offer = suggested()
    line, _, rest = code.partition(code[len(code) // 2])
    return [
        suggested(prefix=f"import os\n{code}\n\n"),
        suggested(suffix=f"\n{code}\n"),
        suggested(text=code),
        suggested(typed=line, text=code[len(line) :], suffix="\n"),
        suggested(context=(ContextFile("shop/settings.py", f"import os\n{code}\n"),)),
        WroteInstead(suggestion=offer.suggestion, place=offer.place, text=code),
        Survived(suggestion=offer.suggestion, place=offer.place, after_s=30, retained=0.2, text=code),
        suggested(typed=code[:1], text=code[1:], suffix="\n"),
    ]


def test_two_hundred_planted_secrets_none_stored(tmp_path: Path) -> None:
    agree(tmp_path)
    recorder = Recorder(tmp_path, most_waiting=2000)
    base = suggested()
    assert recorder.record(base).result(20).stored
    cases = planted()
    assert len(cases) == 200
    receipts = []
    for number, (name, code, secret) in enumerate(cases):
        event = places(code)[number % 8]
        if isinstance(event, WroteInstead | Survived):
            event = type(event)(**{**_values(event), "suggestion": base.suggestion})
        receipts.append((name, number % 8, recorder.record(event), secret))
    # The store does take events meanwhile.
    after = recorder.record(accepted(base))
    stored = [(name, place) for name, place, receipt, _ in receipts if receipt.result(60).stored]
    assert stored == []
    assert {receipt.result().reason for _, _, receipt, _ in receipts} == {"secret"}
    assert after.result(20).stored
    assert recorder.close()
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"total = sum(prices)" in kept
    for name, _, _, secret in receipts:
        assert secret.split("\n")[-2 if "\n" in secret else 0].encode() not in kept, name
    assert store_file(tmp_path).exists()


def _values(event: Event) -> dict[str, object]:
    from dataclasses import fields

    return {item.name: getattr(event, item.name) for item in fields(event)}


@pytest.mark.parametrize("name", FORMATS)
def test_a_secret_is_found_wherever_it_stands(name: str) -> None:
    scanner = SecretScanner()
    for seed in range(100, 103):
        code, _ = FORMATS[name](Planter(seed))
        for event in places(code):
            assert scanner.find_in_event(event) is not None, event


@pytest.mark.parametrize("line", HARMLESS)
def test_code_about_secrets_is_no_secret(line: str) -> None:
    assert SecretScanner().find(line) is None


def test_a_secret_typed_after_a_suggestion_counts_with_its_line(tmp_path: Path) -> None:
    agree(tmp_path)
    recorder = Recorder(tmp_path)
    offer = suggested(typed="    password = ", text="get_password()")
    assert recorder.record(offer).result(20).stored
    wrote = WroteInstead(suggestion=offer.suggestion, place=offer.place, text='"swordfish"')
    assert recorder.record(wrote).result(20).reason == "secret"
    recorder.close()


def test_a_secret_deep_in_a_long_line_is_found() -> None:
    scanner = SecretScanner()
    rng = random.Random(3)
    for _ in range(20):
        before = rng.randrange(0, 30_000)
        line = "x = [" + "1, " * (before // 3) + f'"ghp_{Planter(before).mixed(36)}"' + ", 2" * 2_000 + "]"
        assert scanner.find(line) == "github"


def test_lines_found_clean_are_not_examined_again() -> None:
    scanner = SecretScanner(remembered=2)
    assert scanner.find("a = 1\nb = 2\nc = 3") is None
    assert len(scanner._clean) == 2
    assert scanner.find("password = 'swordfish'") is not None
    assert scanner.find("password = 'swordfish'") is not None


def test_few_lines_of_the_standard_library_are_dropped() -> None:
    """A sample; ``benchmarks/secret_false_drops.py`` measures all of it."""
    files = sorted(Path(sysconfig.get_path("stdlib")).glob("*.py"))
    chosen = random.Random(11).sample(files, 25)
    scanner = SecretScanner()
    lines = [line for file in chosen for line in file.read_text(encoding="utf-8").split("\n") if line.strip()]
    dropped = [line for line in lines if scanner.find(line) is not None]
    assert len(lines) > 5_000
    assert len(dropped) / len(lines) < 0.01
