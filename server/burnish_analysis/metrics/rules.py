"""What is told of figures above a threshold, described for people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

__all__ = ["COMPLEX", "METRIC_RULES", "NESTED", "UNMAINTAINABLE", "MetricRule"]

COMPLEX = "complex-function"
NESTED = "deep-nesting"
UNMAINTAINABLE = "low-maintainability"


@dataclass(frozen=True, slots=True)
class MetricRule:
    """One kind of finding.

    Attributes:
        summary: what it finds, in a line. why: what that costs. advice: what to do, in Markdown. setting: the threshold's name.
    """

    id: str
    summary: str
    why: str
    advice: str
    setting: str

    @property
    def markdown(self) -> str:
        """The whole description in Markdown."""
        threshold = f"The threshold is `{self.setting}` in `[tool.burnish.metrics]`; 0 turns it off."
        return f"{self.summary}. {self.why}\n\n{self.advice}\n\n{threshold}\n"

    @property
    def plain(self) -> str:
        """The whole description as plain text."""
        return self.markdown.replace("```python\n", "").replace("```", "").replace("`", "")


_GUARD = """\
Turn conditions round and leave early, move a block into a function of its own, or ask a table instead of a chain of tests:

```python
def price(order):
    if order is not None:
        if order.items:
            return total(order)
    return 0
```

becomes

```python
def price(order):
    if order is None or not order.items:
        return 0
    return total(order)
```"""

_SPLIT = """\
Split the file by topic, take long functions apart, and say in docstrings and comments what the code cannot:

```python
from shop.prices import price
from shop.orders import Order
```"""

_RULES = (
    MetricRule(
        COMPLEX,
        "A function with many paths through it",
        "Its cyclomatic complexity counts the independent paths: each needs a test, and a reader has to keep all of them in mind.",
        _GUARD,
        "complexity",
    ),
    MetricRule(
        NESTED,
        "A function with blocks nested deeply in each other",
        "What is done in an inner block depends on every condition around it, most of which have left the screen.",
        _GUARD,
        "nesting",
    ),
    MetricRule(
        UNMAINTAINABLE,
        "A file that is hard to maintain as a whole",
        "The maintainability index falls with the file's size, its complexity and the number of things that it computes with.",
        _SPLIT,
        "maintainability",
    ),
)

#: The rules by id.
METRIC_RULES: Mapping[str, MetricRule] = MappingProxyType({rule.id: rule for rule in _RULES})
