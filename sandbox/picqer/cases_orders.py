"""One sales order for each awkward case, with the ids in `PicqerStore.cases`."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from sandbox.picqer import selling
from sandbox.picqer.cases_purchases import DOUBLED_HOUR, MISSING_HOUR
from sandbox.picqer.rows import Order, OrderLine
from sandbox.picqer.store import PicqerStore

_MAIN, _SECOND = 11, 12


def add_order_cases(store: PicqerStore) -> None:
    """Add the awkward orders: every status, compositions before and after processing, odd lines, odd hours."""
    _statuses(store)
    _compositions(store)
    _odd_lines(store)
    _nights(store)


def _line(store: PicqerStore, case: str, amount: int = 1, **values: Any) -> OrderLine:  # noqa: ANN401
    product = store.products.rows[store.cases[case]]
    return msgspec.structs.replace(selling.line_of(store, product, amount), **values)


def _place(store: PicqerStore, case: str, days: float, lines: Sequence[OrderLine], **more: Any) -> Order:  # noqa: ANN401
    with store.at(store.clock.start - timedelta(days=days)):
        order = selling.place(store, lines, **{"person": len(store.orders) + 1, **more})
    store.cases[case] = order.idorder
    return order


def _later(store: PicqerStore, order: Order, days: float, *steps: Any) -> None:  # noqa: ANN401
    for n, step in enumerate(steps):
        with store.at(store.clock.start - timedelta(days=days, minutes=-n)):
            step(store, store.orders.rows[order.idorder])


def _statuses(store: PicqerStore) -> None:
    _place(store, "order concept", 6, [_line(store, "product", 2)])
    _place(store, "order expected", 6, [_line(store, "product", 2)], status="expected", allocated=True)
    for case, steps in {
        "order processing": (selling.process,),
        "order paused": (selling.process, selling.pause),
        "order completed": (selling.process, selling.complete),
        "order cancelled": (selling.cancel,),
        "order cancelled while processing": (selling.process, _force),
    }.items():
        _later(store, _place(store, case, 6, [_line(store, "product", 2)]), 5, *steps)


def _force(store: PicqerStore, order: Order) -> Order:
    return selling.cancel(store, order, force=True)


def _compositions(store: PicqerStore) -> None:
    _place(store, "order of a composition", 5, [_line(store, "composition virtual")])
    _place(store, "order of a composition in concept", 2, [_line(store, "composition virtual", 2)])
    for case, product in {
        "order of a composition processed": "composition virtual",
        "order of a nested composition processed": "composition of a composition",
        "order of a composition with stock processed": "composition with stock",
    }.items():
        lines = [_line(store, product, 2), _line(store, "product")]
        _later(store, _place(store, case, 5, lines), 4, selling.process)
    lines = [_line(store, "composition virtual")]
    _later(store, _place(store, "order of a composition completed", 5, lines), 4, selling.process, selling.complete)


def _odd_lines(store: PicqerStore) -> None:
    _place(store, "order without lines", 4, [])
    _place(store, "order with a product twice", 4, [_line(store, "product"), _line(store, "product", 3, price=9.99)])
    _place(store, "order with a cancelled amount", 4, [_line(store, "product", 5, amount_cancelled=2)])
    _place(store, "order with a line without price", 4, [_line(store, "product", price=None)])
    _place(store, "order with neither price", 4, [_line(store, "product without price", price=None)])
    _place(store, "order with a line of price 0", 4, [_line(store, "product", price=0)])
    gone = _line(store, "product", idproduct=9_999, productcode="GONE")
    _place(store, "order of a deleted product", 4, [gone, _line(store, "product")])
    _place(store, "order of an inactive product", 4, [_line(store, "product inactive")])
    _place(store, "order of a guest", 4, [_line(store, "product")], person=0)
    _place(store, "order of the second warehouse", 4, [_line(store, "product")], warehouses=[_SECOND])
    _place(store, "order of any warehouse", 4, [_line(store, "product")], warehouses=[])
    _place(store, "order of both warehouses", 4, [_line(store, "product")], warehouses=[_SECOND, _MAIN])
    customer = store.settings.fulfilment_customer
    lines = [_line(store, "product of a fulfilment customer")]
    _place(store, "order of a fulfilment customer", 4, lines, customer=customer)


def _nights(store: PicqerStore) -> None:
    for case, moment in {
        "order in the doubled hour": DOUBLED_HOUR,
        "order in the doubled hour again": DOUBLED_HOUR + timedelta(hours=1),
        "order before the missing hour": MISSING_HOUR,
        "order after the missing hour": MISSING_HOUR + timedelta(minutes=1),
    }.items():
        _place(store, case, _days(store, moment), [_line(store, "product")])


def _days(store: PicqerStore, moment: datetime) -> float:
    return (store.clock.start - moment) / timedelta(days=1)
