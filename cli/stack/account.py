"""As whom Postgres runs. It refuses to run as root, and has no need to."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from cli.stack.home import Home

UNMAPPED = ("unshare", "--user", "--map-user=65534", "--map-group=65534", "--")
OUTSIDE = Path("/var/lib/mien-embedded")  # for user nobody, who cannot look into root's own directories
READABLE = 0o755


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    binaries: Path
    """Directory with postgres and initdb that this account may run."""
    data: Path
    sockets: Path
    prefix: tuple[str, ...] = ()
    user: int | None = None

    def own(self, directory: Path) -> Path:
        """Make a private directory that belongs to this account."""
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.user is not None:
            os.chown(directory, self.user, self.user)
        return directory


def choose_account(home: Home, binaries: Path) -> Account:
    """Ourselves; or when we are root, root in a user namespace where it is nobody; or user nobody."""
    root = os.geteuid() == 0
    if root and not _can(home.path, binaries, prefix=UNMAPPED):
        return _as_nobody(home, binaries)
    sockets = home.socket_directory("pg")
    return Account(binaries=binaries, data=home.postgres, sockets=sockets, prefix=UNMAPPED if root else ())


def _as_nobody(home: Home, binaries: Path) -> Account:
    """Where user namespaces are denied, or do not reach: copy the package and become user nobody.

    The home is opened for passing through, not for looking; what is in it stays private.
    """
    nobody = pwd.getpwnam("nobody").pw_uid
    copy = _copied(binaries)
    home.path.chmod(0o711)
    reachable = _can(home.path, copy, user=nobody)
    outside = OUTSIDE / home.key
    data = home.postgres if reachable else outside / "postgres"
    account = Account(binaries=copy, data=data, sockets=outside, user=nobody)
    account.own(outside)
    return account


def _can(directory: Path, binaries: Path, *, prefix: tuple[str, ...] = (), user: int | None = None) -> bool:
    """Whether that account may pass through the directory and run the binaries."""
    command = [*prefix, "test", "-x", str(directory), "-a", "-x", str(binaries / "postgres")]
    try:
        tried = subprocess.run(command, user=user, group=user, capture_output=True, check=False, timeout=10)
    except OSError:
        return False
    return tried.returncode == 0


def _copied(binaries: Path) -> Path:
    """A copy of the package that everyone may read, with its libraries beside it, made once per version."""
    package = binaries.parents[1]
    copy = OUTSIDE / f"package-{(binaries / 'postgres').stat().st_size}"
    if not copy.is_dir():
        OUTSIDE.mkdir(mode=READABLE, parents=True, exist_ok=True)
        draft = copy.with_name(f"{copy.name}.{os.getpid()}")
        for part in (package, package.with_name(f"{package.name}.libs")):
            shutil.copytree(part, draft / part.name)
        subprocess.run(["chmod", "-R", "a+rX", str(draft)], check=True)
        draft.rename(copy)
    return copy / package.name / binaries.relative_to(package)
