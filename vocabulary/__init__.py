"""The entities of each system, declared once: names, keys, references, attributes with their limits."""
