import KatanaSQL

/// The connections of one reactor, touched on its thread.
final class Pool {
  let gate: Gate
  private var idle: [Connection] = []
  private let location: SQLiteLocation
  private let options: SQLiteOptions

  init(_ location: SQLiteLocation, _ options: SQLiteOptions) {
    self.location = location
    self.options = options
    gate = Gate(sharedMax: max(options.connectionsPerReactor, 1), queueMax: options.queueMax)
  }

  /// To be called with the right of ``gate``, which bounds how many there are. The last one used has the warmest cache.
  func take() -> Connection { idle.popLast() ?? Connection(location, options) }

  func put(_ connection: Connection) { idle.append(connection) }
}

/// A connection that is one's own, and the rights that came with it.
struct Lease {
  let connection: Connection
  let pool: Pool
  /// The right to write, or, in memory, to read.
  let gate: Gate
  let mode: Gate.Mode?

  func end() {
    pool.put(connection)
    giveRights()
  }

  /// For a connection whose state is not known.
  func discard() {
    connection.close()
    giveRights()
  }

  private func giveRights() {
    pool.gate.leave(.shared)
    if let mode { gate.leave(mode) }
  }
}
