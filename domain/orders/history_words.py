"""What programs in several languages call the columns of a sales file and the states of an order.

Lower case, without accents and signs, divided by bars: English, German, French, Spanish, Italian, Dutch, Polish.
"""

HEADERS = {
    "order_id": (
        "order|order id|order number|order no|order nr|sales order|invoice|invoice no|invoice number|document no|"
        "document number|receipt|beleg|belegnummer|belegnr|beleg nr|bestellung|bestellnummer|bestell nr|auftrag|"
        "auftragsnummer|auftragsnr|rechnung|rechnungsnummer|rechnungsnr|commande|numero de commande|n commande|"
        "no commande|facture|numero de facture|n facture|pedido|numero de pedido|n pedido|numero pedido|factura|"
        "ordine|numero ordine|n ordine|fattura|ordernummer|bestelnummer|factuurnummer|zamowienie|"
        "numer zamowienia|name"
    ),
    "ordered_at": (
        "date|order date|ordered at|ordered on|ordered|invoice date|document date|created at|created|order time|"
        "timestamp|datum|bestelldatum|auftragsdatum|belegdatum|rechnungsdatum|date commande|date de commande|"
        "date facture|date de facture|fecha|fecha pedido|fecha de pedido|fecha factura|data|data ordine|"
        "data fattura|orderdatum|besteldatum|factuurdatum|data zamowienia|paid at"
    ),
    "customer_id": (
        "customer id|customer no|customer number|customer code|client id|client no|account no|account number|"
        "buyer id|kundennummer|kundennr|kunden nr|kunde nr|debitor|debitorennummer|code client|numero client|"
        "n client|codigo cliente|id cliente|numero cliente|codice cliente|klantnummer|numer klienta"
    ),
    "customer": (
        "customer|customer name|client|client name|buyer|buyer name|bill to|company|account name|billing name|"
        "kunde|kundenname|firma|nom client|nom du client|acheteur|cliente|nombre cliente|nombre del cliente|"
        "comprador|nome cliente|ragione sociale|klant|klantnaam|klient|nazwa klienta"
    ),
    "country": (
        "country|customer country|ship country|shipping country|billing country|country code|land|lieferland|"
        "pays|pais|paese|kraj"
    ),
    "sku": (
        "sku|item|item no|item number|item code|item id|article|article no|article number|product code|"
        "product id|product number|product no|stock code|stockcode|part number|part no|lineitem sku|artikel|"
        "artikelnummer|artikelnr|artikel nr|art nr|reference|ref|reference produit|code article|code produit|"
        "codigo|codigo articulo|codigo producto|articulo|referencia|codice|codice articolo|codice prodotto|"
        "articolo|artikelcode|indeks|kod produktu|ean|gtin|upc"
    ),
    "product": (
        "product|product name|description|product description|item name|item description|title|lineitem name|"
        "bezeichnung|artikelbezeichnung|artikelname|beschreibung|produkt|produktname|designation|libelle|produit|"
        "nom du produit|descripcion|producto|nombre producto|descrizione|prodotto|omschrijving|product naam|"
        "nazwa|nazwa produktu"
    ),
    "category": (
        "category|product category|product group|product line|kategorie|warengruppe|produktgruppe|categorie|"
        "famille|categoria|familia|famiglia|productgroep|kategoria"
    ),
    "unit": "unit|uom|unit of measure|einheit|mengeneinheit|unite|unidad|unita|unita di misura|eenheid|jednostka",
    "quantity": (
        "quantity|qty|units|pieces|order quantity|quantity ordered|ordered quantity|lineitem quantity|menge|"
        "anzahl|stuck|stuckzahl|quantite|qte|cantidad|cant|unidades|quantita|qta|aantal|ilosc"
    ),
    "unit_price": (
        "unit price|price|price each|price per unit|net price|net unit price|sales price|selling price|"
        "lineitem price|preis|einzelpreis|stuckpreis|nettopreis|verkaufspreis|vk preis|prix|prix unitaire|"
        "prix unitaire ht|pu|pu ht|precio|precio unitario|precio unidad|prezzo|prezzo unitario|prijs|stukprijs|"
        "eenheidsprijs|cena|cena jednostkowa"
    ),
    "line_discount": (
        "discount|discount amount|line discount|lineitem discount|rabatt|rabattbetrag|nachlass|remise|"
        "montant remise|descuento|sconto|korting|rabat"
    ),
    "discount_percent": (
        "discount percent|discount pct|discount percentage|rabatt prozent|rabattsatz|taux de remise|"
        "porcentaje descuento|percentuale sconto|kortingspercentage"
    ),
    "status": "status|order status|state|financial status|auftragsstatus|zustand|statut|etat|estado|stato|stan",
    "currency": "currency|currency code|wahrung|waehrung|devise|monnaie|moneda|divisa|valuta|waluta",
    "promised_at": (
        "promised at|promised|promised date|due date|required date|expected delivery|delivery due|liefertermin|"
        "wunschtermin|zugesagt|date promise|date prevue|fecha prometida|fecha prevista|data prevista|"
        "data promessa"
    ),
    "shipped_at": (
        "shipped at|shipped|shipped date|ship date|shipping date|dispatch date|fulfilled at|versanddatum|"
        "versandt|versendet am|date expedition|date d expedition|fecha envio|fecha de envio|data spedizione|"
        "verzenddatum"
    ),
    "delivered_at": (
        "delivered at|delivered|delivered date|delivery date|received date|lieferdatum|geliefert|geliefert am|"
        "date livraison|date de livraison|livre le|fecha entrega|fecha de entrega|data consegna|leverdatum|"
        "data dostawy"
    ),
}

STATES = {
    "completed": (
        "completed|complete|delivered|shipped|closed|paid|done|invoiced|fulfilled|resolved|erledigt|geliefert|"
        "ausgeliefert|versandt|abgeschlossen|bezahlt|fakturiert|livre|livree|termine|terminee|expedie|expediee|"
        "paye|payee|facture|entregado|completado|enviado|pagado|facturado|consegnato|completato|evaso|spedito|"
        "pagato|geleverd|verzonden|voltooid|zrealizowane"
    ),
    "open": (
        "open|pending|processing|in process|in progress|new|confirmed|on hold|unfulfilled|backorder|offen|"
        "in bearbeitung|bestatigt|neu|en cours|en attente|confirmee|nouveau|pendiente|en proceso|abierto|"
        "confirmado|in corso|in attesa|aperto|confermato|in behandeling|nieuw|w realizacji"
    ),
    "cancelled": (
        "cancelled|canceled|void|voided|rejected|declined|storniert|storno|abgebrochen|abgelehnt|annule|annulee|"
        "cancelado|cancelada|anulado|annullato|geannuleerd|anulowane"
    ),
    "returned": (
        "returned|return|refunded|refund|credit note|credit|retourniert|zuruckgesandt|retoure|gutschrift|"
        "erstattet|retour|retourne|retournee|rembourse|avoir|devuelto|devolucion|reembolsado|abono|reso|"
        "rimborsato|nota di credito|geretourneerd|zwrot"
    ),
}

FIELD_OF = {word: name for name, words in HEADERS.items() for word in words.split("|")}
STATE_OF = {word: state for state, words in STATES.items() for word in words.split("|")}
