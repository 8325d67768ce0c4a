"""What is known of Python's own types and functions."""

from __future__ import annotations

__all__ = [
    "ANNOTATIONS",
    "CALLS",
    "DEFAULTING",
    "ELEMENTS",
    "HASHABLE",
    "IMMUTABLE",
    "METHODS",
    "MUTATORS",
    "PURE_CALLS",
    "PURE_METHODS",
    "TOTAL_CALLS",
    "TOTAL_TEXT_METHODS",
    "UNHASHABLE",
]

#: Types whose values are hashable, with an equality that agrees with the hash.
HASHABLE = frozenset({"str", "bytes", "int", "float", "complex", "bool", "NoneType", "frozenset", "range", "datetime.date",
                      "datetime.datetime",
                      "datetime.timedelta", "decimal.Decimal", "fractions.Fraction", "pathlib.Path", "uuid.UUID"})  # fmt: skip
UNHASHABLE = frozenset({"list", "dict", "set", "bytearray", "collections.deque", "collections.Counter", "collections.defaultdict",
                        "collections.OrderedDict", "numpy.ndarray", "pandas.DataFrame", "pandas.Series"})  # fmt: skip
#: Types whose values cannot change.
IMMUTABLE = HASHABLE | {"tuple", "function", "re.Pattern"}
#: What iterating over them gives.
ELEMENTS = {"str": "str", "bytes": "int", "range": "int"}

_PLAIN = (
    "list",
    "dict",
    "set",
    "frozenset",
    "tuple",
    "str",
    "bytes",
    "bytearray",
    "int",
    "float",
    "complex",
    "bool",
    "range",
)
#: What a name in an annotation means; protocols such as ``Sequence`` say too little.
ANNOTATIONS = {
    **{f"builtins.{name}": name for name in _PLAIN},
    **{f"typing.{name}": name.lower() for name in ("List", "Dict", "Set", "Tuple")},
    "typing.FrozenSet": "frozenset",
    "typing.Deque": "collections.deque",
    "typing.DefaultDict": "collections.defaultdict",
    "typing.Counter": "collections.Counter",
    "typing.OrderedDict": "collections.OrderedDict",
    "numpy.typing.NDArray": "numpy.ndarray",
    **{name: name for name in ("collections.deque", "collections.Counter", "collections.defaultdict", "collections.OrderedDict",
                               "numpy.ndarray", "pandas.DataFrame", "pandas.Series", "decimal.Decimal", "fractions.Fraction",
                               "datetime.date", "datetime.datetime", "datetime.timedelta", "pathlib.Path", "uuid.UUID", "re.Pattern")},
}  # fmt: skip

#: What calls of known functions give.
CALLS = {
    **{f"builtins.{name}": name for name in _PLAIN},
    **{f"builtins.{name}": "str" for name in ("repr", "ascii", "chr", "hex", "oct", "bin", "format", "input")},
    **{f"builtins.{name}": "int" for name in ("len", "ord", "hash", "id")},
    **{f"builtins.{name}": "bool" for name in ("any", "all", "isinstance", "issubclass", "callable", "hasattr")},
    **{f"builtins.{name}": "iterator" for name in ("map", "filter", "zip", "enumerate", "reversed", "iter")},
    "builtins.sorted": "list", "builtins.dir": "list", "builtins.open": "file",
    **{f"builtins.{name}": "" for name in ("abs", "sum", "min", "max", "round")},
    "collections.deque": "collections.deque", "collections.Counter": "collections.Counter",
    "collections.defaultdict": "collections.defaultdict", "collections.OrderedDict": "collections.OrderedDict",
    "re.compile": "re.Pattern", "os.listdir": "list", "os.getcwd": "str", "pathlib.Path": "pathlib.Path",
    "json.dumps": "str", "math.sqrt": "float", "math.floor": "int",
    "math.ceil": "int", "math.isqrt": "int", "math.log": "float", "math.sin": "float", "math.cos": "float", "math.exp": "float",
    **{f"numpy.{name}": "numpy.ndarray" for name in ("array", "zeros", "ones", "empty", "arange", "linspace", "full",
        "append", "concatenate",
                                                     "asarray", "vstack", "hstack", "zeros_like", "ones_like", "empty_like",
                                                     "full_like", "logspace", "eye",
                                                     "identity", "loadtxt", "fromiter", "column_stack", "cumsum", "diff",
                                                     "sort", "argsort")},
    **{f"pandas.{name}": "pandas.DataFrame" for name in ("DataFrame", "read_csv", "read_parquet", "read_excel", "read_json", "merge")},
    "pandas.Series": "pandas.Series",
}  # fmt: skip

_TEXT = {
    **dict.fromkeys(("capitalize", "casefold", "center", "expandtabs", "format", "join", "ljust", "lower", "lstrip", "removeprefix",
                     "removesuffix", "replace", "rjust", "rstrip", "strip", "swapcase", "title", "translate", "upper", "zfill"), "self"),
    **dict.fromkeys(("count", "find", "index", "rfind", "rindex"), "int"),
    **dict.fromkeys(("endswith", "startswith", "isalnum", "isalpha", "isascii", "isdigit", "islower", "isspace", "istitle", "isupper",
                     "isdecimal", "isidentifier", "isnumeric", "isprintable"), "bool"),
}  # fmt: skip
#: What methods of known types give; ``self``: the same type, ``element``, ``keys`` …: from what it holds. A file holds lines, and a
#: pattern "holds" what it is a pattern of.
METHODS: dict[str, dict[str, str]] = {
    "str": {**_TEXT, "encode": "bytes", "split": "list[str]", "rsplit": "list[str]", "splitlines": "list[str]", "partition": "tuple[str]",
            "rpartition": "tuple[str]"},
    "bytes": {**_TEXT, "decode": "str", "hex": "str"},
    "list": {"copy": "self", "pop": "element", "count": "int", "index": "int"},
    "tuple": {"count": "int", "index": "int"},
    "set": {"copy": "self", "pop": "element", "union": "set", "intersection": "set", "difference": "set", "symmetric_difference": "set"},
    "dict": {"copy": "self", "keys": "keys", "values": "values", "items": "items", "pop": "value"},
    "collections.deque": {"pop": "element", "popleft": "element", "copy": "self"},
    "file": {"read": "element", "readline": "element", "readlines": "list[element]"},
    "int": {"bit_count": "int", "bit_length": "int"},
    "re.Pattern": {"sub": "element"},
    "pandas.Series": {"to_numpy": "numpy.ndarray"},
    "numpy.ndarray": {"copy": "self"},
}  # fmt: skip

#: Methods that change the object they are called on.
MUTATORS = frozenset({
    "append", "appendleft", "extend", "extendleft", "insert", "remove", "pop", "popleft", "popitem", "clear", "sort", "reverse", "rotate",
    "add", "discard", "update", "setdefault", "intersection_update", "difference_update", "symmetric_difference_update", "subtract",
    "move_to_end", "__setitem__", "__delitem__", "write", "writelines", "seek", "read", "readline", "readlines", "send", "throw", "close",
    "__next__", "fill", "put", "resize", "itemset", "setflags", "partition", "drop", "rename", "setattr",
})  # fmt: skip

#: The type of which reading an item that is not there puts it in.
DEFAULTING = "collections.defaultdict"

#: Functions that only read their arguments and give the same for the same, if those are of built-in types.
PURE_CALLS = frozenset(
    f"builtins.{name}" for name in (
        "abs", "all", "any", "ascii", "bin", "bool", "bytes", "callable", "chr", "complex", "dict", "divmod", "enumerate",
        "float", "format",
        "frozenset", "hash", "hex", "int", "isinstance", "issubclass", "len", "list", "max", "min", "oct", "ord", "pow", "range", "repr",
        "reversed", "round", "set", "slice", "sorted", "str", "sum", "tuple", "type", "zip",
    )
) | frozenset(
    f"math.{name}" for name in ("sqrt", "isqrt", "floor", "ceil", "log", "log2", "log10", "sin", "cos", "tan", "exp", "hypot", "gcd", "pow",
                                "fabs", "atan2", "prod", "fsum", "factorial", "comb")
) | frozenset({
    "collections.Counter", "collections.deque", "collections.OrderedDict", "copy.copy", "copy.deepcopy", "re.compile",
    "re.escape", "re.sub",
    "re.match", "re.search", "re.fullmatch", "re.findall", "re.split", "json.loads", "json.dumps", "datetime.datetime.strptime",
    "datetime.timedelta", "datetime.date", "datetime.datetime", "operator.itemgetter", "operator.attrgetter", "heapq.nsmallest",
    "bisect.bisect", "bisect.bisect_left", "bisect.bisect_right", "itertools.accumulate",
    "heapq.nlargest", "os.path.join", "os.path.basename", "os.path.dirname", "os.path.splitext", "itertools.chain", "statistics.mean",
    "decimal.Decimal", "fractions.Fraction", "string.capwords", "textwrap.dedent",
})  # fmt: skip

#: Calls of these cannot raise for arguments of the built-in types that make sense (of a container for ``len``, ``sorted`` apart).
TOTAL_CALLS = frozenset({"builtins.len", "builtins.list", "builtins.tuple", "builtins.str", "builtins.repr",
                         "builtins.bool", "builtins.range",
                         "builtins.isinstance", "builtins.enumerate", "builtins.zip", "builtins.dict"})  # fmt: skip

#: Methods of ``str`` that cannot raise when they are given nothing.
TOTAL_TEXT_METHODS = frozenset({"capitalize", "casefold", "isalnum", "isalpha", "isascii", "isdecimal", "isdigit",
                                "isidentifier", "islower",
                                "isnumeric", "isprintable", "isspace", "istitle", "isupper", "lower", "lstrip", "rstrip",
                                "split", "splitlines",
                                "strip", "swapcase", "title", "upper"})  # fmt: skip

#: Methods that change nothing, of the types where that is known.
PURE_METHODS: dict[str, frozenset[str]] = {
    "str": frozenset(METHODS["str"]) | {"format_map", "maketrans"},
    "bytes": frozenset(METHODS["bytes"]) | {"split", "rsplit", "splitlines", "partition", "rpartition"},
    "list": frozenset({"copy", "count", "index"}),
    "tuple": frozenset({"count", "index"}),
    "range": frozenset({"count", "index"}),
    "set": frozenset({"copy", "union", "intersection", "difference", "symmetric_difference", "issubset", "issuperset", "isdisjoint"}),
    "frozenset": frozenset({"copy", "union", "intersection", "difference", "symmetric_difference", "issubset", "issuperset",
                            "isdisjoint"}),
    "dict": frozenset({"copy", "get", "items", "keys", "values"}),
    "collections.Counter": frozenset({"copy", "get", "items", "keys", "values", "most_common", "total", "elements"}),
    "collections.defaultdict": frozenset({"copy", "get", "items", "keys", "values"}),
    "collections.deque": frozenset({"copy", "count", "index"}),
    "re.Pattern": frozenset({"match", "search", "fullmatch", "findall", "finditer", "sub", "subn", "split"}),
    "int": frozenset({"bit_count", "bit_length", "to_bytes", "conjugate"}),
    "float": frozenset({"is_integer", "hex", "as_integer_ratio"}),
    "datetime.datetime": frozenset({"isoformat", "strftime", "date", "time", "timestamp", "replace"}),
    "datetime.date": frozenset({"isoformat", "strftime", "replace", "weekday"}),
}  # fmt: skip
