"""Text from outside, as a database can keep it."""


def storable(text: str) -> str:
    """Return text without NUL and without halves of characters, which no database keeps."""
    return text.replace("\0", "").encode(errors="replace").decode()
