from __future__ import annotations

import sys

import pytest

from burnish_analysis.sandbox.model import Kind, Level, Program
from burnish_analysis.sandbox.run import run


def works(level: Level) -> bool:
    return sys.platform == "linux" and run(Program("pass"), level=level, least=Level.PROCESS).kind is Kind.OK


@pytest.fixture(params=[Level.NAMESPACES, Level.LANDLOCK], ids=lambda level: level.label, scope="session")
def strong(request: pytest.FixtureRequest) -> Level:
    """The levels that keep a hostile program in."""
    level: Level = request.param
    if not works(level):
        pytest.skip(f"the isolation level {level.label} does not work on this machine")
    return level


@pytest.fixture(params=list(Level), ids=lambda level: level.label, scope="session")
def level(request: pytest.FixtureRequest) -> Level:
    """Every level that works here."""
    if not works(request.param):
        pytest.skip(f"the isolation level {request.param.label} does not work on this machine")
    found: Level = request.param
    return found


@pytest.fixture(scope="session")
def namespaces() -> Level:
    if not works(Level.NAMESPACES):
        pytest.skip("namespaces do not work on this machine")
    return Level.NAMESPACES
