"""The snapshot store: what a destination should hold and what it has accepted. No HTTP, no system's rules."""
