"""Orders whose types stand in `.avsc` files."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

from tailrace import load_avsc, streamlet

HERE = Path(__file__).parent
OldOrder = load_avsc(HERE / "order-1.avsc")
Order = load_avsc(HERE / "order-2.avsc")


@streamlet(every="1h")
def till() -> Iterator[OldOrder]:
    """An old till: it writes version 1."""
    customer = OldOrder.record_fields()[1].type.record
    state = OldOrder.record_fields()[3].type.python
    yield OldOrder(1, customer("Ada"), Decimal("12.50"), state.PAID, "till 3")
    yield OldOrder(2, customer("Grace", "grace@example.com"), Decimal("7.00"), state.OPEN, "till 3")


@streamlet
def accounts(order: Order) -> None:
    """A new reader: it has version 2, and reads what version 1 wrote."""
    print(f"{order.number}: {order.price} {order.currency} from {order.buyer.name}, {order.state.name}")  # noqa: T201
