"""One run of a target: opens the store when the first record needs it, wires the parts, concludes.

Who decides and sends is dispatch.py; what is noted where is ledger.py.
"""

from contextlib import ExitStack
from typing import Any

from connector.errors import RunError
from connector.files import replace_file
from connector.http.clock import moment
from delivery.destination import Destination, Writer
from delivery.dispatch import Dispatcher
from delivery.dry import DryWriter, copied
from delivery.horizon import Horizon
from delivery.ids import IdMap, id_map_file, read_id_maps, write_id_map
from delivery.intake import Intake
from delivery.judge import Judge
from delivery.ledger import Ledger
from delivery.outcomes import outcome_log
from delivery.perform import perform
from delivery.record import Job, record_hash
from delivery.recover import Account
from delivery.report import WriteReport
from delivery.results import Results, read_resume
from delivery.settings import Settings
from store.snapshot import Outcome, Place, Snapshot, lock
from vocabulary.entity import Entity


class Session(Intake):
    """What connector/singer asks of a delivery, over one destination and one snapshot."""

    def __init__(self, settings: Settings, destination: Destination, report: WriteReport) -> None:
        """Opens and sends nothing yet."""
        self._resumed = read_resume(settings.resume_path, report.logger) if settings.resume_path is not None else {}
        super().__init__(destination, report, is_resumed=bool(self._resumed))
        self.settings = settings
        self.stop = destination.stop
        self._results = Results()
        self._stack = ExitStack()
        self._snapshot: Snapshot | None = None
        self._ids = IdMap(self._known_ids)
        self._account = Account(destination, self._ids)
        self._horizon = Horizon(settings.adopt, self._account, destination, self.snapshot)
        self._ledger: Ledger | None = None
        self._dispatcher: Dispatcher | None = None
        self._entity_in_work: Entity | None = None

    # The store

    def snapshot(self) -> Snapshot:
        """The snapshot store, locked and with all earlier outcomes absorbed; in a dry run a copy of it.

        Raises SnapshotError.
        """
        if self._snapshot is None:
            place = self.settings.store
            if self.settings.dry_run_path is not None:
                place = Place(self._stack.enter_context(copied(place)))
            self._stack.enter_context(lock(place))
            snapshot = self._stack.enter_context(Snapshot.open(place, self.destination.name.lower()))
            snapshot.absorb()
            self._snapshot = snapshot
        return self._snapshot

    def dispatcher(self) -> Dispatcher:
        """The dispatcher, made when the first record comes."""
        if self._dispatcher is None:
            snapshot = self.snapshot()
            dry_path = self.settings.dry_run_path
            writer: Writer = self.destination.writer
            if dry_path is not None:
                writer = self._stack.enter_context(DryWriter(dry_path))
            account = self._account
            entities = {entity.name: entity for entity in self.destination.entities}
            self._ledger = self._make_ledger(snapshot)
            self._dispatcher = Dispatcher(
                lambda group: perform(group, writer, account),
                judge=Judge(
                    self._ids, account, self._ledger, self._list_before_create, entities, snapshot.accepted_attributes
                ),
                account=account,
                ledger=self._ledger,
                pace=self.destination.pace,
                stop=self.stop,
                unanswered_wait=self.settings.unanswered_wait,
                list_before_create=self._list_before_create,
                order=list(entities),
            )
            self._stack.callback(self._dispatcher.close)
            if dry_path is None:
                self._park_unanswered(snapshot)
        return self._dispatcher

    def _make_ledger(self, snapshot: Snapshot) -> Ledger:
        outcomes = outcome_log(snapshot) if self.settings.dry_run_path is None else None
        return Ledger(
            outcomes,
            self._results,
            self.report,
            self._gate,
            self.destination.clock,
            accepted_hashes=lambda resource: self.snapshot().accepted_hashes(resource),
            resumed=self._resumed,
        )

    def _known_ids(self, resource: str) -> dict[str, str]:
        known = self.snapshot().ids(resource)
        if self.settings.flow is None:
            return known
        owned = set(known.values())
        mapped = read_id_maps(self.settings.snapshot_dir, resource, self.settings.flow)
        return {remote_id: found for remote_id, found in mapped.items() if found not in owned} | known

    def _park_unanswered(self, snapshot: Snapshot) -> None:
        assert self._dispatcher is not None
        for entity in self.destination.entities:
            for outcome in snapshot.unanswered(entity.name):
                self._dispatcher.park_from_snapshot(_announced_job(entity, outcome), moment(outcome.at))

    def _list_before_create(self, entity: Entity) -> None:
        if self.settings.dry_run_path is None:
            self._horizon.look(entity)

    # Sending

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
        if jobs[0].entity is not self._entity_in_work:
            dispatcher.drain()
            self._entity_in_work = jobs[0].entity
            self.destination.pace.fresh()
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

    def conclude(self) -> str | None:
        """Takes in what is in flight, brings all to disk, absorbs it, frees the lock and writes results and report.

        What stdout is to show: the results, where they go there.
        """
        try:
            self._settle_store()
            self._write_results()
        finally:
            self.report.save()
        return self._results.to_json().decode() if self.settings.to_hotglue else None

    def ready_state(self) -> dict[str, Any] | None:
        """The newest STATE all of whose records are settled, once; None where stdout shows none."""
        ready = self._gate.ready()
        return None if self.settings.to_hotglue or self.settings.dry_run_path is not None else ready

    def _settle_store(self) -> None:
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
                write_id_map(path, self._ids.of(resource))

    def _write_results(self) -> None:
        for stream, count in self._ignored.items():
            what = f"1 record of stream {stream} was" if count == 1 else f"{count} records of stream {stream} were"
            self.report.note(f"{what} ignored: {self.destination.name} has no such resource")
        if self.settings.dry_run_path is None:
            replace_file(self.settings.results_path, self._results.to_json())
        if (complaint := self.destination.clock.complaint()) is not None:
            self.report.note(complaint)
        for line in [*self.report.lines(), *self.report.notes]:
            self.report.logger.info("%s", line)


def _announced_job(entity: Entity, outcome: Outcome) -> Job:
    """The create an earlier run announced, as a job of this one."""
    attributes = dict(outcome.sent or {})
    job = Job(entity, entity.name, outcome.remoteId, attributes, hash=record_hash(attributes, deleted=False))
    job.action, job.sent, job.is_new = "create", attributes, False
    return job
