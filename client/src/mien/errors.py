"""Everything that can go wrong, as one tree.

    MienError
    ├── Problem             the server answered, and said why not: `code`, `title`, `detail`, `status`, …
    │   ├── RequestProblem  what was sent is wrong and stays so (400, 405, 412, 413, 415, 416, 422, 460)
    │   ├── AccessProblem   the key is not known, or may not do this (401, 403)
    │   ├── NotFound        there is nothing with this id in the workspace (404)
    │   ├── Conflict        the present state does not allow it (409, 423)
    │   ├── Gone            it was erased or has expired (410)
    │   ├── TooMany         a rate or a quota is used up (429); `retry_after_s` says for how long
    │   └── ServerProblem   the server cannot for now (5xx)
    ├── JobFailed           a job ended without a result: `code`, `detail`, `job`
    ├── NotYet              the time that was given is over, and what was waited for goes on
    ├── Unreachable         no answer came
    ├── UnexpectedAnswer    something answered that is not a Mien, or not one that this client knows
    ├── RecordingChanged    the file became another one while it was sent
    └── SignatureInvalid    a webhook is not from who it says, or too old

What may pass (`Unreachable`, `TooMany`, some of `ServerProblem`) was tried again before it is raised,
where that is safe.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mien.jobs import Job


class MienError(Exception):
    """The root: catch it to catch all of them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FieldError:
    """What is wrong with one field of a request."""

    field: str
    message: str


class Problem(MienError):
    """An answer that says why not (RFC 9457); `code` is stable, the texts are for people."""

    def __init__(
        self,
        code: str,
        title: str,
        detail: str,
        status: int,
        request_id: str = "",
        errors: tuple[FieldError, ...] = (),
        *,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.title = title
        self.detail = detail
        self.status = status
        self.request_id = request_id
        """Under which the server's log has more."""
        self.errors = errors
        self.retry_after_s = retry_after_s


class RequestProblem(Problem):
    """What was sent is wrong; sending it again changes nothing."""


class AccessProblem(Problem):
    """The key is unknown or revoked, or lacks the scope."""


class NotFound(Problem):
    """There is nothing with this id in the workspace of the key."""


class Conflict(Problem):
    """The present state does not allow it."""


class Gone(Problem):
    """It was erased or has expired."""


class TooMany(Problem):
    """A rate or a quota is used up; `retry_after_s` says for how long."""


class ServerProblem(Problem):
    """The server cannot, for now."""


class JobFailed(MienError):
    """A job ended without a result."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.code = job.error.code if job.error else job.state
        self.detail = job.error.detail if job.error else f"the job was {job.state}"
        super().__init__(f"{self.code}: {self.detail}")


class NotYet(MienError):
    """The time that was given is over; what was waited for goes on and can be waited for again."""


class Unreachable(MienError):
    """No answer came.

    Attributes:
        sent: Whether the server may have got the request.
    """

    def __init__(self, message: str, *, sent: bool) -> None:
        super().__init__(message)
        self.sent = sent


class UnexpectedAnswer(MienError):
    """Something answered that is not a Mien, or speaks in a way that this version does not know."""


class RecordingChanged(MienError):
    """The file became another one while it was sent."""


class SignatureInvalid(MienError):
    """A webhook is not signed with the secret, or its time is too far from now."""


FAMILIES: dict[int, type[Problem]] = {
    401: AccessProblem,
    403: AccessProblem,
    404: NotFound,
    409: Conflict,
    410: Gone,
    423: Conflict,
    429: TooMany,
}


def family_of(status: int) -> type[Problem]:
    """The class of a problem with this status."""
    return FAMILIES.get(status) or (ServerProblem if status >= 500 else RequestProblem)
