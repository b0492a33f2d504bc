"""docs/operations.md names settings, metrics, actions and limits as they are."""

from __future__ import annotations

import re
from typing import Any

import httpx2
import pytest
import yaml

from api.schemas.admin import LimitsOut
from shared.domain.access import SCOPES
from shared.domain.audit import AUDIT_ACTIONS
from shared.settings import Settings
from tests.docs.conftest import Served
from tests.docs.pages import DOCS, text_of

PAGE = text_of("operations.md")
OF_THE_COMMAND_LINE = {"MIEN_HOME", "MIEN_URL", "MIEN_KEY"}
METRIC = re.compile(r"\bmien_[a-z_]+")
IN_HISTOGRAMS = re.compile(r"_(count|sum|bucket)$")


@pytest.mark.parametrize("page", [path.name for path in DOCS.glob("*.md") if path.name != "chaos.md"])
def test_every_variable_that_a_page_names_is_a_setting(page: str) -> None:
    settings = {f"MIEN_{name.upper()}" for name in Settings.model_fields}
    assert set(re.findall(r"\bMIEN_\w+", text_of(page))) - settings <= OF_THE_COMMAND_LINE


def test_the_actions_the_limits_and_the_scopes_are_all_named() -> None:
    named = set(re.findall(r"`([a-z]+\.[a-z]+)`", PAGE))
    assert set(AUDIT_ACTIONS) <= named
    assert set(LimitsOut.model_fields) <= set(re.findall(r"\w+", PAGE))
    assert set(SCOPES) == set(re.findall(r"^\| `((?:jobs:\w+)|webhooks|admin)` \|", PAGE, re.MULTILINE))


def test_the_retention_is_the_default() -> None:
    fields = Settings.model_fields
    assert f"| recordings | {fields['video_retention_days'].default:.0f} days" in PAGE
    assert f"| jobs with all that came of them | {fields['result_retention_days'].default:.0f} days" in PAGE


def rules() -> list[dict[str, Any]]:
    (text,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    return [rule for group in yaml.safe_load(text)["groups"] for rule in group["rules"]]


def test_every_metric_that_is_named_is_one(served: Served) -> None:
    told = set(re.findall(r"^# TYPE (\w+)", httpx2.get(f"{served.url}/metrics", trust_env=False).text, re.MULTILINE))
    in_rules = {name for rule in rules() for name in METRIC.findall(rule["expr"])}
    in_prose = set(re.findall(r"`(mien_[a-z_]+)`", PAGE)) - {"mien_metrics_token"}
    named = {IN_HISTOGRAMS.sub("", name) for name in in_rules | in_prose}
    assert len(in_rules) >= 7
    assert named - told == set()


def test_the_rules_have_names_and_conditions() -> None:
    for rule in rules():
        assert rule.keys() <= {"alert", "expr", "for"}
        assert rule["expr"].count("(") == rule["expr"].count(")")
        assert re.fullmatch(r"\d+[smh]", rule.get("for", "1m"))


def test_the_settings_of_the_proxy_are_well_formed() -> None:
    (text,) = re.findall(r"```nginx\n(.*?)```", PAGE, re.DOTALL)
    lines = [re.sub(r"\s*#.*", "", line).strip() for line in text.splitlines()]
    assert all(line.endswith((";", "{", "}")) for line in lines if line)
    assert text.count("{") == text.count("}")
