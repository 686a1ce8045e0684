"""`optiply-sync stock`: changes of a shop's stock whose fate a person must decide."""
