/// A `format` that the runtime checks.
public enum StringFormat: Sendable, CaseIterable {
  case dateTime, date, time, uuid, email, hostname, ipv4, ipv6, uri, byte

  var name: StaticString {
    switch self {
    case .dateTime: "date-time"
    case .date: "date"
    case .time: "time"
    case .uuid: "uuid"
    case .email: "email"
    case .hostname: "hostname"
    case .ipv4: "ipv4"
    case .ipv6: "ipv6"
    case .uri: "uri"
    case .byte: "byte"
    }
  }

  func accepts(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    var scan = ByteScan(text[...])
    switch self {
    case .dateTime: return Instant(text) != nil
    case .date: return scan.date() != nil && scan.isAtEnd
    case .time: return scan.time() != nil && scan.isAtEnd
    case .uuid: return UUID(text) != nil
    case .email: return isEmail(text)
    case .hostname: return isHostname(text[...])
    case .ipv4: return scan.ipv4() && scan.isAtEnd
    case .ipv6: return isIPv6(text)
    case .uri: return isURI(text)
    case .byte: return base64Decoded(text) != nil
    }
  }
}

private func isAlphanumeric(_ byte: UInt8) -> Bool {
  switch byte {
  case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
    UInt8(ascii: "a")...UInt8(ascii: "z"):
    true
  default: false
  }
}

/// Labels of 1 to 63 letters, digits and inner hyphens; 253 bytes in all (RFC 1123 §2.1).
private func isHostname(_ text: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
  guard !text.isEmpty, text.count <= 253 else { return false }
  return text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy { label in
    (1...63).contains(label.count) && label.first! != UInt8(ascii: "-") && label.last! != UInt8(ascii: "-")
      && label.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "-") }
  }
}

/// A dot-atom of at most 64 bytes, '@', and a host name (RFC 5321 §4.1.2, without quoted forms and literals).
private func isEmail(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
  guard text.count <= 254, let at = text.lastIndex(of: UInt8(ascii: "@")), (1...64).contains(at) else { return false }
  let atoms = text[..<at].split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
  let marks = "!#$%&'*+-/=?^_`{|}~".utf8
  let isLocal = atoms.allSatisfy { atom in
    !atom.isEmpty && atom.allSatisfy { isAlphanumeric($0) || marks.contains($0) }
  }
  return isLocal && isHostname(text[(at + 1)...])
}

/// RFC 4291 §2.2: eight groups, one "::" for one or more of them, the last two optionally as an IPv4 address.
private func isIPv6(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
  var scan = ByteScan(text[...])
  var groups = 0
  var isCompressed = false
  if scan.take("::") { isCompressed = true }
  while !scan.isAtEnd {
    var tail = scan
    if groups <= 6, tail.ipv4(), tail.isAtEnd { return isCompressed ? groups < 6 : groups == 6 }
    guard scan.hexadecimal(1...4) else { return false }
    groups += 1
    if scan.isAtEnd { break }
    if scan.take("::") {
      if isCompressed { return false }
      isCompressed = true
    } else if !scan.take(":") || scan.isAtEnd {
      return false
    }
  }
  return isCompressed ? groups < 8 : groups == 8
}

/// RFC 3986 §3: a scheme, then only characters that a URI may have, with well-formed escapes. The parts are not split.
private func isURI(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
  guard let colon = text.firstIndex(of: UInt8(ascii: ":")), colon > 0 else { return false }
  let isLetter = (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(text[0] | 0x20)
  let isScheme = isLetter && text[..<colon].allSatisfy { isAlphanumeric($0) || "+-.".utf8.contains($0) }
  guard isScheme else { return false }
  var scan = ByteScan(text[(colon + 1)...])
  let marks = "-._~:/?#[]@!$&'()*+,;=".utf8
  while let byte = scan.next() {
    if byte == UInt8(ascii: "%") {
      guard scan.hexadecimal(2...2) else { return false }
    } else if !isAlphanumeric(byte), !marks.contains(byte) {
      return false
    }
  }
  return true
}
