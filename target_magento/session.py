"""One run of the target: says what was mended, and closes the way to the shop at its end."""

from typing_extensions import override

from connector.words import counted
from delivery.report import WriteReport
from delivery.session import Session
from target_magento.destination import MagentoDestination
from target_magento.settings import MagentoSettings


class StockSession(Session):
    """A session over one shop."""

    def __init__(self, settings: MagentoSettings, destination: MagentoDestination, report: WriteReport) -> None:
        super().__init__(settings, destination, report)
        self._shop = destination

    @override
    def conclude(self) -> str | None:
        writer = self._shop.writer
        if mended := writer.figures.mended + writer.increments.mended:
            self.report.note(
                f"{counted(mended, 'figure')} of stock had units shipped between reading and writing; they were taken "
                "off again."
            )
        try:
            return super().conclude()
        finally:
            self._shop.stock.close()
