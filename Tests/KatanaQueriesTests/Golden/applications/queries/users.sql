-- name: CreateUser :one
INSERT INTO "Users" (email, password, "displayName") VALUES (lower(@email), crypt(@password, gen_salt('bf')), @display_name)
ON CONFLICT ON CONSTRAINT "Users_email_key" DO NOTHING RETURNING *;

-- name: Authenticate :one
SELECT "userId", "displayName", "order", "type", self FROM "Users" WHERE email = lower($1) AND password = crypt($2, password);

-- name: PatchUser :one
UPDATE "Users" SET
  email = COALESCE(sqlc.narg('email'), email),
  "displayName" = COALESCE(sqlc.narg('display_name'), "displayName"),
  roles = CASE WHEN @set_roles::bool THEN @roles::text[] ELSE roles END
WHERE "userId" = @user_id RETURNING *;

-- name: ListUsers :many
SELECT u.*, count(*) OVER () AS total FROM "Users" u
WHERE (sqlc.narg('search')::text IS NULL OR u.email ILIKE '%' || sqlc.narg('search') || '%')
  AND (@role::text = '' OR @role = ANY(u.roles))
  AND ("createdAt", "userId") < (sqlc.narg('cursor_at')::timestamptz, sqlc.narg('cursor_id')::uuid)
ORDER BY CASE WHEN @by_name::bool THEN "displayName" END ASC NULLS LAST, "createdAt" DESC
LIMIT COALESCE(NULLIF(@limit_opt :: int, 0), 100) OFFSET @offset_opt;

-- name: UsersWithInvoices :many
SELECT u."userId", u."displayName",
  COALESCE(jsonb_agg(jsonb_build_object('id', i.id, 'total', i.total) ORDER BY i.number) FILTER (WHERE i.id IS NOT NULL), '[]')
    AS invoices,
  COALESCE(array_agg(i.id) FILTER (WHERE i.id IS NOT NULL), '{}')::uuid[] AS ids, array_agg(i.paid_at) AS paid,
  string_agg(DISTINCT i.number::text, ',') AS numbers
FROM "Users" u LEFT JOIN billing.invoice i ON i."user" = u."userId" GROUP BY u."userId";

-- name: LastInvoices :many
SELECT sqlc.embed(u), i.id AS invoice_id, i.total, (i.paid_at IS NOT NULL)::bool AS is_paid
FROM "Users" u LEFT JOIN LATERAL (
  SELECT * FROM billing.invoice WHERE "user" = u."userId" ORDER BY number DESC LIMIT 1) i ON true
WHERE u."userId" IN (sqlc.slice('ids'));

-- name: EmbedAndMore :many
SELECT sqlc.embed(i), sqlc.embed(u), i.total * 2 AS twice FROM billing.invoice i LEFT JOIN "Users" u ON u."userId" = i."user";

-- name: EmbedTwice :one
SELECT sqlc.embed(i), i.* FROM billing.invoice i WHERE i.id = $1;

-- name: Exists :one
SELECT EXISTS(SELECT 1 FROM "Users" WHERE email = $1) AS has_email, NOT EXISTS (SELECT FROM jobs WHERE owner IS NULL) AS all_owned;

-- name: ExistsUnnamed :one
SELECT EXISTS(SELECT 1 FROM "Users" WHERE email = $1);

-- name: CreateInvoice :one
WITH new_user AS (
  INSERT INTO "Users" (email, password) VALUES (@email, @password) ON CONFLICT (email) DO UPDATE SET email = excluded.email
  RETURNING "userId"
), new_invoice AS (
  INSERT INTO billing.invoice ("user", total, lines) SELECT "userId", @total, @lines FROM new_user RETURNING id, number
)
INSERT INTO billing.item (invoice, place, text, price)
SELECT new_invoice.id, t.place, t.text, t.price FROM new_invoice,
  jsonb_to_recordset(@items::jsonb) AS t(place int, text text, price numeric) RETURNING *;

-- name: ItemsByKeys :many
SELECT * FROM billing.item WHERE (invoice, place) IN (SELECT unnest(@invoices::uuid[]), unnest(@places::int[]));

-- name: UpsertItems :execrows
INSERT INTO billing.item (invoice, place, text, price)
SELECT * FROM unnest(@invoices::uuid[], @places::int[], @texts[?]::text[], @prices::numeric[]) AS t(invoice, place, text, price)
ON CONFLICT (invoice, place) DO UPDATE SET text = EXCLUDED.text, price = COALESCE(EXCLUDED.price, billing.item.price)
WHERE billing.item.text IS DISTINCT FROM EXCLUDED.text;

-- name: Revenue :many
SELECT date_trunc('month', paid_at)::date AS month, coalesce(sum(total), 0)::numeric AS sum, count(DISTINCT "user") AS users,
  avg(total) AS mean, lag(sum(total)) OVER (ORDER BY date_trunc('month', paid_at)::date) AS before
FROM billing.invoice WHERE paid_at BETWEEN SYMMETRIC @a AND @b GROUP BY 1 ORDER BY 1;

-- name: Latencies :many
WITH days AS (SELECT d::date AS day FROM generate_series(@from_day::date, @to_day::date, '1 day'::interval) AS d)
SELECT days.day, array_remove(array_agg(DISTINCT stats.who), NULL)::uuid[] AS who,
  coalesce((percentile_cont(0.95) WITHIN GROUP (ORDER BY latency)), -1)::float AS p95, count(DISTINCT who) AS active,
  coalesce(sum(count), 0)::bigint AS hits
FROM days LEFT JOIN stats ON stats.day = days.day GROUP BY days.day ORDER BY days.day;

-- name: Minutes :many
SELECT s.start_time, e.name FROM events e
CROSS JOIN LATERAL generate_series(date_trunc('minute', e.at), date_trunc('minute', now() - '1 microsecond'::interval),
  '1 minute'::interval) s(start_time)
WHERE s.start_time >= @since::timestamptz AND e.at AT TIME ZONE @zone::text > '2026-01-01'
GROUP BY s.start_time, e.name;

-- name: Newest :many
SELECT user_id, total, paid FROM (
  SELECT DISTINCT ON (i."user") i."user" AS user_id, i.total, i.paid_at AS paid FROM billing.invoice i
  ORDER BY i."user", i.number DESC) AS newest ORDER BY total FETCH FIRST 10 ROWS WITH TIES;

-- name: Rename :exec
UPDATE "Users" SET "displayName" = 'worker ' || sqlc.arg('id')::uuid, "createdAt" = now() + concat(@secs::int, ' s')::interval;

-- name: Kinds :many
SELECT kind, grouping(kind, state) AS level, CASE @mode::bigint WHEN 0 THEN 'all' ELSE @label END AS label
FROM jobs GROUP BY GROUPING SETS ((kind, state), (kind), ());

-- name: Events :many
SELECT at, data -> @key::text AS value, data #>> @path::text[] AS deep, data ?| @keys::text[] AS has_any,
  jsonb_path_query_array(data, '$.tags[*]') AS tags, data @> jsonb_build_object('name', @name::text) AS is_named
FROM events WHERE data ? 'name' AND data ->> 'name' <> ALL(@without::text[]) AND (at, at) OVERLAPS (@since, @until);

-- name: Totals :many
SELECT t.*, u.email FROM totals t JOIN "Users" u ON u."userId" = t."user";

-- name: Tree :many
WITH RECURSIVE walk AS (
  SELECT id, kind, ARRAY[id] AS path, 0 AS depth FROM jobs WHERE owner IS NULL
  UNION ALL SELECT j.id, j.kind, w.path || j.id, w.depth + 1 FROM jobs j JOIN walk w ON w.id < j.id WHERE w.depth < 2
) SEARCH DEPTH FIRST BY id SET place CYCLE id SET is_cycle USING way
SELECT id, kind, path, depth, is_cycle FROM walk ORDER BY place;

-- name: InsertOnce :execrows
INSERT INTO events (at, name) SELECT now(), @name WHERE NOT EXISTS (SELECT 1 FROM events e WHERE e.name = @name);

-- name: Delete :one
DELETE FROM "Users" u USING billing.invoice i WHERE i."user" = u."userId" AND i.id = @invoice RETURNING u.*, i.total;

-- name: Swapped :many
SELECT email FROM "Users" WHERE "order" > $2 AND email <> $1 AND ($3::bool IS NOT TRUE OR self);

-- name: Listed :many
SELECT email FROM "Users" WHERE "userId" NOT IN (sqlc.slice(ids)) AND email IN ($1, $2) AND (@none = '' OR "type" = @none);
