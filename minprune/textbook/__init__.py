"""The textbook's runner: chapters are run, and compared with their text."""
