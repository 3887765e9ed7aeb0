-- name: CountPilots :one
SELECT COUNT(*) FROM pilots;

-- name: ListPilots :many
SELECT * FROM pilots LIMIT 5;

-- name: DeletePilot :exec
DELETE FROM pilots WHERE id = $1;

-- name: Exists :one
SELECT EXISTS (SELECT 1 FROM pilots WHERE name = $1);

-- name: One :one
SELECT 1, 'two', NULL;
