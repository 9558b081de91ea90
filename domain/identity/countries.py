"""Where organisations may register from: the zone and the number format that a country usually has."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Country:
    """What follows from a country; people may choose another zone where it has several."""

    code: str
    time_zone: str
    locale: str


# The members of the European Union, then their neighbours and the larger trading partners.
_ROWS = """
AT Europe/Vienna de
BE Europe/Brussels fr
BG Europe/Sofia bg
HR Europe/Zagreb hr
CY Asia/Nicosia el
CZ Europe/Prague cs
DK Europe/Copenhagen da
EE Europe/Tallinn et
FI Europe/Helsinki fi
FR Europe/Paris fr
DE Europe/Berlin de
GR Europe/Athens el
HU Europe/Budapest hu
IE Europe/Dublin en-IE
IT Europe/Rome it
LV Europe/Riga lv
LT Europe/Vilnius lt
LU Europe/Luxembourg fr
MT Europe/Malta en
NL Europe/Amsterdam nl
PL Europe/Warsaw pl
PT Europe/Lisbon pt
RO Europe/Bucharest ro
SK Europe/Bratislava sk
SI Europe/Ljubljana sl
ES Europe/Madrid es
SE Europe/Stockholm sv
CH Europe/Zurich de-CH
GB Europe/London en-GB
NO Europe/Oslo nb
IS Atlantic/Reykjavik is
TR Europe/Istanbul tr
UA Europe/Kyiv uk
US America/New_York en
CA America/Toronto en-CA
MX America/Mexico_City es
BR America/Sao_Paulo pt-BR
CN Asia/Shanghai zh
JP Asia/Tokyo ja
KR Asia/Seoul ko
IN Asia/Kolkata en-IN
TH Asia/Bangkok th
VN Asia/Ho_Chi_Minh vi
AE Asia/Dubai en
ZA Africa/Johannesburg en-ZA
NG Africa/Lagos en
KE Africa/Nairobi en
MA Africa/Casablanca fr
AU Australia/Sydney en-AU
NZ Pacific/Auckland en-NZ
"""
COUNTRIES: dict[str, Country] = {row.split()[0]: Country(*row.split()) for row in _ROWS.strip().splitlines()}
