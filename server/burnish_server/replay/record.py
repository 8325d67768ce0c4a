"""Recording: a day's work in small, made from a project's own source.

Function bodies are taken out of a few files and typed again, a few lines at a time; in between, the developer goes on to
another function or another file, comes back, saves and copies. The same project, seed and options give the same trace.
"""

from __future__ import annotations

import io
import random
import tokenize
from dataclasses import dataclass, field

from burnish_server.replay.project import Source, choose, regions_of
from burnish_server.replay.trace import Trace
from burnish_server.replay.typist import File, Typist

__all__ = ["record"]

#: Lines typed before the developer may go elsewhere, and how often it is another file, another function, or neither.
_STRETCH = (1, 3)
_OTHER_FILE, _OTHER_FUNCTION = 0.3, 0.45
#: At most so many functions are begun and unfinished in one file.
_OPEN_FUNCTIONS = 3
_SAVES, _COPIES = 0.25, 0.1


@dataclass(slots=True)
class _Task:
    """A function body still to be typed: ``row`` is the line after which the next one comes."""

    row: int
    lines: list[str]
    brackets: list[int]
    done: int = 0

    @property
    def finished(self) -> bool:
        return self.done == len(self.lines)


@dataclass(slots=True)
class _Desk:
    """One file on the desk."""

    file: File
    tasks: list[_Task]
    open: bool = False
    current: _Task | None = None
    visited: set[int] = field(default_factory=set)

    def unfinished(self) -> list[_Task]:
        return [task for task in self.tasks if not task.finished]

    def choose(self, rng: random.Random) -> _Task | None:
        """The next function: one begun before, or the next one down."""
        left = self.unfinished()
        begun = [task for task in left if task.done]
        fresh = [task for task in left if not task.done]
        if begun and (not fresh or len(begun) >= _OPEN_FUNCTIONS or rng.random() < 0.65):
            return rng.choice(begun)
        return fresh[0] if fresh else None

    def moved(self, row: int) -> None:
        """A line was added after ``row``: what lies below moves down."""
        for task in self.tasks:
            if task.row > row:
                task.row += 1


def record(sources: list[Source], project: str, *, seed: int, files: int, minutes: float) -> Trace:
    """Record a trace.

    Args:
        sources: the project's files.
        project: its name, for the reader.
        seed: chooses files, places, intervals and mistakes.
        files: how many files are worked on at most.
        minutes: how long it lasts; it ends earlier when all that was taken out is typed.

    Raises:
        ProjectError: there is nothing to type.
    """
    rng = random.Random(seed)
    desks = [_desk(source) for source in choose(sources, files, rng)]
    texts = {desk.file.path: desk.file.text for desk in desks}
    typist = Typist(rng)
    desk = desks[0]
    spent = 0
    elapsed = 0.0
    while elapsed < minutes * 60_000:
        following = _next_desk(desk, desks, rng)
        if following is None:
            break
        _work(following, following is not desk, typist, rng)
        desk = following
        elapsed += sum(event.pause_ms for event in typist.events[spent:])
        spent = len(typist.events)
    return Trace(project, seed, texts, tuple(typist.events))


def _desk(source: Source) -> _Desk:
    lines = source.lines
    depth = _bracket_depths(source)
    regions = regions_of(source)
    kept: list[str] = []
    tasks: list[_Task] = []
    at = 0
    for region in regions:
        kept += lines[at : region.first]
        body = lines[region.first : region.last + 1]
        tasks.append(_Task(len(kept) - 1, body, depth[region.first : region.last + 1]))
        at = region.last + 1
    kept += lines[at:]
    return _Desk(File(source.path, kept, source.newline), tasks)


def _bracket_depths(source: Source) -> list[int]:
    """How many brackets are open where each line begins."""
    depths = [0] * (len(source.lines) + 1)
    depth = 0
    row = 0
    for token in tokenize.generate_tokens(io.StringIO(source.text).readline):
        while row < token.start[0] - 1:
            row += 1
            depths[row] = depth
        if token.type == tokenize.OP:
            depth += (token.string in "([{") - (token.string in ")]}")
    return depths


def _next_desk(desk: _Desk, desks: list[_Desk], rng: random.Random) -> _Desk | None:
    """Where to work now: mostly here, at times in a file open already, or in one not yet opened."""
    others = [other for other in desks if other is not desk and other.unfinished()]
    if others and (not desk.unfinished() or (desk.open and rng.random() < _OTHER_FILE)):
        opened = [other for other in others if other.open]
        closed = [other for other in others if not other.open]
        return rng.choice(opened) if opened and (not closed or rng.random() < 0.6) else closed[0]
    return desk if desk.unfinished() else None


def _work(desk: _Desk, arriving: bool, typist: Typist, rng: random.Random) -> None:
    """Go to a function of a file and type a few lines of it."""
    task = desk.current
    stays = task is not None and not task.finished and not (not arriving and rng.random() < _OTHER_FUNCTION)
    if not stays:
        task = desk.choose(rng)
    assert task is not None
    moved = task is not desk.current
    if arriving or not desk.open:
        typist.go(desk.file, task.row, "switch" if desk.open else "open", seen=desk.open and task.done > 0)
    elif moved:
        typist.go(desk.file, task.row, "jump", seen=task.done > 0)
    desk.open, desk.current = True, task
    for _ in range(rng.randint(*_STRETCH)):
        if task.finished:
            break
        typist.type_line(task.lines[task.done], open_brackets=task.brackets[task.done])
        desk.moved(task.row)
        task.row += 1
        task.done += 1
    while not task.finished and not task.lines[task.done - 1].strip():
        # Nobody leaves on an empty line.
        typist.type_line(task.lines[task.done], open_brackets=task.brackets[task.done])
        desk.moved(task.row)
        task.row += 1
        task.done += 1
    if rng.random() < _SAVES:
        typist.save()
    if rng.random() < _COPIES:
        typist.copy(max(0, task.row - rng.randint(3, 12)), task.row)
