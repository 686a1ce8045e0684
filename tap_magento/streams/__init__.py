"""The streams, by subject; each a declaration of its path, keys and grain."""
