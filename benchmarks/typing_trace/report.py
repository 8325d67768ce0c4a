"""Figures of a comparison: medians, percentiles, ratios with intervals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from typing_trace.play import Key, Played

__all__ = ["ratio", "timed_figures", "unhurried_figures"]

DRAWS = 2000


def ratio(
    ours: Sequence[Key], theirs: Sequence[Key], chosen: Sequence[bool], percentile: float
) -> dict[str, float]:
    """A percentile of the waits on both sides over the chosen keys, and their ratio with a bootstrap over stretches."""
    groups: dict[int, list[int]] = {}
    for index, pick in enumerate(chosen):
        if pick:
            groups.setdefault(ours[index].stretch, []).append(index)
    a = [np.asarray([ours[index].wait for index in group]) for group in groups.values()]
    b = [np.asarray([theirs[index].wait for index in group]) for group in groups.values()]
    if not a:
        return {"keys": 0}

    def of(parts: Sequence[NDArray[np.float64]]) -> float:
        return float(np.percentile(np.concatenate(parts), percentile))

    rng = np.random.default_rng(0)
    draws = []
    for _ in range(DRAWS):
        picks = rng.integers(0, len(a), len(a))
        draws.append(of([a[pick] for pick in picks]) / of([b[pick] for pick in picks]))
    low, high = np.percentile(draws, [2.5, 97.5])
    one, other = of(a), of(b)
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
    asking = [key.asks for key in theirs]
    both = [a.shown and b.shown for a, b in zip(ours, theirs, strict=True)]
    groups = {
        "asking keys": asking,
        "all keys": [True] * len(ours),
        "keys where both show a text": both,
        "returns": [key.landing != "" and key.seen for key in ours],
        "first keys at any place": [key.landing != "" for key in ours],
    }
    later = [a.wait - b.wait for a, b in zip(ours, theirs, strict=True)]
    return {
        "keys": len(ours),
        "asking": sum(asking),
        "times": _times(groups, ours, theirs),
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
        total.cost += pair[which].cost
        total.before += pair[which].before
    return total


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


def unhurried_figures(pairs: Sequence[tuple[Played, Played]]) -> dict[str, Any]:
    """Times and exact match when every answer is awaited, with a paired bootstrap over stretches."""
    ours, theirs = _joined([pair[0] for pair in pairs]), _joined([pair[1] for pair in pairs])
    figures: dict[str, Any] = {"times": _times({"all keys": [True] * len(ours)}, ours, theirs)}
    for which, keys in enumerate((ours, theirs)):
        played = _sum(pairs, which)
        judged = [key for key in keys if key.judged]
        exact = sum(key.exact for key in judged)
        figures[played.name] = {
            "keys": len(judged),
            "shown": sum(key.shown for key in judged),
            "exact": exact,
            "exact_share": exact / max(1, len(judged)),
            "evaluated_tokens_a_key": played.cost.evaluated / len(keys),
            "cpu_ms_a_key": played.cost.cpu / len(keys) * 1000,
        }
    groups: dict[int, list[float]] = {}
    for one, other in zip(ours, theirs, strict=True):
        if one.judged:
            groups.setdefault(one.stretch, []).append(float(one.exact) - float(other.exact))
    blocks = [np.asarray(group) for group in groups.values()]
    rng = np.random.default_rng(0)
    draws = [
        np.concatenate([blocks[pick] for pick in rng.integers(0, len(blocks), len(blocks))]).mean()
        for _ in range(DRAWS)
    ]
    low, high = np.percentile(draws, [2.5, 97.5])
    value = float(np.concatenate(blocks).mean())
    figures["difference"] = {"value": value, "low": float(low), "high": float(high)}
    return figures


def _times(
    groups: dict[str, list[bool]], ours: Sequence[Key], theirs: Sequence[Key]
) -> dict[str, dict[str, float]]:
    """Median and 95th percentile of every group of keys."""
    return {
        f"{name}, {label}": ratio(ours, theirs, chosen, share)
        for name, chosen in groups.items()
        for label, share in (("median", 50), ("p95", 95))
    }
