"""The checks of `optiply-sync doctor`, each with its remedy."""
