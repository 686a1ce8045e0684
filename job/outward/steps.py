"""The way back in a run: read Optiply, ask for what was deleted, work out, write, absorb; its bookmark is saved last.

It goes before the shop's stock is read, so that what it writes is read back with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Protocol

import msgspec

from connector.words import counted
from job.folder import JobFolder, read_json_object, write_json
from job.run.bookmarks import State, last_state
from job.run.programs import Program, StepResult
from job.systems.outward import Outward
from job.systems.system import System
from store.snapshot import Snapshot

READ, ASK, WORK_OUT, WRITE = "optiply", "deleted", "receipts", "shop"
STEPS = frozenset({READ, ASK, WORK_OUT, WRITE})
SHOWN = 5
LISTED_DAYS = 31
"""How far back an ordinary run looks for deleted records; one with the deletion check looks for all."""
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
            if self.sends and way.switch_off(folder.snapshots):
                # Switched on again, everything is read, so that what was booked meanwhile counts as done.
                folder.outward_state.unlink(missing_ok=True)
            return
        for path in (folder.outward_read, folder.outward_output):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.unlink(missing_ok=True)
        since = "" if self.all_listed else _days_ago(LISTED_DAYS)
        state = self._read(since)
        if state is None:
            return
        self._ask(since, state)
        if self.start(Program(WORK_OUT, way.flow, [], self.run_dir / f"{WORK_OUT}.out")).exit_code or not self.sends:
            return
        if self._write():
            write_json(folder.outward_state, state)

    def _read(self, since: str) -> State | None:
        settings, catalog = self.run_dir / "outward.json", self.run_dir / "outward-catalog.json"
        write_json(settings, {"start_date": None, "end_date": None, self.way.since: since or None})
        write_json(catalog, _selecting(self.way.streams, self.way.left_out))
        arguments = self._configured(settings, catalog)
        if self.folder.outward_state.exists() and not self.full:
            arguments += ["--state", str(self.folder.outward_state)]
        read = self.start(Program(READ, self.way.tap, arguments, self.folder.outward_read))
        read.report.setdefault("notes", []).extend(unread_notes(read.report))
        return last_state(self.folder.outward_read)

    def _configured(self, settings: Path, catalog: Path) -> list[str]:
        return ["--config", str(self.folder.target_config), "--config", str(settings), "--catalog", str(catalog)]

    def _ask(self, since: str, state: State) -> None:
        """Asks by id for what a complete list lacked; without an answer the next run asks again."""
        way, read = self.way, self.folder.outward_read
        suspects = way.missing(read.parent, self.folder.snapshots, since)
        if not suspects:
            return
        settings, catalog = self.run_dir / "outward-ask.json", self.run_dir / "outward-ask-catalog.json"
        write_json(settings, {way.ids: suspects})
        write_json(catalog, _selecting((way.answers,), ()))
        answer = self.run_dir / f"{ASK}.singer"
        if self.start(Program(ASK, way.tap, self._configured(settings, catalog), answer)).exit_code == 0:
            with answer.open("rb") as lines, read.open("ab") as out:
                out.writelines(line for line in lines if not line.startswith(b'{"type":"STATE"'))
                out.write(msgspec.json.encode({"type": "STATE", "value": state}) + b"\n")

    def _write(self) -> bool:
        """Whether the target came to its end; what it says is in the store then, whatever that is."""
        folder, settings = self.folder, self.run_dir / "outward-target.json"
        write_json(settings, {"results_path": str(folder.outward / "target-state.json")})
        arguments = ["--config", str(folder.config), "--config", str(settings), "--input", str(folder.outward_output)]
        written = self.start(Program(WRITE, self.way.target, arguments, self.run_dir / f"{WRITE}.out"))
        with Snapshot.open(folder.snapshots, self.way.destination) as store:
            store.absorb()
        return written.exit_code == 0


def way_back(
    folder: JobFolder,
    system: System,
    run_dir: Path,
    start: Start,
    parts: tuple[str, ...],
    options: Asked,
) -> None:
    """The way back of a run over these parts of a system; nothing where the system has none."""
    way, everything = system.outward, parts == tuple(system.parts)
    if way is not None and way.part in parts:
        full = options.full and options.rescan_days is None
        WayBack(folder, way, run_dir, start, full, full or everything, options.sends).execute()


def inward(steps: Sequence[StepResult]) -> list[StepResult]:
    """The steps of a run without those of the way back."""
    return [step for step in steps if step.name not in STEPS]


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
        if message["type"] == "RECORD":
            record = message["record"]
            found.append(
                {
                    "stream": way.entity,
                    "remoteId": record["reference"],
                    "name": record["sku"],
                    "action": "change",
                    "why": "booked in Optiply",
                    "values": {record["source_code"]: [None, f"{record['delta']:+g}"]},
                }
            )
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


def _days_ago(days: int) -> str:
    moment = datetime.now(timezone.utc) - timedelta(days=days)
    return moment.strftime("%Y-%m-%d %H:%M:%S")
