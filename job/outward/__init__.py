"""The way back as a part of a run, and what the commands tell of it."""
