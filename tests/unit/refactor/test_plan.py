"""Plans for long functions: every step keeps what the function does, by running it before and after."""

from __future__ import annotations

import pytest

from burnish_analysis.errors import SourceError
from burnish_analysis.metrics.compare import complexity_of
from burnish_analysis.perf.module import Module
from burnish_analysis.refactor.plan import Plan, plan
from burnish_analysis.refactor.structure import same_structure
from burnish_analysis.verify.model import Call, VerifyOptions
from burnish_analysis.verify.verify import verify

ORDERS = '''LIMIT = 100


def process(orders, rates, strict):
    """Process the orders."""
    if not orders:
        return {"total": 0, "errors": [], "by": {}}
    errors = []
    valid = []
    # validate the orders
    for index, order in enumerate(orders):
        if not isinstance(order, dict):
            errors.append((index, "not a dict"))
            continue
        if "amount" not in order or "customer" not in order:
            errors.append((index, "incomplete"))
            continue
        if order["amount"] < 0 or order["amount"] > LIMIT:
            if strict:
                raise ValueError(f"order {index} out of range")
            errors.append((index, "out of range"))
            continue
        valid.append(order)

    # convert the amounts
    total = 0
    by = {}
    for order in valid:
        currency = order.get("currency", "EUR")
        if currency in rates:
            amount = order["amount"] * rates[currency]
        elif currency == "EUR":
            amount = order["amount"]
        else:
            errors.append((order["customer"], "unknown currency"))
            continue
        total += amount
        by[order["customer"]] = by.get(order["customer"], 0) + amount
    best = None
    for customer in by:
        if best is None or by[customer] > by[best]:
            best = customer
    return {"total": total, "errors": errors, "by": by, "best": best}
'''
ORDERS_CALLS = (
    "(([], {}, False), {})",
    "(([{'amount': 5, 'customer': 'a'}, {'amount': 7, 'customer': 'b', 'currency': 'X'}, 3, {}], {'X': 2}, False), {})",
    "(([{'amount': 500, 'customer': 'a'}], {}, True), {})",
    "(([{'amount': 500, 'customer': 'a'}, {'amount': 1, 'customer': 'b', 'currency': 'Q'}], {}, False), {})",
)
MUTATING = """def merge(into, rows, limit):
    seen = set()
    skipped = 0
    for row in rows:
        if not row:
            skipped += 1
            continue
        key = row[0]
        if key in seen:
            if len(row) > 1 and row[1] > limit:
                into[key] = row[1]
            elif len(row) > 2:
                into.setdefault(key, row[2])
            continue
        seen.add(key)
        try:
            value = int(row[1]) if len(row) > 1 else 0
        except (TypeError, ValueError):
            value = -1
        finally:
            rows_done = len(seen)
        if value > limit or value < -limit:
            into[key] = limit
        else:
            into[key] = value
    for key in list(into):
        if into[key] == 0 and key not in seen:
            del into[key]
    return skipped, rows_done if seen else None
"""
MUTATING_CALLS = (
    "(({}, [], 3), {})",
    "(({'z': 0, 'y': 1}, [['a', 2], ['a', 9], ['b', 'x'], [], ['c', 99], ['a'], ['b', 1, 5], ['b', None, 5]], 3), {})",
    "(({'a': 0}, [['a', '7'], [[1], 2]], 3), {})",
)
CLOSURES = """def grade(points, bonus, weights):
    total = 0

    def weigh(value):
        return value * weights.get("w", 1) + bonus

    for name, value in points.items():
        if value is None:
            continue
        if isinstance(value, str):
            if value.isdigit():
                value = int(value)
            elif value in ("x", "-"):
                value = 0
            else:
                raise ValueError(name)
        if value < 0:
            return None
        total += weigh(value)

    # find the letter
    letter = "F"
    if total >= 90:
        letter = "A"
    elif total >= 75:
        letter = "B"
    elif total >= 60 and len(points) > 1:
        letter = "C"
    elif total >= 50 or any(v == 100 for v in points.values()):
        letter = "D"
    return letter, total
"""
CLOSURES_CALLS = (
    "(({}, 0, {}), {})",
    "(({'a': 30, 'b': '40', 'c': None, 'd': 'x'}, 1, {'w': 1}), {})",
    "(({'a': 30, 'b': 'q'}, 1, {}), {})",
    "(({'a': 100, 'b': -1}, 1, {}), {})",
    "(({'a': 52}, 0, {}), {})",
)
METHOD = """class Report:
    def __init__(self, rows):
        self.rows = rows
        self.bad = []

    def lines(self, width, short):
        found = []
        # check the settings
        if width <= 0:
            raise ValueError("width")
        if not isinstance(short, bool):
            raise TypeError("short")
        for number, row in enumerate(self.rows):
            if not isinstance(row, (list, tuple)):
                self.bad.append(number)
                continue
            cells = []
            for cell in row:
                text = "" if cell is None else str(cell)
                if short and len(text) > width:
                    text = text[: width - 1] + "~"
                elif len(text) < width:
                    text = text.ljust(width)
                cells.append(text)
            if cells:
                found.append("|".join(cells))
        if self.bad and not short:
            found.append(f"{len(self.bad)} bad")
        return found
"""
METHOD_CALLS = (
    "((Report([[1, None, 'long text'], 3, [], (2,)]), 4, True), {})",
    "((Report([[1, None, 'long text'], 3]), 4, False), {})",
    "((Report([]), 0, False), {})",
    "((Report([]), 1, 2), {})",
)
FUNCTIONS = {
    "process": (ORDERS, ORDERS_CALLS),
    "merge": (MUTATING, MUTATING_CALLS),
    "grade": (CLOSURES, CLOSURES_CALLS),
    "Report.lines": (METHOD, METHOD_CALLS),
}


def _plan(name: str) -> Plan:
    return plan(FUNCTIONS[name][0], name, below=8)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_steps_lower_complexity_and_follow_one_another(name: str) -> None:
    source, _ = FUNCTIONS[name]
    made = _plan(name)
    assert made.steps
    assert made.steps[0].before == source
    for one, other in zip(made.steps, made.steps[1:], strict=False):
        assert one.after == other.before
    for step in made.steps:
        Module(step.after)
        assert step.change.complexity_after <= step.change.complexity_before
    assert (
        made.complexity_after == complexity_of(made.steps[-1].after, name).complexity < made.complexity_before
    )
    assert made.complexity_after < 8 or made.reason


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_step_keeps_behaviour(name: str) -> None:
    _, calls = FUNCTIONS[name]
    given = tuple(Call(call, "test") for call in calls)
    for step in _plan(name).steps:
        options = VerifyOptions(seconds=20, inputs=60, calls=given, measure=False)
        verdict = verify(step.before, step.after, name, options)
        assert verdict.verdict == "equivalent", (step.title, verdict.reason, verdict.counterexample)
        assert same_structure(step.before, step.after, name).same, step.title


@pytest.mark.parametrize("name", FUNCTIONS)
def test_comments_stay(name: str) -> None:
    source, _ = FUNCTIONS[name]
    comments = [line.strip() for line in source.splitlines() if line.strip().startswith("#")]
    after = _plan(name).steps[-1].after
    assert all(comment in after for comment in comments)


def test_names_come_from_comments() -> None:
    assert any("validate" in step.title for step in _plan("process").steps)


def test_a_simple_function_needs_nothing() -> None:
    made = plan("def f(x):\n    return x\n", "f")
    assert made.steps == () and "below" in made.reason


def test_what_cannot_be_taken_apart_is_said() -> None:
    body = "".join(f"    if x == {n}:\n        yield {n}\n" for n in range(20))
    made = plan(f"def f(x):\n{body}", "f")
    assert made.steps == () and made.reason


def test_no_such_function() -> None:
    with pytest.raises(SourceError):
        plan("def f(x):\n    return x\n", "g")


def test_an_inner_function_is_found() -> None:
    source = (
        "def outer(a):\n    def inner(b):\n"
        + "".join(f"        if b > {n} and a:\n            print({n})\n" for n in range(8))
        + "    return inner\n"
    )
    made = plan(source, "outer.inner")
    assert made.complexity_after < made.complexity_before
