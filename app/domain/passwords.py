"""What a password must be, and how one is made for somebody."""

import secrets

LEAST = 10  # characters: length is what protects, not signs of several kinds
ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"  # without l, o, 0 and 1, which people mix up


def is_weak(password: str) -> bool:
    return len(password) < LEAST


def made() -> str:
    """A password that can be read aloud: three groups of four, 60 bits."""
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(4)) for _ in range(3))
