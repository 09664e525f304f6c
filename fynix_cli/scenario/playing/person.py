"""Somebody in a scenario: an account, its devices, and what variables say of them."""

from dataclasses import dataclass, field
from typing import Any

from fynix_cli.scenario.playing.device import Device


@dataclass
class Person:
    """`name`: as the scenario calls them; `username`: as the server does."""

    name: str
    username: str
    user_id: str
    password: str | None
    devices: dict[str, Device] = field(default_factory=dict)

    @property
    def first_device(self) -> Device:
        return next(iter(self.devices.values()))

    def device(self, name: str | None) -> Device:
        return self.first_device if name is None else self.devices[name]

    def as_variables(self) -> dict[str, Any]:
        """What `$alice.id` and the like are."""
        login = self.first_device.login
        return {
            "id": self.user_id,
            "username": self.username,
            "name": self.name,
            "token": login.access_token,
            "session_id": login.session_id,
            **{name: _device_variables(it) for name, it in self.devices.items()},
        }


def _device_variables(device: Device) -> dict[str, Any]:
    login = device.login
    return {"token": login.access_token, "session_id": login.session_id}
