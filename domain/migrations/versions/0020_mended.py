"""Which certificates a regulated category asks for, in one place; an account may change while an appeal is open."""

from alembic import op

from domain.migrations import fences

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

# Of sellers, categories and since when each is on sale there: the certificates that are asked for, and whether they
# hold. A category is regulated with those above it, and a certificate for one above covers it; what was on sale
# before a regulation stays so. Buyers ask it of sellers whose papers they do not see.
CERTIFICATES_ASKED = """
    create function certificates_asked(sellers uuid[], categories uuid[], since timestamptz[], at timestamptz)
    returns table (seller_id uuid, category_id uuid, requirement text, is_held boolean)
    stable security definer set search_path = market, pg_temp language plpgsql as $$
    begin
        if app_scope() = 'nobody' or not exists (
            select 1 from verification_regulations g
            where g.valid_from <= at and (g.valid_until is null or g.valid_until > at)) then
            return;
        end if;
        return query
        with recursive wanted as materialized (
            select w.seller, w.category, max(w.began) as began, o.country_code
            from unnest(sellers, categories, since) as w(seller, category, began)
            join organizations o on o.id = w.seller and o.origin = 'live'
                 and (o.kind in ('manufacturer', 'distributor') or o.id = app_org() or is_staff())
            group by w.seller, w.category, o.country_code
        ), around as (
            select c.id as asked, c.id, c.parent_id from categories c where c.id = any (categories)
            union
            select a.asked, c.id, c.parent_id from around a join categories c on c.id = a.parent_id
        )
        select distinct w.seller, w.category, r.requirement, exists (
            select 1 from verification_submissions v
            where v.org_id = w.seller and v.requirement = r.requirement and v.counts_from <= at
              and (v.expires_at is null or v.expires_at > at) and (v.ended_at is null or v.ended_at > at)
              and (cardinality(coalesce(v.category_ids, '{}')) = 0
                   or v.category_ids && array(select x.id from around x where x.asked = w.category)))
        from wanted w
        join around a on a.asked = w.category
        join verification_regulations r on r.category_id = a.id and r.valid_from <= least(at, w.began)
             and (r.valid_until is null or r.valid_until > at)
             and (r.countries is null or w.country_code = any (r.countries));
    end $$;
"""


def upgrade() -> None:
    op.execute("set local search_path = market, public")
    op.get_bind().connection.driver_connection.execute(CERTIFICATES_ASKED)
    fences.allow("certificates_asked(uuid[], uuid[], timestamptz[], timestamptz)")
    op.execute(
        "insert into state_moves (machine, from_state, to_state) values ('verification', 'appealed', 'replaced')"
    )
