"""Seeded damage: to the bytes of a bundle, to its members, to the texts inside it, and to what is signed.

Damage of the last kind is signed and recorded anew, so that a verifier comes past the signatures and has to judge
what stands there. All of it follows from a seed: `questions(seed, count)` is the same in every run.
"""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Callable, Iterator
from copy import deepcopy
from functools import partial
from typing import Any

from tests.agreement.files import BADGE, HOSPITAL, NEXT, ROC, STARTS, Scene, proof, question, sign
from tests.agreement.sides import Question
from tests.verifiers import world
from verifiers.formats import bundle_html, checkpoint
from verifiers.formats import receipt as receipts
from verifiers.primitives import jcs

Json = Any
STRANGE: tuple[Json, ...] = (
    None, True, False, 0, 1, -1, 2**53 - 1, 0.5, 1e21, "", " ", "x", "0", "00", "\u2028", "é", "\U0001f600",
    "a" * 3_000, [], {}, [[]], ["x", "x"], {"id": "urn:x:y"}, {"id": ""}, {"@value": "naam", "@language": "nl"},
    "2026-11-24T10:00:00Z", "2026-02-30T10:00:00Z", "9999-12-31T23:59:59-01:00", "0001-01-01T00:00:00+01:00",
    "2026-11-24T10:00:00.123456789+14:00", "2026-11-24T24:00:00Z", "2026-11-24t10:00:00z", "did:key:z6Mk", ROC.did,
    BADGE.did, HOSPITAL.did, ROC.method, HOSPITAL.method, NEXT.method, "https://roc.example/v1/status/revocation",
    "assertionMethod", "authentication", "revocation", "suspension", "VerifiableCredential", "VerifiablePresentation",
    "AchievementCredential", "BitstringStatusListEntry", "eddsa-rdfc-2022", "ecdsa-rdfc-2019",
)  # fmt: skip
NAMES = (
    "id",
    "type",
    "proof",
    "validFrom",
    "validUntil",
    "expires",
    "created",
    "__proto__",
    "constructor",
    "toString",
    "length",
    "x",
    "1",
)
LITERALS = (
    "1.0", "-0", "1e400", "1E-400", "NaN", "-Infinity", "9007199254740992", "1e2", "01", "+1", ".5", "1.",
    '"\\ud800"', '"\\ufdd0"', '"\\u00e9"', '"\\x"', '"\t"', "{}", '{"a":1,"a":2}', "[" * 40 + "]" * 40,
)  # fmt: skip
ENTRY_MEMBERS = ("statusPurpose", "statusListIndex", "statusSize", "type", "id", "x")
OPTIONS = (
    "created", "expires", "id", "proofPurpose", "previousProof", "domain", "x", "@context", "verificationMethod",
)  # fmt: skip


def questions(seed: int, count: int) -> list[Question]:
    """Return damaged files, the same ones for the same seed."""
    return list(_damaged(random.Random(seed), count))


def _damaged(chance: random.Random, count: int) -> Iterator[Question]:
    starts = {name: (make(), make().bundle()) for name, make in STARTS.items()}
    for number in range(count):
        name = chance.choice(list(starts))
        scene, good = starts[name]
        kind = chance.choice(list(KINDS))
        if kind == "page":
            good = page(good)
        data = KINDS[kind](STARTS[name]() if kind == "signed" else scene, good, chance)
        yield question(f"{number} {name}: {kind}", scene, data, chance)


def flip(_: Scene, good: bytes, chance: random.Random) -> bytes:
    """Change, remove or add bytes, or cut the file."""
    data = bytearray(good)
    for _hit in range(chance.choice((1, 1, 1, 2, 5))):
        at = chance.randrange(len(data))
        match chance.randrange(5):
            case 0:
                data[at] ^= 1 << chance.randrange(8)
            case 1:
                data[at] = chance.randrange(256)
            case 2:
                del data[at : at + chance.randrange(1, 4)]
            case 3:
                data[at:at] = bytes(chance.randrange(256) for _ in range(chance.randrange(1, 3)))
            case _:
                data[at:at] = chance.choice(
                    (b" ", b"\n", b"\xef\xbb\xbf", b'"', b"\\", b",", b"\xc3\xa9", b"\xed\xa0\x80")
                )
    return bytes(data if chance.random() < 0.95 else data[: chance.randrange(len(data))])


def page(good: bytes) -> bytes:
    """Return a bundle as a page."""
    return b"<!doctype html>\n<html lang=nl><p>\xc3\xa9</p>" + bundle_html.embed(good) + b"<p></p></html>\n"


def literal(_: Scene, good: bytes, chance: random.Random) -> bytes:
    """Put another literal in the place of a text, as only a hand-written file has it."""
    parts = good.decode().split('"')
    at = chance.randrange(len(parts))
    parts[at] = parts[at] + chance.choice(LITERALS) if chance.random() < 0.5 else chance.choice(LITERALS)
    return '"'.join(parts).encode()


def member(_: Scene, good: bytes, chance: random.Random) -> bytes:
    """Damage one member of the bundle."""
    document = json.loads(good)
    damage(document, chance)
    return dump(document)


def inner(_: Scene, good: bytes, chance: random.Random) -> bytes:
    """Damage a credential, key event or status list inside the bundle, and leave its signature."""
    document = json.loads(good)
    holder, name = chance.choice(list(_texts(document)))
    held = json.loads(holder[name])
    damage(held, chance)
    holder[name] = dump(held).decode()
    return dump(document)


def receipt(scene: Scene, good: bytes, chance: random.Random) -> bytes:
    """Damage a receipt: a line, a character, the opening, the head; sometimes signed anew by the log."""
    document = json.loads(good)
    holders = [
        item for item in document["items"] + document["keys"] + document["status_events"] if item["receipt"]
    ]
    if not holders:
        return member(scene, good, chance)
    holder = chance.choice(holders)
    lines = holder["receipt"].split("\n")
    at = chance.randrange(len(lines))
    match chance.randrange(7):
        case 0:
            lines[at] = _spoiled(lines[at], chance)
        case 1:
            del lines[at]
        case 2:
            lines.insert(at, lines[chance.randrange(len(lines))])
        case 3:
            lines[1] = "extra " + _opening(lines[1].removeprefix("extra "), chance)
        case 4:
            lines = chance.choice(holders)["receipt"].split("\n")
        case 5:
            return _another_head(scene, document, holder, chance)
        case _:
            lines[2] = f"index {chance.choice((0, 1, 2, 3, 4, 2**63 - 1, 2**63, '01', -1))}"
    holder["receipt"] = "\n".join(lines)
    return dump(document)


def signed(scene: Scene, good: bytes, chance: random.Random) -> bytes:
    """Damage a credential before it is signed and recorded, or sign it with another key or other options."""
    target = chance.choice(scene.credentials)
    match chance.randrange(7):
        case 0:
            return scene.bundle(sign_with=chance.choice((NEXT, HOSPITAL, BADGE, ROC)))
        case 1:
            return _other_proofs(scene, target, chance)
        case 2 if scene.lists:
            return _other_list(scene, chance)
        case 3:
            target["credentialStatus"] = [
                world.status_entry(**{chance.choice(ENTRY_MEMBERS): deepcopy(chance.choice(STRANGE))})
            ]
        case 4 if scene.publishes:
            scene.spoil = partial(damage, chance=chance)
        case _:
            damage(target, chance)
    target.setdefault("@context", [])
    return scene.bundle()


def damage(document: Json, chance: random.Random) -> None:
    """Change one or two places of a JSON value, somewhere in it."""
    for _ in range(chance.choice((1, 1, 2))):
        holders = [holder for holder in _holders(document) if holder]
        if not holders:
            return
        holder = chance.choice(holders)
        name = chance.choice(list(holder) if isinstance(holder, dict) else range(len(holder)))
        match chance.randrange(6):
            case 0:
                del holder[name]
            case 1 if isinstance(holder[name], str):
                holder[name] = _spoiled(holder[name], chance)
            case 2 if isinstance(holder, list):
                holder.append(deepcopy(holder[name]))
            case 3 if isinstance(holder, dict):
                holder[chance.choice(NAMES)] = deepcopy(chance.choice(STRANGE))
            case 4 if isinstance(holder[name], list | dict):
                holder[name] = [deepcopy(holder[name])]
            case _:
                holder[name] = deepcopy(chance.choice(STRANGE))


def dump(document: Json) -> bytes:
    """Write JSON as it comes, not canonical, so that members keep their order and floats their point."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def _holders(value: Json) -> Iterator[Any]:
    if isinstance(value, dict | list):
        yield value
        for item in value.values() if isinstance(value, dict) else value:
            yield from _holders(item)


def _texts(document: Json) -> Iterator[tuple[dict[str, str], str]]:
    yield from ((item, "credential") for item in document["items"])
    yield from ((key, "payload") for key in document["keys"])
    yield from ((event, "payload") for event in document["status_events"])
    yield from ((document["status_lists"], url) for url in document["status_lists"])


def _spoiled(text: str, chance: random.Random) -> str:
    if not text:
        return "x"
    at = chance.randrange(len(text))
    match chance.randrange(5):
        case 0:
            return text[:at] + chance.choice("AZaz019+/=-_ .:é—\n") + text[at + 1 :]
        case 1:
            return text[:at] + text[at + 1 :]
        case 2:
            return text[:at] + text[at] + text[at:]
        case 3:
            return text.swapcase()
        case _:
            return text + chance.choice((" ", "\n", "=", "A", "\u00a0"))


def _opening(text: str, chance: random.Random) -> str:
    try:
        held = json.loads(base64.b64decode(text))
        header = json.loads(base64.urlsafe_b64decode(held["header"] + "=="))
    except ValueError:
        return text
    if chance.random() < 0.4:
        damage(held, chance)
        return base64.b64encode(jcs_or_plain(held)).decode()
    damage(header, chance)
    held["header"] = base64.urlsafe_b64encode(jcs_or_plain(header)).decode().rstrip("=")
    return base64.b64encode(jcs_or_plain(held)).decode()


def jcs_or_plain(document: Json) -> bytes:
    """Write JSON canonically where it can be."""
    return jcs.canonicalise(document)


def _another_head(scene: Scene, document: Json, holder: Json, chance: random.Random) -> bytes:
    good = receipts.parse(holder["receipt"])
    root = bytes(32) if chance.random() < 0.5 else good.checkpoint.root
    size = good.checkpoint.size + chance.choice((0, 1, 5))
    head = checkpoint.sign(
        origin=scene.log.origin, size=size, root=root, key=scene.log.vkey, signer=scene.log.signer.sign
    )
    holder["receipt"] = receipts.Receipt(good.index, good.proof, head, good.opening).dump()
    return dump(document)


def _other_proofs(scene: Scene, target: Json, chance: random.Random) -> bytes:
    signer = scene.signer
    options: dict[str, Json] = {chance.choice(OPTIONS): deepcopy(chance.choice(STRANGE))}
    first = proof(target, signer, **(options if chance.random() < 0.6 else {}))
    proofs = [first]
    match chance.randrange(5):
        case 0:
            proofs.append(proof(target, HOSPITAL))
        case 1:
            proofs = [proof(target, signer, id="urn:x:1")]
            proofs.append(proof(target, HOSPITAL, over=[proofs[0]], previousProof="urn:x:1"))
        case 2:
            proofs.append(deepcopy(first))
        case 3:
            proofs = [proof(target, HOSPITAL)]
        case _:
            pass
    if chance.random() < 0.3:
        damage(chance.choice(proofs), chance)
    text = dump({**target, "proof": proofs if len(proofs) > 1 or chance.random() < 0.5 else proofs[0]})
    document = json.loads(scene.bundle())
    place = scene.log.record(text)
    document["items"][0] = {
        "credential": text.decode(),
        "media_type": chance.choice(("application/vc", "application/vc", "application/vc+jwt")),
        "receipt": scene.receipt(place),
    }
    return dump(document)


def _other_list(scene: Scene, chance: random.Random) -> bytes:
    document = world.list_credential(*chance.choice(((), (94_567,), (7,))), issuer=scene.signer, sign=False)
    damage(document if chance.random() < 0.5 else document["credentialSubject"], chance)
    document.setdefault("@context", [])
    signer = scene.signer if chance.random() < 0.8 else HOSPITAL
    scene.lists[world.LIST_URL] = sign(document, signer)
    return scene.bundle()


KINDS: dict[str, Callable[[Scene, bytes, random.Random], bytes]] = {
    "flip": flip,
    "page": flip,
    "literal": literal,
    "member": member,
    "inner": inner,
    "receipt": receipt,
    "signed": signed,
}
