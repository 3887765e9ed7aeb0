-- Statements that both databases get, in this order, each behind a comment with the values of its parameters.

SELECT * FROM products ORDER BY id;

SELECT p.*, s.name AS shop FROM products p LEFT JOIN shops s ON s.id = p.shop_id ORDER BY p.id;

-- parameters: 10
SELECT id FROM products WHERE price = $1;

SELECT id, price FROM products WHERE price > 9.5 AND price <= 19.990 ORDER BY price;

SELECT id FROM products WHERE price > 9 ORDER BY price DESC, id;

SELECT id FROM products ORDER BY weight, id;

SELECT id FROM products ORDER BY weight DESC, id;

SELECT id FROM products ORDER BY feeling NULLS FIRST, id DESC;

SELECT id FROM products WHERE feeling > 'sad' ORDER BY feeling DESC, id;

-- parameters: happy
SELECT id FROM products WHERE feeling = $1::mood ORDER BY 1;

-- parameters: {1,3,99}
SELECT id FROM products WHERE id = ANY($1::bigint[]) ORDER BY id;

-- parameters: {Chair,table,"x y"}
SELECT id FROM products WHERE name = ANY($1) ORDER BY id;

-- parameters: {1,3}
SELECT id FROM products WHERE id <> ALL($1::bigint[]) ORDER BY id;

-- parameters: {10,9.50}
SELECT id FROM products WHERE price = ANY($1::numeric[]) ORDER BY id;

-- parameters: {11111111-2222-3333-4444-555555555555}
SELECT id FROM products WHERE code = ANY($1::uuid[]);

-- parameters: %chAIR%
SELECT id FROM products WHERE name ILIKE $1 ORDER BY id;

SELECT id FROM products WHERE name LIKE '%c%' ORDER BY id;

SELECT id FROM products WHERE name LIKE 'Lamp\_\%';

SELECT id FROM products WHERE name NOT ILIKE 'c%' ORDER BY id;

-- parameters: NULL
SELECT id FROM products WHERE ($1::text IS NULL OR name = $1) ORDER BY id;

SELECT id FROM products WHERE active AND NOT (stock > 5) ORDER BY id;

SELECT active, count(*), sum(stock), sum(price), avg(price), avg(stock), min(price), max(price), min(name)
  FROM products GROUP BY active ORDER BY active;

SELECT sum(id), avg(weight), count(weight), count(DISTINCT name) FROM products;

SELECT sum(price) FROM products WHERE false;

SELECT price * stock, price / 3, price + 1, price - 0.5, -price, price % 3, round(price / 7, 3) FROM products
  ORDER BY id;

SELECT 7 / 2, -7 / 2, 7 % -3, 7.0 / 2, 1 / 3.0, 10 ^ 2, abs(-5), abs(-5.50), ceil(1.2), floor(-1.2),
  trunc(-1.29, 1);

SELECT round(2.5), round(-2.5), round(2.5::float8), 2.5::int, 3.5::float8::int, '12'::int, 12::text,
  1.50::text, true::text;

SELECT 1 / (stock - 10) FROM products WHERE id = 1;

SELECT 3000000000::int;

SELECT 'x'::text::int;

SELECT coalesce(weight, 0), coalesce(data, '{}'::jsonb), coalesce(feeling, 'sad') FROM products ORDER BY id;

SELECT CASE WHEN price > 10 THEN 'dear' WHEN price > 0 THEN 'fair' ELSE 'free' END FROM products ORDER BY id;

SELECT CASE feeling WHEN 'ok' THEN 1 ELSE 2.5 END FROM products ORDER BY id;

SELECT nullif(stock, 7), greatest(stock, 5, NULL), least(price, 10), nullif(price, 10) FROM products ORDER BY
  id;

SELECT name || '!' || stock, upper(name), lower('ABC'), length(name), left(name, 2), right(name, -1),
  substr(name, 2, 2) FROM products ORDER BY id;

SELECT lpad('x', 3, 'ab'), rpad('xyz', 2), repeat('ab', 3), reverse('abc'), split_part('a,b,c', ',', 2),
  strpos('hello', 'l'), replace('aXb', 'X', '-'), initcap('hi there'), concat('a', NULL, 1, true),
  concat_ws('-', 'a', NULL, 'b');

SELECT trim('  a '), btrim('xxaxx', 'x'), ltrim('xa', 'x'), position('b' in 'abc'), substring('abcdef' from 2
  for 3), translate('abc', 'ab', 'x'), ascii('a'), chr(65), octet_length('ä'), starts_with('abc', 'ab');

SELECT created + interval '1 month', created - interval '1 day 02:03:04', created::date, created - timestamptz
  '2024-01-01' FROM products ORDER BY id;

SELECT opened + 1, opened - 1, opened - date '2020-01-01', opened + interval '1 month', extract(year from
  opened), date_trunc('month', opened) FROM shops ORDER BY id;

SELECT date_trunc('week', created), date_trunc('quarter', created), extract(dow from created), extract(epoch
  from created), extract(week from created), extract(second from created) FROM products ORDER BY id;

-- parameters: 2024-03-01 01:00:00+01
SELECT id FROM products WHERE created >= '2024-02-29' AND created < $1 ORDER BY id;

SELECT id FROM products WHERE created::date = '2024-03-01' ORDER BY id;

SELECT id FROM products WHERE created BETWEEN '2024-01-01' AND '2024-02-28' ORDER BY id;

SELECT now() - now(), interval '1 day' * 3, interval '1 day' + interval '2 hours', -interval '1 month 3 days';

SELECT id FROM products WHERE interval '1 day' < interval '25 hours' ORDER BY id;

SELECT data -> 'b', data ->> 'a', data -> 'b' ->> 'c', data #>> '{b,c}', data ->> 't', data ->> -1 FROM
  products ORDER BY id;

SELECT jsonb_build_object('a', id, 'b', active, 'c', price, 'd', tags, 'e', name) FROM products ORDER BY id;

SELECT jsonb_agg(id) FROM products WHERE id < 3;

SELECT json_agg(name) FROM products WHERE id > 99;

SELECT jsonb_typeof(data), jsonb_typeof(data -> 'a') FROM products ORDER BY id;

SELECT array_agg(stock) FROM (SELECT stock FROM products ORDER BY id) p;

SELECT string_agg(name, '; ') FROM (SELECT name FROM products ORDER BY id) p;

SELECT tags[1], tags[2], array_length(tags, 1), cardinality(tags), array_append(tags, 'z') FROM products ORDER
  BY id;

SELECT id FROM products WHERE 'red' = ANY(tags) ORDER BY id;

-- parameters: {Chair,chair}
SELECT p.id, t.tag FROM products p, unnest($1::text[]) AS t(tag) WHERE t.tag = p.name ORDER BY 1;

SELECT t.tag, count(*) AS n FROM products, unnest(products.tags) AS t(tag) GROUP BY t.tag ORDER BY n DESC, t.tag;

SELECT p.id, tag FROM products p CROSS JOIN unnest(p.tags) AS tag ORDER BY p.id, tag;

SELECT p.id, t.tag, t.place FROM products p LEFT JOIN LATERAL unnest(p.tags) WITH ORDINALITY AS t(tag, place) ON true
  ORDER BY p.id, t.place;

SELECT t.*, p.id FROM products p, unnest(p.tags) AS t(tag) ORDER BY p.id, 1;

SELECT x.tag FROM (SELECT t.tag FROM products p, unnest(p.tags) AS t(tag)) AS x ORDER BY x.tag;

SELECT p.id, d.value FROM products p, jsonb_array_elements(p.data) AS d WHERE jsonb_typeof(p.data) = 'array' AND p.id = 2;

SELECT p.id FROM products p WHERE EXISTS (SELECT 1 FROM unnest(p.tags) AS t(tag) WHERE t.tag LIKE 'r%') ORDER BY p.id;

SELECT id, (SELECT count(*) FROM unnest(tags)) AS n FROM products ORDER BY id;

-- parameters: {x,y}
SELECT * FROM unnest($1::text[]) WITH ORDINALITY AS u(s, n) ORDER BY n DESC;

-- parameters: {2,1} | {b,a}
SELECT * FROM unnest($1::int[], $2::text[]) AS u(n, s) ORDER BY n;

SELECT g, g * 2 FROM generate_series(1, 5) AS g ORDER BY g;

SELECT * FROM generate_series(5, 1);

SELECT d FROM generate_series(timestamp '2024-01-30', '2024-02-02', interval '1 day') AS d;

SELECT id, row_number() OVER (PARTITION BY active ORDER BY price DESC, id), lag(stock) OVER (ORDER BY id),
  sum(stock) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM products ORDER BY id;

SELECT id, rank() OVER w, first_value(name) OVER w FROM products WINDOW w AS (ORDER BY stock) ORDER BY id;

SELECT count(*) FILTER (WHERE active), bool_and(active), bool_or(active) FROM products;

WITH c AS (SELECT shop_id, count(*) AS n FROM products GROUP BY shop_id) SELECT s.name, c.n FROM shops s JOIN
  c ON c.shop_id = s.id ORDER BY s.name;

WITH RECURSIVE t(n, f) AS (SELECT 1, 1::numeric UNION ALL SELECT n + 1, f * (n + 1) FROM t WHERE n < 25)
  SELECT n, f FROM t ORDER BY n;

SELECT s.id, (SELECT count(*) FROM products p WHERE p.shop_id = s.id), EXISTS (SELECT 1 FROM products p WHERE
  p.shop_id = s.id AND p.active) FROM shops s ORDER BY s.id;

SELECT id FROM shops WHERE id IN (SELECT shop_id FROM products WHERE active) ORDER BY id;

SELECT id FROM shops WHERE id NOT IN (SELECT shop_id FROM products) ORDER BY id;

SELECT ARRAY(SELECT id FROM products ORDER BY id), ARRAY[1, 2, NULL]::int[];

SELECT name FROM shops UNION SELECT name FROM products ORDER BY 1;

SELECT id FROM shops EXCEPT SELECT shop_id FROM products WHERE active ORDER BY 1;

SELECT s.name, p.name FROM shops s FULL JOIN products p ON p.shop_id = s.id AND p.active ORDER BY s.name,
  p.name;

SELECT DISTINCT price FROM products WHERE price = 10 OR price = 10.0 ORDER BY price;

SELECT id FROM products WHERE (stock, id) > (7, 4) ORDER BY stock, id;

SELECT id FROM products WHERE weight IS DISTINCT FROM 2 ORDER BY id;

-- parameters: NULL
SELECT id FROM products WHERE feeling IS NOT DISTINCT FROM $1::mood ORDER BY id;

SELECT id FROM products WHERE data IS NULL OR active IS NOT TRUE ORDER BY id;

-- parameters: 1 | 1
SELECT * FROM cheap ORDER BY price, id LIMIT $1 OFFSET $2;

-- parameters: NULL
SELECT id FROM cheap ORDER BY id LIMIT $1;

SELECT id FROM products WHERE photo = '\xdeadbeef';

SELECT id FROM products ORDER BY name COLLATE "C";

-- parameters: 1
SELECT id FROM products WHERE id = $1 FOR UPDATE;

SELECT max(created), min(opened), max(price) FROM products, shops;

SELECT extract(epoch from interval '1 day 2 hours'), date_part('month', timestamp '2024-05-06');

VALUES (1, 'a'), (2, NULL);

SELECT s.* FROM (VALUES (1, 'a'), (2, 'b')) AS s(n, t) ORDER BY n DESC;

-- Changes, in an order: each sees what those before it did.

-- parameters: east
INSERT INTO shops (name) VALUES ($1) RETURNING id, name, opened;

-- parameters: east
INSERT INTO shops (name) VALUES ($1) RETURNING id;

INSERT INTO shops (name, opened) VALUES ('east', '2001-01-01') ON CONFLICT (name) DO UPDATE SET opened =
  excluded.opened RETURNING *;

INSERT INTO shops (name) VALUES ('east') ON CONFLICT DO NOTHING;

-- parameters: 12.345
INSERT INTO products (shop_id, sku, price) VALUES (4, 'N-1', $1) RETURNING id, name, price, active, feeling,
  tags;

INSERT INTO products (shop_id, sku, price) VALUES (4, 'N-2', -1);

INSERT INTO products (shop_id, sku, price) VALUES (99, 'N-2', 1);

INSERT INTO products (shop_id, sku, price) VALUES (4, 'much too long for it', 1);

INSERT INTO products (shop_id, sku, price, stock) VALUES (4, 'N-2', 1, 5000);

INSERT INTO products (shop_id, sku, price) VALUES (4, NULL, 1);

INSERT INTO products (shop_id, sku, price) VALUES (4, 'N-2', 123456789012);

INSERT INTO products (shop_id, sku, price, size) VALUES (4, 'N-3', 1, 0);

INSERT INTO products (shop_id, sku, price, name) SELECT id, 'S-' || id, id / 3.0, DEFAULTED.name FROM (SELECT
  id, name FROM shops) AS DEFAULTED RETURNING sku, price;

INSERT INTO products (shop_id, sku, price) SELECT shop_id, sku, price FROM products WHERE sku = 'S-1' ON
  CONFLICT (shop_id, sku) DO UPDATE SET stock = products.stock + 1 RETURNING stock;

UPDATE products SET price = price * 1.1, updated = created + interval '1 hour', active = NOT active WHERE id
  <= 2 RETURNING id, price, updated, active;

UPDATE products AS p SET name = s.name FROM shops s WHERE s.id = p.shop_id AND p.sku = 'A-1';

UPDATE products SET (name, stock) = ('both', 3) WHERE id = 4 RETURNING name, stock;

-- parameters: 1 | 11 | sad
UPDATE products SET stock = $2, feeling = $3::mood WHERE id = $1 RETURNING stock, feeling;

UPDATE products SET stock = DEFAULT WHERE id = 1 RETURNING stock;

DELETE FROM products p USING shops s WHERE s.id = p.shop_id AND s.name = 'south' RETURNING p.sku;

DELETE FROM shops WHERE name = 'north';

SELECT shop_id, sku, name, price, stock, active, feeling FROM products ORDER BY sku, name;
