"""The work of one run: the records that were read, and what one step hands on to the next."""

from etl.core.records import Records, Rows


class PicqerWork(Records):
    """The columns of each stream; the steps fill the attributes, in this order.

    Attributes:
        counted: ids of the warehouses whose stock counts; None: all (steps.check_warehouses).
        sales, parts, purchases, purchase_lines: the rows of sell orders, compositions and purchase orders, which say
            which products are needed (steps.gather).
        needed: ids of the products that one of them names.
    """

    counted: frozenset[str] | None
    sales: Rows
    parts: Rows
    purchases: Rows
    purchase_lines: Rows
    needed: frozenset[str]
