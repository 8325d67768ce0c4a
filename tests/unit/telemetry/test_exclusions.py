from __future__ import annotations

from pathlib import Path

import pytest

from burnish_telemetry.events import Place
from burnish_telemetry.exclusions import check_glob, excluded_by, matching_glob


def why(
    path: str, *, folder: str = "/home/ada/shop", folders: tuple[str, ...] = (), globs: tuple[str, ...] = ()
) -> str | None:
    return excluded_by(Place(folder, path), folders, globs)


@pytest.mark.parametrize(
    "path",
    [
        *(
            ".env",
            ".env.local",
            "prod.env",
            "deploy/.ENV",
            "certs/server.pem",
            "a/b/tls.key",
            "id_rsa",
            "id_ed25519.pub",
        ),
        *(
            "credentials",
            "aws/credentials",
            "credentials.json",
            "gcp-credentials-prod.json",
            ".aws/config",
            ".netrc",
        ),
        *(
            "secrets.py",
            "secrets/db.py",
            "config/secrets.yaml",
            ".pypirc",
            "infra/main.tfstate",
            "local_settings.py",
        ),
        *(".ssh/config", "service-account.json", "store.p12", "vault.yml"),
    ],
)
def test_secret_files_are_never_recorded(path: str) -> None:
    assert why(path) == "secret-file"
    assert why(f"/home/ada/shop/{path}") == "secret-file"
    assert why(path.replace("/", "\\") if "/" not in path else path) == "secret-file"


@pytest.mark.parametrize(
    "path",
    [
        "shop/prices.py",
        "environment.py",
        "keys.py",
        "pem.py",
        "monkey.py",
        "tests/test_env.py",
        "secretary.py",
    ],
)
def test_ordinary_files_are(path: str) -> None:
    assert why(path) is None


def test_a_workspace_of_keys_is_not_recorded() -> None:
    assert why("config", folder="/home/ada/.ssh") == "secret-file"
    # The name of a project says nothing by itself.
    assert why("app.py", folder="/home/ada/secrets") is None


def test_excluded_folders(tmp_path: Path) -> None:
    assert why("a.py", folders=("/home/ada",)) == "excluded-folder"
    assert why("a.py", folders=("/home/ada/shop/",)) == "excluded-folder"
    assert why("a.py", folders=("/home/ada/sh",)) is None
    assert why("../other/a.py", folders=("/home/ada/other",)) == "excluded-folder"
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    through_link = excluded_by(Place(str(tmp_path / "link"), "a.py"), (str(tmp_path / "real"),), ())
    assert through_link == "excluded-folder"
    assert (
        excluded_by(Place(str(tmp_path / "real"), "a.py"), (str(tmp_path / "link"),), ()) == "excluded-folder"
    )


@pytest.mark.parametrize(
    ("glob", "path", "excluded"),
    [
        ("*_pb2.py", "api/v1/shop_pb2.py", True),
        ("migrations", "shop/migrations/0001.py", True),
        ("migrations/", "shop/migrations/0001.py", True),
        ("shop/gen/**", "shop/gen/a/b.py", True),
        ("/shop/gen/*.py", "shop/gen/a.py", True),
        ("shop/*.py", "shop/gen/a.py", False),
        ("**/gen/*.py", "shop/gen/a.py", True),
        ("**/gen/*.py", "gen/a.py", True),
        ("test_?.py", "test_a.py", True),
        ("test_[ab].py", "test_c.py", False),
        ("test_[!ab].py", "test_c.py", True),
        ("a.b", "axb", False),
        ("PRICES.py", "shop/prices.py", True),
    ],
)
def test_globs(glob: str, path: str, excluded: bool) -> None:
    assert (why(path, globs=(glob,)) == "excluded-glob") is excluded


@pytest.mark.parametrize("glob", ["", "  ", "/", "[z-a]"])
def test_bad_globs_are_refused(glob: str) -> None:
    with pytest.raises(ValueError, match="pattern"):
        check_glob(glob)


def test_odd_names_do_no_harm() -> None:
    assert why("a\udcff.py") is None
    assert why("") is None
    assert excluded_by(Place("", "untitled:1"), ("/x",), ("y",)) is None


def test_the_first_pattern_that_matches_is_named() -> None:
    globs = ("x.py", "src/**", "*.py")
    assert matching_glob(globs, "/home/ada/shop", "/home/ada/shop/src/a.py") == "src/**"
    assert matching_glob(globs, "/home/ada/shop", "lib/a.py") == "*.py"
    assert matching_glob(globs, "/home/ada/shop", "lib/a.txt") is None
