"""`optiply-sync snapshot`: what the store knows, why a product is as it is, and moving ids in and out."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from connector.values import Unfit, id_text
from connector.words import counted, of_stream
from job.folder import FolderError, JobFolder
from job.snapshot.files import read_file, snapshot_files, write_files
from job.snapshot.moving import move
from job.snapshot.reading import AS_JSON, FOLDER, reading
from job.snapshot.tell import as_dict, print_table, tell_different, tell_owned
from job.snapshot.why import why
from job.systems import system_of
from job.systems.system import System
from store.care import Known, canonical_stream, check_owners, count_records, forget
from store.hotglue import SUFFIXES
from store.snapshot import Snapshot, lock

STREAM = click.argument("stream", metavar="STREAM")


@click.group()
def snapshot() -> None:
    """Look into the store of a job folder, or move ids in and out of it.

    \b
    Example: optiply-sync snapshot why ./acme TEE-RED-M
    """


@snapshot.command()
@FOLDER
@AS_JSON
def show(folder: Path, as_json: bool) -> None:
    """Count what FOLDER's store wants, what Optiply has, and what differs.

    \b
    Example: optiply-sync snapshot show ./acme
    """
    with reading(folder) as store:
        counts = count_records(store, system_of(JobFolder(folder)).created_once)
        answers = {row["stream"]: store.last_answer_at(row["stream"]) for row in counts}
        state = store.state()
    if as_json:
        rows = [{**row, "last_answer_at": answers[row["stream"]]} for row in counts]
        click.echo(json.dumps({"streams": rows, "state": state}, indent=2))
        return
    titles = ("stream", "wanted", "accepted", "with id", "to offer", "held", "unanswered", "refused", "last answer")
    print_table(titles, [[*row.values(), answers[row["stream"]] or "never"] for row in counts])
    bookmarks = (state or {}).get("bookmarks", {})
    for stream, bookmark in sorted(bookmarks.items()):
        value = bookmark.get("replication_key_value")
        if value:
            click.echo(f"Built from {stream} read up to {value}.")


@snapshot.command(name="export")
@FOLDER
@click.argument("directory", required=False, type=click.Path(path_type=Path, file_okay=False))
@click.option("--format", "suffix", type=click.Choice(SUFFIXES), default="csv", show_default=True, help="Files.")
def export(folder: Path, directory: Path | None, suffix: str) -> None:
    """Write what Optiply has as HotGlue's snapshot files, into DIRECTORY or the job's own snapshots/.

    \b
    Example: optiply-sync snapshot export ./acme ./for-hotglue --format parquet
    """
    with reading(folder) as store:
        written = write_files(store, directory or JobFolder(folder).snapshots, suffix)
    for path, count in written:
        click.echo(f"{path}: {counted(count, 'record')}.")
    if not written:
        click.echo("Optiply has nothing yet, so no file was written.")


@snapshot.command(name="import")
@FOLDER
@click.argument("place", required=False, type=click.Path(path_type=Path, exists=True))
def import_(folder: Path, place: Path | None) -> None:
    """Take ids over from HotGlue's snapshot files: a file, a folder, or the job's own snapshots/.

    What Optiply already has is then updated and never created a second time. Run it before the first run.

    \b
    Example: optiply-sync snapshot import ./acme ./downloaded/snapshots
    """
    system = system_of(JobFolder(folder))
    found = [read_file(path, system) for path in snapshot_files(place or JobFolder(folder).snapshots, system)]
    with _writing(folder) as store:
        for file in found:
            taken = system.take_over(store, file.stream, file.known)
            click.echo(
                f"{file.path}: {of_stream(len(taken.new), file.stream)} taken over, {taken.same} known already, "
                f"{counted(file.without_id, 'row')} without a pair of ids, "
                f"{counted(file.repeated, 'repeated row')}."
            )
            tell_different(file.stream, taken.different)
            tell_owned(folder, taken.owned)


@snapshot.command()
@FOLDER
@AS_JSON
def check(folder: Path, as_json: bool) -> None:
    """List the records that lack their id in Optiply because another record owns it.

    \b
    Example: optiply-sync snapshot check ./acme
    """
    with reading(folder) as store:
        found = check_owners(store)
    if as_json:
        click.echo(json.dumps([as_dict(claim) for claim in found], indent=2))
        return
    if not found:
        click.echo("Each of Optiply's ids belongs to one record.")
    tell_owned(folder, found)


@snapshot.command()
@FOLDER
@STREAM
@click.argument("remote_id")
@click.argument("optiply_id")
@click.option("--force", is_flag=True, help="Also where no run has read the record.")
def adopt(folder: Path, stream: str, remote_id: str, optiply_id: str, force: bool) -> None:
    """Say that Optiply has a record already: its id where it is read, and its id in Optiply.

    \b
    Example: optiply-sync snapshot adopt ./acme products 4711 998877
    """
    system = system_of(JobFolder(folder))
    name = _stream(system, stream)
    remote_id, optiply_id = _id("REMOTE_ID", remote_id), _id("OPTIPLY_ID", optiply_id)
    with _writing(folder) as store:
        if not force and not system.was_read(store, name, remote_id):
            raise FolderError(
                f"{name} {remote_id}: no run has read it from {system.title}, so this may be a slip, and what Optiply "
                f"has under {optiply_id} would be disabled as gone. Check the id, run first, or add --force."
            )
        taken = system.take_over(store, name, [Known(remote_id, optiply_id)])
        other = store.ids(name).get(remote_id)
    if taken.different:
        raise FolderError(
            f"{name} {remote_id} is {other} in Optiply by the store; forget it first: "
            f"optiply-sync snapshot forget {folder} {name} {remote_id}"
        )
    for claim in taken.owned:
        raise FolderError(
            f"{name} {remote_id} cannot be {optiply_id}: that id belongs to {name} {claim.owner} by the store. If that "
            f"is wrong, forget it first: optiply-sync snapshot forget {folder} {name} {claim.owner}"
        )
    click.echo(f"{name} {remote_id} is {optiply_id} in Optiply{'' if taken.new else ', as the store knew'}.")


@snapshot.command(name="forget")
@FOLDER
@STREAM
@click.argument("remote_ids", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Forget every record of the stream.")
def forget_(folder: Path, stream: str, remote_ids: tuple[str, ...], everything: bool) -> None:
    """Forget what Optiply has of records: the next run looks for them there, and creates those it does not find.

    \b
    Example: optiply-sync snapshot forget ./acme products 4711
    """
    if bool(remote_ids) == everything:
        raise click.UsageError("Name the remote ids to forget, or --all.")
    system = system_of(JobFolder(folder))
    name = _stream(system, stream)
    with _writing(folder) as store:
        count = forget(store, name, None if everything else remote_ids)
    click.echo(f"{count} {name} forgotten; the next run looks for them in Optiply before it creates any.")


for command in (move, why):
    snapshot.add_command(command)


@contextmanager
def _writing(folder: Path) -> Iterator[Snapshot]:
    """The store, locked, with earlier outcomes taken in, inside one transaction."""
    job = JobFolder(folder)
    if not job.root.is_dir():
        raise FolderError(f"{job.root}: there is no such folder; create it or name another job folder.")
    with lock(job.store), Snapshot.open(job.store) as store:
        store.absorb()
        with store.transaction():
            yield store


def _stream(system: System, name: str) -> str:
    stream = canonical_stream(name, system.kept)
    if stream is None:
        raise FolderError(f"{name!r} is not a stream kept here; name one of {', '.join(system.kept)}.")
    return stream


def _id(name: str, text: str) -> str:
    try:
        return id_text(text)
    except Unfit as error:
        raise FolderError(f"{name} {error}; give the id as it is shown there.") from error
