-- Statements that make NULL of what is not, or look as if they did.

INSERT INTO ruled VALUES (1, 1) RETURNING id, x;

INSERT INTO written VALUES (9, 'w') RETURNING id, w;

UPDATE a SET n = NULL WHERE n IS NOT NULL RETURNING n;

UPDATE a SET n = NULL FROM b WHERE a.n = b.id RETURNING a.n, b.id;

WITH u AS (UPDATE a SET s = NULL WHERE s IS NOT NULL RETURNING s) SELECT s FROM u;

INSERT INTO a (id, c, w) VALUES (1, 1, 'x') ON CONFLICT (id) DO UPDATE SET n = NULL WHERE a.n IS NULL RETURNING n;

DELETE FROM a USING a AS o LEFT JOIN nothing ON o.id = nothing.id RETURNING nothing.x, o.id;

SELECT n FROM a WHERE n === 1;

SELECT b.x FROM a LEFT JOIN b ON b.a_id = a.id WHERE b.x === 1;

SELECT strict_null(id), -strict_null(id), coalesce(strict_null(id)) FROM a;

SELECT id, c FROM some_rows();

SELECT * FROM out_null();

SELECT x FROM a LEFT JOIN LATERAL out_null() ON false;

SELECT always_null(id) FROM a GROUP BY w;

SELECT id, p FROM parent;

SELECT id, k, v FROM parted;

SELECT parted.k FROM a LEFT JOIN parted ON parted.id = 77;

SELECT id, n FROM old;

SELECT v.vy, v.id FROM b LEFT JOIN v ON v.id = 77;

SELECT one FROM a LEFT JOIN (SELECT 1 AS one) AS s ON false;

SELECT x.one FROM a LEFT JOIN (VALUES (1)) AS x(one) ON false;

SELECT g FROM a LEFT JOIN generate_series(1, 2) AS g ON g = 77;

SELECT j.id, j.x, j.c FROM (a LEFT JOIN b USING (id)) AS j;

SELECT id, j.x FROM (a RIGHT JOIN b USING (id)) AS j;

SELECT id, a.id, b.id, nothing.id FROM a FULL JOIN b USING (id) FULL JOIN nothing USING (id);

SELECT id, nothing.id FROM nothing FULL JOIN (a LEFT JOIN b USING (id)) USING (id);

SELECT id FROM b AS l FULL JOIN (SELECT a_id AS id FROM b) AS r USING (id);

SELECT id, x, y FROM nothing NATURAL FULL JOIN (SELECT id, x FROM b) AS o;

SELECT a.id, b.id FROM a LEFT JOIN b ON b.id = a.id WHERE b.id = 2 OR a.id = 1;

SELECT a.id, b.x FROM a LEFT JOIN b ON b.id = a.id WHERE NOT (b.x IS NULL AND a.id = 2);

SELECT b.x FROM a LEFT JOIN b ON b.id = a.id WHERE (b.x > 0) IS NOT TRUE;

SELECT b.x FROM a LEFT JOIN b ON b.id = a.id WHERE b.x IS NOT DISTINCT FROM NULL;

SELECT b.x FROM a LEFT JOIN b ON b.id = a.id WHERE coalesce(b.x, 1) = 1;

SELECT b.x FROM a LEFT JOIN b ON b.id = a.id WHERE b.x = ALL ('{}'::int[]);

SELECT b.x FROM a LEFT JOIN b ON b.id = a.id WHERE b.x NOT IN (SELECT x FROM nothing);

SELECT b.x FROM a LEFT JOIN b ON b.id = a.id WHERE ROW(b.x, 1) IS NOT NULL OR ROW(b.x, 1) IS DISTINCT FROM ROW(1, 1);

SELECT b.x FROM a LEFT JOIN b ON b.id = a.id WHERE CASE WHEN b.x IS NULL THEN true ELSE b.x > 0 END;

SELECT b.id, nothing.id FROM a LEFT JOIN (b LEFT JOIN nothing ON nothing.id = b.id) ON b.id = a.id WHERE b.id > 0;

SELECT b.id, nothing.id FROM (a LEFT JOIN b ON b.id = a.id) FULL JOIN nothing ON nothing.id = a.id WHERE a.id > 0;

SELECT c, grouping(c) FROM a GROUP BY ROLLUP (c);

SELECT 'k' AS k, count(*) FROM a GROUP BY ROLLUP (k);

SELECT upper(lower(w)), lower(w) FROM a GROUP BY CUBE (lower(w));

SELECT coalesce(n, 0) + 1, coalesce(n, 0) FROM a GROUP BY GROUPING SETS ((coalesce(n, 0)), ());

SELECT (SELECT a.c) FROM a GROUP BY ROLLUP (a.c);

SELECT c, max(c), count(c) FROM a WHERE false GROUP BY GROUPING SETS ((c), ());

SELECT max(c), sum(c), array_agg(c), bool_and(true) FROM a WHERE false;

SELECT max(c) FILTER (WHERE false), array_agg(c) FILTER (WHERE false) FROM a GROUP BY c;

SELECT string_agg(w, NULL), string_agg(s, ','), stddev_samp(c), corr(c, c) FROM a GROUP BY c;

SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY n), mode() WITHIN GROUP (ORDER BY n) FROM a GROUP BY c;

SELECT (SELECT max(b.x) FROM b WHERE b.a_id = a.id), (SELECT b.x FROM b WHERE b.id = a.id) FROM a;

SELECT (SELECT count(*) FROM b HAVING false), (SELECT count(*) FROM b LIMIT 0), (SELECT count(*) FROM b OFFSET 1);

SELECT (SELECT count(*) FROM b WHERE b.id = a.id GROUP BY b.id) FROM a;

SELECT (SELECT 1 WHERE false), (SELECT generate_series(1, 0)), ARRAY(SELECT 1 WHERE false);

SELECT generate_series(1, 3), generate_series(1, 2), ARRAY[generate_series(1, 2)];

SELECT generate_series(1, 2) + 1, unnest(ARRAY[1, NULL]);

SELECT lag(c) OVER w, lead(c, 1, 0) OVER w, lag(c, NULL, 0) OVER w FROM a WINDOW w AS (ORDER BY id);

SELECT first_value(c) OVER (ORDER BY id ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING) FROM a;

SELECT sum(c) OVER (ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW EXCLUDE GROUP) FROM a;

SELECT sum(c) OVER (ORDER BY id ROWS UNBOUNDED PRECEDING EXCLUDE TIES),
  max(c) OVER (ORDER BY id RANGE UNBOUNDED PRECEDING) FROM a;

SELECT ntile(NULL) OVER (), nth_value(c, 3) OVER (ORDER BY id) FROM a;

WITH RECURSIVE r(n, k) AS (SELECT 1, 1 UNION ALL SELECT n + 1, NULL FROM r WHERE n < 3) SELECT n, k FROM r;

WITH RECURSIVE r(n, k) AS (SELECT 1, 1 UNION SELECT n + 1, nullif(n, 2) FROM r WHERE n < 4) SELECT k FROM r;

WITH RECURSIVE r(n, k, m) AS (SELECT 1, 1, 1 UNION ALL SELECT n + 1, m, NULL::int FROM r WHERE n < 4)
SELECT n, k, m FROM r;

WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n % 3 + 1 FROM r) CYCLE n SET done USING path
SELECT n, done, path::text FROM r;

SELECT c FROM a UNION SELECT n FROM a;

SELECT n FROM a EXCEPT SELECT c FROM a WHERE false;

SELECT n FROM a INTERSECT SELECT c FROM a;

SELECT c FROM a EXCEPT SELECT n FROM a;

(SELECT c FROM a EXCEPT SELECT n FROM a) UNION ALL (SELECT c FROM a INTERSECT SELECT n FROM a) UNION SELECT n FROM a;

SELECT t::time, extract(day FROM t), extract(year FROM t), to_char(t, 'YYYY'), date_part('hour', t) FROM a
  WHERE t IS NOT NULL;

SELECT to_char(at, ''), at::date, date_trunc('day', at), extract(epoch FROM at), at::timestamptz FROM b;

SELECT substring('x' SIMILAR 'y' ESCAPE '#'), substring('x' FROM 'y'), substring('x' FROM 2), regexp_substr('x', 'y');

SELECT array_length('{}'::int[], 1), array_upper('{}'::int[], 1), array_dims('{}'::int[]), cardinality('{}'::int[]);

SELECT array_position(ARRAY[1], 2), (ARRAY[1])[2], ('{1}'::int[])[1:0], ARRAY[NULL]::int[] || NULL::int[];

SELECT '{}'::jsonb -> 'x', '{}'::jsonb ->> 'x', '{}'::jsonb #> '{x}', '{}'::jsonb #>> '{x}', '1'::jsonb @@ '$.x';

SELECT '[1]'::jsonb @? 'strict $.x', jsonb_path_query_first('{}', '$.x'), to_jsonb(NULL::int), jsonb_typeof('null');

SELECT jsonb_extract_path('{}', 'x'), json_build_object('k', NULL), jsonb_set('{}', '{x}', NULL),
  concat(VARIADIC NULL::text[]);

SELECT concat(NULL, NULL), concat_ws(NULL, 'a'), concat_ws(',', NULL), format(NULL), format('%s', NULL);

SELECT lower(int4range(NULL, 1)), upper('empty'::int4range), int4range(1, 2) * int4range(3, 4),
  isempty('empty'::int4range);

SELECT '((0,0),(1,1))'::lseg # '((5,5),(6,5))'::lseg, '((0,0),(1,1))'::path + '((0,0),(1,1))'::path;

SELECT scale('NaN'), min_scale('NaN'), sign('NaN'::numeric), to_number('1', ''), nullif(1, 1);

SELECT NULL = 1, 1 IN (2, NULL), 1 = ANY (ARRAY[2, NULL]), 1 IN (SELECT a_id FROM b), NULL OR true, NOT NULL::bool;

SELECT ROW(1, NULL) = ROW(1, 2), ROW(1, NULL) < ROW(1, 2), ROW(1, NULL) IS NULL, (1, NULL)::text;

SELECT (ROW(NULL, NULL)::pair).l, (NULL::pair).r, CASE 1 WHEN 2 THEN 3 END, CASE WHEN NULL THEN 1 ELSE NULL END;

SELECT CASE WHEN n IS NOT NULL THEN n ELSE 0 END, CASE WHEN n IS NULL THEN n ELSE 0 END FROM a;

SELECT CASE WHEN n > 0 OR s IS NOT NULL THEN n ELSE 0 END, CASE WHEN n > 0 AND s = s THEN s ELSE '' END FROM a;

SELECT CASE n WHEN n THEN n ELSE 0 END, CASE c WHEN n THEN n ELSE 0 END FROM a;

SELECT current_schema, current_user, current_date, inet_client_addr(), current_setting('x.y', true),
  pg_typeof(NULL)::text;

SELECT a.tableoid::int, nothing.ctid::text FROM a LEFT JOIN nothing USING (id) WHERE nothing.tableoid IS NULL;

SELECT nothing.tableoid::int FROM a LEFT JOIN nothing USING (id);

SELECT l.c, l.x FROM a LEFT JOIN LATERAL (SELECT a.c, b.x FROM b WHERE b.a_id = a.id) AS l ON true;

SELECT l.m FROM a CROSS JOIN LATERAL (SELECT max(b.x) AS m FROM b WHERE b.a_id = a.id) AS l;

SELECT a FROM b LEFT JOIN a ON a.id = b.a_id;

SELECT s::text FROM b LEFT JOIN (SELECT 1) AS s ON false;

SELECT x.g, x.o FROM ROWS FROM (generate_series(1, 1), unnest(ARRAY[1, 2])) WITH ORDINALITY AS x(g, u, o);

SELECT k, v FROM jsonb_each_text('{"a": null}') AS e(k, v);

SELECT * FROM jsonb_array_elements_text('[null]');

SELECT * FROM json_to_record('{}') AS r(x int);

SELECT * FROM XMLTABLE('/r' PASSING xmlparse(DOCUMENT '<r/>') COLUMNS x int PATH 'x', n FOR ORDINALITY);

SELECT 1::sure, (SELECT x::sure FROM nothing) AS s;

SELECT array_agg(n), array_agg(n) FILTER (WHERE n IS NOT NULL), array_agg(n) FILTER (WHERE n IS NULL OR c > 0) FROM a;

SELECT array_agg(b.x) AS x, array_agg(b.x) FILTER (WHERE b.id > 0) AS y FROM a LEFT JOIN b ON b.a_id = a.id;

SELECT ARRAY(SELECT b.x FROM b RIGHT JOIN a ON b.a_id = a.id), ARRAY(SELECT DISTINCT a_id FROM b), ARRAY[1] || NULL::int;

SELECT string_to_array('a,,b', ',', ''), string_to_array('a', ',', s), regexp_match('b', '(a)?b'), array_fill(n, ARRAY[1])
FROM a WHERE n IS NULL;

SELECT array_replace(ARRAY[1], 1, NULL), array_remove(ARRAY[1, NULL], 1), (ARRAY[1, NULL])[1:2], '{x,NULL}'::text[],
  (ARRAY[ROW(1, NULL::text)::pair])[1:1], ARRAY[[1, NULL]], percentile_disc(ARRAY[0.5, NULL]) WITHIN GROUP (ORDER BY 1);

SELECT array_agg(m) OVER (ORDER BY id ROWS BETWEEN CURRENT ROW AND CURRENT ROW) FROM (SELECT id, n AS m FROM a) AS q;

SELECT tags, (jsonb_populate_record(NULL::tagged, '{"tags": [null]}')).tags AS more
FROM jsonb_to_record('{"tags": [1, null]}') AS r(tags int[]);

SELECT u.l FROM (SELECT ARRAY[1] AS l UNION ALL SELECT array_agg(n) FROM a) AS u;

SELECT CASE WHEN n IS NULL THEN ARRAY[n] ELSE '{}' END, coalesce(NULL, ARRAY[n]), ARRAY[n]::text[] FROM a WHERE n IS NULL;

SELECT ARRAY[n, c] FROM a GROUP BY GROUPING SETS ((n), (c)) ORDER BY 1;
