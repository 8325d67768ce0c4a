"""The report of an evaluation: one JSON document, and the same as a table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from burnish_training.evaluation.execution import Verdict
from burnish_training.evaluation.statistics import mean_pass_at_k, wilson

__all__ = ["default_ks", "lines_report", "print_report", "problems_report"]

_MOST_EXCEPTIONS = 20


def default_ks(samples: int) -> tuple[int, ...]:
    """The usual k of pass@k that ``samples`` completions each allow."""
    return tuple(k for k in (1, 10, 100) if k <= samples)


def problems_report(records: Sequence[Mapping[str, Any]], ks: Sequence[int]) -> dict[str, Any]:
    """Scores, counts of each failure class and the exceptions seen, from the journal's records."""
    tasks: dict[str, list[bool]] = {}
    for record in records:
        tasks.setdefault(record["task_id"], []).append(record["verdict"] == Verdict.PASSED)
    counts = [(len(results), sum(results)) for results in tasks.values()]
    verdicts = Counter(record["verdict"] for record in records)
    exceptions = Counter(
        record["exception"]
        for record in records
        if record["verdict"] == Verdict.RUNTIME_ERROR and record["exception"]
    )
    return {
        "scores": {f"pass@{k}": asdict(mean_pass_at_k(counts, k)) for k in ks},
        "tasks": len(tasks),
        "passed": verdicts[Verdict.PASSED],
        "failures": {v.value: verdicts[v] for v in Verdict if v is not Verdict.PASSED},
        "exceptions": dict(exceptions.most_common(_MOST_EXCEPTIONS)),
        "generation": _generation(records),
    }


def lines_report(records: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Exact match with its interval, and how the others differ."""
    verdicts = Counter(record["verdict"] for record in records)
    share = wilson(verdicts["exact"], len(records))
    score = {"value": share.value, "low": share.low, "high": share.high, "method": "wilson"}
    return {
        "scores": {"exact_match": score},
        "tasks": len(records),
        "passed": verdicts["exact"],
        "failures": {name: verdicts[name] for name in ("different", "empty")},
        "generation": _generation(records),
    }


def _generation(records: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """Cost of the answers; None where no model wrote them."""
    times = [record["milliseconds"] for record in records if record["milliseconds"]]
    if not times:
        return None
    return {
        "tokens": sum(record.get("tokens", 0) for record in records),
        "seconds": round(sum(times) / 1000, 2),
        "median_ms": round(float(np.median(times)), 2),
        "p95_ms": round(float(np.quantile(times, 0.95)), 2),
    }


def print_report(report: Mapping[str, Any], console: Console) -> None:
    """The report for people."""
    source = report["source"]["name"]
    table = Table(title=f"{report['benchmark']}: {source}, {report['tasks']} tasks", title_justify="left")
    table.add_column("")
    table.add_column("", justify="right")
    for name, score in report["scores"].items():
        interval = f"{score['low']:.1%} to {score['high']:.1%}"
        table.add_row(name, f"{score['value']:.1%} (95 % CI {interval})")
    table.add_row("passed", str(report["passed"]))
    for name, count in report["failures"].items():
        table.add_row(name.replace("_", " "), str(count))
    for name, count in report.get("exceptions", {}).items():
        table.add_row(f"  {name}", str(count))
    if report.get("isolation"):
        table.add_row("isolation", report["isolation"]["level"])
    table.add_row("seconds", f"{report['seconds']:.1f}")
    console.print(table)
    console.print(f"Results: {report['run']}", soft_wrap=True)
