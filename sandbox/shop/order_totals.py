"""The totals of an order as Magento's REST gives them: sums in cents, written in base and order currency."""

from dataclasses import dataclass

from sandbox.shop.order_lines import Line, Progress, Purse
from sandbox.shop.world import Json

_FLAT_RATE = 500


@dataclass(frozen=True)
class Sums:
    """Totals of an order in cents of the base currency."""

    subtotal: int
    discount: int
    tax: int
    shipping: int

    @property
    def grand(self) -> int:
        """What the customer pays."""
        return self.subtotal - self.discount + self.tax + self.shipping


def sums_of(lines: list[Line]) -> Sums:
    """Add up the rows whose money counts; goods that need no shipping have no shipping costs."""
    counting = [row.money() for line in lines for row in line.counting()]
    virtual = all(line.product["type_id"] in ("virtual", "downloadable") for line in lines)
    return Sums(
        subtotal=sum(gross for gross, _, _, _ in counting),
        discount=sum(discount for _, discount, _, _ in counting),
        tax=sum(tax for _, _, _, tax in counting),
        shipping=0 if virtual else _FLAT_RATE * len(lines),
    )


def totals_json(lines: list[Line], progress: Progress, sums: Sums, purse: Purse) -> Json:
    """Build the amounts; what a state has not brought yet is left out, as Magento leaves nulls out."""
    totals = purse.both(
        discount_amount=-sums.discount,
        grand_total=sums.grand,
        discount_tax_compensation_amount=0,
        subtotal=sums.subtotal,
        subtotal_incl_tax=sums.subtotal + sums.tax,
        tax_amount=sums.tax,
        total_due=0 if progress.invoiced else sums.grand,
    )
    totals.update(_shipping(sums, purse))
    if progress.invoiced:
        invoiced = purse.both(
            discount_invoiced=-sums.discount,
            discount_tax_compensation_invoiced=0,
            shipping_invoiced=sums.shipping,
            subtotal_invoiced=sums.subtotal,
            tax_invoiced=sums.tax,
            total_invoiced=sums.grand,
            total_paid=sums.grand,
        )
        totals.update(invoiced, base_total_invoiced_cost=0)
    if progress.canceled:
        canceled = purse.both(
            discount_canceled=-sums.discount,
            shipping_canceled=sums.shipping,
            subtotal_canceled=sums.subtotal,
            tax_canceled=sums.tax,
            total_canceled=sums.grand,
        )
        totals.update(canceled)
    if progress.refunded:
        totals.update(_refunds(lines, progress.closed, sums, purse))
    return totals


def _refunds(lines: list[Line], whole: bool, sums: Sums, purse: Purse) -> Json:
    rows = [row for line in lines for row in line.counting()]
    goods = sums.subtotal if whole else sum(round(row.cents * row.refunded) for row in rows)
    refunded = sums.grand if whole else goods
    return purse.both(
        adjustment_negative=0,
        adjustment_positive=0,
        discount_refunded=0,
        discount_tax_compensation_refunded=0,
        shipping_refunded=sums.shipping if whole else 0,
        shipping_tax_refunded=0,
        subtotal_refunded=goods,
        tax_refunded=sums.tax if whole else 0,
        total_offline_refunded=refunded,
        total_refunded=refunded,
    )


def _shipping(sums: Sums, purse: Purse) -> Json:
    return {
        **purse.both(
            shipping_amount=sums.shipping,
            shipping_discount_amount=0,
            shipping_incl_tax=sums.shipping,
            shipping_tax_amount=0,
        ),
        "base_shipping_discount_tax_compensation_amnt": 0,
        "shipping_discount_tax_compensation_amount": 0,
    }
