with stages as (
    {% for stage, day, amount in [
        ('placed', 'placed_on', 'goods'),
        ('confirmed', 'confirmed_on', 'confirmed_goods'),
        ('completed', 'completed_on', 'completed_goods'),
    ] -%}
    select
        '{{ stage }}' as stage,
        {{ day }} as day_on,
        currency_code,
        origin,
        history_id,
        history_name,
        time_zone,
        {{ amount }} as amount,
        row_number() over (partition by purchase_id order by {{ day }}, order_id) = 1 as is_first_of_purchase
    from {{ ref('fct_orders') }}
    where {{ day }} is not null
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select
    {{ surrogate_key(['day_on', 'currency_code', 'origin', 'history_id']) }} as gmv_day_key,
    day_on,
    currency_code,
    origin,
    history_id,
    history_name,
    time_zone,
    {% for stage in ['placed', 'confirmed', 'completed'] -%}
    cast(coalesce(sum(amount) filter (where stage = '{{ stage }}'), 0) as numeric(19, 4)) as {{ stage }}_gmv,
    count(*) filter (where stage = '{{ stage }}') as {{ stage }}_orders,
    count(*) filter (where stage = '{{ stage }}' and is_first_of_purchase) as {{ stage }}_purchases,
    {% endfor -%}
    {{ as_of() }} as loaded_at
from stages
group by day_on, currency_code, origin, history_id, history_name, time_zone
