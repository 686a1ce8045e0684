"""Finds the products that a complete listing lacked, for the question that settles them in the same run.

The job asks the shop for them by id and adds the answer to the tap's output; run_deletions.py judges it. No pandas.
"""

from dataclasses import dataclass
from pathlib import Path

from connector.errors import InputError
from connector.values import Unfit, id_text
from etl.core.absence import within_limit
from etl.core.singer import SingerInput
from etl.magento.flags import FlowConfig
from etl.magento.shapes import STREAMS, ProductId
from etl.magento.tables import facts
from store.snapshot import Snapshot

LISTING = "product_ids"


@dataclass(frozen=True)
class Suspects:
    """Magento ids of the missing products, a product that the listing had, and whether one run may disable so many.

    `known` is empty where the listing had none that can be read; then `within_limit` is false.
    """

    product_ids: tuple[str, ...]
    known: str
    within_limit: bool


def find_suspects(tap_output: Path, snapshot: Snapshot, config: FlowConfig) -> Suspects | None:
    """Products in the store that the complete listing in `tap_output` (Singer messages) lacks.

    None where none is missing, the listing is not complete, or deletions are not synced. Raises OSError.
    """
    if not config.sync_product_deletions or not config.syncs("products"):
        return None
    snapshot.keep(facts)
    found = snapshot.rows("SELECT product_id, status FROM products WHERE gone = 0")
    # Taken over from another flow, a record may have any text as its id: two listings settle that.
    here = {key: status for rows in found for key, status in rows if key.isascii() and key.isdigit()}
    listed = _listed(tap_output) if here else None
    if listed is None:
        return None
    readable = [product_id for product_id, has_sku in listed.items() if has_sku and product_id.isdigit()]
    missing = sorted(here.keys() - listed.keys(), key=int)
    if not missing or (config.allowed_disables and not readable):
        return None
    vanished = sum(here[product_id] != "2" for product_id in missing)
    enabled = sum(status != "2" for status in here.values())
    # A listing without one product that can be read tells of a shop in trouble, not of its products.
    few = bool(readable) and within_limit(vanished, enabled, config.max_disable_share, config.allowed_disables)
    return Suspects(tuple(missing), min(readable, key=int, default=""), few)


def _listed(tap_output: Path) -> dict[str, bool] | None:
    """Ids of the listing, each with whether its record could be read; None where the listing proves nothing."""
    found: dict[str, bool] = {}
    with tap_output.open("rb") as file:
        source = SingerInput(file, tap_output.name, STREAMS)
        try:
            for batch in source.batches():
                for record in batch.records if batch.stream == LISTING else []:
                    assert isinstance(record, ProductId)
                    found[id_text(record.product_id)] = record.sku is not None
        except (InputError, Unfit):
            return None  # the ETL says what is wrong; a row without an id may stand for any product
    return found if source.is_complete(LISTING) else None
