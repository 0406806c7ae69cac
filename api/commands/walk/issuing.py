"""Step: three organisations register with keys, enrol a learner, and attest what she learned.

The roc and the bureau let the ledger keep their keys (Ed25519 and P-256); the hospital keeps its own, proves
that it has it, and signs what `prepare` hands out. What the learner claims herself she records herself.
"""

from __future__ import annotations

from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from api.commands.walk import cast
from api.commands.walk.client import Body, Client
from api.commands.walk.stage import Learner, Party, Stage
from api.wire.attestations import IssuedAnswer, PreparedAnswer
from api.wire.learners import EnrolledAnswer
from api.wire.organisations import RegisteredAnswer
from verifiers.formats.did_document import parse as parse_did_document
from verifiers.primitives import keys
from verifiers.primitives.encoding import b64url_decode, b64url_encode


def register_organisations(stage: Stage) -> None:
    """Register the three organisations; each gets a token, and those with a did:web a DID document."""
    stage.tally.step("Three organisations register with their keys")
    operator = stage.world.with_token(stage.server.operator_token())
    for role in cast.ORGANISATIONS:
        party = _register(operator, role)
        stage.parties[role.short] = party
        place = "keeps its own key" if role.key == "own" else f"has a {role.key} key"
        document = stage.world.text(f"/issuers/{party.id}/did.json")
        stage.tally.check(
            f"{role.name} {place}, and its DID document says so",
            parse_did_document(document.encode(), did=party.did).did == party.did,
            seen=document,
        )
    body: Body = {"name": "Nobody", "role": "school"}
    status, code = stage.world.refusal("/v1/organisations", body)
    stage.tally.check(
        "Without the operator's token nobody registers", (status, code) == (401, "token_missing")
    )


def enrol_learner(stage: Stage) -> None:
    """Let the roc enrol the learner, who gets a token of her own."""
    stage.tally.step("The roc enrols a learner")
    enrolled = stage.parties["roc"].client.post("/v1/learners", {"name": cast.LEARNER}, EnrolledAnswer)
    stage.learner = Learner(cast.LEARNER, enrolled.id, stage.world.with_token(enrolled.token.secret))
    stage.tally.check(
        "The identifier her credentials will carry says nothing about her",
        enrolled.subject_id.startswith("did:key:z"),
        seen=enrolled.subject_id,
    )


def attest(stage: Stage) -> None:
    """Record four attestations, each signed by who declares it; send one twice."""
    stage.tally.step(f"They attest what {cast.LEARNER} learned")
    for role in cast.ORGANISATIONS:
        party = stage.parties[role.short]
        issue = _issue if party.own_key is None else _prepare_and_complete
        answer = issue(stage, party, role.example)
        _recorded(stage, answer, f"{role.name}: {role.example}")
    claim: Body = {"learner": str(stage.learner.id), "attestation": cast.attestation(cast.SELF_CLAIM)}
    answer = stage.learner.client.post("/v1/attestations", claim, IssuedAnswer)
    _recorded(stage, answer, f"{cast.LEARNER} herself: {cast.SELF_CLAIM}")


def _register(operator: Client, role: cast.Role) -> Party:
    id_ = uuid4()
    own_key = Ed25519PrivateKey.generate() if role.key == "own" else None
    key: Body = {"type": "managed", "kind": "P-256" if role.key == "managed P-256" else "Ed25519"}
    if own_key is not None:
        raw = own_key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        multikey = keys.from_raw("Ed25519", raw).multikey
        text = operator.text("/v1/possession-text", params={"organisation": str(id_), "multikey": multikey})
        possession = b64url_encode(own_key.sign(text.encode()))
        key = {"type": "own", "multikey": multikey, "possession": possession}
    body: Body = {
        "id": str(id_),
        "name": role.name,
        "role": role.role,
        "website": role.website,
        "key": key,
    }
    done = operator.post("/v1/organisations", body, RegisteredAnswer)
    client = operator.with_token(done.token.secret)
    return Party(role.name, done.organisation.id, done.organisation.did, client, own_key)


def _issue(stage: Stage, party: Party, example: str) -> IssuedAnswer:
    """Issue with the managed key; send the same request again, as a client that lost the answer would."""
    body: Body = {"learner": str(stage.learner.id), "attestation": cast.attestation(example)}
    key = str(uuid4())
    first = party.client.post("/v1/attestations", body, IssuedAnswer, key=key)
    again = party.client.post("/v1/attestations", body, IssuedAnswer, key=key)
    stage.tally.check(
        f"{party.name} sent its request twice, and one credential is recorded",
        (first.id, first.position) == (again.id, again.position),
        seen=(first.position, again.position),
    )
    return first


def _prepare_and_complete(stage: Stage, party: Party, example: str) -> IssuedAnswer:
    """Sign here what the ledger prepared: the private key never leaves this process."""
    if party.own_key is None:
        raise ValueError("a party without a key of its own cannot sign here")
    body: Body = {"learner": str(stage.learner.id), "attestation": cast.attestation(example)}
    prepared = party.client.post("/v1/attestations/prepare", body, PreparedAnswer)
    signatures: list[Body] = [
        {
            "cryptosuite": item.cryptosuite,
            # The answer's bytes travel as base64url text.
            "signature": b64url_encode(party.own_key.sign(b64url_decode(item.data.decode()))),
        }
        for item in prepared.to_sign
    ]
    completed: Body = {"draft": prepared.draft, "signatures": signatures}
    return party.client.post("/v1/attestations/complete", completed, IssuedAnswer)


def _recorded(stage: Stage, answer: IssuedAnswer, what: str) -> None:
    stage.issued.append(answer)
    stage.tally.note(f"position {answer.position}: {what}")
