"""Papers of companies that do not exist, as real files: thirty-two families, honest ones and dishonest ones, from a seed.

A family is a layout, a language, fonts and the words of one issuer. Each company gets an honest paper; from it, or
from the wish to have one, come the dishonest: *forged* (another number or name was typed), *expired*, *foreign*
(another company's) and *altered* (an honest file that somebody edited). Scans are pictures of papers: turned a
little, blurred, with the noise of JPEG.
"""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random

import pypdf
import typst
from PIL import Image, ImageFilter
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, NumberObject, StreamObject

from domain.verification.reading import Expected, Paper

TODAY = date(2026, 11, 20)


# --- companies ---------------------------------------------------------------------------------

_WORDS = (
    "Alder", "Brook", "Cobalt", "Dorn", "Ember", "Falk", "Granat", "Hasel", "Iris", "Juno", "Kestrel", "Linde",
    "Marl", "Nordin", "Opal", "Pelikan", "Quint", "Rowan", "Sable", "Tarn", "Umbra", "Vesper", "Wolfram", "Zephyr",
)  # fmt: skip
_TRADES = {
    "DE": ("Glaswaren", "Möbelbau", "Küchengeräte", "Textil", "Werkzeuge"),
    "FR": ("Textiles", "Céramique", "Décoration", "Épicerie fine", "Lumière"),
    "GB": ("Trading", "Ceramics", "Homeware", "Lighting", "Textiles"),
    "ES": ("Cerámica", "Iluminación", "Muebles", "Tejidos", "Diseño"),
    "IT": ("Ceramiche", "Arredi", "Tessuti", "Illuminazione", "Vetri"),
    "NL": ("Keukens", "Verlichting", "Textiel", "Meubelen", "Glaswerk"),
    "PL": ("Ceramika", "Oświetlenie", "Meble", "Tkaniny", "Szkło"),
    "PT": ("Cerâmica", "Iluminação", "Móveis", "Têxteis", "Vidros"),
}
_FORMS = {
    "DE": ("GmbH", "GmbH & Co. KG", "AG"), "FR": ("SARL", "SAS", "SA"), "GB": ("Ltd", "Limited", "PLC"),
    "ES": ("S.L.", "S.A."), "IT": ("S.r.l.", "S.p.A."), "NL": ("B.V.", "N.V."), "PL": ("Sp. z o.o.", "S.A."),
    "PT": ("Lda.", "S.A."),
}  # fmt: skip
_PLACES = {
    "DE": (("Lange Straße", "04103", "Leipzig"), ("Am Hafen", "20457", "Hamburg"), ("Mühlweg", "80331", "München")),
    "FR": (("rue des Écoles", "75005", "Paris"), ("quai Saint-Michel", "33000", "Bordeaux"), ("rue Mercière", "69002", "Lyon")),
    "GB": (("High Street", "LS1 4AP", "Leeds"), ("Mill Lane", "M3 2BW", "Manchester"), ("Dock Road", "BS1 6XN", "Bristol")),
    "ES": (("Calle Mayor", "28013", "Madrid"), ("Avenida del Puerto", "46021", "Valencia"), ("Calle Sierpes", "41004", "Sevilla")),
    "IT": (("Via Garibaldi", "20121", "Milano"), ("Corso Francia", "10138", "Torino"), ("Via Emilia", "41121", "Modena")),
    "NL": (("Keizersgracht", "1015 CJ", "Amsterdam"), ("Coolsingel", "3012 AD", "Rotterdam"), ("Oudegracht", "3511 AX", "Utrecht")),
    "PL": (("ul. Długa", "00-238", "Warszawa"), ("ul. Szewska", "31-009", "Kraków"), ("ul. Świdnicka", "50-066", "Wrocław")),
    "PT": (("Rua das Flores", "4050-262", "Porto"), ("Avenida da Liberdade", "1250-096", "Lisboa"), ("Rua Direita", "3810-142", "Aveiro")),
}  # fmt: skip


@dataclass(frozen=True)
class Firm:
    country: str
    name: str
    number: str
    tax: str
    street: str
    postcode: str
    city: str
    iban: str

    def expected(self, today: date = TODAY) -> Expected:
        return Expected(
            name=self.name, country=self.country, today=today, registration_number=self.number, tax_number=self.tax,
            address=f"{self.street}, {self.postcode} {self.city}", iban=self.iban,
        )  # fmt: skip


def _digits(random: Random, count: int) -> str:
    return str(random.randint(1, 9)) + "".join(str(random.randint(0, 9)) for _ in range(count - 1))


def _valid(random: Random, count: int, check: Callable[[str], bool], prefix: str = "", suffix: str = "") -> str:
    while True:
        tried = prefix + _digits(random, count) + suffix
        if check(tried):
            return tried


def iban_of(random: Random, country: str) -> str:
    from stdnum import iban

    length = {"DE": 18, "FR": 23, "ES": 20, "IT": 23, "NL": 14, "PL": 24, "PT": 21, "GB": 18}[country]
    while True:
        bban = _digits(random, length)
        if country == "NL":
            bban = "ABNA" + bban[4:]
        elif country == "GB":
            bban = "NWBK" + bban[4:]
        elif country == "IT":
            bban = "X" + bban[1:]
        check = 98 - int("".join(str(int(sign, 36)) for sign in bban + country + "00")) % 97
        made = f"{country}{check:02d}{bban}"
        if country in ("ES", "PT"):  # the digits within have a check of their own
            made = _with_own_check(made, country)
        if iban.is_valid(made):
            return made


def _with_own_check(text: str, country: str) -> str:
    if country == "ES":
        from stdnum.es import ccc

        bban = ccc.calc_check_digits(text[4:12] + "00" + text[14:])
        bban = text[4:12] + bban + text[14:]
    else:
        bban = text[4:23] + f"{98 - int(text[4:23] + '00') % 97:02d}"
    check = 98 - int("".join(str(int(sign, 36)) for sign in bban + country + "00")) % 97
    return f"{country}{check:02d}{bban}"


def a_firm(random: Random, country: str) -> Firm:
    from stdnum.de import vat as de_vat
    from stdnum.es import cif
    from stdnum.fr import siren, tva
    from stdnum.gb import vat as gb_vat
    from stdnum.it import iva
    from stdnum.nl import btw
    from stdnum.pl import nip
    from stdnum.pt import nif

    first, second = random.sample(_WORDS, 2)
    joined = random.choice((f"{first} & {second}", f"{first} {second}", first))
    name = f"{joined} {random.choice(_TRADES[country])} {random.choice(_FORMS[country])}"
    street, postcode, city = random.choice(_PLACES[country])
    house = str(random.randint(1, 180))
    street = f"{house} {street}" if country in ("FR", "GB") else f"{street} {house}"
    if country == "DE":
        number, tax = f"HRB {_digits(random, 5)}", "DE" + _valid(random, 9, de_vat.is_valid)
    elif country == "FR":
        number = _valid(random, 9, siren.is_valid)
        tax = "FR" + next(t for k in range(100) if tva.is_valid(t := f"{k:02d}{number}"))
    elif country == "GB":
        number, tax = "0" + _digits(random, 7), "GB" + _valid(random, 9, gb_vat.is_valid)
    elif country == "ES":
        number = tax = _valid(random, 8, cif.is_valid, prefix=random.choice("AB"))
    elif country == "IT":
        number = tax = _valid(random, 11, iva.is_valid)
    elif country == "NL":
        number = _digits(random, 8)
        tax = "NL" + _valid(random, 9, btw.is_valid, suffix="B01")
    elif country == "PL":
        number, tax = "0000" + _digits(random, 6), _valid(random, 10, nip.is_valid)
    else:
        number = tax = _valid(random, 9, nif.is_valid, prefix="")
    return Firm(country, name, number, tax, street, postcode, city, iban_of(random, country))


# --- families ----------------------------------------------------------------------------------

_MONTHS = {
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "en": "January February March April May June July August September October November December",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "nl": "januari februari maart april mei juni juli augustus september oktober november december",
    "pl": "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia",
    "pt": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
}


def in_words(day: date, language: str) -> str:
    month = _MONTHS[language].split()[day.month - 1]
    form = {"de": "{d}. {m} {y}", "es": "{d} de {m} de {y}", "pt": "{d} de {m} de {y}"}.get(language, "{d} {m} {y}")
    return form.format(d=day.day, m=month, y=day.year)


def _money(random: Random) -> str:
    return f"{random.randint(20, 900)},{random.randint(0, 99):02d}"


def _grouped(text: str, size: int = 4) -> str:
    return " ".join(text[start : start + size] for start in range(0, len(text), size))


@dataclass(frozen=True)
class Family:
    name: str
    paper: Paper
    country: str
    age_days_max: int  # of an honest one; expired ones are much older
    key: str  # the number that a forger changes: number, tax, iban or none
    draw: Callable[[Firm, date, date, Random], str]  # firm, day of issue, last day of validity


def _handelsregister(firm: Firm, day: date, _until: date, random: Random) -> str:
    return f"""
#set page(margin: (x: 2.2cm, y: 2.5cm), header: [Handelsregister B des Amtsgerichts {firm.city} #h(1fr) Seite 1 von 1])
#set text(font: "Libertinus Serif", size: 11pt, lang: "de")
#align(center)[= Aktueller Ausdruck
Abteilung B, Nummer der Firma: {firm.number}]
#v(0.6cm)
#table(columns: (5.2cm, 1fr), inset: 7pt,
  [Firma], [{_t(firm.name)}],
  [Registernummer], [{firm.number}],
  [Sitz], [{firm.city}],
  [Geschäftsanschrift], [{_t(firm.street)}, {firm.postcode} {firm.city}],
  [Gegenstand des Unternehmens], [Herstellung und Vertrieb von Waren aller Art, insbesondere für den Einzelhandel],
  [Grund- oder Stammkapital], [{random.randint(25, 400)}.000,00 EUR],
  [Geschäftsführer], [{random.choice(("Anna Kern", "Jonas Brandt", "Mira Vogt"))}, {firm.city}, \\*{random.randint(1, 28):02d}.04.19{random.randint(55, 90)}],
  [Tag der letzten Eintragung], [{random.randint(1, 28):02d}.0{random.randint(1, 9)}.20{random.randint(10, 24)}])
#v(1cm)
{firm.city}, den {day:%d.%m.%Y} #h(1fr) Abruf vom {day:%d.%m.%Y} {random.randint(8, 17)}:{random.randint(10, 59)}

#text(size: 8pt)[Dieser Ausdruck wird nicht unterschrieben und gilt als beglaubigte Abschrift.]
"""


def _kbis(firm: Firm, day: date, _until: date, random: Random) -> str:
    siren = _grouped(firm.number, 3)
    return f"""
#set page(margin: 2cm)
#set text(font: "DejaVu Sans", size: 9.5pt, lang: "fr")
*Greffe du Tribunal de Commerce de {firm.city}* \\
1 quai de la Corse \\
{firm.postcode} {firm.city}
#v(0.4cm)
#align(center)[#text(size: 13pt)[*EXTRAIT D'IMMATRICULATION PRINCIPALE AU REGISTRE DU COMMERCE ET DES SOCIÉTÉS*] \\
à jour au {in_words(day, "fr")}]
#v(0.4cm)
#underline[IDENTIFICATION DE LA PERSONNE MORALE]

_Immatriculation au RCS, numéro :_ {siren} R.C.S. {firm.city}

_Date d'immatriculation :_ {random.randint(1, 28):02d}/0{random.randint(1, 9)}/20{random.randint(10, 22)}

_Dénomination ou raison sociale :_ *{_t(firm.name)}*

_Capital social :_ {random.randint(5, 90)} 000,00 Euros

_Adresse du siège :_ {_t(firm.street)} {firm.postcode} {firm.city}

_Activités principales :_ Commerce de gros de biens domestiques

_Durée de la personne morale :_ Jusqu'au {random.randint(1, 28):02d}/0{random.randint(1, 9)}/2109
#v(0.3cm)
#underline[GESTION, DIRECTION, ADMINISTRATION, CONTRÔLE, ASSOCIÉS OU MEMBRES]

_Nom, prénoms :_ {random.choice(("MARTIN Claire", "PETIT Louis", "ROUX Inès"))}
#v(1cm)
#align(right)[Fait à {firm.city}, le {day:%d/%m/%Y} \\ Le Greffier]
"""


def _vat_letter(firm: Firm, day: date, _until: date, random: Random) -> str:
    tax = f"GB {_grouped(firm.tax[2:], 3)}"
    return f"""
#set page(margin: 2.6cm)
#set text(font: "New Computer Modern", size: 11.5pt, lang: "en")
#text(size: 17pt)[HM Revenue & Customs]
#v(0.6cm)
{_t(firm.name)} \\ {_t(firm.street)} \\ {firm.city} \\ {firm.postcode}
#v(0.5cm)
#grid(columns: (1fr, auto), [], [Date of issue: {in_words(day, "en")} \\ Our reference: {_digits(random, 4)}/{_digits(random, 3)}])
#v(0.5cm)
#align(center)[*Certificate of registration for value added tax*]

We certify that {_t(firm.name)} is registered for value added tax in the United Kingdom.

The VAT registration number is {tax}. It has been in force since {in_words(date(2000 + random.randint(5, 22), random.randint(1, 12), random.randint(1, 28)), "en")}.

The principal place of business is {_t(firm.street)}, {firm.city}, {firm.postcode}.

Please quote the number on every invoice. You must tell us within 30 days about any change of the details above.
#v(1.2cm)
VAT Registration Service
"""


def _extracto(firm: Firm, day: date, _until: date, random: Random) -> str:
    rows = "".join(
        f"[{day - timedelta(days=27 - 3 * number):%d/%m/%Y}], [{random.choice(('Transferencia', 'Recibo', 'Pago con tarjeta', 'Nómina'))}],"
        f" [{random.choice(('-', ''))}{_money(random)}], [{random.randint(1, 40)}.{_digits(random, 3)},00],\n"
        for number in range(8)
    )
    return f"""
#set page(margin: 1.8cm)
#set text(font: "DejaVu Sans", size: 9pt, lang: "es")
#grid(columns: (1fr, 1fr), [#text(size: 18pt, fill: rgb("#004481"))[Banco Bilbao Vizcaya Argentaria]], align(right)[Extracto de cuenta])
#line(length: 100%)
#grid(columns: (1fr, 1fr), row-gutter: 14pt,
 [#text(size: 7.5pt, fill: gray)[Titular de la cuenta] \\ {_t(firm.name)}],
 [#text(size: 7.5pt, fill: gray)[Fecha de emisión] \\ {day:%d/%m/%Y}],
 [#text(size: 7.5pt, fill: gray)[IBAN] \\ #text(font: "DejaVu Sans Mono")[{_grouped(firm.iban)}]],
 [#text(size: 7.5pt, fill: gray)[NIF] \\ {firm.tax}],
 [#text(size: 7.5pt, fill: gray)[Domicilio] \\ {_t(firm.street)} \\ {firm.postcode} {firm.city}],
 [#text(size: 7.5pt, fill: gray)[Período] \\ del {day - timedelta(days=30):%d/%m/%Y} al {day:%d/%m/%Y}])
#v(0.6cm)
#table(columns: (2.6cm, 1fr, 3cm, 3cm), stroke: none, [*Fecha*], [*Concepto*], [*Importe*], [*Saldo*],
{rows})
#v(1cm)
#text(size: 7pt)[Entidad sujeta a la supervisión del Banco de España. Conserve este documento.]
"""


def _visura(firm: Firm, day: date, _until: date, random: Random) -> str:
    return f"""
#set page(margin: (x: 2cm, y: 1.8cm), footer: [#text(size: 7pt)[Visura ordinaria società di capitale #h(1fr) Documento n. T {_digits(random, 9)}]])
#set text(font: "DejaVu Serif", size: 9.5pt, lang: "it")
#align(center)[#text(size: 12pt)[Camera di Commercio Industria Artigianato e Agricoltura di {firm.city.upper()}] \\ Registro delle Imprese - Archivio ufficiale della CCIAA]
#v(0.5cm)
#rect(width: 100%, inset: 10pt)[#align(center)[#text(size: 14pt)[VISURA ORDINARIA SOCIETÀ DI CAPITALE] ]]
#v(0.5cm)
#grid(columns: (1fr, 1fr), column-gutter: 1cm, row-gutter: 16pt,
 [#text(size: 8pt)[*Denominazione*] \\ {_t(firm.name.upper())}],
 [#text(size: 8pt)[*Data estrazione*] \\ {day:%d/%m/%Y}],
 [#text(size: 8pt)[*Codice fiscale e numero iscrizione*] \\ {firm.number}],
 [#text(size: 8pt)[*Partita IVA*] \\ {firm.tax}],
 [#text(size: 8pt)[*Indirizzo sede legale*] \\ {firm.city} ({firm.city[:2].upper()}) \\ {_t(firm.street)} CAP {firm.postcode}],
 [#text(size: 8pt)[*Numero REA*] \\ {firm.city[:2].upper()} - {_digits(random, 7)}],
 [#text(size: 8pt)[*Forma giuridica*] \\ società di capitale],
 [#text(size: 8pt)[*Data atto di costituzione*] \\ {random.randint(1, 28):02d}/0{random.randint(1, 9)}/20{random.randint(10, 22)}])
#v(0.6cm)
== Attività
Commercio all'ingrosso di articoli per la casa. Addetti: {random.randint(3, 60)}. Capitale sociale in euro: {random.randint(10, 90)}.000,00.
"""


def _energienota(firm: Firm, day: date, _until: date, random: Random) -> str:
    return f"""
#set page(margin: (left: 2.4cm, right: 2cm, y: 2cm))
#set text(font: "DejaVu Sans", size: 9pt, lang: "nl")
#grid(columns: (1fr, auto), text(size: 20pt, fill: rgb("#d4006a"))[Vattenfall], align(right)[Vattenfall Sales Nederland N.V. \\ Postbus 41920 \\ 1009 DC Amsterdam])
#v(1.4cm)
{_t(firm.name)} \\
{_t(firm.street)} \\
{firm.postcode} {firm.city}
#v(1.2cm)
#text(size: 13pt)[*Termijnnota elektriciteit*]

#table(columns: (auto, auto), stroke: none, inset: (x: 0pt, y: 4pt), column-gutter: 24pt,
 [Factuurdatum], [{in_words(day, "nl")}], [Factuurnummer], [{_digits(random, 10)}], [Klantnummer], [{_digits(random, 8)}],
 [Leveringsadres], [{_t(firm.street)}, {firm.postcode} {firm.city}])

#table(columns: (1fr, auto), [Levering elektriciteit zakelijk], [€ {_money(random)}], [Netbeheerkosten], [€ {_money(random)}], [Btw 21%], [€ {_money(random)}])
#v(0.4cm)
Wij schrijven het bedrag rond {(day + timedelta(days=14)):%d-%m-%Y} af. Vragen? Bel 0800 0555.
"""


def _zaswiadczenie(firm: Firm, day: date, _until: date, random: Random) -> str:
    tax = f"{firm.tax[:3]}-{firm.tax[3:6]}-{firm.tax[6:8]}-{firm.tax[8:]}"
    return f"""
#set page(margin: 2cm)
#set text(font: "DejaVu Sans", size: 9.5pt, lang: "pl")
#grid(columns: (1fr, 1fr), [Naczelnik Urzędu Skarbowego \\ {firm.city}], align(right)[{firm.city}, dnia {in_words(day, "pl")} r.])
#v(0.8cm)
#align(center)[#text(size: 13pt)[*ZAŚWIADCZENIE*] \\ o zarejestrowaniu podatnika jako podatnika VAT czynnego]
#v(0.6cm)
#let box(n, l, w) = rect(width: 100%, inset: 6pt, stroke: 0.6pt)[#text(size: 7.5pt)[#(n + ".") #l] #v(-4pt) #w]
#box("1", "Numer identyfikacji podatkowej (NIP)", [{tax}])
#box("2", "Nazwa pełna podatnika", [{_t(firm.name)}])
#box("3", "Adres siedziby", [{_t(firm.street)}, {firm.postcode} {firm.city}])
#box("4", "Numer KRS", [{firm.number}])
#box("5", "Data rejestracji", [{random.randint(1, 28):02d}.0{random.randint(1, 9)}.20{random.randint(10, 22)}])
#box("6", "Data wydania", [{day:%d.%m.%Y}])
#v(0.6cm)
Zaświadczenie wydaje się na wniosek podatnika. Opłata skarbowa: 21 zł.
#v(1cm)
#align(right)[z up. Naczelnika \\ Starszy specjalista]
"""


def _certificado(firm: Firm, day: date, until: date, random: Random) -> str:
    return f"""
#set page(margin: 2.4cm)
#set text(font: "Libertinus Serif", size: 12pt, lang: "pt")
#set align(center)
#text(size: 26pt, fill: rgb("#7a1f1f"))[Bureau Veritas Certification]
#v(0.8cm)
#text(size: 16pt)[CERTIFICADO]

Certificado n.º PT{_digits(random, 6)}

Certificamos que o sistema de gestão da organização
#v(0.2cm)
#text(size: 18pt)[*{_t(firm.name)}*]

{_t(firm.street)}, {firm.postcode} {firm.city}, Portugal
#v(0.2cm)
foi auditado e cumpre os requisitos da norma

#text(size: 15pt)[ISO 9001:2015]

Âmbito: {random.choice(("Produção e venda de cerâmica utilitária", "Conceção e fabrico de móveis", "Fabrico de têxteis-lar"))}
#v(0.8cm)
#table(columns: (1fr, 1fr), stroke: none, [Data de emissão: {day:%d-%m-%Y}], [Válido até: {until:%d-%m-%Y}])
"""


def _stadtwerke(firm: Firm, day: date, _until: date, random: Random) -> str:
    return f"""
#set page(margin: (left: 2.5cm, right: 2cm, top: 2cm, bottom: 2cm))
#set text(font: "Libertinus Serif", size: 10.5pt, lang: "de")
#text(size: 19pt, fill: rgb("#00509b"))[Stadtwerke {firm.city}]
#v(1.2cm)
#text(size: 6.5pt)[Stadtwerke {firm.city} GmbH, Postfach 10 06 14, {firm.postcode[:2]}009 {firm.city}]
#v(-2pt)
#grid(columns: (1fr, 6.6cm),
 [{_t(firm.name)} \\ Buchhaltung \\ {_t(firm.street)} \\ {firm.postcode} {firm.city}],
 table(columns: (auto, auto), stroke: none, inset: (x: 3pt, y: 2.5pt),
  [Kundennummer], [{_digits(random, 8)}], [Vertragskonto], [{_digits(random, 10)}], [Rechnungsnummer], [{_digits(random, 9)}],
  [Rechnungsdatum], [{day:%d.%m.%Y}]))
#v(1.6cm)
*Ihre Rechnung für Strom*

Verbrauchsstelle: {_t(firm.street)}, {firm.postcode} {firm.city}

Sehr geehrte Damen und Herren, für den Abrechnungszeitraum vom {(day - timedelta(days=40)):%d.%m.%Y} bis
{(day - timedelta(days=10)):%d.%m.%Y} berechnen wir Ihnen:
#table(columns: (1fr, auto, auto), [Arbeitspreis], [{random.randint(300, 5000)} kWh], [{_money(random)} €], [Grundpreis], [1 Monat], [{_money(random)} €], [Umsatzsteuer], [19 %], [{_money(random)} €])
Den Betrag buchen wir am {(day + timedelta(days=14)):%d.%m.%Y} von Ihrem Konto ab.
"""


def _bsi(firm: Firm, day: date, until: date, random: Random) -> str:
    return f"""
#set page(margin: 2.2cm)
#set text(font: "DejaVu Serif", size: 10.5pt, lang: "en")
#text(size: 22pt)[Certificate of Registration]
#v(0.3cm)
#text(size: 12pt)[QUALITY MANAGEMENT SYSTEM - ISO 9001:2015]
#v(1cm)
#grid(columns: (4.2cm, 1fr), row-gutter: 12pt,
 [This is to certify that:], [*{_t(firm.name)}* \\ {_t(firm.street)} \\ {firm.city} \\ {firm.postcode} \\ United Kingdom],
 [Holds Certificate No:], [*FS {_digits(random, 6)}*])
#v(0.5cm)
and operates a Quality Management System which complies with the requirements of ISO 9001:2015 for the following scope:

{random.choice(("The design and sale of ceramics for homes and hotels.", "Wholesale of lighting and furniture.", "Weaving and finishing of textiles."))}
#v(0.8cm)
For and on behalf of BSI: Managing Director, Assurance
#v(0.8cm)
#grid(columns: (1fr, 1fr), [Issue date: {day:%Y-%m-%d}], [Expiry date: {until:%Y-%m-%d}])
#v(0.5cm)
#text(size: 7.5pt)[This certificate remains the property of the British Standards Institution and shall be returned at once upon request.]
"""


def _estratto(firm: Firm, day: date, _until: date, random: Random) -> str:
    rows = "".join(
        f"[{day - timedelta(days=29 - 4 * number):%d.%m.%Y}], [{random.choice(('Bonifico a vostro favore', 'Addebito SDD', 'Commissioni'))}], [{_money(random)}],\n"
        for number in range(6)
    )
    return f"""
#set page(margin: (x: 2cm, y: 1.6cm), footer: [#text(size: 6.5pt)[Intesa Sanpaolo S.p.A. Sede legale in Torino, Piazza San Carlo 156]])
#set text(font: "DejaVu Sans", size: 9pt, lang: "it")
#text(size: 16pt, fill: rgb("#005c2e"))[INTESA SANPAOLO]
#v(0.6cm)
#table(columns: (5cm, 1fr), stroke: (x, y) => (bottom: 0.4pt + gray), inset: 6pt,
 [*Estratto conto n.*], [{random.randint(1, 12)}/{day.year}],
 [*Intestatario*], [{_t(firm.name)}],
 [*Indirizzo*], [{_t(firm.street)}, {firm.postcode} {firm.city}],
 [*IBAN*], [{_grouped(firm.iban)}],
 [*Codice fiscale*], [{firm.number}],
 [*Data di emissione*], [{in_words(day, "it")}],
 [*Saldo finale*], [{random.randint(2, 90)}.{_digits(random, 3)},00 EUR])
#v(0.5cm)
#table(columns: (3cm, 1fr, 3cm), [Data], [Descrizione], [Importo],
{rows})
"""


def _certidao(firm: Firm, day: date, _until: date, random: Random) -> str:
    return f"""
#set page(margin: (x: 3cm, y: 2.5cm))
#set text(font: "New Computer Modern", size: 12pt, lang: "pt")
#set par(justify: true)
#align(center)[AUTORIDADE TRIBUTÁRIA E ADUANEIRA \\ Serviço de Finanças de {firm.city}]
#v(1cm)
#align(center)[#text(size: 15pt)[*CERTIDÃO*]]
#v(0.6cm)
Certifica-se, para os devidos efeitos, que {_t(firm.name)}, com o NIF: {firm.tax}, tem a sua situação tributária
regularizada, uma vez que não é devedora perante a Fazenda Pública de quaisquer impostos ou prestações tributárias e
respetivos juros.

Domicílio fiscal: {_t(firm.street)}, {firm.postcode} {firm.city}.

A presente certidão é válida por três meses.
#v(0.8cm)
{firm.city}, {in_words(day, "pt")}
#v(1cm)
O Chefe de Finanças
"""


def _companies_house(firm: Firm, day: date, _until: date, random: Random) -> str:
    return f"""
#set page(margin: (x: 2.4cm, y: 2cm), footer: [#text(size: 7pt)[Extract produced on {in_words(day, "en")} #h(1fr) Page 1 of 1]])
#set text(font: "DejaVu Sans", size: 10pt, lang: "en")
#text(size: 20pt)[*Companies House*]
#line(length: 100%, stroke: 2pt)
#v(0.4cm)
#text(size: 15pt)[*{_t(firm.name.upper())}*]

Company number *{firm.number}*
#v(0.3cm)
#table(columns: (1fr, 1fr), stroke: none, row-gutter: 4pt,
 [*Registered office address*], [{_t(firm.street)}, {firm.city}, {firm.postcode}],
 [*Company status*], [Active],
 [*Company type*], [Private limited company],
 [*Incorporated on*], [{random.randint(1, 28)} May 20{random.randint(10, 21)}],
 [*Next accounts due by*], [31 December {day.year + 1}],
 [*Nature of business (SIC)*], [46499 - Wholesale of household goods (other than musical instruments)],
 [*Date of issue*], [{in_words(day, "en")}])
"""


def _kvk(firm: Firm, day: date, _until: date, random: Random) -> str:
    return f"""
#set page(margin: 2.2cm)
#set text(font: "New Computer Modern", size: 10.5pt, lang: "nl")
#grid(columns: (1fr, auto), [#text(size: 15pt)[Uittreksel Handelsregister \\ Kamer van Koophandel]], [KvK])
#v(0.2cm)
*KvK-nummer #h(0.5cm) {firm.number}*
#line(length: 100%)
_Dit uittreksel geeft de stand van zaken weer op {day:%d-%m-%Y} om {random.randint(9, 17)}.{random.randint(10, 59)} uur._
#v(0.3cm)
*Rechtspersoon*
#table(columns: (5.5cm, 1fr), stroke: none, inset: (x: 0pt, y: 3.5pt),
 [RSIN], [{_digits(random, 9)}],
 [Rechtsvorm], [Vennootschap],
 [Statutaire naam], [{_t(firm.name)}],
 [Statutaire zetel], [{firm.city}],
 [Bezoekadres], [{_t(firm.street)}, {firm.postcode} {firm.city}],
 [Datum akte van oprichting], [{random.randint(1, 28):02d}-0{random.randint(1, 9)}-20{random.randint(10, 22)}],
 [Geplaatst kapitaal], [EUR {random.randint(1, 90)}.000,00])
#v(0.3cm)
*Bestuurder*
#table(columns: (5.5cm, 1fr), stroke: none, inset: (x: 0pt, y: 3.5pt),
 [Naam], [{random.choice(("De Wit, Sanne", "Bakker, Joost", "Visser, Anouk"))}], [Bevoegdheid], [Alleen/zelfstandig bevoegd])
#v(1cm)
{firm.city}, {day:%d-%m-%Y}
"""


def _regularite(firm: Firm, day: date, _until: date, random: Random) -> str:
    return f"""
#set page(margin: 2.5cm)
#set text(font: "Libertinus Serif", size: 11pt, lang: "fr")
#set par(justify: true)
*DIRECTION GÉNÉRALE DES FINANCES PUBLIQUES* \\
Service des impôts des entreprises de {firm.city}
#v(1cm)
#align(center)[#text(size: 14pt)[*ATTESTATION DE RÉGULARITÉ FISCALE*]]
#v(0.5cm)
#table(columns: (auto, 1fr), inset: 6pt,
 [Dénomination], [{_t(firm.name)}],
 [Adresse], [{_t(firm.street)}, {firm.postcode} {firm.city}],
 [SIREN], [{_grouped(firm.number, 3)}],
 [N° TVA], [{firm.tax[:4]} {_grouped(firm.tax[4:], 3)}])
#v(0.4cm)
Le comptable soussigné atteste que l'entreprise désignée ci-dessus est, à la date de délivrance de la présente
attestation, à jour de ses obligations de dépôt de déclarations et de paiement en matière de taxe sur la valeur ajoutée.
#v(0.8cm)
#align(right)[À {firm.city}, le {in_words(day, "fr")} \\ Le responsable du service]
"""


def _factura_luz(firm: Firm, day: date, _until: date, random: Random) -> str:
    return f"""
#set page(margin: 1.8cm)
#set text(font: "DejaVu Sans", size: 8.5pt, lang: "es")
#grid(columns: (1fr, 1fr), [#text(size: 17pt, fill: rgb("#5c881a"))[IBERDROLA] \\ Iberdrola Clientes, S.A.U. \\ Plaza Euskadi 5, 48009 Bilbao],
 [#v(1.4cm) {_t(firm.name)} \\ {_t(firm.street)} \\ {firm.postcode} {firm.city}])
#v(0.8cm)
#text(size: 12pt)[*FACTURA DE ELECTRICIDAD*]
#grid(columns: (1fr, 1fr), column-gutter: 10pt,
 table(columns: (auto, 1fr), stroke: none, [Nº factura:], [{_digits(random, 14)}], [Fecha de factura:], [{day:%d/%m/%Y}], [Periodo:], [{day - timedelta(days=35):%d/%m/%Y} - {day - timedelta(days=5):%d/%m/%Y}]),
 table(columns: (auto, 1fr), stroke: none, [Titular:], [{_t(firm.name)}], [NIF:], [{firm.tax}], [Dirección de suministro:], [{_t(firm.street)}, {firm.postcode} {firm.city}]))
#v(0.3cm)
#table(columns: (1fr, auto), [Potencia facturada], [{_money(random)} €], [Energía consumida], [{_money(random)} €], [Impuesto electricidad], [{_money(random)} €], [IVA (21%)], [{_money(random)} €])
Forma de pago: domiciliación bancaria. Fecha de cargo: {(day + timedelta(days=7)):%d/%m/%Y}.
"""


def _wyciag(firm: Firm, day: date, _until: date, random: Random) -> str:
    rows = "".join(
        f"[{day - timedelta(days=28 - 5 * number):%Y-%m-%d}], [{random.choice(('Przelew przychodzący', 'Zakup kartą', 'Opłata'))}], [{_money(random)} PLN],\n"
        for number in range(5)
    )
    return f"""
#set page(margin: 2cm)
#set text(font: "DejaVu Serif", size: 9pt, lang: "pl")
#text(size: 18pt, fill: rgb("#ae0000"))[mBank S.A.]
#v(0.2cm)
#align(center)[*Wyciąg z rachunku bankowego* \\ za okres od {day - timedelta(days=30):%Y-%m-%d} do {day:%Y-%m-%d}]
#v(0.4cm)
Posiadacz rachunku: {_t(firm.name)} \\
Adres: {_t(firm.street)}, {firm.postcode} {firm.city} \\
NIP: {firm.tax} \\
Numer rachunku (IBAN): {_grouped(firm.iban)} \\
Data wystawienia: {day:%Y-%m-%d}
#v(0.4cm)
#table(columns: (3cm, 1fr, 3.4cm), [Data], [Opis operacji], [Kwota],
{rows})
"""


def _tuev(firm: Firm, day: date, until: date, random: Random) -> str:
    return f"""
#set page(margin: 2.5cm)
#set text(font: "New Computer Modern", size: 12pt, lang: "de")
#align(center)[#text(size: 30pt)[ZERTIFIKAT]
#v(0.6cm)
Die Zertifizierungsstelle der TÜV SÜD Management Service GmbH
bescheinigt, dass das Unternehmen
#v(0.4cm)
#text(size: 17pt)[*{_t(firm.name)}*]

{_t(firm.street)} \\ {firm.postcode} {firm.city} \\ Deutschland
#v(0.4cm)
für den Geltungsbereich

{random.choice(("Entwicklung und Herstellung von Haushaltswaren", "Fertigung von Möbeln", "Veredelung von Textilien"))}

ein Qualitätsmanagementsystem eingeführt hat und anwendet. Durch ein Audit wurde der Nachweis erbracht,
dass die Forderungen der

*ISO 9001:2015*

erfüllt sind.]
#v(0.6cm)
Dieses Zertifikat ist gültig vom {day:%d.%m.%Y} bis {until:%d.%m.%Y}. \\
Zertifikat-Registrier-Nr.: 12 100 {_digits(random, 5)} TMS
#v(0.8cm)
München, {day:%d.%m.%Y}
"""


def _nota_mercantil(firm: Firm, day: date, _until: date, random: Random) -> str:
    return f"""
#set page(margin: 2.3cm)
#set text(font: "Libertinus Serif", size: 11pt, lang: "es")
#align(center)[#text(size: 16pt)[REGISTRO MERCANTIL DE {firm.city.upper()}] \\ _Expedida el día {day:%d/%m/%Y} a las {random.randint(9, 17)}:{random.randint(10, 59)} horas._]
#v(0.4cm)
#align(center)[#text(size: 13pt)[*INFORMACIÓN GENERAL MERCANTIL*]]
#v(0.3cm)
*DATOS GENERALES*
#table(columns: (5.5cm, 1fr), stroke: 0.3pt + gray, inset: 6pt,
 [Índice], [{_digits(random, 3)}],
 [Denominación:], [{_t(firm.name.upper())}],
 [Inicio de Operaciones:], [{random.randint(1, 28):02d}/0{random.randint(1, 9)}/20{random.randint(10, 21)}],
 [Domicilio Social:], [{_t(firm.street.upper())}, {firm.postcode} {firm.city.upper()}],
 [Duración:], [Indefinida],
 [N.I.F.:], [{firm.tax}],
 [EUID:], [ES{_digits(random, 5)}.{_digits(random, 9)}],
 [Objeto Social:], [Comercio al por mayor de artículos para el hogar],
 [Último depósito contable:], [{day.year - 1}])
#v(0.5cm)
*ADMINISTRADORES* \\
{random.choice(("GARCIA SOLER MARTA", "ORTIZ VEGA PABLO"))}, administrador único
"""


def _ustid(firm: Firm, day: date, _until: date, random: Random) -> str:
    return f"""
#set page(margin: (left: 2.5cm, right: 2cm, y: 2.2cm))
#set text(font: "DejaVu Sans", size: 9.5pt, lang: "de")
#text(size: 14pt)[*Bundeszentralamt für Steuern*]
#v(0.8cm)
#grid(columns: (1fr, 5.5cm),
 [#text(size: 7pt)[Bundeszentralamt für Steuern, 66738 Saarlouis] \\ {_t(firm.name)} \\ {_t(firm.street)} \\ {firm.postcode} {firm.city}],
 [#text(size: 8pt)[Bearbeitet von: Referat St I 5 \\ Geschäftszeichen: {_digits(random, 6)} \\ Datum: {day:%d.%m.%Y}]])
#v(1.2cm)
*Mitteilung über die Erteilung einer Umsatzsteuer-Identifikationsnummer (USt-IdNr.)*

Sehr geehrte Damen und Herren,

Ihnen wurde die folgende USt-IdNr. erteilt:
#align(center)[#text(size: 13pt)[*{firm.tax}*]]
Die Nummer ist unter dem Namen {_t(firm.name)} und der oben genannten Anschrift gespeichert. Bitte geben Sie sie bei
allen Lieferungen in andere Mitgliedstaaten an.

Mit freundlichen Grüßen \\
Ihr Bundeszentralamt für Steuern
"""


def _facture_edf(firm: Firm, day: date, _until: date, random: Random) -> str:
    return f"""
#set page(margin: 1.7cm)
#set text(font: "DejaVu Sans", size: 8.5pt, lang: "fr")
#grid(columns: (1fr, 1fr),
 [#text(size: 24pt, fill: rgb("#fe5815"))[*EDF*] \\ Entreprises \\ #v(0.3cm) Vos références \\ N° client : {_digits(random, 10)} \\ N° de compte : {_digits(random, 9)}],
 [#v(1.6cm) {_t(firm.name)} \\ {_t(firm.street)} \\ {firm.postcode} {firm.city.upper()}])
#v(0.8cm)
#text(size: 13pt)[*Facture du {in_words(day, "fr")}*] \\ n° {_digits(random, 11)}
#v(0.3cm)
#rect(width: 60%, inset: 8pt)[Montant TTC à payer : *{_money(random)} €* \\ prélevé à partir du {day + timedelta(days=15):%d/%m/%Y}]
#v(0.3cm)
*Lieu de consommation :* {_t(firm.street)}, {firm.postcode} {firm.city}
#table(columns: (1fr, auto), [Abonnement], [{_money(random)} €], [Consommation], [{_money(random)} €], [Taxes et contributions], [{_money(random)} €])
#text(size: 6.5pt)[EDF SA au capital de 2 084 365 041 euros, 22-30 avenue de Wagram, 75382 Paris cedex 08, RCS Paris 552 081 317]
"""


def _kontoauszug(firm: Firm, day: date, _until: date, random: Random) -> str:
    rows = "".join(
        f"[{day - timedelta(days=26 - 5 * number):%d.%m.}], [{random.choice(('Überweisung', 'Lastschrift', 'Gutschrift'))}], [{_money(random)} {random.choice('+-')}],\n"
        for number in range(5)
    )
    return f"""
#set page(margin: (left: 2.4cm, right: 1.8cm, y: 1.8cm))
#set text(font: "Libertinus Serif", size: 10pt, lang: "de")
#grid(columns: (1fr, auto), text(size: 17pt)[COMMERZBANK], [Kontoauszug {random.randint(1, 12)}/{day.year}])
#v(1cm)
{_t(firm.name)} \\
{_t(firm.street)} \\
{firm.postcode} {firm.city}
#v(0.8cm)
#grid(columns: (auto, auto, auto), column-gutter: 1.2cm, row-gutter: 5pt,
 [Kontoauszug vom], [IBAN], [BIC], [{day:%d.%m.%Y}], [{_grouped(firm.iban)}], [COBADEFFXXX])
#v(0.5cm)
#table(columns: (2cm, 1fr, 3cm), stroke: none, [*Tag*], [*Angaben zu den Umsätzen*], [*Betrag in EUR*],
{rows})
#v(0.3cm)
Neuer Kontostand vom {day:%d.%m.%Y}: {random.randint(2, 90)}.{_digits(random, 3)},00 +
"""


def _krs(firm: Firm, day: date, _until: date, random: Random) -> str:
    return f"""
#set page(margin: 1.8cm)
#set text(font: "DejaVu Serif", size: 9pt, lang: "pl")
#align(center)[*CENTRALNA INFORMACJA KRAJOWEGO REJESTRU SĄDOWEGO* \\ KRAJOWY REJESTR SĄDOWY \\
Stan na dzień {day:%d.%m.%Y} godz. {random.randint(10, 17)}:{random.randint(10, 59)}:{random.randint(10, 59)} \\
*Numer KRS: {firm.number}*]
#v(0.3cm)
#align(center)[Informacja odpowiadająca odpisowi aktualnemu z rejestru przedsiębiorców]
#v(0.3cm)
Dział 1 \\ Rubryka 1 - Dane podmiotu
#table(columns: (7cm, 1fr), inset: 5pt,
 [1.Oznaczenie formy prawnej], [SPÓŁKA KAPITAŁOWA],
 [2.Numer REGON/NIP], [REGON: {_digits(random, 9)}, NIP: {firm.tax}],
 [3.Firma, pod którą spółka działa], [{_t(firm.name.upper())}],
 [4.Czy przedsiębiorca prowadzi działalność z innymi podmiotami?], [NIE])
Rubryka 2 - Siedziba i adres podmiotu
#table(columns: (7cm, 1fr), inset: 5pt,
 [1.Siedziba], [kraj POLSKA, miejsc. {firm.city.upper()}],
 [2.Adres], [{_t(firm.street)}, {firm.postcode} {firm.city}, kraj POLSKA])
"""


def _rina(firm: Firm, day: date, until: date, random: Random) -> str:
    return f"""
#set page(margin: 2.4cm)
#set text(font: "DejaVu Sans", size: 10.5pt, lang: "it")
#align(center)[#text(size: 24pt)[CERTIFICATO N. {_digits(random, 5)}/{_digits(random, 2)}/S] \\ #text(size: 8pt)[CERTIFICATE No.]
#v(0.6cm)
SI CERTIFICA CHE IL SISTEMA DI GESTIONE PER LA QUALITÀ DI \\ #text(size: 8pt)[IT IS HEREBY CERTIFIED THAT THE QUALITY MANAGEMENT SYSTEM OF]
#v(0.3cm)
#text(size: 16pt)[{_t(firm.name.upper())}]
#v(0.2cm)
{_t(firm.street.upper())} {firm.postcode} {firm.city.upper()} ITALIA
#v(0.3cm)
È CONFORME ALLA NORMA \\ #text(size: 8pt)[IS IN COMPLIANCE WITH THE STANDARD]

ISO 9001:2015]
#v(1cm)
#grid(columns: (1fr, 1fr, 1fr), [Prima emissione \\ #text(size: 7pt)[First Issue] \\ {day:%d.%m.%Y}], [Data scadenza \\ #text(size: 7pt)[Expiry Date] \\ {until:%d.%m.%Y}], [Data revisione \\ #text(size: 7pt)[Revision date] \\ {day:%d.%m.%Y}])
#v(1cm)
RINA Services S.p.A. \\ Via Corsica 12 - 16128 Genova
"""


def _belastingdienst(firm: Firm, day: date, _until: date, random: Random) -> str:
    return f"""
#set page(margin: (left: 2.4cm, right: 2.4cm, y: 2cm))
#set text(font: "DejaVu Serif", size: 9.5pt, lang: "nl")
#align(center)[#text(size: 15pt, fill: rgb("#154273"))[Belastingdienst]]
#v(1cm)
#text(size: 7pt)[Belastingdienst, Postbus 2523, 6401 DA Heerlen]

{_t(firm.name)} \\
{_t(firm.street)} \\
{firm.postcode} {firm.city.upper()}
#v(0.8cm)
#table(columns: (3.4cm, 1fr), stroke: none, inset: (x: 0pt, y: 2.5pt), [Datum], [{in_words(day, "nl")}], [Ons kenmerk], [{_digits(random, 9)}], [Betreft], [Uw btw-identificatienummer])
#v(0.5cm)
Geachte heer, mevrouw,

U krijgt een btw-identificatienummer. Dit nummer gebruikt u voor al uw contacten met uw klanten en leveranciers en
zet u op uw facturen.

#h(1cm) Uw btw-identificatienummer is: *{firm.tax}*

Controleer of uw gegevens kloppen. Is dit niet het geval, geef dit dan door aan de Belastingdienst.

Met vriendelijke groet, \\ namens de inspecteur
"""


def _permanente(firm: Firm, day: date, _until: date, random: Random) -> str:
    return f"""
#set page(margin: 2cm)
#set text(font: "DejaVu Sans", size: 9pt, lang: "pt")
#text(size: 13pt)[*Certidão Permanente de Registo Comercial*] #h(1fr) Código de acesso: {_digits(random, 4)}-{_digits(random, 4)}-{_digits(random, 4)}
#line(length: 100%)
A entidade assim identificada está registada na Conservatória do Registo Comercial de {firm.city}.
#v(0.3cm)
*Matrícula*
#grid(columns: (4.5cm, 1fr), row-gutter: 7pt,
 [NIF/NIPC:], [{firm.number}],
 [Firma:], [{_t(firm.name)}],
 [Natureza Jurídica:], [SOCIEDADE COMERCIAL],
 [Sede:], [{_t(firm.street)}],
 [], [{firm.postcode} {firm.city}],
 [Objecto:], [Comércio por grosso de artigos para o lar],
 [Capital:], [{random.randint(5, 90)}.000,00 Euros],
 [Data de encerramento do exercício:], [31 Dezembro])
#v(0.4cm)
*Órgãos Sociais* \\ GERÊNCIA: {random.choice(("RUI MANUEL PINTO", "TERESA SOUSA LOPES"))}
#v(0.6cm)
Certidão permanente subscrita em {day:%d-%m-%Y} e válida até {day + timedelta(days=365):%d-%m-%Y}
"""


def _attribuzione(firm: Firm, day: date, _until: date, random: Random) -> str:
    return f"""
#set page(margin: 2.4cm)
#set text(font: "New Computer Modern", size: 11pt, lang: "it")
#grid(columns: (1fr, auto), [#text(size: 16pt)[Agenzia delle Entrate] \\ Direzione Provinciale di {firm.city}], [Protocollo {_digits(random, 8)}])
#v(1cm)
#align(center)[*CERTIFICATO DI ATTRIBUZIONE DEL NUMERO DI PARTITA IVA*]
#v(0.5cm)
Si attesta che al soggetto di seguito indicato è stato attribuito il numero di partita IVA:

#align(center)[#text(size: 14pt)[{firm.tax}]]

Soggetto: {_t(firm.name)}

con sede in {firm.city}, {_t(firm.street)}, {firm.postcode}

Attività esercitata: 46.49.90 commercio all'ingrosso di vari prodotti di consumo
#v(1cm)
{firm.city}, {day:%d/%m/%Y} #h(1fr) Il funzionario
"""


def _british_gas(firm: Firm, day: date, _until: date, random: Random) -> str:
    return f"""
#set page(margin: 1.9cm)
#set text(font: "DejaVu Sans", size: 9pt, lang: "en")
#text(size: 18pt, fill: rgb("#0396a6"))[British Gas] #text(size: 12pt)[business]
#v(0.7cm)
#grid(columns: (1fr, 6cm),
 [{_t(firm.name)} \\ {_t(firm.street)} \\ {firm.city} \\ {firm.postcode}],
 rect(inset: 8pt, width: 100%)[*Your electricity bill* \\ Bill date: {in_words(day, "en")} \\ Customer reference: {_digits(random, 9)} \\ Bill number: {_digits(random, 8)}])
#v(0.8cm)
Hello, here is your bill for {in_words(day - timedelta(days=33), "en")} to {in_words(day - timedelta(days=3), "en")}.
#table(columns: (1fr, auto), stroke: (x: none), [Balance brought forward], [£0.00], [Electricity used], [£{random.randint(90, 700)}.{random.randint(10, 99)}], [Standing charge], [£{random.randint(9, 40)}.{random.randint(10, 99)}], [VAT at 20%], [£{random.randint(9, 90)}.{random.randint(10, 99)}])
Supply address: {_t(firm.street)}, {firm.city}, {firm.postcode}

We will take your payment by Direct Debit on or after {in_words(day + timedelta(days=14), "en")}.
"""


def _releve(firm: Firm, day: date, _until: date, random: Random) -> str:
    rows = "".join(
        f"[{day - timedelta(days=25 - 5 * number):%d.%m}], [{random.choice(('VIREMENT RECU', 'PRELEVEMENT', 'FRAIS'))}], [{_money(random)}],\n"
        for number in range(5)
    )
    return f"""
#set page(margin: 2cm)
#set text(font: "Libertinus Serif", size: 10pt, lang: "fr")
#text(size: 16pt, fill: rgb("#00915a"))[*BNP PARIBAS*]
#align(right)[#block[#align(left)[{_t(firm.name)} \\ {_t(firm.street)} \\ {firm.postcode} {firm.city}]]]
#v(0.5cm)
*RELEVÉ DE COMPTE CHÈQUES* du {day - timedelta(days=30):%d/%m/%Y} au {day:%d/%m/%Y}
#v(0.2cm)
IBAN : {_grouped(firm.iban)} #h(1cm) BIC : BNPAFRPPXXX
#v(0.3cm)
#table(columns: (2cm, 1fr, 3cm), [Date], [Nature des opérations], [Montant],
{rows})
SOLDE CRÉDITEUR AU {day:%d.%m.%Y}: {random.randint(2, 90)} {_digits(random, 3)},00
"""


def _certyfikat(firm: Firm, day: date, until: date, random: Random) -> str:
    return f"""
#set page(margin: 2.2cm)
#set text(font: "DejaVu Serif", size: 11pt, lang: "pl")
#align(center)[#text(size: 26pt)[CERTYFIKAT] \\ Nr {_digits(random, 5)}/{_digits(random, 2)}
#v(0.6cm)
Jednostka certyfikująca DEKRA Certification niniejszym zaświadcza, że firma
#v(0.3cm)
#text(size: 17pt)[*{_t(firm.name)}*] \\
{_t(firm.street)} \\ {firm.postcode} {firm.city}
#v(0.3cm)
wdrożyła i stosuje system zarządzania jakością zgodny z normą

*PN-EN ISO 9001:2015*

w zakresie: {random.choice(("produkcja ceramiki użytkowej", "hurtowa sprzedaż mebli", "produkcja tkanin"))}
#v(0.6cm)
Certyfikat ważny od {day:%d.%m.%Y} do {until:%d.%m.%Y}]
"""


def _hsbc(firm: Firm, day: date, _until: date, random: Random) -> str:
    rows = "".join(
        f"[{in_words(day - timedelta(days=26 - 5 * number), 'en')}], [{random.choice(('BP', 'DD', 'CR'))} {random.choice(('CARD SETTLEMENT', 'BUSINESS RATES', 'INVOICE'))} {_digits(random, 5)}], [{_money(random)}],\n"
        for number in range(5)
    )
    return f"""
#set page(margin: (left: 2cm, right: 1.6cm, y: 1.7cm), footer: [#text(size: 7pt)[HSBC UK Bank plc. Registered in England and Wales number 09928412.]])
#set text(font: "DejaVu Sans", size: 9pt, lang: "en")
#grid(columns: (1fr, auto), text(size: 17pt, fill: rgb("#db0011"))[*HSBC UK*], [Your Business Current Account details])
#v(0.8cm)
#grid(columns: (1fr, 7.4cm),
 [{_t(firm.name)} \\ {_t(firm.street)} \\ {firm.city} \\ {firm.postcode}],
 [Account Name: {_t(firm.name)} \\ Statement date: {in_words(day, "en")} \\ IBAN: {_grouped(firm.iban)} \\ BIC: HBUKGB4B])
#v(0.6cm)
*{in_words(day - timedelta(days=30), "en")} to {in_words(day, "en")}*
#table(columns: (3.6cm, 1fr, 2.8cm), stroke: (x: none), [Date], [Payment type and details], [Amount],
{rows})
Closing balance £{random.randint(2, 90)},{_digits(random, 3)}.00
"""


def _rekeningafschrift(firm: Firm, day: date, _until: date, random: Random) -> str:
    rows = "".join(
        f"[{day - timedelta(days=24 - 5 * number):%d-%m}], [{random.choice(('Overboeking', 'Incasso', 'Betaalautomaat'))}], [{random.choice(('Af', 'Bij'))}], [{_money(random)}],\n"
        for number in range(5)
    )
    return f"""
#set page(margin: 2.1cm)
#set text(font: "Libertinus Serif", size: 10.5pt, lang: "nl")
#align(right)[#text(size: 16pt, fill: rgb("#000099"))[*Rabobank*]]
#text(size: 14pt)[Rekeningafschrift]
#v(0.3cm)
{_t(firm.name)} \\
{_t(firm.street)} \\
{firm.postcode} {firm.city}
#v(0.5cm)
#table(columns: (auto, 1fr), stroke: none,
 [Rekeninghouder], [{_t(firm.name)}],
 [IBAN], [{_grouped(firm.iban)}],
 [Datum], [{day:%d-%m-%Y}],
 [Periode], [{day - timedelta(days=30):%d-%m-%Y} t/m {day:%d-%m-%Y}])
#v(0.4cm)
#table(columns: (2cm, 1fr, 1.6cm, 2.6cm), [Datum], [Omschrijving], [Af / bij], [Bedrag (EUR)],
{rows})
Eindsaldo: {random.randint(2, 90)}.{_digits(random, 3)},00
"""


def _t(text: str) -> str:
    """Text as typst's markup shows it as it is."""
    return re.sub(r"([\\#\[\]*_$`<>@~'\"/-])", r"\\\1", text)


# The rules were made while looking at these twenty-four ...
TUNED = (
    Family("handelsregister_de", Paper.REGISTRATION_EXTRACT, "DE", 20, "number", _handelsregister),
    Family("kbis_fr", Paper.REGISTRATION_EXTRACT, "FR", 20, "number", _kbis),
    Family("vat_letter_gb", Paper.TAX_CERTIFICATE, "GB", 60, "tax", _vat_letter),
    Family("extracto_es", Paper.BANK_STATEMENT, "ES", 30, "iban", _extracto),
    Family("visura_it", Paper.REGISTRATION_EXTRACT, "IT", 20, "number", _visura),
    Family("energienota_nl", Paper.PROOF_OF_ADDRESS, "NL", 30, "address", _energienota),
    Family("zaswiadczenie_pl", Paper.TAX_CERTIFICATE, "PL", 60, "tax", _zaswiadczenie),
    Family("certificado_iso_pt", Paper.ISO_CERTIFICATE, "PT", 300, "name", _certificado),
    Family("stadtwerke_de", Paper.PROOF_OF_ADDRESS, "DE", 30, "address", _stadtwerke),
    Family("certificate_iso_gb", Paper.ISO_CERTIFICATE, "GB", 300, "name", _bsi),
    Family("estratto_it", Paper.BANK_STATEMENT, "IT", 30, "iban", _estratto),
    Family("certidao_pt", Paper.TAX_CERTIFICATE, "PT", 60, "tax", _certidao),
    Family("companies_house_gb", Paper.REGISTRATION_EXTRACT, "GB", 20, "number", _companies_house),
    Family("kvk_nl", Paper.REGISTRATION_EXTRACT, "NL", 20, "number", _kvk),
    Family("regularite_fr", Paper.TAX_CERTIFICATE, "FR", 60, "tax", _regularite),
    Family("factura_luz_es", Paper.PROOF_OF_ADDRESS, "ES", 30, "address", _factura_luz),
    Family("wyciag_pl", Paper.BANK_STATEMENT, "PL", 20, "iban", _wyciag),
    Family("zertifikat_iso_de", Paper.ISO_CERTIFICATE, "DE", 300, "name", _tuev),
    Family("nota_mercantil_es", Paper.REGISTRATION_EXTRACT, "ES", 20, "number", _nota_mercantil),
    Family("ustid_de", Paper.TAX_CERTIFICATE, "DE", 60, "tax", _ustid),
    Family("facture_edf_fr", Paper.PROOF_OF_ADDRESS, "FR", 30, "address", _facture_edf),
    Family("kontoauszug_de", Paper.BANK_STATEMENT, "DE", 20, "iban", _kontoauszug),
    Family("krs_pl", Paper.REGISTRATION_EXTRACT, "PL", 20, "number", _krs),
    Family("certificato_iso_it", Paper.ISO_CERTIFICATE, "IT", 300, "name", _rina),
)
# ... and never changed for the sake of these eight, which were written last: rates are told for them.
HELD_OUT = (
    Family("belastingdienst_nl", Paper.TAX_CERTIFICATE, "NL", 60, "tax", _belastingdienst),
    Family("permanente_pt", Paper.REGISTRATION_EXTRACT, "PT", 20, "number", _permanente),
    Family("attribuzione_it", Paper.TAX_CERTIFICATE, "IT", 60, "tax", _attribuzione),
    Family("british_gas_gb", Paper.PROOF_OF_ADDRESS, "GB", 30, "address", _british_gas),
    Family("releve_fr", Paper.BANK_STATEMENT, "FR", 20, "iban", _releve),
    Family("certyfikat_iso_pl", Paper.ISO_CERTIFICATE, "PL", 300, "name", _certyfikat),
    Family("statement_gb", Paper.BANK_STATEMENT, "GB", 20, "iban", _hsbc),
    Family("rekeningafschrift_nl", Paper.BANK_STATEMENT, "NL", 20, "iban", _rekeningafschrift),
)
FAMILIES = TUNED + HELD_OUT


def _compiled(family: Family, firm: Firm, day: date, until: date, seed: int, more: str = "") -> bytes:
    random = Random(f"{family.name} {seed} body")
    made = f"datetime(year: {day.year}, month: {day.month}, day: {day.day}, hour: 9, minute: {seed % 60}, second: 7)"
    source = f"#set document(title: {_quoted(family.paper.value)}, date: {made})\n" + family.draw(firm, day, until, random) + more
    return bytes(typst.compile(source.encode()))


def issued(family: Family, firm: Firm, day: date, until: date, seed: int) -> bytes:
    """The honest paper of a family about a company of one's own choice."""
    return _compiled(family, firm, day, until, seed)


def _quoted(text: str) -> str:
    return '"' + text.replace('"', "") + '"'


@dataclass(frozen=True)
class Case:
    """One file, what it is, and what the company that hands it in has told of itself."""

    family: str
    paper: Paper
    kind: str  # clean, forged, expired, foreign, altered
    how: str
    content: bytes
    media_type: str
    expected: Expected


def clean(family: Family, seed: int) -> Case:
    firm, day, until = _drawn(family, seed)
    return _case(family, "clean", "as issued", _compiled(family, firm, day, until, seed), firm)


def _drawn(family: Family, seed: int) -> tuple[Firm, date, date]:
    random = Random(f"{family.name} {seed}")
    firm = a_firm(random, family.country)
    day = TODAY - timedelta(days=random.randint(1, family.age_days_max))
    return firm, day, day + timedelta(days=3 * 365)


def _case(family: Family, kind: str, how: str, content: bytes, firm: Firm, media_type: str = "application/pdf") -> Case:
    return Case(family.name, family.paper, kind, how, content, media_type, firm.expected())


def _other_digits(random: Random, text: str) -> str:
    places = [place for place, sign in enumerate(text) if sign.isdigit()][-6:]
    place = random.choice(places)
    return text[:place] + random.choice([d for d in "0123456789" if d != text[place]]) + text[place + 1 :]


def _near_name(random: Random, name: str) -> str:
    """A name with one letter changed, as a squatter has it."""
    places = [place for place, sign in enumerate(name.split(" ")[0]) if sign.isalpha() and place]
    place = random.choice(places)
    return name[:place] + random.choice([letter for letter in "aeiou" if letter != name[place]]) + name[place + 1 :]


def bad(family: Family, seed: int) -> list[Case]:
    """What must never pass: each file claims to be the paper of the same company."""
    random = Random(f"{family.name} {seed} bad")
    firm, day, until = _drawn(family, seed)
    other = a_firm(random, family.country)
    made = lambda firm, day=day, until=until: _compiled(family, firm, day, until, seed)  # noqa: E731
    cases: list[tuple[str, str, bytes]] = [
        ("forged", "one letter of the name", made(replace(firm, name=_near_name(random, firm.name)))),
        ("forged", "another legal form", made(replace(firm, name=_other_form(random, firm)))),
        ("foreign", "another company's", made(other)),
        ("foreign", "a namesake at another place", made(replace(
            other, name=firm.name + " Nord" if family.key == "name" else firm.name))),
    ]  # fmt: skip
    copy = f"\n\n{_t(firm.name)} \\\n{_t(firm.street)} \\\n{firm.postcode} {firm.city}\n"
    cases.append(("foreign", "another company's, with a copy to this one", _compiled(family, other, day, until, seed, copy)))
    if family.key in ("number", "tax", "iban"):
        wrong = _other_digits(random, getattr(firm, family.key))
        same = {"number", "tax"} if firm.number == firm.tax and family.key != "iban" else {family.key}
        cases.append(("forged", "one digit of the number", made(replace(firm, **dict.fromkeys(same, wrong)))))
    if family.key == "iban":
        paid = f"\n\n{_grouped(firm.iban)}\n"
        cases.append(("foreign", "another account of the same business, with a payment to this one",
                      _compiled(family, replace(firm, iban=other.iban), day, until, seed, paid)))  # fmt: skip
    if family.paper is Paper.ISO_CERTIFICATE:
        cases.append(("expired", "no longer valid", made(firm, TODAY - timedelta(days=1200), TODAY - timedelta(days=30))))
    else:
        cases.append(("expired", "too old", made(firm, TODAY - timedelta(days=random.randint(400, 900)))))
    cases.append(("forged", "dated after today", made(firm, TODAY + timedelta(days=12))))
    for how, content in altered(family, seed):
        cases.append(("altered", how, content))
    return [_case(family, kind, how, content, firm) for kind, how, content in cases]


def _other_form(random: Random, firm: Firm) -> str:
    form = next(form for form in sorted(_FORMS[firm.country], key=len, reverse=True) if firm.name.endswith(form))
    group = {"Ltd": ("Ltd", "Limited"), "Limited": ("Ltd", "Limited")}.get(form, (form,))
    return firm.name.removesuffix(form) + random.choice([one for one in _FORMS[firm.country] if one not in group])


# --- altering ----------------------------------------------------------------------------------


def altered(family: Family, seed: int) -> list[tuple[str, bytes]]:
    """Another company's honest paper, edited so that it names this one: every way in which we know to do it."""
    firm, day, until = _drawn(family, seed)
    random = Random(f"{family.name} {seed} altered")
    other = a_firm(random, family.country)
    victim = _compiled(family, other, day, until, seed)
    own_old = _compiled(family, firm, TODAY - timedelta(days=500), TODAY - timedelta(days=20), seed)
    wanted = _wanted(other, firm)
    honest = _compiled(family, firm, day, until, seed)
    fresh = {one: _shown(day, one) for one in ("%d.%m.%Y", "%d/%m/%Y", "%d-%m-%Y", "words")}
    old_day, old_until = TODAY - timedelta(days=500), TODAY - timedelta(days=20)
    dates = {_shown(old_day, one, family): _shown(day, one, family) for one in fresh}
    dates |= {_shown(old_until, one, family): _shown(until, one, family) for one in fresh}
    return [
        ("text over white boxes", overlaid(victim, wanted)),
        ("text over white boxes, as an update of the file", overlaid(victim, wanted, as_update=True)),
        ("a picture of text over the text", overlaid(victim, wanted, as_picture=True)),
        ("text over white boxes, names of makers copied", overlaid(victim, wanted, keep_words=True)),
        ("a fresh date over the old one", overlaid(own_old, dates, keep_words=True)),
        ("drawing commands changed by a library", retyped(victim, honest, keep_words=False)),
        ("drawing commands changed, names of makers copied", retyped(victim, honest, keep_words=True)),
        ("drawing commands changed in their place", retyped(victim, honest, keep_words=True, in_place=True)),
        ("an invisible text over a picture of another paper", veiled(victim, honest)),
        ("annotations over the text", annotated(victim, wanted)),
        ("an honest file saved by an editor", by_editor(honest)),
    ]


def _shown(day: date, form: str, family: Family | None = None) -> str:
    if form != "words":
        return f"{day:{form}}"
    language = {"GB": "en"}.get(family.country, family.country.lower()) if family else "en"
    return in_words(day, language)


def _wanted(other: Firm, firm: Firm) -> dict[str, str]:
    pairs = {
        other.name: firm.name, other.name.upper(): firm.name.upper(), other.number: firm.number, other.tax: firm.tax,
        _grouped(other.number, 3): _grouped(firm.number, 3), _grouped(other.iban): _grouped(firm.iban),
        f"GB {_grouped(other.tax[2:], 3)}": f"GB {_grouped(firm.tax[2:], 3)}",
        f"{other.tax[:3]}-{other.tax[3:6]}-{other.tax[6:8]}-{other.tax[8:]}":
            f"{firm.tax[:3]}-{firm.tax[3:6]}-{firm.tax[6:8]}-{firm.tax[8:]}",
        other.street: firm.street, other.city: firm.city, other.postcode: firm.postcode,
        f"{other.postcode} {other.city}": f"{firm.postcode} {firm.city}",
    }  # fmt: skip
    return {old: new for old, new in pairs.items() if old != new}


def _places(content: bytes, wanted: dict[str, str]) -> list[tuple[int, tuple[float, float, float, float], str]]:
    """Where the old words stand, the longest first, so that no place is covered twice."""
    import pypdfium2

    found: list[tuple[int, tuple[float, float, float, float], str]] = []
    taken: set[tuple[int, int]] = set()
    document = pypdfium2.PdfDocument(content)
    for number, page in enumerate(document):
        text = page.get_textpage()
        for old in sorted(wanted, key=len, reverse=True):
            search = text.search(old, match_case=True)
            while hit := search.get_next():
                start, count = hit
                if taken & {(number, place) for place in range(start, start + count)}:
                    continue
                taken |= {(number, place) for place in range(start, start + count)}
                boxes = [text.get_charbox(place) for place in range(start, start + count)]
                boxes = [box for box in boxes if box[2] > box[0]]
                left, bottom, right, top = (min(b[0] for b in boxes), min(b[1] for b in boxes), max(b[2] for b in boxes), max(b[3] for b in boxes))
                found.append((number, (left, bottom, right, top), wanted[old]))
    return found


def _keep_words(writer: pypdf.PdfWriter, content: bytes) -> None:
    reader = pypdf.PdfReader(io.BytesIO(content))
    writer._info = None
    writer.add_metadata({key: str(value) for key, value in (reader.metadata or {}).items()})
    writer._ID = ArrayObject(reader.trailer["/ID"])


def overlaid(
    content: bytes, wanted: dict[str, str], *, as_update: bool = False, as_picture: bool = False, keep_words: bool = False
) -> bytes:
    """White boxes over the old words and the new ones on top."""
    writer = pypdf.PdfWriter(io.BytesIO(content), incremental=as_update)
    by_page: dict[int, list[tuple[tuple[float, float, float, float], str]]] = {}
    for number, box, new in _places(content, wanted):
        by_page.setdefault(number, []).append((box, new))
    for number, places in by_page.items():
        page = writer.pages[number]
        resources = page["/Resources"].get_object()
        drawn: list[str] = []
        if as_picture:
            for index, ((left, bottom, right, top), new) in enumerate(places):
                name = f"/Patch{index}"
                resources.setdefault(NameObject("/XObject"), DictionaryObject()).get_object()[NameObject(name)] = writer._add_object(_patch(new))
                drawn.append(f"q {max(right - left, 5.2 * len(new)):.2f} 0 0 {top - bottom + 5:.2f} {left:.2f} {bottom - 2.5:.2f} cm {name} Do Q")
        else:
            font = DictionaryObject({
                NameObject("/Type"): NameObject("/Font"), NameObject("/Subtype"): NameObject("/Type1"),
                NameObject("/BaseFont"): NameObject("/Times-Roman"), NameObject("/Encoding"): NameObject("/WinAnsiEncoding"),
            })  # fmt: skip
            resources.setdefault(NameObject("/Font"), DictionaryObject()).get_object()[NameObject("/Fnew")] = writer._add_object(font)
            for (left, bottom, right, top), new in places:
                size = max(7.0, (top - bottom) * 1.15)
                shown = new.encode("cp1252", "replace").hex()
                drawn.append(
                    f"q 1 1 1 rg {left - 1:.2f} {bottom - 2:.2f} {right - left + 2:.2f} {top - bottom + 4:.2f} re f Q"
                    f" q BT 0 g /Fnew {size:.2f} Tf {left:.2f} {bottom:.2f} Td <{shown}> Tj ET Q"
                )
        stream = StreamObject()
        stream.set_data("\n".join(drawn).encode())
        before = page["/Contents"]
        parts = before if isinstance(before, ArrayObject) else ArrayObject([page.raw_get("/Contents")])
        page[NameObject("/Contents")] = ArrayObject([*parts, writer._add_object(_isolated(b"q")), writer._add_object(stream), writer._add_object(_isolated(b"Q"))])
    if keep_words:
        _keep_words(writer, content)
    made = io.BytesIO()
    writer.write(made)
    return made.getvalue()


def _isolated(command: bytes) -> StreamObject:
    stream = StreamObject()
    stream.set_data(command)
    return stream


def _patch(text: str) -> StreamObject:
    from PIL import ImageDraw, ImageFont

    font = ImageFont.load_default(size=28)
    width = int(font.getlength(text)) + 8
    picture = Image.new("RGB", (width, 38), "white")
    ImageDraw.Draw(picture).text((3, 2), text, fill="black", font=font)
    stream = StreamObject()
    stream.set_data(zlib.compress(picture.tobytes()))
    stream.update({
        NameObject("/Type"): NameObject("/XObject"), NameObject("/Subtype"): NameObject("/Image"),
        NameObject("/Width"): NumberObject(width), NameObject("/Height"): NumberObject(38),
        NameObject("/ColorSpace"): NameObject("/DeviceRGB"), NameObject("/BitsPerComponent"): NumberObject(8),
        NameObject("/Filter"): NameObject("/FlateDecode"),
    })  # fmt: skip
    return stream


_OBJECT = re.compile(rb"(\d+) 0 obj\n(.*?)\nendobj", re.DOTALL)
_LENGTH = re.compile(rb"/Length (\d+)")


def retyped(victim: bytes, wished: bytes, *, keep_words: bool, in_place: bool = False) -> bytes:
    """The victim's file with other drawing commands: those of the paper that the forger wishes to have.

    In its place: the file is patched by hand, so that all but the drawing and what it needs stays byte by byte.
    """
    if in_place:
        return _patched(victim, wished)
    writer, source = pypdf.PdfWriter(io.BytesIO(victim)), pypdf.PdfReader(io.BytesIO(wished))
    for page, new in zip(writer.pages, source.pages, strict=False):
        drawing = StreamObject()
        drawing.set_data(new.get_contents().get_data())
        page[NameObject("/Contents")] = writer._add_object(drawing.flate_encode())
        page[NameObject("/Resources")] = new["/Resources"].get_object().clone(writer)
    if keep_words:
        _keep_words(writer, victim)
    made = io.BytesIO()
    writer.write(made)
    return made.getvalue()


def _patched(victim: bytes, wished: bytes) -> bytes:
    """The wished file under the victim's names: its streams packed anew by another packer, its tables rebuilt."""
    victims_id = re.search(rb"/ID\[.*?\]", victim)
    assert victims_id
    pieces: list[tuple[int, bytes]] = []
    for match in _OBJECT.finditer(wished):
        body = match[2]
        if b"/FlateDecode" in body and b"stream\n" in body:
            head, _, rest = body.partition(b"stream\n")
            length = int(_LENGTH.search(head)[1])  # type: ignore[index]
            packed = zlib.compress(zlib.decompress(rest[:length]), 6)
            is_drawing = b"/Type" not in head and b"/Subtype" not in head
            if is_drawing:
                body = _LENGTH.sub(b"/Length %d" % len(packed), head) + b"stream\n" + packed + rest[length:]
        pieces.append((int(match[1]), body))
    made, places = io.BytesIO(wished[: wished.index(b"1 0 obj")]), {}
    made.seek(0, io.SEEK_END)
    for number, body in pieces:
        places[number] = made.tell()
        made.write(b"%d 0 obj\n%s\nendobj\n\n" % (number, body))
    table = made.tell()
    size = max(places) + 1
    made.write(b"xref\n0 %d\n0000000000 65535 f\r\n" % size)
    made.writelines(b"%010d 00000 n\r\n" % places.get(number, 0) for number in range(1, size))
    trailer = re.search(rb"trailer\n(.*?)\nstartxref", wished, re.DOTALL)
    assert trailer
    made.write(b"trailer\n" + re.sub(rb"/ID\[.*?\]", lambda _: victims_id[0], trailer[1]) + b"\nstartxref\n%d\n%%%%EOF" % table)
    return made.getvalue()


def veiled(victim: bytes, wished: bytes) -> bytes:
    """A picture of the victim's paper under the invisible text of the wished one."""
    picture = rendered(victim, dots=100)
    packed = io.BytesIO()
    picture.save(packed, "JPEG", quality=80)
    writer = pypdf.PdfWriter(io.BytesIO(wished))
    page = writer.pages[0]
    stream = StreamObject()
    stream.set_data(packed.getvalue())
    stream.update({
        NameObject("/Type"): NameObject("/XObject"), NameObject("/Subtype"): NameObject("/Image"),
        NameObject("/Width"): NumberObject(picture.width), NameObject("/Height"): NumberObject(picture.height),
        NameObject("/ColorSpace"): NameObject("/DeviceRGB"), NameObject("/BitsPerComponent"): NumberObject(8),
        NameObject("/Filter"): NameObject("/DCTDecode"),
    })  # fmt: skip
    resources = page["/Resources"].get_object()
    resources.setdefault(NameObject("/XObject"), DictionaryObject()).get_object()[NameObject("/Scan")] = writer._add_object(stream)
    veil = StreamObject()
    width, height = float(page.mediabox.width), float(page.mediabox.height)
    shown = f"q {width} 0 0 {height} 0 0 cm /Scan Do Q"
    veil.set_data(page.get_contents().get_data().replace(b"BT\n", b"BT 3 Tr\n") + shown.encode())
    page[NameObject("/Contents")] = writer._add_object(veil.flate_encode())
    _keep_words(writer, wished)
    made = io.BytesIO()
    writer.write(made)
    return made.getvalue()


def annotated(content: bytes, wanted: dict[str, str]) -> bytes:
    from pypdf.annotations import FreeText

    writer = pypdf.PdfWriter(io.BytesIO(content))
    for number, (left, bottom, right, top), new in _places(content, wanted):
        note = FreeText(
            text=new, rect=(left - 2, bottom - 3, max(right, left + 6 * len(new)), top + 5), font_size="10pt",
            background_color="ffffff", border_color=None,
        )  # fmt: skip
        writer.add_annotation(number, note)
    made = io.BytesIO()
    writer.write(made)
    return made.getvalue()


def by_editor(content: bytes) -> bytes:
    writer = pypdf.PdfWriter(io.BytesIO(content))
    writer.add_metadata({"/Creator": "Image editor 12", "/Producer": "iLovePDF", "/ModDate": "D:20261119101112Z"})
    made = io.BytesIO()
    writer.write(made)
    return made.getvalue()


# --- scans -------------------------------------------------------------------------------------


def rendered(content: bytes, *, dots: int = 150) -> Image.Image:
    import pypdfium2

    return pypdfium2.PdfDocument(content)[0].render(scale=dots / 72).to_pil().convert("RGB")


def scanned(content: bytes, seed: int, *, as_pdf: bool = False) -> bytes:
    """The paper as a scanner or a telephone sees it."""
    random = Random(f"scan {seed}")
    picture = rendered(content).rotate(random.uniform(-2, 2), expand=True, fillcolor=(236, 234, 228), resample=Image.Resampling.BICUBIC)
    picture = picture.filter(ImageFilter.GaussianBlur(random.uniform(0.3, 0.9)))
    made = io.BytesIO()
    if as_pdf:
        picture.save(made, "PDF", resolution=150)
    else:
        picture.save(made, "JPEG", quality=random.randint(35, 70))
    return made.getvalue()


def scan_cases(family: Family, seed: int) -> list[Case]:
    """An honest paper and another company's, scanned: as a picture and as a PDF without text."""
    firm, day, until = _drawn(family, seed)
    other = a_firm(Random(f"{family.name} {seed} scan"), family.country)
    honest, foreign = _compiled(family, firm, day, until, seed), _compiled(family, other, day, until, seed)
    return [
        _case(family, "clean scan", "a picture", scanned(honest, seed), firm, "image/jpeg"),
        _case(family, "clean scan", "a PDF without text", scanned(honest, seed + 1, as_pdf=True), firm),
        _case(family, "foreign", "another company's, scanned", scanned(foreign, seed), firm, "image/jpeg"),
    ]
