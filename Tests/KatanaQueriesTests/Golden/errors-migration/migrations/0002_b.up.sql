-- A comment with an é.
CREATE TABLE b (id int PRIMARY KEY, a_id int REFERENCES aa);
CREATE TABLE c (id int);
