"""One run of a folder: the order of its steps, the programs it starts, and its report."""
