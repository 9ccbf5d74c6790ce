"""Amounts of money in yuan, to the fen."""

from decimal import Decimal

from rules.refusals import invalid

MOST = Decimal("999999999999.99")  # The most that the columns of amounts hold, ``numeric(14, 2)``
FEN = Decimal("0.01")


def check_amount(amount: Decimal | None, *path: str | int) -> Decimal | None:
    """The amount with two decimals; raises INVALID_INPUT if it is negative, too large or not to the fen."""
    if amount is None:
        return None
    if not amount.is_finite() or not 0 <= amount <= MOST or amount != amount.quantize(FEN):
        raise invalid("金额应为不小于零、精确到分的人民币元", *path)
    return amount.quantize(FEN)
