/// A value that was read from text, as JSON has it: what rules for a whole object look at.
indirect enum TextPiece {
  /// An open one was taken for what it looks like: `5` may be a string all the same.
  case text(Text, isLiteral: Bool, isOpen: Bool)
  /// A file: a text of as many letters as it has bytes.
  case file(size: Int)
  case items([TextPiece])
  case members([(name: Text, value: TextPiece)])

  init(_ value: ParameterText) { self = .text(value.text, isLiteral: value.isLiteral, isOpen: value.isOpen) }

  init(document text: Text) { self = .text(text, isLiteral: true, isOpen: false) }
}

// Objects whose members are read one by one and that have rules for the whole: what was read is kept, and held against
// a schema as one document when all members are there.

extension ParameterMembers {
  /// Keeps what is read from here on, for ``check(_:)``.
  public mutating func keep() { isKeeping = true }

  /// Notes what is wrong with the object as a whole. To be called last; nothing is noted where a member is wrong by
  /// itself. Files count as texts of as many letters as they have bytes.
  public mutating func check(_ schema: JSONSchema) {
    keepRest()
    if !violations.isEmpty || isLoose && !isTouched { return }
    var document = TextDocument(.members(kept))
    let result = document.read { (json: inout JSONReader) -> Bool? in
      json.check(schema)
      json.skip()
      return true
    }
    guard case .failure(let list) = result else { return }
    for violation in list.violations { violateWhole(violation) }
  }

  /// Members that nobody asked for. Those around an exploded object are not its own.
  @usableFromInline
  mutating func keepRest() {
    if isLoose { return }
    var lists: [Int: [TextPiece]] = [:]
    var order: [Int] = []
    for index in members.indices where !members[index].isTaken {
      members[index].isTaken = true
      let name = members[index].name
      let piece: TextPiece
      if let part = members[index].part, parts[part].fileName != nil {
        piece = .file(size: parts[part].content.count)
      } else if let text = members[index].value.decoded(exchange) {
        piece = .text(text, isLiteral: false, isOpen: true)
      } else {
        violate(String(decoding: name, as: UTF8.self), .encoding)
        continue
      }
      let first = order.first { members[$0].name.elementsEqual(name) }
      if first == nil { order.append(index) }
      lists[first ?? index, default: []].append(piece)
    }
    for index in order {
      let pieces = lists[index]!
      kept.append((members[index].name, pieces.count == 1 ? pieces[0] : .items(pieces)))
    }
  }

  // MARK: What readers keep

  mutating func keep(_ name: StaticString, _ piece: @autoclosure () -> TextPiece) {
    if isKeeping { kept.append((Text(name), piece())) }
  }

  /// One value, or one of a list that is being read.
  @usableFromInline
  mutating func keep(_ name: StaticString, _ value: ParameterText) {
    if isInList {
      keptItems.append(TextPiece(value))
    } else {
      kept.append((Text(name), TextPiece(value)))
    }
  }

  /// A member that nobody asked for.
  @usableFromInline
  mutating func keep(_ index: Int, _ value: ParameterText) { kept.append((members[index].name, TextPiece(value))) }

  @usableFromInline
  mutating func keep(_ name: StaticString, _ inner: borrowing ParameterMembers) { keep(name, .members(inner.kept)) }

  @usableFromInline
  mutating func keepDocument(_ name: StaticString, _ text: Text) { keep(name, TextPiece(document: text)) }

  @usableFromInline
  mutating func beginList() { isInList = true }

  @usableFromInline
  mutating func endList(_ name: StaticString) {
    kept.append((Text(name), .items(keptItems)))
    keptItems = []
    isInList = false
  }
}

extension UnsafeBufferPointer<UInt8> {
  fileprivate init(_ name: StaticString) { self.init(start: name.utf8Start, count: name.utf8CodeUnitCount) }
}
