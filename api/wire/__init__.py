"""What crosses the wire: shapes of requests and responses, problems, and the ASGI layers around every route.

Not here: what the shapes mean (the ledger's usecases) and who may send them (`api.auth`).
"""
