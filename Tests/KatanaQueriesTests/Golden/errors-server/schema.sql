CREATE TABLE t (id int PRIMARY KEY, name text NOT NULL, place point, low pg_lsn);
