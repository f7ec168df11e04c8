"""Counterexamples: the smallest network on which a claim fails."""
