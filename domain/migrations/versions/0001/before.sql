-- What column types and constraints rely on, before the first table.
create function minor_unit(currency text) returns integer immutable parallel safe language sql
    return case
        when currency in ('BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW',
                          'PYG', 'RWF', 'UGX', 'VND', 'VUV', 'XAF', 'XOF', 'XPF') then 0
        when currency in ('BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND') then 3
        else 2 end;

-- Exact in the currency's minor unit and of a sane size. NaN is larger than every number, so it fails.
create function is_settled(amount numeric, currency text) returns boolean immutable parallel safe language sql
    return amount = round(amount, minor_unit(currency)) and abs(amount) < 1e15;
