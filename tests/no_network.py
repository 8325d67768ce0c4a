"""Refuses the network in a process of a test."""

from __future__ import annotations

__all__ = ["REFUSE"]

#: Python code for the beginning of a program: every use of a socket fails, and ``network`` holds the names of what was tried.
REFUSE = """
import sys

network = []

def refuse(event, arguments):
    # urllib3, which detect-secrets' plugins import, binds a local port to see whether there is IPv6; nothing is sent.
    local = event == "socket.bind" and arguments[1][:2] == ("::1", 0)
    if event.startswith("socket.") and event not in ("socket.__new__", "socket.gethostname") and not local:
        network.append(event)
        raise PermissionError("no network: " + event)

sys.addaudithook(refuse)
"""
