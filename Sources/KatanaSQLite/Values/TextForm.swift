import Glibc
import KatanaSQL
import KatanaSQLiteDialect

// Values that SQLite keeps as text, and the elements of arrays: to text and back to PostgreSQL's binary form.

extension ValueForm {
  /// Nil when the bytes are no value of the type, or none that SQLite can hold.
  func text(_ bytes: UnsafeRawBufferPointer) -> String? {
    switch self {
    case .bool: return bytes.count == 1 ? (bytes[0] == 0 ? "false" : "true") : nil
    case .int2: return integer(bytes, as: Int16.self).map { String($0) }
    case .int4: return integer(bytes, as: Int32.self).map { String($0) }
    case .int8: return integer(bytes, as: Int64.self).map { String($0) }
    case .oid: return integer(bytes, as: UInt32.self).map { String($0) }
    case .float4:
      return integer(bytes, as: UInt32.self).map { SQLiteDialect.floatText(Double(Float(bitPattern: $0))) }
    case .float8: return integer(bytes, as: UInt64.self).map { SQLiteDialect.floatText(Double(bitPattern: $0)) }
    case .numeric: return DecimalForm.text(bytes)
    case .text: return bytes.contains(0) ? nil : String(validating: bytes, as: UTF8.self)
    case .jsonb: return bytes.first == 1 ? String(validating: bytes.dropFirst(), as: UTF8.self) : nil
    case .bytea: return "\\x" + bytes.lazy.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    case .uuid: return bytes.count == 16 ? SQLiteDialect.uuidText(bytes) : nil
    case .date: return integer(bytes, as: Int32.self).flatMap { Calendar.text(ofDay: Int64($0)) }
    case .time: return integer(bytes, as: Int64.self).map { Calendar.text(ofTime: $0) }
    case .timestamp: return integer(bytes, as: Int64.self).flatMap { Calendar.text(ofMoment: $0) }
    case .interval:
      guard bytes.count == 16 else { return nil }
      return Interval(
        months: Int32(bigEndian: bytes.loadUnaligned(fromByteOffset: 12, as: Int32.self)),
        days: Int32(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: Int32.self)),
        microseconds: Int64(bigEndian: bytes.loadUnaligned(as: Int64.self))
      ).description
    case .array(let element, _): return ArrayForm.text(bytes, of: element)
    }
  }

  private func integer<I: FixedWidthInteger & BitwiseCopyable>(
    _ bytes: UnsafeRawBufferPointer,
    as: I.Type
  ) -> I? {
    bytes.count == MemoryLayout<I>.size ? I(bigEndian: bytes.loadUnaligned(as: I.self)) : nil
  }

  /// Appends the binary form.
  ///
  /// - Returns: false when the text is no value of the type.
  func append(_ text: UnsafeBufferPointer<UInt8>, to rows: RowBuffer) throws(SQLError) -> Bool {
    func string() -> String { String(decoding: text, as: UTF8.self) }
    switch self {
    case .bool:
      let value = string()
      guard value == "true" || value == "false" || value == "1" || value == "0" else { return false }
      try rows.append(UInt8(value == "true" || value == "1" ? 1 : 0))
    case .int2: return try appendInteger(Int16(string()), to: rows)
    case .int4: return try appendInteger(Int32(string()), to: rows)
    case .int8: return try appendInteger(Int64(string()), to: rows)
    case .oid: return try appendInteger(UInt32(string()), to: rows)
    case .float4: return try appendInteger(real(string()).map { Float($0).bitPattern }, to: rows)
    case .float8: return try appendInteger(real(string()).map(\.bitPattern), to: rows)
    case .numeric: return try DecimalForm.append(text, to: rows)
    case .text: try rows.append(UnsafeRawBufferPointer(text))
    case .jsonb:
      try rows.append(UInt8(1))
      try rows.append(UnsafeRawBufferPointer(text))
    case .bytea:
      guard text.count >= 2, text.count % 2 == 0, text[0] == 0x5c, text[1] == 0x78 else { return false }
      for index in stride(from: 2, to: text.count, by: 2) {
        guard let high = digit(text[index]), let low = digit(text[index + 1]) else { return false }
        try rows.append(high << 4 | low)
      }
    case .uuid:
      guard text.count == 36 else { return false }
      var high: UInt8?
      var count = 0
      for byte in text where byte != 0x2d {
        guard let digit = digit(byte) else { return false }
        if let first = high {
          try rows.append(first << 4 | digit)
          count += 1
          high = nil
        } else {
          high = digit
        }
      }
      return count == 16 && high == nil
    case .date: return try appendInteger(Calendar.moment(ofText: string()[...]).map(day), to: rows)
    case .time: return try appendInteger(Calendar.time(ofText: string()[...]), to: rows)
    case .timestamp: return try appendInteger(Calendar.moment(ofText: string()[...]), to: rows)
    case .interval:
      guard let interval = Interval(string()) else { return false }
      try rows.append(interval.microseconds)
      try rows.append(interval.days)
      try rows.append(interval.months)
    case .array(let element, let type): return try ArrayForm.append(text, of: element, type, to: rows)
    }
    return true
  }

  private func day(_ moment: Int64) -> Int32 {
    if moment == .max { return .max }
    if moment == .min { return .min }
    let days = moment / Calendar.microsecondsPerDay
    return Int32(moment % Calendar.microsecondsPerDay < 0 ? days - 1 : days)
  }

  private func appendInteger(
    _ value: (some FixedWidthInteger & BitwiseCopyable)?,
    to rows: RowBuffer
  ) throws(SQLError) -> Bool {
    guard let value else { return false }
    try rows.append(value)
    return true
  }

  private func real(_ text: String) -> Double? {
    switch text {
    case "Infinity": .infinity
    case "-Infinity": -.infinity
    case "NaN": .nan
    default: Double(text)
    }
  }

  private func digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x41...0x46: byte - 0x37
    case 0x61...0x66: byte - 0x57
    default: nil
    }
  }
}
