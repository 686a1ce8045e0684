"""Measures a store in PostgreSQL beside one in a file: the ETL's first and unchanged run, and the answers in between.

The two take turns, each step in a process of its own. CPU is that of the program and of the database server together;
beside it stand the connections and transactions of the database. With `--job` whole runs of a tenant are measured as
well, first and unchanged, from the shop's sandbox to Optiply's. Figures are printed; nothing is asserted.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.bench_etl import job_folder, measured  # noqa: E402 - found through the line above
from job.demo import demo_folder  # noqa: E402
from job.folder import read_json_object, write_json  # noqa: E402
from job.systems import DEFAULT  # noqa: E402
from sandbox.accounts import Accounts  # noqa: E402
from sandbox.postgres import postgres  # noqa: E402

WANTED_RATIO = 1.3
STEPS = ("first run", "its answers", "nothing changed")
JOBS = ("whole job, first", "whole job, again")
ANSWERS = 100  # records that are announced, and answered, at a time, as the target does


@dataclass
class Server:
    """The database server: what it has cost so far."""

    url: str

    def cpu(self) -> float:
        """Seconds of CPU of the connections that have ended."""
        folder = Path(dict(parse_qsl(urlsplit(self.url).query))["host"])
        pid = (folder / "data" / "postmaster.pid").read_text().split()[0]
        values = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(values[13]) + int(values[14])) / os.sysconf("SC_CLK_TCK")

    def counts(self) -> tuple[int, int]:
        """Connections and transactions."""
        import psycopg

        time.sleep(1.2)  # so late the server adds up what its connections did
        query = "SELECT sessions, xact_commit + xact_rollback FROM pg_stat_database WHERE datname = 'postgres'"
        with closing(psycopg.connect(self.url, autocommit=True)) as connection:
            sessions, transactions = connection.execute(query).fetchone() or (0, 0)
        return int(sessions), int(transactions)


@dataclass
class Side:
    """One kind of store: what each step took, turn by turn."""

    name: str
    folder: Callable[[int], Path]
    seconds: dict[str, list[float]] = field(default_factory=dict)
    cpu: dict[str, list[float]] = field(default_factory=dict)

    def note(self, step: str, seconds: float, cpu: float) -> None:
        """Takes one figure."""
        self.seconds.setdefault(step, []).append(seconds)
        self.cpu.setdefault(step, []).append(cpu)


def main() -> int:
    """Prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=20_000, help="products, and as many order rows")
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--job", action="store_true", help="measure whole jobs as well, one turn: minutes")
    parser.add_argument("--answer", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.answer:
        answer(options.answer)
        return 0
    with postgres() as url, tempfile.TemporaryDirectory(prefix="bench-store-") as name:
        server, base = Server(url), Path(name)
        file = Side("file", lambda turn: job_folder(base, f"file-{turn}", options.size)[0])
        database = Side("database", lambda turn: job_folder(base, f"database-{turn}", options.size)[0])
        for turn in range(options.turns):
            for side in (file, database):
                one_turn(side, turn, server)
        if options.job:
            whole_jobs(base, options.size, {"file": file, "database": database}, server)
        print(f"{options.size:,} products with stock and {options.size:,} order rows; best of {options.turns} turns")
        for step in STEPS + JOBS * options.job:
            told = [
                f"{side.name} {min(side.seconds[step]):6.1f} s {min(side.cpu[step]):6.1f} s CPU"
                for side in (file, database)
            ]
            wall = min(database.seconds[step]) / min(file.seconds[step])
            cpu = min(database.cpu[step]) / min(file.cpu[step])
            print(
                f"  {step:<16} {'   '.join(told)}   ratio {wall:.2f} of time, {cpu:.2f} of CPU (wanted: {WANTED_RATIO})"
            )
    return 0


def one_turn(side: Side, turn: int, server: Server) -> None:
    """All steps over a fresh folder."""
    folder = side.folder(turn)
    os.environ.pop("SNAPSHOT_URL", None)
    if side.name == "database":
        os.environ["SNAPSHOT_URL"] = f"{server.url}&schema=turn{turn}"
    etl, answers = [sys.executable, "-m", "etl.etl"], [sys.executable, __file__, "--answer", str(folder)]
    for step, command in zip(STEPS, (etl, answers, etl), strict=True):
        counts, before = server.counts(), server.cpu()
        found = measured(command, folder)
        side.note(step, found.seconds, found.cpu + server.cpu() - before)
        if side.name == "database" and not turn:
            after = server.counts()
            print(
                f"  {step}: {after[0] - counts[0] - 1} connections, {after[1] - counts[1] - 1} transactions", flush=True
            )


def whole_jobs(base: Path, size: int, sides: dict[str, Side], server: Server) -> None:
    """Two runs of a tenant with each store, each into an Optiply account of its own."""
    os.environ.pop("SNAPSHOT_URL", None)
    with Accounts(len(sides), ["magento"], products=size, orders=size) as accounts:
        for number, (name, side) in enumerate(sides.items()):
            job = demo_folder(base / f"job-{name}", DEFAULT, accounts.addresses_of("magento", number))
            store = {"snapshot_url": f"{server.url}&schema=job"} if name == "database" else {}
            write_json(job.config, {**read_json_object(job.config), **store, "page_size": 300}, mode=0o600)
            for step in JOBS:
                before = server.cpu()
                found = measured([sys.executable, "-m", "job", "run", str(job.root), "--quiet"], job.root)
                side.note(step, found.seconds, found.cpu + server.cpu() - before)


def answer(folder: Path) -> None:
    """Announces every offered record and has it accepted, as the target would, and takes that into the store."""
    import msgspec

    from delivery.outcomes import outcome_log
    from store.place import Place
    from store.snapshot import Outcome, Snapshot, lock

    place = Place.of(folder / "snapshots", os.environ.get("SNAPSHOT_URL"))
    offered = []
    for line in (folder / "etl-output" / "data.singer").read_bytes().splitlines():
        message = msgspec.json.decode(line)
        if message["type"] == "RECORD":
            offered.append((message["stream"], message["record"]))
    with lock(place), Snapshot.open(place) as store:
        log = outcome_log(store)
        for start in range(0, len(offered), ANSWERS):
            group = offered[start : start + ANSWERS]
            log.announce(
                Outcome(stream, one["remoteId"], "announced", "create", sent=one, at="2026-01-15T08:00:00Z")
                for stream, one in group
            )
            for number, (stream, one) in enumerate(group, start):
                done = Outcome(
                    stream,
                    one["remoteId"],
                    "answered",
                    "create",
                    "accepted",
                    id=str(number),
                    sent=one,
                    at="2026-01-15T08:00:01Z",
                )
                log.answered(done)
        log.close()
        store.absorb()


if __name__ == "__main__":
    sys.exit(main())
