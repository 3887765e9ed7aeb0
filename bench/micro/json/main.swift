// Reads and writes a document of 100 users, 21 KB, through generated code, and prints a row for each way. Beside them
// stand what a reader cannot do without: a look at every byte (UTF-8) and a copy.
//
// A batch is 16 documents; the values are made and destroyed inside it. MB/s are 10^6 bytes of JSON by the fastest and
// by the median batch. Allocations are counted with bench/load's counter, as bench/micro/README.md says.

import CKatana
import Glibc
import Katana

/// The same users in every run.
struct Users {
  private var state: UInt64 = 0x9E37_79B9_7F4A_7C15

  private mutating func next(_ bound: Int) -> Int {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return Int(state % UInt64(bound))
  }

  mutating func all(_ count: Int) -> [User] {
    let names = ["Ada Lovelace", "Grace Hopper", "Alan Turing", "Barbara Li", "José García", "Edsger D."]
    let tags = ["admin", "editor", "beta", "support", "sales"]
    let bio = "Writes small programs, reads large ones, and walks along the river every morning"
    return (0..<count).map { index in
      User(
        id: Int64(7_300_000_000_000 + next(1_000_000_000)),
        name: names[next(names.count)],
        login: "user.\(1000 + next(9000))",
        age: Int32(18 + next(70)),
        balance: Double(next(10_000_000)) / 100,
        active: next(2) == 1,
        tags: [tags[next(tags.count)], tags[next(tags.count)]],
        bio: index % 16 == 15 ? nil : bio
      )
    }
  }
}

/// Allocations of the process so far, when the counter is loaded.
struct AllocationCount {
  private let value: UnsafePointer<UInt64>?

  init() {
    guard let path = getenv("MALLOC_COUNT_FILE"), case let file = open(path, O_RDONLY), file >= 0,
      let map = mmap(nil, 8, PROT_READ, MAP_SHARED, file, 0), map != MAP_FAILED
    else {
      value = nil
      return
    }
    value = UnsafePointer(map.assumingMemoryBound(to: UInt64.self))
  }

  var now: UInt64? { value?.pointee }
}

/// Prints rows.
struct Table {
  let seconds = getenv("KATANA_MICRO_SECONDS").flatMap { Double(String(cString: $0)) } ?? 1
  let wanted = CommandLine.arguments.dropFirst().first
  let allocations = AllocationCount()

  func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }

  func head(_ name: String) {
    print(padded(name, 30), padded("MB/s", 8), padded("median", 8), padded("µs", 8), "allocations")
  }

  /// Runs `body` in batches of 16 until the time is over. `body` handles `size` bytes.
  func row(_ name: String, _ size: Int, _ body: () -> Void) {
    if let wanted, !name.contains(wanted) { return }
    let batch = 16
    for _ in 0..<batch { body() }
    let before = allocations.now
    for _ in 0..<batch { body() }
    let made = allocations.now.map { String(($0 - before!) / UInt64(batch)) } ?? "-"
    var times: [Double] = []
    let clock = ContinuousClock()
    let end = clock.now + .seconds(seconds)
    while clock.now < end {
      let time = clock.measure { for _ in 0..<batch { body() } }
      times.append((Double(time.components.seconds) + Double(time.components.attoseconds) * 1e-18) / Double(batch))
    }
    times.sort()
    func rate(_ time: Double) -> String { String(Int(Double(size) / time / 1e6)) }
    let best = times[0]
    let median = times[times.count / 2]
    let micros = String(Int(best * 1e7) / 10) + "." + String(Int(best * 1e7) % 10)
    print(padded(name, 30), padded(rate(best), 8), padded(rate(median), 8), padded(micros, 8), made)
  }
}

@inline(never)
func consume<Value>(_ value: consuming Value) {}

var generator = Users()
let users = generator.all(100)
let page = UserPage(users: users)

var encoder = JSONWriter()
page.encode(to: &encoder)
let document = Array(encoder.text().utf8)
/// The same with a space behind each comma and colon, as Python writes it.
let spaced = Array(
  encoder.text().split(separator: ",\"", omittingEmptySubsequences: false).joined(separator: ", \"")
    .split(separator: "\":", omittingEmptySubsequences: false).joined(separator: "\": ").utf8)
let size = document.count

func decoded(_ bytes: [UInt8]) -> UserPage {
  guard case .success(let page) = JSONReader.decode(UserPage.self, from: bytes.span.bytes) else {
    fatalError("the document does not meet its contract")
  }
  return page
}

precondition(decoded(document) == page && decoded(spaced) == page)


/// Reads a document to views and adds up one member of each user.
@inline(never)
func viewed(_ bytes: [UInt8]) -> Int {
  let result = JSONReader.withView(of: UserPage.self, in: bytes.span.bytes) { page in
    let users = page.users
    return users.indices.reduce(0) { $0 &+ Int(users[$1].age) }
  }
  guard case .success(let sum) = result else { fatalError("the document does not meet its contract") }
  return sum
}

precondition(viewed(document) == users.reduce(0) { $0 + Int($1.age) })

let table = Table()
table.head("\(size) bytes")
table.row("decode", size) { consume(decoded(document)) }
table.row("decode, with spaces", spaced.count) { consume(decoded(spaced)) }
table.row("decode zero-copy", size) { consume(viewed(document)) }
table.row("decode zero-copy, with spaces", spaced.count) { consume(viewed(spaced)) }
table.row("encode", size) {
  encoder.removeAll()
  page.encode(to: &encoder)
}
table.row("UTF-8 checked", size) {
  document.withUnsafeBufferPointer { precondition(kt_utf8_prefix($0.baseAddress, $0.count) == size) }
}
let copy = UnsafeMutablePointer<UInt8>.allocate(capacity: size)
table.row("copied", size) {
  document.withUnsafeBufferPointer { _ = memcpy(copy, $0.baseAddress!, size) }
}
