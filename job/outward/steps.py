"""The way back in a run: read Optiply, ask for what was deleted, work out, write, absorb, tell Optiply the ids.

The bookmark is saved last. Stock goes before the shop's stock is read, so that it is read back with it; orders go after
the way to Optiply, by which products and suppliers are known.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import msgspec

from connector.names import title_of
from connector.words import counted
from job.folder import JobFolder, read_json_object, write_json
from job.run.bookmarks import State, last_state, safe_start
from job.run.programs import Program, StepResult
from job.systems.outward import Echo, Listing, Outward
from job.systems.system import System
from store.snapshot import Snapshot

READ, ASK, TELL = "optiply", "deleted", "links"
SHOWN = 5
WAITING_DAYS = 7
"""How far back what waits is read again at most."""
LISTED_DAYS = 31
"""How far back an ordinary run looks for deleted records; the full read and a run over all parts look for all."""
Start = Callable[[Program], StepResult]


class Asked(Protocol):
    """What was asked of the run: everything anew, of which some only back to so many days; nothing sent."""

    @property
    def full(self) -> bool:
        """Whether everything is read again."""

    @property
    def rescan_days(self) -> int | None:
        """How far back a scheduled full read goes."""

    @property
    def sends(self) -> bool:
        """Whether anything is written."""


@dataclass(frozen=True)
class WayBack:
    """The way back of one run. `start` runs a program; `full` reads everything again; `all_listed`: so far back."""

    folder: JobFolder
    way: Outward
    run_dir: Path
    start: Start
    full: bool
    all_listed: bool
    sends: bool

    def execute(self) -> None:
        """All steps, if the way is switched on; one that needs a failed one is not started."""
        folder, way = self.folder, self.way
        if not way.is_on(read_json_object(folder.config)):
            if self.sends and (way.switch_off(folder.store) or folder.outward_bookmarks.read() is not None):
                # Switched on again, everything is read, so that what was booked meanwhile counts as done.
                folder.outward_bookmarks.forget()
            return
        for path in (folder.outward_read, folder.outward_output):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.unlink(missing_ok=True)
        since = "" if self.all_listed else self._listed_since()
        state = self._read(since)
        if state is None:
            return
        if way.listing is not None:
            self._ask(way.listing, since, state)
        work_out, write = way.steps
        if self.start(Program(work_out, way.flow, [], self.run_dir / f"{work_out}.out")).exit_code or not self.sends:
            return
        written = self._write(write)
        if way.echo is not None:
            self._tell(way.echo)
        if written:
            folder.outward_bookmarks.save(state)

    def _read(self, since: str) -> State | None:
        settings, catalog = self.run_dir / "outward.json", self.run_dir / "outward-catalog.json"
        listed = {} if self.way.listing is None else {self.way.listing.since: since or None}
        write_json(settings, {"start_date": None, "end_date": None, **listed})
        write_json(catalog, _selecting(self.way.streams, self.way.left_out))
        arguments = self._configured(settings, catalog)
        start, notes = (None, []) if self.full else self._begin()
        if start is not None:
            arguments += ["--state", str(start)]
        read = self.start(Program(READ, self.way.tap, arguments, self.folder.outward_read))
        read.report.setdefault("notes", []).extend([*notes, *unread_notes(read.report)])
        return last_state(self.folder.outward_read)

    def _listed_since(self) -> str:
        """Some days before the last reading, by the clock of who was read: ours may tell another time."""
        marks = (self.folder.outward_bookmarks.read() or {}).get("bookmarks", {}).values()
        read = [str(mark["replication_key_value"]) for mark in marks if mark.get("replication_key_value")]
        return _as_bookmark(min(read), LISTED_DAYS) if read else ""

    def _begin(self) -> tuple[Path | None, list[str]]:
        """The file with what to start from, and notes: no further than the store has seen, and than what waits."""
        way, notes = self.way, list[str]()
        state = self.folder.outward_bookmarks.read()
        if state is None:
            return None, []
        if way.built_from is not None:
            state, notes = safe_start(state, way.built_from(self.folder.store))
            oldest = way.waiting(self.folder.store)
            for stream, mark in state["bookmarks"].items() if oldest else ():
                if value := mark.get("replication_key_value"):
                    earlier = min(str(value), max(_as_bookmark(str(oldest)), _as_bookmark(str(value), WAITING_DAYS)))
                    state["bookmarks"][stream] = {**mark, "replication_key_value": earlier}
        path = self.run_dir / "outward-state-in.json"
        write_json(path, state)
        return path, notes

    def _configured(self, settings: Path, catalog: Path) -> list[str]:
        return ["--config", str(self.folder.target_config), "--config", str(settings), "--catalog", str(catalog)]

    def _ask(self, listing: Listing, since: str, state: State) -> None:
        """Asks by id for what a complete list lacked; without an answer the next run asks again."""
        way, read = self.way, self.folder.outward_read
        suspects = listing.missing(read.parent, self.folder.store, since)
        if not suspects:
            return
        settings, catalog = self.run_dir / "outward-ask.json", self.run_dir / "outward-ask-catalog.json"
        write_json(settings, {listing.ids: suspects})
        write_json(catalog, _selecting((listing.answers,), ()))
        answer = self.run_dir / f"{ASK}.singer"
        if self.start(Program(ASK, way.tap, self._configured(settings, catalog), answer)).exit_code == 0:
            with answer.open("rb") as lines, read.open("ab") as out:
                out.writelines(line for line in lines if not line.startswith(b'{"type":"STATE"'))
                out.write(msgspec.json.encode({"type": "STATE", "value": state}) + b"\n")

    def _write(self, step: str) -> bool:
        """Whether the target came to its end; what it says is in the store then, whatever that is."""
        folder, settings = self.folder, self.run_dir / "outward-target.json"
        beside = self.way.target_settings(read_json_object(folder.config), folder.store)
        write_json(settings, {**beside, "results_path": str(folder.outward / "target-state.json")})
        arguments = ["--config", str(folder.config), "--config", str(settings), "--input", str(folder.outward_output)]
        written = self.start(Program(step, self.way.target, arguments, self.run_dir / f"{step}.out"))
        with Snapshot.open(folder.store, self.way.destination) as store:
            store.absorb()
        return written.exit_code == 0

    def _tell(self, echo: Echo) -> None:
        """Tells Optiply what its records are called where they went; what it has not taken is told again next time."""
        folder, run_dir = self.folder, self.run_dir
        records = echo.records(folder.store)
        if not records:
            return
        told, settings = run_dir / f"{TELL}.singer", run_dir / f"{TELL}-target.json"
        schema = {"type": "object", "properties": {"remoteId": {"type": "string"}, "id": {"type": "string"}}}
        head = {"type": "SCHEMA", "stream": echo.stream, "schema": schema, "key_properties": ["remoteId"]}
        lines = [head, *({"type": "RECORD", "stream": echo.stream, "record": record} for record in records)]
        told.write_bytes(b"".join(msgspec.json.encode(line) + b"\n" for line in lines))
        write_json(settings, {"results_path": str(folder.outward / f"{TELL}-state.json")})
        arguments = ["--config", str(folder.target_config), "--config", str(settings), "--input", str(told)]
        step = self.start(Program(TELL, echo.target, arguments, run_dir / f"{TELL}.out"))
        with Snapshot.open(folder.store) as store:
            store.absorb()
        if step.exit_code == 0:
            taken = echo.settled(folder.store, records)
            where = title_of(self.way.destination)
            note = f"Optiply was told the ids in {where} of {counted(taken, 'record')} of {echo.stream}."
            step.report.setdefault("notes", []).extend([note] if taken else [])


def way_back(
    folder: JobFolder,
    system: System,
    run_dir: Path,
    start: Start,
    parts: tuple[str, ...],
    options: Asked,
    *,
    last: bool,
) -> None:
    """The way back of a run over these parts, if it goes then (`last`: at the end); nothing where there is none."""
    way, everything = system.outward, parts == tuple(system.parts)
    if way is not None and way.goes_in(parts) and way.last == last:
        full = options.full and options.rescan_days is None
        WayBack(folder, way, run_dir, start, full, options.full or everything, options.sends).execute()


def inward(steps: Sequence[StepResult], way: Outward | None) -> list[StepResult]:
    """The steps of a run without those of the way back."""
    ours = {READ, ASK, TELL, *(way.steps if way is not None else ())}
    return [step for step in steps if step.name not in ours]


def unread_notes(report: Mapping[str, Any]) -> list[str]:
    """A sentence for each stream with records that Optiply could not show."""
    found = []
    for name, row in report.get("streams", {}).items():
        if ids := [str(one["id"]) for one in row.get("isolated") or []]:
            shown = ", ".join(ids[:SHOWN]) + (" …" if len(ids) > SHOWN else "")
            found.append(f"{counted(len(ids), 'record')} of {name} cannot be read; asked for in every run: {shown}.")
    return found


def planned(folder: JobFolder, way: Outward) -> list[dict[str, Any]]:
    """What a rehearsal would write, as changes of a plan."""
    if not folder.outward_output.exists():
        return []
    found = []
    for line in folder.outward_output.read_bytes().splitlines():
        message = msgspec.json.decode(line)
        if message["type"] == "RECORD" and message["stream"] == way.entity:
            found.append(way.told(message["record"]))
    return found


def _selecting(streams: tuple[str, ...], left_out: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    """A catalogue that selects these streams, without some of their properties."""
    entries = []
    for name in streams:
        metadata: list[dict[str, Any]] = [{"breadcrumb": [], "metadata": {"selected": True}}]
        metadata += [
            {"breadcrumb": ["properties", column], "metadata": {"selected": False}}
            for stream, column in left_out
            if stream == name
        ]
        entries.append({"tap_stream_id": name, "stream": name, "metadata": metadata})
    return {"streams": entries}


def _as_bookmark(moment: str, days_before: int = 0) -> str:
    earlier = datetime.fromisoformat(moment.replace("Z", "+00:00")) - timedelta(days=days_before)
    return earlier.strftime("%Y-%m-%d %H:%M:%S")
