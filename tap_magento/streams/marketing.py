"""Customers, cart price rules and coupons."""

from connector.singer.kinds import KeyedStream
from tap_magento.streams.sales import SalesStream


class CustomersStream(SalesStream):
    """Customers with their addresses; one row per customer. Personal data: never selected by default."""

    name = "customers"
    path = "/customers/search"
    keys = ("id",)
    key = "id"


class SalesRulesStream(KeyedStream):
    """Cart price rules; one row per rule."""

    name = "sales_rules"
    path = "/salesRules/search"
    keys = ("rule_id",)
    cursor = "rule_id"
    key = "rule_id"


class CouponsStream(KeyedStream):
    """Coupon codes; one row per code."""

    name = "coupons"
    path = "/coupons/search"
    keys = ("coupon_id",)
    cursor = "coupon_id"
    key = "coupon_id"
