/* name: GetJob :one */
SELECT * FROM jobs WHERE id = $1 LIMIT 1;

-- name: FetchJobs :many
WITH locked AS (
  SELECT * FROM jobs WHERE state = 'available' AND run_at <= coalesce(sqlc.narg('now')::timestamptz, now())
  ORDER BY run_at ASC, id ASC LIMIT @max::integer FOR UPDATE SKIP LOCKED
)
UPDATE jobs SET state = 'running', attempt = jobs.attempt + 1,
  attempted_by = array_append(jobs.attempted_by, @worker::text)
FROM locked WHERE jobs.id = locked.id RETURNING jobs.*;

-- name: CancelJob :one
WITH found AS (
  SELECT id, state, finalized_at FROM jobs WHERE jobs.id = @id FOR UPDATE
), told AS (
  SELECT id, pg_notify(concat(current_schema(), '.', @topic::text), json_build_object('id', id)::text) FROM found
  WHERE state NOT IN ('completed', 'dead-letter') AND finalized_at IS NULL
), changed AS (
  UPDATE jobs SET state = CASE WHEN state = 'running' THEN state ELSE 'cancelled' END,
    args = jsonb_set(args, '{cancelled_at}'::text[], @cancelled_at::jsonb, true)
  FROM told WHERE jobs.id = told.id RETURNING jobs.*
)
SELECT * FROM jobs WHERE id = @id::bigint AND id NOT IN (SELECT id FROM changed) UNION SELECT * FROM changed;

-- name: InsertJobs :many
INSERT INTO jobs (args, kind, state, tags, unique_key)
SELECT unnest(@args::jsonb[]), unnest(@kinds::text[]), unnest(@states::text[])::job_state,
  string_to_array(unnest(@tags::text[]), ','), unnest(@unique_keys[?]::bytea[])
ON CONFLICT (unique_key) WHERE unique_key IS NOT NULL DO UPDATE SET kind = EXCLUDED.kind
RETURNING sqlc.embed(jobs), (xmax != 0) AS was_there;

-- name: InsertJob :one
INSERT INTO jobs (args, attempt, attempted_by, kind, state, tags, run_at, errors) VALUES (
  coalesce(@args::jsonb, '{}'), coalesce(@attempt::smallint, 0), coalesce(@attempted_by::text[], '{}'), @kind,
  @state, coalesce(@tags::varchar(255)[], '{}'), coalesce(sqlc.narg('run_at')::timestamptz, now()), @errors
) RETURNING *;

-- name: SetStates :exec
UPDATE jobs SET state = v.state, finalized_at = v.finalized_at
FROM (SELECT unnest(@ids::bigint[]) AS id, unnest(@states::job_state[]) AS state,
  nullif(unnest(@finalized_ats::timestamptz[]), '0001-01-01 00:00:00 +0000') AS finalized_at) AS v
WHERE jobs.id = v.id;

-- name: FindUnique :one
SELECT * FROM jobs WHERE kind = @kind
  AND CASE WHEN @by_args::boolean THEN args = @args ELSE true END
  AND CASE WHEN @by_time::boolean THEN tstzrange(@from_time::timestamptz, @to_time::timestamptz, '[)') @> run_at ELSE true END
  AND CASE WHEN @by_state::boolean THEN state::text = any(@states::text[]) ELSE true END;

-- name: Schedule :many
WITH due AS (
  SELECT id, unique_key FROM jobs WHERE state IN ('available') AND run_at <= @now::timestamptz FOR UPDATE
), numbered AS (
  SELECT *, CASE WHEN unique_key IS NOT NULL THEN row_number() OVER (PARTITION BY unique_key ORDER BY id) ELSE NULL END AS n
  FROM due
), decided AS (
  SELECT numbered.id, CASE WHEN n IS NULL OR n = 1 THEN 'available'::job_state ELSE 'dead-letter'::job_state END AS next
  FROM numbered
), updated AS (
  UPDATE jobs SET state = decided.next, args = CASE WHEN decided.next = 'dead-letter' THEN jobs.args || '{"conflict": true}'::jsonb
    ELSE jobs.args END
  FROM decided WHERE jobs.id = decided.id RETURNING jobs.id, decided.next = 'dead-letter'::job_state AS is_dead
)
SELECT sqlc.embed(jobs), updated.is_dead FROM jobs JOIN updated ON jobs.id = updated.id;

-- name: DeleteBefore :one
WITH gone AS (DELETE FROM jobs WHERE id IN (SELECT id FROM jobs
    WHERE (state = 'completed' AND finalized_at < @completed_before::timestamptz)
      OR (state = 'dead-letter' AND finalized_at < @dead_before::timestamptz)
    ORDER BY id LIMIT @max::bigint) RETURNING *)
SELECT count(*) FROM gone;

-- name: SearchJobs :many
SELECT id, kind, ts_rank(words, q) AS rank, ts_headline('english', kind, q) AS excerpt, similarity(kind, @text) AS near
FROM jobs, websearch_to_tsquery('english', @text) q WHERE words @@ q OR kind % @text ORDER BY rank DESC, id;

-- name: CountStates :many
SELECT state, count(*) AS total, count(*) FILTER (WHERE attempt > 1) AS retried, min(run_at)::timestamptz AS oldest
FROM jobs WHERE state = ANY(@states::job_state[]) GROUP BY state HAVING count(*) > @least ORDER BY 2 DESC;

-- name: OpenJobs :many
SELECT * FROM open_jobs WHERE kind LIKE @prefix || '%' ESCAPE '\';

-- name: JobStats :many
SELECT * FROM job_stats(now() - make_interval(hours => @hours));

-- name: FindUser :one
SELECT id, name FROM find_user(@address);

-- name: FindUserFields :one
SELECT (find_user(@address)).*;

-- name: Purge :exec
CALL purge(@before);

-- name: ImportJobs :copyfrom
INSERT INTO jobs (kind, args, state, owner) VALUES (@kind, @args, @state, @owner);

-- name: Tenant :exec
SELECT set_config('app.tenant', @tenant::text, true);

-- name: JobErrors :many
SELECT id, e.number, e.error ->> 'message' AS message, (e.error ->> 'at')::timestamptz AS at
FROM jobs CROSS JOIN LATERAL unnest(errors) WITH ORDINALITY AS e(error, number) WHERE cardinality(errors) > 0;

-- name: UpdatePair :execresult
UPDATE jobs SET (kind, args) = (@kind, @args), finalized_at = DEFAULT WHERE id = $1;

-- name: SetFlags :exec
UPDATE jobs SET tags = v.tags::text[] FROM (VALUES (@id::bigint, @tags::text)) AS v(id, tags) WHERE jobs.id = v.id;

-- name: Locked :one
SELECT pg_try_advisory_xact_lock(hashtext(@name)) AS is_locked;

-- name: SameSpan :many
SELECT id, span, lower(span) AS begins, upper(span) AS ends FROM jobs WHERE span && @span AND span IS NOT DISTINCT FROM sqlc.narg(exact);

-- name: Added :batchmany
INSERT INTO jobs (kind) VALUES ($1) ON CONFLICT DO NOTHING RETURNING id, run_at;

-- name: Empty :one
INSERT INTO events_2026 DEFAULT VALUES RETURNING *;
