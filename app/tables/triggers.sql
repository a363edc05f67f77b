-- What the database keeps true by itself, whoever writes to it. Run after the migrations whenever this file has changed.

-- A vote that is written or deleted, in whatever way, takes the packed copy of its participant's votes away in the same
-- transaction. Its row is locked until that transaction ends, so that nobody packs votes without this one (the job that
-- packs locks the row before it reads). Who was erased has no row, and gets none.
create or replace function unpack_votes() returns trigger language plpgsql as $$
begin
  insert into packed_votes (participant, consultation)
  select distinct w.participant, w.consultation
  from written w join participants p on p.id = w.participant join consultations c on c.id = w.consultation
  order by w.participant
  on conflict (participant) do update set votes = null, latest_at = null where packed_votes.votes is not null;
  return null;
end
$$;
create or replace trigger unpack_votes_cast after insert on votes
  referencing new table as written for each statement execute function unpack_votes();
create or replace trigger unpack_votes_changed after update on votes
  referencing new table as written for each statement execute function unpack_votes();
create or replace trigger unpack_votes_withdrawn after delete on votes
  referencing old table as written for each statement execute function unpack_votes();

-- The triggers hold other writers off until this transaction ends: nobody who has voted is without a row.
insert into packed_votes (participant, consultation)
select distinct participant, consultation from votes
union select distinct participant, consultation from earlier_votes
on conflict (participant) do nothing;

-- What is counted for limits may be lost in a crash, and must not cost a vote the wait for the disk. A table that is
-- so already is left alone.
alter table rate_windows set unlogged;

-- What was decided is added to the governance log, and neither changed nor taken away, by whichever role and for whatever
-- reason; who owns the tables can put this aside, which the chain of hashes then tells.
create or replace function keep_what_was_decided() returns trigger language plpgsql as $$
begin
  raise exception 'the governance log is only added to' using errcode = 'insufficient_privilege';
end
$$;
create or replace trigger audit_events_stay before update or delete or truncate on audit_events
  for each statement execute function keep_what_was_decided();
