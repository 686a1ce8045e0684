"""Keys, addresses and endpoints that are not what they should be: said with the remedy, and no list taken for empty."""

from collections.abc import Iterator

import pytest
from singer_sdk.exceptions import ConfigValidationError

from connector.errors import EndpointMissing, LoginRefused, RunError
from sandbox.server.fault_rules import Rule
from sandbox.systems import Sandbox
from tap_picqer.config import ETL_KEYS
from tap_picqer.tap import TapPicqer
from tests.tap_picqer.reading import KEY, SCOPED, names_of_all_streams, read


@pytest.fixture
def account() -> Iterator[Sandbox]:
    with Sandbox(magento=False, picqer=True) as sandbox:
        yield sandbox


def fault(sandbox: Sandbox, **values: object) -> None:
    sandbox.call(lambda: sandbox.account.faults.add(Rule(**values)))  # type: ignore[arg-type]


def test_a_wrong_key_stops_the_run_and_is_never_shown(account):
    reading = read(account, api_key="not-the-key")
    assert isinstance(reading.error, LoginRefused)
    assert "Picqer refuses the API key [401]" in str(reading.error)
    assert "Settings > API keys" in str(reading.error)
    assert "not-the-key" not in str(reading.error)
    assert not reading.records


def test_a_key_that_is_withdrawn_while_it_reads_stops_the_run(account):
    def withdraw(store: object, _rows: object) -> None:
        account.picqer.settings.api_key = "another"

    account.account.changes.after_page("products", 3, withdraw)
    reading = read(account)
    assert isinstance(reading.error, LoginRefused)


def test_a_key_of_a_fulfilment_customer_reads_that_customer_and_no_suppliers(account):
    reading = read(account, api_key=SCOPED)
    assert reading.error is None
    assert not reading.failures
    own = {n for n, row in account.picqer.products.rows.items() if row.idfulfilment_customer == 7001}
    assert own
    assert set(reading.ids("products", "idproduct")) == own
    assert reading.complete("products")
    assert not reading.records["suppliers"]
    assert not reading.complete("suppliers")
    assert not reading.complete("supplier_ids")
    assert "suppliers: left out. Picqer accepts the API key but not for this" in reading.notes


def test_what_else_is_refused_to_such_a_key_fails_and_the_rest_goes_on(account):
    account.picqer.settings.refused_to_fulfilment = ["suppliers", "receipts"]
    reading = read(account, api_key=SCOPED)
    assert list(reading.failures) == ["receipts"]
    assert "Use a key of the whole account" in str(reading.failures["receipts"])
    assert reading.records["orders"]


@pytest.mark.parametrize("resource", ["warehouses", "suppliers", "purchaseorders", "receipts", "orders"])
def test_an_endpoint_that_is_withdrawn_is_no_empty_list(account, resource):
    account.picqer.settings.withdrawn = [resource]
    reading = read(account)
    stream = {"purchaseorders": "purchase_orders"}.get(resource, resource)
    assert isinstance(reading.failures[stream], EndpointMissing)
    assert not reading.complete(stream)
    assert reading.complete("products")


def test_without_products_nothing_is_said_to_be_gone(account):
    account.picqer.settings.withdrawn = ["products"]
    reading = read(account)
    assert list(reading.failures) == ["products"]
    assert not any(map(reading.complete, ("products", "product_ids", "product_parts")))
    assert reading.records["orders"]


def test_an_outage_is_waited_for_once_and_no_composition_is_taken_for_a_bad_record(account):
    """Chaos, one of the seeds 116 to 125: each stream and each composition had waited for itself, 140 seconds."""
    fault(account, path="/products/[0-9]+/parts$|/purchaseorders|/receipts|/orders", status=503, body="html")
    reading = read(account, retry_seconds=0.4)
    assert sorted(reading.failures) == ["orders", "product_parts", "purchase_orders", "receipts"]
    assert reading.report["streams"]["product_parts"]["isolated"] == []
    asked = sum(entry.status == 503 for entry in account.requests.select(api="picqer"))
    assert asked <= 3 + 2 * 4, "the first one waits, with those beside it; who comes later looks whether it is over"


def test_where_every_composition_has_lost_its_parts_nobody_believes_it(account):
    fault(account, path="/parts$", status=404, body='{"error": true, "error_code": 20, "error_message": "No parts"}')
    reading = read(account, "product_parts")
    assert not reading.records
    assert not reading.complete("product_parts")
    assert "compositions has a part, which is no answer" in reading.notes


def test_a_page_of_html_is_no_list(account):
    fault(account, path="/receipts", status=200, body="html")
    reading = read(account, retry_seconds=5)
    assert list(reading.failures) == ["receipts"]
    assert "a web page came instead of data" in str(reading.failures["receipts"])


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"path": "/api", "status": 404, "body": "html"}, "does not answer as an account of Picqer"),
        ({"path": "/api", "status": 301, "headers": {"Location": "https://elsewhere"}}, "redirects to another address"),
        ({"path": "/api", "status": 200, "body": '{"hello": 1}'}, "is not an empty list"),
    ],
)
def test_something_else_at_the_address_stops_the_run(account, rule, words):
    fault(account, **rule)
    reading = read(account, retry_seconds=1)
    assert isinstance(reading.error, RunError)
    assert words in str(reading.error)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"picqer_url": "https://a b"}, "picqer_url"),
        ({"time_zone": "Holland"}, "time_zone 'Holland' is not the name"),
        ({"start_date": "soon"}, "start_date 'soon' is not a date"),
        ({"api_key": "key:x"}, "api_key holds a colon"),
        ({"api_key": "kéy"}, "api_key holds U+00E9"),
        ({"api_key": ""}, "api_key is missing"),
    ],
)
def test_settings_of_no_use_are_named(values, words):
    with pytest.raises(ConfigValidationError) as caught:
        TapPicqer(config={"picqer_url": "https://acme.picqer.com", "api_key": KEY, **values})
    told = "; ".join(caught.value.errors)
    assert words in told
    assert "key:x" not in told


def test_the_address_may_be_pasted_with_a_path(account):
    for pasted in (
        account.picqer_url,
        f"{account.picqer_url}/",
        f"{account.picqer_url}/api/v1/",
        f"{account.picqer_url}/products",
    ):
        assert read(account, "warehouses", picqer_url=pasted).complete("warehouses")


def test_every_request_names_its_program(account):
    account.requests.clear()
    reading = read(account, *names_of_all_streams(), user_agent="Shop link (it@shop.example)")
    assert reading.error is None


def test_the_flags_of_the_etl_are_no_unknown_settings_of_the_tap():
    from etl.picqer.flags import PicqerFlags

    assert set(PicqerFlags.model_fields) == ETL_KEYS


@pytest.mark.parametrize(("setting", "read_by_default"), [({}, True), ({"sync_compositions": "false"}, False)])
def test_parts_are_not_asked_for_where_nobody_wants_compositions(setting, read_by_default):
    tap = TapPicqer(config={"picqer_url": "https://acme.picqer.com", "api_key": KEY, **setting})
    assert ("product_parts" in {stream.name for stream in tap.chosen()}) is read_by_default
