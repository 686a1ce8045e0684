"""Compares names as a database with a case-insensitive collation does: case and trailing blanks count for nothing.

Nothing else is folded: `ß` is not `ss`, a ligature is not its letters, a no-break space is no blank, and a leading
blank counts (MySQL, utf8_general_ci with PAD SPACE).
"""

from collections.abc import Sequence


def folded(text: str) -> str:
    """The text in the form in which two names are equal for the database."""
    trimmed = text.rstrip(" ")
    return trimmed.lower() if trimmed.isascii() else "".join(map(_lower, trimmed))


def folded_each(texts: Sequence[str]) -> list[str]:
    """`folded` of each, in one step where they are plain."""
    joined = "\n".join(texts)
    plain = joined.isascii() and " \n" not in joined and not joined.endswith(" ")
    if plain and joined.count("\n") == len(texts) - 1:
        return joined.lower().split("\n")
    return list(map(folded, texts))


def _lower(character: str) -> str:
    """The lower case of a letter that has exactly one; the Kelvin sign, `İ` and `ẞ` are letters of their own."""
    lower = character.lower()
    return lower if lower.upper() == character else character
