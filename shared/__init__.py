"""What the API and the workers must agree on."""

__version__ = "0.1.0"
