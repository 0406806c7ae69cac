"""What a bundle says about itself, in plain words: for whoever finds the file when nothing else is left of us.

Kept in every bundle in Dutch and English, so it must stay true by itself: it names formats and steps, and no
address that has to answer. A paragraph that begins with "# " is a heading. Not here: the formats in full
(docs/formats.md), the page around it (`api.web`).
"""

from __future__ import annotations

from collections.abc import Mapping

_EN = """\
# What this file is

Proof of what somebody learned. A school, an employer or a training bureau wrote it down and put a digital
signature under it; a ledger recorded when that was. The file holds all that is needed to check this,
without the internet, also when the school, the ledger and the software that made the file are gone.

It is about a person. Keep it no longer than you need it, and show it to nobody who has no business with it.

# How to check it with software

Open the page form of this file in a web browser: it checks itself. But a page is only as honest as whoever
gave it to you, so for a stranger's file use a program that you got elsewhere: python -m verifiers FILE
--policy POLICY, of the open source project Leerspoor, or any other that knows the format
leerspoor-bundle.v1.

# How to check it without our software

The file is JSON. "items" holds the credentials, each as exact text. Every step below is needed.

1. The credential. It is an Open Badge 3.0 on the W3C Verifiable Credentials Data Model 2.0. Take "proof"
out of it. Of the proof whose cryptosuite is eddsa-jcs-2022, take out "proofValue". Write both in the
spelling of RFC 8785, and take SHA-256 of each: of the proof first, then of the credential. The Ed25519
signature (RFC 8032) over these 64 bytes is in "proofValue": the letter z and base58.

2. The key. It stands in "verificationMethod" behind the #: z, base58, two bytes ed 01, and 32 bytes of key.
It must be a key of the organisation in "issuer". For that, look in "keys": each payload says which key
belonged to whom, until when, and whether it fell into other hands. A payload counts when its receipt does.

3. The receipt (C2SP tlog-proof). Its line "extra" is base64 of JSON with header, signature and r. The
HMAC-SHA256 of the exact text under the key r is "commitment" in the header. The signature is the ledger's,
by Ed25519 over the header. SHA-256 of header and signature is the entry; SHA-256 of a zero byte and the
entry is the leaf (RFC 9162). With the hashes of the receipt it leads to the root in the checkpoint at its
end, at the index that the receipt says.

4. The checkpoint (C2SP tlog-checkpoint). One signature is the ledger's. The others are cosignatures (C2SP
tlog-cosignature) by witnesses: each states the moment at which it saw that root, by Ed25519 or by ML-DSA-44
(FIPS 204).

5. The moment. The time of the cosignatures is what counts, not what the signer says. A key counts when at
that time it was in use and in no other hands. If Ed25519 has been broken since, only an ML-DSA-44
cosignature of before then shows that the rest is older than the break.

6. The status. "status_lists" holds the lists of withdrawn credentials as they were when the file was made
(W3C Bitstring Status List 1.0), signed like a credential. Later lists may say more. Of an organisation that
has ceased, the last one counts. SHA-256 of each list stands in an event of "status_events", which has a receipt
like a credential: it shows that the list is older than the break of an algorithm.

# What the file cannot tell

Which ledger and which witnesses to believe. "log" and "policy" are what the maker of the file believed:
compare the ledger's key with one that you have from elsewhere, such as a newspaper, an archive or a second
person. Nor does the file tell who is showing it to you. "contexts" holds the word lists that the
credentials name, for readers of JSON-LD.
"""

_NL = """\
# Wat dit bestand is

Bewijs van wat iemand heeft geleerd. Een school, een werkgever of een opleidingsbureau schreef het op en
zette er een digitale handtekening onder; een register legde vast wanneer dat was. In het bestand zit alles
wat nodig is om dat te controleren, zonder internet, ook als de school, het register en de software die het
bestand maakte er niet meer zijn.

Het gaat over een persoon. Bewaar het niet langer dan nodig, en laat het aan niemand zien die er niets mee
te maken heeft.

# Controleren met software

Open de pagina-vorm van dit bestand in een webbrowser: die controleert zichzelf. Maar een pagina is zo
eerlijk als wie u hem gaf. Gebruik voor het bestand van een onbekende daarom een programma dat u ergens
anders vandaan hebt: python -m verifiers BESTAND --policy BELEID, van het opensourceproject Leerspoor, of
een ander dat het formaat leerspoor-bundle.v1 kent.

# Controleren zonder onze software

Het bestand is JSON. In "items" staan de bewijzen, elk als exacte tekst. Elke stap hieronder is nodig.

1. Het bewijs. Het is een Open Badge 3.0 op het W3C Verifiable Credentials Data Model 2.0. Haal "proof"
eruit. Haal uit het proof met cryptosuite eddsa-jcs-2022 "proofValue" weg. Schrijf beide in de spelling van
RFC 8785 en neem van elk de SHA-256: eerst van het proof, dan van het bewijs. De Ed25519-handtekening (RFC
8032) over deze 64 bytes staat in "proofValue": de letter z en base58.

2. De sleutel. Die staat in "verificationMethod" achter het #: z, base58, de twee bytes ed 01, en 32 bytes
sleutel. Het moet een sleutel zijn van de organisatie in "issuer". Kijk daarvoor in "keys": elke payload
zegt welke sleutel van wie was, tot wanneer, en of hij in andere handen viel. Een payload telt als zijn
receipt klopt.

3. De receipt (C2SP tlog-proof). De regel "extra" is base64 van JSON met header, signature en r. De
HMAC-SHA256 van de exacte tekst onder de sleutel r is "commitment" in de header. De signature is van het
register, met Ed25519 over de header. De SHA-256 van header en signature is de entry; de SHA-256 van een
nulbyte en de entry is het blad (RFC 9162). Met de hashes van de receipt leidt dat naar de root in het
checkpoint aan het eind, op de index die de receipt noemt.

4. Het checkpoint (C2SP tlog-checkpoint). Eén handtekening is van het register. De andere zijn
medehandtekeningen (C2SP tlog-cosignature) van getuigen: elk noemt het moment waarop die root werd gezien,
met Ed25519 of ML-DSA-44 (FIPS 204).

5. Het moment. De tijd van de medehandtekeningen telt, niet wat de ondertekenaar zegt. Een sleutel telt als
hij op die tijd in gebruik was en niet in andere handen. Is Ed25519 sindsdien gebroken, dan laat alleen een
ML-DSA-44-medehandtekening van daarvoor zien dat de rest ouder is dan de breuk.

6. De status. In "status_lists" staan de lijsten van ingetrokken bewijzen zoals ze waren toen het bestand
werd gemaakt (W3C Bitstring Status List 1.0), ondertekend als een bewijs. Latere lijsten kunnen meer zeggen.
Van een organisatie die is opgehouden, telt de laatste. SHA-256 van elke lijst staat in een gebeurtenis van
"status_events", die een ontvangstbewijs heeft zoals een bewijs: dat laat zien dat de lijst ouder is dan de
breuk van een algoritme.

# Wat het bestand niet kan zeggen

Welk register en welke getuigen u gelooft. "log" en "policy" zijn wat de maker van het bestand geloofde:
vergelijk de sleutel van het register met een die u ergens anders vandaan hebt, zoals een krant, een
archief of een tweede persoon. Het zegt ook niet wie het u laat zien. In "contexts" staan de woordenlijsten
die de bewijzen noemen, voor lezers van JSON-LD.
"""


def _unfolded(text: str) -> str:
    """Return the paragraphs, each on one line."""
    return "\n\n".join(" ".join(part.split("\n")) for part in text.strip().split("\n\n"))


ABOUT: Mapping[str, str] = {"nl": _unfolded(_NL), "en": _unfolded(_EN)}
