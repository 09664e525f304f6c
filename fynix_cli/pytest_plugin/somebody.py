"""Who somebody in a test is."""

from fynix_cli.scenario.playing.person import Person


class Somebody:
    """An account at the test's server. `name`: as the test calls them."""

    def __init__(self, person: Person, device: str | None) -> None:
        self.person = person
        self.device_name = device

    @property
    def name(self) -> str:
        return self.person.name

    @property
    def username(self) -> str:
        """As the server calls them."""
        return self.person.username

    @property
    def id(self) -> str:
        return self.person.user_id

    @property
    def password(self) -> str | None:
        """None: of a login of `fynix login`, whose password nobody here knows."""
        return self.person.password

    @property
    def token(self) -> str:
        """The access token of this device, as it is now."""
        return self.person.device(self.device_name).login.access_token

    def __repr__(self) -> str:
        return f"<{self.name}>"
