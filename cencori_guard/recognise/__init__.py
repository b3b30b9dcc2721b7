"""The two-stage search's second half: the grammar, applied to a bounded window around each candidate."""
