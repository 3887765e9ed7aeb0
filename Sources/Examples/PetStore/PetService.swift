import Katana

struct PetService: PetsAPI {
  let store: MemoryStore

  func listPets(
    kind: Kind?, tag: [String]?, limit: Int32, accepted: ListPets.Accepted, _ context: Context
  ) -> ListPets.Response {
    let wanted = tag ?? []
    let pets = store.pets.filter { pet in
      if let kind, pet.kind != kind { return false }
      return wanted.allSatisfy(pet.tags.contains)
    }.prefix(Int(limit))
    switch accepted {
    case .json: return .ok(Array(pets))
    case .csv: return .okCsv(Self.table(pets))
    }
  }

  func addPet(body: PetInput, _ context: Context) -> AddPet.Response {
    let pet = store.add { Pet(body, id: $0) }
    return .created(pet, location: "/pets/\(pet.id)")
  }

  nonisolated(nonsending) func exportPets(_ context: Context) async throws -> ResponseStream<Pet> {
    let pets = store.pets
    return ResponseStream(AsyncStream { stream in
      for pet in pets { stream.yield(pet) }
      stream.finish()
    })
  }

  func getPet(id: Int64, _ context: Context) throws -> Pet {
    guard let entry = store.entry(id) else { throw GetPet.Failure.notFound(detail: Self.noPet(id)) }
    return entry.pet
  }

  func changePet(id: Int64, body: PetChange, _ context: Context) throws -> Pet {
    let changed = store.change(id) { entry in
      if let name = body.name { entry.pet.name = name }
      switch body.note {
      case .absent: break
      case .null: entry.pet.note = .absent
      case .value: entry.pet.note = body.note
      }
    }
    guard let changed else { throw ChangePet.Failure.notFound(detail: Self.noPet(id)) }
    return changed.pet
  }

  func removePet(id: Int64, _ context: Context) throws {
    if !store.remove(id) { throw RemovePet.Failure.notFound(detail: Self.noPet(id)) }
  }

  func bookVisit(id: Int64, body: Visit, _ context: Context) throws -> Visit {
    if store.entry(id) == nil { throw BookVisit.Failure.notFound(detail: Self.noPet(id)) }
    return body
  }

  func storePhoto(id: Int64, body: StorePhotoBody, _ context: Context) throws -> Photo {
    if store.change(id, { $0.photo = body.photo }) == nil { throw StorePhoto.Failure.notFound(detail: Self.noPet(id)) }
    return Photo(
      size: Int64(body.photo.bytes.count), name: body.photo.name, contentType: body.photo.contentType,
      caption: body.caption, focus: body.focus)
  }

  func getPhoto(id: Int64, _ context: Context) throws -> GetPhoto.Response {
    guard let photo = store.entry(id)?.photo else {
      throw GetPhoto.Failure.notFound(detail: "there is no photo of a pet with the id \(id)")
    }
    // What a client called its file goes into no header.
    return .ok(photo.bytes, contentDisposition: "attachment; filename=\"photo\"")
  }

  func getCard(id: Int64, _ context: Context) throws -> String {
    guard let entry = store.entry(id) else { throw GetCard.Failure.notFound(detail: Self.noPet(id)) }
    switch entry.pet {
    case .cat(let cat): return "\(cat.name), a cat with \(cat.lives) lives\n"
    case .dog(let dog): return "\(dog.name), a dog\(dog.trained ? " that listens" : "")\n"
    }
  }

  func getInventory(_ context: Context) -> [String: Int64] {
    var counts: [String: Int64] = [:]
    for pet in store.pets { counts["\(pet.kind.text)", default: 0] += 1 }
    return counts
  }

  func getCategories(_ context: Context) -> Category { store.categories }

  func replaceCategories(body: Category, _ context: Context) -> Int64 {
    store.categories = body
    return body.count
  }

  private static func noPet(_ id: Int64) -> String { "there is no pet with the id \(id)" }

  /// RFC 4180.
  private static func table(_ pets: some Sequence<Pet>) -> String {
    var text = "id,kind,name\r\n"
    for pet in pets { text += "\(pet.id),\(pet.kind.text),\(quoted(pet.name))\r\n" }
    return text
  }

  private static func quoted(_ text: String) -> String {
    // Line breaks are looked for among scalars: CR LF is one Character.
    let isSpecial = { (scalar: Unicode.Scalar) in scalar == "," || scalar == "\"" || scalar == "\r" || scalar == "\n" }
    guard text.unicodeScalars.contains(where: isSpecial) else { return text }
    return "\"" + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
  }
}

extension Category {
  /// How many there are in the tree.
  var count: Int64 { (children ?? []).reduce(1) { $0 + $1.count } }
}
