"""The page in a real browser: it renews itself, its buttons work, and it fits a phone, in the dark as well."""

import asyncio
import struct
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest

from fleet.database import Connection, one
from tests.fleet.web.chrome import PHONE, Page, chrome
from tests.fleet.web.conftest import TOKEN, Site
from tests.fleet.web.invented import add_run, add_tenant
from tests.job.browser import needs_browser

pytestmark = needs_browser
NOTE_VIOLATIONS = """
    window.broken = [];
    document.addEventListener('securitypolicyviolation', event => broken.push(event.violatedDirective));
"""
T = TypeVar("T")
Look = Callable[[Callable[[Page], Awaitable[T]]], T]
PATHS = ("/", "/tenants/bolt", "/tenants/acme/runs/1", "/tenants/bolt/runs/16", "/tenants/none", "/login")


@pytest.fixture
def look(tmp_path: Path) -> Iterator[Look[T]]:
    """Does something in a browser of its own."""

    def seen(work: Callable[[Page], Awaitable[T]]) -> T:
        async def done() -> T:
            async with chrome(tmp_path / "profile") as page:
                return await work(page)

        return asyncio.run(done())

    return seen


def test_nothing_is_wider_than_a_phone_or_a_desk_and_the_page_breaks_no_rule_of_its_own(
    site: Site, look: Look[list[tuple[str, int, int]]]
) -> None:
    async def work(page: Page) -> list[tuple[str, int, int]]:
        found = []
        await page.ask("Page.addScriptToEvaluateOnNewDocument", source=NOTE_VIOLATIONS)
        for width in (PHONE, 1200):
            await page.look(width)
            for path in PATHS:
                await page.open(site.address + path)
                assert await page.run("broken.join()") == "", path
                assert await page.run("getComputedStyle(document.querySelector('main')).maxWidth") == "1216px"
                found.append((path, width, await page.run("document.documentElement.scrollWidth")))
        return found

    assert [one for one in look(work) if one[2] > one[1]] == []


def test_the_page_renews_itself_without_being_loaded_again(site: Site, db: Connection, look: Look[None]) -> None:
    async def work(page: Page) -> None:
        await page.open(site.address + "/")
        await page.run("window.mark = 1")
        add_tenant(db, "newcomer")
        await page.until("document.body.textContent.includes('newcomer')")
        add_run(db, "acme", 0.1, "failed", headline="The run did not finish: target failed.")
        await page.until("document.body.textContent.includes('target failed')")
        assert await page.run("window.mark") == 1

    look(work)


def test_what_is_typed_stays_while_the_page_renews_itself(site: Site, db: Connection, look: Look[None]) -> None:
    async def work(page: Page) -> None:
        await page.open(site.address + "/tenants/acme")
        await page.run("document.querySelector('[name=asked]').value = 'TEE-RED'")
        add_run(db, "acme", 0.1, "failed", headline="The run did not finish: target failed.")
        await page.until("document.body.textContent.includes('target failed')")
        assert await page.run("document.querySelector('[name=asked]').value") == "TEE-RED"

    look(work)


def test_a_page_that_gets_no_answer_says_of_when_it_is(site: Site, look: Look[None]) -> None:
    async def work(page: Page) -> None:
        await page.open(site.address + "/")
        assert await page.run("document.getElementById('stale').hidden") is True
        await page.ask("Network.enable")
        await page.ask("Network.setBlockedURLs", urls=["*"])
        await page.until("!document.getElementById('stale').hidden")
        await page.ask("Network.setBlockedURLs", urls=[])
        await page.until("document.getElementById('stale').hidden")

    look(work)


def test_a_choice_is_shown_at_once(site: Site, look: Look[None]) -> None:
    async def work(page: Page) -> None:
        await page.open(site.address + "/")
        await page.run(
            "(() => { const s = document.querySelector('[name=state]'); s.value = 'failing'; "
            "s.dispatchEvent(new Event('change')); })()"
        )
        await page.until(
            "location.search.includes('state=failing') && document.querySelectorAll('tbody tr').length === 1"
        )

    look(work)


def test_buttons_work_in_a_browser(site: Site, db: Connection, look: Look[None]) -> None:
    async def work(page: Page) -> None:
        await page.open(site.address + "/tenants/acme")
        await page.run("document.querySelector('form[action$=\"/full\"] button').click()")
        await page.until("document.body.textContent.includes('A full read is queued.')")
        await page.run("document.querySelector('form[action$=\"/pause\"] button').click()")
        await page.until("document.body.textContent.includes('It is paused.')")

    look(work)
    assert one(db, "SELECT args -> 'options' AS asked FROM procrastinate_jobs")["asked"] == {"full": True}
    assert one(db, "SELECT paused_at FROM fleet.tenant WHERE name = 'acme'")["paused_at"] is not None


def test_a_person_signs_in_and_the_page_opened_comes(
    serve_fleet: Callable[..., Site], db: Connection, look: Look[None]
) -> None:
    add_tenant(db, "acme")
    site = serve_fleet(TOKEN)

    async def work(page: Page) -> None:
        await page.open(site.address + "/tenants/acme")
        await page.until("document.title === 'Sign in to the fleet'")
        await page.run(f"document.getElementById('token').value = '{TOKEN}'; document.forms[0].submit()")
        await page.until("document.title === 'acme'")
        assert await page.run("document.cookie") == ""
        await page.run("document.querySelector('form[action$=\"/run\"] button').click()")
        await page.until("document.body.textContent.includes('A run is queued.')")

    look(work)


def test_pictures_of_the_pages_can_be_taken_light_and_dark(site: Site, look: Look[None], tmp_path: Path) -> None:
    pictures = {}

    async def work(page: Page) -> None:
        for dark in (False, True):
            await page.look(PHONE, dark=dark)
            await page.open(site.address + "/")
            place = tmp_path / f"{dark}.png"
            await page.picture(place)
            pictures[dark] = place.read_bytes()

    look(work)
    width, height = struct.unpack(">II", pictures[False][16:24])
    assert width == PHONE
    assert height > 900
    assert pictures[False] != pictures[True]
