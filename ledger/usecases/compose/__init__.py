"""An attestation written as an unsigned Open Badges 3.0 credential, and read back for pages and histories.

What lives here: the mapping of DOMAIN terms to Open Badges 3.0 and its inverse. What does not: signing,
storage, trust. Pure: ids, times and language are arguments; the same arguments give the same document.
"""

from ledger.usecases.compose.document import IssuerProfile, StatusPointer, compose
from ledger.usecases.compose.reading import read
from ledger.usecases.compose.views import (
    AttestationView,
    EvidenceView,
    LevelView,
    SkillView,
    WerkprocesView,
)

__all__ = [
    "AttestationView",
    "EvidenceView",
    "IssuerProfile",
    "LevelView",
    "SkillView",
    "StatusPointer",
    "WerkprocesView",
    "compose",
    "read",
]
