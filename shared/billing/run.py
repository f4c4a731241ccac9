"""One invoice run, pure: what is due by a day, less what issued lines hold, grouped into documents.

The invoicing service and `simulate` both run this. "The one idea": a run repeated finds nothing to do, a late fact
becomes a correction on the next document, and an issued document is never touched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, MutableMapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from shared.billing.account import Account, Payer
from shared.billing.difference import Draft, Reckoning, difference
from shared.billing.documents import Document, DraftLine, Group, document, grouped, worth_issuing
from shared.billing.layers import Layer
from shared.billing.ledger import IssuedLine, LayerKey, LineKind, by_layer, holdings
from shared.billing.money import EXACT, minor_unit, share_of
from shared.billing.reasons import Reasons
from shared.billing.tax_lines import TaxLeft
from shared.billing.why import Why

_SHOWN_DIGITS = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class Due:
    """What a subscription is to be billed on a day.

    `next_due` is the first later day on which something of what is known falls due; None when nothing will. `open_from`
    is the start of the first cycle that a later run must look at again while no new fact has come.
    """

    drafts: tuple[DraftLine, ...]
    next_due: date | None
    open_from: date | None


def due(account: Account, issued: Iterable[IssuedLine], day: date, since: date | None = None) -> Due:
    """The lines that the run of `day` issues for a subscription. Issued lines may be in any order.

    `since` leaves out the cycles that ended before a day: what an earlier run gave as `open_from`, valid while no fact
    that bears on the subscription has come after it.
    """
    terms = account.terms
    start = terms.start if since is None else since
    by_key = by_layer(line for line in issued if since is None or line.key.cycle_start >= start)
    payer = account.payer()
    reasons = Reasons(account.timeline)
    drafts: list[DraftLine] = []
    later: list[date] = []
    open_from: date | None = None
    subscription = account.timeline.subscription_id
    layers = {
        LayerKey(subscription, layer.cycle_start, layer.start): layer for layer in account.charges.since(start, day)
    }
    for key in sorted(layers.keys() | by_key.keys()):
        layer = layers.get(key)
        lines = by_key.get(key, [])
        # As it was on the day of the layer: a setting that changes later leaves it as it was billed.
        reckoning = Reckoning(terms.currency, account.policies.rounding(key.layer_start))
        wanted = difference(layer, holdings(lines), day, reckoning)
        drafts += [_line(draft, key, layer, account, payer, reckoning, reasons) for draft in wanted]
        waits = _dates_after(layer, day)
        later += waits
        if (waits or wanted) and open_from is None:
            open_from = key.cycle_start
    return Due(tuple(drafts), min(later, default=None), open_from)


def _dates_after(layer: Layer | None, day: date) -> list[date]:
    """The later days on which something of a layer falls due."""
    if layer is None:
        return []
    return [on for on in (layer.due, *(share.due for share in layer.shares)) if on > day]


def _line(
    draft: Draft,
    key: LayerKey,
    layer: Layer | None,
    account: Account,
    payer: Payer,
    reckoning: Reckoning,
    reasons: Reasons,
) -> DraftLine:
    terms = account.terms
    days = (draft.end - draft.start).days
    returned = draft.returns
    unit_net = _unit_net(draft, reckoning)
    pays_in = account.transaction_currency(payer.recipient if returned is None else returned.recipient)
    if returned is not None:
        return DraftLine(
            key=key, kind="credit", customer=returned.customer, recipient=returned.recipient,
            separate=payer.separate, product=returned.product, currency=returned.currency, start=draft.start,
            end=draft.end, quantity=draft.seats, unit_price=returned.unit_price, unit_net=unit_net, net=draft.net,
            tax_rate=returned.tax_rate, days=days, of_days=returned.of_days, returns=returned,
            why=_why_credited(draft, returned, layer, reasons),
            reverse_charge=returned.reverse_charge, transaction_currency=pays_in,
        )  # fmt: skip
    if layer is None or draft.share is None:
        raise ValueError(f"a charge on {key} without a layer to charge")
    if layer.stretch.phase.terms is not terms:
        payer = account.payer(layer.stretch.phase.terms)
    kind: LineKind = layer.kind
    within_installment = layer.added and layer.stretch.phase.terms.has_installments
    if kind != "free" and (days < layer.of_days or within_installment):
        kind = "prorated"
    if kind == "prorated" and reckoning.rounding == "line":
        unit_net = share_of(layer.unit, days, layer.of_days).quantize(_SHOWN_DIGITS)
    return DraftLine(
        key=key, kind=kind, customer=terms.customer_id, recipient=payer.recipient, separate=payer.separate,
        product=layer.product, currency=terms.currency, start=draft.start, end=draft.end, quantity=draft.seats,
        unit_price=layer.shown, unit_net=unit_net, net=draft.net, tax_rate=payer.tax_rate, days=days,
        of_days=layer.of_days, why=reasons.charged(layer, draft.share, draft.start),
        reverse_charge=payer.reverse_charge, transaction_currency=pays_in,
    )  # fmt: skip


def _why_credited(draft: Draft, returned: IssuedLine, layer: Layer | None, reasons: Reasons) -> Why:
    # Where no seats end, the cycle ends earlier than it was billed: a late fact moved the billing day.
    if layer is not None and draft.share is not None and draft.share.ended is not None:
        return reasons.credited(layer, draft.share)
    billed = (returned.unit_price, returned.of_days, returned.product)
    otherwise = layer is not None and billed != (layer.shown, layer.of_days, layer.product)
    return reasons.returned(layer, returned.key.cycle_start, draft.start, otherwise=otherwise)


def _unit_net(draft: Draft, reckoning: Reckoning) -> Decimal:
    """The line's net for one licence; with `rounding: line` it need not be whole cents and is shown with six digits."""
    unit = EXACT.divide(draft.net, draft.seats)
    return unit.quantize(minor_unit(reckoning.currency) if reckoning.rounding == "unit" else _SHOWN_DIGITS)


def issue(
    drafts: Iterable[DraftLine],
    day: date,
    number: Callable[[Group], str],
    revisions: MutableMapping[LayerKey, int],
    tax_left: TaxLeft,
    *,
    issue_zero_invoices: bool,
) -> list[Document]:
    """The documents of a run day, in order; groups without an amount are left out and their lines stay open (R6.6).

    `number` names a document; `revisions` and `tax_left` hold what earlier documents left and are brought up to date.
    """
    groups: Mapping[Group, list[DraftLine]] = grouped(drafts)
    issued = []
    for group in sorted(groups, key=lambda g: (g.recipient, g.customer or "", g.currency, g.kind)):
        if worth_issuing(groups[group], issue_zero_invoices=issue_zero_invoices):
            issued.append(document(group, day, groups[group], number(group), revisions, tax_left))
    return issued
