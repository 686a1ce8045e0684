"""A flow into Optiply of a source that sells, buys and receives: its steps in their order, what it offers."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from sqlalchemy import MetaData

from etl.core.entity import Step, fill, tell
from etl.core.filled import Filled
from etl.core.flags import Flags
from etl.core.flow import Flow, Offered, Run
from etl.core.mapping import MapTable
from etl.core.streams import Streams
from etl.inward.needed import release_needed
from store.care import take_over
from vocabulary.optiply import TRADE

IMPORTED = "taken over from an imported snapshot"


def trade_flow(
    streams: Streams,
    fields: MapTable,
    flags: type[Flags],
    facts: MetaData,
    begin: Callable[[Run[Any]], Any],
    first: Sequence[Step],
    filled: Sequence[Filled],
    reasons: tuple[str, str],
    last: Sequence[Step] = (),
) -> Flow[Any, Any]:
    """The flow, by the source's name.

    `first` makes the rows and `needed` of the work, so that it is known which products are needed before it is decided
    which ones Optiply gets. `filled`: products first; `reasons` for which they are held, as in needed.held_products.
    """

    def release(run: Run[Any], work: Any) -> None:  # noqa: ANN401 - the flow's work
        release_needed(run, work.needed, reasons)

    products, *others = (partial(fill, each) for each in filled)
    return Flow(
        name=fields.source.lower(),
        streams=streams,
        fields=fields,
        flags=flags,
        facts=facts,
        begin=begin,
        steps=(tell, *first, products, release, *others, *last),
        offers=lambda config: [Offered(entity) for entity in TRADE if config.syncs(entity.name)],
        take_over=lambda snapshot, stream, known: take_over(snapshot, stream, known, IMPORTED),
    )
