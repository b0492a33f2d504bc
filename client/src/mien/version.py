"""The version of the client, which its requests name in their `User-Agent`."""

__version__ = "0.1.0"
