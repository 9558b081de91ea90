"""Two questions that cost less: the levels of sellers, and which events wait for a reaction."""

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

# A plan under row-level security holds for one role and one search path. What buyers ask of sellers runs as the owner,
# what organisations ask of themselves as the caller; with one function between them each made the other plan anew,
# which took twenty times as long as carrying it out. So the owner has a copy of its own; a test compares the two.
LEVELS = """
    do $do$ begin
        execute replace(
            pg_get_functiondef('verification_items(uuid, timestamptz, text, jsonb)'::regprocedure),
            'FUNCTION market.verification_items(', 'FUNCTION market.verification_items_of_sellers(');
    end $do$;

    create or replace function sellers_level(orgs uuid[], at timestamptz) returns table (org_id uuid, level bigint)
    stable security definer set search_path = market, pg_temp language plpgsql as $$
    begin
        if app_scope() = 'nobody' then
            return;
        end if;
        return query
        select o.id, least(coalesce(min(i.level) filter (where not i.is_met) - 1, 3), coalesce(max(i.level), 0))
        from organizations o
        left join lateral verification_items_of_sellers(o.id, at) i on not i.is_optional
        where o.id = any (orgs) and o.kind in ('manufacturer', 'distributor') and o.origin = 'live'
        group by o.id;
    end $$;

    create or replace function seller_proofs(org uuid, at timestamptz)
    returns table (requirement text, level bigint, met_by text, since timestamptz, until timestamptz)
    stable security definer set search_path = market, pg_temp language plpgsql as $$
    begin
        if app_scope() = 'nobody' then
            return;
        end if;
        return query
        select i.requirement, i.level, i.met_by, i.since, i.until
        from organizations o, verification_items_of_sellers(o.id, at) i
        where o.id = org and o.kind in ('manufacturer', 'distributor') and o.origin = 'live' and i.is_met;
    end $$;
"""


def upgrade() -> None:
    op.execute("set local search_path = market, public")
    op.get_bind().connection.driver_connection.execute(LEVELS)
    op.execute("create index events_name_id_idx on events (name, id)")
    op.execute("revoke all on function verification_items_of_sellers(uuid, timestamptz, text, jsonb) from public")
