"""How an event looks on the wire, and how its receiver knows that it is ours (Standard Webhooks)."""
