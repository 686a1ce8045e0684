"""Singer tap for EasyEcom."""
