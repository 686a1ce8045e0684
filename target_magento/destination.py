"""A Magento shop as a destination: figures of stock and changes of them, written by one writer at a time."""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any, NoReturn

from connector.errors import AccessDenied, LoginRefused, StreamError
from connector.http.clock import ServerClock
from connector.http.pace import Pace
from delivery.destination import Applied, Found, Reply, Standing
from delivery.report import WriteReport
from target_magento.catalogue import Catalogue
from target_magento.figures import StockFigures
from target_magento.increments import Increments
from target_magento.settings import MagentoSettings
from target_magento.stock import ShopStock
from vocabulary.entity import Entity
from vocabulary.magento import ENTITIES


class StockWriter:
    """Sets figures and applies changes; objects are neither created nor removed in a shop."""

    def __init__(self, stock: ShopStock, settings: MagentoSettings) -> None:
        self._stock = stock
        catalogue = Catalogue(stock)
        self.figures = StockFigures(stock, catalogue, settings.store)
        self.increments = Increments(stock, catalogue, settings.store, settings.negative_quantities)

    def look(self, _entity: str, records: Sequence[dict[str, Any]]) -> Sequence[Standing]:
        """What stands for each record before it is set."""
        with self._explained():
            return self.figures.look(records)

    def upsert(self, _entity: str, records: Sequence[dict[str, Any]]) -> Sequence[Reply]:
        """Sets records by their key."""
        with self._explained():
            return self.figures.upsert(records)

    def held(self, _entity: str, records: Sequence[dict[str, Any]]) -> Sequence[Mapping[str, Any] | None]:
        """What stands for each record afterwards."""
        return self.figures.held(records)

    def apply(self, _entity: str, records: Sequence[dict[str, Any]]) -> Sequence[Applied]:
        """Applies changes, each once."""
        with self._explained():
            return self.increments.apply(records)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """A refused access ends the run: nothing will pass."""
        try:
            yield
        except AccessDenied as denied:
            raise LoginRefused(
                f"The shop refuses access (401): {denied.remedy}; or else {self._stock.client.signer.remedy}."
            ) from denied

    def create(self, entity: str, attributes: dict[str, Any]) -> NoReturn:
        """Nothing is created."""
        raise AssertionError(f"{entity} are set by key")

    def update(self, entity: str, object_id: str, attributes: dict[str, Any]) -> NoReturn:
        """Nothing is changed by an id."""
        raise AssertionError(f"{entity} are set by key")

    def delete(self, entity: str, object_id: str) -> NoReturn:
        """Nothing is removed."""
        raise AssertionError(f"{entity} are set by key")


class MagentoDestination:
    """One shop."""

    name = "Magento"
    program = "target-magento"

    def __init__(self, settings: MagentoSettings, report: WriteReport) -> None:
        """Sends nothing yet. Raises RunError where address or credentials cannot be used."""
        self.entities = tuple(replace(entity, batch=settings.batch_size) for entity in ENTITIES)
        self.stock = ShopStock.of(settings.shop, logging.getLogger(self.program), report)
        self.stop = self.stock.pool.stopping
        self.clock = ServerClock(self.name)
        self.stock.client.clock = self.clock
        self.pace = Pace(1)
        self.writer = StockWriter(self.stock, settings)

    def listed(
        self, entity: Entity, *, since: datetime | None = None, key: Mapping[str, Any] | None = None
    ) -> Iterable[Found]:
        """Nothing: what is set by its key is read back, and never looked up."""
        return ()

    def learn_time(self, _entity: Entity) -> None:
        """Asks for the sources, for the sake of the Date header. Raises StreamError."""
        try:
            self.stock.now()
        except StreamError as error:
            self.stock.logger.info("%s", error)
