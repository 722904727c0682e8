"""Money as India writes it."""

from decimal import Decimal


def rupees(amount: Decimal | int) -> str:
    """Return ₹ and the amount with Indian grouping, paise only where there are some: "₹1,20,000"."""
    sign = "-" if amount < 0 else ""
    whole, _point, paise = f"{abs(Decimal(amount)):.2f}".partition(".")
    head, tail = whole[:-3], whole[-3:]
    pairs = [head[max(0, end - 2) : end] for end in range(len(head), 0, -2)][::-1]
    grouped = ",".join([*pairs, tail])
    return f"{sign}₹{grouped}" if paise == "00" else f"{sign}₹{grouped}.{paise}"
