import CKatana

/// The member names of a generated struct in the order of its declaration, made once and kept for good.
struct JSONNames: @unchecked Sendable {  // it never changes
  let table: UnsafePointer<kt_json_names>

  /// - Precondition: no two names are alike; at most `KT_JSON_NAMES_MAX` of at most `KT_JSON_NAME_SIZE_MAX` bytes.
  init(_ names: [StaticString]) {
    let bytes = names.map { kt_bytes(p: $0.utf8Start, n: $0.utf8CodeUnitCount) }
    guard let table = kt_json_names_create(bytes, bytes.count) else {
      fatalError("\(names.count) member names: too many, one too long, or out of memory")
    }
    self.table = table
  }

  init(_ table: UnsafePointer<kt_json_names>) { self.table = table }
}

extension JSONReader {
  /// Notes that the object at `object` has none of the members that `missing` has a bit for; the lowest bit is the name
  /// at `first`.
  mutating func missing(_ names: JSONNames, _ missing: UInt64, from first: Int = 0, in object: Int) {
    if isBroken { return }
    var bits = missing
    while bits != 0 {
      let name = names.table.pointee.names[first + bits.trailingZeroBitCount]
      let text = UnsafeBufferPointer(start: name.text + 1, count: Int(name.n))
      log.add(.required, at: object, name: String(decoding: text, as: UTF8.self))
      bits &= bits - 1
    }
  }

  /// How many elements to make room for at the first of an array: as many as the next bytes seem to have, when they end
  /// it, and at most `usual`. When elements are objects or arrays, as many of this size as the rest of the body can hold:
  /// only near the outermost value, where the rest surely is the array's, and with an overall bound, which keeps a body
  /// from asking for much more memory than it has bytes.
  public mutating func room(_ usual: Int) -> Int {
    guard cursor.p < cursor.end else { return usual }
    guard cursor.p.pointee == UInt8(ascii: "{") || cursor.p.pointee == UInt8(ascii: "[") else {
      let near = kt_json_elements_near(&cursor)
      return near == 0 ? usual : min(near, usual)
    }
    guard cursor.depth <= Self.roomDepthMax, roomLeft > usual else { return usual }
    var ahead = cursor
    guard kt_json_skip(&ahead) else { return usual }
    let size = ahead.p - cursor.p + 1
    let count = (ahead.end - ahead.p) / size
    let room = min(count + count / 8 + 1, roomLeft)
    roomLeft -= room
    return room
  }

  /// Of a page in an object, such as `{"items": [`.
  private static let roomDepthMax = 2
  /// Elements of one body that room is made for ahead of time.
  static let roomMax = 1024
}
