-- People who did something that counts, by day and by calendar month: a command of the market, or three screens.
with commands as (
    select person_id, organization_id, effective_at as at
    from {{ ref('stg_kernel__events') }}
    where
        person_id is not null
        and organization_id is not null
        and scope = 'member'
        and recorded_at <= {{ as_of() }}
        -- Signing in and out is no use of the market, and neither is a door that stayed shut.
        and event_name not in ('SignedInEvent', 'SignedOut', 'SignInRefused', 'ScreenRefused', 'PasswordChanged')
),

actions as (
    select person_id, organization_id, at, 1 as commands, 0 as views
    from commands
    union all
    select person_id, organization_id, occurred_at, 0, 1
    from {{ ref('stg_identity__activity') }}
    where activity_kind = 'page_view' and occurred_at <= {{ as_of() }}
),

spans as (
    select
        s.span,
        s.day_on,
        a.person_id,
        a.organization_id,
        sum(a.commands) as commands,
        sum(a.views) as views
    from (
        select actions.*, {{ day_in('at', "'" ~ var('platform_time_zone') ~ "'") }} as at_on
        from actions
    ) as a
    cross join lateral (
        values ('day', a.at_on), ('month', cast(date_trunc('month', a.at_on) as date))
    ) as s (span, day_on)
    group by s.span, s.day_on, a.person_id, a.organization_id
)

select
    {{ surrogate_key(['s.span', 's.day_on', 's.person_id', 's.organization_id']) }} as activity_key,
    s.span,
    s.day_on,
    s.person_id,
    s.organization_id,
    o.organization_name,
    o.kind as role,
    s.commands,
    s.views
from spans as s
inner join {{ ref('dim_organization') }} as o using (organization_id)
where o.kind <> 'platform' and (s.commands >= 1 or s.views >= 3)
