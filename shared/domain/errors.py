"""Everything that can go wrong, as one tree.

Two families decide about retry. What is wrong with the input stays wrong, so it
is never tried again; what is wrong with the world may pass, so it is, within
bounds. The class says which condition holds, `code` is what users see, and the
`detail` says what was wrong and what to do.

    MienError
    ├── InputError                what was sent is wrong: never retried
    │   ├── RequestError          the request: fields, options, ids
    │   │   ├── InvalidRequest    invalid_request
    │   │   ├── BodyTooLarge      body_too_large
    │   │   ├── EmptyFile         empty_file
    │   │   ├── AddressNotAllowed url_not_allowed
    │   │   ├── ChecksumMismatch  checksum_mismatch
    │   │   ├── UnsupportedBody   unsupported_body
    │   │   ├── WrongVersion      wrong_version
    │   │   ├── NoSuchRange       range_not_satisfiable
    │   │   └── KeyReused         idempotency_key_reused
    │   ├── AccessError
    │   │   ├── Unauthenticated   unauthenticated
    │   │   ├── Forbidden         forbidden
    │   │   └── NotFound          not_found
    │   ├── Conflict
    │   │   ├── StateConflict     state_conflict
    │   │   ├── KeyInFlight       idempotency_key_in_flight
    │   │   ├── OffsetMismatch    offset_mismatch
    │   │   ├── UploadLocked      upload_locked
    │   │   ├── ArtifactFailed    artifact_failed
    │   │   └── Gone              gone
    │   │       └── MediaGone     media_gone
    │   └── MediaError            the recording
    │       ├── UnsupportedMedia  unsupported_media
    │       ├── NoVideo           no_video
    │       ├── MediaUnreadable   media_unreadable
    │       ├── ResolutionLimit   resolution_limit
    │       ├── DurationLimit     duration_limit
    │       ├── StreamLimit       stream_limit
    │       ├── CodecNotAllowed   codec_not_allowed
    │       ├── TimingInvalid     timing_invalid
    │       ├── MediaMissing      media_missing
    │       ├── MediaAltered      media_altered
    │       └── FetchRefused      fetch_refused
    └── WorldError                what is around us is wrong: retried, bounded
        ├── TooMuch               more than this workspace may have for now
        │   ├── RateLimited       rate_limited
        │   └── QuotaExceeded     quota_exceeded
        ├── StorageFull           storage_full
        ├── Unavailable           unavailable
        ├── FetchFailed           fetch_failed
        ├── AnalyserDied          analyser_died
        ├── WorkerLost            worker_lost
        └── TimedOut              timeout
"""

from __future__ import annotations

from typing import ClassVar


class MienError(Exception):
    """A condition with a stable code, what was wrong, and what to do about it."""

    code: ClassVar[str] = "internal_error"
    title: ClassVar[str] = "Something went wrong inside Mien"

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title


class InputError(MienError):
    """Wrong as sent; trying again changes nothing."""


class WorldError(MienError):
    """Wrong for now; trying again may help."""


class RequestError(InputError):
    """The request cannot be understood or accepted; `field` names what of it, where that is known."""

    def __init__(self, detail: str = "", *, field: str | None = None) -> None:
        super().__init__(detail)
        self.field = field


class InvalidRequest(RequestError):
    code = "invalid_request"
    title = "A field of the request is not valid"


class BodyTooLarge(RequestError):
    code = "body_too_large"
    title = "The recording is larger than this deployment accepts"


class EmptyFile(RequestError):
    code = "empty_file"
    title = "The file holds no bytes"


class AddressNotAllowed(RequestError):
    code = "url_not_allowed"
    title = "Mien does not send requests to this address"


class ChecksumMismatch(RequestError):
    code = "checksum_mismatch"
    title = "The bytes that arrived are not those that were sent"


class UnsupportedBody(RequestError):
    code = "unsupported_body"
    title = "The body is of a type that is not taken here"


class WrongVersion(RequestError):
    code = "wrong_version"
    title = "The request names no version of the upload protocol that is spoken here"


class NoSuchRange(RequestError):
    code = "range_not_satisfiable"
    title = "The file ends before the range that was asked for"


class KeyReused(RequestError):
    code = "idempotency_key_reused"
    title = "The idempotency key was used for another request"


class AccessError(InputError):
    """Who asks may not have what is asked for."""


class Unauthenticated(AccessError):
    code = "unauthenticated"
    title = "No valid key or session came with the request"


class Forbidden(AccessError):
    code = "forbidden"
    title = "This may not be done with this key, or from this page"


class NotFound(AccessError):
    code = "not_found"
    title = "There is nothing with this id"


class Conflict(InputError):
    """The request contradicts the present state."""


class StateConflict(Conflict):
    code = "state_conflict"
    title = "The state does not allow this"


class KeyInFlight(Conflict):
    code = "idempotency_key_in_flight"
    title = "A request with this idempotency key is being answered"


class OffsetMismatch(Conflict):
    code = "offset_mismatch"
    title = "The upload is at another offset"


class UploadLocked(Conflict):
    code = "upload_locked"
    title = "Another request writes to this upload"


class Gone(Conflict):
    code = "gone"
    title = "This was erased or has expired"


class MediaGone(Gone):
    code = "media_gone"
    title = "The recording was deleted"


class ArtifactFailed(Conflict):
    code = "artifact_failed"
    title = "The artifact could not be made"


class MediaError(InputError):
    """The recording cannot be analysed."""


class UnsupportedMedia(MediaError):
    code = "unsupported_media"
    title = "The file is not a recording of a supported container"


class NoVideo(MediaError):
    code = "no_video"
    title = "The recording has no video stream"


class MediaUnreadable(MediaError):
    code = "media_unreadable"
    title = "Too little of the recording can be decoded"


class ResolutionLimit(MediaError):
    code = "resolution_limit"
    title = "The picture is larger than this deployment accepts"


class DurationLimit(MediaError):
    code = "duration_limit"
    title = "The recording is longer than this deployment accepts"


class StreamLimit(MediaError):
    code = "stream_limit"
    title = "The file holds more streams than this deployment accepts"


class CodecNotAllowed(MediaError):
    code = "codec_not_allowed"
    title = "The video codec is not one of the accepted ones"


class TimingInvalid(MediaError):
    code = "timing_invalid"
    title = "The frames carry no usable presentation times"


class MediaMissing(MediaError):
    code = "media_missing"
    title = "The stored recording is not there any more"


class MediaAltered(MediaError):
    code = "media_altered"
    title = "The stored recording is not the one that was accepted"


class FetchRefused(MediaError):
    code = "fetch_refused"
    title = "The address does not give the recording out"


class StorageFull(WorldError):
    code = "storage_full"
    title = "No space is left to store the recording"


class Unavailable(WorldError):
    code = "unavailable"
    title = "A service that Mien needs does not answer"


class FetchFailed(WorldError):
    code = "fetch_failed"
    title = "The recording could not be fetched from its address"


class TooMuch(WorldError):
    """Asked too often, or for too much at once.

    Args:
        retry_after_s: When asking again has a chance.
    """

    def __init__(self, detail: str = "", *, retry_after_s: float = 60.0) -> None:
        super().__init__(detail)
        self.retry_after_s = retry_after_s


class RateLimited(TooMuch):
    code = "rate_limited"
    title = "Requests come faster than they are taken from this key"


class QuotaExceeded(TooMuch):
    code = "quota_exceeded"
    title = "The workspace has as much as it may have"


class AnalyserDied(WorldError):
    code = "analyser_died"
    title = "The analyser crashed, stalled or ran out of memory"


class WorkerLost(WorldError):
    code = "worker_lost"
    title = "Workers vanished again and again while they worked on this"


class TimedOut(WorldError):
    code = "timeout"
    title = "The analysis took longer than its hard limit"
