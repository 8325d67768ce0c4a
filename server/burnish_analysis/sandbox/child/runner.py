"""The program's own process: reads the program, runs it as ``__main__`` and says how it ended.

Only the text of :data:`RUNNER` runs there, in whatever interpreter the program wants (3.8 or later). Its two arguments,
where given, name files to use instead of the descriptors.
"""

from __future__ import annotations

__all__ = ["RUNNER", "SCRIPT_AT", "VERDICT_AT"]

#: Descriptors of the program's process.
SCRIPT_AT, VERDICT_AT = 3, 4

RUNNER = """
import os, sys


def flush():
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BaseException:
            pass


def line_of(error, name):
    line, trace = 0, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == name:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


def describe(error):
    try:
        return str(error)[:2000]
    except BaseException:
        return ""


def main():
    script, verdict = 3, 4
    if len(sys.argv) > 2:
        script, verdict = sys.argv[1], os.open(sys.argv[2], os.O_WRONLY | getattr(os, "O_BINARY", 0))
    with open(script, "rb") as file:
        nonce, name, paths, sites = eval(file.readline())
        source = file.read()
    os.set_inheritable(verdict, False)
    sys.path[:1] = [os.getcwd()] + paths
    sys.argv[:] = [name]
    if sites:
        import site

        for folder in sites:
            site.addsitedir(folder)
    module = type(sys)("__main__")
    module.__file__ = name
    sys.modules["__main__"] = module
    write, leave, show = os.write, os._exit, sys.__excepthook__

    def end(status, kind, line=0, error="", message=""):
        flush()
        write(verdict, "\\n".join([nonce, kind, str(line), error, ascii(message)]).encode("ascii", "replace"))
        leave(status)

    compiled = False
    try:
        code = compile(source, name, "exec", dont_inherit=True)
        compiled = True
        exec(code, module.__dict__)
    except MemoryError as error:
        end(1, "memory", line_of(error, name), "MemoryError", describe(error))
    except BaseException as error:
        kind, line = type(error).__name__, line_of(error, name)
        if not compiled:
            line = getattr(error, "lineno", 0) or 0
        try:
            error.__traceback__ = error.__traceback__ and error.__traceback__.tb_next
            show(type(error), error, error.__traceback__)
        except BaseException:
            pass
        end(1, "raised" if compiled else "invalid", line, kind, describe(error))
    end(0, "done")


main()
"""
