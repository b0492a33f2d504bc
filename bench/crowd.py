"""A database with very many jobs, as after years: what lists and polls are measured and tested on."""

from __future__ import annotations

import json
from uuid import UUID

from sqlalchemy import Engine, text

from shared.domain.options import Options

OTHERS = 19  # workspaces beside the one that is looked at; together they have the other half of the jobs
CANDIDATES = 50_000
SESSIONS = 100_000
QUESTIONS = 7
RECORDINGS = 20_000
ONE_IN_RUNNING, ONE_IN_FAILED = 500, 50

WORKSPACES = "INSERT INTO workspace (id, name) SELECT uuidv7(), 'crowd ' || g FROM generate_series(1, :others) g"
VIDEOS = """
INSERT INTO video (id, workspace_id, storage_key, size_bytes, sha256, modified_ns, original_name, state)
SELECT uuidv7(), :workspace, 'crowd/' || g, 1000, '', 1, '', 'deleted' FROM generate_series(1, :recordings) g
"""
JOBS = """
INSERT INTO job (id, workspace_id, video_id, options, purpose, reference, metadata, priority, state,
                 created_at, started_at, finished_at)
SELECT uuidv7(), w.id, v.id, CAST(:options AS jsonb), (ARRAY['practice', 'coaching', 'research'])[1 + g % 3],
       'candidate-' || g % :candidates,
       jsonb_build_object('question', CAST(g % :questions AS text), 'session', CAST(g % :sessions AS text)), 1,
       CASE WHEN g % :running = 0 THEN 'running' WHEN g % :failed = 0 THEN 'failed' ELSE 'succeeded' END,
       now() - g * interval '1 second', now() - g * interval '1 second',
       CASE WHEN g % :running = 0 THEN NULL ELSE now() - g * interval '1 second' END
FROM generate_series(1, :jobs) g
JOIN (SELECT CAST(:workspace AS uuid) AS id, 0 AS r
      UNION ALL SELECT id, row_number() OVER () FROM workspace WHERE name LIKE 'crowd %') w
  ON w.r = CASE WHEN g % 2 = 0 THEN 0 ELSE 1 + g / 2 % :others END
JOIN (SELECT id, row_number() OVER () AS r FROM video WHERE storage_key LIKE 'crowd/%') v ON v.r = 1 + g % :recordings
"""


def store_jobs(engine: Engine, workspace_id: UUID, jobs: int) -> None:
    """Jobs without steps or results, one a second back from now; half of them in the workspace that is named."""
    about = {
        "others": OTHERS,
        "workspace": workspace_id,
        "recordings": RECORDINGS,
        "options": json.dumps(Options().to_dict()),
        "candidates": CANDIDATES,
        "questions": QUESTIONS,
        "sessions": SESSIONS,
        "running": ONE_IN_RUNNING,
        "failed": ONE_IN_FAILED,
        "jobs": jobs,
    }
    with engine.begin() as connection:
        for statement in (WORKSPACES, VIDEOS, JOBS):
            connection.execute(text(statement), about)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE job"))
