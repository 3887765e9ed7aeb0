-- name: read_user :opt
SELECT id, name, balance FROM bench_users WHERE id = @id;

-- name: list_users :many
SELECT id, name, balance FROM bench_users WHERE id >= @id ORDER BY id LIMIT 20;

-- name: insert_event :one
INSERT INTO bench_events (user_id, note) VALUES (@user_id, 'from the bench') RETURNING id;

-- name: credit_user :opt
UPDATE bench_users SET balance = balance + 1 WHERE id = @id RETURNING balance;
