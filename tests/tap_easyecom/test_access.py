"""Key, tokens and logins: each location has its token, tokens outlive the run, logins are a minute apart."""

import stat
from pathlib import Path

import pytest

from connector.errors import LoginRefused, RunError
from sandbox.systems import Sandbox
from tests.tap_easyecom.reading import MAIN, SECOND, calls, good, kept_in, read

LOGIN = "/access/token"


def test_tokens_are_kept_so_that_the_next_run_signs_in_nowhere(kept: Path) -> None:
    with Sandbox(magento=False, easyecom=True) as sandbox:
        good(sandbox, "products")
        assert calls(sandbox, LOGIN) == 3
        good(sandbox, "products")
        assert calls(sandbox, LOGIN) == 3
        assert stat.S_IMODE((kept / "easyecom-access.json").stat().st_mode) == 0o600
        assert len(kept_in(kept)["tokens"]) == 3
        text = (kept / "easyecom-access.json").read_text()
        assert "sandbox-password" not in text
        assert "sandbox-easyecom-key" not in text


def test_a_token_that_is_refused_is_got_anew_once() -> None:
    with Sandbox(magento=False, easyecom=True) as sandbox:
        good(sandbox, "products")
        sandbox.call(sandbox.easyecom_account.tokens.revoke)
        reading = good(sandbox, "products")
        assert calls(sandbox, LOGIN) == 6
        assert reading.complete("products")


def test_where_the_file_is_lost_the_login_waits_until_it_is_taken(kept: Path) -> None:
    with Sandbox(magento=False, easyecom=True) as sandbox:
        good(sandbox, "vendors", location_key=MAIN)
        (kept / "easyecom-access.json").unlink()
        reading = good(sandbox, "vendors", location_key=MAIN)
        assert reading.report["retries"].get("403", 0) >= 1
        assert reading.complete("vendors")


def test_tokens_that_are_refused_for_ever_end_the_run_after_few_logins() -> None:
    with Sandbox(magento=False, easyecom=True) as sandbox:
        tokens = sandbox.easyecom_account.tokens
        for page in range(1, 200):
            sandbox.easyecom_account.changes.after_page("products", page, lambda _store, _rows: tokens.revoke())
        sandbox.easyecom.settings.token_lifetime = -1
        sandbox.easyecom.settings.token_cooldown = 0
        reading = read(sandbox, "products", location_key=MAIN)
        assert isinstance(reading.error, LoginRefused)
        assert calls(sandbox, LOGIN) <= 3


@pytest.mark.parametrize(
    ("wrong", "word"),
    [({"password": "no"}, "Invalid user credentials"), ({"location_key": "xx"}, "Invalid location key")],
)
def test_wrong_credentials_end_the_run_with_what_to_check(wrong: dict[str, str], word: str) -> None:
    with Sandbox(magento=False, easyecom=True) as sandbox:
        reading = read(sandbox, **wrong)
        assert isinstance(reading.error, LoginRefused)
        assert word in str(reading.error)
        assert "location_key" in str(reading.error)
        assert not reading.records


def test_a_wrong_key_is_told_from_a_wrong_password() -> None:
    with Sandbox(magento=False, easyecom=True) as sandbox:
        reading = read(sandbox, x_api_key="another")
        assert isinstance(reading.error, RunError)
        assert "x_api_key" in str(reading.error)


def test_one_location_is_enough_and_another_ones_rows_do_not_come() -> None:
    with Sandbox(magento=False, easyecom=True) as sandbox:
        reading = good(sandbox, "purchase_orders", location_key=SECOND)
        there = [row for row in sandbox.easyecom.purchase_orders.rows.values() if row.c_id == 24_002]
        assert len(reading.records["purchase_orders"]) == len(there) > 0
        assert calls(sandbox, LOGIN) == 1
