import KatanaQueries
import TestSupport

/// The address of a new database.
func emptyDatabase() throws -> String { try SharedPostgres.server().url(database: SharedPostgres.newDatabase()) }
