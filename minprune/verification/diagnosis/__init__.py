"""Diagnosis: which mistake a false formula makes."""
