"""Names for the nodes inside one credential, derived from the credential's own random id.

Derived names make composing repeatable (the same arguments give the same bytes) and let `read` find a result
again, while nothing outside this credential can be linked by them.
"""

from uuid import NAMESPACE_URL, UUID, uuid5

PREFIX = "urn:uuid:"


def credential_uuid(credential_id: str) -> UUID:
    """Return the uuid in a credential id.

    Args:
        credential_id: "urn:uuid:" and a lower-case uuid.

    Raises:
        ValueError: it is something else.
    """
    found = UUID(credential_id.removeprefix(PREFIX))
    if credential_id != f"{PREFIX}{found}":
        raise ValueError("a credential id is urn:uuid: and a lower-case uuid")
    return found


def node_id(credential_id: str, path: str) -> str:
    """Name the node at a path of our own making inside the credential."""
    return f"{PREFIX}{uuid5(credential_uuid(credential_id), path)}"


def organisation_id(kvk: str) -> str:
    """Name an organisation by its number in the trade register: public, so the same in every credential."""
    return f"{PREFIX}{uuid5(NAMESPACE_URL, f'https://www.kvk.nl/{kvk}')}"
