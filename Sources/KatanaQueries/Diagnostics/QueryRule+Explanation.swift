extension QueryRule {
  public var explanation: String {
    switch self {
    case .fileUnreadable:
      """
      A file or folder of the SQL folder cannot be read. The message holds the reason of the operating system. Files \
      are UTF-8 and at most 16 MiB long.
      """
    case .noQueries:
      """
      A file, or the whole folder, holds no query: no line says '-- name: get_user :one'. Name its statements, or put \
      a file that makes tables into 'migrations'.
      """
    case .noSchema:
      """
      The folder says nothing of tables: it has no 'migrations' folder, no 'schema.sql', no 'schema' folder and no \
      file without queries. Queries that need no tables are fine; others will be refused by the server.
      """
    case .migrationVersion:
      """
      The name of a migration begins with a number that orders the migrations ('0001_users.sql', 'V1.2__users.sql', \
      '20240101120000_users/migration.sql'), and two of them have the same, or a way back has no way there. Give one \
      another number; a migration that has been applied somewhere keeps its own. Flyway's repeatable migrations \
      ('R__views.sql') come last; katana applies them once.
      """
    case .migrationMarks:
      """
      The marks of a migration file contradict each other: '-- migrate:up' and '-- migrate:down' (or goose's '-- \
      +goose Up' and '-- +goose Down') each stand once, up first, and nothing but comments stands above them.
      """
    case .lockStale:
      """
      'katana.lock' holds what PostgreSQL said of each statement, so that a build needs no server. It has to be made \
      anew when a migration or a statement changes, and when a release of katana knows more than the one that wrote it \
      (the file's member 'analysis'): run 'katana gen sql' without '--check' where PostgreSQL is \
      installed, and commit the file.
      """
    case .lockUnreadable:
      """
      'katana.lock' is not what 'katana gen sql' wrote, after a merge with conflicts for example. Remove it and run \
      'katana gen sql' again.
      """
    case .serverUnavailable:
      """
      A statement is not in 'katana.lock', so that PostgreSQL has to be asked, and there is no server to ask: install \
      one (apt-get install postgresql), or name a database that has the schema with '--db-url'.
      """
    case .fileNameDuplicate:
      "Two files of queries have the same name, and each file becomes a repository of that name. Rename one."
    case .nameSyntax:
      """
      The line above a statement is '-- name: get_user :one': a name of letters, digits and underscores, and what the \
      query gives back.
      """
    case .kindUnknown:
      """
      What a query gives back is ':one' (the first row, an error when there is none), ':opt' (the first row or nil), \
      ':many', ':exec' (nothing), ':execrows' (how many rows were affected), ':stream' (rows as they arrive), ':copy' \
      (takes rows, sends them by COPY) or ':batch' (takes many sets of parameters). The names of sqlc are understood, \
      too: ':execresult', ':copyfrom', ':batchexec', ':batchone', ':batchmany'.
      """
    case .nameDuplicate: "Two queries of a file have the same name, and each becomes a method of that name. Rename one."
    case .statementMissing: "No statement stands below a name. Write one, or remove the name."
    case .statementUnnamed:
      """
      A statement of a query file stands above the first name, so that nobody could call it. Put a line '-- name: … \
      :kind' above it; statements that make tables belong in 'migrations'.
      """
    case .statementsMany:
      "A name stands above one statement: PostgreSQL prepares statements one by one. Give the second a name of its own."
    case .annotationUnknown:
      """
      A comment looks like an annotation and is none: 'name', 'deadline', 'nest' and 'prefetch' stand above a \
      statement, 'filter' and 'sort' at the end of a line in it. Another spelling would be ignored in silence.
      """
    case .deadlineInvalid: "A deadline is a positive number with a unit: '-- deadline: 200ms', '2s' or '1m'."
    case .nestInvalid:
      """
      '-- nest: items by id: item_id AS id, item_name AS name, quantity' groups consecutive rows with the same 'id' \
      into one with a list 'items'. The key and the members are columns of the query, each member in one nest only and \
      not in the key. Where the child comes from an outer join, one of its members is a column that is NOT NULL in its \
      table, its key for example: it tells whether there is a child.
      """
    case .nestOrder:
      """
      A nest groups rows that follow each other, so that the rows of one key must stand together: ORDER BY begins with \
      the columns of the key.
      """
    case .prefetchInvalid:
      """
      '-- prefetch: items = items_of_orders(order_ids: id) by order_id' reads the children of all rows by one more \
      query. That query is a ':many' of the same file or, as 'file.query', of another; 'order_ids' is its parameter \
      and an array, 'id' a column of this query of the array's element type, and 'order_id' a column of the other \
      query of the same type.
      """
    case .filterInvalid:
      """
      A line that ends with '-- filter' is part of the statement only when its parameters are given. It is one \
      condition of a WHERE, ON or HAVING, outside of brackets and CASE, that begins with AND (or with WHERE). Its own \
      brackets are closed on the line, it has a named parameter, and that stands in lines with '-- filter' only.
      """
    case .sortInvalid:
      """
      'ORDER BY id -- sort: name, price DESC' lets the caller choose the order. ORDER BY and what stands after it fill \
      the line, the outermost SELECT has it, and the alternatives are separated by commas; one of several columns is \
      written in brackets: '(price DESC, id)'. A query has one such line, and no two alternatives alike.
      """
    case .copyInvalid:
      """
      ':copy' is written as INSERT INTO table (columns) VALUES (parameters): one parameter for each column, in their \
      order, and nothing else. COPY knows no expressions, no ON CONFLICT and no RETURNING.
      """
    case .batchWithoutParameters: "':batch' runs a statement once for each set of parameters, and this one has none."
    case .kindUnfit:
      "The statement gives back no rows and its kind says that it does: use ':exec' or ':execrows', or add RETURNING."
    case .statementUnfit:
      """
      Statements of all requests share the connections of a pool, so that one that changes a connection is not a \
      query: BEGIN and its like are written 'database.withTransaction', LISTEN is a 'PostgresListener', SET a 'SET LOCAL' or \
      'set_config(name, value, true)' in a transaction, COPY an INSERT with ':copy', and cursors are ':stream'.
      """
    case .oneOfMany:
      """
      ':one' and ':opt' give the first row, whichever it is. Where a query of one table compares no primary key and no \
      unique columns, there may be more, and which is the first is not told. LIMIT 1 says that any will do. It is said \
      when the server is asked, and not again while 'katana.lock' knows the query.
      """
    case .sqlcFunction:
      """
      Of sqlc's functions 'sqlc.arg(name)', 'sqlc.narg(name)', 'sqlc.slice(name)' and 'sqlc.embed(table)' are known. \
      'sqlc.slice' stands in 'x IN (sqlc.slice(name))'.
      """
    case .placeholder: "A parameter is written '@name', ':name' or '$1'; '?' is an operator of PostgreSQL."
    case .parameterGap: "The numbers of parameters begin with 1 and leave none out."
    case .parameterMarks: "A parameter is marked with '?' in one place and with '!' in another."
    case .parameterOutside: "A parameter stands where there can be none: in the comment of a sort, or in a migration."
    case .elementMark:
      """
      '[?]' and '[!]' say of an array whether its elements may be NULL: 'AS "names[?]"', '@names[?]'. They stand \
      before the mark of the array itself ('AS "names[?]!"') and at nothing that is no array.
      """
    case .parameterIdle:
      """
      A parameter is a value: 'ORDER BY @column' orders by the same value in each row, which is no order, and what \
      looks like a parameter within quotes is text. Orders that the caller chooses are 'ORDER BY id -- sort: name, \
      price DESC'; a pattern is '%' || @word || '%', and a number of days 'make_interval(days => @days)'.
      """
    case .sqlSyntax:
      """
      The text is not SQL as the server knows it. What a later release brought, JSON_TABLE for example, is known to a \
      server of that release only: name one with '--db-url'.
      """
    case .migrationRefused:
      """
      PostgreSQL refuses a statement of a migration when all before it have been applied to an empty database. The \
      message is the server's. An extension has to be installed where the command runs.
      """
    case .statementRefused:
      """
      PostgreSQL refuses to prepare the statement against the schema that the migrations make. The message is the \
      server's.
      """
    case .parameterUntyped: "Nothing tells PostgreSQL the type of a parameter. Write it: '@name::text'."
    case .typeUnsupported:
      """
      A column or a parameter is a row whose type has no name, or a row with a field that has no codec. Cast it to \
      text: 'column::text', '@name::text::name_of_type', or take its fields one by one: '(column).field'. Other types \
      without a codec are cast by themselves.
      """
    case .notProved:
      """
      What may be NULL is proved on the tree that the server makes of a statement. It hands that tree out from release \
      14 on, to those who may make a temporary function, and for statements of up to 100 parameters. Without it every \
      column is taken as nullable.
      """
    }
  }
}
