"""Files that are never recorded: those that hold secrets by their name, and those that the user excluded.

A pattern is a glob as in ``.gitignore``: without a slash it matches the name of a file or of any folder above it; with one
it matches the path below the workspace folder; ``**`` spans folders. Case does not count.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path, PurePosixPath

from burnish_telemetry.events import Place

__all__ = ["SECRET_FILES", "check_glob", "excluded_by", "location_of", "matching_glob", "within"]

#: Names of files and folders that hold secrets.
SECRET_FILES: tuple[str, ...] = (
    *(".env", ".env.*", "*.env", ".envrc", ".netrc", "_netrc", ".pgpass", "pgpass.conf", ".pypirc", ".npmrc"),
    *("*.pem", "*.key", "*.p12", "*.pfx", "*.p8", "*.jks", "*.keystore", "*.kdbx", "*.ppk", "*.asc", "*.gpg"),
    *(
        "id_rsa*",
        "id_dsa*",
        "id_ecdsa*",
        "id_ed25519*",
        ".ssh",
        ".gnupg",
        ".aws",
        ".azure",
        ".gcloud",
        ".kube",
    ),
    *(
        ".htpasswd",
        ".git-credentials",
        ".vault-token",
        ".docker",
        "*.tfvars",
        "*.tfstate",
        "terraform.tfstate.*",
    ),
    *("credentials", "credentials.*", "*credentials*.json", "*credentials*.y*ml", "client_secret*.json"),
    *(
        "secret",
        "secrets",
        "secret.*",
        "secrets.*",
        "*.secret",
        "*.secrets",
        "service[-_]account*.json",
        "vault.y*ml",
    ),
    *("local_settings.py", "token.json", "token.pickle", "passwords.*", "password.*", "*.password"),
)

#: A workspace below one of these is one of keys.
_KEY_FOLDERS = {".ssh", ".gnupg", ".aws", ".azure", ".gcloud", ".kube", ".docker"}


def location_of(folder: str, path: str) -> str:
    """The absolute place of a file with forward slashes, as far as it is known; equal for equal files."""
    joined = os.path.normpath(Path(folder) / path) if folder else os.path.normpath(path)
    text = os.path.normcase(joined).replace("\\", "/")
    # A file name may hold bytes that are no text; the database stores text only.
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def within(location: str, folder: str) -> bool:
    """Whether a location lies in a folder (or is it); both as :func:`location_of` gives them."""
    return location == folder or location.startswith(folder.rstrip("/") + "/")


def excluded_by(place: Place, folders: Iterable[str], globs: Iterable[str]) -> str | None:
    """Why a file is not recorded: ``secret-file``, ``excluded-folder``, ``excluded-glob``; ``None`` when it may be."""
    location, root, below = _places(place.folder, place.path)
    if any(_matches(pattern, below) for pattern in SECRET_FILES) or _KEY_FOLDERS & set(root.split("/")):
        return "secret-file"
    excluded = [location_of("", str(Path(folder).expanduser())) for folder in folders]
    if any(within(location, folder) for folder in excluded):
        return "excluded-folder"
    if excluded and any(within(_real(location), _real(folder)) for folder in excluded):
        return "excluded-folder"
    return None if matching_glob(globs, place.folder, place.path) is None else "excluded-glob"


def matching_glob(globs: Iterable[str], folder: str, path: str) -> str | None:
    """The first pattern that a file matches, by its path below the workspace folder or by its whole path.

    Args:
        globs: patterns that :func:`check_glob` has found good.
        folder: the workspace folder, absolute; empty where the file is in none.
        path: the file, absolute or below the folder.
    """
    location, _, below = _places(folder, path)
    whole = location.lstrip("/")
    return next((glob for glob in globs if _matches(glob, below) or _matches(glob, whole)), None)


def check_glob(pattern: str) -> str:
    """The pattern itself.

    Raises:
        ValueError: it is empty or would match nothing.
    """
    if not pattern.strip().strip("/"):
        raise ValueError("a pattern must not be empty")
    try:
        _compiled(pattern)
    except re.error as error:
        raise ValueError(f"{pattern!r} is not a pattern: {error}") from error
    return pattern


def _places(folder: str, path: str) -> tuple[str, str, str]:
    """A file's location, its workspace folder's, and its path below that folder; its own path where it is not below."""
    location = location_of(folder, path)
    root = location_of(folder, ".") if folder else ""
    if root and within(location, root):
        return location, root, location[len(root.rstrip("/")) + 1 :]
    return location, root, location_of("", path)


def _real(location: str) -> str:
    """With links followed, so that an excluded folder is excluded under every name."""
    try:
        return location_of("", os.path.realpath(location))
    except (OSError, ValueError):
        return location


def _matches(pattern: str, path: str) -> bool:
    compiled, whole = _compiled(pattern)
    parts = PurePosixPath(path).parts
    if whole:
        return any(compiled.fullmatch("/".join(parts[:end])) for end in range(1, len(parts) + 1))
    return any(compiled.fullmatch(part) for part in parts)


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> tuple[re.Pattern[str], bool]:
    """The pattern as an expression, and whether it speaks of a whole path."""
    pattern = pattern.strip().replace("\\", "/").rstrip("/")
    whole = "/" in pattern
    return re.compile(_expression(pattern.lstrip("/")), re.IGNORECASE | re.DOTALL), whole


def _expression(pattern: str) -> str:
    out, at = [], 0
    while at < len(pattern):
        if pattern.startswith("**/", at):
            out.append("(?:[^/]+/)*")
            at += 3
        elif pattern.startswith("**", at):
            out.append(".*")
            at += 2
        elif pattern[at] == "[" and (end := pattern.find("]", at + 2)) > 0:
            inside = pattern[at + 1 : end].replace("\\", r"\\").replace("[", r"\[")
            out.append(f"[{'^' + inside[1:] if inside[0] == '!' else inside}]")
            at = end + 1
        else:
            out.append({"*": "[^/]*", "?": "[^/]"}.get(pattern[at], re.escape(pattern[at])))
            at += 1
    return "".join(out)
