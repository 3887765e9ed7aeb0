-- name: add_review :opt
-- None when there is no such product.
INSERT INTO reviews (product, rating, text)
SELECT id, @rating::int4, @text::text FROM products WHERE id = @id
RETURNING *;

-- name: list_reviewed_products :many
-- Products that have reviews, and those, by one more statement however many products there are.
-- prefetch: reviews = reviews_of(products: id) by product
SELECT id, sku, name FROM products
WHERE id > @after AND EXISTS (SELECT 1 FROM reviews WHERE reviews.product = products.id)
ORDER BY id LIMIT @limit::int8;

-- name: reviews_of :many
SELECT * FROM reviews WHERE product = ANY(@products::int8[]) ORDER BY id;
