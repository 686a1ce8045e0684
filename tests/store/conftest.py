"""Each test of the store runs twice: over a file, and over a schema of a PostgreSQL database."""

import hashlib
from pathlib import Path

import pytest

from store.place import Place, Where


@pytest.fixture(autouse=True, params=["file", "database"])
def kept(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A snapshot folder's stores are kept in it, or in a schema of their own."""
    if request.param == "file":
        return
    if request.node.get_closest_marker("files"):
        pytest.skip("about files")
    url = request.getfixturevalue("database")

    def place_of(where: Where) -> Place:
        directory = where.directory if isinstance(where, Place) else where
        name = hashlib.blake2b(str(directory.absolute()).encode(), digest_size=8).hexdigest()
        return Place.of(Path(directory), f"{url}&schema=t{name}")

    for module in ("store.snapshot", "store.lock"):
        monkeypatch.setattr(f"{module}.place_of", place_of)
