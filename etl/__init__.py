"""The rules: Magento's rows in, what Optiply should hold out. No HTTP; see job/ for the order of steps."""
