"""Step: somebody has himself erased; his trail is gone, and what others hold stays true."""

from __future__ import annotations

from api.commands.walk import cast, outside
from api.commands.walk.stage import Stage
from api.wire.attestations import IssuedAnswer
from api.wire.learners import EnrolledAnswer
from verifiers.errors import VerifierError
from verifiers.formats import erasure

LEAVER = "Joris van den Berg"


def erase(stage: Stage) -> None:
    """Enrol another learner, attest something, erase him, and look at what is left."""
    stage.tally.step(f"{LEAVER} has himself erased")
    school = stage.parties["roc"].client
    enrolled = school.post("/v1/learners", {"name": LEAVER}, EnrolledAnswer)
    claim: dict[str, object] = {
        "learner": str(enrolled.id),
        "attestation": cast.attestation(cast.ROC.example),
    }
    issued = school.post("/v1/attestations", claim, IssuedAnswer)
    own = stage.world.with_token(enrolled.token.secret)
    certificate = own.post_text(f"/v1/learners/{enrolled.id}/erasure", {}).encode()
    try:
        parsed = erasure.parse(certificate)
        erasure.verify(parsed, logs=() if stage.policy is None else stage.policy.logs)
        seen = ""
    except VerifierError as error:
        seen = error.code
    stage.tally.check(
        "He gets a certificate, signed by the log, that says what went and what stays", not seen, seen=seen
    )
    stage.tally.check("It does not name him", LEAVER.encode() not in certificate)
    gone = own.refusal_of_get(f"/v1/learners/{enrolled.id}/history")
    stage.tally.check("His trail answers: erased", gone == (410, "erased"), seen=gone)
    read = school.refusal_of_get(f"/v1/attestations/{issued.id}")
    stage.tally.check("So does the school that attested", read == (410, "erased"), seen=read)
    outcome = outside.verify_file(stage.folder / "bundle.json", policy=stage.folder / "policy.json")
    stage.tally.check(
        f"What {cast.LEARNER} shared before is as valid as it was",
        outcome.exit_status == 0,
        seen=(outcome.exit_status, outcome.codes("invalid")),
    )
