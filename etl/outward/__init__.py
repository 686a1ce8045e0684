"""The way back: what was done in Optiply becomes records of another destination."""
