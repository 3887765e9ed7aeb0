import CKatana
import Synchronization

/// The members of a struct while its table is made. Generated code names each in the order of declaration.
public final class JSONMembers {
  private struct Member {
    let name: StaticString
    let shape: JSONShape
    let presence: JSONTable.Presence
    let value: JSONDefault?
  }

  private var members: [Member] = []
  private var others: JSONShape?

  /// A member that is always there.
  public func required(_ name: StaticString, _ shape: JSONShape) { add(name, shape, .required) }

  /// A member that may be absent: an optional property.
  public func optional(_ name: StaticString, _ shape: JSONShape) { add(name, shape, .optional) }

  /// A member that is always there and may be null: an optional property.
  public func nullable(_ name: StaticString, _ shape: JSONShape) { add(name, shape, .nullable) }

  /// A member whose value is `value` when it is absent: made when it is first needed, for it may hold a value of the
  /// type whose table this is.
  public func defaulted<Value>(_ name: StaticString, _ shape: JSONShape, _ value: @autoclosure @escaping () -> Value) {
    precondition(shape.holds(Value.self), "the default of \(name)")
    let value = JSONDefault {
      let place = UnsafeMutablePointer<Value>.allocate(capacity: 1)
      place.initialize(to: value())
      return UnsafeRawPointer(place)
    }
    add(name, shape, .defaulted, value)
  }

  /// A member that may be absent and may be null: a ``Patch``.
  public func patch(_ name: StaticString, _ shape: JSONShape) { add(name, shape.patch(), .patch) }

  /// A dictionary of the members that are not declared, behind all that are.
  public func others(_ shape: JSONShape) { others = shape.map() }

  private func add(
    _ name: StaticString, _ shape: JSONShape, _ presence: JSONTable.Presence, _ value: JSONDefault? = nil
  ) {
    members.append(Member(name: name, shape: shape, presence: presence, value: value))
  }

  /// The table's memory, which is never freed.
  func head(_ size: Int, _ type: String, _ isClosed: Bool, _ check: JSONSchema?) -> UnsafePointer<JSONTable.Head> {
    precondition(!members.isEmpty && members.count <= JSONTable.membersMax, "the members of \(type)")
    let fields = UnsafeMutablePointer<JSONTable.Field>.allocate(capacity: members.count)
    let names = JSONNames(self.members.map(\.name)).table
    let plain = UnsafeMutablePointer<kt_json_field>.allocate(capacity: members.count)
    let blank = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 16)
    memset(blank, 0, size)
    var end = 0
    let words = (members.count + JSONTable.wordMembers - 1) / JSONTable.wordMembers
    var masks = [JSONTable.Masks](repeating: JSONTable.Masks(), count: words)
    for (index, member) in members.enumerated() {
      let bit = UInt64(1) << UInt64(index % JSONTable.wordMembers)
      let word = index / JSONTable.wordMembers
      let isOptional = member.presence == .optional || member.presence == .nullable
      let layout = member.shape.layout(isOptional: isOptional)
      let offset = (end + layout.alignment - 1) / layout.alignment * layout.alignment
      end = offset + layout.size
      precondition(end <= size, "\(type) is not the struct of its table")
      if member.presence != .defaulted, member.shape.blank(blank + offset, isOptional) {
        masks[word].blanks |= bit
      }
      if member.presence == .required || member.presence == .nullable { masks[word].required |= bit }
      if member.presence == .defaulted { masks[word].defaulted |= bit }
      let text = text(member.name)
      (fields + index).initialize(
        to: JSONTable.Field(
          kind: member.shape.kind, presence: member.presence, offset: Int32(offset), text: text.0, textCount: text.1,
          low: member.shape.low, high: member.shape.high, hasRules: member.shape.hasRules,
          value: member.value.map(Unmanaged.passRetained),
          shape: .passRetained(member.shape)))
      (plain + index).initialize(to: (fields + index).pointee.plain(names.pointee.names[index]))
    }
    var others: JSONTable.Others?
    if let shape = self.others {
      let layout = shape.layout(isOptional: false)
      let offset = (end + layout.alignment - 1) / layout.alignment * layout.alignment
      end = offset + layout.size
      precondition(end <= size && shape.blank(blank + offset, false), "\(type) is not the struct of its table")
      others = JSONTable.Others(offset: offset, shape: .passRetained(shape))
    }
    precondition(end == size, "\(type) is not the struct of its table")
    let moreMasks = UnsafeMutablePointer<JSONTable.Masks>.allocate(capacity: words - 1)
    for word in 1..<words { (moreMasks + word - 1).initialize(to: masks[word]) }
    let head = UnsafeMutablePointer<JSONTable.Head>.allocate(capacity: 1)
    head.initialize(
      to: JSONTable.Head(
        names: names, fields: fields, plain: plain, count: members.count, size: size, blank: blank,
        masks: masks[0], moreMasks: moreMasks, isClosed: isClosed, others: others, check: check))
    return UnsafePointer(head)
  }

  private func text(_ name: StaticString) -> (UnsafePointer<UInt8>, Int32) {
    var json = JSONWriter()
    json.literal(",")
    json.quote(UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
    json.literal(":")
    let text = UnsafeMutablePointer<UInt8>.allocate(capacity: json.used + JSONTable.textPad + 1)
    text.initialize(repeating: 0, count: json.used + JSONTable.textPad + 1)
    memcpy(text, json.base, json.used)
    return (UnsafePointer(text), Int32(json.used))
  }
}

/// What stands in for an absent member. Made once and kept for good.
final class JSONDefault: @unchecked Sendable {  // `make` gives equal values
  private let made = Atomic<UnsafeRawPointer?>(nil)
  private let make: () -> UnsafeRawPointer

  init(_ make: @escaping () -> UnsafeRawPointer) { self.make = make }

  var place: UnsafeRawPointer {
    if let place = made.load(ordering: .acquiring) { return place }
    let place = make()
    // Two threads may have made one each; the first is everyone's then.
    return made.compareExchange(expected: nil, desired: place, ordering: .acquiringAndReleasing).original ?? place
  }
}

extension JSONTable.Field {
  /// What the loop in C reads of it. An optional of a number has a byte behind it that is zero when there is one; that
  /// of a boolean or a string is in the value itself.
  func plain(_ name: kt_json_name) -> kt_json_field {
    var field = kt_json_field(
      text: name.text, text_n: name.text_n, offset: UInt32(offset), low: low, high: high, kind: 0, some: -1)
    if hasRules { return field }
    let kind: kt_json_field_kind
    switch self.kind {
    case .int64: kind = KT_JSON_FIELD_INT64
    case .int32: kind = KT_JSON_FIELD_INT32
    case .double: kind = KT_JSON_FIELD_DOUBLE
    case .boolean: kind = KT_JSON_FIELD_BOOLEAN
    #if _endian(little) && _pointerBitWidth(_64)
      case .string: kind = KT_JSON_FIELD_STRING
    #else
      case .string: kind = KT_JSON_FIELD_OTHER
    #endif
    case .other: kind = KT_JSON_FIELD_OTHER
    }
    field.kind = UInt8(kind.rawValue)
    if isOptional {
      if self.kind == .int32 { field.some = 4 }
      if self.kind == .int64 || self.kind == .double { field.some = 8 }
    }
    return field
  }
}
