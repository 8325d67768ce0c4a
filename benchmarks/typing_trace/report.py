"""Figures of a comparison: medians, percentiles, ratios with intervals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from typing_trace.play import Key, Played, Quality

__all__ = ["quality_figures", "ratio", "timed_figures"]

DRAWS = 2000


def ratio(
    ours: Sequence[Key],
    theirs: Sequence[Key],
    chosen: Sequence[bool],
    statistic: Callable[[NDArray[np.float64]], float],
) -> dict[str, float]:
    """A statistic of the waits on both sides over the chosen keys, and their ratio with a bootstrap over stretches."""
    groups: dict[int, list[int]] = {}
    for index, pick in enumerate(chosen):
        if pick and not (np.isnan(ours[index].wait) or np.isnan(theirs[index].wait)):
            groups.setdefault(ours[index].stretch, []).append(index)
    a = [np.asarray([ours[index].wait for index in group]) for group in groups.values()]
    b = [np.asarray([theirs[index].wait for index in group]) for group in groups.values()]
    if not a:
        return {"keys": 0}
    one, other = statistic(np.concatenate(a)), statistic(np.concatenate(b))
    rng = np.random.default_rng(0)
    draws = []
    for _ in range(DRAWS):
        picks = rng.integers(0, len(a), len(a))
        over = statistic(np.concatenate([b[pick] for pick in picks]))
        draws.append(statistic(np.concatenate([a[pick] for pick in picks])) / over)
    low, high = np.percentile(draws, [2.5, 97.5])
    return {
        "keys": sum(len(group) for group in a),
        "burnish_ms": one,
        "llama_ms": other,
        "ratio": one / other,
        "low": float(low),
        "high": float(high),
    }


def timed_figures(pairs: Sequence[tuple[Played, Played]]) -> dict[str, Any]:
    """All figures of the timed part; every pair is one trace on both sides."""
    ours, theirs = _joined([pair[0] for pair in pairs]), _joined([pair[1] for pair in pairs])
    median: Callable[[NDArray[np.float64]], float] = lambda values: float(np.median(values))  # noqa: E731
    p95: Callable[[NDArray[np.float64]], float] = lambda values: float(np.percentile(values, 95))  # noqa: E731
    asking = [key.asks for key in theirs]
    both = [a.shown and b.shown for a, b in zip(ours, theirs, strict=True)]
    groups = {
        "asking keys": asking,
        "all keys": [True] * len(ours),
        "keys where both show a text": both,
        "returns": [key.landing != "" and key.seen for key in ours],
        "first keys at any place": [key.landing != "" for key in ours],
    }
    times = {
        f"{name}, {label}": ratio(ours, theirs, chosen, statistic)
        for name, chosen in groups.items()
        for label, statistic in (("median", median), ("p95", p95))
    }
    later = [a.wait - b.wait for a, b in zip(ours, theirs, strict=True) if not np.isnan(a.wait + b.wait)]
    return {
        "keys": len(ours),
        "asking": sum(asking),
        "times": times,
        "slower_share": float(np.mean([value > 0 for value in later])),
        "slower_by_more_than_5_ms_share": float(np.mean([value > 5 for value in later])),
        "sides": [_side(played, keys) for played, keys in ((_sum(pairs, 0), ours), (_sum(pairs, 1), theirs))],
    }


def _joined(played: Sequence[Played]) -> list[Key]:
    """The keys of several traces, their stretches told apart."""
    keys: list[Key] = []
    offset = 0
    for one in played:
        keys += [
            Key(key.stretch + offset, *[getattr(key, name) for name in Key.__slots__ if name != "stretch"])
            for key in one.keys
        ]
        offset += 10_000
    return keys


def _sum(pairs: Sequence[tuple[Played, Played]], which: int) -> Played:
    total = Played(pairs[0][which].name)
    for pair in pairs:
        cost, before = pair[which].cost, pair[which].before
        total.cost = _add(total.cost, cost)
        total.before = _add(total.before, before)
    return total


def _add(one: Any, other: Any) -> Any:
    return type(one)(one.evaluated + other.evaluated, one.generated + other.generated, one.cpu + other.cpu)


def _side(played: Played, keys: Sequence[Key]) -> dict[str, Any]:
    own = [key.own for key in keys if key.own is not None]
    judged = [key for key in keys if key.judged and key.own is not None and key.shown]
    return {
        "name": played.name,
        "answered_before_the_next_key": len(own) / len(keys),
        "own_answer_ms_median": float(np.median(own)) if own else None,
        "own_answer_ms_p95": float(np.percentile(own, 95)) if own else None,
        "shown": sum(key.shown for key in keys),
        "exact_of_shown": [sum(key.exact for key in judged), len(judged)],
        "failed": sum(key.failed for key in keys),
        "evaluated_tokens_a_key": played.cost.evaluated / len(keys),
        "generated_tokens_a_key": played.cost.generated / len(keys),
        "cpu_seconds": played.cost.cpu,
        "cpu_ms_a_key": played.cost.cpu / len(keys) * 1000,
        "cpu_seconds_before": played.before.cpu,
        "evaluated_before": played.before.evaluated,
    }


def quality_figures(pairs: Sequence[tuple[Quality, Quality]]) -> dict[str, Any]:
    """Exact match of the unhurried pass, and its difference with a paired bootstrap over blocks of 50 keys."""
    figures: dict[str, Any] = {}
    for which in (0, 1):
        keys = sum(pair[which].keys for pair in pairs)
        exact = sum(pair[which].exact for pair in pairs)
        waited = np.concatenate([np.asarray(pair[which].milliseconds) for pair in pairs])
        figures[pairs[0][which].name] = {
            "keys": keys,
            "shown": sum(pair[which].shown for pair in pairs),
            "exact": exact,
            "exact_share": exact / max(1, keys),
            "answer_ms_median": float(np.median(waited)),
            "answer_ms_p95": float(np.percentile(waited, 95)),
        }
    difference = np.concatenate(
        [np.asarray(a.each, dtype=float) - np.asarray(b.each, dtype=float) for a, b in pairs]
    )
    blocks = np.array_split(difference, max(1, len(difference) // 50))
    rng = np.random.default_rng(0)
    draws = [
        np.concatenate([blocks[pick] for pick in rng.integers(0, len(blocks), len(blocks))]).mean()
        for _ in range(DRAWS)
    ]
    low, high = np.percentile(draws, [2.5, 97.5])
    figures["difference"] = {"value": float(difference.mean()), "low": float(low), "high": float(high)}
    return figures
