"""Since when, and where, a history has held the keys that were found in its objects."""
