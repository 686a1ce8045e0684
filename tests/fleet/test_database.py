"""Every connection of a fleet lets the server notice that its machine is gone."""

import asyncio
from contextlib import closing
from pathlib import Path
from typing import Any

from fleet.database import connected
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
