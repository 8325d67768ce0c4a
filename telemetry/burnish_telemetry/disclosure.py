"""What each switch asks the user to agree to: one text for the editor's dialogs, the command line and the documentation."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

__all__ = ["SWITCHES", "TEXT_VERSION", "Disclosure", "Switch", "disclosure"]

Switch = Literal["record", "train"]
SWITCHES: tuple[Switch, ...] = ("record", "train")
#: Raised whenever more is recorded or done than a text said before: what was agreed to no longer covers it.
TEXT_VERSION = 1

_FIELDS = (
    "the code around the cursor that the model saw, and the parts of other files shown to it",
    "the suggestion, or the code action with its code before and after",
    "what you did with it: accepted, accepted in part, typed it, dismissed it, wrote something else, and when",
    "how much of an accepted text is left after 30 seconds, 2 minutes and 10 minutes, and what stands there then",
    "what you wrote in place of a rejected suggestion, and now and then of one that was held back",
    "the names of the workspace folder, of the file and of the editor",
    "the model and adapter, how tokens were chosen, their mean log-probability, how long it took, why it was shown or not",
)
_NEVER = (
    "files whose names say that they hold secrets (.env, *.pem, *.key, credentials and the like)",
    "folders and patterns that you exclude",
    "anything in which a password, key or token is found: the whole record is dropped",
    "anything at all while the editor's own telemetry is switched off",
)


@dataclass(frozen=True, slots=True)
class Disclosure:
    """What a dialog shows. ``items`` are what is recorded or done, ``never`` what is not; ``brief`` says all of it in few
    lines, for a dialog that has no room."""

    switch: Switch
    version: int
    title: str
    summary: str
    brief: str
    items: tuple[str, ...]
    never: tuple[str, ...]
    file: str
    retention: str
    way_out: str

    def as_json(self) -> dict[str, Any]:
        """The wire form for an editor's dialog."""
        return asdict(self)

    def as_text(self) -> str:
        """The whole text, for a terminal."""
        heading = "Recorded:" if self.switch == "record" else "What happens:"
        lines = [self.title, "", self.summary, "", heading, *(f"  - {item}" for item in self.items), ""]
        if self.never:
            lines += ["Never:", *(f"  - {item}" for item in self.never), ""]
        return "\n".join(
            [*lines, f"File:      {self.file}", f"Kept:      {self.retention}", f"Way out:   {self.way_out}"]
        )


def disclosure(switch: Switch, home: Path, retention_days: int) -> Disclosure:
    """The text of a switch, for this home folder and retention (days)."""
    file = str(home / "telemetry.sqlite3")
    if switch == "record":
        return Disclosure(
            switch=switch,
            version=TEXT_VERSION,
            title="Record what becomes of suggestions?",
            summary="Burnish writes down what it suggested and what you did with it. The record stays in one file on this "
            "machine, readable by your account only. Nothing of it is ever sent anywhere.",
            brief="Burnish writes down, in one file on this machine: the code around the cursor and the parts of other files that "
            "the model saw; the suggestion; what you did with it, what is left of it later and what you wrote instead; the "
            "names of folder, file and editor; the model, how sure it was and how long it took. Nothing of it is ever sent "
            "anywhere. Left out: files whose names say that they hold secrets, what you exclude, whatever a password, key or "
            "token is found in, and all while the editor's own telemetry is off.",
            items=_FIELDS,
            never=_NEVER,
            file=file,
            retention=f"{retention_days} days, then erased",
            way_out="burnish telemetry off record stops it at once; burnish telemetry purge erases what was recorded; "
            "burnish telemetry export shows all of it",
        )
    return Disclosure(
        switch=switch,
        version=TEXT_VERSION,
        title="Let the model learn from the record?",
        summary="Burnish trains an adapter of the model on this machine from what was recorded, and uses it only where it "
        "is measured to be better. Nothing of it is ever sent anywhere.",
        brief="Burnish reads the record and parts of your workspace's files, trains an adapter of the model from them on this "
        "machine, and uses it only where it is measured to be better. The adapter is a file of numbers that may reproduce pieces "
        "of your code. Nothing of it is ever sent anywhere.",
        items=(
            "the record is read and turned into examples of wanted and unwanted suggestions",
            "parts of the files of your own workspace are read as further examples",
            "the adapter, a file of numbers that may reproduce pieces of your code, is kept beside the models",
        ),
        never=("anything that the record leaves out", "work while you type, or on battery"),
        file=str(home / "adapters"),
        retention="until you remove it; the examples are not kept beyond the record's own retention "
        f"({retention_days} days)",
        way_out="burnish telemetry off train stops it; burnish telemetry purge erases the record and names every adapter "
        "that learned from it; burnish adapters rollback returns to the model without it",
    )
