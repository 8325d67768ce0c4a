"""``burnish rewrite``: a model proposes better versions of functions; only what is proved and measured is shown."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import click

from burnish_server.errors import DocumentError
from burnish_server.rewrite.model import Budget, Wants

if TYPE_CHECKING:
    from burnish_models.engine.base import Engine
    from burnish_server.perf.verdicts import Verdicts
    from burnish_server.rewrite.model import Outcome
    from burnish_server.rewrite.service import Tell
    from burnish_server.rewrite.target import Target

__all__ = ["Asked", "Rewriting", "chosen", "rewrite"]

_BUDGET = Budget()


@dataclass(frozen=True, slots=True)
class Asked:
    """What is wanted of a file's functions; ``write`` puts the best version of each into the file."""

    file: Path
    functions: tuple[str, ...]
    wants: Wants
    budget: Budget
    write: bool


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.argument("functions", nargs=-1, metavar="[FUNCTION]...")
@click.option("--all", "every", is_flag=True, help="Every function of FILE.")
@click.option(
    "--profile",
    type=click.Path(path_type=Path, dir_okay=False),
    default=None,
    help="Functions that take time in this profile (cProfile or pyinstrument JSON), the hottest first.",
)
@click.option(
    "--most", type=click.IntRange(min=1), default=5, show_default=True, help="With --profile: so many."
)
@click.option("--want", type=click.Choice(get_args(Wants)), default="either", show_default=True)
@click.option("--samples", type=click.IntRange(1, 50), default=_BUDGET.samples, show_default=True)
@click.option(
    "--seconds",
    type=click.FloatRange(min=5),
    default=_BUDGET.seconds,
    show_default=True,
    help="For one function, asking, proving and measuring together.",
)
@click.option("--tokens", type=click.IntRange(min=100), default=_BUDGET.tokens, show_default=True)
@click.option("--model", default="", help="A catalogue name or a GGUF file, for this call only.")
@click.option("--write", is_flag=True, help="Put the best version of each function into FILE.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def rewrite(
    context: click.Context,
    file: Path,
    functions: tuple[str, ...],
    every: bool,
    profile: Path | None,
    most: int,
    want: Wants,
    samples: int,
    seconds: float,
    tokens: int,
    model: str,
    write: bool,
    as_json: bool,
) -> None:
    """Ask the local model for faster or simpler versions of functions in FILE.

    Only versions that behave the same on many inputs, run in a sandbox, and are measurably better are shown.
    FUNCTION is a dotted name (f, Class.method). The exit status is 0 where anything was shown, else 1.
    """
    if sum((bool(functions), every, profile is not None)) != 1:
        raise click.UsageError("Say which functions: name them, or give --all or --profile.")
    names = functions or chosen(file, profile, most)
    budget = Budget(seconds=seconds, tokens=tokens, samples=samples, verify_seconds=_BUDGET.verify_seconds)
    work = Rewriting(Asked(file, names, want, budget, write), _teller(quiet=as_json))
    found = asyncio.run(_with_model(context.obj["home"], model, work))
    if as_json:
        click.echo(json.dumps({"file": str(file), "functions": found}, ensure_ascii=False))
    else:
        for one in found:
            _print(one)
    context.exit(0 if any(one["results"] for one in found) else 1)


def chosen(file: Path, profile: Path | None, most: int) -> tuple[str, ...]:
    """The functions of a file: all of them, or the ``most`` that take most time in a profile.

    Raises:
        FileError, DocumentError: a file cannot be read, or there are no such functions.
    """
    from burnish_analysis.perf.files import read_source
    from burnish_server.rewrite.target import functions_of, parsed
    from burnish_server.rewrite.texts import Text

    tree = parsed(Text(read_source(file).text).plain)
    if tree is None:
        raise DocumentError(
            f"{file} is not Python that this interpreter reads. `python -m py_compile` says where."
        )
    there = {name: (node.lineno - 1, (node.end_lineno or 1) - 1) for name, node, _ in functions_of(tree)}
    if not there:
        raise DocumentError(f"{file} has no function that could be called and compared.")
    if profile is None:
        return tuple(there)
    from burnish_server.perf.profiles import ProfileError, read_profile, share_of

    try:
        read = read_profile(profile)
    except ProfileError as error:
        raise DocumentError(str(error)) from error
    shares = {name: share_of(read, str(file.absolute()), lines) or 0.0 for name, lines in there.items()}
    hot = sorted((name for name, share in shares.items() if share), key=lambda name: -shares[name])[:most]
    if not hot:
        raise DocumentError(f"No function of {file} takes time in {profile}.")
    return tuple(hot)


async def _with_model(home: Path, model: str, work: Rewriting) -> list[dict[str, Any]]:
    from burnish_models.errors import EngineStartError
    from burnish_server.engine_host import EngineHost
    from burnish_server.perf.verdicts import Verdicts
    from burnish_server.rewrite.inputs import proposer

    host, verdicts = EngineHost(home), Verdicts(home)
    verdicts.propose = proposer(lambda: host.engine)
    try:
        host.reload(choice=model)
        status = await host.ready()
        if host.engine is None:
            raise EngineStartError(status.detail)
        return [await work.done(host.engine, verdicts, name) for name in work.asked.functions]
    finally:
        verdicts.end()
        await host.close()


class Rewriting:
    """One function after the other.

    Args:
        asked: what is wanted. tell: hears of a function's progress.
    """

    def __init__(self, asked: Asked, tell: Callable[[str], Tell]) -> None:
        self.asked = asked
        self._tell = tell

    async def done(self, engine: Engine, verdicts: Verdicts, name: str) -> dict[str, Any]:
        """What came of a function, as JSON.

        Raises:
            FileError, DocumentError, EngineError: the file cannot be read or written, has no such function, or the engine failed.
        """
        from burnish_analysis.perf.files import read_source, write_source
        from burnish_server.rewrite.service import Run
        from burnish_server.rewrite.target import target_named
        from burnish_server.rewrite.words import result_of, run_words

        asked, source = self.asked, read_source(self.asked.file)
        target = target_named(source.text, name)
        if target is None:
            raise DocumentError(f"{asked.file} has no function {name!r} that could be called and compared.")
        options, hints = self._options(target), self._hints(target)
        run = Run(engine, verdicts, target, asked.wants, options, asked.budget, hints, self._tell(name))
        outcome: Outcome = await run.done()
        best = outcome.kept[0] if outcome.kept and asked.write else None
        if best is not None:
            write_source(source, best.after)
        return {
            "function": name,
            "results": [result_of(kept, target) for kept in outcome.kept],
            **outcome.figures(),
            "summary": run_words(outcome),
            "written": best.key if best is not None else None,
        }

    def _options(self, target: Target) -> Any:
        from burnish_analysis.verify.model import VerifyOptions
        from burnish_server.perf.roots import import_root, needed_roots

        file, here = self.asked.file.absolute(), Path.cwd()
        roots, module = import_root(file, [here if file.is_relative_to(here) else file.parent])
        return VerifyOptions(path=needed_roots(target.text.text, roots), module=module)

    def _hints(self, target: Target) -> list[str]:
        """What performance rules say of the function."""
        from burnish_analysis.perf.analyse import analyse

        found = analyse(target.text.text, str(self.asked.file))
        return [one.message for one in found if one.function == target.name]


def _teller(*, quiet: bool) -> Callable[[str], Tell]:
    """Progress on stderr, where somebody looks at it."""

    def of(name: str) -> Tell:
        if quiet or not sys.stderr.isatty():
            return lambda _share, _words: None
        return lambda share, words: click.echo(f"\r\033[K{name}: {words} ({share:.0%})", nl=False, err=True)

    return of


def _print(one: dict[str, Any]) -> None:
    if sys.stderr.isatty():
        click.echo("\r\033[K", nl=False, err=True)
    click.echo(f"{one['function']}: {one['summary']}.")
    for result in one["results"]:
        click.echo(f"\n{result['title']}\n{result['evidence']}\n{result['diff']}")
        if result["key"] == one["written"]:
            click.echo("This one is in the file now.")
