"""Make an Open Badge with software that is not ours: openbadgeslib's own model, signer and key.

Run as a script in a process of its own, because the library patches the JSON-LD processor that we use too. It
imports nothing of ours. Prints the signed badge; its issuer is the did:key of a key made for this one badge.
"""

import json
import sys
from datetime import UTC, datetime
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from openbadgeslib.ob3.credential import Achievement, Issuer, OpenBadgeCredential
from openbadgeslib.ob3.ldp import OB3LdpSigner


def main() -> None:
    """Make the badge."""
    key = Ed25519PrivateKey.generate()
    signer = OB3LdpSigner(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    now = datetime.now(UTC).replace(microsecond=0)
    achievement = Achievement(
        id=f"urn:uuid:{uuid4()}",
        name="Eerste hulp bij ongelukken",
        description="Kan eerste hulp verlenen tot professionele hulp er is.",
        criteria_narrative="Twee dagdelen oefenen en een praktijktoets.",
        achievement_type="Certificate",
    )
    issuer = Issuer(id=signer.verification_method.partition("#")[0], name="Een vreemde opleider")
    badge = OpenBadgeCredential(
        issuer=issuer, recipient_id=f"urn:uuid:{uuid4()}", achievement=achievement, issuance_date=now
    )
    sys.stdout.write(json.dumps(signer.sign(badge, created=now), ensure_ascii=False))


if __name__ == "__main__":
    main()
