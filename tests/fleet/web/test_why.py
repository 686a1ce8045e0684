"""Why a product or an order is as it is, asked on the page over a tenant's stores in the database."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from fleet.child import Limits
from fleet.database import connected
from fleet.tenants import add
from fleet.vault import Vault
from fleet.worker import Worker
from sandbox.systems import Sandbox
from tests.fleet.folders import SECRET, quiet_folder
from tests.fleet.web.conftest import Site
from tests.fleet.web.test_pages import words
from tests.job.shop_folder import make_folder


@pytest.fixture
def fresh(fleet: str, vault: Vault, tmp_path: Path) -> None:
    """A tenant that has never run."""
    with connected(fleet) as db:
        add(db, vault, "fresh", quiet_folder(tmp_path / "fresh"))


@pytest.fixture
def ran(fleet: str, vault: Vault, sandbox: Sandbox, tmp_path: Path) -> None:
    """A tenant that has run once."""
    with connected(fleet) as db:
        add(db, vault, "acme", make_folder(tmp_path / "acme", sandbox))

    async def work() -> None:
        worker = Worker(fleet, vault, 1, Limits(grace=1))
        with worker.pool:
            await worker.run("acme", "person", {})

    asyncio.run(work())


def test_the_page_explains_what_the_store_knows(ran: None, serve_fleet: Callable[..., Site], sandbox: Sandbox) -> None:
    site = serve_fleet()
    product = next(iter(sandbox.shop.products.values()))
    answer = site.get("/tenants/acme/why", params={"asked": product["sku"]})
    text = words(answer.text)
    assert answer.status_code == 200, text
    assert "Optiply has it as" in text
    assert "<th>" in answer.text
    assert "accepted" in text
    # the run is there as well, by the program itself
    assert "By entity" in site.get("/tenants/acme/runs/1").text

    unknown = site.get("/tenants/acme/why", params={"asked": "--order"})
    assert unknown.status_code == 409
    assert "no product '--order'" in words(unknown.text)


def test_before_the_first_run_there_is_nothing_to_explain(fresh: None, serve_fleet: Callable[..., Site]) -> None:
    answer = serve_fleet().get("/tenants/fresh/why", params={"asked": "X"})
    assert answer.status_code == 409
    assert "there is no snapshot yet" in words(answer.text)
    assert SECRET not in answer.text


@pytest.mark.parametrize("asked", ["", "   ", "x" * 201, "a\x00b", "a\nb"])
def test_what_cannot_be_a_sku_is_not_asked_for(site: Site, asked: str) -> None:
    assert site.get("/tenants/acme/why", params={"asked": asked}).status_code == 400


def test_without_the_key_nothing_is_explained_and_the_rest_is_shown(
    fresh: None, serve_fleet: Callable[..., Site], monkeypatch: pytest.MonkeyPatch
) -> None:
    site = serve_fleet()
    monkeypatch.delenv("OPTIPLY_FLEET_KEY")
    refused = site.get("/tenants/fresh/why", params={"asked": "X"})
    assert refused.status_code == 409
    assert "OPTIPLY_FLEET_KEY is not set" in words(refused.text)
    assert site.get("/tenants/fresh").status_code == 200
