"""The text of a token has one spelling."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ledger.usecases import tokens

SECRETS = st.binary(min_size=32, max_size=32)


@given(SECRETS, st.sampled_from(["operator", "organisation", "learner", "share"]))
def test_a_written_token_reads_back(secret: bytes, role: str) -> None:
    token = tokens.write(role, secret)
    assert token.startswith(f"lsp_{role}_")
    assert tokens.role_of(token) == role
    assert len(tokens.hash_of(token)) == 32


@given(SECRETS, st.data())
def test_any_single_change_is_found(secret: bytes, data: st.DataObject) -> None:
    token = tokens.write("share", secret)
    position = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.sampled_from("ABCabc019-_ é").filter(lambda character: character != token[position]))
    assert tokens.role_of(token[:position] + other + token[position + 1 :]) is None
    assert tokens.role_of(token + other) is None
    assert tokens.role_of(token[:-1]) is None
