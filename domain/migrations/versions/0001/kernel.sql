-- Who is here, told by begin_work() at the start of each transaction and read by every policy.
create function app_org() returns uuid stable parallel safe language sql
    return nullif(current_setting('app.org_id', true), '')::uuid;

create function app_user() returns uuid stable parallel safe language sql
    return nullif(current_setting('app.user_id', true), '')::uuid;

create function app_scope() returns text stable parallel safe language sql
    return coalesce(nullif(current_setting('app.scope', true), ''), 'nobody');

create function is_staff() returns boolean stable parallel safe language sql
    return coalesce(current_setting('app.scope', true), '') in ('platform', 'system');

-- Open a unit of work: whose it is, when it is, and the first answer if this request was made before.
create function begin_work(
    p_org uuid, p_user uuid, p_scope text, p_request uuid, p_command text,
    out now_at timestamptz, out body_hash bytea, out answer jsonb
) language plpgsql as $$
begin
    perform set_config('app.org_id', coalesce(p_org::text, ''), true),
            set_config('app.user_id', coalesce(p_user::text, ''), true),
            set_config('app.scope', p_scope, true),
            -- A command's statements look things up by key: one plan fits all, and planning costs more than running.
            set_config('plan_cache_mode', case when p_command = '' then 'auto' else 'force_generic_plan' end, true);
    now_at := transaction_timestamp();
    if p_request is not null then
        select r.body_hash, r.answer into body_hash, answer
        from requests r
        where r.org_id = coalesce(p_org, '00000000-0000-0000-0000-000000000000') and r.request_id = p_request;
    end if;
end $$;

-- Close it: what happened, the timers to set ({command: [...]}), the answer to the request, and one job that
-- delivers the news.
create function finish_work(
    p_events jsonb, p_timers jsonb, p_command text, p_request uuid, p_body_hash bytea, p_answer jsonb, p_now timestamptz
) returns void language plpgsql as $$
begin
    perform set_timers(t.command, t.due, p_now) from jsonb_each(p_timers) as t(command, due);
    insert into events (name, subject, subject_id, from_state, to_state, facts, buyer_id, seller_id,
                        org_id, actor_user_id, scope, command, request_id, effective_at, recorded_at)
    select e.name, e.subject, e.subject_id, e.from_state, e.to_state, e.facts, e.buyer_id, e.seller_id,
           app_org(), app_user(), app_scope(), p_command, p_request, p_now, p_now
    from jsonb_to_recordset(p_events) as e(
        name text, subject text, subject_id uuid, from_state text, to_state text, facts jsonb,
        buyer_id uuid, seller_id uuid);
    if found then
        perform jobs.procrastinate_defer_jobs_v1(array[
            row('default', 'deliver_events', 0, null, null, '{}', null)::jobs.procrastinate_job_to_defer_v1]);
    end if;
    if p_request is not null then
        insert into requests (org_id, request_id, command, body_hash, answer, recorded_at)
        values (coalesce(app_org(), '00000000-0000-0000-0000-000000000000'),
                p_request, p_command, p_body_hash, p_answer, p_now);
    end if;
end $$;

-- What is hashed of an event: all of it, in a fixed order.
create function event_digest(e events) returns bytea stable parallel safe language sql
    return sha256(convert_to(jsonb_build_array(
        e.id, e.name, e.subject, e.subject_id, e.from_state, e.to_state, e.facts, e.buyer_id, e.seller_id, e.org_id,
        e.actor_user_id, e.scope, e.command, e.request_id,
        extract(epoch from e.effective_at), extract(epoch from e.recorded_at))::text, 'UTF8'));

-- Seal the events that are committed and not yet sealed, in one batch chained to the batch before.
create function seal_audit(p_limit integer, p_now timestamptz) returns bigint language plpgsql as $$
declare
    last audit_seals;
    fresh bigint[];
    digest bytea;
begin
    if not pg_try_advisory_xact_lock(hashtext('seal_audit')) then
        return 0;
    end if;
    select * into last from audit_seals order by batch desc limit 1;
    select array_agg(id order by id) into fresh from (
        select e.id from events e
        where not exists (select 1 from audit_sealed_events s where s.event_id = e.id)
        order by e.id limit p_limit) as unsealed;
    if fresh is null then
        return 0;
    end if;
    select sha256(coalesce(last.hash, ''::bytea) || string_agg(event_digest(e), ''::bytea order by e.id)) into digest
    from events e where e.id = any (fresh);
    insert into audit_seals (batch, previous_hash, hash, events, sealed_at)
    values (coalesce(last.batch, 0) + 1, coalesce(last.hash, ''::bytea), digest, cardinality(fresh), p_now);
    insert into audit_sealed_events (event_id, batch, position)
    select id, coalesce(last.batch, 0) + 1, position from unnest(fresh) with ordinality as f(id, position);
    return cardinality(fresh);
end $$;

-- Set timers [{id, key, due_at, facts}], each once per key. Only jobs read them and act on them as the system, so
-- setting goes through here, and each must name an order or a purchase of the caller's own.
create function set_timers(p_command text, p_timers jsonb, p_now timestamptz) returns void
    language plpgsql security definer set search_path = market, pg_temp
    set enable_seqscan = off as $$
begin
    if app_scope() <> 'system' and exists (
        select 1 from jsonb_to_recordset(p_timers) as t(facts jsonb)
        -- Single-row subqueries, as in ledger_post: joins would read both tables whole for a few timers.
        where (select o.id from supplier_orders o
               where o.id = (t.facts ->> 'order_id')::uuid
                 and (is_staff() or app_org() in (o.buyer_id, o.seller_id)) limit 1) is null
          and (select u.id from purchases u
               where u.id = (t.facts ->> 'purchase_id')::uuid
                 and (is_staff() or u.buyer_id = app_org()) limit 1) is null) then
        raise exception 'timers: this is not yours to wait for' using errcode = 'WS005';
    end if;
    insert into timers (id, key, command, facts, due_at, created_at)
    select t.id, t.key, p_command, t.facts, t.due_at, p_now
    from jsonb_to_recordset(p_timers) as t(id uuid, key text, facts jsonb, due_at timestamptz)
    on conflict (key) do nothing;
end $$;

-- Show the reviews of an order once both sides have written, or in any case (`p_even_one`, jobs only). Neither
-- side sees the other's review before, so counting them needs the owner's eyes.
create function publish_reviews(p_order uuid, p_even_one boolean, p_now timestamptz) returns integer
    language plpgsql security definer set search_path = market, pg_temp as $$
declare
    shown integer;
begin
    if not exists (select 1 from supplier_orders o where o.id = p_order
                   and (app_scope() = 'system' or (not p_even_one and app_org() in (o.buyer_id, o.seller_id)))) then
        raise exception 'reviews: this order is not yours' using errcode = 'WS005';
    end if;
    update reviews r set published_at = p_now
    where r.order_id = p_order and r.published_at is null
      and (p_even_one or (select count(*) from reviews x where x.order_id = p_order) > 1);
    get diagnostics shown = row_count;
    return shown;
end $$;
