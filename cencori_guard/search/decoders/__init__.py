"""Decoders of what stands in text: each takes some bytes and a place in them, and gives what is written there."""
