"""Two servers on loopback for trying and testing: one answers as Magento does, the other as Optiply does."""
