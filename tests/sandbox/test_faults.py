"""Faults of the sandbox: which requests they hit, what the client sees, and whether the server acted."""

import time
from typing import Any

import pytest
import requests

from sandbox.server.fault_rules import FaultError, Rule, rules_from_json
from sandbox.server.faults import Faults
from sandbox.server.requestlog import Entry, RequestLog


def statuses(client: Any, count: int, path: str = "products", **query: str) -> list[int]:
    return [client.get(path, **query).status_code for _ in range(count)]


def products(client: Any) -> int:
    return int(client.sandbox.optiply.counts().get("products", 0))


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"nth": 2}, [200, 503, 200, 200, 200, 200]),
        ({"nth": [1, 3]}, [503, 200, 503, 200, 200, 200]),
        ({"every": 3}, [200, 200, 503, 200, 200, 503]),
        ({"every": 2, "times": 1}, [200, 503, 200, 200, 200, 200]),
        ({"times": 2}, [503, 503, 200, 200, 200, 200]),
        ({"method": "POST"}, [200] * 6),
        ({"path": "suppliers"}, [200] * 6),
        ({"path": "/v1/prod", "method": "get", "times": 1}, [503, 200, 200, 200, 200, 200]),
        ({"api": "magento"}, [200] * 6),
    ],
)
def test_a_rule_hits_the_requests_it_names_and_no_others(optiply_client, rule, expected):
    optiply_client.sandbox.faults_optiply.add({**rule, "status": 503})
    assert statuses(optiply_client, 6) == expected
    optiply_client.sandbox.faults_optiply.clear()
    assert statuses(optiply_client, 1) == [200]


def test_the_first_rule_that_hits_decides(optiply_client):
    optiply_client.sandbox.faults_optiply.add({"nth": 2, "status": 429}, {"status": 502})
    assert statuses(optiply_client, 3) == [502, 429, 502]
    described = optiply_client.sandbox.faults_optiply.describe()
    assert [(rule["seen"], rule["fired"]) for rule in described] == [(3, 1), (3, 2)]


def test_a_page_is_named_by_offset_and_limit(optiply_client):
    optiply_client.sandbox.faults_optiply.add({"page": 2, "status": 504})
    limit = {"page[limit]": "10"}
    assert statuses(optiply_client, 1, **limit) == [200]
    assert statuses(optiply_client, 2, **limit, **{"page[offset]": "10"}) == [504, 504]
    assert statuses(optiply_client, 1, **limit, **{"page[offset]": "20"}) == [200]


def test_where_every_request_asks_for_the_first_page_the_calls_of_a_path_are_counted(optiply_client):
    optiply_client.sandbox.faults_optiply.add({"page": 2, "status": 504})
    assert statuses(optiply_client, 3, **{"page[limit]": "10"}) == [200, 504, 200]
    assert statuses(optiply_client, 3, path="suppliers") == [200, 504, 200]


def test_each_server_knows_how_its_lists_name_a_page(own_magento):
    own_magento.sandbox.faults_magento.add({"page": 2, "status": 504})
    pages = ("currentPage]=1", "currentPage]=2", "current_page]=2", "currentPage]=3")
    assert [own_magento.ask("products", f"searchCriteria[{page}").status_code for page in pages] == [200, 504, 504, 200]


def test_a_record_is_found_in_path_query_and_body(optiply_client):
    id_ = optiply_client.product(skuCode="A/B +1")
    optiply_client.sandbox.faults_optiply.add({"record": "A/B +1", "status": 500}, {"record": id_, "status": 502})
    assert statuses(optiply_client, 1, **{"filter[skuCode]": "A/B +1"}) == [500]
    assert statuses(optiply_client, 1, path=f"products/{id_}") == [502]
    assert optiply_client.post("products", name="x", stockLevel=1, skuCode="A/B +1").status_code == 500
    assert optiply_client.post("products", name="x", stockLevel=1, skuCode="A/B +2").status_code == 201


def test_a_status_comes_with_headers_and_the_apis_own_error_body_and_nothing_is_done(optiply_client):
    optiply_client.sandbox.faults_optiply.add({"status": 429, "headers": {"Retry-After": "2"}})
    answer = optiply_client.post("products", name="Lamp", stockLevel=1)
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "2"
    assert answer.json()["errors"][0]["meta"]["message"]
    assert products(optiply_client) == 0


def test_a_server_can_act_and_then_answer_with_an_error(optiply_client):
    optiply_client.sandbox.faults_optiply.add({"status": 502, "acts": True})
    assert optiply_client.post("products", name="Lamp", stockLevel=1).status_code == 502
    assert products(optiply_client) == 1
    assert optiply_client.sandbox.requests.writes() == {"POST products": 1}


@pytest.mark.parametrize(("status", "expected"), [(503, 503), (None, 200)])
def test_a_page_of_html_comes_with_a_status_or_without(optiply_client, status, expected):
    optiply_client.sandbox.faults_optiply.add({"status": status, "body": "html"})
    answer = optiply_client.get("products")
    assert answer.status_code == expected
    assert answer.headers["Content-Type"].startswith("text/html")
    assert answer.text.startswith("<!DOCTYPE html>")


def test_a_body_can_be_given_word_for_word(optiply_client):
    optiply_client.sandbox.faults_optiply.add({"body": '{"data": ['})
    assert optiply_client.get("products").text == '{"data": ['


@pytest.mark.parametrize(("when", "created"), [("before", 0), ("after", 1)])
def test_a_connection_is_cut_before_or_after_the_server_acted(optiply_client, when, created):
    optiply_client.sandbox.faults_optiply.add({"method": "POST", "cut": when, "times": 1})
    with pytest.raises(requests.ConnectionError):
        optiply_client.post("products", name="Lamp", stockLevel=1)
    assert products(optiply_client) == created
    entry = optiply_client.sandbox.requests.entries[-1]
    assert (entry.status, entry.acted, entry.fault) == (None, bool(created), True)
    assert optiply_client.post("products", name="Lamp", stockLevel=1).status_code == 201


def test_a_refused_request_can_be_cut_too(optiply_client):
    optiply_client.sandbox.faults_optiply.add({"cut": "after"})
    with pytest.raises(requests.ConnectionError):
        optiply_client.get("nonsense")
    with pytest.raises(requests.ConnectionError):
        optiply_client.post("products", name="Lamp")
    assert optiply_client.sandbox.requests.writes() == {}


def test_a_connection_can_break_in_the_middle_of_an_answer(optiply_client):
    optiply_client.product()
    optiply_client.sandbox.faults_optiply.add({"cut": "during", "times": 1})
    with pytest.raises((requests.exceptions.ChunkedEncodingError, requests.ConnectionError)):
        optiply_client.get("products")
    assert optiply_client.get("products").status_code == 200


def wait_for(condition: Any, seconds: float = 10) -> None:
    """Wait until something has happened that must happen; fail when it does not."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.01)


def test_a_server_can_act_after_the_connection_is_gone(optiply_client):
    faults = optiply_client.sandbox.faults_optiply
    faults.add({"method": "POST", "act_after_cut": 1.0, "times": 1})
    with pytest.raises(requests.ConnectionError):
        optiply_client.post("products", name="Lamp", stockLevel=1)
    assert faults.acting_late == 1
    assert products(optiply_client) == 0
    wait_for(lambda: faults.acting_late == 0)
    assert products(optiply_client) == 1
    assert optiply_client.sandbox.requests.writes() == {"POST products": 1}


def test_a_client_that_gives_up_waiting_does_not_stop_the_server(optiply_client):
    optiply_client.sandbox.faults_optiply.add({"method": "POST", "delay": 1.0, "times": 1})
    url = f"{optiply_client.sandbox.optiply_url}/products?accountId=1380"
    body = '{"data": {"type": "products", "attributes": {"name": "Lamp", "stockLevel": 1}}}'
    with pytest.raises(requests.ReadTimeout):
        optiply_client.session.post(url, data=body, timeout=0.1)
    assert products(optiply_client) == 0
    wait_for(lambda: products(optiply_client) == 1)


def test_a_delay_alone_only_delays(optiply_client):
    optiply_client.sandbox.faults_optiply.add({"delay": 0.01})
    assert optiply_client.post("products", name="Lamp", stockLevel=1).status_code == 201


def test_faults_never_touch_the_control_endpoints(optiply_client):
    optiply_client.sandbox.faults_optiply.add({"cut": "before"})
    base = optiply_client.sandbox.optiply_url.removesuffix("/v1")
    assert requests.get(f"{base}/_sandbox/health", timeout=10).status_code == 200


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ({"stauts": 500}, "stauts"),
        ({"status": "500"}, "status"),
        ({"cut": "sometimes"}, "cut"),
        ({"path": "("}, "regular expression"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_by_the_field(rule, text):
    with pytest.raises(FaultError, match=text):
        Faults("optiply").add(rule)


def test_rules_are_read_from_json_one_or_many():
    assert rules_from_json(b'{"nth": 3, "status": 500}') == [Rule(nth=3, status=500)]
    assert rules_from_json(b'[{"every": 2}, {"page": 1}]') == [Rule(every=2), Rule(page=1)]
    with pytest.raises(FaultError, match="no list of fault rules"):
        rules_from_json(b"nonsense")


def test_the_log_counts_requests_by_route_and_writes_by_resource(optiply_client):
    a, b = optiply_client.product(), optiply_client.product()
    optiply_client.patch("products", a, stockLevel=2)
    optiply_client.patch("products", b, stockLevel="two")
    optiply_client.get(f"products/{a}")
    log = optiply_client.sandbox.requests
    assert log.counts("optiply") == {
        "optiply GET /v1/products/{id} 200": 1,
        "optiply PATCH /v1/products/{id} 200": 1,
        "optiply PATCH /v1/products/{id} 500": 1,
        "optiply POST /api/auth/oauth/token 200": 1,
        "optiply POST /v1/products 201": 2,
    }
    assert log.writes() == {"PATCH products": 1, "POST products": 2}
    assert log.attempted_writes() == 4
    (patch,) = log.select(method="PATCH", status=200)
    assert patch.sent == {"stockLevel": 2}
    log.clear()
    assert log.counts() == {}


def test_secrets_in_a_query_are_replaced_in_the_log():
    log = RequestLog()
    entry = log.add(
        Entry(api="optiply", method="POST", route="/x", path="/x", query="username=me&password=p%26q&page=2")
    )
    assert entry.query == "username=***&password=***&page=2"
