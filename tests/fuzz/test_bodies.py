"""What a client may send by mistake or on purpose where the document's shapes do not reach: forms and upload headers."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from api.main import create_app
from shared.db.engine import create_db_engine, create_sessions
from shared.db.keys import create_key
from shared.db.workspaces import ensure_workspace
from shared.settings import Settings

EXAMPLES = int(os.environ.get("MIEN_FUZZ_EXAMPLES", "60"))
PATIENT = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize="MIEN_FUZZ_EXAMPLES" not in os.environ,
    suppress_health_check=list(HealthCheck),
)
TUS = {"Tus-Resumable": "1.0.0", "Content-Type": "application/offset+octet-stream"}
HEADER_BYTES = st.binary(max_size=40).map(lambda raw: raw.translate(None, b"\r\n\0"))
NUMBERS = st.one_of(
    st.integers(-(2**70), 2**70).map(lambda number: str(number).encode()),
    st.sampled_from([b"", b"0x10", b"1e3", b" 7", b"7 ", b"+7", "\u0667".encode(), b"00", b"1_0", b"NaN"]),
    HEADER_BYTES,
)


@pytest.fixture(scope="module")
def client(
    postgres_server: Any, run_sql: Any, migrated_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TestClient]:
    """One application for all examples: what an example leaves behind must not harm the next."""
    run_sql(f"CREATE DATABASE fuzzed_bodies TEMPLATE {migrated_template}")
    url = postgres_server("fuzzed_bodies")
    engine = create_db_engine(url, pool_size=1)
    with create_sessions(engine).begin() as session:
        key = create_key(session, ensure_workspace(session, "default"), "fuzz", ("jobs:read", "jobs:write"))
    engine.dispose()
    folder: Path = tmp_path_factory.mktemp("bodies")
    app = create_app(
        Settings(
            database_url=url,
            broker_url="redis://127.0.0.1:1/0",
            storage_dir=folder,
            max_upload_bytes=100_000,
            upload_wait_s=0,
            requests_per_minute=0,
            log_format="console",
        )
    )
    with TestClient(app, raise_server_exceptions=False, headers={"Authorization": f"Bearer {key}"}) as client:
        yield client
    run_sql("DROP DATABASE fuzzed_bodies WITH (FORCE)")


def assert_understood(answer: Any) -> None:
    """Accepted, or refused with a problem that names a code; never broken."""
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["code"]


@st.composite
def forms(draw: st.DrawFn) -> tuple[bytes, bytes]:
    """A form that is nearly right: its boundary, and a body with a few bytes changed, cut or put in."""
    boundary = draw(st.sampled_from([b"frontier", b"-", b"x" * 70, b"a b"]))
    parts = draw(st.lists(st.tuples(HEADER_BYTES, HEADER_BYTES, st.binary(max_size=80)), max_size=4))
    body = b"".join(
        b"--" + boundary + b'\r\nContent-Disposition: form-data; name="' + name + b'"; filename="' + file + b'"\r\n\r\n'
        + content + b"\r\n"
        for name, file, content in [*parts, (b"file", b"interview.mp4", b"bytes")]
    )  # fmt: skip
    body += b"--" + boundary + b"--\r\n"
    at = draw(st.integers(0, len(body)))
    return boundary, draw(st.sampled_from([body, body[:at], body[:at] + draw(st.binary(max_size=9)) + body[at:]]))


@PATIENT
@given(form=forms(), path=st.sampled_from(["/v1/jobs", "/v1/videos", "/upload"]))
def test_no_form_breaks_the_server(client: TestClient, form: tuple[bytes, bytes], path: str) -> None:
    boundary, body = form
    kind = b'multipart/form-data; boundary="' + boundary + b'"'
    assert_understood(client.post(path, content=body, headers={b"Content-Type": kind}))


@PATIENT
@given(kind=HEADER_BYTES, body=st.binary(max_size=200))
def test_no_type_of_a_body_breaks_the_server(client: TestClient, kind: bytes, body: bytes) -> None:
    assert_understood(client.post("/v1/jobs", content=body, headers={b"Content-Type": kind}))


@PATIENT
@given(fields=st.dictionaries(st.sampled_from(["options", "metadata", "purpose", "reference"]), st.text(max_size=60)))
def test_no_field_of_a_form_breaks_the_server(client: TestClient, fields: dict[str, str]) -> None:
    sendable = {name: value.encode("utf-8", "replace").decode() for name, value in fields.items()}
    assert_understood(client.post("/v1/jobs", files={"file": b"bytes"}, data=sendable))


@PATIENT
@given(length=NUMBERS, defer=NUMBERS, names=HEADER_BYTES, checksum=HEADER_BYTES, body=st.binary(max_size=50))
def test_no_headers_begin_an_upload_that_breaks_the_server(
    client: TestClient, length: bytes, defer: bytes, names: bytes, checksum: bytes, body: bytes
) -> None:
    headers: Any = {
        **TUS,
        "Upload-Length": length,
        "Upload-Defer-Length": defer,
        "Upload-Metadata": names,
        "Upload-Checksum": checksum,
    }
    assert_understood(client.post("/v1/uploads", content=body, headers=headers))


@PATIENT
@given(offset=NUMBERS, length=NUMBERS, checksum=st.one_of(st.just(b""), HEADER_BYTES), body=st.binary(max_size=50))
def test_no_headers_of_a_piece_break_the_server_or_move_the_offset_wrongly(
    client: TestClient, offset: bytes, length: bytes, checksum: bytes, body: bytes
) -> None:
    upload = client.post("/v1/uploads", headers={"Tus-Resumable": "1.0.0", "Upload-Length": "40"}).headers["location"]
    headers: Any = {**TUS, "Upload-Offset": offset, "Upload-Length": length}
    if checksum:
        headers["Upload-Checksum"] = checksum
    answer = client.patch(upload, content=body, headers=headers)

    assert_understood(answer)
    stands_at = int(client.head(upload, headers={"Tus-Resumable": "1.0.0"}).headers["upload-offset"])
    assert stands_at == (len(body) if answer.status_code == 204 else min(stands_at, 40))
