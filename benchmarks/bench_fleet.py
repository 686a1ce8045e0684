"""Measures a fleet: many tenants of a small shop and some workers, for some minutes; workers may be killed meanwhile.

Each tenant writes into an Optiply account of its own. Printed are the runs, those of a tenant that overlapped, tenants
that were due and forgotten, what the fleet adds to a run, and the backlog by the minute; at the end every account of a
tenant that ran well is compared with one that a single undisturbed run has filled.
`python benchmarks/bench_fleet.py --tenants 20 --spread 0 --minutes 3 --kill` is a quick run.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from fleet.database import Connection, connected, migrate
from fleet.folders import gather
from fleet.tenants import add
from fleet.vault import Vault, new_key
from job.demo import demo_folder
from job.folder import JobFolder, read_json_object, write_json
from job.systems import SYSTEMS
from sandbox.accounts import Accounts
from sandbox.optiply.resources import SERVER_OWNED
from sandbox.optiply.store import OptiplyStore
from sandbox.postgres import postgres

SYSTEM = "magento"
WANTED_MS = 50.0
LATE_MINUTES = 2
_ITS_OWN = SERVER_OWNED - {"remoteIdMap"} | {"productId", "composedProductId", "partProductId", "sellOrderId"}
_OVERLAPS = """
    SELECT count(*) AS n FROM fleet.run a JOIN fleet.run b ON a.tenant = b.tenant AND a.id < b.id
    WHERE a.ended IS DISTINCT FROM 'locked' AND b.ended IS DISTINCT FROM 'locked'
    AND b.began_at < coalesce(a.ended_at, 'infinity')
"""
_FORGOTTEN = """
    SELECT count(*) AS n FROM fleet.tenant t WHERE due_at < now() - make_interval(mins => %s)
    AND NOT EXISTS (SELECT 1 FROM procrastinate_jobs j WHERE j.lock = t.name AND j.status IN ('todo', 'doing'))
"""
_QUEUE = """
    SELECT count(*) FILTER (WHERE status = 'todo' AND scheduled_at <= now()) AS waiting,
        count(*) FILTER (WHERE status = 'doing') AS busy
    FROM procrastinate_jobs WHERE task_name = 'fleet:run'
"""
_OVERHEAD = """
    SELECT percentile_cont(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY overhead * 1000) AS ms,
        percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds) AS seconds FROM fleet.run WHERE ended = 'well'
"""


def main() -> int:
    """Run the fleet and print what came of it; 1 where runs overlapped, a tenant was forgotten, an account is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tenants", type=int, default=1_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--slots", type=int, default=8, help="of each worker")
    parser.add_argument("--minutes", type=float, default=15)
    parser.add_argument("--schedule", default="medium", help="small, medium or large: every 30 minutes, hourly, daily")
    parser.add_argument("--spread", type=float, help="minutes over which the first runs are spread; without it an hour "
                        "or less")  # fmt: skip
    parser.add_argument("--products", type=int, default=10)
    parser.add_argument("--kill", action="store_true", help="kill -9 one worker every minute, and start another")
    parser.add_argument("--seed", type=int, default=1, help="of which worker is killed")
    asked = parser.parse_args()
    with ExitStack() as stack:
        shop = Accounts(asked.tenants + 1, [SYSTEM], products=asked.products, orders=asked.products // 2)
        accounts = stack.enter_context(shop)
        url = stack.enter_context(postgres())
        os.environ |= {"OPTIPLY_FLEET_URL": url, "OPTIPLY_FLEET_KEY": new_key()}
        place = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-fleet-")))
        os.environ["TMPDIR"] = str(place)
        names = take_in(url, accounts, place, asked.tenants, asked.schedule)
        expected = contents(filled_alone(accounts, place, asked.tenants))
        if asked.spread is not None:
            with connected(url) as db:
                due = "UPDATE fleet.tenant SET due_at = now() + random() * make_interval(secs => %s)"
                db.execute(due, (asked.spread * 60,))
        print(f"{asked.tenants} tenants, {asked.workers} workers with {asked.slots} slots, {asked.minutes:g} minutes"
              f"{', a worker killed every minute' if asked.kill else ''}", flush=True)  # fmt: skip
        with fleet(asked.workers, asked.slots, place / "workers.log") as workers:
            forgotten = watch(url, workers, asked)
        with connected(url) as db:
            overlaps = told(db)
            well = {row["tenant"] for row in db.execute("SELECT DISTINCT tenant FROM fleet.run WHERE ended = 'well'")}
        wrong = [name for n, name in enumerate(names) if name in well and contents(accounts.account(n)) != expected]
        print(f"accounts of tenants that ran well: {len(well)}, {len(wrong)} other than undisturbed {wrong[:5]}")
        return int(bool(overlaps or forgotten or wrong))


def take_in(url: str, accounts: Accounts, place: Path, count: int, schedule: str) -> list[str]:
    """Adds the tenants; their first runs are spread over their interval."""
    migrate(url)
    vault, names = Vault.of_environment(), [f"shop_{number:04}" for number in range(count)]
    with connected(url) as db:
        for number, name in enumerate(names):
            add(db, vault, name, folder(accounts, place / "folder", number, schedule))
    return names


def folder(accounts: Accounts, root: Path, number: int, schedule: str) -> JobFolder:
    """The job folder of a tenant; one after another uses the same place."""
    job = demo_folder(root, SYSTEMS[SYSTEM], accounts.addresses_of(SYSTEM, number))
    write_json(job.config, {**read_json_object(job.config), "schedule": schedule}, mode=0o600)
    return job


def filled_alone(accounts: Accounts, place: Path, number: int) -> OptiplyStore:
    """An account that one run has filled, with nothing else at work."""
    root = folder(accounts, place / "alone", number, "medium").root
    began = time.monotonic()
    subprocess.run([sys.executable, "-m", "job", "run", str(root), "--quiet"], check=True, stdout=subprocess.DEVNULL)
    print(f"one run alone: {time.monotonic() - began:.1f} s", flush=True)
    assert gather(folder(accounts, place / "alone", number, "medium"))
    return accounts.account(number)


def contents(account: OptiplyStore) -> dict[str, Counter[str]]:
    """What an account holds, without what differs from one to the next; a record that is there twice counts 2."""
    return {
        type_: Counter(
            str(sorted((key, str(value)) for key, value in row.items() if key not in _ITS_OWN)) for row in rows
        )
        for type_, rows in account.dump().items()
    }


@contextmanager
def fleet(count: int, slots: int, log: Path) -> Iterator[list["subprocess.Popen[bytes]"]]:
    """Workers; they are told to stop at the end."""
    workers = [started(slots, log) for _ in range(count)]
    try:
        yield workers
    finally:
        for worker in workers:
            worker.send_signal(signal.SIGTERM)
        for worker in workers:
            worker.wait()


def started(slots: int, log: Path) -> "subprocess.Popen[bytes]":
    """One more worker."""
    with log.open("ab") as file:
        command = [sys.executable, "-m", "fleet", "worker", "--slots", str(slots), "--grace", "120"]
        return subprocess.Popen(command, stderr=file, stdout=file)


def watch(url: str, workers: list["subprocess.Popen[bytes]"], asked: argparse.Namespace) -> int:
    """Looks on for the asked minutes; returns how many tenants were ever due, and neither queued nor at work."""
    chosen, until, forgotten = random.Random(asked.seed), time.monotonic() + asked.minutes * 60, 0
    for minute in range(10_000):
        if (left := until - time.monotonic()) <= 0:
            return forgotten
        time.sleep(min(60, left))
        with connected(url) as db:
            row = db.execute(_QUEUE).fetchone()
            ran = db.execute("SELECT count(*) AS n FROM fleet.run WHERE ended = 'well'").fetchone()
            late = db.execute(_FORGOTTEN, (LATE_MINUTES,)).fetchone()
        assert row is not None
        assert ran is not None
        assert late is not None
        forgotten = max(forgotten, int(late["n"]))
        print(f"minute {minute + 1}: {row['waiting']} waiting, {row['busy']} at work, {ran['n']} ran well", flush=True)
        if asked.kill and until - time.monotonic() > 0:
            place = chosen.randrange(len(workers))
            workers[place].kill()
            workers[place].wait()
            workers[place] = started(asked.slots, Path(os.environ["TMPDIR"]) / "workers.log")
    return forgotten


def told(db: Connection) -> int:
    """Prints what the table of runs says; returns how many overlapped."""
    ends = {row["ended"] or "at work": row["n"] for row in db.execute(
        "SELECT ended, count(*) AS n FROM fleet.run GROUP BY ended ORDER BY ended")}  # fmt: skip
    overlaps = db.execute(_OVERLAPS).fetchone()
    overhead = db.execute(_OVERHEAD).fetchone()
    assert overlaps is not None
    assert overhead is not None
    print(f"runs: {sum(ends.values())} ({', '.join(f'{n} {word}' for word, n in ends.items())})")
    print(f"two at once of a tenant: {overlaps['n']}")
    if overhead["ms"] is not None:
        median, high = overhead["ms"]
        print(f"a run's own time: {overhead['seconds']:.1f} s (median); the fleet adds {median:.0f} ms (median), "
              f"{high:.0f} ms (95 %), wanted below {WANTED_MS:.0f} ms")  # fmt: skip
    return int(overlaps["n"])


if __name__ == "__main__":
    sys.exit(main())
