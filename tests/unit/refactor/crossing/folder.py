"""Small projects to refactor, and what comes out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from burnish_analysis.refactor.crossing.api import offers, perform
from burnish_analysis.refactor.crossing.model import Changes, Offer
from burnish_analysis.refactor.crossing.texts import apply_edits
from burnish_analysis.refactor.crossing.workspace import Workspace


@dataclass
class Folder:
    """Files below a folder; ``§`` in the first marks the cursor, two of them a selection."""

    root: Path
    files: Mapping[str, str]
    overlay: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.main = self.root / next(iter(self.files))
        before, *after = self.files[self.main.name].split("§")
        self.start = len(before)
        self.end = self.start + (len(after[0]) if len(after) > 1 else 0)
        for name, text in self.files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.replace("§", "").encode("utf-8"))
        self.workspace = Workspace(self.root, {self.root / name: text for name, text in self.overlay.items()})

    def offers(self) -> dict[str, Offer]:
        return {offer.id: offer for offer in offers(self.workspace, self.main, self.start, self.end)}

    def perform(self, id: str, **answers: str) -> dict[str, str]:
        """The changed files' texts; the disk must stay as it is."""
        kept = self.disk()
        changes = self.changes(id, **answers)
        assert self.disk() == kept
        return {
            path.relative_to(self.root.resolve()).as_posix(): apply_edits(
                self.workspace.text(path).source, edits
            )
            for path, edits in changes.edits.items()
        }

    def changes(self, id: str, **answers: str) -> Changes:
        return perform(self.workspace, self.main, self.start, self.end, id, answers)

    def disk(self) -> dict[str, bytes]:
        return {str(path): path.read_bytes() for path in sorted(self.root.rglob("*")) if path.is_file()}
