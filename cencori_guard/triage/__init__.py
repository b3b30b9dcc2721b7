"""Which findings are excused, by whom, and why: one path for every mode."""
