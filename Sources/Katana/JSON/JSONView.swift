import CKatana

/// An object of a request's body that was checked and not copied: `x-katana-json: zero-copy`.
///
/// It has the members of `Value`, which are looked up where they lie. A string is a `UTF8Span` of the body, or of the
/// request's arena when it has escapes; `String(copying:)` makes a `String` of it. A nested object is a view, an array
/// a ``JSONArrayView``, ``JSONTextArrayView`` or ``JSONObjectArrayView``.
///
/// ```swift
/// func add(body: JSONView<Event>, _ context: Context) throws {
///   if body.kind == .alarm { log(body.source.name) }
///   try store(body.decoded())
/// }
/// ```
///
/// It cannot be stored or captured by a task: the compiler keeps it inside the handler.
@dynamicMemberLookup
public struct JSONView<Value: JSONViewed>: ~Escapable {
  /// Slots of the members, behind one of the whole.
  @usableFromInline let slots: UnsafePointer<kt_json_slot>

  @_lifetime(immortal)
  @inlinable
  init(_ slots: UnsafePointer<kt_json_slot>) { self.slots = slots }

  /// The object as a struct of its own, read from its JSON.
  public func decoded() -> Value {
    guard let value = (slots - 1).decoded(Value.decode) else { preconditionFailure("what was read reads again") }
    return value
  }
}

// MARK: Members that are there

extension JSONView {
  @inlinable
  public subscript<Item>(dynamicMember field: KeyPath<Value.ViewFields, JSONField<Item>>) -> Item {
    (slots + Value.viewFields[keyPath: field].index).load(Item.self)
  }

  @inlinable
  public subscript(dynamicMember field: KeyPath<Value.ViewFields, JSONTextField>) -> UTF8Span {
    @_lifetime(copy self)
    get { unsafe _overrideLifetime((slots + Value.viewFields[keyPath: field].index).text, copying: self) }
  }

  @inlinable
  public subscript<Item>(dynamicMember field: KeyPath<Value.ViewFields, JSONObjectField<Item>>) -> JSONView<Item> {
    @_lifetime(copy self)
    get { unsafe _overrideLifetime((slots + Value.viewFields[keyPath: field].index).object(Item.self), copying: self) }
  }

  @inlinable
  public subscript<Item>(dynamicMember field: KeyPath<Value.ViewFields, JSONArrayField<Item>>) -> JSONArrayView<Item> {
    @_lifetime(copy self)
    get { unsafe _overrideLifetime(JSONArrayView(slots[Value.viewFields[keyPath: field].index]), copying: self) }
  }

  @inlinable
  public subscript(dynamicMember field: KeyPath<Value.ViewFields, JSONTextArrayField>) -> JSONTextArrayView {
    @_lifetime(copy self)
    get { unsafe _overrideLifetime(JSONTextArrayView(slots[Value.viewFields[keyPath: field].index]), copying: self) }
  }

  @inlinable
  public subscript<Item>(
    dynamicMember field: KeyPath<Value.ViewFields, JSONObjectArrayField<Item>>
  ) -> JSONObjectArrayView<Item> {
    @_lifetime(copy self)
    get { unsafe _overrideLifetime(JSONObjectArrayView(slots[Value.viewFields[keyPath: field].index]), copying: self) }
  }

  public subscript<Item>(dynamicMember field: KeyPath<Value.ViewFields, JSONDecodedField<Item>>) -> Item {
    decoded(Item.self, Value.viewFields[keyPath: field].index)
  }

  private func decoded<Item: Equatable & Sendable>(_ type: Item.Type, _ index: Int) -> Item {
    let shape = Value.jsonTable.head.pointee.fields[index].shape.takeUnretainedValue()
    let typed = unsafeDowncast(shape, to: TypedShape<Item>.self)
    guard let value = (slots + index).decoded(typed.value) else { preconditionFailure("what was read reads again") }
    return value
  }
}

// MARK: Members that may be absent or null

extension JSONView {
  @inlinable
  public subscript<Item>(dynamicMember field: KeyPath<Value.ViewFields, JSONOptional<JSONField<Item>>>) -> Item? {
    let slot = slots + Value.viewFields[keyPath: field].field.index
    return slot.pointee.b == 0 ? nil : slot.load(Item.self)
  }

  @inlinable
  public subscript(dynamicMember field: KeyPath<Value.ViewFields, JSONOptional<JSONTextField>>) -> UTF8Span? {
    @_lifetime(copy self)
    get {
      let slot = slots + Value.viewFields[keyPath: field].field.index
      if slot.pointee.b == 0 { return nil }
      return unsafe _overrideLifetime(slot.text, copying: self)
    }
  }

  @inlinable
  public subscript<Item>(
    dynamicMember field: KeyPath<Value.ViewFields, JSONOptional<JSONObjectField<Item>>>
  ) -> JSONView<Item>? {
    @_lifetime(copy self)
    get {
      let slot = slots + Value.viewFields[keyPath: field].field.index
      if slot.pointee.b == 0 { return nil }
      return unsafe _overrideLifetime(slot.object(Item.self), copying: self)
    }
  }

  @inlinable
  public subscript<Item>(
    dynamicMember field: KeyPath<Value.ViewFields, JSONOptional<JSONArrayField<Item>>>
  ) -> JSONArrayView<Item>? {
    @_lifetime(copy self)
    get {
      let slot = slots[Value.viewFields[keyPath: field].field.index]
      if slot.b == 0 { return nil }
      return unsafe _overrideLifetime(JSONArrayView(slot), copying: self)
    }
  }

  @inlinable
  public subscript(
    dynamicMember field: KeyPath<Value.ViewFields, JSONOptional<JSONTextArrayField>>
  ) -> JSONTextArrayView? {
    @_lifetime(copy self)
    get {
      let slot = slots[Value.viewFields[keyPath: field].field.index]
      if slot.b == 0 { return nil }
      return unsafe _overrideLifetime(JSONTextArrayView(slot), copying: self)
    }
  }

  @inlinable
  public subscript<Item>(
    dynamicMember field: KeyPath<Value.ViewFields, JSONOptional<JSONObjectArrayField<Item>>>
  ) -> JSONObjectArrayView<Item>? {
    @_lifetime(copy self)
    get {
      let slot = slots[Value.viewFields[keyPath: field].field.index]
      if slot.b == 0 { return nil }
      return unsafe _overrideLifetime(JSONObjectArrayView(slot), copying: self)
    }
  }

  public subscript<Item>(
    dynamicMember field: KeyPath<Value.ViewFields, JSONOptional<JSONDecodedField<Item>>>
  ) -> Item? {
    let index = Value.viewFields[keyPath: field].field.index
    return slots[index].b == 0 ? nil : decoded(Item.self, index)
  }
}

// MARK: Arrays

/// An array of numbers, booleans, words, UUIDs or instants. See ``JSONView``.
public struct JSONArrayView<Item: Sendable>: ~Escapable {
  @usableFromInline let slots: UnsafePointer<kt_json_slot>?
  public let count: Int

  @_lifetime(immortal)
  @inlinable
  init(_ slot: kt_json_slot) { (slots, count) = slot.items }

  public var indices: Range<Int> { @inlinable get { 0..<count } }

  /// - Precondition: `index` is below ``count``.
  @inlinable
  public subscript(index: Int) -> Item {
    precondition(index >= 0 && index < count, "the array has no such item")
    return (slots.unsafelyUnwrapped + index).load(Item.self)
  }
}

/// An array of strings. See ``JSONView``.
public struct JSONTextArrayView: ~Escapable {
  @usableFromInline let slots: UnsafePointer<kt_json_slot>?
  public let count: Int

  @_lifetime(immortal)
  @inlinable
  init(_ slot: kt_json_slot) { (slots, count) = slot.items }

  public var indices: Range<Int> { @inlinable get { 0..<count } }

  /// - Precondition: `index` is below ``count``.
  @inlinable
  public subscript(index: Int) -> UTF8Span {
    @_lifetime(copy self)
    get {
      precondition(index >= 0 && index < count, "the array has no such item")
      return unsafe _overrideLifetime((slots.unsafelyUnwrapped + index).text, copying: self)
    }
  }
}

/// An array of objects. See ``JSONView``.
public struct JSONObjectArrayView<Item: JSONViewed>: ~Escapable {
  @usableFromInline let slots: UnsafePointer<kt_json_slot>?
  public let count: Int

  @_lifetime(immortal)
  @inlinable
  init(_ slot: kt_json_slot) { (slots, count) = slot.items }

  public var indices: Range<Int> { @inlinable get { 0..<count } }

  /// - Precondition: `index` is below ``count``.
  @inlinable
  public subscript(index: Int) -> JSONView<Item> {
    @_lifetime(copy self)
    get {
      precondition(index >= 0 && index < count, "the array has no such item")
      return unsafe _overrideLifetime((slots.unsafelyUnwrapped + index).object(Item.self), copying: self)
    }
  }
}

// MARK: Slots

extension kt_json_slot {
  @inlinable
  var items: (UnsafePointer<kt_json_slot>?, Int) {
    (UnsafePointer(bitPattern: UInt(a)), Int(b & (1 << 62 - 1)))
  }
}

extension UnsafePointer<kt_json_slot> {
  /// What `keep` put there.
  @inlinable
  func load<Value>(_ type: Value.Type) -> Value {
    if MemoryLayout<Value>.size <= 8 { return UnsafeRawPointer(self).assumingMemoryBound(to: type).pointee }
    return UnsafeRawPointer(bitPattern: UInt(pointee.a)).unsafelyUnwrapped.assumingMemoryBound(to: type).pointee
  }

  @inlinable
  var text: UTF8Span {
    @_lifetime(immortal)
    get {
      let bytes = UnsafeBufferPointer(
        start: UnsafePointer<UInt8>(bitPattern: UInt(pointee.a)), count: Int(pointee.b & (1 << 62 - 1)))
      let span = UTF8Span(unchecked: bytes.span, isKnownASCII: pointee.b & 1 << 62 != 0)
      return unsafe _overrideLifetime(span, copying: ())
    }
  }

  @_lifetime(immortal)
  @inlinable
  func object<Value: JSONViewed>(_ type: Value.Type) -> JSONView<Value> {
    JSONView(UnsafePointer(bitPattern: UInt(pointee.a)).unsafelyUnwrapped)
  }

  /// The value of the JSON that a slot keeps, which was read before.
  func decoded<Value>(_ read: (inout JSONReader) -> Value?) -> Value? {
    let start = UnsafeRawPointer(bitPattern: UInt(pointee.a))
    var json = JSONReader(UnsafeRawBufferPointer(start: start, count: Int(pointee.b & (1 << 62 - 1))))
    return read(&json)
  }
}
