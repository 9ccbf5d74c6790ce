"""Hand-written queries of those who hold a receipt."""

from tests.oracle.cases import Case

_MANY = 32
_NAMES = [f"c{number}" for number in range(_MANY)]
_VARIABLES = ", ".join(f"${name}: String!" for name in _NAMES)
_RECEIPTS = " ".join(f"{name}: receipt(code: ${name}) {{ ...Told }}" for name in _NAMES)

RECEIPT_CASES = [
    Case(
        "what holders of receipts are told",
        f"query({_VARIABLES}) {{ {_RECEIPTS} }}"
        """ fragment Told on Receipt { status organisation address pauseEndsAt lapsesAt timeZone turnTo reopenEndsAt
        urgency steps { kind said } }""",
        lambda pools: {name: pools.codes[number * len(pools.codes) // _MANY] for number, name in enumerate(_NAMES)},
    ),
]
