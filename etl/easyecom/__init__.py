"""EasyEcom's flow into Optiply: the shapes of its records, its rules, its settings, and the flow that joins them."""
