"""Random EasyEcom accounts, some days each, every pair of settings: the ETL ends as the oracle says.

`pytest tests/oracle/test_easyecom_accounts.py --shops 5000 --first-seed 7` lives through more of them (`make oracle`).
"""

import shutil
from pathlib import Path
from random import Random

import pytest

from tests.oracle.easyecom_days import KINDS, LISTS, EasyDay, life, told
from tests.oracle.easyecom_settings import EasySettings, all_pairs, pairs_in, settings_of_all_pairs

SETTINGS = settings_of_all_pairs()
RUNS = 4
FEW, MANY = 10, 60  # accounts in one colony: a run costs little more for many of them than for one
BY_DEFAULT = 2000  # shops that `make test` asks for: here it is one round of few, with every second of the settings


def lives(wanted: int, pair: int, first_seed: int) -> tuple[int, list[tuple[int, int]]]:
    """How many accounts live at once, and with which settings in which turn."""
    both = [number for number in (2 * pair, 2 * pair + 1) if number < len(SETTINGS)]
    if wanted <= BY_DEFAULT:
        return FEW, [(first_seed, both[first_seed % len(both)])]
    turns = -(-wanted // (MANY * len(SETTINGS)))
    return MANY, [(turn, number) for turn in range(first_seed, first_seed + turns) for number in both]


def days_of(turn: int, number: int) -> list[EasyDay]:
    """First whole readings, then any: what is read, to which end, and how long after the run before."""
    random = Random(f"{turn} {number} days")
    days = [EasyDay()]
    for _ in range(RUNS - 1):
        kind = random.choice(["everything", "everything", *KINDS])
        cut = frozenset(random.sample(LISTS[:2], random.randint(0, 1)))
        days.append(EasyDay(kind, cut, random.choice([1, 6, 24, 24, 72])))
    return days


def test_every_pair_of_values_stands_in_the_settings() -> None:
    assert pairs_in(SETTINGS) == all_pairs()
    names = {name for one in SETTINGS for name in one.as_config()}
    assert names == set(EasySettings.__dataclass_fields__), "a setting without another value is no pair"


@pytest.mark.parametrize("pair", range((len(SETTINGS) + 1) // 2))
def test_accounts_end_as_the_oracle_says(tmp_path: Path, pair: int, shops: int, first_seed: int) -> None:
    accounts, turns = lives(shops, pair, first_seed)
    for turn, number in turns:
        folder = tmp_path / f"{turn}-{number}"
        assert not told(folder, turn * 100 + number, range(1, accounts + 1), SETTINGS[number], days_of(turn, number))
        shutil.rmtree(folder)


@pytest.mark.parametrize(
    ("seed", "account"),
    [
        (4005, 36),  # a line that an order got while it waited for another
        (4127, 5),  # an inactive product whose order was cancelled before its stock was known
        (4223, 17),
        (4108, 45),  # a receipt that was deleted while it waited
    ],
)
def test_accounts_that_once_differed_do_so_no_more(tmp_path: Path, seed: int, account: int) -> None:
    """Each alone; the seed is that of its colony."""
    turn, number = divmod(seed, 100)
    assert life(tmp_path, seed, [account], SETTINGS[number], days_of(turn, number)) == []
