from __future__ import annotations

import random
import sysconfig
import time
from dataclasses import replace
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
    'tokenizer = AutoTokenizer.from_pretrained("meta/llama-2-7b-hf")',
    'tokens = tokenize("x = 12345678901A")',
    "    pass",
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
    half = len(code) // 2
    return [
        suggested(prefix=f"import os\n{code}\n\n"),
        suggested(suffix=f"\n{code}\n"),
        suggested(text=code),
        suggested(typed=code[:half], text=code[half:], suffix="\n"),
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
            event = replace(event, suggestion=base.suggestion)
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


@pytest.mark.parametrize(
    "line",
    [
        'MYSQL_PASS = "hunter2"',
        'get(url, auth=("ada", "hunter2"))',
        "session.auth = HTTPBasicAuth('ada', 'hunter2')",
        "smtp.login('ada@example.com', 'hunter2')",
        "os.environ['API_TOKEN'] = 'Zm9vYmFyYmF6cXV4MTIz'",
        'parser.set("db", "password", "hunter2")',
        "config = {'client_secret': 'a8f5f167f44f4964e6c998dee827110c'}",
        "password: Final[str] = 'hunter2'",
        "if password == 'hunter2':",
        "docker_login --password hunter2-for-all",
        "Server=db;User Id=ada;Password=hunter2x;Encrypt=yes",
    ],
)
def test_further_ways_to_write_a_password(line: str) -> None:
    assert SecretScanner().find(line) is not None


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


@pytest.mark.parametrize(
    "part",
    [
        "y",
        "a_",
        " ",
        '"',
        "://",
        "password",
        'token="',
        "(",
        ".",
        "x.",
        "password = ",
        "://a:b",
        "eyJ",
        "-",
        "sk-",
        "0f",
    ],
)
def test_no_line_takes_for_ever(part: str) -> None:
    """Expressions that go back and forth over a long run took seconds for a thousand characters, and minutes for a line."""
    scanner = SecretScanner()
    began = time.process_time()
    scanner.find((part * 5_000)[:5_000])
    assert time.process_time() - began < 2.0
