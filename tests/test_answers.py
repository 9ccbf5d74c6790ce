"""Answers over HTTP: in the encoding and form that the client prefers, and once if they have not changed."""

import gzip
from typing import Any

import brotli
import httpx
import orjson
import pytest

from api.http.answers import COMPRESSED_FROM, encoding_of
from api.http.preferences import preferences
from tests.client import RESPONSE, Tunping, serving

MANY = "{ appeals(first: 100) { nodes { id body statusLabel grid { name } } } }"
FEW = "{ me { username } }"


async def raw(client: Tunping, query: str, **headers: str) -> tuple[bytes, httpx.Headers]:
    """The bytes as they were sent."""
    sent = {"content-type": "application/json", **client.headers, **headers}
    async with client.http.stream("POST", "/graphql", content=orjson.dumps({"query": query}), headers=sent) as answer:
        assert answer.status_code == 200
        return b"".join([chunk async for chunk in answer.aiter_raw()]), answer.headers


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip, deflate, br", "br"),
        ("gzip;q=1.0, br;q=0.5", "gzip"),
        ("gzip, br;q=0", "gzip"),
        ("*", "br"),
        ("br;q=0, *;q=0.1", "gzip"),
        ("BR", "br"),
        ("identity", None),
        ("deflate, zstd", None),
        ("gzip;q=x", None),
        ("gzip;q=-1", None),
        ("gzip;q=nan", None),
        ("", None),
    ],
)
def test_the_encoding_is_the_best_that_the_client_accepts(accepted: str, encoding: str | None) -> None:
    assert encoding_of(accepted) == encoding


async def test_a_long_answer_is_compressed_and_a_short_one_is_sent_as_it_is(reading: Tunping) -> None:
    secretary = await reading.as_("书记01")
    plain, headers = await raw(secretary, MANY, **{"accept-encoding": "identity"})
    assert "content-encoding" not in headers
    unpacked: dict[str, Any] = {"br": brotli.decompress, "gzip": gzip.decompress}
    for encoding, unpack in unpacked.items():
        packed, headers = await raw(secretary, MANY, **{"accept-encoding": encoding})
        assert (headers["content-encoding"], headers["vary"]) == (encoding, "Accept-Encoding")
        assert unpack(packed) == plain
        assert len(packed) * 3 < len(plain)  # Ids are random, and the rest becomes a tenth.
    short, headers = await raw(secretary, FEW, **{"accept-encoding": "br"})
    assert (len(short) < COMPRESSED_FROM, "content-encoding" in headers) == (True, False)


async def test_what_has_not_changed_is_not_sent_again(demo_url: str) -> None:
    async with serving(demo_url) as client:
        worker, other = await client.as_("网格员01"), await client.as_("网格员12")

        async def get(who: Tunping, **headers: str) -> httpx.Response:
            return await client.http.get("/graphql", params={"query": FEW}, headers={**who.headers, **headers})

        first = await get(worker)
        assert first.headers["cache-control"] == "private, no-cache"
        assert first.headers["vary"] == "Authorization, Accept, Accept-Language, Accept-Encoding"
        tag = first.headers["etag"]
        for known in (tag, f'"other", {tag}', tag.removeprefix("W/"), "*"):
            again = await get(worker, **{"if-none-match": known})
            assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
        for answer in (await get(other, **{"if-none-match": tag}), await get(worker, **{"if-none-match": '"other"'})):
            assert answer.status_code == 200
        assert (await worker.post({"query": FEW}, **{"if-none-match": tag})).status == 200


@pytest.mark.parametrize("query", ["{ nothing }", "{ appeals(first: 0) { totalCount } }"])
async def test_an_answer_with_errors_is_not_kept(reading: Tunping, query: str) -> None:
    answer = await reading.http.get("/graphql", params={"query": query})
    assert (answer.headers["cache-control"], "etag" in answer.headers) == ("no-store", False)


@pytest.mark.parametrize(
    ("accept", "given"),
    [
        ("application/json;q=0.5, application/graphql-response+json", RESPONSE),
        ("application/json, application/graphql-response+json;q=0.9", "application/json"),
        ("text/html, application/graphql-response+json;q=0.9", RESPONSE),
        ("application/graphql-response+json;q=0, application/json", "application/json"),
        ("multipart/mixed;deferSpec=20220824, application/graphql-response+json, application/json;q=0.9", RESPONSE),
        ("application/json;q=0, */*", RESPONSE),
    ],
)
async def test_the_media_type_is_the_one_that_the_client_prefers(reading: Tunping, accept: str, given: str) -> None:
    assert (await reading.post({"query": FEW}, accept=accept)).headers["content-type"] == given


async def test_a_type_of_no_weight_is_not_sent(reading: Tunping) -> None:
    assert (await reading.post({"query": FEW}, accept="application/json;q=0")).status == 406


def test_preferences_are_sorted_by_weight_and_stay_in_order() -> None:
    read = preferences('a;q=0.2, b;Spec="1.0";q=0.7, c, ,d;q=7')
    assert [(each.value, each.weight) for each in read] == [("c", 1.0), ("d", 1.0), ("b", 0.7), ("a", 0.2)]
    assert read[2].parameters["spec"] == "1.0"
