"""Isolation: the process of a student's code, what it may read and write, and what it may take of the machine."""
