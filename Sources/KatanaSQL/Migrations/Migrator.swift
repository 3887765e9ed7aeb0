/// Brings a database to another version of its schema, step by step, and keeps a record of the steps in the table
/// `katana_migrations`.
///
/// Each step is a transaction with its own record: a step that fails leaves nothing. A step that cannot stand in a
/// transaction is recorded as dirty before it begins and clean when it has ended; where that is interrupted, somebody
/// has to look, and ``repair(_:_:)`` ends the matter.
package final class Migrator {
  package struct Status: Sendable {
    package enum State: Sendable, Equatable {
      case applied(at: String)
      case pending
      /// Applied from a file that was another then.
      case changed(at: String)
      /// Begun and not ended.
      case dirty(at: String)
      /// Applied, and no longer among the files.
      case missing(at: String)
    }

    package let version: String
    package let name: String
    package let state: State
  }

  private struct Record {
    let version: String
    let name: String
    let checksum: String
    let appliedAt: String
    let isDirty: Bool
  }

  private let session: any MigrationSession
  private let steps: [MigrationStep]

  /// - Parameter steps: in any order.
  package init(_ session: any MigrationSession, _ steps: [MigrationStep]) {
    self.session = session
    self.steps = steps.sorted { MigrationStep.isBefore($0.version, $1.version) }
  }

  // MARK: What there is

  private var table: String {
    switch session.dialect {
    case .postgres:
      """
      CREATE TABLE IF NOT EXISTS katana_migrations (
        version text PRIMARY KEY, name text NOT NULL, checksum text NOT NULL,
        applied_at timestamptz NOT NULL DEFAULT now(), dirty boolean NOT NULL DEFAULT false)
      """
    case .sqlite:
      """
      CREATE TABLE IF NOT EXISTS katana_migrations (
        version TEXT PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL,
        applied_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP, dirty INTEGER NOT NULL DEFAULT 0) STRICT
      """
    }
  }

  private func hasTable() throws(SQLError) -> Bool {
    switch session.dialect {
    case .postgres: try session.rows("SELECT to_regclass('katana_migrations')").first?[0] != nil
    case .sqlite: try !session.rows("SELECT 1 FROM sqlite_master WHERE name = 'katana_migrations'").isEmpty
    }
  }

  private func records() throws(SQLError) -> [Record] {
    guard try hasTable() else { return [] }
    let time =
      session.dialect == .postgres
      ? "to_char(applied_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS')" : "applied_at"
    let dirty = session.dialect == .postgres ? "dirty::int" : "dirty"
    return try session.rows("SELECT version, name, checksum, \(time), \(dirty) FROM katana_migrations").map {
      Record(
        version: $0[0] ?? "",
        name: $0[1] ?? "",
        checksum: $0[2] ?? "",
        appliedAt: $0[3] ?? "",
        isDirty: $0[4] == "1"
      )
    }.sorted { MigrationStep.isBefore($0.version, $1.version) }
  }

  /// What was applied and what was not, in the order of the versions. Changes nothing.
  package func status() throws(SQLMigrationError) -> [Status] {
    let records = try guarded { () throws(SQLError) in try self.records() }
    var all = steps.map { step in
      guard let record = records.first(where: { $0.version == step.version }) else {
        return Status(version: step.version, name: step.name, state: .pending)
      }
      let state: Status.State =
        record.isDirty
        ? .dirty(at: record.appliedAt)
        : record.checksum == step.checksum ? .applied(at: record.appliedAt) : .changed(at: record.appliedAt)
      return Status(version: step.version, name: step.name, state: state)
    }
    for record in records where !steps.contains(where: { $0.version == record.version }) {
      all.append(
        Status(
          version: record.version,
          name: record.name,
          state: record.isDirty ? .dirty(at: record.appliedAt) : .missing(at: record.appliedAt)
        )
      )
    }
    return all.sorted { MigrationStep.isBefore($0.version, $1.version) }
  }

  private func guarded<R>(_ body: () throws(SQLError) -> R) throws(SQLMigrationError) -> R {
    do throws(SQLError) { return try body() } catch { throw SQLMigrationError("the database refuses", cause: error) }
  }

  /// - Throws: ``SQLMigrationError`` when the database and the files do not tell the same story.
  private func check(_ records: [Record]) throws(SQLMigrationError) {
    for record in records {
      if record.isDirty {
        throw SQLMigrationError(
          "the migration \(record.version)_\(record.name) was begun at \(record.appliedAt) and has not ended",
          remedy: "look at what it did, complete or undo that by hand, then run 'katana db repair --applied "
            + "\(record.version)' or 'katana db repair --not-applied \(record.version)'"
        )
      }
      guard let step = steps.first(where: { $0.version == record.version }) else {
        throw SQLMigrationError(
          "the database has the migration \(record.version)_\(record.name), of which there is no file",
          remedy: "use the release that it came with, or bring the file back"
        )
      }
      if step.checksum != record.checksum {
        throw SQLMigrationError(
          "the migration \(step.label) was another when it was applied at \(record.appliedAt)",
          remedy: "bring the file back to what it was and put the change into a new one, or accept it as it is with "
            + "'katana db repair --applied \(step.version)'"
        )
      }
    }
    guard let last = records.last else { return }
    let applied = Set(records.map(\.version))
    for step in steps where !applied.contains(step.version) && MigrationStep.isBefore(step.version, last.version) {
      throw SQLMigrationError(
        "the migration \(step.label) has not been applied, and \(last.version)_\(last.name), which comes after it, has",
        remedy: "give it a number above \(last.version)"
      )
    }
  }

  /// What would be applied next, in order.
  ///
  /// - Parameter target: the last version to apply; nil: all.
  package func pending(to target: String? = nil) throws(SQLMigrationError) -> [MigrationStep] {
    if let target, !steps.contains(where: { $0.version == target }) {
      throw SQLMigrationError("there is no migration \(target)", remedy: "'katana db status' lists all")
    }
    let records = try guarded { () throws(SQLError) in try self.records() }
    try check(records)
    let applied = Set(records.map(\.version))
    return steps.filter { step in
      !applied.contains(step.version) && (target == nil || !MigrationStep.isBefore(target!, step.version))
    }
  }

  // MARK: Up and down

  /// Applies what has not been applied.
  ///
  /// - Parameter report: is told of each step that has been applied.
  /// - Returns: how many.
  @discardableResult
  package func up(to target: String? = nil, _ report: (MigrationStep) -> Void = { _ in }) throws(SQLMigrationError)
    -> Int
  {
    try guarded { () throws(SQLError) in try session.lock() }
    defer { session.unlock() }
    var count = 0
    while true {
      try guarded { () throws(SQLError) in try session.begin() }
      // Looked at anew in each transaction: where the lock is the transaction's, somebody may have been here.
      var next: MigrationStep?
      do throws(SQLMigrationError) {
        try guarded { () throws(SQLError) in try session.execute(table) }
        next = try pending(to: target).first
      } catch {
        session.rollback()
        throw error
      }
      guard let step = next else {
        try guarded { () throws(SQLError) in try session.commit() }
        return count
      }
      try apply(step)
      count += 1
      report(step)
    }
  }

  private func quoted(_ text: String) -> String {
    "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") + "'"
  }

  private func record(_ step: MigrationStep, isDirty: Bool) -> String {
    let dirty = session.dialect == .postgres ? "\(isDirty)" : isDirty ? "1" : "0"
    return "INSERT INTO katana_migrations (version, name, checksum, dirty) VALUES "
      + "(\(quoted(step.version)), \(quoted(step.name)), \(quoted(step.checksum)), \(dirty))"
  }

  /// In the transaction that has begun.
  private func apply(_ step: MigrationStep) throws(SQLMigrationError) {
    if session.dialect == .postgres, MigrationStep.isOutsideTransaction(step.up) {
      return try applyOutside(step, step.up, before: record(step, isDirty: true))
    }
    do throws(SQLError) {
      try session.execute(record(step, isDirty: false))
      try session.execute(step.up)
      if !session.isInTransaction { throw Self.endedByItself }
      try session.commit()
    } catch {
      session.rollback()
      throw SQLMigrationError("the migration \(step.label) fails, and nothing of it is left", cause: error)
    }
  }

  private static var endedByItself: SQLError {
    var error = SQLError(.refused, "the migration ends its transaction by itself", state: "2D000")
    error.hint = "leave out BEGIN and COMMIT, or put '-- migrate: no transaction' into it"
    return error
  }

  private func applyOutside(_ step: MigrationStep, _ text: String, before: String) throws(SQLMigrationError) {
    do throws(SQLError) {
      try session.execute(before)
      try session.commit()
    } catch {
      session.rollback()
      throw SQLMigrationError("the migration \(step.label) cannot be recorded", cause: error)
    }
    do throws(SQLError) {
      for statement in StatementSplitter.split(text) { try session.execute(statement) }
    } catch {
      throw SQLMigrationError(
        "the migration \(step.label), which stands in no transaction, fails half-way",
        remedy: "complete or undo by hand what it did, then run 'katana db repair --applied \(step.version)' or "
          + "'katana db repair --not-applied \(step.version)'",
        cause: error
      )
    }
    try guarded { () throws(SQLError) in
      try session.execute("UPDATE katana_migrations SET dirty = false WHERE version = \(quoted(step.version))")
    }
  }

  /// Takes back the last steps.
  ///
  /// - Returns: how many.
  @discardableResult
  package func down(_ count: Int, _ report: (MigrationStep) -> Void = { _ in }) throws(SQLMigrationError) -> Int {
    try guarded { () throws(SQLError) in try session.lock() }
    defer { session.unlock() }
    for done in 0..<count {
      try guarded { () throws(SQLError) in try session.begin() }
      let last: MigrationStep
      let text: String
      do throws(SQLMigrationError) {
        guard let step = try lastApplied() else {
          session.rollback()
          return done
        }
        guard let down = step.down else {
          throw SQLMigrationError(
            "the migration \(step.label) has no way back",
            remedy: "write it behind '-- migrate:down', or as a new migration"
          )
        }
        (last, text) = (step, down)
      } catch {
        session.rollback()
        throw error
      }
      let version = quoted(last.version)
      if session.dialect == .postgres, MigrationStep.isOutsideTransaction(text) {
        try applyOutside(last, text, before: "UPDATE katana_migrations SET dirty = true WHERE version = \(version)")
        try guarded { () throws(SQLError) in
          try session.execute("DELETE FROM katana_migrations WHERE version = \(version)")
        }
      } else {
        do throws(SQLError) {
          try session.execute(text)
          if !session.isInTransaction { throw Self.endedByItself }
          try session.execute("DELETE FROM katana_migrations WHERE version = \(version)")
          try session.commit()
        } catch {
          session.rollback()
          throw SQLMigrationError("the way back of \(last.label) fails, and nothing of it is left", cause: error)
        }
      }
      report(last)
    }
    return count
  }

  /// What ``down(_:_:)`` would take back next.
  package func lastApplied() throws(SQLMigrationError) -> MigrationStep? {
    let records = try guarded { () throws(SQLError) in try self.records() }
    try check(records)
    return records.last.flatMap { record in steps.first { $0.version == record.version } }
  }

  // MARK: Repair

  /// Says of a step that is dirty, or whose file has changed, that it is applied as it is, or that it is not applied.
  package func repair(_ version: String, isApplied: Bool) throws(SQLMigrationError) {
    let step = steps.first { $0.version == version }
    if isApplied, step == nil { throw SQLMigrationError("there is no migration \(version) among the files") }
    try guarded { () throws(SQLError) in try session.lock() }
    defer { session.unlock() }
    try guarded { () throws(SQLError) in try session.begin() }
    do throws(SQLError) {
      try session.execute(table)
      try session.execute("DELETE FROM katana_migrations WHERE version = \(quoted(version))")
      if isApplied, let step { try session.execute(record(step, isDirty: false)) }
      try session.commit()
    } catch {
      session.rollback()
      throw SQLMigrationError("the record of \(version) cannot be changed", cause: error)
    }
  }
}
