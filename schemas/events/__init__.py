"""The sealed payload of each event type and version, one model each; never changed once released.

A payload is the RFC 8785 text of its model, with one exception: the payload of credential-issued.v1 is
exactly the signed credential's bytes, so it has no model here. Fields are only ever added at the end with
a default; anything else is a new version. Verifiers read the payloads about an organisation's
keys and end, and about its published status lists.
"""
