"""Salable quantities of every website, by runs of the product listing: the export walks products, not its own rows."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from connector.errors import Unreadable
from connector.http.pool import Row, in_order
from connector.lists.again import portions
from connector.lists.pages import Isolate, Outcome, with_names
from tap_magento.bulk import PRODUCTS_A_PAGE, export_question, export_where
from tap_magento.listing import Listed, ProductListing
from tap_magento.scope import websites_with_stock
from tap_magento.shop import Shop


@dataclass(frozen=True)
class Piece:
    """A run of products on one website."""

    website: str
    products: list[Listed]


@dataclass
class SalableQuantities:
    """Reads the export of each website that sells from a stock."""

    shop: Shop
    isolate: Isolate
    _whole: bool = field(default=True, init=False)

    def pages(self) -> Iterator[list[Row]]:
        """Rows by website, then ascending by product id."""
        websites = websites_with_stock(self.shop)
        # Those that cannot be listed lie in between, and the export may hold them: a page must have room for them.
        products = self.shop.products(self.isolate).products
        pieces = (Piece(code, run) for code in websites for run in portions(products, PRODUCTS_A_PAGE))
        yield from in_order(self.shop.pool, pieces, self._fetch, self._settle)

    def counted(self) -> bool:
        """Whether the listing of products was complete; asked after the last page."""
        listing: ProductListing | None = self.shop.listing
        return self._whole and listing is not None and listing.usable

    def _fetch(self, piece: Piece) -> Outcome:
        asked = export_question(piece.website, export_where(piece.products), len(piece.products))
        return self.shop.fetch(asked, with_names("sku"))

    def _settle(self, piece: Piece, outcome: Outcome) -> tuple[list[Row], list[Piece]]:
        if isinstance(outcome, Unreadable):
            middle = len(piece.products) // 2
            if middle:
                halves = piece.products[:middle], piece.products[middle:]
                return [], [Piece(piece.website, half) for half in halves]
            if piece.products[0].sku is not None:
                self.isolate(f"{piece.website}/{piece.products[0].sku}", outcome)
            return [], []
        if outcome.asked < len(piece.products):
            return [], [Piece(piece.website, run) for run in portions(piece.products, outcome.asked)]
        if outcome.total > len(outcome.rows):
            self._whole = False
            self.shop.report.note(
                f"salable_quantities: a page of website {piece.website} holds {len(outcome.rows)} rows and says "
                f"{outcome.total}, so the stream does not count as complete in this run."
            )
        return [{"website_code": piece.website, **row} for row in outcome.rows], []
