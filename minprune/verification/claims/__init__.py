"""Claims: what can be said of a formula, and tried."""
