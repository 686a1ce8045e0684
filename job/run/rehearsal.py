"""A run without writes: tap and ETL over a temporary copy of the folder, and what they would have sent to Optiply."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import text

from job.folder import JobFolder, read_json_object, write_json
from job.inventory.look import due_note
from job.outward.steps import planned
from job.run.progress import Display
from job.run.report import Report
from job.run.steps import RunOptions, run_job
from job.run.totals import count_unsettled, unsettled
from job.run.unread import STATUS as UNREAD
from job.systems import system_of
from job.systems.system import System
from store.move import copy_stores
from store.place import SETTING, VARIABLE
from store.snapshot import Snapshot, is_stored, lock

Change = dict[str, Any]

# Made anew by the run itself.
NOT_COPIED = {"runs", "sync-output", "etl-output"}


@contextlib.contextmanager
def copied(folder: JobFolder) -> Iterator[JobFolder]:
    """A copy of the folder as it is between two runs; it is gone with the block.

    Raises SnapshotLocked while a run is at work.
    """
    with tempfile.TemporaryDirectory(prefix="optiply-sync-") as place:
        root = Path(place) / folder.root.name
        # Before the first run there is nothing to lock, and nothing is made here.
        with lock(folder.store) if folder.snapshots.exists() else contextlib.nullcontext():
            shutil.copytree(folder.root, root, ignore=_made_anew(folder))
        copy = JobFolder(root)
        config = {key: value for key, value in read_json_object(copy.config).items() if key != SETTING}
        if config.get("field_map"):
            # A relative path would lead elsewhere from the copy.
            config["field_map"] = str(folder.root / config["field_map"])
        write_json(copy.config, config)
        with _in_files(folder, copy):
            yield copy


@contextlib.contextmanager
def _in_files(folder: JobFolder, copy: JobFolder) -> Iterator[None]:
    """The copy has its stores in files, whatever the environment says; those of a database are copied there."""
    source = folder.store
    if source.url is None:
        yield
        return
    named = os.environ.pop(VARIABLE, None)
    try:
        if is_stored(source):
            with lock(source):
                copy_stores(source, copy.store)
                for old, new in zip(folder.all_bookmarks, copy.all_bookmarks, strict=True):
                    old.copy_to(new)
        yield
    finally:
        if named is not None:
            os.environ[VARIABLE] = named


def _made_anew(folder: JobFolder) -> Callable[[str, list[str]], set[str]]:
    """What a run makes in the folder, and on the way back: left there, an older run's would count as the plan's."""
    places = {str(folder.root), str(folder.outward)}
    return lambda at, names: NOT_COPIED & set(names) if at in places else set()


def rehearse(folder: JobFolder, options: RunOptions, display: Display) -> Report:
    """The report of a run that sends nothing, with `changes` and the records that would stay `unsettled`.

    A change holds stream, remoteId, action (create, update, enable, disable, delete), name, why, and values:
    attribute → [old, new].
    """
    with copied(folder) as copy:
        system = system_of(copy)
        report = run_job(copy, replace(options, sends=False), display)
        with Snapshot.open(copy.store) as snapshot:
            found = list(changes(copy.etl_output, snapshot, system)) if copy.etl_output.exists() else []
            if system.outward is not None:
                found = [*planned(copy, system.outward), *found]
            held = unsettled(snapshot, system)
            counts = count_unsettled(snapshot, system)
    report["notes"] += due_note(folder)
    if report["unread"]:
        unread = [{"remoteId": row["id"], "status": UNREAD, **row} for row in report["unread"]]
        held, counts = [*unread, *held], {UNREAD: len(unread), **counts}
    headline = _headline(report, found, counts)
    return {**report, "headline": headline, "changes": found, "unsettled": held, "counts": counts}


def _headline(report: Report, found: list[Change], counts: dict[str, int]) -> str:
    if report["exit_code"]:
        return str(report["headline"])
    actions: dict[str, int] = {}
    for change in found:
        actions[change["action"]] = actions.get(change["action"], 0) + 1
    told = ", ".join(f"{count} to {action}" for action, count in actions.items()) or "Nothing to send"
    return f"{told}; " + (", ".join(f"{count} {name}" for name, count in counts.items()) or "nothing waits") + "."


def changes(output: Path, snapshot: Snapshot, system: System) -> Iterator[Change]:
    """What the ETL's output would change in Optiply, in load order, beside what the store says Optiply has."""
    system.facts.keep(snapshot)
    with output.open("rb") as file, snapshot.reading() as connection:
        known = text(
            f"SELECT acknowledged, announced, CASE WHEN stream = 'products' THEN ({system.facts.gone}) END "
            "FROM records WHERE stream = :stream AND remote_id = :id"  # nosec B608
        )
        for line in file:
            if b'"RECORD"' in line:
                message = msgspec.json.decode(line)
                stream, record = message["stream"], message["record"]
                row = connection.execute(known, {"stream": stream, "id": record["remoteId"]}).first()
                acknowledged, announced, gone = row or (None, None, None)
                old = msgspec.json.decode(acknowledged or "{}")
                yield _change(stream, record, old, bool(announced), bool(gone), system.title)


def _change(stream: str, record: Change, old: Change, announced: bool, gone: bool, title: str) -> Change:
    names = record.get("_changed") or sorted(set(record) - {"remoteId", "id", "_changed", "deleted_at"})
    values = {name: [old.get(name), record.get(name)] for name in names}
    action, why = "update", "differs from Optiply"
    if "deleted_at" in record and stream != "products":
        action, why, values = "delete", "the kit no longer has this part", {}
    elif "id" not in record:
        action, why = "create", "unknown to Optiply"
        if announced:
            why = "was sent without an answer: it is looked up first"
    elif record.get("status") == "disabled" and old.get("status") != "disabled":
        action, why = "disable", f"proven gone from {title}" if gone else f"disabled in {title}"
    elif record.get("status") == "enabled" and old.get("status") == "disabled":
        action, why = "enable", f"is enabled in {title} again"
    which = {"stream": stream, "remoteId": record["remoteId"], "name": record.get("name") or old.get("name") or ""}
    return {**which, "action": action, "why": why, "values": values}
