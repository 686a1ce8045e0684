"""Magento's flow into Optiply: its streams, mapping table, flags and facts, and its steps in their order."""

from connector.settings import near
from etl.core.flags import ConfigError
from etl.core.flow import Flow, Offered, Run
from etl.core.mapping import own_codes
from etl.magento.adopted import take_over
from etl.magento.fields import CUSTOM, FIELDS
from etl.magento.flags import FlowConfig
from etl.magento.shapes import STREAMS
from etl.magento.steps.compositions import want_compositions
from etl.magento.steps.deletions import find_deletions
from etl.magento.steps.orders import count_lines, gather_orders, want_orders
from etl.magento.steps.products import want_products
from etl.magento.steps.stock import keep_stock
from etl.magento.tables import facts
from etl.magento.work import Work, finish_reading
from vocabulary.optiply import PRODUCT_COMPOSITIONS, PRODUCTS, SELL_ORDERS


def offers(config: FlowConfig) -> list[Offered]:
    """What is offered with these flags, in load order."""
    left = () if config.map_stockLevel else ("stockLevel",)
    found = [
        Offered(PRODUCTS, never_compared=left, force=config.force_patch_products),
        *([Offered(PRODUCT_COMPOSITIONS)] if config.composes else []),
        Offered(SELL_ORDERS),
    ]
    return [each for each in found if config.syncs(each.entity.name)]


def check_attributes(run: Run[FlowConfig], work: Work) -> None:
    """Custom attributes are checked by name where the shop's attributes were read. Raises ConfigError."""
    codes = work.facts.attribute_codes
    for code in own_codes(run.field_map["products"], CUSTOM) if codes else []:
        if code not in codes:
            found = near(code, sorted(codes), most=3, cutoff=0.5)
            known = "see the shop's attributes in product_attributes."
            hint = f"did you mean {' or '.join(found)}?" if found else known
            raise ConfigError(f"{CUSTOM}{code} is mapped, but the shop has no attribute {code!r}; {hint}")


MAGENTO = Flow(
    name="magento",
    streams=STREAMS,
    fields=FIELDS,
    flags=FlowConfig,
    facts=facts,
    begin=Work,
    steps=(
        finish_reading,
        check_attributes,
        # A row's SKU is that of a product which is there, so what is gone is found first.
        find_deletions,
        keep_stock,
        gather_orders,
        count_lines,
        want_products,
        want_compositions,
        want_orders,
    ),
    offers=offers,
    take_over=take_over,
)
