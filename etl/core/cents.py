"""Amounts and quantities as whole cents and ten-thousandths, so that sums are exact. Pure."""

import numpy as np
import numpy.typing as npt
import pandas as pd

MOST_UNITS, MOST_LINE_MONEY = 1e11, 1e13  # what is still counted exactly to the ten-thousandth


def to_cents(number: pd.Series) -> pd.Series:
    """Amounts → whole cents as float64, halves away from zero, judged without the binary tail."""
    scaled = (number.abs() * 100).round(4)
    return np.sign(number) * np.floor(scaled + 0.5)


def ten_thousandths(number: pd.Series, most: float = MOST_UNITS) -> npt.NDArray[np.int64]:
    """Quantities and amounts of up to four decimals → whole ten-thousandths, so that sums are exact.

    What is beyond `most` is cut there: the sum stays a number, far beyond what any destination takes.
    """
    return np.asarray(np.rint(number.clip(-most, most).to_numpy("float64") * 10_000), dtype="int64")
