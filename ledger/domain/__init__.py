"""The rules: organisation, credential, learner and share as aggregates.

Pure: now, ids and keys are arguments. Every decision is an event with an explicit stored type and
version; nothing here knows stores, clocks or the formats of signed documents.
"""
