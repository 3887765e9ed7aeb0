-- name: get_customer :opt
-- Reads a customer.
SELECT * FROM customers WHERE id = @id;

-- name: customer_by_email :one
SELECT * FROM customers WHERE email = $1;

-- name: add_customer :one
INSERT INTO customers (name, email, mood, moods, nickname, born, settings, balance)
VALUES (@name, @email, @mood, @moods, @nickname, @born, @settings, @balance)
RETURNING id;

-- name: find_customers :many
SELECT id, name, mood, nickname FROM customers
WHERE balance >= @least
  AND mood = @mood -- filter
  AND name ILIKE @name_like -- filter
  AND born BETWEEN @born_from AND @born_until -- filter
ORDER BY id -- sort: name, balance DESC, since
LIMIT @limit;

-- name: count_customers :one
SELECT count(*) FROM customers;

-- name: nickname_of :opt
SELECT nickname FROM customers WHERE id = @id;

-- name: names :many
SELECT name FROM customers ORDER BY name;

-- name: rename_customer :execrows
-- deadline: 10m
UPDATE customers SET name = @name WHERE id = @id;

-- name: set_nickname :exec
UPDATE customers SET nickname = @nickname WHERE id = @id;

-- name: each_customer :stream
SELECT id, name FROM customers ORDER BY id;

-- name: moods_of :one
SELECT moods FROM customers WHERE id = @id;

-- name: by_moods :many
SELECT id FROM customers WHERE mood = ANY(@moods::mood[]) ORDER BY id;
