-- As before, and what is personal of an event beside the log: [{..., personal: {person_id, org_id, before, after}}].
create or replace function finish_work(
    p_events jsonb, p_timers jsonb, p_command text, p_request uuid, p_body_hash bytea, p_answer jsonb, p_now timestamptz
) returns void language plpgsql as $$
declare
    one record;
    written bigint;
begin
    perform set_timers(t.command, t.due, p_now) from jsonb_each(p_timers) as t(command, due);
    if jsonb_path_exists(p_events, '$[*].personal') then
        -- One by one: each must know its own number, and the log keeps the order in which things happened.
        for one in
            select e.* from jsonb_array_elements(p_events) with ordinality as a(event, place)
            cross join lateral jsonb_to_record(a.event) as e(
                name text, subject text, subject_id uuid, from_state text, to_state text, facts jsonb,
                buyer_id uuid, seller_id uuid, personal jsonb)
            order by a.place
        loop
            insert into events (name, subject, subject_id, from_state, to_state, facts, buyer_id, seller_id,
                                org_id, actor_user_id, scope, command, request_id, effective_at, recorded_at)
            values (one.name, one.subject, one.subject_id, one.from_state, one.to_state, one.facts, one.buyer_id,
                    one.seller_id, app_org(), app_user(), app_scope(), p_command, p_request, p_now, p_now)
            returning id into written;
            if jsonb_typeof(one.personal) = 'object' then
                insert into event_personal (event_id, org_id, person_id, before, after)
                values (written, (one.personal ->> 'org_id')::uuid, (one.personal ->> 'person_id')::uuid,
                        nullif(one.personal -> 'before', 'null'), nullif(one.personal -> 'after', 'null'));
            end if;
        end loop;
    else
        insert into events (name, subject, subject_id, from_state, to_state, facts, buyer_id, seller_id,
                            org_id, actor_user_id, scope, command, request_id, effective_at, recorded_at)
        select e.name, e.subject, e.subject_id, e.from_state, e.to_state, e.facts, e.buyer_id, e.seller_id,
               app_org(), app_user(), app_scope(), p_command, p_request, p_now, p_now
        from jsonb_to_recordset(p_events) as e(
            name text, subject text, subject_id uuid, from_state text, to_state text, facts jsonb,
            buyer_id uuid, seller_id uuid);
    end if;
    if jsonb_array_length(p_events) > 0 then
        perform jobs.procrastinate_defer_jobs_v1(array[
            row('default', 'deliver_events', 0, null, null, '{}', null)::jobs.procrastinate_job_to_defer_v1]);
    end if;
    if p_request is not null then
        insert into requests (org_id, request_id, command, body_hash, answer, recorded_at)
        values (coalesce(app_org(), '00000000-0000-0000-0000-000000000000'),
                p_request, p_command, p_body_hash, p_answer, p_now);
    end if;
end $$;

-- Take what is personal of one person out from beside the log, for the platform's staff and jobs. The application
-- may not change the table otherwise.
create function erase_personal(p_person uuid, p_now timestamptz) returns integer
    language plpgsql security definer set search_path = market, pg_temp as $$
declare
    erased integer;
begin
    if not is_staff() then
        raise exception 'audit: only staff and jobs erase' using errcode = 'WS005';
    end if;
    update event_personal set before = null, after = null, erased_at = p_now
    where person_id = p_person and erased_at is null;
    get diagnostics erased = row_count;
    return erased;
end $$;

-- As before; each event's own digest is kept as well, so that a check can tell which one was changed.
create or replace function seal_audit(p_limit integer, p_now timestamptz) returns bigint language plpgsql as $$
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
    insert into audit_sealed_events (event_id, batch, position, digest)
    select e.id, coalesce(last.batch, 0) + 1, f.position, event_digest(e)
    from unnest(fresh) with ordinality as f(id, position) join events e on e.id = f.id;
    return cardinality(fresh);
end $$;
