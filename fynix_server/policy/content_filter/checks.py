"""Refuses rules that could not be compiled, or that could never do what they say."""

import re
from collections.abc import Callable

import idna
import re2

from fynix_server.errors import FieldError, InvalidInput
from fynix_server.policy.content_filter.domains import canonical
from fynix_server.policy.content_filter.folding import find_spaceless, is_letter, natural
from fynix_server.policy.content_filter.hosts import as_address
from fynix_server.policy.content_filter.regexes import MAX_INSTRUCTIONS, compile_regex
from fynix_server.policy.content_filter.rules import MAX_PATTERN_CODE_POINTS, Kind, Verdict
from fynix_server.policy.content_filter.words import MAX_PHRASE_WORDS, is_found_anywhere

_WORD_SIGNS = frozenset(" -'’._")
_ATTACHMENT = re.compile(r"(?:image|file)(?::[a-z0-9]{1,16}(?:\.[a-z0-9]{1,16})?)?", re.IGNORECASE)
_UNMASKABLE = ("max_links", "attachment_type")
# A regular expression that matches nothing in one of these, such as \b, matches nothing in all.
_PROBES = ("", "a", " a b\n", "1.")


def check_rule(kind: Kind, pattern: str, verdict: Verdict) -> None:
    """Raises: InvalidInput, which names the field `pattern` or `verdict` and what is wrong."""
    if kind in _UNMASKABLE and verdict == "mask":
        _refuse("verdict", f"a rule of the kind {kind} has nothing that could be masked")
    if kind == "max_links" and verdict == "allow":
        _refuse("verdict", "a number of links is no exception: allow a domain instead")
    if len(pattern) > MAX_PATTERN_CODE_POINTS:
        _refuse("pattern", f"it has more than {MAX_PATTERN_CODE_POINTS} characters")
    if not pattern.strip():
        _refuse("pattern", "it is empty")
    try:
        pattern.encode()
    except UnicodeEncodeError:
        _refuse("pattern", "it has half a surrogate pair, which is no character")
    reason = _CHECKS[kind](pattern)
    if reason is not None:
        _refuse("pattern", reason)


def _word(pattern: str) -> str | None:
    fine = "".join(map(natural, pattern)).strip()
    if not fine:
        return "nothing of it can be seen"
    if find_spaceless(fine):
        return None
    if is_found_anywhere(fine):
        return "it has no letter: use a regex" if fine.isascii() else None
    if any(not is_letter(char) and char not in _WORD_SIGNS for char in fine):
        return "a word has letters and digits only: say the letters that are meant, or use a regex"
    if len(re.findall(r"[^\W_]+", fine)) > MAX_PHRASE_WORDS:
        return f"it has more than {MAX_PHRASE_WORDS} words"
    return None


def _regex(pattern: str) -> str | None:
    try:
        regex = compile_regex(pattern, is_checked=False)
    except re2.error as error:
        why = error.args[0]
        told = why.decode(errors="replace") if isinstance(why, bytes) else str(why)
        return f"RE2 does not take it: {told}"
    if regex.programsize > MAX_INSTRUCTIONS:
        return (
            f"it takes {regex.programsize:,} instructions of RE2, where {MAX_INSTRUCTIONS:,} are "
            "the most: shorten its repetitions"
        )
    if any(found.end() == found.start() for probe in _PROBES for found in regex.finditer(probe)):
        return "it matches the empty text, and so every message"
    return None


def _domain(pattern: str) -> str | None:
    host = canonical(pattern)
    if as_address(host):
        return None
    if re.search(r"[/@:?#*\s]", host):
        return "a domain is a name such as example.com, which stands for all below it too"
    try:
        idna.encode(host, uts46=True)
    except idna.IDNAError as error:
        return f"it is no domain: {error}"
    if "." not in host or host.rpartition(".")[2].isdigit():
        return "it is no domain: it has no ending such as .com"
    return None


def _max_links(pattern: str) -> str | None:
    is_number = re.fullmatch(r"[0-9]{1,3}", pattern) is not None
    return None if is_number and int(pattern) <= 100 else "it is no number from 0 to 100"


def _attachment_type(pattern: str) -> str | None:
    if _ATTACHMENT.fullmatch(pattern):
        return None
    return "it is neither `image` nor `file`, nor one of them with an ending, such as `file:exe`"


_CHECKS: dict[Kind, Callable[[str], str | None]] = {
    "word": _word,
    "regex": _regex,
    "domain": _domain,
    "max_links": _max_links,
    "attachment_type": _attachment_type,
}


def _refuse(field: str, reason: str) -> None:
    raise InvalidInput(
        f"the rule cannot be taken: {field}: {reason}", errors=(FieldError(field, reason),)
    )
