"""The second question of a deletion check: products that a complete listing lacked are asked for by id.

The answer joins the tap's output, which stays one recording of all that the ETL was told.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from etl.core.files import complete_marks
from etl.magento.flags import ConfigError, load_config
from etl.magento.suspects import LISTING, Suspects, find_suspects
from job.folder import JobFolder, read_json_object, write_json
from job.run.bookmarks import State, last_state
from job.words import counted
from store.snapshot import Snapshot

ANSWER = "product_checks"


def suspects_of(folder: JobFolder, state: State, allowed: int | None) -> Suspects | None:
    """The products to ask for after a reading that ended with `state`; None when there is nothing to ask."""
    if LISTING not in complete_marks(state):
        return None
    try:
        config, _ = load_config(read_json_object(folder.config))
    except ConfigError:
        # The ETL will say what is wrong.
        return None
    with Snapshot.open(folder.snapshots) as snapshot:
        return find_suspects(folder.tap_output, snapshot, config.allowing(allowed or 0))


def too_many(suspects: Suspects) -> str:
    """What to say of more missing products than one run may disable."""
    number = len(suspects.product_ids)
    missing = f"{counted(number, 'product')} {'is' if number == 1 else 'are'} missing from Magento's listing"
    return (
        f"{missing}, more than one run may disable: nothing was asked for by id. Check the shop; if they are really "
        f"gone, run once with --allow-disable {number}."
    )


def question(folder: JobFolder, run_dir: Path, suspects: Suspects) -> list[str]:
    """The tap's arguments that make it ask for the suspects and read nothing else."""
    settings, catalog = run_dir / "question.json", run_dir / "question-catalog.json"
    write_json(settings, {"check_product_ids": list(suspects.product_ids), "known_product_id": suspects.known})
    selected = [{"breadcrumb": [], "metadata": {"selected": True}}]
    write_json(catalog, {"streams": [{"tap_stream_id": ANSWER, "stream": ANSWER, "metadata": selected}]})
    return ["--config", str(folder.config), "--config", str(settings), "--catalog", str(catalog)]


def join(folder: JobFolder, state: State, answer: Path) -> State:
    """Appends a whole answer to the tap's output; returns the STATE that ends it now: `state` and the answer's mark."""
    mark = (last_state(answer) or {}).get("bookmarks", {}).get(ANSWER, {})
    joined = {**state, "bookmarks": {**state.get("bookmarks", {}), ANSWER: mark}}
    with answer.open("rb") as lines, folder.tap_output.open("ab") as out:
        out.writelines(line for line in lines if not line.startswith(b'{"type":"STATE"'))
        out.write(msgspec.json.encode({"type": "STATE", "value": joined}) + b"\n")
    return joined
