"""What checks look at: the settings of this shell, however many of them cannot be used."""

import secrets
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from fynix_server.clock import Clock, utc_now
from fynix_server.settings import Settings, environment_name


@dataclass(frozen=True)
class Problem:
    """A setting that cannot be used: its variable and its field, what is wrong, the mend."""

    variable: str
    field: str
    text: str
    mend: str


@dataclass(frozen=True)
class Surroundings:
    """`settings` have the default where `problems` tell that what is set cannot be used."""

    settings: Settings
    problems: tuple[Problem, ...] = ()
    clock: Clock = utc_now

    def why_unknown(self, *fields: str) -> str | None:
        """Why nothing can be said of what these fields name; None: they can be used."""
        variables = [it.variable for it in self.problems if it.field in fields]
        return f"{variables[0]} cannot be used" if variables else None


def look_around(clock: Clock = utc_now) -> Surroundings:
    """The settings of the environment and all that is wrong with them, which raises nothing."""
    problems: dict[tuple[str, str], Problem] = {}
    stand_ins: dict[str, Any] = {}
    while True:
        try:
            return Surroundings(Settings(**stand_ins), tuple(problems.values()), clock)
        except ValidationError as error:
            for it in error.errors(include_input=False, include_url=False):
                problem = _problem(it["loc"], it["msg"].removeprefix("Value error, "))
                is_known = problems.setdefault((problem.variable, problem.text), problem)
                _stand_in(stand_ins, problem, is_of_two=not it["loc"] and is_known is problem)


def _stand_in(stand_ins: dict[str, Any], problem: Problem, *, is_of_two: bool) -> None:
    """Put something that can be used in the place of what cannot."""
    # What one process could use is not wrong in itself, and it is what the checks must look at.
    if is_of_two and "workers" not in stand_ins:
        stand_ins["workers"] = 1
    elif problem.field == "jwt_secret_key":
        stand_ins["jwt_secret_key"] = secrets.token_urlsafe(48)
    else:
        default = Settings.model_fields[problem.field].get_default(call_default_factory=True)
        stand_ins[problem.field] = default


def _problem(location: tuple[int | str, ...], text: str) -> Problem:
    if location:
        variable = environment_name(str(location[0]))
    else:
        # One that is not of a single field says its own name.
        variable, text = text.split(": ", 1)
    said, _, mend = text.partition("; ")
    field = FIELDS[variable]
    return Problem(variable, field, said, mend or _description(variable, field))


def _description(variable: str, field: str) -> str:
    info = Settings.model_fields[field]
    default = info.get_default(call_default_factory=True)
    return f"unset {variable} for its default, {default}; it is: {info.description}"


FIELDS = {environment_name(name): name for name in Settings.model_fields}
"""The field that each variable sets."""
