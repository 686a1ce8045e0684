"""Who may see the page and ask for something there."""

from collections.abc import Callable

import pytest

from fleet.database import Connection, one
from fleet.errors import FleetError
from fleet.web.guard import COOKIE, SESSION_SECONDS, Guard, is_loopback, own_place
from tests.fleet.web.conftest import TOKEN, Site
from tests.fleet.web.invented import add_tenant

PAGES = ("/", "/tenants/acme", "/tenants/acme/runs/1", "/tenants/acme/why?asked=x", "/metrics", "/nowhere")
ACTIONS = ("run", "full", "pause", "resume")


@pytest.fixture
def locked(serve_fleet: Callable[..., Site], db: Connection) -> Site:
    """A page with a token, and one tenant."""
    add_tenant(db, "acme")
    return serve_fleet(TOKEN)


def sign_in(site: Site, token: str = TOKEN, **form: str) -> int:
    return site.post("/login", data={"token": token, **form}).status_code


def jobs(db: Connection) -> int:
    return int(one(db, "SELECT count(*) AS n FROM procrastinate_jobs")["n"])


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.4", "fleet.example.com"])
def test_a_page_that_others_can_reach_does_not_start_without_a_token(host: str) -> None:
    with pytest.raises(FleetError, match="needs a token"):
        Guard(None, host, lambda: 0)
    assert Guard(TOKEN, host, lambda: 0).token == TOKEN


@pytest.mark.parametrize("token", ["", "short", "fifteen-letters", "a token with blanks", "ünïcödé-tökens-are-none"])
def test_a_token_that_is_none_is_refused_at_the_start(token: str) -> None:
    with pytest.raises(FleetError, match="at least 16 visible"):
        Guard(token, "127.0.0.1", lambda: 0)


@pytest.mark.parametrize(
    ("name", "own"),
    [("localhost", True), ("127.0.0.1", True), ("127.8.8.8", True), ("::1", True), ("10.0.0.1", False),
     ("localhost.evil.example", False), ("", False), ("0.0.0.0", False)],
)  # fmt: skip
def test_this_machine_is_known_by_its_names(name: str, own: bool) -> None:
    assert is_loopback(name) is own


@pytest.mark.parametrize("path", PAGES)
def test_nothing_is_seen_without_the_token(locked: Site, path: str) -> None:
    answer = locked.get(path)
    assert answer.status_code in {303, 401}
    assert "acme" not in answer.text.replace(path, "")
    assert locked.get(path, headers={"Authorization": "Bearer wrong-wrong-wrong-wrong"}).status_code in {303, 401}


@pytest.mark.parametrize("action", ACTIONS)
def test_nothing_is_done_without_the_token(locked: Site, db: Connection, action: str) -> None:
    assert locked.post(f"/tenants/acme/{action}").status_code == 401
    assert jobs(db) == 0
    assert one(db, "SELECT paused_at FROM fleet.tenant")["paused_at"] is None


def test_a_program_shows_the_token(locked: Site, db: Connection) -> None:
    bearer = {"Authorization": f"Bearer {TOKEN}"}
    assert locked.get("/metrics", headers=bearer).status_code == 200
    assert locked.post("/tenants/acme/run", of=None, **bearer).status_code == 303
    assert jobs(db) == 1


def test_a_person_signs_in_comes_to_the_page_asked_for_and_signs_out(locked: Site) -> None:
    asked = locked.get("/tenants/acme?done=run")
    assert asked.headers["Location"] == "/login?next=/tenants/acme%3Fdone%3Drun"
    answer = locked.post("/login", data={"token": TOKEN, "next": "/tenants/acme?done=run"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/tenants/acme?done=run")
    cookie = answer.headers["Set-Cookie"]
    assert TOKEN not in cookie
    assert {"HttpOnly", "SameSite=Lax"} <= {part.strip() for part in cookie.split(";")}
    assert "Sign out" in locked.get("/").text
    assert locked.post("/logout").status_code == 303
    assert locked.get("/").status_code == 303


def test_the_session_of_a_page_behind_https_goes_over_https_only(locked: Site) -> None:
    answer = locked.post("/login", data={"token": TOKEN}, **{"X-Forwarded-Proto": "https"})
    assert "Secure" in answer.headers["Set-Cookie"]


def test_a_wrong_token_opens_no_session(locked: Site) -> None:
    assert sign_in(locked, "not-the-token-at-all") == 403
    assert COOKIE not in locked.session.cookies
    assert sign_in(locked, TOKEN + "x") == 403
    assert sign_in(locked, "") == 403


def test_a_session_ends_and_none_can_be_made_up(locked: Site, clock: list[float]) -> None:
    sign_in(locked)
    cookie = locked.session.cookies[COOKIE]
    until, _, signature = cookie.partition(".")
    locked.session.cookies.clear()
    for forged in (f"{int(until) + 1}.{signature}", f"{until}.{'0' * 64}", until, f".{signature}", "x.y", "é.é"):
        assert locked.get("/", headers={"Cookie": f"{COOKIE}={forged}".encode()}).status_code == 303, forged
    assert locked.get("/", headers={"Cookie": f"{COOKIE}={cookie}"}).status_code == 200
    clock[0] += SESSION_SECONDS + 1
    assert locked.get("/", headers={"Cookie": f"{COOKIE}={cookie}"}).status_code == 303


def test_a_session_of_another_token_is_none(locked: Site, serve_fleet: Callable[..., Site]) -> None:
    sign_in(locked)
    other = serve_fleet(TOKEN[::-1])
    assert other.get("/", headers={"Cookie": f"{COOKIE}={locked.session.cookies[COOKIE]}"}).status_code == 303


@pytest.mark.parametrize("of", ["https://evil.example", "null", None, "http://127.0.0.1", "http://["])
@pytest.mark.parametrize("action", ACTIONS)
def test_another_page_cannot_ask_for_anything(site: Site, db: Connection, of: str | None, action: str) -> None:
    before = jobs(db)
    assert site.post(f"/tenants/acme/{action}", of=of).status_code == 403
    assert site.post(f"/tenants/acme/{action}", **{"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert jobs(db) == before
    assert one(db, "SELECT paused_at FROM fleet.tenant WHERE name = 'acme'")["paused_at"] is None


@pytest.mark.parametrize("of", ["cross-site", "same-site"])
def test_another_page_cannot_have_programs_started(site: Site, of: str) -> None:
    answer = site.get("/tenants/acme/why", params={"asked": "x"}, headers={"Sec-Fetch-Site": of})
    assert answer.status_code == 403
    assert site.get("/tenants/acme", headers={"Sec-Fetch-Site": of}).status_code == 200
    asked = site.get("/tenants/acme/why", params={"asked": ""}, headers={"Sec-Fetch-Site": "same-origin"})
    assert asked.status_code == 400  # it came as far as the question


def test_a_name_that_points_here_is_no_way_around_that(site: Site) -> None:
    """A page of another name whose address was changed to this machine would be its own origin."""
    for name in ("evil.example", "[", "[::1", "127.0.0.1.evil.example", "a@127.0.0.1:1@b"):
        assert site.get("/", headers={"Host": name}).status_code in {400, 403}, name
    host = site.address.removeprefix("http://").replace("127.0.0.1", "localhost")
    assert site.get("/", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "path", ["/", "/tenants/bolt", "/static/live.js", "/nowhere", "/tenants/none", "/metrics", "/login"]
)
def test_every_answer_forbids_what_the_page_does_not_need(site: Site, path: str) -> None:
    headers = site.get(path).headers
    policy = dict(part.strip().partition(" ")[::2] for part in headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize(
    ("text", "place"),
    [("/tenants/acme?x=1", "/tenants/acme?x=1"), ("//evil.example", "/"), ("/\\evil.example", "/"), ("", "/"),
     ("https://evil.example", "/"), ("/a\r\nSet-Cookie: x", "/"), ("/ok\\..", "/"), ("javascript:alert(1)", "/")],
)  # fmt: skip
def test_the_sign_in_leads_to_this_page_only(text: str, place: str) -> None:
    assert own_place(text) == place


@pytest.mark.parametrize("size", [20_000, 3_000_000])
def test_a_large_body_is_refused(locked: Site, size: int) -> None:
    assert locked.post("/login", data={"token": "x" * size}).status_code == 413


@pytest.mark.parametrize(
    "path",
    ["/static/../server.py", "/static/%2e%2e/server.py", "/static/page.html", "/static/fleetXcss",
     "/tenants/..%2f..%2fetc%2fpasswd",
     "/tenants/acme'--", "/tenants/ACME", "/tenants/acme/runs/x", "/tenants/acme/runs/99999999999999999999"],
)  # fmt: skip
def test_there_is_nothing_at_other_addresses(site: Site, path: str) -> None:
    answer = site.get(path)
    assert answer.status_code == 404
    assert "import" not in answer.text
