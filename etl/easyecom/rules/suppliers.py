"""Suppliers as Optiply should have them: the vendors, and the company's own locations."""

from __future__ import annotations

import pandas as pd

from etl.core.flow import Run
from etl.core.records import Rows
from etl.core.values import id_or_none, text_or_none
from etl.easyecom.flags import EasyFlags
from etl.easyecom.tables import suppliers as table
from etl.easyecom.work import EasyWork
from store.bulk import upsert

_COLUMNS = ("remote_id", "company_id", "name", "is_location")
TAKEN = "its id is the code of a vendor, which stays"


def identify_suppliers(run: Run[EasyFlags], work: EasyWork) -> None:
    """Makes `work.suppliers` and `work.known_suppliers`; a vendor is called by its code, a location by its id."""
    query = f"SELECT {', '.join(_COLUMNS)} FROM {table.name}"
    known = {row[0]: row for rows in run.snapshot.rows(query) for row in rows}
    read: dict[str | None, tuple[str | None, str | None, str | None, int]] = {}
    for vendor in sorted(work.records("vendors"), key=lambda one: str(one.vendor_c_id)):
        company = id_or_none(vendor.vendor_c_id)
        remote = text_or_none(vendor.vendor_code) or (f"c:{company}" if company else None)
        read[remote] = (remote, company, text_or_none(vendor.vendor_name), 0)
    vendors = {*read, *(remote for remote, row in known.items() if not row[3])}
    locations = _locations(work)
    rows = [*read.values(), *((one, one, name, 1) for one, name in sorted(locations.items()))]
    frame = pd.DataFrame(rows, columns=list(_COLUMNS), dtype=object)
    taken = frame["is_location"].eq(1) & frame["remote_id"].isin(vendors)
    frame = frame.assign(**{
        "supplier:id": frame["remote_id"],
        "supplier:name": frame["name"].where(frame["name"].notna(), frame["remote_id"]),
        "left_out": taken.map({True: TAKEN, False: None}).astype(object).where(taken, None),
    })  # fmt: skip
    nameless = frame.loc[frame["name"].isna() & frame["remote_id"].notna(), "remote_id"]
    run.report.because("suppliers", "reported", "it has no name: its id stands for it", list(nameless), "name")
    work.suppliers = frame
    kept = frame.loc[~taken & frame["remote_id"].notna(), list(_COLUMNS)].reset_index(drop=True)
    upsert(run.snapshot, table, kept, {})
    both = {**known, **{row[0]: row for row in kept.itertuples(index=False, name=None)}}
    work.known_suppliers = {remote: (row[1], row[2]) for remote, row in both.items()}


def _locations(work: EasyWork) -> dict[str, str | None]:
    """Id → name: as the products say it, else as the list of locations does."""
    names: dict[str, set[str]] = {}
    for product in work.records("products"):
        if found := id_or_none(product.c_id):
            names.setdefault(found, set()).update(filter(None, [text_or_none(product.company_name)]))
    for location in work.records("locations"):
        if (found := id_or_none(location.company_id)) and not names.get(found):
            names[found] = set(filter(None, [text_or_none(location.location_name)]))
    return {key: min(found, default=None) for key, found in names.items()}


def suppliers(_run: Run[EasyFlags], work: EasyWork) -> Rows:
    """The suppliers that were read."""
    return Rows(work.suppliers)
