"""What `doctor` says of an account of Picqer: each check, what can be wrong with it, and the remedy."""

from collections.abc import Iterator
from typing import Any

import pytest

from connector.findings import Finding
from sandbox.server.fault_rules import Rule
from sandbox.systems import Sandbox
from tap_picqer.doctor import AccountChecks
from tests.tap_picqer.reading import KEY, SCOPED


@pytest.fixture(scope="module")
def shared() -> Iterator[Sandbox]:
    """One account for all of these tests: doctor writes nothing."""
    with Sandbox(magento=False, picqer=True) as sandbox:
        yield sandbox


@pytest.fixture
def account(shared: Sandbox) -> Iterator[Sandbox]:
    yield shared
    shared.call(shared.account.faults.clear)


def checked(account: Sandbox, **settings: Any) -> dict[str, Finding]:
    config = {"picqer_url": account.picqer_url, "api_key": KEY, "user_agent": "tests (a@example.com)", **settings}
    return {finding.check: finding for finding in AccountChecks(config).run()}


def fault(account: Sandbox, **values: Any) -> None:
    account.call(lambda: account.account.faults.add(Rule(**values)))


def test_an_account_that_can_be_read_has_no_failure(account: Sandbox) -> None:
    findings = checked(account)
    assert [name for name, one in findings.items() if one.state == "fail"] == []
    assert findings["account: key"].says == "accepted"
    assert findings["account: kind of key"].says == "of the whole account"
    assert "active: " in findings["account: warehouses"].says


@pytest.mark.parametrize(
    ("rule", "says", "remedy"),
    [
        ({"status": 401}, "Picqer refuses it (401)", "Settings > API keys"),
        ({"status": 404}, "no API of Picqer answers there", "check picqer_url"),
        ({"status": 403}, "Picqer answers", "try again later, or ask Picqer's support"),
    ],
)
def test_without_a_login_nothing_else_is_asked(account: Sandbox, rule: dict[str, Any], says: str, remedy: str) -> None:
    fault(account, **rule)
    *_, last = checked(account).values()
    assert last.check == "account: key"
    assert last.state == "fail"
    assert says in last.says
    assert remedy in last.remedy


def test_an_address_where_nobody_answers_ends_it(account: Sandbox) -> None:
    (found,) = checked(account, picqer_url="http://127.0.0.1:9").values()
    assert found.state == "fail"


def test_a_key_of_a_fulfilment_customer_is_named_as_such(account: Sandbox) -> None:
    found = checked(account, api_key=SCOPED)["account: kind of key"]
    assert (found.state, "of one fulfilment customer" in found.says) == ("note", True)


def test_suppliers_that_cannot_be_asked_leave_the_kind_of_key_open(account: Sandbox) -> None:
    fault(account, path="/suppliers", status=500)
    assert checked(account)["account: kind of key"].state == "warn"


def test_a_list_that_is_refused_or_is_none_is_a_failure_with_its_name(account: Sandbox) -> None:
    fault(account, path="/receipts", status=403)
    fault(account, path="/purchaseorders", status=200, body="{}")
    findings = checked(account)
    assert findings["right: receipts"].remedy == "use a key of the whole account"
    assert findings["right: purchase orders"].says == "the answer is not a list"
    assert findings["right: products"].state == "ok"


def test_warehouses_that_cannot_be_read_are_a_failure(account: Sandbox) -> None:
    fault(account, path="/warehouses", status=403)
    assert checked(account)["account: warehouses"].remedy == "use a key that may read warehouses"


def test_warehouses_of_the_settings_are_looked_up(account: Sandbox) -> None:
    body = (
        '[{"idwarehouse": 1, "name": "A", "active": true}, {"idwarehouse": 2, "active": false}, {"idwarehouse": null}]'
    )
    fault(account, path="/warehouses", status=200, body=body)
    good = checked(account, warehouses=["1"], main_warehouse="1")
    assert (good["warehouses"].says, good["main_warehouse"].says) == ("1 exists", "1 exists")
    bad = checked(account, warehouses=["2"], main_warehouse="9")
    assert bad["warehouses"].says == "2 is inactive in Picqer"
    assert bad["main_warehouse"].says == "9 is not a warehouse of this account"


@pytest.mark.parametrize(("limit", "state"), [(None, "note"), ("many", "note"), ("60", "warn"), ("500", "ok")])
def test_the_limit_of_requests_is_told(account: Sandbox, limit: str | None, state: str) -> None:
    headers = {} if limit is None else {"X-RateLimit-Limit": limit, "X-RateLimit-Remaining": "7"}
    fault(account, path="/products", status=200, body="[]", headers=headers)
    assert checked(account)["limit of requests"].state == state


def test_an_order_of_the_future_shows_that_the_zone_is_wrong(account: Sandbox) -> None:
    fault(account, path="/orders", status=200, body='[{"updated": "2199-01-01 08:00:00"}, {"updated": 7}, 8]')
    found = checked(account)["time zone"]
    assert found.state == "fail"
    assert "set time_zone to the zone that Picqer shows" in found.remedy
