"""Typing in an editor, Burnish against llama.cpp's own server: the same keys, model file and threads, in one run.

    python benchmarks/typing.py [--project PACKAGE] [--minutes N] [--repeats N] [--shape 0.5B] [--json]

What is measured and how stands in ``typing_trace/__init__.py``. This file bears the name of a module of the standard
library, so the folder it lies in must not come first where Python looks for modules.
"""

import os
import sys

_HERE = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120 - pathlib would import the module shadowed here
_OTHERS = [entry for entry in sys.path if os.path.abspath(entry or ".") != _HERE]  # noqa: PTH100

if __name__ == "__main__":
    sys.path[:] = [*_OTHERS, _HERE]
    from typing_trace.cli import main

    main()
elif __name__ == "typing":
    # A script beside this one said ``import typing``: give it the standard library's.
    _kept = list(sys.path)
    sys.path[:] = _OTHERS
    del sys.modules[__name__]
    __import__(__name__)
    sys.path[:] = _kept
