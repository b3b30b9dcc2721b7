"""The engine: where, in a great many bytes, something stands that could be a key."""
