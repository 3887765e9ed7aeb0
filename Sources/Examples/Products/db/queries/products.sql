-- name: list_products :many
-- A page behind the product with the id `after`.
SELECT * FROM products
WHERE id > @after
ORDER BY id LIMIT @count::int8 OFFSET @skip::int8;

-- name: count_products :one
SELECT count(*) FROM products;

-- name: search_products :many
-- The first products whose name contains a text, compared without case.
SELECT * FROM products
WHERE position(lower(@text::text) in lower(name)) > 0
ORDER BY id LIMIT @count::int8;

-- name: count_found :one
SELECT count(*) FROM products
WHERE position(lower(@text::text) in lower(name)) > 0;

-- name: get_product :opt
SELECT * FROM products WHERE id = @id;

-- name: create_product :one
INSERT INTO products (sku, name, description, price, stock, category, tags)
VALUES (@sku, @name, @description, @price, @stock, @category, @tags)
RETURNING *;

-- name: replace_product :opt
-- None when there is no such product, or it has another version than the one given.
UPDATE products
SET sku = @sku, name = @name, description = @description, price = @price, stock = @stock, category = @category,
  tags = @tags, version = version + 1
WHERE id = @id
  AND version = @expected_version -- filter
RETURNING *;

-- name: delete_product :execrows
DELETE FROM products WHERE id = @id;

-- name: adjust_stock :opt
-- None when there is no such product, or its stock would leave its bounds. One statement decides and changes, so that two
-- requests cannot take the same piece.
UPDATE products SET stock = stock + @delta, version = version + 1
WHERE id = @id AND stock + @delta BETWEEN 0 AND 1000000
RETURNING *;

-- name: get_image :opt
SELECT type, bytes FROM images WHERE product = @product;

-- name: store_image :execrows
INSERT INTO images (product, type, bytes)
SELECT id, @type::text, @bytes::bytea FROM products WHERE id = @product
ON CONFLICT (product) DO UPDATE SET type = excluded.type, bytes = excluded.bytes;
