"""The one way in which Mien sends requests to addresses that strangers gave."""
