"""Logging in and out: the work behind `fynix login`, `logout` and `whoami`."""

import asyncio
import os
import sys
from dataclasses import dataclass

import typer

from fynix_cli.client.failures import ApiError
from fynix_cli.client.rest import RestClient
from fynix_cli.errors import CommandError, NotLoggedIn, Unreachable
from fynix_cli.exit_codes import ExitCode
from fynix_cli.output import OutputFormat, print_object, talk
from fynix_cli.profiles import Profile, Profiles, check_name
from fynix_cli.session import anonymous_client, chosen_server, matching_profile, rest_client
from fynix_server.protocol.accounts import TokenResponse


@dataclass(frozen=True)
class LoginRequest:
    """What was typed after `fynix login`. `is_new`: make the account."""

    username: str
    server: str | None
    profile: str | None
    password_from_stdin: bool
    is_new: bool
    display_name: str | None


def log_in(request: LoginRequest) -> None:
    """Log in, keep the tokens, and make the profile the current one."""
    profiles = Profiles()
    name = request.profile or request.username.lower()
    check_name(name)
    known = profiles.find(name)
    server = request.server or (known.server if known else chosen_server(None, None))
    rest = anonymous_client(server)
    password = ask_password(request.password_from_stdin, confirm=request.is_new)
    tokens = asyncio.run(_authenticate(rest, request, password))
    profiles.save(
        Profile(
            name=name,
            server=rest.http.server,
            username=tokens.user.username,
            user_id=str(tokens.user.id),
            access_token=tokens.access_token,
            refresh_token=tokens.refresh_token,
        )
    )
    talk(f"Logged in as {tokens.user.username} at {rest.http.server}.")


def log_out(profile_name: str | None, server: str | None) -> None:
    """End the session and forget the profile, whether or not the server can be told."""
    profiles = Profiles()
    profile = matching_profile(profiles, profile_name, server)
    rest = rest_client(profile.name, None)
    try:
        asyncio.run(_end_session(rest))
    except Unreachable as error:
        profiles.remove(profile.name)
        raise Unreachable(
            f"{profile.name} is logged out here, but {profile.server} could not be told: "
            "there the login holds until it expires"
        ) from error
    except ApiError:
        # Whoever is suspended or banned may not even end their login, but need not keep it here.
        profiles.remove(profile.name)
        talk(f"{profile.name} is logged out here; what {profile.server} says of it:")
        raise
    profiles.remove(profile.name)
    talk(f"Logged out {profile.name}.")


def show_identity(profile_name: str | None, server: str | None, output: OutputFormat) -> None:
    profile = matching_profile(Profiles(), profile_name, server)
    user = asyncio.run(_me(rest_client(profile.name, None)))
    print_object(
        {**user, "profile": profile.name, "server": profile.server},
        output,
    )


def ask_password(from_stdin: bool, *, confirm: bool) -> str:
    """The password from stdin, FYNIX_PASSWORD or a prompt, in this order.

    Raises: CommandError (nothing to ask at).
    """
    if from_stdin:
        # One line break is the shell's; more would be the password's own.
        return sys.stdin.readline().removesuffix("\n").removesuffix("\r")
    password = os.environ.get("FYNIX_PASSWORD")
    if password:
        return password
    if not sys.stdin.isatty():
        raise CommandError(
            "there is no terminal to ask for the password at",
            hint="use --password-stdin or set FYNIX_PASSWORD",
            exit_code=ExitCode.USAGE,
        )
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt=confirm, err=True))


async def _authenticate(rest: RestClient, request: LoginRequest, password: str) -> TokenResponse:
    async with rest:
        if request.is_new:
            return await rest.register(request.username, password, request.display_name)
        return await rest.log_in(request.username, password)


async def _end_session(rest: RestClient) -> None:
    async with rest:
        try:
            await rest.log_out()
        except NotLoggedIn:
            # It had ended already, which is what was asked for.
            pass
        except ApiError as error:
            if error.exit_code is ExitCode.UNREACHABLE:
                raise Unreachable(error.detail) from error
            raise


async def _me(rest: RestClient) -> dict[str, object]:
    async with rest:
        return (await rest.me()).model_dump(mode="json")
