"""The streams, by what they are about; each is a declaration over the kinds of lists."""
