"""The routes of /v1, one module a subject, independent of each other: HTTP in, a usecase, HTTP out.

Routes are plain functions that run in threads; no rule of the domain lives here. `ALL` is what the
application mounts.
"""

from fastapi import APIRouter

from api.routes import attestations, issuers, learners, log, organisations, shares, verification

ALL: tuple[APIRouter, ...] = (
    organisations.router,
    issuers.router,
    learners.router,
    attestations.router,
    shares.router,
    verification.router,
    log.router,
)
