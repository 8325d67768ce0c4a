"""Playing against a scripted subject: what is told, asked, withdrawn, accepted and judged."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from burnish_server.replay.player import Offer, Player
from burnish_server.replay.trace import Event, Trace

LINE = "value = total(names)"


def keys(line: str, pause: float = 5.0) -> tuple[Event, ...]:
    """A line typed at the top of an empty file, no help from the editor."""
    events = [Event("open", "a.py", 1.0, (0, 0))]
    for at, character in enumerate(line):
        rest = line[at + 1 :]
        events.append(Event("edit", "a.py", pause, (0, at + 1), character, (0, at), (0, at), character, rest))
    return tuple(events)


class Scripted:
    """Answers by a function of the text, after some seconds."""

    def __init__(self, answer: Callable[[str], str], seconds: float = 0.0) -> None:
        self.log: list[str] = []
        self.withdrawn = 0
        self._answer, self._seconds = answer, seconds

    def opened(self, event: Event, text: str) -> None:
        self.log.append(f"open {event.path}")

    def moved(self, event: Event, text: str) -> None:
        self.log.append(f"move {event.path}")

    def edited(self, event: Event, text: str) -> None:
        self.log.append(text)

    def saved(self, event: Event, text: str) -> None:
        self.log.append("save")

    def copied(self, event: Event, text: str) -> None:
        self.log.append("copy")

    async def ask(self, event: Event, text: str) -> Offer:
        try:
            await asyncio.sleep(self._seconds)
        except asyncio.CancelledError:
            self.withdrawn += 1
            raise
        return Offer(self._answer(text), len(text), len(text))


def rest_of(text: str) -> str:
    return LINE[len(text) :]


async def test_every_key_is_told_and_asked(tmp_path: object) -> None:
    subject = Scripted(rest_of)
    player = Player(Trace("p", 1, {"a.py": ""}, keys(LINE)), subject, patient=True)
    await player.play()
    assert subject.log == ["open a.py", *(LINE[: at + 1] for at in range(len(LINE)))]
    assert all(outcome.answered is not None for outcome in player.outcomes)
    assert [outcome.exact for outcome in player.outcomes] == [True] * (len(LINE) - 1) + [False]
    assert player.outcomes[-1].wanted is None


async def test_the_next_key_withdraws_the_request_before() -> None:
    subject = Scripted(rest_of, seconds=0.2)
    player = Player(Trace("p", 1, {"a.py": ""}, keys(LINE, pause=30)), subject)
    await player.play()
    assert subject.withdrawn == len(LINE) - 1
    answered = [outcome.answered is not None for outcome in player.outcomes]
    assert answered == [False] * (len(LINE) - 1) + [True]


async def test_what_is_right_is_taken_and_its_keys_are_saved() -> None:
    subject = Scripted(rest_of)
    player = Player(Trace("p", 1, {"a.py": ""}, keys(LINE, pause=40)), subject, accept=True, reading_ms=10)
    await player.play()
    assert player.texts["a.py"] == LINE
    assert [outcome.event.key for outcome in player.outcomes] == ["v", "accept"]
    assert player.outcomes[0].accepted == len(LINE) - 1


async def test_a_right_first_word_is_taken_alone() -> None:
    subject = Scripted(lambda text: "alue wrong" if text == "v" else "")
    player = Player(Trace("p", 1, {"a.py": ""}, keys(LINE, pause=40)), subject, accept=True, reading_ms=10)
    await player.play()
    assert player.texts["a.py"] == LINE
    assert player.outcomes[0].accepted == len("alue")
    assert len(player.outcomes) == len(LINE) - len("alue") + 1


async def test_what_is_wrong_is_not_taken() -> None:
    subject = Scripted(lambda text: "!!!")
    player = Player(Trace("p", 1, {"a.py": ""}, keys(LINE, pause=20)), subject, accept=True, reading_ms=5)
    await player.play()
    assert player.texts["a.py"] == LINE
    assert not any(outcome.accepted or outcome.exact for outcome in player.outcomes)


async def test_a_failure_is_the_outcome_of_its_key_only() -> None:
    def fail_once(text: str) -> str:
        if len(text) == 3:
            raise RuntimeError("broken")
        return ""

    player = Player(Trace("p", 1, {"a.py": ""}, keys(LINE)), Scripted(fail_once), patient=True)
    await player.play()
    failed = [outcome.failed for outcome in player.outcomes if outcome.failed]
    assert failed == ["RuntimeError('broken')"]


async def test_an_answer_before_a_closer_counts_either_way() -> None:
    """The editor has closed the bracket: the text may go before the closer or replace it."""
    text = "print()"
    event = Event("edit", "a.py", 1.0, (0, 6), "(", (0, 5), (0, 5), "()", "names)")
    for offer in (Offer("names", 6, 6), Offer("names)", 6, 7), Offer("names)\nprint()", 6, 6)):

        class One(Scripted):
            async def ask(self, event: Event, text: str, offer: Offer = offer) -> Offer:
                return offer

        player = Player(Trace("p", 1, {"a.py": "print"}, (event,)), One(lambda _text: ""), patient=True)
        await player.play()
        (outcome,) = player.outcomes
        assert player.texts["a.py"] == text
        assert outcome.exact, offer
