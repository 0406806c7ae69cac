"""A plain sentence for what each check found, by its code; where a code has none, by its name and verdict.

A sentence says what was found, never more. Codes of one name are kept together in the order of the checks.
Not here: which words a verdict has (`checks`), the Dutch (`locale`).
"""

from __future__ import annotations

from collections.abc import Mapping

from api.web.language import N_
from schemas.report import CheckName, VerdictText

TITLES: Mapping[CheckName, str] = {
    "format": N_("The file"),
    "schema": N_("Structure"),
    "context": N_("Meaning"),
    "proof": N_("Signature"),
    "issuer": N_("Issuer"),
    "key": N_("Key of the issuer"),
    "receipt": N_("Ledger"),
    "validity": N_("Period"),
    "status": N_("Not withdrawn"),
    "binding": N_("Person"),
}

# A code with "/x" behind it says the same of something more particular, see `checks`.
BY_CODE: Mapping[str, str] = {
    # format
    "format_credential": N_("The file is a digital credential and can be read."),
    "format_jwt": N_("The file is a digital credential (a token) and can be read."),
    "format_bundle": N_("The file is a bundle of credentials and can be read."),
    "media_type_other": N_("The file calls this credential something that it is not."),
    # schema
    "schema_valid": N_("All required parts are there."),
    "schema_invalid": N_("Parts are missing, or are not written as they should be."),
    # context
    "context_known": N_("Every part has a meaning that we know, so nothing is hidden from the signature."),
    "context_unknown": N_("The credential uses words from a list that we do not have."),
    "context_order": N_("The credential names its word lists in an order that we do not accept."),
    "context_inline": N_("The credential brings its own meanings of words. That is not allowed."),
    "context_not_checked_here": N_("Your browser does not look up words; the signature covers them all."),
    "term_dropped": N_("Something in the credential is not covered by the signature."),
    "term_alias": N_("Something in the credential is spelled in a misleading way."),
    "graph_too_large": N_("The credential is too complicated to check safely."),
    # proof
    "proof_valid": N_("The signature of the issuer is right. Nothing was changed since it was signed."),
    "proof_valid/other": N_("Another organisation signed as well, and that signature is right."),
    "signature_invalid": N_("The signature does not fit. Something was changed, or someone else signed."),
    "proof_missing": N_("There is no signature."),
    "proof_of_issuer_missing": N_("There is no signature by the issuer itself."),
    "proof_expired": N_("The signature was made for a period that is over."),
    "proof_not_yet_made": N_("The signature says it was made in the future."),
    "proof_purpose": N_("The signature was made for something else."),
    "proof_malformed": N_("The signature is not written as it should be."),
    "proof_value_malformed": N_("The signature is damaged."),
    "proof_type_unknown": N_("The signature is of a kind that we cannot check."),
    "cryptosuite_unknown": N_("The signature is of a kind that we cannot check."),
    "proof_not_checked_here": N_("Your browser cannot check this kind of signature by itself."),
    "token_not_checked_here": N_("Your browser cannot check tokens by itself."),
    "algorithm_not_here": N_("Your browser cannot check this kind of signature by itself."),
    "algorithm_broken": N_("Such signatures can be forged by now. Nothing proves that this one is older."),
    "jwt_alg_unknown": N_("The signature is of a kind that we cannot check."),
    "jwt_alg_refused": N_("The signature is of a kind that proves nothing."),
    "jwt_claims_disagree": N_("The token contradicts the credential inside it."),
    # issuer
    "issuer_trusted": N_("We know this issuer and trust it."),
    "issuer_trusted/ceased": N_("We know this issuer and trust it. It no longer exists."),
    "issuer_recorded": N_("This issuer is registered in the ledger, with its keys."),
    "issuer_recorded/ceased": N_("This issuer is registered in the ledger. It no longer exists."),
    "issuer_not_trusted": N_("We do not know this issuer. The name may be anyone's."),
    "policy_expired": N_("The list of issuers that we trust is out of date."),
    # key
    "key_valid": N_("The key belongs to the issuer and is in use."),
    "key_valid_when_recorded": N_("The key has been replaced since, but was in use at the time."),
    "key_retired": N_("The credential was signed after this key had been withdrawn."),
    "key_compromised": N_("Someone else may already have had this key when it was recorded."),
    "key_not_authenticated": N_("The key came along with the file, so it proves nothing."),
    "key_time_unknown": N_("The key has been replaced, and nothing proves that the credential is older."),
    "key_not_yet_valid": N_("The credential was recorded before the key was."),
    "key_unknown": N_("We could not find the key of the issuer."),
    "key_not_pinned": N_("The issuer normally uses another key."),
    "key_not_announced": N_("The issuer did not register this key in the ledger."),
    "key_not_in_document": N_("The issuer says that this key is not theirs."),
    "key_controller": N_("This key is in the hands of someone else."),
    "key_type_unknown": N_("The key is of a kind that we cannot check."),
    # receipt
    "receipt_valid": N_("The ledger holds exactly this credential. Nobody can change it unseen."),
    "receipt_valid/witnesses": N_(
        "The ledger holds exactly this credential. Independent witnesses confirm since when."
    ),
    "receipt_absent": N_("No ledger confirms when the credential was made."),
    "receipt_other_payload": N_("The receipt belongs to another credential."),
    "receipt_not_in_log": N_("The receipt says it stands in the ledger, and it does not."),
    "receipt_header_signature": N_("The signature of the ledger is not right."),
    "witnesses_missing": N_("Too few independent witnesses confirm when it was recorded."),
    "cosignature_invalid": N_("The signature of a witness is not right."),
    "recorded_after_cosignature": N_("The ledger gives a later date than its witnesses do. That cannot be."),
    "log_not_trusted": N_("The receipt is from a ledger that we do not know."),
    "checkpoint_origin": N_("The receipt is from a ledger that we do not know."),
    # validity
    "validity_current": N_("The credential is valid at this moment."),
    "not_yet_valid": N_("The credential is not valid yet."),
    "expired": N_("The credential is no longer valid: its period is over."),
    "validity_reversed": N_("The credential ends before it begins."),
    "credential_time": N_("A date in the credential cannot be read."),
    # status
    "status_clear": N_("The issuer has not withdrawn the credential."),
    "status_clear/suspension": N_("The issuer has not put the credential on hold."),
    "status_frozen": N_("The issuer no longer exists. Its last list says nothing against the credential."),
    "status_revoked": N_("The issuer has withdrawn the credential."),
    "status_suspended": N_("The issuer has put the credential on hold for now."),
    "status_unavailable": N_("We could not ask whether the credential has been withdrawn."),
    "status_stale": N_("The list of withdrawn credentials is too old to rely on."),
    "status_too_new": N_("The list of withdrawn credentials is of a later moment."),
    "status_list_unverified": N_("The list of withdrawn credentials is not signed well."),
    "status_list_unreadable": N_("The list of withdrawn credentials cannot be read."),
    "status_event_other_list": N_("The ledger's word about another list does not help here."),
    "status_event_other_hash": N_("The ledger held another version of this list."),
    "status_issuer_other": N_("The list of withdrawn credentials is someone else's."),
    "status_not_deciding": N_("The credential has a status that says nothing about being valid."),
    # binding
    "binding_not_shown": N_("This does not prove who shows it. Ask for proof of identity if it matters."),
}

FALLBACK: Mapping[tuple[CheckName, VerdictText], str] = {
    ("format", "valid"): N_("The file can be read."),
    ("format", "invalid"): N_("The file cannot be read as a credential."),
    ("format", "undetermined"): N_("We could not read the whole file."),
    ("schema", "valid"): N_("The structure is right."),
    ("schema", "invalid"): N_("The structure is not right."),
    ("schema", "undetermined"): N_("We could not check the structure."),
    ("context", "valid"): N_("The meaning of every part is known."),
    ("context", "invalid"): N_("The meaning of a part is not what it seems."),
    ("context", "undetermined"): N_("We could not establish the meaning of every part."),
    ("proof", "valid"): N_("The signature is right."),
    ("proof", "invalid"): N_("The signature is not right."),
    ("proof", "undetermined"): N_("We could not check the signature."),
    ("issuer", "valid"): N_("The issuer is known."),
    ("issuer", "invalid"): N_("The issuer is not who it says it is."),
    ("issuer", "undetermined"): N_("We could not establish who the issuer is."),
    ("key", "valid"): N_("The key is the issuer's."),
    ("key", "invalid"): N_("The key is not right."),
    ("key", "undetermined"): N_("We could not check the key."),
    ("receipt", "valid"): N_("The ledger confirms the credential."),
    ("receipt", "invalid"): N_("The receipt of the ledger is not right."),
    ("receipt", "undetermined"): N_("We could not check the receipt of the ledger."),
    ("validity", "valid"): N_("The dates are right."),
    ("validity", "invalid"): N_("The dates are not right."),
    ("validity", "undetermined"): N_("We could not check the dates."),
    ("status", "valid"): N_("The credential has not been withdrawn."),
    ("status", "invalid"): N_("The status of the credential is not in order."),
    ("status", "undetermined"): N_("We could not check whether the credential has been withdrawn."),
    ("binding", "valid"): N_("Whoever shows it has proven to be this person."),
    ("binding", "invalid"): N_("Whoever shows it is not this person."),
    ("binding", "undetermined"): N_("Nobody has proven to be this person."),
}


def sentence(name: CheckName, verdict: VerdictText, code: str, *, of: str = "") -> str:
    """Return the English sentence for a check, to be translated.

    Args:
        of: what in particular it was about, such as "suspension"; may be empty.
    """
    return BY_CODE.get(f"{code}/{of}") or BY_CODE.get(code) or FALLBACK[name, verdict]
