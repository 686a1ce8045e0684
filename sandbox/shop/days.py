"""What happens in a shop on its later days: edits, a product disabled, one deleted, one new, stock moves and sales."""

import random
from datetime import datetime, timedelta

from sandbox.shop.orders import Draft
from sandbox.shop.products import Spec, number, stamp_text
from sandbox.shop.scenarios import Basket, composite_line, ordinary_order
from sandbox.shop.shop import Shop
from sandbox.shop.world import BASE_TIME, Json

_SOURCES = ("default", "ams", "rtm")


def next_day(shop: Shop, days: int = 1) -> Json:
    """Live the next day(s) and tell what changed: product ids, SKUs and order ids by what happened to them."""
    changes: Json = {}
    for _ in range(days):
        shop.day += 1
        for kind, keys in live_a_day(shop, BASE_TIME + timedelta(days=shop.day)).items():
            changes.setdefault(kind, []).extend(keys)
    return {"day": shop.day, **changes}


def live_a_day(shop: Shop, evening: datetime) -> Json:
    """Change a shop as its day `shop.day` does, in the twenty hours before `evening`, and tell what changed."""
    rng = shop.rng(f"day {shop.day}")
    pool = [product["id"] for product in shop.sellable()]
    rng.shuffle(pool)
    # The catalogue's awkward products go last: a later day should still have them.
    pool.sort(key=lambda product_id: not shop.products[product_id]["sku"].startswith(("P-", "NEW-")))
    edits = max(4, len(pool) // 100)
    return {
        "disabled": _disable(shop, pool[:1], evening, rng),
        "deleted": _delete(shop, pool[1:2]),
        "edited": _edit(shop, pool[2 : 2 + edits], evening, rng),
        "moved": _move_stock(shop, pool[2 + edits : 10 + 3 * edits], rng),
        "added": _add(shop, evening, rng),
        "completed": _complete(shop, evening, rng),
        "sold": [*_sell(shop, evening, rng), _sell_the_novelty(shop, evening)],
    }


def _moment(evening: datetime, rng: random.Random) -> str:
    return stamp_text(evening - timedelta(seconds=rng.randrange(3600, 20 * 3600)))


def _disable(shop: Shop, ids: list[int], evening: datetime, rng: random.Random) -> list[int]:
    for product_id in ids:
        shop.edit_product(product_id, _moment(evening, rng), status=2)
    return ids


def _delete(shop: Shop, ids: list[int]) -> list[int]:
    for product_id in ids:
        shop.delete_product(product_id)
    return ids


def _edit(shop: Shop, ids: list[int], evening: datetime, rng: random.Random) -> list[int]:
    """Give every other product a new name and the rest a new price."""
    for n, product_id in enumerate(ids):
        product = shop.products[product_id]
        if n % 2:
            shop.edit_product(product_id, _moment(evening, rng), price=number(product["price"] + 1.25 + shop.day))
        else:
            name = f"{product['name'].split(', edition')[0]}, edition {shop.day + 1}"
            shop.edit_product(product_id, _moment(evening, rng), name=name)
    return ids


def _move_stock(shop: Shop, ids: list[int], rng: random.Random) -> list[str]:
    """Receive and take goods in one warehouse each; the products' `updated_at` stays."""
    moved: list[str] = []
    for product_id in ids:
        sku = shop.products[product_id]["sku"]
        source = rng.choice(_SOURCES)
        if shop.stock.change(sku, product_id, source, float(rng.choice((-3, -1, 5, 12, 40)))):
            moved.append(sku)
    return moved


def _add(shop: Shop, evening: datetime, rng: random.Random) -> list[int]:
    moment = _moment(evening, rng)
    spec = Spec(
        sku=f"NEW-{shop.day:03d}",
        name=f"Novelty of day {shop.day}",
        price=19.95 + shop.day,
        default=12,
        sources={"ams": 30.0 + shop.day, "rtm": 6},
    )
    return [shop.add_product(spec, moment, moment)["id"]]


def _complete(shop: Shop, evening: datetime, rng: random.Random) -> list[int]:
    """Send the older half of the orders that wait, at most ten, all in one second."""
    waiting = sorted(order_id for order_id in shop.drafts if order_id in shop.orders)
    chosen = waiting[: min(10, (len(waiting) + 1) // 2)]
    batch = stamp_text(evening - timedelta(hours=6, seconds=rng.randrange(3600)))
    for order_id in chosen:
        shop.complete_order(order_id, batch)
    return chosen


def _sell_the_novelty(shop: Shop, evening: datetime) -> int:
    """Place an order that needs the day's new product, together with a kit."""
    basket = Basket({product["sku"]: product for product in shop.products.values()})
    lines = [basket.line(f"NEW-{shop.day:03d}", 2), basket.bundle("KIT-DYN")]
    moment = stamp_text(evening - timedelta(minutes=70))
    customer = next(iter(shop.customers.values()))
    return _place(shop, Draft(lines, customer, moment, stamp_text(evening - timedelta(minutes=65))))


def _place(shop: Shop, draft: Draft) -> int:
    """Place an order; what is complete the same day takes its goods from stock at once."""
    order = shop.place_order(draft)
    if draft.state == "complete":
        shop.stock.reserve(order)
        shop.stock.ship(order, shop.by_sku)
    order_id: int = order["entity_id"]
    return order_id


def _sell(shop: Shop, evening: datetime, rng: random.Random) -> list[int]:
    """Place ordinary orders in all states."""
    by_sku = {product["sku"]: product for product in shop.products.values()}
    basket, sellable, customers = Basket(by_sku), shop.sellable(), list(shop.customers.values())
    count = min(50, max(8, len(shop.orders) // 20))
    moments = sorted(evening - timedelta(seconds=rng.randrange(2 * 3600, 19 * 3600)) for _ in range(count))
    sold: list[int] = []
    for moment in moments:
        draft = ordinary_order(
            sellable, customers, rng, moment, lambda: composite_line(basket, rng), evening - timedelta(hours=1)
        )
        sold.append(_place(shop, draft))
    return sold
