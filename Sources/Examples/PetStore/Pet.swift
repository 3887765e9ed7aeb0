import Katana

// What cats and dogs have in common.
extension Pet {
  /// What a client sent, with the id that the store gives.
  init(_ input: PetInput, id: Int64) {
    switch input {
    case .cat(let cat):
      self = .cat(
        Cat(
          id: id, kind: cat.kind, name: cat.name, lives: cat.lives, note: cat.note, tags: cat.tags,
          attributes: cat.attributes))
    case .dog(let dog):
      self = .dog(
        Dog(
          id: id, kind: dog.kind, name: dog.name, trained: dog.trained, note: dog.note, tags: dog.tags,
          attributes: dog.attributes))
    }
  }

  var id: Int64 {
    switch self {
    case .cat(let cat): cat.id
    case .dog(let dog): dog.id
    }
  }

  var kind: Kind {
    switch self {
    case .cat: .cat
    case .dog: .dog
    }
  }

  var tags: [String] {
    switch self {
    case .cat(let cat): cat.tags ?? []
    case .dog(let dog): dog.tags ?? []
    }
  }

  var name: String {
    get {
      switch self {
      case .cat(let cat): cat.name
      case .dog(let dog): dog.name
      }
    }
    set {
      switch self {
      case .cat(var cat):
        cat.name = newValue
        self = .cat(cat)
      case .dog(var dog):
        dog.name = newValue
        self = .dog(dog)
      }
    }
  }

  var note: Patch<String> {
    get {
      switch self {
      case .cat(let cat): cat.note
      case .dog(let dog): dog.note
      }
    }
    set {
      switch self {
      case .cat(var cat):
        cat.note = newValue
        self = .cat(cat)
      case .dog(var dog):
        dog.note = newValue
        self = .dog(dog)
      }
    }
  }
}
