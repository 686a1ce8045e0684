"""What POST, PATCH and DELETE do in the Optiply sandbox, resource by resource."""

from typing import Any

import pytest

from sandbox.optiply.resources import RESOURCES

PLACED = "2026-01-02T03:04:05Z"


def message(answer: Any) -> str:
    """The human text of a refusal, where Optiply puts it."""
    return str(answer.json()["errors"][0]["meta"]["message"])


def example(client: Any, type_: str) -> dict[str, Any]:
    """The least attributes a new object of a type needs, its parents created."""
    if type_ == "products":
        return {"name": "Lamp", "stockLevel": 3}
    if type_ == "suppliers":
        return {"name": "Lamps Ltd"}
    if type_ == "promotions":
        return {"name": "Spring", "startDate": PLACED, "endDate": "2026-02-01T00:00:00Z"}
    if type_ == "sellOrders":
        return {"placed": PLACED, "totalValue": 10, "orderLines": []}
    needed = {
        name: a.kind.target for name, a in RESOURCES[type_].attributes.items() if a.required and a.use == "create"
    }
    links = {name: client.create(target, **example(client, target))["id"] for name, target in needed.items()}
    values = {
        "supplierProducts": {"name": "Lamp"},
        "sellOrderLines": {"quantity": 2, "subtotalValue": "5.5"},
        "buyOrders": {"placed": PLACED, "totalValue": 7},
        "buyOrderLines": {"quantity": 2, "subtotalValue": 5},
        "receiptLines": {"occurred": PLACED, "quantity": 1},
        "productCompositions": {"partQuantity": 2},
        "promotionProducts": {},
    }
    return {**links, **values[type_]}


WRITABLE = [type_ for type_, resource in RESOURCES.items() if resource.writable]


@pytest.mark.parametrize("type_", WRITABLE)
def test_every_resource_can_be_created_read_changed_and_deleted(optiply_client, type_):
    sent = example(optiply_client, type_)
    made = optiply_client.create(type_, **sent)
    assert made["id"].isdigit()
    assert made["attributes"]["uuid"]
    assert made["attributes"]["createdAt"].endswith("Z")
    assert ("createdFromPublicApi" in made["attributes"]) is (type_ != "promotions")
    for name, attribute in RESOURCES[type_].attributes.items():
        if attribute.required and attribute.use == "create":
            assert made["attributes"][name] == int(sent[name]), "references are answered as integers"
    assert optiply_client.get(f"{type_}/{made['id']}").json()["data"] == made
    changed = optiply_client.patch(type_, made["id"], remoteDataSyncedToDate=PLACED)
    assert changed.status_code == 200
    assert changed.json()["data"]["attributes"]["remoteDataSyncedToDate"] == PLACED
    assert optiply_client.delete(type_, made["id"]).status_code == 204
    assert optiply_client.delete(type_, made["id"]).status_code == 404
    assert optiply_client.get(f"{type_}/{made['id']}").status_code == 404
    assert optiply_client.patch(type_, made["id"]).status_code == 404


@pytest.mark.parametrize("type_", WRITABLE)
def test_every_required_attribute_is_missed_by_its_name(optiply_client, type_):
    sent = example(optiply_client, type_)
    for name in sent:
        answer = optiply_client.post(type_, **{key: value for key, value in sent.items() if key != name})
        assert answer.status_code == 400
        assert message(answer) == f"{name}: must not be null"


@pytest.mark.parametrize("type_", [t for t in WRITABLE if RESOURCES[t].attributes and t != "promotions"])
def test_an_unknown_reference_is_a_404_and_creates_nothing(optiply_client, type_):
    links = [name for name, a in RESOURCES[type_].attributes.items() if a.required and a.use == "create"]
    for name in links:
        sent = example(optiply_client, type_)
        assert optiply_client.post(type_, **{**sent, name: 999}).status_code == 404
        assert optiply_client.post(type_, **{**sent, name: "nan"}).status_code == 500
    if links:
        assert type_ not in optiply_client.sandbox.optiply.counts()


def test_a_patch_changes_only_what_it_names_and_null_clears(optiply_client):
    id_ = optiply_client.product(price=12.5, skuCode="LAMP", eanCode="1")
    attributes = optiply_client.patch("products", id_, stockLevel=-4, eanCode=None).json()["data"]["attributes"]
    assert attributes["stockLevel"] == -4
    assert attributes["eanCode"] is None
    assert attributes["price"] == "12.50"
    assert attributes["skuCode"] == "LAMP"
    refused = optiply_client.patch("products", id_, name=None)
    assert refused.status_code == 400
    assert message(refused) == "name: must not be null"


def test_a_patch_moves_updated_at_by_the_clock_and_keeps_created_at(optiply_client):
    made = optiply_client.create("products", name="Lamp", stockLevel=1)
    optiply_client.sandbox.clock.advance(seconds=60)
    after = optiply_client.patch("products", made["id"], stockLevel=2).json()["data"]["attributes"]
    assert after["createdAt"] == made["attributes"]["createdAt"]
    assert after["updatedAt"] > made["attributes"]["updatedAt"]
    assert after["uuid"] == made["attributes"]["uuid"]


@pytest.mark.parametrize(
    ("attributes", "status", "text"),
    [
        ({"stockLevel": 1.5}, 500, "stockLevel"),
        ({"stockLevel": 2.0}, 500, "stockLevel"),
        ({"stockLevel": "3"}, 500, "stockLevel"),
        ({"stockLevel": True}, 500, "stockLevel"),
        ({"stockLevel": 10_000_000}, 400, "9999999"),
        ({"stockLevel": -10_000_000}, 400, "-9999999"),
        ({"price": -0.01}, 400, "greater than or equal to 0"),
        ({"price": 1_000_000_000}, 400, "9 digits"),
        ({"price": 1.005}, 400, "2 digits"),
        ({"price": "abc"}, 500, "price"),
        ({"price": "NaN"}, 500, "price"),
        ({"name": "x" * 256}, 400, "255"),
        ({"name": 7}, 500, "name"),
        ({"stockMeasurementUnit": "x" * 11}, 400, "10"),
        ({"status": "sleeping"}, 500, "status"),
        ({"notBeingBought": ["true"]}, 500, "notBeingBought"),
        ({"createdAtRemote": "yesterday"}, 500, "createdAtRemote"),
        ({"unlimitedStock": None}, 400, "unlimitedStock"),
        ({"webshop": "x"}, 400, "attribute webshop not found"),
        ({"remoteId": 7}, 500, "remoteId"),
    ],
)
def test_a_product_that_breaks_a_rule_is_refused_with_the_rule(optiply_client, attributes, status, text):
    answer = optiply_client.post("products", **{"name": "Lamp", "stockLevel": 1, **attributes})
    assert answer.status_code == status
    assert text in message(answer)
    assert optiply_client.sandbox.optiply.counts() == {}


def test_values_are_answered_in_optiplys_own_form(optiply_client):
    attributes = optiply_client.create(
        "products",
        name="Lamp",
        stockLevel=9_999_999,
        price="999999999.99",
        status="DISABLED",
        createdAtRemote="2026-01-01T02:00:00.500+02:00",
        manualServiceLevel="95",
        minimumStock=1.5,
        novel=True,
        uuid="mine",
    )["attributes"]
    assert attributes["price"] == "999999999.99"
    assert attributes["status"] == "disabled"
    assert attributes["createdAtRemote"] == "2026-01-01T00:00:00.500000Z"
    assert attributes["minimumStock"] == 1.5
    assert attributes["unlimitedStock"] is False
    assert attributes["accountId"] == 1380
    assert attributes["novel"] is False, "read-only attributes are ignored"
    assert attributes["uuid"] != "mine"


@pytest.mark.parametrize(
    ("attributes", "status", "text"),
    [
        ({"emails": ["good@example.com", "bad@"]}, 400, "bad@ is not a valid address"),
        ({"emails": "good@example.com"}, 500, "emails"),
        ({"deliveryTime": 0}, 400, "deliveryTime"),
        ({"deliveryTime": 366}, 400, "deliveryTime"),
        ({"userReplenishmentPeriod": 0}, 400, "userReplenishmentPeriod"),
        ({"globalLocationNumber": "123"}, 400, "exactly 13"),
        ({"type": "shop"}, 500, "type"),
    ],
)
def test_a_supplier_that_breaks_a_rule_is_refused_with_the_rule(optiply_client, attributes, status, text):
    answer = optiply_client.post("suppliers", **{"name": "Lamps Ltd", **attributes})
    assert answer.status_code == status
    assert text in message(answer)


def test_null_clears_the_e_mails_and_the_delivery_time_of_a_supplier(optiply_client):
    made = optiply_client.create("suppliers", name="Lamps Ltd", emails=["a@example.com"], deliveryTime=3)
    cleared = optiply_client.patch("suppliers", made["id"], emails=None, deliveryTime=None).json()["data"]["attributes"]
    assert cleared["emails"] == []
    assert cleared["deliveryTime"] is None


def test_a_second_object_with_the_same_remote_id_is_simply_created(optiply_client):
    first, second = (optiply_client.product(remoteId="5") for _ in range(2))
    assert first != second
    assert optiply_client.sandbox.optiply.counts() == {"products": 2}


def test_the_remote_id_is_kept_under_the_coupling_and_never_shown_as_itself(optiply_client):
    made = optiply_client.create("products", name="Lamp", stockLevel=1, remoteId="5")
    assert made["attributes"]["remoteIdMap"] == {"77": "5"}
    assert "remoteId" not in made["attributes"]
    optiply_client.query["couplingId"] = "78"
    other = optiply_client.patch("products", made["id"], remoteId="6").json()["data"]["attributes"]
    assert other["remoteIdMap"] == {"77": "5", "78": "6"}
    del optiply_client.query["couplingId"]
    cleared = optiply_client.create("products", name="Lamp", stockLevel=1, remoteId="7")["attributes"]
    assert cleared["remoteIdMap"] == {"default": "7"}


def test_lines_and_compositions_keep_their_remote_id_to_themselves(optiply_client):
    a, b = optiply_client.product(), optiply_client.product()
    made = optiply_client.create(
        "productCompositions", composedProductId=a, partProductId=b, partQuantity=1, remoteId="1-2"
    )
    assert "remoteIdMap" not in made["attributes"]
    assert optiply_client.sandbox.optiply.dump()["productCompositions"][0]["remoteIdMap"] == {"77": "1-2"}


@pytest.mark.parametrize("type_", ["supplierProducts", "productCompositions"])
def test_a_pair_exists_once_and_its_repetition_is_a_409(optiply_client, type_):
    sent = example(optiply_client, type_)
    made = optiply_client.create(type_, **sent)
    answer = optiply_client.post(type_, **sent)
    assert answer.status_code == 409
    assert "already exists" in message(answer)
    assert optiply_client.delete(type_, made["id"]).status_code == 204
    assert optiply_client.post(type_, **sent).status_code == 201


def test_an_order_comes_with_its_flat_lines_in_one_request(optiply_client):
    product = optiply_client.product()
    lines = [{"quantity": 2, "subtotalValue": 20.5, "productId": int(product)}]
    order = optiply_client.create("sellOrders", placed=PLACED, totalValue="20.50", orderLines=lines)
    assert "orderLines" not in order["attributes"]
    (line,) = optiply_client.get("sellOrderLines", **{"filter[sellOrderId]": order["id"]}).json()["data"]
    assert line["attributes"]["productId"] == int(product)
    assert line["attributes"]["subtotalValue"] == "20.50"
    refused = optiply_client.patch("sellOrders", order["id"], orderLines=[])
    assert refused.status_code == 400


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"attributes": {"quantity": 1}, "type": "sellOrderLines"}, 500),
        ({"productId": 999}, 404),
        ({"productId": None}, 400),
        ({"quantity": 1.0}, 500),
        ({"remoteId": "9"}, 400),
        ({"expectedDeliveryDate": PLACED}, 400),
    ],
)
def test_one_bad_line_fails_the_whole_order(optiply_client, change, status):
    good = {"quantity": 2, "subtotalValue": 20.5, "productId": int(optiply_client.product())}
    answer = optiply_client.post("sellOrders", placed=PLACED, totalValue=1, orderLines=[good, {**good, **change}])
    assert answer.status_code == status
    assert optiply_client.sandbox.optiply.counts() == {"products": 1}


def test_a_buy_order_knows_when_it_is_expected(optiply_client):
    supplier = optiply_client.create("suppliers", name="Lamps Ltd", deliveryTime=4)["id"]
    product = optiply_client.product()
    order = optiply_client.create(
        "buyOrders",
        placed=PLACED,
        totalValue=5,
        supplierId=supplier,
        orderLines=[{"quantity": 1, "subtotalValue": 5, "productId": product}],
    )
    assert order["attributes"]["expectedDeliveryDate"] == "2026-01-06T03:04:05Z"
    (line,) = optiply_client.get("buyOrderLines", **{"filter[buyOrderId]": order["id"]}).json()["data"]
    assert line["attributes"]["expectedDeliveryDate"] == "2026-01-06T03:04:05Z"
    uuid = optiply_client.get(f"products/{product}").json()["data"]["attributes"]["uuid"]
    assert line["attributes"]["productUuid"] == uuid


def test_a_line_takes_its_expected_date_from_the_supplier_product_when_the_order_has_none(optiply_client):
    supplier = optiply_client.create("suppliers", name="Lamps Ltd")["id"]
    product = optiply_client.product()
    optiply_client.create("supplierProducts", name="Lamp", supplierId=supplier, productId=product, deliveryTime=2)
    order = optiply_client.create("buyOrders", placed=PLACED, totalValue=5, supplierId=supplier)
    line = optiply_client.create(
        "buyOrderLines", quantity=1, subtotalValue=5, productId=product, buyOrderId=order["id"]
    )
    assert order["attributes"]["expectedDeliveryDate"] is None
    assert line["attributes"]["expectedDeliveryDate"] == "2026-01-04T03:04:05Z"


def test_a_product_has_one_preferred_supplier_at_most(optiply_client):
    product = optiply_client.product()
    suppliers = [optiply_client.create("suppliers", name=name)["id"] for name in ("One", "Two")]
    first, second = (
        optiply_client.create("supplierProducts", name="Lamp", productId=product, supplierId=id_, preferred=True)["id"]
        for id_ in suppliers
    )
    assert optiply_client.get(f"supplierProducts/{first}").json()["data"]["attributes"]["preferred"] is False
    optiply_client.patch("supplierProducts", first, preferred=True)
    assert optiply_client.get(f"supplierProducts/{second}").json()["data"]["attributes"]["preferred"] is False


def test_references_cannot_be_changed_by_a_patch(optiply_client):
    made = optiply_client.create("supplierProducts", **example(optiply_client, "supplierProducts"))
    other = optiply_client.product()
    kept = optiply_client.patch("supplierProducts", made["id"], productId=other, name="New")
    assert kept.status_code == 200
    assert kept.json()["data"]["attributes"]["productId"] == made["attributes"]["productId"]
    assert kept.json()["data"]["attributes"]["name"] == "New"


def test_a_deleted_order_takes_its_lines_and_their_receipts_along(optiply_client):
    receipt = optiply_client.create("receiptLines", **example(optiply_client, "receiptLines"))
    (order,) = optiply_client.sandbox.optiply.objects("buyOrders")
    optiply_client.delete("buyOrders", str(order["id"]))
    assert optiply_client.get(f"receiptLines/{receipt['id']}").status_code == 404
    assert set(optiply_client.sandbox.optiply.counts()) == {"products", "suppliers"}


@pytest.mark.parametrize("cascade", [True, False])
def test_a_deleted_product_takes_its_compositions_along_unless_set_otherwise(optiply_client, cascade):
    optiply_client.sandbox.optiply.settings.cascade_products = cascade
    made = optiply_client.create("productCompositions", **example(optiply_client, "productCompositions"))
    optiply_client.delete("products", str(made["attributes"]["partProductId"]))
    assert ("productCompositions" in optiply_client.sandbox.optiply.counts()) is not cascade


def test_a_promotion_counts_its_products(optiply_client):
    entry = optiply_client.create("promotionProducts", **example(optiply_client, "promotionProducts"))
    promotion = optiply_client.get(f"promotions/{entry['attributes']['promotionId']}").json()["data"]["attributes"]
    assert promotion["productCount"] == 1


def test_the_account_must_be_named_on_a_post_and_must_be_ones_own(optiply_client):
    body = {"data": {"type": "products", "attributes": {"name": "Lamp", "stockLevel": 1}}}
    foreign = optiply_client.send("POST", "products", body, accountId="1")
    assert foreign.status_code == 403
    del optiply_client.query["accountId"]
    missing = optiply_client.send("POST", "products", body)
    assert missing.status_code == 400
    assert "accountId" in message(missing)
    assert optiply_client.get("products").status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"data": {"type": "products"}},
        {"data": {"type": "Products", "attributes": {}}},
        {"data": {"type": "products", "id": "7", "attributes": {}}},
        {"data": [{"type": "products", "attributes": {}}]},
    ],
)
def test_a_body_that_is_no_envelope_is_refused(optiply_client, body):
    assert optiply_client.send("POST", "products", body).status_code == 400


def test_the_content_type_is_required_unless_the_server_is_lenient(optiply_client):
    optiply_client.session.headers["Content-Type"] = "application/json"
    assert optiply_client.get("products").status_code == 415
    optiply_client.sandbox.optiply.settings.strict = False
    assert optiply_client.get("products").status_code == 200
    assert optiply_client.post("products", name="Lamp", stockLevel=1, webshop="x").status_code == 201


def test_the_account_can_be_read_and_not_be_written(optiply_client):
    assert optiply_client.get("accounts").json()["data"][0]["id"] == "1380"
    assert optiply_client.delete("accounts", "1380").status_code == 405
    assert optiply_client.get("webshops").status_code == 404


def test_related_links_lead_from_an_order_to_its_products(optiply_client):
    made = optiply_client.create("receiptLines", **example(optiply_client, "receiptLines"))

    def follow(data: dict[str, Any], name: str) -> Any:
        url = data["relationships"][name]["links"]["related"]
        return optiply_client.session.get(url, timeout=10).json()["data"]

    line = follow(made, "buyOrderLine")
    assert follow(line, "product")["type"] == "products"
    order = follow(line, "buyOrder")
    assert [child["id"] for child in follow(order, "buyOrderLines")] == [line["id"]]
    assert follow(order, "account")["id"] == "1380"
    assert optiply_client.get(f"buyOrders/{order['id']}/nonsense").status_code == 404
