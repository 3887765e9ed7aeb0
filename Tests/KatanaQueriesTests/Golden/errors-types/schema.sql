CREATE TYPE peer AS (name text, address inet);
CREATE TABLE peers (id int PRIMARY KEY, peer peer);
