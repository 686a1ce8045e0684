"""What reading and writing EasyEcom have in common: key and tokens, rate tiers and quota, the words of its answers."""
