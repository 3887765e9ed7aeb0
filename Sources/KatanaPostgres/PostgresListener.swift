import CKatanaPostgres
import Synchronization

/// What a channel tells.
public enum PostgresNotification: Sendable, Equatable {
  /// From now on notifications arrive; those sent before are lost. Comes at first, and whenever the connection was made
  /// anew: read what you follow again.
  case listening
  /// Somebody's `NOTIFY channel, 'payload'`.
  case notified(String)
  /// The connection ended, for the reason given, and is made anew.
  case silent(String)
}

/// Notifications of a channel for as long as this is kept.
public final class PostgresListener: Sendable {
  private let database: Native
  private let box: Box

  init(_ database: Native, _ box: Box) {
    self.database = database
    self.box = box
  }

  deinit { box.stop() }

  /// No call follows, and none is under way unless this is called by it.
  public func stop() { box.stop() }

  /// Owned by whoever listens; the C side borrows it until `kt_pg_unlisten` has returned.
  final class Box: @unchecked Sendable {
    let heard: @Sendable (PostgresNotification) -> Void
    /// The C side's listener by its address; 0: none, or none any more.
    private let listener = Atomic<UInt>(0)

    init(_ heard: @escaping @Sendable (PostgresNotification) -> Void) { self.heard = heard }

    func start(_ pg: OpaquePointer, _ channel: String) -> Bool {
      let started = channel.withCString { kt_pg_listen(pg, $0, Self.hear, Unmanaged.passUnretained(self).toOpaque()) }
      listener.store(UInt(bitPattern: started), ordering: .releasing)
      return started != nil
    }

    func stop() {
      let stopped = OpaquePointer(bitPattern: listener.exchange(0, ordering: .acquiringAndReleasing))
      if let stopped { kt_pg_unlisten(stopped) }
    }

    private static let hear: kt_pg_event_fn = { context, event, text in
      let box = Unmanaged<Box>.fromOpaque(context!).takeUnretainedValue()
      switch event {
      case KT_PG_LISTENING: box.heard(.listening)
      case KT_PG_NOTIFIED: box.heard(.notified(String(cString: text)))
      default: box.heard(.silent(String(cString: text)))
      }
    }
  }
}

extension PostgresDatabase {
  /// Calls `heard` with what is sent to a channel (`LISTEN`), on a thread of the database's own: hand over what takes
  /// long. All channels share one connection, which is made anew when it ends.
  ///
  /// - Throws: ``PostgresConfigurationError`` when PostgreSQL has no channel of that name, or there is no memory or thread.
  public func listen(
    _ channel: String, _ heard: @escaping @Sendable (PostgresNotification) -> Void
  ) throws(PostgresConfigurationError) -> PostgresListener {
    let box = PostgresListener.Box(heard)
    guard (1...Int(KT_PG_CHANNEL_MAX)).contains(channel.utf8.count), !channel.utf8.contains(0) else {
      throw PostgresConfigurationError(description: "a channel's name has 1 to \(KT_PG_CHANNEL_MAX) bytes: \"\(channel)\"")
    }
    guard box.start(native.pg, channel) else {
      throw PostgresConfigurationError(description: "no memory or no thread to listen with")
    }
    return PostgresListener(native, box)
  }
}
