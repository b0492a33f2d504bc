"""The shapes on the wire. They are built from domain values, never leaked from rows."""
