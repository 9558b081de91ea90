"""What papers call things, in the languages of their issuers; without accents, in small letters.

`plain` takes accents and case from a text sign by sign, so that places in the plain text are places in the text.
"""

import unicodedata

_SIGNS = {
    "ł": "l",
    "ß": "s",
    "ø": "o",
    "đ": "d",
    "’": "'",
    "‘": "'",
    "`": "'",
    "\u00a0": " ",
    "–": "-",
    "−": "-",
    "‑": "-",
}


def plain(text: str) -> str:
    return "".join(_plain_sign(sign) for sign in text)


def _plain_sign(sign: str) -> str:
    small = sign.lower()
    small = _SIGNS.get(small, small)
    return (unicodedata.normalize("NFKD", small)[:1] or " ") if len(small) == 1 else small[:1]


LABELS: dict[str, tuple[str, ...]] = {
    "name": (
        "firma", "firmenname", "name der firma", "unternehmen", "name des unternehmens", "kontoinhaber",
        "denomination", "denomination sociale", "raison sociale", "denomination ou raison sociale", "titulaire",
        "titulaire du compte", "company name", "name of company", "registered name", "business name", "legal name",
        "account holder", "account name", "denominacion", "denominacion social", "razon social", "titular",
        "titular de la cuenta", "nombre o razon social", "apellidos y nombre o razon social", "trading name",
        "nom de l'entreprise", "nom commercial", "nome da empresa", "bedrijfsnaam",
        "customer name", "nazwa klienta",
        "intestatario fornitura", "titular del contrato", "titular do contrato", "vertragspartner", "denominazione",
        "denominazione sociale", "ragione sociale",
        "intestatario", "intestatario del conto", "firma ou denominacao", "denominacao", "denominacao social",
        "titular da conta", "handelsnaam", "statutaire naam", "naam onderneming", "rekeninghouder",
        "klantnaam", "nazwa", "nazwa firmy", "nazwa pelna", "nazwa podatnika", "nazwa pelna podatnika", "firma spolki",
        "posiadacz rachunku",
    ),
    "registration_number": (
        "registernummer", "handelsregisternummer", "nummer der firma", "hrb", "hr-nummer", "firmenbuchnummer",
        "immatriculation au rcs, numero", "numero d'immatriculation", "rcs", "siren", "numero siren", "no siren",
        "company number", "company registration number", "registered number", "registration number",
        "numero de registro", "codice fiscale e numero iscrizione", "codice fiscale e n. iscr. al registro imprese",
        "numero iscrizione", "codice fiscale", "nipc", "numero de matricula e nipc", "numero de matricula",
        "matricula/nipc", "kvk-nummer", "kvk nummer", "numer krs", "krs",
    ),
    "tax_number": (
        "ust-idnr.", "ust-idnr", "ust-id", "umsatzsteuer-identifikationsnummer", "steuernummer",
        "numero de tva", "numero tva", "no tva", "numero de tva intracommunautaire", "vat registration number",
        "vat number", "vat no", "vat reg no", "n.i.f.", "c.i.f.", "steuer-nr.", "st.-nr.", "numero fiscal",
        "numero d'identification a la tva", "n° tva", "tax number", "tax identification number", "tin", "nif", "cif",
        "nif/cif", "numero de identificacion fiscal", "partita iva", "p. iva", "p.iva",
        "numero de identificacao fiscal", "numero de contribuinte", "btw-nummer", "btw-id", "btw-identificatienummer",
        "nip", "numer identyfikacji podatkowej", "numer identyfikacji podatkowej (nip)", "numer nip",
    ),
    "address": (
        "geschaftsanschrift", "anschrift", "adresse", "lieferadresse", "verbrauchsstelle", "adresse du siege",
        "siege social", "adresse du siege social", "adresse de livraison", "registered office",
        "registered office address", "address", "principal place of business", "supply address", "domicilio",
        "domicilio social", "domicilio fiscal", "direccion", "direccion de suministro", "indirizzo sede legale",
        "sede legale", "indirizzo", "indirizzo di fornitura", "sede", "morada", "sede social", "morada de fornecimento",
        "domicilio de suministro", "direccion fiscal", "domicilio fiscal em", "sede em", "sitz und anschrift",
        "adresse de consommation", "adresse du point de livraison", "lieu de consommation", "punto di fornitura",
        "local de consumo", "adres dostawy", "adres punktu poboru", "leverings adres", "vestigingsadres",
        "bezoekadres", "leveringsadres", "adres", "adres siedziby", "siedziba i adres",
    ),
    "issued_on": (
        "ausgestellt am", "ausstellungsdatum", "datum", "rechnungsdatum", "abruf vom", "erstellt am",
        "date d'emission", "date de delivrance", "a jour au", "date de facture", "date of issue", "issue date",
        "issued on", "date of certificate", "statement date", "invoice date", "bill date", "fecha de emision",
        "fecha de expedicion", "fecha de factura", "data estrazione", "data di estrazione", "data di emissione",
        "data di rilascio", "data fattura", "data de emissao", "data da fatura", "datum van afgifte", "afgiftedatum",
        "factuurdatum", "datum uittreksel", "data wydania", "data wystawienia", "stan na dzien", "emitido em",
        "fait le", "delivre le", "rilasciato il", "emesso il",
        "expedido el", "erteilt am", "datum der ausstellung", "date of statement", "data sporzadzenia",
        "kontoauszug vom", "releve du", "edite le", "auszugsdatum", "datum afschrift", "data do extrato",
        "afgegeven op",
    ),
    "valid_until": (
        "gultig bis", "ablaufdatum", "valable jusqu'au", "date d'expiration", "valid until", "valid to",
        "expiry date", "expires on", "certificate valid until", "gultigkeit bis", "gultig bis zum",
        "date de fin de validite", "fecha de vencimiento", "vigente hasta", "valido hasta el", "geldig t/m",
        "date of expiry", "valido hasta", "fecha de caducidad", "valido fino al",
        "data di scadenza", "scadenza", "valido ate", "data de validade", "geldig tot", "vervaldatum", "wazny do",
        "wazne do", "data waznosci",
    ),
    "iban": ("iban", "iban-nr.", "kontonummer (iban)", "numer rachunku", "numer rachunku (iban)"),
}  # fmt: skip

# Words that mean it only where nothing clearer is said: a table has a column "date", a letter a "customer" number.
WEAK: dict[str, tuple[str, ...]] = {
    "name": (
        "name", "naam", "nom", "nome", "nombre", "company", "entreprise", "societe", "empresa", "impresa",
        "onderneming", "klant",
        "kunde", "customer", "client", "cliente", "klient",
    ),
    "issued_on": ("date", "fecha", "data", "stand", "issued", "dated"),
}  # fmt: skip

# "We certify that NAME is ...": the words before a name and the words after it.
_THAT = r"(?:that|dass|que|che|dat|ze|iz)"
CERTIFY = (
    r"(?:certif[a-z]*|confirm[a-z]*|attest[a-z]*|bescheinig[a-z]*|bestatig[a-z]*|zaswiadcza[a-z]*|verkla[a-z]*"
    r"|bevestig[a-z]*|declar[a-z]*|hace constar|dichiara|potwierdza[a-z]*)"
    rf"(?:-se|-si| sie)?(?:, [a-z ]{{4,40}})?,?(?: hereby| hiermit| par la presente)?(?: {_THAT}|:)?"
)
SUBJECT = (
    r"(?: (?:the |das |die |le |la |el |o |a |il |het |de )?(?:quality |environmental |qualitats|umwelt)?"
    r"(?:management system|managementsystem|systeme de management|sistema de gestao|sistema de gestion"
    r"|sistema di gestione|managementsysteem|system zarzadzania)(?: da qualidade| de la calidad| jakoscia)?"
    r"(?: of| der| des| von| de| da| do| del| dell'| van)*)?"
    r"(?: (?:(?:the|die|der|das|la|l'|le|o|a|de|het) ?)?(?:organi[sz]ation|organizacao|organizacion|empresa|company"
    r"|business"
    r"|societe|unternehmen|unternehmens|firma|firmy|organizzazione|organisatie|organizacji|entreprise|sociedad|sociedade"
    r"|societa|onderneming|vennootschap|spolka|trader))?"
)
AFTER_NAME = (
    r"(?: is | has | are | with | ist | mit | est | a ete | avec | esta | es | con | e | foi | com | ha | is "
    r"| heeft | met | jest | z siedziba |, |$)"
)
PLACE_AND_DATE = r"^(?:[a-z' .-]{2,40})?(?:, ?(?:den|le|a|il|dnia)?|, fait le| le) *$"

# Who issues such papers, by country; for papers of private issuers, whoever is well known.
ISSUERS: dict[str, dict[str, tuple[str, ...]]] = {
    "registration_extract": {
        "DE": ("amtsgericht", "handelsregister"), "AT": ("firmenbuch", "landesgericht"),
        "CH": ("handelsregisteramt", "registre du commerce"), "FR": ("greffe du tribunal", "infogreffe", "inpi"),
        "GB": ("companies house", "registrar of companies"), "IE": ("companies registration office",),
        "ES": ("registro mercantil",), "IT": ("camera di commercio", "registro delle imprese"),
        "NL": ("kamer van koophandel", "kvk"), "BE": ("banque-carrefour des entreprises", "kruispuntbank"),
        "PL": ("krajowy rejestr sadowy", "krajowego rejestru sadowego"),
        "PT": ("conservatoria do registo comercial", "registo comercial"), "SE": ("bolagsverket",),
        "DK": ("erhvervsstyrelsen",), "NO": ("bronnoysundregistrene",), "FI": ("patentti- ja rekisterihallitus",),
        "US": ("secretary of state",),
    },
    "tax_certificate": {
        "DE": ("finanzamt", "bundeszentralamt fur steuern"), "AT": ("finanzamt",),
        "CH": ("eidgenossische steuerverwaltung", "administration federale des contributions"),
        "FR": ("direction generale des finances publiques", "service des impots"),
        "GB": ("hm revenue & customs", "hmrc"), "IE": ("revenue commissioners",),
        "ES": ("agencia tributaria", "agencia estatal de administracion tributaria"),
        "IT": ("agenzia delle entrate",), "NL": ("belastingdienst",),
        "BE": ("spf finances", "fod financien"), "PL": ("urzad skarbowy", "urzedu skarbowego"),
        "PT": ("autoridade tributaria",), "SE": ("skatteverket",), "DK": ("skattestyrelsen",), "NO": ("skatteetaten",),
        "FI": ("verohallinto",), "US": ("internal revenue service",),
    },
    "proof_of_address": {
        "DE": ("stadtwerke", "e.on", "vattenfall", "enbw", "telekom deutschland", "vodafone", "finanzamt", "1&1"),
        "AT": ("wien energie", "verbund", "a1 telekom"), "CH": ("swisscom", "bkw", "ewz"),
        "FR": ("edf", "engie", "orange", "sfr", "veolia", "bouygues telecom"),
        "GB": ("british gas", "edf energy", "octopus energy", "bt group", "thames water", "e.on", "council"),
        "IE": ("electric ireland", "bord gais", "eir"),
        "ES": ("endesa", "iberdrola", "naturgy", "telefonica", "movistar", "canal de isabel ii"),
        "IT": ("enel", "eni plenitude", "a2a", "tim s.p.a", "fastweb", "hera"),
        "NL": ("vattenfall", "essent", "eneco", "kpn", "ziggo", "vitens", "greenchoice"),
        "BE": ("engie electrabel", "luminus", "proximus"), "PL": ("pge", "tauron", "enea", "energa", "orange polska"),
        "PT": ("edp", "galp", "meo", "nos comunicacoes", "epal", "endesa"),
        "SE": ("vattenfall", "telia", "ellevio"), "DK": ("orsted", "tdc"), "NO": ("hafslund", "telenor"),
        "FI": ("fortum", "elisa"), "US": ("con edison", "at&t", "verizon", "pacific gas and electric"),
    },
    "bank_statement": {
        "DE": ("sparkasse", "commerzbank", "deutsche bank", "dz bank", "volksbank", "ing-diba", "postbank", "n26"),
        "AT": ("erste bank", "raiffeisen", "bawag", "unicredit"), "CH": ("ubs", "postfinance", "raiffeisen",
        "kantonalbank"),
        "FR": ("bnp paribas", "societe generale", "credit agricole", "credit mutuel", "la banque postale", "lcl"),
        "GB": ("barclays", "hsbc", "lloyds bank", "natwest", "santander", "royal bank of scotland"),
        "IE": ("bank of ireland", "allied irish banks", "aib"),
        "ES": ("banco bilbao vizcaya argentaria", "bbva", "santander", "caixabank", "sabadell", "bankinter"),
        "IT": ("intesa sanpaolo", "unicredit", "banco bpm", "bper", "monte dei paschi"),
        "NL": ("abn amro", "ing bank", "rabobank", "bunq", "triodos"), "BE": ("kbc", "belfius", "bnp paribas fortis"),
        "PL": ("pko bank polski", "pekao", "mbank", "santander bank polska", "ing bank slaski"),
        "PT": ("millennium bcp", "caixa geral de depositos", "novo banco", "santander totta", "banco bpi"),
        "SE": ("seb", "swedbank", "handelsbanken", "nordea"), "DK": ("danske bank", "nordea", "jyske bank"),
        "NO": ("dnb",), "FI": ("nordea", "op ryhma"), "US": ("jpmorgan chase", "bank of america", "wells fargo",
        "citibank"),
    },
}  # fmt: skip
CERTIFIERS = (
    "bureau veritas", "tuv", "dekra", "sgs", "dnv", "bsi", "british standards institution", "lloyd's register", "lrqa",
    "intertek", "rina", "kiwa", "aenor", "afnor", "apcer", "dqs", "certiquality", "imq", "eurofins", "control union",
    "ecocert", "nqa", "udt-cert", "pcbc", "quality austria", "sqs",
)  # fmt: skip
