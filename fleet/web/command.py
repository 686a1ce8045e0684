"""`optiply-fleet web`: the page of the fleet, until SIGTERM or Ctrl-C."""

import logging
import os
import time

import click

from connector.server import serve
from fleet.database import connected, fleet_address
from fleet.errors import FleetError
from fleet.rooms import sweep
from fleet.tenants import names


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="The port; without it a free one is taken.")
@click.option("--token-env", metavar="NAME", help="The environment variable that holds the token which people and "
              "programs must show. Needed beyond this machine.")  # fmt: skip
def web(host: str, port: int, token_env: str | None) -> None:
    """Show the fleet as a page: all tenants, their runs, why something is so; run now, full read, pause.

    /healthz says whether the database answers, a worker is alive and what is due is queued, /metrics is for Prometheus.

    \b
    Example: FLEET_TOKEN=… optiply-fleet web --host 0.0.0.0 --port 8080 --token-env FLEET_TOKEN
    """
    # No other command needs the server's library.
    from fleet.web.guard import Guard
    from fleet.web.server import application

    # Taken out, so that no program which is started has it.
    token = os.environ.pop(token_env, None) if token_env else None
    if token_env and not token:
        raise FleetError(f"The environment variable {token_env} is empty; put the token there.")
    guard, url = Guard(token, host, time.time), fleet_address()
    with connected(url) as db:
        names(db)  # an absent or foreign database is said before anything listens
    sweep()  # what the explanations of a page that was killed have left
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    shown = f"[{host}]" if ":" in host else host

    def started(taken: int) -> None:
        click.echo(f"The fleet's page: http://{shown}:{taken}/")

    serve(application(url, guard), host, port, started, "optiply-fleet.web.http")
