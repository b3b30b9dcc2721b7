"""From matches to findings: what kind of place it is, which rule is broken, how bad that is."""
