"""What lasts between runs: the file, a day's requests in it, and tokens that outlive a run."""

from __future__ import annotations

import logging
import stat
import threading
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import requests

from connector.errors import RunError, Spent
from connector.http.kept_token import KeptToken
from connector.http.limits import RowLimits
from connector.http.pace import Pace
from connector.http.pool import Pool
from connector.http.quota import Quota
from connector.kept import Kept, kept_folder
from connector.report import ReadReport

INDIA = ZoneInfo("Asia/Kolkata")


def test_a_change_keeps_what_others_wrote_and_the_file_is_its_owners_alone(tmp_path: Path) -> None:
    kept = Kept(tmp_path / "new" / "access.json")
    assert kept.read() == {}
    with kept.changing("tokens", "one") as inner:
        inner["token"] = "a"
    with Kept(kept.path).changing("requests") as inner:
        inner["x"] = 1
    assert kept.read() == {"tokens": {"one": {"token": "a"}}, "requests": {"x": 1}}
    assert kept.part("tokens", "nobody") == {}
    assert stat.S_IMODE(kept.path.stat().st_mode) == 0o600


def test_changes_of_several_threads_are_all_there(tmp_path: Path) -> None:
    def add() -> None:
        for _ in range(20):
            with Kept(tmp_path / "k.json").changing() as whole:
                whole["n"] = whole.get("n", 0) + 1

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Kept(tmp_path / "k.json").read() == {"n": 80}


def test_a_file_that_is_spoilt_is_named_and_not_taken_for_an_empty_one(tmp_path: Path) -> None:
    (tmp_path / "k.json").write_text("[1")
    with pytest.raises(RunError, match=r"k\.json"):
        Kept(tmp_path / "k.json").read()


def test_the_folder_is_that_of_the_snapshots(tmp_path: Path) -> None:
    assert kept_folder({"snapshot_dir": "a"}, {"SNAPSHOT_DIR": "b"}) == Path("a")
    assert kept_folder({}, {"SNAPSHOT_DIR": "b", "ROOT_DIR": "c"}) == Path("b")
    assert kept_folder({}, {"ROOT_DIR": "c"}) == Path("c/snapshots")


def a_quota(folder: Path, now: list[datetime], limit: int = 5, spare: int = 2, key: str = "k") -> Quota:
    report = ReadReport(logging.getLogger("test"))
    return Quota(report, Kept(folder / "k.json"), key, limit, INDIA, spare, lambda: now[0])


def test_no_request_leaves_beyond_the_limit_of_the_local_day(tmp_path: Path) -> None:
    now = [datetime(2026, 1, 15, 18, 0, tzinfo=timezone.utc)]  # half past eleven at night in India
    quota = a_quota(tmp_path, now)
    for _ in range(3):
        quota.count_request()
    assert (quota.used(), quota.left()) == (3, 0)
    with pytest.raises(Spent, match="5 requests"):
        a_quota(tmp_path, now).count_request()
    # Who may use what is kept free still has that, and another key has a day of its own.
    a_quota(tmp_path, now, spare=0).count_request()
    a_quota(tmp_path, now, key="other").count_request()
    assert quota.used() == 4
    now[0] += timedelta(hours=1)
    assert quota.left() == 3
    quota.count_request()
    now[0] -= timedelta(hours=1)
    assert quota.used() == 4


def test_a_forecast_is_told_only_where_it_does_not_fit(tmp_path: Path) -> None:
    quota = a_quota(tmp_path, [datetime(2026, 1, 15, tzinfo=timezone.utc)])
    assert quota.forecast(3) is None
    assert "about 4 requests" in str(quota.forecast(4))


class Waits(threading.Event):
    def __init__(self) -> None:
        super().__init__()
        self.waited: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.waited.append(timeout or 0.0)
        return False


def signed(token: KeptToken) -> Any:
    request = requests.PreparedRequest()
    request.headers = requests.structures.CaseInsensitiveDict()
    return token(request).headers


def test_a_token_is_kept_and_another_login_waits_for_its_minute(tmp_path: Path) -> None:
    given = iter("abc")
    waits = Waits()

    def a_token() -> KeptToken:
        pool = Pool(Pace(1), waits)
        return KeptToken(Kept(tmp_path / "k.json"), "n", lambda: (next(given), 9e6), {"x-api-key": "k"}, 60.0, pool)

    first = a_token()
    headers = signed(first)
    assert (headers["Authorization"], headers["x-api-key"]) == ("Bearer a", "k")
    second = a_token()
    assert signed(second)["Authorization"] == "Bearer a"
    assert not waits.waited
    assert second.renew("Bearer a")
    assert signed(second)["Authorization"] == "Bearer b"
    assert 55 < waits.waited[0] <= 60
    # What another program got meanwhile is taken before a login of one's own.
    assert first.renew("Bearer a")
    assert signed(first)["Authorization"] == "Bearer b"


def test_a_limit_of_rows_is_learnt_once_and_for_its_own_list() -> None:
    limits = RowLimits("it", logging.getLogger("test"), per_path=True)
    assert limits.learn("/a", 50, 200)
    assert not limits.learn("/a", 50, 50)
    assert not limits.learn("/a", None, 50)
    assert (limits.of("/a"), limits.of("/b")) == (50, None)
