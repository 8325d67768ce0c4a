"""Imports that a piece of code lacks: which statement brings a name, and where it belongs."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass

from tree_sitter import Node

from burnish_analysis.syntax import SyntaxTree

__all__ = ["Insertion", "insertion_of", "standard_import"]

#: Modules of the standard library that are commonly imported by their name.
_MODULES = (
    "abc argparse ast asyncio base64 bisect collections contextlib copy csv ctypes dataclasses datetime decimal enum "
    "fnmatch functools gc glob gzip hashlib heapq hmac importlib inspect io itertools json logging math mimetypes "
    "multiprocessing operator os pathlib pickle platform pprint queue random re secrets shlex shutil signal socket sqlite3 "
    "ssl stat statistics string struct subprocess sys tempfile textwrap threading time timeit traceback types typing "
    "unicodedata unittest urllib uuid warnings weakref zipfile zlib"
)
_NAMES = {
    "abc": "ABC abstractmethod",
    "collections": "Counter OrderedDict defaultdict deque namedtuple",
    "collections.abc": "AsyncIterator Awaitable Callable Collection Generator Hashable Iterable Iterator Mapping "
    "MutableMapping MutableSequence Sequence",
    "contextlib": "AsyncExitStack ExitStack asynccontextmanager closing contextmanager nullcontext suppress",
    "dataclasses": "asdict astuple dataclass field fields",
    "datetime": "timedelta timezone",
    "decimal": "Decimal",
    "enum": "Enum IntEnum IntFlag StrEnum",
    "fractions": "Fraction",
    "functools": "cache cached_property lru_cache partial singledispatch total_ordering wraps",
    "itertools": "accumulate chain combinations groupby islice pairwise permutations product starmap takewhile zip_longest",
    "operator": "attrgetter itemgetter methodcaller",
    "pathlib": "Path PurePath PurePosixPath",
    "textwrap": "dedent indent",
    "types": "MappingProxyType ModuleType SimpleNamespace TracebackType",
    "typing": "Annotated Any ClassVar Final Generic Literal NamedTuple NewType NoReturn Optional ParamSpec Protocol Self "
    "TYPE_CHECKING TypeAlias TypeVar TypedDict Union cast overload",
    "unittest.mock": "AsyncMock MagicMock Mock",
    "urllib.parse": "parse_qs quote unquote urlencode urljoin urlparse urlsplit",
    "uuid": "UUID uuid4",
}
_IMPORTABLE = frozenset(_MODULES.split())
_FROM = {name: module for module, names in _NAMES.items() for name in names.split()}
_IMPORT = re.compile(r"(?P<from>from\s+(?P<source>[\w.]+)\s+)?import\s+(?P<rest>.+)", re.DOTALL)


def standard_import(name: str, *, as_module: bool) -> str | None:
    """The import statement that brings ``name`` from the standard library, where only one would be meant.

    Args:
        name: the name that is missing.
        as_module: it is used as modules are, with an attribute.
    """
    if as_module and name in _IMPORTABLE and name in sys.stdlib_module_names:
        return f"import {name}"
    module = _FROM.get(name)
    return None if module is None else f"from {module} import {name}"


@dataclass(frozen=True, slots=True)
class Insertion:
    """``text`` to insert at the character ``offset``, in the file's line ends."""

    offset: int
    text: str


def insertion_of(tree: SyntaxTree, statement: str, newline: str = "\n") -> Insertion | None:
    """Where ``statement`` belongs in a file; None where it is there already.

    In the block of imports at the top: after the last one of the same section that sorts before it. Without imports: below
    the module's docstring and comments.
    """
    head, imports = _top(tree.root)
    texts = [(node.text or b"").decode("utf-8", "replace") for node in imports]
    if any(_brings(text, statement) for text in texts):
        return None
    if not imports:
        offset = tree.char_offset(head.end_byte) if head is not None else _after_bom(tree.text)
        return Insertion(offset, _alone(tree.text, offset, statement, newline, below=head is not None))
    place: Node | None = None
    for node, text in zip(imports, texts, strict=True):
        if text.startswith("from __future__") or _order(text) < _order(statement):
            place = node
    if place is None:
        return Insertion(tree.char_offset(imports[0].start_byte), statement + newline)
    extra = newline if (place.text or b"").startswith(b"from __future__") else ""
    return Insertion(tree.char_offset(place.end_byte), newline + extra + statement)


def _top(root: Node) -> tuple[Node | None, list[Node]]:
    """The last of the comments and the docstring at the top, and the import statements that follow."""
    head: Node | None = None
    imports: list[Node] = []
    for node in root.children:
        if node.type in ("import_statement", "import_from_statement", "future_import_statement"):
            imports.append(node)
        elif node.type == "comment":
            head = head if imports else node
        elif node.type == "expression_statement" and not imports and node.named_children[0].type == "string":
            head = node
        else:
            break
    return head, imports


def _order(statement: str) -> tuple[bool, bool, str]:
    """Standard library first, ``import`` before ``from``, then by name."""
    match = _IMPORT.match(statement)
    if match is None:
        return True, True, statement
    module = match["source"] or match["rest"].split(",")[0].split()[0]
    return module.split(".")[0] not in sys.stdlib_module_names, match["from"] is not None, module


def _brings(present: str, statement: str) -> bool:
    """Whether an import statement already binds what ``statement`` would."""
    here, new = _IMPORT.match(present), _IMPORT.match(statement)
    if here is None or new is None or here["source"] != new["source"]:
        return False
    names = {" ".join(part.split()) for part in here["rest"].strip("() \t\r\n").split(",")}
    return " ".join(new["rest"].split()) in names


def _after_bom(text: str) -> int:
    return 1 if text.startswith("\ufeff") else 0


def _alone(text: str, offset: int, statement: str, newline: str, *, below: bool) -> str:
    """The statement as the file's first import, with blank lines around it."""
    if below:
        return newline + newline + statement + ("" if text[offset:].startswith(newline * 2) else newline)
    return statement + newline + ("" if text[offset:].startswith(newline) else newline)
