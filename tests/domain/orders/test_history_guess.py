"""What a file of past sales looks like: encoding, delimiter, marks and headers, and what is left open."""

from io import BytesIO

import pytest

from domain.orders import Guess, guess_layout, guess_state, words_in_column


def look(content: str | bytes, **given: str) -> Guess:
    return guess_layout(BytesIO(content if isinstance(content, bytes) else content.encode()), name="x.csv", **given)


GERMAN = "Belegnr.;Datum;Kundenname;Artikel-Nr.;Bezeichnung;Menge;Einzelpreis;Rabatt %;Währung\n"
ENGLISH = "Order Number,Order Date,CustomerName,SKU,Product Name,Qty,Unit Price,Discount,Status,Customer Country\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_a_german_file_is_understood(encoding: str, delimiter: str) -> None:
    content = (GERMAN + '1;31.12.2025;Café;A-1;"Mehl, Typ 405";1.000;2,50;3;EUR\n').replace(";", delimiter)
    guess = look(content.encode(encoding))
    assert guess.layout.encoding == encoding.removesuffix("-sig")
    assert (guess.layout.delimiter, guess.layout.decimal, guess.layout.day_order) == (delimiter, ",", "dmy")
    assert guess.layout.columns == {
        "order_id": "Belegnr.", "ordered_at": "Datum", "customer": "Kundenname", "sku": "Artikel-Nr.",
        "product": "Bezeichnung", "quantity": "Menge", "unit_price": "Einzelpreis", "discount_percent": "Rabatt %",
        "currency": "Währung",
    }  # fmt: skip
    assert not guess.doubts and not guess.layout.lacks()
    assert guess.rows[0][2] == "Café"


def test_an_english_file_is_understood() -> None:
    guess = look(ENGLISH + '1,12/31/2025,Shop,A,Flour,10,"1,234.50",0.5,Shipped,France\n')
    assert (guess.layout.delimiter, guess.layout.decimal, guess.layout.day_order) == (",", ".", "mdy")
    assert len(guess.layout.columns) == 10 and not guess.doubts


def test_french_spanish_and_italian_headers_are_known() -> None:
    for header in (
        "N° commande;Date de commande;Nom du client;Code article;Désignation;Quantité;Prix unitaire HT;Statut;Pays",
        "Nº pedido;Fecha;Cliente;Código;Descripción;Cantidad;Precio unitario;Estado;País",
        "Numero ordine;Data ordine;Ragione sociale;Codice articolo;Descrizione;Quantità;Prezzo unitario;Stato;Paese",
    ):
        assert len(look(header + "\n").layout.columns) == 9, header


@pytest.mark.parametrize(
    ("price", "day", "doubts"),
    [
        ("1,234", "01/02/2025", {"decimal", "day_order"}), ("1,234", "2025-02-01", {"decimal"}), ("1.5", "1/2/25", {"day_order"}),
        ("0.125", "01.02.2025", set()), ("1.234.567", "20250201", set()), ("12", "2025-02-01T10:00:00Z", set()),
    ],
)  # fmt: skip
def test_what_can_be_read_in_two_ways_is_said(price: str, day: str, doubts: set[str]) -> None:
    assert look(f'Order;Date;Customer;SKU;Qty;Price\n1;{day};Shop;A;1;"{price}"\n').doubts == doubts


@pytest.mark.parametrize("content", ["", "\n", "just words\nmore words\n", b"\x00\x01\x02", "a,b\n" * 3])
def test_what_is_no_such_file_is_no_guess(content: str | bytes) -> None:
    assert look(content).layout.lacks()


def test_what_is_given_is_taken() -> None:
    guess = look(GERMAN + "1;1.2.2025;x;A;x;1;2,50;;EUR\n", delimiter=",")
    assert guess.layout.delimiter == "," and len(guess.header) == 1


def test_the_words_of_a_column_are_collected_and_known() -> None:
    guess = look(ENGLISH + "1,2025-12-31,Shop,A,F,1,1,,Shipped,F\n2,2025-12-31,Shop,A,F,1,1,,VOID,F\n" * 3)
    file = BytesIO((ENGLISH + "1,2025-12-31,S,A,F,1,1,,Shipped,F\n2,2025-12-31,S,A,F,1,1,,VOID,F\n").encode())
    words = words_in_column(file, guess.layout, "Status")
    assert words == ("shipped", "void")
    assert [guess_state(word) for word in (*words, "Gutschrift", "annulée", "whatever")] == [
        "completed", "cancelled", "returned", "cancelled", None,
    ]  # fmt: skip
    assert not file.closed
