"""`optiply-sync doctor` finds what is wrong with a folder, a shop or an account, and names the remedy."""

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import requests

from connector.findings import Finding
from connector.http.probe import Reply, in_words
from job.doctor.command import examine
from job.folder import JobFolder
from sandbox.systems import Sandbox
from store.snapshot import Snapshot, lock
from tap_magento.first_look import clock
from tap_magento.rights import RIGHTS, right_for
from target_optiply.doctor import MEDIA_TYPE, log_in
from tests.job.shop_folder import make_folder, sync

NEEDED = [
    f"right: {resource}"
    for resource in (
        "Magento_Catalog::products", "Magento_Catalog::catalog_inventory", "Magento_Sales::actions_view",
        "Magento_Backend::store", "Magento_InventoryApi::source", "Magento_InventoryApi::stock",
        "Magento_InventoryApi::stock_source_link",
    )
]  # fmt: skip
LOGIN = {
    "username": "sandbox", "password": "sandbox-password", "client_id": "sandbox-client",
    "client_secret": "sandbox-secret",
}  # fmt: skip


@pytest.fixture(scope="module")
def shared() -> Iterator[Sandbox]:
    """One sandbox for all of these tests: doctor writes nothing."""
    with Sandbox(products=40, orders=30) as running:
        yield running


@pytest.fixture
def checked(shared: Sandbox, tmp_path: Path) -> Callable[..., list[Finding]]:
    """The findings for a folder at the sandbox with these flags, quickly unless asked otherwise."""

    def check(*, quick: bool = True, target: dict[str, Any] | None = None, **flags: Any) -> list[Finding]:
        job = make_folder(tmp_path / "acme", shared, **flags)
        content = json.loads(job.target_config.read_text(encoding="utf-8"))
        job.target_config.write_text(json.dumps({**content, **(target or {})}), encoding="utf-8")
        for path in (job.config, job.target_config):
            os.chmod(path, 0o600)
        return list(examine(job, quick=quick))

    return check


def seen(findings: list[Finding], check: str) -> Finding:
    found = [finding for finding in findings if finding.check == check]
    assert found, f"{check} is none of {[finding.check for finding in findings]}"
    return found[-1]


def failed(findings: list[Finding]) -> list[str]:
    return [finding.check for finding in findings if finding.state == "fail"]


def in_optiply(sandbox: Sandbox, sku: str, remote_id: str, coupling: str) -> None:
    """A product that another program has made in Optiply."""
    token = log_in(sandbox.auth_url, LOGIN).value["access_token"]
    attributes = {"name": sku, "skuCode": sku, "remoteId": remote_id, "stockLevel": 0, "unlimitedStock": False}
    answer = requests.post(
        f"{sandbox.optiply_url}/products",
        params={"accountId": "1380", "couplingId": coupling},
        data=json.dumps({"data": {"type": "products", "attributes": attributes}}),
        headers={"Authorization": f"Bearer {token}", "Content-Type": MEDIA_TYPE},
        timeout=10,
    )
    assert answer.status_code == 201, answer.text


def test_a_good_folder_is_ready_and_every_check_is_told_in_order(checked: Callable[..., list[Finding]]) -> None:
    findings = checked(quick=False)
    assert failed(findings) == []
    assert list(dict.fromkeys(finding.check for finding in findings)) == [
        "settings", "snapshot", "shop: connection", "shop: version", "shop: login", *NEEDED, "inventory", "page size",
        "speed", "shop: clock", "Optiply: login", "Optiply: account", "Optiply: coupling", "Optiply: clock",
        "SKUs in the shop", "SKUs", "thresholds",
    ]  # fmt: skip
    assert seen(findings, "shop: version").says == "Magento/2.4 (Community)"
    assert seen(findings, "thresholds").says.startswith("of 52 products with managed stock 2 have")


def test_nothing_is_written_anywhere(shared: Sandbox, tmp_path: Path) -> None:
    job = make_folder(tmp_path / "acme", shared)
    before = shared.requests.writes("optiply")
    sync("doctor", job.root)
    assert {path.name for path in job.root.iterdir()} == {"config.json", "target-config.json"}
    assert shared.requests.writes("optiply") == before


def test_the_command_prints_marks_and_remedies_and_ends_with_1(shared: Sandbox, tmp_path: Path) -> None:
    job = make_folder(tmp_path / "acme", shared, access_token="wrong")
    text = sync("doctor", job.root, "--quick", expected=1).output
    assert "✗ shop: login: integration token as bearer: refused" in text
    assert "→ check the integration's access token" in text
    assert text.endswith("1 to mend.\n")
    assert "wrong" not in text
    found = json.loads(sync("doctor", job.root, "--quick", "--json", expected=1).stdout)
    assert {"check", "state", "says", "remedy"} == set(found[0])


def test_a_mistake_in_a_config_comes_first_and_alone(checked: Callable[..., list[Finding]]) -> None:
    findings = checked(page_sise=5)
    assert failed(findings) == ["settings"]
    assert "did you mean 'page_size'" in seen(findings[:1], "settings").says
    assert {finding.check for finding in findings} == {"settings"}


def test_a_config_that_others_can_read_is_told(shared: Sandbox, tmp_path: Path) -> None:
    job = make_folder(tmp_path / "acme", shared)
    os.chmod(job.config, 0o644)
    os.chmod(job.target_config, 0o600)
    open_ones = [finding.says for finding in examine(job, quick=True) if finding.state == "warn"]
    assert "config.json can be read by others" in open_ones
    assert "target-config.json can be read by others" not in open_ones


@pytest.mark.parametrize(
    ("right", "state"),
    [
        ("Magento_Sales::actions_view", "fail"),
        ("Magento_Catalog::products", "fail"),
        ("Magento_Catalog::catalog_inventory", "fail"),
        ("Magento_Backend::store", "warn"),
        ("Magento_InventoryApi::source", "warn"),
        ("Magento_InventoryApi::stock", "warn"),
        ("Magento_InventoryApi::stock_source_link", "warn"),
    ],
)
def test_a_missing_right_is_named(
    checked: Callable[..., list[Finding]], shared: Sandbox, right: str, state: str
) -> None:
    assert shared.magento is not None
    shared.magento.settings.missing_acl = {right}
    try:
        findings = checked()
    finally:
        shared.magento.settings.missing_acl = set()
    finding = seen(findings, f"right: {right}")
    assert finding.state == state
    assert right in finding.says
    assert "Integrations" in finding.remedy
    assert ("SKU by SKU" in finding.says) == (state == "warn")
    others = [one for one in findings if one.check.startswith("right: ") and one != finding]
    assert {one.state for one in others} == {"ok"}
    assert len(others) == len(NEEDED) - 1


def test_what_is_not_needed_is_not_asked_for(checked: Callable[..., list[Finding]], shared: Sandbox) -> None:
    singly = [one.check for one in checked(stock_reading="per_sku") if one.check.startswith("right: ")]
    assert singly == [f"right: {name}" for name in (
        "Magento_Catalog::products", "Magento_Catalog::catalog_inventory", "Magento_Sales::actions_view",
    )]  # fmt: skip
    sources = [one for one in checked(use_inventory_source_items=True) if one.check.startswith("right: ")]
    (source,) = [one for one in sources if one.check == "right: Magento_InventoryApi::source"]
    assert source.says == "given (sources, source_items)"
    assert "right: Magento_InventoryApi::stock_source_link" not in [one.check for one in sources]


def test_the_list_of_rights_is_that_of_the_routes() -> None:
    """Every stream and every question has its right, and the sandbox's routes ask for the same one."""
    from sandbox.magento.routes import ROUTES
    from tap_magento.tap import STREAMS

    asked_by_route = {f"/{route.path}": route.resource for route in ROUTES if route.method == "GET"}
    for stream in STREAMS:
        path = stream.path
        assert asked_by_route[path] == right_for(path).resource, stream
    for right in RIGHTS:
        if right.fast_stock:
            assert asked_by_route[right.fast_stock] == right.resource


def test_a_shop_without_inventory_modules_fails_only_where_they_are_needed(
    checked: Callable[..., list[Finding]], shared: Sandbox
) -> None:
    assert shared.magento is not None
    shared.magento.settings.msi = False
    try:
        assert seen(checked(), "inventory").state == "note"
        finding = seen(checked(use_inventory_source_items=True), "inventory")
    finally:
        shared.magento.settings.msi = True
    assert finding.state == "fail"
    assert "use_inventory_source_items" in finding.remedy


def test_warehouses_are_looked_up_one_by_one(checked: Callable[..., list[Finding]]) -> None:
    findings = checked(use_inventory_source_items=True, warehouse_ids=["ams", "old", "nowhere"])
    states = [finding.state for finding in findings if finding.check == "warehouse_ids"]
    assert states == ["ok", "warn", "fail"]
    assert "ams, default" in seen(findings, "warehouse_ids").remedy


def test_a_limit_on_pages_is_learnt(checked: Callable[..., list[Finding]], shared: Sandbox) -> None:
    assert shared.magento is not None
    shared.magento.settings.input_limit = True
    try:
        finding = seen(checked(page_size=500), "page size")
    finally:
        shared.magento.settings.input_limit = False
    assert (finding.state, finding.remedy) == ("warn", "set it to 300")


def test_an_address_that_is_no_shop_is_told_from_one_that_is_unknown(
    checked: Callable[..., list[Finding]], shared: Sandbox, free_port: Callable[[], int]
) -> None:
    assert failed(checked(store_url="http://no-such-host.invalid")) == ["shop: name"]
    assert failed(checked(store_url=f"http://127.0.0.1:{free_port()}")) == ["shop: connection"]
    assert failed(checked(store_url=shared.optiply_url.removesuffix("/v1"))) == ["shop: login"]


def test_a_wrong_login_to_optiply_is_told(checked: Callable[..., list[Finding]]) -> None:
    finding = seen(checked(target={"password": "wrong"}), "Optiply: login")
    assert finding.state == "fail"
    assert "client_secret" in finding.remedy


def test_another_account_or_coupling_is_told(checked: Callable[..., list[Finding]], shared: Sandbox) -> None:
    in_optiply(shared, "SKU-OF-NOBODY", "1", "77")
    finding = seen(checked(target={"coupling_id": 78}), "Optiply: coupling")
    assert finding.state == "warn"
    assert "77" in finding.says


def test_a_product_of_another_source_with_our_sku_is_told(
    checked: Callable[..., list[Finding]], shared: Sandbox
) -> None:
    assert shared.shop is not None
    sku = next(str(product["sku"]) for product in shared.shop.dump()["products"] if product["id"] == 1)
    in_optiply(shared, sku.lower(), "another-id", "99")
    finding = seen(checked(quick=False), "SKUs")
    assert finding.state == "warn"
    assert "another-id, here 1" in finding.says


def test_a_locked_or_foreign_snapshot_is_told(checked: Callable[..., list[Finding]], tmp_path: Path) -> None:
    folder = JobFolder(tmp_path / "acme")
    with Snapshot.open(folder.snapshots):
        pass
    with lock(folder.snapshots):
        assert "is locked by" in seen(checked(), "snapshot").says
    assert seen(checked(), "snapshot").state == "ok"
    (folder.snapshots / "optiply.sqlite").write_text("no database at all, but long enough to be looked at", "utf-8")
    assert seen(checked(), "snapshot").state == "fail"


@pytest.mark.parametrize(
    ("seconds", "words"), [(121, "2 minutes"), (-119, "119 s"), (7_300, "2 hours"), (-26_885_018, "311 days")]
)
def test_a_span_of_time_is_told_in_its_own_unit(seconds: float, words: str) -> None:
    assert in_words(seconds) == words


@pytest.mark.parametrize(("date", "state"), [("Thu, 01 Jan 2026 00:00:00 GMT", "warn"), (None, "note")])
def test_a_clock_that_is_away_is_told(date: str | None, state: str) -> None:
    assert clock(Reply(200, headers={"Date": date} if date else {})).state == state


def test_a_finding_holds_words_only() -> None:
    assert asdict(Finding("a", "ok", "b")) == {"check": "a", "state": "ok", "says": "b", "remedy": ""}


ODD = [
    "[]", '"Magento"', "null", "{}", '{"items":null,"total_count":"many"}', '{"items":[null,7],"total_count":[12]}',
    '{"items":{"a":1},"total_count":true}',
    '{"items":[{"source_code":["ams"],"min_qty":[],"manage_stock":{},"id":[1]}]}',
    "\ufeff{}", "[" * 3000,
]  # fmt: skip


@pytest.mark.parametrize("body", ODD, ids=range(len(ODD)))
def test_an_answer_of_an_odd_shape_is_a_finding_and_no_traceback(
    shared: Sandbox, tmp_path: Path, body: str
) -> None:
    """Whatever a shop, a cache or Optiply answers with 200, the check says what it can and goes on."""
    job = make_folder(tmp_path / "acme", shared, use_inventory_source_items=True, retry_seconds=0)
    rule = {"status": 200, "body": body, "headers": {"Content-Type": "application/json"}}
    shared.faults_magento.add({"path": "/rest/", **rule})
    shared.faults_optiply.add({"path": "/v1/", **rule})
    try:
        findings = list(examine(job, quick=False))
    finally:
        shared.faults_magento.clear()
        shared.faults_optiply.clear()
    assert {"shop: connection", "Optiply: login"} <= {finding.check for finding in findings}
