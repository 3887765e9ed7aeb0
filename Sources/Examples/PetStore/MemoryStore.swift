import Katana
import Synchronization

/// Everything that the store knows. Reactors share it under a lock, which a service that must be fast would not.
final class MemoryStore: Sendable {
  /// More pets than this are not kept: the oldest leave.
  static let petCountMax = 10_000

  struct Entry {
    var pet: Pet
    var photo: UploadedFile?
  }

  private struct State {
    var entries: [Int64: Entry] = [:]
    var nextID: Int64 = 1
    var categories = Category(name: "all", children: [Category(name: "cats"), Category(name: "dogs")])
  }

  private let state = Mutex(State())

  /// In the order of their ids.
  var pets: [Pet] {
    state.withLock { state in state.entries.sorted { $0.key < $1.key }.map(\.value.pet) }
  }

  var categories: Category {
    get { state.withLock { $0.categories } }
    set { state.withLock { $0.categories = newValue } }
  }

  /// Gives the pet its id.
  func add(_ make: (Int64) -> Pet) -> Pet {
    state.withLock { state in
      let id = state.nextID
      state.nextID += 1
      let pet = make(id)
      state.entries[id] = Entry(pet: pet)
      state.entries[id - Int64(Self.petCountMax)] = nil
      return pet
    }
  }

  func entry(_ id: Int64) -> Entry? { state.withLock { $0.entries[id] } }

  /// Nil when there is no such pet.
  func change(_ id: Int64, _ body: (inout Entry) -> Void) -> Entry? {
    state.withLock { state in
      guard var entry = state.entries[id] else { return nil }
      body(&entry)
      state.entries[id] = entry
      return entry
    }
  }

  /// False when there is no such pet.
  func remove(_ id: Int64) -> Bool { state.withLock { $0.entries.removeValue(forKey: id) != nil } }
}
