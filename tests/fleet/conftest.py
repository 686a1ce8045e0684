"""A fleet's database of a test's own, in the server that all tests share, and its key."""

import secrets
from collections.abc import Iterator
from urllib.parse import urlsplit

import psycopg
import pytest

from fleet.database import Connection, connected, migrate
from fleet.vault import Vault, new_key


@pytest.fixture
def empty_url(database: str) -> Iterator[str]:
    """The address of a database with nothing in it."""
    name = f"fleet_{secrets.token_hex(4)}"
    with psycopg.connect(database, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
        yield urlsplit(database)._replace(path=f"/{name}").geturl()
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def fleet(empty_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of a fleet without tenants; address and key are in the environment."""
    migrate(empty_url)
    monkeypatch.setenv("OPTIPLY_FLEET_URL", empty_url)
    monkeypatch.setenv("OPTIPLY_FLEET_KEY", new_key())
    return empty_url


@pytest.fixture
def vault(fleet: str) -> Vault:
    return Vault.of_environment()


@pytest.fixture
def db(fleet: str) -> Iterator[Connection]:
    """A connection that commits each statement."""
    with connected(fleet) as connection:
        connection.autocommit = True
        yield connection
