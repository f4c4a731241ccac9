"""The words on a document in each of its languages. Names are the trade's; whoever adds a language adds all of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Words:
    """What is printed beside names and figures; {…} is filled in."""

    invoice: str
    credit_note: str
    date: str
    due: str
    period: str
    recipient_number: str
    vat_id: str
    your_vat_id: str
    description: str
    quantity: str
    unit_price: str
    tax_rate: str
    amount: str
    free: str
    days: str
    subtotal: str
    net: str
    tax: str
    no_tax: str
    gross: str
    credited: str
    in_currency: str
    exchanged: str
    not_exchanged: str
    reverse_charge: str
    exempt: str
    takes_off: str
    balance: str
    payable: str
    end_customer: str


_EN = Words(
    invoice="Invoice",
    credit_note="Credit note",
    date="Date",
    due="Due",
    period="Period",
    recipient_number="Your number",
    vat_id="VAT ID",
    your_vat_id="Your VAT ID",
    description="Description",
    quantity="Quantity",
    unit_price="Unit price",
    tax_rate="VAT",
    amount="Amount",
    free="free",
    days="{days} of {of} days at {unit}",
    subtotal="Subtotal {customer}",
    net="Net",
    tax="VAT {rate} on {base}",
    no_tax="No VAT on {base}",
    gross="Total {currency}",
    credited="Credit {currency}",
    in_currency="In {currency}",
    exchanged="at the rate {rate} of {date}",
    not_exchanged="The amount in {currency} is missing: no exchange rate was known.",
    reverse_charge="Reverse charge: the recipient owes the VAT.",
    exempt="Exempt from VAT.",
    takes_off="Set off against",
    balance="Remains in your favour",
    payable="Please pay by {date} and name {number}.",
    end_customer="End customer",
)
_DE = Words(
    invoice="Rechnung",
    credit_note="Rechnungskorrektur",
    date="Datum",
    due="Fällig",
    period="Zeitraum",
    recipient_number="Ihre Nummer",
    vat_id="USt-IdNr.",
    your_vat_id="Ihre USt-IdNr.",
    description="Leistung",
    quantity="Menge",
    unit_price="Einzelpreis",
    tax_rate="USt.",
    amount="Betrag",
    free="kostenlos",
    days="{days} von {of} Tagen zu {unit}",
    subtotal="Summe {customer}",
    net="Netto",
    tax="{rate} USt. auf {base}",
    no_tax="Keine USt. auf {base}",
    gross="Gesamtbetrag {currency}",
    credited="Korrekturbetrag {currency}",
    in_currency="In {currency}",
    exchanged="zum Kurs {rate} vom {date}",
    not_exchanged="Der Betrag in {currency} fehlt: Es war kein Wechselkurs bekannt.",
    reverse_charge="Steuerschuldnerschaft des Leistungsempfängers (Reverse Charge).",
    exempt="Von der Umsatzsteuer befreit.",
    takes_off="Verrechnet mit",
    balance="Verbleibt zu Ihren Gunsten",
    payable="Bitte zahlen Sie bis {date} und nennen Sie {number}.",
    end_customer="Endkunde",
)
_FR = Words(
    invoice="Facture",
    credit_note="Avoir",
    date="Date",
    due="Échéance",
    period="Période",
    recipient_number="Votre numéro",
    vat_id="N° TVA",
    your_vat_id="Votre n° TVA",
    description="Désignation",
    quantity="Quantité",
    unit_price="Prix unitaire",
    tax_rate="TVA",
    amount="Montant",
    free="gratuit",
    days="{days} jours sur {of} à {unit}",
    subtotal="Sous-total {customer}",
    net="Total HT",
    tax="TVA {rate} sur {base}",
    no_tax="Sans TVA sur {base}",
    gross="Total TTC {currency}",
    credited="Avoir TTC {currency}",
    in_currency="En {currency}",
    exchanged="au cours de {rate} du {date}",
    not_exchanged="Le montant en {currency} manque\xa0: aucun cours de change n'était connu.",
    reverse_charge="Autoliquidation\xa0: la TVA est due par le preneur.",
    exempt="Exonéré de TVA.",
    takes_off="Imputé sur",
    balance="Reste en votre faveur",
    payable="À payer au plus tard le {date}, avec la référence {number}.",
    end_customer="Client final",
)
_EL = Words(
    invoice="Τιμολόγιο",
    credit_note="Πιστωτικό τιμολόγιο",
    date="Ημερομηνία",
    due="Λήξη",
    period="Περίοδος",
    recipient_number="Αριθμός σας",
    vat_id="ΑΦΜ",
    your_vat_id="ΑΦΜ σας",
    description="Περιγραφή",
    quantity="Ποσότητα",
    unit_price="Τιμή μονάδας",
    tax_rate="ΦΠΑ",
    amount="Ποσό",
    free="δωρεάν",
    days="{days} από {of} ημέρες προς {unit}",
    subtotal="Μερικό σύνολο {customer}",
    net="Καθαρή αξία",
    tax="ΦΠΑ {rate} επί {base}",
    no_tax="Χωρίς ΦΠΑ επί {base}",
    gross="Σύνολο {currency}",
    credited="Πίστωση {currency}",
    in_currency="Σε {currency}",
    exchanged="με ισοτιμία {rate} της {date}",
    not_exchanged="Το ποσό σε {currency} λείπει: δεν ήταν γνωστή ισοτιμία.",
    reverse_charge="Αντίστροφη επιβάρυνση: υπόχρεος για τον ΦΠΑ είναι ο λήπτης.",
    exempt="Απαλλάσσεται από ΦΠΑ.",
    takes_off="Συμψηφίζεται με",
    balance="Υπόλοιπο υπέρ σας",
    payable="Παρακαλούμε πληρώστε έως {date}, με αναφορά {number}.",
    end_customer="Τελικός πελάτης",
)
WORDS: Final[Mapping[str, Words]] = {"en": _EN, "de": _DE, "fr": _FR, "el": _EL}
