"""Keys for tests, minted at run time from a seed: none stands in a file of this repository."""

from __future__ import annotations

import random

BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
HEX = "0123456789abcdef"

# The shapes with a known generator, by name.
SHAPES = (
    "legacy-base58",
    "legacy-hex",
    "legacy-test",
    "secret",
    "secret-test",
    "publishable",
    "publishable-test",
    "agent-hex",
    "agent-uuid",
)


def key(shape: str = "secret", seed: int | str = 0) -> str:
    """A key of *shape*; the same for the same *seed*."""
    source = random.Random(f"{shape}/{seed}")

    def draw(alphabet: str, size: int) -> str:
        return "".join(source.choice(alphabet) for _ in range(size))

    if shape == "legacy-base58":
        return "cen_" + draw(BASE58, 32)
    if shape == "agent-uuid":
        return "cake_" + draw(HEX, 12) + "4" + draw(HEX, 3) + source.choice("89ab") + draw(HEX, 15)
    prefix = {
        "legacy-hex": "cen_",
        "legacy-test": "cen_test_",
        "secret": "csk_",
        "secret-test": "csk_test_",
        "publishable": "cpk_",
        "publishable-test": "cpk_test_",
        "agent-hex": "cake_",
    }[shape]
    return prefix + draw(HEX, 48)


def opaque(seed: int | str = 0, size: int = 24) -> str:
    """A key of the kind without a known generator."""
    source = random.Random(f"opaque/{seed}")
    alphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
    body = "".join(source.choice(alphabet) for _ in range(size - 2))
    return "cencori_" + "k7" + body
