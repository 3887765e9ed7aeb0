import KatanaContract

// Values that come as text and that only decoders and schemas of JSON judge: the runtime puts their pieces together to
// one document.

extension ModelBuilder {
  /// Whether a rule looks at the value as a whole, or at one of its members so: nothing checks that piece by piece.
  func judgesWhole(_ value: ValueModel) -> Bool {
    var seen: Set<String> = []
    return judgesWhole(value, &seen)
  }

  private func judgesWhole(_ value: ValueModel, _ seen: inout Set<String>) -> Bool {
    switch value {
    case .scalar, .words, .any, .map: return false
    case .optional(let inner): return judgesWhole(inner, &seen)
    case .array(let item, _, _): return judgesWhole(item, &seen)
    case .checked(let inner, _):
      switch inner.bare {
      case .scalar, .any, .words: return false
      default: return true
      }
    case .type(let name):
      guard seen.insert(name).inserted, let index = typeNamed(name),
        case .object(let properties, _) = model.types[index].shape
      else { return false }
      return model.types[index].check != nil || properties.contains { judgesWhole($0.value, &seen) }
    }
  }

  /// How the pieces of a value make a document; nil when no style of the standard writes it.
  func shape(_ value: ValueModel) -> TextShape? {
    switch value.bare {
    case .scalar, .words, .any, .checked: return nil
    case .optional(let inner): return shape(inner)
    case .array(let item, _, _): return isPiece(item) ? .list : nil
    case .map(let item): return isPiece(item) ? .members : nil
    case .type: return memberNames(value) == nil ? nil : .members
    }
  }

  /// The members that the objects of a value declare; nil when one of them holds more than texts, or when the value
  /// may be something else than an object.
  func memberNames(_ value: ValueModel) -> [String]? {
    guard case .type(let name) = value.bare, let index = typeNamed(name) else { return nil }
    switch model.types[index].shape {
    case .words: return nil
    case .object(let properties, let additional):
      if case .kept(let value, _) = additional, !isMember(value) { return nil }
      return properties.allSatisfy { isMember($0.value) } ? properties.map(\.key) : nil
    case .union(let union):
      var names: [String] = []
      for alternative in union.cases {
        guard case .type(let own) = alternative.value.bare, own != name, let known = memberNames(alternative.value)
        else { return nil }
        names += known.filter { !names.contains($0) }
      }
      return names.isEmpty ? nil : names
    }
  }

  /// A list has a piece of the member's name for each item.
  private func isMember(_ value: ValueModel) -> Bool {
    switch memberText(value, .parameter) {
    case .scalar, .loose, .list, .document(_, .list, _): true
    default: false
    }
  }

  private func isPiece(_ value: ValueModel) -> Bool { isScalar(memberText(value, .parameter)) }

  /// Whether names with one bracket for each member say it all.
  func isFlat(_ text: TextModel) -> Bool {
    switch text {
    case .map(let item): return isScalar(item)
    case .object(let name):
      guard let index = typeNamed(name), case .object(let properties, let additional) = model.types[index].shape,
        model.types[index].check == nil
      else { return false }
      if case .kept(let value, _) = additional, !isScalar(memberText(value, .parameter)) { return false }
      return properties.allSatisfy { property in
        let text = memberText(property.value, .parameter)
        if case .object(let inner) = text, inner == name { return false }
        return isScalar(text) || isFlat(text)
      }
    default: return false
    }
  }

  private func isScalar(_ text: TextModel) -> Bool {
    switch text {
    case .scalar, .loose: true
    default: false
    }
  }
}
