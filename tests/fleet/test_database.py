"""The fleet's database: the password of its address, and connections whose machine may vanish."""

import asyncio
import os
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from fleet.database import connected, fleet_address, is_at, password_aside, without_password
from fleet.engine import engine
from fleet.tenants import store_url
from fleet.vault import Vault
from fleet.web.reading import reading_pool
from fleet.worker import Worker
from store.dial import dial
from store.place import Place

SETTINGS = ("tcp_keepalives_count", "tcp_keepalives_idle", "tcp_keepalives_interval", "tcp_user_timeout")
# Over a socket the server shows no values; but it tells what was set in this session.
SET_HERE = "SELECT name FROM pg_settings WHERE name LIKE 'tcp\\_%' AND source = 'session' ORDER BY name"


def test_a_vanished_machine_is_noticed_on_each_kind_of_connection(fleet: str, vault: Vault):
    with connected(fleet) as connection:
        assert [row["name"] for row in connection.execute(SET_HERE)] == list(SETTINGS)
    for pool in (Worker(fleet, vault).pool, reading_pool(fleet)):
        with pool, pool.connection() as connection:
            assert [row["name"] for row in connection.execute(SET_HERE)] == list(SETTINGS)
    with closing(dial(Place.of(Path(), store_url(fleet, "acme")), "optiply")) as plain:
        assert [name for (name,) in plain.execute(SET_HERE)] == list(SETTINGS)


def test_a_vanished_machine_is_noticed_on_the_connections_of_the_queue(fleet: str, vault: Vault):
    async def ask() -> list[dict[str, Any]]:
        async with engine(fleet, Worker(fleet, vault), 2).open_async() as app:
            return await app.connector.execute_query_all_async(SET_HERE.replace("%", "%%"))

    assert [row["name"] for row in asyncio.run(ask())] == list(SETTINGS)


def test_a_vanished_database_is_noticed_on_each_kind_of_connection(fleet: str, vault: Vault):
    def waits(connection: psycopg.Connection[Any]) -> dict[str, str]:
        found = connection.info.get_parameters()
        return {name: value for name, value in found.items() if name.startswith(("keepalives", "tcp_user"))}

    url = fleet_address()
    keepalives = {"keepalives_idle": "15", "keepalives_interval": "5", "keepalives_count": "3"}
    expected = {**keepalives, "tcp_user_timeout": "60000"}
    with connected(url) as connection:
        assert waits(connection) == expected
    for pool in (Worker(url, vault).pool, reading_pool(url)):
        with pool, pool.connection() as connection:
            assert waits(connection) == expected
    for address in (fleet, url):
        with closing(dial(Place.of(Path(), store_url(address, "acme")), "optiply")) as plain:
            assert waits(plain) == expected


def test_a_database_is_known_by_host_port_and_name_whoever_asks(fleet: str, monkeypatch: pytest.MonkeyPatch):
    host = conninfo_to_dict(fleet)["host"]
    with connected(fleet.replace("host=", "host=/nowhere,")) as connection:
        alike = (fleet, fleet.replace("tests@", "other:pw@"), f"{fleet}&port=5432", f"{fleet},/elsewhere&port=5432,9")
        assert all(is_at(connection, url) for url in alike)
        others = (f"{fleet}2", f"{fleet}&port=9", f"{fleet},/there&port=9,5432", fleet.replace("/fleet_", "/other_"))
        assert not any(is_at(connection, url) for url in others)
        without_host = fleet.partition("?")[0]
        assert not is_at(connection, without_host)
        monkeypatch.setenv("PGHOST", str(host))
        assert is_at(connection, without_host)


def test_what_an_address_says_of_a_vanished_database_itself_counts():
    address = "postgresql://db/optiply?keepalives_idle=60&tcp_user_timeout=0"
    assert fleet_address(address) == f"{address}&keepalives_interval=5&keepalives_count=3"


@pytest.mark.parametrize(
    ("url", "bare"),
    [
        ("postgresql://fleet:p%40ss%2Fw@db:5433/optiply?sslmode=require", "fleet@db:5433/optiply?sslmode=require"),
        ("postgresql://db/optiply?user=fleet&password=p%40ss/w&options=-c%20a", "db/optiply?user=fleet&options=-c%20a"),
        ("postgresql://fleet:other@db/optiply?password=p@ss%2Fw", "fleet@db/optiply"),
        ("postgresql://:p%40ss%2Fw@/optiply", "@/optiply"),
    ],
)
def test_the_password_of_an_address_is_set_aside_as_libpq_reads_it(
    url: str, bare: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("PGPASSWORD", "of-this-shell")
    assert conninfo_to_dict(url)["password"] == "p@ss/w"
    assert without_password(url) == (f"postgresql://{bare}", "p@ss/w")
    with password_aside(url) as address:
        assert os.environ["PGPASSWORD"] == "p@ss/w"
        assert address == f"postgresql://{bare}"
    assert os.environ["PGPASSWORD"] == "of-this-shell"


def test_an_address_without_a_password_stays_as_it_is(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("PGPASSWORD", raising=False)
    url = "postgresql://fleet@db/optiply?options=-c+x"
    assert without_password(url) == (url, None)
    with password_aside(url) as address:
        assert address == url
        assert "PGPASSWORD" not in os.environ
