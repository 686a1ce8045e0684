"""What the store keeps of an account: under which id each SKU and each supplier went to Optiply."""

from __future__ import annotations

from sqlalchemy import Column, Integer, MetaData, Table, Text

facts = MetaData()

# One row per SKU: each location has a copy of the product, and the first one that counted gave the id.
products = Table(
    "easyecom_products",
    facts,
    Column("sku", Text, primary_key=True),
    Column("remote_id", Text, nullable=False),
    Column("product_id", Text),
    Column("tax_rate", Text),  # as it was read: 0.18, 18 or 18%
    sqlite_with_rowid=False,
)

# One row per supplier: a vendor, or a location of the company itself.
suppliers = Table(
    "easyecom_suppliers",
    facts,
    Column("remote_id", Text, primary_key=True),
    Column("company_id", Text),
    Column("name", Text),
    Column("is_location", Integer, nullable=False),
    sqlite_with_rowid=False,
)
