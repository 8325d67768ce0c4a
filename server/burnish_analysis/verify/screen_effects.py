"""Which names reach outside of a function, in words: the table of the static screen."""

from __future__ import annotations

__all__ = ["ALLOWED", "BUILTINS", "EFFECTS", "FILE_METHODS", "INNER", "SEEDED"]

_FILES = "works with files"
_PROCESSES = "starts or steers processes"
_NETWORK = "uses the network"
_THREADS = "uses threads"
_CLOCK = "reads the clock"
_CHANCE = "draws random numbers"
_LOOP = "needs an event loop"
_DATABASE = "uses a database"
_ESCAPE = "reaches below Python"
_FRAMES = "looks at frames or at the interpreter's objects"
_ENVIRONMENT = "depends on the environment"
_LOG = "writes to a log"
_SIGNALS = "uses signals"

#: Builtins that reach outside, unless the module gives the name another meaning.
BUILTINS = {
    "open": _FILES,
    "input": "reads standard input",
    "breakpoint": "stops in the debugger",
}
#: Dotted names; one stands for everything below it, the longest that fits decides.
EFFECTS = {
    "os": _FILES,
    "os.environ": _ENVIRONMENT,
    "os.getenv": _ENVIRONMENT,
    "os.putenv": _ENVIRONMENT,
    "os.system": _PROCESSES,
    "os.popen": _PROCESSES,
    "os.fork": _PROCESSES,
    "os.kill": _SIGNALS,
    "os.killpg": _SIGNALS,
    "os._exit": "ends its process",
    "os.abort": "ends its process",
    "os.urandom": _CHANCE,
    "os.getpid": _ENVIRONMENT,
    "os.getcwd": _ENVIRONMENT,
    "os.cpu_count": _ENVIRONMENT,
    "io.open": _FILES,
    "io.FileIO": _FILES,
    "io.open_code": _FILES,
    "codecs.open": _FILES,
    "gzip.open": _FILES,
    "bz2.open": _FILES,
    "lzma.open": _FILES,
    "zipfile": _FILES,
    "tarfile": _FILES,
    "shutil": _FILES,
    "tempfile": _FILES,
    "glob": _FILES,
    "fileinput": _FILES,
    "linecache": _FILES,
    "mmap": _FILES,
    "shelve": _FILES,
    "dbm": _FILES,
    "sqlite3": _DATABASE,
    "psycopg2": _DATABASE,
    "psycopg": _DATABASE,
    "pymysql": _DATABASE,
    "pymongo": _DATABASE,
    "redis": _DATABASE,
    "subprocess": _PROCESSES,
    "multiprocessing": _PROCESSES,
    "pty": _PROCESSES,
    "concurrent.futures": _THREADS,
    "threading": _THREADS,
    "_thread": _THREADS,
    "queue": _THREADS,
    "sched": _CLOCK,
    "asyncio": _LOOP,
    "trio": _LOOP,
    "anyio": _LOOP,
    "socket": _NETWORK,
    "socketserver": _NETWORK,
    "selectors": _NETWORK,
    "select": _NETWORK,
    "ssl": _NETWORK,
    "http.client": _NETWORK,
    "http.server": _NETWORK,
    "urllib.request": _NETWORK,
    "ftplib": _NETWORK,
    "smtplib": _NETWORK,
    "imaplib": _NETWORK,
    "poplib": _NETWORK,
    "xmlrpc": _NETWORK,
    "requests": _NETWORK,
    "httpx": _NETWORK,
    "aiohttp": _NETWORK,
    "urllib3": _NETWORK,
    "boto3": _NETWORK,
    "paramiko": _NETWORK,
    "webbrowser": _NETWORK,
    "getpass": "reads standard input",
    "platform": _ENVIRONMENT,
    "locale.setlocale": _ENVIRONMENT,
    "ctypes": _ESCAPE,
    "cffi": _ESCAPE,
    "faulthandler": _ESCAPE,
    "resource": _ESCAPE,
    "fcntl": _ESCAPE,
    "termios": _ESCAPE,
    "pwd": _ENVIRONMENT,
    "gc": _FRAMES,
    "inspect.stack": _FRAMES,
    "inspect.currentframe": _FRAMES,
    "inspect.trace": _FRAMES,
    "tracemalloc": _FRAMES,
    "sys._getframe": _FRAMES,
    "sys._current_frames": _FRAMES,
    "sys.settrace": _FRAMES,
    "sys.setprofile": _FRAMES,
    "sys.monitoring": _FRAMES,
    "sys.addaudithook": _FRAMES,
    "sys.modules": "changes or looks at loaded modules",
    "sys.stdin": "reads standard input",
    "sys.__stdin__": "reads standard input",
    "sys.__stdout__": "writes past standard output",
    "sys.__stderr__": "writes past standard output",
    "sys.argv": _ENVIRONMENT,
    "sys.setrecursionlimit": "changes the interpreter's limits",
    "sys.setswitchinterval": "changes the interpreter's limits",
    "signal": _SIGNALS,
    "atexit": "registers what runs at the end of the process",
    "logging": _LOG,
    "warnings.simplefilter": "changes the warning filters",
    "warnings.filterwarnings": "changes the warning filters",
    "syslog": _LOG,
    "structlog": _LOG,
    "loguru": _LOG,
    "time": _CLOCK,
    "timeit": _CLOCK,
    "cProfile": _CLOCK,
    "datetime.datetime.now": _CLOCK,
    "datetime.datetime.utcnow": _CLOCK,
    "datetime.datetime.today": _CLOCK,
    "datetime.date.today": _CLOCK,
    "pandas.Timestamp.now": _CLOCK,
    "pandas.Timestamp.today": _CLOCK,
    "pandas.read_csv": _FILES,
    "pandas.read_parquet": _FILES,
    "pandas.read_json": _FILES,
    "pandas.read_excel": _FILES,
    "pandas.read_sql": _DATABASE,
    "numpy.load": _FILES,
    "numpy.loadtxt": _FILES,
    "numpy.save": _FILES,
    "numpy.savetxt": _FILES,
    "numpy.fromfile": _FILES,
    "numpy.random": _CHANCE,
    "random": _CHANCE,
    "secrets": _CHANCE,
    "uuid.uuid1": _CHANCE,
    "uuid.uuid4": _CHANCE,
    "uuid.getnode": _ENVIRONMENT,
}
#: Exceptions to the above.
ALLOWED = frozenset(
    {
        "os.path.join", "os.path.basename", "os.path.dirname", "os.path.splitext", "os.path.split", "os.path.normpath",
        "os.path.isabs", "os.path.commonprefix", "os.path.commonpath", "os.path.sep", "os.path.normcase", "os.fspath",
        "os.path.splitdrive", "os.sep", "os.linesep", "os.altsep", "os.extsep", "os.pathsep", "os.curdir", "os.pardir",
        "os.PathLike", "os.name", "os.fsencode", "os.fsdecode",
        "threading.Lock", "threading.RLock", "threading.local",
        "logging.getLogger", "logging.Logger", "logging.NullHandler",
        *(f"logging.{name}" for name in ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL", "NOTSET")),
        "time.struct_time", "time.strptime",
        "random.Random", "numpy.random.default_rng", "numpy.random.RandomState", "numpy.random.Generator",
        "queue.Empty", "queue.Full", "asyncio.CancelledError", "asyncio.TimeoutError",
        "multiprocessing.cpu_count", "socket.error", "socket.timeout", "requests.exceptions",
        "zipfile.BadZipFile", "sqlite3.Error", "subprocess.CalledProcessError", "shutil.Error", "ssl.SSLError",
    }
)  # fmt: skip
#: Generators that are repeatable once they are given a seed.
SEEDED = frozenset({"random.Random", "numpy.random.default_rng", "numpy.random.RandomState"})
#: Attributes that lead to the interpreter's own objects, and from there to anything.
INNER = frozenset(
    {
        "__subclasses__", "__globals__", "__builtins__", "__code__", "__closure__", "__loader__", "__spec__", "f_back", "f_globals",
        "f_locals", "f_builtins", "tb_frame", "gi_frame", "gi_code", "cr_frame", "cr_code", "ag_frame", "__import__",
    }
)  # fmt: skip
#: Methods of paths, connections and loggers that reach outside, where a module that has such objects is imported.
FILE_METHODS = {
    "pathlib": (
        _FILES,
        frozenset(
            {
                "read_text", "read_bytes", "write_text", "write_bytes", "open", "exists", "is_file", "is_dir", "mkdir", "unlink",
                "rmdir", "rename", "touch", "glob", "rglob", "iterdir", "stat", "lstat", "chmod", "symlink_to", "hardlink_to",
                "resolve", "absolute", "expanduser", "cwd", "home", "readlink", "samefile", "is_symlink", "owner", "walk",
            }
        ),
    ),
    "logging": (
        _LOG, frozenset({"debug", "info", "warning", "warn", "error", "critical", "exception", "log", "addHandler"}),
    ),
}  # fmt: skip
