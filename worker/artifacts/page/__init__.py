"""The report as one HTML file: no script, no reference to anything outside."""
