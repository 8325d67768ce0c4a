"""Which imported names a file uses, in whatever way, and what the import of a module does."""

from __future__ import annotations

import ast
import re
from pathlib import PurePath

from burnish_analysis.perf.module import Module
from burnish_analysis.refactor.rules.imports_reading import Entry, Imported

__all__ = ["Uses", "harmless", "plain", "without"]

_WORD = re.compile(r"[^\W\d]\w*")
_WHOLE_FILE = re.compile(
    r"#\s*(flake8|ruff)\s*:\s*noqa\s*(?!:)|#\s*(pylint|ruff|flake8)\s*:.*(unused-import|F401)", re.I
)
_TYPE = re.compile(r"#\s*type:(.*)")
_DOCTEST = re.compile(r"^\s*(?:>>>|\.\.\.)(.*)$", re.M)
#: With these a name can be used that is written nowhere.
_INSIGHT = frozenset({"globals", "locals", "vars", "eval", "exec", "dir", "__import__"})

#: Modules whose import does nothing but define them, on every platform, and brings no other module as an attribute.
_PLAIN_NAMES = """
__future__ abc argparse array ast base64 binascii bisect builtins calendar cmath cmd codecs codeop collections.abc colorsys
configparser contextlib contextvars copy copyreg csv dataclasses datetime decimal difflib dis enum errno filecmp fileinput
fnmatch fractions ftplib functools gc getopt getpass gettext glob graphlib hashlib heapq hmac imaplib inspect io ipaddress
itertools keyword linecache locale marshal math mimetypes numbers opcode operator os os.path pathlib pickle pickletools
pkgutil platform plistlib poplib pprint profile pstats queue quopri random re reprlib sched secrets select selectors shelve
shlex shutil signal smtplib socket socketserver stat statistics string stringprep struct subprocess symtable sys tabnanny
tarfile tempfile textwrap time timeit token tokenize trace traceback tracemalloc types typing unicodedata
uuid warnings wave weakref webbrowser zipapp zipimport
"""
#: Those that do nothing else either, but that bring modules as attributes of a package.
_PACKAGED_NAMES = """
asyncio collections concurrent concurrent.futures ctypes ctypes.util email email.message email.utils html html.entities html.parser
http http.client http.cookies http.cookiejar http.server importlib importlib.abc importlib.machinery importlib.metadata
importlib.resources importlib.util json json.decoder json.encoder logging logging.config logging.handlers multiprocessing
tomllib unittest unittest.mock urllib urllib.error urllib.parse urllib.request urllib.response urllib.robotparser
threading wsgiref xml xml.dom xml.dom.minidom xml.etree xml.etree.ElementTree xml.sax xml.sax.saxutils xmlrpc xmlrpc.client
xmlrpc.server zipfile zoneinfo
"""
_PLAIN, _PACKAGED = frozenset(_PLAIN_NAMES.split()), frozenset(_PACKAGED_NAMES.split())
#: Modules that give other names on other platforms.
_VARYING = frozenset(
    {"errno", "locale", "os", "select", "signal", "socket", "stat", "subprocess", "sys", "time"}
)


def harmless(part: Imported) -> bool:
    """Whether it makes no difference when something is imported: its module is a known one of the standard library."""
    return not part.level and part.name != "*" and (part.module in _PLAIN or part.module in _PACKAGED)


def plain(part: Imported) -> bool:
    """Whether it makes no difference whether something is imported at all, the name that it binds apart."""
    return not part.level and part.module in _PLAIN and not (part.name and part.module in _VARYING)


class Uses:
    """Which imported names of a module are used.

    Attributes:
        declared: whether the module says in ``__all__`` what it gives to others.
    """

    def __init__(self, module: Module) -> None:
        self._module = module
        self._root = module.structure.inner[module.tree]
        self._words: frozenset[str] | None = None
        self.declared = "__all__" in self._root.bindings
        self.known = self._can_be_known()

    def unused(self, part: Imported) -> bool:
        """Whether nothing uses what an import binds; False where that cannot be known, and for what is meant for others."""
        name = part.bound
        if not self.known or part.name == "*" or (part.module == "__future__" and not part.level):
            return False
        if part.alias and part.alias == (part.name or part.module):
            return False
        bindings = self._root.bindings.get(name, ())
        if self._root.uses.get(name) or any(
            binding.kind != "import" or self._module.scope(binding.owner) is not self._root
            for binding in bindings
        ):
            return False
        return name not in self._written()

    def _can_be_known(self) -> bool:
        path = PurePath(self._module.path)
        if path.name in ("__init__.py", "conftest.py") or path.suffix == ".pyi" or self._module.imports.star:
            return False
        if _INSIGHT & self._root.uses.keys() or self._root.uses.get("__all__"):
            return False
        if any(_WHOLE_FILE.search(self._module.source[a:b]) for a, b in self._comments()):
            return False
        return all(
            isinstance(binding.owner, (ast.Assign, ast.AnnAssign, ast.AugAssign))
            and _listed(binding.owner.value)
            for binding in self._root.bindings.get("__all__", ())
        )

    def _comments(self) -> list[tuple[int, int]]:
        module = self._module
        if not re.search(r"#\s*(type|flake8|ruff|pylint)\s*:", module.source):
            return []  # to find all comments takes longer than all the rest
        return module.comments

    def _written(self) -> frozenset[str]:
        """The words of texts, of type comments and of doctests."""
        if self._words is None:
            words: set[str] = set()
            for node in self._module.structure.nodes.get(ast.Constant, ()):
                value = node.value  # type: ignore[attr-defined]
                if not isinstance(value, str):
                    continue
                if isinstance(self._module.parent(node), ast.Expr):
                    value = "\n".join(_DOCTEST.findall(value))
                words.update(_WORD.findall(value))
            for start, end in self._comments():
                for said in _TYPE.findall(self._module.source[start:end]):
                    words.update(_WORD.findall(said))
            self._words = frozenset(words)
        return self._words


def _listed(value: ast.expr | None) -> bool:
    """Whether a value is a plain list of texts."""
    return isinstance(value, (ast.List, ast.Tuple)) and all(
        isinstance(part, ast.Constant) and isinstance(part.value, str) for part in value.elts
    )


def without(entries: list[Entry], gone: set[Imported]) -> list[Entry]:
    """Entries without what nothing uses and without duplicates; those with comments stay whole."""
    seen = {part for entry in entries if entry.commented for part in entry.parts}
    kept = []
    for entry in entries:
        if entry.commented:
            kept.append(entry)
            continue
        parts = tuple(dict.fromkeys(part for part in entry.parts if part not in gone and part not in seen))
        seen.update(parts)
        if parts:
            kept.append(entry.having(parts))
    return kept
