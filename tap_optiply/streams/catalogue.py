"""What is bought and sold, and from whom: products, suppliers, their products, compositions, promotions."""

from tap_optiply.streams.kinds import MasterData


class SuppliersStream(MasterData):
    """Suppliers; one row per supplier."""

    name = "suppliers"
    path = "/suppliers"
    of_account = True


class ProductsStream(MasterData):
    """Products with their remote ids by coupling; one row per product, disabled ones too."""

    name = "products"
    path = "/products"
    of_account = True


class SupplierProductsStream(MasterData):
    """What a supplier sells of a product, with its codes, price and lot size; one row per supplier and product."""

    name = "supplierProducts"
    path = "/supplierProducts"


class ProductCompositionsStream(MasterData):
    """Parts of assembled products; one row per product and part."""

    name = "productCompositions"
    path = "/productCompositions"


class PromotionsStream(MasterData):
    """Promotions with their time and uplift; one row per promotion."""

    name = "promotions"
    path = "/promotions"
    of_account = True
