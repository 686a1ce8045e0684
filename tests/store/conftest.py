"""Each test of the store runs twice: over a file, and over a schema of a PostgreSQL database."""

import hashlib
from pathlib import Path

import pytest

from store.place import Place, Where


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Tests that are about files run over files alone."""
    if "kept" in metafunc.fixturenames:
        about_files = metafunc.definition.get_closest_marker("files") is not None
        metafunc.parametrize("kept", ["file"] if about_files else ["file", "database"], indirect=True)


@pytest.fixture(autouse=True)
def kept(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A snapshot folder's stores are kept in it, or in a schema of their own."""
    if request.param == "file":
        return
    url = request.getfixturevalue("database")

    def place_of(where: Where) -> Place:
        directory = where.directory if isinstance(where, Place) else where
        name = hashlib.blake2b(str(directory.absolute()).encode(), digest_size=8).hexdigest()
        return Place.of(Path(directory), f"{url}&schema=t{name}")

    for module in ("store.snapshot", "store.lock"):
        monkeypatch.setattr(f"{module}.place_of", place_of)
