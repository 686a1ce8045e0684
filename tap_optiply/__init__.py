"""Singer tap of Optiply: reads an account's products, suppliers, orders and receipts over its public API."""
