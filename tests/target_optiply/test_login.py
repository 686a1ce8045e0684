"""One token for all, renewed once; a refused login stops at once; where the token may be written."""

import json
import stat
import threading
from pathlib import Path
from typing import Any

import pytest

from connector.errors import LoginRefused, Outage
from connector.http.credentials import Credentials
from sandbox.optiply.store import Settings
from sandbox.systems import Sandbox
from target_optiply.auth import keep_token
from tests.target_optiply.logins import GOOD, shared_token


def token_requests(sandbox: Sandbox) -> int:
    return len(sandbox.requests.select(path="oauth/token"))


def test_many_workers_share_one_token(optiply_sandbox: Sandbox) -> None:
    token = shared_token(optiply_sandbox.auth_url, GOOD)
    seen: list[str] = []
    threads = [threading.Thread(target=lambda: seen.append(token.token())) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(seen), len(set(seen)), token_requests(optiply_sandbox)) == (10, 1, 1)


def test_many_workers_whose_token_ended_renew_it_once(optiply_sandbox: Sandbox) -> None:
    token = shared_token(optiply_sandbox.auth_url, GOOD)
    stale = token.token()
    assert all(token.renew(f"Bearer {stale}") for _ in range(5))
    fresh = {token.token() for _ in range(5)}
    assert len(fresh) == 1
    assert stale not in fresh
    assert token_requests(optiply_sandbox) == 2


def test_a_token_is_renewed_before_it_ends() -> None:
    with Sandbox(magento=False, settings=Settings(token_lifetime=0)) as sandbox:
        token = shared_token(sandbox.auth_url, GOOD)
        assert token.token() != token.token()


def test_a_refresh_token_that_has_ended_falls_back_to_the_password(optiply_sandbox: Sandbox) -> None:
    token = shared_token(optiply_sandbox.auth_url, GOOD)
    stale = token.token()
    optiply_sandbox.faults_optiply.add(
        {"path": "oauth/token", "record": "refresh_token", "status": 400, "body": '{"error":"invalid_grant"}'}
    )
    assert token.renew(f"Bearer {stale}")
    assert token.token() != stale


def test_a_token_endpoint_in_trouble_is_asked_again(optiply_sandbox: Sandbox) -> None:
    optiply_sandbox.faults_optiply.add({"path": "oauth/token", "nth": [1, 2], "status": 503})
    assert shared_token(optiply_sandbox.auth_url, GOOD).token()


def test_a_token_endpoint_that_stays_away_is_an_outage() -> None:
    with pytest.raises(Outage):
        shared_token("http://127.0.0.1:9", GOOD, first_wait=0.001).token()


def test_an_ended_access_token_without_credentials_says_what_to_give(optiply_sandbox: Sandbox) -> None:
    token = shared_token(optiply_sandbox.auth_url, Credentials(access_token="given"))
    assert token.token() == "given"
    assert token.renew("Bearer given")
    with pytest.raises(LoginRefused, match="fresh access_token"):
        token.token()


@pytest.mark.parametrize("wrong", ["username", "password", "client_id", "client_secret"])
def test_a_wrong_login_stops_at_once_with_a_sentence(bench: Any, singer: Any, caplog: Any, wrong: str) -> None:
    run = bench.run(singer.stream("products", singer.product(1)), **{wrong: "mistyped"})
    assert (run.code, bench.writes(), token_requests(bench.sandbox)) == (1, {}, 1)
    assert "refused the login" in caplog.text
    assert "mistyped" not in caplog.text


def test_a_login_that_may_not_write_stops_at_once(singer: Any, bench: Any, caplog: Any) -> None:
    bench.sandbox.optiply.settings.scope = "read"
    run = bench.run(singer.stream("products", *(singer.product(number) for number in range(20))))
    assert run.code == 1
    assert "may write to this account" in caplog.text
    assert len(bench.sandbox.requests.select(method="POST", path="products")) < 20


def test_tokens_that_end_in_mid_run_cost_nothing(bench: Any, singer: Any) -> None:
    bench.sandbox.faults_optiply.add(
        {"path": "/v1/", "every": 20, "status": 401, "body": '{"error":"invalid_token","error_description":"secret"}'}
    )
    run = bench.run(singer.stream("products", *(singer.product(number) for number in range(1, 81))))
    assert run.count("products") == {"created": 80}
    assert run.report["retries"]["401"] >= 4


def test_a_given_access_token_is_used_first(bench: Any, singer: Any) -> None:
    token = shared_token(bench.sandbox.auth_url, GOOD).token()
    bench.forget_requests()
    bench.run(singer.stream("products", singer.product(1)), access_token=token)
    assert token_requests(bench.sandbox) == 0


def test_a_renewed_token_is_written_atomically_and_for_its_owner_only(tmp_path: Path) -> None:
    config = tmp_path / "config.json"
    config.write_text('{"username": "a"}')
    keep_token(config)("new")
    assert json.loads(config.read_text()) == {"username": "a", "access_token": "new"}
    assert stat.S_IMODE(config.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [config]


def test_a_token_that_cannot_be_written_is_used_all_the_same(tmp_path: Path, caplog: Any) -> None:
    keep_token(tmp_path / "gone.json")("new-token")
    assert "could not be written to gone.json" in caplog.text
    assert "new-token" not in caplog.text


@pytest.mark.parametrize("asked", [False, True])
def test_the_config_file_is_only_written_when_asked(bench: Any, singer: Any, asked: bool) -> None:
    from target_optiply.target import TargetOptiply

    config = bench.folder / "config.json"
    config.write_text("{}")
    target = TargetOptiply(config={**bench.config, "save_token": asked}, config_file=config)
    messages = singer.stream("products", singer.product(1))
    assert target.run(iter([json.dumps(message) + "\n" for message in messages])) == 0  # type: ignore[arg-type]
    assert ("access_token" in json.loads(config.read_text())) is asked
