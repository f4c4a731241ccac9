"""A document as words and figures in the order in which they are printed: what `document.typ` sets."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache
from itertools import groupby

from services.invoicing.paper.content import Paper
from services.invoicing.paper.formats import Writing
from services.invoicing.paper.logos import as_svg
from services.invoicing.paper.sums import due_day, period_of, taxes_by_line
from services.invoicing.queries import DocumentLine

Json = dict[str, object]

# Points; what is broader than fits such a row has its height found out by typst, which takes long for many. Breadth is
# in small letters of Latin.
_LINE, _GROUP, _SUBTOTAL = 27, 26, 22
_FITS_NAME, _FITS_DETAIL, _FITS_GROUP = 44, 62, 70
# A word of which a column cannot hold more has to break somewhere: in parts of that many letters, not amid an accent.
_LONGEST_WORD, _PART = 30, 10
_LONG_WORD = re.compile(rf"\S{{{_LONGEST_WORD},}}")
_HERE = "\N{ZERO WIDTH SPACE}"


def printed(paper: Paper) -> Json:
    """All that stands on the document, written in its recipient's language."""
    document, writing = paper.document, Writing(paper.language, paper.document.currency)
    words = writing.words
    kind = words.credit_note if paper.is_credit else words.invoice
    taxed = len(document.taxes) > 1
    head = [words.description, words.quantity, words.unit_price, *([words.tax_rate] if taxed else []), words.amount]
    day = document.date
    return {
        "lang": writing.locale.language,
        "title": f"{kind} {document.number}",
        "heading": f"{kind} {document.number}",
        "day": [day.year, day.month, day.day],
        "seller": _seller(paper),
        "logo": None if paper.logo is None else as_svg(paper.logo),
        "recipient": _recipient(paper, writing),
        "recipient-logo": None if paper.recipient_logo is None else as_svg(paper.recipient_logo),
        "facts": _facts(paper, writing),
        "taxed": taxed,
        "head": head,
        "rows": list(_rows(paper, writing)),
        "totals": list(_totals(paper, writing)),
        "notes": list(_notes(paper, writing)),
        "set-off-heading": words.takes_off,
        "set-off": list(_set_off(paper, writing)),
        "footer": _footer(paper, writing),
    }


def _seller(paper: Paper) -> Json:
    seller = paper.seller
    if seller is None:
        return {"name": "", "lines": [], "sender": ""}
    city = " ".join(part for part in (seller.post_code, seller.city) if part)
    place = [*seller.address, *([city] if city else [])]
    reached = [text for text in (seller.phone, seller.email, seller.website) if text]
    sender = " · ".join([seller.name, *place]) if place else ""
    return {"name": seller.name, "lines": [*place, *reached], "sender": sender}


def _recipient(paper: Paper, writing: Writing) -> list[str]:
    """The address as it is written on an envelope; the country where it is another than the seller's."""
    recipient = paper.recipient
    lines = [recipient.name or paper.document.recipient, *recipient.address]
    city = " ".join(part for part in (recipient.post_code, recipient.city) if part)
    if city:
        lines.append(city)
    abroad = paper.seller is None or paper.seller.country != recipient.country
    if recipient.country and abroad:
        lines.append(writing.locale.territories.get(recipient.country, recipient.country))
    return [_breaking(line) for line in lines]


def _facts(paper: Paper, writing: Writing) -> list[tuple[str, str]]:
    document, words = paper.document, writing.words
    facts = [(words.date, writing.day(document.date))]
    due = due_day(paper)
    if due is not None:
        facts.append((words.due, writing.day(due)))
    period = period_of(document)
    if period is not None:
        facts.append((words.period, writing.days(*period)))
    facts.append((words.recipient_number, document.recipient))
    if paper.recipient.vat_id:
        facts.append((words.your_vat_id, paper.recipient.vat_id))
    if document.customer is not None and document.customer != document.recipient:
        facts.append((words.end_customer, paper.customer(document.customer)))
    return [(label, _breaking(value)) for label, value in facts]


def _rows(paper: Paper, writing: Writing) -> Iterator[Json]:
    """Lines as they are sorted; on an aggregated document under their end customers, each with its subtotal."""
    document, words = paper.document, writing.words
    aggregated = document.customer is None and {line.customer for line in document.lines} != {document.recipient}
    rates = taxes_by_line(document)
    for customer, lines in groupby(document.lines, key=lambda line: line.customer):
        name = paper.customer(customer)
        if aggregated:
            detail = customer if name != customer else ""
            height = _GROUP if _breadth(name) + _breadth(detail) <= _FITS_GROUP else None
            yield {"kind": "group", "name": _breaking(name), "detail": _breaking(detail), "height": height}
        total = Decimal(0)
        of_customer = list(lines)
        for place, line in enumerate(of_customer, 1):
            total += line.net
            is_last = aggregated and place == len(of_customer)
            yield {**_line(paper, line, rates[line.line].rate, writing), "with-next": is_last}
        if aggregated:
            label = words.subtotal.format(customer=name)
            height = _SUBTOTAL if _breadth(label) <= _FITS_DETAIL else None
            yield {"kind": "subtotal", "name": _breaking(label), "amount": writing.amount(total), "height": height}


def _line(paper: Paper, line: DocumentLine, rate: Decimal, writing: Writing) -> Json:
    words = writing.words
    unit = line.unit_price if line.unit_net is None else line.unit_net
    detail = [line.subscription, writing.days(line.from_, line.to)]
    if line.days is not None and line.of_days is not None and (line.days != line.of_days or line.returns):
        full = writing.amount(line.unit_price)
        detail.append(words.days.format(days=line.days, of=line.of_days, unit=full))
    if line.kind == "free":
        detail.append(words.free)
    name, details = paper.product(line), " · ".join(detail)
    fits = _breadth(name) <= _FITS_NAME and _breadth(details) <= _FITS_DETAIL
    return {
        "kind": "line", "name": _breaking(name), "detail": _breaking(details),
        "quantity": writing.quantity(line.quantity),
        "unit": writing.amount(unit), "tax": writing.percent(rate), "amount": writing.amount(line.net),
        "height": _LINE if fits else None,
    }  # fmt: skip


def _totals(paper: Paper, writing: Writing) -> Iterator[Json]:
    document, words = paper.document, writing.words
    yield {"name": words.net, "amount": writing.amount(document.net), "strong": False}
    for tax in document.taxes:
        base = writing.amount(tax.base)
        label = words.tax if tax.rate else words.no_tax
        name = label.format(rate=writing.percent(tax.rate), base=base)
        yield {"name": name, "amount": writing.amount(tax.amount), "strong": False}
    label = words.credited if paper.is_credit else words.gross
    gross = label.format(currency=document.currency)
    yield {"name": gross, "amount": writing.amount(document.gross), "strong": True}
    known = document.transaction
    if known is not None and known.total is not None and known.rate is not None and known.rate_date is not None:
        at = words.exchanged.format(rate=writing.rate(known.rate), date=writing.day(known.rate_date))
        total = Writing(paper.language, known.currency).amount(known.total)
        yield {"name": f"{words.in_currency.format(currency=known.currency)} ({at})", "amount": total, "strong": False}


def _notes(paper: Paper, writing: Writing) -> Iterator[str]:
    document, words = paper.document, writing.words
    if any(tax.reverse_charge for tax in document.taxes):
        yield words.reverse_charge
    rates = taxes_by_line(document)
    untaxed = (line for line in document.lines if not rates[line.line].rate and not rates[line.line].reverse_charge)
    if any(paper.is_exempt(line) for line in untaxed):
        yield words.exempt
    if document.transaction is not None and document.transaction.total is None:
        yield words.not_exchanged.format(currency=document.transaction.currency)
    if paper.is_credit or not document.gross or paper.seller is None:
        return
    due = due_day(paper)
    if due is not None:
        yield words.payable.format(date=writing.day(due), number=document.number)
    if paper.seller.payment_terms:
        yield paper.seller.payment_terms


def _set_off(paper: Paper, writing: Writing) -> Iterator[tuple[str, str, str]]:
    """The invoices that a credit note takes its amount off, and what is left of it (rule R3.4)."""
    document = paper.document
    for one in document.relates_to or ():
        dated = paper.related.get(one.document)
        yield one.document, "" if dated is None else writing.day(dated), writing.amount(one.amount)
    if document.balance:
        yield writing.words.balance, "", writing.amount(document.balance)


def _footer(paper: Paper, writing: Writing) -> list[list[str]]:
    seller, words = paper.seller, writing.words
    if seller is None:
        return [[""]]
    own = [
        seller.name,
        *([f"{words.vat_id} {seller.vat_id}"] if seller.vat_id else []),
        *([seller.registration] if seller.registration else []),
    ]
    bank = [
        *([seller.bank] if seller.bank else []),
        *([f"IBAN {_grouped(seller.iban)}"] if seller.iban else []),
        *([f"BIC {seller.bic}"] if seller.bic else []),
    ]
    return [column for column in (own, bank, [seller.footer] if seller.footer else []) if column]


@lru_cache(maxsize=10_000)
def _breadth(text: str) -> float:
    """How broad a text may be at most, in letters such as n: capitals are broader, and Chinese are twice as broad."""
    return sum(
        2.2 if unicodedata.east_asian_width(letter) in "WF" else 1.5 if letter.isupper() or letter in "mw@%" else 1
        for letter in text
    )


def _breaking(text: str) -> str:
    """The text with places in its longest words where a line may end."""
    return _LONG_WORD.sub(lambda word: _in_parts(word[0]), text)


def _in_parts(word: str) -> str:
    parts = [""]
    for letter in word:
        if len(parts[-1]) >= _PART and not unicodedata.combining(letter):
            parts.append("")
        parts[-1] += letter
    return _HERE.join(parts)


def _grouped(iban: str) -> str:
    return " ".join(iban[start : start + 4] for start in range(0, len(iban), 4))
