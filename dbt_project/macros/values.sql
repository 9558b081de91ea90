{# The instant up to which the market is read: every fact holds what had happened by then. #}
{% macro as_of() -%}
    cast('{{ var("as_of") or run_started_at.isoformat() }}' as timestamptz)
{%- endmacro %}

{# The instant itself if it had come by then, else null. #}
{% macro known(column) -%}
    case when {{ column }} <= {{ as_of() }} then {{ column }} end
{%- endmacro %}

{# The day of an instant in a zone. #}
{% macro day_in(column, zone) -%}
    cast({{ column }} at time zone {{ zone }} as date)
{%- endmacro %}

{# The value of `quantity` of `whole` units of a settled amount, halves to even, cumulative: parts add up.
   PostgreSQL's round() takes halves away from zero, so the market's own function says it. #}
{% macro part(amount, quantity, whole, currency) -%}
    market.money_part({{ amount }}, {{ quantity }}, {{ whole }}, {{ currency }})
{%- endmacro %}

{% macro surrogate_key(columns) -%}
    md5({% for column in columns %}coalesce(cast({{ column }} as text), '~'){% if not loop.last %} || '|' || {% endif %}{% endfor %})
{%- endmacro %}
