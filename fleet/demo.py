"""`make fleet-demo`: database, three workers, sandboxes, twenty tenants of all systems and the page, until Ctrl-C.

Everything is on this machine and of its own: nothing is kept, and nothing is left running.
"""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType

import click

from connector.errors import ProgramError
from connector.names import LEASH_VARIABLE
from connector.words import counted
from fleet.database import URL_VARIABLE, connected, migrate
from fleet.engine import enqueue
from fleet.runs import WELL
from fleet.tenants import add
from fleet.vault import KEY_VARIABLE, Vault, new_key
from fleet.web import look
from job.demo import demo_folder
from job.output import screen, table
from job.systems import SYSTEMS
from sandbox.accounts import Accounts
from sandbox.postgres import postgres
from sandbox.server.state import SandboxError

TENANTS, WORKERS, PRODUCTS, ORDERS = 20, 3, 12, 6
LOOK_SECONDS = 1.0


@click.command()
@click.option("--tenants", default=TENANTS, show_default=True, type=click.IntRange(1, 200), help="How many there are.")
@click.option("--once", is_flag=True, help="End when every tenant has run, instead of waiting for Ctrl-C.")
def demo(tenants: int, once: bool) -> None:
    """Show a fleet at work on this machine; Ctrl-C ends all of it."""
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        with ExitStack() as stack:
            code = _show(stack, tenants, once=once)
    except (SandboxError, ProgramError) as error:
        click.echo(f"fleet demo: {error}", err=True)
        code = 1
    except KeyboardInterrupt:
        click.echo("Stopped; nothing is left running.")
        code = 0
    sys.exit(code)


def _show(stack: ExitStack, count: int, *, once: bool) -> int:
    place = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="fleet-demo-")))
    # Each reads an account of its own, as tenants do: EasyEcom takes one login a minute for each of its locations.
    accounts = Accounts(count, list(SYSTEMS), products=PRODUCTS, orders=ORDERS, shops=count)
    stack.enter_context(accounts)
    url = stack.enter_context(postgres())
    environment = {**os.environ, URL_VARIABLE: url, KEY_VARIABLE: new_key(), "TMPDIR": str(place),
                   LEASH_VARIABLE: str(os.getpid())}  # fmt: skip
    names = _take_in(url, Vault(environment[KEY_VARIABLE]), accounts, place)
    click.echo(f"{counted(len(names), 'tenant')} of {', '.join(system.title for system in SYSTEMS.values())}.")
    for number in range(WORKERS):
        log = place / f"worker-{number + 1}.log"
        stack.enter_context(_program(["worker", "--slots", "2", "--grace", "0"], environment, log))
    page = place / "web.log"
    stack.enter_context(_program(["web", "--port", "0"], environment, page))
    green = _watched(url, len(names))
    click.echo(f"The page: {_address(page)}")
    if not once:
        click.echo("Ctrl-C ends everything.")
        while True:
            time.sleep(LOOK_SECONDS)
    return 0 if green else 1


def _take_in(url: str, vault: Vault, accounts: Accounts, place: Path) -> list[str]:
    """Tenants of each system by turns; each is run at once."""
    migrate(url)
    names = []
    with connected(url) as db:
        for number in range(accounts.count):
            system = list(SYSTEMS.values())[number % len(SYSTEMS)]
            name = f"{system.name}_{number + 1:02}"
            addresses = accounts.addresses_of(system.name, number)
            add(db, vault, name, demo_folder(place / name, system, addresses))
            enqueue(db, name)
            names.append(name)
    return names


def _watched(url: str, count: int) -> bool:
    """Tells how far it is until every tenant has run; whether all of them ran well."""
    told = -1
    while True:
        with connected(url) as db:
            found = look.tenants(db)
        ended = [tenant for tenant in found if tenant.verdict != look.NEVER]
        if len(ended) != told:
            told = len(ended)
            click.echo(f"{told} of {counted(count, 'tenant')} have run.")
        if told == count:
            break
        time.sleep(LOOK_SECONDS)
    console = screen()
    console.print(table(("tenant", "ended", "what it said"), [_row(tenant) for tenant in found]))
    return all(tenant.verdict == WELL for tenant in found)


def _row(tenant: look.Tenant) -> list[object]:
    return [tenant.name, tenant.verdict, tenant.headline or ""]


@contextmanager
def _program(arguments: list[str], environment: dict[str, str], log: Path) -> Iterator[None]:
    """One of the fleet's programs, until the block ends."""
    with log.open("wb") as file:
        program = subprocess.Popen(
            [sys.executable, "-m", "fleet", *arguments], env=environment, stdin=subprocess.DEVNULL, stdout=file,
            stderr=file, start_new_session=True,
        )  # fmt: skip
    try:
        yield
    finally:
        program.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            program.wait(60)
        program.kill()
        program.wait()


def _address(log: Path) -> str:
    """Where the page is, by what its program printed."""
    while "http://" not in (text := log.read_text(encoding="utf-8", errors="replace")):
        time.sleep(LOOK_SECONDS / 10)
    return "http://" + text.split("http://", 1)[1].split()[0]


def _interrupt(signum: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    demo()
