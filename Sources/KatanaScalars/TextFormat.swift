/// What a `format` wants of a text.
package enum TextFormat: CaseIterable {
  case dateTime, date, time, duration, uuid, email, hostname, ipv4, ipv6, uri, uriReference, byte

  package init?(_ name: String) {
    guard let format = Self.allCases.first(where: { $0.name.description == name }) else { return nil }
    self = format
  }

  /// As a schema writes it.
  package var name: StaticString {
    switch self {
    case .dateTime: "date-time"
    case .date: "date"
    case .time: "time"
    case .duration: "duration"
    case .uuid: "uuid"
    case .email: "email"
    case .hostname: "hostname"
    case .ipv4: "ipv4"
    case .ipv6: "ipv6"
    case .uri: "uri"
    case .uriReference: "uri-reference"
    case .byte: "byte"
    }
  }

  package func accepts(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    var scan = ByteScan(text[...])
    switch self {
    case .dateTime: return scan.dateTime() != nil && scan.isAtEnd
    case .date: return scan.date() != nil && scan.isAtEnd
    case .time: return scan.time() != nil && scan.isAtEnd
    case .duration: return isDuration(text)
    case .uuid: return uuidWords(text) != nil
    case .email: return isEmail(text)
    case .hostname: return isHostname(text[...])
    case .ipv4: return scan.ipv4() && scan.isAtEnd
    case .ipv6: return isIPv6(text)
    case .uri: return isURI(text)
    case .uriReference: return isURIReference(text)
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

/// RFC 3986 §3: a scheme and what a reference may have behind it.
private func isURI(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
  guard let colon = text.firstIndex(of: UInt8(ascii: ":")), colon > 0 else { return false }
  let isLetter = (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(text[0] | 0x20)
  let isScheme = isLetter && text[..<colon].allSatisfy { isAlphanumeric($0) || "+-.".utf8.contains($0) }
  return isScheme && isHierarchical(text[(colon + 1)...])
}

/// RFC 3986 §4.1: a URI, or a relative reference, whose first segment has no colon.
private func isURIReference(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
  let first = text.prefix { !"/?#".utf8.contains($0) }
  return first.contains(UInt8(ascii: ":")) ? isURI(text) : isHierarchical(text[...])
}

/// Only characters that a URI may have, with well-formed escapes, one '#', and brackets around an address in the
/// authority only. The parts are not looked at closer.
private func isHierarchical(_ text: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
  var scan = ByteScan(text)
  let marks = "-._~:/?#@!$&'()*+,;=".utf8
  var inAuthority = text.starts(with: "//".utf8)
  var count = 0
  var hasFragment = false
  while let byte = scan.next() {
    count += 1
    switch byte {
    case UInt8(ascii: "%"):
      guard scan.hexadecimal(2...2) else { return false }
    case UInt8(ascii: "["), UInt8(ascii: "]"):
      if !inAuthority { return false }
    case UInt8(ascii: "#"):
      if hasFragment { return false }
      hasFragment = true
      inAuthority = false
    default:
      if !isAlphanumeric(byte), !marks.contains(byte) { return false }
      if count > 2, byte == UInt8(ascii: "/") || byte == UInt8(ascii: "?") { inAuthority = false }
    }
  }
  return true
}

/// RFC 3339, appendix A: `P1Y2M3DT4H5M6S` without gaps between its units, or weeks alone.
private func isDuration(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
  guard text.first == UInt8(ascii: "P") else { return false }
  var rest = text.dropFirst()
  if rest.last == UInt8(ascii: "W") {
    let digits = rest.dropLast()
    return !digits.isEmpty && digits.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
  }
  let hasDate = takeUnits("YMD", &rest)
  guard let hasDate else { return false }
  if rest.isEmpty { return hasDate }
  guard rest.popFirst() == UInt8(ascii: "T"), takeUnits("HMS", &rest) == true else { return false }
  return rest.isEmpty
}

/// Numbers with units, each the next of `units`. Nil when one is malformed, false when there is none.
private func takeUnits(_ units: StaticString, _ rest: inout Slice<UnsafeBufferPointer<UInt8>>) -> Bool? {
  var next = 0
  var found = false
  while let byte = rest.first, byte != UInt8(ascii: "T") {
    let digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    rest = rest.dropFirst(digits.count)
    guard !digits.isEmpty, let unit = rest.popFirst() else { return nil }
    let at = (0..<units.utf8CodeUnitCount).first { units.utf8Start[$0] == unit }
    guard let at, found ? at == next : true else { return nil }
    found = true
    next = at + 1
  }
  return found
}
