"""The flow of buy orders out of Optiply, for a system that declares how it takes purchase orders."""

from collections.abc import Mapping, Sequence
from functools import partial

from sqlalchemy import MetaData

from etl.core.entity import Filled, default_steps
from etl.core.fitting import conversions_of
from etl.core.flow import Flow, Offered
from etl.core.mapping import MapEntity, MapTable
from etl.outward.flags import ExportFlags
from etl.outward.purchase_orders import SOURCES, orders
from etl.outward.purchase_shapes import STREAMS
from etl.outward.purchase_system import ExportWork, Purchasing
from store.care import take_over


def purchase_flow(
    name: str,
    system: Purchasing,
    destination: str,
    more: Sequence[Filled] = (),
    more_fields: Mapping[str, MapEntity] | None = None,
) -> Flow[ExportFlags, ExportWork]:
    """The flow `name`; `more` is filled besides the orders, with what the mapping table may say of it."""
    entity = system.entity
    known = {field: kind for field, kind in conversions_of(entity).items() if field != system.lines}
    line = entity.lines[system.lines]
    once = tuple(field for field in known if field not in entity.required)
    return Flow(
        name=name,
        streams=STREAMS,
        fields=MapTable(
            "Optiply",
            system.title,
            {
                entity.name: MapEntity(
                    {"remoteId": None, **known}, ("remoteId", system.supplier), (*SOURCES, *system.sources)
                ),
                **(more_fields or {}),
                system.lines: MapEntity(dict.fromkeys(line), (system.product, system.units), system.line_sources),
            },
            own=entity.name,
        ),
        flags=system.flags,
        facts=MetaData(),
        begin=system.work,
        steps=default_steps([Filled(entity, "buyOrders", rows=partial(orders, system), omitted=once), *more]),
        offers=lambda flags: [Offered(entity), *(Offered(one.entity) for one in more if one.when(flags))],
        destination=destination,
        take_over=lambda snapshot, stream, known: take_over(snapshot, stream, known, "taken over"),
    )
