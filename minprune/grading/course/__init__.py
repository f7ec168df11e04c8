"""A course: the submissions of a whole class, graded on all cores, and what is written of it."""
