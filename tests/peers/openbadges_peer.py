"""The Python peer: openbadgeslib behind one JSON line a request and one JSON line an answer.

Run as a script in its own process, because the library patches the JSON-LD processor that we use too. It
imports nothing of ours. Status lists are handed over in the request; nothing is fetched.
"""

import json
import sys
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from openbadgeslib.ob3.credential import OpenBadgeCredential
from openbadgeslib.ob3.ldp import OB3LdpSigner, OB3LdpVerifier
from openbadgeslib.ob3.signer import OB3Signer
from openbadgeslib.ob3.verifier import OB3VerificationError, OB3Verifier


def _pem(seed: str) -> bytes:
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(seed))
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def key(request: dict[str, Any]) -> dict[str, Any]:
    """Tell the did:key that belongs to a seed."""
    return {"did": OB3LdpSigner(_pem(request["seed"])).verification_method.partition("#")[0]}


def issue(request: dict[str, Any]) -> dict[str, Any]:
    """Read documents into the library's own model and sign what the model writes."""
    pem = _pem(request["seed"])
    models = [OpenBadgeCredential.from_vc_document(document) for document in request["documents"]]
    if request["form"] == "jwt":
        return {"documents": [OB3Signer(pem, "EdDSA").sign(model) for model in models]}
    created = datetime.fromisoformat(request["date"])
    return {"documents": [OB3LdpSigner(pem).sign(model, created=created) for model in models]}


def verify(request: dict[str, Any]) -> dict[str, Any]:
    """Verify documents against the DID of their expected issuer."""
    lists: dict[str, str] = request["lists"]
    verifier_class = OB3Verifier if request["form"] == "jwt" else OB3LdpVerifier
    # The library calls a document and a token alike: the verifier is chosen by form.
    verifier: Any = verifier_class.for_issuer_did(request["issuer"])
    results = []
    for document in request["documents"]:
        try:
            credential = verifier.verify(
                document, check_status=bool(lists), download=lambda url: lists[url].encode()
            )
        except OB3VerificationError as error:
            results.append({"verified": False, "errors": [str(error)]})
        else:
            results.append({"verified": True, "errors": [], "name": credential.achievement.name})
    return {"results": results}


def main() -> None:
    """Answer until the requests end."""
    operations = {"key": key, "issue": issue, "verify": verify}
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = operations[request.pop("op")](request)
        except Exception as error:  # the test that asked must see it, and the peer must go on
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
