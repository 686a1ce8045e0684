"""Where the stores of a campaign lie, in files or a database: how they are lost, come back older, or are cut off."""

from __future__ import annotations

import hashlib
import shutil
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from store.move import copy_stores
from store.place import Place

_OTHERS = "FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"


class Stores:
    """In the snapshot folder of each scenario's folder, as ever."""

    trouble: tuple[str, ...] = ()
    """What can happen to them during a run, beside the kills."""

    def settings(self, folder: Path) -> dict[str, Any]:
        """What the target is told of it, before a run."""
        return {}

    def exists(self, folder: Path) -> bool:
        """Whether there are any."""
        return (folder / "snapshots").exists()

    def lose(self, folder: Path) -> None:
        """They are gone."""
        shutil.rmtree(folder / "snapshots", ignore_errors=True)

    def copy(self, folder: Path, older: Path) -> None:
        """Keeps a copy."""
        shutil.copytree(folder / "snapshots", older)

    def bring_back(self, folder: Path, older: Path) -> None:
        """The copy takes their place."""
        self.lose(folder)
        shutil.copytree(older, folder / "snapshots")

    def disturb(self) -> None:
        """Brings the trouble about."""


class Database(Stores):
    """In a schema of a database for each folder."""

    trouble = ("connections closed",)

    def __init__(self, url: str) -> None:
        """`url` names no schema."""
        self._url = url

    def settings(self, folder: Path) -> dict[str, Any]:
        """See Stores. The server has noticed by then that an earlier run was killed."""
        with closing(self._connection()) as connection:
            while connection.execute(f"SELECT 1 {_OTHERS}").fetchone():
                time.sleep(0.005)
        return {"snapshot_url": self._place(folder).environment["SNAPSHOT_URL"]}

    def lose(self, folder: Path) -> None:
        """See Stores."""
        super().lose(folder)
        place = self._place(folder)
        with closing(self._connection()) as connection:
            connection.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(place.schema)))

    def copy(self, folder: Path, older: Path) -> None:
        """See Stores."""
        copy_stores(self._place(folder), Place(older))

    def bring_back(self, folder: Path, older: Path) -> None:
        """See Stores."""
        self.lose(folder)
        copy_stores(Place(older), self._place(folder))

    def disturb(self) -> None:
        """Closes every connection, whatever it is doing."""
        with closing(self._connection()) as connection:
            connection.execute(f"SELECT pg_terminate_backend(pid) {_OTHERS}")

    def _connection(self) -> psycopg.Connection[Any]:
        return psycopg.connect(self._url, autocommit=True)

    def _place(self, folder: Path) -> Place:
        name = hashlib.blake2b(str(folder).encode(), digest_size=8).hexdigest()
        return Place.of(folder / "snapshots", f"{self._url}&schema=t{name}")
