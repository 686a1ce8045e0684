"""What the pages show of a fleet, asked for as a browser without JavaScript would."""

import re
from collections.abc import Callable
from html import unescape

import pytest

from fleet.database import Connection, connected, one
from fleet.engine import enqueue_due
from fleet.web.overview import PAGE
from fleet.web.tenant import RUNS
from tests.fleet.web.conftest import Site
from tests.fleet.web.invented import DAY, add_run, add_tenant, add_worker


def shown(site: Site, path: str) -> list[str]:
    """The tenants on the page, in their order."""
    answer = site.get(path)
    assert answer.status_code == 200, answer.text
    return re.findall(r'<td class="name"><a href="/tenants/(\w+)"', answer.text)


def words(text: str) -> str:
    """What a person reads."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", text)).split())


def row(site: Site, name: str) -> str:
    """What the page of all tenants says of one."""
    [found] = [part for part in site.get("/").text.split("<tr>") if f'href="/tenants/{name}"' in part]
    return words(found.split("</tr>")[0])


def test_who_needs_a_look_comes_first(site: Site) -> None:
    assert shown(site, "/")[:2] == ["bolt", "fern"]
    assert set(shown(site, "/")) == {"acme", "bolt", "corner_shop", "dune", "elm", "fern",
                                     "a_shop_with_quite_a_long_name_indeed"}  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("state=failing", ["bolt"]),
        ("state=late", ["fern"]),
        ("state=paused", ["elm"]),
        ("state=at+work", ["dune"]),
        ("state=no+run+yet", ["a_shop_with_quite_a_long_name_indeed"]),
        ("system=easyecom", ["corner_shop"]),
        ("find=corner", ["corner_shop"]),
        ("find=+SHOP+corner+", ["corner_shop"]),
        ("find=e&state=well&system=picqer", ["elm"]),
        ("find=nobody", []),
        ("find=%27%3B--", []),
        ("page=7", []),
    ],
)
def test_the_address_says_what_is_shown(site: Site, asked: str, found: list[str]) -> None:
    assert shown(site, f"/?{asked}") == found


def test_the_order_is_in_the_address_too(site: Site) -> None:
    assert shown(site, "/?order=waiting")[:3] == ["elm", "dune", "corner_shop"]
    assert shown(site, "/?order=growth")[0] == "elm"
    assert shown(site, "/?order=slowest")[:2] == ["elm", "dune"]
    assert shown(site, "/?order=latest")[0] == "bolt"
    assert shown(site, "/?order=name") == sorted(shown(site, "/"))
    # of whom nobody knows a figure comes last
    assert shown(site, "/?order=refused")[-1] == "a_shop_with_quite_a_long_name_indeed"


@pytest.mark.parametrize("asked", ["state=ill", "system=shopify", "order=by+luck", "page=0", "page=x", "page=²"])
def test_an_address_that_asks_for_what_is_none_is_told_so(site: Site, asked: str) -> None:
    assert site.get(f"/?{asked}").status_code == 400


def test_a_tenant_is_told_in_a_row(site: Site) -> None:
    assert re.match(r"bolt picqer timed out [45] min ago It was ended after 240 minutes", row(site, "bolt"))
    assert re.search(r"late : was due 4[56] min ago", row(site, "fern"))
    assert "paused for 2 h" in row(site, "elm")
    assert "at work for" in row(site, "dune")


def test_figures_are_those_of_the_last_report_beside_those_of_a_day_ago(site: Site) -> None:
    # bolt's last two runs ended badly, so that they told nothing: 15 waited when one did, 11 a day before
    assert re.search(r"due in 1\d min 15 \+4 1 0 0 10\.9$", row(site, "bolt"))
    assert "135 records waiting +40 in a day" in words(site.get("/").text)


def test_a_run_that_broke_off_says_nothing_of_what_waits(site: Site, db: Connection) -> None:
    number = add_run(db, "acme", 1, "failed")
    db.execute('UPDATE fleet.run SET totals = \'{"waiting": 0, "refused": 0}\' WHERE id = %s', (number,))
    assert "135 records waiting" in words(site.get("/").text)


def test_what_nobody_knows_is_a_dash_and_never_a_zero(site: Site) -> None:
    assert row(site, "a_shop_with_quite_a_long_name_indeed").endswith("– – – – –")


def test_a_fleet_without_tenants_or_workers_says_what_to_do(serve_fleet: Callable[..., Site], db: Connection) -> None:
    text = words(serve_fleet().get("/").text)
    assert "No worker is alive" in text
    assert "optiply-fleet add FOLDER" in text
    assert "– records waiting" in text


def test_many_tenants_are_shown_page_by_page(serve_fleet: Callable[..., Site], db: Connection) -> None:
    for number in range(PAGE + 3):
        add_tenant(db, f"shop{number:03}")
    site = serve_fleet()
    assert len(shown(site, "/")) == PAGE
    assert shown(site, "/?page=2") == [f"shop{number:03}" for number in range(PAGE, PAGE + 3)]
    assert "Page 1 of 2" in words(site.get("/").text)
    assert len(shown(site, "/?find=shop01")) == 10


def test_a_page_that_has_not_changed_is_not_sent_again(site: Site) -> None:
    first = site.get("/nowhere")
    assert "ETag" not in first.headers
    tag = site.get("/tenants/acme").headers["ETag"]
    again = site.get("/tenants/acme", headers={"If-None-Match": tag})
    assert (again.status_code, again.text) == (304, "")


def test_a_tenant_s_page_shows_runs_and_what_comes_next(site: Site) -> None:
    text = site.get("/tenants/bolt").text
    said = words(text)
    assert "timed out It was ended after 240 minutes" in said
    assert "all products with their stock" in said
    assert re.findall(r'<td><a href="/tenants/bolt/runs/(\d+)"', text) == ["17", "16", "4", "5", "6"]
    assert {"/tenants/bolt/run", "/tenants/bolt/full", "/tenants/bolt/pause"} == set(
        re.findall(r'action="(/tenants/bolt/(?!why)\w+)"', text)
    )
    assert "/tenants/elm/resume" in site.get("/tenants/elm").text


def test_older_runs_are_a_page_further(serve_fleet: Callable[..., Site], db: Connection) -> None:
    add_tenant(db, "acme")
    numbers = [add_run(db, "acme", DAY - 10 * place) for place in range(RUNS + 2)]
    site = serve_fleet()
    older = re.search(r'href="(/tenants/acme\?before=\d+)"', site.get("/tenants/acme").text)
    assert older
    text = site.get(older[1]).text
    assert re.findall(r'<td><a href="/tenants/acme/runs/(\d+)"', text) == [str(number) for number in numbers[1::-1]]
    assert site.get("/tenants/acme?before=x").status_code == 400


def test_a_run_s_page_is_the_report_s_with_its_log(site: Site) -> None:
    text = words(site.get("/tenants/acme/runs/1").text)
    for part in ("By entity", "Slowest steps", "Records that are not settled", "tap: 41 requests", "21 ms beside"):
        assert part in text
    assert "&lt;b&gt;name&lt;/b&gt; is missing" in site.get("/tenants/acme/runs/1").text


def test_a_run_without_a_report_shows_its_log(site: Site) -> None:
    text = words(site.get("/tenants/bolt/runs/16").text)
    assert "The run did not finish: tap failed." in text
    assert "Picqer refused the key" in text
    assert "exit code 1" in text
    assert "By entity" not in text


def test_what_a_run_said_is_text_and_never_markup(site: Site, db: Connection) -> None:
    number = add_run(db, "acme", 1, "failed", headline="<script>alert(1)</script>", log="</pre><img src=x onerror=y>")
    for path in ("/", "/tenants/acme", f"/tenants/acme/runs/{number}"):
        text = site.get(path).text
        assert "<script>alert" not in text
        assert "<img" not in text
    assert site.get("/tenants/acme?done=<script>").text.count("<script>") == 0


def test_a_tenant_or_run_that_is_not_there_is_named_with_the_nearest(site: Site) -> None:
    answer = site.get("/tenants/acmee")
    assert answer.status_code == 404
    assert "did you mean 'acme'" in words(answer.text)
    assert site.get("/tenants/acme/runs/999").status_code == 404
    # a run of another tenant is none of this one
    assert site.get("/tenants/acme/runs/16").status_code == 404


def test_a_database_without_a_fleet_is_said(serve_fleet: Callable[..., Site], database: str) -> None:
    answer = serve_fleet(url=database).get("/")
    assert answer.status_code == 503
    assert "run optiply-fleet init first" in words(answer.text)


def test_a_database_that_goes_away_is_said_and_found_again(
    serve_fleet: Callable[..., Site], db: Connection, database: str
) -> None:
    add_worker(db)
    site = serve_fleet()
    assert site.get("/healthz").status_code == 200
    name = one(db, "SELECT current_database() AS name")["name"]
    with connected(database) as other:
        other.autocommit = True
        other.execute(f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS false")
        other.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))
        answer = site.get("/healthz")
        assert (answer.status_code, "cannot be reached" in answer.text) == (503, True)
        other.execute(f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS true")
    assert site.get("/healthz").status_code == 200


def test_health_needs_a_worker(serve_fleet: Callable[..., Site], db: Connection) -> None:
    site = serve_fleet("a-token-of-the-tests-0123456789")
    assert site.get("/healthz").status_code == 503
    add_worker(db)
    answer = site.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"database": True, "workers": 1, "ticking": True})
    db.execute("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '5 minutes'")
    assert site.get("/healthz").status_code == 503


def test_health_needs_somebody_who_looks_what_is_due(serve_fleet: Callable[..., Site], db: Connection) -> None:
    site = serve_fleet()
    add_worker(db)
    assert site.get("/healthz").status_code == 200
    db.execute("UPDATE fleet.tick SET at = now() - interval '6 minutes'")
    answer = site.get("/healthz")
    assert (answer.status_code, answer.json()["workers"], answer.json()["ticking"]) == (503, 1, False)
    enqueue_due(db)
    assert site.get("/healthz").status_code == 200
