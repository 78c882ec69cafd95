"""DNS records: names, values, conflicts, quotas, changes, as Cloudflare takes and echoes them."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from edge_api_kit import Client


async def code(api: Client, zone: str, **record: Any) -> int:
    answer = await api.record(zone, **record)
    assert answer.status == 400, answer.text
    return answer.codes[0]


@pytest.mark.parametrize(
    ("given", "full"),
    [
        ("@", "acme.example"),
        ("acme.example", "acme.example"),
        ("www", "www.acme.example"),
        ("WWW.Acme.Example", "www.acme.example"),
        ("www.acme.example.", "www.acme.example"),
        ("*.app", "*.app.acme.example"),
        ("bücher", "xn--bcher-kva.acme.example"),
        ("_dmarc", "_dmarc.acme.example"),
        ("acme.example.com", "acme.example.com.acme.example"),
    ],
)
async def test_names_come_back_full_and_in_a_labels(api: Client, given: str, full: str) -> None:
    zone = await api.zone()
    made = (await api.record(zone, type="A", name=given, content="203.0.113.1")).result
    assert made["name"] == full
    assert (await api.get(f"/zones/{zone}/dns_records/{made['id']}")).result == made


@pytest.mark.parametrize("name", ["a..b", "-x", "x" * 64, "other.example.", "a b", "x.*.y", ""])
async def test_names_that_can_not_be_are_9000(api: Client, name: str) -> None:
    if name == "":
        assert (await api.record(await api.zone(), type="A", name="", content="203.0.113.1")).status == 200
        return
    assert await code(api, await api.zone(), type="A", name=name, content="203.0.113.1") == 9000


@pytest.mark.parametrize(
    ("record", "wanted"),
    [
        ({"type": "A", "content": "203.0.113"}, 9005),
        ({"type": "A", "content": "2001:db8::1"}, 9005),
        ({"type": "A", "content": "203.0.113.010"}, 9005),
        ({"type": "AAAA", "content": "203.0.113.1"}, 9006),
        ({"type": "CNAME", "content": "not a host"}, 9007),
        ({"type": "MX", "content": "mx..example", "priority": 1}, 9009),
        ({"type": "MX", "content": "mx.example"}, 9100),
        ({"type": "MX", "content": "mx.example", "priority": 70000}, 9100),
        ({"type": "A", "content": "203.0.113.1", "ttl": 59}, 9021),
        ({"type": "A", "content": "203.0.113.1", "ttl": 86401}, 9021),
        ({"type": "A", "content": "203.0.113.1", "ttl": "300"}, 9021),
        ({"type": "TXT", "content": '"' + "x" * 4097 + '"'}, 9015),
        ({"type": "TXT", "content": "é" * 2048}, 9015),
        ({"type": "TXT", "content": ""}, 9101),
        ({"type": "TXT", "content": '"\\300"'}, 9101),
        ({"type": "A"}, 9101),
        ({"type": "BOGUS", "content": "x"}, 9207),
        ({"type": "SOA", "content": "x"}, 9207),
        ({"type": "MX", "content": "mx.example", "priority": 1, "proxied": True}, 9004),
        ({"type": "A", "content": "127.0.0.1", "proxied": True}, 9003),
        ({"type": "AAAA", "content": "fd00::1", "proxied": True}, 9003),
        ({"type": "A", "content": 5}, 9207),
        ({"type": "A", "content": "203.0.113.1", "proxied": "true"}, 9207),
        ({"type": "A", "content": "203.0.113.1", "settings": {"ipv4_only": 1}}, 9207),
        ({"type": "A", "content": "203.0.113.1", "settings": {"flatten_cname": True}}, 9207),
        ({"type": "A", "content": "203.0.113.1", "comment": "x" * 101}, 9300),
        ({"type": "A", "content": "203.0.113.1", "tags": ["a:b"]}, 9301),
        ({"type": "CAA", "data": {"flags": 256, "tag": "issue", "value": "x"}}, 9101),
        ({"type": "CAA", "data": {"flags": 0, "tag": "is sue", "value": "x"}}, 9101),
        ({"type": "SRV", "data": {"priority": 1, "weight": 1, "port": 1}}, 9101),
        ({"type": "SRV", "content": "1 2 3"}, 9101),
        (
            {"type": "TLSA", "data": {"usage": 3, "selector": 1, "matching_type": 1, "certificate": "xyz"}},
            9101,
        ),
        ({"type": "OPENPGPKEY", "content": "not base64!"}, 9101),
        ({"type": "HTTPS", "data": {"priority": 1, "target": ".", "value": "bogus=1"}}, 9101),
        ({"type": "NS", "content": "ns.example"}, 1004),
        (
            {"type": "DS", "data": {"key_tag": 1, "algorithm": 13, "digest_type": 2, "digest": "AB" * 32}},
            1004,
        ),
    ],
)
async def test_wrong_values_have_their_own_code(api: Client, record: dict[str, Any], wanted: int) -> None:
    assert await code(api, await api.zone(), name="@", **record) == wanted


@pytest.mark.parametrize(
    ("record", "content", "data", "priority"),
    [
        (
            {"type": "CAA", "data": {"flags": 0, "tag": "issue", "value": "letsencrypt.org"}},
            '0 issue "letsencrypt.org"',
            {"flags": 0, "tag": "issue", "value": "letsencrypt.org"},
            None,
        ),
        (
            {
                "type": "SRV",
                "data": {"priority": 10, "weight": 5, "port": 5060, "target": "sip.acme.example."},
            },
            "5 5060 sip.acme.example",
            {"priority": 10, "weight": 5, "port": 5060, "target": "sip.acme.example"},
            10,
        ),
        (
            {"type": "URI", "priority": 10, "data": {"weight": 1, "target": "https://acme.example/"}},
            '1 "https://acme.example/"',
            {"weight": 1, "target": "https://acme.example/"},
            10,
        ),
        (
            {"type": "HTTPS", "data": {"priority": 1, "target": ".", "value": 'alpn="h3,h2"'}},
            '1 . alpn="h3,h2"',
            {"priority": 1, "target": ".", "value": 'alpn="h3,h2"'},
            1,
        ),
        (
            {"type": "SSHFP", "data": {"algorithm": 4, "type": 2, "fingerprint": "ab" * 32}},
            "4 2 " + "ab" * 32,
            {"algorithm": 4, "type": 2, "fingerprint": "ab" * 32},
            None,
        ),
        (
            {"type": "LOC", "content": "37 48 30.5 N 122 16 0 W 10m"},
            "37 48 30.500 N 122 16 0.000 W 10.00m 1.00m 10000.00m 10.00m",
            None,
            None,
        ),
    ],
)
async def test_data_and_content_are_two_views_of_one_value(
    api: Client, record: dict[str, Any], content: str, data: dict[str, Any] | None, priority: int | None
) -> None:
    zone = await api.zone()
    made = (await api.record(zone, name="x", **record)).result
    assert made["content"] == content
    if data is not None:
        assert made["data"] == data
    assert made.get("priority") == priority
    both = {"type": record["type"], "name": "y", "content": content, "priority": priority}
    again = (await api.record(zone, **both)).result
    assert (again["data"], again["content"]) == (made["data"], content)


async def test_contents_come_back_as_cloudflare_writes_them(api: Client) -> None:
    zone = await api.zone()

    async def content(**record: Any) -> str:
        return str((await api.record(zone, **record)).result["content"])

    assert await content(type="AAAA", name="a", content="2001:DB8:0:0::1") == "2001:db8::1"
    assert await content(type="CNAME", name="b", content="Target.Example.") == "Target.Example"
    assert await content(type="CNAME", name="c", content="bücher.example") == "xn--bcher-kva.example"
    assert await content(type="MX", name="d", content=".", priority=0) == "."
    assert await content(type="TXT", name="e", content='"a" "b"') == '"a" "b"'
    assert await content(type="TXT", name="f", content="v=spf1 -all") == "v=spf1 -all"


async def test_optional_fields_are_echoed_and_defaults_filled_in(pro: Client) -> None:
    zone = await pro.zone()
    made = (
        await pro.record(
            zone,
            type="CNAME",
            name="www",
            content="acme.example",
            settings={"flatten_cname": False, "ipv4_only": False},
            comment="hello",
            tags=["b:2", "a:1"],
        )
    ).result
    assert made["settings"] == {"flatten_cname": False, "ipv4_only": False}
    assert (made["comment"], made["tags"]) == ("hello", ["a:1", "b:2"])
    assert (made["ttl"], made["proxied"], made["proxiable"]) == (1, False, True)
    alias = (await pro.record(zone, type="CNAME", name="y", content="acme.example")).result
    assert alias["settings"] == {"flatten_cname": False}
    originless = await pro.record(zone, type="AAAA", name="z", content="100::", proxied=True)
    assert originless.result["proxied"] is True
    bare = (await pro.record(zone, type="A", name="x", content="203.0.113.1")).result
    assert (bare["settings"], bare["comment"], bare["tags"], bare["meta"]) == ({}, None, [], {})


async def test_a_proxied_record_has_automatic_ttl(api: Client) -> None:
    made = await api.record(
        await api.zone(), type="A", name="@", content="203.0.113.1", ttl=300, proxied=True
    )
    assert made.result["ttl"] == 1


async def test_enterprise_takes_a_ttl_of_thirty(start_api: Any) -> None:
    big: Client = await start_api("enterprise")
    zone = await big.zone()
    assert (await big.record(zone, type="A", name="@", content="203.0.113.1", ttl=30)).result["ttl"] == 30
    assert await code(big, zone, type="A", name="b", content="203.0.113.1", ttl=29) == 9021


async def test_addresses_and_aliases_exclude_each_other(api: Client) -> None:
    zone = await api.zone()
    await api.record(zone, type="A", name="a", content="203.0.113.1")
    await api.record(zone, type="CNAME", name="c", content="acme.example")
    assert await code(api, zone, type="CNAME", name="a", content="x.example") == 81053
    assert await code(api, zone, type="CNAME", name="c", content="x.example") == 81053
    assert await code(api, zone, type="A", name="C", content="203.0.113.1") == 81054
    assert await code(api, zone, type="AAAA", name="c", content="2001:db8::1") == 81054
    assert (await api.record(zone, type="A", name="a", content="203.0.113.2")).status == 200
    beside = await api.record(zone, type="TXT", name="c", content="beside an alias, as real zones have it")
    assert beside.status == 200
    await api.record(zone, type="NS", name="sub", content="ns.other.example")
    assert await code(api, zone, type="A", name="sub", content="203.0.113.1") == 81056
    ds = {"key_tag": 1, "algorithm": 13, "digest_type": 2, "digest": "AB" * 32}
    assert (await api.record(zone, type="DS", name="sub", data=ds)).status == 200


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"type": "A", "content": "203.0.113.1"}, {"type": "A", "content": "203.0.113.1", "ttl": 300}),
        ({"type": "TXT", "content": "hello"}, {"type": "TXT", "content": '"hello"'}),
        ({"type": "TXT", "content": '"a" "b"'}, {"type": "TXT", "content": '"a"  "b"'}),
        (
            {"type": "MX", "content": "mx.example", "priority": 1},
            {"type": "MX", "content": "MX.example.", "priority": 1},
        ),
        (
            {"type": "CAA", "data": {"flags": 0, "tag": "issue", "value": "x"}},
            {"type": "CAA", "content": '0 issue "x"'},
        ),
    ],
)
async def test_an_identical_record_is_81058(
    api: Client, first: dict[str, Any], second: dict[str, Any]
) -> None:
    zone = await api.zone()
    assert (await api.record(zone, name="@", **first)).status == 200
    assert await code(api, zone, name="acme.example", **second) == 81058


async def test_records_differ_by_priority_or_by_case_of_text(api: Client) -> None:
    zone = await api.zone()
    for priority in (1, 2):
        await api.record(zone, type="MX", name="@", content="mx.example", priority=priority)
    for content in ("hello", "Hello"):
        assert (await api.record(zone, type="TXT", name="@", content=content)).status == 200
    assert len(api.state.zones[zone].records) == 4


async def test_put_replaces_and_patch_merges(api: Client) -> None:
    zone = await api.zone()
    made = (await api.record(zone, type="A", name="a", content="203.0.113.1", comment="mine", ttl=300)).result
    path = f"/zones/{zone}/dns_records/{made['id']}"
    patched = (await api.patch(path, {"content": "203.0.113.2"})).result
    assert (patched["comment"], patched["ttl"], patched["content"]) == ("mine", 300, "203.0.113.2")
    assert patched["created_on"] == made["created_on"]
    put = (await api.put(path, {"type": "A", "name": "b", "content": "203.0.113.3"})).result
    assert (put["comment"], put["ttl"], put["name"], put["id"]) == (None, 1, "b.acme.example", made["id"])
    names = api.state.zones[zone].by_name
    assert set(names) == {"b.acme.example"}, "renaming leaves nothing behind"
    assert (await api.put(path, {"type": "A", "content": "203.0.113.3"})).status == 400
    proxied = (await api.patch(path, {"ttl": 300})).result
    assert proxied["ttl"] == 300
    assert (await api.patch(path, {"proxied": True})).result["ttl"] == 1


async def test_patching_data_keeps_its_other_fields_and_moves_content(api: Client) -> None:
    zone = await api.zone()
    data = {"priority": 1, "weight": 2, "port": 3, "target": "a.example"}
    made = (await api.record(zone, type="SRV", name="_x._tcp", data=data)).result
    path = f"/zones/{zone}/dns_records/{made['id']}"
    patched = (await api.patch(path, {"data": {"port": 4}})).result
    assert (patched["content"], patched["data"]["weight"]) == ("2 4 a.example", 2)
    patched = (await api.patch(path, {"content": "7 8 b.example"})).result
    assert (patched["data"]["port"], patched["priority"]) == (8, 1)
    patched = (await api.patch(path, {"priority": 9})).result
    assert (patched["data"]["priority"], patched["priority"]) == (9, 9)


async def test_a_change_may_not_run_into_another_record(api: Client) -> None:
    zone = await api.zone()
    await api.record(zone, type="A", name="a", content="203.0.113.1")
    other = (await api.record(zone, type="A", name="b", content="203.0.113.1")).result
    path = f"/zones/{zone}/dns_records/{other['id']}"
    before = dict(api.state.zones[zone].records[other["id"]])
    answer = await api.patch(path, {"name": "a"})
    assert answer.codes == [81058]
    assert api.state.zones[zone].records[other["id"]] == before
    assert (await api.patch(path, {"content": "203.0.113.1"})).status == 200, "itself is no conflict"


async def test_a_record_that_is_not_there_is_81044(api: Client) -> None:
    zone = await api.zone()
    path = f"/zones/{zone}/dns_records/{'0' * 32}"
    for method in ("GET", "PUT", "PATCH", "DELETE"):
        answer = await api.call(method, path, {})
        assert (answer.status, answer.codes) == (404, [81044])
    made = (await api.record(zone, type="A", name="a", content="203.0.113.1")).result
    assert (await api.delete(f"/zones/{zone}/dns_records/{made['id']}")).result == {"id": made["id"]}
    assert api.state.zones[zone].by_name == {}


async def test_free_zones_hold_200_records(api: Client) -> None:
    zone = await api.zone()
    posts = [{"type": "A", "name": f"h{n}", "content": "203.0.113.1"} for n in range(200)]
    assert (await api.post(f"/zones/{zone}/dns_records/batch", {"posts": posts})).status == 200
    assert await code(api, zone, type="A", name="one-more", content="203.0.113.1") == 81045
    usage = (await api.get(f"/zones/{zone}/dns_records/usage")).result
    assert usage == {"record_usage": 200, "record_quota": 200}


async def test_texts_of_one_name_hold_8192_characters(api: Client) -> None:
    zone = await api.zone()
    for number in range(2):
        answer = await api.record(zone, type="TXT", name="t", content=str(number) + "x" * 3999)
        assert answer.status == 200
    assert await code(api, zone, type="TXT", name="t", content="y" * 300) == 9015


async def test_a_batch_runs_deletes_first_and_is_one_transaction(api: Client) -> None:
    zone = await api.zone()
    path = f"/zones/{zone}/dns_records/batch"
    held = api.state.zones[zone]
    old = (await api.record(zone, type="A", name="a", content="203.0.113.1")).result
    kept = (await api.record(zone, type="A", name="k", content="203.0.113.1")).result
    done = await api.post(
        path,
        {
            "posts": [{"type": "CNAME", "name": "a", "content": "x.example"}],
            "deletes": [{"id": old["id"]}],
            "patches": [{"id": kept["id"], "content": "203.0.113.7"}],
        },
    )
    assert set(done.result) == {"posts", "deletes", "patches"}
    assert done.result["deletes"][0]["id"] == old["id"]
    assert done.result["patches"][0]["content"] == "203.0.113.7"
    records, names, serial = dict(held.records), copy.deepcopy(held.by_name), held.serial
    failed = await api.post(
        path,
        {
            "deletes": [{"id": kept["id"]}],
            "posts": [{"type": "A", "name": "new", "content": "203.0.113.1"}, {"type": "A", "name": "a"}],
        },
    )
    assert failed.codes == [9101]
    assert (held.records, held.by_name, held.serial) == (records, names, serial)
    missing = await api.post(path, {"posts": [], "puts": [{"id": "f" * 32, "type": "A"}]})
    assert (missing.status, missing.codes) == (404, [81044])
    assert (await api.post(path, {"posts": ["x"]})).codes == [9207]


async def test_a_batch_has_200_operations_on_free_and_3500_on_paid_plans(api: Client, pro: Client) -> None:
    posts = [{"type": "A", "name": f"h{n}", "content": "203.0.113.1"} for n in range(201)]
    refused = await api.post(f"/zones/{await api.zone()}/dns_records/batch", {"posts": posts})
    assert refused.codes == [9207]
    taken = await pro.post(f"/zones/{await pro.zone()}/dns_records/batch", {"posts": posts})
    assert len(taken.result["posts"]) == 201


async def test_lists_are_filtered_searched_ordered_and_paged(pro: Client) -> None:
    zone = await pro.zone()
    await pro.post(
        f"/zones/{zone}/dns_records/batch",
        {
            "posts": [
                {
                    "type": "A",
                    "name": "a",
                    "content": "203.0.113.1",
                    "proxied": True,
                    "comment": "Front door",
                },
                {"type": "A", "name": "b", "content": "203.0.113.2", "ttl": 60, "tags": ["team:web"]},
                {"type": "TXT", "name": "a", "content": "hello", "tags": ["team:mail"]},
                {"type": "CNAME", "name": "c", "content": "A.example"},
            ]
        },
    )

    async def names(query: str) -> list[str]:
        answer = await pro.get(f"/zones/{zone}/dns_records?{query}")
        return [f"{r['type']} {r['name'].split('.')[0]}" for r in answer.result]

    assert await names("") == ["A a", "A b", "CNAME c", "TXT a"]
    assert await names("type=A&order=name&direction=desc") == ["A b", "A a"]
    assert await names("name=A.acme.example") == ["A a", "TXT a"]
    assert await names("name.exact=a.acme.example&type=TXT") == ["TXT a"]
    assert await names("name.startswith=b") == ["A b"]
    assert await names("content=a.example") == ["CNAME c"]
    assert await names("content.contains=0.113") == ["A a", "A b"]
    assert await names("content.endswith=.2") == ["A b"]
    assert await names("search=front") == ["A a"]
    assert await names("comment.present=1") == ["A a"]
    assert await names("comment.absent=1&type=A") == ["A b"]
    assert await names("tag=team:web") == ["A b"]
    assert await names("tag=team:web&tag.exact=team:mail&tag_match=any") == ["A b", "TXT a"]
    assert await names("tag.present=team") == ["A b", "TXT a"]
    assert await names("proxied=true") == ["A a"]
    assert await names("match=any&type=TXT&content=203.0.113.2") == ["A b", "TXT a"]
    assert await names("name=nothing.acme.example") == []
    page = await pro.get(f"/zones/{zone}/dns_records?per_page=3&page=2")
    assert page.document["result_info"] == {
        "page": 2,
        "per_page": 3,
        "count": 1,
        "total_count": 4,
        "total_pages": 2,
    }
    for bad in ("per_page=0", "page=0", "order=colour", "proxied=maybe", "match=some", "per_page=²"):
        assert (await pro.get(f"/zones/{zone}/dns_records?{bad}")).status == 400, bad
