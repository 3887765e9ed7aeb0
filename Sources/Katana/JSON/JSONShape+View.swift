import CKatana

// Shapes as the C reader of records has them (katana/json_view.h).

typealias JSONReading = UnsafeMutablePointer<kt_json_reading>
typealias JSONSlot = UnsafeMutablePointer<kt_json_slot>

extension kt_json_view {
  init(_ kind: kt_json_view_kind, _ low: Int64 = 0, _ high: Int64 = 0) {
    self.init()
    self.kind = UInt8(kind.rawValue)
    self.low = low
    self.high = high
  }
}

extension JSONShape {
  /// The view with the shape in it, which it keeps for good.
  func keptView() -> kt_json_view {
    var view = view()
    view.shape = UnsafeRawPointer(Unmanaged.passRetained(self).toOpaque())
    return view
  }

  func lastingView() -> UnsafePointer<kt_json_view> {
    let memory = UnsafeMutablePointer<kt_json_view>.allocate(capacity: 1)
    memory.initialize(to: keptView())
    return UnsafePointer(memory)
  }
}

extension ItemsShape {
  func view(of item: JSONShape) -> kt_json_view {
    var view = kt_json_view(KT_JSON_VIEW_ARRAY, Int64(minItems), Int64(maxItems))
    view.item = item.lastingView()
    return view
  }
}

extension UnsafeMutablePointer<kt_json_slot> {
  /// Keeps bytes by their place.
  func keep(_ bytes: UnsafePointer<UInt8>, _ count: Int, isASCII: Bool = false) {
    pointee.a = UInt64(UInt(bitPattern: bytes))
    pointee.b = UInt64(count) | UInt64(1) << 63 | (isASCII ? 1 << 62 : 0)
  }

  /// Keeps a value: in the slot when there is room, else in the reading's memory. See ``JSONViewSlot/load(_:)``.
  func keep<Value: BitwiseCopyable>(_ value: Value, _ reading: JSONReading) {
    if MemoryLayout<Value>.size <= 8 {
      UnsafeMutableRawPointer(self).storeBytes(of: value, as: Value.self)
      pointee.b = 1 << 63
    } else if let memory = kt_json_reading_alloc(reading, MemoryLayout<Value>.size) {
      memory.storeBytes(of: value, as: Value.self)
      pointee.a = UInt64(UInt(bitPattern: memory))
      pointee.b = 1 << 63
    }
  }
}

extension JSONReader {
  /// A string with its rules: as it stands in the body, or without its escapes in the reading's memory.
  mutating func text(
    minLength: Int, maxLength: Int, pattern: Pattern?, format: StringFormat?, _ reading: JSONReading, _ slot: JSONSlot
  ) {
    guard kt_json_is_string(&cursor) else { return refuse(.string) }
    let at = offset
    var text = kt_json_text()
    guard kt_json_string(&cursor, &text), var bytes = text.p else { return }
    if text.escaped {
      guard let memory = kt_json_reading_alloc(reading, max(1, text.decoded_n)) else { return }
      let decoded = memory.assumingMemoryBound(to: UInt8.self)
      kt_json_unescape(&text, decoded)
      bytes = UnsafePointer(decoded)
    }
    log.check(
      UnsafeBufferPointer(start: bytes, count: text.decoded_n), isASCII: text.ascii,
      StringRules(minLength: minLength, maxLength: maxLength, format: format), pattern, at: at)
    slot.keep(bytes, text.decoded_n, isASCII: text.ascii)
  }

  /// Reads a value as a view says. Nil when memory is short or there is no value; whether there was a violation says
  /// ``finish()``.
  mutating func read(_ view: UnsafePointer<kt_json_view>, _ memory: ViewMemory) -> kt_json_slot? {
    var slot = kt_json_slot()
    var isShort = false
    withUnsafeMutablePointer(to: &self) { json in
      // The cursor is the reader's first property.
      let cursor = UnsafeMutableRawPointer(json).assumingMemoryBound(to: kt_json.self)
      let size = cursor.pointee.start == nil ? 0 : cursor.pointee.end - cursor.pointee.start
      var reading = kt_json_reading(
        cursor: cursor, memory: kt_json_memory(memory, size), short_of_memory: false,
        other: { reading, view, slot in
          let shape = Unmanaged<JSONShape>.fromOpaque(view.pointee.shape.unsafelyUnwrapped)
          shape._withUnsafeGuaranteedRef { $0.read(reading.reader, reading, slot) }
        },
        refuse: { reading, type in reading.reader.pointee.refuse(type == KT_JSON_OBJECT ? .object : .array) },
        check: { reading, record in reading.reader.pointee.check(record.table.pointee.check.unsafelyUnwrapped) },
        twice: { reading in
          reading.reader.pointee.violate(.duplicateKey)
          reading.reader.pointee.skip()
        },
        unknown: { reading in reading.reader.pointee.additional() },
        missing: { reading, record, missing, offset in
          reading.reader.pointee.missing(JSONNames(record.table.pointee.names), missing, in: offset)
        },
        counted: { reading, view, count, offset in
          reading.reader.pointee.count(
            count, in: offset, minItems: Int(view.pointee.low), maxItems: Int(view.pointee.high))
        },
        find: { view in
          let shape = Unmanaged<JSONShape>.fromOpaque(view.pointee.shape.unsafelyUnwrapped)
          guard let record = shape._withUnsafeGuaranteedRef({ $0.record }) else {
            preconditionFailure("a struct without a view lies in one that has them")
          }
          return record.record
        })
      kt_json_view_read(&reading, view, &slot)
      isShort = reading.short_of_memory
    }
    if isShort { isShortOfMemory = true }
    return slot.b == 0 ? nil : slot
  }
}

extension kt_json_memory {
  fileprivate init(_ memory: ViewMemory, _ size: Int) {
    self = kt_json_memory_of(size, memory.block, memory.owner)
  }
}

/// Where a view's records lie.
struct ViewMemory {
  /// Gives a block; see kt_json_memory.
  let block: @convention(c) (UnsafeMutableRawPointer?, Int) -> UnsafeMutableRawPointer?
  let owner: UnsafeMutableRawPointer?

  /// The arena of a request.
  static func arena(_ exchange: OpaquePointer) -> ViewMemory {
    ViewMemory(
      block: { owner, size in kt_exchange_alloc(OpaquePointer(owner.unsafelyUnwrapped), size) },
      owner: UnsafeMutableRawPointer(exchange))
  }

  /// Blocks in a list, which kt_json_blocks_free gives back.
  static func blocks(_ list: UnsafeMutablePointer<UnsafeMutableRawPointer?>) -> ViewMemory {
    ViewMemory(block: kt_json_blocks_take, owner: UnsafeMutableRawPointer(list))
  }
}

extension JSONReading {
  fileprivate var reader: UnsafeMutablePointer<JSONReader> {
    UnsafeMutableRawPointer(pointee.cursor).assumingMemoryBound(to: JSONReader.self)
  }
}

extension UnsafePointer<kt_json_record> {
  fileprivate var table: UnsafePointer<JSONTable.Head> {
    pointee.shape.unsafelyUnwrapped.assumingMemoryBound(to: JSONTable.Head.self)
  }
}
