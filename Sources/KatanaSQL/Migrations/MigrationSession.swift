/// A connection that migrations run on, by itself and blocking.
package protocol MigrationSession: AnyObject {
  var dialect: SQLDialect { get }

  /// Any number of statements.
  func execute(_ text: String) throws(SQLError)

  /// One statement; its rows as text.
  func rows(_ text: String) throws(SQLError) -> [[String?]]

  /// Keeps other processes from migrating until ``unlock()``; waits for one that does.
  func lock() throws(SQLError)
  func unlock()

  /// Begins a transaction that nobody else's migration can stand beside.
  func begin() throws(SQLError)
  /// - Throws: ``SQLError`` also when what the transaction leaves is not consistent.
  func commit() throws(SQLError)
  func rollback()
  var isInTransaction: Bool { get }
}
