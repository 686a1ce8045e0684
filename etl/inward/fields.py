"""What a mapping table into Optiply may say of an entity, by the vocabulary."""

from etl.core.fitting import conversions_of
from etl.core.mapping import MapEntity
from vocabulary.entity import Entity, remote_name

LINE = ("productRemoteId", "quantity", "subtotalValue")
ORDER_LINES = MapEntity(
    fields=dict.fromkeys(LINE), needed=LINE, sources=("line:product", "line:amount", "line:subtotal")
)
"""The lines of a sell order, which sales.py makes."""


def mapped_entity(
    entity: Entity, needed: tuple[str, ...], sources: tuple[str, ...], custom: str = "", **more: str | None
) -> MapEntity:
    """Everything that the vocabulary says of an entity can be mapped; references by the remote id.

    `needed` besides the remote id; `more`: fields whose conversion is another one.
    """
    skipped = {"remoteDataSyncedToDate", *entity.lines, *entity.references}
    fields = {name: kind for name, kind in conversions_of(entity).items() if name not in skipped}
    references = dict.fromkeys(map(remote_name, entity.references), "identifier")
    return MapEntity({"remoteId": "identifier", **fields, **references, **more}, ("remoteId", *needed), sources, custom)
