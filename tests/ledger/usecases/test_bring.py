"""Bringing a finished credential: only what verifies as one's own about this learner, once, byte for byte."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from ledger.errors import ConflictError, ForbiddenError, NotFoundError, RejectedError
from ledger.usecases import register
from ledger.usecases.bring import BringCredential, bring
from ledger.usecases.compose import IssuerProfile, StatusPointer, compose
from ledger.usecases.issue import read
from ledger.usecases.organisations import did_web
from ledger.usecases.recording import add_proofs, usual_suites
from ledger.usecases.verify import verify_bytes
from tests.ledger.usecases.world import START, OwnSigner, Party, World, example
from verifiers.formats import jose
from verifiers.primitives import jcs
from verifiers.primitives.strict_json import JSON

Change = Callable[[dict[str, JSON]], None]


class Maker:
    """Somebody else's software: makes and signs credentials outside the ledger."""

    def __init__(self, world: World, signer: OwnSigner, method: str = "web") -> None:
        self.signer, chosen = signer, uuid4()
        did = did_web(world.ledger, chosen) if method == "web" else signer.public.did_key
        self.party = world.organisation(
            "Opleidingsbureau Noord", role="bureau", did_method=method, id=chosen, key=signer.own_key(did)
        )
        self.method = f"{self.party.did}#{signer.public.multikey}"

    def document(self, learner: Party, change: Change | None = None, **options: object) -> dict[str, JSON]:
        document = compose(
            example("training"),
            credential_id=str(options.get("id", f"urn:uuid:{uuid4()}")),
            issuer=IssuerProfile(self.party.did, "Opleidingsbureau Noord"),
            subject_id=learner.did,
            learner_name=None,
            valid_from=START,
            status=options.get("status", ()),  # type: ignore[arg-type]
        )
        if change is not None:
            change(document)  # type: ignore[arg-type]
        return document  # type: ignore[return-value]

    def signed(self, learner: Party, change: Change | None = None, **options: object) -> bytes:
        suites = usual_suites(self.signer.public.kind)
        return jcs.canonicalise(
            add_proofs(
                self.document(learner, change, **options),
                suites=suites,
                verification_method=str(options.get("method", self.method)),
                created=START,
                sign=self.signer.sign,
            )
        )

    def jwt(self, learner: Party, change: Change | None = None) -> bytes:
        header = jose.header_for(self.signer.public, key_id=self.method)
        to_sign = jose.signing_input(header, jcs.canonicalise(self.document(learner, change)))
        return jose.seal(to_sign, self.signer.sign(to_sign))


@pytest.fixture
def maker(world: World) -> Maker:
    return Maker(world, OwnSigner.ed25519())


@pytest.mark.parametrize("method", ["web", "key"])
@pytest.mark.parametrize("signer", [OwnSigner.ed25519, OwnSigner.p256], ids=["Ed25519", "P-256"])
def test_a_finished_credential_is_recorded_byte_for_byte(
    world: World, ada: Party, method: str, signer: Callable[[], OwnSigner]
) -> None:
    maker = Maker(world, signer(), method)
    for data, media_type in ((maker.signed(ada), "application/vc"), (maker.jwt(ada), "application/vc+jwt")):
        brought = bring(world.ledger, maker.party.actor, BringCredential(ada.id, data))
        assert (brought.credential, brought.media_type) == (data, media_type)
        world.require_receipt(brought.receipt, data, brought.position)
        found = verify_bytes(world.ledger, data)
        assert (found.report.verdict, found.recorded) == ("valid", (brought.id,))
        assert read(world.ledger, maker.party.actor, brought.id).credential == data


def test_a_borrowed_name_is_not_shown_as_the_issuers(world: World, ada: Party, maker: Maker) -> None:
    def borrow(document: dict[str, JSON]) -> None:
        document["issuer"] |= {"name": "ROC van Testdam"}  # type: ignore[operator]

    brought = bring(world.ledger, maker.party.actor, BringCredential(ada.id, maker.signed(ada, borrow)))
    report = verify_bytes(world.ledger, brought.credential).report
    assert report.verdict == "valid"
    assert report.credentials[0].issuer_name == "Opleidingsbureau Noord"


def test_pretty_spelling_is_kept_and_white_space_around_it_is_not(
    world: World, ada: Party, maker: Maker
) -> None:
    data = maker.signed(ada).replace(b'{"@context":', b'{ "@context" :  ')
    brought = bring(world.ledger, maker.party.actor, BringCredential(ada.id, b"\n" + data + b"\n"))
    assert brought.credential == data


def test_once_is_once(world: World, ada: Party, bea: Party, maker: Maker) -> None:
    data = maker.signed(ada)
    bring(world.ledger, maker.party.actor, BringCredential(ada.id, data))
    respelled = data.replace(b'{"@context":', b'{ "@context":')
    for again in (data, respelled):
        with world.refuses(ConflictError, "credential_exists"):
            bring(world.ledger, maker.party.actor, BringCredential(ada.id, again))


def test_two_organisations_may_use_the_same_credential_id(world: World, ada: Party) -> None:
    makers = [Maker(world, OwnSigner.ed25519()) for _ in range(2)]
    issued = [
        bring(
            world.ledger,
            maker.party.actor,
            BringCredential(ada.id, maker.signed(ada, id=f"urn:uuid:{UUID(int=4)}")),
        )
        for maker in makers
    ]
    assert issued[0].id != issued[1].id
    assert UUID(int=4) not in {item.id for item in issued}


def test_the_own_id_of_another_credential_cannot_be_taken(
    world: World, roc: Party, ada: Party, maker: Maker
) -> None:
    issued = world.issue(roc, ada)
    brought = bring(
        world.ledger,
        maker.party.actor,
        BringCredential(ada.id, maker.signed(ada, id=f"urn:uuid:{issued.id}")),
    )
    assert brought.id != issued.id


def test_what_does_not_verify_is_not_recorded(world: World, ada: Party, maker: Maker) -> None:
    data = maker.signed(ada)
    other = Maker(world, OwnSigner.ed25519())
    thief = maker.signed(ada, method=other.method)
    for bad, code in (
        (data.replace(b'"inLanguage":"nl"', b'"inLanguage":"en"'), "signature_invalid"),
        (jcs.canonicalise(maker.document(ada)), "proof_missing"),
        (maker.jwt(ada, lambda document: document.update(hidden="x")), "term_dropped"),
        (b"{}", "not_a_credential"),
        (b'{"a":1,"a":2}', "json_duplicate_key"),
        (b"not even", "not_a_credential"),
        (thief, None),
    ):
        with world.refuses(RejectedError, "credential_not_valid") as caught:
            bring(world.ledger, maker.party.actor, BringCredential(ada.id, bad))
        if code is not None:
            assert caught.value.got == code


def test_a_key_under_another_name_would_not_be_found_again(world: World, ada: Party, maker: Maker) -> None:
    with world.refuses(RejectedError, "credential_not_valid"):
        data = maker.signed(ada, method=f"{maker.party.did}#key-1")
        bring(world.ledger, maker.party.actor, BringCredential(ada.id, data))


def test_a_retired_key_brings_nothing(world: World, ada: Party, maker: Maker) -> None:
    data = maker.signed(ada)
    world.clock.pass_(days=1)
    register.retire_key(
        world.ledger, maker.party.actor, register.RetireKey(maker.party.id, maker.signer.public.multikey)
    )
    world.clock.pass_(days=1)
    with world.refuses(RejectedError, "credential_not_valid"):
        bring(world.ledger, maker.party.actor, BringCredential(ada.id, data))


def test_issuer_subject_and_learner_must_be_the_right_ones(
    world: World, roc: Party, ada: Party, bea: Party, maker: Maker
) -> None:
    data = maker.signed(ada)
    with world.refuses(RejectedError, "issuer_not_you"):
        bring(world.ledger, roc.actor, BringCredential(ada.id, data))
    with world.refuses(RejectedError, "subject_not_learner"):
        bring(world.ledger, maker.party.actor, BringCredential(bea.id, data))
    with world.refuses(NotFoundError, "learner_unknown"):
        bring(world.ledger, maker.party.actor, BringCredential(UUID(int=1), data))
    with world.refuses(ForbiddenError, "scope_missing"):
        bring(world.ledger, ada.actor, BringCredential(ada.id, data))


def test_a_place_in_our_lists_must_have_been_leased(
    world: World, roc: Party, ada: Party, maker: Maker
) -> None:
    ours = f"http://127.0.0.1:8000/v1/organisations/{roc.id}/status/revocation"
    with world.refuses(RejectedError, "status_not_leased"):
        data = maker.signed(ada, status=(StatusPointer("revocation", ours, 5),))
        bring(world.ledger, maker.party.actor, BringCredential(ada.id, data))
    theirs = maker.signed(ada, status=(StatusPointer("revocation", "https://bureau.example/status/1", 5),))
    assert bring(world.ledger, maker.party.actor, BringCredential(ada.id, theirs)).credential == theirs
    assert verify_bytes(world.ledger, theirs).report.verdict == "undetermined"


def test_a_bsn_in_any_text_is_refused_and_not_repeated(world: World, ada: Party, maker: Maker) -> None:
    with world.refuses(RejectedError, "bsn_refused") as caught:
        data = maker.signed(ada, lambda document: document.update(name="Training van 111222333"))
        bring(world.ledger, maker.party.actor, BringCredential(ada.id, data))
    assert "111222333" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "did: 111222333",
        "urn: 111222333",
        "data: 111222333",
        "http://x 111222333",
        "https://roc.example/pupils/111222333",
        "urn:example:111222333",
        "data:text/plain,111222333",
        "did:key\n111222333",
    ],
)
def test_a_bsn_does_not_pass_as_an_address(world: World, ada: Party, maker: Maker, text: str) -> None:
    with world.refuses(RejectedError, "bsn_refused"):
        data = maker.signed(ada, lambda document: document.update(name=text))
        bring(world.ledger, maker.party.actor, BringCredential(ada.id, data))


def test_what_is_no_text_is_not_searched(world: World, ada: Party, maker: Maker) -> None:
    image = "data:image/png;base64,AAAA111222333AAA"

    def add_image(document: dict[str, JSON]) -> None:
        document["issuer"] |= {"image": {"id": image, "type": "Image"}}  # type: ignore[operator]

    data = maker.signed(ada, add_image)
    assert bring(world.ledger, maker.party.actor, BringCredential(ada.id, data)).credential == data


def test_an_expired_credential_may_still_be_brought(world: World, ada: Party, maker: Maker) -> None:
    data = maker.signed(ada, lambda document: document.update(validUntil="2026-11-25T00:00:00Z"))
    world.clock.pass_(days=2)
    assert bring(
        world.ledger, maker.party.actor, BringCredential(ada.id, data)
    ).recorded_at == START + timedelta(days=2)


def lose_id(document: dict[str, JSON]) -> None:
    document.pop("id")


def test_a_credential_needs_an_id(world: World, ada: Party, maker: Maker) -> None:
    with world.refuses(RejectedError, "credential_not_valid") as caught:
        bring(world.ledger, maker.party.actor, BringCredential(ada.id, maker.signed(ada, lose_id)))
    assert caught.value.got == "schema_invalid"


def test_a_status_of_another_kind_is_the_issuers_own(world: World, ada: Party, maker: Maker) -> None:
    revocation = {"id": "https://bureau.example/revoked.json", "type": "https://bureau.example/StatusList"}
    data = maker.signed(ada, lambda document: document.update(credentialStatus=revocation))  # type: ignore[arg-type]
    assert bring(world.ledger, maker.party.actor, BringCredential(ada.id, data)).credential == data
