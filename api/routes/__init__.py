"""The routes of /v1 and /log, one module a subject, independent of each other: HTTP in, a usecase, HTTP out.

Routes are plain functions that run in threads; no rule of the domain lives here. `ALL` is what the
application mounts.
"""

from fastapi import APIRouter

from api.routes import (
    attestations,
    feed,
    issuers,
    learners,
    log,
    organisations,
    registry,
    shares,
    tiles,
    verification,
)

ALL: tuple[APIRouter, ...] = (
    organisations.router,
    feed.router,
    issuers.router,
    learners.router,
    attestations.router,
    shares.router,
    verification.router,
    registry.router,
    log.router,
    tiles.router,
)
