"""Works the queue of a folder off, on its own or as a step of a run; the caller holds the folder's lock."""

import time
from dataclasses import asdict

from inventory.errors import InventoryError, ShopTrouble
from inventory.process import Processed, process
from inventory.settings import InventorySettings
from inventory.tables import Store
from job.folder import JobFolder, read_json_object
from job.inventory.folder import has_queue, queue_place, shop_of
from job.inventory.settings import read_settings
from job.inventory.tell import notes
from job.run.programs import StepResult
from job.run.progress import Display

STEP = "inventory"


def work_off(folder: JobFolder, settings: InventorySettings) -> Processed:
    """Everything that is due; a shop that cannot be opened ends it as one that cannot be asked does."""
    with Store.open(queue_place(folder)) as store:
        try:
            with shop_of(folder) as shop:
                return process(store, shop, settings)
        except ShopTrouble as error:
            return Processed(trouble=str(error))


def inventory_step(folder: JobFolder, display: Display) -> list[StepResult]:
    """The step of a run that writes what a warehouse system sent; none where it never sent anything."""
    if not has_queue(folder):
        return []
    began = time.monotonic()
    display.started(STEP)
    try:
        done = work_off(folder, read_settings(read_json_object(folder.config)))
    except InventoryError as error:
        done = Processed(trouble=str(error))
    display.moved(STEP, done.written, None)
    result = StepResult(
        STEP,
        exit_code=1 if done.trouble else 0,
        seconds=time.monotonic() - began,
        report={"counts": counts(done), "notes": notes(done), "requests": done.requests, "retries": done.retries},
        last_words=done.trouble or "",
    )
    display.ended(STEP, result.exit_code, result.seconds)
    return [result]


def counts(done: Processed) -> dict[str, int]:
    """How many figures became what; `mended` ones were put right after somebody else had changed them."""
    numbers = {name: value for name, value in asdict(done).items() if isinstance(value, int) and name != "requests"}
    return {**numbers, "mended": len(done.mended)}
