"""What a refusal must be: a sentence for a person, without a byte that would harm a terminal or a log."""


def unfit_words(error: BaseException) -> str | None:
    """Why the words of an error are no sentence for a person; None where they are."""
    text = str(error)
    if not text.strip():
        return "it says nothing"
    if "Traceback" in text or " object at 0x" in text:
        return f"it speaks of the program's inside: {text[:300]!r}"
    if not text.replace("\n", "").isprintable():
        return f"it holds what cannot be printed: {text[:300]!r}"
    longest = max(map(len, text.split("\n")))
    if longest > 2000:
        return f"it has a line of {longest} characters: {text[:300]!r}"
    return None
