-- name: place_order :one
INSERT INTO orders (customer, note) VALUES (@customer, @note) RETURNING *;

-- name: list_orders :many
-- prefetch: items = items_of(orders: id) by order_id
SELECT id, customer, note FROM orders WHERE id > @after ORDER BY id LIMIT @limit;

-- name: items_of :many
SELECT * FROM items WHERE order_id = ANY(@orders::bigint[]) ORDER BY id;

-- name: orders_with_items :many
-- nest: items by id: item_id AS id, item_name AS name, quantity, remark
SELECT o.id, o.note, i.id AS item_id, i.name AS item_name, i.quantity, i.remark
FROM orders o LEFT JOIN items i ON i.order_id = o.id
ORDER BY o.id, i.id;

-- name: order_and_customer :opt
SELECT sqlc.embed(orders), sqlc.embed(customers)
FROM orders JOIN customers ON customers.id = orders.customer
WHERE orders.id = @id;

-- name: orders_and_items :many
SELECT sqlc.embed(o), sqlc.embed(i)
FROM orders o LEFT JOIN items i ON i.order_id = o.id
ORDER BY o.id, i.id;

-- name: import_items :copy
INSERT INTO items (order_id, name, quantity, remark) VALUES (@order_id, @name, @quantity, @remark);

-- name: add_items :batch
INSERT INTO items (order_id, name, quantity) VALUES (@order_id, @name, @quantity);

-- name: add_item :batchone
INSERT INTO items (order_id, name, quantity) VALUES (@order_id, @name, @quantity) RETURNING id;

-- name: drop_orders :batch
DELETE FROM orders WHERE id = @id;

-- name: totals :many
SELECT c.id, c.name, coalesce(sum(i.quantity), 0)::bigint AS pieces, max(o.placed) AS last_placed, count(i.id) AS lines
FROM customers c LEFT JOIN orders o ON o.customer = c.id LEFT JOIN items i ON i.order_id = o.id
GROUP BY c.id ORDER BY c.id;
