{# Exact schema names. Tables go into the slot of this build; readers use the views beside them. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {%- if custom_schema_name in ('core', 'marts') -%} {{ custom_schema_name }}_{{ var('slot') }}
    {%- else -%} {{ custom_schema_name or target.schema }}
    {%- endif -%}
{%- endmacro %}
