"""Profiles: who is logged in where. One file holds them all, readable by its owner alone.

The file has one current profile, the one that logged in last; `--as` picks another, so that
several people can act from several terminals of one machine.
"""

import asyncio
import json
import os
import re
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from fynix_cli.client.tokens import TokenPair
from fynix_cli.errors import CommandError, NotLoggedIn
from fynix_cli.exit_codes import ExitCode
from fynix_cli.file_lock import RETRY_SECONDS, locked

LOCK_SECONDS = 20.0
"""Longer than the slowest refresh that another process may be waiting for."""


@dataclass(frozen=True)
class Profile:
    """One person's login at one server."""

    name: str
    server: str
    username: str
    user_id: str
    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)


@dataclass(frozen=True)
class _Contents:
    current: str | None = None
    profiles: dict[str, Profile] = field(default_factory=dict)


class Profiles:
    """The profiles in `folder`. Nothing is cached: other processes change the file too."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or config_folder()
        self._path = self._folder / "profiles.json"

    def find(self, name: str | None) -> Profile | None:
        """The profile called `name`, or (None) the current one; None if there is none."""
        contents = self._read()
        wanted = name or contents.current
        return None if wanted is None else contents.profiles.get(wanted)

    def names(self) -> list[str]:
        """What the profiles are called, in order of the alphabet. Raises: CommandError."""
        return sorted(self._read().profiles)

    def require(self, name: str | None) -> Profile:
        """The same, or a line on what to type. Raises: NotLoggedIn, CommandError."""
        profile = self.find(name)
        if profile is not None:
            return profile
        if name is not None:
            raise NotLoggedIn(f"not logged in as {name}", hint=f"log in with: fynix login {name}")
        names = self.names()
        if names:
            raise NotLoggedIn(
                f"no login is current; there are {', '.join(names)}",
                hint=f"choose one with: --as {names[0]}",
            )
        raise NotLoggedIn("not logged in", hint="log in with: fynix login NAME")

    def save(self, profile: Profile) -> None:
        """Keep `profile` and make it the current one. Raises: CommandError."""
        check_name(profile.name)
        with self._changing() as contents:
            self._write(_Contents(profile.name, {**contents.profiles, profile.name: profile}))

    def update_tokens(self, name: str, pair: TokenPair) -> None:
        """Keep renewed tokens; does nothing to a profile that has logged out meanwhile."""
        with self._changing() as contents:
            old = contents.profiles.get(name)
            if old is None:
                return
            new = replace(old, access_token=pair.access_token, refresh_token=pair.refresh_token)
            self._write(replace(contents, profiles={**contents.profiles, name: new}))

    def remove(self, name: str) -> None:
        """Forget a profile. None is current after the current one is gone.

        Falling back to another would let the next command act as somebody unexpected.
        """
        with self._changing() as contents:
            rest = {key: value for key, value in contents.profiles.items() if key != name}
            current = None if contents.current == name else contents.current
            self._write(_Contents(current, rest))

    @contextmanager
    def locked_for_renewal(self, name: str) -> Iterator[None]:
        """Hold the right to use the profile's refresh token, without waiting for it.

        Raises: TimeoutError (another process holds it); CommandError.
        """
        with self._locked(f"refresh-{name}.lock", wait_seconds=0):
            yield

    @contextmanager
    def _changing(self) -> Iterator[_Contents]:
        with (
            self._locked("profiles.lock", LOCK_SECONDS),
            _translated(self._folder),
        ):
            yield self._read()

    @contextmanager
    def _locked(self, file_name: str, wait_seconds: float) -> Iterator[None]:
        with ExitStack() as stack:
            with _translated(self._folder):
                self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
                stack.enter_context(locked(self._folder / file_name, wait_seconds))
            yield

    def _read(self) -> _Contents:
        try:
            stored = json.loads(self._path.read_text(encoding="utf-8"))
            profiles = {
                name: Profile(name=name, **fields) for name, fields in stored["profiles"].items()
            }
            return _Contents(stored["current"], profiles)
        except FileNotFoundError:
            return _Contents()
        except OSError as error:
            raise CommandError(f"cannot read {self._path}: {error.strerror}") from error
        except (ValueError, TypeError, KeyError, AttributeError):
            raise CommandError(
                f"{self._path} is damaged", hint="delete it and log in again: fynix login NAME"
            ) from None

    def _write(self, contents: _Contents) -> None:
        profiles = {name: _stored(profile) for name, profile in contents.profiles.items()}
        text = json.dumps({"current": contents.current, "profiles": profiles}, indent=2)
        # mkstemp makes the file 0600; the rename is atomic, so a reader never sees half a file.
        descriptor, temporary = tempfile.mkstemp(dir=self._folder, prefix=".profiles-")
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text + "\n")
                file.flush()
                # A power cut here would otherwise lose a refresh token that replaced another.
                os.fsync(file.fileno())
            os.replace(temporary, self._path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise


class ProfileTokens:
    """The tokens of one profile, shared with every other process that uses it."""

    def __init__(self, profiles: Profiles, name: str) -> None:
        self._profiles = profiles
        self._name = name

    def load(self) -> TokenPair | None:
        profile = self._profiles.find(self._name)
        if profile is None:
            return None
        return TokenPair(profile.access_token, profile.refresh_token)

    def save(self, pair: TokenPair) -> None:
        self._profiles.update_tokens(self._name, pair)

    @asynccontextmanager
    async def renewing(self) -> AsyncIterator[None]:
        with ExitStack() as stack:
            deadline = time.monotonic() + LOCK_SECONDS
            while not self._try_to_hold(stack):
                if time.monotonic() > deadline:
                    raise CommandError(
                        f"another command is renewing the login of {self._name} and does not end",
                        hint="end it, then try again",
                    )
                await asyncio.sleep(RETRY_SECONDS)
            yield

    def _try_to_hold(self, stack: ExitStack) -> bool:
        try:
            stack.enter_context(self._profiles.locked_for_renewal(self._name))
        except TimeoutError:
            return False
        return True


def check_name(name: str) -> None:
    """Raises: CommandError (a name that cannot be a profile's)."""
    if not re.fullmatch(r"[A-Za-z0-9_.-]{1,64}", name):
        raise CommandError(
            f"{name!r} cannot name a profile",
            hint="use letters, digits, '_', '.' and '-'",
            exit_code=ExitCode.USAGE,
        )


def config_folder() -> Path:
    """FYNIX_CONFIG_DIR, else the platform's own place."""
    chosen = os.environ.get("FYNIX_CONFIG_DIR")
    if chosen:
        return Path(chosen)
    # Here, not above: `fynix send --help` needs no folder.
    import platformdirs

    return Path(platformdirs.user_config_dir("fynix"))


def _stored(profile: Profile) -> dict[str, str]:
    fields = asdict(profile)
    del fields["name"]
    return fields


@contextmanager
def _translated(folder: Path) -> Iterator[None]:
    try:
        yield
    except TimeoutError:
        raise
    except OSError as error:
        raise CommandError(
            f"cannot use the folder {folder}: {error.strerror}",
            hint="set FYNIX_CONFIG_DIR to a folder that you may write to",
        ) from error
