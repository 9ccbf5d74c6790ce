"""Hand-written queries about QR codes, and about places named in a text."""

from tests.oracle.cases import Case, filled

_CODE = """id code url target targetLabel place issuedAt revokedAt reason issuedBy { name } revokedBy { name }
    community { name } building { name } household { address } premises { name }
    replaces { id } replacedBy { id place }"""
_SPOTS = "{ label unit building { id name } household { address } }"

CODE_CASES = [
    Case(
        "codes with those that work no more",
        filled(
            """query($b: ID!, $n: Int) { qrCodes(first: 60) { totalCount edges { cursor node { <code> } } }
            live: qrCodes(where: { live: true }, last: 5) { totalCount nodes { place } }
            dead: qrCodes(where: { live: false }) { totalCount nodes { place reason } }
            here: qrCodes(first: $n, where: { building: $b, target: [HOUSEHOLD] }) { totalCount nodes { place } }
            all: qrCodes(where: { building: $b, live: true }) { totalCount nodes { target place } } }""",
            code=_CODE,
        ),
        lambda pools: {"b": pools.ids["building"][2], "n": 3},
    ),
    Case(
        "one code",
        filled("query($id: ID!) { qrCode(id: $id) { <code> } node(id: $id) { ... on QrCode { place } } }", code=_CODE),
        lambda pools: {"id": pools.ids["qrcode"][0]},
    ),
    *(
        Case(
            f"what may be meant by {text!r}",
            filled(
                """query($text: String!, $a: String, $b: String!, $c: String) {
                known: placeSuggestions(text: $text) <spots> counter: placeSuggestions(text: $text, code: $a) <spots>
                building: placeSuggestions(text: $text, code: $b) <spots>
                home: placeSuggestions(text: $text, code: $c) <spots>
                none: placeSuggestions(text: $text, code: "NOBODYHASIT") { label } }""",
                spots=_SPOTS,
            ),
            lambda pools, text=text: {  # type: ignore[misc]
                "text": text,
                "a": pools.scanned["COUNTER"][0],
                "b": pools.scanned["BUILDING"][1].lower(),
                "c": pools.scanned["HOUSEHOLD"][0],
            },
        )
        for text in (
            "2号楼1单元101漏水",
            "1号楼和2号楼、3号楼2单元",
            "2-1-101",
            "1单元停水",
            "1单元101停水",
            "9单元停水",
            "99号楼9单元 地下",
            "不是2号楼1单元",
            "一号楼都停水",
            "",
            "没有地点",
        )
    ),
]
"""What must be answered."""
