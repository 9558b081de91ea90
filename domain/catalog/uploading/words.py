"""What price lists in several languages call their columns.

Folded (lower case, no accents and signs), divided by bars, the most telling first: English, German, French, Spanish,
Italian, Portuguese, Dutch, Polish, Czech, Swedish, Danish, Turkish, Greek.
"""

from domain.kernel.delimited import folded

HEADERS = {
    "sku": (
        "sku|item code|article code|product code|item no|item number|article no|article number|art no|artno|"
        "part number|part no|stock code|stockcode|supplier sku|vendor sku|model no|model number|item id|article id|"
        "product no|product number|catalog no|catalogue no|cat no|code|item|"
        "artikelnummer|artikelnr|artikel nr|art nr|artnr|artikel no|bestellnummer|bestellnr|bestell nr|best nr|"
        "sachnummer|materialnummer|materialnr|teilenummer|artikelcode|artikel|"
        "reference|ref|ref article|reference article|reference produit|code article|code produit|"
        "referencia|codigo|cod|codigo articulo|codigo producto|codigo de articulo|codigo do produto|cod articulo|"
        "articulo|codice|codice articolo|codice prodotto|cod articolo|articolo|artigo|"
        "artikkelnummer|artikelnummer leverancier|bestelnummer|indeks|kod produktu|kod|nr katalogowy|katalogove cislo|"
        "varenummer|varenr|stok kodu|urun kodu|κωδικος|article|product id|id"
    ),
    "name": (
        "product name|item name|name|article name|product title|title|product description|item description|"
        "description|article description|designation|product|item|"
        "bezeichnung|artikelbezeichnung|artikelname|produktname|produktbezeichnung|benennung|produkt|"
        "libelle|nom du produit|nom produit|nom|intitule|produit|"
        "descripcion|nombre|nombre del producto|denominacion|producto|descrizione|nome|nome prodotto|denominazione|"
        "prodotto|descricao|nome do produto|designacao|produto|omschrijving|productnaam|artikelomschrijving|naam|"
        "nazwa|nazwa produktu|opis|nazev|benamning|varebetegnelse|navn|urun adi|ονομα|ονομασια|περιγραφη"
    ),
    "description": (
        "long description|short description|full description|details|marketing text|text|"
        "beschreibung|langtext|kurztext|artikelbeschreibung|produktbeschreibung|description longue|"
        "description courte|descriptif|descripcion larga|descrizione lunga|descricao longa|lange omschrijving"
    ),
    "brand": (
        "brand|manufacturer|make|brand name|marke|hersteller|fabrikat|marque|fabricant|marca|fabricante|produttore|"
        "merk|fabrikant|marka|producent|znacka|marke navn|supplier|vendor"
    ),
    "category": (
        "category|product category|product group|product line|department|family|range|kategorie|warengruppe|"
        "produktgruppe|sortiment|categorie|famille|rayon|gamme|categoria|familia|famiglia|gruppo merceologico|"
        "productgroep|kategoria|grupa|kategori|group|groupe|grupo|gruppe"
    ),
    "ean": (
        "ean|gtin|ean code|ean13|ean 13|gtin 13|gtin13|upc|upc code|barcode|bar code|ean nummer|ean nr|gtin ean|"
        "ean gtin|strichcode|code barres|code barre|gencod|codigo de barras|codigo ean|codice a barre|codice ean|"
        "streepjescode|kod kreskowy|kod ean|carovy kod|streckkod|stregkode|barkod"
    ),
    "unit": (
        "unit|uom|unit of measure|sales unit|base unit|einheit|mengeneinheit|verkaufseinheit|basiseinheit|me|unite|"
        "unite de vente|unidad|unidad de medida|unita|unita di misura|um|unidade|eenheid|verkoopeenheid|jednostka|"
        "jednostka miary|jm|jednotka|enhet|enhed|birim"
    ),
    "moq": (
        "moq|minimum order quantity|min order quantity|min order qty|minimum order|min order|minimum quantity|"
        "min quantity|min qty|minimum qty|minimum|min|order minimum|"
        "mindestmenge|mindestbestellmenge|mindestabnahme|mindestabnahmemenge|min menge|mindest menge|mbm|"
        "quantite minimum|quantite minimale|quantite mini|qte mini|qte min|qte minimum|mini commande|"
        "minimum de commande|commande minimum|cantidad minima|pedido minimo|minimo|cant minima|cant min|"
        "quantita minima|ordine minimo|qta minima|qta min|minimo ordine|quantidade minima|encomenda minima|qtd minima|"
        "minimale afname|minimum afname|min afname|minimale bestelhoeveelheid|minimum bestelling|minimale hoeveelheid|"
        "minimalna ilosc|minimalne zamowienie|min zamowienie|minimalni odber|min antal|minsta antal|minimum siparis"
    ),
    "increment": (
        "increment|order increment|multiple|order multiple|order in multiples of|in multiples of|step|"
        "bestellschritt|staffelung|vielfaches|verpackungsschritt|multiple de commande|multiple|par multiple de|"
        "multiplo|multiplos|besteleenheid|veelvoud|wielokrotnosc"
    ),
    "pack_units": (
        "pack size|pack qty|pack quantity|units per pack|pieces per pack|pcs per carton|units per case|case size|"
        "case qty|case pack|carton qty|per carton|per case|per box|inner pack|outer pack|vpe|verpackungseinheit|ve|"
        "packungsinhalt|stuck pro karton|stk pro karton|inhalt|colisage|conditionnement|unites par carton|pcb|"
        "unidades por caja|uds caja|embalaje|pezzi per cartone|confezione|unidades por caixa|aantal per doos|"
        "stuks per doos|verpakking|ilosc w opakowaniu|szt w kartonie"
    ),
    "lead_time_days": (
        "lead time|lead time days|delivery time|delivery days|lieferzeit|lieferzeit tage|lieferfrist|delai|"
        "delai de livraison|delai jours|plazo de entrega|plazo|tempo di consegna|tempi di consegna|consegna|"
        "prazo de entrega|levertijd|czas dostawy|dodaci lhuta|leveranstid|leveringstid|teslim suresi"
    ),
    "currency": "currency|currency code|cur|wahrung|waehrung|wkz|devise|monnaie|moneda|divisa|valuta|moeda|waluta|mena",
    "tax": (
        "vat|vat rate|tax|tax rate|vat percent|mwst|mwst satz|ust|ust satz|steuersatz|mehrwertsteuer|tva|taux tva|"
        "iva|tipo iva|aliquota iva|taxa iva|btw|btw tarief|stawka vat|dph|moms|kdv"
    ),
    "price": (
        "net price|net unit price|wholesale price|trade price|unit price net|price net|unit price|price per unit|"
        "price each|price pcs|price per piece|dealer price|sales price|selling price|your price|cost price|price|"
        "list price|unit cost|cost|"
        "nettopreis|preis netto|netto preis|einzelpreis netto|ek netto|handlerpreis|haendlerpreis|stuckpreis|"
        "einzelpreis|ek preis|ek|vk preis|vk netto|vk|verkaufspreis|preis pro stuck|preis stuck|preis je stuck|preis|"
        "listenpreis|netto|"
        "prix ht|prix net ht|prix unitaire ht|pu ht|puht|prix net|prix de gros|prix unitaire|prix d achat|prix achat|"
        "prix de vente|pu|prix|tarif|tarif ht|prix tarif|"
        "precio neto|precio sin iva|precio unitario|precio mayorista|precio unidad|precio venta|precio|pvd|"
        "prezzo netto|prezzo unitario|prezzo iva esclusa|prezzo|prezzo listino|listino|"
        "preco liquido|preco sem iva|preco unitario|preco|"
        "nettoprijs|stukprijs|prijs excl btw|inkoopprijs|eenheidsprijs|verkoopprijs|prijs|"
        "cena netto|cena jednostkowa|cena hurtowa|cena|cena bez dph|pris|pris exkl moms|netpris|fiyat|birim fiyat|τιμη"
    ),
    "retail_price": (
        "rrp|srp|msrp|recommended retail price|retail price|suggested retail price|uvp|unverbindliche preisempfehlung|"
        "empf vk|ladenpreis|prix public|prix de vente conseille|ppc|pvc|pvp|pvp recomendado|precio venta publico|"
        "prezzo al pubblico|prezzo consigliato|preco de venda ao publico|adviesprijs|cena detaliczna|old price|"
        "alter preis|ancien prix|gross price|bruttopreis|preis brutto|brutto|prix ttc|ttc|price incl vat|"
        "price inc vat|prijs incl btw|cena brutto|precio con iva|prezzo ivato|total price|gesamtpreis|prix total"
    ),
    "discount": (
        "discount|discount percent|discount rate|discount pct|rebate|rabatt|rabattsatz|nachlass|remise|taux remise|"
        "taux de remise|descuento|dto|sconto|desconto|korting|rabat|sleva|indirim"
    ),
    "valid_from": (
        "valid from|price valid from|effective from|effective date|start date|from date|gultig ab|gueltig ab|"
        "preis gultig ab|ab datum|valable a partir du|valable des|date d effet|date application|applicable au|"
        "valido desde|vigencia|valido dal|decorrenza|valido a partir de|geldig vanaf|ingangsdatum|wazne od"
    ),
    "parent": (
        "parent sku|parent|parent id|product group id|model|style|style no|style code|master sku|master|"
        "hauptartikel|vaterartikel|modell|article parent|modele|modelo|modello|product key|group key"
    ),
}

# Options by which the variants of one product differ.
OPTIONS = {
    "Colour": "colour|color|farbe|couleur|color nombre|colore|cor|kleur|kolor|barva|farg|farve|renk",
    "Size": "size|grosse|groesse|taille|talla|taglia|tamanho|maat|rozmiar|velikost|storlek|storrelse|beden",
    "Material": "material|werkstoff|matiere|materiale|materiaal|matiere principale",
    "Finish": "finish|oberflache|finition|acabado|finitura|afwerking",
}

# Headers of which a price list has none and a list of sales several.
_SALES = (
    "invoice no|invoice number|invoice|invoice date|customer id|customer no|customer|order id|order no|order number|"
    "order date|rechnungsnummer|rechnungsnr|rechnungsdatum|kundennummer|kundennr|bestelldatum|auftragsnummer|"
    "numero de facture|date facture|code client|numero de commande|fecha factura|numero pedido|data fattura"
)
OF_SALES = frozenset(_SALES.split("|"))

_TOTALS = (
    "total|totals|grand total|sub total|subtotal|sum|summe|gesamt|gesamtsumme|zwischensumme|somme|total general|"
    "sous total|total ht|suma|suma total|totale|subtotale|totaal|razem|celkem|totalt|i alt|toplam|insgesamt"
)
TOTALS = frozenset(_TOTALS.split("|"))

# A word may mean several fields, and in each it is more or less telling.
FIELDS_OF: dict[str, list[tuple[int, str]]] = {}
for _field, _words in HEADERS.items():
    for _place, _word in enumerate(dict.fromkeys(_words.split("|"))):
        FIELDS_OF.setdefault(folded(_word), []).append((_place, _field))
OPTION_OF = {word: name for name, words in OPTIONS.items() for word in words.split("|")}
