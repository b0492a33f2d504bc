from __future__ import annotations

from http.cookies import SimpleCookie
from typing import Any

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from api.main import create_app
from shared.db.engine import Sessions
from shared.db.logins import create_login_token
from shared.db.workspaces import ensure_workspace
from shared.domain.access import SCOPES, Scope
from shared.settings import Settings
from tests.integration.api.conftest import MakeKey
from tests.integration.api.test_submit import assert_problem

OWN = {"Origin": "http://testserver"}
FOREIGN: tuple[dict[str, str], ...] = (
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://testserver.evil.example"},
    {**OWN, "Sec-Fetch-Site": "cross-site"},
    {**OWN, "Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "same-site"},
    {},
)
"""Pages of others, a sibling under the same domain, and what no browser would send."""


@pytest.fixture
def browser(anonymous: TestClient) -> TestClient:
    anonymous.headers.update(OWN)
    return anonymous


def key_of(made: dict[str, str]) -> str:
    return made["Authorization"].removeprefix("Bearer ")


def id_of(key: str) -> str:
    return "key_" + key.split("_")[1]


def sign_in(browser: TestClient, key: str, **headers: str) -> Any:
    return browser.post("/v1/sessions", json={"key": key}, headers=headers)


def by_link(browser: TestClient, sessions: Sessions, *scopes: Scope) -> None:
    with sessions.begin() as session:
        named = [scopes] if scopes else []
        token = create_login_token(session, ensure_workspace(session, "default"), *named)
    assert browser.get("/login", params={"token": token}).status_code == 303


def run_sql(sessions: Sessions, statement: str) -> None:
    with sessions.begin() as session:
        session.execute(text(statement))


def deeds(sessions: Sessions) -> list[tuple[str, str, str]]:
    with sessions.begin() as session:
        found = session.execute(text("SELECT actor, action, target FROM audit_entry ORDER BY id"))
        return [tuple(row) for row in found]


def test_a_key_signs_a_browser_in_with_the_scopes_of_the_key(browser: TestClient, make_key: MakeKey) -> None:
    key = key_of(make_key("acme", scopes=("webhooks", "jobs:read")))
    answer = sign_in(browser, key)

    assert answer.status_code == 201
    assert browser.get("/v1/sessions/current").json() == answer.json()
    about = {name: answer.json()[name] for name in ("workspace", "scopes", "how", "key_id")}
    assert about == {"workspace": "acme", "scopes": ["jobs:read", "webhooks"], "how": "key", "key_id": id_of(key)}
    assert browser.get("/v1/webhooks").status_code == 200
    assert_problem(browser.post("/v1/videos", content=b"x"), 403, "forbidden")
    assert_problem(browser.get("/v1/admin/keys"), 403, "forbidden")


def test_a_link_carries_the_scopes_that_it_was_made_with(browser: TestClient, sessions: Sessions) -> None:
    by_link(browser, sessions)
    about = browser.get("/v1/sessions/current").json()
    assert (about["how"], about["key_id"], about["scopes"]) == ("link", None, ["jobs:read", "jobs:write"])
    assert_problem(browser.get("/v1/webhooks"), 403, "forbidden")

    by_link(browser, sessions, *SCOPES)
    assert browser.get("/v1/sessions/current").json()["scopes"] == list(SCOPES)
    assert browser.get("/v1/admin/keys").status_code == 200


def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_sites(
    browser: TestClient, make_key: MakeKey, settings: Settings
) -> None:
    def cookie_of(answer: Any) -> Any:
        assert answer.headers["cache-control"] == "no-store"
        return SimpleCookie(answer.headers.get_list("set-cookie")[0])["mien_session"]

    key = key_of(make_key())
    plain = cookie_of(sign_in(browser, key))
    assert (plain["httponly"], plain["samesite"], plain["path"], plain["domain"]) == (True, "lax", "/", "")
    assert not plain["secure"]
    assert plain.value not in key

    with TestClient(create_app(settings), base_url="https://testserver") as over_tls:
        assert cookie_of(sign_in(over_tls, key, Origin="https://testserver"))["secure"]
    behind_tls = settings.model_copy(update={"public_url": "https://mien.example"})
    with TestClient(create_app(behind_tls)) as behind:
        assert cookie_of(sign_in(behind, key, **OWN))["secure"]


def test_signing_out_ends_the_session_and_takes_the_cookie(browser: TestClient, make_key: MakeKey) -> None:
    sign_in(browser, key_of(make_key()))
    cookie = browser.cookies["mien_session"]
    assert browser.delete("/v1/sessions/current").status_code == 204

    assert "mien_session" not in browser.cookies
    stolen = browser.get("/v1/jobs", headers={"Cookie": f"mien_session={cookie}"})
    assert_problem(stolen, 401, "unauthenticated")


def test_signing_in_again_ends_the_session_before(browser: TestClient, make_key: MakeKey, sessions: Sessions) -> None:
    key = key_of(make_key())
    sign_in(browser, key)
    first = browser.cookies["mien_session"]
    sign_in(browser, key)

    assert browser.cookies["mien_session"] != first
    assert_problem(browser.get("/v1/jobs", headers={"Cookie": f"mien_session={first}"}), 401, "unauthenticated")


@pytest.mark.parametrize("spoil", ["x", "", "mien_", "mien_0193f2c4a0027c8d9e0f1a2b3c4d5e6f_guessed"])
def test_what_is_no_key_signs_nobody_in(browser: TestClient, spoil: str) -> None:
    answer = sign_in(browser, spoil)
    assert answer.status_code == (401 if spoil else 422)
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("ending", ["revoked_at = now()", "expires_at = now()"])
def test_a_session_dies_with_its_key_and_the_key_opens_no_other(
    browser: TestClient, make_key: MakeKey, sessions: Sessions, ending: str
) -> None:
    key = key_of(make_key())
    sign_in(browser, key)
    assert browser.get("/v1/jobs").status_code == 200

    run_sql(sessions, f"UPDATE api_key SET {ending}")
    assert_problem(browser.get("/v1/jobs"), 401, "unauthenticated")
    assert_problem(browser.get("/v1/sessions/current"), 401, "unauthenticated")
    assert_problem(sign_in(browser, key), 401, "unauthenticated")


def test_a_session_ends_with_the_secret_that_a_rotation_took_away(
    browser: TestClient, make_key: MakeKey, sessions: Sessions
) -> None:
    key, operator = key_of(make_key()), make_key(scopes=("admin",))
    sign_in(browser, key)
    browser.post(f"/v1/admin/keys/{id_of(key)}/rotate", json={"overlap_s": 3600}, headers=operator)
    assert browser.get("/v1/jobs").status_code == 200

    run_sql(sessions, "UPDATE api_key SET previous_until = now()")
    assert_problem(browser.get("/v1/jobs"), 401, "unauthenticated")


def test_a_session_says_when_it_ends_at_the_latest(browser: TestClient, make_key: MakeKey, sessions: Sessions) -> None:
    key = key_of(make_key())
    run_sql(sessions, "UPDATE api_key SET expires_at = '2099-01-01T00:00:00Z'")
    assert sign_in(browser, key).json()["expires_at"] < "2099"

    run_sql(sessions, "UPDATE api_key SET expires_at = now() + interval '1 hour'")
    sign_in(browser, key)
    with sessions.begin() as session:
        ends = "SELECT count(*) FROM session s JOIN api_key k ON k.id = s.key_id WHERE s.expires_at = k.expires_at"
        assert session.scalar(text(ends)) == 1


def test_a_session_that_has_expired_is_nobodys(browser: TestClient, make_key: MakeKey, sessions: Sessions) -> None:
    sign_in(browser, key_of(make_key()))
    run_sql(sessions, "UPDATE session SET expires_at = now()")
    assert_problem(browser.get("/v1/jobs"), 401, "unauthenticated")


@pytest.mark.parametrize("headers", FOREIGN)
def test_nobody_else_can_act_with_a_session_or_open_one(
    anonymous: TestClient, sessions: Sessions, make_key: MakeKey, headers: dict[str, str]
) -> None:
    by_link(anonymous, sessions)
    assert_problem(anonymous.post("/v1/videos", content=b"x", headers=headers), 403, "forbidden")
    assert_problem(anonymous.delete("/v1/sessions/current", headers=headers), 403, "forbidden")
    assert_problem(sign_in(anonymous, key_of(make_key()), **headers), 403, "forbidden")
    assert anonymous.get("/v1/jobs", headers=headers).status_code == 200


@pytest.mark.parametrize("headers", [OWN, {"Sec-Fetch-Site": "same-origin"}, {**OWN, "Sec-Fetch-Site": "same-origin"}])
def test_a_page_of_this_origin_can(anonymous: TestClient, sessions: Sessions, headers: dict[str, str]) -> None:
    by_link(anonymous, sessions)
    assert anonymous.post("/v1/videos", content=b"x", headers=headers).status_code == 201


def test_a_key_needs_no_origin_and_has_no_session(anonymous: TestClient, make_key: MakeKey) -> None:
    key = make_key()
    assert anonymous.post("/v1/videos", content=b"x", headers=key).status_code == 201
    assert_problem(anonymous.get("/v1/sessions/current", headers=key), 403, "forbidden")
    assert_problem(anonymous.delete("/v1/sessions/current", headers=key), 403, "forbidden")


def test_who_guesses_keys_has_to_wait_and_so_does_who_sits_beside_them(browser: TestClient, make_key: MakeKey) -> None:
    key = key_of(make_key())
    assert [sign_in(browser, "mien_guess").status_code for _ in range(6)] == [401] * 5 + [429]

    refused = sign_in(browser, key)
    assert_problem(refused, 429, "rate_limited")
    assert 1 <= int(refused.headers["retry-after"]) <= 2


def test_who_signs_in_well_never_has_to_wait(browser: TestClient, make_key: MakeKey) -> None:
    key = key_of(make_key())
    assert {sign_in(browser, key).status_code for _ in range(10)} == {201}


def test_the_audit_log_has_who_came_who_left_and_who_was_refused(
    browser: TestClient, make_key: MakeKey, sessions: Sessions
) -> None:
    key = key_of(make_key())
    sign_in(browser, key)
    browser.delete("/v1/sessions/current")
    sign_in(browser, key + "x")
    sign_in(browser, "mien_0193f2c4a0027c8d9e0f1a2b3c4d5e6f_guessed")

    of_key = f"session of key {id_of(key)}"
    assert deeds(sessions) == [
        (of_key, "session.opened", id_of(key)),
        (of_key, "session.ended", id_of(key)),
        ("nobody", "session.refused", id_of(key)),
    ]


def test_what_a_session_does_is_written_down_under_its_key(
    browser: TestClient, make_key: MakeKey, sessions: Sessions
) -> None:
    key = key_of(make_key(scopes=("admin",)))
    sign_in(browser, key)
    browser.delete(f"/v1/admin/keys/{id_of(key)}")

    assert deeds(sessions)[-1] == (f"session of key {id_of(key)}", "key.revoked", id_of(key))
    assert_problem(browser.get("/v1/admin/keys"), 401, "unauthenticated")


def test_a_used_link_leads_to_the_sign_in_page_and_who_is_signed_in_past_it(
    browser: TestClient, sessions: Sessions
) -> None:
    with sessions.begin() as session:
        token = create_login_token(session, ensure_workspace(session, "default"))
    link = {"token": token, "next": "/jobs/x"}
    assert [browser.get("/login", params=link).headers["location"] for _ in range(2)] == ["/jobs/x", "/jobs/x"]

    browser.cookies.clear()
    assert browser.get("/login", params=link).headers["location"] == "/sign-in?why=link&next=/jobs/x"
    elsewhere = browser.get("/login", params={"token": token, "next": "//evil.example"})
    assert elsewhere.headers["location"] == "/sign-in?why=link&next=/"


def test_the_migration_keeps_browsers_signed_in_as_they_were(sessions: Sessions, browser: TestClient) -> None:
    """A row as the process before the migration writes it: the column fills itself."""
    with sessions.begin() as session:
        workspace_id = ensure_workspace(session, "default")
        session.execute(
            text(
                "INSERT INTO session (secret_sha256, workspace_id, expires_at) "
                "VALUES (sha256('old'), :workspace, now() + interval '1 day')"
            ),
            {"workspace": workspace_id},
        )
    browser.cookies.set("mien_session", "old")
    assert browser.get("/v1/sessions/current").json()["scopes"] == ["jobs:read", "jobs:write"]
