"""The order of a run: stock into the shop, tap, second question, ETL, target, absorb, and the bookmark saved last.

Under one lock, which the children inherit. Any crash repeats work and loses none: the bookmark moves only after the
answers are in the store. Starting programs is programs.py's work, the names of files folder.py's.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from connector.names import ALLOW_DISABLE
from job.folder import JobFolder, write_json
from job.inventory.work import inventory_step
from job.outward.steps import inward, way_back
from job.run.bookmarks import State, held_back, last_state, only_unread, read_again, safe_start
from job.run.history import new_run, note_run
from job.run.kept import kept_along
from job.run.look_back import Found, Reading, look_back
from job.run.parts import catalog_for
from job.run.programs import ANSWER_MARK, RECORD_MARK, LineCounter, Program, StepResult, run_program
from job.run.progress import Display
from job.run.recordings import cleared, take_in
from job.run.report import Report, answered, merge
from job.run.second_question import join, missing_products, question, too_many
from job.run.totals import awaits_answers, totals, unsettled
from job.run.unread import as_unsettled
from job.systems import system_of
from job.systems.system import System
from store.snapshot import Snapshot, lock


@dataclass(frozen=True)
class RunOptions:
    """What a person or the schedule may ask of one run.

    full: read again what has bookmarks; with `rescan_days` orders of so many days only. parts: what of the shop is
    read, all of it when empty. allow_disable: so many vanished products may be disabled in this run, whatever the
    share. recordings: files to read instead of the shop; the bookmark stays as it is then. sends: false ends the run
    before the target.
    """

    full: bool = False
    verbose: bool = False
    parts: tuple[str, ...] = ()
    rescan_days: int | None = None
    allow_disable: int | None = None
    recordings: tuple[Path, ...] = ()
    sends: bool = True


def run_job(folder: JobFolder, options: RunOptions, display: Display) -> Report:
    """Run all steps over the folder and return the report, which is also written to runs/<run>/report.json.

    Raises FolderError, SnapshotError (locked, not a snapshot, not writable) before anything is sent; and FolderError
    where the disk is full later on: the next run goes on from there.
    """
    folder.check()
    with folder.writable():
        folder.prepare()
        system = system_of(folder)
        run = _Run(folder, system, options, display)
        with lock(folder.store) as lock_fd, cleared(folder, options.recordings, system), kept_along(folder):
            report = run.execute(lock_fd)
            write_json(run.run_dir / "report.json", report)
            note_run(folder.runs, run.run_dir, report)
    return report


class _Run:
    """One run: its folder, the results of its steps so far and what there is to note."""

    def __init__(self, folder: JobFolder, system: System, options: RunOptions, display: Display) -> None:
        self.folder = folder
        self.system = system
        self.parts = options.parts or tuple(system.parts)
        self.options = options
        self.display = display
        self.run_dir = new_run(folder.runs)
        self.results: list[StepResult] = []
        self.notes: list[str] = []
        self._lock_fd = -1
        self._began = time.monotonic()
        self._outlook: Report = {}
        self._has_bookmarks = False

    def execute(self, lock_fd: int) -> Report:
        """Run step after step; a step that needs a failed one is not started."""
        self._lock_fd = lock_fd
        if self.options.sends and not self.options.recordings:
            self.results += inventory_step(self.folder, self.display)
        self._way_back(last=False)
        found = self._replay() if self.options.recordings else self._read()
        if found.for_etl:
            self._etl()
        if self.options.sends and (found.for_target or self._went_well("etl")):
            self._target()
            self._absorb()
        if self._went_well("target") and found.reading.state is not None:
            self.folder.bookmarks.save(found.reading.state)
        self._way_back(last=True)
        steps = inward(self.results, self.system.outward)
        unread, notes = look_back(self.folder, self.system, self.run_dir, steps, found.reading)
        if self._outlook:
            self._outlook["unsettled"] = [*as_unsettled(unread), *self._outlook["unsettled"]]
        report = merge(self.run_dir.name, self.results, self.notes + notes, unread)
        read = {"parts": list(found.reading.parts), "full": found.reading.full}
        return {**report, **read, "seconds": round(time.monotonic() - self._began, 3), **self._outlook}

    def _way_back(self, *, last: bool) -> None:
        """The way back, if it goes now; of parts that are its alone nothing of the shop is read."""
        if not self.options.recordings:
            way_back(self.folder, self.system, self.run_dir, self._run, self.parts, self.options, last=last)

    def _read(self) -> Found:
        """Read the shop. A tap that could read some streams ends with 1 and a last STATE: those streams go on."""
        if not self.system.streams_of(self.parts):
            return Found(for_etl=False, reading=Reading(None, self.parts, full=False))
        self._tap(self._state_for_tap())
        state = last_state(self.folder.tap_output)
        if state is not None:
            state = self._ask_again(state)
        full = self.options.full or not self._has_bookmarks
        return Found(for_etl=state is not None, reading=Reading(state, self.parts, full))

    def _replay(self) -> Found:
        """Take recordings for what the tap would have read; they move no bookmark and count as no scheduled work."""
        self._state_for_tap()
        self.notes.append("replayed " + ", ".join(path.name for path in self.options.recordings))
        for_target = take_in(self.options.recordings, self.folder, self.system)
        return Found(for_etl=not for_target, for_target=for_target)

    def _state_for_tap(self) -> Path | None:
        """The file with what to start from; None reads everything and knows of no record that could not be read."""
        with Snapshot.open(self.folder.store) as snapshot:
            snapshot.absorb()
            built_from = snapshot.state()
        saved = self.folder.bookmarks.read()
        self._has_bookmarks = saved is not None
        everything = self.options.full and self.parts == tuple(self.system.parts) and self.options.rescan_days is None
        if everything or saved is None:
            state = only_unread(saved)
        else:
            state, notes = safe_start(saved, built_from)
            self.notes += notes
            if self.options.full:
                streams = self.system.streams_of(self.parts)
                state = read_again(state, streams, self.system.rescanned, self.options.rescan_days)
        if state is None:
            return None
        path = self.run_dir / "state-in.json"
        write_json(path, state)
        return path

    def _tap(self, state: Path | None) -> None:
        arguments = ["--config", str(self.folder.config)]
        catalog = catalog_for(self.folder, self.system, self.parts, self.run_dir)
        if catalog is not None:
            arguments += ["--catalog", str(catalog)]
        if state is not None:
            arguments += ["--state", str(state)]
        records = LineCounter(RECORD_MARK)
        self.folder.tap_output.unlink(missing_ok=True)
        self._run(
            Program("tap", self.system.tap, arguments, stdout=self.folder.tap_output),
            lambda: self.display.moved("tap", records.update(self.folder.tap_output), None),
        )

    def _ask_again(self, state: State) -> State:
        """Ask by id for products that a complete listing lacked; without an answer the next listing decides."""
        asks = self.system.question
        if asks is None:
            return state
        suspects = missing_products(self.folder, asks, state, self.options.allow_disable)
        if suspects is None:
            return state
        if not suspects.within_limit:
            # What misses so much tells nothing of what has changed, either.
            self.notes.append(too_many(self.system, suspects))
            return held_back(state, asks.of, self.folder.bookmarks.read())
        answer = self.run_dir / "ask.singer"
        arguments = question(self.folder, self.run_dir, asks, suspects)
        self._run(Program("ask", self.system.tap, arguments, answer))
        if not self._went_well("ask"):
            self.notes.append(
                f"The products missing from {self.system.title}'s listing could not be asked for by id: the next one "
                "decides."
            )
            return state
        return join(self.folder, asks, state, answer)

    def _etl(self) -> None:
        allowed = self.options.allow_disable
        environment = {} if allowed is None else {ALLOW_DISABLE: str(allowed)}
        self._run(Program("etl", self.system.flow, [], self.run_dir / "etl.out", environment))

    def _target(self) -> None:
        total = LineCounter(RECORD_MARK).update(self.folder.etl_output)
        if not total and not awaits_answers(self.folder):
            # There is nothing that it would do, and to load its libraries is a third of what such a run costs.
            write_json(self.folder.results, {"bookmarks": {}, "summary": {}})
            self.display.started("target")
            self._ended(StepResult("target", 0, 0.0))
            return
        answers = LineCounter(ANSWER_MARK)

        def tick() -> None:
            for path in self.folder.snapshots.glob("outcomes-*.jsonl"):
                answers.update(path)
            self.display.moved("target", answers.count, total)

        arguments = ["--config", str(self.folder.target_config), "--input", str(self.folder.etl_output)]
        self._run(Program("target", self.system.target.program, arguments, stdout=self.run_dir / "target.out"), tick)

    def _absorb(self) -> None:
        """Take in what a target that was stopped may have left; after a good end there is nothing."""
        started = time.monotonic()
        self.display.started("absorb")
        with Snapshot.open(self.folder.store) as snapshot:
            snapshot.absorb()
            self._outlook = {"totals": totals(snapshot), "unsettled": unsettled(snapshot, self.system)}
        self.display.ended("absorb", 0, time.monotonic() - started)

    def _run(self, program: Program, tick: Callable[[], None] = lambda: None) -> StepResult:
        self.display.started(program.name)
        result = run_program(
            program,
            folder=self.folder.root,
            run_dir=self.run_dir,
            lock_fd=self._lock_fd,
            verbose=self.options.verbose,
            tick=tick,
        )
        self._ended(result)
        return result

    def _ended(self, result: StepResult) -> None:
        self.results.append(result)
        if result.name == "target" and result.report:
            # Outcome files that the target absorbed itself were not seen to their end; its report counts every answer.
            self.display.moved("target", answered(result.report), None)
        self.display.ended(result.name, result.exit_code, result.seconds)

    def _went_well(self, step: str) -> bool:
        return any(result.name == step and result.exit_code == 0 for result in self.results)
