-- Whoever writes a product, one by one or thousands at once, leaves its category's history behind. Whoever changes
-- the category says in category_since from when on.
create function keep_first_category() returns trigger
security definer set search_path = market, pg_temp language plpgsql as $$
begin
    insert into product_categories (product_id, category_id, valid_from)
    select id, category_id, created_at from made;
    return null;
end $$;

create function keep_category() returns trigger
security definer set search_path = market, pg_temp language plpgsql as $$
declare
    changed_at timestamptz := new.category_since;
begin
    if changed_at is null or changed_at < old.category_since then
        raise exception 'catalog: a product changes its category at an instant (category_since)';
    end if;
    -- Twice within one instant is one change; and nothing is ever dated before what it follows.
    update product_categories set category_id = new.category_id
    where product_id = new.id and valid_to is null and valid_from >= changed_at;
    if not found then
        update product_categories set valid_to = changed_at where product_id = new.id and valid_to is null;
        insert into product_categories (product_id, category_id, valid_from)
        values (new.id, new.category_id, changed_at);
    end if;
    return null;
end $$;

create trigger keep_first_category after insert on products
    referencing new table as made for each statement execute function keep_first_category();
create trigger keep_category after update of category_id on products
    for each row when (old.category_id is distinct from new.category_id) execute function keep_category();

-- Whether a category is looked at before anything in it goes on sale: it, or one above it.
create function category_is_reviewed(p_category uuid) returns boolean
stable set search_path = market, pg_temp language sql as $$
    with recursive up as (
        select id, parent_id, is_reviewed from categories where id = p_category
        union
        select c.id, c.parent_id, c.is_reviewed from up join categories c on c.id = up.parent_id
    )
    select coalesce(bool_or(is_reviewed), false) from up
$$;

-- The certificates that products are shown with and that hold on a day: buyers do not see the papers themselves.
create function product_claims(p_products uuid[], p_now timestamptz)
returns table (product_id uuid, org_id uuid, submission_id uuid, requirement text, number text, issuer text,
               scope text, verified_at timestamptz, expires_on date)
stable security definer set search_path = market, pg_temp language plpgsql as $$
begin
    if app_scope() = 'nobody' then
        return;
    end if;
    return query
    select k.product_id, k.org_id, s.id, s.requirement, s.number, s.issuer, s.scope, s.verified_at, s.expires_on
    from product_certificates k
    join verification_submissions s on s.id = k.submission_id and s.org_id = k.org_id
    join products p on p.id = k.product_id
    where k.product_id = any (p_products) and s.number is not null and s.counts_from <= p_now
      and (s.expires_at is null or s.expires_at > p_now) and (s.ended_at is null or s.ended_at > p_now)
      and s.state in ('verified', 'auto_verified', 'expiring')
      -- Of a draft, or of what its seller does not show to them, people are told nothing.
      and (p.created_by_org_id = app_org() or is_staff() or exists (
        select 1 from product_variants v join offers o on o.variant_id = v.id and o.state = 'published'
        where v.product_id = p.id and offer_is_shown(o.id, o.audience, o.seller_id)))
    order by k.product_id, s.requirement, s.number;
end $$;
