-- A role that serves and works with the least it needs: rows, and no tables. Run by the tables' owner after
-- `plenary migrate`, once; then `\password plenary_serving`, and name this role in DATABASE_URL of web and workers.
-- `plenary migrate`, `plenary restore` and `plenary backup` go on as the owner.

create role plenary_serving login nosuperuser nocreatedb nocreaterole noinherit;

grant usage on schema public to plenary_serving;
revoke create on schema public from public, plenary_serving;

grant select, insert, update, delete on all tables in schema public to plenary_serving;
grant usage, select on all sequences in schema public to plenary_serving;
grant execute on all functions in schema public to plenary_serving;
-- Tables of later migrations.
alter default privileges in schema public grant select, insert, update, delete on tables to plenary_serving;
alter default privileges in schema public grant usage, select on sequences to plenary_serving;

-- What was decided is added to, and neither changed nor taken away; triggers refuse it to the owner as well.
revoke update, delete on audit_events from plenary_serving;
-- Which migrations ran is read, to refuse a start where some are pending.
revoke insert, update, delete on migration from plenary_serving;
