"""The work of one run: the records that were read, and what one step hands on to the next."""

from etl.inward.work import TradeWork


class PicqerWork(TradeWork):
    """The work of the other sources, and before it which warehouses count.

    Attributes:
        counted: ids of the warehouses whose stock counts; None: all (steps.check_warehouses).
    """

    counted: frozenset[str] | None
