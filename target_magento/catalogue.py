"""What the shop knows of the SKUs and sources that records name, read once in a run; and what hinders a write."""

from collections.abc import Collection
from dataclasses import dataclass, field

from connector.collation import folded
from target_magento.rows import StockedProduct
from target_magento.stock import ShopStock

UNKNOWN_SKU = "the shop has no product with this SKU; create it there, or correct the SKU at the source"


@dataclass
class Catalogue:
    """Products and sources by their folded names."""

    stock: ShopStock
    products: dict[str, StockedProduct] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)

    def learn(self, skus: Collection[str]) -> None:
        """Reads what is not known yet of these SKUs; one that was lacking may be there by now.

        Raises StreamError: the shop cannot be read.
        """
        if not self.sources:
            self.sources = {folded(one.code): one.code for one in self.stock.sources()}
        if missing := {folded(sku) for sku in skus} - self.products.keys():
            self.products.update(self.stock.products(missing))

    def hindrance(self, sku: str, source: str) -> str | None:
        """Why stock cannot be written there, as a sentence without a full stop; None: it can."""
        product = self.products.get(folded(sku))
        if product is None:
            return UNKNOWN_SKU
        if product.refusal is not None:
            return f"the product {product.refusal}"
        if folded(source) not in self.sources:
            return f"the shop has no source '{source}'; create it there, or correct the code at the source"
        return None
