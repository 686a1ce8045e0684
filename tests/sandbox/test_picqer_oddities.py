"""Rows that Picqer's sandbox answers wrongly on purpose, and a server that is killed while it writes."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from sandbox.server.oddities import Oddity


def odd(picqer, **values):
    answer = picqer.control("oddities", [{"resource": "products", "id": 10001, **values}])
    assert answer.status_code == 200, answer.text


def test_an_odd_value_stands_in_the_list_and_alone_and_nowhere_else(picqer):
    odd(picqer, values={"name": ["x"], "stock.0.freestock": "many", "nowhere.0": 1}, missing=["price", "stock.1.stock"])
    plain = picqer.get("products/10002")
    for row in (picqer.get("products/10001"), next(r for r in picqer.all("products") if r["idproduct"] == 10001)):
        assert row["name"] == ["x"]
        assert "price" not in row
        assert row["stock"][0]["freestock"] == "many"
        assert "stock" not in row["stock"][1]
        assert set(plain) - set(row) == {"price"}
    assert picqer.store.products.rows[10001].name == "Product"
    picqer.control("oddities", [])
    assert picqer.get("products/10001")["name"] == "Product"


@pytest.mark.parametrize("text", ["NaN", "1e400", "9" * 5000, "[" * 300 + "]" * 300, '"\\ud800"'])
def test_text_that_is_hardly_json_goes_out_as_it_is(picqer, text):
    odd(picqer, raw={"price": text})
    assert f'"price":{text},' in picqer.ask("GET", "products/10001").text
    assert f'"price":{text},' in picqer.ask("GET", "products").text


def test_a_whole_row_may_be_something_else(picqer):
    odd(picqer, row="null")
    assert picqer.get("products").count(None) == 1


def test_a_row_may_make_every_page_that_holds_it_fail(picqer):
    picqer.store.settings.page_size = 10
    picqer.sandbox.account.oddities.add(Oddity(resource="products", id=10001, status=500))
    last = len(picqer.store.products.where_ids("active", True)) // 10 * 10
    statuses = [picqer.ask("GET", "products", offset=offset).status_code for offset in range(0, last + 10, 10)]
    assert statuses == [200] * (len(statuses) - 1) + [500]
    assert picqer.refused("GET", "products/10001") == (500, 1)
    picqer.control("reset", {})
    assert picqer.get("products/10001")


@pytest.mark.parametrize("body", [{"id": 1}, [{"resource": "goods", "id": 1}], [{"resource": "products", "id": "x"}]])
def test_oddities_that_are_none_are_refused(picqer, body):
    assert picqer.control("oddities", body).status_code == 400


def test_a_killed_server_keeps_every_order_it_answered_for_and_its_clock_does_not_go_back(tmp_path):
    command = [sys.executable, "-m", "sandbox", "serve", "--optiply-port", "0", "--picqer-port", "0", "--no-magento"]
    body = {"idsupplier": 901, "supplier_orderid": "OPTIPLY-5", "products": [{"idproduct": 10001, "amount": 1}]}
    made = []
    for _ in range(2):
        process = subprocess.Popen(
            [*command, "--state-dir", str(tmp_path)], stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]
        )
        try:
            url = json.loads(process.stdout.readline())["picqer_url"] + "/api/v1/purchaseorders"
            made.append(requests.post(url, json=body, auth=("sandbox-picqer-key", ""), timeout=20).json())
            listed = requests.get(url, auth=("sandbox-picqer-key", ""), timeout=20).json()
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait(timeout=20)
            process.stdout.close()
    assert [row["idpurchaseorder"] for row in listed[:2]] == [made[1]["idpurchaseorder"], made[0]["idpurchaseorder"]]
    assert made[1]["created"] >= made[0]["created"]
