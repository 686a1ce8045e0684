"""What an answer to a write means, by answers.csv; whatever is not named there means the same as to a reader."""

from connector.http.table import Table, read_table
from magento_api import errors

WRITES: Table = read_table(__file__)
TABLE: Table = (*WRITES, *errors.TABLE)
