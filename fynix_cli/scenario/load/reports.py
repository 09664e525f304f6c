"""Telling what a load came to: at the terminal, as JSON, and as one HTML page."""

import json
from collections.abc import Callable, Iterator, Sequence
from html import escape
from pathlib import Path

from fynix_cli.errors import CommandError
from fynix_cli.exit_codes import ExitCode
from fynix_cli.output import emit, talk, visible
from fynix_cli.scenario.load.figures import (
    DELIVERY,
    LoadResult,
    as_json,
    bars,
    counts,
    latency_rows,
)
from fynix_cli.scenario.reports.files import parse_reports
from fynix_cli.scenario.reports.html import STYLE

_COLUMNS = ("count", "p50_ms", "p95_ms", "p99_ms", "max_ms")


def parse_load_reports(texts: Sequence[str]) -> dict[str, Path]:
    """`json=FILE,html=FILE` as files by kind. Raises: CommandError."""
    found = parse_reports(texts)
    if "junit" in found:
        raise CommandError(
            "a load is no test case, so there is no junit report of it",
            hint="write json=FILE or html=FILE",
            exit_code=ExitCode.USAGE,
        )
    return found


def print_result(result: LoadResult) -> None:
    """The figures to stdout; what is to be thought of them to stderr."""
    for name, text in counts(result):
        emit(f"{name:22} {text}")
    for text, count in result.tally.failures.most_common():
        emit(f"{'failed':22} {count} × {visible(text)}")
    for line in (*_latency_lines(result), *_bar_lines(result)):
        emit(line)
    if result.is_generator_bound:
        talk("this end was busy the whole time: the server may well do more with fewer users")
    for text in result.missed:
        talk(f"missed: {text}")


def write_load_reports(files: dict[str, Path], result: LoadResult) -> None:
    """Raises: CommandError (a file cannot be written)."""
    for kind, file in files.items():
        try:
            file.write_text(_WRITERS[kind](result), encoding="utf-8")
        except OSError as error:
            raise CommandError(f"cannot write {file} ({error.strerror})") from error


def _latency_lines(result: LoadResult) -> Iterator[str]:
    rows = [(visible(name), found) for name, found in latency_rows(result)]
    if not rows:
        return
    width = max(len(name) for name, _ in rows)
    yield ""
    yield f"{'latency':{width}} {'count':>8} {'p50':>9} {'p95':>9} {'p99':>9} {'max':>9}  ms"
    for name, found in rows:
        times = " ".join(f"{found[it]:9.1f}" for it in _COLUMNS[1:])
        yield f"{name:{width}} {found['count']:8.0f} {times}"


def _bar_lines(result: LoadResult) -> Iterator[str]:
    delivery = result.tally.events.get(DELIVERY)
    if delivery is None:
        return
    yield ""
    yield "delivery of messages"
    for bound, count, bar in bars(delivery):
        yield f"{bound:>12} {count:8}  {bar}".rstrip()


def _as_json_text(result: LoadResult) -> str:
    return json.dumps(as_json(result), ensure_ascii=False, indent=2) + "\n"


def _html(result: LoadResult) -> str:
    title = f"{result.title}: {result.users} users, {result.tally.seconds:.0f} s"
    sections = [*_count_rows(result), "</table>", *_latency_table(result)]
    delivery = "\n".join(_bar_lines(result))
    return (
        '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width">\n'
        f"<title>Fynix: {escape(title)}</title>\n<style>{STYLE}</style>\n"
        f"<h1>{escape(title)}</h1>\n<table>\n" + "\n".join(sections) + "\n</table>\n"
        f"<pre>{escape(delivery)}</pre>\n</html>\n"
    )


def _count_rows(result: LoadResult) -> Iterator[str]:
    for name, text in counts(result):
        yield f"<tr><th>{escape(name)}<td>{escape(text)}</tr>"
    for text, count in result.tally.failures.most_common():
        yield f"<tr><th class=failed>failed<td>{count} × {escape(text)}</tr>"
    for text in result.missed:
        yield f"<tr><th class=failed>missed<td>{escape(text)}</tr>"


def _latency_table(result: LoadResult) -> Iterator[str]:
    heads = "".join(f"<th>{it.replace('_ms', ', ms')}" for it in _COLUMNS)
    yield f"<table>\n<tr><th>Latency{heads}</tr>"
    for name, found in latency_rows(result):
        cells = "".join(f"<td class=number>{found[it]:.10g}" for it in _COLUMNS)
        yield f"<tr><td>{escape(name)}{cells}</tr>"


_WRITERS: dict[str, Callable[[LoadResult], str]] = {"json": _as_json_text, "html": _html}
