"""The headers of tus 1.0, as the document describes them."""

from __future__ import annotations

from typing import Any

from shared.domain.upload import TUS_VERSION

CHUNK_TYPE = "application/offset+octet-stream"
BYTES = "^[0-9]{1,18}$"


def _header(name: str, about: str, example: str, *, required: bool = False, **shape: Any) -> dict[str, Any]:
    schema = {"type": "string", **shape}
    return {
        "name": name,
        "in": "header",
        "required": required,
        "description": about,
        "schema": schema,
        "example": example,
    }


VERSION = _header("Tus-Resumable", "the protocol's version", TUS_VERSION, required=True, enum=[TUS_VERSION])
LENGTH = _header("Upload-Length", "bytes in all; or send Upload-Defer-Length: 1", "48213377", pattern=BYTES)
DEFER = _header("Upload-Defer-Length", "the length is told later", "1", enum=["1"])
NAMES = _header(
    "Upload-Metadata", "names with values in base64, such as the file's name", "filename aW50ZXJ2aWV3Lm1wNA=="
)
OFFSET = _header("Upload-Offset", "where the upload is", "0", required=True, pattern=BYTES)
CHECKSUM = _header(
    "Upload-Checksum",
    "of this piece: sha1, sha256 or md5, and the digest in base64",
    "sha1 Lve95gjOVATpfV8EL5X4nxwjKHE=",
)
PIECE: dict[str, Any] = {"content": {CHUNK_TYPE: {"schema": {"type": "string", "format": "binary"}}}}

TO_BEGIN: dict[str, Any] = {"parameters": [VERSION, LENGTH, DEFER, NAMES, CHECKSUM], "requestBody": PIECE}
TO_GO_ON: dict[str, Any] = {
    "parameters": [VERSION, OFFSET, LENGTH, CHECKSUM],
    "requestBody": {"required": True, **PIECE},
}
TO_ASK: dict[str, Any] = {"parameters": [VERSION]}
