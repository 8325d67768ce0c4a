"""An abort flag for evaluations inside llama.cpp."""

from __future__ import annotations

import ctypes
import ctypes.util

import llama_cpp.llama_cpp as lib

__all__ = ["NativeAbortFlag"]


class NativeAbortFlag:
    """An abort flag that llama.cpp reads without entering Python.

    llama.cpp calls ``bool callback(void *data)`` between graph nodes. A Python callback would need the interpreter lock
    hundreds of times a token; ``strlen`` of the C library has the same shape: it is 0 (false) while the first byte
    is NUL and 1 (true) once it is not. The other bytes stay NUL.
    """

    def __init__(self) -> None:
        self.reason = ""
        self._bytes = ctypes.create_string_buffer(16)
        libc = ctypes.CDLL(ctypes.util.find_library("c") or None)
        self.callback = ctypes.cast(libc.strlen, lib.ggml_abort_callback)
        self.address = ctypes.cast(self._bytes, ctypes.c_void_p)

    def set(self, reason: str) -> None:
        """Stop the running evaluation; the first reason wins."""
        if not self._bytes[0] or self._bytes[0] == b"\x00":
            self.reason = reason
        self._bytes[0] = b"\x01"

    def clear(self) -> None:
        """Ready for the next request."""
        self._bytes[0] = b"\x00"
        self.reason = ""
