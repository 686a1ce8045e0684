"""How the shop's database compares texts: case and trailing blanks count for nothing, every letter stands for itself.

MySQL's utf8_general_ci with PAD SPACE, as Magento 2.4.7 creates its tables: `MASSE` and `MAßE` are two SKUs.
"""

from functools import lru_cache


@lru_cache(maxsize=200_000)
def folded(text: str) -> str:
    """The text in the form in which two equal ones are the same."""
    trimmed = text.rstrip(" ")
    return trimmed.lower() if trimmed.isascii() else "".join(map(_letter, trimmed))


def _letter(letter: str) -> str:
    small = letter.lower()
    return small if small.upper() == letter else letter
