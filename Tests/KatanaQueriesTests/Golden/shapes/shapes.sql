-- name: partial_update :one
UPDATE users
SET email = coalesce(sqlc.narg('email'), email), name = CASE WHEN @set_name::bool THEN @name ELSE name END
WHERE id = @id RETURNING *;

-- name: optional_filter :many
SELECT id, email FROM users
WHERE (sqlc.narg('name')::text IS NULL OR name = sqlc.narg('name')) AND (@age::int IS NULL OR age > @age);

-- name: upsert :one
INSERT INTO users (email, name) VALUES (lower(@email), @name)
ON CONFLICT (email) DO UPDATE SET name = excluded.name, deleted_at = NULL
RETURNING id, (xmax = 0) AS inserted;

-- name: json_named :many
SELECT data->>'city' AS city, data->'tags' AS tags, jsonb_build_object('id', id) AS object, data ? 'x' AS has
FROM users WHERE data @> @part AND data ->> 'city' = @city;

-- name: managers :many
SELECT e.email, m.email AS manager_email, m.id IS NULL AS is_boss
FROM users e LEFT JOIN users m ON m.id = e.manager;

-- name: managed :many
SELECT e.email, m.email AS manager_email FROM users e LEFT JOIN users m ON m.id = e.manager WHERE m.age > 3;

-- name: tree :many
WITH RECURSIVE tree AS (
  SELECT id, email, 1 AS depth, ARRAY[id] AS path FROM users WHERE manager IS NULL
  UNION ALL
  SELECT u.id, u.email, t.depth + 1, t.path || u.id FROM users u JOIN tree t ON t.id = u.manager
) SELECT * FROM tree;

-- name: stats :one
SELECT count(*) AS total, count(*) FILTER (WHERE age > 30) AS old, avg(age) AS mean, max(created_at) AS newest,
  coalesce(sum(age), 0) AS sum, bool_or(age > 3) AS any
FROM users;

-- name: per_user :many
SELECT u.id, count(p.id) AS posts, sum(p.views) AS views, array_agg(u.email) AS emails, max(u.created_at) AS newest
FROM users u LEFT JOIN posts p ON p.user_id = u.id GROUP BY u.id;

-- name: totals :many
SELECT user_id, title, sum(views) AS views, grouping(user_id) AS level FROM posts GROUP BY ROLLUP (user_id, title);

-- name: ranked :many
SELECT id, row_number() OVER w AS place, lag(title) OVER w AS before, sum(views) OVER w AS running
FROM posts WINDOW w AS (PARTITION BY user_id ORDER BY id);

-- name: union :many
SELECT id::text, name FROM users UNION ALL SELECT id::text, title FROM posts;

-- name: latest :many
SELECT u.id, p.title, p.views FROM users u
LEFT JOIN LATERAL (SELECT * FROM posts WHERE user_id = u.id ORDER BY id DESC LIMIT 1) p ON true;

-- name: of_view :many
SELECT * FROM popular WHERE author ILIKE '%' || @part || '%';

-- name: search :many
SELECT id, ts_rank(search, query) AS rank, ts_headline(body, query) AS headline
FROM posts, plainto_tsquery('simple', @words) AS query WHERE search @@ query ORDER BY rank DESC;

-- name: moved :many
WITH gone AS (DELETE FROM posts WHERE user_id = @user_id RETURNING *)
SELECT id, title FROM gone;

-- name: locked :one
SELECT id FROM posts WHERE id = @id FOR UPDATE SKIP LOCKED;

-- name: next_number :one
SELECT nextval('numbers') AS number;

-- name: touches :many
SELECT * FROM touched;

-- name: pure :many
SELECT pure(age), now() AS at FROM users WHERE age BETWEEN @low AND @high AND created_at > now() - @span::interval;

-- name: full :many
SELECT id, a.email, b.title FROM users a FULL JOIN (SELECT user_id AS id, title FROM posts) b USING (id);

-- name: any_of :many
SELECT * FROM posts WHERE id = ANY(@ids::bigint[]) AND tags && @tags AND NOT title = ANY(@titles);

-- name: values :many
SELECT * FROM (VALUES (1, 'a'), (2, NULL)) AS v(n, s);

-- name: plain_values :many
VALUES (1, 'a'), (2, 'b');

-- name: rows :many
SELECT u.id, u FROM users u;

-- name: lock :exec
SELECT pg_advisory_xact_lock($1);

-- name: truncate :exec
TRUNCATE posts;

-- name: refresh :exec
NOTIFY changed;

-- name: shown :one
SHOW timezone;

-- name: page :many
SELECT id, title FROM posts WHERE (views, id) < (@views, @id) ORDER BY views DESC, id DESC
LIMIT sqlc.arg(page_size) OFFSET sqlc.arg(page_size) * @page::int;

-- name: duplicate :many
SELECT u.id, p.id, p.* FROM users u JOIN posts p ON p.user_id = u.id;

-- name: insert_select :exec
INSERT INTO posts (user_id, title, body) SELECT @user_id, unnest(@titles::text[]), @body;

-- name: case_when :many
SELECT CASE WHEN name IS NOT NULL THEN name ELSE email END AS shown, CASE age WHEN 1 THEN 'one' END AS word,
  coalesce(name, email) AS either, nullif(email, '') AS email, greatest(age, 3) AS at_least
FROM users;

-- name: dates :many
SELECT extract(year FROM created_at) AS year, date_trunc('day', created_at) AS day, created_at::date AS date,
  to_char(created_at, 'YYYY') AS text, age(created_at) AS since, created_at AT TIME ZONE 'UTC' AS utc
FROM users;

-- name: merge_posts :exec
MERGE INTO posts p USING (SELECT @id::bigint AS id, @title::text AS title) s ON p.id = s.id
WHEN MATCHED THEN UPDATE SET title = s.title;

-- name: override :many
SELECT count(*) AS "total?", max(age) AS "oldest!", name AS "name!" FROM users GROUP BY name;

-- name: mixed :many
SELECT id FROM users
WHERE manager = $1 AND (sqlc.narg('filter')::text IS NULL OR name = sqlc.narg('filter')) AND age > @age
LIMIT $3;
