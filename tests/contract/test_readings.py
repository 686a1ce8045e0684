"""Every recorded reading, place by place: the sandbox has its keys, kinds, nulls, absences and paging.

The recordings are not part of this repository: name their folder in MAGENTO_RECORDINGS to run these tests.
"""

from typing import Any
from urllib.parse import parse_qs

import pytest

from tests.contract.recordings import FOLDER, Recording, readings
from tests.contract.shape import Shape, differences

pytestmark = pytest.mark.skipif(not FOLDER, reason="MAGENTO_RECORDINGS names no folder of recorded answers")
READINGS = readings()
PAGING = ("pageSize", "currentPage")
EXPORT = "inventory/export-stock-salable-qty/website/"

# Kind of row -> (how the recorded paths that hold it begin, the sandbox's paths). A path that ends in `?` is a list.
KINDS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "bundle children": (("bundle-products/24-WG080/children",), ("bundle-products/BOX-DYN/children",)),
    "bundle options": (
        ("bundle-products/",),
        ("bundle-products/BOX-DYN/options/all", "bundle-products/KIT-FIX/options/all"),
    ),
    "linked products": (("products/GRP-1/links/",), ("products/GROUP-1/links/associated",)),
    "attribute options": (("products/attributes/color/options",), ("products/attributes/color/options",)),
    "one attribute": (("products/attributes/manufacturer",), ("products/attributes/manufacturer",)),
    "attributes": (("products/attributes",), ("products/attributes?",)),
    "product types": (("products/types",), ("products/types",)),
    "products": (("products",), ("products?",)),
    "order lines": (("orders/items",), ("orders/items?",)),
    "orders": (("orders",), ("orders?",)),
    "invoices": (("invoices",), ("invoices?",)),
    "shipments": (("shipments",), ("shipments?",)),
    "credit memos": (("creditmemos",), ("creditmemos?",)),
    "customers": (("customers/search",), ("customers/search?",)),
    "carts": (("carts/search",), ("carts/search?",)),
    "category list": (("categories/list",), ("categories/list?",)),
    "category tree": (("categories",), ("categories",)),
    "sales rules": (("salesRules/search",), ("salesRules/search?",)),
    "coupons": (("coupons/search",), ("coupons/search?",)),
    "websites": (("store/websites",), ("store/websites",)),
    "store views": (("store/storeViews",), ("store/storeViews",)),
    "store groups": (("store/storeGroups",), ("store/storeGroups",)),
    "store configs": (("store/storeConfigs",), ("store/storeConfigs",)),
    "modules": (("modules",), ("modules?",)),
    "sources": (("inventory/sources",), ("inventory/sources?",)),
    "stocks": (("inventory/stocks",), ("inventory/stocks?",)),
    "stock-source links": (("inventory/stock-source-links",), ("inventory/stock-source-links?",)),
    "source items": (("inventory/source-items",), ("inventory/source-items?",)),
    "stock of a website": (("inventory/stock-resolver/",), ("inventory/stock-resolver/website/base",)),
    "export": ((f"{EXPORT}base",), (f"{EXPORT}base?",)),
    "unknown website": ((EXPORT,), (f"{EXPORT}nowhere?",)),
    "index dump": (("inventory/dump-stock-index-data/",), ("inventory/dump-stock-index-data/website/b2b",)),
    "low stock": (("stockItems/lowStock",), ("stockItems/lowStock?",)),
    "stock status": (("stockStatuses/",), ("stockStatuses/VIRTUAL-1", "stockStatuses/PART-A")),
}
# What no program of ours asks for, and the sandbox therefore does not answer.
NOT_ASKED = {"directory/currency", "bulk"}

GUESTS = "the recorded orders are of guests; the field is as documented"
NO_STORE = "the sandbox has an order of a store view that is gone, and what follows from it"
NO_PAYMENT = "the sandbox has an order whose payment row is lost"
OPEN_KITS = "written with the invoice, and every recorded kit or configurable is invoiced"
IN_SHIPPING = ".extension_attributes.shipping_assignments[]"
LATE = ("discount_tax_compensation_invoiced", "base_discount_tax_compensation_invoiced")
# (kind of row, place) -> why the sandbox differs there.
REASONS: dict[tuple[str, str], str] = {
    ("orders", ".customer_id"): GUESTS,
    ("orders", ".payment"): NO_PAYMENT,
    **{("orders", place): NO_STORE for place in (".store_id", ".store_name", ".items[].store_id")},
    ("orders", f"{IN_SHIPPING}.items[].store_id"): NO_STORE,
    **{(kind, ".store_id"): NO_STORE for kind in ("order lines", "invoices", "shipments")},
    **{("orders", f"{where}.items[].parent_item.{name}"): OPEN_KITS for where in ("", IN_SHIPPING) for name in LATE},
}


def kind_of(path: str) -> str:
    return next(kind for kind, (starts, _) in KINDS.items() if path.startswith(starts))


def ours(magento: Any, criteria: Any, kind: str) -> list[Any]:
    rows: list[Any] = []
    for path in KINDS[kind][1]:
        if path == "stockItems/lowStock?":
            body = magento.json(path[:-1], "scopeId=0&qty=1000000&currentPage=1&pageSize=1000")
        elif kind == "unknown website":
            body = magento.ask(path[:-1], criteria(size=3)).json()
        else:
            body = magento.json(path[:-1], criteria(size=500, page=1)) if path.endswith("?") else magento.json(path)
        rows += body if isinstance(body, list) else body.get("items", [body])
    return rows


def recorded_rows(kind: str) -> list[Any]:
    found = [one for one in READINGS if one.path not in NOT_ASKED and kind_of(one.path) == kind]
    rows = [row for one in found if "fields=" not in one.query for row in one.rows]
    if kind == "order lines":
        # The recorded pages of lines hold generated ones only; those inside orders come from real checkouts, too.
        rows += [line for order in recorded_rows("orders") for line in order["items"]]
    return rows


def test_every_recorded_reading_is_of_a_kind_that_is_compared_or_asked_by_no_program() -> None:
    asked = {one.path for one in READINGS} - NOT_ASKED
    assert {kind_of(path) for path in asked} == set(KINDS)
    assert {one.path for one in READINGS} >= NOT_ASKED


def lists() -> list[Recording]:
    return [one for one in READINGS if one.path != "bulk" and one.is_list]


@pytest.mark.parametrize("recording", lists(), ids=lambda recording: recording.file)
def test_a_recorded_list_is_answered_with_its_envelope_and_its_page(magento: Any, recording: Recording) -> None:
    """The recorded request, word for word: what was asked comes back, and a page beyond the last is empty."""
    answer, real = magento.raw(recording.target), recording.body
    mine = answer.json()
    assert answer.status_code == recording.status
    assert answer.headers["Content-Type"].startswith(recording.content_type)
    assert mine.keys() == real.keys()
    assert mine.get("search_criteria") == real.get("search_criteria"), "the criteria come back as they were read"
    asked = parse_qs(recording.query)
    if any("filter" in name.lower() for name in asked):
        return  # those name what only the recorded shop has
    size, page = (int((asked.get(f"searchCriteria[{name}]") or asked.get(name) or ["1"])[0]) for name in PAGING)
    for body in (mine, real):
        if recording.path.startswith(EXPORT):
            assert body["total_count"] == len(body["items"]), "an export counts its page"
        else:
            expected = min(size, max(0, body["total_count"] - size * (page - 1)))
            # Long pages were shortened when they were recorded.
            assert len(body["items"]) == expected or (body is real and 0 < len(body["items"]) < expected)


@pytest.fixture(scope="module")
def a_cart(magento: Any) -> None:
    magento.sandbox.call(lambda: magento.sandbox.selling.cart({"PART-A": 2}))


@pytest.mark.usefixtures("a_cart")
@pytest.mark.parametrize("kind", KINDS)
def test_rows_differ_from_recorded_ones_only_where_a_reason_is_given(magento: Any, criteria: Any, kind: str) -> None:
    mine, real = ours(magento, criteria, kind), recorded_rows(kind)
    assert mine
    assert real
    found = dict(differences(Shape(mine), Shape(real)))
    explained = {place for of, place in REASONS if of == kind}
    assert {place: what for place, what in found.items() if place not in explained} == {}
    assert explained - found.keys() == set(), "a reason for a difference that is there no more"
