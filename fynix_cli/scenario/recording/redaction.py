"""Texts that say nothing any more, and are as long and of the same kind as before."""

import unicodedata

_LETTERS = {1: "x", 2: "é", 3: "中", 4: "𐐨"}
_OTHERS = {1: "*", 2: "§", 3: "☆", 4: "😀"}


def redacted(text: str) -> str:
    """Letters become letters, digits digits, emoji emoji: so many characters, and so many bytes
    of UTF-8, as before. White space stays."""
    return "".join(_replacement(it) for it in text)


def _replacement(character: str) -> str:
    if character.isspace():
        return character
    size = len(character.encode())
    kind = unicodedata.category(character)[0]
    if character.isascii():
        if kind == "N":
            return "0"
        return ("X" if character.isupper() else "x") if kind == "L" else character
    return (_LETTERS if kind in ("L", "M", "N") else _OTHERS)[size]
