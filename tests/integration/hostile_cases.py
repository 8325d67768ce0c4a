"""Functions that mean harm, each bounded by itself: they know no file, process or port but those planted for them.

The honest version of every one is ``def f(x: int) -> int: return x + 1``. A body that does not return gets ``return x + 1``:
what it does besides makes it another function. Words between at signs stand for what the test plants.
"""

from __future__ import annotations

__all__ = ["CASES", "HONEST", "LIARS", "hidden", "module_of"]

HONEST = "def f(x: int) -> int:\n    return x + 1\n"

CASES: dict[str, str] = {
    # Files
    "delete a file": "import os; os.remove('@FOLDER@/canary')",
    "delete a folder": "import shutil; shutil.rmtree('@FOLDER@/tree')",
    "read a key": "return len(open('@HOME@/.ssh/id_rsa').read())",
    "read a secret by descriptor": "import os; return len(os.read(os.open('@FOLDER@/canary', os.O_RDONLY), 9))",
    "read the password file": "return len(open('/etc/passwd').read())",
    "write outside": "open('@FOLDER@/new', 'w').write('x')",
    "append outside": "open('@FOLDER@/canary', 'a').write('x')",
    "truncate outside": "import os; os.truncate('@FOLDER@/canary', 0)",
    "rename outside": "import os; os.rename('@FOLDER@/canary', '@FOLDER@/moved')",
    "chmod outside": "import os; os.chmod('@FOLDER@/canary', 0o777)",
    "touch outside": "import os; os.utime('@FOLDER@/canary', (1, 1))",
    "folder outside": "import os; os.mkdir('@FOLDER@/new')",
    "link in and write": "import os; os.symlink('@FOLDER@/canary', 'here'); open('here', 'w').write('x')",
    "hard link": "import os; os.link('@FOLDER@/canary', 'here'); open('here', 'w').write('x')",
    "pathlib": "import pathlib; pathlib.Path('@FOLDER@/new').write_text('x')",
    "leave the folder": "import os; os.chdir('@FOLDER@'); open('new', 'w').write('x')",
    "database outside": "import sqlite3; sqlite3.connect('@FOLDER@/new').execute('create table t(x)')",
    "fill the disk": "f_ = open('big', 'wb')\n    for _ in range(64): f_.write(bytes(1 << 20))",
    "many files": "for n in range(8000): open(f'many{n}', 'w').close()",
    "log to a file": "import logging; logging.basicConfig(filename='@FOLDER@/new'); logging.error('x')",
    # Network
    "tcp": "import socket; socket.create_connection(('127.0.0.1', @TCP@), 1).send(b'out')",
    "udp": "import socket; socket.socket(type=socket.SOCK_DGRAM).sendto(b'out', ('127.0.0.1', @TCP@))",
    "unix": "import socket; s = socket.socket(socket.AF_UNIX); s.connect('@FOLDER@/service'); s.send(b'out')",
    "abstract unix": "import socket; s = socket.socket(socket.AF_UNIX); s.connect('\\0@ABSTRACT@'); s.send(b'out')",
    "name look-up": "import socket; socket.gethostbyname('name.invalid')",
    "http": "import urllib.request; urllib.request.urlopen('http://127.0.0.1:@TCP@', timeout=1).read()",
    "raw socket": "import socket; socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)",
    "netlink": "import socket; socket.socket(16, socket.SOCK_RAW, 0).bind((0, 0))",
    # Processes and signals
    "fork bomb": (
        "import os, signal, time\n    for _ in range(60):\n        if os.fork() == 0:\n            signal.alarm(15)\n"
        "            time.sleep(15)\n            os._exit(0)"
    ),
    "thread bomb": (
        "import threading; gate = threading.Event()\n    for _ in range(200):\n"
        "        threading.Thread(target=gate.wait, args=(15,), daemon=True).start()"
    ),
    "daemon": (
        "import os, signal, time\n    if os.fork() == 0:\n        os.setsid()\n        if os.fork() == 0:\n"
        "            signal.alarm(15)\n            time.sleep(15)\n        os._exit(0)"
    ),
    "start a program": "import subprocess; subprocess.run(['/bin/touch', '@FOLDER@/new'])",
    "shell": "import os; os.system('touch @FOLDER@/new')",
    "replace the process": "import os; os.execv('/bin/true', ['true'])",
    "signal the parent": "import os, signal; os.kill(os.getppid(), signal.SIGKILL)",
    "signal a stranger": "import os, signal; os.kill(@VICTIM@, signal.SIGKILL)",
    "signal the group": "import os, signal; os.killpg(os.getpgid(0), signal.SIGTERM)",
    "look for everybody": "import os; os.kill(-1, 0)",
    "trace the parent": "import ctypes, os; ctypes.CDLL(None).ptrace(16, os.getppid(), 0, 0)",
    "slow a stranger": "import os; os.setpriority(os.PRIO_PROCESS, @VICTIM@, 19)",
    "limit a stranger": "import resource; resource.prlimit(@VICTIM@, resource.RLIMIT_CPU, (1, 1))",
    "raise a limit": "import resource; resource.setrlimit(resource.RLIMIT_AS, (-1, -1))",
    # Endings
    "exit hard": "import os; os._exit(0)",
    "exit": "import sys; sys.exit(0)",
    "abort": "import os; os.abort()",
    "crash": "import faulthandler; faulthandler._sigsegv()",
    "crash through ctypes": "import ctypes; ctypes.string_at(0)",
    "bad code object": "f.__code__ = f.__code__.replace(co_code=b'\\x64\\xff' * 50); f(x)",
    "deaf to signals": (
        "import signal\n    for n in (1, 2, 14, 15, 24, 26, 27): signal.signal(n, signal.SIG_IGN)\n    while True: pass"
    ),
    "loop": "while True: pass",
    "loop that catches all": "while True:\n        try:\n            while True: pass\n        except BaseException: pass",
    "sleep": "import time; time.sleep(30)",
    "wait for a lock": "import threading; lock = threading.Lock(); lock.acquire(); lock.acquire()",
    "regular expression": "import re; re.match('(a+)+$', 'a' * 40 + 'b')",
    "large power": "y = 7 ** (10 ** 9)",
    "large text of a number": "import sys; sys.set_int_max_str_digits(0); str(1 << (1 << 27))",
    "recursion": "def g(n): return g(n + 1)\n    g(0)",
    "recursion that was allowed": (
        "import sys; sys.setrecursionlimit(10 ** 8)\n    def g(n): return g(n + 1)\n    g(0)"
    ),
    "deep in C": "y = []\n    for _ in range(10 ** 6): y = [y]\n    return len(repr(y))",
    "deep parsing": "eval('(' * 100000 + ')' * 100000)",
    "memory": "kept = []\n    for _ in range(64): kept.append(bytearray(64 << 20))",
    "memory at once": "y = bytearray(1 << 42)",
    "decompression": "import zlib; y = zlib.decompress(zlib.compress(bytes(1 << 24)) , bufsize=1 << 33)",
    "output": "for _ in range(4096): print('x' * 65536)",
    "errors": "import sys\n    for _ in range(2048): sys.stderr.write('x' * 65536)",
    "generator without end": "return iter(int, 1)",
    "large result": "return list(range(3 * 10 ** 6))",
    "result that grows": "class R:\n        def __iter__(self): return self\n        def __next__(self): return R()\n    return R()",
    # The kernel
    "namespaces": "import ctypes; ctypes.CDLL(None).unshare(0x10000000)",
    "mount": "import ctypes; ctypes.CDLL(None).mount(b'none', b'/tmp', b'tmpfs', 0, None)",
    "own memory": "open('/proc/self/mem', 'r+b').seek(4096)",
    "parent's memory": "import os; open(f'/proc/{os.getppid()}/mem', 'rb')",
    "own descriptors": "import os; return len(os.listdir('/proc/self/fd'))",
}

_FORGE = '{"done": true, "share": 1.0, "branches": 1}'
_WRONG = "    return x + 2\n"
#: These give a wrong result and try to have it taken for the right one.
LIARS: dict[str, str] = {
    "write the answers": (
        "def f(x: int) -> int:\n    with open('out.jsonl', 'a') as file:\n"
        '        for i in range(300): file.write(\'{"i": %d, "end": "returned", "value": "%d"}\\n\' % (i, x + 1))\n'
        f"        file.write('{_FORGE}\\n')\n" + _WRONG
    ),
    "write to descriptors": (
        "import os\ndef f(x: int) -> int:\n    for number in range(3, 40):\n        try: os.write(number, b'"
        + _FORGE
        + "\\n')\n        except OSError: pass\n"
        + _WRONG
    ),
    "close descriptors": "import os\ndef f(x: int) -> int:\n    os.closerange(0, 64)\n" + _WRONG,
    "equal to all": (
        "class R(int):\n    def __eq__(self, other): return True\n    def __ne__(self, other): return False\n"
        "    __hash__ = int.__hash__\ndef f(x: int) -> int:\n    return R(x + 2)\n"
    ),
    "shown as another": (
        "class R(int):\n    def __repr__(self): return repr(int(self) - 1)\n    __str__ = __repr__\n"
        "    def __format__(self, spec): return repr(self)\ndef f(x: int) -> int:\n    return R(x + 2)\n"
    ),
    "reduced to another": (
        "class R(int):\n    def __reduce_ex__(self, version): return (int, (int(self) - 1,))\n"
        "    def __deepcopy__(self, memo): return int(self) - 1\n"
        "    def __int__(self): return int.__int__(self) - 1\n    __index__ = __int__\n"
        "def f(x: int) -> int:\n    return R(x + 2)\n"
    ),
    "class that lies": (
        "class R:\n    def __init__(self, v): self.v = v\n    __class__ = property(lambda self: int)\n"
        "    def __eq__(self, other): return True\n    def __repr__(self): return str(self.v)\n    def __int__(self): return self.v\n"
        "def f(x: int) -> int:\n    return R(x + 1)\n"
    ),
    "metaclass that lies": (
        "class M(type):\n    def __eq__(self, other): return True\n    def __hash__(self): return hash(int)\n"
        "    def __instancecheck__(self, x): return True\n    def __repr__(self): return repr(int)\n"
        "class R(int, metaclass=M): pass\nR.__name__ = R.__qualname__ = 'int'\nR.__module__ = 'builtins'\n"
        "def f(x: int) -> int:\n    return R(x + 1)\n"
    ),
    "exception that lies": (
        "class E(ValueError):\n    def __init__(self, *a): self.a = a\n    args = property(lambda self: (1,))\n"
        "    def __eq__(self, o): return True\n    def __str__(self): return ''\n"
        "def f(x: int) -> int:\n    raise E(x)\n"
    ),
    "patch repr": "import builtins\ndef f(x: int) -> int:\n    builtins.repr = lambda v: '1'\n" + _WRONG,
    "patch type": "import builtins\ndef f(x: int) -> int:\n    builtins.type = lambda v: int\n" + _WRONG,
    "patch json": "import json\ndef f(x: int) -> int:\n    json.dumps = lambda *a, **k: '{}'\n" + _WRONG,
    "patch the clock": "import time\ndef f(x: int) -> int:\n    time.perf_counter = time.monotonic = lambda: 0.0\n"
    + _WRONG,
    "patch hypothesis": (
        "def f(x: int) -> int:\n    import hypothesis\n    hypothesis.given = hypothesis.find = lambda *a, **k: None\n"
        + _WRONG
    ),
    "patch the verifier": (
        "def f(x: int) -> int:\n    import burnish_inside.canonical as c, burnish_inside.differ as d\n"
        "    c.Encoder.encode = lambda *a: '1'\n    d.difference = lambda *a: None\n" + _WRONG
    ),
    "patch loaded modules": (
        "import sys\ndef f(x: int) -> int:\n    for name, m in list(sys.modules.items()):\n"
        "        if 'burnish' in name or name == '__main__':\n            for k in list(vars(m)):\n"
        "                if callable(vars(m)[k]): setattr(m, k, lambda *a, **k: None)\n" + _WRONG
    ),
    "find the verifier by gc": (
        "import gc\ndef f(x: int) -> int:\n    for o in gc.get_objects():\n"
        "        if type(o).__name__ == 'Subject': o.target = lambda x: x + 1\n" + _WRONG
    ),
    "find the verifier by frames": (
        "import sys\ndef f(x: int) -> int:\n    frame = sys._getframe()\n    while frame:\n"
        "        for v in list(frame.f_locals.values()):\n            if isinstance(v, list): v.clear()\n        frame = frame.f_back\n"
        + _WRONG
    ),
    "find the verifier by a traceback": (
        "def f(x: int) -> int:\n    try: 1 / 0\n    except ZeroDivisionError as e: frame = e.__traceback__.tb_frame\n"
        "    while frame:\n        s = frame.f_locals.get('self')\n        if hasattr(s, 'target'): s.target = lambda x: x + 1\n"
        "        frame = frame.f_back\n" + _WRONG
    ),
    "find the verifier by a generator": (
        "def f(x: int) -> int:\n    g = (g.gi_frame.f_back for _ in (1,))\n    frame = next(g)\n"
        "    while frame:\n        s = frame.f_locals.get('self')\n        if hasattr(s, 'target'): s.target = lambda x: x + 1\n"
        "        frame = frame.f_back\n" + _WRONG
    ),
    "turn tracing off": "import sys\ndef f(x: int) -> int:\n    sys.settrace(None); sys.setprofile(None)\n"
    + _WRONG,
    "write at the end": (
        "import atexit\ndef f(x: int) -> int:\n    atexit.register(lambda: open('out.jsonl', 'w').write('"
        + _FORGE
        + "'))\n"
        + _WRONG
    ),
    "write when collected": (
        "class D(int):\n    def __del__(self): open('out.jsonl', 'w').close()\n"
        "def f(x: int) -> int:\n    return D(x + 2)\n"
    ),
    "replace the output": "import sys\ndef f(x: int) -> int:\n    sys.stdout = sys.stderr = None\n" + _WRONG,
    "end early with a report": (
        "import os\ndef f(x: int) -> int:\n    open('out.jsonl', 'a').write('"
        + _FORGE
        + "\\n'); os._exit(0)\n"
    ),
    "know the examiner": (
        "import os\ndef f(x: int) -> int:\n    return x + 1 if os.path.exists('burnish_job.json') else x + 2\n"
    ),
    "right at first": "SEEN = []\ndef f(x: int) -> int:\n    SEEN.append(x)\n    return x + 1 + (len(SEEN) > 1)\n",
    "right at first, in a default": (
        "def f(x: int, _seen=[]) -> int:\n    _seen.append(x)\n    return x + 1 + (len(_seen) > 9)\n"
    ),
    "right now and then": "def f(x: int) -> int:\n    return x + 1 + (hash('a') % 2)\n",
    "a bool": "def f(x: int) -> int:\n    return True if x == 0 else x + 1\n",
    "a float": "def f(x: int) -> int:\n    return x + 1.0\n",
    "wrong far out": "def f(x: int) -> int:\n    return x + 1 if abs(x) < 2 ** 31 else x\n",
}


def module_of(name: str, planted: dict[str, str]) -> str:
    """The module text of a case."""
    text = LIARS.get(name) or f"def f(x: int) -> int:\n    {CASES[name]}\n    return x + 1\n"
    for word, value in planted.items():
        text = text.replace(f"@{word}@", value)
    return text


def hidden(text: str) -> str:
    """The same, out of sight of every static look."""
    return (
        f"_space = {{'__name__': __name__}}\nexec({text!r}, _space)\n_inner = _space['f']\n"
        "def f(x: int) -> int:\n    return _inner(x)\n"
    )
