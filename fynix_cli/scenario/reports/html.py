"""One HTML page that loads nothing: open it from a disk, or attach it to a build."""

from collections.abc import Iterator, Sequence
from html import escape

from fynix_cli.scenario.playing.latency import QUANTILES, quantile
from fynix_cli.scenario.playing.outcome import TAIL_FRAMES, Outcome
from fynix_cli.scenario.reports.wording import explanation

STYLE = """
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
body { max-width: 64rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.4rem; }
table { border-collapse: collapse; width: 100%; }
td, th { text-align: left; padding: .3rem .6rem; vertical-align: top; }
td, th { border-bottom: 1px solid #8884; }
.passed { color: #18794e; } .failed, .error { color: #cd2b31; font-weight: 600; }
.skipped { color: #889; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; }
pre { background: #8881; padding: .6rem; border-radius: .3rem; }
td.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
@media (prefers-color-scheme: dark) {
  .passed { color: #63c174; }
  .failed, .error { color: #ff9592; }
}
"""


def html_report(outcomes: Sequence[Outcome]) -> str:
    good = sum(it.is_good for it in outcomes)
    title = f"{good} of {len(outcomes)} scenarios as they should be"
    rows = "\n".join(row for outcome in outcomes for row in _rows(outcome))
    return (
        '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width">\n'
        f"<title>Fynix: {title}</title>\n<style>{STYLE}</style>\n<h1>{title}</h1>\n<table>\n"
        "<tr><th>Scenario<th>Stack<th>Outcome<th>Steps<th>Seconds<th>Delivery p50 / p99</tr>\n"
        f"{rows}\n</table>\n</html>\n"
    )


def _rows(outcome: Outcome) -> Iterator[str]:
    yield (
        f"<tr><td>{escape(outcome.title)}<br><small>{escape(outcome.file)}</small>"
        f"<td>{escape(outcome.stack)}<td class={outcome.status}>{outcome.status}"
        f"<td class=number>{outcome.steps}<td class=number>{outcome.seconds:.2f}"
        f"<td class=number>{_delivery(outcome)}</tr>"
    )
    if not outcome.is_good:
        text = "\n".join(explanation(outcome, events=TAIL_FRAMES))
        yield f"<tr><td colspan=6><pre>{escape(text)}</pre></tr>"


def _delivery(outcome: Outcome) -> str:
    measured = outcome.latencies.get("new_message")
    if not measured:
        return ""
    shares = QUANTILES["p50"], QUANTILES["p99"]
    return " / ".join(f"{quantile(measured, it) * 1000:.1f} ms" for it in shares)
