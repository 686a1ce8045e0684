"""Singer tap for Picqer."""
