-- name: whole :many
SELECT id, peer FROM peers WHERE id = @id;

-- name: given :many
SELECT id FROM peers WHERE peer = @peer;

-- name: anonymous :many
SELECT ROW(1, 'x') AS pair;

-- name: fields :many
SELECT id, (peer).name, (peer).address FROM peers WHERE (peer).address = @address;

-- name: texts :many
SELECT peer::text AS peer FROM peers WHERE peer = @peer::text::peer;
