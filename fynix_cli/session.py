"""A REST client that acts as the profile a command was called for."""

from fynix_cli.client.http import HttpClient
from fynix_cli.client.rest import RestClient
from fynix_cli.client.server_url import DEFAULT_SERVER, checked_server
from fynix_cli.errors import NotLoggedIn
from fynix_cli.profiles import Profile, Profiles, ProfileTokens


def rest_client(profile_name: str | None, server: str | None) -> RestClient:
    """Acts as that profile (None: the current one). Raises: NotLoggedIn, CommandError."""
    profiles = Profiles()
    profile = matching_profile(profiles, profile_name, server)
    return RestClient(HttpClient(profile.server, ProfileTokens(profiles, profile.name)))


def matching_profile(profiles: Profiles, name: str | None, server: str | None) -> Profile:
    """The profile, if it is one of `server` (None: of any). Raises: NotLoggedIn, CommandError."""
    wanted_server = None if server is None else checked_server(server)
    profile = profiles.require(name)
    # A token goes to no server but the one that issued it.
    if wanted_server is not None and wanted_server != profile.server:
        raise NotLoggedIn(
            f"{profile.name} is logged in at {profile.server}, not at {wanted_server}",
            hint=f"log in there with: fynix login {profile.username} --server {wanted_server}",
        )
    return profile


def anonymous_client(server: str, *, attempts: int = 4) -> RestClient:
    """Acts as nobody. Raises: CommandError (not a URL)."""
    return RestClient(HttpClient(server, attempts=attempts))


def chosen_server(profile_name: str | None, server: str | None) -> str:
    """Where to go without a login: `server`, else the profile's, else this machine.

    Raises: CommandError (not a URL), NotLoggedIn (there is no profile of that name).
    """
    if server is not None:
        return checked_server(server)
    profiles = Profiles()
    profile = profiles.require(profile_name) if profile_name else profiles.find(None)
    return DEFAULT_SERVER if profile is None else profile.server
