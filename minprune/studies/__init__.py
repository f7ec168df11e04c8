"""Studies: the walkthrough, every score against the exact answer, experiments."""
