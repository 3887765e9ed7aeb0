-- name: all :many
SELECT * FROM c;
