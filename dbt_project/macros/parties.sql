{# What people read of the two sides of a row and what it can be split by, beside its buyer_id and seller_id. #}
{% macro party_columns() -%}
    buyer.organization_name as buyer_name,
    buyer.kind as buyer_role,
    coalesce(buyer.country_code, buyer.country) as buyer_country,
    seller.organization_name as seller_name,
    coalesce(seller.country_code, seller.country) as seller_country
{%- endmacro %}

{% macro party_joins(row) -%}
    inner join {{ ref('dim_organization') }} as buyer on buyer.organization_id = {{ row }}.buyer_id
    inner join {{ ref('dim_organization') }} as seller on seller.organization_id = {{ row }}.seller_id
{%- endmacro %}

{# The last day of which all is known. #}
{% macro last_full_day() -%}
    {{ day_in(as_of(), "'" ~ var('platform_time_zone') ~ "'") }} - 1
{%- endmacro %}

{# The last order of each imported history. #}
{% macro history_ends() -%}
    select history_id, max(placed_on) as last_on
    from {{ ref('fct_orders') }}
    where origin = 'imported'
    group by history_id
{%- endmacro %}

{# The last day of which all is known of something that came with a history, or with none (`history_end` is null). #}
{% macro known_until(history_end) -%}
    least({{ last_full_day() }}, {{ history_end }})
{%- endmacro %}
