"""What an analysis is for; decides what must be given and what may be told."""

from __future__ import annotations

from typing import Literal

from shared.domain.errors import InvalidRequest

Purpose = Literal["practice", "coaching", "research", "assessment"]


def check_purpose(purpose: Purpose, allowed: tuple[Purpose, ...], consent_reference: str | None) -> None:
    """Raises InvalidRequest when this deployment does not serve the purpose, or consent is not on record."""
    if purpose not in allowed:
        raise InvalidRequest(
            f"purpose '{purpose}' is not allowed on this deployment; allowed: {', '.join(allowed)}", field="purpose"
        )
    if purpose == "assessment" and not consent_reference:
        raise InvalidRequest("purpose 'assessment' needs a consent_reference", field="consent_reference")
