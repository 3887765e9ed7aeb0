import CKatana

// Shapes made of shapes.

/// A struct with a table, where it lies.
final class ObjectShape<Value: JSONTabled & Equatable>: TypedShape<Value>, @unchecked Sendable {
  override func read(_ json: inout JSONReader, _ place: UnsafeMutableRawPointer, _ isOptional: Bool) -> Bool {
    isOptional ? super.read(&json, place, true) : Value.jsonTable.read(&json, place)
  }

  override func value(_ json: inout JSONReader) -> Value? {
    withUnsafeTemporaryAllocation(of: Value.self, capacity: 1) { memory in
      let value = memory.baseAddress.unsafelyUnwrapped
      return Value.jsonTable.read(&json, UnsafeMutableRawPointer(value)) ? value.move() : nil
    }
  }

  override func write(_ json: inout JSONWriter, _ place: UnsafeRawPointer, _ isOptional: Bool) {
    if isOptional { super.write(&json, place, true) } else { Value.jsonTable.write(place, &json) }
  }

  override func write(_ value: Value, _ json: inout JSONWriter) {
    withUnsafePointer(to: value) { Value.jsonTable.write(UnsafeRawPointer($0), &json) }
  }

  override func array(_ minItems: Int, _ maxItems: Int) -> JSONShape { ObjectsShape<Value>(minItems, maxItems) }
  override var isItem: Bool { Value.self is any JSONViewed.Type }
  override func view() -> kt_json_view { isItem ? kt_json_view(KT_JSON_VIEW_OBJECT) : kt_json_view() }
  override var record: JSONRecord? { (Value.self as? any JSONViewed.Type)?.jsonRecord }
}

extension JSONReader {
  /// Reads an array of items whose type the compiler knows: it makes better code of this than of the next.
  @inline(__always)
  fileprivate mutating func scalars<Item: Equatable & Sendable>(
    _ shape: ItemsShape<Item>, _ read: (inout JSONReader) -> Item
  ) -> [Item] {
    var items: [Item] = []
    guard let array = array() else { return items }
    var count = 0
    while element() {
      if count == 0 { items.reserveCapacity(room(shape.usual)) }
      count += 1
      items.append(read(&self))
    }
    self.count(count, in: array, minItems: shape.minItems, maxItems: shape.maxItems)
    return items
  }

  /// Reads an array of items, each to its place in the array's memory. `read` says whether there is one now.
  @inline(__always)
  fileprivate mutating func items<Item: Equatable & Sendable>(
    _ shape: ItemsShape<Item>, _ read: (inout JSONReader, UnsafeMutablePointer<Item>) -> Bool
  ) -> [Item] {
    var items: [Item] = []
    guard let array = array() else { return items }
    var count = 0
    var isMore = element()
    while isMore {
      let room = max(items.count, items.isEmpty ? room(shape.usual) : 0, 1)
      let more = [Item](unsafeUninitializedCapacity: room) { memory, filled in
        let places = memory.baseAddress.unsafelyUnwrapped
        var index = 0
        while isMore, index < room {
          count += 1
          if read(&self, places + index) { index += 1 }
          isMore = element()
        }
        filled = index
      }
      if items.isEmpty { items = more } else { items += more }
    }
    self.count(count, in: array, minItems: shape.minItems, maxItems: shape.maxItems)
    return items
  }
}

/// What arrays have in common.
class ItemsShape<Item: Equatable & Sendable>: TypedShape<[Item]>, @unchecked Sendable {
  /// Most arrays are short: one allocation instead of three.
  private static var usualMax: Int { 8 }

  let minItems: Int
  let maxItems: Int
  var usual: Int { max(1, min(maxItems, Self.usualMax)) }

  init(_ minItems: Int, _ maxItems: Int) {
    self.minItems = minItems
    self.maxItems = maxItems
    super.init()
  }

  final override var neutral: [Item]? { [] }

  @inline(__always)
  final func write(_ items: [Item], _ json: inout JSONWriter, _ write: (Item, inout JSONWriter) -> Void) {
    json.literal("[")
    for item in items {
      write(item, &json)
      json.literal(",")
    }
    json.close("]")
  }
}

final class ArrayShape<Item: Equatable & Sendable>: ItemsShape<Item>, @unchecked Sendable {
  private let item: TypedShape<Item>

  init(_ item: TypedShape<Item>, _ minItems: Int, _ maxItems: Int) {
    self.item = item
    super.init(minItems, maxItems)
  }

  override func value(_ json: inout JSONReader) -> [Item]? {
    json.items(self) { json, place in
      guard let value = item.value(&json) else { return false }
      place.initialize(to: value)
      return true
    }
  }
  override func write(_ value: [Item], _ json: inout JSONWriter) { write(value, &json) { item.write($0, &$1) } }
  override func view() -> kt_json_view { item.isItem ? view(of: item) : kt_json_view() }
}

// The same for what arrays mostly hold, compiled for it.

final class StringsShape: ItemsShape<String>, @unchecked Sendable {
  private let item: StringShape

  init(_ item: StringShape, _ minItems: Int, _ maxItems: Int) {
    self.item = item
    super.init(minItems, maxItems)
  }

  override func value(_ json: inout JSONReader) -> [String]? { json.scalars(self) { item.plain(&$0) } }
  override func write(_ value: [String], _ json: inout JSONWriter) { write(value, &json) { $1.string($0) } }

  override func read(_ json: inout JSONReader, _ place: UnsafeMutableRawPointer, _ isOptional: Bool) -> Bool {
    let value = json.scalars(self) { item.plain(&$0) }
    if isOptional { place.put(value as [String]?) } else { place.put(value) }
    return true
  }

  override func write(_ json: inout JSONWriter, _ place: UnsafeRawPointer, _ isOptional: Bool) {
    // An optional array that is there lies as one that is no optional.
    write(place.get([String].self), &json) { $1.string($0) }
  }
  override func view() -> kt_json_view { view(of: item) }
}

final class Int64sShape: ItemsShape<Int64>, @unchecked Sendable {
  private let item: Int64Shape

  init(_ item: Int64Shape, _ minItems: Int, _ maxItems: Int) {
    self.item = item
    super.init(minItems, maxItems)
  }

  override func value(_ json: inout JSONReader) -> [Int64]? { json.scalars(self) { item.integer(&$0) } }
  override func write(_ value: [Int64], _ json: inout JSONWriter) { write(value, &json) { $1.int64($0) } }

  override func read(_ json: inout JSONReader, _ place: UnsafeMutableRawPointer, _ isOptional: Bool) -> Bool {
    let value = json.scalars(self) { item.integer(&$0) }
    if isOptional { place.put(value as [Int64]?) } else { place.put(value) }
    return true
  }

  override func write(_ json: inout JSONWriter, _ place: UnsafeRawPointer, _ isOptional: Bool) {
    // An optional array that is there lies as one that is no optional.
    write(place.get([Int64].self), &json) { $1.int64($0) }
  }
  override func view() -> kt_json_view { view(of: item) }
}

final class DoublesShape: ItemsShape<Double>, @unchecked Sendable {
  private let item: DoubleShape

  init(_ item: DoubleShape, _ minItems: Int, _ maxItems: Int) {
    self.item = item
    super.init(minItems, maxItems)
  }

  override func value(_ json: inout JSONReader) -> [Double]? { json.scalars(self) { item.number(&$0) } }
  override func write(_ value: [Double], _ json: inout JSONWriter) { write(value, &json) { $1.double($0) } }

  override func read(_ json: inout JSONReader, _ place: UnsafeMutableRawPointer, _ isOptional: Bool) -> Bool {
    let value = json.scalars(self) { item.number(&$0) }
    if isOptional { place.put(value as [Double]?) } else { place.put(value) }
    return true
  }

  override func write(_ json: inout JSONWriter, _ place: UnsafeRawPointer, _ isOptional: Bool) {
    // An optional array that is there lies as one that is no optional.
    write(place.get([Double].self), &json) { $1.double($0) }
  }
  override func view() -> kt_json_view { view(of: item) }
}

/// An array of structs with a table, which are read to the array's memory.
final class ObjectsShape<Item: JSONTabled & Equatable>: ItemsShape<Item>, @unchecked Sendable {
  override func value(_ json: inout JSONReader) -> [Item]? {
    let table = Item.jsonTable
    return json.items(self) { table.read(&$0, UnsafeMutableRawPointer($1)) }
  }

  override func write(_ value: [Item], _ json: inout JSONWriter) {
    let table = Item.jsonTable
    let stride = MemoryLayout<Item>.stride
    json.literal("[")
    value.withUnsafeBufferPointer { items in
      guard var place = UnsafeRawPointer(items.baseAddress) else { return }
      for _ in 0..<items.count {
        table.write(place, &json)
        json.literal(",")
        place += stride
      }
    }
    json.close("]")
  }
  override func view() -> kt_json_view {
    let item = ObjectShape<Item>()
    return item.isItem ? view(of: item) : kt_json_view()
  }
}

final class MapShape<Value: Equatable & Sendable>: TypedShape<[String: Value]>, @unchecked Sendable {
  private let item: TypedShape<Value>

  init(_ item: TypedShape<Value>) {
    self.item = item
    super.init()
  }

  override var neutral: [String: Value]? { [:] }

  override func value(_ json: inout JSONReader) -> [String: Value]? {
    var members: [String: Value] = [:]
    guard json.object() != nil else { return members }
    while let key = json.key() { keep(&json, key, &members) }
    return members
  }

  private func keep(_ json: inout JSONReader, _ key: JSONWord, _ members: inout [String: Value]) {
    guard let name = json.newName(key, in: members) else { return }
    if let value = item.value(&json) { members.updateValue(value, forKey: name) }
  }

  override func keep(_ json: inout JSONReader, _ key: JSONWord, _ place: UnsafeMutableRawPointer) {
    keep(&json, key, &place.assumingMemoryBound(to: [String: Value].self).pointee)
  }

  override func write(_ value: [String: Value], _ json: inout JSONWriter) {
    json.literal("{")
    write(value, &json, isFirst: true)
    json.literal("}")
  }

  override func writeMembers(_ json: inout JSONWriter, _ place: UnsafeRawPointer, isFirst: Bool) {
    write(place.get([String: Value].self), &json, isFirst: isFirst)
  }

  private func write(_ value: [String: Value], _ json: inout JSONWriter, isFirst: Bool) {
    var isFirst = isFirst
    for name in json.order(of: value) {
      guard let member = value[name] else { continue }
      if !isFirst { json.literal(",") }
      isFirst = false
      json.string(name)
      json.literal(":")
      item.write(member, &json)
    }
  }
}

final class PatchShape<Value: Equatable & Sendable>: TypedShape<Patch<Value>>, @unchecked Sendable {
  private let item: TypedShape<Value>

  init(_ item: TypedShape<Value>) {
    self.item = item
    super.init()
  }

  override var neutral: Patch<Value>? { .absent }
  override func value(_ json: inout JSONReader) -> Patch<Value>? {
    json.null() ? .null : item.value(&json).map(Patch.value)
  }

  override func write(_ value: Patch<Value>, _ json: inout JSONWriter) {
    if case .value(let value) = value { item.write(value, &json) } else { json.null() }
  }

  override func isPresent(_ place: UnsafeRawPointer) -> Bool {
    if case .absent = place.get(Patch<Value>.self) { false } else { true }
  }
}

/// A value behind a reference. An optional or a patch of it lies as ``BoxedOptional`` and ``BoxedPatch`` have it.
final class BoxedShape<Value: Equatable & Sendable>: TypedShape<Boxed<Value>>, @unchecked Sendable {
  private let item: TypedShape<Value>

  init(_ item: TypedShape<Value>) {
    self.item = item
    super.init()
  }

  override func value(_ json: inout JSONReader) -> Boxed<Value>? {
    item.value(&json).map(Boxed.init(wrappedValue:))
  }

  override func write(_ value: Boxed<Value>, _ json: inout JSONWriter) { item.write(value.wrappedValue, &json) }

  // Views hold no values, boxed or not.
  override func view() -> kt_json_view { item.view() }
  override func read(_ json: UnsafeMutablePointer<JSONReader>, _ reading: JSONReading, _ slot: JSONSlot) {
    item.read(json, reading, slot)
  }
  override var isItem: Bool { item.isItem }
  override var record: JSONRecord? { item.record }
}

final class OptionalShape<Value: Equatable & Sendable>: TypedShape<Value?>, @unchecked Sendable {
  private let item: TypedShape<Value>

  init(_ item: TypedShape<Value>) {
    self.item = item
    super.init()
  }

  override var neutral: Value?? { .some(nil) }

  override func value(_ json: inout JSONReader) -> Value?? { .some(json.null() ? nil : item.value(&json)) }

  override func write(_ value: Value?, _ json: inout JSONWriter) {
    if let value { item.write(value, &json) } else { json.null() }
  }
}

final class CheckedShape<Value: Equatable & Sendable>: TypedShape<Value>, @unchecked Sendable {
  private let item: TypedShape<Value>
  private let schema: JSONSchema
  private let itemView: UnsafePointer<kt_json_view>

  init(_ item: TypedShape<Value>, _ schema: JSONSchema) {
    self.item = item
    self.schema = schema
    itemView = item.lastingView()
    super.init()
  }

  override var neutral: Value? { item.neutral }

  override func value(_ json: inout JSONReader) -> Value? {
    json.check(schema)
    return item.value(&json)
  }

  override func write(_ value: Value, _ json: inout JSONWriter) { item.write(value, &json) }
  override var isItem: Bool { item.isItem }
  override func read(_ json: UnsafeMutablePointer<JSONReader>, _ reading: JSONReading, _ slot: JSONSlot) {
    json.pointee.check(schema)
    kt_json_view_read(reading, itemView, slot)
  }
}
