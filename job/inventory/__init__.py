"""Stock figures of a warehouse system, for a person and for a run: commands, settings and the part of a run."""
