"""Nights from beginning to end: real processes, the served stack, kills."""

from __future__ import annotations

import json
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from burnish_models.adapters.records import State
from burnish_models.adapters.registry import Registry
from burnish_models.gguf_file import file_sha256
from burnish_telemetry.consent import ConsentFile
from burnish_telemetry.erasure import Selection
from burnish_telemetry.store import Store, store_file
from burnish_training.nightly.folder import Runs
from burnish_training.nightly.run import run_nightly
from burnish_training.nightly.settings import RunOptions
from tests.unit.training.kto.tiny import write_tiny
from tests.unit.training.nightly.night import SMALL
from tests.unit.training.nightly.world import agree, house_style, record, write_files

pytestmark = [pytest.mark.integration, pytest.mark.timeout(900)]
ROOT = Path(__file__).parents[2]
FILES = house_style(12)
NOW = RunOptions(now=True, threads=1, checkpoint_s=0.0)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny(tmp_path_factory.mktemp("model") / "tiny.gguf", std=0.05)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a record of ninety suggestions in a workspace; copy it, do not use it."""
    root = tmp_path_factory.mktemp("world")
    write_files(root / "ws", FILES)
    agree(root / "home")
    record(root / "home", root / "ws", FILES, 90)
    return root / "home"


@pytest.fixture
def home(world: Path, tmp_path: Path) -> Path:
    shutil.copytree(world, tmp_path / "home")
    return tmp_path / "home"


def options(model: Path) -> RunOptions:
    return replace(NOW, model=str(model))


def command(home: Path, *arguments: str) -> tuple[int, dict[str, Any], str]:
    line = [sys.executable, "-m", "burnish_cli", "--home", str(home), "nightly", *arguments, "--json"]
    done = subprocess.run(line, capture_output=True, text=True, timeout=600, check=False)
    return done.returncode, json.loads(done.stdout), done.stderr


# -- whole nights --------------------------------------------------------------------------------------------


@pytest.mark.timeout(900)
def test_a_night_on_the_bundled_model_is_promoted_and_served(tmp_path: Path, bundled_model: Path) -> None:
    """The house style is easily learned, and files too short to show it: the adapter passes the gate on others."""
    home, files = tmp_path / "home", house_style(48, lines=8)
    write_files(tmp_path / "ws", files)
    agree(home)
    record(home, tmp_path / "ws", files, 90)
    settings = replace(
        SMALL,
        data=replace(SMALL.data, prompt_tokens=160, replay_share=0.5),
        recipe=replace(SMALL.recipe, rank=16, epochs=3, general_characters=12_000, most_forgotten=1.012),
        # The workspace's memory knows such a style at once; here the adapter is to show what it has learned alone.
        gate=replace(SMALL.gate, cases=100, general_characters=12_000, memory=False),
    )
    phases: list[str] = []
    report = run_nightly(
        home, settings, options(bundled_model), listener=lambda status: phases.append(status["phase"])
    )
    assert report["decision"] == "promoted", report["reason"]
    assert list(dict.fromkeys(phases)) == ["data", "reference", "training", "checking", "gate", "done"]
    active = Registry(home).serving(file_sha256(bundled_model)).active
    assert active is not None
    assert (active.id, active.name) == (report["adapter"], report["adapter_name"])
    assert active.report["gate"] == report["gate"]
    assert active.run == report["run"]
    assert active.event_count > 40
    with Store(store_file(home)) as store:
        (origin,) = store.adapters()
        assert origin.adapter == active.id
        assert store.would_erase(Selection())[1] == [active.id]
    folder = Runs(home).folder / report["run"]
    kept = json.loads((folder / "report.json").read_text())
    assert kept == report
    left = {path.name for path in folder.iterdir()}
    assert not left & {"data", "checkpoint.pt", "adapter.gguf", "trained.gguf", "answers.jsonl", "serving"}
    status, document, _ = command(home, "status")
    assert status == 0
    assert document["last"] == report
    assert document["running"] is None

    assert run_nightly(home, settings, options(bundled_model))["decision"] == "nothing-new"
    again = run_nightly(home, settings, replace(options(bundled_model), fresh=True))
    assert again["decision"] == "refused", "the same night once more cannot be clearly better than itself"
    assert again["run"] != report["run"]
    still = Registry(home).serving(file_sha256(bundled_model)).active
    assert still is not None
    assert still.id == active.id


def test_a_refused_adapter_is_retired_with_the_reason(home: Path, tiny: Path) -> None:
    """A random model learns next to nothing in so few steps."""
    settings = replace(SMALL, recipe=replace(SMALL.recipe, learning_rate=1e-7, epochs=1))
    report = run_nightly(home, settings, options(tiny))
    assert report["decision"] == "refused"
    record_ = Registry(home).find(report["adapter"])
    assert record_.state is State.RETIRED
    assert Registry(home).history(record_.id)[-1].reason == report["reason"]
    assert report["reason"].endswith("What you had stays in use.")
    assert Registry(home).serving(file_sha256(tiny)).active is None


def test_without_consent_nothing_is_read(home: Path, tiny: Path) -> None:
    ConsentFile(home).withdraw("train", through="a test")
    status, report, _ = command(home, "run", "--now", "--model", str(tiny))
    assert (status, report["decision"]) == (0, "no-consent")
    assert "burnish telemetry on" in report["reason"]
    assert report["data"] is None


def test_too_little_is_said_honestly(tmp_path: Path, tiny: Path) -> None:
    agree(tmp_path / "home")
    status, report, _ = command(tmp_path / "home", "run", "--now", "--model", str(tiny))
    assert (status, report["decision"]) == (0, "not-enough-data")
    assert "0 of 40 suggestions that you clearly kept or sent away" in report["reason"]
    assert report["data"]["needed"]["judged"] == 40
    assert Registry(tmp_path / "home").records() == []


def test_errors_are_sentences(home: Path, tmp_path: Path) -> None:
    status, answer, stderr = command(home, "run", "--now", "--model", str(tmp_path / "none.gguf"))
    assert status == 1
    assert "There is no model file" in answer["error"]
    assert "Traceback" not in stderr


def test_erased_data_is_not_learned_from(home: Path, tiny: Path) -> None:
    """What was frozen is thrown away when something of it was erased before the run went on."""
    stop_in = {"training"}
    seen: list[str] = []
    stopped = run_nightly(
        home,
        SMALL,
        options(tiny),
        should_stop=lambda: bool(stop_in & set(seen)),
        listener=lambda status: seen.append(status["phase"]),
    )
    assert stopped["decision"] == "stopped"
    frozen = json.loads((Runs(home).folder / stopped["run"] / "data" / "manifest.json").read_text())
    with Store(store_file(home)) as store:
        # Which events are learned from depends on the hour they fell into, so not just any will do.
        learned = next(
            event for events in store.suggestions() for event in events if event.id in set(frozen["events"])
        )
        store.erase(Selection(until=learned.time.replace(microsecond=999_999)))
        present = {event.id for events in store.suggestions() for event in events}
    assert set(frozen["events"]) - present, "something that was frozen is erased"
    report = run_nightly(home, SMALL, options(tiny))
    assert report["run"] == stopped["run"]
    assert report["decision"] in ("promoted", "refused")
    with Store(store_file(home)) as store:
        assert all(origin.erased == 0 for origin in store.adapters())


# -- interrupted ---------------------------------------------------------------------------------------------


def night(home: Path, model: Path) -> subprocess.Popen[str]:
    line = [sys.executable, "-m", "tests.unit.training.nightly.night", str(home), str(model)]
    return subprocess.Popen(line, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


def finished(home: Path, model: Path) -> str:
    process = night(home, model)
    output, _ = process.communicate(timeout=600)
    assert process.returncode == 0, output
    return output.splitlines()[-1]


def weights(home: Path) -> bytes:
    (record_,) = Registry(home).records()
    assert record_.path is not None
    return record_.path.read_bytes()


def sound(home: Path, model: Path) -> bool:
    """Whether whatever is served is whole."""
    active = Registry(home).serving(file_sha256(model)).active
    return active is None or (active.path is not None and file_sha256(active.path) == active.id)


def wait_for(process: subprocess.Popen[str], phase: str) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith(phase):
            return
    raise AssertionError(f"the run ended before {phase}")


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
def test_a_night_killed_at_random_moments_ends_like_an_undisturbed_one(
    home: Path, world: Path, tiny: Path, tmp_path: Path
) -> None:
    whole = tmp_path / "whole"
    shutil.copytree(world, whole)
    decision = finished(whole, tiny)
    rng = random.Random(11)
    for phase in ("data", "reference", "training", "checking", "gate"):
        process = night(home, tiny)
        wait_for(process, phase)
        time.sleep(rng.uniform(0.0, 0.5))
        process.kill()
        process.communicate()
        assert sound(home, tiny)
    assert finished(home, tiny) == decision
    assert weights(home) == weights(whole)
    assert (
        len([path for path in Runs(home).folder.iterdir() if path.is_dir() and path.name != "references"])
        == 1
    )
    for name in ("desirable", "undesirable", "supervised", "replay"):
        first, second = (Runs(place).last_report() for place in (home, whole))
        assert first is not None
        assert second is not None
        assert first["data"][name] == second["data"][name]


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGTERM")
@pytest.mark.parametrize("phase", ["training", "gate"])
def test_a_stopped_night_goes_on_the_next_time(phase: str, home: Path, tiny: Path) -> None:
    process = night(home, tiny)
    wait_for(process, phase)
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=300)
    assert process.returncode == 0, output
    assert output.splitlines()[-1] == "decision stopped"
    report = Runs(home).last_report()
    assert report is not None
    assert "next run goes on" in report["reason"]
    assert finished(home, tiny) in ("decision promoted", "decision refused")
    after = Runs(home).last_report()
    assert after is not None
    assert after["run"] == report["run"]


def test_two_runs_at_once_are_refused(home: Path, tiny: Path) -> None:
    process = night(home, tiny)
    wait_for(process, "reference")
    status, answer, _ = command(home, "run", "--now", "--model", str(tiny))
    running: Sequence[Any] = command(home, "status")
    process.kill()
    process.communicate()
    assert status == 1
    assert "Another nightly run is going on" in answer["error"]
    assert running[1]["running"]["pid"] == process.pid


def test_a_full_disk_loses_nothing(home: Path, tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from burnish_training.errors import CheckpointError
    from burnish_training.kto import recipe

    def full(*_: object) -> None:
        raise CheckpointError(
            "checkpoint.pt cannot be written ([Errno 28] No space left on device): make room"
        )

    monkeypatch.setattr(recipe, "save_checkpoint", full)
    report = run_nightly(home, SMALL, options(tiny))
    assert report["decision"] == "failed"
    assert "No space left" in report["reason"]
    monkeypatch.undo()
    after = run_nightly(home, SMALL, options(tiny))
    assert after["run"] == report["run"]
    assert after["decision"] in ("promoted", "refused")


# -- what it stands on ---------------------------------------------------------------------------------------


def test_tokens_are_those_of_the_served_prompt(bundled_model: Path) -> None:
    """The tokenizer that training uses makes the very ids that the engine's worker makes."""
    from burnish_models import gguf_file
    from burnish_models.engine.base import FimPrompt
    from burnish_models.engine.prompt import PromptTokenizer
    from burnish_training.nightly.replay_fim import replay_cuts
    from burnish_training.nightly.tokens import load_tokens
    from burnish_training.nightly.workspace import SourceFile
    from tests.integration.backends import small_backend

    info = gguf_file.inspect(bundled_model)
    assert info.fim is not None
    backend = small_backend(bundled_model)
    encode = backend.tokenizer(leading_space=info.fim.leading_space)
    served = PromptTokenizer(info.fim, info.token_ids, encode, backend.bos)
    ours = load_tokens(bundled_model)
    texts = [
        path.read_text(encoding="utf-8") for path in sorted((ROOT / "tests" / "unit").rglob("*.py"))[:40]
    ]
    texts += [
        "\tx = 'ä ö 日本語 🎉'\r\n",
        "<|fim_middle|>if x:<|endoftext|>",
        "   \n\n\n  ",
        "\ud800 lone",
        "",
    ]
    for text in texts:
        assert ours.encode(text) == encode(text)
    files = [SourceFile("", str(n), str(n), text) for n, text in enumerate(texts) if len(text) > 200]
    for prompt, _ in replay_cuts(files, 200, random.Random(0), {}):
        for room in (1800, 300, 60):
            assert ours.prompts.build(prompt, room) == served.build(prompt, room)
    assert ours.end in backend.end_tokens()
    pieces = backend.pieces()
    plain = [token for token, piece in enumerate(pieces) if piece]
    assert all(ours.decode(token) == pieces[token] for token in plain)
    empty = FimPrompt("", "", "")
    assert ours.prompts.build(empty, 100) == served.build(empty, 100)


@pytest.mark.skipif(shutil.which("unshare") is None, reason="needs Linux's unshare")
def test_a_whole_night_without_any_network(home: Path, tiny: Path) -> None:
    """In a network namespace with no way out, not even to this machine, it ends as it always does."""
    if subprocess.run(["unshare", "-rn", "true"], check=False).returncode:
        pytest.skip("namespaces are not allowed here")
    line = [sys.executable, "-m", "tests.unit.training.nightly.night", str(home), str(tiny)]
    done = subprocess.run(
        ["unshare", "-rn", *line], cwd=ROOT, capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.splitlines()[-1] in ("decision promoted", "decision refused")
