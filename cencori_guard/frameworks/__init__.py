"""What frameworks and bundlers do: which names they inline, what they ship, what of the source runs in a browser."""
