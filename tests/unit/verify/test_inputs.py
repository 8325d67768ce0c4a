from __future__ import annotations

import ast
import random
import textwrap
import time
from typing import Any

import pytest

from burnish_analysis.verify.inside import helpers
from burnish_analysis.verify.inside.arguments import Parameter, call_text, edge_calls
from burnish_analysis.verify.inside.calls import doctest_calls, site_calls
from burnish_analysis.verify.inside.draw import Draw
from burnish_analysis.verify.inside.hints import Unknown, spec_of
from burnish_analysis.verify.inside.infer import infer
from burnish_analysis.verify.inside.load import load
from burnish_analysis.verify.inside.plan import Plan
from burnish_analysis.verify.inside.shrink import shrink
from burnish_analysis.verify.inside.sized import grows, sized_text
from burnish_analysis.verify.inside.specs import candidates
from burnish_analysis.verify.inside.uses import find_definition, literals


def specs(source: str, function: str = "f") -> dict[str, list[Any]]:
    definition = find_definition(ast.parse(textwrap.dedent(source)), function)
    assert definition is not None
    return {name: candidates(use) for name, use in infer(definition).items()}


def plan(source: str, function: str = "f") -> Plan:
    text = textwrap.dedent(source)
    return Plan(load(text), function, ast.parse(text))


def evaluate(text: str, **names: Any) -> Any:
    return eval(text, {**helpers.namespace(), **names})


class TestInference:
    @pytest.mark.parametrize(
        ("body", "expected"),
        [
            ("return [x for x in a]", ["iter", "any"]),
            ("a.append(1)", ["list", "int"]),
            ("return a.items()", ["dict", "key", "any"]),
            ("return a.strip()", "str"),
            ("return range(a)", "size"),
            ("return a % 2", "num"),
            ("return a(1)", ["fn", "any"]),
            ("return len(a), [x for x in a]", ["seq", "any"]),
            ("return a[0] + a[-1]", ["seq", "num"]),
            ("return sum(a)", ["iter", "num"]),
            ("return [x.upper() for x in a]", ["iter", "str"]),
            ("return a.popleft()", ["deque", "any"]),
            ("return {k: v * 2 for k, v in a.items()}", ["dict", "key", "num"]),
            ("return [x + y * 2 for x, y in a]", ["iter", ["fixed", "num", "num"]]),
            ("return a['price'] * a['count']", ["record", {"price": "num", "count": "num"}]),
            ("return [r['n'] % 2 for r in a]", ["iter", ["record", {"n": "num"}]]),
            ("return [[c * 2 for c in row] for row in a]", ["iter", ["iter", "num"]]),
            ("return a.name.upper()", ["obj", {"name": "str"}]),
            ("return isinstance(a, dict)", ["dict", "key", "any"]),
        ],
    )
    def test_the_likeliest_spec_follows_from_use(self, body: str, expected: Any) -> None:
        assert specs(f"def f(a):\n    {body}")["a"][0] == expected

    def test_what_is_compared_is_of_a_kind(self) -> None:
        assert specs("def f(a, b):\n    return b.strip() == a")["a"] == ["str"]

    def test_literals_leave_docstrings_out(self) -> None:
        assert literals(ast.parse('def f(a):\n    "doc"\n    return a == "x" or a > 7')) == {
            "int": [7],
            "float": [],
            "str": ["x"],
            "bytes": [],
        }


class TestHints:
    @pytest.mark.parametrize(
        ("hint", "expected"),
        [
            ("list[int]", ["list", "int"]),
            ("Sequence[str]", ["seq", "str"]),
            ("Iterable[float]", ["iter", "float"]),
            ("dict[str, list[int]]", ["dict", "str", ["list", "int"]]),
            ("int | None", ["union", "int", "none"]),
            ("Optional[str]", ["union", "str", "none"]),
            ("tuple[int, str]", ["fixed", "int", "str"]),
            ("tuple[int, ...]", ["tuple", "int"]),
            ("Literal['a', 3]", ["texts", "'a'", "3"]),
            ("Callable[[int], bool]", ["fn", "bool"]),
            ("Color", ["texts", "Color.RED", "Color.BLUE"]),
            (
                "Point",
                ["make", "Point", [["x", "int", "positional", False], ["y", "int", "positional", True]]],
            ),
            ("Pair", ["make", "Pair", [["a", "str", "positional", False]]]),
            ("Annotated[int, 'x']", "int"),
            ("UserId", "int"),
            ("Movie", ["record", {"title": "str"}]),
        ],
    )
    def test_a_hint_gives_a_spec(self, hint: str, expected: Any) -> None:
        module = load(
            textwrap.dedent("""
            import enum
            from dataclasses import dataclass
            from collections.abc import *
            from typing import *
            class Color(enum.Enum):
                RED = 1
                BLUE = 2
            @dataclass
            class Point:
                x: int
                y: int = 0
            class Pair(NamedTuple):
                a: str
            class Movie(TypedDict):
                title: str
            UserId = NewType("UserId", int)
            """)
        )
        assert spec_of(eval(hint, vars(module)), module) == expected

    def test_a_type_without_known_instances_is_said(self) -> None:
        module = load("import threading\ndef f(a: threading.Thread): pass")
        with pytest.raises(Unknown):
            spec_of(type(len), module)


class TestPlan:
    def test_a_method_gets_an_instance(self) -> None:
        found = plan(
            "class A:\n def __init__(self, n: int): self.n = n\n def f(self, k: str): return k", "A.f"
        )
        assert [p.name for p in found.parameters] == ["self", "k"]
        assert found.parameters[0].spec[0] == "do"

    def test_static_and_class_methods_get_none(self) -> None:
        source = "class A:\n @staticmethod\n def f(a): return a\n @classmethod\n def g(cls, b): return b"
        assert [p.name for p in plan(source, "A.f").parameters] == ["a"]
        assert [p.name for p in plan(source, "A.g").parameters] == ["b"]

    def test_untyped_constructors_follow_from_how_methods_use_the_attribute(self) -> None:
        source = "class A:\n def __init__(self, rows): self.rows = rows\n def f(self): return [sum(r) for r in self.rows]"
        made = plan(source, "A.f").parameters[0].spec[1]
        assert made[2][0][1] == ["iter", ["iter", "num"]]

    def test_a_bare_collection_hint_is_filled_by_use(self) -> None:
        assert plan("def f(a: list): return [x.upper() for x in a]").options[0][0] == ["list", "str"]


class TestGenerated:
    @pytest.mark.parametrize(
        "spec",
        [
            *(
                "int",
                "num",
                "float",
                "str",
                "char",
                "bytes",
                "bool",
                "key",
                "any",
                "size",
                "complex",
                "digits",
            ),
            *(
                ["list", "int"],
                ["seq", "str"],
                ["iter", "num"],
                ["set", "key"],
                ["dict", "str", ["list", "int"]],
            ),
            *(
                ["fixed", "int", "str"],
                ["deque", "int"],
                ["fn", "int"],
                ["obj", {"x": "int"}],
                ["gen", "any"],
            ),
            *(
                ["var", "T"],
                ["union", "int", "none"],
                ["list", ["list", ["list", "any"]]],
                ["counter", "key"],
            ),
        ],
    )
    def test_every_call_can_be_evaluated_or_fails_as_its_values_do(self, spec: Any) -> None:
        source = random.Random(3)
        parameters = [Parameter("a", spec), Parameter("b", spec, "keyword", optional=True)]
        made = [call_text(parameters, Draw(source, {"int": [7], "str": ["x"]})) for _ in range(150)]
        made += edge_calls(parameters, Draw(source))
        wrong = 0
        for text in made:
            try:
                args, kwargs = evaluate(text)
                assert type(args) is tuple and type(kwargs) is dict and len(args) == 1
            except TypeError as error:
                # An unhashable member of a set or key of a dict is no input.
                assert "unhashable" in str(error)
                wrong += 1
        assert wrong < len(made) / 4

    def test_the_same_seed_gives_the_same_calls(self) -> None:
        parameters = [Parameter("a", ["list", "any"])]
        one, other = ([call_text(parameters, Draw(random.Random(5))) for _ in range(3)] for _ in range(2))
        assert one == other

    def test_edges_and_shapes_come_up(self) -> None:
        source = random.Random(0)
        seen = " ".join(call_text([Parameter("a", ["iter", "num"])], Draw(source)) for _ in range(600))
        for needed in ("_b_nan", "-0.0", "True", "_b_gen(", "iter(", "_b_List(", "((),)", "[[", ":="):
            assert needed in seen, needed

    def test_what_equals_nothing_is_looked_for_where_it_is(self) -> None:
        parameters = [Parameter("a", ["list", "float"]), Parameter("b", "num")]
        calls = [evaluate(text)[0] for text in edge_calls(parameters, Draw(random.Random(0)))]
        assert any(b in a and not any(item == b for item in a) for a, b in calls)

    def test_a_declared_type_is_kept(self) -> None:
        source = random.Random(0)
        for _ in range(300):
            args, _ = evaluate(call_text([Parameter("a", ["list", "int"], declared=True)], Draw(source)))
            assert type(args[0]) is list and all(isinstance(item, int) for item in args[0])

    def test_sized_calls_grow(self) -> None:
        for spec in (
            ["list", "int"],
            "str",
            "size",
            ["dict", "str", "int"],
            ["list", ["list", "num"]],
            ["set", "int"],
        ):
            assert grows(spec)
            made = [
                evaluate(sized_text([Parameter("a", spec)], n, Draw(random.Random(0))))[0][0]
                for n in (64, 512)
            ]
            small, big = (value if isinstance(value, int) else len(value) for value in made)
            assert small < big


class TestKnownCalls:
    def test_doctests(self) -> None:
        source = 'def f(a, b=1):\n    """\n    >>> f([1, 2], b=3)\n    4\n    >>> f(x)\n    """\n'
        assert doctest_calls(ast.parse(source), "f") == ["(([1, 2],), {'b': 3})"]

    def test_call_sites_and_methods(self) -> None:
        source = "def g(n):\n    f(1, 'x'); f(n)\n    return Box(2).put(3)"
        assert site_calls(ast.parse(source), "f") == ["((1, 'x'), {})"]
        assert site_calls(ast.parse(source), "Box.put") == ["((Box(2), 3), {})"]

    def test_methods_are_called_on_an_instance_that_is_written_out(self) -> None:
        source = "box.put(4)\nBox.put(Box(1), 5)\nself.put(6)\nother.Box.put(7)"
        assert site_calls(ast.parse(source), "Box.put") == ["((Box(1), 5), {})"]


class TestShrink:
    def shrunk(self, text: str, holds: Any) -> str:
        def told(candidate: str) -> bool:
            try:
                args, kwargs = evaluate(candidate)
                return bool(holds(*args, **kwargs))
            except Exception:  # noqa: BLE001 - whatever a candidate raises, it does not hold
                return False

        return shrink(text, told, time.monotonic() + 10)

    def test_finds_the_smallest(self) -> None:
        assert self.shrunk("(([5, 3, 99, 4, 99],), {})", lambda a: len(set(a)) < len(a)) == "(([0, 0],), {})"
        assert self.shrunk("((117, 'hello'), {'k': [1]})", lambda n, s, **k: n > 20) == "((21, ''), {})"
        assert self.shrunk("(({'aa': [1, 2]},), {})", lambda d: any(d.values())) == "(({'': [0]},), {})"

    def test_keeps_aliases_that_matter(self) -> None:
        assert (
            self.shrunk("(((_b_0 := [1, 2]), _b_0), {})", lambda a, b: a is b) == "(((_b_0 := []), _b_0), {})"
        )

    def test_ends_when_the_time_is_up(self) -> None:
        text = f"(({list(range(500))},), {{}})"
        begun = time.monotonic()
        shrink(text, lambda _: False, begun + 0.2)
        assert time.monotonic() - begun < 3
