/// A place between two products: behind the one with this id. Clients get it as 16 hexadecimal digits.
struct Cursor {
  let id: Int64

  init(after id: Int64) { self.id = id }

  /// - Parameter text: what the contract's pattern lets through; beyond the last id that there can be, nothing follows.
  init(_ text: String) { id = Int64(clamping: UInt64(text, radix: 16) ?? 0) }

  var text: String {
    let digits = String(id, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
