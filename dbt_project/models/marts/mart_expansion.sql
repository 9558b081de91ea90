-- Since when trade is at home in a country of buyers, and in a category: the day of the last order that it took.
with firsts as (
    {% for area, model, column in [
        ('country', 'mart_order_stages', 'buyer_country'),
        ('category', 'mart_line_stages', 'category_name'),
    ] %}
    {%- for side in ('buyer', 'seller') -%}
    select
        '{{ area }}' as area,
        {{ column }} as member,
        '{{ side }}' as side,
        {{ side }}_id as organization_id,
        min(day_on) as first_on
    from {{ ref(model) }}
    where stage = 'completed' and {{ column }} is not null
    group by {{ column }}, {{ side }}_id
    {% if not loop.last %}union all
    {% endif %}
    {%- endfor -%}
    {% if not loop.last %}union all
    {% endif %}
    {%- endfor %}
),

numbered as (
    select
        firsts.*,
        row_number() over (partition by area, member, side order by first_on, organization_id) as number
    from firsts
),

reached as (
    select
        area,
        member,
        min(first_on) as first_on,
        min(first_on) filter (where side = 'buyer' and number = 3) as third_buyer_on,
        min(first_on) filter (where side = 'seller' and number = 2) as second_seller_on,
        min(first_on) filter (where side = 'seller' and number = 3) as third_seller_on
    from numbered
    group by area, member
)

select
    {{ surrogate_key(['area', 'member']) }} as expansion_key,
    area,
    member,
    case when area = 'country' then greatest(third_buyer_on, second_seller_on) else first_on end as day_on,
    case when area = 'country' then greatest(third_buyer_on, second_seller_on) else third_seller_on end as reached_on
from reached
where third_seller_on is not null and area = 'category'
    or third_buyer_on is not null and second_seller_on is not null and area = 'country'
