"""A difference in words, and as a script of its own that shows it."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from burnish_analysis.sandbox.model import Kind, Limits, Program
from burnish_analysis.sandbox.run import run
from burnish_analysis.verify.model import Counterexample, VerifyOptions

__all__ = ["call_in_words", "counterexample", "describe", "script", "shows"]

_INSIDE = Path(__file__).parent / "inside"
_LONGEST = 300
_SHOW_S = 3.0
_LONGEST_CALL = 4_000
_PLAIN = {"_b_nan": "float('nan')", "_b_inf": "float('inf')"}
_TEMPLATE = '''\
"""Two versions of {function} behave differently on one call. Run this file: it shows what each of them does."""

import sys
import types

BEFORE = {before}

AFTER = {after}

CALL = {call}

INSIDE = {inside}

for name, text in INSIDE.items():
    module = types.ModuleType(name)
    module.__package__ = "burnish_inside"
    module.__path__ = []
    sys.modules[name] = module
    exec(compile(text, name, "exec"), module.__dict__)

from burnish_inside.observe import Subject

found = []
for title, source in (("before", BEFORE), ("after", AFTER)):
    seen = Subject(source, {function!r}, {module!r}).observe(CALL, 2.0, twice=True)
    seen.pop("ms", None)
    found.append(seen)
    print(f"{{title}}: {{seen}}")
raise SystemExit(0 if found[0] != found[1] else "They do the same here.")
'''
_SHORT = '''\
"""Two versions of {function} behave differently on one call. Run this file: it shows what each of them does."""

import contextlib
import io
import sys
import types

BEFORE = {before}

AFTER = {after}

CALL = {call}
{helpers}

def show(value, labels, shown):
    """A value with exact types; #n is where an object is met first, @n where it is met again."""
    plain = (int, float, complex, str, bytes, bool, type(None))
    if type(value) in plain or isinstance(value, (type, types.FunctionType, range)):
        return repr(value)
    if type(value) is tuple:
        return "(" + ", ".join(show(item, labels, shown) for item in value) + ")"
    number = labels.setdefault(id(value), len(labels))
    if id(value) in shown:
        return f"@{{number}}"
    shown[id(value)] = value
    parts = []
    if isinstance(value, dict):
        parts += [show(k, labels, shown) + ": " + show(v, labels, shown) for k, v in value.items()]
    elif isinstance(value, (set, frozenset)):
        parts += sorted(show(item, labels, shown) for item in value)
    elif isinstance(value, (list, tuple)) or hasattr(value, "__next__") or hasattr(value, "popleft"):
        parts += [show(item, labels, shown) for item in value]
    elif isinstance(value, BaseException):
        parts += [show(item, labels, shown) for item in value.args]
    elif isinstance(value, plain):
        parts.append(next(kind.__repr__(value) for kind in plain if isinstance(value, kind)))
    elif not hasattr(value, "__dict__"):
        parts.append(repr(value))
    state = getattr(value, "__dict__", {{}})
    parts += [f"{{name}}={{show(item, labels, shown)}}" for name, item in sorted(state.items())]
    return f"#{{number}} {{type(value).__name__}}[" + ", ".join(parts) + "]"


def label(value, labels):
    """Give the objects in the arguments their numbers before the call."""
    if isinstance(value, (list, tuple, dict)):
        if type(value) is not tuple:
            labels.setdefault(id(value), len(labels))
        for item in value.items() if isinstance(value, dict) else value:
            label(item, labels)
    elif hasattr(value, "__dict__") and not isinstance(value, (type, types.FunctionType, types.ModuleType)):
        labels.setdefault(id(value), len(labels))
        label(dict(vars(value)), labels) if vars(value) else None


def outcome(source):
    module = types.ModuleType({module!r})
    sys.modules[{module!r}] = module
    exec(compile(source, {module!r} + ".py", "exec"), module.__dict__)
    args, kwargs = eval(CALL, {{**vars(module){names}}})
    function = module
    for part in {function!r}.split("."):
        function = getattr(function, part)
    function = getattr(function, "fget", None) or function
    labels, shown, printed = {{}}, {{}}, io.StringIO()
    label((args, kwargs), labels)
    with contextlib.redirect_stdout(printed):
        try:
            result = function(*args, **kwargs)
            end = "returned " + show(result, labels, shown)
        except (Exception, SystemExit) as error:
            end = "raised " + show(error, labels, shown)
    return f"{{end}}; arguments afterwards {{show((args, kwargs), labels, shown)}}; printed {{printed.getvalue()!r}}"


before, after = outcome(BEFORE), outcome(AFTER)
print("before:", before)
print("after: ", after)
raise SystemExit(0 if before != after else "They do the same here.")
'''


def call_in_words(call: str, function: str) -> str:
    """``((a, b), {'k': v})`` as ``f(a, b, k=v)``."""
    if len(call) > _LONGEST_CALL:
        return f"{function} on {call[:_LONGEST]}…"
    for helper, plain in _PLAIN.items():
        call = call.replace(helper, plain)
    try:
        node = ast.parse(call, mode="eval").body
        assert isinstance(node, ast.Tuple)
        args, kwargs = node.elts
        assert isinstance(args, ast.Tuple) and isinstance(kwargs, ast.Dict)
        shown = [ast.unparse(a) for a in args.elts]
        for key, value in zip(kwargs.keys, kwargs.values, strict=True):
            assert isinstance(key, ast.Constant)
            shown.append(f"{key.value!s}={ast.unparse(value)}")
    except (SyntaxError, AssertionError, ValueError, RecursionError, MemoryError):
        return f"{function} on {call}"
    outer, _, name = function.rpartition(".")
    if outer and args.elts and shown:
        return re.sub(r"\b_b_", "", f"({shown[0]}).{name}({', '.join(shown[1:])})")
    return re.sub(r"\b_b_", "", f"{function}({', '.join(shown)})")


def describe(seen: Mapping[str, Any], part: str) -> str:
    """What a version did, in words; ``part`` is what the other version did differently."""
    end = str(seen.get("end"))
    words = {
        "late": "did not end in time",
        "limit": f"raised {_short(seen.get('value'))}",
        "died": "ended the process",
        "opaque": f"gave something that cannot be compared ({_short(seen.get('value'))})",
        "big": "gave something too big to compare",
    }.get(end)
    if words is None:
        words = f"{end[:20]} {readable(_short(seen.get('value')))}"
    more = {
        "args": f", its arguments are {readable(_short(seen.get('args')))} afterwards",
        "log": f", uses its arguments so: {readable(_short(seen.get('log')))}",
        "out": f", prints {_short(seen.get('out'))!r}",
        "err": f", prints {_short(seen.get('err'))!r} to standard error",
        "again": f", and called again: {_short(seen.get('again'))}",
        "globals": f", leaves the module's data as {_short(seen.get('globals'))}",
    }
    return words + (more.get(part, "") if end in {"returned", "raised"} else "")


def _short(value: Any) -> str:
    text = str(value) if value is not None else "nothing"
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"


def readable(text: str) -> str:
    """Without the labels that nothing refers to."""
    used = set(re.findall(r"@(\d+)", text))
    return re.sub(r"#(\d+)=", lambda m: m.group(0) if m.group(1) in used else "", text)


def script(
    before: str, after: str, function: str, call: str, module: str = "", *, whole: bool = False
) -> str:
    """Python that runs both versions on ``call`` and exits with 0 where they differ.

    The short form shows results, arguments, exceptions and prints; the ``whole`` one brings the verifier's own
    observer along and shows everything it sees.
    """
    fields = {
        "function": function,
        "before": _block(_closed_up(before)),
        "after": _block(_closed_up(after)),
        "call": ascii(call),
        "module": module or "subject",
    }
    if whole:
        names = ("helpers", "canonical", "load", "observe")
        texts = {
            "burnish_inside": "",
            **{f"burnish_inside.{n}": (_INSIDE / f"{n}.py").read_text() for n in names},
        }
        inside = "{" + "".join(f"{name!r}: {_block(text)}, " for name, text in texts.items()) + "}"
        return _TEMPLATE.format(**fields, inside=inside)
    helpers = ""
    if "_b_" in re.sub(r"_b_\d+", "", call):
        text = (_INSIDE / "helpers.py").read_text()
        helpers = f'\nHELPERS = types.ModuleType("helpers")\nexec({_block(text)}, HELPERS.__dict__)\n'
    return _SHORT.format(**fields, helpers=helpers, names=", **HELPERS.namespace()" if helpers else "")


def _closed_up(source: str) -> str:
    """Without the long gaps that a module's other parts left."""
    return re.sub(r"\n{4,}", "\n\n\n", source).lstrip("\n")


def _block(text: str) -> str:
    """``text`` as a literal over several lines where that is exact."""
    shown = "'''" + "\\\n" + text.replace("\\", "\\\\").replace("'''", "\\'\\'\\'") + "'''"
    plain = all(c.isprintable() or c in "\n\t" for c in text) and not text.endswith("'")
    return shown if plain and ast.literal_eval(shown) == text else ascii(text)


def _worded(seen: tuple[Mapping[str, Any], Mapping[str, Any]], part: str) -> tuple[str, str]:
    """Both in words; where only the sharing of objects tells them apart, with labels and arguments."""
    one, other = describe(seen[0], part), describe(seen[1], part)
    if one != other:
        return one, other
    found = []
    for version in seen:
        value, args = _short(version.get("value")), _short(version.get("args"))
        found.append(
            f"{version.get('end')} {value}, the arguments are {args} afterwards (#n: an object, @n: the same)"
        )
    return found[0], found[1]


def counterexample(
    function: str, call: str, part: str, seen: tuple[Mapping[str, Any], Mapping[str, Any]], source: str
) -> Counterexample:
    """The difference as users see it."""
    before, after = _worded(seen, part)
    return Counterexample(call_in_words(call, function), before, after, source)


def shows(source: str, options: VerifyOptions) -> bool:
    """Whether a script ends as one that shows its difference; run in the sandbox."""
    program = Program(source, name="counterexample.py", path=options.path, packages=True)
    outcome = run(program, Limits(seconds=_SHOW_S), least=options.least_level)
    return outcome.kind is Kind.EXCEPTION and outcome.exception == "SystemExit" and outcome.message == "0"
