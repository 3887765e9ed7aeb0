import KatanaSQL

/// PostgreSQL's one-dimensional arrays as JSON arrays.
enum ArrayForm {
  /// Nil for several dimensions, which have no form in SQLite.
  static func text(_ bytes: UnsafeRawBufferPointer, of element: ValueForm) -> String? {
    func integer(_ offset: Int) -> Int {
      Int(Int32(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Int32.self)))
    }
    guard bytes.count >= 12 else { return nil }
    if integer(0) == 0 { return "[]" }
    guard integer(0) == 1, bytes.count >= 20 else { return nil }
    var json: [UInt8] = [0x5b]
    var at = 20
    for index in 0..<max(integer(12), 0) {
      guard bytes.count - at >= 4 else { return nil }
      let size = integer(at)
      at += 4
      if index > 0 { json.append(0x2c) }
      if size < 0 {
        json += "null".utf8
        continue
      }
      guard bytes.count - at >= size,
        let text = element.text(UnsafeRawBufferPointer(rebasing: bytes[at..<at + size]))
      else { return nil }
      at += size
      if element.isBare(text) { json += text.utf8 } else { appendString(text, to: &json) }
    }
    json.append(0x5d)
    return String(decoding: json, as: UTF8.self)
  }

  private static func appendString(_ text: String, to json: inout [UInt8]) {
    let digits = Array("0123456789abcdef".utf8)
    json.append(0x22)
    for byte in text.utf8 {
      switch byte {
      case 0x22, 0x5c: json += [0x5c, byte]
      case 0..<0x20: json += Array("\\u00".utf8) + [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      default: json.append(byte)
      }
    }
    json.append(0x22)
  }

  /// - Returns: false when the text is no JSON array of such elements.
  static func append(
    _ text: UnsafeBufferPointer<UInt8>,
    of element: ValueForm,
    _ type: SQLType,
    to rows: RowBuffer
  ) throws(SQLError) -> Bool {
    var reader = Reader(bytes: text)
    guard reader.take(0x5b) else { return false }
    let start = rows.count
    try rows.append(Int32(1))
    try rows.append(Int32(0))
    try rows.append(type.rawValue)
    try rows.append(Int32(0))
    try rows.append(Int32(1))
    var count: Int32 = 0
    var hasNulls = false
    if !reader.take(0x5d) {
      repeat {
        guard let item = reader.element() else { return false }
        count += 1
        guard let item else {
          hasNulls = true
          try rows.append(Int32(-1))
          continue
        }
        let place = rows.count
        try rows.append(Int32(0))
        var result: Result<Bool, SQLError> = .success(false)
        item.withUnsafeBufferPointer { item in
          do throws(SQLError) { result = .success(try element.append(item, to: rows)) } catch {
            result = .failure(error)
          }
        }
        guard try result.get() else { return false }
        rows.replace(Int32(rows.count - place - 4), at: place)
      } while reader.take(0x2c)
      guard reader.take(0x5d) else { return false }
    }
    if count == 0 {
      rows.truncate(to: start + 12)
      rows.replace(Int32(0), at: start)
    } else {
      rows.replace(count, at: start + 12)
      if hasNulls { rows.replace(Int32(1), at: start + 4) }
    }
    return reader.isAtEnd
  }

  private struct Reader {
    let bytes: UnsafeBufferPointer<UInt8>
    var position = 0

    init(bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    private mutating func skipSpace() {
      while position < bytes.count, [0x20, 0x09, 0x0a, 0x0d].contains(bytes[position]) { position += 1 }
    }

    mutating func take(_ byte: UInt8) -> Bool {
      skipSpace()
      guard position < bytes.count, bytes[position] == byte else { return false }
      position += 1
      return true
    }

    var isAtEnd: Bool {
      mutating get {
        skipSpace()
        return position == bytes.count
      }
    }

    /// The text of a scalar; the inner nil is null, the outer one no scalar. An array or object is its JSON.
    mutating func element() -> [UInt8]?? {
      skipSpace()
      guard position < bytes.count else { return .none }
      if bytes[position] == 0x22 { return string().map { .some($0) } ?? .none }
      let start = position
      var depth = 0
      while position < bytes.count {
        let byte = bytes[position]
        if byte == 0x22 {
          if string() == nil { return .none }
          continue
        }
        if byte == 0x5b || byte == 0x7b { depth += 1 }
        if byte == 0x5d || byte == 0x7d {
          if depth == 0 { break }
          depth -= 1
        }
        if byte == 0x2c, depth == 0 { break }
        position += 1
      }
      var token = Array(bytes[start..<position])
      while let last = token.last, [0x20, 0x09, 0x0a, 0x0d].contains(last) { token.removeLast() }
      if token.isEmpty { return .none }
      return .some(token.elementsEqual("null".utf8) ? nil : token)
    }

    private mutating func string() -> [UInt8]? {
      position += 1
      var text: [UInt8] = []
      while position < bytes.count, bytes[position] != 0x22 {
        if bytes[position] != 0x5c {
          text.append(bytes[position])
          position += 1
          continue
        }
        guard position + 1 < bytes.count else { return nil }
        position += 2
        switch bytes[position - 1] {
        case 0x62: text.append(0x08)
        case 0x66: text.append(0x0c)
        case 0x6e: text.append(0x0a)
        case 0x72: text.append(0x0d)
        case 0x74: text.append(0x09)
        case 0x75:
          guard let scalar = escapedScalar() else { return nil }
          text += Array(String(Character(scalar)).utf8)
        case let byte: text.append(byte)
        }
      }
      guard position < bytes.count else { return nil }
      position += 1
      return text
    }

    private mutating func escapedScalar() -> Unicode.Scalar? {
      guard let first = unit() else { return nil }
      guard (0xD800...0xDBFF).contains(first) else { return Unicode.Scalar(first) }
      guard position + 1 < bytes.count, bytes[position] == 0x5c, bytes[position + 1] == 0x75 else { return nil }
      position += 2
      guard let second = unit(), (0xDC00...0xDFFF).contains(second) else { return nil }
      return Unicode.Scalar(0x10000 + ((first - 0xD800) << 10 | (second - 0xDC00)))
    }

    private mutating func unit() -> UInt32? {
      guard position + 4 <= bytes.count else { return nil }
      defer { position += 4 }
      return UInt32(String(decoding: bytes[position..<position + 4], as: UTF8.self), radix: 16)
    }
  }
}

extension ValueForm {
  /// Whether an element of an array stands in JSON without quotes: what SQLite's json_each then gives compares as the
  /// column does.
  fileprivate func isBare(_ text: String) -> Bool {
    switch self {
    case .bool, .int2, .int4, .int8, .oid: true
    case .float4, .float8: !["NaN", "Infinity", "-Infinity"].contains(text)
    default: false
    }
  }
}
