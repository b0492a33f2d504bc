"""The embedded stack: what `./mien run` starts so that nothing has to be installed.

- stack.py: EmbeddedStack, the whole of it
- home.py: the directory it lives in, locked while it runs
- postgres.py: Postgres from its wheel, as root and as a normal user
- valkey.py: Valkey from its wheel
- account.py: as whom Postgres runs
- child.py: one child process that never outlives us
- watch.py: starts a child again when it dies
- orphans.py: ends what an earlier, killed stack left behind
- signals.py: every way of being asked to end, as one
"""
