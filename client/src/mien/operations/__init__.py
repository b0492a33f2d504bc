"""Everything the client can do, each written once as an operation; see `mien.wire`."""
