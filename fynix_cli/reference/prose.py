"""Help texts as Markdown."""

import re
from itertools import groupby

_CODE = re.compile(
    r"`[^`]+`"
    # options, with their value where it is a name in capitals or a format
    r"|(?<![\w/-])--?[a-zA-Z][\w-]*(?: (?:jsonl?|[A-Z]{2}[A-Z_]+)\b)?"
    # variables of the environment, and names as JSON has them
    r"|\b_?[A-Z]+(?:_[A-Z]+)+(?:=\w+)?\b|\b[a-z]+(?:_[a-z]+)+\b"
)
_OTHER_MARKUP = re.compile(r"[\\*_<\[\]]")


def markdown(help_text: str) -> str:
    """The help of a command. Blocks after a `\\b` keep their lines; what is indented is code."""
    blocks = re.split(r"\n\s*\n", help_text.strip("\n"))
    return "\n\n".join(_block(block) for block in blocks)


def inline(text: str) -> str:
    """Text in a line: options, variables and names as code, nothing else as markup."""
    told = []
    position = 0
    for matched in _CODE.finditer(text):
        told.append(_escaped(text[position : matched.start()]))
        told.append(f"`{matched[0].strip('`')}`")
        position = matched.end()
    return "".join(told) + _escaped(text[position:])


def _block(block: str) -> str:
    if not block.startswith("\b"):
        return inline(block)
    lines = block.splitlines()[1:]
    language = "sh" if lines and lines[0].startswith("Example") else "text"
    parts = [
        _code(list(part), language) if is_code else inline("\n".join(part))
        for is_code, part in groupby(lines, key=lambda line: line.startswith(" "))
    ]
    return "\n\n".join(parts)


def _code(lines: list[str], language: str) -> str:
    margin = min(len(line) - len(line.lstrip()) for line in lines)
    body = "\n".join(line[margin:] for line in lines)
    return f"```{language}\n{body}\n```"


def _escaped(text: str) -> str:
    return _OTHER_MARKUP.sub(lambda matched: "\\" + matched[0], text)
