"""The second question of a deletion check: products that a complete listing lacked are asked for by id.

The answer joins the tap's output, which stays one recording of all that the ETL was told.
"""

from pathlib import Path

import msgspec

from connector.words import counted
from job.folder import JobFolder, read_json_object, write_json
from job.run.bookmarks import State, last_state, unwrap
from job.systems.system import Missing, SecondQuestion, System
from store.snapshot import Snapshot


def missing_products(folder: JobFolder, asks: SecondQuestion, state: State, allowed: int | None) -> Missing | None:
    """The products to ask for after a reading that ended with `state`; None when there is nothing to ask."""
    mark = unwrap(state).get("bookmarks", {}).get(asks.listing, {})
    if mark.get("complete") is not True:
        return None
    with Snapshot.open(folder.store) as snapshot:
        return asks.find(read_json_object(folder.config), folder.tap_output, snapshot, allowed or 0)


def too_many(system: System, suspects: Missing) -> str:
    """What to say of more missing products than one run may disable."""
    number = len(suspects.product_ids)
    missing = f"{counted(number, 'product')} {'is' if number == 1 else 'are'} missing from {system.title}'s listing"
    return (
        f"{missing}, more than one run may disable: nothing was asked for by id, and the next run reads again what "
        f"this one read as changed. Check the shop; if they are really gone, run once with --allow-disable {number}."
    )


def question(folder: JobFolder, run_dir: Path, asks: SecondQuestion, suspects: Missing) -> list[str]:
    """The tap's arguments that make it ask for the suspects and read nothing else."""
    settings, catalog = run_dir / "question.json", run_dir / "question-catalog.json"
    write_json(settings, {asks.ids: list(suspects.product_ids), asks.known: suspects.known})
    selected = [{"breadcrumb": [], "metadata": {"selected": True}}]
    write_json(catalog, {"streams": [{"tap_stream_id": asks.answers, "stream": asks.answers, "metadata": selected}]})
    return ["--config", str(folder.config), "--config", str(settings), "--catalog", str(catalog)]


def join(folder: JobFolder, asks: SecondQuestion, state: State, answer: Path) -> State:
    """Appends a whole answer to the tap's output; returns the STATE that ends it now: `state` and the answer's mark."""
    mark = (last_state(answer) or {}).get("bookmarks", {}).get(asks.answers, {})
    joined = {**state, "bookmarks": {**state.get("bookmarks", {}), asks.answers: mark}}
    with answer.open("rb") as lines, folder.tap_output.open("ab") as out:
        out.writelines(line for line in lines if not line.startswith(b'{"type":"STATE"'))
        out.write(msgspec.json.encode({"type": "STATE", "value": joined}) + b"\n")
    return joined
