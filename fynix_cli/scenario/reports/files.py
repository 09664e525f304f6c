"""Reports for machines and for browsers, written to files."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from fynix_cli.errors import CommandError
from fynix_cli.exit_codes import ExitCode
from fynix_cli.scenario.playing.outcome import Outcome
from fynix_cli.scenario.reports.html import html_report
from fynix_cli.scenario.reports.junit import junit_report

KINDS = ("junit", "json", "html")


def parse_reports(texts: Sequence[str]) -> dict[str, Path]:
    """`junit=FILE,json=FILE` as files by kind. Raises: CommandError."""
    found: dict[str, Path] = {}
    for part in (it for text in texts for it in text.split(",")):
        kind, equals, file = part.partition("=")
        if kind not in KINDS or not equals or not file:
            raise CommandError(
                f"{part!r} is no report",
                hint="write it like junit=report.xml, json=report.json or html=report.html",
                exit_code=ExitCode.USAGE,
            )
        found[kind] = Path(file)
        if found[kind].is_dir():
            raise CommandError(f"{file} is a folder", hint=f"name a file in it: {kind}={file}/…")
        if not found[kind].parent.is_dir():
            raise CommandError(
                f"there is no folder {found[kind].parent}", hint="make it, or choose another"
            )
    return found


def write_reports(reports: dict[str, Path], outcomes: Sequence[Outcome]) -> None:
    """Raises: CommandError (a file cannot be written)."""
    for kind, file in reports.items():
        try:
            file.write_text(_WRITERS[kind](outcomes), encoding="utf-8", errors="backslashreplace")
        except OSError as error:
            raise CommandError(f"cannot write {file} ({error.strerror})") from error


def as_json(outcome: Outcome) -> dict[str, Any]:
    """An outcome as JSON can hold it; the names of its fields are a contract."""
    fields = asdict(outcome)
    place = outcome.place
    fields["place"] = None if place is None else {"line": place.line, "column": place.column}
    return {**fields, "exit_code": int(outcome.exit_code), "seconds": round(outcome.seconds, 3)}


def _json_report(outcomes: Sequence[Outcome]) -> str:
    scenarios = [as_json(it) for it in outcomes]
    counts = {
        kind: sum(it.status == kind for it in outcomes) for kind in {it.status for it in outcomes}
    }
    report = {"fynix": 1, "counts": counts, "scenarios": scenarios}
    return json.dumps(report, ensure_ascii=False, indent=2, default=str) + "\n"


_WRITERS: dict[str, Callable[[Sequence[Outcome]], str]] = {
    "junit": junit_report,
    "json": _json_report,
    "html": html_report,
}
