"""Where a store lives: which addresses are taken, and how messages call it."""

from pathlib import Path

import pytest

from store.errors import SnapshotError
from store.place import Place, password_of

pytestmark = pytest.mark.files
HERE = Path("snapshots")


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("mysql://db/optiply?schema=acme", "begins with mysql://"),
        ("acme", "begins with nothing://"),
        ("postgresql://db/optiply", "names no schema"),
        ("postgresql://db/optiply?schema=Acme", "names no schema"),
        ("postgresql://db/optiply?schema=a:b", "names no schema"),
        (f"postgresql://db/optiply?schema={'a' * 41}", "names no schema"),
    ],
)
def test_an_address_that_cannot_be_one_is_named_with_the_remedy(url: str, said: str):
    with pytest.raises(SnapshotError, match=said):
        Place.of(HERE, url)


@pytest.mark.parametrize(
    "user",
    ["sync:s3c#ret", "sync:s3c?ret", "sync:s3c/ret", "sync:s3c[ret", "sync:s3c%ret", "sync:s3c@ret", "sync:1/s3c?ret"],
)
def test_an_address_with_a_password_that_is_read_in_two_ways_is_refused_without_a_word_of_it(user: str):
    with pytest.raises(SnapshotError, match="%23 %3F %5B %5D %2F %40 %25") as refused:
        Place.of(HERE, f"postgresql://{user}@db/optiply?schema=acme")
    assert "s3c" not in str(refused.value)
    with pytest.raises(SnapshotError, match="%23 %3F"):
        Place.of(HERE, "postgresql://db/optiply?password=s3c#ret&schema=acme")


def test_a_password_whose_signs_are_written_as_percents_is_taken():
    place = Place.of(HERE, "postgresql://sync:%23%3F%5B%5D%2F%40%25@db/optiply?schema=acme")
    assert place.url is not None
    assert password_of(place.url) == "#?[]/@%"


def test_without_the_driver_the_extra_is_named(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("store.place.find_spec", lambda _name: None)
    with pytest.raises(SnapshotError, match="extra 'fleet'"):
        Place.of(HERE, "postgresql://db/optiply?schema=acme")
    assert Place.of(HERE).url is None


def test_parameters_of_an_address_are_handed_on_as_libpq_reads_them():
    place = Place.of(HERE, "postgresql://db/optiply?options=-c%20work_mem%3D9MB&application_name=a+b&schema=acme")
    assert place.url == "postgresql://db/optiply?options=-c%20work_mem%3D9MB&application_name=a%2Bb"
    assert Place.of(HERE, place.environment["SNAPSHOT_URL"]) == place


def test_a_place_is_told_to_other_programs_whole_and_to_people_without_its_password():
    place = Place.of(HERE, "postgresql://sync:secret@db:5433/optiply?sslmode=require&schema=acme")
    assert Place.of(HERE, place.environment["SNAPSHOT_URL"]) == place
    assert [str(place.title(name)) for name in ("optiply", "picqer")] == [
        "db/optiply schema acme",
        "db/optiply schema acme:picqer",
    ]
