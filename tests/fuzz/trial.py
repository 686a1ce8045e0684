"""One attempt of a reader at some bytes: it reads them, or refuses them in a sentence; anything else goes through."""

import tempfile
from pathlib import Path

from tests.fuzz.readers import Reader
from tests.fuzz.said import unfit_words


def attempt(reader: Reader, content: bytes) -> bool:
    """Whether the bytes were read. Raises whatever a reader must not raise."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            reader.read(content, Path(folder))
        except reader.refuses as error:
            unfit = unfit_words(error)
            if unfit is not None:
                raise AssertionError(f"{type(error).__name__}: {unfit}") from error
            return False
    return True
