from __future__ import annotations

from uuid import UUID

import pytest

from shared.domain.access import Principal, digest, format_key, parse_key, same_digest
from shared.domain.errors import Forbidden, NotFound
from shared.domain.ids import KeyId, WorkspaceId, job_id_of, to_wire

ID = UUID("0193f2c4-a5b6-7c8d-9e0f-1a2b3c4d5e6f")


def test_an_id_on_the_wire_says_what_it_is_of() -> None:
    assert to_wire("job", ID) == "job_0193f2c4a5b67c8d9e0f1a2b3c4d5e6f"
    assert job_id_of("job_0193f2c4a5b67c8d9e0f1a2b3c4d5e6f") == ID


@pytest.mark.parametrize(
    "text",
    [
        "",
        "job_",
        "vid_0193f2c4a5b67c8d9e0f1a2b3c4d5e6f",
        "job_0193F2C4A5B67C8D9E0F1A2B3C4D5E6F",
        "job_" + "g" * 32,
        "\0",
    ],
)
def test_what_is_no_such_id_names_nothing(text: str) -> None:
    with pytest.raises(NotFound):
        job_id_of(text)


def test_a_key_can_be_taken_apart_again_even_with_underscores_in_its_secret() -> None:
    assert parse_key(format_key(KeyId(ID), "a_b-c_d")) == (ID, "a_b-c_d")


@pytest.mark.parametrize("text", ["", "mien", "mien_x_y", f"mien_{ID.hex}_", f"other_{ID.hex}_secret"])
def test_a_malformed_key_is_nobodys(text: str) -> None:
    assert parse_key(text) is None


def test_only_the_digest_of_a_secret_is_compared() -> None:
    assert same_digest(digest("secret"), digest("secret"))
    assert not same_digest(digest("secret"), digest("Secret"))


def test_an_admin_key_may_do_everything_and_a_reader_may_not_write() -> None:
    Principal(workspace_id=WorkspaceId(ID), scopes=frozenset({"admin"}), actor="session").require("jobs:write")
    with pytest.raises(Forbidden, match="jobs:write"):
        Principal(workspace_id=WorkspaceId(ID), scopes=frozenset({"jobs:read"}), actor="session").require("jobs:write")
