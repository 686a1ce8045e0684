"""Days of an EasyEcom account and what Optiply has after them."""
