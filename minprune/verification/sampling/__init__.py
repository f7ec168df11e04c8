"""Sampling: random networks that a claim is tried on."""
