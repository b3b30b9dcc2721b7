"""Checks that need no key: env files, and the rules that should ignore them."""
