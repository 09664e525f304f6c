"""Steps that make a group, and change it."""

from typing import Any, ClassVar

from pydantic import Field

from fynix_cli.scenario.model.step_shapes import Asking, StepArgs
from fynix_cli.scenario.model.values import GroupRole, PersonName, PersonNames, Ref, Text

IN: Any = Field(alias="in", description="The conversation, such as $dm.")


class Group(Asking):
    """Make a group; whoever makes it is its owner."""

    example: ClassVar[str] = "alice.group: {name: Climbers, with: [bob, carol], save: group}"

    name: Text = Field(description="What it is called.")
    with_: PersonNames = Field([], alias="with", description="Who else is in it from the start.")
    description: Text = Field(None, description="What it is about.")


class Rename(Asking):
    """Rename a group, or describe it anew."""

    example: ClassVar[str] = "alice.rename: {in: $group, name: Hikers}"

    in_: Ref = IN
    name: Text = Field(None, description="Its new name.")
    description: Text = Field(None, description="Its new description.")


class Add(Asking):
    """Take somebody into a group."""

    example: ClassVar[str] = "alice.add: {in: $group, who: carol}"

    in_: Ref = IN
    who: PersonName = Field(description="Whom.")


class Role(Asking):
    """Give somebody another role in a group; its owner becomes an admin where they hand it on."""

    example: ClassVar[str] = "alice.role: {in: $group, who: bob, is: admin}"

    in_: Ref = IN
    who: PersonName = Field(description="Whom.")
    is_: GroupRole = Field(alias="is", description="owner, admin or member.")


class Remove(Asking):
    """Put somebody out of a group."""

    example: ClassVar[str] = "alice.remove: {in: $group, who: carol}"

    in_: Ref = IN
    who: PersonName = Field(description="Whom.")


class Leave(Asking):
    """Leave a group."""

    shorthand: ClassVar[str | None] = "in_"
    example: ClassVar[str] = "carol.leave: $group"

    in_: Ref = IN


GROUP_STEPS: dict[str, type[StepArgs]] = {
    "group": Group,
    "rename": Rename,
    "add": Add,
    "role": Role,
    "remove": Remove,
    "leave": Leave,
}
