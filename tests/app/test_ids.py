"""Identifiers: unique, versioned and in the order they were made."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from app import ids


def test_ids_ascend_within_a_process_and_carry_their_version() -> None:
    made = [ids.new_id() for _ in range(5000)]
    assert made == sorted(made)
    assert len(set(made)) == 5000
    assert {(value.version, value.variant) for value in made} == {(7, "specified in RFC 4122")}


def test_threads_never_make_the_same_id() -> None:
    with ThreadPoolExecutor(8) as pool:
        batches = list(pool.map(lambda _: [ids.new_id() for _ in range(500)], range(8)))
    assert len({value for batch in batches for value in batch}) == 4000


def test_a_pseudonym_is_stable_for_a_key_and_tells_nothing() -> None:
    one, again, other = ids.pseudonym(b"k", "V-1"), ids.pseudonym(b"k", " V-1 "), ids.pseudonym(b"x", "V-1")
    assert one == again != other
    assert "V-1" not in one
