import CKatana

/// A struct that is read and written by a table of its members. Generated.
///
/// A decoder, an encoder and a comparison of its own for each struct are what a compiler spends its time on: those of
/// 200 structs of 12 members took 50 s of it, their tables take two. The loops over the tables are here, compiled once.
public protocol JSONTabled: Sendable {
  static var jsonTable: JSONTable { get }
}

extension JSONDecodable where Self: JSONTabled {
  public static func decode(_ json: inout JSONReader) -> Self? {
    withUnsafeTemporaryAllocation(of: Self.self, capacity: 1) { memory in
      let value = memory.baseAddress.unsafelyUnwrapped
      return jsonTable.read(&json, UnsafeMutableRawPointer(value)) ? value.move() : nil
    }
  }
}

extension JSONEncodable where Self: JSONTabled {
  public func encode(to json: inout JSONWriter) {
    withUnsafePointer(to: self) { Self.jsonTable.write(UnsafeRawPointer($0), &json) }
  }
}

extension Equatable where Self: JSONTabled {
  /// Compares member by member, as the comparison does that the compiler would make for each struct.
  public static func == (left: Self, right: Self) -> Bool {
    withUnsafePointer(to: left) { left in
      withUnsafePointer(to: right) { jsonTable.areEqual(UnsafeRawPointer(left), UnsafeRawPointer($0)) }
    }
  }
}

/// The members of a struct in the order of its declaration: where each lies and what it may hold. Made once and kept
/// for good, so that using it counts no reference.
///
/// Members are read to and written from where they lie. Swift lays out a struct's properties one behind the other in
/// the order of their declaration, each at the next multiple of its alignment; the sum is held against the type's size.
public struct JSONTable: @unchecked Sendable {  // it never changes
  let head: UnsafePointer<Head>

  /// What is known about all members.
  struct Head {
    let names: UnsafePointer<kt_json_names>
    let fields: UnsafePointer<Field>
    /// The same for the loop in C.
    let plain: UnsafePointer<kt_json_field>
    let count: Int
    /// Bytes of the struct.
    let size: Int
    /// The struct without any member: each absent one is nil, each required one what stands in for it.
    let blank: UnsafeRawPointer
    /// Of the first 64 members.
    let masks: Masks
    /// Of the others, 64 by 64.
    let moreMasks: UnsafePointer<Masks>
    /// Whether other members are refused.
    let isClosed: Bool
    /// Where other members are kept.
    let others: Others?
    let check: JSONSchema?
  }

  /// A bit for each of 64 members, the lowest for the first.
  struct Masks {
    /// Those that `blank` holds.
    var blanks: UInt64 = 0
    /// Those without which the object breaks its contract.
    var required: UInt64 = 0
    /// Those with a default.
    var defaulted: UInt64 = 0
  }

  struct Others {
    let offset: Int
    let shape: Unmanaged<JSONShape>
  }

  struct Field {
    let kind: JSONShape.Kind
    let presence: Presence
    let offset: Int32
    /// The bytes of `,"name":`, readable for ``textPad`` bytes.
    let text: UnsafePointer<UInt8>
    let textCount: Int32
    /// What the loops look at of the shape's rules: bounds of an integer, lengths of a string.
    let low: Int64
    let high: Int64
    /// Whether there are rules beyond these.
    let hasRules: Bool
    /// The value of an absent member.
    let value: Unmanaged<JSONDefault>?
    let shape: Unmanaged<JSONShape>

    var isOptional: Bool { presence == .optional || presence == .nullable }
    var mayBeAbsent: Bool { presence != .required && presence != .defaulted }
  }

  enum Presence: UInt8 {
    case required, optional, nullable, defaulted, patch
  }

  /// Members of one table.
  static let membersMax = Int(KT_JSON_NAMES_MAX)
  /// Bits of a word. Objects of more members take more of them.
  static let wordMembers = 64
  static let textPad = 32

  /// - Parameters:
  ///   - isClosed: whether members that are not declared are refused; else they are skipped.
  ///   - check: what a value must meet besides.
  /// - Precondition: the members are those of `Value`, in order, as the generator has written them.
  public init<Value>(
    _ type: Value.Type, isClosed: Bool = false, check: JSONSchema? = nil, _ declare: (JSONMembers) -> Void
  ) {
    let members = JSONMembers()
    declare(members)
    head = members.head(MemoryLayout<Value>.size, "\(type)", isClosed, check)
  }

  // MARK: Reading

  /// Reads an object to `memory`, which holds a whole value afterwards; false, with a violation, when there is none,
  /// and then the memory holds nothing that needs a release.
  func read(_ json: inout JSONReader, _ memory: UnsafeMutableRawPointer) -> Bool {
    if let check = head.pointee.check { json.check(check) }
    guard let object = json.object() else { return false }
    memcpy(memory, head.pointee.blank, head.pointee.size)
    let count = head.pointee.count
    if count > Self.wordMembers { return readWide(&json, memory, object) }
    var seen: UInt64 = 0
    var failed: UInt64 = 0
    var member: Int32 = -1
    var text = kt_json_text()
    while true {
      let isNext = kt_json_fields_read(
        &json.cursor, head.pointee.plain, UInt32(truncatingIfNeeded: count), memory, &seen, &member, &text)
      if !isNext {
        guard nextName(&json, &member, memory) else { break }
        if member < 0 || !json.isFirst(1 &<< UInt64(truncatingIfNeeded: member), &seen) { continue }
      }
      let field = head.pointee.fields + Int(member)
      if isNext, text.p != nil {
        put(text, field, memory)
      } else if !take(&json, field, memory) {
        failed |= 1 &<< UInt64(truncatingIfNeeded: member)
      }
    }
    let masks = head.pointee.masks
    if masks.required & ~seen != 0 { missing(&json, masks.required & ~seen, 0, object) }
    let absent = masks.defaulted & ~seen
    if absent != 0 { fill(memory, absent, 0) }
    let made = seen & ~failed | masks.blanks | absent
    if made == ~0 &>> UInt64(truncatingIfNeeded: Self.wordMembers - count) { return true }
    destroy(memory, made, 0)
    destroyOthers(memory)
    return false
  }

  /// The same for more members than a word has bits.
  @inline(never)
  private func readWide(_ json: inout JSONReader, _ memory: UnsafeMutableRawPointer, _ object: Int) -> Bool {
    let count = head.pointee.count
    let words = (count + Self.wordMembers - 1) / Self.wordMembers
    return withUnsafeTemporaryAllocation(of: UInt64.self, capacity: 2 * words) { bits in
      bits.initialize(repeating: 0)
      let seen = bits.baseAddress.unsafelyUnwrapped
      let failed = seen + words
      var member: Int32 = -1
      var text = kt_json_text()
      while true {
        let word = (Int(member) + 1) / Self.wordMembers
        let first = word * Self.wordMembers
        var index = member - Int32(first)
        let isNext =
          first < count
          && kt_json_fields_read(
            &json.cursor, head.pointee.plain + first, UInt32(min(Self.wordMembers, count - first)), memory, seen + word,
            &index, &text)
        member = index + Int32(first)
        if !isNext {
          guard nextName(&json, &member, memory) else { break }
          if member < 0 || !json.isFirst(bit(member), &seen[Int(member) / Self.wordMembers]) { continue }
        }
        let field = head.pointee.fields + Int(member)
        if isNext, text.p != nil {
          put(text, field, memory)
        } else if !take(&json, field, memory) {
          failed[Int(member) / Self.wordMembers] |= bit(member)
        }
      }
      var isWhole = true
      for word in 0..<words {
        let masks = word == 0 ? head.pointee.masks : head.pointee.moreMasks[word - 1]
        let first = word * Self.wordMembers
        missing(&json, masks.required & ~seen[word], first, object)
        let absent = masks.defaulted & ~seen[word]
        fill(memory, absent, first)
        seen[word] = seen[word] & ~failed[word] | masks.blanks | absent
        let all = ~0 &>> UInt64(max(0, first + Self.wordMembers - count))
        if seen[word] != all { isWhole = false }
      }
      if isWhole { return true }
      for word in 0..<words { destroy(memory, seen[word], word * Self.wordMembers) }
      destroyOthers(memory)
      return false
    }
  }

  private func bit(_ member: Int32) -> UInt64 { 1 &<< UInt64(truncatingIfNeeded: member) }

  /// Reads the name that is next: to `member`, which is negative when it is none of the declared ones and its value was
  /// read. False at the end of the object.
  @inline(__always)
  private func nextName(
    _ json: inout JSONReader, _ member: inout Int32, _ memory: UnsafeMutableRawPointer
  ) -> Bool {
    let before = json.cursor
    guard json.memberOf(head.pointee.names, &member) else { return false }
    if member < 0 { other(&json, before, memory) }
    return true
  }

  /// Keeps a text that was read.
  @inline(__always)
  private func put(_ text: kt_json_text, _ field: UnsafePointer<Field>, _ memory: UnsafeMutableRawPointer) {
    let place = memory + Int(field.pointee.offset)
    let value = JSONText.string(text.p, text.n, isASCII: text.ascii)
    if field.pointee.isOptional { place.put(value as String?) } else { place.put(value) }
  }

  /// Reads the value of a member. False, with a violation, when there is none.
  @inline(__always)
  private func take(
    _ json: inout JSONReader, _ field: UnsafePointer<Field>, _ memory: UnsafeMutableRawPointer
  ) -> Bool {
    let place = memory + Int(field.pointee.offset)
    let isOptional = field.pointee.isOptional
    if field.pointee.presence == .nullable, json.null() { return true }
    switch field.pointee.kind {
    case .int64:
      let value = json.int64(field)
      if isOptional { place.put(value as Int64?) } else { place.put(value) }
    case .int32:
      let value = Int32(truncatingIfNeeded: json.int64(field))
      if isOptional { place.put(value as Int32?) } else { place.put(value) }
    case .double:
      let value = json.double(field)
      if isOptional { place.put(value as Double?) } else { place.put(value) }
    case .boolean:
      var value = false
      if !kt_json_plain_boolean(&json.cursor, &value) { value = json.boolean() }
      if isOptional { place.put(value as Bool?) } else { place.put(value) }
    case .string:
      let value = json.string(field)
      if isOptional { place.put(value as String?) } else { place.put(value) }
    case .other:
      return field.pointee.shape._withUnsafeGuaranteedRef { $0.read(&json, place, isOptional) }
    }
    return true
  }

  /// What becomes of a member that is not declared. The cursor stood at its name `before`.
  @inline(never)
  private func other(_ json: inout JSONReader, _ before: kt_json, _ memory: UnsafeMutableRawPointer) {
    if head.pointee.isClosed { return json.additional() }
    guard let others = head.pointee.others else { return json.skip() }
    json.cursor = before
    guard let key = json.key() else { return }
    others.shape._withUnsafeGuaranteedRef { $0.keep(&json, key, memory + others.offset) }
  }

  // Of members whose bits are set, the lowest for the one at `first`.

  @inline(never)
  private func missing(_ json: inout JSONReader, _ members: UInt64, _ first: Int, _ object: Int) {
    json.missing(JSONNames(head.pointee.names), members, from: first, in: object)
  }

  @inline(never)
  private func fill(_ memory: UnsafeMutableRawPointer, _ members: UInt64, _ first: Int) {
    forEach(members, first) { field in
      let value = field.pointee.value.unsafelyUnwrapped._withUnsafeGuaranteedRef { $0.place }
      field.pointee.shape._withUnsafeGuaranteedRef { $0.copy(value, memory + Int(field.pointee.offset)) }
    }
  }

  @inline(never)
  private func destroy(_ memory: UnsafeMutableRawPointer, _ members: UInt64, _ first: Int) {
    forEach(members, first) { field in
      let isOptional = field.pointee.isOptional
      field.pointee.shape._withUnsafeGuaranteedRef { $0.destroy(memory + Int(field.pointee.offset), isOptional) }
    }
  }

  @inline(never)
  private func destroyOthers(_ memory: UnsafeMutableRawPointer) {
    guard let others = head.pointee.others else { return }
    others.shape._withUnsafeGuaranteedRef { $0.destroy(memory + others.offset, false) }
  }

  private func forEach(_ members: UInt64, _ first: Int, _ body: (UnsafePointer<Field>) -> Void) {
    var rest = members
    while rest != 0 {
      body(head.pointee.fields + first + rest.trailingZeroBitCount)
      rest &= rest - 1
    }
  }

  // MARK: Comparing

  func areEqual(_ left: UnsafeRawPointer, _ right: UnsafeRawPointer) -> Bool {
    for index in 0..<head.pointee.count {
      let field = head.pointee.fields + index
      let offset = Int(field.pointee.offset)
      let isOptional = field.pointee.isOptional
      let areEqual = field.pointee.shape._withUnsafeGuaranteedRef {
        $0.areEqual(left + offset, right + offset, isOptional)
      }
      if !areEqual { return false }
    }
    guard let others = head.pointee.others else { return true }
    return others.shape._withUnsafeGuaranteedRef { $0.areEqual(left + others.offset, right + others.offset, false) }
  }

  // MARK: Writing

  func write(_ memory: UnsafeRawPointer, _ json: inout JSONWriter) {
    json.literal("{")
    var comma = 1
    for index in 0..<head.pointee.count {
      let field = head.pointee.fields + index
      let place = memory + Int(field.pointee.offset)
      let isOptional = field.pointee.isOptional
      switch field.pointee.kind {
      case .int64:
        if isOptional {
          guard let value = place.get(Int64?.self) else { break }
          json.name(field, &comma)
          json.int64(value)
        } else {
          json.name(field, &comma)
          json.int64(place.get(Int64.self))
        }
        continue
      case .int32:
        if isOptional {
          guard let value = place.get(Int32?.self) else { break }
          json.name(field, &comma)
          json.int32(value)
        } else {
          json.name(field, &comma)
          json.int32(place.get(Int32.self))
        }
        continue
      case .double:
        if isOptional {
          guard let value = place.get(Double?.self) else { break }
          json.name(field, &comma)
          json.double(value)
        } else {
          json.name(field, &comma)
          json.double(place.get(Double.self))
        }
        continue
      case .boolean:
        if isOptional {
          guard let value = place.get(Bool?.self) else { break }
          json.name(field, &comma)
          json.boolean(value)
        } else {
          json.name(field, &comma)
          json.boolean(place.get(Bool.self))
        }
        continue
      case .string:
        if isOptional {
          guard let value = place.get(String?.self) else { break }
          json.name(field, &comma)
          json.string(value)
        } else {
          json.name(field, &comma)
          json.string(place.get(String.self))
        }
        continue
      case .other:
        let shape = field.pointee.shape
        if field.pointee.mayBeAbsent, !shape._withUnsafeGuaranteedRef({ $0.isPresent(place) }) { break }
        json.name(field, &comma)
        shape._withUnsafeGuaranteedRef { $0.write(&json, place, isOptional) }
        continue
      }
      // It is nil.
      if field.pointee.presence == .nullable {
        json.name(field, &comma)
        json.null()
      }
    }
    if let others = head.pointee.others {
      others.shape._withUnsafeGuaranteedRef { $0.writeMembers(&json, memory + others.offset, isFirst: comma == 1) }
    }
    json.literal("}")
  }
}

extension JSONReader {
  @inline(__always)
  fileprivate mutating func int64(_ field: UnsafePointer<JSONTable.Field>) -> Int64 {
    if !field.pointee.hasRules { return int64(minimum: field.pointee.low, maximum: field.pointee.high) }
    return field.pointee.shape._withUnsafeGuaranteedRef { $0.integer(&self) }
  }

  @inline(__always)
  fileprivate mutating func double(_ field: UnsafePointer<JSONTable.Field>) -> Double {
    if !field.pointee.hasRules, kt_json_is_number(&cursor) {
      let begin = cursor.p
      var value = 0.0
      if kt_json_double(&cursor, &value) == KT_JSON_FITS { return value }
      if isBroken { return 0 }
      cursor.p = begin
    }
    return field.pointee.shape._withUnsafeGuaranteedRef { $0.number(&self) }
  }

  @inline(__always)
  fileprivate mutating func string(_ field: UnsafePointer<JSONTable.Field>) -> String {
    plain(field.pointee.low, field.pointee.high, field.pointee.hasRules)
      ?? field.pointee.shape._withUnsafeGuaranteedRef { $0.string(&self) }
  }

  /// A string without escapes whose length is in bounds whatever its code points are. Nil for all others, which are
  /// next then as before.
  @inline(__always)
  mutating func plain(_ minLength: Int64, _ maxLength: Int64, _ hasRules: Bool) -> String? {
    if hasRules { return nil }
    #if _endian(little) && _pointerBitWidth(_64)
      let before = cursor.p
      var head: UInt64 = 0
      var tail: UInt64 = 0
      var count: UInt32 = 0
      var isASCII = false
      if kt_json_short_string(&cursor, &head, &tail, &count, &isASCII) {
        let least = isASCII ? count : count / 4
        if Int64(count) <= maxLength, Int64(least) >= minLength {
          return JSONText.small(head, tail, UInt64(count), isASCII)
        }
        cursor.p = before
      }
    #endif
    return plainText(minLength, maxLength)
  }

  @inline(never)
  private mutating func plainText(_ minLength: Int64, _ maxLength: Int64) -> String? {
    if !kt_json_is_string(&cursor) { return nil }
    let begin = cursor.p
    var text = kt_json_text()
    guard kt_json_string(&cursor, &text) else { return "" }
    let least = text.ascii ? text.n : text.n / 4
    if !text.escaped, text.n <= Int(maxLength), least >= Int(minLength) {
      return JSONText.string(text.p, text.n, isASCII: text.ascii)
    }
    cursor.p = begin
    return nil
  }

  @inline(never)
  fileprivate mutating func memberOf(_ names: UnsafePointer<kt_json_names>, _ member: inout Int32) -> Bool {
    kt_json_member_of(&cursor, names, &member)
  }
}

extension JSONWriter {
  /// `,"name":`, without the comma at the first.
  @inline(__always)
  fileprivate mutating func name(_ field: UnsafePointer<JSONTable.Field>, _ comma: inout Int) {
    let count = Int(field.pointee.textCount)
    reserve(max(count, JSONTable.textPad))
    if count <= JSONTable.textPad {
      // A copy of one size is two moves; what it writes too much is written over.
      memcpy(base + used, field.pointee.text + comma, JSONTable.textPad)
    } else {
      memcpy(base + used, field.pointee.text + comma, count)
    }
    used += count - comma
    comma = 0
  }
}

extension UnsafeMutableRawPointer {
  /// Initializes a value over one that needs no release.
  @inline(__always)
  func put<Value>(_ value: Value) { assumingMemoryBound(to: Value.self).initialize(to: value) }
}

extension UnsafeRawPointer {
  @inline(__always)
  func get<Value>(_ type: Value.Type) -> Value { assumingMemoryBound(to: Value.self).pointee }
}
