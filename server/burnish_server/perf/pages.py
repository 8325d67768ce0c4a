"""A page for every rule, as a file of this machine that a finding can link to: no network is needed to read it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from pathlib import Path

from burnish_server.perf.model import RuleText
from burnish_server.perf.words import rule_page

__all__ = ["write_pages"]

log = logging.getLogger(__name__)


def write_pages(
    home: Path,
    rules: Mapping[str, RuleText],
    name: str = "rules",
    page_of: Callable[[str, RuleText], str] = rule_page,
) -> dict[str, str]:
    """Write the pages into the folder of this name below ``home`` where they are not there as they should be.

    Returns their addresses by rule.
    """
    folder = home / name
    addresses: dict[str, str] = {}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for rule, text in rules.items():
            file, page = folder / f"{rule}.md", page_of(rule, text)
            if not file.is_file() or file.read_text(encoding="utf-8", errors="replace") != page:
                # Another window may write the same page.
                made = file.with_suffix(f".{id(text):x}.new")
                made.write_text(page, encoding="utf-8")
                made.replace(file)
            addresses[rule] = file.absolute().as_uri()
    except OSError as error:
        log.warning("The rules' pages could not be written, so findings do not link to them: %s", error)
    return addresses
