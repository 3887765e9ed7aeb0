-- name: all :many
SELECT * FROM users;
