"""Storage: tables, the one writer, the recorder that reads, and the mapper that seals and opens.

Knows SQL and `eventsourcing`; knows nothing of use cases or HTTP.
"""
