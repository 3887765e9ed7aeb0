import KatanaScalars

/// A `format` that the runtime checks.
public enum StringFormat: Sendable, CaseIterable {
  case dateTime, date, time, duration, uuid, email, hostname, ipv4, ipv6, uri, uriReference, byte

  /// As a contract writes it.
  var name: StaticString { rule.name }

  func accepts(_ text: UnsafeBufferPointer<UInt8>) -> Bool { rule.accepts(text) }

  private var rule: TextFormat {
    switch self {
    case .dateTime: .dateTime
    case .date: .date
    case .time: .time
    case .duration: .duration
    case .uuid: .uuid
    case .email: .email
    case .hostname: .hostname
    case .ipv4: .ipv4
    case .ipv6: .ipv6
    case .uri: .uri
    case .uriReference: .uriReference
    case .byte: .byte
    }
  }
}
