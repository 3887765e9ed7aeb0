-- name: bad :many
SELECT ÿ;
