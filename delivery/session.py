"""One run of the target: opens the store when the first record needs it, wires the parts, concludes.

Who decides and sends is batch.py; what is noted where is ledger.py.
"""

from __future__ import annotations

import hashlib
import json
import logging
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any

from sqlalchemy import text

from connector.errors import RunError
from connector.files import replace_file
from connector.http.clock import ServerClock, moment
from connector.http.pace import Pace
from connector.http.pool import Pool
from connector.http.request import Patience
from connector.http.tokens import SharedToken
from delivery.dispatch import Dispatcher
from delivery.dry import DryWriter, copied
from delivery.gate import StateGate
from delivery.horizon import Horizon
from delivery.ids import IdMap, id_map_file, read_id_maps, write_id_map
from delivery.ledger import Ledger
from delivery.outcomes import OutcomeFile
from delivery.perform import Writer, perform
from delivery.record import Job, Problem, read_record, record_hash, unknown_names
from delivery.recover import Account
from delivery.report import Report
from delivery.results import Results, read_resume
from store.snapshot import Outcome, Snapshot, lock
from target_optiply.auth import Login
from target_optiply.client import OptiplyClient
from target_optiply.settings import OptiplySettings, way_to
from vocabulary.entity import Entity

logger = logging.getLogger("target-optiply")
_ACCEPTED_HASHES = text(
    "SELECT remote_id, hash FROM records WHERE stream = :stream AND status = 'accepted' AND hash <> ''"
)


class Session:
    """Everything the sinks of one run share."""

    def __init__(
        self, settings: OptiplySettings, entities: Sequence[Entity], renewed: Callable[[str], None] | None = None
    ) -> None:
        """`entities` in load order; `renewed` is told each new token. Opens and sends nothing yet.

        Raises ConfigValidationError where the environment names a proxy or certificates that cannot be used.
        """
        self.settings = settings
        self.stop = threading.Event()
        self.gate = StateGate()
        self.results = Results()
        self.report = Report()
        self.ignored: Counter[str] = Counter()
        self.entities = {entity.name: entity for entity in entities}
        self._clock = ServerClock("Optiply")
        self._resumed = read_resume(settings.resume_path) if settings.resume_path is not None else {}
        self._stack = ExitStack()
        self._snapshot: Snapshot | None = None
        self._pace = Pace(settings.max_concurrency, first_wait=settings.retry_wait)
        patience = Patience(settings.request_timeout, settings.retry_time, settings.retry_wait)
        log_in = Login(
            settings.auth_url,
            way_to(settings.auth_url),
            settings.credentials,
            Pool(Pace(1, first_wait=settings.retry_wait), self.stop),
            self.report,
            patience,
            self._clock,
            renewed,
        )
        self.client = OptiplyClient(
            settings.api_url,
            way_to(settings.api_url),
            SharedToken(log_in, settings.credentials.access_token),
            Pool(self._pace, self.stop),
            self.report,
            patience,
            self._clock,
            account_id=settings.account_id,
            coupling_id=settings.coupling_id,
        )
        self.ids = IdMap(self._known_ids)
        self._account = Account(self.client, self.ids, settings.coupling_id)
        self._horizon = Horizon(settings.adopt, self._account, self.client, self.snapshot)
        self._ledger: Ledger | None = None
        self._dispatcher: Dispatcher | None = None
        self._resource_in_work = ""
        self._spelled: dict[str, str] = {}  # a resource as the input names it

    # The store

    def snapshot(self) -> Snapshot:
        """The snapshot store, locked and with all earlier outcomes absorbed; in a dry run a copy of it.

        Raises SnapshotError.
        """
        if self._snapshot is None:
            directory = self.settings.snapshot_dir
            if self.settings.dry_run_path is not None:
                directory = self._stack.enter_context(copied(directory))
            self._stack.enter_context(lock(directory))
            snapshot = self._stack.enter_context(Snapshot.open(directory))
            snapshot.absorb()
            self._snapshot = snapshot
        return self._snapshot

    def dispatcher(self) -> Dispatcher:
        """The dispatcher, made when the first record comes."""
        if self._dispatcher is None:
            snapshot = self.snapshot()
            dry_path = self.settings.dry_run_path
            writer: Writer = self.client if dry_path is None else self._stack.enter_context(DryWriter(dry_path))
            account = self._account
            self._ledger = self._make_ledger(snapshot)
            self._dispatcher = Dispatcher(
                lambda job: perform(job, writer, account),
                ids=self.ids,
                account=account,
                ledger=self._ledger,
                pace=self._pace,
                stop=self.stop,
                unanswered_wait=self.settings.unanswered_wait,
                list_before_create=self._list_before_create,
                order=tuple(self.entities),
            )
            self._stack.callback(self._dispatcher.close)
            if dry_path is None:
                self._park_unanswered(snapshot)
        return self._dispatcher

    def _make_ledger(self, snapshot: Snapshot) -> Ledger:
        outcomes = OutcomeFile(snapshot.directory) if self.settings.dry_run_path is None else None
        return Ledger(
            outcomes,
            self.results,
            self.report,
            self.gate,
            self._clock,
            accepted_hashes=self._accepted_hashes,
            resumed=self._resumed,
        )

    def _known_ids(self, resource: str) -> dict[str, str]:
        known = self.snapshot().ids(resource)
        if self.settings.flow is None:
            return known
        owned = set(known.values())
        mapped = read_id_maps(self.settings.snapshot_dir, resource, self.settings.flow)
        return {remote_id: found for remote_id, found in mapped.items() if found not in owned} | known

    def _accepted_hashes(self, resource: str) -> dict[str, str]:
        with self.snapshot().reading() as connection:
            rows = connection.execute(_ACCEPTED_HASHES, {"stream": resource})
            return {str(remote_id): str(accepted) for remote_id, accepted in rows}

    def _park_unanswered(self, snapshot: Snapshot) -> None:
        assert self._dispatcher is not None
        for resource, entity in self.entities.items():
            for outcome in snapshot.unanswered(resource):
                self._dispatcher.park_from_snapshot(_announced_job(entity, outcome), moment(outcome.at))

    def _list_before_create(self, entity: Entity) -> None:
        if self.settings.dry_run_path is None:
            self._horizon.look(entity)

    # Records

    def read(self, entity: Entity, stream: str, record: dict[str, Any], keys: tuple[str, ...]) -> Job:
        """The job of a record just read."""
        job = self._taken_in(read_record(entity, stream, record, keys))
        if self._resumed:
            job.old_hash = hashlib.sha256(json.dumps(record, default=float).encode()).hexdigest()
        for name in unknown_names(job):
            reason = f"{name} is not an attribute of Optiply's {entity.name}; it was left out"
            self.report.reason(entity.name, "left_out", reason, name, job.remote_id)
        return job

    def refused(self, entity: Entity, stream: str, remote_id: str, problem: Problem) -> Job:
        """The job of a record whose line cannot be used; `remote_id` is empty where that cannot be told either."""
        return self._taken_in(Job(entity, stream, remote_id, {}, problem=problem))

    def _taken_in(self, job: Job) -> Job:
        job.sequence = self.gate.record()
        self._spelled[job.resource] = job.stream
        return job

    def _make_sure_of_ledger(self) -> Ledger:
        self.dispatcher()
        assert self._ledger is not None
        return self._ledger

    def send(self, jobs: list[Job]) -> None:
        """Takes a group of jobs; returns when all are on their way.

        Raises RunError when the run cannot go on.
        """
        if not jobs:
            return
        dispatcher = self.dispatcher()
        if jobs[0].resource != self._resource_in_work:
            dispatcher.drain()
            self._resource_in_work = jobs[0].resource
            self._pace.fresh()
        dispatcher.add(jobs)
        self._check_failures()

    def drain(self) -> None:
        """Brings everything sent so far to an end."""
        if self._dispatcher is not None:
            self._dispatcher.drain()
            self._make_sure_of_ledger().flush()

    def finish(self) -> None:
        """Settles what is left: unanswered creates, records that wait for others.

        Raises RunError when the run cannot go on.
        """
        if self._dispatcher is not None:
            self._dispatcher.finish()
            self._check_failures()

    def _check_failures(self) -> None:
        most = self.settings.max_failures
        if most is not None and self.report.failures > most:
            count = self.report.failures
            what = "1 record was" if count == 1 else f"{count} records were"
            raise RunError(
                f"{what} refused or failed, more than max_failures = {most} allows; see "
                f"{self.settings.results_path.name} for the reasons."
            )

    # The end

    def conclude(self) -> None:
        """Takes in what is in flight, brings all to disk, absorbs it and frees the lock; may be called twice."""
        self.stop.set()
        if self._dispatcher is not None:
            self._dispatcher.halt()
            self._make_sure_of_ledger().close()
            if self.settings.dry_run_path is None:
                self.snapshot().absorb()
                self._horizon.conclude()
                self._write_id_maps()
        self._dispatcher = None
        self._snapshot = None
        self._stack.close()

    def _write_id_maps(self) -> None:
        if self.settings.flow is not None:
            for resource in self.report.entities:
                stream = self._spelled.get(resource, resource)
                path = id_map_file(self.settings.snapshot_dir, stream, self.settings.flow)
                write_id_map(path, self.ids.of(resource))

    def write_results(self) -> None:
        """Writes the results file and, when the job asks for it, the step report."""
        for stream, count in self.ignored.items():
            what = f"1 record of stream {stream} was" if count == 1 else f"{count} records of stream {stream} were"
            self.report.note(f"{what} ignored: Optiply has no such resource")
        if self.settings.dry_run_path is None:
            replace_file(self.settings.results_path, self.results.to_json())
        if (complaint := self._clock.complaint()) is not None:
            self.report.note(complaint)
        self.report.save()
        for line in [*self.report.lines(), *self.report.notes]:
            logger.info("%s", line)


def _announced_job(entity: Entity, outcome: Outcome) -> Job:
    """The create an earlier run announced, as a job of this one."""
    attributes = dict(outcome.sent or {})
    job = Job(entity, entity.name, outcome.remoteId, attributes, hash=record_hash(attributes, deleted=False))
    job.action, job.sent, job.is_new = "create", attributes, False
    return job
