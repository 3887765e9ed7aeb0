-- name: get :opt
SELECT * FROM hosts WHERE id = @id;

-- name: find :many
SELECT id, address, id, net AS "net!" FROM hosts
WHERE address <<= @within
  AND mac = @mac -- filter
  AND labels ? @label -- filter
ORDER BY address -- sort: id, net DESC
LIMIT @limit;

-- name: add :one
INSERT INTO hosts (id, address, addresses, words, flags, busy, spot, labels, path, gate, gates, code, codes)
VALUES (@id, @address, @addresses, to_tsvector('simple', @words), @flags, @busy, @spot?, @labels, @path, @gate, @gates, @code,
  @codes)
RETURNING *;

-- name: moved :many
WITH RECURSIVE update AS (
  UPDATE hosts SET address = @address WHERE id = ANY(@ids::bigint[]) RETURNING id, address
), insert (id, address) AS (SELECT * FROM update)
SELECT i.id, i.address FROM insert i ORDER BY i.id;

-- name: either :many
WITH a AS (SELECT address FROM hosts) (SELECT address FROM a ORDER BY address LIMIT 1) UNION ALL VALUES ('::1'::inet);

-- name: addresses :one
SELECT array_agg(address) AS addresses, ARRAY[@one::inet] AS given, coalesce(min(host(address)), '') AS host FROM hosts;

-- name: locked :stream
SELECT address FROM hosts ORDER BY id FOR UPDATE SKIP LOCKED;

-- name: removed :execrows
DELETE FROM hosts WHERE address = ANY(@addresses::inet[]);

-- name: grouped :many
SELECT net, sqlc.embed(hosts) FROM hosts;

-- name: each :batchone
UPDATE hosts SET net = @net WHERE id = @id RETURNING net;
