import CKatana

extension Context {
  /// Who makes the request: what the authenticators of the requirement that holds have granted. Nil when none of them
  /// grants a principal of this type, and on routes without security.
  public func principal<Principal: Sendable>(_ type: Principal.Type = Principal.self) -> Principal? {
    var next = PrincipalRecord.first(of: exchange)
    while let record = next {
      if record.pointee.isActive, record.pointee.type == PrincipalType<Principal>.self {
        return record.pointee.value.assumingMemoryBound(to: Principal.self).pointee
      }
      next = record.pointee.next
    }
    return nil
  }

  /// The scopes that were granted to it.
  public var grantedScopes: [String] {
    var scopes: [String] = []
    var next = PrincipalRecord.first(of: exchange)
    while let record = next {
      if record.pointee.isActive { scopes += record.pointee.scopes }
      next = record.pointee.next
    }
    return scopes
  }
}

/// A principal in the arena of its exchange, which releases it when it ends. So it costs no allocation, whatever its
/// type.
struct PrincipalRecord {
  var next: UnsafeMutablePointer<PrincipalRecord>?
  /// Index of the scheme in the route's security.
  let scheme: Int
  let scopes: [String]
  /// The scheme belongs to the requirement that holds.
  var isActive = false
  let type: any AnyPrincipalType.Type
  let value: UnsafeMutableRawPointer

  static func first(of exchange: OpaquePointer) -> UnsafeMutablePointer<PrincipalRecord>? {
    kt_exchange_principal(exchange)?.assumingMemoryBound(to: PrincipalRecord.self)
  }

  static func add<Principal: Sendable>(
    _ principal: Principal,
    scopes: [String],
    scheme: Int,
    to exchange: OpaquePointer
  ) throws {
    precondition(MemoryLayout<Principal>.alignment <= 16, "a principal is aligned to 16 bytes at most")
    guard let memory = kt_exchange_alloc(exchange, MemoryLayout<PrincipalRecord>.size),
      let value = kt_exchange_alloc(exchange, max(1, MemoryLayout<Principal>.size))
    else { throw Problem(.serviceUnavailable) }
    value.initializeMemory(as: Principal.self, to: principal)
    let record = memory.bindMemory(to: PrincipalRecord.self, capacity: 1)
    record.initialize(
      to: PrincipalRecord(
        next: first(of: exchange),
        scheme: scheme,
        scopes: scopes,
        type: PrincipalType<Principal>.self,
        value: value
      )
    )
    kt_exchange_set_principal(exchange, record, release)
  }

  private static let release: @convention(c) (UnsafeMutableRawPointer?) -> Void = { first in
    var next = first?.assumingMemoryBound(to: PrincipalRecord.self)
    while let record = next {
      next = record.pointee.next
      record.pointee.type.destroy(record.pointee.value)
      record.deinitialize(count: 1)
    }
  }
}

protocol AnyPrincipalType {
  static func destroy(_ value: UnsafeMutableRawPointer)
}

enum PrincipalType<Principal: Sendable>: AnyPrincipalType {
  static func destroy(_ value: UnsafeMutableRawPointer) {
    value.assumingMemoryBound(to: Principal.self).deinitialize(count: 1)
  }
}
