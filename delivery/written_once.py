"""A writer of what is made once, and belongs to the other system from then on: orders, most of all."""

from typing import Any, NoReturn

from typing_extensions import override

from connector.http.table import Fate
from delivery.destination import Reply
from delivery.json_api import JsonWriter


class OnceWriter(JsonWriter):
    """Makes objects alone; people change and cancel them in the system itself."""

    @override
    def update(self, entity: str, object_id: str, attributes: dict[str, Any]) -> NoReturn:
        """Nothing is changed: the system leads once an object is there."""
        raise AssertionError(f"{entity} are written once")

    @override
    def delete(self, entity: str, object_id: str) -> Reply:
        """Nothing is removed: what was ordered is cancelled by people."""
        return Reply(Fate.REFUSE, says=f"an order is not taken back; cancel it in {self.name}")
