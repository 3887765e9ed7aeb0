-- Names that Swift or the generated code have already.
CREATE TYPE odd AS (record text, bytes int4, self bool, sql_text text, "class" text);
CREATE TABLE names (
  "row" int4 PRIMARY KEY, record text, "default" text, "in" text, "init" text, "Type" text, "with-dash" text, "1st" text, c$d text,
  "naïve" text, executor text, context text, odd odd
);
