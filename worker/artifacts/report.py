"""Step `report`: the result as one HTML file to send or to print."""

from __future__ import annotations

from shared.domain.step import Claim
from worker.artifacts.making import begin, making, publish
from worker.artifacts.material import gather
from worker.artifacts.page.document import report_pieces
from worker.lease import LeaseKeeper
from worker.recording import Tools

MEDIA_TYPE = "text/html"


def perform_report(tools: Tools, claim: Claim, lease: LeaseKeeper) -> None:
    begin(tools, claim)
    material = gather(tools, claim)
    with making(tools, claim) as assembly:
        for piece in report_pieces(material):
            assembly.write(piece.encode())
        publish(claim, lease, assembly, MEDIA_TYPE)
