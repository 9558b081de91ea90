{% test unique_combination(model, columns) %}
    select {{ columns | join(', ') }}, count(*) as times
    from {{ model }}
    group by {{ columns | join(', ') }}
    having count(*) > 1
{% endtest %}

{% test expression_is_true(model, expression) %}
    select * from {{ model }} where not ({{ expression }})
{% endtest %}

{% test no_gaps_in_days(model, column) %}
    select {{ column }}
    from (select {{ column }}, lag({{ column }}) over (order by {{ column }}) as before from {{ model }}) as days
    where {{ column }} - before <> 1
{% endtest %}
